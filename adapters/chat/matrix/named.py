"""Rooms that the configuration names, by alias or by id: found, joined, and heard."""

from __future__ import annotations

from datetime import datetime

from adapters.chat.matrix.config import ROOM, Config
from adapters.chat.matrix.encryption.rooms import Encryption
from adapters.chat.matrix.homeserver import Homeserver, Json, TooLarge, code_of
from adapters.chat.matrix.rooms import Rooms
from adapters.chat.matrix.upgrades import Upgrades
from bot.chat.document import clean
from bot.memory import Memory
from bot.ports import Rejected

SUMMARY = 1_000_000
"""Bytes of what a room says of itself to those who are not in it."""

HEARD = "heard:"
"""Under it and an id stands a room in which people are heard although it is no incident's, and not in this platform's block."""


class Named:
    """Of the platform `name`. Each method may raise Unavailable, Rejected or StoreUnavailable."""

    def __init__(
        self,
        name: str,
        config: Config,
        homeserver: Homeserver,
        rooms: Rooms,
        encryption: Encryption,
        upgrades: Upgrades,
        memory: Memory,
    ) -> None:
        self._name = name
        self._config = config
        self._homeserver = homeserver
        self._rooms = rooms
        self._encryption = encryption
        self._upgrades = upgrades
        self._memory = memory
        self._ids: dict[str, str] = {}

    async def id_of(self, room: str) -> str:
        """The id of a room by its id or alias, or of the one that goes on in its place; the bot is in it afterwards."""
        if not room.startswith(("!", "#")):
            raise Rejected(f"{self._name}: {room} is no room of a homeserver")
        if room not in self._ids:
            self._ids[room] = await self._joined(room, room) if room.startswith("#") else room
        return await self._upgrades.now(self._ids[room])

    async def enter(self, room: str) -> str:
        """As `bot.ports.ChatPlatform.room_named`."""
        room = self._configured(room)
        # Also when we are in there by what we know: somebody may have put us out.
        there = await self._upgrades.now(room) if room.startswith("!") else room
        id_ = await self._upgrades.now(await self._joined(room, there))
        await self._check_writable(room, id_)
        first = await self._upgrades.first(id_)
        # Whoever listens may be another process.
        await self._memory.keep({f"{HEARD}{first}": "yes"})
        return first

    async def look(self, room: str) -> None:
        """Whether `enter` would succeed; nothing is done. Of a room that we are not in yet it is seen whether we may come in."""
        room = self._configured(room)
        try:
            id_ = await self._rooms.resolve(room)
            if await self._is_in(id_):
                await self._check_writable(room, id_)
            else:
                await self._check_enterable(room, id_)
        except Rejected as error:
            raise self._about(room, error) from error.__cause__

    async def hears(self, room: str) -> bool:
        return await self._memory.recall(f"{HEARD}{room}") is not None

    async def forget_before(self, at: datetime) -> None:
        """Those in which nothing was said for long: the configuration may name them no more."""
        await self._memory.forget_before(HEARD, at)

    def _configured(self, room: str) -> str:
        wanted = room or self._config.announce
        if not ROOM.fullmatch(wanted):
            shown = " ".join(clean(room).split())[:80]
            what = f"{shown} is no room's address or id" if room else "there is no room for announcements"
            raise Rejected(f"{self._name}: {what}; name one like #incidents:{self._config.server}")
        return wanted

    async def _joined(self, room: str, there: str) -> str:
        """The id of a room that somebody else made for us, or will have made; `there` is where it goes on."""
        try:
            return str((await self._homeserver.post("join", there, body={})).get("room_id", ""))
        except Rejected as error:
            raise self._about(room, error) from error.__cause__

    def _about(self, room: str, error: Rejected) -> Rejected:
        """The same error, with the name of a room that is not there, or not for us."""
        if not code_of(error):
            return error
        what = "is not there" if code_of(error) == "M_NOT_FOUND" else "does not let us in: invite the bot"
        return Rejected(f"{self._name}: {room} {what} ({error.reason})")

    async def _is_in(self, room: str) -> bool:
        try:
            member = await self._homeserver.state(room, "m.room.member", self._config.user_id)
        except Rejected as error:
            if code_of(error) == "M_FORBIDDEN":
                return False
            raise
        return member is not None and member.get("membership") == "join"

    async def _check_enterable(self, room: str, id_: str) -> None:
        """A room that is not for us is not seen at all; where the homeserver does not say, we may come in."""
        try:
            # https://spec.matrix.org/v1.15/client-server-api/#get_matrixclientv1room_summaryroomidoralias
            await self._homeserver.download("/_matrix/client/v1/room_summary", id_, most=SUMMARY)
        except TooLarge:
            return
        except Rejected as error:
            if code_of(error) != "M_UNRECOGNIZED":
                raise Rejected(f"{self._name}: {room} does not let us in: invite the bot") from None

    async def _check_writable(self, room: str, id_: str) -> None:
        """That our messages are taken there."""
        levels = await self._homeserver.state(id_, "m.room.power_levels") or {}
        kind = "m.room.encrypted" if await self._encryption.seals(id_) else "m.room.message"
        needed = _level(levels, "events", kind, "events_default")
        ours = _level(levels, "users", self._config.user_id, "users_default")
        if ours < needed and not await self._rooms.made_by_us(id_):
            raise Rejected(f"{self._name}: {room} lets the bot read and not write; give it the level {needed} there")


def _level(levels: Json, group: str, name: str, default: str) -> int:
    """What is said of `name` in a `group`, else for all by `default`; 0 where that is no level. Rooms before version 10 have texts
    (https://spec.matrix.org/v1.15/client-server-api/#mroompower_levels)."""
    found = levels.get(group)
    level = found.get(name, levels.get(default)) if isinstance(found, dict) else levels.get(default)
    try:
        return int(level) if isinstance(level, int | str) else 0
    except ValueError:
        return 0
