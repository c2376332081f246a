"""Times that come round, as people write them."""

from datetime import UTC, datetime

import pytest
from apscheduler.triggers.cron import CronTrigger

from bot.crons import Cron, parse_cron


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("mon 09:00", Cron("0", "9", weekday="mon")),
        ("Mon-Fri 9:05", Cron("5", "9", weekday="mon-fri")),
        ("sat,sun 00:00", Cron("0", "0", weekday="sat,sun")),
        ("daily 23:59", Cron("59", "23")),
        ("0 9 * * mon", Cron("0", "9", weekday="mon")),
        ("*/15 8-18/2 1,15 * mon-fri", Cron("*/15", "8-18/2", "1,15", "*", "mon-fri")),
        ("0 9 29 2 *", Cron("0", "9", "29", "2")),
        ("0 9 31 */3 *", Cron("0", "9", "31", "*/3")),
        ("0 9 28-31 2 *", Cron("0", "9", "28-31", "2")),
    ],
)
def test_times_that_come_round_are_read(text, cron):
    assert parse_cron(text) == cron


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it has 0 parts instead of two or five"),
        ("mon", "it has 1 parts instead of two or five"),
        ("mon 24:00", "the time is not between 00:00 and 23:59"),
        ("mon 9", "the time is not between 00:00 and 23:59"),
        ("1 09:00", "the weekday is not one of mon, tue, wed, thu, fri, sat, sun"),
        ("fri-mon 09:00", "the days run backwards"),
        ("0 9 * * 1", "the weekday is not one of mon, tue, wed, thu, fri, sat, sun"),
        ("60 9 * * mon", "the minute is not between 0 and 59"),
        ("0 9 0 * mon", "the day of the month is not between 1 and 31"),
        ("0 9 * jan mon", "the month is not made of numbers"),
        ("0 9-8 * * mon", "the hour has a range or step that never comes"),
        ("*/0 9 * * mon", "the minute has a range or step that never comes"),
        ("0 9 31 2 *", "no such month has that day, so it never comes"),
        ("0 9 30-31 2 *", "no such month has that day, so it never comes"),
        ("0 9 31 4,6,9-11/2 mon", "no such month has that day, so it never comes"),
        ("² 9 * * mon", "the minute is not made of numbers"),
        ("0, 9 * * mon", "the minute is not made of numbers"),
    ],
)
def test_other_times_are_refused_with_an_example(text, said):
    with pytest.raises(ValueError, match=said) as error:
        parse_cron(text)
    assert str(error.value).endswith("write it like `mon 09:00`, `mon-fri 09:00`, `daily 09:00` or `0 9 * * mon`")


def test_what_we_read_as_a_cron_is_one_for_the_calendar_too():
    for text in ("mon 09:00", "mon-fri 9:05", "daily 23:59", "*/15 8-18/2 1,15 * mon-fri"):
        cron = parse_cron(text)
        made = CronTrigger(
            minute=cron.minute, hour=cron.hour, day=cron.day, month=cron.month, day_of_week=cron.weekday, timezone="UTC"
        )
        assert made.get_next_fire_time(None, datetime(2026, 11, 2, tzinfo=UTC)) is not None
