"""What a conversation promises over a real writer and a real database: an answer in words, whatever happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.alerts.model import Alert, Notification
from bot.chat.templates import Templates
from bot.converse import Conversation
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Status
from bot.ports import Clock, Reacted, Said
from bot.questions import Answers, Names
from bot.words import Wording
from tests.clock import FakeClock
from tests.contract.stage import Stage
from tests.world import PEOPLE, ROSTER


class Talk:
    """Ana at a terminal and in the room of INC-1."""

    def __init__(self, stage: Stage, clock: Clock) -> None:
        self._clock = clock
        names = Names(people=PEOPLE, roster=ROSTER, rooms=True)
        answers = Answers(stage.world.lookups, clock, names, Wording(Templates(None), PEOPLE, "UTC", {}))
        self.conversation = Conversation(stage.writer, stage.world.lookups, clock, names, answers)

    async def says(self, line: str) -> str:
        return (await self.conversation.said(Said(platform="terminal", room="", by="ana", line=line))).to_plain()

    async def pins(self, text: str) -> None:
        """📌 on a message of this very moment."""
        await self.conversation.reacted(
            Reacted("console", "inc-1", "ana", "📌", "m1", text, at=self._clock.now(), event="r1")
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
