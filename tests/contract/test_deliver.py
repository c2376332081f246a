"""What the loop promises, told as stories: what happens is done outside, once, in order, and nothing is dropped unsaid."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.model import Notification
from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.model import ComponentState, Kind, Mark, PublicStatus, Role, Severity, Status
from bot.incident.plan import plan
from bot.ports import Unavailable
from bot.store import StoreUnavailable
from tests.clock import START
from tests.contract.stage import Stage, firing

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


async def test_the_draft_of_a_private_incident_stays_in_the_house(stage: Stage):
    rules = stage.world.rules
    policy = replace(rules.policy, publishers=("postmortem", "folder"), own=("postmortem",))
    for private, kinds in ((True, {"postmortem"}), (False, {"postmortem", "folder"})):
        incident = replace(stage.world.opened("Somebody is in our network", private=private))
        planned = plan(incident, e.PostmortemDrafted(at=START, through=1), policy)
        assert {effect.publisher for effect in planned if isinstance(effect, f.WriteDraft)} == kinds


async def test_a_draft_that_waited_while_its_incident_became_private_goes_to_no_other_house(stage: Stage):
    await stage.open()
    await stage.ask(c.DraftPostmortem(), 1)
    await stage.ask(c.MakePrivate(), 1)
    await stage.settle()
    assert stage.publisher.texts == {}
    assert [failed.effect for failed in stage.events(e.DeliveryFailed)] == ["write_draft"]


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
    assert "\n".join(stage.thread()).count("Accepted") == 1


@pytest.mark.parametrize("waits", [False, True], ids=["was posted", "waits"])
async def test_the_announcement_links_to_the_room_as_soon_as_there_is_one(stage: Stage, waits: bool):
    stage.chat.rooms = "https://chat.example.org/"
    await stage.open("Disk filling", status=Status.TRIAGE, severity=Severity.SEV3)
    if not waits:
        await stage.settle()
    await stage.ask(c.Accept(), 1)
    await stage.settle()
    assert stage.announced_link() == "https://chat.example.org/inc-1"


async def test_the_announcement_links_to_the_room_where_work_goes_on(stage: Stage):
    stage.chat.rooms = "https://chat.example.org/"
    await stage.open()
    await stage.settle()
    await stage.ask(c.Cancel(reason="it was nothing"), 1)
    await stage.settle()
    await stage.ask(c.Reopen(), 1)
    await stage.settle()
    assert stage.announced_link() == "https://chat.example.org/inc-1-2"


async def test_opening_at_once_is_announced_in_one_call(stage: Stage):
    await stage.open()
    await stage.settle()
    (announced,) = stage.rooms["console"].messages("incidents")
    assert not announced.edited


@pytest.mark.parametrize(("status", "posted"), [("investigating", []), ("resolved", [2])])
async def test_a_post_that_waited_while_its_incident_became_private_goes_out_only_when_it_is_the_end(
    stage: Stage, status: str, posted: list[int]
):
    await stage.open()
    post = c.DraftPublicPost(status=PublicStatus.INVESTIGATING, title="Slow", text="We are looking into it.")
    for word in (post, replace(post, status=PublicStatus(status))):
        await stage.ask(word, 1)
        await stage.ask(c.ApprovePublicPost(), 1)
    await stage.ask(c.MakePrivate(), 1)
    await stage.settle()
    assert [number for _, number in stage.page.posts] == posted
    failed = stage.events(e.DeliveryFailed)
    assert {event.reason for event in failed} == {"INC-1 became private before it was posted"}


async def test_a_drill_pages_and_publishes_nothing(stage: Stage):
    await stage.open("Lights out", kind=Kind.DRILL, page="policy:platform")
    await stage.settle()
    assert stage.card()
    assert stage.ntfy.tries == stage.email.tries == []
    assert stage.page.posts == {}


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


async def test_an_alert_that_fires_on_after_the_end_is_told_once_and_opens_nothing(stage: Stage):
    await stage.writer.submit(firing(2))
    await stage.settle()
    await stage.ask(c.Resolve(), 1)
    await stage.settle()
    for minutes in (20, 20, 20, 240):
        stage.clock.forward(minutes=minutes)
        await stage.writer.submit(firing(2))
        await stage.settle()
        told = [event.count for event in stage.events(e.AlertsStillFiring)]
        assert told == ([] if stage.clock.now() < START + timedelta(minutes=30) else [2])
    assert stage.world.lookups.incident(2) is None
    (loud,) = stage.loudly()
    assert "2 alerts still fire although it is over: osd 0; osd 1" in loud
    assert "Reopen: INC-1 reopen" in loud.replace("`", "")
    assert "alerts still fire" in stage.announced()[0]

    cleared = tuple(replace(alert, firing=False, ends_at=stage.clock.now()) for alert in firing(2).alerts)
    await stage.writer.submit(Notification("prometheus", cleared, group="g"))
    await stage.settle()
    assert "alerts still fire" not in stage.announced()[0]


@pytest.mark.parametrize("end", [c.Close(), c.Reopen()], ids=["closed", "reopened"])
async def test_each_episode_may_tell_once_what_fires_on(stage: Stage, end: c.Command):
    await stage.writer.submit(firing(1))
    await stage.ask(c.Resolve(), 1)
    stage.clock.forward(hours=4)
    await stage.writer.submit(firing(1))
    await stage.ask(end, 1)
    if isinstance(end, c.Reopen):
        await stage.ask(c.Resolve(), 1)
    stage.clock.forward(hours=4)
    await stage.writer.submit(firing(1))
    assert len(stage.events(e.AlertsStillFiring)) == (2 if isinstance(end, c.Reopen) else 1)


async def test_what_was_cancelled_is_not_brought_up_by_its_alerts(stage: Stage):
    await stage.writer.submit(firing(1))
    await stage.ask(c.Cancel(), 1)
    stage.clock.forward(hours=4)
    await stage.writer.submit(firing(1))
    assert stage.events(e.AlertsStillFiring) == []
