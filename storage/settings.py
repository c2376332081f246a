"""Small values that must outlive a restart, such as the key that signs acknowledge links."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from storage import bulk
from storage.engine import Database
from storage.tables import setting

KEY_BYTES = 32


def signing_key(database: Database) -> str:
    """The key of this installation, made once; every process on the same database gets the same one, also those that
    start at the same moment."""
    wanted = select(setting.c.value).where(setting.c.name == "signing_key")
    with database.read() as connection:
        held = connection.execute(wanted).scalar()
    if held is not None:
        return str(held)
    new = {"name": "signing_key", "value": secrets.token_urlsafe(KEY_BYTES)}
    with database.write() as connection:
        bulk.insert(connection, setting, [new], keys=("name",))
        return str(connection.execute(wanted).scalar_one())


def try_to_write(database: Database) -> None:
    """Write something small to the disk. Raises StoreUnavailable or Conflict."""
    # What stands there already would not be written.
    new = {"name": "last_try", "value": secrets.token_urlsafe(8)}
    with database.write() as connection:
        bulk.insert(connection, setting, [new], keys=("name",), changed=("value",))
