"""Channels that the configuration names, by `#name` or by id: found, joined, and heard."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime

from adapters.chat.slack.answers import Json, part, rows, text
from adapters.chat.slack.config import as_channel
from adapters.chat.slack.web import Web, code_of
from bot.chat.document import clean
from bot.memory import Memory
from bot.ports import Rejected

log = logging.getLogger(__name__)

PAGE = 999
"""Channels in an answer; Slack takes less than 1,000 (https://docs.slack.dev/reference/methods/users.conversations)."""

PAGES = 20
"""Answers that are looked through; a workspace of more channels has to be configured by ids."""

HEARD = "heard:"
"""Under it and an id stands a channel in which reactions are heard although it is no incident's."""


class Channels:
    """Of the platform `name`. `announce` is the one for announcements; empty: there is none. Each method may raise Unavailable,
    Rejected or StoreUnavailable."""

    def __init__(self, name: str, web: Web, memory: Memory, announce: str) -> None:
        self._name = name
        self._web = web
        self._memory = memory
        self._announce = announce
        self._heard: set[str] = set()
        self._joined = False

    async def id_of(self, room: str) -> str:
        """The id of a channel by its name or id."""
        return await self._named(room) if room.startswith("#") else room

    async def enter(self, room: str) -> str:
        """The same for one that the configuration names (empty: the one for announcements), where we may write; we are in it
        afterwards, and hear what people do there. Raises Rejected, naming it."""
        room = self._configured(room)
        id_ = await self.id_of(room)
        try:
            channel = await self._open(room, id_)
        except Rejected:
            await self.lost(room)
            raise
        if not channel.get("is_member"):
            await self._join(room, id_)
        await self.hear(id_)
        return id_

    async def look(self, room: str) -> None:
        """As `enter`, and nothing is done or remembered: there may be no database yet."""
        room = self._configured(room)
        await self._open(room, await self._looked_up(room) if room.startswith("#") else room)

    async def attend(self) -> None:
        """Hear what people do in the channel for announcements, if there is one; what goes wrong is in the log."""
        if not self._announce:
            return
        try:
            id_ = await self.id_of(self._announce)
            await self.hear(id_)
        except Rejected as error:
            log.warning("what is said in %s is not heard: %s", self._announce, error.reason)
            return
        if not self._joined:
            await self._join(self._announce, id_)
            # Once: who refuses every so manieth call would let us get to no connection otherwise.
            self._joined = True

    async def hear(self, channel: str) -> None:
        """Also in our other processes."""
        await self._memory.keep({f"{HEARD}{channel}": "yes"})
        self._heard.add(channel)

    async def hears(self, channel: str) -> bool:
        if channel not in self._heard and await self._memory.recall(f"{HEARD}{channel}"):
            self._heard.add(channel)
        return channel in self._heard

    async def forget_before(self, at: datetime) -> None:
        """Those in which nothing was said for long: the configuration may name them no more."""
        await self._memory.forget_before(HEARD, at)

    async def lost(self, room: str) -> None:
        """The channel is not where it was."""
        if room.startswith("#"):
            await self._memory.forget([_key(room)])

    def unseen(self, room: str, error: Rejected) -> Rejected:
        """The same error, with the name of a channel that is not there."""
        if code_of(error) != "channel_not_found":
            return error
        return Rejected(
            f"{self._name}: {room} is no channel that the bot can see; where it is private, invite the bot to it"
        )

    def _configured(self, room: str) -> str:
        if not (room or self._announce):
            raise Rejected(
                f"{self._name}: there is no channel for announcements; name one in chat.{self._name}.announce"
            )
        try:
            return as_channel(room or self._announce)
        except ValueError as error:
            shown = " ".join(clean(room).split())[:80]
            raise Rejected(f"{self._name}: {shown} {error}") from None

    async def _open(self, room: str, id_: str) -> Json:
        """The channel, unless it is archived."""
        try:
            channel = part(await self._web.call("conversations.info", channel=id_), "channel")
        except Rejected as error:
            raise self.unseen(room, error) from error.__cause__
        if channel.get("is_archived"):
            raise Rejected(f"{self._name}: {room} is archived")
        return channel

    async def _join(self, room: str, id_: str) -> None:
        """Whoever is in a channel hears what is said there; of a private one somebody else has to make us a member."""
        try:
            await self._web.call("conversations.join", channel=id_)
        except Rejected as error:
            # A private one is seen by its members alone, so we are one.
            if code_of(error) != "method_not_supported_for_channel_type":
                log.warning("what is said in %s is not heard: %s", room, error.reason)

    async def _named(self, room: str) -> str:
        """Also of one that was renamed since."""
        if known := await self._memory.recall(_key(room)):
            return known
        found = await self._looked_up(room)
        await self._memory.keep({_key(room): found})
        return found

    async def _looked_up(self, room: str) -> str:
        """The id of the channel that is called so now."""
        async for channel in pages(self._web, "conversations.list"):
            if f"#{text(channel, 'name')}" == room:
                return text(channel, "id")
        raise Rejected(
            f"{self._name}: there is no channel {room}; where it is private, invite the bot to it, or write its id"
        )


async def pages(web: Web, method: str, **more: object) -> AsyncIterator[Json]:
    """The channels that `method` lists."""
    cursor: str | None = None
    for _ in range(PAGES):
        answer = await web.call(method, types=["public_channel", "private_channel"], limit=PAGE, cursor=cursor, **more)
        for channel in rows(answer, "channels"):
            if text(channel, "id"):
                yield channel
        cursor = text(part(answer, "response_metadata"), "next_cursor")
        if not cursor:
            return


def _key(room: str) -> str:
    return f"named:{room.removeprefix('#')}"
