"""Questions that change nothing. Each is bounded and uses an index, so none grows with the past."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from bot.alerts.heartbeat import Signal
from bot.coffee.board import Board, Coffee, Topic
from bot.incident import events as e
from bot.incident.effects import KINDS, TIMERS, PageStands, SendPage
from bot.incident.events import Recorded
from bot.incident.model import Incident, Status
from bot.lookups import StoredAlert, Waiting
from bot.oncall.load import Paged
from bot.oncall.overrides import Override
from storage import codec, drills, duty, heartbeats, rows
from storage import coffee as coffees
from storage.engine import Database
from storage.tables import LIVE, PAGED, WAITING, alert, event, incident, outbox, room

log = logging.getLogger(__name__)

NEWEST = 200
"""How many incidents are looked through for those that are over and not closed: no index knows them, and a year has many."""

PAGED_LOOKED_AT = 5000

UNCLOSED = (Status.RESOLVED.value, Status.REVIEW.value)


class SqlLookups:
    """`bot.lookups.Lookups`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def incident(self, number: int) -> Incident | None:
        with self._database.read() as connection:
            body = connection.execute(select(incident.c.body).where(incident.c.number == number)).scalar()
        return None if body is None else codec.load_incident(number, body)

    def incidents(self, numbers: Sequence[int]) -> dict[int, Incident]:
        statement = select(incident.c.number, incident.c.body).where(incident.c.number.in_(numbers))
        with self._database.read() as connection:
            return codec.load_incidents(tuple(row) for row in connection.execute(statement))

    def open_incidents(self, limit: int = 50) -> list[Incident]:
        statement = (
            select(incident.c.number, incident.c.body).where(LIVE).order_by(incident.c.number.desc()).limit(limit)
        )
        with self._database.read() as connection:
            return [*codec.load_incidents(tuple(row) for row in connection.execute(statement)).values()]

    def unclosed(self, limit: int = 50) -> list[Incident]:
        newest = (
            select(incident.c.number, incident.c.status).order_by(incident.c.number.desc()).limit(NEWEST).subquery()
        )
        numbers = select(newest.c.number).where(newest.c.status.in_(UNCLOSED))
        statement = (
            select(incident.c.number, incident.c.body)
            .where(incident.c.number.in_(numbers))
            .order_by(incident.c.number.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            return [*codec.load_incidents(tuple(row) for row in connection.execute(statement)).values()]

    def recent(self, limit: int = 50) -> list[Incident]:
        statement = select(incident.c.number, incident.c.body).order_by(incident.c.number.desc()).limit(limit)
        with self._database.read() as connection:
            return [*codec.load_incidents(tuple(row) for row in connection.execute(statement)).values()]

    def drills_of(self, number: int) -> list[Incident]:
        with self._database.read() as connection:
            found = drills.drills_of(connection, [number])
        return [drill for _, drill in sorted(self.incidents(sorted(found)).items())] if found else []

    def history(self, number: int, *, since: int = 0, upto: int | None = None, limit: int = 2000) -> list[Recorded]:
        statement = select(event).where(event.c.incident == number, event.c.seq >= since)
        if upto is not None:
            statement = statement.where(event.c.seq <= upto)
        with self._database.read() as connection:
            found = connection.execute(statement.order_by(event.c.seq.desc()).limit(limit)).all()
        return [rows.recorded(row) for row in reversed(found)]

    def alerts(self, number: int, limit: int = 20_000) -> list[StoredAlert]:
        statement = (
            select(alert)
            .where(alert.c.incident == number)
            .order_by(alert.c.starts_at, alert.c.source, alert.c.fingerprint)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [
                StoredAlert(
                    source=row.source,
                    fingerprint=row.fingerprint,
                    firing=bool(row.firing),
                    starts_at=row.starts_at,
                    ends_at=row.ends_at,
                    labels=codec.load_labels(row.labels),
                    annotations=codec.load_labels(row.annotations),
                    link=row.link,
                    group=row.sender_group,
                )
                for row in connection.execute(statement)
            ]

    def firing(self, number: int, limit: int = 4) -> list[str]:
        statement = (
            select(alert.c.name)
            .where(alert.c.incident == number, alert.c.firing == 1)
            .group_by(alert.c.name)
            .order_by(func.min(alert.c.starts_at), alert.c.name)
            .limit(limit)
        )
        with self._database.read() as connection:
            return list(connection.execute(statement).scalars())

    def in_room(self, platform: str, name: str) -> int | None:
        statement = select(room.c.incident).where(room.c.platform == platform, room.c.room == name)
        with self._database.read() as connection:
            number: int | None = connection.execute(statement).scalar()
        return number

    def captured(self, number: int, message: str) -> bool:
        of_it = (event.c.incident == number, event.c.source == "reaction", event.c.source_ref == message)
        with self._database.read() as connection:
            return connection.execute(select(event.c.seq).where(*of_it).limit(1)).first() is not None

    def pages(self, number: int, limit: int = 50) -> list[PageStands]:
        waiting = (
            select(outbox)
            .where(outbox.c.incident == number, outbox.c.kind == KINDS[SendPage], WAITING)
            .order_by(outbox.c.id)
            .limit(limit)
        )
        told = (
            select(event)
            .where(event.c.incident == number, event.c.kind.in_((e.KINDS[e.PageSent], e.KINDS[e.PageFailed])))
            .order_by(event.c.seq.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            queued, came = connection.execute(waiting).all(), connection.execute(told).all()
        found = [rows.page_waiting(row) for row in queued]
        known = {(page.person, page.way): page for page in reversed([rows.page_told(row) for row in came])}
        return [*found, *(page for key, page in known.items() if key not in {(one.person, one.way) for one in found})]

    def paged(self, since: datetime, until: datetime) -> list[Paged]:
        with self._database.read() as connection:
            return paged_between(connection, since, until)

    def signals(self) -> list[Signal]:
        with self._database.read() as connection:
            return heartbeats.signals(connection)

    def overrides(self, at: datetime) -> list[Override]:
        with self._database.read() as connection:
            return duty.overrides(connection, at)

    def turns(self) -> dict[str, int]:
        with self._database.read() as connection:
            return duty.turns(connection)

    def board(self) -> Board:
        with self._database.read() as connection:
            return coffees.board(connection)

    def topics_of(self, message: str) -> list[Topic]:
        with self._database.read() as connection:
            return coffees.topics_of(connection, message)

    def coffee(self, number: int) -> tuple[Coffee, tuple[Topic, ...]] | None:
        with self._database.read() as connection:
            return coffees.coffee_of(connection, number)

    def waiting(self) -> list[Waiting]:
        statement = (
            select(outbox.c.kind, func.count().label("count"), func.min(outbox.c.first_at).label("oldest"))
            .where(outbox.c.state == "waiting", outbox.c.kind.not_in(TIMERS))
            .group_by(outbox.c.kind)
            .order_by(outbox.c.kind)
        )
        tried = (
            select(
                outbox.c.kind,
                outbox.c.errors,
                func.row_number().over(partition_by=outbox.c.kind, order_by=outbox.c.id).label("place"),
            )
            .where(outbox.c.state == "waiting", outbox.c.kind.not_in(TIMERS), outbox.c.errors != "[]")
            .subquery()
        )
        first = select(tried.c.kind, tried.c.errors).where(tried.c.place == 1)
        with self._database.read() as connection:
            reasons = {row.kind: codec.load_reasons(row.errors)[-1] for row in connection.execute(first)}
            found = connection.execute(statement)
            return [Waiting(row.kind, row[1], row.oldest, reasons.get(row.kind, "")) for row in found]


def paged_between(connection: Connection, since: datetime, until: datetime) -> list[Paged]:
    """`Lookups.paged`, within a look that asks for more."""
    statement = (
        select(event.c.at, event.c.kind, event.c.body)
        .where(PAGED, event.c.at >= since, event.c.at < until)
        .order_by(event.c.at.desc())
        .limit(PAGED_LOOKED_AT)
    )
    found: list[Paged] = []
    for row in connection.execute(statement):
        try:
            one = codec.load_event(row.kind, row.body)
        except codec.BROKEN as error:
            # One page less in a count is better than no week at all.
            log.error("a page of %s cannot be read: %s", row.at, error)
            continue
        if isinstance(one, e.PeoplePaged):
            found.append(Paged(row.at, one.targets))
    return found[::-1]
