"""From words to commands: the work on an incident, the people who do it, and what customers are told."""

from __future__ import annotations

from datetime import timedelta

from bot.chat import times, values
from bot.chat.context import Context, Do, Question
from bot.chat.line import Typed, join, shown
from bot.chat.publishing import component_ids, how_to_publish
from bot.incident import commands as c
from bot.incident.model import ComponentState, Mark, PublicStatus, Refused, Role
from bot.nearest import nearest

SHOW = frozenset({"list", "show", "all", "preview"})
APPROVE = frozenset({"approve", "approved"})
DISCARD = frozenset({"discard", "drop", "dropped", "delete", "remove"})
DECIDED = APPROVE | DISCARD


def role(typed: Typed, context: Context) -> Do | Question:
    """`role lead @ana`, `role @ana lead`, `role lead none`; bare it shows who does what."""
    if not typed.words:
        return typed.ask()
    words = [word for word in typed.words if word.low != "to"]
    if len(words) < 2:
        named = words[0].low if words and words[0].low in values.ROLES else Role.LEAD
        raise typed.missing("a role and a person", f"role {named} {values.somebody(context)}")
    if words[0].low not in values.ROLES and words[-1].low in values.ROLES:
        words = [words[-1], *words[:-1]]
    return typed.do(c.AssignRole(role=values.role(words[0].text), person=values.nobody_or(join(words[1:]), context)))


def take(typed: Typed, context: Context) -> Do:
    wanted = values.role(typed.text) if typed.words else Role.LEAD
    return typed.do(c.AssignRole(role=wanted, person=context.by))


def handoff(typed: Typed, context: Context) -> Do:
    words = [word for word in typed.words if word.low != "to"]
    wanted = Role.LEAD
    if not words:
        raise typed.missing("a person", f"handoff {values.somebody(context)}")
    if words[0].low in values.ROLES and (len(words) > 1 or values.find_person(words[0].text, context) is None):
        wanted = values.role(words.pop(0).text)
    if not words:
        raise Refused(f"To whom do you hand {wanted}?", f"For example: `handoff {wanted} {values.somebody(context)}`")
    return typed.do(c.AssignRole(role=wanted, person=values.person(join(words), context)))


def note(typed: Typed, context: Context) -> Do:
    return _line(typed, context, values.mark(typed.get("mark")) if typed.get("mark") else Mark.NOTE)


def hypothesis(typed: Typed, context: Context) -> Do:
    return _line(typed, context, Mark.HYPOTHESIS)


def decide(typed: Typed, context: Context) -> Do:
    return _line(typed, context, Mark.DECISION)


def _line(typed: Typed, context: Context, mark: Mark) -> Do:
    if not typed.words:
        raise typed.missing("some words")
    return typed.do(c.Note(mark=mark, text=typed.text, when=times.given(typed, "at", context)))


def impact(typed: Typed, context: Context) -> Do:
    plane = typed.get("plane").lower()
    if plane and plane not in ("data", "control"):
        raise Refused(f"`plane={plane[:40]}` is neither `data` nor `control`.", "For example: `impact plane=data`")
    named = [part.strip() for value in typed.keys.get("comp", ()) for part in value.split(",")]
    affected = tuple(dict.fromkeys(_affected(name, context) for name in named if name))
    start = times.given(typed, "start", context) or times.given(typed, "at", context)
    end = times.given(typed, "end", context)
    if not (typed.words or plane or affected or start or end):
        raise typed.missing("some words, or one of `start=` `end=` `plane=` `comp=`")
    return typed.do(
        c.DescribeImpact(
            text=typed.text,
            plane=plane,
            affected=affected,
            start=start,
            end=end,
            reason=typed.get("reason"),
        )
    )


def _affected(name: str, context: Context) -> str:
    """The id of a component; where the house has none, any word."""
    found = values.component(name, context)
    if found is None and context.components:
        raise values.not_one_of("component", name, context.components, component_ids(context.components))
    return found or name


def page(typed: Typed, context: Context) -> Do | Question:
    """`page [POLICY|SCHEDULE|@PERSON] TEXT`; without a name the default policy, bare it shows what can be paged.

    One word alone is a name. Before a text, a word that looks like a name is asked about: the wrong ones are woken
    by a slip."""
    if not typed.words:
        return typed.ask()
    first, alone = typed.words[0].text, len(typed.words) == 1
    if alone and typed.first in values.NOBODY:
        raise Refused(
            f"`page` wakes somebody, and `{shown(first)}` is nobody.",
            "To open without waking anybody: `open TITLE page=none`. Who has a page says `ack`.",
        )
    found = values.target(first, context, "page") if alone else values.find_target(first, context)
    asked = found or values.default_target(context)
    if not asked:
        raise values.unknown_target(first, context)
    # In quotes it is a text, whatever it begins with.
    if not found and typed.text[:1] == first[:1] and (near := values.near_target(first, context)):
        raise Refused(
            f"I know no policy, schedule or person `{shown(first)}`.",
            f"Did you mean `page {near} {shown(typed.rest(1), 60)}`? "
            f"As a text: `page {context.default_ladder} {shown(typed.text, 60)}`",
        )
    return typed.do(c.Page(target=asked, text=typed.rest(1) if found else typed.text))


