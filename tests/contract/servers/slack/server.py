"""Slack as a server on this machine: strict about what Slack documents, and it fails when a test orders it."""

from __future__ import annotations

import copy
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession, web

from tests.contract.servers.slack import hooks
from tests.contract.servers.slack.answers import Answers
from tests.contract.servers.slack.api import Asked
from tests.contract.servers.slack.clock import Passing
from tests.contract.servers.slack.delivery import ACK_WITHIN, Delivery, Event
from tests.contract.servers.slack.limits import Limits
from tests.contract.servers.slack.model import APP, BOT_ID, BOT_USER, TEAM, URL, Call, Channel, Usergroup
from tests.contract.servers.slack.person import Person
from tests.contract.servers.slack.sockets import Outcome
from tests.contract.servers.slack.table import ALL_SCOPES, METHODS
from tests.contract.servers.slack.trouble import What
from tests.contract.servers.slack.views import Views
from tests.contract.servers.slack.web_api import WebApi
from tests.contract.servers.slack.workspace import Workspace
from tests.servers.processes import free_port


class SlackServer(Workspace):
    """`async with SlackServer() as slack`: the Web API is at `slack.api_url`.

    `scopes`: what the bot was granted. `limits`: the documented ones are on, and their clock runs `pace` times as fast.
    `hurry`: events that nobody acknowledged come again so many times sooner. `patience`: the seconds that Slack waits for an
    acknowledgement. `domains`: of which links are told; none given: of all.
    """

    bot_user = BOT_USER
    bot_id = BOT_ID
    team = TEAM
    url = URL
    bot_token = "xoxb-0000000001-klatsch"
    app_token = "xapp-1-A0KLATSCH1-klatsch"
    signing_secret = "0123456789abcdef0123456789abcdef"

    def __init__(
        self,
        *,
        scopes: frozenset[str] = ALL_SCOPES,
        limits: bool = False,
        pace: float = 1.0,
        hurry: float = 1.0,
        patience: float = ACK_WITHIN,
        domains: frozenset[str] | None = None,
    ) -> None:
        self.scopes = scopes
        self.domains = domains
        self.calls: list[Call] = []
        self.passing = Passing()
        self.views = Views(self.passing)
        self.people: dict[str, Person] = {}
        self.should_escape = False
        self.delivery = Delivery(lambda: self.scopes, self.signing_secret, self.passing, hurry=hurry, patience=patience)
        super().__init__()
        self.answers = Answers(Asked(self, METHODS["chat.postMessage"], scopes), self.passing)
        self.web_api = WebApi(self, Limits(self.passing, pace) if limits else None)
        self.comes_later = ""
        """The words by which the app says that an answer comes later; whoever typed a command waits for that one then."""
        self._port = 0

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=2**25)
        application.router.add_route("*", "/api/{method}", self.web_api.serve)
        application.router.add_get("/link/", self.delivery.sockets.serve)
        application.router.add_post("/actions/{secret}", self.answers.serve)
        application.router.add_post("/upload/v1/{secret}", self.web_api.upload)
        application.router.add_get("/files-pri-download/{id}/{name}", self.web_api.download)
        application.router.add_get("/files-pri/{id}/{name}", self.web_api.download)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        self.delivery.session = ClientSession()
        # Of those that nobody else gets while nothing listens.
        self._port = free_port()
        await self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.web_api.over.set()
        await self.delivery.close()
        self.delivery.sockets.cut()
        await self._runner.cleanup()
        assert self.delivery.session is not None
        await self.delivery.session.close()

    async def _listen(self) -> None:
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()

    @property
    def here(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def api_url(self) -> str:
        return f"{self.here}/api/"

    def socket_url(self) -> str:
        """With a new ticket."""
        return f"ws://127.0.0.1:{self._port}/link/?ticket={self.delivery.sockets.ticket()}&app_id={APP}"

    @property
    def refused(self) -> int:
        """How many calls were answered 429."""
        return self.web_api.refused

    def pass_time(self, seconds: float) -> None:
        """What was handed out is so much older: trigger ids, addresses for answers, tickets; and the limits' minute goes on."""
        self.passing.skip(seconds)

    @property
    def subscribed(self) -> set[str]:
        return self.delivery.subscribed

    @subscribed.setter
    def subscribed(self, names: set[str]) -> None:
        self.delivery.subscribed = names

    @property
    def events(self) -> list[Event]:
        """What the app was told of, with how each try went."""
        return self.delivery.events

    @property
    def connected(self) -> int:
        """Open Socket Mode connections."""
        return len(self.delivery.sockets.connections)

    @property
    def request_url(self) -> str:
        return self.delivery.request_url

    @request_url.setter
    def request_url(self, url: str) -> None:
        """From now on in HTTP mode; `await slack.verify()` is what Slack does first."""
        self.delivery.request_url = url

    async def verify(self) -> bool:
        """Whether the app answers the challenge."""
        sent = {"token": "not-to-be-used", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}
        came = await self.delivery.send("events_api", {**sent, "type": "url_verification"})
        return came.acked and sent["challenge"] in (came.payload.get("challenge"), came.payload.get("text"))

    async def check_ssl(self) -> Outcome:
        """What Slack asks the address of a command now and then."""
        return await self.delivery.send("slash_commands", {"ssl_check": "1", "token": "not-to-be-used"})

    def signed(self, body: bytes, at: int) -> dict[str, str]:
        """The headers of a request to the app that was sent at a time."""
        return hooks.signed(self.signing_secret, body, at)

    def emit(self, event: dict[str, Any], channel: Channel | None = None) -> None:
        self.delivery.emit(copy.deepcopy(event), channel)

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def person(self, name: str, **flags: Any) -> Person:
        """Somebody of the workspace, the same for the same name. Flags: guest, deleted, bot, team, email, real_name."""
        if name not in self.people:
            self.people[name] = Person.joins_workspace(self, name, **flags)
        return self.people[name]

    def has_channel(self, name: str, *people: Person, private: bool = False, bot: bool = True) -> Channel:
        """A channel that was there before: no event tells of it. The first of the people made it, or the bot."""
        members = ([self.bot_user] if bot else []) + [one.id for one in people]
        self.delivery.muted = True
        try:
            creator = people[0].id if people else self.bot_user
            return self.new_channel(name, creator=creator, private=private, members=members)
        finally:
            self.delivery.muted = False

    def usergroup(self, handle: str, people: Sequence[Person], *, disabled: bool = False) -> Usergroup:
        found = Usergroup(self.new_id("S"), handle, handle.upper(), [one.id for one in people], disabled)
        self.usergroups[found.id] = found
        return found

    def order(self, method: str, what: What, times: int = 1) -> None:
        """What happens to the next calls of a method, or of any (`""`)."""
        self.web_api.troubles.order(method, what, times)

    def every(self, number: int, what: What, method: str = "") -> None:
        """To each so-manieth call; 0 ends it."""
        self.web_api.troubles.every(number, what, method)

    def cut(self) -> None:
        """All Socket Mode connections, without a word."""
        self.delivery.sockets.cut()

    async def refresh(self) -> None:
        await self.delivery.sockets.refresh()

    async def warn(self) -> None:
        await self.delivery.sockets.warn()

    @asynccontextmanager
    async def outage(self) -> AsyncIterator[None]:
        """Nothing listens; afterwards at the same port again."""
        self.delivery.gone = True
        await self._site.stop()
        self.cut()
        server = self._runner.server
        assert server is not None
        for connection in server.connections:
            if connection.transport:
                connection.transport.abort()
        try:
            yield
        finally:
            await self._listen()
            self.delivery.gone = False

    def refuse_tickets(self, refusing: bool = True) -> None:
        """Whether handshakes are answered 408, whatever their ticket."""
        self.delivery.sockets.refusing = refusing

    def revoke(self) -> None:
        """Both tokens. The app is told of the bot's, and may hear it as long as it is connected."""
        self.web_api.revoked = True
        tokens = {"oauth": [], "bot": [self.bot_user]}
        self.emit({"type": "tokens_revoked", "tokens": tokens, "event_ts": self.now()})

    def restore(self) -> None:
        self.web_api.revoked = False

    async def redeliver(self, event_id: str) -> Outcome:
        """The same event once more. Raises StopIteration if there is none."""
        found = next(event for event in self.events if event.id == event_id)
        return await self.delivery.tell(found, attempt=1, reason="timeout")

    def change(self, person: Person, **fields: Any) -> None:
        """Of a person: email, deleted, guest, real_name."""
        for name, value in fields.items():
            setattr(person.user, name, value)
        self.emit({"type": "user_change", "user": person.user.as_slack(), "event_ts": self.now()})

    def regroup(self, group: Usergroup, people: Sequence[Person]) -> None:
        """Other people are in the group now."""
        before, group.users = group.users, [one.id for one in people]
        about = {
            "subteam_id": group.id,
            "team_id": TEAM,
            "added_users": [one for one in group.users if one not in before],
            "removed_users": [one for one in before if one not in group.users],
        }
        self.emit({"type": "subteam_members_changed", **about, "event_ts": self.now()})

    async def limit_events(self) -> None:
        """The app was sent more than it may get."""
        minute = int(time.time()) // 60 * 60
        about = {"token": "not-to-be-used", "type": "app_rate_limited", "team_id": TEAM, "minute_rate_limited": minute}
        self.delivery.emit_bare({**about, "api_app_id": APP})
