"""Pages by Pushover (https://pushover.net/api): a push message that rings again and again until somebody has the incident."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, Field, field_validator

from adapters.http import Http, json_object, json_or_nothing
from adapters.paging.kinds import Server, Token
from adapters.paging.wording import body, headline, how_to_acknowledge, link, mark, secrets_of, ways_on
from bot.config.kinds import Duration
from bot.durations import format_duration
from bot.incident.model import Person, Severity
from bot.ports import Attempt, PageMessage, Pager, Rejected

if TYPE_CHECKING:
    import httpx

# https://pushover.net/api#limits: 1024 characters, and a text of as many bytes never has more.
MESSAGE_BYTES = 1024
URL_CHARACTERS = 512

USER = re.compile(r"[A-Za-z0-9]{30}")
RECEIPT = re.compile(r"[-A-Za-z0-9]{1,64}")

EMERGENCY = 2
PRIORITY: Final[Mapping[Severity, int]] = {
    Severity.SEV1: EMERGENCY,
    Severity.SEV2: EMERGENCY,
    Severity.SEV3: 1,
    Severity.SEV4: 0,
}
"""2 rings until it is answered, 1 rings in quiet hours too, 0 does not (https://pushover.net/api#priority)."""

AT_ONCE = 2
"""Requests. Who makes more than two at once is slowed down (https://pushover.net/api#friendly)."""

SHORTEST, LONGEST = timedelta(seconds=30), timedelta(hours=3)

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Config(BaseModel):
    """`token` is the application's. A page of priority 2 rings every `retry` for as long as `expire`, but at most 50 times;
    `priority` replaces single entries of the usual mapping."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["pushover"] = "pushover"
    token: Token
    url: Server = "https://api.pushover.net/"
    priority: Mapping[Severity, Annotated[int, Field(ge=-2, le=2)]] = PRIORITY
    retry: Duration = timedelta(minutes=1)
    expire: Duration = timedelta(hours=1)

    @field_validator("retry", "expire")
    @classmethod
    def _within(cls, length: timedelta) -> timedelta:
        # https://pushover.net/api#priority
        if not SHORTEST <= length <= LONGEST:
            raise ValueError(f"must be {format_duration(SHORTEST)} to {format_duration(LONGEST)}")
        return length


def build(name: str, config: Config, http: Http) -> Pager:
    """The pager of the block `paging.<name>`."""
    return Pushover(name, config, http)


class Pushover:
    """A `Pager`, and one that `Settles`: what rings on is stopped by a tag, so no receipt has to be remembered.

    What cannot be avoided: Pushover has no idempotency. If only its answer was lost, the second try is a second message;
    answering one of them stops both, because it settles the page.
    """

    def __init__(self, name: str, config: Config, http: Http) -> None:
        self._name = name
        self._config = config
        self._token = config.token.get_secret_value()
        self._priority = {**PRIORITY, **config.priority}
        self._http = http
        self._going = asyncio.Semaphore(AT_ONCE)

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        """Send it; answers Pushover's receipt, or the request's id where nothing is to be answered.

        Raises Rejected when the person has no user key (naming `people.<id>.pushover`), and when the month's messages are
        used up: then no try helps before the month is over.
        """
        user = self.address(page.person)
        answer = await self._post(
            "messages.json",
            self._message(page, user),
            secrets=(user, *secrets_of(page)),
            hint=f"check paging.{self._name}.token and people.{page.person.id}.pushover",
        )
        if answer.status_code == 429:
            raise Rejected(
                f"{self._name}: answered 429: this month's messages are used up "
                "(buy more at pushover.net, or page by another way until the month is over)"
            )
        return _receipt(json_or_nothing(answer))

    async def acknowledge(self, attempt: Attempt, page: PageMessage, by: str) -> None:
        """Let it ring no more. That nothing rings is no error."""
        await self._cancel(page)

    async def resolve(self, attempt: Attempt, page: PageMessage) -> None:
        """As `acknowledge`."""
        await self._cancel(page)

    async def probe(self) -> None:
        """Ask how many messages are left; nothing is sent.

        Raises Unavailable when it does not answer, Rejected when the token is none, or when no message is left.
        """
        async with self._going:
            answer = await self._http.request(
                "GET",
                f"{self._config.url}1/apps/limits.json?{urlencode({'token': self._token})}",
                provider=self._name,
                ok=(200,),
                secrets=(self._token,),
                hints={400: f"check paging.{self._name}.token", 404: f"check paging.{self._name}.url"},
            )
        left = json_object(answer, provider=self._name).get("remaining")
        if not isinstance(left, int):
            raise Rejected(f"{self._name}: answered, but not in Pushover's words; check paging.{self._name}.url")
        if left <= 0:
            raise Rejected(f"{self._name}: this month's messages are used up; buy more at pushover.net")

    def address(self, person: Person) -> str:
        """The person's user key. Raises Rejected when there is none."""
        user = person.options.get("pushover", "")
        if not user:
            raise Rejected(f"{self._name}: {person.id} has no user key; set people.{person.id}.pushover")
        if not USER.fullmatch(user):
            raise Rejected(f"{self._name}: people.{person.id}.pushover is no user key; it has 30 letters and digits")
        return user

    async def _cancel(self, page: PageMessage) -> None:
        """https://pushover.net/api/receipts#cancel_by_tag"""
        answer = await self._post(
            f"receipts/cancel_by_tag/{_tag(page)}.json", {}, hint=f"check paging.{self._name}.token"
        )
        if answer.status_code == 429:
            raise Rejected(f"{self._name}: answered 429 to what should stop the ringing; it ends by itself")

    async def _post(
        self, path: str, form: Mapping[str, Any], *, hint: str, secrets: tuple[str, ...] = ()
    ) -> httpx.Response:
        async with self._going:
            return await self._http.request(
                "POST",
                f"{self._config.url}1/{path}",
                provider=self._name,
                headers=_FORM,
                content=urlencode({"token": self._token, **form}),
                ok=(200, 429),
                done=True,
                secrets=(self._token, *secrets),
                hints={400: hint, 401: hint, 404: f"check paging.{self._name}.url"},
            )

    def _message(self, page: PageMessage, user: str) -> dict[str, Any]:
        ack = link(page.ack_url) if len(page.ack_url) <= URL_CHARACTERS else ""
        _, room, runbook = ways_on(page)
        # A severity nobody foresaw is rather too loud than too quiet.
        priority = next((self._priority[known] for known in Severity if known == page.severity), EMERGENCY)
        message: dict[str, Any] = {
            "user": user,
            "title": headline(page),
            "message": body(page, MESSAGE_BYTES, "" if ack else how_to_acknowledge(page), room, runbook),
            "priority": priority,
        }
        if ack:
            message |= {"url": ack, "url_title": "Acknowledge"}
        if priority == EMERGENCY:
            message["retry"] = int(self._config.retry.total_seconds())
            message["expire"] = int(self._config.expire.total_seconds())
            message["tags"] = _tag(page)
            if ack:
                message["callback"] = f"{ack}?via={quote(self._name, safe='')}"
        return message


def _tag(page: PageMessage) -> str:
    """The same for every page of this person in this incident, and for nothing else."""
    return f"klatsch-{mark(Attempt(page.key), page)}"


def _receipt(said: Mapping[str, Any]) -> str:
    """What names the message at Pushover; empty when the answer has nothing of the kind."""
    found = said.get("receipt") or said.get("request")
    return found if isinstance(found, str) and RECEIPT.fullmatch(found) else ""
