"""The rules of the lean coffee: what a command makes of the board, and what then is to be done. One arm a command; the rules themselves
are in the files named here.

    called ── order ──► ordered ── start ──► running ── end, an hour after its time ──► over
      └────── start, skip ──┴── skip                └ next, timebox and thumbs: one topic after the other

Pure: `brew` is given the time and the ids of what is new. It answers with the board as it is then, or raises Refused; nothing else is
ever raised on account of a command. It is about a *board*: topics that are open, and the one coffee that is called or running.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.coffee import closing, meeting, rounds, topics, voting
from bot.coffee.board import Board, Manner, Shown
from bot.coffee.brewed import Brewed, Did, Told, finished, with_coffee
from bot.coffee.takeaways import noted, taken_back
from bot.incident.commands import coffee as c

UNSEEN = (c.RecordBoard, c.RecordThumbs, c.RecordMinutes, c.GiveThumb, c.TakeThumb, c.NoteTakeaway, c.DropTakeaway)
"""Who says where it is shown changes nothing of what is shown; nor does a thumb before they are counted, nor what is taken along."""

CLOCKS = (c.RecordBoard, c.RecordThumbs, c.RecordMinutes, c.CallCoffee, c.EndTimebox, c.CountThumbs)
"""What nobody says."""


def brew(
    board: Board, command: c.CoffeeCommand, manner: Manner, *, at: datetime, first_topic: int, number: int
) -> Brewed:
    """What `command` makes of `board` at `at`. A topic that is new gets the id `first_topic`, a coffee that is new `number`."""
    brewed = _brew(_heard(board, command), command, manner, at, first_topic, number)
    return finished(board, brewed, manner, shows=not isinstance(command, UNSEEN))


def _heard(board: Board, command: c.CoffeeCommand) -> Board:
    """Somebody is there."""
    coffee = board.coffee
    if coffee is None or not coffee.silent or isinstance(command, CLOCKS):
        return board
    return with_coffee(board, replace(coffee, silent=0))


def _brew(
    board: Board, command: c.CoffeeCommand, manner: Manner, at: datetime, first_topic: int, number: int
) -> Brewed:
    match command:
        case c.AddTopic():
            return topics.add(board, command, manner, at=at, first_topic=first_topic)
        case c.DropTopic():
            return topics.drop(board, command)
        case c.RestoreTopic():
            return topics.restore(board, command)
        case c.RewordTopic():
            return topics.reword(board, command, manner)
        case c.ForgetTopic():
            return topics.forget(board, command)
        case c.PutDots():
            return voting.put_dots(board, command, manner)
        case c.TakeDots():
            return voting.take_dots(board, command, manner)
        case c.GiveThumb():
            return voting.give_thumb(board, command)
        case c.TakeThumb():
            return voting.take_thumb(board, command)
        case c.CallCoffee():
            return meeting.call(board, command, manner, at=at, number=number)
        case c.OrderAgenda():
            return meeting.order(board, command, manner, at=at, number=number)
        case c.StartCoffee():
            again = closing.resumed(board, manner, at=at)
            return again or meeting.start(board, manner, at=at, number=number)
        case c.NextTopic():
            return meeting.next_topic(board, command, manner, at=at)
        case c.TakeUpTopic():
            return meeting.take_up(board, command, manner, at=at)
        case c.EndTimebox():
            return rounds.end_timebox(board, command, manner, at=at)
        case c.CountThumbs():
            return rounds.count_thumbs(board, command, manner, at=at)
        case c.NoteTakeaway():
            coffee = closing.met(board)
            board, topic, new = noted(board, coffee, command.text, command.by, manner, command.topic)
            return closing.written(board, coffee, manner, Told(Did.TOOK_ALONG, topic, coffee=coffee, takeaway=new))
        case c.DropTakeaway():
            coffee = closing.met(board)
            board, topic, gone = taken_back(board, coffee, command.takeaway)
            return closing.written(board, coffee, manner, Told(Did.TOOK_BACK, topic, coffee=coffee, takeaway=gone))
        case c.EndCoffee():
            return closing.end(board, manner, at=at)
        case c.SkipCoffee():
            return closing.skip(board, command, manner)
        case c.RecordBoard():
            return _shown(board, command)
        case c.RecordThumbs():
            return _asked(board, command)
        case c.RecordMinutes():
            return closing.record_minutes(board, command.coffee, command.place)
        case _:
            assert_never(command)


def _shown(board: Board, command: c.RecordBoard) -> Brewed:
    """Also of one that is over by now: its end is shown where it was."""
    coffee = board.coffees.get(command.coffee)
    if coffee is None:
        return Brewed(board)
    now = replace(coffee, boards={**coffee.boards, command.platform: Shown(command.room, command.message)})
    return Brewed(with_coffee(board, now), told=Told(Did.KEPT, coffee=now))


def _asked(board: Board, command: c.RecordThumbs) -> Brewed:
    """What asks for a round that is over has no thumbs to count."""
    coffee = board.coffee
    round_ = (command.coffee, command.topic, command.round)
    if coffee is None or not coffee.asking or (coffee.number, coffee.current, coffee.round) != round_:
        return Brewed(board)
    now = replace(coffee, asked={**coffee.asked, command.platform: command.message})
    return Brewed(with_coffee(board, now), told=Told(Did.KEPT, coffee=now))
