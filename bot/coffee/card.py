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
from bot.coffee.board import Board, Coffee, CoffeeStatus, Origin, Topic, TopicState
from bot.coffee.house import House
from bot.coffee.sentences import count, moment, spell
from bot.incident.text import REMOVED, web_link

SHOWN = 15
"""Topics on the board: a phone shows no more at a time, and ten of them have a number to react with."""

ALL_SHOWN = 100
"""Topics that are shown to whoever asks for all."""

SHORT = 80
"""Characters of a topic inside a sentence."""

KEYCAPS = (*(f"{digit}\ufe0f\u20e3" for digit in range(1, 10)), "🔟")
"""What puts a dot on the topic of that place (from 1)."""

DONE, CURRENT, OTHER = "✅", "💬", "▫️"


def board_document(board: Board, house: House, now: datetime, *, posted: bool = True) -> Document:
    """What everybody sees: the topics with their dots, and what one may do now. What is not `posted` is an answer, to which nobody reacts,
    and has all topics."""
    most = SHOWN if posted else ALL_SHOWN
    tongue, coffee = house.tongue, board.coffee
    title = tongue.board
    if coffee is not None:
        title = plain(spell(tongue.board_on, when=moment(coffee.starts_at, house.zone, tongue)))
    topics = in_order(board)
    rows = [row(topic, board, house, posted=posted) for topic in topics[:most]]
    if len(topics) > most:
        more = count(tongue.topics, len(topics) - most)
        rows.append(spell(tongue.and_more, topics=more))
    blocks: list[Block] = [_heading(title, coffee, house), *(Paragraph(said) for said in _stands(board, house, now))]
    blocks.append(Bullets(tuple(rows)) if rows else Paragraph(line(tongue.no_topics)))
    goes_on = coffee is not None and bool(coffee.current or _waits(board, coffee))
    blocks += _what_to_do(coffee, house, topics=bool(topics), posted=posted, goes_on=goes_on)
    summary = f"{title}: {count(tongue.topics, len(topics))}"
    return Document(summary=clean(summary), blocks=tuple(blocks))


def asked_document(board: Board, house: House, voter: str, now: datetime) -> Document:
    """The same for one who asks, with what is left of their dots."""
    shown = board_document(board, house, now, posted=False)
    if not in_order(board):
        return shown
    tongue = house.tongue
    mine = {topic.id: topic.dots[voter] for topic in in_order(board) if topic.dots.get(voter)}
    left = max(0, house.manner.dots - Counter(mine).total())
    said = spell(tongue.left, dots=count(tongue.dots, left)) if left else spell(tongue.left_none)
    if mine:
        listed = ", ".join(f"#{id_}" + (f" ×{dots}" if dots > 1 else "") for id_, dots in mine.items())
        said = (*said, Text(" "), *spell(tongue.yours, list=listed))
    place = next((n for n, block in enumerate(shown.blocks) if isinstance(block, Bullets)), 1) + 1
    planning = () if house.planned or board.coffee else (Paragraph(spell(tongue.how_to_plan)),)
    head, rows, rest = shown.blocks[:2], shown.blocks[2:place], shown.blocks[place:]
    return replace(shown, blocks=(*head, *planning, *rows, Paragraph(said), *rest))


def in_order(board: Board) -> list[Topic]:
    """Those to be shown: in the order of the agenda if there is one, and then as they have numbers to react with."""
    agenda = board.coffee.agenda if board.coffee else ()
    shown = [topic for topic in board.topics.values() if topic.state is not TopicState.DROPPED]
    last = len(KEYCAPS) + 1
    by_place = sorted(shown, key=lambda topic: (topic.place or last, topic.id))
    return sorted(by_place, key=lambda topic: agenda.index(topic.id) if topic.id in agenda else len(agenda))


def row(topic: Topic, board: Board, house: House, *, posted: bool) -> Line:
    """One topic: what to react with or its number, its words, dots, and where it is from."""
    tongue, number = house.tongue, f"#{topic.id}"
    current = board.coffee is not None and board.coffee.current == topic.id
    if current:
        marks = [CURRENT]
    elif topic.state is TopicState.DISCUSSED:
        marks = [DONE]
    elif posted:
        marks = [KEYCAPS[topic.place - 1] if 0 < topic.place <= len(KEYCAPS) else OTHER]
    else:
        marks = []
    facts = [count(tongue.dots, topic.votes)] if topic.votes else []
    if posted:
        facts.append(number)
    else:
        marks.append(number)
    behind = "".join(f" · {fact}" for fact in (*facts, *origin(topic, house)))
    return (Text(f"{' '.join(marks)} "), Text(clean(topic.text), bold=current), Text(clean(behind)))


