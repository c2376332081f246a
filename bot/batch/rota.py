"""Who is on call and whose turn it is, as one batch sees it, and what the batch changes in that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from bot.duty import overridden
from bot.incident.commands import DutyCommand
from bot.oncall.escalation import Roster
from bot.oncall.overrides import Override
from bot.oncall.overriding import Overridden, override
from bot.store import Transaction


class Rota:
    """`configured` is the roster as the configuration and the calendars have it; `at` is the time of the batch."""

    def __init__(self, tx: Transaction, configured: Roster, at: Callable[[], datetime]) -> None:
        self._tx = tx
        self._configured = configured
        self._at = at
        self._added: list[Override] = []
        self._dropped: dict[int, str] = {}
        self._taken: Counter[str] = Counter()

    @property
    def roster(self) -> Roster:
        """With the overrides that stand and the turns that were taken. Looked up once, and only when it is asked for: most
        batches page nobody."""
        return self._known

    @cached_property
    def _known(self) -> Roster:
        known = self._configured
        if known.schedules:
            known = overridden(known, self._tx.overrides())
        if any(step.turn for ladder in known.ladders.values() for step in ladder.steps):
            known = replace(known, turns=self._tx.turns())
        return known

    @property
    def changed(self) -> bool:
        return bool(self._added or self._dropped or self._taken)

    @property
    def standing(self) -> list[Override]:
        """The overrides that stand, those of schedules that are configured no more left out."""
        return [one for schedule in self.roster.schedules.values() for one in schedule.overrides]

    def ask(self, command: DutyCommand, by: str) -> Overridden:
        """Do it. Raises Refused."""
        standing = self.standing
        decided = override(command, self.roster, standing, by=by, at=self._at())
        added: tuple[Override, ...] = ()
        if decided.added:
            first = self._tx.take_override_ids(len(decided.added))
            added = tuple(replace(one, id=first + one.id, together=first) for one in decided.added)
        gone = {one.id for one in decided.dropped}
        self._added += added
        self._dropped |= dict.fromkeys(gone, by)
        self._known = overridden(self.roster, [*(one for one in standing if one.id not in gone), *added])
        return Overridden(added, decided.dropped)

    def took(self, turn: str) -> None:
        """Somebody was paged whose turn it was: the next one is another's."""
        self._taken[turn] += 1
        self._known = replace(self.roster, turns={**self.roster.turns, turn: self.roster.turns.get(turn, 0) + 1})

    def write(self) -> None:
        # Who takes back what was said in the same batch takes back what is there by then.
        if self._added:
            self._tx.add_overrides(self._added)
        for by in sorted(set(self._dropped.values())):
            self._tx.drop_overrides([id_ for id_, who in self._dropped.items() if who == by], by)
        if self._taken:
            self._tx.take_turns(self._taken)
