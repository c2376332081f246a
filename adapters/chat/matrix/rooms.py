"""Incident rooms: found by their mark, else made; furnished, and closed.

`createRoom` has no transaction id and can leave half a room behind, so a room is known by an alias that follows from its mark
alone, and by a state event in which we say whose it is. What is missing in a room that is found is added.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.chat.matrix.config import Config
from adapters.chat.matrix.homeserver import Homeserver, Json, code_of
from bot.chat.document import clean
from bot.ports import Rejected, Unavailable

log = logging.getLogger(__name__)

OURS = "org.klatsch.incident"
"""The state event in which we say of a room which installation's it is, and for which incident."""

ENCRYPTED = "m.room.encryption"
ENCRYPTION: Json = {"algorithm": "m.megolm.v1.aes-sha2"}
"""The state event, and its content in the rooms that we make encrypted."""

NAME = 120
TOPIC = 1_000
"""Characters. A state event may have 64 kB; clients show a line."""

ALIAS = 80
"""Characters before the homeserver's name; an alias has 255 bytes in all (https://spec.matrix.org/latest/appendices/#room-aliases)."""

CLOSED = 100
"""The level that is needed for anything in an archived room; nobody but its creator has it."""

# All levels are said: a map of ours replaces the homeserver's own, and what is not in it falls back to 0 or 50
# (https://spec.matrix.org/latest/client-server-api/#mroompower_levels).
_EVENTS = {
    "m.room.avatar": 50,
    "m.room.canonical_alias": 50,
    ENCRYPTED: 100,
    "m.room.guest_access": 100,
    "m.room.history_visibility": 100,
    "m.room.join_rules": 100,
    "m.room.name": 50,
    "m.room.pinned_events": 50,
    "m.room.power_levels": 100,
    "m.room.server_acl": 100,
    "m.room.tombstone": 100,
    "m.room.topic": 50,
    "m.space.parent": 100,
    OURS: 100,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A room of ours. `alias` is how people find it."""

    id: str
    private: bool
    archived: bool
    alias: str


class Rooms:
    """The rooms of this `installation`: on one homeserver there may be others, and ones of a database that is gone."""

    def __init__(self, homeserver: Homeserver, config: Config) -> None:
        self._homeserver = homeserver
        self._config = config
        self._opening: dict[str, asyncio.Lock] = {}

    async def open(self, mark: str, name: str, topic: str, *, private: bool, installation: str) -> Found:
        """The room that carries `mark`, else a new one. Raises Unavailable or Rejected."""
        async with self._opening.setdefault(mark, asyncio.Lock()):
            # Somebody else's room may have our alias, and then ours has another one.
            for local in (mark, f"{mark}-{installation[-6:]}"):
                room = await self._by_alias(local)
                if room is None:
                    space = "" if private else await self._space()
                    said = {"mark": mark, "installation": installation}
                    wanted = _creation(local, name, topic, said, private=private, space=space)
                    if self._config.encrypts(private=private):
                        wanted["initial_state"].append({"type": ENCRYPTED, "state_key": "", "content": ENCRYPTION})
                    room = await self._made(
                        {**wanted, "creation_content": {"m.federate": self._config.federate}}, local
                    )
                if room.ours(self._config.user_id, mark, installation):
                    return await self._furnished(room, mark, name, installation)
            raise Rejected(f"#{mark}:{self._config.server} and the next alias belong to rooms that are not ours")

    async def _made(self, wanted: Json, local: str) -> _Room:
        try:
            await self._homeserver.post("createRoom", body=wanted)
        except Rejected as error:
            # It may be there all the same, or somebody was faster.
            room = await self._by_alias(local)
            if room is None:
                raise
            log.info("%s was found instead of made: %s", local, error.reason)
            return room
        room = await self._by_alias(local)
        if room is None:
            raise Unavailable(f"the room #{local}:{self._config.server} was made and is not there")
        return room

    async def resolve(self, room: str) -> str:
        """The id of a room by its alias. Raises Rejected when there is none."""
        if not room.startswith("#"):
            return room
        return str((await self._homeserver.get("directory", "room", room)).get("room_id", ""))

    async def ours(self, room: str, installation: str) -> bool:
        """Whether it is a room of this installation, by our own word: everybody in our rooms reads that word, and may repeat it in a
        room of theirs."""
        said = await self._homeserver.state(room, OURS) or {}
        if said.get("installation") != installation:
            return False
        return _Room.read(room, await self._homeserver.full_state(room)).said_by(self._config.user_id)

    async def archived(self, room: str) -> bool:
        """Whether we closed it."""
        said = await self._homeserver.state(room, OURS)
        return bool(said and said.get("archived"))

    async def made_by_us(self, room: str) -> bool:
        """Whoever made a room has all power there, and is in no list of it since version 12."""
        return _Room.read(room, await self._homeserver.full_state(room)).made_by(self._config.user_id)

    async def close(self, room: str) -> None:
        """Nobody writes there any more; who could read it still can."""
        levels = {**_levels(open_=False), "users": {}}
        held = await self._homeserver.state(room, "m.room.power_levels") or {}
        us = self._config.user_id
        if us in held.get("users", {}):
            # Before version 12 a creator has no power by itself.
            levels["users"] = {us: CLOSED}
        said = await self._homeserver.state(room, OURS) or {}
        await self._homeserver.set_state(room, "m.room.power_levels", levels)
        await self._homeserver.set_state(room, OURS, {**said, "archived": True})
        if self._config.leave:
            await self._homeserver.post("rooms", room, "leave", body={})

    async def _by_alias(self, local: str) -> _Room | None:
        try:
            id_ = await self.resolve(f"#{local}:{self._config.server}")
        except Rejected as error:
            if code_of(error) == "M_NOT_FOUND":
                return None
            raise
        try:
            return _Room.read(id_, await self._homeserver.full_state(id_))
        except Rejected as error:
            if code_of(error) == "M_FORBIDDEN":
                # We were never in there.
                return _Room(id_, {})
            raise

    async def _furnished(self, room: _Room, mark: str, name: str, installation: str) -> Found:
        """What may be missing: our word whose it is, its speaking alias, its place in the space."""
        held = room.content(OURS)
        if not held:
            await self._homeserver.set_state(room.id, OURS, {"mark": mark, "installation": installation})
        private, archived = room.content("m.room.join_rules").get("join_rule") == "invite", bool(held.get("archived"))
        if self._config.encrypts(private=private) and not (archived or room.content(ENCRYPTED)):
            await self._homeserver.set_state(room.id, ENCRYPTED, ENCRYPTION)
        alias = str(room.content("m.room.canonical_alias").get("alias", ""))
        speaking = f"#{_local(name)}:{self._config.server}"
        # What a private one is about is nobody's business, and an alias is everybody's.
        if not (private or archived) and _local(name) != mark and alias != speaking:
            alias = await self._name_it(room.id, speaking, alias)
        if self._config.space and not (private or archived):
            await self._put_in_space(room)
        return Found(room.id, private, archived, alias)

    async def _name_it(self, room: str, wanted: str, have: str) -> str:
        """The alias that says what it is about is for people; if it is taken, the other one does."""
        try:
            await self._homeserver.put("directory", "room", wanted, body={"room_id": room})
            both = {"alias": wanted, "alt_aliases": [have]}
            await self._homeserver.set_state(room, "m.room.canonical_alias", both)
        except Rejected as error:
            log.info("%s stays %s: %s", room, have, error.reason)
            return have
        return wanted

    async def _space(self) -> str:
        """Its id; empty when there is none."""
        return await self.resolve(self._config.space) if self._config.space else ""

    async def _put_in_space(self, room: _Room) -> None:
        try:
            space = await self._space()
            via = {"via": [self._config.server]}
            if not room.content("m.space.parent", space):
                await self._homeserver.set_state(space, "m.space.child", via, room.id)
                await self._homeserver.set_state(room.id, "m.space.parent", {**via, "canonical": True}, space)
        except Rejected as error:
            log.warning("a room could not be put into the space %s: %s", self._config.space, error.reason)


@dataclass(frozen=True, slots=True)
class _Room:
    """A room's state as we may see it."""

    id: str
    state: Mapping[tuple[str, str], Json]

    @classmethod
    def read(cls, id_: str, events: Sequence[Json]) -> _Room:
        return cls(id_, {(str(event.get("type")), str(event.get("state_key"))): event for event in events})

    def content(self, kind: str, key: str = "") -> Json:
        content: Json = self.state.get((kind, key), {}).get("content", {})
        return content

    def said_by(self, us: str) -> bool:
        """Whether what it says of itself was said by us."""
        return bool(self.state.get((OURS, ""), {}).get("sender") == us)

    def made_by(self, us: str) -> bool:
        return bool(self.state.get(("m.room.create", ""), {}).get("sender") == us)

    def ours(self, us: str, mark: str, installation: str) -> bool:
        """We say so; or nobody says anything, because it is half made, and we made it."""
        said = self.content(OURS)
        if said:
            return self.said_by(us) and (said.get("mark"), said.get("installation")) == (mark, installation)
        return self.made_by(us)


def _creation(local: str, name: str, topic: str, ours: Json, *, private: bool, space: str) -> dict[str, Any]:
    """The body of `createRoom` (https://spec.matrix.org/latest/client-server-api/#post_matrixclientv3createroom)."""
    state = [{"type": OURS, "state_key": "", "content": ours}]
    if space:
        members = {"join_rule": "restricted", "allow": [{"type": "m.room_membership", "room_id": space}]}
        state.append({"type": "m.room.join_rules", "state_key": "", "content": members})
    return {
        "room_alias_name": local,
        "name": clean(name)[:NAME],
        "topic": clean(topic)[:TOPIC],
        "preset": "private_chat" if private else "public_chat",
        # Rooms of incidents are in no directory; who may join them is said by `join_rules`.
        "visibility": "private",
        "initial_state": state,
        "power_level_content_override": _levels(open_=True),
    }


def _levels(*, open_: bool) -> dict[str, Any]:
    """Everybody talks and invites; when it is closed nobody does. Who said too much can take it back in either."""
    everybody, moderator = (0, 50) if open_ else (CLOSED, CLOSED)
    return {
        "users_default": 0,
        "events_default": everybody,
        "state_default": moderator,
        "invite": everybody,
        "kick": moderator,
        "ban": moderator,
        "redact": 50,
        "events": {**_EVENTS, "m.room.redaction": 0} if open_ else {"m.room.redaction": 0},
        "notifications": {"room": moderator},
    }


def _local(name: str) -> str:
    """A room's name as the local part of an alias."""
    return re.sub(r"[^a-z0-9._=-]+", "-", name.lower()).strip("-")[:ALIAS].rstrip("-")
