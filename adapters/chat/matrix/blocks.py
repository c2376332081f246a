"""The blocks of a document, written as plain text and as the HTML that Matrix allows
(https://spec.matrix.org/latest/client-server-api/#mroommessage-msgtypes)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import assert_never
from urllib.parse import quote

from adapters.chat.bidi import isolated
from adapters.chat.inlines import LINKABLE, MARKS, beside, flat, parts, signed, to_type
from adapters.chat.matrix.sheet import Sheet, weight
from bot.chat import document as d

_LONGEST_USER = 255
"""Bytes (https://spec.matrix.org/latest/appendices/#user-identifiers)."""

_USER = re.compile(r"@[^:\s]*:\S+")
# The first two sizes of heading are for pages; a message is a few lines on a phone.
_LARGEST_HEADING = 3


class Writer:
    """Writes a document onto `sheet`. `handles` has the Matrix ids of people; a line to type begins with `prefix`."""

    def __init__(self, sheet: Sheet, handles: Mapping[str, str], prefix: str) -> None:
        self.mentioned: list[str] = []
        """The Matrix ids of who is mentioned in what was written, each once."""
        self._sheet = sheet
        self._handles = handles
        self._prefix = prefix
        self._sign = ""
        self._before: d.Block | None = None
        self._bare = False

    def document(self, document: d.Document) -> None:
        """All of it, or its beginning; where its blocks say nothing, its summary."""
        self._sign = MARKS.get(document.tone, "")
        # Clients should not make HTML that is not needed, says the specification, with this as its example.
        self._bare = len(document.blocks) <= 1
        for block in document.blocks:
            if self._sheet.full:
                return
            self._block(block)
        if self._before is None:
            self._block(d.Paragraph((d.Text(document.summary),)))

    def _block(self, block: d.Block) -> None:
        sheet = self._sheet
        match block:
            case d.Heading(inlines=inlines, level=level):
                tag = f"h{min(max(level, 1) + _LARGEST_HEADING - 1, 6)}"
                self._words(block, inlines, f"<{tag}>", f"</{tag}>")
            case d.Paragraph(inlines=inlines):
                self._words(block, inlines, *(("", "") if self._bare else ("<p>", "</p>")))
            case d.Quote(inlines=inlines):
                self._words(block, inlines, "<blockquote>", "</blockquote>", "> ")
            case d.Bullets(items=items, ordered=ordered):
                self._bullets(block, items, "ol" if ordered else "ul")
            case d.Fields(fields=fields):
                self._fields(block, fields)
            case d.Code(text=text):
                if text := d.clean(text):
                    self._begin(block)
                    with sheet.inside("<pre><code>", "</code></pre>"):
                        sheet.text(text, row="\n")
            case d.Divider():
                self._begin(block)
                sheet.put("---", "<hr>")
            case d.Picture(alt=alt):
                self._words(block, d.line(alt), *(("", "") if self._bare else ("<p>", "</p>")))
            case d.Buttons(buttons=buttons):
                self._buttons(block, buttons)
            case _:
                assert_never(block)

    def _begin(self, block: d.Block) -> str:
        """Sets `block` apart from the one before; the answer is the sign it begins with, for whom that is words."""
        sign, self._sign = self._sign, ""
        if self._before is not None:
            # Lines are dear on a phone: only what would run together is set apart.
            paragraphs = isinstance(block, d.Paragraph) and isinstance(self._before, d.Paragraph)
            self._sheet.put("\n\n" if paragraphs or isinstance(block, d.Heading) else "\n", "")
        self._before = block
        return sign

    def _words(self, block: d.Block, inlines: d.Line, opening: str, closing: str, margin: str = "") -> None:
        words = parts(inlines)
        if not any(part.text.strip() for part in words):
            return
        sign = self._begin(block)
        with self._sheet.inside(opening, closing, margin):
            self._line(isolated(words if margin else signed(words, sign)), margin)

    def _bullets(self, block: d.Block, items: Sequence[d.Line], tag: str) -> None:
        if not items:
            return
        self._begin(block)
        with self._sheet.inside(f"<{tag}>", f"</{tag}>"):
            for number, item in enumerate(items, 1):
                if self._sheet.full:
                    break
                mark = f"{number}. " if tag == "ol" else "- "
                with self._sheet.inside("<li>", "</li>", mark if number == 1 else f"\n{mark}"):
                    self._line(isolated(parts(item)), " " * len(mark))

    def _fields(self, block: d.Block, fields: Sequence[tuple[str, d.Line]]) -> None:
        """A row each, and no table: the specification says that a client may be unable to show one."""
        if not fields:
            return
        self._begin(block)
        with self._sheet.inside("<p>", "</p>"):
            for number, (name, value) in enumerate(fields):
                if self._sheet.full:
                    break
                if number:
                    self._sheet.put("\n", "<br>")
                with self._sheet.inside("<strong>", ":</strong> ", "", ": "):
                    self._line(isolated(parts((d.Text(flat(name)),)), alone=False))
                self._line(isolated(parts(value), alone=False), "  ")

    def _buttons(self, block: d.Block, buttons: Sequence[d.Button]) -> None:
        """Matrix has no buttons: each is the line to type instead, whole or not at all, for half a line is another
        command."""
        if not buttons:
            return
        self._begin(block)
        with self._sheet.inside("<p>", "</p>"):
            for number, button in enumerate(buttons):
                label = "".join(part.text for part in isolated(parts((d.Text(flat(button.text)),)), alone=False))
                said = f"{self._prefix} {flat(button.line)}".strip()
                body = f"{label}: `{said}`" if label else f"`{said}`"
                html = f"{escape(label, quote=False)}: " if label else ""
                html += f"<code>{escape(said, quote=False)}</code>"
                if not self._sheet.put(f"\n{body}" if number else body, f"<br>{html}" if number else html):
                    break

    def _line(self, parts: Sequence[d.Inline], margin: str = "") -> None:
        for part in parts:
            if self._sheet.full:
                return
            match part:
                case d.Text():
                    tags = [tag for tag, on in (("strong", part.bold), ("em", part.italic), ("code", part.code)) if on]
                    opening = "".join(f"<{tag}>" for tag in tags)
                    closing = "".join(f"</{tag}>" for tag in reversed(tags))
                    tick = "`" if part.code else ""
                    with self._sheet.inside(opening, closing, tick, tick):
                        self._sheet.text(to_type(part.text, self._prefix) if part.code else part.text, margin=margin)
                case d.Link():
                    self._link(part)
                case d.Mention():
                    self._mention(part)
                case d.Time():
                    self._sheet.text(part.text)
                case _:
                    assert_never(part)

    def _link(self, link: d.Link) -> None:
        """Plain text shows the address beside the words: there is nothing else to follow. What is no address of the web or of mail
        is text in both."""
        shown = beside(link)
        opening, closing = "", escape(shown, quote=False)
        if LINKABLE.fullmatch(link.url):
            opening, closing = f'<a href="{escape(link.url)}">', "</a>"
        with self._sheet.inside(opening, closing, "", shown):
            self._sheet.text(link.text)

    def _mention(self, mention: d.Mention) -> None:
        """A link to the person, which clients show as a name to click."""
        user = self._handles.get(mention.person, "")
        if not _USER.fullmatch(user) or d.clean(user) != user or len(user.encode()) > _LONGEST_USER:
            self._sheet.text(mention.text)
            return
        with self._sheet.inside(f'<a href="https://matrix.to/#/{quote(user, safe="@:")}">', "</a>") as opened:
            if opened and user not in self.mentioned and self._sheet.take(weight(user) + len(", ")):
                self.mentioned.append(user)
            self._sheet.text(mention.text)
