"""Pages through GoAlert, which is self-hosted: a request to an integration key opens an alert at a service there, and whoever is
on call for it is woken by GoAlert
(https://github.com/target/goalert/blob/master/web/src/app/documentation/sections/IntegrationKeys.md).

What people answer there does not come back: GoAlert's outgoing webhooks are not signed, so anybody could acknowledge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, field_validator

from adapters.http import Http, json_object
from adapters.paging.kinds import server
from adapters.paging.services import IntegrationKey, dedup_key, host
from adapters.paging.wording import body, headline, how_to_acknowledge, link, secrets_of
from bot.incident.model import Person
from bot.ports import Attempt, PageMessage, Pager, Rejected

if TYPE_CHECKING:
    import httpx

# https://github.com/target/goalert/blob/master/alert/alert.go: MaxDetailsLength, and MaxSummaryLength is 1024
DETAILS_BYTES = 6 * 1024


class Config(BaseModel):
    """`url` is the server's address, with the path that GoAlert was given if any; `token` is an integration key of the type
    Generic API of the service that is paged."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["goalert"] = "goalert"
    url: str
    token: IntegrationKey

    @field_validator("url")
    @classmethod
    def _root(cls, url: str) -> str:
        if "/api/v2" in url:
            raise ValueError(
                "must be the server's address, like https://goalert.example.org; the rest is put behind it"
            )
        return server(url)


def build(name: str, config: Config, http: Http) -> Pager:
    """The pager of the block `paging.<name>`."""
    return GoAlert(name, config, http)


class GoAlert:
    """A `Pager` that is told when the incident is over. All requests about one incident and one target have the same `dedup`: what
    is sent twice, or for another step of the ladder, is one alert at GoAlert."""

    def __init__(self, name: str, config: Config, http: Http) -> None:
        self._name = name
        self._url = config.url
        self._token = config.token.get_secret_value()
        self._http = http

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        """Open an alert, or leave the one that is open; answers its number, or nothing when GoAlert says nothing."""
        said = {"summary": headline(page) or page.ref, "details": _details(page), "dedup": dedup_key(page)}
        # Only exactly this is answered with what became of it.
        answer = await self._post(said, {"Accept": "application/json"}, secrets_of(page))
        if answer.status_code == 204:
            return ""
        number = json_object(answer, provider=self._name).get("AlertID")
        if not isinstance(number, int) or number <= 0:
            raise Rejected(f"{self._name}: answered 200, but names no alert; check paging.{self._name}.url")
        return str(number)

    async def acknowledge(self, attempt: Attempt, page: PageMessage, by: str) -> None:
        """Nothing: an integration key opens and closes alerts, and cannot acknowledge one."""

    async def resolve(self, attempt: Attempt, page: PageMessage) -> None:
        """Close the alert. One that is closed already is no error."""
        await self._close(headline(page) or page.ref, dedup_key(page), secrets_of(page))

    def address(self, person: Person) -> str:
        """Where alerts go, for everybody the same: whom they wake is settled at GoAlert."""
        return host(self._url)

    async def probe(self) -> None:
        """Close an alert that was never opened: GoAlert looks at the key and does nothing."""
        await self._close("Klatsch looks whether its key is taken", "klatsch-check")

    async def _close(self, summary: str, dedup: str, secrets: tuple[str, ...] = ()) -> None:
        # GoAlert insists on a summary here, too. It is not asked what became of it: older ones fail to say that of no alert.
        await self._post({"summary": summary, "dedup": dedup, "action": "close"}, {}, secrets)

    async def _post(self, said: dict[str, str], headers: dict[str, str], secrets: tuple[str, ...]) -> httpx.Response:
        block = f"paging.{self._name}"
        return await self._http.request(
            "POST",
            f"{self._url}api/v2/generic/incoming?token={quote(self._token, safe='')}",
            provider=self._name,
            headers=headers,
            json=said,
            ok=(200, 204),
            secrets=(self._token, *secrets),
            hints={401: f"check {block}.token", 403: f"check {block}.token", 404: f"check {block}.url"},
        )


def _details(page: PageMessage) -> str:
    """Markdown: the text, and below it how to acknowledge and the links."""
    ack = link(page.ack_url)
    shown = (("Acknowledge", ack), ("Open", link(page.room_url)), ("Runbook", link(page.runbook_url)))
    lines = [f"* {text}: {url}" for text, url in shown if url]
    return body(page, DETAILS_BYTES, *([] if ack else [how_to_acknowledge(page)]), *lines)
