"""Rules of how a meeting ends: its minutes are written, dots are gone, and what was not talked about stays on the board. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.coffee.board import Board, CoffeeStatus, Manner, TopicState
from bot.coffee.brewed import Brewed, Did, Told, with_coffee
from bot.coffee.meeting import done, running, told_of
from bot.coffee.topics import of_meeting
from bot.incident import effects as f
from bot.incident.model import Refused
from bot.incident.text import web_link


def end(board: Board, manner: Manner, *, at: datetime) -> Brewed:
    if board.coffee is None:
        raise Refused("No coffee is going on.", "`coffee` shows the board.")
    if board.coffee.status is not CoffeeStatus.RUNNING:
        raise Refused("The coffee has not begun.", "`coffee skip` says that it does not take place.")
    return close(board, manner, at)


def close(board: Board, manner: Manner, at: datetime) -> Brewed:
    """People part; they met until now. Who has dots for the next coffee has as many as everybody."""
    board = done(board, at)
    coffee = running(board)
    voices = {voter for topic in board.topics.values() for voter in topic.dots}
    coffee = replace(coffee, status=CoffeeStatus.OVER, ended=at, voices=len(voices))
    # Who voted for what is nobody's business any more; how many did is for the minutes.
    kept = {
        id_: replace(topic, dots={}, reacted={}, brought="")
        if topic.state is TopicState.OPEN
        else replace(topic, dots={}, reacted={}, brought="", had=topic.votes, place=0)
        for id_, topic in board.topics.items()
    }
    board = with_coffee(replace(board, topics=kept), coffee)
    talked = any(of_meeting(topic, coffee) for topic in kept.values())
    minutes = tuple(f.WriteMinutes(name, coffee.number) for name in manner.publishers) if talked else ()
    return Brewed(board, (*told_of(manner, "over", coffee), *minutes), Told(Did.OVER, coffee=coffee))


def skip(board: Board, manner: Manner) -> Brewed:
    coffee = board.coffee
    if coffee is None:
        raise Refused("No coffee is called.", "Once the next one is, `coffee skip` says that it does not take place.")
    if coffee.status is CoffeeStatus.RUNNING:
        raise Refused("The coffee is going on.", "`coffee end` ends it.")
    coffee = replace(coffee, status=CoffeeStatus.SKIPPED)
    return Brewed(with_coffee(board, coffee), told_of(manner, "skipped", coffee), Told(Did.SKIPPED, coffee=coffee))


def record_minutes(board: Board, number: int, place: str) -> Brewed:
    """People are sent to the first place that can be opened, wherever else they lie."""
    coffee = board.past.get(number)
    if coffee is None or (coffee.minutes and (web_link(coffee.minutes) or not web_link(place))):
        return Brewed(board)
    coffee = replace(coffee, minutes=place)
    return Brewed(with_coffee(board, coffee), told=Told(Did.KEPT, coffee=coffee))
