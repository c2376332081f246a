"""The minutes of a coffee, as Markdown: what was talked about for how long, and what people take along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.chat.card import who
from bot.chat.document import plain
from bot.chat.markdown_out import escape
from bot.coffee.board import Coffee, Topic
from bot.coffee.card import origin
from bot.coffee.house import House
from bot.coffee.sentences import count, day, span, spell

REF = "coffee-{date:%F}"


def minutes_ref(coffee: Coffee, zone: str, before: int = 0) -> str:
    """What the minutes are called: `coffee-2026-12-03`; `before` coffees of that day make it `coffee-2026-12-03-2`."""
    ref = REF.format(date=_met(coffee).astimezone(ZoneInfo(zone)))
    return f"{ref}-{before + 1}" if before else ref


def minutes(coffee: Coffee, topics: Mapping[int, Topic], stay: Sequence[Topic], house: House) -> str:
    """`topics` are those of the coffee, `stay` those that are open for the next one."""
    sentences = house.sentences
    discussed = talked_about(coffee, topics)
    title = plain(spell(sentences.minutes_of, date=day(_met(coffee), house.zone, sentences, year=True)))
    parts = [f"# {title}", _facts(coffee, discussed, house)]
    if house.manner.anonymous:
        parts.append(sentences.no_names)
    if not discussed:
        parts.append(sentences.none_discussed)
    parts += [_topic(number, topic, house) for number, topic in enumerate(discussed, 1)]
    if stay:
        rows = "\n".join(f"- {_said(topic.text, house)}{_more(topic, house)}" for topic in stay)
        parts.append(f"## {sentences.stay}\n\n{rows}")
    return "\n\n".join(parts) + "\n"


def talked_about(coffee: Coffee, topics: Mapping[int, Topic]) -> list[Topic]:
    """In the order of the agenda; what was taken up beside it follows. A topic that is on the board again was talked about all the same."""
    agenda = {id_: place for place, id_ in enumerate(coffee.agenda)}
    found = [topic for topic in topics.values() if topic.coffee == coffee.number]
    return sorted(found, key=lambda topic: (agenda.get(topic.id, len(agenda)), topic.id))


def _facts(coffee: Coffee, discussed: Sequence[Topic], house: House) -> str:
    sentences = house.sentences
    length = coffee.ended - coffee.began if coffee.ended and coffee.began else timedelta()
    began = f"{_met(coffee).astimezone(ZoneInfo(house.zone)):%H:%M %Z}"
    rows = [(sentences.began_at, began), (sentences.length, span(length))]
    if coffee.voices:
        rows.append((sentences.voices_heard, count(sentences.voters, coffee.voices)))
    rows.append((sentences.discussed, count(sentences.topics, len(discussed))))
    return "\n".join(f"- **{name}:** {escape(value)}" for name, value in rows)


def _topic(number: int, topic: Topic, house: House) -> str:
    sentences = house.sentences
    dots = [count(sentences.dots, topic.votes)] if topic.votes else []
    facts = [*dots, span(topic.spent), *origin(topic, house)]
    taken = [f"- {_said(one.text, house)}{_by(one.by, house)}" for one in topic.takeaways]
    return "\n\n".join(
        [
            f"## {number}. {_said(topic.text, house)}",
            escape(", ".join(facts)),
            "\n".join(taken) or sentences.nothing_said,
        ]
    )


def _more(topic: Topic, house: House) -> str:
    return f" ({escape(', '.join(found))})" if (found := origin(topic, house)) else ""


def _by(by: str, house: House) -> str:
    return f" ({escape(who(house.people)(by))})" if by and not house.manner.anonymous else ""


def _said(text: str, house: House) -> str:
    return escape(house.manner.unnamed(text))


def _met(coffee: Coffee) -> datetime:
    return coffee.began or coffee.starts_at
