"""Rules of what people say over the rotation: who may take whose time, and when. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.incident.commands.duty import DropOverride, DutyCommand, SetOverride, SwapShifts
from bot.incident.model import Refused
from bot.incident.policy import is_service
from bot.nearest import nearest
from bot.oncall.escalation import Roster
from bot.oncall.overrides import Override
from bot.oncall.schedules import Schedule, Shift, shift, shifts

AHEAD = timedelta(days=366)
"""How far ahead an override may end."""

SWAPPED_WITHIN = timedelta(days=92)
"""How far ahead the shifts of a swap are looked for."""

MOST = 500
"""Overrides that may stand at a time: more are no exceptions."""


@dataclass(frozen=True, slots=True)
class Overridden:
    """What came of it: overrides that stand from now on (their ids count from 0 here), and those that were taken back."""

    added: tuple[Override, ...] = ()
    dropped: tuple[Override, ...] = ()


def override(
    command: DutyCommand, roster: Roster, standing: Sequence[Override], *, by: str, at: datetime
) -> Overridden:
    """What `command` of `by` changes in the overrides that stand at `at`. Raises Refused."""
    match command:
        case SetOverride():
            return Overridden(added=(_set(command, roster, standing, by, at),))
        case SwapShifts():
            return Overridden(added=_swap(command, roster, standing, by, at))
        case DropOverride(id=id_):
            return Overridden(dropped=_dropped(id_, standing))


def _set(command: SetOverride, roster: Roster, standing: Sequence[Override], by: str, at: datetime) -> Override:
    _check_room(standing)
    _check_person(command.person, roster)
    if command.end <= command.start:
        raise Refused("It would end before it begins.", "For example: `override @NAME 18:00-22:00`")
    if command.end <= at:
        raise Refused("That time has passed.", "Who was on call then is not changed any more.")
    if command.end > at + AHEAD:
        raise Refused("That is more than a year ahead.", "Change the rotation in the configuration instead.")
    schedule = _schedule(command.schedule, command.person, roster)
    if command.instead:
        _check_person(command.instead, roster)
        found = shifts(schedule, command.start, command.end)
        if command.instead == command.person:
            raise Refused("Nobody takes over from themselves.", "Name two people.")
        if not any(command.instead in one.people for one in found):
            raise Refused(
                f"{command.instead} is not on call in {schedule.name} then.",
                f"`oncall {schedule.name}` shows who is; without `instead=` it is for whoever would be.",
            )
    return Override(0, schedule.name, command.person, command.start, command.end, command.instead, by)


def _swap(
    command: SwapShifts, roster: Roster, standing: Sequence[Override], by: str, at: datetime
) -> tuple[Override, Override]:
    _check_room(standing)
    for person in (command.person, command.other):
        _check_person(person, roster)
    if command.person == command.other:
        raise Refused("Nobody swaps with themselves.", "Name two people.")
    if command.after < at - timedelta(minutes=1):
        raise Refused("That time has passed.", "Who was on call then is not changed any more.")
    schedule = _swapped_in(command, roster)
    mine = _next_of(command.person, schedule, command.after)
    theirs = _next_of(command.other, schedule, command.after)
    if command.other in mine.people or command.person in theirs.people:
        raise Refused(
            f"{command.person} and {command.other} are on call together in {schedule.name}.",
            "There is nothing to swap.",
        )
    first = Override(0, schedule.name, command.other, mine.start, mine.end, command.person, by)
    other = Override(1, schedule.name, command.person, theirs.start, theirs.end, command.other, by)
    return first, other


def _dropped(id_: int, standing: Sequence[Override]) -> tuple[Override, ...]:
    named = next((one for one in standing if one.id == id_), None)
    if named is None:
        some = ", ".join(str(one.id) for one in standing[:12])
        known = f"There is {some}." if some else "There is none."
        raise Refused(f"There is no override {id_} that has not ended.", f"{known} `override` lists them.")
    return tuple(one for one in standing if one.together == named.together)


def _next_of(person: str, schedule: Schedule, after: datetime) -> Shift:
    """What is left at `after` of the stretch in which `person` is on call then, or the next one. Raises Refused."""
    found = shifts(schedule, after, after + SWAPPED_WITHIN)
    for one in found:
        if person in one.people:
            return replace(shift(schedule, one.start), start=one.start)
    days = SWAPPED_WITHIN.days
    raise Refused(
        f"{person} is not on call in {schedule.name} within {days} days.", f"`oncall {schedule.name}` shows who is."
    )


def _schedule(name: str, person: str, roster: Roster) -> Schedule:
    """The one that is named, or the only one that can be meant: there is one, or one in which `person` takes turns."""
    if name:
        return _named(name, roster)
    known = roster.schedules
    if not known:
        raise Refused("There is no schedule.", "Schedules stand under `oncall:` in the configuration.")
    theirs = [one for one in known.values() if person in one.members]
    if len(known) == 1 or len(theirs) == 1:
        return theirs[0] if len(theirs) == 1 else next(iter(known.values()))
    names = ", ".join(f"`{one.name}`" for one in (theirs or known.values()))
    raise Refused("Which schedule?", f"Say it behind the time: {names}")


def _swapped_in(command: SwapShifts, roster: Roster) -> Schedule:
    if command.schedule:
        return _named(command.schedule, roster)
    both = [one for one in roster.schedules.values() if {command.person, command.other} <= set(one.members)]
    return both[0] if len(both) == 1 else _schedule("", command.person, roster)


def _named(name: str, roster: Roster) -> Schedule:
    if name in roster.schedules:
        return roster.schedules[name]
    near = nearest(name, roster.schedules)
    hint = f"Did you mean `{near}`?" if near else f"There is: {', '.join(f'`{one}`' for one in roster.schedules)}"
    raise Refused(f"There is no schedule {name}.", hint)


def _check_person(person: str, roster: Roster) -> None:
    if person not in roster.people or is_service(person):
        raise Refused(f"{person} is not under `people:`, so nobody could page them.", "Name somebody who is: `@NAME`.")


def _check_room(standing: Sequence[Override]) -> None:
    if len(standing) >= MOST:
        raise Refused(f"{MOST} overrides stand already.", "`override` lists them, `override drop N` takes one back.")
