"""From words to commands: how an incident opens, what becomes of it, and when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.chat import times, values
from bot.chat.context import Context, Do, Question
from bot.chat.implied import among
from bot.chat.line import Typed, Word, join, ref, shown
from bot.incident import commands as c
from bot.incident.model import Kind, Refused, Severity, Status, Window

PAGING = (Severity.SEV1, Severity.SEV2)
"""Opened by hand, these wake the default policy."""

ANONYMOUS = frozenset({"anonymous", "anonymously", "anon"})
"""Before the title of a near miss: whoever typed it is not to be known."""

YES = frozenset({"yes", "y", "true", "1", "ja"})
NO = frozenset({"", "no", "n", "false", "0", "nein"})

JUST_BEGUN = timedelta(hours=1)
"""A maintenance window that starts at a time of day within the last hour starts today, not tomorrow."""


def open_(typed: Typed, context: Context) -> Do:
    """`open [sev1] [private] TITLE`: without a severity it is sev2; in doubt the higher one."""
    severity, private, title = _head(typed, Severity.SEV2)
    if not title:
        raise typed.missing("a title")
    start = times.given(typed, "at", context) or times.given(typed, "start", context)
    return typed.do(
        c.Open(
            title=title,
            severity=severity,
            service=typed.get("service"),
            private=private,
            impact_start=start,
            page=_page(typed, severity, context),
            another=_yes(typed, "another"),
        )
    )


def _yes(typed: Typed, key: str) -> bool:
    said = typed.get(key).lower()
    if said not in YES | NO:
        raise Refused(f"`{key}={shown(said)}` is neither `yes` nor `no`.", f"For example: `{key}=yes`")
    return said in YES


def retro(typed: Typed, context: Context) -> Do:
    severity, private, title = _head(typed, Severity.SEV2)
    if not title or not typed.get("start"):
        raise typed.missing("a title and when it began")
    return typed.do(
        c.Open(
            title=title,
            kind=Kind.RETRO,
            status=Status.RESOLVED,
            severity=severity,
            service=typed.get("service"),
            private=private,
            impact_start=times.given(typed, "start", context),
            impact_end=times.given(typed, "end", context),
        )
    )


def nearmiss(typed: Typed, context: Context) -> Do:
    anonymous = typed.first in ANONYMOUS
    title = typed.rest(1) if anonymous else typed.text
    if not title:
        raise typed.missing("a title")
    command = c.Open(title=title, kind=Kind.NEARMISS, status=Status.RESOLVED, severity=Severity.SEV4)
    return Do(None, command, typed.verb, anonymous=anonymous)


def maint(typed: Typed, context: Context) -> Do:
    severity, private, title = _head(typed, Severity.SEV4)
    if not title or not typed.get("start") or not typed.get("end"):
        raise typed.missing("a title, `start=` and `end=`")
    start = times.instant(typed.get("start"), context, ahead=JUST_BEGUN, key="start")
    end = _end(typed.get("end"), start, context)
    if end <= start:
        raise Refused(
            "The window ends before it starts.",
            "For example: `start=22:00 end=+2h`. `end=+2h` counts from the start, `end=-2h` from now.",
        )
    matchers = tuple(values.matcher(text) for text in typed.keys.get("match", ()))
    return typed.do(
        c.Open(
            title=title,
            kind=Kind.MAINTENANCE,
            status=Status.MONITORING,
            severity=severity,
            service=typed.get("service"),
            private=private,
            window=Window(start, end, matchers),
        )
    )


def _end(text: str, start: datetime, context: Context) -> datetime:
    """When a window ends: `+2h` and `2h` count from its start, `-2h` and `now` are as everywhere, a time of day is the
    first one after the start."""
    length = text.removeprefix("+")
    if times.is_duration(length):
        return start + times.duration(length)
    if times.is_ago(text) or text.lower() == "now":
        return times.instant(text, context, key="end")
    return times.instant(text, replace(context, at=start), ahead=timedelta(0), key="end")


def _head(typed: Typed, severity: Severity) -> tuple[Severity, bool, str]:
    """As `head`, with a severity for who says none."""
    found, private, title = head(typed)
    return found or severity, private, title


def head(typed: Typed) -> tuple[Severity | None, bool, str]:
    """Severity, privacy and title: the first two stand before the title in any order, a severity also after it."""
    words = list(typed.words)
    found = values.severity(typed.get("sev")) if typed.get("sev") else None
    private = False
    for skip in (("a", "an", "new"), ("incident", "incident:")):
        if words and words[0].low in skip and (len(words) == 1 or _continues(words[1:], skip)):
            words.pop(0)
    while words:
        spelled = values.spelled_severity(words[0].text)
        if spelled and found is None:
            found = spelled
        elif words[0].low == "sev" and len(words) > 1 and words[1].text in "1234" and found is None:
            found = values.severity(words.pop(1).text)
        elif words[0].low == "private" and not private:
            private = True
        else:
            break
        words.pop(0)
    if found is None:
        _refuse_a_slip(typed, words, private)
    if found is None and words and (spelled := values.spelled_severity(words[-1].text)):
        found = spelled
        words.pop()
    return found, private, join(words)


def _refuse_a_slip(typed: Typed, words: list[Word], private: bool) -> None:
    """`open P1 cable cut` may be about a cable called P1; nobody is woken by a guess."""
    if not words:
        return
    said, rest = words[0].text, words[1:]
    if words[0].low in ("sev", "severity", "prio", "priority") and rest:
        said, rest = f"{said} {rest[0].text}", rest[1:]
    near = values.slipped_severity(said.replace(" ", ""))
    if near is None and len(words) > 1 and words[-1].low.startswith("sev"):
        said, rest = words[-1].text, words[:-1]
        near = values.slipped_severity(said)
    if near is None:
        return
    title = shown(join(rest), 60) or "TITLE"
    raise Refused(
        f"`{shown(said)}` is no severity; those are sev1 (the worst) to sev4. Nothing was opened.",
        f"Did you mean `{typed.verb} {near} {'private ' if private else ''}{title}`? "
        f"If it belongs to the title, put a severity first: `{typed.verb} sev2 {shown(typed.text, 60)}`",
    )


def _continues(words: list[Word], skip: tuple[str, ...]) -> bool:
    """`an incident`, `new incident`: an article is skipped only before the word it belongs to."""
    return "incident" in skip or words[0].low in ("incident", "incident:")


def _page(typed: Typed, severity: Severity, context: Context) -> str:
    asked = typed.get("page")
    if asked.lower() in values.NOBODY:
        return ""
    if asked:
        return values.target(asked, context)
    return values.default_target(context) if severity in PAGING else ""


def accept(typed: Typed, context: Context) -> Do:
    for word in typed.words:
        if severity := values.spelled_severity(word.text) or values.slipped_severity(word.text):
            raise Refused("`accept` changes no severity.", f"`accept`, and then `sev {severity[-1]}`.")
    return typed.do(c.Accept(page=_page(typed, Severity.SEV4, context)))


def decline(typed: Typed, context: Context) -> Do:
    return typed.do(c.Decline(reason=typed.reason()))


def merge(typed: Typed, context: Context) -> Do:
    """`merge INC-41` in a room; with two references the first one goes into the second."""
    refs = [number for word in typed.words if (number := ref(word.text)) is not None]
    rest = [word for word in typed.words if ref(word.text) is None and word.low != "into"]
    if not refs:
        raise typed.missing("the incident this one belongs to")
    source = typed.ref if typed.ref is not None else refs.pop(0) if len(refs) > 1 else context.room
    if source is None:
        raise _which_part(refs[0], context)
    reason = "; ".join(part for part in (join(rest), typed.get("reason")) if part)
    return Do(source, c.Merge(into=refs[0], reason=reason), typed.verb)


def _which_part(into: int, context: Context) -> Refused:
    """Not even the only other one is merged without being named: there is no way back."""
    if all(one.number != into for one in context.open):
        return Refused(f"No INC-{into} is open.", "`list` shows what is.")
    others = [one for one in among("merge", context.by, context.open, ()) if one.number != into]
    if not others:
        return Refused(f"Nothing is open that could belong to INC-{into}.", "`list` shows what is.")
    return Refused(
        f"Which incident belongs to INC-{into}?", f"Name both, that one first: `merge {others[0].ref} INC-{into}`"
    )


def status(typed: Typed, context: Context) -> Do | Question:
    if not typed.words:
        return typed.ask()
    if typed.first in ("to", "is") and len(typed.words) > 1:
        return typed.do(c.SetStatus(status=values.status(typed.words[1].text), reason=typed.reason(2)))
    return typed.do(c.SetStatus(status=values.status(typed.words[0].text), reason=typed.reason(1)))


def sev(typed: Typed, context: Context) -> Do:
    if not typed.words:
        raise typed.missing("a number from 1 (the worst) to 4")
    start = 1 if typed.first == "to" and len(typed.words) > 1 else 0
    return typed.do(c.SetSeverity(severity=values.severity(typed.words[start].text), reason=typed.reason(start + 1)))


def resolve(typed: Typed, context: Context) -> Do:
    return typed.do(c.Resolve(summary=typed.reason(), when=times.given(typed, "at", context)))


def reopen(typed: Typed, context: Context) -> Do:
    return typed.do(c.Reopen(reason=typed.reason()))


def close(typed: Typed, context: Context) -> Do:
    return typed.do(c.Close(reason=typed.reason()))


def cancel(typed: Typed, context: Context) -> Do:
    return typed.do(c.Cancel(reason=typed.reason()))


def private(typed: Typed, context: Context) -> Do:
    if typed.words:
        raise Refused(
            "`private` makes this incident private and takes no words.", "To open one: `open private sev2 TITLE`"
        )
    return typed.do(c.MakePrivate())


def rename(typed: Typed, context: Context) -> Do:
    if not typed.words:
        raise typed.missing("the new title")
    return typed.do(c.Rename(title=typed.text))


def moment(typed: Typed, context: Context) -> Do:
    """`moment mitigated at=14:05 reason=…`; `impact start` may be two words, and the time may stand alone."""
    words = list(typed.words)
    if len(words) > 1 and words[0].low == "impact" and words[1].low in ("start", "end"):
        words[:2] = [Word(f"impact_{words[1].low}")]
    if not words:
        raise typed.missing("the name of a timestamp, and a time")
    which = values.moment(words.pop(0).text)
    at = typed.get("at")
    if not at:
        if not words:
            raise typed.missing("a time")
        at = words.pop(0).text
    reason = "; ".join(part for part in (join(words), typed.get("reason")) if part)
    return typed.do(c.SetMoment(moment=which, value=times.instant(at, context), reason=reason))


def undo(typed: Typed, context: Context) -> Do:
    if not typed.words:
        return typed.do(c.Undo(by=context.by))
    number = typed.first.removeprefix("e")
    if len(typed.words) > 1 or not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise Refused(
            f"`{shown(typed.text)}` is no event of the timeline.",
            "`undo` takes back your last command; `undo e12` names an event, `timeline` shows them.",
        )
    return typed.do(c.Undo(by=context.by, event=int(number)))
