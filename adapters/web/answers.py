"""What every answer of the public page has: safe headers, a fingerprint, and no body for who has it already."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import Response

SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

# Short, because the next update counts; an outage of the page itself may be bridged by what a cache still holds.
FRESH = "public, max-age=10, stale-while-revalidate=30, stale-if-error=86400"
UNCHANGING = "public, max-age=86400"


def answer(
    request: Request,
    body: bytes,
    media: str,
    *,
    status: int = 200,
    keep: str = FRESH,
    said: datetime | None = None,
    more: Mapping[str, str] | None = None,
) -> Response:
    """`body` with its headers; 304 without it when the ETag the reader holds is still right. `said`: Last-Modified.

    If-Modified-Since alone gets the whole: a post may be published after the time it carries, so a date proves nothing.
    """
    headers = {**SAFE, "Cache-Control": keep, "Content-Type": media, **(more or {})}
    if said is not None:
        headers["Last-Modified"] = format_datetime(said, usegmt=True)
    if status == 200:
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers["ETag"] = tag
        if _holds(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers={k: v for k, v in headers.items() if k != "Content-Type"})
    return Response(body, status_code=status, headers=headers)


def _holds(header: str, tag: str) -> bool:
    """Compared weakly, as RFC 9110, 13.1.2 says: a proxy that compresses marks the tag as weak."""
    held = {part.strip().removeprefix("W/") for part in header.split(",")}
    return tag in held or "*" in held
