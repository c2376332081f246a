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
from dataclasses import asdict, dataclass, replace

from adapters.chat.slack.answers import part, text
from adapters.chat.slack.channels import pages
from adapters.chat.slack.names import channel_name, purpose
from adapters.chat.slack.names import topic as as_topic
from adapters.chat.slack.web import Web, code_of
from bot.memory import Memory
from bot.ports import DeliveryError, Rejected

log = logging.getLogger(__name__)

CREATE = "conversations.create"

SHOWN = 6
"""Letters of the installation that are seen: INC-7 of another database is another incident."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is remembered of a channel that we made: what Slack was told of it need not be told again."""

    id: str
    mark: str
    private: bool
    topic: str = ""
    purpose: str = ""
    groups: bool = False


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The room that is looked for. `seal` stands in its purpose; `us` is our user; `again`: we may have begun it before."""

    mark: str
    seal: str
    us: str
    private: bool
    again: bool


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
                wanted = _Wanted(mark, seal, us, private, again)
                kept = await self._found(wanted) if again else None
                kept = kept or await self._made(wanted, name, installation[-SHOWN:])
                await self.keep(kept)
            if not kept.purpose:
                said = purpose(f"War room of {mark.upper()}. What is typed here to the bot is about it. [{seal}]")
                await self._web.call("conversations.setPurpose", channel=kept.id, purpose=said)
                kept = replace(kept, purpose=said)
                await self.keep(kept)
            # Everybody reads what stands above a channel that was public before its incident became private.
            readable = private and not kept.private
            return kept if kept.topic or readable else await self.set_topic(kept.id, topic)

    async def of(self, channel: str) -> Kept | None:
        """What is remembered of a channel; None: it is none of ours. Raises StoreUnavailable."""
        if channel not in self._known:
            kept = await self._now(channel)
            if kept is None:
                return None
            self._known[channel] = kept
        return self._known[channel]

    async def _now(self, channel: str) -> Kept | None:
        """The same, also where another process has changed it."""
        mark = await self._memory.recall(f"channel:{channel}")
        kept = await self._remembered(mark) if mark else None
        return kept if kept and kept.id == channel else None

    async def keep(self, kept: Kept) -> None:
        """Raises StoreUnavailable."""
        await self._memory.keep({f"room:{kept.mark}": json.dumps(asdict(kept)), f"channel:{kept.id}": kept.mark})
        self._known[kept.id] = kept

    async def set_topic(self, channel: str, topic: str) -> Kept:
        """Say it, unless it was the last that we said. Raises Unavailable or Rejected."""
        wanted = as_topic(topic)
        kept = await self._now(channel) or Kept(channel, "", private=False)
        if kept.topic != wanted:
            await self._web.call("conversations.setTopic", channel=channel, topic=wanted)
            kept = replace(kept, topic=wanted)
            if kept.mark:
                await self.keep(kept)
        return kept

    async def _remembered(self, mark: str) -> Kept | None:
        held = await self._memory.recall(f"room:{mark}")
        return Kept(**json.loads(held)) if held else None

    async def _made(self, wanted: _Wanted, name: str, short: str) -> Kept:
        for suffix in ("", short, f"{short}-2", f"{short}-3"):
            called = channel_name(name, suffix)
            self._web.check(CREATE)
            try:
                answer = await self._web.call(CREATE, name=called, is_private=wanted.private)
            except Rejected as error:
                if code_of(error) != "name_taken":
                    raise
                # It may be ours: we made it, and did not hear that we had.
                if found := await self._found(wanted):
                    return found
                log.info("%s: the name %s is taken by another channel", self._name, called)
                continue
            made = part(answer, "channel")
            if not (id_ := text(made, "id")):
                raise self._web.without("conversations.create", "a channel")
            if wanted.private and not made.get("is_private"):
                await self._close(id_)
                raise Rejected(
                    f"{self._name}: Slack made a channel that everybody reads where a private one was asked for"
                )
            return Kept(id_, wanted.mark, private=bool(made.get("is_private")))
        raise Rejected(f"{self._name}: {channel_name(name)} and the next names are taken by channels that are not ours")

    async def _close(self, channel: str) -> None:
        """Nobody is to write there what is private."""
        try:
            await self._web.call("conversations.archive", channel=channel)
        except DeliveryError as error:
            log.warning("%s: %s is open, and nothing is in it: %s", self._name, channel, error.reason)

    async def _found(self, wanted: _Wanted) -> Kept | None:
        """Among the channels that we are in: one that says it is it, else one of our making that says nothing yet."""
        half: Kept | None = None
        mark = re.compile(rf"(?:^|[-_]){re.escape(wanted.mark)}(?:[-_]|$)")
        async for channel in pages(self._web, "users.conversations", exclude_archived=True):
            if text(channel, "creator") != wanted.us:
                continue
            said, private = text(part(channel, "purpose"), "value"), bool(channel.get("is_private"))
            kept = Kept(text(channel, "id"), wanted.mark, private=private, purpose=said)
            if f"[{wanted.seal}]" in said:
                return kept
            # Only what we may have begun; and what is private begins in no channel that everybody reads.
            fits = wanted.again and (private or not wanted.private)
            if fits and not said and mark.search(text(channel, "name")):
                half = kept
        return half
