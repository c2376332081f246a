"""From words to commands: drills, with or without a past incident that comes again."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.chat.build_life import head
from bot.chat.context import Context, Do
from bot.chat.line import Typed, join, ref, shown
from bot.incident import commands as c
from bot.incident.drilling import FASTEST, SLOWEST
from bot.incident.model import Incident, Kind, Mark, Refused, Severity
from bot.nearest import nearest

HOLD = frozenset({"pause", "hold"})
GO = frozenset({"go", "continue", "resume"})
END = frozenset({"end", "stop", "over", "finish"})
STEERED = (*sorted(HOLD), *sorted(GO), *sorted(END), "speed", "inject")

_SPEED = re.compile(r"([0-9]{1,4})[x×]?", re.IGNORECASE)


def drill(typed: Typed, context: Context) -> Do:
    """`drill TITLE`, `drill INC-7 [speed=10x] [TITLE]`; and of one that is on: `drill pause`, `go`, `speed 20x`, `inject TEXT`, `end`."""
    steer = _steering(typed)
    if steer is not None:
        command = steer()
        return Do(_of(typed, context), command, typed.verb)
    words = list(typed.words)
    of = typed.ref
    if of is None and words and (of := ref(words[0].text)) is not None:
        words.pop(0)
    said = Typed(typed.verb, typed.usage, typed.example, tuple(words), typed.keys, None)
    severity, private, title = head(said)
    if not title and of is None:
        raise typed.missing("a title, or a past incident to replay")
    _check_slip(typed, title, of)
    if of is None and typed.get("speed"):
        raise Refused(
            "Only what is replayed has a speed.", f"For example: `drill INC-7 speed={shown(typed.get('speed'))}`"
        )
    return typed.do(
        c.Open(
            title=title,
            kind=Kind.DRILL,
            severity=severity or Severity.SEV2,
            private=private,
            replays=of or 0,
            speed=_speed(typed.get("speed")) if of and typed.get("speed") else 0,
            as_then=severity is None and of is not None,
        )
    )


def _steering(typed: Typed) -> Callable[[], c.PaceReplay | c.Note | c.Resolve] | None:
    """What is to be done with a drill that is on; None: one is to be opened."""
    count, first = len(typed.words), typed.first
    if first in HOLD and count == 1:
        return lambda: c.PaceReplay(paused=True)
    if first in GO and count == 1:
        return lambda: c.PaceReplay(paused=False, speed=_speed(typed.get("speed")) if typed.get("speed") else 0)
    if first in END and count == 1:
        return lambda: c.Resolve(drill=True)
    if first == "speed" and count == 2:
        return lambda: c.PaceReplay(speed=_speed(typed.words[1].text))
    if not count and typed.get("speed"):
        return lambda: c.PaceReplay(speed=_speed(typed.get("speed")))
    if first == "inject":
        return lambda: _inject(typed)
    return None


def _inject(typed: Typed) -> c.Note:
    if not typed.rest():
        raise typed.missing("what the players are told", "drill inject A customer writes that volumes hang")
    return c.Note(mark=Mark.INJECT, text=typed.rest())


def _speed(text: str) -> int:
    """`10x`, `10`."""
    found = _SPEED.fullmatch(text.strip())
    if not found or not SLOWEST <= int(found[1]) <= FASTEST:
        raise Refused(
            f"`{shown(text)}` is no speed.",
            f"From `{SLOWEST}x` to `{FASTEST}x`: `10x` is ten times as fast as it was then.",
        )
    return int(found[1])


def _of(typed: Typed, context: Context) -> int:
    """The drill that is meant: the one that is named, the one whose room it is, or the only one that is open."""
    known = typed.ref if typed.ref is not None else context.room
    if known is not None:
        return known
    drills = [one for one in context.open if one.kind is Kind.DRILL]
    if len(drills) == 1:
        return drills[0].number
    if not drills:
        raise Refused("No drill is open.", "`drill INC-7` opens one in which the alerts of INC-7 come again.")
    raise Refused("Several drills are open; say which one you mean.", _listed(drills, typed))


def _listed(drills: list[Incident], typed: Typed) -> str:
    listed = ", ".join(f"{one.ref} ({shown(one.title)})" for one in drills[:5])
    steer = join(typed.words) or f"speed={shown(typed.get('speed'))}"
    return f"Open: {listed}. For example: `{drills[0].ref} drill {shown(steer)}`"


def _check_slip(typed: Typed, title: str, of: int | None) -> None:
    """`drill puase` is no title."""
    near = nearest(title, STEERED) if of is None and len(typed.words) == 1 else ""
    if near:
        raise Refused(
            f"I do not know `drill {shown(title)}`.",
            f"Did you mean `drill {near}`? To open one that is called so: `drill sev2 {shown(title)}`",
        )
