"""Slack as a server on this machine: strict about what Slack documents, and it fails when a test orders it."""

from __future__ import annotations

import asyncio
import copy
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession, web

from tests.contract.servers.http import Answer, Trouble
from tests.contract.servers.slack import chat, conversations, hooks, marks, reading, views
from tests.contract.servers.slack.answers import Answers
from tests.contract.servers.slack.api import Asked, missing
from tests.contract.servers.slack.arguments import sent, understood
from tests.contract.servers.slack.delivery import ACK_WITHIN, Delivery, Event
from tests.contract.servers.slack.limits import Limits
from tests.contract.servers.slack.model import BOT_ID, BOT_USER, TEAM, URL, Call, Channel, File, Usergroup
from tests.contract.servers.slack.person import Person
from tests.contract.servers.slack.refused import Refused
from tests.contract.servers.slack.sockets import Outcome
from tests.contract.servers.slack.table import ALL_SCOPES, METHODS, Method
from tests.contract.servers.slack.trouble import Troubles, What, limited, suffer
from tests.contract.servers.slack.views import Views
from tests.contract.servers.slack.workspace import Workspace

_DO = {**reading.METHODS, **conversations.METHODS, **chat.METHODS, **marks.METHODS}
LOGIN = "<!DOCTYPE html><title>Sign in to Slack</title>"


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
        self.views = Views()
        self.people: dict[str, Person] = {}
        self.refused = 0
        self.should_escape = False
        self.delivery = Delivery(scopes, self.signing_secret, hurry=hurry, patience=patience)
        super().__init__()
        self.answers = Answers(Asked(self, METHODS["chat.postMessage"], scopes))
        self._limits = Limits(pace) if limits else None
        self._troubles = Troubles()
        self._revoked = False
        self._over = asyncio.Event()
        self._port = 0

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=2**25)
        application.router.add_route("*", "/api/{method}", self._api)
        application.router.add_get("/link/", self.delivery.sockets.serve)
        application.router.add_post("/actions/{secret}", self.answers.serve)
        application.router.add_get("/files-pri-download/{id}/{name}", self._download)
        application.router.add_get("/files-pri/{id}/{name}", self._download)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        self.delivery.session = ClientSession()
        await self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        await self.delivery.close()
        self.delivery.sockets.cut()
        await self._runner.cleanup()
        assert self.delivery.session is not None
        await self.delivery.session.close()

    async def _listen(self) -> None:
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()
        self._port = int(self._runner.addresses[0][1])

    @property
    def here(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def api_url(self) -> str:
        return f"{self.here}/api/"

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

    def usergroup(self, handle: str, people: Sequence[Person], *, disabled: bool = False) -> Usergroup:
        found = Usergroup(self.new_id("S"), handle, handle.upper(), [one.id for one in people], disabled)
        self.usergroups[found.id] = found
        return found

    async def _api(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        call = Call(name, {}, time.monotonic())
        self.calls.append(call)
        trouble = self._troubles.take(name)
        if isinstance(trouble, Answer):
            call.error = f"HTTP {trouble.status}" if trouble.status != 200 else "ordered"
            self.refused += trouble.status == 429
            return web.Response(status=trouble.status, body=trouble.body, headers=trouble.headers)
        if trouble not in (None, Trouble.DROP_AFTER_DOING):
            call.error = trouble.name
            return await suffer(request, trouble, self._over)
        answer = await self._answer(request, name, call)
        return await suffer(request, trouble, self._over) if trouble else answer

    async def _answer(self, request: web.Request, name: str, call: Call) -> web.Response:
        try:
            method = METHODS.get(name)
            if method is None:
                raise Refused("unknown_method")
            given, token = await sent(request, method)
            call.args.update(given)
            self._check(method, token)
            if self._limits and (seconds := self._limits.ask(name, method.tier, str(given.get("channel", "")))):
                return self._limited(call, seconds)
            said = self._do(name, method, understood(name, method, given))
            return self._said({"ok": True, **copy.deepcopy(said)})
        except Refused as error:
            call.error = error.code
            return self._said({"ok": False, "error": error.code, **error.more})

    def _said(self, body: dict[str, Any]) -> web.Response:
        return web.json_response(body, headers={"X-OAuth-Scopes": ",".join(sorted(self.scopes))})

    def _limited(self, call: Call, seconds: int) -> web.Response:
        self.refused += 1
        call.error = "ratelimited"
        answer = limited(seconds)
        return web.Response(status=429, body=answer.body, headers=answer.headers)

    def _check(self, method: Method, token: str) -> None:
        if not token:
            raise Refused("not_authed")
        if token not in (self.bot_token, self.app_token):
            raise Refused("invalid_auth")
        if self._revoked:
            raise Refused("token_revoked")
        if (token == self.app_token) != method.app_token:
            raise Refused("not_allowed_token_type")
        if method.scopes and not self.scopes & set(method.scopes):
            raise missing(self.scopes, method.scopes)

    def _do(self, name: str, method: Method, args: dict[str, Any]) -> dict[str, Any]:
        if name == "apps.connections.open":
            return {
                "url": f"ws://127.0.0.1:{self._port}/link/?ticket={self.delivery.sockets.ticket()}&app_id=A0KLATSCH1"
            }
        asked = Asked(self, method, self.scopes)
        if name in views.METHODS:
            return views.METHODS[name](asked, self.views, args)
        return _DO[name](asked, args)

    async def _download(self, request: web.Request) -> web.Response:
        """Without the token a page on which to sign in, and 200, as Slack does."""
        found: File | None = self.files.get(request.match_info["id"])
        allowed = request.headers.get("Authorization") == f"Bearer {self.bot_token}" and not self._revoked
        if found is None or found.deleted:
            return web.Response(status=404)
        if not allowed or "files:read" not in self.scopes:
            return web.Response(text=LOGIN, content_type="text/html")
        return web.Response(body=found.content, content_type=found.mimetype)

    def order(self, method: str, what: What, times: int = 1) -> None:
        """What happens to the next calls of a method, or of any (`""`)."""
        self._troubles.order(method, what, times)

    def every(self, number: int, what: What, method: str = "") -> None:
        """To each so-manieth call; 0 ends it."""
        self._troubles.every(number, what, method)

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
        """Both tokens."""
        self._revoked = True

    def restore(self) -> None:
        self._revoked = False

    async def redeliver(self, event_id: str) -> Outcome:
        """The same event once more. Raises StopIteration if there is none."""
        found = next(event for event in self.events if event.id == event_id)
        return await self.delivery.tell(found, attempt=1, reason="timeout")

    async def limit_events(self) -> None:
        """The app was sent more than it may get."""
        minute = int(time.time()) // 60 * 60
        about = {"token": "not-to-be-used", "type": "app_rate_limited", "team_id": TEAM, "minute_rate_limited": minute}
        self.emit(json.loads(json.dumps({**about, "api_app_id": "A0KLATSCH1"})))
