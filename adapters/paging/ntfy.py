"""Pages by ntfy (https://docs.ntfy.sh/publish/): a push message with a button that acknowledges.

Whoever knows a topic reads it, so a person's topic (`people.ana.ntfy`) is a secret like a token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from adapters.http import Http, json_object, json_or_nothing
from adapters.paging.kinds import Token
from adapters.paging.wording import body, cut, headline, how_to_acknowledge, link, mark, secrets_of
from bot.incident.model import Person, Severity
from bot.ports import Attempt, PageMessage, Pager, Rejected, Unavailable

# https://docs.ntfy.sh/publish/#limitations and #picking-a-topic
MESSAGE_BYTES = 4096
TITLE_BYTES = 1024
TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")

PRIORITY: Final[Mapping[Severity, int]] = {
    Severity.SEV1: 5,
    Severity.SEV2: 5,
    Severity.SEV3: 4,
    Severity.SEV4: 3,
}
"""5 rings through, 4 vibrates long, 3 is an ordinary message (https://docs.ntfy.sh/publish/#message-priority)."""


class Config(BaseModel):
    """`url` is the server's address without a topic; `priority` replaces single entries of the usual mapping."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["ntfy"] = "ntfy"
    url: str
    token: Token = SecretStr("")
    priority: Mapping[Severity, Annotated[int, Field(ge=1, le=5)]] = PRIORITY

    @field_validator("url")
    @classmethod
    def _root(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or not link(url):
            raise ValueError("must be the server's address, like https://ntfy.example.org")
        if parts.username or parts.password:
            raise ValueError("must hold no user and password; use `token`")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("must be the server's root; topics belong to people (`people.ana.ntfy`)")
        return f"{parts.scheme}://{parts.netloc}/"


def build(name: str, config: Config, http: Http) -> Pager:
    """The pager of the block `paging.<name>`."""
    return Ntfy(name, config, http)


class Ntfy:
    """A `Pager`. A page has a sequence id made from `attempt.key`: if the first try got through and only its answer was
    lost, the second replaces the notification on the phone instead of standing beside it.

    What cannot be avoided: ntfy keeps both messages and may ring twice, and clients that do not know sequence ids
    (servers before 2.16, iOS) show both. That is also what a crash between ntfy's yes and our commit looks like.
    """

    def __init__(self, name: str, config: Config, http: Http) -> None:
        self._name = name
        self._url = config.url
        self._token = config.token.get_secret_value()
        self._priority = {**PRIORITY, **config.priority}
        self._http = http

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        """Publish to the person's topic; answers ntfy's message id.

        Whatever a 2xx says, it is a yes: older servers and proxies answer less than ntfy's documentation shows, and to
        call a page failed that rang wakes the next person for nothing. An answer without an id is answered with "".
        Whether the address is ntfy's at all is what `probe` asks.

        Raises Rejected when the person has no topic (naming `people.<id>.ntfy`).
        """
        topic = self.address(page.person)
        answer = await self._http.request(
            "POST",
            self._url,
            provider=self._name,
            headers={"Authorization": f"Bearer {self._token}"} if self._token else {},
            json=self._message(attempt, page, topic),
            ok=range(200, 300),
            done=True,
            secrets=(self._token, topic, *secrets_of(page)),
            hints={
                401: f"check paging.{self._name}.token",
                403: f"check paging.{self._name}.token, and that it may write to people.{page.person.id}.ntfy",
                404: f"check paging.{self._name}.url",
            },
        )
        return _id(json_or_nothing(answer))

    async def probe(self) -> None:
        """Ask for the server's health (https://docs.ntfy.sh/config/#health-checks); nothing is published.

        Raises Unavailable when it does not answer or is not well, Rejected when what answers is not ntfy.
        """
        answer = await self._http.request(
            "GET",
            f"{self._url}v1/health",
            provider=self._name,
            headers={"Authorization": f"Bearer {self._token}"} if self._token else {},
            ok=(200,),
            secrets=(self._token,),
            hints={401: f"check paging.{self._name}.token", 404: f"check paging.{self._name}.url"},
        )
        healthy = json_object(answer, provider=self._name).get("healthy")
        if healthy is False:
            raise Unavailable(f"{self._name}: the server says it is not healthy")
        if healthy is not True:
            raise Rejected(f"{self._name}: answered, but not in ntfy's words; check paging.{self._name}.url")

    def address(self, person: Person) -> str:
        """The person's topic. Raises Rejected when there is none."""
        topic = person.options.get("ntfy", "")
        if not topic:
            raise Rejected(f"{self._name}: {person.id} has no topic; set people.{person.id}.ntfy")
        if not TOPIC.fullmatch(topic):
            raise Rejected(
                f"{self._name}: people.{person.id}.ntfy is no topic; it may hold 1 to 64 letters, digits, - and _"
            )
        return topic

    def _message(self, attempt: Attempt, page: PageMessage, topic: str) -> dict[str, Any]:
        ack, room = link(page.ack_url), link(page.room_url)
        urgent = page.severity in (Severity.SEV1, Severity.SEV2)
        message: dict[str, Any] = {
            "topic": topic,
            "sequence_id": f"klatsch-{mark(attempt, page)}",
            "title": cut(headline(page), TITLE_BYTES),
            "message": body(page, MESSAGE_BYTES, "" if ack else how_to_acknowledge(page)),
            # A severity nobody foresaw is rather too loud than too quiet.
            "priority": next((self._priority[known] for known in Severity if known == page.severity), 5),
            "tags": ["rotating_light" if urgent else "warning"],
        }
        if room or ack:
            message["click"] = room or ack
        actions: list[dict[str, Any]] = []
        if ack:
            actions.append({"action": "http", "label": "Acknowledge", "url": ack, "method": "POST", "clear": True})
        for label, url in (("Open", room), ("Runbook", link(page.runbook_url))):
            if url:
                actions.append({"action": "view", "label": label, "url": url})
        if actions:
            message["actions"] = actions
        return message


def _id(said: Mapping[str, Any]) -> str:
    """The message's id in ntfy's answer; empty when there is none that looks like one."""
    id = said.get("id")
    return id if isinstance(id, str) and TOPIC.fullmatch(id) else ""
