"""The blocks of a document as Slack's blocks (https://docs.slack.dev/reference/block-kit/blocks).

Words go into `rich_text`, where no sign in them means anything. Its elements that follow each other share one block:
lines are dear on a phone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, assert_never

from adapters.chat.bidi import isolated, leftward
from adapters.chat.inlines import LINKABLE, MARKS, beside, flat, parts, signed, to_type
from adapters.chat.pictures import words
from adapters.chat.slack.markup import escape, escaped, inert, mrkdwn, user
from bot.chat import document as d

Json = dict[str, Any]

HEADER, LABEL, VALUE = 150, 75, 2_000
"""Characters of a header, of a button's label and of its value
(https://docs.slack.dev/reference/block-kit/blocks/header-block, …/block-elements/button-element)."""

ALT = 2_000
"""Characters of the words of a picture (https://docs.slack.dev/reference/block-kit/blocks/image-block)."""

FIELDS, BUTTONS = 10, 25
"""In one block (https://docs.slack.dev/reference/block-kit/blocks/section-block, …/actions-block)."""

STYLES = frozenset({"primary", "danger"})

_SHORT = 32
"""Characters of a value that stands beside another one: a column of a phone has about 18."""

_URL = 3_000
_ITEM = {True: "ordered", False: "bullet"}


class Writer:
    """Writes a document. `handles` has the Slack ids of people; a line to type begins with `prefix`. `files` are the ids of its
    pictures in their order, empty where there is none."""

    def __init__(
        self, document: d.Document, handles: Mapping[str, str], prefix: str, files: Sequence[str] = ()
    ) -> None:
        self._document = document
        self._handles = handles
        self._prefix = prefix
        self._files = iter(files)
        self._sign = MARKS.get(document.tone, "")
        self._before: d.Block | None = None
        self._lines = 0

    def blocks(self) -> Iterator[Json]:
        """All of it, in any number and size; where its blocks say nothing, its summary. A part of `rich_text` comes alone; who
        reads on joins them."""
        for block in self._document.blocks:
            yield from self._block(block)
        if self._before is None:
            summary = d.clean(self._document.summary).strip() or "…"
            yield from self._block(d.Paragraph((d.Text(summary),)))

    def _block(self, block: d.Block) -> Iterator[Json]:
        match block:
            case d.Heading(inlines=inlines, level=level):
                yield from self._heading(block, inlines, level)
            case d.Paragraph(inlines=inlines):
                yield from self._words(block, "rich_text_section", inlines)
            case d.Quote(inlines=inlines):
                yield from self._words(block, "rich_text_quote", inlines)
            case d.Bullets(items=items, ordered=ordered):
                if items:
                    self._begin(block)
                    # An item without a word keeps its number.
                    rows = [_rich("rich_text_section", self._line(item) or [_text(" ")]) for item in items]
                    yield _rich("rich_text_list", rows) | {"style": _ITEM[ordered]}
            case d.Fields(fields=fields):
                if fields:
                    self._begin(block)
                    yield from self._fields(fields)
            case d.Code(text=text):
                if text := d.clean(text):
                    self._begin(block)
                    yield _rich("rich_text_preformatted", [_text(text)])
            case d.Divider():
                self._begin(block)
                yield {"type": "divider"}
            case d.Picture():
                yield from self._picture(block)
            case d.Buttons(buttons=buttons):
                yield from self._buttons(block, buttons)
            case _:
                assert_never(block)

    def _begin(self, block: d.Block) -> tuple[str, bool]:
        """The sign that `block` begins with, for whom that is words, and whether it is to be set apart from the one before."""
        sign, self._sign = self._sign, ""
        before, self._before = self._before, block
        paragraphs = isinstance(block, d.Paragraph) and isinstance(before, d.Paragraph)
        return sign, paragraphs or (isinstance(block, d.Heading) and before is not None)

    def _heading(self, block: d.Block, inlines: d.Line, level: int) -> Iterator[Json]:
        """The title of a message is large; what stands between its parts is bold, and so is a title that is no plain text."""
        words = parts(inlines)
        if self._before is None and level <= 2 and all(isinstance(part, d.Text) and not part.code for part in words):
            title = d.plain(isolated(signed(words, self._sign))).strip() if d.plain(words).strip() else ""
            if title and "\n" not in title and len(escape(title)) <= HEADER:
                self._begin(block)
                yield {"type": "header", "text": _plain(escape(title))}
                return
        bold = tuple(replace(part, bold=True) if isinstance(part, d.Text) else part for part in words)
        yield from self._words(block, "rich_text_section", bold)

    def _words(self, block: d.Block, kind: str, inlines: d.Line) -> Iterator[Json]:
        words = parts(inlines)
        if not any(part.text.strip() for part in words):
            return
        sign, apart = self._begin(block)
        line = self._line(words if kind == "rich_text_quote" else signed(words, sign))
        yield _rich(kind, [_text("\n"), *line] if apart else line)

    def _fields(self, fields: Sequence[tuple[str, d.Line]]) -> Iterator[Json]:
        """Short ones side by side, as far as mrkdwn can show them: a section takes nothing else. A row each for the others."""
        found = [(flat(name), parts(value)) for name, value in fields]
        for short, group in groupby(found, key=self._is_short):
            some = [*group]
            if not short or len(some) == 1:
                for name, value in some:
                    title = self._line((d.Text(f"{name}: ", bold=True),), alone=False)
                    yield _rich("rich_text_section", [*title, *self._line(value, alone=False)])
                continue
            for start in range(0, len(some), FIELDS):
                cells = [f"*{name}*\n{mrkdwn(value, self._handles)}" for name, value in some[start : start + FIELDS]]
                # Verbatim: Slack looks for no addresses and channels in the words.
                texts = [{"type": "mrkdwn", "text": cell, "verbatim": True} for cell in cells]
                yield {"type": "section", "fields": texts}

    def _is_short(self, field: tuple[str, list[d.Inline]]) -> bool:
        name, value = field
        shown = d.plain(value)
        # Stars make nothing bold that has a space at its edge.
        if not name or name != name.strip() or not shown.strip() or max(len(name), len(shown)) > _SHORT:
            return False
        return not leftward(name + shown) and inert((d.Text(name),), {}) and inert(value, self._handles)

    def _picture(self, block: d.Picture) -> Iterator[Json]:
        file = next(self._files, "")
        if not file:
            yield from self._words(block, "rich_text_section", d.line(words(block, ALT)))
            return
        self._begin(block)
        yield {"type": "image", "slack_file": {"id": file}, "alt_text": words(block, ALT)}

    def _buttons(self, block: d.Block, buttons: Sequence[d.Button]) -> Iterator[Json]:
        """Those whose line comes back whole when they are pressed."""
        lines = [(button, flat(button.line).strip()) for button in buttons]
        kept = [self._button(button, line) for button, line in lines if line and len(escape(line)) <= VALUE]
        if kept:
            self._begin(block)
        for start in range(0, len(kept), BUTTONS):
            yield {"type": "actions", "elements": kept[start : start + BUTTONS]}

    def _button(self, button: d.Button, line: str) -> Json:
        label = escaped(flat(button.text).strip() or line, LABEL)
        number, self._lines = self._lines, self._lines + 1
        style = {"style": button.style} if button.style in STYLES else {}
        return {"type": "button", "action_id": f"line:{number}", "text": _plain(label), "value": line} | style

    def _line(self, line: Sequence[d.Inline], *, alone: bool = True) -> list[Json]:
        """The elements of one line. Slack itself writes the name of whom it knows, and keeps its direction."""
        words = parts(line)
        named = [isinstance(part, d.Mention) and bool(user(part, self._handles)) for part in words]
        shown = [replace(part, text="-") if known else part for part, known in zip(words, named, strict=True)]
        elements: list[Json] = []
        for part in isolated(shown, alone=alone):
            element = self._inline(part)
            # One element for what looks alike: room in a message is dear. Two pieces of code stay two.
            if elements and element.keys() == {"type", "text"} == elements[-1].keys():
                element = _text(elements.pop()["text"] + element["text"])
            elements.append(element)
        return elements

    def _inline(self, part: d.Inline) -> Json:
        match part:
            case d.Text(text=text, bold=bold, italic=italic, code=code):
                style = {name: True for name, on in (("bold", bold), ("italic", italic), ("code", code)) if on}
                return _text(to_type(text, self._prefix) if code else text) | ({"style": style} if style else {})
            case d.Link(text=text, url=url):
                if LINKABLE.fullmatch(url) and len(url) <= _URL:
                    return {"type": "link", "url": url} | ({"text": text} if text != url else {})
                return _text(text + beside(part))
            case d.Mention(text=text):
                known = user(part, self._handles)
                return {"type": "user", "user_id": known} if known else _text(text)
            case d.Time(text=text):
                # In the house's zone, as every other time in words: docs/decisions/0019-slack-text.md.
                return _text(text)
            case _:
                assert_never(part)


def _rich(kind: str, elements: Sequence[Json]) -> Json:
    return {"type": kind, "elements": [*elements]}


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _plain(text: str) -> Json:
    """Words, and nothing in them is the name of an emoji."""
    return {"type": "plain_text", "text": text, "emoji": False}
