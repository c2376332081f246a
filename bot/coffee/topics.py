"""Rules of the topics on the board: how they come up, are worded anew, go, and come back. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.coffee.board import Board, Coffee, CoffeeStatus, Manner, Origin, Topic, TopicState
from bot.coffee.brewed import Brewed, Did, Told, with_coffee, with_topics
from bot.incident.commands.coffee import TOPIC_LIMIT, AddTopic, DropTopic, ForgetTopic, RestoreTopic, RewordTopic
from bot.incident.model import Refused
from bot.incident.text import REMOVED, one_line

SHORTEST = 3
"""Characters of a topic; `TOPIC_LIMIT` is how many it has at most."""

MOST = 200
"""Open topics on the board: more are no agenda."""

PLACES = range(1, 11)
"""The numbers that have an emoji."""

_READ = 10_000
"""Characters of a text that are looked at, to say how long it is."""


def add(board: Board, command: AddTopic, manner: Manner, *, at: datetime, first_topic: int) -> Brewed:
    origin = Origin.REACTION if command.message else Origin.SAID
    text, voter = worded(command.text, manner), command.voter if command.message else ""
    topic = Topic(first_topic, text, at, origin=origin, by=command.by, message=command.message, brought=voter)
    board = added(board, topic)
    return Brewed(board, told=Told(Did.ADDED, board.topics[topic.id], coffee=board.coffee))


def drop(board: Board, command: DropTopic) -> Brewed:
    topic = known(board, command.topic)
    if topic.state is TopicState.DROPPED:
        return Brewed(board, told=Told(topic=topic))
    if topic.state is TopicState.DISCUSSED:
        raise Refused(f"Topic {topic.id} was talked about already.", "It stays in the minutes.")
    if current(board) == topic.id:
        raise Refused(f"Topic {topic.id} is being talked about.", "`coffee next` goes on to the next one.")
    board = without(board, topic)
    return Brewed(board, told=Told(Did.DROPPED, board.topics[topic.id], topic))


def restore(board: Board, command: RestoreTopic) -> Brewed:
    topic = known(board, command.topic)
    if topic.state is TopicState.OPEN:
        return Brewed(board, told=Told(topic=topic))
    if topic.text == REMOVED:
        raise Refused(f"The text of topic {topic.id} was removed.", "`coffee add TEXT` says it anew.")
    board = added(board, replace(topic, state=TopicState.OPEN, dots={}, reacted={}, had=0, place=0))
    return Brewed(board, told=Told(Did.RESTORED, board.topics[topic.id], topic))


def reword(board: Board, command: RewordTopic, manner: Manner) -> Brewed:
    topic = open_one(board, command.topic)
    text = worded(command.text, manner)
    if text == topic.text:
        return Brewed(board, told=Told(topic=topic))
    _check_new(board, text, topic.id)
    now = replace(topic, text=text)
    return Brewed(with_topics(board, now), told=Told(Did.REWORDED, now, topic))


def forget(board: Board, command: ForgetTopic) -> Brewed:
    """Also of one that was talked about; who talks about it goes on."""
    topic = known(board, command.topic)
    now = replace(topic, text=REMOVED, message="")
    goes = topic.state is TopicState.OPEN and current(board) != topic.id
    board = without(board, now) if goes else with_topics(board, now)
    return Brewed(board, told=Told(Did.DROPPED if goes else Did.REWORDED, board.topics[topic.id]))


def added(board: Board, topic: Topic) -> Board:
    """With `topic`, in the lowest place that is free; behind all others on an agenda that stands. Raises Refused."""
    if sum(1 for _ in open_topics(board)) >= MOST:
        raise Refused(f"{MOST} topics are open already.", "`coffee` lists them, `coffee drop N` takes one off.")
    _check_new(board, topic.text, topic.id)
    board = with_topics(board, replace(topic, place=_free_place(board, topic.id)))
    coffee = board.coffee
    if coffee is None or coffee.status is CoffeeStatus.CALLED or topic.id in coffee.agenda:
        return board
    return with_coffee(board, replace(coffee, agenda=(*coffee.agenda, topic.id)))


def without(board: Board, topic: Topic) -> Board:
    """Nobody talks about it: its dots are free again."""
    board = with_topics(
        board, replace(topic, state=TopicState.DROPPED, dots={}, reacted={}, brought="", had=0, place=0)
    )
    coffee = board.coffee
    if coffee is None or topic.id not in coffee.agenda:
        return board
    return with_coffee(board, replace(coffee, agenda=tuple(id_ for id_ in coffee.agenda if id_ != topic.id)))


def placed(board: Board) -> Board:
    """Those that found no place get one that is free by now, the oldest first."""
    for topic in sorted(open_topics(board), key=lambda topic: topic.id):
        if not topic.place and (place := _free_place(board, topic.id)):
            board = with_topics(board, replace(topic, place=place))
    return board


def ordered(topics: Iterable[Topic]) -> list[Topic]:
    """By dots; of those that have as many the older first."""
    return sorted(topics, key=lambda topic: (-topic.votes, topic.added_at, topic.id))


def open_topics(board: Board) -> Iterable[Topic]:
    return (topic for topic in board.topics.values() if topic.state is TopicState.OPEN)


def current(board: Board) -> int:
    """The topic that is talked about; 0: none."""
    return board.coffee.current if board.coffee else 0


def known(board: Board, id_: int) -> Topic:
    """Raises Refused when there is none."""
    if id_ not in board.topics:
        raise Refused(f"There is no topic {id_}.", "`coffee` shows them with their numbers.")
    return board.topics[id_]


def open_one(board: Board, id_: int) -> Topic:
    """Raises Refused when it is not open."""
    topic = known(board, id_)
    if topic.state is TopicState.DROPPED:
        raise Refused(f"Topic {id_} was dropped.", f"`coffee restore {id_}` brings it back.")
    if topic.state is TopicState.DISCUSSED:
        raise Refused(f"Topic {id_} was talked about already.", f"`coffee restore {id_}` puts it on the board again.")
    return topic


def of_meeting(topic: Topic, coffee: Coffee) -> bool:
    """It was talked about there, or is."""
    return topic.coffee == coffee.number


def worded(text: str, manner: Manner) -> str:
    """`text` as a topic has it. Raises Refused."""
    line = one_line(manner.unnamed(text[:_READ]), _READ)
    if len(line) < SHORTEST:
        raise Refused("A topic needs some words.", "For example: `coffee add Why do OSDs flap?`")
    if len(line) > TOPIC_LIMIT:
        raise Refused(f"A topic holds {TOPIC_LIMIT} characters; that is {len(line)}.", "Say it in one sentence.")
    return line


def _check_new(board: Board, text: str, id_: int) -> None:
    same = next((one for one in open_topics(board) if _alike(one.text) == _alike(text) and one.id != id_), None)
    if same is not None:
        raise Refused(f"That is topic {same.id} already.", f"`coffee vote {same.id}` puts a dot on it.")


def _alike(text: str) -> str:
    return text.casefold().strip(" .?!…")


def _free_place(board: Board, id_: int) -> int:
    """The lowest that no other topic has; 0: there is none. One that was talked about keeps its place until people part: who takes a
    reaction off it means no other one."""
    taken = {topic.place for topic in board.topics.values() if topic.id != id_}
    return next((place for place in PLACES if place not in taken), 0)
