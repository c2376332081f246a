"""What is done in chat: rooms opened, kept up to date and archived, and what everybody may read announced.

What is told to whom is looked at when it is told: nothing of a private incident goes into a room that everybody reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Protocol, TypeVar, assert_never

from bot.chat.document import Document
from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.model import Incident, Kind, Person, Room
from bot.lookups import Lookups
from bot.oncall.load import Paged
from bot.ports import Attempt, ChatPlatform, Clock, Gone, Rejected, RoomLink
from bot.store import Claimed

T = TypeVar("T")

OPEN_TOLD = 200
"""Open incidents that are looked at for whoever takes over."""


class RoomWords(Protocol):
    """How things are said in chat. Pure; `bot.words` is it."""

    def card(self, incident: Incident, now: datetime) -> Document: ...
    def announcement(self, incident: Incident, now: datetime) -> Document: ...
    def digest(self, incident: Incident, told: Sequence[e.Recorded]) -> Document | None: ...
    def topic(self, incident: Incident) -> str: ...
    def links(self, incident: Incident) -> Sequence[RoomLink]: ...
    def room_name(self, incident: Incident, platform: str) -> str: ...
    def redirect(self, incident: Incident) -> Document: ...
    def left_topic(self, incident: Incident) -> str: ...
    def handover(
        self, handover: f.SayHandover, standing: Sequence[Incident], paged: Sequence[Paged]
    ) -> Document | None: ...
    def call_out(self, incident: Incident) -> Document: ...
    def contacts(self, incident: Incident, now: datetime) -> Document | None: ...


class Rooms:
    """Does what is to be done on a chat platform."""

    def __init__(
        self,
        lookups: Lookups,
        clock: Clock,
        platforms: Mapping[str, ChatPlatform],
        people: Mapping[str, Person],
        words: RoomWords,
    ) -> None:
        self._lookups = lookups
        self._clock = clock
        self._platforms = platforms
        self._people = people
        self._words = words

    async def do(self, item: Claimed, effect: f.PlatformEffect, incident: Incident) -> c.Command | None:
        """As `bot.perform.Performer.do`."""
        platform = known(self._platforms, effect.platform, "chat")
        attempt = Attempt(item.key, item.attempt)
        held = incident.rooms.get(effect.platform, Room(""))
        if isinstance(effect, f.OpenRoom):
            return await self._open(platform, attempt, held, incident)
        if isinstance(effect, f.Announce):
            return await self._announce(platform, attempt, held, incident)
        if isinstance(effect, f.CallOut):
            await self._call_out(platform, attempt, incident)
            return None
        if held.exposed and not held.archived:
            return await self._leave(platform, attempt, effect, held, incident)
        if not held.live:
            # Its room could not be opened, which was told already, or nobody writes there any more.
            return None
        match effect:
            case f.SetTopic():
                await platform.set_topic(attempt, held.id, self._words.topic(incident))
                return None
            case f.SetLinks():
                await platform.set_links(attempt, held.id, self._words.links(incident))
                return None
            case f.RefreshCard():
                return await self._card(platform, attempt, held, incident)
            case f.Tell():
                await self._tell(platform, attempt, item, held, incident)
                return None
            case f.Invite(people=people):
                # Meanwhile a page or a role may have been taken back that was a slip.
                wanted = [person for person in people if person in incident.insiders or not incident.private]
                found = [self._person(person, effect.platform) for person in wanted]
                await platform.invite(attempt, held.id, [person for person in found if person is not None])
                return None
            case f.ShowContacts():
                needed = incident.paging is not None and incident.paging.needs_hands and incident.status.open
                if needed and (contacts := self._words.contacts(incident, self._clock.now())):
                    await platform.say(attempt, held.id, contacts)
                return None
            case f.Redirect():
                return None
            case f.ArchiveRoom():
                await platform.archive(attempt, held.id)
                return c.RecordArchive(platform=effect.platform)
            case _:
                assert_never(effect)

    async def _open(self, platform: ChatPlatform, attempt: Attempt, held: Room, incident: Incident) -> c.Command | None:
        if incident.status.final or held.live:
            return None
        opened = await platform.open_room(
            attempt,
            mark=incident.room_mark(platform.name),
            name=self._words.room_name(incident, platform.name),
            topic=self._words.topic(incident),
            private=incident.private,
        )
        return c.RecordRoom(platform=platform.name, room=opened.id, link=opened.link, private=opened.private)

    async def _announce(
        self, platform: ChatPlatform, attempt: Attempt, held: Room, incident: Incident
    ) -> c.Command | None:
        if not platform.announce_room:
            return None
        announcement = self._words.announcement(incident, self._clock.now())
        if held.announcement:
            try:
                await platform.edit(attempt, platform.announce_room, held.announcement, announcement)
                return None
            except Gone:
                # Of what is over nobody need read it any more, and of what is private nobody may.
                if incident.private or not incident.status.open or held.unannounced:
                    return None
        message = await platform.say(attempt, platform.announce_room, announcement)
        return c.RecordAnnouncement(platform=platform.name, message=message)

    async def _call_out(self, platform: ChatPlatform, attempt: Attempt, incident: Incident) -> None:
        """Unless somebody answered meanwhile, or it became private."""
        held = incident.paging
        unanswered = held is not None and held.exhausted and not held.acknowledged_by
        if platform.announce_room and unanswered and incident.status.open and not incident.private:
            await platform.say(attempt, platform.announce_room, self._words.call_out(incident))

    async def hand_over(self, item: Claimed, effect: f.SayHandover) -> None:
        """Say that one handed over to the next, with what is open and may be read by everybody."""
        platform = known(self._platforms, effect.platform, "chat")
        if not platform.announce_room:
            return
        standing = await asyncio.to_thread(self._lookups.open_incidents, OPEN_TOLD)
        paged = await asyncio.to_thread(self._lookups.paged, effect.since, effect.at)
        told = self._words.handover(
            effect, [one for one in standing if not one.private and one.kind is not Kind.DRILL], paged
        )
        if told is not None:
            await platform.say(Attempt(item.key, item.attempt), platform.announce_room, told)

    async def _leave(
        self, platform: ChatPlatform, attempt: Attempt, effect: f.PlatformEffect, held: Room, incident: Incident
    ) -> c.Command | None:
        """In a room that everybody reads, whatever waited for it: only where it goes on."""
        match effect:
            case f.SetTopic():
                await platform.set_topic(attempt, held.id, self._words.left_topic(incident))
            case f.SetLinks():
                await platform.set_links(attempt, held.id, ())
            case f.RefreshCard() if held.card:
                with suppress(Gone):
                    await platform.edit(attempt, held.id, held.card, self._words.redirect(incident))
            case f.Redirect():
                await platform.say(attempt, held.id, self._words.redirect(incident))
            case f.ArchiveRoom():
                await platform.archive(attempt, held.id)
                return c.RecordArchive(platform=platform.name)
            case _:
                pass
        return None

    async def _card(self, platform: ChatPlatform, attempt: Attempt, held: Room, incident: Incident) -> c.Command | None:
        card = self._words.card(incident, self._clock.now())
        if held.card:
            try:
                await platform.edit(attempt, held.id, held.card, card)
            except Gone:
                return c.LoseCard(platform=platform.name, message=held.card)
            return None
        if held.bare:
            return None
        message = await platform.say(attempt, held.id, card)
        await platform.pin(attempt, held.id, message)
        return c.RecordCard(platform=platform.name, message=message)

    async def _tell(
        self, platform: ChatPlatform, attempt: Attempt, item: Claimed, held: Room, incident: Incident
    ) -> None:
        history = await asyncio.to_thread(self._lookups.history, incident.number, since=item.since, upto=item.upto)
        digest = self._words.digest(incident, history)
        if digest is None:
            return
        thread = "" if any(_loud(recorded.event) for recorded in history) else held.card
        try:
            await platform.say(attempt, held.id, digest, thread=thread)
        except Gone:
            await platform.say(attempt, held.id, digest)

    def _person(self, id_: str, platform: str) -> Person | None:
        """Who that is: an entry under `people:`, or a user of this very platform. None: somebody from elsewhere."""
        if id_ in self._people:
            return self._people[id_]
        where, _, user = id_.partition(":")
        return Person(user, user, handles={platform: user}) if where == platform and user else None


def _loud(event: e.Event) -> bool:
    """That nobody answers, or that what is over is not, may not wait until somebody looks into a thread."""
    return isinstance(event, e.AlertsStillFiring) or (isinstance(event, e.PagingEnded) and event.exhausted)


def known(providers: Mapping[str, T], name: str, section: str) -> T:
    """Raises Rejected when the configuration has it no more."""
    if name not in providers:
        raise Rejected(f"`{name}` is not configured under `{section}:` any more")
    return providers[name]
