"""The languages of the digest and of the coffee, and how days are written in them. Small tables: what a language needs here is little,
and the same on every machine. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

Language = Literal["en", "de"]


@dataclass(frozen=True, slots=True)
class Days:
    """`weekdays` begin with Monday; `dot` is behind the number of a day."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    dot: str = ""


DAYS: Mapping[Language, Days] = {
    "en": Days(
        weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    ),
    "de": Days(
        weekdays=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
        months=("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
        dot=".",
    ),
}


def day(at: datetime, zone: ZoneInfo, language: Language, *, year: bool = False) -> str:
    """The day that it is in `zone`: `Mon 16 Nov`, `Mo 16. Nov.`; with the `year`: `Mon 16 Nov 2026`."""
    local, words = at.astimezone(zone), DAYS[language]
    said = f"{words.weekdays[local.weekday()]} {local.day}{words.dot} {words.months[local.month - 1]}"
    return f"{said} {local.year}" if year else said
