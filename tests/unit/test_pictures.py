"""Pictures of durations and of on-call load: each value has a point, everything is on the sheet, and words say the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.drawing import Align, Bar, Dot, Drawing, Label, Rule, Shape, Tone
from bot.coffee.languages import Language
from bot.coffee.weekly.metrics import Durations, Evidence, Sample, Took
from bot.coffee.weekly.picture_words import LABELS, length
from bot.coffee.weekly.pictures import ROTATIONS, WIDTH, load_picture, strip_picture
from bot.coffee.weekly.strips import BAND, LEFT, LETTER, LEVELS, RIGHT, SAME, axis, placed
from bot.incident.spans import Span
from bot.oncall.load import Hours, Load

LANGUAGES: tuple[Language, ...] = ("en", "de")
HOUR = timedelta(hours=1)


def sample(*minutes: float) -> Sample:
    took = sorted(timedelta(minutes=each) for each in minutes)
    return Sample(tuple(Took(each, n, Evidence.ALERT, Evidence.SAID) for n, each in enumerate(took, 1)))


def took(week: Sequence[float], before: Sequence[float] = (), span: Span = Span.DETECT) -> Durations:
    return Durations(span, sample(*week), sample(*before))


def dots(drawing: Drawing, *, hollow: bool | None = None) -> list[Dot]:
    """Those on strips, below the legend."""
    found = [shape for shape in drawing.shapes if isinstance(shape, Dot) and shape.y > BAND / 2]
    return [dot for dot in found if hollow is None or dot.hollow is hollow]


def edges(shape: Shape) -> tuple[float, float, float, float]:
    """The left, upper, right and lower end, as far as one can tell of words."""
    match shape:
        case Dot(x=x, y=y, radius=radius):
            return x - radius, y - radius, x + radius, y + radius
        case Bar(x=x, y=y, width=width, height=height):
            return x, y, x + width, y + height
        case Rule(x1=x1, y1=y1, x2=x2, y2=y2):
            return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
        case Label(x=x, y=y, text=text, size=size, align=align):
            wide = len(text) * size * LETTER
            left = x - {Align.START: 0, Align.MIDDLE: wide / 2, Align.END: wide}[align]
            return left, y - size, left + wide, y + size / 4
    raise AssertionError(shape)


def beyond(drawing: Drawing) -> list[Shape]:
    """What does not lie on the sheet, wholly."""
    found = []
    for shape in drawing.shapes:
        left, top, right, bottom = edges(shape)
        if left < 0 or top < 0 or right > drawing.width or bottom > drawing.height:
            found.append(shape)
    return found


minutes = st.lists(st.floats(0, 3_000_000, allow_nan=False), max_size=80)
durations = st.lists(
    st.builds(lambda span, week, before: took(week, before, span), st.sampled_from(Span), minutes, minutes), max_size=5
)


@given(durations, st.sampled_from(LANGUAGES))
def test_every_shape_of_a_strip_plot_lies_on_the_sheet(found: list[Durations], language: Language) -> None:
    drawing = strip_picture(found, language).drawing
    assert beyond(drawing) == []
    assert drawing.width == WIDTH


@given(minutes, minutes)
def test_every_value_has_a_point_and_points_stand_in_the_order_of_values(
    week: list[float], before: list[float]
) -> None:
    drawing = strip_picture([took(week, before)], "en").drawing
    new, old = sample(*week).lengths, sample(*before).lengths
    scale = axis([*new, *old])
    xs = [scale.x(value) for value in sorted([*new, *old])]
    assert xs == sorted(xs)
    fresh, every = [dot.x for dot in dots(drawing, hollow=False)], [dot.x for dot in dots(drawing)]
    assert all(any(abs(scale.x(value) - x) < SAME for x in fresh) for value in new)
    assert all(any(abs(scale.x(value) - x) < SAME for x in every) for value in old)
    assert {*every} <= {*xs}


@given(st.lists(st.floats(0, 3_000_000, allow_nan=False), max_size=len(LEVELS)))
def test_as_many_equal_values_as_there_are_levels_are_all_seen(week: list[float]) -> None:
    found = dots(strip_picture([took(week)], "en").drawing)
    assert len({(dot.x, dot.y) for dot in found}) == len(week)


def test_equal_points_stand_around_the_middle_and_always_in_the_same_places() -> None:
    scale = axis([HOUR])
    found = [*placed([HOUR, HOUR], [HOUR, HOUR], scale)]
    assert [(place.off, place.new) for place in found] == [(0, False), (-4, False), (4, True), (-8, True)]
    assert {place.x for place in found} == {scale.x(HOUR)}


def test_thousands_of_values_make_no_thousands_of_points_and_hide_none_of_the_week() -> None:
    old = [10 + n / 100 for n in range(10_000)]
    found = [*placed(sample(*old).lengths, sample(20, 21, 22).lengths, axis(sample(*old, 20, 21, 22).lengths))]
    assert len(found) < len(LEVELS) * 2 * (RIGHT - LEFT) / SAME
    assert sum(place.new for place in found) == 3


def test_new_points_are_filled_and_lie_above_the_hollow_old_ones() -> None:
    drawing = strip_picture([took([5, 7], [5, 30, 90])], "en").drawing
    assert [(dot.hollow, dot.tone) for dot in dots(drawing)] == [(True, Tone.QUIET)] * 3 + [(False, Tone.ACCENT)] * 2


def medians(drawing: Drawing) -> list[Bar]:
    return [shape for shape in drawing.shapes if isinstance(shape, Bar) and shape.height > BAND]


def test_a_short_line_stands_at_the_median() -> None:
    drawing = strip_picture([took([60, 1, 600], [2, 3])], "en").drawing
    (line,) = medians(drawing)
    assert line.tone is Tone.INK
    (middle,) = [dot.x for dot in dots(drawing, hollow=False)][1:2]
    assert line.x + line.width / 2 == pytest.approx(middle)


def test_the_earlier_median_stands_beside_it_only_where_there_are_enough_of_both() -> None:
    many = [float(n) for n in range(1, 21)]
    assert [line.tone for line in medians(strip_picture([took(many, many)], "en").drawing)] == [Tone.QUIET, Tone.INK]
    assert [line.tone for line in medians(strip_picture([took(many[1:], many)], "en").drawing)] == [Tone.INK]
    assert medians(strip_picture([took([], many)], "en").drawing) == []


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([5], ["5 min", "15 min", "1 h"]),
        ([0.5, 2], ["<1 min", "5 min", "15 min"]),
        ([1, 60], ["1 min", "5 min", "15 min", "1 h"]),
        ([2, 9_000], ["1 min", "5 min", "15 min", "1 h", "4 h", "1 d", "7 d"]),
        ([0, 9_000], ["<1 min", "15 min", "1 h", "4 h", "1 d", "7 d"]),
        ([3_000_000], ["30 d", "120 d", ">365 d"]),
    ],
)
def test_the_axis_holds_all_values_and_says_where_it_does_not(values: list[float], labels: list[str]) -> None:
    drawing = strip_picture([took(values)], "en").drawing
    ticks = [shape for shape in drawing.shapes if isinstance(shape, Label) and shape.y > drawing.height - 10]
    assert [tick.text for tick in ticks] == labels


@given(minutes)
def test_words_at_the_axis_do_not_touch(values: list[float]) -> None:
    drawing = strip_picture([took(values)], "en").drawing
    ticks = [edges(shape) for shape in drawing.shapes if isinstance(shape, Label) and shape.y > drawing.height - 10]
    assert all(left[2] < right[0] for left, right in pairwise(ticks))


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_beside_each_other_do_not_touch(language: Language) -> None:
    many = [100_000.0] * 20
    drawings = [
        strip_picture([took(many, many, span) for span in Span], language).drawing,
        load_picture([Load("a" * 90, dict.fromkeys(Hours, 0), ())], language).drawing,
    ]
    for drawing in drawings:
        rows: dict[float, list[tuple[float, float]]] = {}
        for shape in drawing.shapes:
            if isinstance(shape, Label):
                left, _, right, _ = edges(shape)
                rows.setdefault(shape.y, []).append((left, right))
        for row in map(sorted, rows.values()):
            assert all(one[1] < two[0] for one, two in pairwise(row)), row


def test_the_words_say_what_the_picture_shows() -> None:
    found = [took([1, 4, 22], [3, 180]), took([90], (), Span.IMPACT), took([], [5, 6], Span.RESOLVE)]
    assert strip_picture(found, "en").alt == (
        "Time to detect: n = 3, median 4 min, from 1 min to 22 min; in the weeks before: n = 2, 3 min and 3 h."
        " Length of impact: n = 1, 1 h 30 min. Time to resolve: n = 0; in the weeks before: n = 2, 5 min and 6 min."
        " Too few for a trend: that takes 20 values in this digest and 20 before."
    )
    many = [2.0] * 20
    assert strip_picture([took(many, many)], "de").alt == (
        "Bis zur Erkennung: n = 20, Median 2 min, von 2 min bis 2 min; in den Wochen davor: n = 20, Median 2 min,"
        " von 2 min bis 2 min."
    )


@pytest.mark.parametrize(("language", "words"), [("en", "no values"), ("de", "keine Werte")])
def test_without_a_value_the_picture_says_so(language: Language, words: str) -> None:
    for picture in (strip_picture([], language), strip_picture([took([])], language), load_picture([], language)):
        assert picture.alt == words
        assert [shape.text for shape in picture.drawing.shapes if isinstance(shape, Label)] == [words]


@pytest.mark.parametrize(
    ("took", "said"),
    [
        (timedelta(), "<1 min"),
        (timedelta(seconds=59.9), "<1 min"),
        (timedelta(seconds=89), "1 min"),
        (timedelta(seconds=90), "2 min"),
        (timedelta(minutes=59, seconds=45), "1 h"),
        (timedelta(hours=1, minutes=10), "1 h 10 min"),
        (timedelta(hours=23, minutes=59, seconds=40), "1 d"),
        (timedelta(days=2, hours=3, minutes=20), "2 d 3 h"),
        (timedelta(days=13, hours=23, minutes=40), "14 d"),
        (timedelta(days=16, hours=13), "17 d"),
    ],
)
def test_lengths_are_said_in_at_most_two_units(took: timedelta, said: str) -> None:
    assert length(took) == said


def load(name: str, business: int = 0, off: int = 0, sleep: int = 0) -> Load:
    return Load(name, {Hours.BUSINESS: business, Hours.OFF: off, Hours.SLEEP: sleep}, ())


def bars(drawing: Drawing) -> list[Bar]:
    return [shape for shape in drawing.shapes if isinstance(shape, Bar) and shape.y > 13]


def test_the_load_of_each_rotation_is_a_bar_of_its_hours_on_one_scale() -> None:
    picture = load_picture([load("platform", 6, 3, 2), load("storage", 1, 0, 4), load("network")], "en")
    first, second = bars(picture.drawing)[:3], bars(picture.drawing)[3:]
    page = first[0].width / 6
    assert [round(bar.width / page, 6) for bar in (*first, *second)] == [6, 3, 2, 1, 4]
    assert [bar.tone for bar in second] == [Tone.QUIET, Tone.ACCENT]
    assert [one.x + one.width for one in first[:2]] == [pytest.approx(two.x) for two in first[1:]]
    assert picture.alt == (
        "platform, 11 pages: 6 in business hours, 3 in off hours, 2 in sleep hours."
        " storage, 5 pages: 1 in business hours, 4 in sleep hours. network: no pages."
    )
    assert load_picture([load("netz", sleep=1)], "de").alt == "netz, 1 Alarmierung: 1 nachts."


@given(
    st.lists(st.builds(load, st.text(max_size=40), *[st.integers(0, 100_000)] * 3), max_size=20),
    st.sampled_from(LANGUAGES),
)
def test_every_shape_of_the_load_lies_on_the_sheet(loads: list[Load], language: Language) -> None:
    drawing = load_picture(loads, language).drawing
    assert beyond(drawing) == []
    assert drawing.height < 600


def test_more_rotations_than_can_be_drawn_are_counted() -> None:
    picture = load_picture([load(f"rotation-{n}", n) for n in range(ROTATIONS + 3)], "en")
    assert picture.alt.endswith("rotation-11, 11 pages: 11 in business hours. 3 more rotations are not drawn.")
    assert "3 more rotations are not drawn" in [
        shape.text for shape in picture.drawing.shapes if isinstance(shape, Label)
    ]


def test_both_languages_have_words_for_everything() -> None:
    for labels in LABELS.values():
        assert (labels.spans.keys(), labels.hours.keys(), labels.in_hours.keys()) == ({*Span}, {*Hours}, {*Hours})
