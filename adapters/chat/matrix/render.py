"""Our messages as the content of Matrix events. Nothing in a document makes these fail; what is too long is cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.chat.matrix.blocks import Writer
from adapters.chat.matrix.sheet import Sheet, weight
from bot.chat.document import Document

LARGEST = 60_000
"""Bytes of a content in JSON, with what `edit`, `in_thread` and `reply` add. A whole event may have 65,536
(https://spec.matrix.org/latest/client-server-api/#size-limits); its signatures, its room and its sender are in that, too."""

LARGEST_SEALED = 43_000
"""The same where it is encrypted, which makes four bytes of three, adds some hundreds, and leaves the relation outside."""

PREFIX = "!incident"

_RELATION = 1_000
"""For what `in_thread` and `reply` add: they name an event twice at most, in 255 bytes each."""

_FALLBACK = 6_000
"""For what an edit shows to clients that know no edits, at least."""

_CUT = "… The rest was cut: it does not fit into one message."


def message(
    document: Document, handles: Mapping[str, str], prefix: str = PREFIX, room: int = LARGEST
) -> dict[str, Any]:
    """The content of an `m.room.message` that says `document`. `handles` is from a person's id to their Matrix user id:
    such a person is mentioned, and nobody else is, whatever words are in the message. A button is shown as its line after
    `prefix`. It has at most `room` bytes."""
    return _content(document, handles, prefix, room - _RELATION - _FALLBACK)


def edit(
    document: Document, handles: Mapping[str, str], message: str, prefix: str = PREFIX, room: int = LARGEST
) -> dict[str, Any]:
    """The content that replaces the message with the event id `message`
    (https://spec.matrix.org/latest/client-server-api/#event-replacements). It holds as much of `document` as a message
    does; clients that know no edits may see less of it. An edit notifies nobody, so it mentions nobody itself
    (https://spec.matrix.org/latest/client-server-api/#default-override-rules, `.m.rule.suppress_edits`)."""
    replacing = {
        "m.new_content": _content(document, handles, prefix, room - _RELATION - _FALLBACK),
        "m.relates_to": {"rel_type": "m.replace", "event_id": message},
    }
    shown = _content(document, handles, prefix, room - weight(replacing) - len("* * "))
    for text in ("body", "formatted_body"):
        shown[text] = f"* {shown[text]}"
    return shown | replacing | {"m.mentions": {}}


def in_thread(content: dict[str, Any], root: str) -> dict[str, Any]:
    """`content` of `message` in the thread that began with the event `root`; a client that knows no threads shows an
    answer to it (https://spec.matrix.org/latest/client-server-api/#fallback-for-unthreaded-clients). An edit needs no
    thread: it stays where its message is."""
    thread = {"rel_type": "m.thread", "event_id": root, "is_falling_back": True, "m.in_reply_to": {"event_id": root}}
    return content | {"m.relates_to": thread}


def reply(content: dict[str, Any], to: str) -> dict[str, Any]:
    """`content` of `message` as an answer to the event `to`
    (https://spec.matrix.org/latest/client-server-api/#rich-replies)."""
    return content | {"m.relates_to": {"m.in_reply_to": {"event_id": to}}}


def _content(document: Document, handles: Mapping[str, str], prefix: str, room: int) -> dict[str, Any]:
    """At most `room` bytes, when these are enough for an empty one that says that it was cut."""
    cut_body, cut_html = f"\n\n{_CUT}", f"<p><em>{_CUT}</em></p>"
    sheet = Sheet(room - weight(_event(cut_body, cut_html, [""])))
    writer = Writer(sheet, handles, prefix)
    writer.document(document)
    body, html = sheet.body, sheet.html
    if sheet.full:
        body, html = body + cut_body, html + cut_html
    return _event(body.strip("\n"), html, writer.mentioned)


def _event(body: str, html: str, mentioned: list[str]) -> dict[str, Any]:
    return {
        "msgtype": "m.notice",
        "body": body,
        "format": "org.matrix.custom.html",
        "formatted_body": html,
        # Always there: without it, servers look for names and for @room in the words
        # (https://spec.matrix.org/latest/client-server-api/#user-and-room-mentions).
        "m.mentions": {"user_ids": mentioned} if mentioned else {},
    }
