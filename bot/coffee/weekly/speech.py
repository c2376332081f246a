"""How dates, counts and lists are said in the digest's languages. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.coffee import languages
from bot.coffee.languages import Language
from bot.coffee.weekly.metrics import Evidence, Sample
from bot.coffee.weekly.picture_words import LABELS, Labels, length, spread
from bot.incident.hours import Hours
from bot.incident.model import Status
from bot.incident.spans import Span
from bot.incident.timeline import Who
from bot.oncall.wall import instant

NOON = time(12)

NAMED = 6
"""People who are named in a row."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`comma` is before a time, `last` before the last of a list, `others` behind the number of those who are not named."""

    language: Language
    comma: str
    last: str
    others: str
    week: str
    weeks: str
    statuses: Mapping[Status, str]
    evidence: Mapping[Evidence, str]


ENGLISH = Lexicon(
    language="en",
    comma="",
    last="and",
    others="others",
    week="Week",
    weeks="Weeks",
    statuses={
        Status.TRIAGE: "in triage",
        Status.INVESTIGATING: "investigating",
        Status.IDENTIFIED: "identified",
        Status.MONITORING: "monitoring",
        Status.RESOLVED: "resolved",
        Status.REVIEW: "in review",
        Status.CLOSED: "closed",
    },
    evidence={
        Evidence.ALERT: "from alerts",
        Evidence.STATUS: "from changes of the status",
        Evidence.DEED: "recorded on the spot",
        Evidence.SAID: "said afterwards",
    },
)
GERMAN = Lexicon(
    language="de",
    comma=",",
    last="und",
    others="weitere",
    week="KW",
    weeks="KW",
    statuses={
        Status.TRIAGE: "in Triage",
        Status.INVESTIGATING: "wird untersucht",
        Status.IDENTIFIED: "Ursache gefunden",
        Status.MONITORING: "wird beobachtet",
        Status.RESOLVED: "behoben",
        Status.REVIEW: "im Review",
        Status.CLOSED: "abgeschlossen",
    },
    evidence={
        Evidence.ALERT: "aus Alerts",
        Evidence.STATUS: "aus dem Statuswechsel",
        Evidence.DEED: "direkt erfasst",
        Evidence.SAID: "nachträglich angegeben",
    },
)
LEXICA: Mapping[str, Lexicon] = {lexicon.language: lexicon for lexicon in (ENGLISH, GERMAN)}


@dataclass(frozen=True, slots=True)
class Speech:
    """How it is said in a language to people in a zone."""

    words: Lexicon
    zone: ZoneInfo

    @property
    def labels(self) -> Labels:
        """The words that stand on pictures: the same beside them."""
        return LABELS[self.words.language]

    def count(self, number: int, one: str, many: str) -> str:
        """`1 incident`, `3 incidents`."""
        return f"{number} {one if number == 1 else many}"

    def day(self, at: datetime) -> str:
        """`Mon 16 Nov`, `Mo 16. Nov.`"""
        return languages.day(at, self.zone, self.words.language)

    def when(self, at: datetime) -> str:
        """`Mon 16 Nov 09:00`, `Mo 16. Nov., 09:00`"""
        return f"{self.day(at)}{self.words.comma} {self.clock(at)}"

    def clock(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%H:%M}"

    def until(self, start: datetime, end: datetime) -> str:
        """A window; its end has a day of its own when that is another one."""
        same = start.astimezone(self.zone).date() == end.astimezone(self.zone).date()
        return f"{self.when(start)} – {self.clock(end) if same else self.when(end)}"

    def period(self, start: datetime, end: datetime) -> str:
        """`Mon 16 Nov – Mon 23 Nov, 09:00 (Europe/Berlin)`: what is told of, and on whose clocks all of it is."""
        same = self.clock(start) == self.clock(end)
        said = f"{self.day(start)} – {self.day(end)}, {self.clock(end)}" if same else self.until(start, end)
        return f"{said} ({self.zone.key})"

    def length(self, took: timedelta) -> str:
        """`7 min`, `2 h 5 min`, `3 d 4 h`: as on pictures."""
        return length(took)

    def days(self, length: timedelta) -> int:
        """Whole days."""
        return max(0, length // timedelta(days=1))

    def weeks(self, weeks: tuple[int, int]) -> str:
        """`Week 48`, `Weeks 46–48`, `KW 48`"""
        first, last = weeks
        return f"{self.words.week} {last}" if first == last else f"{self.words.weeks} {first}–{last}"

    def hours(self, hours: Mapping[Hours, int]) -> str:
        """`3 in business hours, 1 in sleep hours`"""
        return ", ".join(self.labels.in_hours[each].format(n=count) for each, count in hours.items() if count)

    def status(self, status: Status) -> str:
        return self.words.statuses.get(status, status.value)

    def dates(self, days: Sequence[date]) -> str:
        """`Thu 24 Dec and Fri 25 Dec`"""
        return self._row([self.day(instant(datetime.combine(day, NOON), self.zone)) for day in days])

    def names(self, people: Sequence[str], who: Who) -> str:
        """`Ana Ruiz, Ben Okafor and Cleo Weiß`; of more than `NAMED` the first ones, and how many others."""
        named = [who(person) for person in people[:NAMED]]
        others = [f"{len(people) - NAMED} {self.words.others}"] if len(people) > NAMED + 1 else map(who, people[NAMED:])
        return self._row([*named, *others])

    def _row(self, words: Sequence[str]) -> str:
        *rest, last = words or [""]
        return f"{', '.join(rest)} {self.words.last} {last}" if rest else last

    def span(self, span: Span) -> str:
        """`Time to resolve`"""
        return self.labels.spans[span]

    def begins(self, span: Span) -> str:
        """`once declared`: from when it counts"""
        return self.labels.begins[span]

    def sample(self, sample: Sample) -> str:
        """`n = 3, median 1 h, from 7 min to 2 h`"""
        return spread(sample, self.labels)

    def evidence(self, counts: Mapping[Evidence, int]) -> str:
        """`2× from alerts, 1× from people`"""
        return ", ".join(f"{count}× {self.words.evidence[each]}" for each, count in counts.items())
