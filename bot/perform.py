"""What each effect means to do, and who does it: the one `match effect`. Retries, leases and verdicts are `bot.deliver`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, assert_never

from bot.alerts.model import Alert, Notification
from bot.answering import Settles
from bot.chat.page import PageWords
from bot.coffee.house import House
from bot.coffee_effects import CoffeeEffects
from bot.copies import Copies, Limits
from bot.digests import Digests
from bot.drafted import DraftWords, drafted
from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.commands.coffee import CountThumbs, EndTimebox
from bot.incident.model import Incident, Person, PublicStatus, Source
from bot.lookups import Lookups, StoredAlert
from bot.ports import (
    AckLink,
    AckToken,
    Attempt,
    ChatPlatform,
    Clock,
    Overloaded,
    PageMessage,
    Pager,
    Publisher,
    Rejected,
    StatusPage,
    Unavailable,
)
from bot.rooms import Rooms, RoomWords, known
from bot.store import Claimed, Files
from bot.undelivered import tell

Hear = Callable[[Notification], Awaitable[object]]
"""Takes alerts in, as from a sender; returns once they are stored. Raises Overloaded or StoreUnavailable."""


ALERTS_TOLD = 50
"""Alerts that a page looks at to say what they have in common."""


class Words(RoomWords, DraftWords, Protocol):
    """How things are said. Pure; `bot.words` is it."""

    def page(self, incident: Incident, paged: e.Recorded | None, alerts: Sequence[StoredAlert]) -> PageWords: ...


@dataclass(frozen=True, slots=True)
class Providers:
    """Every configured adapter, by the name of its block. `own` are the publishers that keep what they get in the house, `copies`
    says how much is kept of files, `answer_urls` where the providers of pagers tell us of answers.
    `house` is how the coffee is held."""

    platforms: Mapping[str, ChatPlatform] = field(default_factory=dict)
    pagers: Mapping[str, Pager] = field(default_factory=dict)
    status_pages: Mapping[str, StatusPage] = field(default_factory=dict)
    publishers: Mapping[str, Publisher] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    people: Mapping[str, Person] = field(default_factory=dict)
    ack_link: AckLink = lambda number, person: ""
    ack_token: AckToken = lambda number, person, at: ""
    answer_urls: Mapping[str, str] = field(default_factory=dict)
    copies: Limits = field(default_factory=Limits)
    house: House = field(default_factory=House)


class Performer:
    """Does one effect through its adapter."""

    def __init__(
        self,
        lookups: Lookups,
        files: Files,
        clock: Clock,
        providers: Providers,
        words: Words,
        hear: Hear,
        digests: Digests,
    ) -> None:
        self._hear = hear
        self._digests = digests
        self._lookups = lookups
        self._clock = clock
        self._providers = providers
        self._words = words
        self._copies = Copies(lookups, files, providers.platforms, providers.copies)
        self._rooms = Rooms(lookups, clock, providers.platforms, providers.people, words)
        self._coffee = CoffeeEffects(lookups, clock, providers.platforms, providers.publishers, providers.house)

    async def do(self, item: Claimed, incident: Incident | None = None) -> c.Ask | None:
        """Do it; answers the command that tells the incident what came of it, None when nothing did.

        `incident` is its state, read anew when it is not given. Raises Unavailable, Rejected, StoreUnavailable.
        """
        command: c.Askable | None
        if isinstance(item.effect, f.Unbound):
            command = await self._unbound(item, item.effect)
            return None if command is None else asked(command, None, item)
        if incident is None:
            incident = await asyncio.to_thread(self._lookups.incident, item.incident)
        if incident is None:
            raise Rejected(f"INC-{item.incident} is not in the database")
        match item.effect:
            case (
                f.OpenRoom()
                | f.SetTopic()
                | f.SetLinks()
                | f.RefreshCard()
                | f.Announce()
                | f.Tell()
                | f.Invite()
                | f.Redirect()
                | f.ArchiveRoom()
                | f.CallOut()
                | f.ShowContacts()
            ):
                command = await self._rooms.do(item, item.effect, incident)
            case f.SendPage():
                command = await self._page(item, item.effect, incident)
            case f.SettlePage():
                await self._settle(item, item.effect, incident)
                return None
            case f.Publish():
                command = await self._publish(item, item.effect, incident)
            case f.WriteDraft():
                command = await self._write(item, item.effect, incident)
            case f.KeepFile():
                command = await self._copies.keep(item, item.effect)
            case f.WakeEscalation(ladder=ladder, step=step, round=round, due=due):
                command = c.Escalate(ladder=ladder, step=step + 1, round=round, due=due)
            case f.WakeReminder(due=due):
                command = c.Remind(promised=due)
            case f.WakeArchive():
                command = c.ArchiveRooms()
            case f.WakeReplay(of=of, seq=seq, due=due):
                command = c.StepReplay(of=of, seq=seq, due=due)
            case f.RepeatAlerts():
                await self._repeat(incident)
                return None
            case _:
                assert_never(item.effect)
        return None if command is None else asked(command, item.incident, item)

    async def _unbound(self, item: Claimed, effect: f.Unbound) -> c.CoffeeCommand | None:
        match effect:
            case f.SayHandover():
                await self._rooms.hand_over(item, effect)
                return None
            case f.WakeTimebox():
                return EndTimebox(coffee=effect.coffee, topic=effect.topic, round=effect.round, due=effect.due)
            case f.WakeThumbs():
                return CountThumbs(coffee=effect.coffee, topic=effect.topic, round=effect.round, due=effect.due)
            case f.ShowBoard() | f.TellCoffee() | f.AskThumbs() | f.WriteMinutes():
                return await self._coffee.do(item, effect)
            case f.TellUndelivered():
                boxes = self._digests.mailboxes
                await tell(_attempt(item), effect, self._providers.platforms, self._providers.pagers, boxes)
                return None
            case f.SayWeeklyDigest(platform=platform):
                await self._digests.say(_attempt(item), known(self._providers.platforms, platform, "chat"), effect)
                return None
            case f.MailWeeklyDigest(way=way):
                await self._digests.mail(_attempt(item), known(self._providers.pagers, way, "paging"), effect)
                return None

    async def _repeat(self, incident: Incident) -> None:
        firing = [stored for stored in await asyncio.to_thread(self._lookups.alerts, incident.number) if stored.firing]
        for source in sorted({stored.source for stored in firing}):
            alerts = tuple(again(stored) for stored in firing if stored.source == source)
            try:
                await self._hear(Notification(source, alerts))
            except Overloaded as error:
                raise Unavailable(str(error)) from error

    async def _page(self, item: Claimed, effect: f.SendPage, incident: Incident) -> c.Command | None:
        pager = known(self._providers.pagers, effect.way, "paging")
        person = known(self._providers.people, effect.person, "people")
        if incident.paging is None or not incident.status.open or not incident.paging.wakes(effect.person):
            # Somebody answered, or it ended, between the claim and now: let them sleep.
            return None
        asked = effect.asked or item.since
        if incident.paging.went_out(effect.person, effect.way, since=asked):
            # An earlier page to them got through after they were asked this time: one is enough.
            return None
        paged = await asyncio.to_thread(self._asked, item.incident, asked)
        page = await self._message(item, person, effect.way, incident, paged)
        receipt = await pager.trigger(_attempt(item), page)
        return c.RecordPage(
            person=effect.person,
            way=effect.way,
            receipt=receipt,
            ladder=effect.ladder,
            step=effect.step,
            round=effect.round,
        )

    async def _settle(self, item: Claimed, effect: f.SettlePage, incident: Incident) -> None:
        """Say at the provider that somebody has it, or that it is over; which it may be by now."""
        pager: object = known(self._providers.pagers, effect.way, "paging")
        person = known(self._providers.people, effect.person, "people")
        if not isinstance(pager, Settles):
            return
        page, attempt = await self._message(item, person, effect.way, incident, None), _attempt(item)
        if effect.by:
            by = self._providers.people.get(effect.by)
            await pager.acknowledge(attempt, page, by.name if by else effect.by)
        else:
            await pager.resolve(attempt, page)

    def _asked(self, incident: int, event: int) -> e.Recorded | None:
        return next(iter(self._lookups.history(incident, since=event, upto=event)), None)

    async def _message(
        self, item: Claimed, person: Person, way: str, incident: Incident, paged: e.Recorded | None
    ) -> PageMessage:
        """Why somebody is `paged` is what its event says; what it is about, what its alerts say."""
        alerts = await asyncio.to_thread(self._lookups.alerts, incident.number, ALERTS_TOLD)
        said = self._words.page(incident, paged, alerts)
        return PageMessage(
            person=person,
            key=f"{incident.ref}:{person.id}",
            ref=incident.ref,
            title=incident.title,
            headline=said.headline,
            text=said.text,
            severity=incident.severity.value,
            opened_at=incident.opened_at,
            ack_url=self._providers.ack_link(incident.number, person.id),
            ack_token=self._providers.ack_token(incident.number, person.id, item.first_at),
            answer_url=self._providers.answer_urls.get(way, ""),
            room_url=next((room.link for room in incident.rooms.values() if room.live and room.link), ""),
            runbook_url=said.runbook,
        )

    async def _publish(self, item: Claimed, effect: f.Publish, incident: Incident) -> c.Command | None:
        page = known(self._providers.status_pages, effect.page, "status")
        history = await asyncio.to_thread(self._lookups.history, incident.number, since=item.since, upto=item.upto)
        for recorded in history:
            if isinstance(recorded.event, e.PublicPostPublished):
                event = recorded.event
                if incident.private and event.post.status is not PublicStatus.RESOLVED:
                    # It became private while this waited for the page: a leak. Its end may go out, if there is one.
                    raise Rejected(f"{incident.ref} became private before it was posted")
                link = await page.publish(
                    _attempt(item),
                    ref=incident.ref,
                    number=event.number,
                    at=event.at,
                    post=event.post,
                )
                return c.RecordPost(number=event.number, page=effect.page, link=link)
        raise Rejected(f"public post {effect.number} is not on the timeline")

    async def _write(self, item: Claimed, effect: f.WriteDraft, incident: Incident) -> c.Command | None:
        publisher = known(self._providers.publishers, effect.publisher, "publishing")
        if incident.private and effect.publisher not in self._providers.own:
            raise Rejected(f"{incident.ref} became private before its draft was written")
        through = incident.postmortem.through if incident.postmortem else item.upto
        text = await asyncio.to_thread(drafted, self._lookups, self._words, incident, through)
        attempt = _attempt(item)
        written = await publisher.write(attempt, ref=incident.ref, text=text, private=incident.private)
        # People are sent to the first one, wherever else it is kept.
        copy = effect.publisher != next(iter(self._providers.publishers))
        return c.RecordPostmortem(place=written.place, edited=written.edited, copy=copy, removed=effect.removed)


def _attempt(item: Claimed) -> Attempt:
    return Attempt(item.key, item.attempt)


def again(stored: StoredAlert) -> Alert:
    """A stored alert as its sender would repeat it."""
    return Alert(
        source=stored.source,
        fingerprint=stored.fingerprint,
        firing=stored.firing,
        starts_at=stored.starts_at,
        ends_at=stored.ends_at,
        labels=stored.labels,
        annotations=stored.annotations,
        link=stored.link,
        group=stored.group,
    )


def asked(command: c.Askable, incident: int | None, item: Claimed) -> c.Ask:
    """`command` in the name of the delivery of `item`."""
    return c.Ask(command=command, incident=incident, by="klatsch", source=Source("delivery", item.key))
