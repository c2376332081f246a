"""The weekly digest when somebody asks for it where they are: looked at, one part of it, or posted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
from sqlalchemy import text

from bot.coffee.weekly.blocks import DigestBlock
from bot.converse import Conversation
from bot.destinations import Mailbox, Place
from bot.digests import Digests, Weekly
from bot.incident import commands as c
from bot.incident.model import Kind, Mark, Severity
from bot.on_demand import posting
from bot.ports import Said
from bot.questions import Answers, Names
from storage.weeks import SqlWeeks
from tests.contract.stage import Stage
from tests.world import PEOPLE

Typing = Callable[..., Awaitable[str]]


@pytest.fixture
def type_(stage: Stage) -> Typing:
    """Types a line in a room and hands back the answer as plain text."""
    world = stage.world
    weeklies = {
        "": Weekly(to=(Place("console"), Place("slack", "#ops"), Mailbox("email", "ops@example.org"))),
        "storage": Weekly(
            team="storage",
            language="de",
            services=("volumes",),
            to=(Place("console"),),
            off=frozenset({DigestBlock.NEARMISSES}),
        ),
        "nowhere": Weekly(team="nowhere"),
    }
    digests = Digests(SqlWeeks(world.database), world.clock, stage.words, weeklies, people=PEOPLE, duty=stage.duty)
    names = Names(
        people=PEOPLE,
        duty=stage.duty,
        digest_link=lambda team: "" if team == "nowhere" else f"https://klatsch.example.org/digests/{team or 'all'}",
    )
    answers = Answers(world.lookups, world.clock, names, stage.words, digests)
    conversation = Conversation(stage.writer, world.lookups, world.clock, names, answers)

    async def type_(line: str, room: str = "", platform: str = "console", at: datetime | None = None) -> str:
        answer = await conversation.said(Said(platform=platform, room=room, by="ana", line=line, at=at))
        return answer.to_plain()

    return type_


async def a_week(stage: Stage) -> None:
    await stage.open("Volumes slow", severity=Severity.SEV2, service="volumes")
    await stage.open("API down", service="api")
    await stage.open("Almost drained the wrong rack", kind=Kind.NEARMISS)
    await stage.settle()
    stage.clock.forward(minutes=1)


def queued(stage: Stage) -> list[str]:
    with stage.world.database.read() as connection:
        found = connection.execute(text("SELECT key FROM outbox WHERE kind LIKE '%weekly_digest' ORDER BY id"))
        return [row.key for row in found]


async def test_the_last_seven_days_of_everybody_and_of_a_team(stage: Stage, type_: Typing) -> None:
    await a_week(stage)
    said = await type_("digest")
    assert "2 incidents, 1 near miss" in said
    assert "Volumes slow" in said
    assert "API down" in said
    theirs = await type_("digest team=storage")
    assert "1 Störung" in theirs
    assert "API down" not in theirs
    assert "1 incident" in await type_("weekly team=storage lang=english")
    stage.clock.forward(days=8)
    assert "2 incidents, 1 near miss" in await type_("digest week=2026-W45")
    assert "quiet" in await type_("digest week=2026-W44")
    assert queued(stage) == []


async def test_a_part_that_is_asked_for_alone_says_what_the_message_says_too(stage: Stage, type_: Typing) -> None:
    await a_week(stage)
    said = await type_("digest incidents")
    assert "Volumes slow" in said
    assert "API down" in said


@pytest.mark.parametrize("line", ["digest near misses", "digest nearmiss", "digest near-misses", "digest luck"])
async def test_one_part_of_it(stage: Stage, type_: Typing, line: str) -> None:
    await a_week(stage)
    said = await type_(line)
    assert "Almost drained the wrong rack" in said
    assert "Volumes slow" not in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("digest noize", "`noize` is no part of the digest I know.\nDid you mean `noise`?"),
        ("digest pots", "Did you mean `post`?"),
        ("digest noise", "There is no more to tell of `noise`.\n`digest` shows what there is."),
        ("digest nearmiss team=storage", "The configuration leaves `nearmisses` out of the digest."),
        ("digest team=stroage", "There is no team `stroage`.\nDid you mean `team=storage`?"),
        ("digest team=web", "There is no team `web`.\nThere is: `storage`, `nowhere`"),
        ("digest lang=fr", "`fr` is no language I know.\nThere is: `en`, `de`"),
        ("digest week=2027-W01", "Week 2027-W01 is yet to come."),
        ("digest post team=web", "There is no team `web`."),
        ("digest post team=nowhere", "The digest goes nowhere: no chat platform is configured."),
        ("digest post week=99", "2026 has no week 99."),
    ],
)
async def test_what_cannot_be_shown_is_told_with_what_can(stage: Stage, type_: Typing, line: str, said: str) -> None:
    await a_week(stage)
    assert said.replace("`", "") in (await type_(line)).replace("`", "")
    assert queued(stage) == []


CALLED = {
    **{block.value: block.value for block in (DigestBlock.NOISE, DigestBlock.QUESTIONS, DigestBlock.FOLLOWUPS)},
    "pages": "oncall",
    "Load": "oncall",
    "on-call": "oncall",
    "action": "followups",
    "Follow-Up": "followups",
    "near miss": "nearmisses",
    "luck": "nearmisses",
    "topic": "coffee",
    "drill": "drills",
}


async def test_a_part_is_known_by_what_people_call_it(type_: Typing) -> None:
    said = {word: (await type_(f"digest {word}")).partition("\n")[0] for word in CALLED}
    assert said == {word: f"There is no more to tell of {block}." for word, block in CALLED.items()}


async def test_the_link_to_its_page(type_: Typing) -> None:
    assert await type_("digest link") == (
        "The digest as a page, with those of the weeks before. Whoever has the link reads it: "
        "https://klatsch.example.org/digests/all"
    )
    assert "The digest of storage as a page" in await type_("digest link team=storage")
    assert "Set http.public_url in the configuration." in (await type_("digest link team=nowhere")).replace("`", "")


async def test_posted_now_it_says_where_and_that_it_cannot_be_undone_and_within_a_minute_it_is_once(
    stage: Stage, type_: Typing
) -> None:
    await a_week(stage)
    said = await type_("digest post")
    assert said == (
        "The digest from Mon 26 Oct 03:01 to Mon 02 Nov 03:01 UTC is on its way to the announcement room of console, "
        "#ops on slack and ops@example.org by mail. That cannot be undone here; delete the message where it is shown."
    )
    stage.clock.forward(seconds=20)
    await type_("post digest")
    assert queued(stage) == [
        "weekly::asked 2026-11-02T03:01:console:",
        "weekly::asked 2026-11-02T03:01:slack:#ops",
        "weekly::asked 2026-11-02T03:01:email:ops@example.org",
    ]
    stage.clock.forward(minutes=1)
    await type_("digest post team=storage")
    assert queued(stage)[3:] == ["weekly:storage:asked 2026-11-02T03:02:console:"]


async def test_where_none_is_sent_by_itself_it_is_posted_now_and_said_what_to_write(stage: Stage) -> None:
    told = 'None is sent by itself: write digest: into the configuration, and below it cron: "mon 09:00".'
    for by_itself in (True, False):
        stage.digests.by_itself = by_itself
        asked, answer = posting(stage.digests, c.PostDigest(), stage.clock.now())
        assert [one.effect.platform for one in asked.effects] == ["console"]
        assert (told in answer.to_plain()) is not by_itself


async def test_a_line_that_is_heard_again_an_hour_later_posts_nothing_more(stage: Stage, type_: Typing) -> None:
    typed = stage.clock.now()
    await type_("digest post", at=typed)
    before = queued(stage)
    assert len(before) == 3
    stage.clock.forward(hours=1)
    await type_("digest post", at=typed)
    assert queued(stage) == before


async def test_in_a_private_room_as_everywhere_what_is_private_is_not_in_it(stage: Stage, type_: Typing) -> None:
    number = await stage.open("The payroll leaked", private=True)
    await stage.ask(c.Note(text="rotated the keys", mark=Mark.LUCKY), number)
    await stage.settle()
    stage.clock.forward(minutes=1)
    room = stage.incident(number).rooms["console"].id
    said = await type_("digest", room=room)
    assert "quiet" in said
    assert "payroll" not in said
    await type_("digest post", room=room)
    await stage.settle()
    assert not any("payroll" in one for one in stage.announced())
