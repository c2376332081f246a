"""A drawing as SVG and as PNG: the same shapes in the right places, and words of strangers stay words."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageColor

from adapters.pictures.palette import DARK, LIGHT, Palette
from adapters.pictures.png import LARGEST, png
from adapters.pictures.svg import svg
from bot.chat.document import Picture
from bot.chat.drawing import Align, Bar, Dot, Drawing, Label, Rule, Shape, Tone
from bot.coffee.weekly.pictures import load_picture, strip_picture
from bot.incident.spans import Span
from bot.incident.text import clean
from tests.golden_files import golden
from tests.unit.test_pictures import load, took

WEEK = [
    took([1, 4, 4, 22], [0.2, 0.5, 1, 1, 2, 2, 3, 3, 3, 4, 5, 6, 6, 8, 10, 15, 15, 30, 180]),
    took([2, 3, 3.5, 9], [0.5, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 9, 14, 40], Span.ACKNOWLEDGE),
    took([45, 70, 200], [9, 12, 20, 30, 35, 40, 61, 62, 64, 80, 95, 130, 180, 400, 900], Span.MITIGATE),
    took([50, 75, 260], [12, 20, 33, 38, 45, 60, 70, 70, 72, 110, 120, 150, 300, 640, 1_500], Span.IMPACT),
    took([65, 66, 300, 2_000], [30, 45, 60, 90, 92, 95, 130, 150, 180, 240, 600, 700, 4_000, 9_000], Span.RESOLVE),
]
LOADS = [load("platform", 6, 3, 2), load("storage", 1, 0, 4), load("Büro-Netz")]
HOSTILE = "</title><script>alert(1)</script>\"'&\x00\x1b[31m\u202e]]>"
NAME = "{http://www.w3.org/2000/svg}"


def sheet(*shapes: Shape) -> Drawing:
    return Drawing(100, 60, shapes)


def read(drawing: Drawing, alt: str = "") -> ElementTree.Element:
    return ElementTree.fromstring(svg(drawing, alt))


def pixels(drawing: Drawing, scale: int = 2) -> Image.Image:
    picture = Image.open(io.BytesIO(png(drawing, scale)))
    assert picture.format == "PNG"
    return picture.convert("RGB")


def colour(tone: Tone) -> tuple[int, ...]:
    return ImageColor.getrgb(LIGHT.tones[tone])


def near(found: object, wanted: tuple[int, ...]) -> bool:
    """As near as a picture of few colours is."""
    assert isinstance(found, tuple)
    return all(abs(one - other) <= 8 for one, other in zip(found, wanted, strict=True))


WHITE = (255, 255, 255)


def ink(picture: Image.Image, box: tuple[int, int, int, int]) -> int:
    """How many pixels in it are not the ground's."""
    part = picture.crop(box)
    return sum(count for count, found in part.getcolors(part.width * part.height) or [] if found != WHITE)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("pictures/durations.en.svg", strip_picture(WEEK, "en")),
        ("pictures/durations.de.svg", strip_picture(WEEK, "de")),
        ("pictures/oncall-load.en.svg", load_picture(LOADS, "en")),
        ("pictures/oncall-load.de.svg", load_picture(LOADS, "de")),
    ],
)
def test_the_pictures_of_a_week_are_as_somebody_saw_them(name: str, made: Picture) -> None:
    golden(name, svg(made.drawing, made.alt))


def test_the_picture_in_the_readme_is_one_of_them() -> None:
    picture = strip_picture(WEEK, "en")
    shown = Path(__file__).parents[2] / "docs" / "pictures" / "durations.svg"
    assert shown.read_text(encoding="utf-8") == svg(picture.drawing, picture.alt)


def test_a_shape_is_an_element_at_its_place() -> None:
    root = read(
        sheet(
            Dot(10, 20, 3.5),
            Dot(1, 2, 3, Tone.QUIET, hollow=True),
            Bar(5, 6.25, 7, 8, Tone.BAD),
            Rule(1, 2, 3, 4),
            Label(50, 30, "n = 5", 11, Align.END, Tone.INK, bold=True),
        )
    )
    _, _, *shapes = root
    assert [(one.tag.removeprefix(NAME), one.attrib, one.text) for one in shapes] == [
        ("circle", {"class": "accent", "cx": "10", "cy": "20", "r": "3.5"}, None),
        ("circle", {"class": "quiet edge", "cx": "1", "cy": "2", "r": "3"}, None),
        ("rect", {"class": "bad", "x": "5", "y": "6.2", "width": "7", "height": "8"}, None),
        ("line", {"class": "quiet edge line", "x1": "1", "y1": "2", "x2": "3", "y2": "4"}, None),
        ("text", {"class": "ink bold", "x": "50", "y": "30", "font-size": "11", "text-anchor": "end"}, "n = 5"),
    ]
    assert (root.attrib["viewBox"], root.attrib["role"]) == ("0 0 100 60", "img")


