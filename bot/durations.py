"""Lengths of time as people write them: `5m`, `1h30m`, `14d`."""

from __future__ import annotations

import re
from datetime import timedelta

LONGEST = timedelta(days=3650)
"""Nothing here waits longer than ten years; more is a slip of the finger."""

_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_TEXT = re.compile(r"(?:[0-9]{1,9}w)?(?:[0-9]{1,9}d)?(?:[0-9]{1,9}h)?(?:[0-9]{1,9}m)?(?:[0-9]{1,9}s)?", re.IGNORECASE)
_PART = re.compile(r"([0-9]+)([wdhms])", re.IGNORECASE)


def parse_duration(text: str) -> timedelta:
    """`5m`, `90s`, `1h30m`, `14d`, `1w`: numbers with w, d, h, m, s, the longest unit first, no spaces.

    Raises ValueError, with a sentence that does not repeat the text, for anything else: also for nothing, for zero
    and for more than ten years.
    """
    if not text or not _TEXT.fullmatch(text):
        raise ValueError("a length of time looks like 5m, 1h30m, 14d or 1w")
    seconds = sum(int(number) * _SECONDS[unit.lower()] for number, unit in _PART.findall(text))
    if not seconds:
        raise ValueError("a length of time is longer than zero")
    if seconds > LONGEST.total_seconds():
        raise ValueError("a length of time is at most ten years")
    return timedelta(seconds=seconds)


def format_duration(length: timedelta) -> str:
    """What `parse_duration` reads back, in whole seconds: `1h30m`, `2d`, `1w`; `0s` for nothing, `-5m` for the past.

    Weeks are only said when nothing else is: ten days are `10d`, fourteen are `2w`.
    """
    seconds = round(length.total_seconds())
    if seconds < 0:
        return f"-{format_duration(-length)}"
    if seconds and seconds % _SECONDS["w"] == 0:
        return f"{seconds // _SECONDS['w']}w"
    said = []
    for unit in "dhms":
        count, seconds = divmod(seconds, _SECONDS[unit])
        if count:
            said.append(f"{count}{unit}")
    return "".join(said) or "0s"
