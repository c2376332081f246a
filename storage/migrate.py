"""Bring the database to the schema this release speaks. Upgraded on start, under a lock, by whoever comes first.

Every release works with the previous schema too, so that bots can be upgraded one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from storage.engine import Database

HEAD = "0003"
"""The newest migration; a test compares it with the files."""

UPGRADE_LOCK = 0x6B6C62
"""Our own number among PostgreSQL's advisory locks."""

MIGRATIONS = Path(__file__).parent / "migrations"


def current(database: Database) -> str | None:
    """The schema's version; None for a database without one."""
    with database.read() as connection:
        return _version(connection)


def upgrade(database: Database) -> None:
    """Upgrade to HEAD. Costs one look when there is nothing to do; Alembic is imported only when there is."""
    if current(database) == HEAD:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with database.engine.connect() as connection, _alone(connection):
        if _version(connection) != HEAD:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()


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
