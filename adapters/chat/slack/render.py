"""Our messages and views as Slack takes them. Nothing in a document makes these fail; what is too long is cut."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from adapters.chat.inlines import flat
from adapters.chat.slack.blocks import Json, Writer
from adapters.chat.slack.markup import escaped
from bot.chat.document import Document, say

MOST_MESSAGE, MOST_VIEW = 50, 100
"""Blocks (https://docs.slack.dev/reference/block-kit/blocks)."""

LARGEST = 12_000
"""Characters of a message's blocks in JSON, all beyond ASCII escaped. Slack says nothing of it and answers `msg_blocks_too_long`;
people measured about 13,200 characters of text, and fewer where there are many elements
(https://github.com/slackapi/bolt-js/issues/2509, …/2867), so everything counts here, in its longest form."""

LARGEST_VIEW = 100_000
"""The same in a view, which may have 250 kB in all (https://docs.slack.dev/reference/methods/views.publish)."""

LONGEST_TEXT = 4_000
"""Characters of the text beside the blocks, escaped (https://docs.slack.dev/reference/methods/chat.postMessage, "Truncating")."""

PREFIX = "/incident"

_CUT: Json = {
    "type": "context",
    "elements": [
        {"type": "plain_text", "text": "… The rest was cut: it does not fit into one message.", "emoji": False},
    ],
}


def message(
    document: Document, handles: Mapping[str, str], prefix: str = PREFIX, files: Sequence[str] = ()
) -> dict[str, Any]:
    """`text` and `blocks` that say `document`, for `chat.postMessage`, `chat.update` or a `response_url`. `handles` is from a
    person's id to their Slack user id: such a person is mentioned, and nobody else is, whatever words are in it. The text is
    the summary: what a notification shows. A button has its line as `value`, and `line:0`, `line:1`, … as `action_id`. `files` are
    the ids of the pictures in their order; of one that has none its words are shown."""
    text = escaped(flat(document.summary).strip(), LONGEST_TEXT) or "…"
    blocks = _fitting(Writer(document, handles, prefix, files).blocks(), MOST_MESSAGE, LARGEST)
    if blocks and all(block["type"] == "divider" for block in blocks):
        # Beside blocks the text is not seen, and a rule alone says nothing.
        blocks = message(say(document.summary.strip() or "…"), handles, prefix)["blocks"]
    return {"text": text, "blocks": blocks}


def view_blocks(
    document: Document, handles: Mapping[str, str], prefix: str = PREFIX, most: int = MOST_VIEW
) -> list[Json]:
    """The blocks of `document` in the App Home or a modal, `most` of them at most (and at least two)."""
    return _fitting(Writer(document, handles, prefix).blocks(), most, LARGEST_VIEW)


def _fitting(pieces: Iterable[Json], most: int, room: int) -> list[Json]:
    """As many of them from the first on as fit, with a line that says so when these are not all."""
    kept: list[Json] = []
    left = room - len("[]")
    for block in _joined(pieces, room):
        kept.append(block)
        left -= weight(block) + len(",")
        if left < 0 or len(kept) > most:
            break
    if left >= 0 and len(kept) <= most:
        return kept
    whole = {"elements": kept[: most - 1]}
    cut = _beginning(whole, room - weight(_CUT) - len(","))
    return [*(cut["elements"] if cut else []), _CUT]


def _joined(pieces: Iterable[Json], room: int) -> Iterator[Json]:
    """Blocks, made of `pieces`: what belongs into `rich_text` and follows each other is in one of them, up to a size
    of `room`, since no more of it is shown."""
    rich: list[Json] = []
    size = 0
    for piece in pieces:
        words = piece["type"].startswith("rich_text_")
        if words:
            rich.append(piece)
            size += weight(piece)
        if rich and (not words or size > room):
            yield {"type": "rich_text", "elements": rich}
            rich, size = [], 0
        if not words:
            yield piece
    if rich:
        yield {"type": "rich_text", "elements": rich}


def _beginning(part: Json, room: int) -> Json | None:
    """As much of `part` from its beginning on as has `room`; None when nothing of it has. Words are cut; a line to type, a link,
    a button is there whole or not at all."""
    if weight(part) <= room:
        return part
    if "elements" in part:
        kept: list[Json] = []
        left = room - weight({**part, "elements": []})
        for element in part["elements"]:
            begun = _beginning(element, left)
            if begun is not None:
                kept.append(begun)
                left -= weight(begun) + len(",")
            if begun is not element:
                break
        return {**part, "elements": kept} if kept else None
    if part["type"] == "text" and "code" not in part.get("style", {}):
        text = part["text"][: max(room, 0)]
        fits = bisect_right(range(len(text) + 1), room, key=lambda size: weight({**part, "text": text[:size]})) - 1
        return {**part, "text": text[:fits]} if fits > 0 else None
    return None


def weight(value: Any) -> int:
    """Characters of `value` in JSON without spaces, all beyond ASCII escaped."""
    return len(json.dumps(value, separators=(",", ":")))
