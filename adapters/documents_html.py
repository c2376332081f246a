"""A document as a fragment of HTML, for mail programs and pages of our own: no script, and nothing that words of strangers could begin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from typing import assert_never

from adapters.chat.bidi import isolated
from adapters.chat.inlines import LINKABLE, MARKS, flat, parts, signed, to_type
from adapters.pictures.svg import svg
from bot.chat import document as d

Draw = Callable[[d.Picture], str]
"""The HTML that shows a picture."""


def html(document: d.Document, draw: Draw, prefix: str = "") -> str:
    """All of `document`, or its summary where its blocks say nothing. A line to type begins with `prefix`."""
    writer = _Writer(draw, prefix, MARKS.get(document.tone, ""))
    written = writer.blocks(document.blocks) or writer.blocks((d.Paragraph((d.Text(document.summary),)),))
    return "\n".join(written) + "\n"


def inline(picture: d.Picture) -> str:
    """The picture itself, where SVG may stand."""
    return svg(picture.drawing, picture.alt)


def image(picture: d.Picture, source: str) -> str:
    """The picture from an address, such as `cid:NAME` of a part of the same mail, as large as it is drawn and no wider than there is room."""
    size = f'width="{picture.drawing.width}" height="{picture.drawing.height}"'
    alt = escape(flat(picture.alt))
    return f'<img src="{escape(source)}" alt="{alt}" {size} style="max-width:100%;height:auto">'


class _Writer:
    """`sign` stands before the first words that are not somebody else's."""

    def __init__(self, draw: Draw, prefix: str, sign: str) -> None:
        self._draw = draw
        self._prefix = prefix
        self._sign = sign

    def blocks(self, blocks: Iterable[d.Block]) -> list[str]:
        """Those that say something."""
        return [written for block in blocks if (written := self._block(block))]

    def _block(self, block: d.Block) -> str:
        match block:
            case d.Heading(inlines=inlines, level=level):
                return self._words(f"h{min(max(level, 1), 6)}", inlines)
            case d.Paragraph(inlines=inlines):
                return self._words("p", inlines)
            case d.Quote(inlines=inlines):
                return f"<blockquote>{self._line(inlines)}</blockquote>" if d.plain(parts(inlines)).strip() else ""
            case d.Bullets(items=items, ordered=ordered):
                return _within("ol" if ordered else "ul", (f"<li>{self._line(item)}</li>" for item in items), "\n")
            case d.Fields(fields=fields):
                return _within("p", (self._field(name, value) for name, value in fields), "<br>\n")
            case d.Code(text=text):
                return f"<pre><code>{escape(d.clean(text))}</code></pre>" if d.clean(text) else ""
            case d.Divider():
                return "<hr>"
            case d.Picture():
                return f"<p>{self._draw(block).strip()}</p>"
            case d.Buttons(buttons=buttons):
                return _within("p", map(self._button, buttons), "<br>\n")
            case _:
                assert_never(block)

    def _words(self, tag: str, inlines: d.Line) -> str:
        words = parts(inlines)
        if not d.plain(words).strip():
            return ""
        sign, self._sign = self._sign, ""
        return f"<{tag}>{''.join(self._inlines(isolated(signed(words, sign))))}</{tag}>"

    def _field(self, name: str, value: d.Line) -> str:
        title = "".join(self._inlines(isolated(parts((d.Text(flat(name)),)), alone=False)))
        return f"<strong>{title}:</strong> {self._line(value, alone=False)}"

    def _button(self, button: d.Button) -> str:
        """A page has no button that types a line, and a mail none at all."""
        said = f"<code>{escape(f'{self._prefix} {flat(button.line)}'.strip())}</code>"
        label = self._line((d.Text(flat(button.text)),), alone=False)
        return f"{label}: {said}" if label else said

    def _line(self, inlines: d.Line, *, alone: bool = True) -> str:
        return "".join(self._inlines(isolated(parts(inlines), alone=alone)))

    def _inlines(self, line: Sequence[d.Inline]) -> Iterator[str]:
        for part in line:
            match part:
                case d.Text():
                    yield self._text(part)
                case d.Link(url=url, text=text):
                    linked = LINKABLE.fullmatch(url)
                    yield f'<a href="{escape(url)}" rel="noreferrer">{escape(text)}</a>' if linked else escape(text)
                case d.Mention(text=text):
                    yield f"<strong>{escape(text)}</strong>"
                case d.Time(at=at, text=text):
                    yield f'<time datetime="{at.isoformat()}">{escape(text)}</time>'
                case _:
                    assert_never(part)

    def _text(self, part: d.Text) -> str:
        text = to_type(part.text, self._prefix) if part.code and self._prefix else part.text
        written = escape(text).replace("\n", "<br>\n")
        for tag, on in (("code", part.code), ("em", part.italic), ("strong", part.bold)):
            written = f"<{tag}>{written}</{tag}>" if on else written
        return written


def _within(tag: str, rows: Iterable[str], between: str) -> str:
    written = between.join(rows)
    return f"<{tag}>{written}</{tag}>" if written else ""
