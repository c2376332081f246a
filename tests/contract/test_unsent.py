"""Pages that have not gone out are shown to who asks how it stands: to whom, by which way, how often, and why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.chat.templates import Templates
from bot.converse import Conversation
from bot.duty import Duty
from bot.incident import commands as c
from bot.incident.effects import PageStands
from bot.ports import Rejected, Said, Unavailable
from bot.questions import Answers, Names
from bot.words import Wording
from tests.clock import START
from tests.contract.stage import Stage
from tests.statements import statements
from tests.world import PEOPLE, ROSTER, World

Asking = Callable[[str], Awaitable[list[str]]]
REFUSED = Unavailable("connection refused by mx.example.org:25")


@pytest.fixture
def asking(stage: Stage) -> Asking:
    """The rows of an answer about INC-1 that tell of pages that have not gone out, their title first."""
    names = Names(people=PEOPLE, duty=Duty(ROSTER), default_ladder="platform")
    answers = Answers(stage.world.lookups, stage.clock, names, Wording(Templates(), PEOPLE, "UTC", {}))
    conversation = Conversation(stage.writer, stage.world.lookups, stage.clock, names, answers)

    async def ask(line: str) -> list[str]:
        answer = await conversation.said(Said(platform="terminal", room="", by="ben", line=line, about=1))
        rows = answer.to_plain().splitlines()
        begins = next((n for n, row in enumerate(rows) if "gone out" in row), len(rows))
        return rows[begins:]

    return ask


async def test_while_mail_is_down_it_is_seen_that_nobody_was_reached_and_why(stage: Stage, asking: Asking):
    stage.email.orders.always = REFUSED
    await stage.open(page="person:ben")
    await stage.settle()
    for line in ("status", "catchup", "page"):
        assert await asking(line) == [
            "No page has gone out:",
            "- Ben Okafor by email: tried 3 times since 03:00, goes on: connection refused by mx.example.org:25",
        ], line
    stage.email.orders.always = None
    stage.clock.forward(minutes=1)
    await stage.settle()
    assert stage.email.woken == ["ben"]
    assert await asking("status") == []


async def test_one_way_that_works_is_not_nobody_and_what_failed_for_good_says_so(stage: Stage, asking: Asking):
    stage.email.orders.always = Rejected("no such mailbox")
    await stage.open(page="person:ana")
    await stage.settle()
    assert await asking("status") == [
        "Pages that have not gone out:",
        "- Ana Ruiz by email: failed at 03:00: no such mailbox",
    ]
    await stage.ask(c.Acknowledge(person="ben"), 1)
    # Somebody has it.
    assert await asking("status") == []


async def test_where_no_bot_serves_it_is_seen_that_nothing_was_tried(stage: Stage, asking: Asking):
    await stage.open(page="person:ben")
    assert await asking("status") == []
    stage.clock.forward(seconds=15)
    assert await asking("status") == [
        "No page has gone out:",
        "- Ben Okafor by email: not tried since 03:00: is `klatsch serve` running?".replace("`", ""),
    ]


async def test_a_page_that_was_withdrawn_or_sent_since_is_not_shown(stage: Stage, asking: Asking):
    stage.email.orders.always = REFUSED
    await stage.open(page="policy:platform")
    await stage.ask(c.Page(target="person:ben"), 1)
    await stage.settle()
    assert len(await asking("status")) == 3
    await stage.ask(c.Undo(by="ana"), 1)
    assert [row.partition(":")[0] for row in await asking("status")] == [
        "Pages that have not gone out",
        "- Ana Ruiz by email",
    ]
    await stage.ask(c.Resolve(), 1)
    assert await asking("status") == []


def test_how_the_pages_of_an_incident_stand_is_asked_with_an_index_and_bounded(world: World):
    world.opened(page="policy:platform")
    (number,) = (world.opened("Other", page="policy:platform", another=True).number,)
    with statements() as sent:
        found = world.lookups.pages(number)
    assert found == [
        PageStands("ana", "ntfy", "waiting", START),
        PageStands("ana", "email", "waiting", START),
    ]
    assert len(world.lookups.pages(number, limit=1)) == 1
    for statement, values in ((said, values) for said, values in sent if said.startswith("SELECT")):
        with world.database.read() as connection:
            if not world.database.sqlite:
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN QUERY PLAN" if world.database.sqlite else "EXPLAIN"
            plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", values))
        assert "outbox_incident" in plan or "event_pk" in plan or "sqlite_autoindex_event" in plan, plan


def test_the_last_that_came_of_each_page_counts(world: World):
    number = world.opened(page="policy:platform").number
    said = {"ladder": "platform", "step": 0, "round": 0}
    for way, failed in (("ntfy", "down"), ("email", "down"), ("ntfy", "")):
        world.clock.forward(seconds=1)
        world.ask(c.RecordPage(person="ana", way=way, failed=failed, **said), number, by="klatsch")
    world.outbox.claim(9, timedelta(seconds=60))
    # What waits is news whatever came of the page before.
    assert [(page.person, page.way, page.state, page.tries) for page in world.lookups.pages(number)] == [
        ("ana", "ntfy", "waiting", 1),
        ("ana", "email", "waiting", 1),
        ("ben", "email", "waiting", 1),
    ]
    world.ask(c.Acknowledge(person="ana"), number)
    assert world.lookups.pages(number) == [
        PageStands("ana", "ntfy", "sent", START + timedelta(seconds=3)),
        PageStands("ana", "email", "failed", START + timedelta(seconds=2), reason="down"),
    ]
