"""The wheel: whose service shows its dashboard for five minutes this week. Drawn without a memory, and the same wherever it is drawn. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo


def drawn(services: Collection[str], at: datetime, zone: ZoneInfo) -> str | None:
    """The service of the week that `at` lies in, Monday to Sunday in `zone`; None: there is none to draw from.

    While the list stays the same each comes once before any comes twice, and none twice in a row. The order of the list and what
    stands in it twice mean nothing. When the list changes, a new order begins in the middle; from its next beginning on it
    holds again.
    """
    if not (names := sorted(set(services))):
        return None
    week = (at.astimezone(zone).date().toordinal() - 1) // 7  # day 1 was a Monday
    turn, place = divmod(week, len(names))
    return _order(names, turn)[place]


def _order(names: list[str], turn: int) -> list[str]:
    """The order of one turn of the wheel, never beginning with the one that the turn before ended with."""
    if len(names) < 3:
        # Of two any other order than always the same would bring one twice in a row.
        return names
    order = _shuffled(names, turn)
    if order[0] == _shuffled(names, turn - 1)[-1]:
        # The last one stays the last, so that the next turn need not know of this.
        order[0], order[1] = order[1], order[0]
    return order


def _shuffled(names: list[str], turn: int) -> list[str]:
    return sorted(names, key=lambda name: sha256(f"{turn}:{name}".encode()).digest())
