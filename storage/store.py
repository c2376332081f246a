"""The transaction of the one writer. Every method is a constant number of statements, however large the batch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from bot.alerts.heartbeat import Signal
from bot.alerts.model import Alert, AlertRow, Known
from bot.coffee.board import Coffee, Topic
from bot.coffee.overlooked import Lately
from bot.incident.effects import Cancel
from bot.incident.events import Recorded, RoomOpened
from bot.incident.model import Incident
from bot.incident.outgoing import Outgoing
from bot.oncall.overrides import Override
from bot.ports import Clock
from bot.store import Kept, Settlement, Standing
from storage import bulk, codec, coffee, drills, duty, heartbeats, rows
from storage.engine import Database
from storage.tables import (
    FOLDABLE,
    LATEST,
    LIVE,
    alert,
    alert_group,
    counter,
    event,
    file,
    inbox,
    incident,
    outbox,
    room,
)

CHUNK = 500
"""Values in one IN list; SQLite takes 32,766 parameters a statement, and a short list keeps plans cached."""

FOLDING_LOCK = 0x6B6C61
"""Our own number among PostgreSQL's advisory locks."""


INCIDENT_CHANGES = tuple(c.name for c in incident.c if c.name not in ("number", "opened_at"))
ALERT_KEYS = ("source", "fingerprint", "incident")
ALERT_CHANGES = tuple(c.name for c in alert.c if c.name not in ALERT_KEYS)


class SqlStore:
    """`bot.store.Store`. With `clock` None the database's own clock tells the time (PostgreSQL only)."""

    def __init__(self, database: Database, clock: Clock | None) -> None:
        self._database = database
        self._clock = clock

    @contextmanager
    def begin(self, *, alerts: bool = False) -> Iterator[SqlTransaction]:
        with self._database.write() as connection:
            at: datetime | None = None
            if alerts and not self._database.sqlite:
                # The time is asked for behind the lock, in the same question: later batches happen later.
                at = bulk.locked(connection, FOLDING_LOCK)
            yield SqlTransaction(connection, self._clock, at)


