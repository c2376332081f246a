"""The board of the lean coffee as a message: one that is edited in place while people put dots and talk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.chat.card import who
from bot.chat.document import (
    Block,
    Bullets,
    Button,
    Buttons,
    Document,
    Heading,
    Inline,
    Line,
    Link,
    Paragraph,
    Text,
    Time,
    clean,
    line,
    plain,
)
from bot.chat.votes import EMOJI
from bot.coffee.board import Board, Coffee, CoffeeStatus, Origin, Topic, TopicState
from bot.coffee.house import House
from bot.coffee.sentences import count, moment, spell
from bot.incident.commands.coffee import TOPIC_LIMIT
from bot.incident.text import REMOVED, web_link

SHOWN = len(EMOJI)
"""Topics on the board: a phone shows no more at a time, and so many have an emoji to react with."""

SHORT = 80
"""Characters of a topic inside a sentence."""

LIST = 1_200
"""Characters of the topics in a list. With as many rows as are `SHOWN` they fit into a message of Slack's in any script: of what is not ASCII
a letter counts six times there."""

DONE, CURRENT, OTHER = "✅", "💬", "▫️"


def board_document(board: Board, house: House, now: datetime, *, posted: bool = True) -> Document:
    """What everybody sees: the topics with their dots, and what one may do now. What is not `posted` is an answer, to which nobody reacts,
    and has all topics."""
    topics = in_order(board)
    most = SHOWN if posted else len(topics)
    sentences, coffee = house.sentences, board.coffee
    title = sentences.board
    if coffee is not None:
        title = plain(spell(sentences.board_on, when=moment(coffee.starts_at, house.zone, sentences)))
    rows = [row(topic, board, house, cut_to(topics[:most]), posted=posted) for topic in topics[:most]]
    rows += and_more(len(topics) - most, house)
    blocks: list[Block] = [_heading(title, coffee, house), *(Paragraph(said) for said in _stands(board, house, now))]
    blocks.append(Bullets(tuple(rows)) if rows else Paragraph(line(sentences.no_topics)))
    goes_on = coffee is not None and bool(coffee.current or _waits(board, coffee))
    blocks += _what_to_do(coffee, house, topics=bool(topics), posted=posted, goes_on=goes_on)
    summary = f"{title}: {count(sentences.topics, len(topics))}"
    return Document(summary=clean(summary), blocks=tuple(blocks))


def asked_document(board: Board, house: House, voter: str, now: datetime) -> Document:
    """The same for one who asks, with what is left of their dots."""
    shown = board_document(board, house, now, posted=False)
    if not in_order(board):
        return shown
    sentences = house.sentences
    mine = {topic.id: topic.dots[voter] for topic in in_order(board) if topic.dots.get(voter)}
    left = max(0, house.manner.dots - Counter(mine).total())
    said = spell(sentences.left, dots=count(sentences.dots, left)) if left else spell(sentences.left_none)
    if mine:
        listed = ", ".join(f"#{id_}" + (f" ×{dots}" if dots > 1 else "") for id_, dots in mine.items())
        said = (*said, Text(" "), *spell(sentences.yours, list=listed))
    place = next(n for n, block in enumerate(shown.blocks) if isinstance(block, Bullets)) + 1
    planning = () if house.planned or board.coffee else (Paragraph(spell(sentences.how_to_plan)),)
    head, rows, rest = shown.blocks[:2], shown.blocks[2:place], shown.blocks[place:]
    if len(in_order(board)) > SHOWN:
        # Where a message is cut at its end, what to do with them stays.
        return replace(shown, blocks=(*head, *planning, Paragraph(said), *rest, *rows))
    return replace(shown, blocks=(*head, *planning, *rows, Paragraph(said), *rest))


def topic_document(topic: Topic, board: Board, house: House) -> Document:
    """One of them, with all of its words."""
    words = Paragraph(row(topic, board, house, TOPIC_LIMIT, posted=False))
    vote = (
        [Buttons((Button(house.sentences.vote, f"coffee vote {topic.id}"),))] if topic.state is TopicState.OPEN else []
    )
    return Document(summary=clean(plain(words.inlines)), blocks=(words, *vote))


def in_order(board: Board) -> list[Topic]:
    """Those to be shown: in the order of the agenda if there is one, and then as they have emoji to react with."""
    agenda = board.coffee.agenda if board.coffee else ()
    shown = [topic for topic in board.topics.values() if topic.state is not TopicState.DROPPED]
    last = len(EMOJI) + 1
    by_place = sorted(shown, key=lambda topic: (topic.place or last, topic.id))
    return sorted(by_place, key=lambda topic: agenda.index(topic.id) if topic.id in agenda else len(agenda))


def cut_to(topics: Sequence[Topic]) -> int:
    """Characters of each that a list of them shows: as many as there is room for, and of long ones alone less than all."""
    lengths = [len(topic.text) for topic in topics]
    return next(
        (most for most in range(TOPIC_LIMIT, SHORT, -10) if sum(min(one, most) for one in lengths) <= LIST), SHORT
    )


def and_more(topics: int, house: House) -> list[Line]:
    """The last row of a list that leaves so many out."""
    return [spell(house.sentences.and_more, topics=count(house.sentences.topics, topics))] if topics > 0 else []


def row(topic: Topic, board: Board, house: House, most: int, *, posted: bool) -> Line:
    """One topic: what to react with, its number, `most` characters of its words, dots, and where it is from."""
    sentences = house.sentences
    current = board.coffee is not None and board.coffee.current == topic.id
    if current:
        marks = [CURRENT]
    elif topic.state is TopicState.DISCUSSED:
        marks = [DONE]
    elif posted:
        marks = [emoji(topic) or OTHER]
    else:
        marks = []
    facts = [count(sentences.dots, topic.votes)] if topic.votes else []
    behind = "".join(f" · {fact}" for fact in (*facts, *origin(topic, house)))
    return (
        Text(f"{' '.join((*marks, f'#{topic.id}'))} "),
        Text(clean(short(topic.text, most)), bold=current),
        Text(clean(behind)),
    )


def emoji(topic: Topic) -> str:
    """What puts a dot on it; empty: nothing does."""
    return EMOJI[topic.place - 1][0] if 0 < topic.place <= len(EMOJI) else ""


def origin(topic: Topic, house: House) -> list[str]:
    """Where it is from, and who brought it up, unless nobody says."""
    sentences, found = house.sentences, []
    # What nobody may read any more is of no incident either.
    if topic.incident and topic.text != REMOVED and topic.origin in (Origin.NEARMISS, Origin.QUESTION):
        said = sentences.near_miss if topic.origin is Origin.NEARMISS else sentences.question
        found.append(plain(spell(said, ref=f"INC-{topic.incident}")))
    if topic.by and not house.manner.anonymous:
        found.append(plain(spell(sentences.by, who=who(house.people)(topic.by))))
    return found


def short(text: str, most: int = SHORT) -> str:
    """A topic inside a sentence."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def clock(at: datetime, house: House) -> Time:
    """A time of today, which a platform may show in the reader's own."""
    return Time(at, moment(at, house.zone, house.sentences).rpartition(", ")[2])


