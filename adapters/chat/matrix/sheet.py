"""One message written twice at the same time, as plain text and as HTML, and never longer than there is room."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any


def weight(value: Any) -> int:
    """Bytes of `value` in JSON. Canonical JSON (https://spec.matrix.org/latest/appendices/#canonical-json), in which an event
    is measured, has no spaces between the parts, so it is never longer."""
    return len(json.dumps(value, ensure_ascii=False).encode())


def _inner(text: str) -> int:
    return weight(text) - len('""')


class Sheet:
    """Holds `room` bytes of JSON, both texts together. What is written must be cleaned
    (`bot.incident.text.clean`). Once something did not fit, the sheet is `full` and nothing more comes onto it, except
    the ends of what was begun: their room was kept."""

    def __init__(self, room: int) -> None:
        self.full = False
        self._left = room
        self._body: list[str] = []
        self._html: list[str] = []

    @property
    def body(self) -> str:
        return "".join(self._body)

    @property
    def html(self) -> str:
        return "".join(self._html)

    def take(self, size: int) -> bool:
        """Keeps `size` bytes for something else in the same event; false, and full, when they are not there."""
        self.full = self.full or size > self._left
        if not self.full:
            self._left -= size
        return not self.full

    def put(self, body: str, html: str) -> bool:
        """Both, whole; or neither, and the answer is false."""
        fits = self.take(_inner(body) + _inner(html))
        if fits:
            self._write(body, html)
        return fits

    def text(self, text: str, *, margin: str = "", row: str = "<br>") -> None:
        """As much of the beginning of `text` as fits. Its later lines begin with `margin` in the plain text, and with
        `row` in the HTML."""

        def forms(size: int) -> tuple[str, str]:
            part = text[:size]
            return part.replace("\n", f"\n{margin}"), escape(part, quote=False).replace("\n", row)

        if self.full:
            return
        # Every character takes a byte at least, so no more of a very long text is looked at.
        most = min(len(text), max(self._left, 0) + 1)
        if not self.put(*forms(most)):
            sizes = range(most + 1)
            fits = bisect_right(sizes, self._left, key=lambda size: sum(map(_inner, forms(size)))) - 1
            self._write(*forms(max(fits, 0)))

    @contextmanager
    def inside(self, opening: str, closing: str, before: str = "", after: str = "") -> Iterator[bool]:
        """What is written now stands between two tags in the HTML, and between `before` and `after` in the plain text.
        False when these do not fit."""
        opened = self.take(sum(map(_inner, (opening, closing, before, after))))
        if opened:
            self._write(before, opening)
        yield opened
        if opened:
            self._write(after, closing)

    def _write(self, body: str, html: str) -> None:
        self._body.append(body)
        self._html.append(html)
