"""What is measured of a week as pictures: a strip of points for each duration, and bars of what each rotation was paged for. They are as
wide as a phone, of a bounded number of shapes, and each says the same in words. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.chat.document import Picture
from bot.chat.drawing import Align, Bar, Dot, Drawing, Label, Rule, Shape, Tone
from bot.coffee.languages import Language
from bot.coffee.weekly.metrics import Durations, Sample
from bot.coffee.weekly.picture_words import LABELS, Labels, length, spread
from bot.coffee.weekly.strips import BAND, LEFT, LETTER, RADIUS, RIGHT, SMALL, Axis, axis, placed
from bot.incident.hours import Hours
from bot.incident.text import one_line
from bot.oncall.load import Load

WIDTH = 360
"""Pixels: that of a small phone."""

ROTATIONS = 12
"""As many are drawn; more would be no picture any more."""

_TOP = 26
"""Where the first row begins, below the legend."""

_TITLE = 13
_SIZE = 12
_MEDIAN, _END = 2, 4
_NAME = 22
"""Letters of a rotation's name."""

_GAP = 9
_ROW = _TITLE + _GAP + BAND + 10
_LOAD_ROW = 44
_THICK = 14
_TONES = {Hours.BUSINESS: Tone.QUIET, Hours.OFF: Tone.WARNING, Hours.SLEEP: Tone.ACCENT}


def strip_picture(durations: Sequence[Durations], language: Language) -> Picture:
    """The durations that have a value below each other, on one axis: those of the week filled, earlier ones hollow, and a short line at
    the median of the week. The earlier median has one only where both may be told beside each other."""
    labels = LABELS[language]
    shown = [one for one in durations if one.week.n or one.before.n]
    if not shown:
        return Picture("durations", labels.no_values, _saying(labels.no_values))
    scale = axis([took.length for one in shown for sample in (one.week, one.before) for took in sample.took])
    bottom = _TOP + _ROW * len(shown)
    shapes: list[Shape] = [*_strip_legend(labels, any(one.comparable for one in shown)), *_ticks(scale, bottom)]
    for row, one in enumerate(shown):
        shapes += _strip(one, labels, scale, _TOP + _ROW * row)
    alt = [f"{_strip_alt(one, labels)}." for one in shown]
    if not all(one.comparable for one in shown):
        alt.append(labels.no_trend)
    return Picture("durations", " ".join(alt), Drawing(WIDTH, bottom + 18, tuple(shapes)))


def load_picture(loads: Sequence[Load], language: Language) -> Picture:
    """A bar a rotation, in the order in which they come, all on one scale: pages in business hours, off hours, and while people sleep."""
    labels = LABELS[language]
    if not loads:
        return Picture("oncall-load", labels.no_values, _saying(labels.no_values))
    shown, beyond = loads[:ROTATIONS], len(loads) - ROTATIONS
    most = max(1, *(one.pages for one in shown))
    shapes: list[Shape] = [*_load_legend(labels)]
    for row, one in enumerate(shown):
        shapes += _bars(one, labels, most, _TOP + _LOAD_ROW * row)
    bottom = _TOP + _LOAD_ROW * len(shown)
    alt = [f"{_load_alt(one, labels)}." for one in shown]
    if beyond > 0:
        more = labels.more.format(n=beyond)
        alt.append(f"{more}.")
        shapes.append(Label(LEFT, bottom + SMALL, more, SMALL, tone=Tone.QUIET))
        bottom += 20
    return Picture("oncall-load", " ".join(alt), Drawing(WIDTH, bottom, tuple(shapes)))


def _saying(words: str) -> Drawing:
    return Drawing(WIDTH, 32, (Label(LEFT, 20, words, _SIZE, tone=Tone.QUIET),))


def _strip_legend(labels: Labels, comparable: bool) -> Iterator[Shape]:
    """Each sign before its words; beside the line of the median, that of the earlier one."""
    middle = SMALL - 4
    x = float(LEFT)
    yield Dot(x + RADIUS, middle, RADIUS)
    yield Label(x + 12, SMALL, labels.week, SMALL)
    x += 12 + _wide(labels.week)
    yield Dot(x + RADIUS, middle, RADIUS, Tone.QUIET, hollow=True)
    yield Label(x + 12, SMALL, labels.before, SMALL)
    x += 12 + _wide(labels.before)
    yield Bar(x, middle - 6, _MEDIAN, 12, Tone.INK)
    if comparable:
        yield Bar(x + 5, middle - 6, _MEDIAN, 12, Tone.QUIET)
    yield Label(x + 12, SMALL, labels.median, SMALL)


