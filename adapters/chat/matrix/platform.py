"""The chat platform: every method of the port, on a Matrix homeserver."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from adapters.chat import pictures
from adapters.chat.matrix import links, media, render
from adapters.chat.matrix.addressed import Addressing
from adapters.chat.matrix.config import Config
from adapters.chat.matrix.encryption.rooms import Encryption
from adapters.chat.matrix.homeserver import Homeserver, Json, code_of
from adapters.chat.matrix.inbound import REMEMBERED, Listener
from adapters.chat.matrix.named import Named
from adapters.chat.matrix.posting import Posts, Written, of_picture
from adapters.chat.matrix.rooms import TOPIC, Rooms
from adapters.chat.matrix.upgrades import Upgrades
from bot.chat.document import Document, clean
from bot.incident.model import Person
from bot.memory import Memory
from bot.ports import Attempt, Clock, Inbox, Rejected, RoomLink, RoomRef, Unavailable

log = logging.getLogger(__name__)

INSTALLATION = "installation"


class MatrixPlatform:
    """`bot.ports.ChatPlatform`. In a room one thing is done after the other: the order of messages is the order asked for."""

    def __init__(
        self, name: str, config: Config, people: Mapping[str, Person], memory: Memory, clock: Clock, command: str
    ) -> None:
        self._name = name
        self._config = config
        self._memory = memory
        self._handles = {person.id: handle for person in people.values() if (handle := person.handles.get(name))}
        self._homeserver = Homeserver(name, config)
        self._rooms = Rooms(self._homeserver, config)
        self._encryption = Encryption(name, config, self._homeserver)
        self._posts = Posts(self._homeserver, self._encryption, config.user_id, self._known_installation)
        self._upgrades = Upgrades(self._homeserver, memory, config.user_id, self._encryption.opened, self._posts.send)
        self._named = Named(name, config, self._homeserver, self._rooms, self._encryption, self._upgrades, memory)
        self._locks: dict[str, asyncio.Lock] = {}
        self._archived: dict[str, bool] = {}
        self._installation = ""
        self._spoken_in: set[str] = set()
        self._clock = clock
        self._began = clock.now()
        self._command = command

    @property
    def name(self) -> str:
        return self._name

    @property
    def announce_room(self) -> str:
        return self._config.announce

    async def room_named(self, name: str) -> str:
        return await self._named.enter(name)

    async def open_room(self, attempt: Attempt, *, mark: str, name: str, topic: str, private: bool) -> RoomRef:
        found = await self._rooms.open(
            mark, name, topic, private=private, installation=await self._known_installation()
        )
        self._archived[found.id] = found.archived
        return RoomRef(found.id, links.room(found.alias or found.id, self._config.server), private=found.private)

    async def say(self, attempt: Attempt, room: str, document: Document, *, thread: str = "") -> str:
        async with self._turn(room) as id_:
            return await self._say(attempt, id_, document, thread)

    async def _say(self, attempt: Attempt, room: str, document: Document, thread: str = "") -> str:
        root = await self._upgrades.carried(room, _event(thread)) if thread else ""
        words = pictures.without(document)

        def written(size: int) -> Json:
            content = render.message(words, self._handles, f"!{self._command}", size)
            return render.in_thread(content, root) if root else content

        message = await self._post(attempt, room, written)
        for number, picture in enumerate(pictures.shown(document)):
            async with self._unless_upgraded(room):
                await self._posts.show(of_picture(attempt, number), room, picture, root)
        return message

    async def edit(self, attempt: Attempt, room: str, message: str, document: Document) -> None:
        """Of pictures the words are shown; those beside a message stay."""
        prefix = f"!{self._command}"
        async with self._turn(room) as id_:
            if standing := await self._upgrades.carried(id_, _event(message)):
                await self._post(
                    attempt, id_, lambda size: render.edit(document, self._handles, standing, prefix, size)
                )
            else:
                await self._upgrades.carry(message, await self._say(attempt, id_, document))

    async def answer(self, room: str, document: Document, content_of: Json | None, to: str, key: str) -> None:
        """Reply to the message `to`, in the thread where that is; without its content it is no reply to anything. What `key` is the id of is
        answered once."""
        relation = content_of and content_of.get("m.relates_to")

        def written(room: int) -> Json:
            content = render.message(document, self._handles, f"!{self._command}", room)
            if content_of is None:
                return content
            content = render.reply(content, to)
            if isinstance(relation, dict) and relation.get("rel_type") == "m.thread":
                thread = {"rel_type": "m.thread", "event_id": str(relation.get("event_id"))}
                content |= {"m.relates_to": {**content["m.relates_to"], **thread}}
            return content

        async with self._locks.setdefault(room, asyncio.Lock()):
            await self._posts.send(room, f"answer-{key}", written)

    async def pin(self, attempt: Attempt, room: str, message: str) -> None:
        async with self._writing(room) as id_:
            held = await self._homeserver.state(id_, "m.room.pinned_events") or {}
            pinned = [str(event) for event in held.get("pinned", [])]
            standing = await self._upgrades.carried(id_, _event(message))
            if standing and standing not in pinned:
                await self._homeserver.set_state(id_, "m.room.pinned_events", {"pinned": [*pinned, standing]})

    async def invite(self, attempt: Attempt, room: str, people: Sequence[Person]) -> None:
        async with self._writing(room) as id_:
            for person in people:
                if handle := person.handles.get(self._name):
                    await self._invite(id_, handle)
            await self._encryption.welcome(id_)

    async def _invite(self, room: str, user: str) -> None:
        there = await self._homeserver.state(room, "m.room.member", user)
        if there and there.get("membership") in ("join", "invite"):
            return
        try:
            await self._homeserver.post("rooms", room, "invite", body={"user_id": user})
        except Rejected as error:
            log.warning("%s could not be invited: %s", user, error.reason)

    async def set_topic(self, attempt: Attempt, room: str, topic: str) -> None:
        async with self._writing(room) as id_:
            wanted = {"topic": clean(topic)[:TOPIC]}
            # A room begins with its topic, and homeservers count what is said and not what is asked.
            if (await self._homeserver.state(id_, "m.room.topic") or {}).get("topic") != wanted["topic"]:
                await self._homeserver.set_state(id_, "m.room.topic", wanted)

    async def set_links(self, attempt: Attempt, room: str, links: Sequence[RoomLink]) -> None:
        """Matrix shows none above a room; the pinned card has them."""

    async def archive(self, attempt: Attempt, room: str) -> None:
        async with self._turn(room) as id_:
            if not await self._is_archived(id_):
                await self._rooms.close(id_)
                self._archived[id_] = True

    async def fetch(self, place: str, most: int) -> bytes:
        return await media.fetch(self._homeserver, place, most)

    async def listen(self, inbox: Inbox) -> None:
        for room in filter(None, (self._config.announce, *self._config.rooms)):
            try:
                self._spoken_in.add(await self._named.id_of(room))
            except Rejected as error:
                log.warning("nobody can talk to the bot there: %s", error.reason)
        await self._named.forget_before(self._clock.now() - REMEMBERED)
        listener = Listener(
            self._name,
            Addressing(self._config.user_id, self._command),
            self._homeserver,
            self._encryption,
            self._memory,
            self._clock,
            began=self._began,
            inbox=inbox,
            answer=self.answer,
            listens=self._listens,
            upgrades=self._upgrades,
        )
        await listener.run()

    async def _listens(self, room: str) -> bool:
        """Whether people may talk to the bot there: an incident's room, or one that the configuration names. Into others it
        may have been brought by anybody."""
        if room not in self._spoken_in:
            # Only a yes is kept: a room that is half made becomes ours.
            ours = await self._named.hears(room) or await self._rooms.ours(room, await self._known_installation())
            # One that goes on in place of ours may have given us no power to say so there.
            first = await self._upgrades.first(room)
            if ours or (first != room and await self._listens(first)):
                self._spoken_in.add(room)
        return room in self._spoken_in

    async def probe(self) -> None:
        """As `bot.offered.Probed`: the account is ours, its device the one we say, the rooms are there, and keys can be kept."""
        who = await self._homeserver.get("account", "whoami")
        if who.get("user_id") != self._config.user_id:
            raise Rejected(f"{self._name}: the token belongs to {clean(str(who.get('user_id')))}, not to user_id")
        if who.get("device_id") != self._config.device_id:
            raise Rejected(
                f"{self._name}: the token belongs to device {clean(str(who.get('device_id')))}; write that as `device_id`, "
                "or what was sent before a restart may be sent again"
            )
        for room in filter(None, (self._config.announce, *self._config.rooms)):
            await self._named.look(room)
        if self._config.space:
            await self._rooms.resolve(self._config.space)
        self._encryption.probe()

    async def probe_room(self, name: str) -> None:
        """As `bot.offered.ProbesRooms`."""
        await self._named.look(name)

    async def aclose(self) -> None:
        self._encryption.close()
        await self._homeserver.close()

    # What the methods have in common.

    @asynccontextmanager
    async def _turn(self, room: str) -> AsyncIterator[str]:
        """The id of a room, in which one thing after the other is done, in the order in which they were asked for: so the lock comes before
        anything that takes time."""
        async with self._locks.setdefault(room, asyncio.Lock()):
            yield await self._named.id_of(room)

    @asynccontextmanager
    async def _writing(self, room: str) -> AsyncIterator[str]:
        """As `_turn`. Raises Rejected when it is archived."""
        async with self._turn(room) as id_:
            if await self._is_archived(id_):
                raise Rejected(f"{room} is archived: nobody changes it any more")
            async with self._unless_upgraded(id_):
                yield id_

    @asynccontextmanager
    async def _unless_upgraded(self, room: str) -> AsyncIterator[None]:
        """What a room forbids that was upgraded is done where it goes on, at the next try."""
        try:
            yield
        except Rejected as error:
            if code_of(error) != "M_FORBIDDEN" or not await self._upgrades.follow(room):
                raise
            raise Unavailable(f"{self._name}: {room} was upgraded meanwhile", timedelta(seconds=1)) from error

    async def _post(self, attempt: Attempt, room: str, written: Written) -> str:
        """In our turn."""
        archived = await self._is_archived(room)
        async with self._unless_upgraded(room):
            return await self._posts.post(attempt, room, written, archived=archived)

    async def _is_archived(self, room: str) -> bool:
        if room not in self._archived:
            self._archived[room] = await self._rooms.archived(room)
        return self._archived[room]

    async def _known_installation(self) -> str:
        """Which installation we are, for this database's lifetime: INC-7 of another one is another incident."""
        if not self._installation:
            began = int(self._clock.now().timestamp() * 1_000_000)
            self._installation = await self._memory.keep_first(INSTALLATION, f"{began:x}")
        return self._installation


def _event(message: str) -> str:
    """Raises Rejected when that is no id of an event."""
    if not message.startswith("$"):
        raise Rejected(f"{message} is no message of a homeserver")
    return message
