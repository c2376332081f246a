"""The keys that we sealed messages with, room by room, and who has them.

Where a room's history is for whoever comes later, its members get the keys of what we said before them, too: the card is there
before the first of them, and it is what they come for.
"""

from __future__ import annotations

from collections.abc import Iterable

from nio.crypto import OutboundGroupSession
from peewee import SqliteDatabase

RECENT = 20
"""Keys of a room that a newcomer gets, the last ones; each is good for a hundred messages or a week."""

Device = tuple[str, str]
"""The user, and the id of one of their devices."""

_TABLES = (
    "create table if not exists spoken (number integer primary key, device text not null, room text not null, "
    "session text not null unique, key blob not null)",
    "create index if not exists spoken_in on spoken (device, room)",
    "create table if not exists given (session text, user text, device text, primary key (session, user, device)) "
    "without rowid",
)


class Spoken:
    """In the database of the other keys, encrypted with the same `secret`; those of another device of ours count for nothing."""

    def __init__(self, database: SqliteDatabase, device: str, secret: str) -> None:
        self._database = database
        self._device = device
        self._secret = secret
        for statement in _TABLES:
            database.execute_sql(statement)

    def began(self, room: str, key: OutboundGroupSession) -> None:
        """To be called before it is used: what it opens begins where it is."""
        self._database.execute_sql(
            "insert into spoken (device, room, session, key) values (?, ?, ?, ?)",
            (self._device, room, key.id, key.pickle(self._secret)),
        )

    def keys(self, room: str) -> list[tuple[str, str]]:
        """The ids of the recent ones and what opens all of their messages."""
        found = self._database.execute_sql(
            "select key from spoken where device = ? and room = ? order by number desc limit ?",
            (self._device, room, RECENT),
        )
        held = [OutboundGroupSession.from_pickle(key, self._secret) for (key,) in found.fetchall()]
        return [(key.id, key.session_key) for key in held]

    def holders(self, session: str) -> set[Device]:
        found = self._database.execute_sql("select user, device from given where session = ?", (session,))
        return {(user, device) for user, device in found.fetchall()}

    def give(self, session: str, devices: Iterable[Device]) -> None:
        for user, device in devices:
            self._database.execute_sql("insert or ignore into given values (?, ?, ?)", (session, user, device))
