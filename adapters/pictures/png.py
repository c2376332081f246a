"""A drawing as PNG, for places that show no SVG, with Pillow and the one font that comes with it.

That font has the letters of ASCII and a few signs. Dots are put above an umlaut's letter, other accents are left out, and what it has
nothing for is drawn as a question mark.
"""

from __future__ import annotations

import io
import unicodedata
from typing import TYPE_CHECKING, assert_never

from adapters.pictures.palette import LIGHT
from bot.chat.drawing import Align, Bar, Dot, Drawing, Label, Rule, Shape, Tone
from bot.incident.text import clean

if TYPE_CHECKING:
    from PIL import Image, ImageFont

LARGEST = 2_000
"""Pixels of a side, after scaling: what it is made from takes 100 MB then."""

_FINER = 3
"""Edges are smooth since each pixel is made of so many by so many."""

_COLOURS = 128
_INSTEAD = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "–": "-", "—": "-", "‐": "-", "−": "-", "×": "x", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
)
_SIGNS = "©«°±´·»‘’“”…‹›⁄™"
_DIAERESIS = "\u0308"


def png(drawing: Drawing, scale: int = 2) -> bytes:
    """`drawing` on a light ground, `scale` pixels to each of its own. Raises ValueError when it would be larger than `LARGEST`."""
    if max(drawing.width, drawing.height) * scale > LARGEST:
        raise ValueError(
            f"A picture of {drawing.width} by {drawing.height} is too large to be drawn {scale} times so large."
        )
    # Pillow costs time and memory that a bot without pictures does not pay.
    from PIL import Image

    size = (drawing.width * scale, drawing.height * scale)
    fine = Image.new("RGB", (size[0] * _FINER, size[1] * _FINER), LIGHT.ground)
    brush = _Brush(fine, scale * _FINER)
    for shape in drawing.shapes:
        brush.draw(shape)
    small = fine.resize(size, Image.Resampling.BOX)
    out = io.BytesIO()
    small.quantize(_COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


class _Brush:
    """Draws on `image`, `unit` pixels to each of the drawing's."""

    def __init__(self, image: Image.Image, unit: int) -> None:
        from PIL import ImageDraw

        self._on = ImageDraw.Draw(image)
        self._unit = unit
        self._fonts: dict[float, ImageFont.FreeTypeFont | ImageFont.ImageFont] = {}

    def draw(self, shape: Shape) -> None:
        match shape:
            case Dot(x=x, y=y, radius=radius, tone=tone, hollow=hollow):
                self._dot(x, y, radius, LIGHT.tones[tone], hollow)
            case Bar(x=x, y=y, width=width, height=height, tone=tone):
                self._box(x, y, x + width, y + height, LIGHT.tones[tone])
            case Rule(x1=x1, y1=y1, x2=x2, y2=y2, tone=tone):
                colour = LIGHT.line if tone is Tone.QUIET else LIGHT.tones[tone]
                ends = [(x1 * self._unit, y1 * self._unit), (x2 * self._unit, y2 * self._unit)]
                self._on.line(ends, colour, self._unit)
            case Label():
                self._label(shape)
            case _:
                assert_never(shape)

    def _dot(self, x: float, y: float, radius: float, colour: str, hollow: bool) -> None:
        centre, reach = (x * self._unit, y * self._unit), radius * self._unit
        if hollow:
            self._on.circle(centre, reach + self._unit * 0.6, outline=colour, width=round(self._unit * 1.2))
        else:
            self._on.circle(centre, reach, fill=colour)

    def _box(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        # Pillow takes the last pixel in.
        corners = [round(edge * self._unit) for edge in (left, top, right, bottom)]
        if corners[2] > corners[0] and corners[3] > corners[1]:
            self._on.rectangle((corners[0], corners[1], corners[2] - 1, corners[3] - 1), colour)

    def _label(self, label: Label) -> None:
        font, size = self._font(label.size), label.size * self._unit
        letters = _letters(label.text)
        text = "".join(letter for letter, _ in letters)
        long = font.getlength(text)
        x = label.x * self._unit - {Align.START: 0, Align.MIDDLE: long / 2, Align.END: long}[label.align]
        y = label.y * self._unit
        colour, stroke = LIGHT.tones[label.tone], size * 0.025 if label.bold else 0
        self._on.text((x, y), text, colour, font, anchor="ls", stroke_width=stroke)
        for place, (letter, dotted) in enumerate(letters):
            if dotted:
                left, top, right, _ = font.getbbox(letter, anchor="ls")
                middle = x + font.getlength(text[:place]) + (left + right) / 2
                self._dots(middle, y + top, size, colour, stroke)

    def _dots(self, middle: float, top: float, size: float, colour: str, stroke: float) -> None:
        """Two beside each other, above a letter that reaches up to `top`."""
        for beside in (-0.13, 0.13):
            self._on.circle((middle + beside * size, top - 0.13 * size), 0.062 * size + stroke / 2, fill=colour)

    def _font(self, size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        from PIL import ImageFont

        if size not in self._fonts:
            self._fonts[size] = ImageFont.load_default(size * self._unit)
        return self._fonts[size]


def _letters(text: str) -> list[tuple[str, bool]]:
    """What is drawn of `text`: letters that the font has, and whether two dots stand above each."""
    found: list[tuple[str, bool]] = []
    for char in unicodedata.normalize("NFD", clean(text).translate(_INSTEAD)):
        if not unicodedata.combining(char):
            found.append((char if " " <= char <= "~" or char in _SIGNS else "?", False))
        elif char == _DIAERESIS and found:
            found[-1] = (found[-1][0], True)
    return found
