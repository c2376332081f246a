"""Pages by Gotify (https://gotify.net/docs/pushmsg): a push message; a tap on it opens the page that acknowledges.

A message goes to whoever owns the application whose token sends it, so a person's token (`people.ana.gotify`) is both where
they are reached and a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from adapters.http import Http, json_object, json_or_nothing
from adapters.paging.kinds import Server, Token
from adapters.paging.wording import body, headline, link, mark, secrets_of, ways_on
from bot.incident.model import Person, Severity
from bot.ports import Attempt, PageMessage, Pager, Rejected, Unavailable

TEXT_BYTES = 8000
"""Gotify itself takes far more; a page is read half asleep, and the room has the rest."""

TOKEN = re.compile(r"[-_.A-Za-z0-9]{1,200}")

PRIORITY: Final[Mapping[Severity, int]] = {
    Severity.SEV1: 10,
    Severity.SEV2: 8,
    Severity.SEV3: 5,
    Severity.SEV4: 4,
}
"""From 8 on a phone sounds and vibrates, from 4 on it sounds (https://github.com/gotify/android#message-priorities)."""


class Config(BaseModel):
    """`url` is the server's address; `token` is that of the application for people who have none of their own; `priority`
    replaces single entries of the usual mapping."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["gotify"] = "gotify"
    url: Server
    token: Token = SecretStr("")
    priority: Mapping[Severity, Annotated[int, Field(ge=0, le=10)]] = PRIORITY


def build(name: str, config: Config, http: Http) -> Pager:
    """The pager of the block `paging.<name>`."""
    return Gotify(name, config, http)


class Gotify:
    """A `Pager`. Gotify shows whatever it was sent: if only its answer was lost, the second try is a second notification. Both
    carry the same `klatsch::page` among their extras, for clients that look at it."""

    def __init__(self, name: str, config: Config, http: Http) -> None:
        self._name = name
        self._url = config.url
        self._token = config.token.get_secret_value()
        self._priority = {**PRIORITY, **config.priority}
        self._http = http

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        """Send it with the person's token; answers Gotify's message id, empty when its answer has none.

        Raises Rejected when there is no token for the person (naming `people.<id>.gotify`).
        """
        token = self.address(page.person)
        own = bool(page.person.options.get("gotify"))
        where = f"people.{page.person.id}.gotify" if own else f"paging.{self._name}.token"
        hint = f"check {where}; it must be the token of an application, not of a client"
        answer = await self._http.request(
            "POST",
            f"{self._url}message",
            provider=self._name,
            headers={"X-Gotify-Key": token},
            json=self._message(attempt, page),
            ok=range(200, 300),
            done=True,
            secrets=(token, *secrets_of(page)),
            hints={401: hint, 403: hint, 404: f"check paging.{self._name}.url"},
        )
        return _id(json_or_nothing(answer))

    async def probe(self) -> None:
        """Ask for the server's health; nothing is sent. Whether a token may send cannot be tried without sending.

        Raises Unavailable when it does not answer or is not well, Rejected when what answers is not Gotify.
        """
        answer = await self._http.request(
            "GET",
            f"{self._url}health",
            provider=self._name,
            ok=(200,),
            hints={404: f"check paging.{self._name}.url"},
        )
        health = json_object(answer, provider=self._name).get("health")
        if not isinstance(health, str):
            raise Rejected(f"{self._name}: answered, but not in Gotify's words; check paging.{self._name}.url")
        if health != "green":
            raise Unavailable(f"{self._name}: the server says it is not healthy")

    def address(self, person: Person) -> str:
        """The token that reaches the person. Raises Rejected when there is none."""
        token = person.options.get("gotify", "")
        if not token and not self._token:
            raise Rejected(
                f"{self._name}: {person.id} has no application's token; "
                f"set people.{person.id}.gotify, or paging.{self._name}.token for all"
            )
        if token and not TOKEN.fullmatch(token):
            raise Rejected(
                f"{self._name}: people.{person.id}.gotify is no application's token; "
                "it may hold letters, digits, dots, - and _"
            )
        return token or self._token

    def _message(self, attempt: Attempt, page: PageMessage) -> dict[str, Any]:
        extras: dict[str, Any] = {
            # Or a title with stars and brackets would be read as Markdown.
            "client::display": {"contentType": "text/plain"},
            "klatsch::page": {"mark": mark(attempt, page)},
        }
        if tapped := link(page.ack_url) or link(page.room_url):
            extras["client::notification"] = {"click": {"url": tapped}}
        return {
            "title": headline(page),
            "message": body(page, TEXT_BYTES, *ways_on(page)),
            # A severity nobody foresaw is rather too loud than too quiet.
            "priority": next((self._priority[known] for known in Severity if known == page.severity), 10),
            "extras": extras,
        }


def _id(said: Mapping[str, Any]) -> str:
    """The message's number in Gotify's answer; empty when there is none."""
    id = said.get("id")
    return str(id) if isinstance(id, int) and 0 < id < 2**63 else ""
