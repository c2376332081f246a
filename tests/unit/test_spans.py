"""Stretches of time as people type them: from when until when, always ahead."""

from datetime import UTC, datetime

import pytest

from bot.chat.context import Context
from bot.chat.spans import day, span
from bot.incident.model import Refused

NOW = datetime(2026, 11, 27, 17, 5, tzinfo=UTC)
"""A Friday, 18:05 in Berlin."""


def context(at: datetime = NOW, zone: str = "Europe/Berlin") -> Context:
    return Context(by="ana", at=at, zone=zone)


def said(text: str, **given: object) -> tuple[str, str]:
    start, end = span(text, context(**given))
    return f"{start:%m-%dT%H:%M}", f"{end:%m-%dT%H:%M}"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("18:00-22:00", "11-27T17:00", "11-27T21:00"),
        ("18:00 – 22:00", "11-27T17:00", "11-27T21:00"),
        ("1800-2200", "11-27T17:00", "11-27T21:00"),
        ("18.30-22.00 Uhr", "11-27T17:30", "11-27T21:00"),
        # It is over for today, so tomorrow is meant.
        ("09:00-17:00", "11-28T08:00", "11-28T16:00"),
        # Over midnight; and what began in the evening goes on in the night.
        ("22:00-06:00", "11-27T21:00", "11-28T05:00"),
        ("20:00-24:00", "11-27T19:00", "11-27T23:00"),
        ("tomorrow 18:00-22:00", "11-28T17:00", "11-28T21:00"),
        ("monday 09:00-17:00", "11-30T08:00", "11-30T16:00"),
        ("freitag 09:00-17:00", "12-04T08:00", "12-04T16:00"),
        ("24.12. 18:00-22:00", "12-24T17:00", "12-24T21:00"),
        ("2026-12-24 22:00-06:00", "12-24T21:00", "12-25T05:00"),
        ("until 22:00", "11-27T17:05", "11-27T21:00"),
        ("bis tomorrow 09:00", "11-27T17:05", "11-28T08:00"),
        ("until 2026-11-29T09:00", "11-27T17:05", "11-29T08:00"),
        ("4h", "11-27T17:05", "11-27T21:05"),
        ("2d", "11-27T17:05", "11-29T17:05"),
        ("from 20:00 to 22:00", "11-27T19:00", "11-27T21:00"),
        ("20:00 to 02:00", "11-27T19:00", "11-28T01:00"),
        ("24.12. 18:00 to 26.12. 09:00", "12-24T17:00", "12-26T08:00"),
        ("2026-12-24T18:00 to 2026-12-25T09:00", "12-24T17:00", "12-25T08:00"),
        ("tomorrow to sunday", "11-27T23:00", "11-29T23:00"),
        ("24.12.-26.12.", "12-23T23:00", "12-26T23:00"),
        ("tomorrow", "11-27T23:00", "11-28T23:00"),
        ("24.12.", "12-23T23:00", "12-24T23:00"),
        ("2026-12-24", "12-23T23:00", "12-24T23:00"),
    ],
)  # fmt: skip
def test_a_stretch_is_understood_and_lies_ahead(text: str, start: str, end: str) -> None:
    assert said(text) == (start, end)


def test_in_the_night_the_stretch_that_goes_on_is_meant() -> None:
    assert said("22:00-06:00", at=datetime(2026, 11, 28, 2, 0, tzinfo=UTC)) == ("11-27T21:00", "11-28T05:00")


@pytest.mark.parametrize(
    ("text", "hours"),
    # The clocks go forward in the night to 2027-03-28, and back in that to 2027-10-31.
    [("28.3.2027", 23), ("31.10.2027", 25), ("27.3.2027 22:00-06:00", 7), ("30.10.2027 22:00-06:00", 9)],
)
def test_when_the_clocks_change_a_stretch_is_as_long_as_the_day_lets_it(text: str, hours: int) -> None:
    start, end = span(text, context())
    assert (end - start).total_seconds() == hours * 3600


@pytest.mark.parametrize(
    "text", ["", "25:00-26:00", "18:61-19:00", "18:00-", "soon", "32.12.", "31.2.-1.3.", "until whenever", "- -"]
)
def test_what_is_no_stretch_is_refused_with_examples(text: str) -> None:
    with pytest.raises(Refused) as refused:
        span(text, context())
    assert "18:00-22:00" in refused.value.hint or "help times" in refused.value.hint


def test_a_day_is_told_from_other_times() -> None:
    found = day("tomorrow", context())
    assert found is not None
    assert (found[1] - found[0]).total_seconds() == 24 * 3600
    assert [day(text, context()) for text in ("18:00", "4h", "-10m", "nonsense")] == [None] * 4
