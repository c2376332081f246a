"""What an iCalendar file says of who is on call (RFC 5545). Pure. Who writes the file can make it as slow as they
like, so it is read in a process of its own (`adapters.oncall.apart`).

A calendar in which one event cannot be understood is refused whole: a shift that is left out would be a hole at night.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import recurring_ical_events
from icalendar import Calendar
from icalendar.cal import Component

from adapters.excerpt import excerpt
from adapters.oncall.calling import MOST_PEOPLE, called_in, called_of
from adapters.oncall.lines import WHERE, Unreadable, needed
from bot.coffee.dated import Meeting
from bot.incident.links import is_web
from bot.oncall.calendar import NamedShift

MOST_SHIFTS = 20_000
MOST_SAID = 4_000_000
"""Characters of the names in all of them: what a calendar of a few kilobytes repeats must not fill our memory."""

MOST_TITLE = 300
"""Characters of a meeting's title that are looked at."""

LATEST = 2100
"""No event ends later than in this year; "for ever" is often written as 9999."""


def read(body: bytes, start: datetime, end: datetime, zone: ZoneInfo, *, free: bool = False) -> list[NamedShift]:
    """The shifts that overlap `start` to `end` (UTC). Days without times, and times without a zone, are those of `zone`. Left out is
    what is cancelled, and unless `free` is true what is marked as free time.

    Raises `adapters.oncall.lines.Unreadable`, naming what is wrong.
    """
    with _quietly():
        found = [one for calendar in _calendars(body) for one in _shifts(calendar, start, end, zone, free)]
    return sorted(found, key=lambda shift: (shift.start, shift.end, shift.people))


def read_meetings(body: bytes, start: datetime, end: datetime, zone: ZoneInfo) -> list[Meeting]:
    """The meetings that begin from `start` until just before `end` (UTC), in order; as `read`."""
    with _quietly():
        found = [one for calendar in _calendars(body, WHERE) for one in _meetings(calendar, start, end, zone)]
    return sorted(found, key=lambda meeting: (meeting.start, meeting.title))


@contextmanager
def _quietly() -> Iterator[None]:
    with warnings.catch_warnings():
        # The library tells when it takes the zone of `/vendor/Europe/Berlin` for that of `Europe/Berlin`, which is what is meant.
        warnings.simplefilter("ignore")
        yield


def _calendars(body: bytes, more: frozenset[str] = frozenset()) -> list[Component]:
    try:
        calendars = Calendar.from_ical(needed(body, more), multiple=True)
    except ValueError as error:
        raise Unreadable(f"has a line that cannot be read: {excerpt(str(error))}") from None
    for calendar in calendars:
        for event in calendar.walk():
            _check(event)
    return [*calendars]


def _check(part: Component) -> None:
    """Raises Unreadable for what the library would take for something else, or never come to an end with."""
    if part.name in ("STANDARD", "DAYLIGHT") and any(rule.get("FREQ") != ["YEARLY"] for rule in _all(part, "RRULE")):
        raise Unreadable("has a time zone whose clocks change more often than yearly")
    if part.name != "VEVENT":
        return
    about = f"has an event ({excerpt(_text(part, 'SUMMARY'), limit=60) or 'without SUMMARY'})"
    for name, reason in part.errors:
        raise Unreadable(f"{about} with a {name} that cannot be read: {excerpt(reason)}")
    for name in ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID"):
        if len(_all(part, name)) > 1:
            raise Unreadable(f"{about} with more than one {name}")
    if "DTSTART" not in part:
        raise Unreadable(f"{about} without DTSTART")
    for rule in _all(part, "RRULE"):
        often = str(*rule.get("FREQ", [""])) or "without FREQ"
        if often in ("MINUTELY", "SECONDLY", "without FREQ"):
            raise Unreadable(f"{about} that repeats {often}; HOURLY is the shortest that is followed")
    _check_times(part, about)