class SqlTransaction:
    """`bot.store.Transaction`."""

    def __init__(self, connection: Connection, clock: Clock | None, at: datetime | None) -> None:
        self._connection = connection
        self._clock = clock
        self._at = at
        self._sqlite = connection.dialect.name == "sqlite"

    def now(self) -> datetime:
        if self._clock is not None or self._at is None:
            # Asked for once, and only by who needs it: most settlements do not.
            self._at, self._clock = rows.time_of(self._connection, self._clock), None
        return self._at

    def known_alerts(self, alerts: Sequence[Alert], groups: Sequence[tuple[str, str]]) -> list[Known]:
        found: dict[tuple[str, str], Known] = {}
        keys = {(item.source, item.fingerprint) for item in alerts}
        for among, wanted in (("fingerprint", keys), ("sender_group", set(groups))):
            for source in sorted({source for source, _ in wanted}):
                values = sorted(value for owner, value in wanted if owner == source)
                for row in bulk.matching(
                    self._connection, alert, rows.KNOWN, where=str(LATEST), source=source, among=among, values=values
                ):
                    known = rows.known(row)
                    found[known.source, known.fingerprint] = known
        return list(found.values())

    def standing(self, groups: Sequence[str]) -> Standing:
        return bulk.standing(self._connection, groups)

    def hold_groups(self, held: Mapping[str, int]) -> None:
        values = [{"key": key, "incident": number} for key, number in sorted(held.items())]
        self._connection.execute(alert_group.insert(), values)

    def free_groups(self, numbers: Sequence[int]) -> None:
        gone = delete(alert_group).where(alert_group.c.incident.in_(bindparam("numbers", expanding=True)))
        for part in _parts(sorted(set(numbers))):
            self._connection.execute(gone, {"numbers": part})

    def load(self, numbers: Collection[int], *, beside: Collection[int] = ()) -> dict[int, Incident]:
        stored = bulk.incident_bodies(self._connection, sorted({*numbers, *beside}))
        asked = {number: codec.load_incident(number, body) for number, body in stored if number in numbers}
        return asked | codec.load_incidents(row for row in stored if row[0] not in numbers)

    def open_titles(self) -> list[tuple[int, str]]:
        statement = select(incident.c.number, incident.c.title).where(LIVE).order_by(incident.c.number.desc())
        return [(row.number, row.title) for row in self._connection.execute(statement.limit(CHUNK))]

    def history(self, number: int, limit: int) -> list[Recorded]:
        statement = select(event).where(event.c.incident == number).order_by(event.c.seq.desc()).limit(limit)
        return [rows.recorded(row) for row in reversed(self._connection.execute(statement).all())]

    def script(self, number: int, since: int) -> list[Recorded]:
        return drills.script(self._connection, number, since)

    def drills_of(self, numbers: Collection[int]) -> set[int]:
        return drills.drills_of(self._connection, numbers)

    def take_numbers(self, count: int) -> int:
        taken = update(counter).where(counter.c.name == "incident").values(value=counter.c.value + count)
        last: int = self._connection.execute(taken.returning(counter.c.value)).scalar_one()
        return last - count + 1

    def seen(self, keys: Sequence[str]) -> set[str]:
        before: set[str] = set()
        for part in _parts(sorted(set(keys))):
            statement = select(inbox.c.key).where(inbox.c.key.in_(bindparam("keys", expanding=True)))
            before.update(self._connection.execute(statement, {"keys": part}).scalars())
        new = [{"key": key, "at": self.now()} for key in sorted(set(keys) - before)]
        if new:
            self._connection.execute(inbox.insert(), new)
        return before

    def fenced(self, settlements: Sequence[Settlement]) -> set[tuple[int, int]]:
        held: set[tuple[int, int]] = set()
        for state in sorted({settlement.state for settlement in settlements}):
            pairs = sorted((item.id, item.attempt) for item in settlements if item.state == state)
            held.update(bulk.settle(self._connection, state, pairs))
        reasons = [
            {"the_id": item.id, "reasons": codec.dump([item.reason])}
            for item in settlements
            if item.reason and (item.id, item.attempt) in held
        ]
        if reasons:
            told = update(outbox).where(outbox.c.id == bindparam("the_id")).values(errors=bindparam("reasons"))
            self._connection.execute(told, reasons)
        return held

    def overrides(self) -> list[Override]:
        return duty.overrides(self._connection, self.now())

    def turns(self) -> dict[str, int]:
        return duty.turns(self._connection)

    def take_override_ids(self, count: int) -> int:
        return duty.take_ids(self._connection, count)

    def add_overrides(self, added: Sequence[Override]) -> None:
        duty.add(self._connection, added, self.now())

    def drop_overrides(self, ids: Sequence[int], by: str) -> None:
        duty.drop(self._connection, ids, by, self.now())

    def take_turns(self, taken: Mapping[str, int]) -> None:
        duty.take_turns(self._connection, taken)

    def board(
        self,
        *,
        topics: Collection[int] = (),
        events: Collection[tuple[int, int]] = (),
        incidents: Collection[int] = (),
        last: bool = False,
    ) -> Kept:
        return coffee.kept(self._connection, topics=topics, events=events, incidents=incidents, last=last)

    def lately(self, since: datetime, topics: Collection[tuple[int, int]]) -> Lately:
        return coffee.lately(self._connection, since, topics)

    def keep_board(self, topics: Sequence[Topic], coffees: Sequence[Coffee]) -> None:
        coffee.keep(self._connection, topics, coffees)

    @contextmanager
    def together(self) -> Iterator[None]:
        driver = self._connection.connection.driver_connection
        transaction = self._connection.get_transaction()
        if self._sqlite or driver is None or transaction is None:
            yield
            return
        # Nothing is asked inside, and what is queued is due from now on.
        self.now()
        with driver.pipeline():
            yield
            transaction.commit()

    def record(self, incidents: Sequence[Incident], events: Sequence[Recorded], effects: Sequence[Outgoing]) -> None:
        if incidents:
            values = [rows.incident_row(item, self.now()) for item in sorted(incidents, key=lambda item: item.number)]
            bulk.insert(self._connection, incident, values, keys=("number",), changed=INCIDENT_CHANGES)
        if events:
            bulk.insert(self._connection, event, [rows.event_row(recorded) for recorded in events])
            opened = {
                (item.event.platform, item.event.room): item.incident
                for item in events
                if isinstance(item.event, RoomOpened)
            }
            rooms = [{"platform": key[0], "room": key[1], "incident": number} for key, number in opened.items()]
            bulk.insert(self._connection, room, rooms, keys=("platform", "room"), changed=("incident",))
        for folding, run in _runs(effects):
            values = [rows.effect_row(item, self.now()) for item in run]
            if folding:
                bulk.insert(self._connection, outbox, values, keys=("fold",), changed=("upto",), where=str(FOLDABLE))
            else:
                bulk.insert(self._connection, outbox, values, keys=("key",))

    def erase(self, number: int, changed: Sequence[Recorded], messages: Collection[str]) -> None:
        if messages:
            self._connection.execute(delete(file).where(file.c.incident == number, file.c.message.in_(messages)))
        if not changed:
            return
        one = update(event).where(event.c.incident == number, event.c.seq == bindparam("the_seq"))
        facts = [
            {"the_seq": item.seq, "facts": codec.dump(item.event), "the_link": item.source.link} for item in changed
        ]
        self._connection.execute(one.values(body=bindparam("facts"), source_link=bindparam("the_link")), facts)

    def cancel(self, number: int, cancel: Cancel) -> None:
        gone = (
            update(outbox)
            .where(outbox.c.incident == number, outbox.c.kind.in_(cancel.kinds), outbox.c.state == "waiting")
            .values(state="cancelled")
        )
        if cancel.lanes is not None:
            gone = gone.where(outbox.c.lane.in_(cancel.lanes), outbox.c.attempt == 0)
        self._connection.execute(gone)

    def store_alerts(self, stored: Sequence[AlertRow]) -> None:
        moved = [row for row in stored if row.moved]
        if moved:
            old = update(alert).where(
                alert.c.source == bindparam("the_source"),
                alert.c.fingerprint == bindparam("the_fingerprint"),
                LATEST,
            )
            self._connection.execute(
                # Whatever it says next, it says elsewhere.
                old.values(latest=0, firing=0),
                [{"the_source": row.alert.source, "the_fingerprint": row.alert.fingerprint} for row in moved],
            )
        values = sorted((rows.alert_row(row) for row in stored), key=lambda row: (row["source"], row["fingerprint"]))
        bulk.insert(self._connection, alert, values, keys=ALERT_KEYS, changed=ALERT_CHANGES)

    def move_alerts(self, source: int, target: int) -> None:
        connection = self._connection
        connection.execute(update(alert_group).where(alert_group.c.incident == source).values(incident=target))
        moving = alert.alias("moving")
        newer = exists().where(
            moving.c.source == alert.c.source,
            moving.c.fingerprint == alert.c.fingerprint,
            moving.c.incident == source,
            moving.c.latest == 1,
        )
        connection.execute(delete(alert).where(alert.c.incident == target, newer))
        connection.execute(update(alert).where(LATEST, alert.c.incident == source).values(incident=target))

    def signals(self, keys: Collection[str] | None = None) -> list[Signal]:
        return heartbeats.signals(self._connection, keys)

    def keep_signals(self, signals: Sequence[Signal], gone: Collection[str] = ()) -> None:
        heartbeats.keep(self._connection, signals, gone)


def _runs(effects: Sequence[Outgoing]) -> list[tuple[bool, list[Outgoing]]]:
    """(whether they fold, the effects), a statement each: stored one run after the other, every lane keeps its order."""
    runs: dict[int, list[Outgoing]] = {}
    reached: dict[str, int] = {}
    for effect in effects:
        run = reached.get(effect.lane, 0)
        # Even runs hold what stands alone, odd ones what folds.
        if (effect.fold is not None) is not bool(run % 2):
            run += 1
        reached[effect.lane] = run
        runs.setdefault(run, []).append(effect)
    return [(bool(run % 2), runs[run]) for run in sorted(runs)]


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
