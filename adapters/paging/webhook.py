"""Pages by a webhook of your own: what is to be said, as JSON, to whoever knows how to wake people (docs/paging.md)."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from adapters.clock import SystemClock
from adapters.excerpt import excerpt
from adapters.http import Http, json_or_nothing
from adapters.paging.kinds import Token
from adapters.paging.phones import e164
from adapters.paging.wording import cut, headline, how_to_acknowledge, link, mark, secrets_of
from bot.chat.document import clean
from bot.incident.model import Person
from bot.ports import Attempt, PageMessage, Pager

TEXT_BYTES = 8000
TITLE_CHARACTERS = 500
SHORTEST_SECRET = 16
"""Characters. What is shorter is found by trying."""

SHORTEST_HIDDEN = 6
"""Characters. Less is a word like others, and would be blanked out wherever it stands."""

RECEIPT_CHARACTERS = 100

HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
VALUE = re.compile(r"[ -~]{1,2000}")
OURS = frozenset(
    {
        "connection",
        "content-length",
        "content-type",
        "host",
        "idempotency-key",
        "transfer-encoding",
        "x-klatsch-signature",
        "x-klatsch-timestamp",
    }
)
"""Headers that are written here, or by HTTP itself."""


def _address(url: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(url.get_secret_value())
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or not link(url.get_secret_value()):
        raise ValueError("must be a whole address, like https://pager.example.org/hooks/klatsch")
    if parts.username or parts.password:
        raise ValueError("must hold no user and password; use `token` or `headers`")
    if parts.fragment:
        raise ValueError("must end before #")
    return url


def _headers(headers: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    for name, value in headers.items():
        if not HEADER.fullmatch(name) or not VALUE.fullmatch(value.get_secret_value()):
            raise ValueError("must be names of letters, digits and -, each with a text on one line")
        if name.lower() in OURS:
            raise ValueError(f"must leave {name} to Klatsch")
    if len({name.lower() for name in headers}) != len(headers):
        raise ValueError("must hold each name once")
    return headers


def _long_enough(secret: SecretStr) -> SecretStr:
    if 0 < len(secret.get_secret_value()) < SHORTEST_SECRET:
        raise ValueError(f"must have at least {SHORTEST_SECRET} characters, from `openssl rand -hex 32`")
    return secret


class Config(BaseModel):
    """Pages are posted to `url`, with `token` as a bearer's, further `headers`, and signed with `secret`. `tell` says what is posted
    besides: that somebody has the incident, that it is over."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["webhook"] = "webhook"
    url: Annotated[SecretStr, AfterValidator(_address)]
    token: Token = SecretStr("")
    headers: Annotated[Mapping[str, SecretStr], Field(max_length=20), AfterValidator(_headers)] = {}
    secret: Annotated[SecretStr, AfterValidator(_long_enough)] = SecretStr("")
    tell: frozenset[Literal["acknowledged", "resolved"]] = frozenset()

    @model_validator(mode="after")
    def _one_authorization(self) -> Config:
        if self.token.get_secret_value() and any(name.lower() == "authorization" for name in self.headers):
            raise ValueError("`token` is the header Authorization: write it once")
        return self


def build(name: str, config: Config, http: Http) -> Pager:
    """The pager of the block `paging.<name>`."""
    return Webhook(name, config, http, SystemClock().now)


class Webhook:
    """A `Pager`, and one that `Settles` what it was told to. `Idempotency-Key` is the same whenever the same page is sent again;
    who looks at it takes each exactly once."""

    def __init__(self, name: str, config: Config, http: Http, now: Callable[[], datetime]) -> None:
        """`now` is the time that signatures carry."""
        self._name = name
        self._config = config
        self._url = config.url.get_secret_value()
        self._headers = {header: value.get_secret_value() for header, value in config.headers.items()}
        if token := config.token.get_secret_value():
            self._headers["Authorization"] = f"Bearer {token}"
        self._http = http
        self._now = now

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        """Post it; answers the `id` of a JSON answer, or nothing. Whatever a 2xx says, it is a yes."""
        return await self._post(attempt, page, {"event": "page"})

    async def acknowledge(self, attempt: Attempt, page: PageMessage, by: str) -> None:
        """Post that `by` has it, where that is to be told."""
        if "acknowledged" in self._config.tell:
            await self._post(attempt, page, {"event": "acknowledged", "by": excerpt(by, limit=100)})

    async def resolve(self, attempt: Attempt, page: PageMessage) -> None:
        """Post that it is over, where that is to be told."""
        if "resolved" in self._config.tell:
            await self._post(attempt, page, {"event": "resolved"})

    async def _post(self, attempt: Attempt, page: PageMessage, event: Mapping[str, str]) -> str:
        body = json.dumps({**event, **_body(page)}).encode()
        block = f"paging.{self._name}"
        proof = f"check {block}.token, {block}.headers and {block}.secret"
        where = f"check {block}.url"
        answer = await self._http.request(
            "POST",
            self._url,
            provider=self._name,
            headers={
                **self._headers,
                "Content-Type": "application/json",
                "Idempotency-Key": mark(attempt, page),
                **self._signature(body),
            },
            content=body,
            ok=range(200, 300),
            done=True,
            secrets=(*self._secrets(), *secrets_of(page)),
            hints={401: proof, 403: proof, 404: where, 405: where, 410: where},
        )
        return _id(json_or_nothing(answer))

    def _signature(self, body: bytes) -> Mapping[str, str]:
        """Over the time too, so that what somebody recorded cannot be played again for ever."""
        secret = self._config.secret.get_secret_value()
        if not secret:
            return {}
        timestamp = str(int(self._now().timestamp()))
        signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Klatsch-Timestamp": timestamp, "X-Klatsch-Signature": f"v1={signed}"}

    def _secrets(self) -> list[str]:
        """What many receivers know a caller by stands in the address."""
        config = self._config
        known = (config.secret.get_secret_value(), config.token.get_secret_value(), *self._headers.values())
        return [secret for secret in (self._url, urlsplit(self._url).path, *known) if len(secret) >= SHORTEST_HIDDEN]


def _body(page: PageMessage) -> dict[str, Any]:
    return {
        "key": excerpt(page.key),
        "ref": excerpt(page.ref, limit=20),
        "title": excerpt(page.title, limit=TITLE_CHARACTERS),
        "severity": excerpt(page.severity, limit=20),
        "opened_at": page.opened_at.astimezone(UTC).isoformat(),
        "headline": headline(page),
        "text": cut(clean(page.text).strip(), TEXT_BYTES),
        "person": _person(page.person),
        "ack_url": link(page.ack_url),
        "how_to_acknowledge": how_to_acknowledge(page),
        "room_url": link(page.room_url),
        "runbook_url": link(page.runbook_url),
    }


def _person(person: Person) -> dict[str, str]:
    try:
        phone = e164(person.options.get("phone", ""))
    except ValueError:
        phone = ""
    return {
        "id": person.id,
        "name": excerpt(person.name, limit=100),
        "email": excerpt(person.email, limit=320),
        "phone": phone,
    }


def _id(said: Mapping[str, Any]) -> str:
    """The `id` in a JSON answer; empty when there is none that can be shown."""
    id = said.get("id")
    return excerpt(str(id), limit=RECEIPT_CHARACTERS) if isinstance(id, str | int) else ""
