"""What is done outside when the text of a topic may be read no more: what we showed last, and minutes that have it, are made anew. Pure."""

from __future__ import annotations

from bot.coffee.board import Board, Coffee, Manner, Topic, TopicState
from bot.incident import effects as f
from bot.incident.text import REMOVED


def forgotten(before: Board, board: Board) -> list[Topic]:
    """The topics whose text went, as they were."""
    gone = (id_ for id_, topic in board.topics.items() if topic.text == REMOVED)
    return [old for id_ in gone if (old := before.topics.get(id_)) is not None and old.text != REMOVED]


def minutes_anew(topics: list[Topic], board: Board, manner: Manner) -> tuple[f.CoffeeEffect, ...]:
    """Of the coffees at which one of `topics` was talked about, or left for the next one, and whose minutes are written: of the newest
    few, and of that at which it was talked about however old."""
    told = {topic.coffee for topic in topics if topic.state is TopicState.DISCUSSED}
    told |= {one.number for one in board.past.values() for topic in topics if one.minutes and _stayed(topic, one)}
    told -= {board.coffee.number if board.coffee else 0}
    return tuple(f.WriteMinutes(name, number) for number in sorted(told) for name in manner.publishers)


def _stayed(topic: Topic, coffee: Coffee) -> bool:
    """It was open when people parted, as far as one can say now."""
    later = topic.state is TopicState.OPEN or topic.coffee >= coffee.number
    return later and coffee.ended is not None and topic.added_at <= coffee.ended