def test_an_svg_says_what_it_shows_and_loads_nothing() -> None:
    written = svg(sheet(Dot(1, 1, 1)), "One point & no more")
    assert read(sheet(), "One point & no more")[0].text == "One point & no more"
    assert written.count("http") == 1
    assert "url(" not in written
    assert "prefers-color-scheme:dark" in written


@given(st.text(), st.text())
def test_words_of_strangers_stay_words_in_an_svg(alt: str, text: str) -> None:
    root = read(sheet(Label(1, 1, text)), alt)
    assert [one.tag.removeprefix(NAME) for one in root.iter()] == ["svg", "title", "style", "text"]
    # A parser of XML may take any line end for a line feed.
    assert [(one.text or "").split() for one in (root[0], root[2])] == [
        clean(words).translate(dict.fromkeys((0xFFFE, 0xFFFF))).split() for words in (alt, text)
    ]


def test_letters_that_xml_does_not_have_are_left_out() -> None:
    root = read(sheet(Label(1, 1, "a\ufffe\uffff\ud800b")), "\uffff")
    assert (root[0].text, root[2].text) == (None, "ab")


def test_hostile_words_run_nothing() -> None:
    written = svg(sheet(Label(1, 1, HOSTILE)), HOSTILE)
    assert "<script" not in written
    assert not {"\x00", "\x1b", "\u202e"} & {*written}
    assert len(read(sheet(Label(1, 1, HOSTILE)), HOSTILE)) == 3


def _contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""

    def light(hexed: str) -> float:
        parts = [part / 255 for part in ImageColor.getrgb(hexed)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_words_can_be_read_and_shapes_be_seen(palette: Palette) -> None:
    assert palette.tones.keys() == {*Tone}
    assert {tone for tone in (Tone.INK, Tone.QUIET) if _contrast(palette.tones[tone], palette.ground) < 4.5} == set()
    # https://www.w3.org/TR/WCAG22/#non-text-contrast
    assert {tone for tone in Tone if _contrast(palette.tones[tone], palette.ground) < 2.9} == set()


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_a_png_is_as_large_as_its_drawing_scaled(scale: int) -> None:
    assert pixels(sheet(Dot(1, 1, 1)), scale).size == (100 * scale, 60 * scale)


def test_shapes_are_where_the_drawing_has_them_in_the_colour_of_their_tone() -> None:
    picture = pixels(
        sheet(
            Dot(20, 20, 5),
            Dot(50, 20, 5, Tone.QUIET, hollow=True),
            Bar(70, 10, 20, 20, Tone.WARNING),
            Rule(0, 50, 100, 50),
        )
    )
    at = {place: picture.getpixel((place[0] * 2, place[1] * 2)) for place in ((20, 20), (50, 20), (80, 20), (5, 5))}
    assert near(at[20, 20], colour(Tone.ACCENT))
    assert (at[50, 20], at[5, 5]) == (WHITE, WHITE)
    assert near(at[80, 20], colour(Tone.WARNING))
    assert near(picture.getpixel((90, 40)), colour(Tone.QUIET))
    assert near(picture.getpixel((50, 100)), ImageColor.getrgb(LIGHT.line))
    assert ink(picture, (0, 62, 200, 98)) == 0


def test_the_corners_of_a_bar_are_where_they_are_said_to_be() -> None:
    picture = pixels(sheet(Bar(10, 10, 10, 10, Tone.BAD)))
    assert ink(picture, (0, 0, 200, 120)) == 20 * 20
    assert ink(picture, (20, 20, 40, 40)) == 20 * 20


@pytest.mark.parametrize(("width", "height"), [(0, 5), (5, 0), (0, 0)])
def test_a_bar_of_nothing_leaves_nothing(width: float, height: float) -> None:
    picture = pixels(sheet(Bar(10, 10, width, height), Bar(40, 10, 5, 5)))
    assert ink(picture, (0, 0, 60, 120)) == 0
    assert ink(picture, (80, 20, 90, 30)) == 10 * 10


def test_edges_are_smooth() -> None:
    picture = pixels(sheet(Dot(20, 20, 5)))
    shades = {found for _, found in picture.getcolors() or []}
    assert len(shades) > 5


@pytest.mark.parametrize("text", ["Zeit", "ä", "Ö", "ü", "ß", "é", "n = 5 · Median <1 min", "漢", "☕"])
def test_words_leave_ink(text: str) -> None:
    picture = pixels(sheet(Label(10, 40, text, 20)))
    assert ink(picture, (0, 0, 200, 120)) > 20


@pytest.mark.parametrize(("plain", "dotted"), [("a", "ä"), ("o", "ö"), ("u", "ü"), ("A", "Ä"), ("O", "Ö"), ("U", "Ü")])
def test_an_umlaut_is_its_letter_and_two_dots_above_it(plain: str, dotted: str) -> None:
    without, made = (pixels(sheet(Label(40, 50, letter, 30)), 2) for letter in (plain, dotted))
    box = without.convert("L").point([255 if shade < 255 else 0 for shade in range(256)]).getbbox()
    assert box is not None
    left, top, right, bottom = box
    letters = [picture.crop((left, top, right, bottom)).convert("L") for picture in (without, made)]
    # The colours of the dots take part in the choice of those that are kept.
    assert ImageChops.difference(*letters).getextrema()[1] < 16
    assert ink(without, (0, 0, 200, top)) == 0
    middle = (left + right) // 2
    above = [ink(made, (left, top - 14, middle, top)), ink(made, (middle, top - 14, right, top))]
    assert min(above) > 10
    assert max(above) < 1.5 * min(above)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [("café", "cafe"), ("n = 5 字", "n = 5 ?"), ("\u0308a", "a"), ("A–B × ß", "A-B x ss"), ("« ° »", "« ° »")],
)
def test_what_the_font_has_nothing_for_is_drawn_as_near_as_it_can_be(text: str, drawn: str) -> None:
    assert png(sheet(Label(5, 30, text))) == png(sheet(Label(5, 30, drawn)))
    assert "?" in drawn or png(sheet(Label(5, 30, text))) != png(sheet(Label(5, 30, "?" * len(drawn))))


