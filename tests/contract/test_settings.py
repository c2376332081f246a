"""What is kept beside the incidents: made once, whoever comes first."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage.engine import Database
from storage.settings import signing_key

TOGETHER = 6


@pytest.fixture
def databases(database_url: str) -> Iterator[list[Database]]:
    """As many processes would have, on the same fresh database."""
    with ExitStack() as stack:
        opened = [Database(database_url) for _ in range(TOGETHER)]
        for database in opened:
            stack.callback(database.close)
        yield opened


def test_bots_that_start_together_sign_with_the_same_key(databases: list[Database]) -> None:
    at_once = Barrier(TOGETHER)

    def start(database: Database) -> str:
        at_once.wait(10)
        return signing_key(database)

    with ThreadPoolExecutor(TOGETHER) as bots:
        keys = set(bots.map(start, databases))
    assert len(keys) == 1
    assert keys == {signing_key(databases[0])}
    assert len(keys.pop()) >= 32


def test_an_error_of_a_statement_tells_none_of_its_values(databases: list[Database]) -> None:
    secret = "k3y-that-signs-links"
    with databases[0].write() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text("INSERT INTO no_such_table VALUES (:value)"), {"value": secret})
    assert secret not in "".join(traceback.format_exception(caught.value))