def _check_times(event: Component, about: str) -> None:
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE"):
        for value in _all(event, name):
            zone = str(value.params.get("TZID", ""))
            moments = [one.dt for one in value.dts] if name in ("RDATE", "EXDATE") else [value.dt]
            begins = [moment[0] if isinstance(moment, tuple) else moment for moment in moments]
            if zone and any(isinstance(moment, datetime) and moment.tzinfo is None for moment in begins):
                raise Unreadable(f"{about} in the time zone {excerpt(zone, limit=60)}, which nobody knows")
    (begin,) = _all(event, "DTSTART")
    for until in _all(event, "DTEND"):
        if isinstance(until.dt, datetime) is not isinstance(begin.dt, datetime):
            raise Unreadable(f"{about} that begins with a day and ends with a time, or the other way round")
        if until.dt.year > LATEST >= begin.dt.year:
            until.dt = until.dt.replace(year=LATEST, month=1, day=1)
        if _instant(until.dt, UTC) < _instant(begin.dt, UTC):
            raise Unreadable(f"{about} that ends before it begins")
    if any(length.dt < timedelta(0) for length in _all(event, "DURATION")):
        raise Unreadable(f"{about} that ends before it begins")


def _all(part: Component, name: str) -> list[Any]:
    """Every value of a property that may stand there several times."""
    value: Any = part.get(name, [])
    return value if isinstance(value, list) else [value]


def _text(part: Component, name: str) -> str:
    return next((str(value) for value in _all(part, name)), "")


def _shifts(calendar: Component, start: datetime, end: datetime, zone: ZoneInfo, free: bool) -> Iterator[NamedShift]:
    with _followed():
        said = 0
        for event in _events(calendar, start, end, "shifts"):
            shift = _shift(event, zone, free)
            if shift is not None and shift.start < end and shift.end > start:
                said += sum(len(name) for called in (*shift.people, *shift.instead) for name in called)
                if said > MOST_SAID:
                    raise Unreadable(f"has names of more than {MOST_SAID} characters in {(end - start).days} days")
                yield shift


def _meetings(calendar: Component, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Meeting]:
    with _followed():
        for event in _events(calendar, start, end, "meetings"):
            (begins,) = _all(event, "DTSTART")
            at = _instant(begins.dt, zone)
            if start <= at < end and _text(event, "STATUS").upper() != "CANCELLED":
                places = (_text(event, "URL"), _text(event, "LOCATION"))
                link = next((place for place in places if is_web(place)), "")
                yield Meeting(at, _text(event, "SUMMARY")[:MOST_TITLE], link)


def _events(calendar: Component, start: datetime, end: datetime, what: str) -> Iterator[Component]:
    """Each occurrence as an event of its own."""
    # What has no zone is compared as if it were UTC, and may be up to fourteen hours off.
    wide = (start - timedelta(days=1), end + timedelta(days=1))
    series = recurring_ical_events.of(calendar).series
    occurrences = (occurrence for one in series for occurrence in one.between(*wide))
    for count, occurrence in enumerate(occurrences, 1):
        if count > MOST_SHIFTS:
            raise Unreadable(f"has more than {MOST_SHIFTS} {what} in {(end - start).days} days")
        yield occurrence.as_component(False)


@contextmanager
def _followed() -> Iterator[None]:
    """What the library says of rules that it cannot follow, in our words."""
    try:
        yield
    except OverflowError:
        raise Unreadable(f"has an event with a time after the year {LATEST} that cannot be counted with") from None
    except ZoneInfoNotFoundError:
        raise Unreadable("is in a time zone (X-WR-TIMEZONE) that nobody knows") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unreadable(f"has an event that repeats in a way that cannot be followed: {excerpt(str(error))}") from None


def _shift(event: Component, zone: ZoneInfo, free: bool) -> NamedShift | None:
    if _text(event, "STATUS").upper() == "CANCELLED":
        return None
    if not free and _text(event, "TRANSP").upper() == "TRANSPARENT":
        return None
    (start,), (end,) = _all(event, "DTSTART"), _all(event, "DTEND")
    people = tuple(called for one in _all(event, "ATTENDEE") if (called := called_of(str(one), one.params)))
    begin, until = _instant(start.dt, zone), _instant(end.dt, zone)
    if begin >= until:
        return None
    return NamedShift(called_in(_text(event, "SUMMARY")), begin, until, people[:MOST_PEOPLE])


def _instant(moment: date, zone: tzinfo) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
