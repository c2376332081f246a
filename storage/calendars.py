"""The last good copies of calendars: `bot.calendars.CalendarCopies`, in the database, so that every process has them, also after a
restart."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from bot.calendars import CalendarCopy
from bot.store import Conflict, StoreUnavailable
from storage.engine import Database
from storage.tables import calendar

_KEPT = ("source", "etag", "modified", "fetched_at", "checked_at", "body")


class SqlCalendars:
    """`bot.calendars.CalendarCopies`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, schedule: str) -> CalendarCopy | None:
        wanted = select(*(calendar.c[name] for name in _KEPT)).where(calendar.c.schedule == schedule)
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else CalendarCopy(**row._asdict())

    def keep(self, schedule: str, copy: CalendarCopy) -> None:
        values = {name: getattr(copy, name) for name in _KEPT}
        try:
            with self._database.write() as connection:
                done = connection.execute(update(calendar).where(calendar.c.schedule == schedule).values(values))
                if not done.rowcount:
                    connection.execute(calendar.insert().values(schedule=schedule, **values))
        except Conflict as error:
            raise StoreUnavailable(f"another process was first: {error}") from error

    def checked(self, schedule: str, source: str, at: datetime) -> None:
        same = (calendar.c.schedule == schedule, calendar.c.source == source)
        try:
            with self._database.write() as connection:
                connection.execute(update(calendar).where(*same).values(checked_at=at))
        except Conflict as error:
            raise StoreUnavailable(f"another process was first: {error}") from error
