"""A document as HTML, for whatever shows pages: no script, nothing loaded from elsewhere, every word escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import assert_never

from adapters.chat.bidi import isolated
from adapters.chat.inlines import LINKABLE, flat, parts
from bot.chat import document as d

Shows = Callable[[d.Picture], str]
"""The HTML of a picture."""

Wraps = Callable[[str], str]
"""What stands around the HTML of a block of code, with it in between."""

LARGEST_HEADING, SMALLEST_HEADING = 1, 6


def fragment(document: d.Document, picture: Shows, code: Wraps = str) -> str:
    """The blocks of `document`, one after the other; where they say nothing, its summary."""
    written = filter(None, (_block(block, picture, code) for block in document.blocks))
    return "\n".join(written) or _inside("p", _line(d.line(document.summary)))


def _block(block: d.Block, picture: Shows, code: Wraps) -> str:
    match block:
        case d.Heading(inlines=inlines, level=level):
            size = min(max(level, LARGEST_HEADING), SMALLEST_HEADING)
            return _inside(f"h{size}", _line(inlines))
        case d.Paragraph(inlines=inlines):
            return _inside("p", _line(inlines))
        case d.Quote(inlines=inlines):
            return _inside("blockquote", _inside("p", _line(inlines)))
        case d.Bullets(items=items, ordered=ordered):
            return _inside("ol" if ordered else "ul", _rows("li", map(_line, items)))
        case d.Fields(fields=fields):
            return _inside("dl", "\n".join(f"<dt>{escape(flat(n))}</dt><dd>{_line(value)}</dd>" for n, value in fields))
        case d.Code(text=text):
            return code(_inside("pre", _inside("code", escape(d.clean(text)))))
        case d.Divider():
            return "<hr>"
        case d.Picture():
            return picture(block)
        case d.Buttons(buttons=buttons):
            return _inside("ul", _rows("li", map(_button, buttons)))
        case _:
            assert_never(block)


def _button(button: d.Button) -> str:
    """Nothing to press: the line to type instead."""
    return f"{escape(flat(button.text))}: <code>{escape(flat(button.line).strip())}</code>"


def _inside(tag: str, content: str) -> str:
    return f"<{tag}>{content}</{tag}>" if content else ""


def _rows(tag: str, rows: Iterable[str]) -> str:
    return "\n".join(f"<{tag}>{row}</{tag}>" for row in rows)


def _line(inlines: Sequence[d.Inline]) -> str:
    return "".join(map(_inline, isolated(parts(inlines))))


def _inline(inline: d.Inline) -> str:
    text = escape(inline.text).replace("\n", "<br>")
    match inline:
        case d.Text(bold=bold, italic=italic, code=code):
            for tag, on in (("code", code), ("em", italic), ("strong", bold)):
                text = _inside(tag, text) if on else text
            return text
        case d.Link(url=url):
            return f'<a href="{escape(url)}" rel="noreferrer">{text}</a>' if LINKABLE.fullmatch(url) else text
        case d.Mention():
            return text
        case d.Time(at=at):
            return f'<time datetime="{escape(at.isoformat())}">{text}</time>'
        case _:
            assert_never(inline)
