"""What somebody sends, never more of it in memory than a limit."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request


async def parts(request: Request, limit: int, advice: str = "") -> AsyncIterator[bytes]:
    """The body as it comes. Raises HTTPException: 413 beyond `limit` bytes, with the `advice` for the sender, and 400 when
    the sender hangs up."""
    too_large = HTTPException(413, f"More than {limit >> 20} MB{advice and f'; {advice}'}.")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise too_large
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise too_large
            yield part
    except ClientDisconnect as error:
        raise HTTPException(400, "The sender hung up.") from error
