"""A mail that came in, read: which page it answers, what somebody said in it, and whether anybody did. Pure, and bounded by what it
is given."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32

from adapters.paging.smtp.ids import tokens
from adapters.paging.smtp.said import acknowledging, text_of_html

KEPT = 128 * 1024
"""Bytes of a mail that are read: what somebody typed is at its beginning, and pictures come behind it. The style sheets on top of
some HTML have tens of thousands."""

PARTS = 30
"""Parts with parts inside. The parser's work is these times the lines, and no mail program nests so many."""

HEADER = 64 * 1024
ENCODED = 8 * 1024
"""Characters of a header that are looked at, and of one with encoded words, which take longer to read."""

_NESTING = re.compile(rb"(?:multipart|message)/", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,700}@[^<>\s@]{1,255}>")
_NO_TEXT = ("idna", "punycode")
"""Encodings of Python's for names; the time that they take grows with the square of the length."""
_PRESENT = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
_SUBJECTS = (
    "out of office",
    "automatic reply",
    "automatische antwort",
    "abwesenheitsnotiz",
    "abwesenheit:",
    "autoreply",
)


class Unreadable(Exception):
    """No mail program makes such a mail."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`tokens`: see `adapters.paging.smtp.ids.tokens`. `said` is the line that acknowledges (empty: there is none), `automatic`
    why no human wrote it (empty: one did). `event` is the same when the same mail comes again."""

    tokens: tuple[str, ...]
    said: str
    automatic: str
    event: str
    message_id: str = ""
    references: tuple[str, ...] = ()
    subject: str = ""


def read(content: bytes, returns_to: str) -> Reply:
    """`content` is the mail, or its first KEPT bytes; `returns_to` its return path. Raises Unreadable."""
    if len(_NESTING.findall(content)) > PARTS:
        raise Unreadable
    try:
        return _read(message_from_bytes(content, policy=compat32), content, returns_to)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError) as error:
        # What the standard library raises at what it does not expect has no name of its own.
        raise Unreadable from error


def _read(mail: Message, content: bytes, returns_to: str) -> Reply:
    message_id = next(iter(_MESSAGE_ID.findall(_header(mail, "Message-ID"))), "")
    found = tokens((_header(mail, "In-Reply-To"), _header(mail, "References")))
    # Whoever knows an id must not be able to make another mail the one that was there already.
    named = f"{message_id} {found}".encode() if message_id else content
    return Reply(
        tokens=found,
        said=_said(mail),
        automatic=_automatic(mail, returns_to),
        event=hashlib.sha256(named).hexdigest()[:32],
        message_id=message_id,
        references=tuple(_MESSAGE_ID.findall(_header(mail, "References"))),
        subject=_header(mail, "Subject"),
    )


def _header(mail: Message, name: str) -> str:
    """All headers of that name on one line. Some programs write ids as encoded words, which they should not."""
    value = " ".join(" ".join(map(str, mail.get_all(name, ()))).split())[:HEADER]
    try:
        return str(make_header(decode_header(value[:ENCODED]))) if "=?" in value else value
    except (MessageError, ValueError, LookupError):
        return value


def _automatic(mail: Message, returns_to: str) -> str:
    """https://www.rfc-editor.org/rfc/rfc3834 and what was in use before it."""
    submitted = _header(mail, "Auto-Submitted").partition(";")[0].strip().casefold()
    if submitted not in ("", "no"):
        return "Auto-Submitted"
    if _header(mail, "Precedence").casefold() in ("bulk", "junk", "list", "auto_reply"):
        return "Precedence"
    for name in _PRESENT:
        if _header(mail, name).casefold() not in ("", "no", "none"):
            return name
    if returns_to in ("", "<>") or _header(mail, "Return-Path") == "<>":
        return "an empty return path"
    if mail.get_content_type() == "multipart/report":
        return "a report"
    subject = _header(mail, "Subject").casefold()
    return "Subject" if subject.startswith(_SUBJECTS) else ""


def _said(mail: Message) -> str:
    """The first text that holds something speaks for the mail: the plain form, where it has both, comes first."""
    for part in _texts(mail):
        text = _decoded(part)
        shown = text_of_html(text) if part.get_content_subtype() == "html" else text
        if shown.strip():
            return acknowledging(shown)
    return ""


def _texts(part: Message) -> Iterator[Message]:
    """What is shown when the mail is opened: no attachment, and no mail inside."""
    if part.get_content_disposition() == "attachment":
        return
    inside = part.get_payload()
    if part.get_content_maintype() == "multipart" and isinstance(inside, list):
        for each in inside:
            if isinstance(each, Message):
                yield from _texts(each)
    elif part.get_content_maintype() == "text":
        yield part


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset("utf-8")
    try:
        return data.decode("latin-1" if charset in _NO_TEXT else charset, errors="replace")
    except (LookupError, ValueError):
        return data.decode("latin-1")
