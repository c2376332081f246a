"""Engines and transactions. SQLite: WAL, full durability, one writer at a time. PostgreSQL: its own locks and clock.

Durability is not traded: `synchronous=FULL` costs a seventh of the speed once commits are batched (docs/decisions).
"""

from __future__ import annotations

import os
import selectors
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Pool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidatePoolError, SQLAlchemyError

from bot.store import Conflict, StoreUnavailable
from storage.watch import Watch

# https://www.postgresql.org/docs/current/errcodes-appendix.html: serialization failure, deadlock.
LOST_RACE = frozenset({"40001", "40P01"})
BUSY_SECONDS = 5
CLOSED_WITHIN = 2.0
"""Seconds."""

PATIENCE = 15.0
"""Seconds that one transaction on PostgreSQL may take: ten times what a message of 10,000 alerts does."""


class Database:
    """A database by its URL, `sqlite:///file` or `postgresql://user@host/name`."""

    def __init__(self, url: str) -> None:
        self.url = _with_driver(make_url(url))
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._one_writer = threading.Lock()
        self._inode = 0
        self._watch = Watch(PATIENCE)
        self._idle = threading.Condition()
        self._busy = 0
        self._closed = False
        self._left: tuple[Pool, ...] = ()
        if self.sqlite:
            self._writer = _sqlite(self.url, "BEGIN IMMEDIATE")
            self._reader = _sqlite(self.url, "BEGIN")
        else:
            self._writer = _postgresql(self.url)
            self._reader = self._writer

    @property
    def engine(self) -> Engine:
        """The engine that writes."""
        return self._writer

    @property
    def file(self) -> Path | None:
        """Where an SQLite database lies; None in memory and on PostgreSQL."""
        name = self.url.database
        return Path(name) if self.sqlite and name and name != ":memory:" else None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may write: committed on leaving, rolled back on an exception.

        Raises StoreUnavailable when the database does not answer or is full, Conflict when another process was first.
        """
        if self.sqlite:
            # Waiting here is fair and cheap; waiting for the file's own lock is a sleep loop.
            with self._under_way(), self._one_writer, _translated(), self._writer.begin() as connection:
                self._check_file()
                yield connection
        else:
            with (
                self._under_way(),
                _translated(),
                self._writer.connect() as connection,
                self._watched(connection),
                connection.begin(),
            ):
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent look. Raises StoreUnavailable."""
        with (
            self._under_way(),
            _translated(),
            self._reader.connect() as connection,
            self._watched(connection),
            connection.begin(),
        ):
            self._check_file()
            yield connection

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        with self._idle:
            if self._closed:
                raise StoreUnavailable("the database is closed: Klatsch stops")
            self._busy += 1
        try:
            yield
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()
                left = () if self._busy else self._left
            for pool in left:
                pool.dispose()

    def own(self) -> Connection:
        """A connection for one holder, outside of the pool; every statement on it stands for itself. Raises
        StoreUnavailable."""
        with _translated():
            connection = self._writer.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()
            return connection

    def _watched(self, connection: Connection) -> AbstractContextManager[None]:
        driver = connection.connection.driver_connection
        return nullcontext() if self.sqlite or driver is None else self._watch.over(driver.fileno())

    def _check_file(self) -> None:
        """SQLite goes on writing to a file that was removed; what it then promises is gone with the process."""
        if self.file is None:
            return
        try:
            inode = self.file.stat().st_ino
        except FileNotFoundError:
            inode = 0
        self._inode = self._inode or inode
        if inode != self._inode:
            raise StoreUnavailable(f"{self.file} was removed or replaced; stop Klatsch, put it back, and start again")

    def close(self) -> None:
        """Waits a moment for what is under way in a thread that nobody waits for any more: a connection that comes back when its
        pool is gone is closed by nobody, unless by the last who comes back. What such a thread begins afterwards raises
        StoreUnavailable."""
        with self._idle:
            self._closed = True
            self._idle.wait_for(lambda: self._busy == 0, timeout=CLOSED_WITHIN)
            self._left = (self._writer.pool, self._reader.pool)
        self._watch.close()
        self._writer.dispose()
        self._reader.dispose()


def _with_driver(url: URL) -> URL:
    if url.get_backend_name() == "postgresql" and url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    return url


def _postgresql(url: URL) -> Engine:
    # A server that vanished without a word is noticed after seconds, not after the quarter of an hour that the system's
    # own patience lasts (https://www.postgresql.org/docs/current/libpq-connect.html).
    connect = {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "tcp_user_timeout": 15_000,
        "options": _in_utc(url),
    }
    engine = create_engine(url, pool_size=6, max_overflow=4, hide_parameters=True, connect_args=connect)

    @event.listens_for(engine, "checkout")
    def still_there(connection: Any, _record: object, _proxy: object) -> None:
        # An idle connection has nothing to say unless the server hung up. Looking costs nothing; a ping, a round trip.
        with selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            if selector.select(0):
                raise InvalidatePoolError("the server closed the connection")

    return engine


def _in_utc(url: URL) -> str:
    """The session's options: those somebody asked for, and the zone. In any other the server shows the ends of the
    calendar as times before the year 1 or after 9999, which no driver can read."""
    asked = url.query.get("options", os.environ.get("PGOPTIONS", ""))
    return " ".join((*([asked] if isinstance(asked, str) else asked), "-c TimeZone=UTC")).strip()


def _sqlite(url: URL, begin: str) -> Engine:
    connect = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    # What is stored is people's words and keys; an error in the log needs none of it.
    engine = create_engine(url, hide_parameters=True, connect_args=connect)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # The driver must not begin transactions by itself: it would begin them deferred, and two that read first
        # and then write dead-lock (https://docs.sqlalchemy.org/en/21/dialects/sqlite.html, "Transactions").
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise Conflict(_first_line(error)) from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in LOST_RACE:
            raise Conflict(_first_line(error)) from error
        if _is_a_bug(error):
            raise
        raise StoreUnavailable(_first_line(error)) from error
    except SQLAlchemyError as error:
        if type(error).__name__ == "TimeoutError":
            raise StoreUnavailable("every database connection is in use") from error
        raise


def _is_a_bug(error: DBAPIError) -> bool:
    """Wrong SQL is ours to mend; a database that is gone, locked or full is not."""
    return type(error).__name__ in ("ProgrammingError", "DataError", "NotSupportedError") or "no such " in str(
        error.orig
    )


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).strip().splitlines() or ["unknown error"])[0][:200]
