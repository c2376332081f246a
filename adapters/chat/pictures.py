"""The pictures in a document, for platforms that show them: which, what their files are called, and how they are drawn.

A picture never costs the message: where it cannot be shown its words are.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from dataclasses import replace

from bot.chat import document as d
from bot.ports import Rejected

log = logging.getLogger(__name__)

MOST = 5
"""In one message; of what follows the words are shown."""

TRIES = 3
"""Of a picture, by a process. Where it could not be uploaded by then, the words go out alone. Those of its message do not count: a platform
that was away for an hour has it tried often, and says nothing of its pictures."""

WAITING = 1_000
"""Pictures of which it is known how often they were tried."""

_NAME = 60
"""Characters of a file's name."""


class Patience:
    """How often each picture was tried in vain."""

    def __init__(self) -> None:
        self._tried: OrderedDict[str, int] = OrderedDict()

    def is_over(self, key: str) -> bool:
        """It was tried once more, and that was the last time."""
        tried = self._tried.pop(key, 0) + 1
        if tried < TRIES:
            self._tried[key] = tried
            if len(self._tried) > WAITING:
                self._tried.popitem(last=False)
        return tried >= TRIES


def shown(document: d.Document) -> tuple[d.Picture, ...]:
    """Those that are uploaded, in their order."""
    return tuple(block for block in document.blocks if isinstance(block, d.Picture))[:MOST]


def without(document: d.Document) -> d.Document:
    """`document` without those that are uploaded."""
    uploaded = shown(document)
    return replace(document, blocks=tuple(block for block in document.blocks if not _is_one_of(block, uploaded)))


def file_name(picture: d.Picture) -> str:
    """One that every system takes, with its ending."""
    return f"{re.sub(r'[^a-z0-9]+', '-', picture.name.lower()).strip('-')[:_NAME] or 'picture'}.png"


def words(picture: d.Picture, most: int) -> str:
    """What it shows, in `most` characters, on one line."""
    said = " ".join(d.clean(picture.alt).split()) or file_name(picture)
    return said if len(said) <= most else f"{said[: most - 1]}…"


async def drawn(picture: d.Picture) -> bytes:
    """The PNG; others are served meanwhile. Raises Rejected when it cannot be drawn."""
    try:
        # Whoever shows none need not pay for what draws.
        from adapters.pictures.png import png

        return await asyncio.to_thread(png, picture.drawing)
    except Exception as error:
        log.exception("a bug while drawing %s", file_name(picture))
        raise Rejected("it cannot be drawn") from error


def _is_one_of(block: d.Block, pictures: tuple[d.Picture, ...]) -> bool:
    return any(block is picture for picture in pictures)
