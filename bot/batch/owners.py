"""Which incident the alerts of a group belong to, as one batch changes it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.incident.model import Incident
from bot.store import Transaction


class Owners:
    """`held` are the groups of what opened, `merged` which incident went into which."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.held: dict[str, int] = {}
        self.merged: list[tuple[int, int]] = []
        self._freed: set[int] = set()
        self._reopened: set[int] = set()

    def changed(self, before: Incident | None, after: Incident) -> None:
        """It may be over by now, or open again."""
        if before is None:
            return
        if before.status.open and not after.status.open:
            self._freed.add(after.number)
        if after.status.open and not before.status.open:
            self._reopened.add(after.number)

    def to_hold(self, incidents: Mapping[int, Incident]) -> dict[str, int]:
        """The groups of what opened, and of what was reopened unless a new incident has them by now."""
        held = {key: number for key, number in self.held.items() if incidents[number].status.open}
        again = [incidents[number] for number in sorted(self._reopened)]
        regained = {key: each.number for each in again if each.status.open for key in each.groups if key not in held}
        if regained:
            taken = {k for k, n in self._tx.standing(sorted(regained)).groups.items() if n not in self._freed}
            held |= {key: number for key, number in regained.items() if key not in taken}
        return held

    def write(self, held: Mapping[str, int]) -> None:
        for source, into in self.merged:
            self._tx.move_alerts(source, into)
        if self._freed:
            self._tx.free_groups(sorted(self._freed))
        if held:
            self._tx.hold_groups(held)
