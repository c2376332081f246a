"""Dates, lengths and lists in the digest's languages. Small tables: what a language needs here is little, and the same on every machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.incident.model import Status
from bot.incident.timeline import Who
from bot.oncall.load import Hours


@dataclass(frozen=True, slots=True)
class Language:
    """`weekdays` begin with Monday, `units` are those of days, hours and minutes; `dot` is behind the number of a day, `comma` before a time."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    dot: str
    comma: str
    units: tuple[str, str, str]
    last: str
    week: str
    weeks: str
    hours: Mapping[Hours, str]
    statuses: Mapping[Status, str]


ENGLISH = Language(
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    dot="",
    comma="",
    units=("d", "h", "min"),
    last="and",
    week="Week",
    weeks="Weeks",
    hours={Hours.BUSINESS: "in business hours", Hours.OFF: "off hours", Hours.SLEEP: "in sleep hours"},
    statuses={
        Status.TRIAGE: "in triage",
        Status.REVIEW: "in review",
        **{
            status: status.value
            for status in (
                Status.INVESTIGATING,
                Status.IDENTIFIED,
                Status.MONITORING,
                Status.RESOLVED,
                Status.CLOSED,
            )
        },
    },
)
GERMAN = Language(
    weekdays=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    months=("Jan.", "Feb.", "März", "April", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
    dot=".",
    comma=",",
    units=("Tg.", "Std.", "Min."),
    last="und",
    week="KW",
    weeks="KW",
    hours={
        Hours.BUSINESS: "zur Arbeitszeit",
        Hours.OFF: "außerhalb der Arbeitszeit",
        Hours.SLEEP: "zur Schlafenszeit",
    },
    statuses={
        Status.TRIAGE: "in Triage",
        Status.INVESTIGATING: "wird untersucht",
        Status.IDENTIFIED: "Ursache gefunden",
        Status.MONITORING: "wird beobachtet",
        Status.RESOLVED: "behoben",
        Status.REVIEW: "im Review",
        Status.CLOSED: "abgeschlossen",
    },
)
LANGUAGES: Mapping[str, Language] = {"en": ENGLISH, "de": GERMAN}


@dataclass(frozen=True, slots=True)
class Speech:
    """How it is said in a language to people in a zone."""

    language: Language
    zone: ZoneInfo

    def count(self, number: int, one: str, many: str) -> str:
        """`1 incident`, `3 incidents`."""
        return f"{number} {one if number == 1 else many}"

    def day(self, at: datetime) -> str:
        """`Mon 16 Nov`, `Mo 16. Nov.`"""
        local, words = at.astimezone(self.zone), self.language
        return f"{words.weekdays[local.weekday()]} {local.day}{words.dot} {words.months[local.month - 1]}"

    def when(self, at: datetime) -> str:
        """`Mon 16 Nov 09:00`, `Mo 16. Nov., 09:00`"""
        return f"{self.day(at)}{self.language.comma} {self.clock(at)}"

    def clock(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%H:%M}"

    def until(self, start: datetime, end: datetime) -> str:
        """A window; its end has a day of its own when that is another one."""
        same = start.astimezone(self.zone).date() == end.astimezone(self.zone).date()
        return f"{self.when(start)} – {self.clock(end) if same else self.when(end)}"

    def length(self, length: timedelta) -> str:
        """`7 min`, `2 h 5 min`, `3 d 4 h`; `2 Std. 5 Min.`"""
        days, minutes = divmod(max(0, round(length / timedelta(minutes=1))), 1440)
        hours, minutes = divmod(minutes, 60)
        d, h, m = self.language.units
        parts = [(days, d), (hours, h)] if days else [(hours, h), (minutes, m)]
        return " ".join(f"{number} {unit}" for number, unit in parts if number) or f"0 {m}"

    def days(self, length: timedelta) -> int:
        """Whole days."""
        return max(0, length // timedelta(days=1))

    def weeks(self, weeks: tuple[int, int]) -> str:
        """`Week 48`, `Weeks 46–48`, `KW 48`"""
        first, last = weeks
        words = self.language
        return f"{words.week} {last}" if first == last else f"{words.weeks} {first}–{last}"

    def hours(self, hours: Mapping[Hours, int]) -> str:
        """`3 in business hours, 1 in sleep hours`"""
        return ", ".join(f"{count} {self.language.hours[each]}" for each, count in hours.items() if count)

    def status(self, status: Status) -> str:
        return self.language.statuses.get(status, status.value)

    def names(self, people: Iterable[str], who: Who) -> str:
        """`Ana Ruiz, Ben Okafor and Cleo Weiß`"""
        *rest, last = [who(person) for person in people] or [""]
        return f"{', '.join(rest)} {self.language.last} {last}" if rest else last
