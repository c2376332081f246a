"""The one way to a Matrix homeserver: an answer as data, or `Unavailable`, or `Rejected`.

matrix-nio holds the connections. What the homeserver answers is read here, because nio hands errors back as values and
retries inside of a call, and retries are the outbox's. No access token is ever in an error.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import ClientError, ClientResponse
from nio.client.async_client import AsyncClient, AsyncClientConfig

from adapters.chat.matrix.config import Config
from adapters.chat.matrix.gate import Gate, limit_of, wait_of
from adapters.excerpt import excerpt
from bot.ports import DeliveryError, Rejected, Unavailable

log = logging.getLogger(__name__)

Json = Mapping[str, Any]

SECONDS = 20.0
"""In which a request is answered; opening a room on a busy homeserver takes the longest."""

MEDIA_SECONDS = 40.0
"""The same for a file, which the homeserver may have to fetch from another one first; shorter than an effect may take."""

ANSWER_BYTES = 50_000_000
"""Of one answer; a sync after a long absence is the largest. A filter keeps it below (`inbound`)."""

PATIENCE, SOON = 3, timedelta(seconds=1)
"""How often a limit is waited for inside of a call, and one that is over in what time. Any longer, and what is more urgent may
come first meanwhile."""

BASE, UPLOAD = "/_matrix/client/v3", "/_matrix/media/v3/upload"

_TOKEN_GONE = ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN")


class Refusal(Exception):
    """What the homeserver answered: the cause of an `Unavailable` or a `Rejected`."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


def code_of(error: DeliveryError) -> str:
    """The homeserver's error code (https://spec.matrix.org/latest/client-server-api/#standard-error-response); empty: it
    gave none."""
    return error.__cause__.code if isinstance(error.__cause__, Refusal) else ""


def status_of(error: DeliveryError) -> int:
    """The status that was answered; 0: nothing was."""
    return error.__cause__.status if isinstance(error.__cause__, Refusal) else 0


class TooLarge(Exception):
    """An answer has more bytes than were asked for."""


