"""A message as data: blocks of inline text. Renderers in the adapters turn it into what a platform shows.

Text is literal: it holds no markup, and no control character survives into it, so what an alert label says can
colour no terminal and break no page. Renderers degrade to fit their platform and never fail.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.incident.text import clean

if TYPE_CHECKING:
    from bot.chat.drawing import Drawing

__all__ = [
    "Block",
    "Bullets",
    "Button",
    "Buttons",
    "Code",
    "Divider",
    "Document",
    "Fields",
    "Heading",
    "Inline",
    "Line",
    "Link",
    "Mention",
    "Paragraph",
    "Picture",
    "Quote",
    "Text",
    "Time",
    "clean",
    "line",
    "plain",
    "say",
]


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """`quiet`: something to follow for whoever can, and nothing to read; where words cannot be followed, they stand alone.
    Of any other link the address is shown there beside them."""

    text: str
    url: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """A person, by id; platforms that know a handle notify them. `text` is shown where they do not."""

    person: str
    text: str


@dataclass(frozen=True, slots=True)
class Time:
    """An instant; platforms that can show the reader's own time do."""

    at: datetime
    text: str


Inline = Text | Link | Mention | Time
Line = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    inlines: Line
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    inlines: Line


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[Line, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """Short facts with their names, shown side by side where there is room."""

    fields: tuple[tuple[str, Line], ...]


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    inlines: Line


@dataclass(frozen=True, slots=True)
class Divider:
    pass


@dataclass(frozen=True, slots=True)
class Picture:
    """`name` is that of its file, without an ending. `alt` says what it shows, to whoever cannot see it and where no pictures are shown."""

    name: str
    alt: str
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class Button:
    """A button is a line somebody could have typed: `line` is it, without the prefix."""

    text: str
    line: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Buttons:
    buttons: tuple[Button, ...]


Block = Heading | Paragraph | Bullets | Fields | Code | Quote | Divider | Picture | Buttons


@dataclass(frozen=True, slots=True)
class Document:
    """`summary` is the notification, and the message itself where nothing richer can be shown. `tone` is how it is
    meant: info, good, warning, bad, refused."""

    summary: str
    blocks: tuple[Block, ...] = ()
    tone: str = "info"

    def to_plain(self) -> str:
        """The whole message as text."""
        return "\n".join(_plain_block(block) for block in self.blocks).strip() or self.summary


def plain(inlines: Iterable[Inline]) -> str:
    """The words of a line, without their looks."""
    return "".join(inline.text for inline in inlines)


def line(text: str, *, bold: bool = False) -> Line:
    """A line of one literal text."""
    return (Text(clean(text), bold=bold),)


def say(text: str, tone: str = "info") -> Document:
    """The smallest message: one paragraph, which is its own summary."""
    text = clean(text)
    return Document(summary=text, blocks=(Paragraph((Text(text),)),), tone=tone)


def _plain_block(block: Block) -> str:
    match block:
        case Heading(inlines=inlines):
            return f"\n{plain(inlines)}"
        case Paragraph(inlines=inlines):
            return plain(inlines)
        case Quote(inlines=inlines):
            return "\n".join(f"> {row}" for row in plain(inlines).splitlines())
        case Bullets(items=items, ordered=ordered):
            return "\n".join(f"{f'{n}.' if ordered else '-'} {plain(item)}" for n, item in enumerate(items, 1))
        case Fields(fields=fields):
            return "\n".join(f"{name}: {plain(value)}" for name, value in fields)
        case Code(text=text):
            return text
        case Divider():
            return "---"
        case Picture(alt=alt):
            return alt
        case Buttons(buttons=buttons):
            return "\n".join(f"{button.text}: `{button.line}`" for button in buttons)
