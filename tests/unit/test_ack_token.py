"""The token that a mail's Message-ID carries: the same for the same page, and worth as much as the link."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.web.acknowledge import AckLinks
from bot.answering import NoSuchLink

LINKS = AckLinks("k" * 32, "https://klatsch.example.org")


def ago(**by: float) -> datetime:
    return datetime.now(UTC) - timedelta(**by)


def test_the_same_page_has_the_same_token_and_no_other_page_has() -> None:
    due = ago(minutes=1)
    token = LINKS.token(7, "ana", due)
    assert token == LINKS.token(7, "ana", due) == AckLinks("k" * 32, "").token(7, "ana", due)
    others = {LINKS.token(8, "ana", due), LINKS.token(7, "ben", due), AckLinks("x" * 32, "").token(7, "ana", due)}
    assert len({token, *others}) == 4


@pytest.mark.parametrize("age", [timedelta(days=6, hours=22), timedelta(), timedelta(minutes=-30)])
def test_it_is_good_for_seven_days_and_when_the_clock_of_the_database_is_ahead(age: timedelta) -> None:
    assert LINKS.whose(LINKS.token(7, "ana", datetime.now(UTC) - age)) == (7, "ana")


def test_it_opens_nothing_after_that_nor_with_another_key() -> None:
    for token in (LINKS.token(7, "ana", ago(days=7)), AckLinks("x" * 32, "").token(7, "ana", ago())):
        with pytest.raises(NoSuchLink):
            LINKS.whose(token)
