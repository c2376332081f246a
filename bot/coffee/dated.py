"""A meeting as a calendar of others has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.coffee.board import Board, CoffeeStatus
from bot.incident.commands.coffee import CallCoffee, SkipCoffee


@dataclass(frozen=True, slots=True)
class Meeting:
    """It begins at `start` (UTC); `link` is its address, empty where it has none that leads into the web."""

    start: datetime
    title: str
    link: str = ""


def called(meetings: list[Meeting], match: str) -> list[Meeting]:
    """Those whose title has `match` in it, in capitals or not."""
    return [one for one in meetings if match.casefold() in one.title.casefold()]


def rescheduled(board: Board, following: datetime | None, now: datetime) -> CallCoffee | SkipCoffee | None:
    """What is to be done about the coffee that is called, when the first meeting after `now` is that one. None: it stands, people meet
    already, or nobody wanted that other one."""
    coffee = board.coffee
    if coffee is None or coffee.status is CoffeeStatus.RUNNING or coffee.starts_at <= now:
        return None
    if following is None:
        return SkipCoffee(starts_at=coffee.starts_at)
    known = {one.starts_at for one in board.coffees.values()}
    return None if following in known else CallCoffee(starts_at=following)
