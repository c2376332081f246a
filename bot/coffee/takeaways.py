"""Rules of what people take along from a topic, and take back: while they meet, and afterwards until they meet again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.coffee.board import Board, Coffee, Manner, Takeaway, Topic
from bot.coffee.brewed import with_topics
from bot.coffee.topics import known, of_meeting
from bot.incident.model import Refused
from bot.incident.text import one_line

LONGEST = 1000
"""Characters of a takeaway."""

MOST = 30
"""Takeaways of a topic: more are a protocol."""

_READ = 20_000
"""Characters of a text that are looked at, to say how long it is."""

_SHOWN, _SHORT = 5, 40
"""Takeaways that a refusal lists, and characters of each."""


def noted(
    board: Board, coffee: Coffee, text: str, by: str, manner: Manner, topic: int = 0
) -> tuple[Board, Topic, Takeaway]:
    """With a takeaway of topic `topic`, 0: of the one that is talked about, or else of the one before it. Raises Refused."""
    about = _about(board, coffee, topic)
    line = one_line(manner.unnamed(text[:_READ]), _READ)
    if not line:
        raise Refused("A takeaway needs some words.", "For example: `coffee takeaway We alert on slow OSDs`")
    if len(line) > LONGEST:
        raise Refused(f"A takeaway holds {LONGEST} characters; that is {len(line)}.", "Say it shorter, or in two.")
    if len(about.takeaways) >= MOST:
        raise Refused(
            f"Topic {about.id} has {MOST} takeaways already.", "Put the rest into a document, and link to it."
        )
    number = max((one.number for _, one in _of(board, coffee)), default=0) + 1
    new = Takeaway(line, by, number)
    about = replace(about, takeaways=(*about.takeaways, new))
    return with_topics(board, about), about, replace(new, by="")


def taken_back(board: Board, coffee: Coffee, number: int) -> tuple[Board, Topic, Takeaway]:
    """Without that takeaway, 0: without the last one. Raises Refused."""
    listed = _of(board, coffee)
    if not listed:
        raise Refused("Nothing was taken along yet.", "`coffee takeaway TEXT` notes something.")
    found = [each for each in listed if each[1].number == number] if number else listed[-1:]
    if not found:
        raise Refused(f"There is no takeaway {number}.", f"There are: {_names([one for _, one in listed])}.")
    topic, gone = found[0]
    topic = replace(topic, takeaways=tuple(one for one in topic.takeaways if one != gone))
    return with_topics(board, topic), topic, replace(gone, by="")


def _about(board: Board, coffee: Coffee, topic: int) -> Topic:
    if topic:
        about = known(board, topic)
        if not of_meeting(about, coffee):
            if not coffee.status.live:
                raise Refused(f"Topic {topic} was not talked about then.", "`coffee minutes` shows what was.")
            raise Refused(f"Topic {topic} was not talked about yet.", f"`coffee topic {topic}` begins it.")
        return about
    current = board.topics.get(coffee.current or coffee.last)
    if current is None:
        raise Refused("Nothing was talked about yet.", "`coffee next` begins the first topic.")
    return current


def _of(board: Board, coffee: Coffee) -> list[tuple[Topic, Takeaway]]:
    """Those of the meeting, each with its topic, as they were noted."""
    found = [(topic, one) for topic in board.topics.values() if of_meeting(topic, coffee) for one in topic.takeaways]
    return sorted(found, key=lambda each: each[1].number)


def _names(takeaways: Sequence[Takeaway]) -> str:
    return ", ".join(f"{one.number} ({_short(one.text)})" for one in takeaways[-_SHOWN:])


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
