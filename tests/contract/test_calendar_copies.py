"""The last good copies of calendars, in the database."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.calendars import LARGEST, CalendarCopies, CalendarCopy
from bot.store import StoreUnavailable
from storage import migrate
from storage.calendars import SqlCalendars
from storage.engine import Database
from tests.clock import START
from tests.world import World

COPY = CalendarCopy("a" * 64, b"BEGIN:VCALENDAR\0\xff\r\n", '"etag"', "", START, START)


@pytest.fixture
def copies(world: World) -> CalendarCopies:
    return SqlCalendars(world.database)


def test_a_copy_is_there_again_for_whoever_opens_the_database(copies: CalendarCopies, database_url: str) -> None:
    assert copies.find("platform") is None
    copies.keep("platform", COPY)
    with closing(Database(database_url)) as database:
        assert SqlCalendars(database).find("platform") == COPY
    assert copies.find("storage") is None


def test_a_newer_copy_takes_the_place_of_the_one_before(copies: CalendarCopies) -> None:
    newer = replace(
        COPY, source="b" * 64, body=b"x" * LARGEST, etag="", modified="today", fetched_at=START + timedelta(1)
    )
    copies.keep("platform", COPY)
    copies.keep("storage", COPY)
    copies.keep("platform", newer)
    assert copies.find("platform") == newer
    assert copies.find("storage") == COPY


def test_that_a_copy_is_still_the_newest_is_kept_for_that_place_alone(copies: CalendarCopies) -> None:
    later = START + timedelta(hours=1)
    copies.keep("platform", COPY)
    copies.checked("platform", "b" * 64, later)
    assert copies.find("platform") == COPY
    copies.checked("platform", COPY.source, later)
    copies.checked("gone", COPY.source, later)
    assert copies.find("platform") == replace(COPY, checked_at=later)
    assert copies.find("gone") is None


def test_a_database_that_is_gone_is_told(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/klatsch.db")) as database:
        migrate.upgrade(database)
        copies = SqlCalendars(database)
        copies.keep("platform", COPY)
        (tmp_path / "klatsch.db").unlink()
        with pytest.raises(StoreUnavailable):
            copies.find("platform")
        with pytest.raises(StoreUnavailable):
            copies.keep("platform", COPY)
        with pytest.raises(StoreUnavailable):
            copies.checked("platform", COPY.source, START)
