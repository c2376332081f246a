"""What watches over life in both directions, put together: whether expected alerts come, and that we live. Nothing else
depends on it: it ends with the bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

from adapters.heartbeat import build
from adapters.http import Http
from adapters.web.metrics import Metrics
from bot.config import Config
from bot.health.alive import Alive, Pulse, Work
from bot.health.ready import Readiness
from bot.heartbeats import Heartbeats
from bot.inbox import Writer
from bot.lookups import Lookups
from storage.engine import Database
from storage.settings import try_to_write


class Vital:
    """`ready` knows whether we can work; `/readyz` asks it too."""

    def __init__(
        self, config: Config, writer: Writer, pulse: Pulse, http: Http, lookups: Lookups, database: Database
    ) -> None:
        self.ready = Readiness(lambda: lookups.open_incidents(1), lambda: try_to_write(database), writer.writes)
        self._lookups = lookups
        self._writer = writer
        expects = any(route.heartbeat for route in config.routes)
        self._heartbeats = Heartbeats(writer.submit, config.alerts, expects=expects)
        self._alive: Alive | None = None
        if (wanted := config.http.heartbeat) is not None:
            token = wanted.token.get_secret_value() if wanted.token else ""
            send = build(wanted.url.get_secret_value(), wanted.method, token, http)
            self._alive = Alive(send, Work(self.ready.problems, writer, pulse).problems, wanted.every)

    @property
    def troubles(self) -> list[str]:
        """What a person should look at, a sentence each."""
        return [*self._heartbeats.troubles, *(self._alive.troubles if self._alive else ())]

    @property
    def taken(self) -> bool | None:
        """Whether our last sign of life was taken; None: none is wanted."""
        return self._alive.taken if self._alive else None

    def metrics(self, now: Callable[[], datetime], heard: Callable[[], Mapping[str, bool]]) -> Metrics:
        """Numbers about the bot; `heard` says which chat platforms are."""
        return Metrics(self._lookups.waiting, lambda: self._writer.waiting, now, heard, lambda: self.taken)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Inside of it everything is watched."""
        tasks = [asyncio.create_task(self._heartbeats.run(), name="heartbeats")]
        if self._alive is not None:
            tasks.append(asyncio.create_task(self._alive.run(), name="sign of life"))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