class Homeserver:
    """Requests as the bot's own account."""

    def __init__(self, name: str, config: Config) -> None:
        self._name = name
        self._config = config
        self._secrets = config.secrets
        self._client = AsyncClient(
            config.homeserver,
            config.user_id,
            device_id=config.device_id,
            # nio would sleep inside of the call, for minutes, and all who wait would wake at once.
            config=AsyncClientConfig(max_limit_exceeded=0, max_timeouts=0, request_timeout=SECONDS),
        )
        self._token = config.access_token.get_secret_value()
        self._logging_in = asyncio.Lock()
        self._told = ""
        self._gates: dict[str, Gate] = {}

    async def get(self, *path: str, query: Mapping[str, str] | None = None, seconds: float = SECONDS) -> Json:
        return await self.call("GET", *path, query=query, seconds=seconds)

    async def put(self, *path: str, body: Json) -> Json:
        return await self.call("PUT", *path, body=body)

    async def post(self, *path: str, body: Json) -> Json:
        return await self.call("POST", *path, body=body)

    async def state(self, room: str, kind: str, key: str = "") -> Json | None:
        """The content of a state event; None: there is none."""
        try:
            return await self.get("rooms", room, "state", kind, key)
        except Rejected as error:
            if code_of(error) == "M_NOT_FOUND":
                return None
            raise

    async def set_state(self, room: str, kind: str, content: Json, key: str = "") -> None:
        await self.put("rooms", room, "state", kind, key, body=content)

    async def call(
        self,
        method: str,
        *path: str,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
        seconds: float = SECONDS,
    ) -> Json:
        """The JSON object of the answer. `path` are the parts behind `/_matrix/client/v3`, unquoted.

        Raises Unavailable (limited, away, no answer within `seconds`, our token is gone) or Rejected; see `code_of`.
        """
        answer = await self._call(method, path, body, query, seconds)
        if not isinstance(answer, dict):
            raise Rejected(
                f"{self._name}: the answer is not in the words of a homeserver; check chat.{self._name}.homeserver"
            )
        return answer

    async def download(self, endpoint: str, *path: str, most: int) -> bytes:
        """What lies there, as it is. Raises TooLarge as soon as that is more than `most` bytes; else as `call`."""
        if not self._token:
            await self._log_in()
        where = "/".join((endpoint, *(quote(part, safe="") for part in path)))
        status, raw = await self._exchange("GET", where, None, MEDIA_SECONDS, most)
        if status != 200:
            raise self._refusal(status, _json(raw or b""))
        if raw is None:
            raise TooLarge
        return raw

    async def upload(self, content: bytes, kind: str) -> str:
        """The address (`mxc://…`) of a file of a media type. Raises as `call`."""
        if not self._token:
            await self._log_in()
        status, raw = await self._exchange("POST", UPLOAD, content, MEDIA_SECONDS, ANSWER_BYTES, kind)
        answer = self._understood(status, raw or b"")
        url = str(answer.get("content_uri", "")) if isinstance(answer, dict) else ""
        if not url.startswith("mxc://"):
            raise Unavailable(f"{self._name}: a file was taken without an address")
        return url

    async def full_state(self, room: str) -> Sequence[Json]:
        """All state events of a room that we are, or were, in."""
        events = await self._call("GET", ("rooms", room, "state"), None, None, SECONDS)
        return events if isinstance(events, list) else []

    async def _call(
        self, method: str, path: tuple[str, ...], body: Json | None, query: Mapping[str, str] | None, seconds: float
    ) -> Any:
        for _ in range(PATIENCE):
            try:
                return await self._once(method, path, body, query, seconds)
            except Unavailable as error:
                if error.retry_after is None or error.retry_after > SOON:
                    raise
                await asyncio.sleep(error.retry_after.total_seconds())
        return await self._once(method, path, body, query, seconds)

    async def _once(
        self, method: str, path: tuple[str, ...], body: Json | None, query: Mapping[str, str] | None, seconds: float
    ) -> Any:
        if not self._token:
            await self._log_in()
        asking = partial(self._ask, method, _path(path, query), body, seconds)
        if method in ("PUT", "POST") and (limit := limit_of(path, body or {})):
            gate = self._gates.setdefault(limit, Gate(f"{self._name}, {limit}", _is_limit, time.monotonic))
            return await gate.through(asking)
        return await asking()

    async def _log_in(self) -> None:
        """A token for the password; the device stays the same, and so do the messages that were sent by it."""
        async with self._logging_in:
            if self._token:
                return
            asked = {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": self._config.user_id},
                "password": self._config.password.get_secret_value(),
                "device_id": self._config.device_id,
                "initial_device_display_name": "Klatsch",
            }
            given = await self._ask("POST", f"{BASE}/login", asked, SECONDS)
            token = str(given.get("access_token", ""))
            self._secrets = tuple(filter(None, (*self._config.secrets, token)))
            self._token = token

    async def _ask(self, method: str, path: str, body: Json | None, seconds: float) -> Any:
        status, raw = await self._exchange(method, path, body, seconds, ANSWER_BYTES)
        return self._understood(status, raw or b"")

    async def _exchange(
        self,
        method: str,
        path: str,
        body: Json | bytes | None,
        seconds: float,
        most: int,
        kind: str = "application/json",
    ) -> tuple[int, bytes | None]:
        """Status and body of the answer; None: what was asked for has more than `most` bytes. `kind` is the body's media type."""
        headers = {"Content-Type": kind}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = body
        if isinstance(body, Mapping):
            data = json.dumps(body, ensure_ascii=False).encode(errors="replace")
        try:
            async with asyncio.timeout(seconds):
                answer = await self._client.send(method, path, data, headers, timeout=seconds)
                async with answer:
                    return answer.status, await _read(answer, most if answer.status == 200 else ANSWER_BYTES)
        # `from None`: the original errors quote addresses and headers, and tracebacks are logged.
        except TimeoutError:
            raise Unavailable(f"{self._name}: no answer within {seconds:g} s") from None
        except ClientError as error:
            raise Unavailable(f"{self._name}: cannot connect ({excerpt(str(error), self._secrets)})") from None

    def _understood(self, status: int, raw: bytes) -> Any:
        value = _json(raw)
        if status == 200 and isinstance(value, dict | list):
            self._told = ""
            return value
        raise self._refusal(status, value)

    def _refusal(self, status: int, said: Any) -> DeliveryError:
        body: Json = said if isinstance(said, dict) else {}
        code = str(body.get("errcode", ""))[:60]
        refusal = Refusal(status, code)
        if code in _TOKEN_GONE:
            return _caused(self._locked_out(bool(body.get("soft_logout"))), refusal)
        why = excerpt(str(body.get("error", "")), self._secrets)
        reason = " ".join(filter(None, (f"{self._name}: answered {status}", code, why)))
        # Who answers without a code is no homeserver, mostly a proxy in front of one.
        if status == 429 or status >= 500 or not code:
            return _caused(Unavailable(reason, wait_of(body)), refusal)
        return _caused(Rejected(reason), refusal)

    def _locked_out(self, soft: bool) -> Unavailable:
        """Nothing fails by it: what waits goes out when we are let in again."""
        how = "has run out (soft logout)" if soft else "is not valid any more"
        what = f"{self._name}: the access token of {self._config.user_id} {how}"
        if self._config.password.get_secret_value():
            self._token = ""
            return Unavailable(f"{what}; a new one is asked for with the password")
        reason = (
            f"{what}. Make a new one for device {self._config.device_id}, put it into chat.{self._name}, and restart."
        )
        if reason != self._told:
            log.error("%s", reason)
            self._told = reason
        return Unavailable(reason)

    async def close(self) -> None:
        if self._client.client_session is not None:
            await self._client.client_session.close()


async def _read(answer: ClientResponse, most: int) -> bytes | None:
    body = bytearray()
    async for part in answer.content.iter_any():
        body += part
        if len(body) > most:
            return None
    return bytes(body)


def _json(raw: bytes) -> Any:
    """None: it is none."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _is_limit(error: Unavailable) -> bool:
    return code_of(error) == "M_LIMIT_EXCEEDED"


def _caused(error: DeliveryError, refusal: Refusal) -> DeliveryError:
    error.__cause__ = refusal
    return error


def _path(parts: tuple[str, ...], query: Mapping[str, str] | None) -> str:
    path = "/".join((BASE, *(quote(part, safe="") for part in parts)))
    return f"{path}?{urlencode(query)}" if query else path
