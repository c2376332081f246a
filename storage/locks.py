"""The locks of this process on a PostgreSQL database: that it serves, which several may, and the turns it has, which nobody
else has at the same time. They are advisory locks on one connection that is used for nothing else: a lock goes with the
connection, and the connection with the process.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from bot.store import StoreUnavailable
from storage.engine import Database
from storage.watch import Watch

log = logging.getLogger(__name__)

SERVING_LOCK = 0x6B6C63
TURN_LOCK = 0x6B6C64
"""Our own numbers among PostgreSQL's advisory locks; a turn has that of its name beside it."""

LOOKS_EVERY = 1.0
"""Seconds after which a lost lock is noticed, and one that is free is taken."""

ANSWERS_WITHIN = 3.0
"""Seconds; a connection on which nothing comes back counts as lost. With the look before it, and the second in which the watch
notices, shorter than the server's patience with us: on a line that is cut we stop before anybody else may begin."""

CLOSED_WITHIN = 2.0
"""Seconds; a server that hangs holds up no stop, and the lock ends with the process."""

# The server looks after the line too: a machine that is gone says no goodbye, and by itself the server would believe in it for
# hours, or a quarter of one if it has just said something. It waits 9 seconds, so that another is in our place within 10.
# https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-TCP-KEEPALIVES-IDLE
_SERVE = text(
    "SELECT set_config('tcp_keepalives_idle', '3', false), set_config('tcp_keepalives_interval', '2', false), "
    "set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '9000', false), "
    "pg_advisory_lock_shared(:key)"
)
_SERVED = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = 0 "
    "AND objid = :key AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)
_TRY = text("SELECT pg_try_advisory_lock(:key, :turn)")
_FREE = text("SELECT pg_advisory_unlock(:key, :turn)")


@dataclass(frozen=True, eq=False, slots=True)
class Turn:
    """Somebody who wants the turn `name`. The thread that looks after the locks calls `begun` when it is theirs, and `lost` when it
    is no more."""

    name: str
    begun: Callable[[], None]
    lost: Callable[[], None]

    @property
    def keys(self) -> dict[str, int]:
        """PostgreSQL takes 32 bits with a sign."""
        number = crc32(self.name.encode())
        return {"key": TURN_LOCK, "turn": number - (number >> 31 << 32)}


class Locks:
    """Ours, from `begin` to `end`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ended = False
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        # Changed by any thread, one step each; read as a copy.
        self._wanted: set[Turn] = set()
        # Of the thread alone.
        self._held: set[Turn] = set()

    def served(self) -> bool:
        """Whether somebody serves. Raises StoreUnavailable."""
        with self._database.read() as connection:
            return bool(connection.execute(_SERVED, {"key": SERVING_LOCK}).scalar_one())

    def begin(self) -> None:
        """We serve. Raises StoreUnavailable."""
        connection = self._connected()
        self._ended = False
        self._thread = threading.Thread(target=self._run, args=(connection,), name="locks", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Everything is let go of; turns that are still held are lost."""
        if self._thread is not None:
            self._ended = True
            self._woken.set()
            self._thread.join(CLOSED_WITHIN)
            self._thread = None

    def want(self, turn: Turn) -> None:
        """It is theirs as soon as nobody else has it; when it is lost they drop it, and may want another one."""
        self._wanted.add(turn)
        self._woken.set()

    def drop(self, turn: Turn) -> None:
        """They have done what they wanted it for, or want it no more."""
        self._wanted.discard(turn)
        self._woken.set()

    def _connected(self) -> Connection:
        connection = self._database.own()
        try:
            connection.execute(_SERVE, {"key": SERVING_LOCK})
        except SQLAlchemyError as error:
            connection.close()
            raise StoreUnavailable("the database does not answer") from error
        return connection

    def _run(self, connection: Connection) -> None:
        held: Connection | None = connection
        watch = Watch(ANSWERS_WITHIN)
        try:
            while not self._ended:
                try:
                    if held is None:
                        held = self._connected()
                        log.info("the serving lock is held again")
                    self._look(held, watch)
                except (SQLAlchemyError, StoreUnavailable) as error:
                    self._lost()
                    if held is not None:
                        log.warning("the serving lock is lost with its connection, and is taken again: %s", error)
                        held.close()
                    held = None
                self._woken.wait(LOOKS_EVERY)
                self._woken.clear()
        finally:
            self._lost()
            watch.close()
            if held is not None:
                held.close()

    def _look(self, connection: Connection, watch: Watch) -> None:
        """The connection is there; turns nobody wants any more are free, and those that are wanted ours if they can be."""
        driver = connection.connection.dbapi_connection
        assert driver is not None
        with watch.over(driver.fileno()):
            connection.execute(text("SELECT 1"))
            wanted = self._wanted.copy()
            for turn in self._held - wanted:
                connection.execute(_FREE, turn.keys)
                self._held.discard(turn)
            for turn in wanted - self._held:
                if connection.execute(_TRY, turn.keys).scalar_one():
                    self._held.add(turn)
                    turn.begun()

    def _lost(self) -> None:
        for turn in self._held:
            turn.lost()
        self._held.clear()
