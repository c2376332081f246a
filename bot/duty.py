"""Who can be paged and who is on call, as it is known now: the configuration, the last good copies of the calendars, and the
overrides. Whoever shows it asks here; what is decided reads the overrides in its own transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.oncall.escalation import Roster
from bot.oncall.overrides import Override
from bot.oncall.schedules import Shift


class Duty:
    """Changed from the event loop, read from any thread: each `roster` is a value of its own. `changed` is told each new
    one."""

    def __init__(self, configured: Roster, *, changed: Callable[[Roster], None] = lambda roster: None) -> None:
        self._roster = configured
        self._changed = changed

    @property
    def roster(self) -> Roster:
        return self._roster

    def calendars(self, shifts: Mapping[str, Sequence[Shift]]) -> None:
        """What the calendars of these schedules say from now on; those that are not named keep what they said."""
        known = self._roster.schedules
        new = {name: replace(known[name], calendar=tuple(found)) for name, found in shifts.items() if name in known}
        self._become(replace(self._roster, schedules={**known, **new}))

    def overrides(self, standing: Sequence[Override], turns: Mapping[str, int] | None = None) -> None:
        """All overrides that stand, in place of those that stood; and how many turns were taken, if that is known."""
        held = self._roster.turns if turns is None else turns
        self._become(replace(overridden(self._roster, standing), turns=held))

    def _become(self, roster: Roster) -> None:
        if roster != self._roster:
            self._roster = roster
            self._changed(roster)


def overridden(roster: Roster, standing: Sequence[Override]) -> Roster:
    """`roster` with these overrides and no others. Left out are those of a schedule that is not configured any more, and those
    by which somebody would be on call whom nobody can page: whoever would be otherwise is."""
    known = [one for one in standing if one.person in roster.people]
    found = {
        name: replace(schedule, overrides=tuple(one for one in known if one.schedule == name))
        for name, schedule in roster.schedules.items()
    }
    return replace(roster, schedules=found)
