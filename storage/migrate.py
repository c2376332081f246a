"""Bring the database to the schema this release speaks. Upgraded on start, under a lock, by whoever comes first.

Every release works with the previous schema too, so that bots can be upgraded one after the other. A schema says which releases work
with it, so that one can also go back to the release before.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, delete, insert, inspect, select, text

from bot.store import StoreUnavailable
from storage.engine import Database
from storage.tables import setting

log = logging.getLogger(__name__)

HEAD = "0006"
"""The newest migration; a test compares it with the files."""

SERVES = "0001"
"""The oldest schema whose release works with this one. Raised by a migration that takes away what such a release needs."""

UPGRADE_LOCK = 0x6B6C62
"""Our own number among PostgreSQL's advisory locks."""

_SERVES = "schema_serves"

MIGRATIONS = Path(__file__).parent / "migrations"


def current(database: Database) -> str | None:
    """The schema's version; None for a database without one."""
    with database.read() as connection:
        return _version(connection)


def upgrade(database: Database) -> None:
    """Upgrade to HEAD. Costs one look when there is nothing to do; Alembic is imported only when there is. A newer schema is left as it
    is; raises StoreUnavailable when this release does not work with it."""
    found = current(database)
    if found is not None and found >= HEAD:
        _check(database, found)
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with database.engine.connect() as connection, _alone(connection):
        if _version(connection) != HEAD:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.execute(delete(setting).where(setting.c.name == _SERVES))
            connection.execute(insert(setting).values(name=_SERVES, value=SERVES))
            connection.commit()


def _check(database: Database, found: str) -> None:
    if found == HEAD:
        return
    with database.read() as connection:
        oldest = connection.execute(select(setting.c.value).where(setting.c.name == _SERVES)).scalar()
    if oldest is None or str(oldest) > HEAD:
        raise StoreUnavailable(
            f"its schema is {found}, and this release, which knows {HEAD}, does not work with it; run the release that made it"
        )
    log.warning("the schema of the database is %s, of a newer release; this one, of %s, works with it", found, HEAD)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if version is None else str(version)


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """SQLite's own write lock is enough there: every transaction of ours begins by taking it."""
    if connection.dialect.name == "sqlite":
        yield
        return
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": UPGRADE_LOCK})
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": UPGRADE_LOCK})
        connection.commit()
