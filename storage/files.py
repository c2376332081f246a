"""Copies of files: `bot.store.Files`, in the database, so that every process has them and so has a backup."""

from __future__ import annotations

import hashlib

from sqlalchemy import ColumnElement, Connection, func, select

from bot.incident import events as e
from bot.ports import Clock
from bot.store import Copy, Full
from storage import codec
from storage.engine import Database
from storage.rows import time_of
from storage.tables import event, file, incident


class SqlFiles:
    """`bot.store.Files`. With `clock` None the database's own clock tells the time (PostgreSQL only)."""

    def __init__(self, database: Database, clock: Clock | None) -> None:
        self._database = database
        self._clock = clock

    def find(self, incident: int, message: str, number: int) -> Copy | None:
        with self._database.read() as connection:
            return _found(connection, incident, message, number)

    def keep(self, incident: int, event: int, number: int, content: bytes, most: int) -> Copy | None:
        # Before the transaction: others wait for that.
        copy = Copy(len(content), hashlib.sha256(content).hexdigest())
        with self._database.write() as connection:
            # A removal holds the incident as well: it has taken the file out of the event by now, or it will find the copy.
            _hold(connection, incident)
            message = _message_of(connection, incident, event, number)
            if message is None:
                return None
            if (before := _found(connection, incident, message, number)) is not None:
                return before
            if _used(connection, incident) + len(content) > most:
                raise Full
            connection.execute(
                file.insert().values(
                    incident=incident,
                    message=message,
                    number=number,
                    size=copy.size,
                    sha256=copy.sha256,
                    at=time_of(connection, self._clock),
                    content=content,
                )
            )
            return copy

    def content(self, incident: int, message: str, number: int) -> bytes | None:
        wanted = select(file.c.content).where(*_key(incident, message, number))
        with self._database.read() as connection:
            found = connection.execute(wanted).scalar()
        return None if found is None else bytes(found)

    def used(self, incident: int) -> int:
        with self._database.read() as connection:
            return _used(connection, incident)


def _hold(connection: Connection, number: int) -> None:
    connection.execute(select(incident.c.number).where(incident.c.number == number).with_for_update())


def _message_of(connection: Connection, number: int, seq: int, place: int) -> str | None:
    """The message that the event was taken from, if the file is still in it."""
    found = connection.execute(
        select(event.c.kind, event.c.body).where(event.c.incident == number, event.c.seq == seq)
    ).one_or_none()
    taken = None if found is None else codec.load_event(found.kind, found.body)
    match taken:
        case e.Noted() | e.TaskAdded() | e.FollowUpAdded() if place < len(taken.files):
            return taken.message
        case _:
            return None


def _found(connection: Connection, number: int, message: str, place: int) -> Copy | None:
    row = connection.execute(select(file.c.size, file.c.sha256).where(*_key(number, message, place))).one_or_none()
    return None if row is None else Copy(row.size, row.sha256)


def _key(number: int, message: str, place: int) -> tuple[ColumnElement[bool], ...]:
    return file.c.incident == number, file.c.message == message, file.c.number == place


def _used(connection: Connection, number: int) -> int:
    return int(
        connection.execute(
            select(func.coalesce(func.sum(file.c.size), 0)).where(file.c.incident == number)
        ).scalar_one()
    )
