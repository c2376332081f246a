"""That somebody serves a PostgreSQL database, seen by everybody who looks: a shared advisory lock, held for as long as the
process lives, on a connection of its own. The lock goes with the connection, and the connection with the process.
"""

from __future__ import annotations

import logging
import threading

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from bot.store import StoreUnavailable
from storage.engine import Database

log = logging.getLogger(__name__)

SERVING_LOCK = 0x6B6C63
"""Our own number among PostgreSQL's advisory locks."""

LOOKS_EVERY = 1.0
"""Seconds after which a lost lock is noticed and taken again."""

CLOSED_WITHIN = 2.0
"""Seconds; a server that hangs holds up no stop, and the lock ends with the process."""

# The server looks after the line too: a machine that is gone says no goodbye, and by itself the server would believe in it for
# hours (https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-TCP-KEEPALIVES-IDLE).
_TAKE = text(
    "SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false), "
    "set_config('tcp_keepalives_count', '3', false), pg_advisory_lock_shared(:key)"
)
_HELD = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = 0 "
    "AND objid = :key AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)


class Presence:
    """Ours, from `begin` to `end`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def seen(self) -> bool:
        """Whether somebody serves. Raises StoreUnavailable."""
        with self._database.read() as connection:
            return bool(connection.execute(_HELD, {"key": SERVING_LOCK}).scalar_one())

    def begin(self) -> None:
        """Raises StoreUnavailable."""
        held = self._taken()
        self._ended.clear()
        self._thread = threading.Thread(target=self._keep, args=(held,), name="serving lock", daemon=True)
        self._thread.start()

    def end(self) -> None:
        if self._thread is not None:
            self._ended.set()
            self._thread.join(CLOSED_WITHIN)
            self._thread = None

    def _taken(self) -> Connection:
        connection = self._database.own()
        try:
            connection.execute(_TAKE, {"key": SERVING_LOCK})
        except SQLAlchemyError as error:
            connection.close()
            raise StoreUnavailable("the database does not answer") from error
        return connection

    def _keep(self, connection: Connection) -> None:
        held: Connection | None = connection
        while not self._ended.wait(LOOKS_EVERY):
            try:
                if held is None:
                    held = self._taken()
                    log.info("the serving lock is held again")
                else:
                    held.execute(text("SELECT 1"))
            except (SQLAlchemyError, StoreUnavailable) as error:
                if held is not None:
                    log.warning("the serving lock is lost with its connection, and is taken again: %s", error)
                    held.close()
                held = None
        if held is not None:
            held.close()
