"""Which rooms are encrypted, what is sealed for them, and what people say there, opened."""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from adapters.chat.matrix import render
from adapters.chat.matrix.config import Config
from adapters.chat.matrix.encryption.rotation import Rotation
from adapters.chat.matrix.homeserver import Homeserver, Json
from adapters.chat.matrix.rooms import ENCRYPTED, ENCRYPTION
from bot.ports import DeliveryError, Rejected

if TYPE_CHECKING:
    from adapters.chat.matrix.encryption.exchange import Exchange, Group

log = logging.getLogger(__name__)

VISIBLE = "m.room.history_visibility"
SETTINGS = (ENCRYPTED, VISIBLE)
"""What a room says of how its messages are sealed, and for whom."""

WAITING = 100
"""Messages that are kept in memory until their key comes."""

TOLD = 1_000
"""Keys that we lack and rooms that we cannot read, of which the log says so once."""

_SESSION = 100
"""Characters of a key's id, which has 43."""


class Envelope(Protocol):
    """How a message of ours goes into a room."""

    @property
    def room(self) -> int:
        """Bytes that its content may have."""
        ...

    async def around(self, content: Json, clear: Sequence[str]) -> tuple[str, Json]:
        """The type and the content of the event. Under the keys `clear` everybody reads what there is."""
        ...


class Encryption:
    """In the rooms of the homeserver, as `config.encryption` wants it. Methods raise Unavailable or Rejected."""

    def __init__(self, name: str, config: Config, homeserver: Homeserver) -> None:
        self._name = name
        self._config = config
        self._homeserver = homeserver
        self._exchange: Exchange | None = None
        self._rooms: dict[str, Sealed] = {}
        self._open: set[str] = set()
        self._hears = False
        self._waiting: OrderedDict[str, tuple[str, Json]] = OrderedDict()
        self._told: OrderedDict[object, None] = OrderedDict()
        self._unread = 0

    async def envelope(self, room: str) -> Envelope:
        """What goes around a message for `room` now. Raises Rejected where the room is encrypted and we are not."""
        if room not in self._rooms:
            if room in self._open:
                return Open()
            # Somebody may turn it on at any time, and nobody turns it off. While we listen we hear of it.
            hears = self._hears
            said = await self._homeserver.state(room, ENCRYPTED)
            if said is None:
                if hears and self._hears:
                    self._open.add(room)
                return Open()
            self._rooms[room] = await self._sealed(room, said)
        return self._rooms[room]

    async def seals(self, room: str) -> bool:
        """Whether what is sent there is encrypted. Raises Rejected as `envelope`."""
        return isinstance(await self.envelope(room), Sealed)

    async def _sealed(self, room: str, said: Json) -> Sealed:
        if self._config.encryption == "off":
            raise Rejected(
                f"{self._name}: {room} is encrypted, and Klatsch is told not to encrypt. Set chat.{self._name}.encryption "
                "to `private` or `all` (docs/matrix.md), or give it a room that is not encrypted."
            )
        if said.get("algorithm") != ENCRYPTION["algorithm"]:
            raise Rejected(f"{self._name}: {room} is encrypted in a way that we do not know")
        visible = (await self._homeserver.state(room, VISIBLE) or {}).get("history_visibility")
        return Sealed(room, self._homeserver, self._keys(), Rotation.of(said), str(visible))

    def changed(self, room: str) -> None:
        """One of its SETTINGS is another one."""
        self._rooms.pop(room, None)
        self._open.discard(room)

    async def welcome(self, room: str) -> None:
        """Somebody came into the room, or is invited to it. What goes wrong is made good with the next message."""
        try:
            if self._config.encryption != "off" and isinstance(sealed := await self.envelope(room), Sealed):
                await sealed.welcome()
        except DeliveryError as error:
            log.info("%s: whoever came into %s reads from the next message on: %s", self._name, room, error.reason)

    async def heard(self, found: Json) -> None:
        """Takes in what a sync says to our device, before its place is kept. From here on what rooms say is heard, too, until `deaf`."""
        self._hears = True
        if self._config.encryption != "off":
            await self._keys().heard(found)

    def deaf(self) -> None:
        """Nobody hears what rooms say."""
        self._hears = False
        self._open.clear()

    async def opened(self, room: str, event: Json, *, wait: bool = False) -> Json:
        """`event` as if it was not encrypted, and its last edit with it; as it is where we cannot read it. With `wait` it
        comes with `late` when its key came."""
        if event.get("type") != "m.room.encrypted" or not isinstance(event.get("content"), dict):
            return event
        if "ciphertext" not in event["content"]:
            # It was removed.
            return event
        if self._config.encryption == "off":
            self._once(room, "what is said in the encrypted room %s is not read: encryption is off", room)
            return event
        clear = await self._keys().opened(room, event)
        if clear is None:
            self._not_read(room, event, wait)
            return event
        return await self._with_edit(room, clear)

    async def _with_edit(self, room: str, clear: Json) -> Json:
        unsigned = clear.get("unsigned")
        relations = unsigned.get("m.relations") if isinstance(unsigned, dict) else None
        edit = relations.get("m.replace") if isinstance(relations, dict) else None
        if not isinstance(unsigned, dict) or not isinstance(relations, dict) or not isinstance(edit, dict):
            return clear
        newer = {**relations, "m.replace": await self.opened(room, edit)}
        return {**clear, "unsigned": {**unsigned, "m.relations": newer}}

    def late(self) -> Sequence[tuple[str, Json]]:
        """The rooms and events that could not be read when they came, and can be now. Each comes until it is `settled`."""
        keys = self._exchange
        return [
            (room, event)
            for room, event in self._waiting.values()
            if keys is not None and keys.knows(room, _session(event))
        ]

    def settled(self, event: Json) -> None:
        self._waiting.pop(str(event.get("event_id")), None)

    def _not_read(self, room: str, event: Json, wait: bool) -> None:
        session = _session(event)
        if wait and not self._keys().knows(room, session):
            self._waiting[str(event.get("event_id"))] = (room, event)
            while len(self._waiting) > WAITING:
                self._waiting.popitem(last=False)
        self._unread += 1
        who = str(event.get("sender"))
        said = "a message of %s in %s cannot be read, for we have no key to it (so far %d messages)"
        self._once((room, session), said, who, room, self._unread)

    def _once(self, about: object, said: str, *values: object) -> None:
        if about not in self._told:
            self._told[about] = None
            log.warning("%s: " + said, self._name, *values)
            if len(self._told) > TOLD:
                self._told.popitem(last=False)

    def _keys(self) -> Exchange:
        if self._exchange is None:
            # Not before: it needs packages that not everybody has.
            from adapters.chat.matrix.encryption.exchange import Exchange

            self._exchange = Exchange(self._name, self._config, self._homeserver)
        return self._exchange

    def probe(self) -> None:
        """Whether the keys could be kept; their folder is not made, and a bot that has it is not disturbed. Raises Rejected."""
        if self._config.encryption == "off":
            return
        folder = self._config.encryption_store.absolute()
        # Under a folder that we may not look into nothing is seen to be there.
        nearest = next(path for path in (folder, *folder.parents) if os.access(path, os.F_OK))
        if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
            raise Rejected(f"{self._name}: we may not write into {nearest}; check chat.{self._name}.encryption_store")

    def close(self) -> None:
        if self._exchange is not None:
            self._exchange.close()


