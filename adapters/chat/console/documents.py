"""Documents as JSON and back, and made to fit: what the console keeps of a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from bot.chat import document as d
from bot.chat import drawing

LARGEST = 40_000
"""Characters of one message; as many as Slack takes (https://docs.slack.dev/reference/methods/chat.postMessage,
`text`), so that nothing looks whole here and is cut there."""

_SUMMARY = 1_000
_OVERHEAD = 8
_CUT = "… The rest was cut: a message holds 40,000 characters."
_PARTS = (d.Text, d.Link, d.Mention, d.Time, d.Button, *d.Block.__args__, d.Document)
_DRAWN = (drawing.Drawing, *drawing.Shape.__args__, drawing.Tone, drawing.Align)
_KINDS: Mapping[str, Any] = {kind.__name__: kind for kind in (*_PARTS, *_DRAWN)}


def encode(value: Any) -> Any:
    """`value`, made of documents' parts, as JSON has it: a part is an object that names its kind under `is`. What is
    as the part's class has it by default is left out."""
    if is_dataclass(value):
        said = {field.name: getattr(value, field.name) for field in fields(value)}
        kept = {field.name: encode(said[field.name]) for field in fields(value) if said[field.name] != field.default}
        return {"is": type(value).__name__} | kept
    if isinstance(value, StrEnum):
        return {"is": type(value).__name__, "value": value.value}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, datetime):
        return {"is": "at", "at": value.isoformat()}
    return value


def decode(value: Any) -> Any:
    """What `encode` was given. Raises ValueError, TypeError or KeyError for anything it never answered."""
    if isinstance(value, list):
        return tuple(decode(item) for item in value)
    if not isinstance(value, dict):
        return value
    kind = value["is"]
    if kind == "at":
        return datetime.fromisoformat(value["at"])
    return _KINDS[kind](**{name: decode(item) for name, item in value.items() if name != "is"})


def in_words(document: d.Document) -> d.Document:
    """`document` with the words of its pictures in their place."""
    return replace(document, blocks=tuple(_in_words(block) for block in document.blocks))


def pictures(document: d.Document) -> list[Any]:
    """The pictures of `document` with their places, as JSON has them."""
    found = enumerate(document.blocks)
    return [[number, encode(block)] for number, block in found if isinstance(block, d.Picture)]


def with_pictures(document: d.Document, pictures: Sequence[Any]) -> d.Document:
    """What `in_words` and `pictures` were given. Raises as `decode`."""
    places = {int(number): decode(block) for number, block in pictures}
    return replace(document, blocks=tuple(places.get(n, block) for n, block in enumerate(document.blocks)))


def _in_words(block: d.Block) -> d.Block:
    return d.Paragraph((d.Text(block.alt),)) if isinstance(block, d.Picture) else block


def cut(document: d.Document, largest: int = LARGEST) -> d.Document:
    """`document`, or as much of its beginning as `largest` characters hold, and a word that there was more."""
    summary = document.summary
    if len(summary) > _SUMMARY:
        document = replace(document, summary=f"{summary[: _SUMMARY - 1]}…")
    room = _Room(largest)
    kept: list[d.Block] = []
    for block in document.blocks:
        room.left -= _OVERHEAD
        if room.left <= 0:
            room.full = True
            break
        kept.append(_cut_block(block, room))
        if room.full:
            break
    if not room.full:
        return document
    return replace(document, blocks=(*kept, d.Paragraph((d.Text(_CUT, italic=True),))))


class _Room:
    """How many characters may still come."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.full = False

    def text(self, text: str) -> str:
        self.left -= _OVERHEAD
        if len(text) > self.left:
            text, self.full = text[: max(self.left, 0)], True
        self.left -= len(text)
        return text

    def line(self, inlines: Sequence[d.Inline]) -> d.Line:
        kept: list[d.Inline] = []
        for part in inlines:
            if self.full:
                break
            if isinstance(part, d.Link):
                url = self.text(part.url)
                # Half an address leads somewhere else.
                part = replace(part, url=url if url == part.url else "")
            kept.append(replace(part, text=self.text(part.text)))
        return tuple(kept)


def _cut_block(block: d.Block, room: _Room) -> d.Block:
    match block:
        case d.Heading() | d.Paragraph() | d.Quote():
            return replace(block, inlines=room.line(block.inlines))
        case d.Bullets():
            return replace(block, items=tuple(room.line(item) for item in block.items if not room.full))
        case d.Fields():
            pairs = tuple((room.text(name), room.line(value)) for name, value in block.fields if not room.full)
            return replace(block, fields=pairs)
        case d.Code():
            return d.Code(room.text(block.text))
        case d.Buttons():
            # Half a line to type is another command.
            whole = tuple(button for button in block.buttons if room.text(button.text + button.line) and not room.full)
            return d.Buttons(whole)
        case d.Picture():
            return replace(block, alt=room.text(block.alt))
        case d.Divider():
            return block
        case _:
            assert_never(block)
