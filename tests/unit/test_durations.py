"""Lengths of time, as people write them and as we write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("5m", timedelta(minutes=5)),
        ("90s", timedelta(seconds=90)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("14d", timedelta(days=14)),
        ("1w", timedelta(weeks=1)),
        ("1W2D", timedelta(days=9)),
    ],
)
def test_lengths_of_time_are_read(text, length):
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a length of time looks like 5m, 1h30m, 14d or 1w"),
        ("5", "a length of time looks like 5m, 1h30m, 14d or 1w"),
        ("5 m", "a length of time looks like 5m, 1h30m, 14d or 1w"),
        ("-5m", "a length of time looks like 5m, 1h30m, 14d or 1w"),
        ("30m1h", "a length of time looks like 5m, 1h30m, 14d or 1w"),
        ("٥m", "a length of time looks like 5m, 1h30m, 14d or 1w"),
        ("0m", "a length of time is longer than zero"),
        ("3651d", "a length of time is at most ten years"),
        ("999999999w", "a length of time is at most ten years"),
    ],
)
def test_other_lengths_are_refused(text, said):
    with pytest.raises(ValueError, match=said):
        parse_duration(text)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(minutes=90), "1h30m"),
        (timedelta(days=14), "2w"),
        (timedelta(days=10), "10d"),
        (timedelta(seconds=61), "1m1s"),
        (timedelta(), "0s"),
        (timedelta(minutes=-5), "-5m"),
    ],
)
def test_lengths_are_written_the_way_they_are_read(length, text):
    assert format_duration(length) == text


@given(st.integers(1, 3650 * 86_400).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_length_that_was_written_is_read_back(length):
    assert parse_duration(format_duration(length)) == length
