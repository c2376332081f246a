"""What a conversation promises over a real writer and a real database: an answer in words, whatever happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.alerts.model import Alert, Notification
from bot.chat.templates import Templates
from bot.converse import Conversation
from bot.duty import Duty
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Source, Status
from bot.ports import Clock, Reacted, Rejected, Said
from bot.questions import Answers, Names
from bot.words import Wording
from tests.clock import FakeClock
from tests.contract.stage import Stage
from tests.fakes import Orders
from tests.world import PEOPLE, ROSTER


class Talk:
    """Ana at a terminal and in the room of INC-1."""

    def __init__(self, stage: Stage, clock: Clock, **known: object) -> None:
        self._clock = clock
        names = Names(people=PEOPLE, duty=Duty(ROSTER), rooms=True, **known)
        answers = Answers(stage.world.lookups, clock, names, Wording(Templates(None), PEOPLE, "UTC", {}))
        self.conversation = Conversation(stage.writer, stage.world.lookups, clock, names, answers)

    async def says(self, line: str) -> str:
        return (await self.conversation.said(Said(platform="terminal", room="", by="ana", line=line))).to_plain()

    async def types(self, line: str, room: str = "inc-1", *, by: str = "ana", on: str = "console") -> str:
        return (await self.conversation.said(Said(platform=on, room=room, by=by, line=line))).to_plain()

    async def pins(self, text: str, room: str = "inc-1") -> None:
        """📌 on a message of this very moment."""
        await self.conversation.reacted(
            Reacted("console", room, "ana", "📌", "m1", text, at=self._clock.now(), event="r1")
        )


@pytest.fixture
def talk(stage: Stage) -> Talk:
    return Talk(stage, stage.clock)


async def test_the_bot_s_clock_may_lead_the_database_s(stage: Stage):
    await stage.open()
    await stage.settle()
    ahead = Talk(stage, FakeClock(stage.clock.now() + timedelta(milliseconds=40)))
    await ahead.says("INC-1 note failed over at=now")
    await ahead.pins("restarted it")
    assert [noted.text for noted in stage.events(e.Noted)] == ["failed over", "restarted it"]
    await ahead.says("INC-1 resolve at=now")
    assert stage.incident().status is Status.RESOLVED


async def test_what_nobody_foresaw_is_an_answer_too(stage: Stage, talk: Talk, caplog: pytest.LogCaptureFixture):
    await stage.open()
    await stage.settle()
    with stage.world.database.engine.begin() as connection:
        connection.execute(text("UPDATE incident SET body = '{' WHERE number = 1"))
    assert await talk.says("INC-1 note failed over") == "Not done: an internal error; the log has the details."
    await talk.pins("restarted it")
    assert caplog.text.count("a bug while handling a") == 2
    assert stage.events(e.Noted) == []


async def test_from_a_confined_room_nothing_is_done_to_another_incident_and_all_can_be_read(stage: Stage, talk: Talk):
    await stage.open("Volumes slow")
    await stage.open("Network slow")
    await stage.settle()

    async def types(line: str) -> str:
        said = Said(platform="console", room="inc-1", by="eve", line=line, confined=True)
        return (await talk.conversation.said(said)).to_plain()

    assert "This is the room of INC-1, and nothing is done here to INC-2." in await types("INC-2 resolve")
    assert stage.incident(2).status.open
    assert "Network slow" in await types("INC-2 status")
    assert "is open" in await types("open sev3 Disks full")
    await types("resolve fixed")
    assert not stage.incident(1).status.open


async def test_nobody_merges_into_what_they_may_not_know_of(stage: Stage, talk: Talk):
    await stage.open("Volumes slow")
    await stage.open("Tenant data read by another", private=True)
    await stage.settle()
    said = Said(platform="console", room="inc-1", by="ana", line="merge INC-2")
    answers = [(await talk.conversation.said(said)).to_plain()]
    await stage.ask(c.Resolve(summary="ok"), 2)
    answers.append((await talk.conversation.said(said)).to_plain())
    answers.append((await talk.conversation.said(replace(said, line="merge INC-9"))).to_plain().replace("9", "2"))
    assert len(set(answers)) == 1
    assert answers[0].startswith("There is no INC-2.")
    assert stage.incident(1).merged_into is None


async def test_what_no_route_matches_is_named_so_that_somebody_can_write_the_route(
    talk: Talk, stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    def unknown(number: int, **labels: str) -> Alert:
        return Alert("prometheus", f"a{number}", True, stage.clock.now(), labels=labels)

    evil = unknown(1, alertname="Disk\x1b[31m full", severity="none", team="db\nfake line")
    await talk.conversation.notified(Notification("prometheus", (evil,)))
    told = '1 alert of prometheus matches no route: Disk[31m full {severity="none", team="db fake line"}'
    assert caplog.messages == [told]
    caplog.clear()
    many = tuple(unknown(n, alertname="x" * 500, **{f"l{k:02}": "y" * 50 for k in range(60)}) for n in (2, 3))
    await talk.conversation.notified(Notification("prometheus", many))
    (said,) = caplog.messages
    assert said.startswith("2 alerts of prometheus match no route, the first: xxx")
    assert len(said) < 600


async def test_the_answer_to_private_says_where_it_goes_on_and_what_stays(stage: Stage, talk: Talk):
    await stage.open("Volumes slow")
    await stage.settle()
    answer = await talk.types("private")
    assert "INC-1 · Made private · room #inc-1-2" in answer
    assert "The old room is archived; its name, and what was said in it, can still be read." in answer
    assert "Private cannot be undone." in answer
    assert "Volumes" not in answer


async def test_the_answer_to_private_promises_no_room_where_none_opens(stage: Stage, talk: Talk):
    await stage.open("Volumes slow", status=Status.TRIAGE)
    await stage.settle()
    assert "room" not in await talk.types("INC-1 private", "incidents")


@pytest.mark.parametrize("archived", [True, False], ids=["archived", "archiving refused"])
async def test_who_types_in_the_room_that_was_left_learns_and_changes_nothing(stage: Stage, talk: Talk, archived: bool):
    await stage.open("Volumes slow")
    await stage.open("Another one")
    await stage.settle()
    if not archived:
        stage.chat.by_method["archive"] = Orders(always=Rejected("not allowed"))
    await talk.types("private")
    at_once = [await talk.types(line) for line in ("status", "catchup", "INC-1 timeline", "note the keys")]
    await talk.pins("the keys")
    await stage.settle()
    later = [await talk.types(line) for line in ("status", "catchup", "INC-1 timeline", "note the keys")]
    assert {answer.split(".")[0] for answer in at_once + later} == {"INC-1 is private by now, and this is not its room"}
    assert stage.events(e.Noted) == stage.events(e.Noted, 2) == []
    assert "There is no INC-1." in await talk.types("INC-1 status", "inc-2")
    assert "Volumes slow" in await talk.types("status", "inc-1-2")
    await talk.types("note the keys", "inc-1-2")
    assert [noted.text for noted in stage.events(e.Noted)] == ["the keys"]


async def test_a_draft_of_what_is_private_is_said_to_go_where_it_goes(stage: Stage):
    talk = Talk(stage, stage.clock, publishers=("/srv/postmortems", "wiki"), own=("/srv/postmortems",))
    await stage.open("Volumes slow", private=True)
    await stage.open("Another one")
    for number in (1, 2):
        await talk.says(f"INC-{number} resolve")
    assert "is being written to /srv/postmortems:" in await talk.says("INC-1 close")
    assert "is being written to /srv/postmortems and wiki:" in await talk.says("INC-2 close")


async def test_somebody_under_no_people_is_of_a_platform_and_can_be_let_in_there(two_platforms: Stage):
    stage = two_platforms
    talk = Talk(stage, stage.clock)
    await stage.open("Volumes slow", private=True)
    await stage.settle()
    for platform in ("matrix", "console"):
        assert "eve:example.org" in await talk.types("take lead", by="@eve:example.org", on=platform)
        assert stage.incident().lead == f"{platform}:@eve:example.org"
        await stage.settle()
        assert list(stage.rooms[platform].people("inc-1")) == ["ana", "@eve:example.org"]
    assert "@eve:example.org (console)" in stage.card()


async def test_what_is_said_and_reacted_on_keeps_the_link_to_its_message_if_it_is_one(stage: Stage, talk: Talk):
    await stage.open()
    await stage.settle()
    link = "https://matrix.to/#/%21r%3Ab.org/%24e?via=b.org"
    said = Said("console", "inc-1", "ana", "note failed over", message="m3", link=link)
    reacted = Reacted("console", "inc-1", "ana", "📌", "m4", "restarted it", link=link)
    for hostile in ("", "javascript:alert(1)", f"{link}\n", f"{link}/{'x' * 2048}"):
        await talk.conversation.said(replace(said, link=hostile, message=f"s{len(hostile)}"))
        await talk.conversation.reacted(replace(reacted, link=hostile, message=f"r{len(hostile)}"))
    await talk.conversation.said(said)
    await talk.conversation.reacted(reacted)
    sources = [r.source for r in stage.world.lookups.history(1) if isinstance(r.event, e.Noted)]
    assert sources[-2:] == [Source("command", "m3", link), Source("reaction", "console:m4", link)]
    assert {source.link for source in sources[:-2]} == {""}
    assert len(sources) == 10


async def test_who_stays_anonymous_is_not_found_by_the_message_either(stage: Stage, talk: Talk):
    said = Said("console", "incidents", "ana", "nearmiss anonymous Ran it", message="m1", link="https://a.org/m1")
    await talk.conversation.said(said)
    (opened,) = stage.events(e.IncidentOpened)
    assert (opened.kind, stage.world.lookups.history(1)[0].source) == ("nearmiss", Source("command"))
