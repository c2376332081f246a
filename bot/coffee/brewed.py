"""What came of a command of the coffee: the board as it is now, what is to be done outside, and what happened, as data for the words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.coffee.board import Board, Coffee, Manner, Spot, Takeaway, Topic
from bot.coffee.forgotten import forgotten, minutes_anew
from bot.incident.effects import CoffeeEffect, ShowBoard


class Did(StrEnum):
    """`NOTHING`: it was so already, or it is pointless by now. `BEGAN`: people meet, or talk about another topic. `ON`: they go on with
    theirs. `DONE`: no topic is talked about any more, and people still meet. `ASKED`: for thumbs. `NOT_BEGUN`: people had begun by
    mistake. `RESUMED`: they had ended by mistake. `TOOK_ALONG`: a takeaway was noted. `TOOK_BACK`:
    one was taken back. `KEPT`: we know where something of ours stands, or that it does no more."""

    NOTHING = "nothing"
    ADDED = "added"
    DROPPED = "dropped"
    RESTORED = "restored"
    REWORDED = "reworded"
    PUT = "put"
    TAKEN = "taken"
    CALLED = "called"
    MOVED = "moved"
    ORDERED = "ordered"
    BEGAN = "began"
    ASKED = "asked"
    THUMB = "thumb"
    NO_THUMB = "no_thumb"
    ON = "on"
    DONE = "done"
    TOOK_ALONG = "took_along"
    TOOK_BACK = "took_back"
    OVER = "over"
    NOT_BEGUN = "not_begun"
    RESUMED = "resumed"
    SKIPPED = "skipped"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Told:
    """`topic` is the one it is about, as it is now, and `before` what it was; when another one is talked about from now on, that is `then`
    and `topic` the one before. `count` dots were put or taken, and the voter has `left`. `coffee` is the meeting, and `takeaway` one that was
    noted or taken back, without who said it."""

    what: Did = Did.NOTHING
    topic: Topic | None = None
    before: Topic | None = None
    then: Topic | None = None
    count: int = 0
    left: int = 0
    coffee: Coffee | None = None
    takeaway: Takeaway | None = None


@dataclass(frozen=True, slots=True)
class Brewed:
    """`coffee` is the meeting the effects are of, as it is now (None: there are none). Topics on the board that are open no more are
    still to be stored."""

    board: Board
    effects: tuple[CoffeeEffect, ...] = ()
    told: Told = Told()
    coffee: Coffee | None = None


def with_topics(board: Board, *topics: Topic) -> Board:
    """These in the place of those with their ids."""
    return replace(board, topics={**board.topics, **{topic.id: topic for topic in topics}})


def with_coffee(board: Board, coffee: Coffee) -> Board:
    """In the place of what it was; what is over is of the past."""
    if coffee.status.live:
        return replace(board, coffee=coffee)
    called = board.coffee if board.coffee and board.coffee.number != coffee.number else None
    return replace(board, coffee=called, past={**board.past, coffee.number: coffee})


def finished(before: Board, brewed: Brewed, manner: Manner, *, shows: bool = True) -> Brewed:
    """What a rule said, made whole: names are forgotten where nobody is named, the meeting counts the change, and the board is shown first.
    With `shows` False it looks as it did. Where a text went, what shows it is made anew, also when nobody is called."""
    board = _nameless(brewed.board) if manner.anonymous else brewed.board
    if board == before:
        return Brewed(before, told=brewed.told)
    gone = forgotten(before, board)
    touched = _touched(before, board) or board.coffee
    if touched is None and gone and board.past:
        touched = board.past[max(board.past)]
    if touched is None:
        return Brewed(board, (), _as_they_are(brewed.told, board))
    touched = replace(touched, version=touched.version + 1)
    board = with_coffee(board, touched)
    shown = tuple(ShowBoard(spot.platform, spot.room) for spot in _spots(manner, touched)) if shows else ()
    anew = minutes_anew(gone, board, manner)
    return Brewed(board, (*shown, *brewed.effects, *anew), _as_they_are(brewed.told, board), touched)


def _spots(manner: Manner, coffee: Coffee) -> Iterable[Spot]:
    """Also where it was shown before the configuration named another room."""
    platforms = {spot.platform for spot in manner.spots}
    before = (Spot.read(text) for text in coffee.boards)
    return dict.fromkeys((*manner.spots, *(spot for spot in before if spot.platform in platforms)))


def _touched(before: Board, board: Board) -> Coffee | None:
    """The meeting that changed; of several the newest: the one before was skipped for it."""
    old = before.coffees
    changed = [coffee for number, coffee in board.coffees.items() if old.get(number) != coffee]
    return max(changed, key=lambda coffee: coffee.number, default=None)


def _nameless(board: Board) -> Board:
    return replace(board, topics={id_: _unsaid(topic) for id_, topic in board.topics.items()})


def _unsaid(topic: Topic) -> Topic:
    earlier = replace(topic.earlier, takeaways=_nobodys(topic.earlier.takeaways)) if topic.earlier else None
    return replace(topic, by="", takeaways=_nobodys(topic.takeaways), earlier=earlier)


def _nobodys(takeaways: Iterable[Takeaway]) -> tuple[Takeaway, ...]:
    return tuple(replace(one, by="") for one in takeaways)


def _as_they_are(told: Told, board: Board) -> Told:
    """The same, with topics and meeting as they are on the board by now; nobody is named where nobody is."""
    coffee = told.coffee
    if coffee is not None:
        coffee = board.coffees.get(coffee.number, coffee)
    topic = board.topics.get(told.topic.id, told.topic) if told.topic else None
    then = board.topics.get(told.then.id, told.then) if told.then else None
    before = told.before
    if before is not None and topic is not None and not topic.by:
        before = _unsaid(before)
    return replace(told, coffee=coffee, topic=topic, then=then, before=before)
