"""Pages by Signal, through signal-cli-rest-api (https://bbernhard.github.io/signal-cli-rest-api/): one message a page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from adapters.excerpt import excerpt
from adapters.http import Http, json_or_nothing
from adapters.paging.kinds import Server, Token
from adapters.paging.phones import e164, reached_at
from adapters.paging.wording import body, headline, secrets_of, ways_on
from bot.incident.model import Person
from bot.ports import Attempt, DeliveryError, PageMessage, Pager, Rejected, Unavailable

TEXT_BYTES = 2000
"""Below the headline. A page is read half asleep; the room has the rest."""

TIMESTAMP = re.compile(r"[0-9]{1,20}")

# The server answers 400 to whatever went wrong, and hands on what signal-cli wrote.
_PASSES = re.compile(r"rate.?limit|network failure|io.?exception|timed? ?out|connection|\[5[0-9]{2}\]", re.IGNORECASE)


class Config(BaseModel):
    """`url` is the server's address, `number` the one it is registered with, which sends. The server itself asks for no
    proof; `token` is for a proxy before it that does."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["signal"] = "signal"
    url: Server
    number: Annotated[str, AfterValidator(e164)]
    token: Token = SecretStr("")


def build(name: str, config: Config, http: Http) -> Pager:
    """The pager of the block `paging.<name>`."""
    return Signal(name, config, http)


class Signal:
    """A `Pager`. Signal has no idempotency: if only the answer was lost, the second try is a second message, which reads as the
    first one does."""

    def __init__(self, name: str, config: Config, http: Http) -> None:
        self._name = name
        self._config = config
        self._token = config.token.get_secret_value()
        self._http = http

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        """Send it; answers the time by which Signal knows the message.

        Raises Unavailable for what passes: no connection, no answer, and what signal-cli calls a failure of the network or
        too much at once. Raises Rejected for every other refusal, also one in an answer that says yes, and when the
        person has no telephone number.
        """
        to = self.address(page.person)
        secrets = (self._token, to, *secrets_of(page))
        try:
            answer = await self._http.request(
                "POST",
                f"{self._config.url}v2/send",
                provider=self._name,
                headers=self._headers(),
                json={
                    "message": f"{headline(page)}\n\n{body(page, TEXT_BYTES, *ways_on(page))}",
                    "number": self._config.number,
                    "recipients": [to],
                    # Said, because the server may be set up to read stars and tildes as styles.
                    "text_mode": "normal",
                },
                ok=range(200, 300),
                done=True,
                secrets=secrets,
                hints={
                    400: f"check paging.{self._name}.number, and that {page.person.id} is on Signal",
                    429: f"if this goes on, lift the limit of paging.{self._name}.number with a captcha",
                    **self._hints(),
                },
            )
        except Rejected as refused:
            raise _judged(refused.reason) from None
        said = json_or_nothing(answer)
        # Newer servers answer yes and say below it whom it did not reach. There is one recipient.
        if said.get("errors"):
            raise _judged(f"{self._name}: not sent: {excerpt(json.dumps(said['errors']), secrets)}")
        timestamp = str(said.get("timestamp", ""))
        return timestamp if TIMESTAMP.fullmatch(timestamp) else ""

    async def probe(self) -> None:
        """Ask for the numbers that the server is registered with; nothing is sent.

        Raises Unavailable when it does not answer, Rejected when it does not have `number`, or is no such server.
        """
        answer = await self._http.request(
            "GET",
            f"{self._config.url}v1/accounts",
            provider=self._name,
            headers=self._headers(),
            ok=(200,),
            secrets=(self._token,),
            hints=self._hints(),
        )
        try:
            numbers = json.loads(answer.content)
        except (ValueError, RecursionError):
            numbers = None
        if not isinstance(numbers, list):
            raise Rejected(
                f"{self._name}: answered, but not in signal-cli-rest-api's words; check paging.{self._name}.url"
            )
        if self._config.number not in numbers:
            raise Rejected(
                f"{self._name}: the server has no account of paging.{self._name}.number; register or link it there"
            )

    def address(self, person: Person) -> str:
        """The person's number at Signal, else their telephone's. Raises Rejected when there is none."""
        return reached_at(person, "signal", "phone", way=self._name)

    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _hints(self) -> Mapping[int, str]:
        token, url = f"check paging.{self._name}.token", f"check paging.{self._name}.url"
        return {401: token, 403: token, 404: url}


def _judged(reason: str) -> DeliveryError:
    return Unavailable(reason) if _PASSES.search(reason) else Rejected(reason)
