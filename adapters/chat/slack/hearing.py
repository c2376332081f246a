"""The app that Slack talks to: each envelope is taken, kept or done, and only then acknowledged, within three seconds.

Bolt checks signatures, drops what we did ourselves, and dispatches; in Socket Mode and over HTTP it is the same app.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from adapters.chat.slack.addressed import unescape
from adapters.chat.slack.config import Config
from adapters.chat.slack.doing import Doing
from adapters.chat.slack.events import LONGEST, Event, event_of
from adapters.chat.slack.kept import KeptEvents
from adapters.chat.slack.standing import Standing
from bot.chat.document import say
from bot.ports import Clock, Memory, Overloaded
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

Ack = Callable[..., Awaitable[Any]]

DONE_WITHIN = 2.0
"""Seconds in which a line is mostly done; then it is kept instead, and Slack hears of it. It waits for 3 s in all
(https://docs.slack.dev/interactivity/implementing-slash-commands/#responding_to_commands)."""

TAKEN = "Taken. It takes longer than usual; the answer comes here."


class Hearing:
    """`app` is for Socket Mode, `posted` for HTTP."""

    def __init__(
        self, config: Config, command: str, standing: Standing, doing: Doing, memory: Memory, clock: Clock
    ) -> None:
        self._standing = standing
        self._command = command
        self._doing = doing
        self._clock = clock
        self._events = KeptEvents(memory, clock, doing.do)
        quiet = logging.getLogger(f"{__name__}.bolt")
        # It warns of each envelope that means nothing to us.
        quiet.setLevel(logging.ERROR)
        self.app = AsyncApp(
            name="klatsch",
            logger=quiet,
            # It asks nothing by itself: what is asked, we ask.
            client=AsyncWebClient(base_url=config.api_url, retry_handlers=[]),
            authorize=self._authorize,
            signing_secret=config.signing_secret.get_secret_value() or "none",
            request_verification_enabled=config.mode == "http",
        )
        self._handler = AsyncSlackRequestHandler(self.app)
        self._listen_to()

    async def posted(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._handler.handle(Request(scope, receive))
        await response(scope, receive, send)

    async def catch_up(self) -> None:
        """Raises StoreUnavailable."""
        await self._doing.begin()
        await self._events.catch_up()

    async def aclose(self) -> None:
        await self._events.aclose()
        await self._doing.aclose()

    def _listen_to(self) -> None:
        everything = re.compile(r".*", re.DOTALL)
        for word in dict.fromkeys((self._command, "incident", "inc")):
            self.app.command(f"/{word}")(self._slash)
        # Kept before it is acknowledged: Bolt acknowledges an event before its listener runs, and after this.
        self.app.event(everything, middleware=[self._kept])(_done)

    async def _authorize(self, **_: object) -> AuthorizeResult:
        who = await self._standing.who()
        return AuthorizeResult(
            enterprise_id=None, team_id=who.team, bot_user_id=who.user, bot_id=who.bot, bot_token="xoxb-ours"
        )

    async def _kept(self, body: dict[str, Any], next: Callable[[], Awaitable[Any]]) -> None:
        event = event_of(body, (await self._standing.who()).user, self._command)
        if event is not None:
            await self._events.take(event)
        await next()

    async def _slash(self, body: dict[str, Any], ack: Ack) -> None:
        event = Event(
            "line",
            str(body.get("trigger_id", "")),
            str(body.get("channel_id", "")),
            str(body.get("user_id", "")),
            "",
            self._clock.now().timestamp(),
            text=unescape(str(body.get("text", "")))[:LONGEST],
            answer=str(body.get("response_url", "")),
        )
        doing = asyncio.create_task(self._doing.said(event))
        done, _ = await asyncio.wait([doing], timeout=DONE_WITHIN)
        if done:
            await ack(await self._doing.shown(event, doing.result()))
            return
        try:
            # It is done once all the same; what is left is to answer.
            await self._events.take(event)
        except (StoreUnavailable, Overloaded):
            # Not acknowledged, so Slack says that it failed; what came of it is said behind that.
            self._doing.later(event, await doing)
            return
        await ack(await self._doing.shown(event, say(TAKEN)))


async def _done() -> None:
    """Acknowledged."""
