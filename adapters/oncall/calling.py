"""Whom an event means: the words of its SUMMARY, and its attendees."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.chat.document import clean
from bot.oncall.calendar import Called

MOST_PEOPLE = 50
LONGEST = 120
"""People of one event, and characters of a name."""

_TOGETHER = re.compile(r"[,;&+/]|\band\b|\bund\b", re.IGNORECASE)
_AROUND = re.compile(r"\s[-–—]\s|[:|()\[\]<>]")


def called_in(summary: str) -> tuple[Called, ...]:
    """`ana`, `Ana Ruiz, Ben Weiss`, `On Call - Ana Ruiz - Platform`, `[L1] ana`: several people stand with commas and the like
    between them; of each it may be the whole text, or a piece of it that is set apart."""
    people = [_pieces(part) for part in _TOGETHER.split(summary)]
    return tuple(called for called in people if called)[:MOST_PEOPLE]


def _pieces(part: str) -> Called:
    whole = _plain(part)
    pieces = (_plain(piece) for piece in _AROUND.split(whole))
    return tuple(dict.fromkeys(piece for piece in (whole, *pieces) if piece))


def called_of(address: str, params: Mapping[str, object]) -> Called:
    """An attendee by mail address and name; nothing for who declined, and for rooms and things."""
    said = {name: str(params.get(name, "")) for name in ("PARTSTAT", "CUTYPE", "CN", "EMAIL")}
    if said["PARTSTAT"].upper() == "DECLINED" or said["CUTYPE"].upper() in ("ROOM", "RESOURCE"):
        return ()
    names = (re.sub(r"^mailto:", "", address, flags=re.IGNORECASE), said["EMAIL"], said["CN"])
    return tuple(dict.fromkeys(plain for name in names if (plain := _plain(name))))


def _plain(text: str) -> str:
    return " ".join(clean(text).split())[:LONGEST]
