"""When something happened, as whoever tells it says: the one rule for every moment that comes from a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incident.model import Refused

AHEAD = timedelta(seconds=5)
"""What the clocks of the bot, the database and the chat platform may differ by: a machine that asks for the time is
milliseconds off, and a platform may round to the second."""


def passed(when: datetime | None, at: datetime) -> datetime:
    """`when`, or `at`, which is now, when nothing was said. What is at most AHEAD of it was meant as now; what is yet to
    come is no fact. Raises Refused."""
    if when is None:
        return at
    if when > at + AHEAD:
        raise Refused("That is in the future.", "The timeline tells what has happened: use a time that has passed.")
    return min(when, at)
