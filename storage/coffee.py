"""The board of the lean coffee: few rows are open, so it is read as a whole; what was talked about stays, and is found by its key."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, bindparam, or_, select, union_all, update

from bot.coffee.board import Board, Coffee, Topic
from bot.store import Kept
from storage import bulk, codec
from storage.tables import LIVE_COFFEE, OPEN_TOPIC, coffee, counter, topic

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


def keep(connection: Connection, topics: Sequence[Topic], coffees: Sequence[Coffee]) -> None:
    """As `bot.store.Transaction.keep_board`."""
    rows = [
        {
            "id": one.id,
            "key": f"{one.incident}:{one.event}" if one.incident else f"said:{one.id}",
            "state": one.state.value,
            "coffee": one.coffee,
            "body": codec.dump(one),
        }
        for one in sorted(topics, key=lambda one: one.id)
    ]
    bulk.insert(connection, topic, rows, keys=("id",), changed=("state", "coffee", "body"))
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


def _read(bodies: Iterable[str], load: Callable[[str], T]) -> list[T]:
    """Those that can be read: one that a newer release wrote, or somebody broke, holds up no other."""
    found = []
    for body in bodies:
        try:
            found.append(load(body))
        except (msgspec.MsgspecError, RecursionError) as error:
            log.error("a part of the coffee's board cannot be read: %s", error)
    return found
