"""Who we are in the workspace, asked once; and whether we still are."""

from __future__ import annotations

import asyncio

from adapters.chat.slack.addressed import permalink
from adapters.chat.slack.web import Web, Who


class Standing:
    def __init__(self, web: Web) -> None:
        self._web = web
        self._who: Who | None = None
        self._asking = asyncio.Lock()

    async def who(self) -> Who:
        """Raises as `Web.call`, until Slack has answered once."""
        async with self._asking:
            if self._who is None:
                self._who = await self._web.who()
            return self._who

    async def anew(self) -> Who:
        """Asked again: scopes and tokens change. Raises as `Web.call`."""
        self._who = await self._web.who()
        return self._who

    def permalink(self, channel: str, ts: str, thread: str = "") -> str:
        """The address of a message; empty where Slack has not said yet what the workspace is called."""
        url = self._who.url if self._who else ""
        return permalink(url, channel, ts, thread) if url and ts else ""
