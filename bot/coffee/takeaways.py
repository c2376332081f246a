"""Rules of what people take along from a topic. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.coffee.board import Board, Coffee, Manner, Takeaway
from bot.coffee.brewed import with_topics
from bot.incident.model import Refused
from bot.incident.text import one_line

LONGEST = 1000
"""Characters of a takeaway."""

MOST = 30
"""Takeaways of a topic: more are a protocol."""

_READ = 20_000
"""Characters of a text that are looked at, to say how long it is."""


def noted(board: Board, coffee: Coffee, text: str, by: str, manner: Manner) -> Board:
    """With a takeaway of the topic that is talked about, or else of the one before it. Raises Refused."""
    topic = board.topics.get(coffee.current or coffee.last)
    if topic is None:
        raise Refused("Nothing was talked about yet.", "`coffee next` begins the first topic.")
    line = one_line(manner.unnamed(text[:_READ]), _READ)
    if not line:
        raise Refused("A takeaway needs some words.", "For example: `coffee takeaway We alert on slow OSDs`")
    if len(line) > LONGEST:
        raise Refused(f"A takeaway holds {LONGEST} characters; that is {len(line)}.", "Say it shorter, or in two.")
    if len(topic.takeaways) >= MOST:
        raise Refused(
            f"Topic {topic.id} has {MOST} takeaways already.", "Put the rest into a document, and link to it."
        )
    return with_topics(board, replace(topic, takeaways=(*topic.takeaways, Takeaway(line, by))))
