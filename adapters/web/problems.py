"""What cannot be shown, told to whoever asked: a short page for a person with a browser, JSON for a program."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from adapters.html import fragment
from adapters.web.pages import Pages
from bot.chat.document import Document, Paragraph
from bot.chat.marked import marked

HEADINGS = {
    404: "There is nothing here",
    405: "This cannot be opened in a browser",
    503: "Not at this moment",
}
OTHERWISE = "That did not work"
NAMELESS = {
    404: "This address leads nowhere. It may have been mistyped or cut off: open the whole link.",
    405: "Programs send something to this address; there is nothing to read at it.",
}
"""Of what was raised without a sentence of its own: Starlette calls it by the name of its status."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class Missing(HTTPException):
    """404 for somebody who has a right to know more: `onward` is where to go instead, `way` what stands on that link."""

    def __init__(self, detail: str, onward: str, way: str) -> None:
        super().__init__(404, detail)
        self.onward, self.way = onward, way


class Problems:
    """The answers to what was raised. A sentence of `detail` says what to do; what stands between backticks in it is code."""

    def __init__(self) -> None:
        self._pages = Pages()

    async def answer(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        headers = {**(error.headers or {}), "Vary": "Accept"}
        if not _by_a_person(request):
            return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=headers)
        body = self._pages.render("problem.html.j2", _told(error))
        return HTMLResponse(body, status_code=error.status_code, headers={**headers, **HEADERS})


def _by_a_person(request: Request) -> bool:
    """Browsers ask for HTML by name; calendars, scripts and senders of alerts do not."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "").lower()


def _told(error: HTTPException) -> dict[str, object]:
    nameless = error.detail == HTTPStatus(error.status_code).phrase
    detail = NAMELESS.get(error.status_code, error.detail) if nameless else error.detail
    return {
        "heading": HEADINGS.get(error.status_code, OTHERWISE),
        # Its words are escaped there.
        "detail": fragment(Document(detail, (Paragraph(marked(detail)),)), lambda picture: ""),
        "onward": (error.onward, error.way) if isinstance(error, Missing) else None,
    }