def test_an_umlaut_further_on_has_its_dots_above_it() -> None:
    without, made = (pixels(sheet(Label(5, 50, text, 30))) for text in ("mmo", "mmö"))
    box = ImageChops.difference(without, made).convert("L").point([0] * 16 + [255] * 240).getbbox()
    assert box is not None
    right = without.convert("L").point([255 if shade < 255 else 0 for shade in range(256)]).getbbox()
    assert right is not None
    assert right[2] - 40 < box[0] < box[2] <= right[2]


def test_a_word_begins_ends_or_has_its_middle_where_it_is_said_to() -> None:
    boxes = []
    for align in (Align.START, Align.MIDDLE, Align.END):
        picture = pixels(sheet(Label(50, 40, "HIH", 20, align)))
        found = picture.convert("L").point([255 if shade < 255 else 0 for shade in range(256)]).getbbox()
        assert found is not None
        boxes.append((found[0], found[2]))
    (start, _), (left, right), (_, end) = boxes
    assert 100 <= start <= 106
    assert abs((left + right) / 2 - 100) <= 3
    assert 94 <= end <= 100


def test_a_bold_word_is_a_little_fatter() -> None:
    plain, bold = (ink(pixels(sheet(Label(5, 40, "WORD", 20, bold=bold))), (0, 0, 200, 120)) for bold in (False, True))
    assert plain < bold < 2 * plain


def test_the_decomposed_spelling_looks_the_same() -> None:
    assert png(sheet(Label(5, 30, "Auslöser"))) == png(sheet(Label(5, 30, "Auslo\u0308ser")))


@pytest.mark.parametrize(
    ("align", "ends"), [(Align.START, (100, 200)), (Align.END, (0, 100)), (Align.MIDDLE, (50, 150))]
)
def test_the_end_of_a_label_that_is_named_stands_at_its_place(align: Align, ends: tuple[int, int]) -> None:
    picture = pixels(sheet(Label(50, 40, "median", 12, align)))
    assert ink(picture, (ends[0], 0, ends[1], 120)) == ink(picture, (0, 0, 200, 120)) > 50


def test_bold_words_have_more_ink() -> None:
    thin, bold = (pixels(sheet(Label(5, 40, "median", 14, bold=bold))) for bold in (False, True))
    assert ink(bold, (0, 0, 200, 120)) > ink(thin, (0, 0, 200, 120))


@given(st.text(max_size=30))
@settings(max_examples=30, deadline=None)
def test_any_words_can_be_drawn(text: str) -> None:
    assert pixels(sheet(Label(5, 30, text))).size == (200, 120)


def test_what_is_too_large_is_refused() -> None:
    side = LARGEST // 2
    assert pixels(Drawing(side, 2, ()), 2).width == LARGEST
    with pytest.raises(ValueError, match=r"^A picture of 1001 by 2 is too large to be drawn 2 times so large\.$"):
        png(Drawing(side + 1, 2, ()), 2)


def test_the_pictures_of_a_week_are_small_files() -> None:
    for picture in (strip_picture(WEEK, "en"), load_picture(LOADS, "de")):
        assert len(png(picture.drawing)) < 60_000


def test_pillow_is_imported_when_a_picture_is_drawn_and_not_before() -> None:
    script = (
        "import sys; from adapters.pictures.png import png; from adapters.pictures.svg import svg;"
        "from bot.chat.drawing import Drawing; print('PIL' in sys.modules);"
        "png(Drawing(1, 1, ())); print('PIL' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.split() == ["False", "True"]
