"""Whom to wake next: ladders are climbed step by step, round by round, past those where nobody is on call.

People write `policy:NAME`, `schedule:NAME`, `person:ID`, `pager:NAME` (a service that wakes people of its own), or just the
name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.incident.commands import Rung
from bot.incident.model import Paging, Refused
from bot.incident.policy import is_service
from bot.nearest import nearest
from bot.oncall.hours import Hours
from bot.oncall.schedules import Schedule, on_call

KINDS = ("policy", "schedule", "person", "pager")
"""What can be paged; of a bare name the first that has it is meant."""

UTC = ZoneInfo("UTC")

DEFAULT_WAIT = timedelta(minutes=5)
"""How long a step waits for an answer when nobody said."""


@dataclass(frozen=True, slots=True)
class Step:
    """Whom to ask, as `schedule:NAME`, `person:ID` and `pager:NAME`; `wait` None means the default, five minutes. With a
    `turn` only one of them is asked each time, the next one in turn; the steps that have the same one take turns together.
    Outside of its `hours`, on the wall clock of `zone`, nobody is asked."""

    targets: tuple[str, ...]
    wait: timedelta | None = None
    turn: str = ""
    hours: Hours | None = None
    zone: ZoneInfo = UTC


@dataclass(frozen=True, slots=True)
class Ladder:
    """A policy. `repeat` is how often it is climbed in all: 1 is once from the first step to the last, 2 is twice."""

    name: str
    steps: tuple[Step, ...]
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class Roster:
    """Everything that can be paged, by name. `people` are the ids we know, services (`pager:NAME`) among them. `default` is
    the policy that is meant when nobody named one; empty: there is none. `turns` is how many were taken, by `Step.turn`."""

    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    people: frozenset[str] = frozenset()
    default: str = ""
    turns: Mapping[str, int] = field(default_factory=dict)


def rung(roster: Roster, ladder: str, *, step: int, round: int, at: datetime) -> Rung:
    """The first rung at or after (`round`, `step`), both counted from 0, that has people on call at `at`.

    After the last step comes the first one of the next round. Nobody left, or a `ladder` that has no steps (a person,
    a schedule, a name that is gone from the configuration): a rung without people, the last one.
    The last step has its time to answer, too: when that is over, it is told that nobody did.
    """
    name = ladder.removeprefix("policy:")
    climbed = roster.ladders.get(name)
    if climbed is None:
        return Rung(ladder, step, round, (), last=True)
    position = round * len(climbed.steps) + min(step, len(climbed.steps))
    end = climbed.repeat * len(climbed.steps)
    for number in range(position, end):
        now_round, now_step = divmod(number, len(climbed.steps))
        step_now = climbed.steps[now_step]
        people = _whose_turn(roster, step_now, _asked(roster, step_now, at))
        if people:
            return _rung(name, now_step, now_round, people, step_now, last=number == end - 1)
    return Rung(name, step, round, (), last=True)


def following(roster: Roster, ladder: str, *, step: int, round: int, asked: Collection[str], at: datetime) -> Rung:
    """Who is asked at or after (`round`, `step`) of a ladder that is being climbed; `asked` were already.

    The configuration may have changed since it began. Before anybody says that nobody answered, everybody who is on
    call in the policy as it is now has been asked once. When the policy itself is gone, the default one takes over
    where it has somebody who was not asked; what was asked of the policy that is gone is not asked again.
    """
    name = ladder.removeprefix("policy:")
    if name in roster.ladders:
        found = rung(roster, name, step=step, round=round, at=at)
        if found.people and not found.last:
            return found
        repeat = roster.ladders[name].repeat
        # In a round that is for who was missed already, what comes before `step` is of the next one: no rung is asked twice.
        late = (round, step) if round >= repeat else (repeat, 0)
        missed = _missed(roster, name, {*asked, *found.people}, late, at)
        return replace(found, last=missed is None) if found.people else missed or found
    if name.startswith(("person:", "schedule:", "pager:")):
        return Rung(name, step, round, (), last=True)
    instead = roster.default.removeprefix("policy:")
    if instead not in roster.ladders:
        return Rung("", step, round, (), last=True, gone=name)
    missed = _missed(roster, instead, asked, (0, 0), at)
    return replace(missed or rung(roster, instead, step=0, round=1, at=at), gone=name)


def _missed(roster: Roster, ladder: str, asked: Collection[str], late: tuple[int, int], at: datetime) -> Rung | None:
    """The first step that has somebody on call who was not asked, as a rung at or after `late`; None: all were asked."""
    for number, step in enumerate(roster.ladders[ladder].steps):
        everybody = _asked(roster, step, at)
        # Of those who take turns one is asked, and not all of them before we give up.
        missed = not set(everybody) & set(asked) if step.turn else not set(everybody) <= set(asked)
        if everybody and missed:
            people = _whose_turn(roster, step, everybody)
            round = late[0] + (number < late[1])
            then = following(roster, ladder, step=number + 1, round=round, asked={*asked, *people}, at=at)
            return _rung(ladder, number, round, people, step, last=not then.people)
    return None


def _rung(ladder: str, number: int, round: int, people: tuple[str, ...], step: Step, *, last: bool) -> Rung:
    wait = step.wait or DEFAULT_WAIT
    return Rung(ladder, number, round, people, wait, last, targets=step.targets, turn=step.turn)


def _asked(roster: Roster, step: Step, at: datetime) -> tuple[str, ...]:
    if step.hours is not None and not step.hours.holds(at, step.zone):
        return ()
    return _people(roster, step.targets, at)


def _whose_turn(roster: Roster, step: Step, people: tuple[str, ...]) -> tuple[str, ...]:
    if not step.turn or not people:
        return people
    return (people[roster.turns.get(step.turn, 0) % len(people)],)


def next_people(roster: Roster, paging: Paging | None) -> tuple[str, ...]:
    """Who is paged next when nobody acknowledges, as far as the roster knows now; empty when nobody is."""
    if paging is None or not paging.waiting or paging.next_at is None or paging.last:
        return ()
    asked = {*paging.asked, *paging.people}
    return following(
        roster, paging.ladder, step=paging.step + 1, round=paging.round, asked=asked, at=paging.next_at
    ).people


def first(roster: Roster, ladder: str, at: datetime) -> Rung:
    """Where a ladder begins: its first rung that has people."""
    return rung(roster, ladder, step=0, round=0, at=at)


def target(roster: Roster, name: str, at: datetime) -> Rung:
    """Whom `policy:NAME`, `schedule:NAME`, `person:ID` or a bare name means: a policy, else a schedule, else a person.

    A schedule or a person is a ladder of one rung that bears its full name (`person:ben`). A rung without people
    means that nobody is on call there. Raises Refused, naming what is nearest, for what we do not know.
    """
    kind, colon, rest = name.partition(":")
    kinds = (kind,) if colon else KINDS
    wanted = rest if colon else name
    if "policy" in kinds and wanted in roster.ladders:
        return first(roster, wanted, at)
    for one in ("schedule", "person"):
        known = roster.schedules if one == "schedule" else roster.people
        if one in kinds and wanted in known:
            full = f"{one}:{wanted}"
            people = _people(roster, (full,), at)
            return Rung(full, 0, 0, people, DEFAULT_WAIT if people else None, last=True, targets=(full,))
    service = f"pager:{wanted}"
    if "pager" in kinds and service in roster.people:
        return Rung(service, 0, 0, (service,), DEFAULT_WAIT, last=True, targets=(service,))
    if not set(kinds) <= set(KINDS):
        raise Refused(f"{kind} is nothing that can be paged.", "Say `policy:NAME`, `schedule:NAME` or `person:ID`.")
    raise Refused(
        f"There is no {kind if colon else 'policy, schedule or person'} called {wanted}.", _hint(roster, wanted)
    )


def _hint(roster: Roster, wanted: str) -> str:
    names = {full.partition(":")[2].lower(): full for full in reversed(_everything(roster))}
    if near := nearest(wanted, names):
        return f"Did you mean `{names[near]}`?"
    known = _everything(roster)
    if not known:
        return "Nobody can be paged: the configuration has nobody under `people:`."
    more = f" and {len(known) - 8} more" if len(known) > 8 else ""
    return f"There is {', '.join(known[:8])}{more}."


def _everything(roster: Roster) -> list[str]:
    return [
        *(f"policy:{name}" for name in sorted(roster.ladders)),
        *(f"schedule:{name}" for name in sorted(roster.schedules)),
        *(name if is_service(name) else f"person:{name}" for name in sorted(roster.people)),
    ]


def _people(roster: Roster, targets: Iterable[str], at: datetime) -> tuple[str, ...]:
    """Each person once, in the order they are named; who is not known cannot be woken and is left out."""
    found: dict[str, None] = {}
    for full in targets:
        kind, _, name = full.partition(":")
        if kind == "person":
            found[name] = None
        elif kind == "pager":
            found[full] = None
        elif kind == "schedule" and name in roster.schedules:
            found |= dict.fromkeys(on_call(roster.schedules[name], at))
    return tuple(person for person in found if person in roster.people)
