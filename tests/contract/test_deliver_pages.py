"""What the loop promises whoever is to be woken: the page goes out, on every way, and only while it is wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.deliver import IN_FLIGHT, URGENT_IN_FLIGHT
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Kind, Status
from bot.oncall.escalation import Ladder
from bot.ports import Rejected, Unavailable
from tests.clock import START
from tests.contract.stage import Stage, firing, on_stage
from tests.fakes import Patience
from tests.until import until
from tests.world import LADDER, PEOPLE, RULES, World


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


async def test_a_page_waits_for_no_chat_however_many_rooms_hang(stage: Stage):
    hanging = Patience()
    stage.chat.orders.always = hanging
    for number in range(IN_FLIGHT + 6):
        await stage.open(f"number {number}", kind=Kind.DRILL)
    async with stage.delivering():
        await until(lambda: len(stage.chat.calls) >= IN_FLIGHT, "a chat that holds every place")
        await stage.open("The real one", page="policy:platform")
        stage.deliverer.wake()
        await until(lambda: stage.email.woken == ["ana"], "the page")
        assert len(stage.chat.calls) == IN_FLIGHT
        hanging.go.set()


async def test_a_page_waits_for_no_other_pager_however_many_mails_hang(stage: Stage):
    chat, mail = Patience(), Patience()
    stage.chat.orders.always = chat
    stage.email.orders.always = mail
    most = URGENT_IN_FLIGHT * 2
    for number in range(IN_FLIGHT + 6):
        await stage.open(f"number {number}", kind=Kind.DRILL)
    async with stage.delivering():
        await until(lambda: len(stage.chat.calls) >= IN_FLIGHT, "a chat that holds every place")
        for number in range(IN_FLIGHT + most + 6):
            await stage.open(f"mail {number}", page="person:ben")
        stage.deliverer.wake()
        await until(lambda: len(stage.email.tries) >= URGENT_IN_FLIGHT, "mails that hold the places for pages")
        await stage.open("The real one", page="person:ana")
        stage.deliverer.wake()
        await until(lambda: stage.ntfy.woken == ["ana"], "the page by another way")
        assert len(stage.email.tries) < most
        chat.go.set()
        mail.go.set()


async def test_a_page_says_what_it_is_about(stage: Stage):
    await stage.open("Volumes slow in az2", page="policy:platform")
    await stage.settle()
    assert stage.ntfy.tries[0].text.splitlines() == [
        "SEV2 INC-1: Volumes slow in az2",
        "Without an answer the next one is paged at 03:05 UTC.",
    ]


async def test_a_page_carries_the_words_of_who_sent_it_and_of_the_alerts(stage: Stage):
    await stage.writer.submit(firing(2))
    await stage.ask(c.Acknowledge(person="ana"), 1)
    await stage.ask(c.Page(target="person:ben", text="please look at the switches"), 1, by="ana")
    await stage.settle()
    said = stage.email.tries[-1]
    assert said.person == "ben"
    assert said.text.splitlines() == [
        "SEV1 INC-1: OSDDown (r1, a)",
        "Ana Ruiz: please look at the switches",
        "2 alerts firing on compute (az=a region=r1) since 03:00 UTC.",
        "Nobody is paged after you.",
    ]


async def test_who_is_paged_beside_a_policy_does_not_end_it(stage: Stage):
    await stage.open(page="policy:platform")
    await stage.ask(c.Page(target="person:ben", text="you know the switches"), 1)
    await stage.settle()
    assert sorted(stage.email.woken) == ["ana", "ben"]
    held = stage.incident().paging
    assert (held.ladder, held.step, held.people) == ("platform", 0, ("ana", "ben"))
    stage.clock.forward(minutes=6)
    await stage.settle()
    held = stage.incident().paging
    assert (held.ladder, held.step, held.people, held.waiting) == ("platform", 1, ("ben",), True)
    await stage.ask(c.Acknowledge(person="ben"), 1)
    stage.clock.forward(minutes=30)
    await stage.settle()
    assert stage.email.woken.count("ana") == 1


async def test_a_page_that_was_a_slip_is_taken_back_and_the_policy_goes_on(stage: Stage):
    await stage.open(page="policy:platform")
    await stage.ask(c.Page(target="person:ben"), 1)
    await stage.ask(c.Undo(by="ana"), 1)
    assert stage.incident().paging.people == ("ana",)
    await stage.settle()
    assert stage.email.woken == ["ana"]
    stage.clock.forward(minutes=6)
    await stage.settle()
    assert stage.email.woken == ["ana", "ben"]


async def test_a_page_after_the_last_step_begins_anew(stage: Stage):
    await stage.open(page="person:ana")
    await stage.ask(c.Page(target="policy:platform"), 1, by="ben")
    assert stage.incident().paging.ladder == "person:ana"
    await stage.ask(c.Page(target="person:ben"), 1, by="ana")
    assert (stage.incident().paging.ladder, stage.incident().paging.people) == ("person:ben", ("ben",))


async def test_who_accepts_again_after_an_undo_wakes_somebody(stage: Stage):
    await stage.ask(c.Open(title="Volumes slow", status=Status.TRIAGE))
    accept = c.Accept(page="policy:platform")
    await stage.ask(accept, 1)
    await stage.ask(c.Undo(by="ana"), 1)
    await stage.settle()
    assert stage.email.woken == []
    await stage.ask(accept, 1)
    await stage.settle()
    assert stage.email.woken == ["ana"]
    await stage.ask(c.Acknowledge(person="ana"), 1)
    assert len(stage.events(e.PeoplePaged)) == 2


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
    assert "Paging ended: no page got through" in "\n".join(stage.loudly())
    assert "nobody answered" in stage.card()
    # Four steps that failed at once are one word.
    (told,) = [said for said in stage.loudly() if "reached by hand" in said]
    assert told.startswith("No page got through.")


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
    assert "Paging ended: nobody acknowledged" in "\n".join(stage.loudly())
    assert "nobody answered" in stage.card()


CHANGED = [
    pytest.param(
        {"renamed": replace(LADDER, name="renamed")},
        "renamed",
        [("platform", ("ana",)), ("renamed", ("ben",))],
        "nobody acknowledged; the policy platform is not configured any more, so paging goes on with renamed",
        id="renamed",
    ),
    pytest.param(
        {"other": replace(LADDER, name="other", steps=LADDER.steps[:1], repeat=1)},
        "other",
        [("platform", ("ana",))],
        "Paging ended: nobody acknowledged; the policy platform is not configured any more, and other, which took "
        "over, has nobody else to page",
        id="replaced by one that has nobody else",
    ),
    pytest.param(
        {},
        "",
        [("platform", ("ana",))],
        "Paging ended: nobody acknowledged; the policy platform is not configured any more, so nobody else was paged",
        id="removed",
    ),
    pytest.param(
        {"platform": replace(LADDER, steps=LADDER.steps[1:], repeat=1)},
        "",
        [("platform", ("ana",)), ("platform", ("ben",))],
        "Paged ben (step 1 of platform): nobody acknowledged",
        id="shortened",
    ),
]


@pytest.mark.parametrize(("ladders", "default", "asked", "told"), CHANGED)
async def test_a_policy_that_changes_while_it_is_climbed_still_wakes_somebody_or_says_the_truth(
    world: World, tmp_path: Path, ladders: dict[str, Ladder], default: str, asked: list[object], told: str
):
    async with on_stage(world, tmp_path) as stage:
        await stage.open(page="policy:platform")
        await stage.settle()
    world.rules = replace(RULES, roster=replace(RULES.roster, ladders=ladders, default=default))
    async with on_stage(world, tmp_path) as stage:
        stage.clock.forward(minutes=5)
        await stage.settle()
        assert [(event.ladder, event.people) for event in stage.events(e.PeoplePaged)] == asked
        assert told in "\n".join(stage.timeline())
        if len(asked) == 1:
            assert told in "\n".join(stage.loudly())
            assert "not configured any more" in stage.card()
            assert "INC-1 page @NAME wakes somebody" in stage.card()


async def test_when_no_page_gets_through_a_policy_that_is_gone_hands_over_too(world: World, tmp_path: Path):
    async with on_stage(world, tmp_path) as stage:
        stage.ntfy.orders.always = stage.email.orders.always = Unavailable("no network")
        await stage.open(page="policy:platform")
        await stage.settle()
    world.rules = replace(
        RULES, roster=replace(RULES.roster, ladders={"main": replace(LADDER, name="main")}, default="main")
    )
    async with on_stage(world, tmp_path) as stage:
        stage.ntfy.orders.always = Rejected("no topic")
        stage.email.orders.then.append(Rejected("no such mailbox"))
        stage.clock.forward(minutes=2)
        await stage.deliverer.drain()
        assert stage.email.woken == ["ben"]
        assert "no page got through; the policy platform is not configured any more" in stage.timeline()[-2]


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
        await stage.until(lambda: calling.asked.is_set() and stage.events(e.PageSent), "the call, and the other page")
        await stage.ask(c.Acknowledge(person="ana"), 1)
        calling.go.set()
        await stage.until(lambda: len(stage.events(e.PageSent)) == 2, "both pages")
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
        await stage.until(calling.asked.is_set, "the call")
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


async def test_whoever_asks_for_more_time_than_a_page_has_is_not_waited_for(world: World, tmp_path: Path):
    patient = replace(LADDER, steps=tuple(replace(step, wait=timedelta(hours=1)) for step in LADDER.steps))
    world.rules = replace(RULES, roster=replace(RULES.roster, ladders={"platform": patient}))
    async with on_stage(world, tmp_path) as stage:
        busy = Unavailable("503", timedelta(hours=6))
        stage.ntfy.orders.always = busy
        stage.email.orders.then += [busy, busy]
        await stage.open(page="policy:platform")
        await stage.deliverer.drain()
        stage.clock.forward(minutes=15)
        await stage.deliverer.drain()
        assert {failed.reason for failed in stage.events(e.PageFailed)} == {"gave up after 2 tries: 503"}
        assert stage.email.woken == ["ben"]
        # Nor does what could not be sent hold up what that person is asked later.
        stage.ntfy.orders.always = None
        await stage.ask(c.Page(target="person:ana"), 1)
        await stage.deliverer.drain()
        assert stage.ntfy.woken == ["ana"]


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


async def test_who_cannot_be_paged_is_not_said_to_be(stage: Stage):
    mia = replace(PEOPLE["ben"], id="mia", name="Mia Chen", ways=())
    people = {**PEOPLE, "mia": mia}
    roster = replace(RULES.roster, people=frozenset(people))
    stage.world.rules = replace(RULES, roster=roster, policy=replace(RULES.policy, people=people))
    world = stage.world
    world.opened()
    refused = world.ask(c.Page(target="person:mia", text="wake up please"), 1).refused
    assert refused is not None
    assert (refused.reason, "people.mia" in refused.hint) == ("Mia Chen cannot be paged: nothing says how.", True)
    assert stage.events(e.PeoplePaged) == []
    assert world.ask(c.Page(target="person:ben"), 1).refused is None
