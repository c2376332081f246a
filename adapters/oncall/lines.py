"""The lines of an iCalendar file that say when somebody is on call. The rest is left out before anybody reads it: descriptions as long
as books, pictures, alarms, and what a program made up for itself, however it is written."""

from __future__ import annotations

import re

MOST_EVENTS = 20_000
LONGEST = 200_000
"""Characters of one line that is needed, such as the exceptions of a series."""

INSIDE = {
    "": frozenset({"VCALENDAR"}),
    "VCALENDAR": frozenset({"VEVENT", "VTIMEZONE"}),
    "VTIMEZONE": frozenset({"STANDARD", "DAYLIGHT"}),
}
"""What is read of what stands where."""

NAMES = frozenset(
    {
        *("CALSCALE", "PRODID", "VERSION", "X-WR-TIMEZONE", "TZID", "TZOFFSETFROM", "TZOFFSETTO"),
        *("UID", "SEQUENCE", "RECURRENCE-ID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE"),
        *("SUMMARY", "ATTENDEE", "STATUS", "TRANSP"),
    }
)

_FOLD = re.compile(r"\r?\n[ \t]|\r(?!\n)[ \t]")
_NAME = re.compile(r"[A-Za-z0-9-]+")


class Unreadable(Exception):
    """Why a calendar cannot be understood: reads on behind "the calendar ", and holds nothing that is long."""


WHERE = frozenset({"LOCATION", "URL"})
"""What else is needed of a meeting."""


def needed(body: bytes, more: frozenset[str] = frozenset()) -> str:
    """The calendars in `body` with their time zones and events, and of these the lines that are needed, and `more` of them.

    Raises Unreadable when they are too many or too long, and when it is not a calendar at all.
    """
    text = body.decode("utf-8-sig", "replace")
    if text.lstrip()[:1] == "<":
        raise Unreadable("is a web page; check the address, and that nobody has to log in there")
    kept: list[str] = []
    inside: list[str] = []
    skipped: list[str] = []
    events = 0
    for line in _FOLD.sub("", text).splitlines():
        named = _NAME.match(line)
        name = named[0].upper() if named else ""
        what = line.partition(":")[2].strip().upper() if name in ("BEGIN", "END") else ""
        if name == "BEGIN":
            if skipped or what not in INSIDE.get(inside[-1] if inside else "", ()):
                skipped.append(what)
                continue
            inside.append(what)
            events += what == "VEVENT"
            if events > MOST_EVENTS:
                raise Unreadable(f"has more than {MOST_EVENTS} events")
        elif name == "END":
            if skipped:
                skipped.pop()
                continue
            if not inside or inside.pop() != what:
                raise Unreadable(f"has an END:{what[:40]} that belongs to nothing")
        elif skipped or not (name in NAMES or name in more):
            continue
        if len(line) > LONGEST:
            raise Unreadable(f"has a {name} of more than {LONGEST} characters")
        kept.append(line)
    if not kept:
        raise Unreadable("is empty" if not text.strip() else "is none: it has no BEGIN:VCALENDAR")
    if inside or skipped:
        raise Unreadable(f"ends in the middle: END:{(skipped or inside)[-1][:40]} is missing")
    return "\r\n".join([*kept, ""])
