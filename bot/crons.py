"""When something comes round, as people write it: `mon 09:00`, `daily 09:00`, or five fields of cron.

Weekdays are names only. Numbers mean one day to cron and another to APScheduler, so nobody could be sure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_NUMBERS = {
    "minute": (0, 59),
    "hour": (0, 23),
    "day of the month": (1, 31),
    "month": (1, 12),
}
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days of each month, in a leap year."""

_EXAMPLE = "write it like `mon 09:00`, `mon-fri 09:00`, `daily 09:00` or `0 9 * * mon`"


@dataclass(frozen=True, slots=True)
class Cron:
    """Five fields, each in the form a cron trigger reads; `weekday` holds names, so it means the same everywhere."""

    minute: str
    hour: str
    day: str = "*"
    month: str = "*"
    weekday: str = "*"


def parse_cron(text: str) -> Cron:
    """Raises ValueError with a sentence that says which part is wrong and shows an example."""
    fields = text.lower().split()
    if len(fields) == 2:
        return _day_and_time(fields[0], fields[1])
    if len(fields) == 5:
        for name, field in zip(_NUMBERS, fields, strict=False):
            _numbers(name, field)
        _weekdays(fields[4])
        _check_day(fields[2], fields[3])
        return Cron(*fields)
    raise ValueError(f"it has {len(fields)} parts instead of two or five; {_EXAMPLE}")


def _day_and_time(days: str, time: str) -> Cron:
    clock = _CLOCK.fullmatch(time)
    if clock is None or int(clock[1]) > 23 or int(clock[2]) > 59:
        raise ValueError(f"the time is not between 00:00 and 23:59; {_EXAMPLE}")
    if days == "daily":
        days = "*"
    else:
        _weekdays(days)
    return Cron(minute=str(int(clock[2])), hour=str(int(clock[1])), weekday=days)


def weekdays(field: str) -> frozenset[int]:
    """The days that `mon-fri`, `sat,sun` or `wed` names; Monday is 0. Raises ValueError with what is wrong."""
    found: set[int] = set()
    for part in field.split(","):
        first, dash, last = part.partition("-")
        if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
            raise ValueError(f"the weekday is not one of {', '.join(WEEKDAYS)}")
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        if start > end:
            raise ValueError("the days run backwards (name them one by one: `sat,sun,mon`)")
        found.update(range(start, end + 1))
    return frozenset(found)


def _weekdays(field: str) -> None:
    try:
        if field != "*":
            weekdays(field)
    except ValueError as error:
        raise ValueError(f"{error}; {_EXAMPLE}") from None


def _numbers(name: str, field: str) -> None:
    """`*`, `*/15`, `7`, `1-5`, `1-10/2`, and several of them with commas."""
    low, high = _NUMBERS[name]
    for part in field.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        given = [] if span == "*" else [first, last] if dash else [first]
        if slash:
            given.append(step)
        if not all(number.isascii() and number.isdigit() and len(number) < 4 for number in given):
            raise ValueError(f"the {name} is not made of numbers; {_EXAMPLE}")
        bounds = given[:-1] if slash else given
        if any(not low <= int(number) <= high for number in bounds):
            raise ValueError(f"the {name} is not between {low} and {high}; {_EXAMPLE}")
        if (slash and not 1 <= int(step) <= high) or (dash and int(first) > int(last)):
            raise ValueError(f"the {name} has a range or step that never comes; {_EXAMPLE}")


def _check_day(day: str, month: str) -> None:
    """Raises ValueError when none of the months has one of the days."""
    longest = max(_LONGEST[number - 1] for number in _expanded(month, *_NUMBERS["month"]))
    if min(_expanded(day, *_NUMBERS["day of the month"])) > longest:
        raise ValueError(f"no such month has that day, so it never comes; {_EXAMPLE}")


def _expanded(field: str, low: int, high: int) -> set[int]:
    """The numbers a field names, which `_numbers` found to be in order."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        start = low if span == "*" else int(first)
        # A step behind a single number counts on from it.
        end = int(last) if dash else high if span == "*" or step else start
        found.update(range(start, end + 1, int(step or 1)))
    return found