def origin(topic: Topic, house: House) -> list[str]:
    """Where it is from, and who brought it up, unless nobody says."""
    tongue, found = house.tongue, []
    # What nobody may read any more is of no incident either.
    if topic.incident and topic.text != REMOVED and topic.origin in (Origin.NEARMISS, Origin.QUESTION):
        said = tongue.near_miss if topic.origin is Origin.NEARMISS else tongue.question
        found.append(plain(spell(said, ref=f"INC-{topic.incident}")))
    if topic.by and not house.manner.anonymous:
        found.append(plain(spell(tongue.by, who=who(house.people)(topic.by))))
    return found


def short(text: str) -> str:
    """A topic inside a sentence."""
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def clock(at: datetime, house: House) -> Time:
    """A time of today, which a platform may show in the reader's own."""
    return Time(at, moment(at, house.zone, house.tongue).rpartition(", ")[2])


def when(at: datetime, house: House) -> Time:
    return Time(at, moment(at, house.zone, house.tongue))


def where_minutes_are(coffee: Coffee, house: House) -> Line:
    """A path on a machine of ours opens nothing for who reads it in a chat."""
    address = web_link(coffee.minutes)
    place: Inline = Link(address, address) if address else Text(f"coffee minutes {coffee.number}", code=True)
    return spell(house.tongue.minutes_lie, place=place)


def joining(coffee: Coffee, house: House) -> list[Block]:
    """Where people meet."""
    link = house.link(coffee.starts_at)
    return [Paragraph((*line(house.tongue.meet), Link(house.tongue.join, link)))] if link else []


def _heading(title: str, coffee: Coffee | None, house: House) -> Heading:
    if coffee is None:
        return Heading(line(title))
    return Heading(spell(house.tongue.board_on, when=when(coffee.starts_at, house)))


def _stands(board: Board, house: House, now: datetime) -> Sequence[Line]:
    """How it stands, in a sentence or two."""
    tongue, coffee = house.tongue, board.coffee
    if coffee is None:
        planned = house.next(now)
        return [spell(tongue.next_one, when=when(planned, house)) if planned else spell(tongue.none_planned)]
    match coffee.status:
        case CoffeeStatus.CALLED:
            return [spell(tongue.vote_now)]
        case CoffeeStatus.ORDERED:
            return [spell(tongue.agenda_stands)]
        case CoffeeStatus.OVER:
            return [spell(tongue.is_over), *([where_minutes_are(coffee, house)] if coffee.minutes else [])]
        case CoffeeStatus.SKIPPED:
            return [spell(tongue.is_skipped)]
        case CoffeeStatus.RUNNING:
            current = board.topics.get(coffee.current)
            if current is None or coffee.until is None:
                return [spell(tongue.waits if _waits(board, coffee) else tongue.all_through)]
            return [
                spell(tongue.now, topic=Text(clean(short(current.text)), bold=True), until=clock(coffee.until, house))
            ]


def _waits(board: Board, coffee: Coffee) -> bool:
    """Whether a topic of the agenda is still to come."""
    agenda = (board.topics.get(id_) for id_ in coffee.agenda if id_ != coffee.current)
    return any(topic is not None and topic.state is TopicState.OPEN for topic in agenda)


def _what_to_do(coffee: Coffee | None, house: House, *, topics: bool, posted: bool, goes_on: bool) -> list[Block]:
    tongue = house.tongue
    add, vote = Button(tongue.add, "coffee add"), Button(tongue.vote, "coffee vote")
    if coffee is not None and not coffee.status.live:
        return []
    if coffee is not None and coffee.status is CoffeeStatus.RUNNING:
        going = Button(tongue.go_next, "coffee next") if goes_on else Button(tongue.end, "coffee end")
        return [*joining(coffee, house), Buttons((going, add))]
    said = tongue.how_to_vote if posted else tongue.how_to_type_or_react if coffee else tongue.how_to_type
    # Where nothing is, nobody can put a dot.
    voting = [Paragraph(spell(said, dots=count(tongue.dots, house.manner.dots)))] if topics else []
    adding = Paragraph(spell(tongue.how_to_add))
    begin = [Button(tongue.start, "coffee start")] if coffee and coffee.status is CoffeeStatus.ORDERED else []
    buttons = (*begin, *([vote] if topics else ()), add)
    return [*voting, adding, *(joining(coffee, house) if coffee else ()), Buttons(buttons)]
