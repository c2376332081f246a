"""Documents as Markdown, and any value as literal Markdown text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from bot.chat.document import (
    Block,
    Bullets,
    Buttons,
    Code,
    Divider,
    Document,
    Fields,
    Heading,
    Inline,
    Line,
    Link,
    Mention,
    Paragraph,
    Picture,
    Quote,
    Text,
    Time,
    clean,
)

# Wherever they stand these mean something.
_ALWAYS = re.compile(r"([\\`*\[\]<~])")
# An underscore inside a word is just one; an ampersand only begins an entity before a letter or a number sign.
_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_ENTITY = re.compile(r"&(?=[#A-Za-z]|$)")
_IMAGE = re.compile(r"!$")
_HASH = re.compile(r"(?:(?<=\s)|^)#")
# At the beginning of a line these begin a list, a quote, a rule or a heading's underline.
_START = re.compile(r"^([-+>=:.)])|^([0-9]{1,9})([.)])")


def escape(value: object) -> str:
    """`value` as Markdown that reads as exactly its text: one line, white space collapsed, no control characters.
    None is empty."""
    text = " ".join(clean("" if value is None else str(value)).split())
    return _escaped(text)


def _escaped(text: str) -> str:
    text = _ALWAYS.sub(r"\\\1", text)
    text = _UNDERSCORE.sub(r"\\_", text)
    text = _ENTITY.sub(r"\\&", text)
    text = _IMAGE.sub(r"\\!", text)
    text = _HASH.sub(r"\\#", text)
    return _START.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", text)


def code_span(value: object) -> str:
    """`value` as code inside a line; its fence is longer than any run of backticks in it."""
    text = " ".join(clean("" if value is None else str(value)).split())
    if not text:
        return ""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def link(text: object, url: str) -> str:
    """A link. The address is percent-encoded where it could end the link early."""
    return f"[{escape(text)}](<{quote(clean(url), safe=_URL_SAFE)}>)"


_URL_SAFE = ":/?#[]@!$&'()*+,;=%~-._"


def to_markdown(document: Document) -> str:
    """The document as Markdown that `parse_markdown` reads back: only buttons become a list of their lines."""
    return "\n\n".join(part for part in map(_block, document.blocks) if part) + "\n" if document.blocks else ""


def _block(block: Block) -> str:
    match block:
        case Heading(inlines=inlines, level=level):
            return f"{'#' * level} {_inline(inlines).replace(_BREAK, ' ')}".rstrip()
        case Paragraph(inlines=inlines):
            return _inline(inlines)
        case Bullets(items=items, ordered=ordered):
            marks = [f"{n}. " if ordered else "- " for n in range(1, len(items) + 1)]
            return "\n".join(f"{mark}{_indented(item, len(mark))}" for mark, item in zip(marks, items, strict=True))
        case Fields(fields=fields):
            return "\n".join(f"- **{escape(name)}:** {_indented(value, 2)}".rstrip() for name, value in fields)
        case Code(text=text):
            fence = "`" * max(3, max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
            return f"{fence}\n{text}\n{fence}"
        case Quote(inlines=inlines):
            return "\n".join(f"> {row}" for row in _inline(inlines).split("\n"))
        case Divider():
            return "---"
        case Picture(alt=alt):
            return escape(alt)
        case Buttons(buttons=buttons):
            return "\n".join(f"- {escape(button.text)}: {code_span(button.line)}" for button in buttons)


_BREAK = "\\\n"


def _indented(inlines: Line, width: int) -> str:
    return _inline(inlines).replace("\n", "\n" + " " * width)


def _inline(inlines: Sequence[Inline]) -> str:
    return "".join(_one(inline) for inline in inlines).strip()


def _one(inline: Inline) -> str:
    match inline:
        case Link(text=text, url=url):
            return link(text, url)
        case Mention(person=person, text=text):
            return f"[{escape(text)}](person:{quote(person, safe=':')})"
        case Time(at=at, text=text):
            return f"[{escape(text)}](time:{at.isoformat()})"
        case Text(text=text, code=True):
            return _styled(code_span(text), inline)
        case Text(text=text):
            return _BREAK.join(_row(row, inline) for row in clean(text).split("\n"))


def _row(text: str, look: Text) -> str:
    """One line of text; the space around it stays outside its stars, where it must be."""
    inner = text.strip()
    if not inner:
        return " " if text else ""
    before = " " if text[0].isspace() else ""
    after = " " if text[-1].isspace() else ""
    return f"{before}{_styled(escape(inner), look)}{after}"


def _styled(text: str, look: Text) -> str:
    stars = "*" * ((2 if look.bold else 0) + (1 if look.italic else 0))
    return f"{stars}{text}{stars}"