def ack(typed: Typed, context: Context) -> Do:
    """Whatever is said besides: an acknowledgement that fails over a word lets the next phone ring."""
    return typed.do(c.Acknowledge(person=context.by))


def update(typed: Typed, context: Context) -> Do:
    if not typed.words:
        raise typed.missing("some words")
    said = typed.get("next").removeprefix("+")
    if not said or times.is_duration(said):
        next_in = times.duration(said) if said else None
        if next_in is not None and not next_in:
            raise Refused("The next update cannot come at once.", "For example: `next=30m`")
        return typed.do(c.PostUpdate(text=typed.text, next_in=next_in))
    next_at = times.instant(said, context, ahead=timedelta(0), key="next")
    if next_at <= context.at:
        raise Refused(f"`{shown(said)}` has passed.", "For example: `next=30m` or `next=14:30`")
    return typed.do(c.PostUpdate(text=typed.text, next_at=next_at))


def publish(typed: Typed, context: Context) -> Do | Question:
    """`publish STATUS TEXT comp=ID:STATE title=… at=…` makes a preview; `publish approve` and `publish discard` decide."""
    if not typed.words and typed.get("at"):
        raise Refused("The post has no text for customers.", how_to_publish(context.components))
    if not typed.words or (typed.first in SHOW and len(typed.words) == 1):
        return typed.ask()
    if not context.status_pages and not (typed.first in DISCARD and len(typed.words) == 1):
        # Recorded it would read, in the postmortem too, as if customers had been told.
        raise Refused(
            "There is no status page, so nobody would read this.",
            "Add one under `status:` of the configuration. For your own people: `update TEXT`",
        )
    if typed.first in DECIDED and len(typed.words) == 1 and typed.get("at"):
        raise Refused(
            f"`publish {typed.first}` takes no `at=`.",
            "The preview has its time: `publish STATUS TEXT at=TIME`, then `publish approve`.",
        )
    if typed.first in APPROVE and len(typed.words) == 1:
        return typed.do(c.ApprovePublicPost())
    if typed.first in DISCARD and len(typed.words) == 1:
        return typed.do(c.DiscardPublicPost())
    status = values.PUBLIC.get(typed.first)
    if status is None:
        near = nearest(typed.words[0].text, [*values.PUBLIC, "approve", "discard"])
        meant = f" Did you mean `{near}`?" if near else ""
        what = f"`{shown(typed.words[0].text)}` is no status for customers.{meant}"
        raise Refused(what, how_to_publish(context.components))
    if not typed.rest(1):
        raise Refused("The post has no text for customers.", how_to_publish(context.components))
    default = ComponentState.OPERATIONAL if status is PublicStatus.RESOLVED else None
    states = values.components(typed.keys.get("comp", ()), context, default)
    text, masked = context.redact(typed.rest(1))
    title, hidden = context.redact(typed.get("title")) if typed.get("title") else ("", ())
    names = dict.fromkeys(context.components.get(id_, id_) for id_ in states)
    return typed.do(
        c.DraftPublicPost(
            status=status,
            text=text,
            title=title,
            subject=_and(list(names)),
            components=states,
            masked=tuple(dict.fromkeys((*masked, *hidden))),
            when=times.given(typed, "at", context),
        )
    )


def _and(names: list[str]) -> str:
    *rest, last = names or [""]
    return f"{', '.join(rest)} and {last}" if rest else last


def pm(typed: Typed, context: Context) -> Do | Question:
    match typed.first:
        case "" | "show":
            return typed.ask()
        case "lint":
            return typed.ask(step="lint")
        case "draft":
            return typed.do(c.DraftPostmortem())
        case "review":
            return typed.do(c.StartReview())
        case "assign" | "owner":
            words = [word for word in typed.words[1:] if word.low != "to"]
            if not words:
                raise typed.missing("a person", f"pm assign {values.somebody(context)}")
            return typed.do(c.AssignPostmortem(person=values.nobody_or(join(words), context)))
        case _:
            raise values.unknown("step of a postmortem", typed.words[0].text, ["draft", "lint", "review", "assign"])
