"""Markdown (CommonMark without HTML) to blocks and back. What templates are written in, and drafts and exports too.

Three conventions make it whole: `[Ana](person:ana)` is a mention, `[14:05](time:2026-03-01T14:05:00+00:00)` is an
instant, and a list whose every item begins with `**Name:**` is a list of fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.chat.document import (
    Block,
    Bullets,
    Code,
    Divider,
    Fields,
    Heading,
    Inline,
    Line,
    Link,
    Mention,
    Paragraph,
    Quote,
    Text,
    Time,
    clean,
    plain,
)
from bot.chat.markdown_out import escape, to_markdown

__all__ = ["escape", "parse_markdown", "to_markdown"]

_WEB = ("https://", "http://", "mailto:")
_OURS = ("person:", "time:")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def parse_markdown(text: str) -> tuple[Block, ...]:
    """The blocks of a Markdown text. Never fails; what has no block of its own here becomes a paragraph."""
    tokens = _Reader().parse(clean(text))
    return tuple(_blocks(tokens))


class _Reader(MarkdownIt):
    """CommonMark without HTML, and with our two schemes: the library's check knows neither, and what normalises
    addresses takes the colons of an instant for a port. Both methods are documented as replaceable."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False})

    def validateLink(self, url: str) -> bool:
        return not _SCHEME.match(url) or url.lower().startswith((*_WEB, *_OURS))

    def normalizeLink(self, url: str) -> str:
        return url if url.startswith(_OURS) else super().normalizeLink(url)


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    place = 0
    while place < len(tokens):
        token = tokens[place]
        end = _end(tokens, place)
        inside = tokens[place + 1 : end]
        match token.type:
            case "heading_open":
                yield Heading(_line(inside), int(token.tag[1:]))
            case "bullet_list_open" | "ordered_list_open":
                yield _list(_items(inside), ordered=token.type == "ordered_list_open")
            case "blockquote_open":
                yield Quote(_line(inside))
            case "fence" | "code_block":
                yield Code(token.content.rstrip("\n"))
            case "hr":
                yield Divider()
            case "paragraph_open":
                if inlines := _line(inside):
                    yield Paragraph(inlines)
        place = end + 1


def _end(tokens: Sequence[Token], place: int) -> int:
    """Where the block that opens at `place` closes."""
    if tokens[place].nesting != 1:
        return place
    level = tokens[place].level
    return next(n for n in range(place + 1, len(tokens)) if tokens[n].level == level and tokens[n].nesting == -1)


def _items(tokens: Sequence[Token]) -> list[Line]:
    items, place = [], 0
    while place < len(tokens):
        end = _end(tokens, place)
        items.append(_line(tokens[place + 1 : end]))
        place = end + 1
    return items


def _list(items: list[Line], *, ordered: bool) -> Bullets | Fields:
    fields = [_field(item) for item in items]
    if not ordered and items and all(fields):
        return Fields(tuple(field for field in fields if field))
    return Bullets(tuple(items), ordered)


def _field(item: Line) -> tuple[str, Line] | None:
    """`**Name:** value` as a name and a value."""
    if not item or not isinstance(item[0], Text) or not item[0].bold or not item[0].text.endswith(":"):
        return None
    value = item[1:]
    if value and isinstance(value[0], Text):
        first = Text(value[0].text.lstrip(), value[0].bold, value[0].italic, value[0].code)
        value = (first, *value[1:]) if first.text else value[1:]
    return item[0].text.removesuffix(":"), value


def _line(tokens: Sequence[Token]) -> Line:
    """All inline text below these tokens; what was several paragraphs is several lines."""
    line: list[Inline] = []
    for token in tokens:
        inlines: Sequence[Inline] = ()
        if token.type == "inline":
            inlines = _inlines(token.children or [])
        elif token.type in ("fence", "code_block"):
            inlines = (Text(token.content.rstrip("\n"), code=True),)
        if inlines and line:
            line.append(Text("\n"))
        line.extend(inlines)
    return _joined(line)


def _inlines(tokens: Sequence[Token]) -> list[Inline]:
    found: list[Inline] = []
    bold = italic = 0
    place = 0
    while place < len(tokens):
        token = tokens[place]
        match token.type:
            case "strong_open" | "strong_close":
                bold += token.nesting
            case "em_open" | "em_close":
                italic += token.nesting
            case "link_open":
                end = next(n for n in range(place, len(tokens)) if tokens[n].type == "link_close")
                text = plain(_inlines(tokens[place + 1 : end]))
                found.append(_linked(text, str(token.attrs.get("href", ""))))
                place = end
            case "image":
                found.append(_linked(plain(_inlines(token.children or [])), str(token.attrs.get("src", ""))))
            case "softbreak":
                found.append(Text(" ", bold > 0, italic > 0))
            case "hardbreak":
                found.append(Text("\n", bold > 0, italic > 0))
            case "code_inline":
                found.append(Text(token.content, bold > 0, italic > 0, code=True))
            case _:
                if token.content:
                    found.append(Text(token.content, bold > 0, italic > 0))
        place += 1
    return found


def _linked(text: str, url: str) -> Inline:
    if url.startswith("person:"):
        return Mention(clean(unquote(url.removeprefix("person:"))), text)
    if url.startswith("time:"):
        try:
            at = datetime.fromisoformat(unquote(url.removeprefix("time:")))
            return Time(at if at.tzinfo else at.replace(tzinfo=UTC), text)
        except ValueError:
            return Text(text)
    if url.lower().startswith(_WEB):
        return Link(text or url, url)
    return Text(text)


def _joined(inlines: Sequence[Inline]) -> Line:
    """Neighbouring texts of one look as one text."""
    line: list[Inline] = []
    for inline in inlines:
        last = line[-1] if line else None
        if isinstance(inline, Text) and isinstance(last, Text) and not inline.code and _look(inline) == _look(last):
            line[-1] = Text(last.text + inline.text, last.bold, last.italic)
        else:
            line.append(inline)
    return tuple(line)


def _look(text: Text) -> tuple[bool, bool, bool]:
    return text.bold, text.italic, text.code
