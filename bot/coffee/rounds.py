"""Rules of the timebox: when the time of a topic is over everybody is asked for a thumb, and more up than down is another round. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.coffee.board import Board, Coffee, CoffeeStatus, Manner
from bot.coffee.brewed import Brewed, Did, Told, with_coffee
from bot.coffee.closing import close
from bot.coffee.meeting import go_on, told_of, wait
from bot.incident import effects as f
from bot.incident.commands.coffee import CountThumbs, EndTimebox

SILENT = 2
"""So many topics in a row nobody has a thumb or a word for; then one waits for somebody instead of using up the others."""


def end_timebox(board: Board, command: EndTimebox, manner: Manner, *, at: datetime) -> Brewed:
    if not command.topic:
        return _over(board, command, manner, at)
    coffee = _meant(board, command)
    if coffee is None or coffee.asking:
        return Brewed(board)
    until = at + manner.thumbs
    coffee = replace(coffee, asking=True, until=until)
    about = (coffee.number, coffee.current, coffee.round)
    ask = tuple(f.AskThumbs(spot.platform, *about, spot.room) for spot in manner.spots)
    wake = f.WakeThumbs(coffee.number, coffee.current, coffee.round, until)
    told = Told(Did.ASKED, board.topics.get(coffee.current), coffee=coffee)
    return Brewed(with_coffee(board, coffee), (*ask, wake), told)


def count_thumbs(board: Board, command: CountThumbs, manner: Manner, *, at: datetime) -> Brewed:
    """A tie, or nobody, is no wish to go on."""
    coffee = _meant(board, command)
    if coffee is None or not coffee.asking:
        return Brewed(board)
    up = sum(coffee.thumbs.values())
    coffee = replace(coffee, silent=0 if coffee.thumbs else coffee.silent + 1)
    if up <= len(coffee.thumbs) - up:
        follow = wait if coffee.silent >= SILENT else go_on
        return follow(with_coffee(board, coffee), manner, at)
    until = at + manner.extension
    coffee = replace(coffee, round=coffee.round + 1, until=until, asking=False, thumbs={}, asked={})
    wake = f.WakeTimebox(coffee.number, coffee.current, coffee.round, until)
    told = Told(Did.ON, board.topics.get(coffee.current), coffee=coffee)
    return Brewed(with_coffee(board, coffee), (*told_of(manner, "on", coffee, coffee.current), wake), told)


def _over(board: Board, command: EndTimebox, manner: Manner, at: datetime) -> Brewed:
    """Its time is over, whether people met or nobody came; it may have been moved, or begun late, meanwhile."""
    coffee = board.coffee
    if coffee is None or coffee.number != command.coffee:
        return Brewed(board)
    if None not in (command.due, coffee.closes) and command.due != coffee.closes:
        return Brewed(board)
    if coffee.status is CoffeeStatus.RUNNING:
        return close(board, manner, at)
    if at < coffee.starts_at + manner.length:
        return Brewed(board)
    nobody_came = replace(coffee, status=CoffeeStatus.SKIPPED)
    return Brewed(with_coffee(board, nobody_came), told=Told(Did.SKIPPED, coffee=nobody_came))


def _meant(board: Board, command: EndTimebox | CountThumbs) -> Coffee | None:
    """The meeting, if it is still in that round of that topic, and the clock the one that was set last."""
    coffee = board.coffee
    if coffee is None or (coffee.number, coffee.current, coffee.round) != (
        command.coffee,
        command.topic,
        command.round,
    ):
        return None
    return coffee if command.due in (None, coffee.until) else None
