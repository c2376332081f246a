"""A calendar that strangers wrote, read in a process of its own, which may take only so much time and memory. There are rules by
which a day never comes, and no library can be stopped in the middle of looking for it. That process ends with each calendar: nothing
that one defines (time zones) is there for the next.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from adapters.aside import run_aside
from bot.coffee.dated import Meeting
from bot.oncall.calendar import NamedShift
from bot.ports import Rejected

CPU_SECONDS = 15
WITHIN = 60.0
"""Seconds of the processor, and on the clock when the machine is busy. 20,000 events take four, and 10 MB of them nine."""

MEMORY = 1_000_000_000
"""Bytes; 10 MB of events take a quarter."""


class Wanted(msgspec.Struct, frozen=True):
    """What is asked of that process, in one line before the calendar itself."""

    start: datetime
    end: datetime
    zone: str
    free: bool
    cpu_seconds: int
    memory: int
    meetings: bool = False


class Said(msgspec.Struct, frozen=True):
    """What it answers; `wrong` is why the calendar cannot be understood."""

    shifts: tuple[NamedShift, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    wrong: str = ""


def read_apart(
    body: bytes, start: datetime, end: datetime, zone: ZoneInfo, *, free: bool, provider: str
) -> Sequence[NamedShift]:
    """`adapters.oncall.ical.read` in a process of its own. Raises Rejected when the calendar cannot be understood within its time
    and memory, Unavailable when that process could not do its work; `provider` begins the reason."""
    return _said(Wanted(start, end, zone.key, free, CPU_SECONDS, MEMORY), body, provider).shifts


def read_meetings_apart(
    body: bytes, start: datetime, end: datetime, zone: ZoneInfo, *, provider: str
) -> Sequence[Meeting]:
    """The same of `adapters.oncall.ical.read_meetings`."""
    wanted = Wanted(start, end, zone.key, False, CPU_SECONDS, MEMORY, meetings=True)
    return _said(wanted, body, provider).meetings


def _said(wanted: Wanted, body: bytes, provider: str) -> Said:
    asked = msgspec.json.encode(wanted) + b"\n" + body
    late, task = "the calendar could not be read", "read the calendar"
    ended, answer, last = run_aside("adapters.oncall.apart", asked, WITHIN, provider=provider, late=late, task=task)
    if ended < 0:
        raise Rejected(
            f"{provider}: the calendar takes more than {CPU_SECONDS} s to read; look for events that repeat very often, or never"
        )
    if ended:
        # The last line of a traceback: a bug of ours or of the library's.
        raise Rejected(f"{provider}: the calendar could not be read: {last}")
    said = msgspec.json.decode(answer, type=Said)
    if said.wrong:
        raise Rejected(f"{provider}: the calendar {said.wrong}")
    return said


def _limit(wanted: Wanted) -> None:
    for kind, most in ((resource.RLIMIT_CPU, wanted.cpu_seconds), (resource.RLIMIT_AS, wanted.memory)):
        hard = resource.getrlimit(kind)[1]
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # Some systems (macOS) take no limit for memory; that of a calendar's size holds there too.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (soft, hard))


def main() -> None:
    """Reads what `read_apart` writes."""
    line, _, body = sys.stdin.buffer.read().partition(b"\n")
    wanted = msgspec.json.decode(line, type=Wanted)
    _limit(wanted)
    # After the limits, so that they hold for the libraries too.
    from adapters.oncall.ical import read, read_meetings
    from adapters.oncall.lines import Unreadable

    try:
        zone = ZoneInfo(wanted.zone)
        if wanted.meetings:
            said = Said(meetings=tuple(read_meetings(body, wanted.start, wanted.end, zone)))
        else:
            said = Said(tuple(read(body, wanted.start, wanted.end, zone, free=wanted.free)))
    except Unreadable as error:
        said = Said(wrong=str(error))
    except MemoryError:
        said = Said(wrong=f"takes more than {wanted.memory // 1_000_000} MB to read")
    except RecursionError:
        said = Said(wrong="is nested too deep")
    sys.stdout.buffer.write(msgspec.json.encode(said))


if __name__ == "__main__":
    main()