class Open:
    """Nothing around it: everybody on the way reads it."""

    @property
    def room(self) -> int:
        return render.LARGEST

    async def around(self, content: Json, clear: Sequence[str]) -> tuple[str, Json]:
        return "m.room.message", content


@dataclass(frozen=True, slots=True)
class Sealed:
    """For the devices of those who are in the room when it is sent, as its history is `visible` to them
    (https://spec.matrix.org/latest/client-server-api/#room-history-visibility)."""

    id: str
    homeserver: Homeserver
    keys: Exchange
    rotation: Rotation
    visible: str

    @property
    def room(self) -> int:
        return render.LARGEST_SEALED

    async def around(self, content: Json, clear: Sequence[str]) -> tuple[str, Json]:
        outside = {key: value for key, value in content.items() if key in clear}
        inside = {key: value for key, value in content.items() if key not in clear}
        return "m.room.encrypted", {**outside, **await self.keys.sealed("m.room.message", inside, await self._group())}

    async def welcome(self) -> None:
        await self.keys.welcome(await self._group())

    async def _group(self) -> Group:
        """Asked each time: whoever has gone reads nothing from now on."""
        from adapters.chat.matrix.encryption.exchange import Group

        query = {"not_membership": "leave"}
        found = (await self.homeserver.get("rooms", self.id, "members", query=query)).get("chunk", [])
        wanted = ("join",) if self.visible == "joined" else ("join", "invite")
        readers = [str(event["state_key"]) for event in found if event.get("content", {}).get("membership") in wanted]
        return Group(self.id, readers, self.rotation, history=self.visible in ("shared", "world_readable"))


def _session(event: Json) -> str:
    return str(event["content"].get("session_id"))[:_SESSION]
