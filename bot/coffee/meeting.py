"""Rules of the meeting: it is called, its agenda ordered, and in it one topic is talked about at a time. Pure.

The clocks ask for what they were set for, and may be late, or come twice: whoever goes on before their time leaves them behind, and
what they ask for is pointless then. Nothing withdraws them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.coffee.board import Board, Coffee, CoffeeStatus, Manner, Talked, Topic, TopicState
from bot.coffee.brewed import Brewed, Did, Told, with_coffee, with_topics
from bot.coffee.takeaways import noted
from bot.coffee.topics import known, of_meeting, open_topics, ordered, placed
from bot.incident import effects as f
from bot.incident.commands.coffee import CallCoffee, NextTopic, OrderAgenda, TakeUpTopic
from bot.incident.model import Refused

ENDS_ITSELF = timedelta(hours=1)
"""So long after its time a meeting that nobody ended, or began, is over."""

JUST = timedelta(seconds=10)
"""Who goes on so soon after a topic began meant the one before: two people did so at once, or somebody as its time was up."""


def call(board: Board, command: CallCoffee, manner: Manner, *, at: datetime, number: int) -> Brewed:
    before = board.coffee
    board, coffee = _planned(board, command.starts_at, at, number)
    if coffee is None or coffee == before:
        return Brewed(board, told=Told(coffee=coffee))
    coffee, clock = ends_itself(coffee, coffee.starts_at, manner)
    if before is not None and coffee.number == before.number:
        said = told_of(manner, "moved", coffee)
        return Brewed(with_coffee(board, coffee), (*said, *clock), Told(Did.MOVED, coffee=coffee))
    # Its board is news enough: it says all that there is to say.
    return Brewed(placed(with_coffee(board, coffee)), clock, Told(Did.CALLED, coffee=coffee))


def order(board: Board, command: OrderAgenda, manner: Manner, *, at: datetime, number: int) -> Brewed:
    if command.starts_at is None:
        coffee = board.coffee
        if coffee is None:
            raise Refused("No coffee is called.", "`coffee start` begins one at once.")
    else:
        board, coffee = _planned(board, command.starts_at, at, number)
        if coffee is None or coffee.status is not CoffeeStatus.CALLED:
            # For the clock once is enough: people may have ordered it, and met.
            return Brewed(board, told=Told(coffee=coffee))
    # It reminds of the coffee too: once is enough, and not beside a board that is only now posted.
    said = told_of(manner, "ordered", coffee) if board.coffee and coffee.status is CoffeeStatus.CALLED else ()
    coffee = _ordered(board, coffee)
    clock: tuple[f.WakeTimebox, ...] = ()
    if coffee.status is not CoffeeStatus.RUNNING:
        coffee, clock = ends_itself(coffee, coffee.starts_at, manner)
    return Brewed(placed(with_coffee(board, coffee)), (*said, *clock), Told(Did.ORDERED, coffee=coffee))


def start(board: Board, manner: Manner, *, at: datetime, number: int) -> Brewed:
    coffee = board.coffee or Coffee(number, _free_start(board, at), ballot=board.ballot)
    # One that nobody had planned is left out when it was a mistake.
    unbegun = coffee.status if board.coffee else CoffeeStatus.SKIPPED
    if coffee.status is CoffeeStatus.RUNNING:
        raise Refused(
            "The coffee is going on already.", "`coffee next` goes on to the next topic, `coffee end` ends it."
        )
    if coffee.status is CoffeeStatus.CALLED:
        coffee = _ordered(board, coffee)
    coffee = replace(coffee, status=CoffeeStatus.RUNNING, began=at, unbegun=unbegun)
    coffee, clock = ends_itself(coffee, at, manner)
    brewed = go_on(placed(with_coffee(board, coffee)), manner, at)
    return replace(brewed, effects=(*clock, *brewed.effects), told=replace(brewed.told, what=Did.BEGAN))


def next_topic(board: Board, command: NextTopic, manner: Manner, *, at: datetime) -> Brewed:
    coffee, about, takeaway = running(board), None, None
    just = coffee.since is not None and timedelta() <= at - coffee.since < JUST
    if command.takeaway.strip():
        meant = coffee.last if just else 0
        board, about, takeaway = noted(board, coffee, command.takeaway, command.by, manner, meant)
    last = not coffee.current and _next(board, coffee) is None
    if takeaway and (just or last):
        return Brewed(board, told=Told(Did.TOOK_ALONG, about, coffee=coffee, takeaway=takeaway))
    if just:
        raise Refused(
            f"Topic {coffee.current} has just begun, so it stays.", "`coffee next` goes on from it in a moment."
        )
    if last:
        said = "That was the last topic." if coffee.last else "There are no topics yet."
        raise Refused(said, "`coffee add TEXT` brings one up, `coffee end` ends the coffee.")
    brewed = go_on(board, manner, at)
    return replace(brewed, told=replace(brewed.told, takeaway=takeaway))


def take_up(board: Board, command: TakeUpTopic, manner: Manner, *, at: datetime) -> Brewed:
    coffee, topic = running(board), known(board, command.topic)
    if coffee.current == topic.id:
        return Brewed(board, told=Told(topic=topic, coffee=coffee))
    if topic.state is not TopicState.OPEN and not (topic.state is TopicState.DISCUSSED and of_meeting(topic, coffee)):
        was = "dropped" if topic.state is TopicState.DROPPED else "talked about at an earlier coffee"
        raise Refused(f"Topic {topic.id} was {was}.", f"`coffee restore {topic.id}` puts it on the board again.")
    return _begin(done(board, at), topic.id, manner, at, ended=coffee.current)


def ends_itself(coffee: Coffee, begins: datetime, manner: Manner) -> tuple[Coffee, tuple[f.WakeTimebox, ...]]:
    """One that `begins` then, and the clock that ends it if nobody does. The one that was set before means nothing any more."""
    due = begins + manner.length + ENDS_ITSELF
    if coffee.closes == due:
        return coffee, ()
    return replace(coffee, closes=due), (f.WakeTimebox(coffee.number, 0, 0, due),)


def running(board: Board) -> Coffee:
    """The meeting that people are in. Raises Refused."""
    if board.coffee is None or board.coffee.status is not CoffeeStatus.RUNNING:
        raise Refused("Nobody meets now.", "`coffee start` begins the coffee.")
    return board.coffee


def go_on(board: Board, manner: Manner, at: datetime) -> Brewed:
    """The topic that is talked about is done, and the next one begins."""
    ended = running(board).current
    board = done(board, at)
    coffee = running(board)
    following = _next(board, coffee)
    if following is not None:
        return _begin(board, following.id, manner, at, ended=ended)
    said = told_of(manner, "done", coffee, ended) if ended else ()
    return Brewed(board, said, Told(Did.DONE, board.topics.get(ended), coffee=coffee))


def wait(board: Board, manner: Manner, at: datetime) -> Brewed:
    """The topic that is talked about is done, and another one begins when somebody says so."""
    ended = running(board).current
    if _next(board, running(board)) is None:
        return go_on(board, manner, at)
    board = done(board, at)
    coffee = replace(running(board), silent=0)
    told = Told(Did.DONE, board.topics.get(ended), coffee=coffee)
    return Brewed(with_coffee(board, coffee), told_of(manner, "quiet", coffee, ended), told)


def done(board: Board, at: datetime) -> Board:
    """Nobody talks about the current topic any more."""
    coffee = board.coffee
    if coffee is None or not coffee.current:
        return board
    topic = board.topics.get(coffee.current)
    if topic is not None:
        # A clock may be set back meanwhile.
        spent = max(timedelta(), at - (coffee.since or at))
        now = replace(topic, state=TopicState.DISCUSSED, coffee=coffee.number, spent=topic.spent + spent)
        board = with_topics(board, now)
    quiet = replace(coffee, last=coffee.current, current=0, since=None, until=None, round=0)
    return with_coffee(board, replace(quiet, asking=False, thumbs={}, asked={}))


def _begin(board: Board, id_: int, manner: Manner, at: datetime, *, ended: int) -> Brewed:
    """Talk about this one of the agenda, behind the one that `ended` (0: none). What was said of it at an earlier coffee stands in the
    minutes of that."""
    coffee = running(board)
    was = board.topics[id_]
    topic = replace(was, state=TopicState.OPEN, coffee=coffee.number)
    if not of_meeting(was, coffee):
        earlier = Talked(was.coffee, was.spent, was.takeaways) if was.coffee else None
        topic = replace(topic, spent=timedelta(), takeaways=(), earlier=earlier)
    until = at + manner.timebox
    coffee = replace(coffee, current=id_, since=at, until=until, round=1)
    effects = (*told_of(manner, "began", coffee, id_, before=ended), f.WakeTimebox(coffee.number, id_, 1, until))
    told = Told(Did.BEGAN, board.topics.get(ended), then=topic, coffee=coffee)
    return Brewed(with_coffee(with_topics(board, topic), coffee), effects, told)


def _next(board: Board, coffee: Coffee) -> Topic | None:
    """The first of the agenda that is open, and is not being talked about."""
    topics = (board.topics[id_] for id_ in coffee.agenda if id_ in board.topics and id_ != coffee.current)
    return next((topic for topic in topics if topic.state is TopicState.OPEN), None)


def _ordered(board: Board, coffee: Coffee) -> Coffee:
    """What was talked about stays where it is; the rest by dots."""
    held = [id_ for id_ in coffee.agenda if id_ == coffee.current or not _is_open(board, id_)]
    rest = [topic.id for topic in ordered(open_topics(board)) if topic.id not in held]
    status = CoffeeStatus.ORDERED if coffee.status is CoffeeStatus.CALLED else coffee.status
    return replace(coffee, status=status, agenda=(*held, *rest))


def _is_open(board: Board, id_: int) -> bool:
    return id_ in board.topics and board.topics[id_].state is TopicState.OPEN


def _planned(board: Board, starts_at: datetime, at: datetime, number: int) -> tuple[Board, Coffee | None]:
    """The coffee of that time: the one that is called, or a new one, whose number is `number`; None: it is over, or was skipped. One
    that was called for another time is moved while that is still to come, and is skipped when nobody began it. Raises Refused while
    people meet."""
    if any(one.starts_at == starts_at for one in board.past.values()):
        return board, None
    coffee = board.coffee
    if coffee is not None and coffee.starts_at == starts_at:
        return board, coffee
    if coffee is not None:
        if coffee.status is CoffeeStatus.RUNNING:
            raise Refused("Another coffee is going on.", "`coffee end` ends it.")
        if coffee.starts_at > at:
            return board, replace(coffee, starts_at=starts_at, status=CoffeeStatus.CALLED)
        board = with_coffee(board, replace(coffee, status=CoffeeStatus.SKIPPED))
    return board, Coffee(number, starts_at, ballot=board.ballot)


def _free_start(board: Board, at: datetime) -> datetime:
    """`at`, or a moment later: each meeting has a time of its own."""
    taken = {one.starts_at for one in board.past.values()}
    while at in taken:
        at += timedelta(microseconds=1)
    return at


def told_of(manner: Manner, what: str, coffee: Coffee, topic: int = 0, before: int = 0) -> tuple[f.CoffeeEffect, ...]:
    """That it is said in each room."""
    return tuple(f.TellCoffee(spot.platform, what, coffee.number, topic, before, spot.room) for spot in manner.spots)
