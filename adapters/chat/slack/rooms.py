"""Incident rooms: found by their mark, else made.

A channel has no field of ours, so its mark stands in its purpose, and what we made is remembered. Between the two a crash leaves a
channel of our making without a purpose, which is taken for the one that it was to be. A name may be taken, by somebody else's
channel or by an archived one of ours; then ours has another name.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace

from adapters.chat.slack.names import channel_name, purpose
from adapters.chat.slack.names import topic as as_topic
from adapters.chat.slack.web import Json, Web, code_of
from bot.ports import Memory, Rejected

log = logging.getLogger(__name__)

CREATE = "conversations.create"

SHOWN = 6
"""Letters of the installation that are seen: INC-7 of another database is another incident."""

PAGE = 999
"""Channels in an answer; Slack takes less than 1,000 (https://docs.slack.dev/reference/methods/users.conversations)."""

PAGES = 20
"""Answers that are looked through; a workspace of more channels has to be configured by ids."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is remembered of a channel that we made: what Slack was told of it need not be told again."""

    id: str
    mark: str
    private: bool
    topic: str = ""
    purpose: str = ""
    groups: bool = False


class Rooms:
    """The rooms that this database knows."""

    def __init__(self, name: str, web: Web, memory: Memory) -> None:
        self._name = name
        self._web = web
        self._memory = memory
        self._opening: dict[str, asyncio.Lock] = {}
        self._known: dict[str, Kept] = {}
        # The last try at which it was certain that nothing had been made, and nothing was asked for.
        self._waits: dict[str, int] = {}

    async def open(
        self, mark: str, name: str, topic: str, *, private: bool, installation: str, us: str, tried: int
    ) -> Kept:
        """The channel that carries `mark`, else a new one. `tried` counts from 1: at a later try it may be there although we do
        not remember it. `us` is our user. Raises Unavailable or Rejected."""
        async with self._opening.setdefault(mark, asyncio.Lock()):
            seal = f"klatsch {mark} {installation[-SHOWN:]}"
            kept = await self._remembered(mark)
            if kept is None:
                again = tried > 1 and self._waits.get(mark) != tried - 1
                if not again:
                    self._waits[mark] = tried
                self._web.check(CREATE)
                self._waits.pop(mark, None)
                kept = await self._found(mark, seal, us) if again else None
                kept = kept or await self._made(mark, name, seal, private=private, us=us, short=installation[-SHOWN:])
                await self.keep(kept)
            if not kept.purpose:
                said = purpose(f"War room of {mark.upper()}. What is typed here to the bot is about it. [{seal}]")
                await self._web.call("conversations.setPurpose", channel=kept.id, purpose=said)
                kept = replace(kept, purpose=said)
                await self.keep(kept)
            return kept if kept.topic else await self.set_topic(kept.id, topic)

    async def of(self, channel: str) -> Kept | None:
        """What is remembered of a channel; None: it is none of ours. Raises StoreUnavailable."""
        if channel not in self._known:
            mark = await self._memory.recall(f"channel:{channel}")
            kept = await self._remembered(mark) if mark else None
            if kept is None or kept.id != channel:
                return None
            self._known[channel] = kept
        return self._known[channel]

    async def keep(self, kept: Kept) -> None:
        """Raises StoreUnavailable."""
        await self._memory.keep({f"room:{kept.mark}": json.dumps(asdict(kept)), f"channel:{kept.id}": kept.mark})
        self._known[kept.id] = kept

    async def set_topic(self, channel: str, topic: str) -> Kept:
        """Say it, unless it was the last that we said. Raises Unavailable or Rejected."""
        wanted = as_topic(topic)
        kept = await self.of(channel) or Kept(channel, "", private=False)
        if kept.topic != wanted:
            await self._web.call("conversations.setTopic", channel=channel, topic=wanted)
            kept = replace(kept, topic=wanted)
            if kept.mark:
                await self.keep(kept)
        return kept

    async def named(self, name: str) -> str:
        """The id of the channel `#name`. Raises Rejected when there is none that we may see."""
        wanted = name.removeprefix("#")
        if known := await self._memory.recall(f"named:{wanted}"):
            return known
        async for channel in self._pages("conversations.list"):
            if channel.get("name") == wanted:
                await self._memory.keep({f"named:{wanted}": str(channel["id"])})
                return str(channel["id"])
        raise Rejected(
            f"{self._name}: there is no channel #{wanted}; where it is private, invite the bot to it, or write its id"
        )

    async def lost(self, name: str) -> None:
        """The channel `#name` is not where it was."""
        await self._memory.forget([f"named:{name.removeprefix('#')}"])

    async def _remembered(self, mark: str) -> Kept | None:
        held = await self._memory.recall(f"room:{mark}")
        return Kept(**json.loads(held)) if held else None

    async def _made(self, mark: str, name: str, seal: str, *, private: bool, us: str, short: str) -> Kept:
        for suffix in ("", short, f"{short}-2", f"{short}-3"):
            wanted = channel_name(name, suffix)
            self._web.check(CREATE)
            try:
                made = (await self._web.call(CREATE, name=wanted, is_private=private))["channel"]
            except Rejected as error:
                if code_of(error) != "name_taken":
                    raise
                # It may be ours: we made it, and did not hear that we had.
                if found := await self._found(mark, seal, us):
                    return found
                log.info("%s: the name %s is taken by another channel", self._name, wanted)
                continue
            if private and not made.get("is_private"):
                raise Rejected(
                    f"{self._name}: Slack made a channel that everybody reads where a private one was asked for"
                )
            return Kept(str(made["id"]), mark, private=bool(made.get("is_private")))
        raise Rejected(f"{self._name}: {channel_name(name)} and the next names are taken by channels that are not ours")

    async def _found(self, mark: str, seal: str, us: str) -> Kept | None:
        """Among the channels that we are in: one that says it is it, else one of our making that says nothing yet."""
        half: Kept | None = None
        part = re.compile(rf"(?:^|[-_]){re.escape(mark)}(?:[-_]|$)")
        async for channel in self._pages("users.conversations", exclude_archived=True):
            said = str((channel.get("purpose") or {}).get("value", ""))
            kept = Kept(str(channel["id"]), mark, private=bool(channel.get("is_private")), purpose=said)
            if channel.get("creator") != us:
                continue
            if f"[{seal}]" in said:
                return kept
            if not said and part.search(str(channel.get("name", ""))):
                half = kept
        return half

    async def _pages(self, method: str, **more: object) -> AsyncIterator[Json]:
        cursor: str | None = None
        for _ in range(PAGES):
            answer = await self._web.call(
                method, types=["public_channel", "private_channel"], limit=PAGE, cursor=cursor, **more
            )
            for channel in answer.get("channels") or []:
                yield channel
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
