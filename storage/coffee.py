"""The board of the lean coffee: few rows are open, so it is read as a whole; what was talked about stays, and is found by its key."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Row, Text, and_, bindparam, cast, exists, or_, select, union_all, update

from bot.coffee.board import Board, Coffee, Topic
from bot.coffee.overlooked import Lately
from bot.coffee.sources import ORIGINS
from bot.coffee.topics import MOST
from bot.incident import events as e
from bot.incident.events import KINDS
from bot.incident.terms import Kind
from bot.store import Kept
from storage import bulk, codec, rows
from storage.tables import LIVE_COFFEE, OPEN_TOPIC, TOLD, coffee, counter, event, incident, topic

log = logging.getLogger(__name__)

PAST = 8
"""How many coffees are looked back at: what a clock asks for is about the next one or the last."""

COUNTED = ("coffee", "topic")
"""The counters of their ids. Who holds both rows has the board."""

T = TypeVar("T", Topic, Coffee)


def kept(
    connection: Connection,
    *,
    topics: Collection[int] = (),
    events: Collection[tuple[int, int]] = (),
    incidents: Collection[int] = (),
    last: bool = False,
) -> Kept:
    """As `bot.store.Transaction.board`."""
    locked = select(counter).where(counter.c.name.in_(COUNTED)).order_by(counter.c.name).with_for_update()
    given = {row.name: row.value for row in connection.execute(locked)}
    found = board(connection, topics=topics, events=events, incidents=incidents, last=last)
    return Kept(found, topic=given["topic"], coffee=given["coffee"])


def board(
    connection: Connection,
    *,
    topics: Collection[int] = (),
    events: Collection[tuple[int, int]] = (),
    incidents: Collection[int] = (),
    last: bool = False,
) -> Board:
    """The board as it is stored, and beside what is on it the topics with these ids, from these events, from or naming these incidents,
    and with `last` those of the last coffee that is over."""
    newest = select(coffee.c.body).order_by(coffee.c.number.desc()).limit(PAST + 1)
    coffees = sorted(_read(connection.execute(newest).scalars(), codec.load_coffee), key=lambda one: one.number)
    live = select(coffee.c.number).where(LIVE_COFFEE)
    # Each by an index of its own: the open ones are few, however many there were.
    parts = [select(topic.c.body).where(OPEN_TOPIC), select(topic.c.body).where(topic.c.coffee.in_(live))]
    over = max((one.number for one in coffees if one.ended), default=0)
    if last and over:
        parts.append(select(topic.c.body).where(topic.c.coffee == over))
    if topics:
        parts.append(select(topic.c.body).where(topic.c.id.in_(sorted(topics))))
    if events:
        parts.append(select(topic.c.body).where(topic.c.key.in_([f"{number}:{seq}" for number, seq in sorted(events)])))
    if incidents:
        # Rare enough to look at all of them: who reacted to what names an incident elsewhere brought up a topic of no incident.
        of_them = or_(
            *(topic.c.key.startswith(f"{number}:") for number in sorted(incidents)),
            *(topic.c.body.icontains(f"INC-{number}", autoescape=True) for number in sorted(incidents)),
        )
        parts.append(select(topic.c.body).where(of_them))
    found = {one.id: one for one in _read(connection.execute(union_all(*parts)).scalars(), codec.load_topic)}
    return Board(
        topics=dict(sorted(found.items())),
        coffee=next((one for one in reversed(coffees) if one.status.live), None),
        past={one.number: one for one in coffees if not one.status.live},
    )


def topics_of(connection: Connection, message: str) -> list[Topic]:
    """As `bot.lookups.Lookups.topics_of`. Few messages are ever edited where people talk about coffee: all topics are looked at."""
    named = topic.c.body.contains(codec.dump(message), autoescape=True)
    bodies = connection.execute(select(topic.c.body).where(named).order_by(topic.c.id)).scalars()
    return [one for one in _read(bodies, codec.load_topic) if one.message == message and not one.incident]


def coffee_of(connection: Connection, number: int) -> tuple[Coffee, tuple[Topic, ...]] | None:
    """As `bot.lookups.Lookups.coffee`."""
    body = connection.execute(select(coffee.c.body).where(coffee.c.number == number)).scalars()
    meeting = next(iter(_read(body, codec.load_coffee)), None)
    if meeting is None:
        return None
    bodies = connection.execute(select(topic.c.body).where(topic.c.coffee == number)).scalars()
    places = {id_: place for place, id_ in enumerate(meeting.agenda)}
    talked = sorted(_read(bodies, codec.load_topic), key=lambda one: (places.get(one.id, len(places)), one.id))
    return meeting, tuple(talked)


def talked_about(connection: Connection, numbers: Sequence[int]) -> list[Topic]:
    """What was talked about at the coffees of these numbers."""
    if not numbers:
        return []
    return _read(
        connection.execute(select(topic.c.body).where(topic.c.coffee.in_(numbers))).scalars(), codec.load_topic
    )


def lately(connection: Connection, since: datetime, topics: Collection[tuple[int, int]]) -> Lately:
    """As `bot.store.Transaction.lately`."""
    key = cast(event.c.incident, Text) + ":" + cast(event.c.seq, Text)
    # As `storage.codec` writes it. In a text of somebody's the quotes would be escaped.
    said = or_(*(event.c.body.contains(f'"mark":"{mark}"') for mark in ORIGINS))
    marked = and_(event.c.kind == KINDS[e.Noted], said)
    near = and_(event.c.kind == KINDS[e.IncidentOpened], event.c.body.contains(f'"kind":"{Kind.NEARMISS}"'))
    unheard = (
        select(event.c.incident, event.c.seq)
        .where(TOLD, event.c.recorded_at >= since, or_(marked, near), ~exists().where(topic.c.key == key))
        .order_by(event.c.recorded_at.desc())
        .limit(MOST)
    )
    found = {(row.incident, row.seq) for row in connection.execute(unheard)}
    numbers = {number for number, _ in (*found, *topics)}
    if not numbers:
        return Lately()
    bodies = select(incident.c.number, incident.c.body).where(incident.c.number.in_(sorted(numbers)))
    of_them = select(event).where(
        event.c.incident.in_(sorted(numbers)),
        or_(marked, event.c.kind.in_([KINDS[kind] for kind in (e.IncidentOpened, e.Retracted, e.MessageEdited)])),
    )
    return Lately(
        frozenset(found),
        tuple(_recorded(connection.execute(of_them.order_by(event.c.incident, event.c.seq)))),
        codec.load_incidents((row.number, row.body) for row in connection.execute(bodies)),
    )


def keep(connection: Connection, topics: Sequence[Topic], coffees: Sequence[Coffee]) -> None:
    """As `bot.store.Transaction.keep_board`."""
    stored = [
        {
            "id": one.id,
            "key": f"{one.incident}:{one.event}" if one.incident else f"said:{one.id}",
            "state": one.state.value,
            "coffee": one.coffee,
            "body": codec.dump(one),
        }
        for one in sorted(topics, key=lambda one: one.id)
    ]
    bulk.insert(connection, topic, stored, keys=("id",), changed=("state", "coffee", "body"))
    meetings = [
        {"number": one.number, "starts_at": one.starts_at, "live": int(one.status.live), "body": codec.dump(one)}
        for one in sorted(coffees, key=lambda one: one.number)
    ]
    bulk.insert(connection, coffee, meetings, keys=("number",), changed=("starts_at", "live", "body"))
    given = {
        "coffee": max((one.number for one in coffees), default=0),
        "topic": max((one.id for one in topics), default=0),
    }
    counted = update(counter).where(counter.c.name == bindparam("the_name"), counter.c.value < bindparam("given"))
    values = [{"the_name": name, "given": given[name]} for name in COUNTED if given[name]]
    if values:
        connection.execute(counted.values(value=bindparam("given")), values)


def _recorded(stored: Iterable[Row[Any]]) -> Iterator[e.Recorded]:
    for row in stored:
        try:
            yield rows.recorded(row)
        except codec.BROKEN as error:
            log.error("event %d of INC-%d cannot be read: %s", row.seq, row.incident, error)


def _read(bodies: Iterable[str], load: Callable[[str], T]) -> list[T]:
    """Those that can be read: one that a newer release wrote, or somebody broke, holds up no other."""
    found = []
    for body in bodies:
        try:
            found.append(load(body))
        except (msgspec.MsgspecError, RecursionError) as error:
            log.error("a part of the coffee's board cannot be read: %s", error)
    return found
