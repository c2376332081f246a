"""What is said of a coffee in the thread of its board."""

from __future__ import annotations

from collections.abc import Mapping

from bot.chat.document import Block, Bullets, Document, Line, Paragraph, Text, clean, line, plain
from bot.coffee.board import Coffee, Takeaway, Topic
from bot.coffee.card import clock, joining, short, when
from bot.coffee.house import House
from bot.coffee.sentences import count, span, spell


def told(what: str, coffee: Coffee, topics: Mapping[int, Topic], topic: int, house: House) -> Document | None:
    """What `bot.incident.effects.TellCoffee` asks to be said. None: there is nothing to be said any more."""
    match what:
        case "called":
            return _called(coffee, topics, house)
        case "ordered":
            return _ordered(coffee, topics, house)
        case "skipped":
            return _message(spell(house.tongue.skipped, when=when(coffee.starts_at, house)))
        case "over":
            return _over(coffee, topics, house)
    about = topics.get(topic)
    if about is None:
        return None
    match what:
        case "done":
            return _done(about, house)
        case "began" if coffee.until and coffee.current == topic:
            began = spell(
                house.tongue.began, topic=Text(clean(about.text), bold=True), until=clock(coffee.until, house)
            )
            return _message(began, Paragraph(spell(house.tongue.during)))
        case "on" if coffee.until and coffee.current == topic:
            until = clock(coffee.until, house)
            return _message(spell(house.tongue.goes_on, topic=short(about.text), until=until))
        case _:
            return None


def thumbs(topic: Topic, house: House) -> Document:
    """Asks whether to go on."""
    asked = spell(
        house.tongue.asks,
        topic=short(topic.text),
        extension=span(house.manner.extension),
        thumbs=span(house.manner.thumbs),
    )
    return _message(asked)


def _called(coffee: Coffee, topics: Mapping[int, Topic], house: House) -> Document:
    tongue, at = house.tongue, when(coffee.starts_at, house)
    adding = Paragraph(spell(tongue.how_to_add))
    if not topics:
        return _message(spell(tongue.called_empty, when=at), adding, *joining(coffee, house))
    dots = count(tongue.dots, sum(topic.votes for topic in topics.values()))
    called = spell(tongue.called, when=at, topics=count(tongue.topics, len(topics)), dots=dots)
    return _message((*called, Text(" "), *spell(tongue.put_yours)), adding, *joining(coffee, house))


def _ordered(coffee: Coffee, topics: Mapping[int, Topic], house: House) -> Document:
    tongue, at = house.tongue, when(coffee.starts_at, house)
    rows: list[Line] = []
    for topic in (topics[id_] for id_ in coffee.agenda if id_ in topics):
        dots = f" ({count(tongue.dots, topic.votes)})" if topic.votes else ""
        rows.append(line(f"{topic.text}{dots}"))
    if not rows:
        return _message(spell(tongue.agenda_empty, when=at))
    return _message(spell(tongue.agenda, when=at), Bullets(tuple(rows), ordered=True), *joining(coffee, house))


def _done(topic: Topic, house: House) -> Document:
    said = {"topic": short(topic.text), "length": span(topic.spent)}
    if not topic.takeaways:
        return _message(spell(house.tongue.done_plain, **said))
    return _message(spell(house.tongue.done, **said), Bullets(tuple(line(one.text) for one in topic.takeaways)))


def _over(coffee: Coffee, topics: Mapping[int, Topic], house: House) -> Document:
    tongue = house.tongue
    discussed = [topic for topic in topics.values() if topic.coffee == coffee.number]
    taken: list[Takeaway] = [one for topic in discussed for one in topic.takeaways]
    length = coffee.ended - coffee.began if coffee.ended and coffee.began else None
    over = spell(
        tongue.over,
        topics=count(tongue.topics, len(discussed)),
        length=span(length) if length else "0 min",
        takeaways=count(tongue.takeaways, len(taken)),
    )
    minutes = [Paragraph(spell(tongue.minutes_lie, place=coffee.minutes))] if coffee.minutes else []
    return _message(over, *minutes)


def _message(first: Line, *more: Block) -> Document:
    return Document(summary=plain(first), blocks=(Paragraph(first), *more))