def _wide(words: str) -> float:
    """How far the next sign of a legend is from the beginning of `words`."""
    return len(words) * SMALL * LETTER + 18


def _ticks(scale: Axis, bottom: float) -> Iterator[Shape]:
    for tick in scale.ticks:
        yield Rule(tick.x, _TOP + _TITLE + 4, tick.x, bottom)
        if tick.label:
            yield Label(tick.x, bottom + 13, tick.label, SMALL, tick.align, Tone.QUIET)


def _strip(one: Durations, labels: Labels, scale: Axis, top: float) -> Iterator[Shape]:
    middle = top + _TITLE + _GAP + BAND / 2
    yield Label(LEFT, top + _TITLE, labels.spans[one.span], _SIZE, bold=True)
    yield Label(RIGHT, top + _TITLE, _size(one.week, labels), SMALL, Align.END)
    yield Rule(LEFT, middle, RIGHT, middle)
    if one.comparable and one.before.median is not None:
        yield _median(one.before.median, scale, middle, Tone.QUIET)
    if one.week.median is not None:
        yield _median(one.week.median, scale, middle, Tone.INK)
    places = [*placed(one.before.lengths, one.week.lengths, scale)]
    yield from (Dot(at.x, middle + at.off, RADIUS, Tone.QUIET, hollow=True) for at in places if not at.new)
    yield from (Dot(at.x, middle + at.off, RADIUS) for at in places if at.new)


def _median(at: timedelta, scale: Axis, middle: float, tone: Tone) -> Bar:
    """It hides no point, and its ends are seen in a crowd."""
    return Bar(scale.x(at) - _MEDIAN / 2, middle - BAND / 2 - _END, _MEDIAN, BAND + 2 * _END, tone)


def _size(sample: Sample, labels: Labels) -> str:
    if sample.median is None:
        return labels.number.format(n=sample.n)
    return labels.size.format(n=sample.n, median=length(sample.median))


def _strip_alt(one: Durations, labels: Labels) -> str:
    said = f"{labels.spans[one.span]}: {spread(one.week, labels)}"
    if not one.before.n:
        return said
    before = spread(one.before, labels, median=one.comparable)
    return f"{said}; {labels.before_it.format(sample=before)}"


def _load_legend(labels: Labels) -> Iterator[Shape]:
    x = float(LEFT)
    for hours in Hours:
        yield Bar(x, 2, 9, 9, _TONES[hours])
        yield Label(x + 14, SMALL, labels.hours[hours], SMALL)
        x += 14 + _wide(labels.hours[hours])


def _bars(one: Load, labels: Labels, most: int, top: float) -> Iterator[Shape]:
    name = one_line(one.schedule, _NAME)
    hours = " + ".join(str(one.hours[hours]) for hours in Hours)
    counts = _pages(one, hours, labels) if one.pages else labels.no_pages
    yield Label(LEFT, top + _TITLE, name, _SIZE, bold=True)
    yield Label(RIGHT, top + _TITLE, counts, SMALL, Align.END)
    upper = top + _TITLE + 6
    yield Rule(LEFT, upper + _THICK, RIGHT, upper + _THICK)
    x = float(LEFT)
    for hour in Hours:
        width = (RIGHT - LEFT) * one.hours[hour] / most
        if width:
            yield Bar(x, upper, width, _THICK, _TONES[hour])
            x += width


def _load_alt(one: Load, labels: Labels) -> str:
    name = one_line(one.schedule, _NAME)
    if not one.pages:
        return f"{name}: {labels.no_pages}"
    hours = ", ".join(labels.in_hours[hours].format(n=one.hours[hours]) for hours in Hours if one.hours[hours])
    return f"{name}, {_pages(one, hours, labels)}"


def _pages(one: Load, hours: str, labels: Labels) -> str:
    return (labels.page if one.pages == 1 else labels.pages).format(n=one.pages, hours=hours)
