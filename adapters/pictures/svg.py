"""A drawing as SVG 1.1 (https://www.w3.org/TR/SVG11/): alone in a file, or within a page. It loads nothing and runs nothing."""

from __future__ import annotations

from html import escape
from typing import assert_never

from adapters.pictures.palette import DARK, LIGHT, Palette
from bot.chat.drawing import Align, Bar, Dot, Drawing, Label, Rule, Shape, Tone
from bot.incident.text import clean

_ANCHORS = {Align.START: "", Align.MIDDLE: ' text-anchor="middle"', Align.END: ' text-anchor="end"'}
_NO_XML = dict.fromkeys((0xFFFE, 0xFFFF))
"""Of what is left of cleaned text, XML has none of these (https://www.w3.org/TR/xml/#charsets)."""

_FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif"


def svg(drawing: Drawing, alt: str) -> str:
    """`drawing` with `alt` as its title. Its colours are those of whoever looks at it, light or dark, on their ground."""
    size = f'width="{drawing.width}" height="{drawing.height}" viewBox="0 0 {drawing.width} {drawing.height}"'
    rows = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="drawing" role="img" {size}>',
        f"<title>{_text(alt)}</title>",
        f"<style>{_STYLE}</style>",
        *map(_shape, drawing.shapes),
        "</svg>",
    )
    return "\n".join(rows) + "\n"


def _rules(palette: Palette) -> str:
    """Of the classes of this file's elements; within a page they hold for no others."""
    tones = [
        f".drawing .{tone}{{fill:{colour}}}.drawing .{tone}.edge{{fill:none;stroke:{colour}}}"
        for tone, colour in palette.tones.items()
    ]
    return "".join((*tones, f".drawing .{Tone.QUIET}.line{{stroke:{palette.line}}}"))


_STYLE = (
    f".drawing{{color-scheme:light dark;font-family:{_FONT}}}.drawing .edge{{stroke-width:1.2}}.drawing .bold{{font-weight:600}}"
    f"{_rules(LIGHT)}@media(prefers-color-scheme:dark){{{_rules(DARK)}}}"
)


def _shape(shape: Shape) -> str:
    match shape:
        case Dot(x=x, y=y, radius=radius, tone=tone, hollow=hollow):
            looks = f"{tone} edge" if hollow else f"{tone}"
            return f'<circle class="{looks}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>'
        case Bar(x=x, y=y, width=width, height=height, tone=tone):
            return f'<rect class="{tone}" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"/>'
        case Rule(x1=x1, y1=y1, x2=x2, y2=y2, tone=tone):
            ends = f'x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"'
            return f'<line class="{tone} edge line" {ends}/>'
        case Label(x=x, y=y, text=text, size=size, align=align, tone=tone, bold=bold):
            looks = f"{tone} bold" if bold else f"{tone}"
            place = f'x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}"{_ANCHORS[align]}'
            return f'<text class="{looks}" {place}>{_text(text)}</text>'
        case _:
            assert_never(shape)


def _n(number: float) -> str:
    """With one digit behind the point, if any: finer than anybody sees."""
    return f"{round(number, 1):g}"


def _text(text: str) -> str:
    return escape(clean(text).translate(_NO_XML), quote=False)
