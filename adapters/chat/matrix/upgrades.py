"""Rooms that were upgraded: another room goes on in their place, and everybody else goes on calling it by its first id.

A homeserver upgrades a room by making a new one and closing the old one with a tombstone
(https://spec.matrix.org/latest/client-server-api/#room-upgrades). For the bot it stays the same room: what is asked for in the old one is
done in the new one, and what is said in the new one is handed over as said in the old one. Its messages stay behind; those
that are pinned, or are to be edited, are posted again.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from adapters.chat.matrix.homeserver import Homeserver, Json, code_of
from adapters.chat.matrix.rooms import OURS
from bot.ports import Memory, Rejected

log = logging.getLogger(__name__)

Opened = Callable[[str, Json], Awaitable[Json]]
"""(room, event) -> the event as it is when it is not encrypted."""

Send = Callable[[str, str, Callable[[int], Json]], Awaitable[str]]
"""(room, key, content for so many bytes) -> the message's id; the same key posts once."""

HOPS = 50
"""Upgrades of one room that are followed. A room is upgraded every few years; two that name each other are a trap."""

BROUGHT = 200
"""People who are invited again into the new room. Homeservers limit invitations, and incidents have fewer."""


class Upgrades:
    """What became of rooms, for as long as our database lives; any process of ours may follow, several at the same time."""

    def __init__(self, homeserver: Homeserver, memory: Memory, us: str, opened: Opened, send: Send) -> None:
        self._homeserver = homeserver
        self._memory = memory
        self._us = us
        self._opened = opened
        self._send = send
        self._firsts: dict[str, str] = {}

    async def now(self, room: str) -> str:
        """The id of the room that goes on in place of `room`; mostly its own."""
        for _ in range(HOPS):
            after = await self._memory.recall(f"moved:{room}")
            if after is None:
                break
            room = after
        return room

    async def first(self, room: str) -> str:
        """The id that the room had in which `room` began; mostly its own."""
        if room not in self._firsts:
            self._firsts[room] = await self._memory.recall(f"was:{room}") or room
        return self._firsts[room]

    async def follow(self, room: str) -> bool:
        """Go where `room` went; False: it went nowhere. It may be done again. Raises Unavailable, or Rejected when we are not let in or
        must not go."""
        tombstone = await self._homeserver.state(room, "m.room.tombstone")
        after = str((tombstone or {}).get("replacement_room", ""))
        if not after.startswith("!"):
            return False
        await self._join(room, after)
        try:
            await self._check(room, after)
        except Rejected:
            await self._homeserver.post("rooms", after, "leave", body={})
            raise
        first = await self.first(room)
        # Heard under its first name from the first moment; only then is anything sent there.
        await self._memory.keep({f"was:{after}": first})
        self._firsts[after] = first
        await self._furnish(room, after)
        await self._memory.keep({f"moved:{room}": after})
        await self._memory.forget([f"awaited:{after}"])
        log.info("%s was upgraded, and goes on as %s", room, after)
        return True

    async def invited(self, room: str) -> None:
        """We were invited into `room`: if one of ours goes on there, we go. Who upgrades a room invites after it is closed."""
        if before := await self._memory.recall(f"awaited:{room}"):
            await self.follow(before)

    async def carried(self, room: str, message: str) -> str:
        """The message of `room` that stands for `message`, perhaps itself; empty: that stayed behind."""
        if await self.first(room) == room:
            return message
        for _ in range(HOPS):
            after = await self._memory.recall(f"carried:{message}")
            if after is None:
                break
            message = after
        return message if await self._event(room, message) else ""

    async def carry(self, message: str, to: str) -> None:
        """`to` stands for `message` from now on."""
        await self._memory.keep({f"carried:{message}": to, f"stands:{to}": message})

    async def stood_for(self, room: str, message: str) -> str:
        """What `message` of `room` was called first, wherever it stood then; mostly itself. What people do to what was carried they do to
        that."""
        if await self.first(room) == room:
            return message
        for _ in range(HOPS):
            before = await self._memory.recall(f"stands:{message}")
            if before is None:
                break
            message = before
        return message

    async def _join(self, room: str, after: str) -> None:
        try:
            # A room's id says nothing of where it is (version 12), but somebody of ours closed the old one.
            await self._homeserver.call("POST", "join", after, query={"via": self._us.partition(":")[2]}, body={})
        except Rejected as error:
            await self._memory.keep({f"awaited:{after}": room})
            raise Rejected(
                f"{room} was upgraded, and {after}, where it goes on, does not let us in: invite the bot ({error.reason})"
            ) from error

    async def _check(self, room: str, after: str) -> None:
        """Only the room that says so itself goes on in place of another one; and nothing private goes on in public."""
        create = await self._homeserver.state(after, "m.room.create") or {}
        predecessor = create.get("predecessor")
        if not isinstance(predecessor, dict) or predecessor.get("room_id") != room:
            raise Rejected(f"{after} does not say that it goes on in place of {room}; it is left alone")
        if await self._joined_by(room) == "invite" != await self._joined_by(after):
            raise Rejected(
                f"{room} was for invited people, and {after}, where it should go on, is open: let it be joined by "
                "invitation only"
            )

    async def _joined_by(self, room: str) -> str:
        return str((await self._homeserver.state(room, "m.room.join_rules") or {}).get("join_rule", "invite"))

    async def _furnish(self, room: str, after: str) -> None:
        """Whose it is, who was there, and what was pinned: a homeserver takes none of it along."""
        if (ours := await self._homeserver.state(room, OURS)) and not await self._homeserver.state(after, OURS):
            await self._if_allowed(after, self._homeserver.set_state(after, OURS, ours))
        await self._bring(room, after)
        await self._carry_pinned(room, after)

    async def _bring(self, room: str, after: str) -> None:
        there = {str(event.get("state_key")) for event in await self._members(after, "join", "invite", "ban")}
        for member in (await self._members(room, "join", "invite"))[:BROUGHT]:
            user = str(member.get("state_key"))
            if user not in there:
                await self._if_allowed(after, self._homeserver.post("rooms", after, "invite", body={"user_id": user}))

    async def _members(self, room: str, *memberships: str) -> list[Json]:
        events = await self._homeserver.full_state(room)
        members = [event for event in events if event.get("type") == "m.room.member"]
        return [event for event in members if event.get("content", {}).get("membership") in memberships]

    async def _carry_pinned(self, room: str, after: str) -> None:
        held = (await self._homeserver.state(room, "m.room.pinned_events") or {}).get("pinned")
        pinned = [str(event) for event in held] if isinstance(held, list) else []
        standing = []
        for message in pinned:
            found = await self._event(room, message)
            if found.get("sender") == self._us and (content := _latest(found)):
                there = await self._send(after, f"carried-{message}", partial(_as_it_is, content))
                await self.carry(message, there)
                standing.append(there)
        if standing:
            await self._if_allowed(
                after, self._homeserver.set_state(after, "m.room.pinned_events", {"pinned": standing})
            )

    async def _event(self, room: str, message: str) -> Json:
        """Empty: it is not there."""
        try:
            return await self._opened(room, await self._homeserver.get("rooms", room, "event", message))
        except Rejected as error:
            if code_of(error) in ("M_NOT_FOUND", "M_FORBIDDEN"):
                return {}
            raise

    async def _if_allowed(self, room: str, asking: Awaitable[object]) -> None:
        """Who upgraded it may have given us no power there."""
        try:
            await asking
        except Rejected as error:
            log.warning("not done in %s, where an upgraded room goes on: %s", room, error.reason)


def _as_it_is(content: Json, size: int) -> Json:
    """It was cut to its size when it was said."""
    return content


def _latest(event: Json) -> Json:
    """What a message of ours reads, without what it answered or replaced
    (https://spec.matrix.org/latest/client-server-api/#server-side-aggregation-of-mreplace-relationships)."""
    edit = event.get("unsigned", {}).get("m.relations", {}).get("m.replace", {})
    content = edit.get("content", {}).get("m.new_content") or event.get("content", {})
    return {key: value for key, value in content.items() if key != "m.relates_to"}
