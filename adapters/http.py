"""The one way out over HTTP: an answer comes back, or `Unavailable`, or `Rejected`, and no secret is ever in those.

Retries are not made here; the outbox makes them. Redirects are not followed: a provider that moved is a thing to know.
"""

from __future__ import annotations

import asyncio
import base64
import json as json_module
import logging
import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib import metadata
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from adapters.excerpt import excerpt
from bot.ports import DeliveryError, Rejected, Unavailable
from bot.sizes import format_size

if TYPE_CHECKING:
    import httpx

ANSWER_BYTES = 1_000_000
"""More than this is read from nobody who is not expected to say more."""

LONGEST_WAIT = timedelta(days=1)
"""A `Retry-After` beyond this is taken for this."""

OK = (200, 201, 202, 204)

# https://www.rfc-editor.org/rfc/rfc9110#status.408, https://www.rfc-editor.org/rfc/rfc8470#section-5.2,
# https://www.rfc-editor.org/rfc/rfc6585#section-4
_TRY_AGAIN = frozenset({408, 425, 429})

_NO_HINTS: Mapping[int, str] = {}


class Http:
    """A pool of connections for all providers. `seconds` bounds a whole request, however slowly it is answered.

    The usual environment variables (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`) count unless `trust_env` is False.

    The client is made with the first request: its library and the certificates of the world take 8 MB and a tenth of a
    second, and a bot may have nobody to ask.
    """

    def __init__(self, *, seconds: float = 10.0, trust_env: bool = True) -> None:
        self._seconds = seconds
        self._trust_env = trust_env
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Http:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; no request may follow."""
        async with self._opening:
            if self._client is not None:
                await self._client.aclose()

    async def _opened(self, provider: str) -> httpx.AsyncClient:
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._made, provider)
            return self._client

    def _made(self, provider: str) -> httpx.AsyncClient:
        # httpx goes without its command line where that cannot be imported. It would bring three libraries along that draw
        # in terminals, which is most of the time and of the memory that its import takes.
        sys.modules.setdefault("httpx._main", ModuleType("httpx._main"))
        import httpx

        # It would log the address of every request, and some providers want their token in it.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        # Unpacked answers could be a thousand times as big as what was sent, so only plain ones are asked for.
        headers = {"User-Agent": f"klatsch/{_version()}", "Accept-Encoding": "identity"}
        try:
            return httpx.AsyncClient(
                timeout=self._seconds,
                trust_env=self._trust_env,
                headers=headers,
                follow_redirects=False,
                # What is under way is bounded by the outbox, for each way to page; a pool of all would be held by who hangs.
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
            )
        except OSError as error:
            reason = f"the certificates cannot be read ({error.strerror}); look at SSL_CERT_FILE and SSL_CERT_DIR"
        except (ValueError, httpx.InvalidURL):
            # Neither the error nor the address is quoted: a proxy's may hold a password.
            reason = "the proxy's address is not one; look at HTTP_PROXY, HTTPS_PROXY and ALL_PROXY"
        raise Unavailable(f"{provider}: no request can be made: {reason} in the environment")

    async def request(
        self,
        method: str,
        url: str,
        *,
        provider: str,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        content: str | bytes | None = None,
        basic: tuple[str, str] | None = None,
        ok: Collection[int] = OK,
        done: bool = False,
        most: int = ANSWER_BYTES,
        secrets: Sequence[str] = (),
        hints: Mapping[int, str] = _NO_HINTS,
    ) -> httpx.Response:
        """The whole answer, if its status is in `ok`, of `most` bytes at most. `done`: that status says it all, so a body that cannot
        be read (too large, packed) is left out instead of raising.

        Raises Unavailable when it may work later: no connection, no answer in time, 408, 425, 429 and 5xx; with
        `Retry-After` where the answer has one. Raises Rejected for every other status, for an answer that is larger,
        and for a request that cannot even be written.

        The reason starts with `provider` (the name of its block) and says status and cause. It may quote up to 200
        characters of a text or JSON answer, in which `secrets` are blanked out, and so are `basic`, the value of
        `Authorization` and the query of `url`. `hints` says what to do about a status.
        """
        client = await self._opened(provider)
        import httpx

        hidden = _hidden(url, headers, basic, secrets)
        try:
            async with asyncio.timeout(self._seconds):
                request = client.build_request(method, url, headers=headers, json=json, content=content)
                auth = httpx.BasicAuth(*basic) if basic else httpx.USE_CLIENT_DEFAULT
                answer = await client.send(request, auth=auth, stream=True)
                try:
                    body = await _read(answer, most)
                finally:
                    await answer.aclose()
        # `from None`: the original errors may quote a header or an address, and tracebacks are logged.
        except (TimeoutError, httpx.TimeoutException):
            raise Unavailable(f"{provider}: no answer within {self._seconds:g} s") from None
        except (httpx.ConnectError, httpx.ProxyError) as error:
            raise Unavailable(f"{provider}: cannot connect ({excerpt(str(error), hidden)})") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError):
            raise Rejected(f"{provider}: the request cannot be written; check its address and its token") from None
        except httpx.TransportError:
            raise Unavailable(f"{provider}: the connection was lost before the answer came") from None
        if answer.status_code not in ok:
            raise _refusal(answer, body, provider, hints, hidden)
        if body is None and not done:
            raise Rejected(
                f"{provider}: the answer is larger than {format_size(most)}, or packed although we asked for it plain"
            )
        # As they came: a value that is no ASCII must not make an error of a yes.
        kept = [(name, value) for name, value in answer.headers.raw if name.lower().decode("ascii") in _KEPT]
        return httpx.Response(answer.status_code, headers=kept, content=body, request=request)


_KEPT = frozenset({"content-type", "date", "etag", "last-modified", "link", "location", "retry-after"})


def json_object(answer: httpx.Response, *, provider: str) -> Mapping[str, Any]:
    """The JSON object in `answer`. Raises Rejected if there is none: then somebody else answers at this address."""
    found = _object(answer.content)
    if found is None:
        raise Rejected(f"{provider}: answered {answer.status_code}, but not in its own words; check its address")
    return found


def json_or_nothing(answer: httpx.Response) -> Mapping[str, Any]:
    """The JSON object in `answer`, an empty one where there is none: of a yes that counts whatever else it says."""
    return _object(answer.content) or {}


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        value = json_module.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


async def _read(answer: httpx.Response, most: int) -> bytes | None:
    """The body, or None when it is larger than we read, or packed."""
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        return None
    body = bytearray()
    async for part in answer.aiter_raw():
        body += part
        if len(body) > most:
            return None
    return bytes(body)


def _refusal(
    answer: httpx.Response, body: bytes | None, provider: str, hints: Mapping[int, str], hidden: Sequence[str]
) -> DeliveryError:
    status = answer.status_code
    reason = f"{provider}: answered {status} {_phrase(status)}".rstrip()
    kind = answer.headers.get("Content-Type", "").lower()
    # The pages that proxies answer with explain nothing.
    if body and ("json" in kind or kind.startswith("text/plain")):
        reason += f": {excerpt(body.decode(errors='replace'), hidden)}"
    if hint := hints.get(status):
        reason += f" ({hint})"
    if status in _TRY_AGAIN or status >= 500 or status < 200:
        return Unavailable(reason, retry_after(answer.headers))
    return Rejected(reason)


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long `Retry-After` asks us to wait, between nothing and one day; None when it is missing or makes no sense.

    It is a number of seconds, or a date, which is compared with the answer's own `Date`: the other clock may be wrong.
    (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after)
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return LONGEST_WAIT if len(value) > 9 else min(timedelta(seconds=int(value)), LONGEST_WAIT)
    until, now = _date(value), _date(headers.get("Date", ""))
    if until is None or now is None:
        return None
    return max(timedelta(0), min(until - now, LONGEST_WAIT))


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _hidden(
    url: str,
    headers: Mapping[str, str] | None,
    basic: tuple[str, str] | None,
    secrets: Sequence[str],
) -> list[str]:
    """Everything of this request that may not be shown, whatever the caller thought of."""
    hidden = [*secrets]
    for name, value in (headers or {}).items():
        if name.lower() in ("authorization", "cookie", "x-api-key"):
            hidden += [value, value.partition(" ")[2]]
    if basic:
        hidden += [basic[1], base64.b64encode(":".join(basic).encode()).decode()]
    try:
        parts = urlsplit(url)
    except ValueError:
        return [*hidden, url]
    return [*hidden, parts.password or "", parts.query]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _version() -> str:
    try:
        return metadata.version("klatsch")
    except metadata.PackageNotFoundError:
        # Run from a checkout that was never installed.
        return "0"
