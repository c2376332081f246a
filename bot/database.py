"""The configured database: opened, brought to the newest schema, looked into, or a copy of its kind to throw away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory

from bot.config import Config
from bot.incident.model import Refused
from bot.lookups import Lookups
from bot.ports import Clock
from bot.store import Files, Store, StoreUnavailable
from storage import migrate
from storage.engine import Database
from storage.files import SqlFiles
from storage.lookups import SqlLookups
from storage.store import SqlStore


def opened(config: Config) -> Database:
    """The database of `storage.url`. Nothing is asked of it yet, so it need not be there."""
    return Database(config.storage.url.get_secret_value())


def missing(database: Database) -> bool:
    """Whether it is a file that is not there yet; on PostgreSQL nobody can tell without asking."""
    return database.file is not None and not database.file.exists()


def prepare(database: Database) -> None:
    """Make the database if it is not there, and bring its schema to the newest. Raises StoreUnavailable."""
    if database.file is not None:
        database.file.parent.mkdir(parents=True, exist_ok=True)
        # It holds what is private, and the key that signs links. What cannot be made is said below.
        with suppress(OSError):
            database.file.touch(mode=0o600, exist_ok=True)
    try:
        migrate.upgrade(database)
    except StoreUnavailable as error:
        if missing(database):
            raise StoreUnavailable(f"{database.file} cannot be made ({error})") from error
        raise


@contextmanager
def reading(config: Config) -> Iterator[tuple[Lookups, Files]]:
    """The database, to look things up and read kept files; one that is not there is not made. Raises Refused then, and
    StoreUnavailable."""
    database = opened(config)
    try:
        if missing(database):
            raise Refused(
                f"There is no database yet: {database.file} does not exist.",
                "`klatsch serve` makes it; or is `storage.url` another one?",
            )
        prepare(database)
        yield SqlLookups(database), SqlFiles(database, None)
    finally:
        database.close()


@contextmanager
def rehearsal(clock: Clock) -> Iterator[tuple[Store, Lookups]]:
    """A database that is thrown away: nothing that is done in it is ever delivered."""
    with TemporaryDirectory(prefix="klatsch-") as folder:
        database = Database(f"sqlite:///{folder}/rehearsal.db")
        try:
            prepare(database)
            yield SqlStore(database, clock), SqlLookups(database)
        finally:
            database.close()


def schema_state(database: Database) -> tuple[str | None, str]:
    """The schema's version in the database (None: it has none yet), and the one this release speaks.

    Raises StoreUnavailable.
    """
    return migrate.current(database), migrate.HEAD


def schema_of(config: Config, *, upgrade: bool) -> str:
    """The version of the database's schema, after bringing it to the newest if asked."""
    database = opened(config)
    try:
        if upgrade:
            prepare(database)
        version = None if missing(database) else migrate.current(database)
        return version or "no schema yet; `klatsch db upgrade` makes it"
    finally:
        database.close()
