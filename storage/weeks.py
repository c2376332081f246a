"""What a weekly digest is made of: everything of one period in a handful of questions, each by an index and bounded, so that neither a
long past nor a storm makes it slow. What is private is left out here, and so can be told nowhere."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, exists, extract, func, or_, select, text, update

from bot.alerts.model import NO_START
from bot.coffee.board import Board
from bot.coffee.weekly.gathered import MEASURED, NOWHERE, Fired, Gathered, ended
from bot.incident import events as e
from bot.incident.events import Recorded
from bot.incident.model import Incident, Kind, Status
from bot.store import Conflict, StoreUnavailable
from storage import codec
from storage.coffee import board, talked_about
from storage.engine import Database
from storage.lookups import UNCLOSED, paged_between
from storage.tables import LIVE, OWING, TOLD, alert, event, incident

log = logging.getLogger(__name__)

EVENTS = 100_000
"""Years of a busy team, in 100 MB of memory. Where more is recorded in one period, something writes in a loop, and the newest show it."""

INCIDENTS = 5_000
"""How many of those that are open, and of those that owe follow-ups, are looked at: the newest."""

NEWEST = 5_000
"""How many of the newest incidents are looked through for those that wait for their review, and for those that opened lately: no index
knows them, and so many are years."""

NOISY, NOISY_ALERTS = 500, 50_000
"""Incidents that nobody worked on, the newest, and alerts of theirs that are counted: a digest shows the five noisiest rules."""

FIRINGS = 5_000
"""How often alerts of these fired, the newest incidents' first: of a rule that did so more often nobody needs to know it."""

FIRED = e.KINDS[e.AlertsFired]

CHUNK = 500
"""Values in one IN list."""

_TELLING = ("incident", "seq", "recorded_at", "kind", "by", "command", "body")
"""Columns of an event. When it happened stands in its body, and nothing of a digest tells where it came from."""


