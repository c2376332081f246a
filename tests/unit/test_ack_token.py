"""The token that a mail's Message-ID carries: the same for the same page, and worth as much as the link."""

from __future__ import annotations

import time
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


@pytest.mark.parametrize("age", [timedelta(days=6, hours=23), timedelta(), timedelta(seconds=-30), timedelta(hours=-3)])
def test_it_is_good_for_seven_days_and_when_whoever_signed_it_has_another_clock(age: timedelta) -> None:
    assert LINKS.whose(LINKS.token(7, "ana", datetime.now(UTC) - age)) == (7, "ana")


def test_it_opens_nothing_after_that_nor_with_another_key() -> None:
    for token in (LINKS.token(7, "ana", ago(days=7, seconds=2)), AckLinks("x" * 32, "").token(7, "ana", ago())):
        with pytest.raises(NoSuchLink):
            LINKS.whose(token)


def test_a_link_that_a_bot_with_a_clock_ahead_of_ours_made_acknowledges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two bots behind one address, half a minute apart; or one whose clock was set back since."""
    real = time.time
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time", lambda: real() + 30)
        link = LINKS.link(7, "ana")
    assert LINKS.whose(link.rpartition("/")[2]) == (7, "ana")
