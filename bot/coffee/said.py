"""What is said of a coffee, most of it in the thread of its board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.chat.document import Block, Bullets, Document, Line, Paragraph, Text, clean, line, plain
from bot.coffee.board import Coffee, Takeaway, Topic
from bot.coffee.card import and_more, clock, cut_to, joining, short, when, where_minutes_are
from bot.coffee.house import House
from bot.coffee.sentences import count, span, spell

IN_THE_ROOM = frozenset({"ordered", "skipped", "moved"})
"""What is said to everybody: when people meet, and that they do not. In a thread only those would read it who were there already."""

ON_THE_AGENDA = 7
"""Topics that are said to come: more than people get through."""


def is_of_it(text: str) -> bool:
    """Whether a message that reads so is one of those; in every language they begin alike. Slack may write the cup in letters."""
    start = text.lstrip()[:40].casefold()
    return start.startswith(("☕", ":coffee:")) and "lean coffee" in start


def told(
    what: str, coffee: Coffee, topics: Mapping[int, Topic], topic: int, house: House, before: int = 0
) -> Document | None:
    """What `bot.incident.effects.TellCoffee` asks to be said. None: there is nothing to be said any more."""
    match what:
        case "ordered":
            return _ordered(coffee, topics, house)
        case "skipped":
            return _message(spell(house.sentences.skipped, when=when(coffee.starts_at, house)))
        case "moved":
            return _message(spell(house.sentences.moved, when=when(coffee.starts_at, house)))
        case "over":
            # It may go on by now.
            return None if coffee.status.live else _over(coffee, topics, house)
    about, done = topics.get(topic), topics.get(before)
    going = coffee.until if coffee.current == topic else None
    match what:
        case "done" if about:
            return _message(*_done(about, house))
        case "began" if about and going:
            return _began(about, going, done, house, _late(coffee, going, house))
        case "quiet" if about:
            return _message(*_done(about, house), Paragraph(spell(house.sentences.quiet)))
        case "began" if done:
            return _message(*_done(done, house))
        case "on" if about and going:
            return _message(spell(house.sentences.goes_on, topic=short(about.text), until=clock(going, house)))
        case _:
            return None


def thumbs(topic: Topic, house: House) -> Document:
    """Asks whether to go on."""
    asked = spell(
        house.sentences.asks,
        topic=short(topic.text),
        extension=span(house.manner.extension),
        thumbs=span(house.manner.thumbs),
    )
    return _message(asked)


def _ordered(coffee: Coffee, topics: Mapping[int, Topic], house: House) -> Document:
    sentences, at = house.sentences, when(coffee.starts_at, house)
    agenda = [topics[id_] for id_ in coffee.agenda if id_ in topics]
    first, rows = agenda[:ON_THE_AGENDA], list[Line]()
    for topic in first:
        dots = f" ({count(sentences.dots, topic.votes)})" if topic.votes else ""
        rows.append(line(f"{short(topic.text, cut_to(first))}{dots}"))
    more = [Paragraph(said) for said in and_more(len(agenda) - ON_THE_AGENDA, house)]
    if not rows:
        return _message(spell(sentences.agenda_empty, when=at))
    return _message(
        spell(sentences.agenda, when=at), Bullets(tuple(rows), ordered=True), *more, *joining(coffee, house)
    )


def _began(topic: Topic, until: datetime, done: Topic | None, house: House, late: Sequence[Block]) -> Document:
    """How to write things down is said with the first topic."""
    began = spell(house.sentences.began, topic=Text(clean(topic.text), bold=True), until=clock(until, house))
    if done is None:
        return _message(began, Paragraph(spell(house.sentences.during)), *late)
    first, *taken = _done(done, house)
    return Document(summary=plain(began), blocks=(Paragraph(first), *taken, Paragraph(began), *late))


def _late(coffee: Coffee, until: datetime, house: House) -> Sequence[Block]:
    """What lasts longer than people had planned to meet."""
    began = coffee.began or coffee.starts_at
    in_time = coffee.starts_at <= began < coffee.starts_at + house.manner.length
    end = (coffee.starts_at if in_time else began) + house.manner.length
    return [Paragraph(spell(house.sentences.late, end=clock(end, house)))] if until > end else []


def _done(topic: Topic, house: House) -> tuple[Line, *tuple[Block, ...]]:
    said = {"topic": short(topic.text), "length": span(topic.spent)}
    if not topic.takeaways:
        return (spell(house.sentences.done_plain, **said),)
    return spell(house.sentences.done, **said), Bullets(tuple(line(one.text) for one in topic.takeaways))


def _over(coffee: Coffee, topics: Mapping[int, Topic], house: House) -> Document:
    sentences = house.sentences
    discussed = [topic for topic in topics.values() if topic.coffee == coffee.number]
    taken: list[Takeaway] = [one for topic in discussed for one in topic.takeaways]
    length = coffee.ended - coffee.began if coffee.ended and coffee.began else None
    said = {"topics": count(sentences.topics, len(discussed)), "length": span(length) if length else "0 min"}
    if not discussed:
        return _message(spell(sentences.over_plain, **said))
    over = spell(sentences.over, takeaways=count(sentences.takeaways, len(taken)), **said)
    return _message(over, Paragraph(where_minutes_are(coffee, house)))


def _message(first: Line, *more: Block) -> Document:
    return Document(summary=plain(first), blocks=(Paragraph(first), *more))
