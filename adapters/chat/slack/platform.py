"""The chat platform: every method of the port, on Slack."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from adapters.chat.slack.answers import rows, text
from adapters.chat.slack.bookmarks import Bookmarks
from adapters.chat.slack.channels import Channels
from adapters.chat.slack.config import Config
from adapters.chat.slack.doing import Doing
from adapters.chat.slack.hearing import Hearing
from adapters.chat.slack.interacting import Interactions
from adapters.chat.slack.kept import KeptEvents
from adapters.chat.slack.manifest import missing
from adapters.chat.slack.members import Members
from adapters.chat.slack.messages import SLACK, is_ours
from adapters.chat.slack.pictures import Pictures
from adapters.chat.slack.posting import Posts
from adapters.chat.slack.rooms import Kept, Rooms
from adapters.chat.slack.showing import Showing
from adapters.chat.slack.socket import connected
from adapters.chat.slack.standing import Standing
from adapters.chat.slack.web import LockedOut, Web, answer_of, code_of
from bot.chat.document import Document
from bot.incident.links import is_web
from bot.incident.model import Person
from bot.memory import Memory
from bot.mounted import ASGI
from bot.ports import Attempt, Clock, Gone, Inbox, Rejected, RoomLink, RoomRef
from bot.sizes import format_size

log = logging.getLogger(__name__)

NOT_INVITED = frozenset(
    {
        "already_in_channel",
        "cant_invite",
        "cant_invite_self",
        "invitee_cant_see_channel",
        "no_external_invite_permission",
        "no_permission",
        "no_user",
        "org_user_not_in_team",
        "ura_max_channels",
        "user_is_restricted",
        "user_not_found",
        "user_team_not_in_channel",
        "users_not_found",
    }
)
"""Why somebody is not invited that is no fault of the room's (https://docs.slack.dev/reference/methods/conversations.invite#errors)."""

DELETED = frozenset({"cant_update_message", "message_not_found", "thread_not_found"})
"""What Slack says of a message that somebody deleted; of the first of a thread, whose place stays, that it is not ours
(https://docs.slack.dev/reference/methods/chat.update#errors)."""

AT_ONCE = 100
"""People in one call (https://docs.slack.dev/reference/methods/conversations.invite)."""

INSTALLATION = "installation"

EVERY = 60.0
"""Seconds between two looks in HTTP mode."""


