"""What the app is told: events, which come again until they are acknowledged, and what people do, which comes once."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession

from tests.contract.servers.slack import hooks
from tests.contract.servers.slack.clock import Passing
from tests.contract.servers.slack.model import APP, BOT_USER, TEAM, Channel
from tests.contract.servers.slack.sockets import GONE, Outcome, Sockets
from tests.contract.servers.slack.table import EVENT_SCOPES

RETRIES = (0.0, 60.0, 300.0)
"""Seconds before each further try."""

ACK_WITHIN = 3.0
_EVERYWHERE = {
    "app_home_opened",
    "app_rate_limited",
    "app_uninstalled",
    "channel_archive",
    "channel_created",
    "channel_rename",
    "channel_unarchive",
    "link_shared",
    "subteam_members_changed",
    "tokens_revoked",
    "user_change",
}
"""Told wherever it happens; other events are of channels in which the bot is."""


@dataclass
class Event:
    id: str
    body: dict[str, Any]
    tries: list[Outcome] = field(default_factory=list)

    @property
    def event(self) -> dict[str, Any]:
        return dict(self.body.get("event", self.body))

    @property
    def acked(self) -> bool:
        return any(one.acked for one in self.tries)


class Delivery:
    """`scopes`: what was granted by now. `hurry`: the waits before another try are that many times shorter. `patience`: seconds
    in which the app must acknowledge. `request_url`: HTTP mode. `muted`: nothing is told, and not later either."""

    def __init__(
        self, scopes: Callable[[], frozenset[str]], secret: str, passing: Passing, *, hurry: float, patience: float
    ) -> None:
        self.sockets = Sockets(passing)
        self.events: list[Event] = []
        self.subscribed: set[str] = set(EVENT_SCOPES)
        self.request_url = ""
        self.session: ClientSession | None = None
        self.gone = False
        self.muted = False
        self._scopes = scopes
        self._secret = secret
        self._hurry = hurry
        self._patience = patience
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    def wanted(self, event: dict[str, Any], channel: Channel | None) -> bool:
        kind = str(event["type"])
        if kind == "message" and channel:
            kind = {"public": "message.channels", "private": "message.groups"}.get(
                channel.kind, f"message.{channel.kind}"
            )
        scopes = set(EVENT_SCOPES.get(kind, ()))
        if channel and kind.startswith("member_"):
            scopes &= {"groups:read" if channel.is_private else "channels:read"}
        if kind not in self.subscribed or (EVENT_SCOPES.get(kind) and not scopes & self._scopes()):
            return False
        return kind in _EVERYWHERE or channel is None or BOT_USER in channel.members

    def emit(self, event: dict[str, Any], channel: Channel | None) -> Event | None:
        """The event if the app hears of it."""
        if self.muted or not self.wanted(event, channel):
            return None
        number = next(self._numbers)
        found = Event(f"Ev{number:09d}F", self._body(f"Ev{number:09d}F", event, channel))
        self._start(found)
        return found

    @staticmethod
    def _body(id: str, event: dict[str, Any], channel: Channel | None) -> dict[str, Any]:
        mine = {
            "enterprise_id": None,
            "team_id": TEAM,
            "user_id": BOT_USER,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": "not-to-be-used",
            "team_id": TEAM,
            "context_team_id": TEAM,
            "context_enterprise_id": None,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": id,
            "event_time": int(time.time()),
            "authorizations": [mine],
            "is_ext_shared_channel": bool(channel and channel.shared),
            "event_context": f"4-{id}",
        }

    def emit_bare(self, body: dict[str, Any]) -> None:
        """What is no event of the workspace, but about the events themselves."""
        if body["type"] in self.subscribed:
            self._start(Event("", body))

    def _start(self, event: Event) -> None:
        self.events.append(event)
        task = asyncio.get_running_loop().create_task(self._deliver(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, event: Event) -> None:
        came = await self.tell(event)
        for number, wait in enumerate(RETRIES, 1):
            if came.acked or came.no_retry:
                return
            await asyncio.sleep(wait / self._hurry)
            came = await self.tell(event, attempt=number, reason=came.error)

    async def tell(self, event: Event, *, attempt: int = 0, reason: str = "") -> Outcome:
        came = await self.send("events_api", event.body, attempt=attempt, reason=reason)
        event.tries.append(came)
        return came

    async def send(self, kind: str, payload: dict[str, Any], *, attempt: int = 0, reason: str = "") -> Outcome:
        if self.gone:
            return Outcome(False, 0.0, error=GONE)
        if not self.request_url:
            return await self.sockets.send(kind, payload, patience=self._patience, attempt=attempt, reason=reason)
        assert self.session is not None
        patience = self._patience
        return await hooks.send(
            self.session,
            self.request_url,
            self._secret,
            kind,
            payload,
            patience=patience,
            attempt=attempt,
            reason=reason,
        )

    async def settled(self) -> None:
        """Everything that was told so far was acknowledged, or given up."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
