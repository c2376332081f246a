"""What people do in rooms, handed over: lines for the bot, reactions, and what becomes of messages.

The place up to which everything was handed over (`since`) is kept in our database after that is committed there, and what is
handed over carries the homeserver's id of its event, by which the same one is handled once. So nothing is lost by a crash of either
side, and nothing is done twice. Where there is no such place yet, at the very first start, what was said since the process began is
handed over: the past before that is none of our business.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.chat.late import OLDEST, TOO_LATE
from adapters.chat.matrix import links
from adapters.chat.matrix.addressed import Addressing
from adapters.chat.matrix.encryption.rooms import SETTINGS, Encryption
from adapters.chat.matrix.history import FILTER, missed
from adapters.chat.matrix.homeserver import Homeserver, Json
from adapters.chat.matrix.media import attached
from adapters.chat.matrix.upgrades import Upgrades
from bot.chat.document import Document, say
from bot.chat.parse import nameless
from bot.ports import Clock, Edited, Inbox, Memory, Overloaded, Reacted, Rejected, Removed, Said, Unavailable
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

Answer = Callable[[str, Document, Json | None, str, str], Awaitable[None]]

SINCE = "since"
WAITS = 30.0
"""Seconds in which the homeserver answers a sync although nothing happened."""

ANSWERED_WITHIN = 120.0
"""Seconds in which an answer is tried again; after that the room itself says what happened."""

REMEMBERED = timedelta(days=60)
"""Reactions that are taken off later than this take nothing back, and rooms that nobody named for so long are not heard."""


class Listener:
    """Hands over what is said in rooms that `listens` says yes to, from where the last one ended, or since `began`."""

    def __init__(
        self,
        name: str,
        addressing: Addressing,
        homeserver: Homeserver,
        encryption: Encryption,
        memory: Memory,
        clock: Clock,
        *,
        began: datetime,
        inbox: Inbox,
        answer: Answer,
        listens: Callable[[str], Awaitable[bool]],
        upgrades: Upgrades,
    ) -> None:
        self._name = name
        self._homeserver = homeserver
        self._encryption = encryption
        self._clock = clock
        self._began = began
        self._listens = listens
        self._memory = memory
        self._inbox = inbox
        self._answer = answer
        self._upgrades = upgrades
        self._addressing = addressing
        self._answers: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled. Raises Unavailable, Rejected, StoreUnavailable or Overloaded; whoever begins again begins where
        this ended."""
        since = await self._memory.recall(SINCE)
        await self._memory.forget_before("reaction:", self._clock.now() - REMEMBERED)
        try:
            while True:
                since = await self._look(since)
        finally:
            self._encryption.deaf()
            for task in self._answers:
                task.cancel()
            await asyncio.gather(*self._answers, return_exceptions=True)

    async def _look(self, since: str | None) -> str:
        query = {"filter": FILTER}
        if since:
            query |= {"since": since, "timeout": str(int(WAITS * 1000))}
        found = await self._homeserver.get("sync", query=query, seconds=WAITS + 15)
        upto = str(found["next_batch"])
        await self._encryption.heard(found)
        for room, event in self._encryption.late():
            await self._room(room, {"timeline": {"events": [event]}}, upto)
            self._encryption.settled(event)
        rooms = found.get("rooms", {})
        if rooms.get("join"):
            # A room waits for no other one; in a room everything has its order.
            await asyncio.gather(*(self._room(room, held, since) for room, held in rooms["join"].items()))
        for room in rooms.get("invite", {}):
            await self._moved(self._upgrades.invited(room))
        await self._memory.keep({SINCE: upto})
        return upto

    async def _room(self, room: str, held: Json, since: str | None) -> None:
        timeline = held.get("timeline", {})
        events: Sequence[Json] = timeline.get("events", [])
        if since is None:
            events = [event for event in events if _at(event) >= self._began]
        limited = since is not None and timeline.get("limited")
        if not (events or limited) or not await self._listens(room):
            return
        if since is not None and limited:
            before = str(timeline.get("prev_batch", ""))
            events = [*await missed(self._homeserver, room, before, since), *events]
        for event in events:
            await self._event(room, event)

    async def _moved(self, following: Awaitable[object]) -> None:
        try:
            await following
        except Rejected as error:
            log.warning("%s: %s", self._name, error.reason)

    async def _event(self, room: str, event: Json) -> None:
        if event.get("type") == "m.room.tombstone":
            return await self._moved(self._upgrades.follow(room))
        if event.get("sender") == self._addressing.us or not isinstance(event.get("content"), dict):
            return None
        try:
            event = await self._encryption.opened(room, event, wait=True)
            match event.get("type"):
                case "m.room.message":
                    await self._message(room, event)
                case "m.reaction":
                    await self._reaction(room, event)
                case "m.room.redaction":
                    await self._redaction(room, event)
                case "m.room.member" if event["content"].get("membership") == "join":
                    await self._encryption.welcome(room)
                case kind if kind in SETTINGS:
                    self._encryption.changed(room)
        except (Unavailable, StoreUnavailable, Overloaded):
            # It comes again: what is not kept as seen was not seen.
            raise
        except Rejected as error:
            log.info("%s: an event in %s meant nothing: %s", self._name, room, error.reason)
        except (KeyError, TypeError, ValueError, AttributeError):
            log.info("%s: an event in %s is not of its form", self._name, room)

    async def _message(self, room: str, event: Json) -> None:
        content = event["content"]
        if edited := self._addressing.edited(content):
            await self._edit(room, event, edited)
            return
        line = self._addressing.line(content)
        if line is None:
            to = self._addressing.replied_to(content)
            if to is None or not await self._is_card(room, to):
                return
            line = self._addressing.reply_line(content)
        id_, at = str(event["event_id"]), _at(event)
        if self._clock.now() - at > OLDEST:
            self._later(self._reply(room, say(TOO_LATE, "refused"), content, id_))
            return
        known, by, link = await self._upgrades.first(room), str(event["sender"]), self._link(room, id_)
        said = Said(self._name, known, by, line, message=id_, at=at, confined=True, link=link, stands=True)
        answer = await self._inbox.said(said)
        # A reply would go on naming its author when the line itself is removed.
        self._later(self._reply(room, answer, None if nameless(line) else content, id_))

    async def _edit(self, room: str, event: Json, message: str) -> None:
        first = await self._homeserver.get("rooms", room, "event", message)
        if first.get("sender") != event["sender"]:
            # Clients show nothing of it either (https://spec.matrix.org/latest/client-server-api/#validity-of-replacement-events).
            return
        await self._inbox.edited(
            Edited(
                self._name,
                await self._upgrades.first(room),
                str(event["sender"]),
                message,
                self._addressing.text({"content": event["content"]["m.new_content"]}),
                at=_at(event),
                event=str(event["event_id"]),
            )
        )

    def _later(self, answering: Any) -> None:
        """The homeserver may let us wait for minutes before an answer; the next line is done meanwhile."""
        task = asyncio.create_task(answering)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _reply(self, room: str, document: Document, content: Json | None, to: str, *, key: str = "") -> None:
        """To the message `to`, whose `content` says in which thread it is. `key` is what is answered, if that is not it."""
        end = asyncio.get_running_loop().time() + ANSWERED_WITHIN
        while True:
            try:
                return await self._answer(room, document, content, to, key or to)
            except Rejected as error:
                return log.warning("%s: no answer in %s: %s", self._name, room, error.reason)
            except Unavailable as error:
                wait = error.retry_after.total_seconds() if error.retry_after else 2.0
                if asyncio.get_running_loop().time() + wait > end:
                    return log.warning("%s: no answer in %s: %s", self._name, room, error.reason)
            await asyncio.sleep(max(wait, 0.1))

    async def _is_card(self, room: str, message: str) -> bool:
        """Whether it is pinned, and said by us: where incidents are announced people pin what they like."""
        held = await self._homeserver.state(room, "m.room.pinned_events") or {}
        if message not in held.get("pinned", []):
            return False
        found = await self._homeserver.get("rooms", room, "event", message)
        return bool(found.get("sender") == self._addressing.us)

    async def _reaction(self, room: str, event: Json) -> None:
        if (reacted := self._addressing.reacted_to(event["content"])) is None:
            return
        emoji, message = reacted
        on = await self._encryption.opened(room, await self._homeserver.get("rooms", room, "event", message))
        if on.get("type") != "m.room.message":
            return
        id_ = str(event["event_id"])
        # Before it is handed over: whoever takes it off later must find it. Whose it was the homeserver knows.
        held = {"emoji": emoji, "message": message}
        await self._memory.keep({f"reaction:{id_}": json.dumps(held)})
        answer = await self._inbox.reacted(
            Reacted(
                self._name,
                await self._upgrades.first(room),
                str(event["sender"]),
                emoji,
                await self._upgrades.stood_for(room, message),
                text=self._addressing.text(on),
                author=str(on.get("sender", "")),
                at=_at(on),
                event=id_,
                files=attached(self._addressing.newest(on)),
                link=self._link(room, message),
            )
        )
        if answer:
            self._later(self._reply(room, answer, in_its_thread(on["content"], message), message, key=id_))

    async def _redaction(self, room: str, event: Json) -> None:
        # Its place depends on the room's version (https://spec.matrix.org/latest/rooms/v11/#redactions).
        gone = event["content"].get("redacts") or event.get("redacts")
        kept = await self._memory.recall(f"reaction:{gone}")
        if kept is None:
            by, id_ = str(event["sender"]), str(event["event_id"])
            known, meant = await self._upgrades.first(room), await self._upgrades.stood_for(room, str(gone))
            await self._inbox.removed(Removed(self._name, known, by, meant, at=_at(event), event=id_))
            return
        held: Mapping[str, str] = json.loads(kept)
        # Who took it off may be a moderator. What is redacted keeps its sender
        # (https://spec.matrix.org/latest/rooms/v11/#redactions).
        reaction = await self._homeserver.get("rooms", room, "event", str(gone))
        await self._inbox.reacted(
            Reacted(
                self._name,
                await self._upgrades.first(room),
                str(reaction["sender"]),
                held["emoji"],
                await self._upgrades.stood_for(room, held["message"]),
                text="",
                added=False,
                event=str(event["event_id"]),
                link=self._link(room, held["message"]),
            )
        )

    def _link(self, room: str, message: str) -> str:
        return links.message(room, message, self._addressing.us.partition(":")[2])


def in_its_thread(content: Json, message: str) -> Json:
    """Where an answer to `message` stands: in the thread that it is in, or else in one of its own."""
    relation = content.get("m.relates_to")
    if isinstance(relation, dict) and relation.get("rel_type") == "m.thread":
        return content
    return {"m.relates_to": {"rel_type": "m.thread", "event_id": message}}


def _at(event: Json) -> datetime:
    """When the homeserver says it happened; people's own clocks are not asked."""
    return datetime.fromtimestamp(min(max(int(event.get("origin_server_ts", 0)), 0), 4_000_000_000_000) / 1000, UTC)
