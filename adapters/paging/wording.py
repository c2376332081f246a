"""What all pagers say in the same words, and how they bound what they say."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from adapters.excerpt import excerpt
from bot.chat.document import clean
from bot.ports import Attempt, PageMessage


def headline(page: PageMessage, limit: int = 200) -> str:
    """The page's own, on one line of at most `limit` characters."""
    return excerpt(page.headline, limit=limit)


def how_to_acknowledge(page: PageMessage) -> str:
    """What to type where there is no link to press."""
    ref = excerpt(page.ref, limit=20)
    return f'To acknowledge, type "ack {ref}" to the bot in chat, or run: klatsch say "ack {ref}"'


def ways_on(page: PageMessage) -> tuple[str, str, str]:
    """How to acknowledge, where the room is and where the runbook, a line each for a text; empty where there is none."""
    ack, room, runbook = link(page.ack_url), link(page.room_url), link(page.runbook_url)
    return (
        f"Acknowledge: {ack}" if ack else how_to_acknowledge(page),
        f"Room: {room}" if room else "",
        f"Runbook: {runbook}" if runbook else "",
    )


def link(url: str) -> str:
    """`url` if it is a web address that can be shown as a link, else nothing."""
    if not (url.isascii() and url.isprintable()) or any(char in url for char in ' "<>\\'):
        return ""
    return url if url.startswith(("https://", "http://")) else ""


def secrets_of(page: PageMessage) -> tuple[str, ...]:
    """The acknowledge link and the tokens: whoever has them can acknowledge, and spam filters like to quote links."""
    return page.ack_url, page.ack_url.rpartition("/")[2], page.ack_token


def cut(text: str, size: int) -> str:
    """`text` in at most `size` bytes of UTF-8, cut between two characters and then ending in an ellipsis."""
    data = text.encode()
    if len(data) <= size:
        return text
    return data[: size - len("…".encode())].decode(errors="ignore") + "…"


def body(page: PageMessage, size: int, *endings: str) -> str:
    """The page's text in at most `size` bytes, cut so that the `endings` below it stay whole, a line each. From the first ending on
    with which they would take more than half, they are left out: the most important one comes first. Where there is nothing
    at all to say, the headline stands once more: nobody takes an empty message."""
    below = ""
    for ending in filter(None, endings):
        more = f"{below}\n{ending}" if below else ending
        if len(more.encode()) > size // 2:
            break
        below = more
    text = clean(page.text).strip()
    if not below:
        return cut(text or headline(page), size)
    return f"{cut(text, size - len(below.encode()) - 2)}\n\n{below}".strip()


def mark(attempt: Attempt, page: PageMessage) -> str:
    """The same 32 hexadecimal digits whenever the same page is sent again.

    Keys count from one in every installation, so its public address is a part of it, and when the incident was opened: two
    bots, or one set up anew, that page the same person must not seem to say the same thing.
    """
    where, opened = urlsplit(link(page.ack_url)).netloc, page.opened_at.isoformat()
    return hashlib.sha256(f"{where}\n{attempt.key}\n{opened}".encode(errors="replace")).hexdigest()[:32]
