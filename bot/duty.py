"""Who can be paged and who is on call, as it is known now: the configuration, the last good copies of the calendars, and the
overrides. Whoever shows it asks here; what is decided reads the overrides in its own transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.oncall.escalation import Roster
from bot.oncall.overrides import Override
from bot.oncall.schedules import Shift


class Duty:
    """Changed from the event loop, read from any thread: each `roster` is a value of its own."""

    def __init__(self, configured: Roster) -> None:
        self._roster = configured

    @property
    def roster(self) -> Roster:
        return self._roster

    def calendars(self, shifts: Mapping[str, Sequence[Shift]]) -> None:
        """What the calendars of these schedules say from now on; those that are not named keep what they said."""
        known = self._roster.schedules
        new = {name: replace(known[name], calendar=tuple(found)) for name, found in shifts.items() if name in known}
        self._roster = replace(self._roster, schedules={**known, **new})

    def overrides(self, standing: Sequence[Override]) -> None:
        """All overrides that stand, in place of those that stood."""
        self._roster = overridden(self._roster, standing)


def overridden(roster: Roster, standing: Sequence[Override]) -> Roster:
    """`roster` with these overrides and no others; those of a schedule that is not configured any more are left out."""
    found = {
        name: replace(schedule, overrides=tuple(one for one in standing if one.schedule == name))
        for name, schedule in roster.schedules.items()
    }
    return replace(roster, schedules=found)
