"""The words on pictures, in each language, and lengths of time as they stand there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.coffee.languages import Language
from bot.coffee.weekly.metrics import Sample
from bot.incident.hours import Hours
from bot.incident.model import Moment
from bot.incident.spans import ENDS, Span

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_LONG = 14
"""Days, from which on no hours are said."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What the pictures say. The sentences are filled in by `str.format`. `begins` says from when each of `spans` counts."""

    spans: Mapping[Span, str]
    begins: Mapping[Span, str]
    hours: Mapping[Hours, str]
    in_hours: Mapping[Hours, str]
    week: str
    before: str
    median: str
    size: str
    number: str
    none: str
    sample: str
    extent: str
    one: str
    two: str
    before_it: str
    no_trend: str
    no_values: str
    pages: str
    page: str
    no_pages: str
    more: str


def _begins(*, impact: str, declared: str) -> Mapping[Span, str]:
    """In the words for each beginning there is (`bot.incident.spans.ENDS`)."""
    return {span: impact if start is Moment.IMPACT_START else declared for span, (start, _) in ENDS.items()}


LABELS: Mapping[Language, Labels] = {
    "en": Labels(
        spans={
            Span.DETECT: "Time to detect",
            Span.ACKNOWLEDGE: "Time to acknowledge",
            Span.MITIGATE: "Time to mitigate",
            Span.IMPACT: "Length of impact",
            Span.RESOLVE: "Time to resolve",
        },
        begins=_begins(impact="from the start of the impact", declared="once declared"),
        hours={Hours.BUSINESS: "business hours", Hours.OFF: "off hours", Hours.SLEEP: "sleep hours"},
        in_hours={
            Hours.BUSINESS: "{n} in business hours",
            Hours.OFF: "{n} in off hours",
            Hours.SLEEP: "{n} in sleep hours",
        },
        week="this digest",
        before="weeks before",
        median="median",
        size="n = {n} · median {median}",
        number="n = {n}",
        none="n = 0",
        sample="n = {n}, median {median}, from {least} to {most}",
        extent="n = {n}, from {least} to {most}",
        one="n = 1, {least}",
        two="n = 2, {least} and {most}",
        before_it="in the weeks before: {sample}",
        no_trend="Too few for a trend: that takes 20 values in this digest and 20 before.",
        no_values="no values",
        pages="{n} pages: {hours}",
        page="1 page: {hours}",
        no_pages="no pages",
        more="{n} more rotations are not drawn",
    ),
    "de": Labels(
        spans={
            Span.DETECT: "Bis zur Erkennung",
            Span.ACKNOWLEDGE: "Bis zur Bestätigung",
            Span.MITIGATE: "Bis zur Eindämmung",
            Span.IMPACT: "Dauer der Auswirkung",
            Span.RESOLVE: "Bis zur Lösung",
        },
        begins=_begins(impact="ab Beginn der Auswirkung", declared="ab der Eröffnung"),
        hours={Hours.BUSINESS: "Arbeitszeit", Hours.OFF: "außerhalb", Hours.SLEEP: "nachts"},
        in_hours={
            Hours.BUSINESS: "{n} in der Arbeitszeit",
            Hours.OFF: "{n} außerhalb der Arbeitszeit",
            Hours.SLEEP: "{n} nachts",
        },
        week="diese Ausgabe",
        before="Wochen davor",
        median="Median",
        size="n = {n} · Median {median}",
        number="n = {n}",
        none="n = 0",
        sample="n = {n}, Median {median}, von {least} bis {most}",
        extent="n = {n}, von {least} bis {most}",
        one="n = 1, {least}",
        two="n = 2, {least} und {most}",
        before_it="in den Wochen davor: {sample}",
        no_trend="Zu wenige für einen Trend: dafür braucht es 20 Werte in dieser Ausgabe und 20 davor.",
        no_values="keine Werte",
        pages="{n} Alarmierungen: {hours}",
        page="1 Alarmierung: {hours}",
        no_pages="keine Alarmierungen",
        more="{n} weitere Rotationen sind nicht gezeichnet",
    ),
}


def length(took: timedelta) -> str:
    """In one or two units, the same in both languages: `<1 min`, `12 min`, `1 h 10 min`, `2 d 3 h`, `16 d`. Rounded to the last unit
    that is said."""
    seconds = took.total_seconds()
    if seconds < _MINUTE:
        return "<1 min"
    minutes = int(seconds / _MINUTE + 0.5)
    if minutes < _DAY // _MINUTE:
        return _joined(minutes // 60, "h", minutes % 60, "min")
    hours = int(seconds / _HOUR + 0.5)
    if hours < _LONG * 24:
        return _joined(hours // 24, "d", hours % 24, "h")
    return f"{int(seconds / _DAY + 0.5)} d"


def spread(sample: Sample, labels: Labels, *, median: bool = True) -> str:
    """`n = 3, median 1 h, from 7 min to 2 h`; of two both, which is all there is to say."""
    if sample.range is None:
        return labels.none
    words = {1: labels.one, 2: labels.two}.get(sample.n, labels.sample if median else labels.extent)
    least, most = map(length, sample.range)
    middle = length(sample.median) if sample.median is not None else ""
    return words.format(n=sample.n, median=middle, least=least, most=most)


def _joined(large: int, of_large: str, small: int, of_small: str) -> str:
    said = [f"{count} {unit}" for count, unit in ((large, of_large), (small, of_small)) if count]
    return " ".join(said)