class SqlWeeks:
    """`bot.lookups.Weeks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def week(self, start: datetime, end: datetime) -> Gathered:
        with self._database.read() as connection:
            if not self._database.sqlite:
                # One look for all the questions: nothing becomes private between two of them.
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            # Read as it comes: rows that wait to be read are a third of what Python's collector then looks through.
            recorded, read = _recorded(connection.execute(_told(start, end)))
            found: dict[int, Row[Any]] = {}
            for statement in (_open(end), _newest(end), _owing(end)):
                found |= _rows(connection, statement)
            missing = sorted(recorded.keys() - found.keys())
            for part in (missing[at : at + CHUNK] for at in range(0, len(missing), CHUNK)):
                found |= _rows(connection, _of(part))
            incidents = codec.load_incidents(sorted((number, row.body) for number, row in found.items()))
            incidents = _without_secrets(connection, incidents)
            # What has hung in triage since before was told of then.
            lately = {number: one for number, one in incidents.items() if found[number].updated_at >= start}
            unworked = _unworked(lately, recorded)
            noise = connection.execute(_alerts(unworked, sqlite=self._database.sqlite)).all()
            again = _again(connection, unworked)
            # Also of what is private: somebody was woken, and the load names no incident. A drill wakes nobody.
            paged = paged_between(connection, start, end)
            held = _board(connection, start, end)
        if read == EVENTS:
            log.warning("more than %d events from %s to %s: the digest knows only the newest", EVENTS, start, end)
        self._remember([number for number, one in incidents.items() if _owes(one) and not found[number].owing])
        events = {number: each for number, each in recorded.items() if number in incidents}
        return Gathered(
            start=start,
            end=end,
            incidents={number: one for number, one in incidents.items() if number in events or _stands(one)},
            events=events,
            # Whether or not its row says so.
            owing=tuple(one for one in incidents.values() if _owes(one)),
            measured=tuple(one for one in incidents.values() if _measured(one, end)),
            noise=tuple(_fired(row, again[row.incident]) for row in noise),
            paged=tuple(paged),
            board=held,
        )

    def _remember(self, numbers: Sequence[int]) -> None:
        """That these owe something: the release before us, which may be writing beside us, does not say so in their rows. By what they
        are found now they will not be in some weeks."""
        if not numbers:
            return
        try:
            with self._database.write() as connection:
                for part in (numbers[at : at + CHUNK] for at in range(0, len(numbers), CHUNK)):
                    connection.execute(update(incident).where(incident.c.number.in_(part)).values(owing=1))
        except (StoreUnavailable, Conflict) as error:
            # The next digest finds them as well.
            log.warning("the follow-ups of %d incidents could not be noted: %s", len(numbers), error)


def _told(start: datetime, end: datetime) -> Select[Any]:
    """The events of a digest's kinds, the newest first. The incident is looked for in a question of its own: the condition of the
    index is text, and `kind` would be the column of either table."""
    public = exists().where(incident.c.number == event.c.incident, incident.c.private == 0)
    between = (event.c.recorded_at >= start, event.c.recorded_at < end)
    return (
        select(*(event.c[name] for name in _TELLING))
        .where(TOLD, *between, public)
        .order_by(event.c.recorded_at.desc())
        .limit(EVENTS)
    )


_BODIES = select(incident.c.number, incident.c.body, incident.c.owing, incident.c.updated_at).where(
    incident.c.private == 0
)


def _of(numbers: Sequence[int]) -> Select[Any]:
    return _BODIES.where(incident.c.number.in_(numbers))


def _open(end: datetime) -> Select[Any]:
    opened = _BODIES.where(LIVE, incident.c.opened_at < end)
    return opened.order_by(incident.c.number.desc()).limit(INCIDENTS)


def _owing(end: datetime) -> Select[Any]:
    return _BODIES.where(OWING, incident.c.opened_at < end).order_by(incident.c.number.desc()).limit(INCIDENTS)


def _newest(end: datetime) -> Select[Any]:
    """Those of the newest that wait for their review, and those whose durations are told."""
    first = select(func.max(incident.c.number) - NEWEST).scalar_subquery()
    lately = and_(incident.c.kind == Kind.REAL.value, incident.c.opened_at >= end - MEASURED)
    return _BODIES.where(
        incident.c.number > first, incident.c.opened_at < end, or_(incident.c.status.in_(UNCLOSED), lately)
    )


def _alerts(numbers: Sequence[int], *, sqlite: bool) -> Select[Any]:
    """The first alert of each rule in each of these incidents, how many there are of it, how long the longest of them fired in seconds, when
    the last was over, and whether one fires still."""
    took = (
        (func.julianday(alert.c.ends_at) - func.julianday(alert.c.starts_at)) * 86_400
        if sqlite
        else extract("epoch", alert.c.ends_at - alert.c.starts_at)
    )
    told = and_(alert.c.firing == 0, alert.c.starts_at > NO_START, alert.c.ends_at >= alert.c.starts_at)
    of_them = (
        select(
            *(
                alert.c[name]
                for name in ("incident", "source", "name", "fingerprint", "starts_at", "ends_at", "firing")
            ),
            case((told, took)).label("took"),
        )
        .where(alert.c.incident.in_(numbers))
        .order_by(alert.c.incident.desc())
        .limit(NOISY_ALERTS)
        .subquery()
    )
    rule = (of_them.c.incident, of_them.c.source, of_them.c.name)
    placed = select(
        of_them,
        func.count().over(partition_by=rule).label("times"),
        func.row_number().over(partition_by=rule, order_by=(of_them.c.starts_at, of_them.c.fingerprint)).label("place"),
        func.max(of_them.c.took).over(partition_by=rule).label("lasted"),
        func.max(of_them.c.ends_at).over(partition_by=rule).label("over"),
        func.max(of_them.c.firing).over(partition_by=rule).label("fires"),
    ).subquery()
    same = and_(*(alert.c[name] == placed.c[name] for name in ("source", "fingerprint", "incident")))
    return (
        select(*(placed.c[name] for name in ("times", "lasted", "over", "fires")), alert)
        .join(alert, same)
        .where(placed.c.place == 1)
        .order_by(placed.c.times.desc(), alert.c.incident, alert.c.source, alert.c.name)
    )


def _again(connection: Connection, numbers: Sequence[int]) -> Mapping[int, int]:
    """How many alerts fired once more in each of these incidents."""
    found: dict[int, int] = defaultdict(int)
    if not numbers:
        return found
    of_them = (event.c.incident.in_(numbers), event.c.kind == FIRED)
    statement = select(event.c.incident, event.c.kind, event.c.body).where(*of_them)
    for row in connection.execute(statement.order_by(event.c.incident.desc(), event.c.seq).limit(FIRINGS)):
        try:
            one = codec.load_event(row.kind, row.body)
        except codec.BROKEN as error:
            log.error("how alerts of INC-%d fired cannot be read: %s", row.incident, error)
            continue
        if isinstance(one, e.AlertsFired):
            found[row.incident] += one.again
    return found


def _without_secrets(connection: Connection, incidents: Mapping[int, Incident]) -> dict[int, Incident]:
    """Those but the drills of what is private by now: what they are called, and what they showed, tells of it."""
    played = {one.replay.of for one in incidents.values() if one.replay}
    if not played:
        return {**incidents}
    private = select(incident.c.number).where(incident.c.number.in_(played), incident.c.private == 1)
    secret = {*connection.execute(private).scalars()}
    return {number: one for number, one in incidents.items() if not (one.replay and one.replay.of in secret)}


def _rows(connection: Connection, statement: Select[Any]) -> dict[int, Row[Any]]:
    """By number."""
    return {row.number: row for row in connection.execute(statement)}


def _recorded(told: Iterable[Sequence[Any]]) -> tuple[dict[int, tuple[Recorded, ...]], int]:
    """What is `told`, the newest first, by incident and in their order; and how many of it there were."""
    found: dict[int, list[Recorded]] = defaultdict(list)
    load = cache(codec.event_loader)
    read = 0
    for row in told:
        # A row's columns by name cost as much as reading its body.
        number, seq, recorded_at, kind, by, command, body = row
        read += 1
        try:
            happened = load(kind)(body)
        except codec.BROKEN as error:
            # It holds up no other, and comes round for as long as the week is looked at.
            log.error("event %d of INC-%d cannot be read: %s", seq, number, error)
            continue
        found[number].append(Recorded(number, seq, recorded_at, by, NOWHERE, command, happened))
    return {number: tuple(sorted(found[number], key=attrgetter("seq"))) for number in sorted(found)}, read


def _unworked(incidents: Mapping[int, Incident], events: Mapping[int, Sequence[Recorded]]) -> list[int]:
    """The newest that nobody worked on: declined in one of these events, or in triage when all of their alerts were over."""
    found = [
        number
        for number, one in incidents.items()
        if one.kind is not Kind.DRILL
        and (
            (one.status is Status.DECLINED and _changed(events.get(number, ())))
            or (one.status is Status.TRIAGE and not one.alerts_firing)
        )
    ]
    return found[-NOISY:]


def _changed(events: Iterable[Recorded]) -> bool:
    return any(isinstance(one.event, e.StatusChanged) for one in events)


def _stands(one: Incident) -> bool:
    return one.status.open or one.status.value in UNCLOSED


def _owes(one: Incident) -> bool:
    return any(not followup.outcome for followup in one.followups)


def _measured(one: Incident, end: datetime) -> bool:
    return one.kind is Kind.REAL and one.opened_at >= end - MEASURED


def _fired(row: Row[Any], again: int) -> Fired:
    return Fired(
        incident=row.incident,
        name=row.name,
        source=row.source,
        count=row.times,
        labels=codec.load_labels(row.labels),
        annotations=codec.load_labels(row.annotations),
        link=row.link,
        lasted=None if row.lasted is None else timedelta(seconds=round(float(row.lasted))),
        over=None if row.fires else row.over,
        again=again,
    )


def _board(connection: Connection, start: datetime, end: datetime) -> Board:
    """The board, with what was talked about in between, without what came up in an incident that is private by now."""
    found = board(connection)
    talked = talked_about(connection, [one.number for one in ended(found, start, end)])
    found = replace(found, topics={**found.topics, **{one.id: one for one in talked}})
    of = {one.incident for one in found.topics.values() if one.incident}
    private = select(incident.c.number).where(incident.c.number.in_(of), incident.c.private == 1)
    secret = set(connection.execute(private).scalars())
    return replace(found, topics={id_: one for id_, one in found.topics.items() if one.incident not in secret})
