"""Pages through PagerDuty: an event opens an alert at a service there, and whoever is on call for it is woken by PagerDuty
(https://developer.pagerduty.com/docs/events-api-v2-overview). What people answer there comes back by `pagerduty_answers`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator

from adapters.excerpt import excerpt
from adapters.http import Http, json_object, retry_after
from adapters.paging.kinds import Server, Token
from adapters.paging.pagerduty_answers import Webhooks
from adapters.paging.services import TEXT_BYTES, IntegrationKey, dedup_key, host
from adapters.paging.wording import cut, headline, how_to_acknowledge, link, secrets_of
from bot.answering import PageAnswers
from bot.chat.document import clean
from bot.incident.model import Person, Severity
from bot.mounted import ASGI
from bot.ports import Attempt, PageMessage, Pager, Rejected, Unavailable

EVENTS: Final = "https://events.pagerduty.com/"

# https://developer.pagerduty.com/docs/send-alert-event: payload.summary
SUMMARY_CHARACTERS = 1024

TOO_MANY = timedelta(minutes=1)
"""About 120 events a minute are taken for one key, counted over the last 60 s
(https://developer.pagerduty.com/docs/events-api-rate-limits)."""

Level = Literal["critical", "error", "warning", "info"]

SEVERITY: Final[Mapping[Severity, Level]] = {
    Severity.SEV1: "critical",
    Severity.SEV2: "error",
    Severity.SEV3: "warning",
    Severity.SEV4: "info",
}
"""A service with dynamic notifications rings for the first two and writes for the others."""


def _several(given: object) -> object:
    """One secret is a list of one, and an empty one none."""
    return ((given,) if given else ()) if isinstance(given, str) else given


def _long(secret: SecretStr) -> SecretStr:
    """Whoever guesses it acknowledges pages."""
    if len(secret.get_secret_value()) < 16:
        raise ValueError("must be the secret that PagerDuty shows when the webhook is made, 16 characters or more")
    return secret


class Config(BaseModel):
    """`routing_key` is the key of an Events API v2 integration of the service that is paged; `url` is another one in the EU.
    `webhook_secret`, one or several while the old one is replaced, prove that a webhook is PagerDuty's. `severity` replaces
    single entries of the usual mapping."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["pagerduty"] = "pagerduty"
    url: Server = EVENTS
    routing_key: IntegrationKey
    webhook_secret: Annotated[
        tuple[Annotated[Token, AfterValidator(_long)], ...], BeforeValidator(_several), Field(max_length=5)
    ] = ()
    severity: Mapping[Severity, Level] = SEVERITY

    @field_validator("url")
    @classmethod
    def _root(cls, url: str) -> str:
        if url.endswith("/v2/enqueue/"):
            raise ValueError(f"must be the server's root, like {EVENTS}; /v2/enqueue is put behind it")
        return url


def build(name: str, config: Config, http: Http) -> Pager:
    """The pager of the block `paging.<name>`."""
    return PagerDuty(name, config, http)


class PagerDuty:
    """A `Pager` that hears answers and is told what becomes of the incident. All events about one incident and one target have
    the same `dedup_key`: what is sent twice, or for another step of the ladder, is one alert at PagerDuty. When that was
    acknowledged there, nobody is woken again; when it was resolved there, a new one is opened."""

    def __init__(self, name: str, config: Config, http: Http) -> None:
        self._name = name
        self._url = config.url
        self._routing_key = config.routing_key.get_secret_value()
        self._secrets = tuple(secret.get_secret_value() for secret in config.webhook_secret)
        self._severity = {**SEVERITY, **config.severity}
        self._http = http

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        """Open an alert, or add to the one that is open; answers its `dedup_key`.

        Raises Rejected, with PagerDuty's own words, when it does not take the event, and when what says yes is not
        PagerDuty. Raises Unavailable with a minute's wait when it had too many events.
        """
        key = dedup_key(page)
        await self._send("trigger", key, secrets_of(page), **self._event(page))
        return key

    async def acknowledge(self, attempt: Attempt, page: PageMessage, by: str) -> None:
        """Nobody else is woken by PagerDuty. It is not told who has it: an event has no place for that."""
        await self._send("acknowledge", dedup_key(page))

    async def resolve(self, attempt: Attempt, page: PageMessage) -> None:
        """Close the alert. One that is closed already is no error: PagerDuty drops the event."""
        await self._send("resolve", dedup_key(page))

    def address(self, person: Person) -> str:
        """Where events go, for everybody the same: whom they wake is settled at PagerDuty."""
        return host(self._url)

    async def probe(self) -> None:
        """Resolve an alert that was never opened. PagerDuty looks at the key and drops the event
        (https://developer.pagerduty.com/docs/send-alert-event#alert-de-duplication)."""
        await self._send("resolve", "klatsch-check")

    def answered(self, answers: PageAnswers, address: str) -> Mapping[str, ASGI]:
        """Webhooks, when a secret is configured that proves whose they are."""
        if not self._secrets:
            return {}
        return {"": Webhooks(self._name, self._secrets, answers, address)}

    async def _send(self, action: str, key: str, secrets: tuple[str, ...] = (), **more: object) -> None:
        hidden = (self._routing_key, *secrets)
        answer = await self._http.request(
            "POST",
            f"{self._url}v2/enqueue",
            provider=self._name,
            json={"routing_key": self._routing_key, "event_action": action, "dedup_key": key, **more},
            ok=(202, 400, 429),
            secrets=hidden,
            hints={404: f"check paging.{self._name}.url"},
        )
        if answer.status_code == 429:
            wait = retry_after(answer.headers) or TOO_MANY
            raise Unavailable(f"{self._name}: answered 429: too many events for this key within a minute", wait)
        if answer.status_code == 400:
            raise Rejected(f"{self._name}: answered 400: {self._words(answer.content, hidden)}")
        if json_object(answer, provider=self._name).get("status") != "success":
            raise Rejected(f"{self._name}: answered 202, but not success: {self._words(answer.content, hidden)}")

    def _words(self, body: bytes, hidden: tuple[str, ...]) -> str:
        """What PagerDuty says is wrong, and where to look when it is the key."""
        text = body.decode(errors="replace")
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            said = None
        if isinstance(said, dict):
            errors = said.get("errors")
            words = [said.get("message"), *(errors if isinstance(errors, list) else ())]
            text = "; ".join(word for word in words if isinstance(word, str) and word) or text
        about_the_key = "routing" in text.lower()
        return excerpt(text, hidden) + (f" (check paging.{self._name}.routing_key)" if about_the_key else "")

    def _event(self, page: PageMessage) -> dict[str, Any]:
        ack, room = link(page.ack_url), link(page.room_url)
        shown = (("Acknowledge", ack), ("Open", room), ("Runbook", link(page.runbook_url)))
        event: dict[str, Any] = {
            "payload": {
                "summary": headline(page) or page.ref,
                "source": host(page.ack_url) or "klatsch",
                # A severity nobody foresaw is rather too loud than too quiet.
                "severity": next((self._severity[known] for known in Severity if known == page.severity), "critical"),
                "timestamp": page.opened_at.isoformat(),
                "custom_details": _details(page, "" if ack else how_to_acknowledge(page)),
            },
            "client": "Klatsch",
            "links": [{"href": url, "text": text} for text, url in shown if url],
        }
        if room:
            event["client_url"] = room
        return event


def _details(page: PageMessage, ending: str) -> dict[str, str]:
    """What PagerDuty shows as a table."""
    details = {
        "what": cut(clean(page.text).strip(), TEXT_BYTES),
        "incident": excerpt(page.ref, limit=20),
        "severity": excerpt(page.severity, limit=20),
        "how": ending,
    }
    return {name: value for name, value in details.items() if value}
