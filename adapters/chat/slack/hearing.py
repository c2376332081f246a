"""The app that Slack talks to: each envelope is taken, kept or done, and only then acknowledged, within three seconds.

Bolt checks signatures, drops what we did ourselves, and dispatches; in Socket Mode and over HTTP it is the same app.
"""

from __future__ import annotations

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

from adapters.chat.slack.config import Config
from adapters.chat.slack.doing import Doing
from adapters.chat.slack.events import event_of
from adapters.chat.slack.interacting import Interactions
from adapters.chat.slack.kept import LEFT, KeptEvents
from adapters.chat.slack.manifest import ALIAS
from adapters.chat.slack.showing import Showing
from adapters.chat.slack.standing import Standing
from bot.chat.parse import nameless

EVERYTHING = re.compile(r".*", re.DOTALL)


class Hearing:
    """`app` is for Socket Mode, `posted` for HTTP; `command` is the word behind the slash."""

    def __init__(
        self,
        config: Config,
        command: str,
        standing: Standing,
        doing: Doing,
        events: KeptEvents,
        interactions: Interactions,
        showing: Showing,
    ) -> None:
        self._command = command
        self._standing = standing
        self._doing = doing
        self._events = events
        self._showing = showing
        self.app = _bolt(config, standing)
        self._handler = AsyncSlackRequestHandler(self.app)
        for word in dict.fromkeys((command, ALIAS)):
            self.app.command(f"/{word}")(interactions.slash)
        self.app.action(EVERYTHING)(interactions.pressed)
        self.app.shortcut(EVERYTHING)(interactions.shortcut)
        self.app.view(EVERYTHING)(interactions.submitted)
        # Kept before it is acknowledged: Bolt acknowledges an event when its middleware is through.
        self.app.event(EVERYTHING, middleware=[self._kept])(self._shown)

    async def posted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI app: what Slack posts."""
        response = await self._handler.handle(Request(scope, receive))
        await response(scope, receive, send)

    async def catch_up(self) -> None:
        """Raises StoreUnavailable."""
        await self._doing.begin()
        await self._events.catch_up()

    async def catch_up_others(self) -> None:
        """With what another process took over HTTP and left. Raises StoreUnavailable."""
        await self._events.catch_up(LEFT)

    async def aclose(self) -> None:
        await self._events.aclose()
        await self._doing.aclose()
        await self._showing.aclose()

    async def _kept(self, body: dict[str, Any], next: Callable[[], Awaitable[Any]]) -> None:
        event = event_of(body, (await self._standing.who()).user, self._command)
        if event is not None and event.kind == "line" and nameless(event.text):
            await self._doing.at_once(event)
        elif event is not None:
            await self._events.take(event)
        await next()

    async def _shown(self, body: dict[str, Any]) -> None:
        self._showing.show(body)


def _bolt(config: Config, standing: Standing) -> AsyncApp:
    async def authorize() -> AuthorizeResult:
        who = await standing.who()
        # What is asked of Slack we ask by ourselves, so Bolt needs no token.
        return AuthorizeResult(
            enterprise_id=None, team_id=who.team, bot_user_id=who.user, bot_id=who.bot, bot_token=None
        )

    quiet = logging.getLogger(f"{__name__}.bolt")
    # It warns of each envelope that means nothing to us.
    quiet.setLevel(logging.ERROR)
    return AsyncApp(
        name="klatsch",
        logger=quiet,
        client=AsyncWebClient(base_url=config.api_url, retry_handlers=[]),
        authorize=authorize,
        signing_secret=config.signing_secret.get_secret_value(),
        request_verification_enabled=config.mode == "http",
        # Bolt takes the deletion of a message of ours for something that we did ourselves.
        ignoring_self_events_enabled=False,
    )
