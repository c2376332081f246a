"""What is only looked at: the App Home, and what stands behind a link. Nothing is kept of it, and a crash loses a look."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from adapters.chat.slack import render
from adapters.chat.slack.events import Json
from adapters.chat.slack.home import LISTED, home
from adapters.chat.slack.web import Web
from bot.chat.document import Document
from bot.ports import DeliveryError, Inbox, Said

log = logging.getLogger(__name__)

LINKS = 5
"""Links of a message that are looked at."""

MOST = 50
"""Looks at the same time; who comes then sees what was there before."""

_INCIDENT = re.compile(r"(?:^|[/#?=&])(INC-[0-9]{1,9})(?:$|[/#?&.])", re.IGNORECASE)


class Showing:
    """For the platform `name`; `refused` says why somebody may not look, `handles` are the users of `people:`, `command` is the word
    behind the slash."""

    def __init__(
        self,
        name: str,
        web: Web,
        inbox: Inbox,
        refused: Callable[[str], Awaitable[Document | None]],
        *,
        handles: Mapping[str, str],
        command: str,
    ) -> None:
        self._name = name
        self._refused = refused
        self._web = web
        self._inbox = inbox
        self._handles = handles
        self._command = command
        self._looks: set[asyncio.Task[None]] = set()

    def show(self, body: Json) -> None:
        """What the event in an envelope asks to be shown, in the background."""
        event: Json = body.get("event") or {}
        kind = event.get("type")
        # What is in a channel that is shared with another organisation is read there, too.
        abroad = kind == "link_shared" and body.get("is_ext_shared_channel")
        if len(self._looks) >= MOST or kind not in ("app_home_opened", "link_shared") or abroad:
            return
        task = asyncio.create_task(self._shown(self._home(event) if kind == "app_home_opened" else self._links(event)))
        self._looks.add(task)
        task.add_done_callback(self._looks.discard)

    async def aclose(self) -> None:
        for task in self._looks:
            task.cancel()
        await asyncio.gather(*self._looks, return_exceptions=True)

    async def _shown(self, showing: Any) -> None:
        try:
            await showing
        except DeliveryError as error:
            log.info("%s: something could not be shown: %s", self._name, error.reason)
        except Exception:
            log.exception("a bug while something was to be shown")

    async def _home(self, event: Json) -> None:
        user = str(event.get("user", ""))
        if event.get("tab", "home") != "home" or not user:
            return
        listed = await self._refused(user) or await self._answer("", user, "list")
        blocks = render.view_blocks(listed, self._handles, f"/{self._command}", LISTED)
        await self._web.call("views.publish", user_id=user, view=home(blocks, self._command))

    async def _links(self, event: Json) -> None:
        """How the incident stands that a link leads to, for those in the channel: of a private one they see it in its room."""
        channel, user = str(event.get("channel", "")), str(event.get("user", ""))
        links = event.get("links")
        if await self._refused(user) is not None:
            return
        shown: dict[str, Any] = {}
        for link in links[:LINKS] if isinstance(links, list) else []:
            url = str(link.get("url", "")) if isinstance(link, dict) else ""
            found = _INCIDENT.search(url)
            answer = await self._answer(channel, user, f"status {found[1].upper()}") if found else None
            if answer is not None and answer.tone != "refused":
                content = render.message(answer, self._handles, f"/{self._command}")
                shown[url] = {"blocks": [block for block in content["blocks"] if block["type"] != "actions"]}
        if not shown:
            return
        if event.get("source") == "composer":
            # Somebody is still writing it.
            where = {"unfurl_id": event.get("unfurl_id"), "source": "composer"}
        else:
            where = {"channel": channel, "ts": event.get("message_ts")}
        await self._web.call("chat.unfurl", unfurls=shown, **where)

    async def _answer(self, channel: str, user: str, line: str) -> Document:
        return await self._inbox.said(Said(self._name, channel, user, line))
