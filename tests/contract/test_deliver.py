"""What the loop promises, told as stories: what happens is done outside, once, in order, and nothing is dropped unsaid.

The database, the writer, the deliverer and the rooms are real; the clock is pushed forward.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

import bot.deliver
from adapters.chat.console import Config, ConsolePlatform, build
from bot.alerts.model import Alert, Notification
from bot.chat.templates import Templates
from bot.deliver import BACKOFF_MOST, Deliverer, backoff
from bot.handle import Outcome
from bot.inbox import Writer
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import ComponentState, Kind, Mark, PublicStatus, Role, Severity, Status
from bot.incident.timeline import sentence
from bot.perform import Performer, Providers
from bot.ports import ChatPlatform, Rejected, Unavailable
from bot.store import StoreUnavailable
from bot.words import Wording
from tests.clock import START
from tests.fakes import Orders, Patience, RecordingPager, RecordingPublisher, RecordingStatusPage, TroubledChat
from tests.until import until
from tests.world import PEOPLE, RULES, World, an_ask

LONG_ENOUGH = 3
"""Seconds after which a card and a digest have settled."""


class Stage:
    """The world with everybody on it: what is asked goes through the writer, and `settle` lets the loop run."""

    def __init__(self, world: World, writer: Writer, folder: Path) -> None:
        self.world = world
        self.clock = world.clock
        self.writer = writer
        self.folder = folder
        self.rooms: dict[str, ConsolePlatform] = {}
        self.chats: dict[str, TroubledChat] = {}
        self.ntfy, self.email = RecordingPager(), RecordingPager()
        self.page, self.publisher = RecordingStatusPage(), RecordingPublisher()
        for name in world.rules.policy.platforms:
            self.rooms[name] = build(name, Config(folder=str(folder / name)), clock=world.clock)
            self.chats[name] = TroubledChat(self.rooms[name])
        self.deliverer = self.another_process()

    @property
    def chat(self) -> TroubledChat:
        return self.chats["console"]

    def another_process(self, **changes: object) -> Deliverer:
        platforms: dict[str, ChatPlatform] = dict(self.chats)
        everybody = Providers(
            platforms=platforms,
            pagers={"ntfy": self.ntfy, "email": self.email},
            status_pages={"page": self.page},
            publishers={"folder": self.publisher},
            people=PEOPLE,
            ack_link=lambda number, person: f"https://klatsch.example.org/ack/{number}-{person}",
        )
        words = Wording(Templates(None), PEOPLE, "UTC", {})
        world = self.world
        providers = replace(everybody, **changes)
        performer = Performer(world.lookups, world.clock, providers, words)
        return Deliverer(world.outbox, self.writer, world.lookups, world.clock, performer)

    async def ask(self, command: c.Command, incident: int | None = None, *, by: str = "ana") -> Outcome:
        return await self.writer.submit(an_ask(command, incident, by=by))

    async def open(self, title: str = "Volumes slow", **facts: object) -> int:
        outcome = await self.ask(c.Open(title=title, **facts))
        assert outcome.after is not None
        return outcome.after.number

    async def settle(self, *, deliverer: Deliverer | None = None) -> None:
        """Do what is due, let cards and digests settle, and do those. A retry that waits longer keeps waiting."""
        loop = deliverer or self.deliverer
        await loop.drain()
        self.clock.forward(seconds=LONG_ENOUGH)
        await loop.drain()
        self.clock.forward(seconds=LONG_ENOUGH)
        await loop.drain()

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        """The loop runs by itself; time passes in `until`."""
        running = asyncio.create_task(self.deliverer.run())
        try:
            yield
        finally:
            self.deliverer.stop()
            await running
            self.deliverer = self.another_process()

    async def until(self, met: Callable[[], bool], what: str) -> None:
        """Until `met` says yes; a second passes from look to look."""

        def looked() -> bool:
            if met():
                return True
            self.clock.forward(seconds=1)
            self.deliverer.wake()
            return False

        await until(looked, what, every=0.01)

    def incident(self, number: int = 1):
        found = self.world.lookups.incident(number)
        assert found is not None
        return found

    def timeline(self, number: int = 1) -> list[str]:
        return [sentence(r.event, lambda person: person) for r in self.world.lookups.history(number)]

    def events(self, kind: type[e.Event], number: int = 1) -> list[e.Event]:
        return [r.event for r in self.world.lookups.history(number) if isinstance(r.event, kind)]

    def thread(self, room: str = "inc-1", *, on: str = "console") -> list[str]:
        """What was said in the thread of the card."""
        return [m.document.to_plain() for m in self.rooms[on].messages(room) if m.thread]

    def card(self, room: str = "inc-1", *, on: str = "console") -> str:
        card = self.rooms[on].room(room).card
        assert card is not None
        return card.document.to_plain()

    def announced(self, *, on: str = "console") -> list[str]:
        return [m.document.to_plain() for m in self.rooms[on].messages("incidents")]

    def effects(self, *kinds: str) -> list[tuple[str, str, int]]:
        """(kind, state, attempt) of these effects, the oldest first."""
        with self.world.database.read() as connection:
            found = connection.execute(text("SELECT kind, state, attempt FROM outbox ORDER BY id")).all()
        return [(row.kind, row.state, row.attempt) for row in found if row.kind in kinds]


@asynccontextmanager
async def on_stage(world: World, folder: Path) -> AsyncIterator[Stage]:
    writer = Writer(world.store, world.rules)
    writing = asyncio.create_task(writer.run())
    stage = Stage(world, writer, folder)
    try:
        yield stage
    finally:
        stage.deliverer.stop()
        await stage.deliverer.run()
        writer.stop()
        await writing
        for platform in stage.rooms.values():
            platform.close()


@pytest.fixture
async def stage(world: World, tmp_path: Path) -> AsyncIterator[Stage]:
    async with on_stage(world, tmp_path) as stage:
        yield stage


@pytest.fixture
async def two_platforms(world: World, tmp_path: Path) -> AsyncIterator[Stage]:
    world.rules = replace(RULES, policy=replace(RULES.policy, platforms=("console", "matrix")))
    async with on_stage(world, tmp_path) as stage:
        yield stage


def firing(count: int, *, first: int = 0, severity: str = "critical") -> Notification:
    labels = {"alertname": "OSDDown", "severity": severity, "region": "r1", "az": "a"}
    alerts = tuple(
        Alert("prometheus", f"f{first + n}", True, START, labels=labels, annotations={"summary": f"osd {n}"})
        for n in range(count)
    )
    return Notification("prometheus", alerts, group="g")


# Rooms.


async def test_an_incident_gets_its_room_topic_pinned_card_announcement_and_guests(stage: Stage):
    await stage.open("Volumes slow in az2", page="policy:platform")
    await stage.settle()
    room = stage.rooms["console"].room("inc-1")
    assert room.topic.startswith("INC-1")
    assert room.card is not None
    assert "Volumes slow in az2" in stage.card()
    assert list(room.people) == ["ana"]
    assert len(stage.announced()) == 1
    assert "INC-1" in stage.announced()[0]
    await stage.ask(c.AssignRole(role=Role.LEAD, person="ben"), 1)
    await stage.settle()
    assert list(stage.rooms["console"].people("inc-1")) == ["ana", "ben"]
    assert "Ben Okafor" in stage.card()
    assert len(room.pinned) == len(stage.announced()) == 1


async def test_what_happens_is_told_in_the_thread_once(stage: Stage):
    await stage.open()
    await stage.settle()
    for n in range(3):
        await stage.ask(c.Note(mark=Mark.NOTE, text=f"line {n}"), 1)
    await stage.settle()
    await stage.ask(c.Note(mark=Mark.HYPOTHESIS, text="a full disk"), 1)
    await stage.settle()
    told = "\n".join(stage.thread())
    assert [told.count(words) for words in ("line 0", "line 1", "line 2", "a full disk")] == [1, 1, 1, 1]
    assert len(stage.thread()) == 2


async def test_a_private_incident_is_announced_nowhere(stage: Stage):
    await stage.open("Somebody is in our network", private=True)
    await stage.ask(c.SetSeverity(severity=Severity.SEV1), 1)
    await stage.settle()
    assert stage.announced() == []
    assert stage.rooms["console"].room("inc-1").private
    assert not stage.rooms["console"].may_read("inc-1", "eve")


async def test_an_incident_made_private_is_withdrawn_where_it_was_announced(stage: Stage):
    await stage.open("Somebody is in our network")
    await stage.settle()
    await stage.ask(c.MakePrivate(), 1)
    await stage.settle()
    (announced,) = stage.announced()
    assert "INC-1" in announced
    assert "network" not in announced


async def test_an_accepted_incident_gets_the_room_that_triage_did_not_have(stage: Stage):
    await stage.open("Disk filling", status=Status.TRIAGE, severity=Severity.SEV3)
    await stage.settle()
    assert [room.id for room in stage.rooms["console"].rooms()] == ["incidents"]
    assert len(stage.announced()) == 1
    await stage.ask(c.Accept(), 1)
    await stage.settle()
    assert "Disk filling" in stage.card()
    assert len(stage.announced()) == 1


async def test_a_drill_pages_and_publishes_nothing(stage: Stage):
    await stage.open("Lights out", kind=Kind.DRILL, page="policy:platform")
    await stage.settle()
    assert stage.card()
    assert stage.ntfy.tries == stage.email.tries == []
    assert stage.page.posts == {}


# Pages.


async def test_people_are_woken_although_the_chat_platform_is_down(stage: Stage):
    stage.chat.orders.always = Unavailable("the homeserver is gone")
    await stage.open(page="policy:platform")
    await stage.settle()
    assert stage.ntfy.woken == stage.email.woken == ["ana"]
    assert len(stage.events(e.PageSent)) == 2
    assert stage.incident().rooms == {}
    stage.chat.orders.always = None
    stage.clock.forward(minutes=2)
    await stage.settle()
    assert "The page to ana went out by ntfy" in "\n".join(stage.thread()).replace("Ana Ruiz", "ana")
    assert list(stage.rooms["console"].people("inc-1")) == ["ana"]


async def test_a_page_says_what_it_is_about(stage: Stage):
    await stage.open("Volumes slow in az2", page="policy:platform")
    await stage.settle()
    assert stage.ntfy.tries[0].text == "INC-1 Volumes slow in az2"


async def test_one_way_that_fails_is_told_and_the_other_one_is_enough(stage: Stage):
    stage.ntfy.orders.always = Rejected("ana has no topic")
    await stage.open(page="policy:platform")
    await stage.settle()
    assert "The page to ana by ntfy failed: ana has no topic" in stage.timeline()
    assert stage.email.woken == ["ana"]
    assert len(stage.events(e.PeoplePaged)) == 1


async def test_when_every_way_fails_the_next_one_is_asked_at_once(stage: Stage):
    stage.ntfy.orders.always = Rejected("no topic")
    stage.email.orders.then.append(Rejected("no such mailbox"))
    await stage.open(page="policy:platform")
    await stage.deliverer.drain()
    assert stage.clock.now() == START
    assert stage.email.woken == ["ben"]
    assert [asked.reason for asked in stage.events(e.PeoplePaged)] == ["opened", "no page got through"]


async def test_when_no_page_gets_through_at_all_that_is_told(stage: Stage):
    stage.ntfy.orders.always = stage.email.orders.always = Rejected("the account is closed")
    await stage.open(page="policy:platform")
    await stage.settle()
    assert [asked.people for asked in stage.events(e.PeoplePaged)] == [("ana",), ("ben",), ("ana",), ("ben",)]
    (ended,) = stage.events(e.PagingEnded)
    assert ended.exhausted
    assert "Paging ended: no page got through" in "\n".join(stage.thread())
    assert "nobody answered" in stage.card()


async def test_nobody_acknowledges_and_the_ladder_is_climbed_twice_and_then_that_is_told(stage: Stage):
    await stage.open(page="policy:platform")
    await stage.settle()
    woken = [list(stage.email.woken)]
    for _ in range(4):
        stage.clock.forward(minutes=5)
        await stage.settle()
        woken.append(list(stage.email.woken))
    assert woken == [
        ["ana"],
        ["ana", "ben"],
        ["ana", "ben", "ana"],
        ["ana", "ben", "ana", "ben"],
        ["ana", "ben", "ana", "ben"],
    ]
    (ended,) = stage.events(e.PagingEnded)
    assert ended.exhausted
    assert "Paging ended: nobody acknowledged" in "\n".join(stage.thread())
    assert "nobody answered" in stage.card()


async def test_the_next_step_is_not_asked_before_its_time(stage: Stage):
    await stage.open(page="policy:platform")
    await stage.settle()
    stage.clock.forward(minutes=4)
    await stage.settle()
    assert stage.email.woken == ["ana"]


async def test_after_an_acknowledgement_nobody_else_is_woken(stage: Stage):
    await stage.open(page="policy:platform")
    await stage.settle()
    await stage.ask(c.Acknowledge(person="ana"), 1)
    for _ in range(5):
        stage.clock.forward(minutes=5)
        await stage.settle()
    assert stage.email.woken == ["ana"]
    assert stage.events(e.PagingEnded) == []
    assert "ana acknowledged" in stage.timeline()


async def test_who_acknowledges_while_a_page_waits_for_its_provider_is_not_woken_again(stage: Stage):
    stage.ntfy.orders.then.append(Unavailable("busy", timedelta(seconds=30)))
    await stage.open(page="policy:platform")
    await stage.settle()
    await stage.ask(c.Acknowledge(person="ana"), 1)
    stage.clock.forward(minutes=1)
    await stage.settle()
    assert stage.ntfy.woken == []
    assert [state for _, state, _ in stage.effects("send_page")] == ["cancelled", "done"]


async def test_who_acknowledges_between_the_claim_and_the_call_is_let_sleep(stage: Stage):
    await stage.open(page="policy:platform")
    claimed = [item for item in stage.world.outbox.claim(9, timedelta(minutes=1)) if "page" in item.lane]
    await stage.ask(c.Acknowledge(person="ana"), 1)
    for item in claimed:
        await stage.deliverer._one(item)
    assert stage.ntfy.tries == stage.email.tries == []


async def test_a_page_that_was_on_its_way_when_somebody_acknowledged_is_on_the_timeline(stage: Stage):
    calling = Patience()
    stage.email.orders.then.append(calling)
    await stage.open(page="policy:platform")
    async with stage.delivering():
        await stage.until(calling.asked.is_set)
        await stage.ask(c.Acknowledge(person="ana"), 1)
        calling.go.set()
        await stage.until(lambda: len(stage.events(e.PageSent)) == 2)
    assert {sent.way for sent in stage.events(e.PageSent)} == {"ntfy", "email"}
    assert {state for _, state, _ in stage.effects("send_page")} == {"done"}


async def test_a_page_that_failed_while_somebody_acknowledged_is_not_tried_again(stage: Stage):
    calling = Patience()

    async def refuse() -> None:
        await calling()
        raise Unavailable("503")

    stage.email.orders.then.append(refuse)
    await stage.open(page="policy:platform")
    async with stage.delivering():
        await stage.until(calling.asked.is_set)
        await stage.ask(c.Acknowledge(person="ana"), 1)
        calling.go.set()
    stage.clock.forward(minutes=5)
    await stage.settle()
    assert len(stage.email.tries) == 1
    assert stage.events(e.PageFailed) == []


async def test_a_page_that_cannot_be_sent_for_a_quarter_of_an_hour_is_told_as_failed(stage: Stage):
    stage.ntfy.orders.always = Unavailable("503")
    await stage.open(page="person:ana")
    for _ in range(16):
        await stage.settle()
        stage.clock.forward(minutes=1)
    (failed,) = stage.events(e.PageFailed)
    assert failed.way == "ntfy"
    assert failed.reason.startswith("gave up after")


async def test_a_page_held_up_until_after_the_ladder_has_ended_still_goes_out(stage: Stage):
    stage.email.orders.then.append(Unavailable("503", timedelta(minutes=7)))
    await stage.open(page="person:ben")
    await stage.settle()
    stage.clock.forward(minutes=6)
    await stage.settle()
    assert [ended.exhausted for ended in stage.events(e.PagingEnded)] == [True]
    stage.clock.forward(minutes=2)
    await stage.settle()
    assert stage.email.woken == ["ben"]
    await stage.ask(c.Acknowledge(person="ben"), 1)
    assert stage.incident().paging.acknowledged_by == "ben"


async def test_nobody_is_woken_for_what_was_resolved_after_the_ladder_had_ended(stage: Stage):
    stage.email.orders.then.append(Unavailable("503", timedelta(minutes=7)))
    await stage.open(page="person:ben")
    await stage.settle()
    stage.clock.forward(minutes=6)
    await stage.settle()
    await stage.ask(c.Resolve(summary="ok"), 1)
    stage.clock.forward(minutes=2)
    await stage.settle()
    assert stage.email.woken == []


# Trouble.


async def test_the_time_a_provider_asks_for_is_honoured(stage: Stage):
    stage.email.orders.then.append(Unavailable("slow down", timedelta(seconds=90)))
    await stage.open(page="policy:platform")
    await stage.deliverer.drain()
    stage.clock.forward(seconds=89)
    await stage.deliverer.drain()
    assert len(stage.email.tries) == 1
    stage.clock.forward(seconds=2)
    await stage.deliverer.drain()
    assert [(asked.number, asked.key) for asked in stage.email.tries] == [
        (1, stage.email.tries[0].key),
        (2, stage.email.tries[0].key),
    ]
    assert stage.email.woken == ["ana"]


def test_waits_double_to_five_minutes_and_are_spread_by_half_the_same_way_each_time():
    waits = [backoff("1.2.0", attempt).total_seconds() for attempt in range(1, 30)]
    for attempt, wait in enumerate(waits, 1):
        most = min(BACKOFF_MOST, 2.0 ** (attempt - 1))
        assert most / 2 <= wait <= most
    assert waits == [backoff("1.2.0", attempt).total_seconds() for attempt in range(1, 30)]
    together = {backoff(f"{n}.1.0", 9) for n in range(100)}
    assert len(together) > 90


async def test_a_bug_in_an_adapter_is_tried_again_and_finally_told(stage: Stage, caplog: pytest.LogCaptureFixture):
    stage.page.orders.always = KeyError("id")
    post = c.DraftPublicPost(status=PublicStatus.INVESTIGATING, title="Slow", text="We are looking into it.")
    await stage.open()
    await stage.ask(post, 1)
    await stage.ask(c.ApprovePublicPost(), 1)
    with caplog.at_level(logging.CRITICAL):
        for _ in range(20):
            await stage.settle()
            stage.clock.forward(minutes=6)
    assert stage.effects("publish") == [("publish", "failed", bot.deliver.BUG_ATTEMPTS)]
    (failed,) = stage.events(e.DeliveryFailed)
    assert (failed.effect, failed.provider) == ("publish", "page")
    assert "internal error (KeyError)" in failed.reason
    assert "Publish on page failed" in "\n".join(stage.thread())


async def test_a_bug_that_passes_leaves_no_trace_but_the_log(stage: Stage, caplog: pytest.LogCaptureFixture):
    stage.email.orders.then.append(ZeroDivisionError())
    with caplog.at_level(logging.CRITICAL):
        await stage.open(page="person:ben")
        await stage.settle()
    assert stage.email.woken == ["ben"]
    assert stage.events(e.PageFailed) == []


async def test_what_a_day_of_trying_did_not_do_is_told(stage: Stage):
    stage.publisher.orders.always = Unavailable("the disk is full")
    await stage.open()
    await stage.ask(c.Resolve(summary="ok"), 1)
    await stage.ask(c.StartReview(), 1)
    for _ in range(27):
        await stage.settle()
        stage.clock.forward(hours=1)
    (failed,) = stage.events(e.DeliveryFailed)
    assert failed.reason.startswith("gave up after")
    assert failed.reason.endswith("the disk is full")
    assert "Write draft on folder failed" in "\n".join(stage.thread())


async def test_a_provider_that_left_the_configuration_fails_and_is_told(stage: Stage):
    await stage.open()
    await stage.settle()
    post = c.DraftPublicPost(status=PublicStatus.INVESTIGATING, title="Slow", text="We are looking into it.")
    await stage.ask(post, 1)
    await stage.ask(c.ApprovePublicPost(), 1)
    await stage.ask(c.Page(target="person:ben"), 1)
    await stage.settle(deliverer=stage.another_process(status_pages={}, pagers={}))
    (failed,) = stage.events(e.DeliveryFailed)
    assert failed.reason == "`page` is not configured under `status:` any more"
    (unsent,) = stage.events(e.PageFailed)
    assert unsent.reason == "`email` is not configured under `paging:` any more"
    assert "`page` is not configured" in "\n".join(stage.thread())


async def test_a_room_that_cannot_be_told_of_its_own_failure_is_not_told_for_ever(stage: Stage):
    await stage.open()
    await stage.settle()
    stage.chat.orders.always = Rejected("the bot was removed from the room")
    await stage.ask(c.Note(mark=Mark.NOTE, text="anybody here?"), 1)
    for _ in range(5):
        await stage.settle()
    assert sorted(failed.effect for failed in stage.events(e.DeliveryFailed)) == ["refresh_card", "tell"]
    assert stage.world.lookups.waiting() == []


async def test_what_one_platform_cannot_do_is_told_on_the_other(two_platforms: Stage):
    stage = two_platforms
    stage.chats["matrix"].by_method["open_room"] = Orders(always=Rejected("rooms may not be created"))
    await stage.open("Volumes slow")
    await stage.settle()
    assert "Open room on matrix failed: rooms may not be created" in "\n".join(stage.thread())
    assert stage.incident().rooms["console"].id == "inc-1"
    assert [room.id for room in stage.rooms["matrix"].rooms()] == ["incidents"]
    assert [failed.effect for failed in stage.events(e.DeliveryFailed)] == ["open_room"]
    assert len(stage.announced(on="matrix")) == 1


async def test_what_waits_behind_a_platform_that_is_down_is_not_looked_for_all_the_time(stage: Stage):
    stage.chat.orders.always = Unavailable("down", timedelta(minutes=1))
    await stage.open()
    await stage.deliverer.drain()
    assert stage.world.outbox.next_due() == timedelta(minutes=1)


async def test_two_platforms_do_not_wait_for_each_other(two_platforms: Stage):
    stage = two_platforms
    stage.chats["matrix"].orders.always = Unavailable("down")
    await stage.open("Volumes slow")
    await stage.settle()
    assert "Volumes slow" in stage.card()
    stage.chats["matrix"].orders.always = None
    stage.clock.forward(minutes=2)
    await stage.settle()
    assert "Volumes slow" in stage.card(on="matrix")


async def test_a_consequence_that_cannot_be_stored_does_not_wake_anybody_again_and_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    honest = stage.email.trigger

    async def poisoned(attempt, page):
        await honest(attempt, page)
        return object()

    monkeypatch.setattr(stage.email, "trigger", poisoned)
    with caplog.at_level(logging.CRITICAL):
        await stage.open(page="person:ben")
        for _ in range(5):
            await stage.settle()
            stage.clock.forward(minutes=2)
    assert len(stage.email.tries) == 1
    (failed,) = stage.events(e.PageFailed)
    assert "could not be recorded" in failed.reason


async def test_a_database_that_is_away_while_settling_costs_one_lease_and_nothing_else(stage: Stage):
    await stage.open(page="person:ben")
    honest, away = stage.writer.submit, [StoreUnavailable("the disk is full")]

    async def submit(request):
        if away:
            raise away.pop()
        return await honest(request)

    stage.writer.submit = submit
    await stage.deliverer.drain()
    stage.clock.forward(seconds=61)
    await stage.settle()
    assert len(stage.events(e.PageSent)) == 1
    assert [state for _, state, _ in stage.effects("send_page")] == ["done"]


# Storms.


async def test_a_storm_of_alerts_is_a_handful_of_calls(stage: Stage):
    for n in range(300):
        await stage.writer.submit(firing(1, first=n))
        if n % 10 == 9:
            stage.clock.forward(seconds=0.1)
            await stage.deliverer.drain()
    await stage.settle()
    assert stage.incident().alerts_firing == 300
    assert [incident.number for incident in stage.world.lookups.recent()] == [1]
    assert len(stage.chat.calls) <= 20
    assert "300" in stage.card()
    assert stage.ntfy.woken == stage.email.woken == ["ana"]


# Leases.


async def test_who_was_too_slow_records_nothing_twice(stage: Stage, caplog: pytest.LogCaptureFixture):
    slow = Patience()
    stage.email.orders.then.append(slow)
    await stage.open(page="person:ben")
    first = asyncio.create_task(stage.deliverer.drain())
    await slow.asked.wait()
    stage.clock.forward(seconds=61)
    other = stage.another_process()
    await stage.settle(deliverer=other)
    assert len(stage.events(e.PageSent)) == 1
    slow.go.set()
    await first
    assert len(stage.events(e.PageSent)) == 1
    assert "taken over by another process" in caplog.text
    assert {asked.key for asked in stage.email.tries} == {stage.email.tries[0].key}
    assert stage.effects("send_page") == [("send_page", "done", 2)]
    other.stop()
    await other.run()


async def test_stopping_gives_back_what_hangs_within_its_bound(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bot.deliver, "STOP_WITHIN", 0.2)
    hanging = Patience()
    stage.email.orders.then.append(hanging)
    await stage.open(page="person:ben")
    running = asyncio.create_task(stage.deliverer.run())
    await hanging.asked.wait()
    stage.deliverer.stop()
    async with asyncio.timeout(5):
        await running
    left = [item for item in stage.world.outbox.claim(9, timedelta(minutes=1)) if "page" in item.lane]
    assert [item.attempt for item in left] == [2]
    stage.deliverer = stage.another_process()


async def test_stopping_lets_what_has_begun_finish(stage: Stage):
    working = Patience()
    stage.email.orders.then.append(working)
    await stage.open(page="person:ben")
    running = asyncio.create_task(stage.deliverer.run())
    await working.asked.wait()
    stage.deliverer.stop()
    working.go.set()
    await running
    assert len(stage.events(e.PageSent)) == 1
    stage.deliverer = stage.another_process()


# Timers, merges, the public word.


async def test_a_promised_update_that_does_not_come_is_told_once(stage: Stage):
    await stage.open()
    await stage.ask(c.PostUpdate(text="We are on it", next_in=timedelta(minutes=30)), 1)
    await stage.settle()
    stage.clock.forward(minutes=25)
    await stage.settle()
    assert stage.events(e.UpdateWasDue) == []
    for _ in range(3):
        stage.clock.forward(minutes=10)
        await stage.settle()
    assert len(stage.events(e.UpdateWasDue)) == 1
    assert "has not come" in "\n".join(stage.thread())


async def test_an_update_in_time_moves_the_promise(stage: Stage):
    await stage.open()
    await stage.ask(c.PostUpdate(text="We are on it", next_in=timedelta(minutes=30)), 1)
    await stage.settle()
    stage.clock.forward(minutes=25)
    await stage.ask(c.PostUpdate(text="Found it", next_in=timedelta(minutes=30)), 1)
    stage.clock.forward(minutes=10)
    await stage.settle()
    assert stage.events(e.UpdateWasDue) == []


async def test_a_promise_for_next_week_survives_one_moment_of_trouble(stage: Stage):
    await stage.open()
    await stage.ask(c.PostUpdate(text="The new disks are ordered", next_in=timedelta(days=7)), 1)
    await stage.settle()
    stage.clock.forward(days=7)
    honest, away = stage.world.lookups.incident, [StoreUnavailable("locked")]

    def incident(number):
        if away:
            raise away.pop()
        return honest(number)

    stage.world.lookups.incident = incident
    await stage.settle()
    stage.world.lookups.incident = honest
    await stage.settle()
    assert stage.events(e.DeliveryFailed) == []
    assert len(stage.events(e.UpdateWasDue)) == 1


async def test_a_page_that_went_out_while_the_database_was_away_is_recorded_and_not_sent_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bot.deliver, "POLL", 0.01)
    honest, tries = stage.world.store.begin, []

    def begin(**more: object) -> object:
        tries.append("commit")
        if len(tries) <= 3:
            raise StoreUnavailable("no route to host")
        return honest(**more)

    async def loses_the_database() -> None:
        monkeypatch.setattr(stage.world.store, "begin", begin)

    await stage.open(page="person:ben")
    stage.email.orders.then.append(loses_the_database)
    await stage.settle()
    stage.clock.forward(minutes=2)
    await stage.settle()
    assert len(stage.email.tries) == len(stage.events(e.PageSent)) == 1


async def test_a_merged_incident_gives_its_alerts_and_says_goodbye(stage: Stage):
    await stage.writer.submit(firing(3))
    await stage.open("The real one")
    await stage.settle()
    await stage.ask(c.Merge(into=2), 1)
    await stage.settle()
    assert (stage.incident(2).alerts_firing, stage.incident(2).alerts_total) == (3, 3)
    assert stage.rooms["console"].room("inc-1").archived
    assert any("INC-1 is a part of this" in said for said in stage.thread("inc-2"))
    stage.clock.forward(minutes=6)
    await stage.settle()
    assert stage.email.woken == ["ana"]


async def test_the_public_word_goes_out_once_and_in_order(stage: Stage):
    await stage.open()
    texts = {PublicStatus.INVESTIGATING: "We are looking into it.", PublicStatus.RESOLVED: "It is over."}
    stage.page.orders.then.append(Unavailable("503"))
    for status, words in texts.items():
        components = {"volumes": ComponentState.DEGRADED} if status is PublicStatus.INVESTIGATING else {}
        await stage.ask(c.DraftPublicPost(status=status, title="Slow", text=words, components=components), 1)
        await stage.ask(c.ApprovePublicPost(), 1)
    await stage.settle()
    await stage.settle()
    assert [(ref, number, post.text) for (ref, number), post in stage.page.posts.items()] == [
        ("INC-1", 1, "We are looking into it."),
        ("INC-1", 2, "It is over."),
    ]
    assert len(stage.events(e.PostReachedPage)) == 2