def when(at: datetime, house: House) -> Time:
    return Time(at, moment(at, house.zone, house.sentences))


def where_minutes_are(coffee: Coffee, house: House) -> Line:
    """A path on a machine of ours opens nothing for who reads it in a chat."""
    address = web_link(coffee.minutes)
    place: Inline = Link(address, address) if address else Text(f"coffee minutes {coffee.number}", code=True)
    return spell(house.sentences.minutes_lie, place=place)


def joining(coffee: Coffee, house: House) -> list[Block]:
    """Where people meet."""
    link = house.link(coffee.starts_at)
    return [Paragraph((*line(house.sentences.meet), Link(house.sentences.join, link)))] if link else []


def _heading(title: str, coffee: Coffee | None, house: House) -> Heading:
    if coffee is None:
        return Heading(line(title))
    return Heading(spell(house.sentences.board_on, when=when(coffee.starts_at, house)))


def _stands(board: Board, house: House, now: datetime) -> Sequence[Line]:
    """How it stands, in a sentence or two."""
    sentences, coffee = house.sentences, board.coffee
    if coffee is None:
        planned = house.next(now)
        return [spell(sentences.next_one, when=when(planned, house)) if planned else spell(sentences.none_planned)]
    match coffee.status:
        case CoffeeStatus.CALLED:
            return [spell(sentences.vote_now)]
        case CoffeeStatus.ORDERED:
            return [spell(sentences.agenda_stands)]
        case CoffeeStatus.OVER:
            return [spell(sentences.is_over), *([where_minutes_are(coffee, house)] if coffee.minutes else [])]
        case CoffeeStatus.SKIPPED:
            return [spell(sentences.is_skipped)]
        case CoffeeStatus.RUNNING:
            current = board.topics.get(coffee.current)
            if current is None or coffee.until is None:
                return [spell(sentences.waits if _waits(board, coffee) else sentences.all_through)]
            return [
                spell(
                    sentences.now, topic=Text(clean(short(current.text)), bold=True), until=clock(coffee.until, house)
                )
            ]


def _waits(board: Board, coffee: Coffee) -> bool:
    """Whether a topic of the agenda is still to come."""
    agenda = (board.topics.get(id_) for id_ in coffee.agenda if id_ != coffee.current)
    return any(topic is not None and topic.state is TopicState.OPEN for topic in agenda)


def _what_to_do(coffee: Coffee | None, house: House, *, topics: bool, posted: bool, goes_on: bool) -> list[Block]:
    sentences = house.sentences
    add, vote = Button(sentences.add, "coffee add"), Button(sentences.vote, "coffee vote")
    if coffee is not None and not coffee.status.live:
        return []
    if coffee is not None and coffee.status is CoffeeStatus.RUNNING:
        going = Button(sentences.go_next, "coffee next") if goes_on else Button(sentences.end, "coffee end")
        return [*joining(coffee, house), Buttons((going, add))]
    said = sentences.how_to_vote if posted else sentences.how_to_type_or_react if coffee else sentences.how_to_type
    # Where nothing is, nobody can put a dot.
    voting = [Paragraph(spell(said, dots=count(sentences.dots, house.manner.dots)))] if topics else []
    adding = Paragraph(spell(sentences.how_to_add))
    begin = [Button(sentences.start, "coffee start")] if coffee and coffee.status is CoffeeStatus.ORDERED else []
    buttons = (*begin, *([vote] if topics else ()), add)
    return [*voting, adding, *(joining(coffee, house) if coffee else ()), Buttons(buttons)]