class SlackPlatform:
    """`bot.ports.ChatPlatform`. In a room one thing is done after the other: the order of messages is the order asked for."""

    def __init__(
        self, name: str, config: Config, people: Mapping[str, Person], memory: Memory, clock: Clock, command: str
    ) -> None:
        self._name = name
        self._config = config
        self._memory = memory
        self._clock = clock
        self._prefix = f"/{command}"
        self._handles = {person.id: handle for person in people.values() if (handle := person.handles.get(name))}
        self._web = Web(name, config)
        self._standing = Standing(self._web)
        self._rooms = Rooms(name, self._web, memory)
        self._members = Members(self._web, self._handles.values(), guests=config.guests)
        self._bookmarks = Bookmarks(self._web, memory)
        self._locks: dict[str, asyncio.Lock] = {}
        self._channels = Channels(name, self._web, memory, config.announce)
        pictures = Pictures(name, config, self._web, memory, clock)
        self._posts = Posts(self._web, self._standing, memory, pictures, self._handles, self._prefix)
        self._hearing: Hearing | None = None
        self._installation = ""
        self._command = command

    @property
    def name(self) -> str:
        return self._name

    @property
    def announce_room(self) -> str:
        return self._config.announce

    async def room_named(self, name: str) -> str:
        return await self._channels.enter(name)

    async def open_room(self, attempt: Attempt, *, mark: str, name: str, topic: str, private: bool) -> RoomRef:
        who = await self._standing.who()
        kept = await self._rooms.open(
            mark,
            name,
            topic,
            private=private,
            installation=await self._known_installation(),
            us=who.user,
            tried=attempt.number,
        )
        if self._config.groups and not (kept.private or kept.groups):
            await self._invite_groups(kept)
        return RoomRef(kept.id, f"{who.url}archives/{kept.id}" if who.url else "", private=kept.private)

    async def say(self, attempt: Attempt, room: str, document: Document, *, thread: str = "") -> str:
        async with self._turn(room) as id_:
            return await self._posts.say(attempt, id_, document, thread)

    async def edit(self, attempt: Attempt, room: str, message: str, document: Document) -> None:
        async with self._turn(room) as id_:
            await self._posts.edit(id_, message, document)

    async def pin(self, attempt: Attempt, room: str, message: str) -> None:
        async with self._turn(room) as id_:
            try:
                await self._web.call("pins.add", channel=id_, timestamp=message)
            except Rejected as error:
                if code_of(error) != "already_pinned":
                    raise

    async def invite(self, attempt: Attempt, room: str, people: Sequence[Person]) -> None:
        users = [handle for person in people if (handle := person.handles.get(self._name))]
        async with self._turn(room) as id_:
            await self._invite(id_, users)

    async def set_topic(self, attempt: Attempt, room: str, topic: str) -> None:
        async with self._turn(room) as id_:
            await self._rooms.set_topic(id_, topic)

    async def set_links(self, attempt: Attempt, room: str, links: Sequence[RoomLink]) -> None:
        async with self._turn(room) as id_:
            shown = [(link.title, link.url) for link in links if is_web(link.url)]
            await self._bookmarks.show(id_, shown, again=attempt.number > 1)

    async def archive(self, attempt: Attempt, room: str) -> None:
        async with self._turn(room) as id_:
            try:
                await self._web.call("conversations.archive", channel=id_)
            except Rejected as error:
                if code_of(error) != "already_archived":
                    raise

    async def fetch(self, place: str, most: int) -> bytes:
        if not is_ours(place, (*SLACK, self._config.api_url)):
            raise Rejected("its address is none of Slack's")
        held = await self._web.download(place, most)
        if held is None:
            raise Rejected(f"it is larger than {format_size(most)}")
        return held

    async def listen(self, inbox: Inbox) -> None:
        try:
            await self._standing.anew()
            await self._channels.attend()
            hearing = self._ears(inbox)
            await hearing.catch_up()
            if self._config.mode == "socket":
                await connected(self._name, self._web, hearing.app)
            while True:
                # Nothing else tells that our token was revoked, or that another process died with what it had taken.
                await asyncio.sleep(EVERY)
                await self._standing.anew()
                await hearing.catch_up_others()
        except LockedOut as error:
            # Somebody must look; what waits to be said waits.
            raise Rejected(error.reason) from error

    def mounted(self, inbox: Inbox) -> Mapping[str, ASGI]:
        """As `bot.mounted.Mounted`: what Slack posts in HTTP mode. Every process that serves takes it."""
        return {"/slack/events": self._ears(inbox).posted} if self._config.mode == "http" else {}

    async def probe(self) -> None:
        """As `bot.offered.Probed`: both tokens are good, no scope is missing, and the channel is there."""
        who = await self._standing.anew()
        if who.scopes and (lacking := missing(who.scopes, unfurls=bool(self._config.unfurl))):
            raise Rejected(f"{self._name}: {' '.join(lacking)}")
        if self._config.mode == "socket":
            await self._web.connection()
        if self._config.announce:
            await self._channels.look(self._config.announce)
        if self._config.groups and (unknown := await self._members.unknown(self._config.groups)):
            raise Rejected(
                f"{self._name}: there is no user group @{', @'.join(unknown)}; look at chat.{self._name}.groups"
            )

    async def probe_room(self, name: str) -> None:
        """As `bot.offered.ProbesRooms`."""
        await self._channels.look(name)

    async def aclose(self) -> None:
        if self._hearing is not None:
            await self._hearing.aclose()
        await self._web.close()

    def _ears(self, inbox: Inbox) -> Hearing:
        if self._hearing is None:
            doing = Doing(
                self._name,
                self._web,
                self._standing,
                self._rooms,
                self._channels,
                self._members,
                self._memory,
                self._clock,
                inbox,
                handles=self._handles,
                prefix=self._prefix,
            )
            events = KeptEvents(self._memory, self._clock, doing.do)
            self._hearing = Hearing(
                self._config,
                self._command,
                self._standing,
                doing,
                events,
                Interactions(self._web, self._standing, doing, events, inbox, self._clock),
                Showing(
                    self._name,
                    self._web,
                    inbox,
                    doing.refused,
                    handles=self._handles,
                    command=self._command,
                ),
            )
        return self._hearing

    async def _invite_groups(self, kept: Kept) -> None:
        try:
            await self._invite(kept.id, await self._members.of_groups(self._config.groups))
        except Rejected as error:
            log.warning("%s: the user groups were not invited into %s: %s", self._name, kept.mark, error.reason)
        await self._rooms.keep(replace(kept, groups=True))

    async def _invite(self, channel: str, users: Sequence[str]) -> None:
        wanted = list(dict.fromkeys(users))
        for first in range(0, len(wanted), AT_ONCE):
            some = wanted[first : first + AT_ONCE]
            try:
                answer = await self._web.call("conversations.invite", channel=channel, users=some, force=True)
            except Rejected as error:
                if code_of(error) not in NOT_INVITED:
                    raise
                answer = answer_of(error)
                if not rows(answer, "errors"):
                    answer = {"errors": [{"user": ", ".join(some), "error": code_of(error)}]}
            for refused in rows(answer, "errors"):
                if (why := text(refused, "error")) not in ("already_in_channel", "cant_invite_self", ""):
                    log.warning("%s: %s could not be invited: %s", self._name, text(refused, "user"), why)

    @asynccontextmanager
    async def _turn(self, room: str) -> AsyncIterator[str]:
        """The id of a channel, in which one thing after the other is done: so the lock comes before anything that takes time."""
        async with self._locks.setdefault(room, asyncio.Lock()):
            try:
                yield await self._channels.id_of(room)
            except Rejected as error:
                if code_of(error) == "channel_not_found":
                    await self._channels.lost(room)
                if code_of(error) in DELETED:
                    raise Gone(error.reason) from error.__cause__
                raise self._channels.unseen(room, error) from error.__cause__

    async def _known_installation(self) -> str:
        """Which installation we are, for this database's lifetime: INC-7 of another one is another incident."""
        if not self._installation:
            began = int(self._clock.now().timestamp() * 1_000_000)
            self._installation = await self._memory.keep_first(INSTALLATION, f"{began:x}")
        return self._installation
