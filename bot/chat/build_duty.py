"""From words to commands and questions: who is on call, and who is instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.chat import spans, times, values
from bot.chat.context import Context, Do, Question
from bot.chat.line import Typed, Word, join, shown
from bot.incident import commands as c
from bot.incident.model import Refused

DROPS = frozenset({"drop", "undo", "remove", "delete", "cancel"})
SWAPS = frozenset({"swap", "swaps", "tausch"})
BETWEEN = frozenset({"and", "with", "und", "mit", "is", "takes", "covers", "in", "on", "for"})
"""Words that people put between the others, and that say nothing."""

LOAD = frozenset({"load", "report"})
CONTACTS = frozenset({"contacts", "contact", "phone", "phones"})
LINKS = frozenset({"link", "links", "calendar", "ics"})


def oncall(typed: Typed, context: Context) -> Question:
    """`oncall [SCHEDULE] [at=TIME]`, `oncall contacts`, `oncall load [4w]`, `oncall link`."""
    words = list(typed.words)
    if words and words[0].low in LOAD:
        return _load(typed, context)
    contacts = "yes" if any(word.low in CONTACTS for word in words) else ""
    links = "yes" if any(word.low in LINKS for word in words) else ""
    words = [word for word in words if word.low not in CONTACTS | LINKS]
    schedule = _schedule(words.pop().text, context) if words else ""
    if words:
        raise Refused(f"`oncall` takes one schedule, and `{shown(join(words))}` is more.", f"Usage: `{typed.usage}`")
    if links:
        return typed.ask(schedule=schedule, links=links)
    asked = typed.get("at")
    if asked and (whole := spans.day(asked, context)):
        start, end = (one.isoformat() for one in whole)
        return typed.ask(schedule=schedule, contacts=contacts, **{"from": start, "to": end})
    at = times.instant(asked, context, ahead=timedelta(0)).isoformat() if asked else ""
    return typed.ask(schedule=schedule, contacts=contacts, at=at)


def _load(typed: Typed, context: Context) -> Question:
    length = typed.words[1].text if len(typed.words) > 1 else "4w"
    if not timedelta(days=1) <= times.duration(length) <= timedelta(days=366):
        raise Refused(f"`{shown(length)}` is no time to look back over.", "From a day to a year: `oncall load 4w`")
    return typed.ask(load=length)


def override(typed: Typed, context: Context) -> Do | Question:
    """`override @ana 18:00-22:00 [SCHEDULE] [instead=@ben]`, `override swap @ana @ben [SCHEDULE] [at=TIME]`,
    `override drop 3`; bare it lists those that stand."""
    words = [word for word in typed.words if word.low not in BETWEEN]
    if not words or words[0].low in ("list", "show", "all"):
        return typed.ask()
    if words[0].low in DROPS:
        return typed.do(c.DropOverride(id=_number(words[1:], typed)))
    schedule = next((found for word in words if (found := _find_schedule(word.text, context))), "")
    if schedule:
        words = [word for word in words if not _find_schedule(word.text, context)]
    if words and words[0].low in SWAPS:
        return typed.do(_swap(words[1:], schedule, typed, context))
    if not words:
        raise typed.missing("a person and a time")
    person = values.person(words[0].text, context)
    said = join(words[1:]) or typed.get("at")
    if not said:
        raise typed.missing("a time from when until when", f"override @{person} 18:00-22:00")
    start, end = spans.span(said, context)
    instead = values.person(typed.get("instead"), context) if typed.get("instead") else ""
    return typed.do(c.SetOverride(person=person, start=start, end=end, schedule=schedule, instead=instead))


def _swap(words: Sequence[Word], schedule: str, typed: Typed, context: Context) -> c.SwapShifts:
    if len(words) != 2:
        example = f"override swap @{context.by} {values.somebody(context)}"
        raise typed.missing("two people", example)
    first, other = (values.person(word.text, context) for word in words)
    asked = typed.get("at")
    whole = spans.day(asked, context) if asked else None
    after = whole[0] if whole else times.instant(asked, context, ahead=timedelta(0)) if asked else context.at
    return c.SwapShifts(person=first, other=other, after=max(after, context.at), schedule=schedule)


def _number(words: Sequence[Word], typed: Typed) -> int:
    text = words[0].text.lstrip("#") if words else ""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise typed.missing("the number of an override", "override drop 3")
    return int(text)


def _find_schedule(word: str, context: Context) -> str:
    low = word.lower().removeprefix("schedule:")
    return next((name for name in _schedules(context) if name.lower() == low), "")


def _schedule(word: str, context: Context) -> str:
    found = _find_schedule(word, context)
    if not found:
        raise values.unknown("schedule", word, _schedules(context))
    return found


def _schedules(context: Context) -> list[str]:
    return [target.partition(":")[2] for target in context.targets if target.startswith("schedule:")]
