"""What a message event holds beside its text: the words of its blocks and attachments, and its files. Pure.

All of it was written by whoever sent the message, and any of it may be wrong or missing
(https://docs.slack.dev/reference/events/message, …/reference/objects/file-object).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import urlsplit

from adapters.chat.slack.addressed import unescape
from bot.incident.attachment import FILES_LIMIT, PLACE_LIMIT, Attachment
from bot.incident.text import clean

Json = dict[str, Any]

SLACK = ("slack.com", "slack-gov.com")
"""Below these lie the files of a workspace, and nobody else's."""

LONGEST_SUMMARY = 2_000
"""Characters of what is made of blocks and attachments."""

_NAME = 300
"""Characters of a name that are looked at."""

_LARGEST = 1 << 53
_DEEPEST = 8
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,100}")
_ADDRESS = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9.-]+")
_GONE = frozenset({"tombstone", "hidden_by_limit"})
_UNKNOWN = frozenset({"check_file_info", "file_not_found", "access_denied"})


def message_text(event: Json) -> str:
    """What a message says, as it was typed. Other bots often say it in blocks or attachments alone; then it is a line each of
    these, `LONGEST_SUMMARY` characters of them."""
    text = unescape(event.get("text"))
    if text.strip():
        return text
    rows = (row.strip() for row in (*_words(event.get("blocks"), 0), *_attached(event.get("attachments"))))
    return clean("\n".join(row for row in rows if row))[:LONGEST_SUMMARY].strip()


def files(event: Json) -> tuple[Attachment, ...]:
    """The files in a message, without those that are gone or that Slack will not tell of. `place` is an address, empty where
    there is none; whoever fetches asks `is_ours` first."""
    found = event.get("files")
    told = [file for file in found if isinstance(file, dict)] if isinstance(found, list) else []
    return tuple(_file(file) for file in told if _is_there(file))[:FILES_LIMIT]


def is_ours(url: str, hosts: Collection[str] = SLACK) -> bool:
    """Whether our token may be sent to `url`: over https to one of the `hosts` or below it. A host that is given as an address
    (`http://127.0.0.1:4010`) is meant with its scheme and its port, and nothing below it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if not _ADDRESS.fullmatch(url) or "\\" in url or "@" in parts.netloc:
        return False
    host = parts.hostname or ""
    for known in hosts:
        if "://" in known:
            given = urlsplit(known)
            if (parts.scheme, parts.hostname, port) == (given.scheme, given.hostname, given.port):
                return True
        elif parts.scheme == "https" and port in (None, 443) and f".{host}".endswith(f".{known}"):
            return bool(_HOST.fullmatch(host))
    return False


def _is_there(file: Json) -> bool:
    return _text(file.get("mode")) not in _GONE and _text(file.get("file_access")) not in _UNKNOWN


def _file(file: Json) -> Attachment:
    kind = _text(file.get("mimetype")).lower()
    url = _text(file.get("url_private_download"))
    name = _text(file.get("name")) or _text(file.get("title"))
    return Attachment(
        name=name[:_NAME],
        media_type=kind if _TYPE.fullmatch(kind) else "",
        size=_size(file.get("size")),
        place=url if _ADDRESS.fullmatch(url) and len(url) <= PLACE_LIMIT else "",
    )


def _attached(attachments: object) -> Iterator[str]:
    """Of each its words, or else what it shows where it cannot be shown."""
    for attachment in attachments if isinstance(attachments, list) else ():
        if not isinstance(attachment, dict):
            continue
        rows = [unescape(attachment.get(key)) for key in ("pretext", "title", "text")]
        fields = attachment.get("fields")
        for field in fields if isinstance(fields, list) else ():
            if isinstance(field, dict):
                rows.append(f"{unescape(field.get('title'))}: {unescape(field.get('value'))}")
        rows += _words(attachment.get("blocks"), 0)
        yield from rows if any(row.strip() for row in rows) else [unescape(attachment.get("fallback"))]


def _words(blocks: object, depth: int) -> Iterator[str]:
    """A line for each block, field and item that says something."""
    if depth > _DEEPEST or not isinstance(blocks, list):
        return
    for block in blocks:
        if not isinstance(block, dict):
            continue
        elements = block.get("elements")
        match block.get("type"):
            case "rich_text" | "rich_text_list":
                yield from _words(elements, depth + 1)
            case "rich_text_section" | "rich_text_quote" | "rich_text_preformatted":
                yield "".join(map(_inline, elements if isinstance(elements, list) else ()))
            case "context":
                yield " ".join(map(_words_of, elements if isinstance(elements, list) else ()))
            case "actions" | "input":
                pass
            case _:
                yield _words_of(block.get("text")) or _words_of(block.get("title")) or unescape(block.get("alt_text"))
                fields = block.get("fields")
                yield from map(_words_of, fields if isinstance(fields, list) else ())


def _words_of(text: object) -> str:
    """A text object, or what has one, in words; a block of Markdown has a plain string."""
    if isinstance(text, dict):
        return unescape(text.get("text") if "text" in text else text.get("alt_text"))
    return unescape(text)


def _inline(element: object) -> str:
    """In `rich_text`, words are written as they are."""
    if not isinstance(element, dict):
        return ""
    match element.get("type"):
        case "user":
            return f"<@{_text(element.get('user_id'))}>"
        case "emoji":
            return f":{_text(element.get('name'))}:"
        case "channel":
            return f"#{_text(element.get('channel_id'))}"
        case "broadcast":
            return f"@{_text(element.get('range'))}"
        case "date":
            return _text(element.get("fallback"))
    text = element.get("text") or element.get("url")
    return text if isinstance(text, str) else ""


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _size(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST else 0
