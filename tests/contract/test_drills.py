"""A drill over a real database, with the loop that delivers: what comes again in its room, and that nothing else notices."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.alerts.model import Notification
from bot.chat.drilled import BANNER
from bot.chat.templates import Templates
from bot.converse import Conversation
from bot.deliver import Deliverer
from bot.duty import Duty
from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.drilling import MOST_TOGETHER
from bot.incident.model import Kind
from bot.ports import Said
from bot.questions import Answers, Names
from bot.words import Wording
from tests.contract.stage import Stage, firing
from tests.world import PEOPLE, ROSTER, an_ask

LABELS = {"alertname": "OSDDown", "severity": "critical", "region": "r1"}


class Talk:
    """Lines typed in a room, or at a terminal."""

    def __init__(self, stage: Stage) -> None:
        names = Names(people=PEOPLE, duty=Duty(ROSTER), rooms=True, publishers=("folder",), own=("folder",))
        answers = Answers(stage.world.lookups, stage.clock, names, Wording(Templates(None), PEOPLE, "UTC", {}))
        self.conversation = Conversation(stage.writer, stage.world.lookups, stage.clock, names, answers)

    async def says(self, line: str, room: str = "", by: str = "ana"):
        return await self.conversation.said(Said("console" if room else "terminal", room, by, line))


@pytest.fixture
def talk(stage: Stage) -> Talk:
    return Talk(stage)


async def a_past(stage: Stage, *, private: bool = False) -> int:
    """Two alerts, ten minutes later another one, after half an hour they clear; closed."""
    await stage.writer.submit(firing(2))
    stage.clock.forward(minutes=10)
    await stage.writer.submit(firing(1, first=2))
    stage.clock.forward(minutes=30)
    cleared = firing(3)
    over = tuple(replace(one, firing=False, ends_at=stage.clock.now()) for one in cleared.alerts)
    await stage.writer.submit(replace(cleared, alerts=over))
    if private:
        await stage.ask(c.MakePrivate(), 1)
    await stage.ask(c.Acknowledge(person="ben"), 1, by="ben")
    await stage.ask(c.Resolve(), 1)
    await stage.ask(c.Close(), 1)
    await stage.settle()
    return 1


def rows(stage: Stage, statement: str) -> list[tuple[object, ...]]:
    with stage.world.database.read() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def lines(stage: Stage, number: int) -> list[str]:
    return [line for line in stage.timeline(number) if "alert" in line]


def over(stage: Stage, number: int = 2) -> bool:
    held = stage.incident(number).replay
    return held is not None and held.over


async def played(stage: Stage, *others: Deliverer) -> None:
    """Time passes until all has come, and each step is done when it is due, however slowly; `others` look for it, too."""
    while not over(stage):
        due = stage.world.outbox.next_due()
        assert due is not None
        stage.clock.forward(seconds=due.total_seconds())
        assert any(await asyncio.gather(*(bot.drain() for bot in (stage.deliverer, *others))))
    await stage.settle()


async def test_the_alerts_of_a_past_incident_come_again_in_a_room_and_nowhere_else(stage: Stage, talk: Talk):
    await a_past(stage)
    before = rows(stage, "SELECT * FROM alert ORDER BY fingerprint"), rows(stage, "SELECT * FROM alert_group")
    woken = len(stage.ntfy.tries), len(stage.email.tries), len(stage.page.posts)
    answer = (await talk.says("drill INC-1 speed=20x Who sees it first")).to_plain()
    assert "INC-2 is open as a drill, sev1: Who sees it first" in answer
    assert "The alerts of INC-1 come again, 20 times as fast as then: all of them within 2 min." in answer
    await played(stage)
    assert lines(stage, 2) == [
        "The alerts of INC-1 come again, 20 times as fast as then",
        "2 alerts fired: osd 0; osd 1",
        "1 alert fired: osd 0",
        "3 alerts cleared, none is firing now: osd 0; osd 1; osd 2",
        "All alerts of the past incident have come",
    ]
    came = [one.recorded_at for one in stage.world.lookups.history(2) if isinstance(one.event, e.AlertsFired)]
    assert timedelta(seconds=29) < came[1] - came[0] < timedelta(seconds=35)
    assert (rows(stage, "SELECT * FROM alert ORDER BY fingerprint"), rows(stage, "SELECT * FROM alert_group")) == before
    assert (len(stage.ntfy.tries), len(stage.email.tries), len(stage.page.posts)) == woken
    assert stage.incident(2).group is None
    # What is real opens its own.
    await stage.writer.submit(firing(1, first=7))
    assert stage.incident(3).kind is Kind.REAL
    assert stage.incident(2).alerts_total == 3


async def test_every_message_of_it_says_that_it_is_a_drill(stage: Stage, talk: Talk):
    await a_past(stage)
    await talk.says("drill INC-1 speed=100x")
    await stage.settle()
    room = "inc-2"
    assert stage.rooms["console"].room(room).name.startswith("inc-2-drill-")
    for line in (
        "take lead",
        "hypothesis the switch",
        "status",
        "timeline",
        "list",
        "tkae lead",
        "INC-1 timeline",
        "help",
    ):
        answer = await talk.says(line, room)
        assert BANNER in answer.blocks, line
        assert answer.summary.startswith("DRILL · "), line
        assert answer.blocks.count(BANNER) == 1, line
    assert BANNER in (await talk.says("INC-2 note seen")).blocks
    await talk.says("drill inject A customer calls", room)
    await played(stage)
    await talk.says("resolve", room)
    await stage.settle()
    said = stage.rooms["console"].messages(room)
    assert len(said) > 3
    assert [one.document.summary for one in said if BANNER not in one.document.blocks] == []
    topic = stage.rooms["console"].room(room).topic
    assert topic.startswith("INC-2 · DRILL · ")
    announced = [one.document for one in stage.rooms["console"].messages("incidents")]
    assert [BANNER in one.blocks for one in announced if "INC-2" in one.to_plain()] == [True]
    assert all(BANNER not in one.blocks for one in announced if "INC-1" in one.to_plain())
    told = "\n".join(stage.thread(room))
    assert "Report: A customer calls" in told
    assert "A customer calls (Ana" not in told
    # Elsewhere nothing has a banner.
    assert BANNER not in (await talk.says("list")).blocks


async def test_its_end_writes_its_log_and_the_room_hears_where_it_lies(stage: Stage, talk: Talk):
    await a_past(stage)
    await talk.says("drill INC-1 speed=1000x")
    await played(stage)
    answer = (await talk.says("INC-2 resolve")).to_plain()
    assert "the facilitator's log is being written to folder" in answer
    await stage.settle()
    log = stage.publisher.texts["INC-2"]
    assert log.startswith("# Facilitator's log of INC-2\n")
    assert "Then: INC-1" in log
    assert "Ben" not in log
    assert any("The facilitator's log lies at drafts/INC-2.md" in line for line in stage.thread("inc-2"))
    assert "Facilitator's log: drafts/INC-2.md" in stage.card("inc-2")
    await talk.says("INC-2 close")
    await stage.settle()
    assert "lies at" not in stage.publisher.texts["INC-2"]


REFUSED = {
    "what is not there": ("drill INC-99", "There is no INC-99."),
    "what is private": ("drill INC-1", "There is no INC-1."),
    "what is open": ("drill INC-2", "INC-2 is still investigating."),
    "what had no alerts": ("drill INC-3", "INC-3 had no alerts, so there is nothing to replay."),
    "a drill": ("drill INC-4", "INC-4 is a drill itself."),
    "a part of a drill": ("INC-2 merge INC-4", "INC-4 is a drill, and nothing real is a part of it."),
}


async def test_what_cannot_be_replayed_is_refused_and_what_is_private_is_not_there(stage: Stage, talk: Talk):
    await a_past(stage, private=True)
    await stage.open("Network slow")
    await stage.open("Told later")
    await stage.ask(c.Resolve(), 3)
    await talk.says("drill Rack loss")
    for line, reason in REFUSED.values():
        answer = await talk.says(line)
        assert answer.tone == "refused", line
        assert answer.to_plain().removeprefix("DRILL").startswith(reason), (line, answer.to_plain())
    assert [one.number for one in stage.world.lookups.recent()] == [4, 3, 2, 1]


async def test_what_becomes_private_meanwhile_goes_on_no_more(stage: Stage, talk: Talk):
    await a_past(stage)
    await talk.says("drill INC-1 speed=20x")
    await stage.ask(c.MakePrivate(), 1)
    await played(stage)
    assert [type(one) for one in stage.events(e.AlertsFired, 2)] == [e.AlertsFired]
    assert stage.timeline(2)[-1] != "All alerts of the past incident have come"
    assert "The replay ends here: the past incident has become private" in "\n".join(stage.thread("inc-2"))


async def test_who_makes_the_past_private_hears_which_drills_still_show_it(stage: Stage, talk: Talk):
    await a_past(stage)
    for line in ("drill INC-1 speed=20x", "drill private INC-1", "drill INC-1 Who sees it", "drill Rack loss"):
        await talk.says(line)
    await talk.says("INC-2 drill end")
    assert "Its alerts" not in (await talk.says("INC-5 private")).to_plain()
    said = (await talk.says("INC-1 private")).to_plain()
    assert "Its alerts came again in drills, INC-2 and INC-4: their names, and its title" in said
    assert "To hide them: INC-2 private and INC-4 private" in said
    await talk.says("INC-2 private")
    # Who asks again hears what is left; and of what nothing is shown, nothing.
    again = (await talk.says("INC-1 private")).to_plain()
    assert "came again in a drill, INC-4: their names" in again
    await talk.says("INC-4 private")
    assert "Its alerts" not in (await talk.says("INC-1 private")).to_plain()


async def test_each_alert_comes_once_whoever_dies_between_any_two_steps(stage: Stage, talk: Talk):
    await a_past(stage)
    await talk.says("drill INC-1 speed=20x")
    held = stage.incident(2).replay
    assert held is not None
    waiting = [
        row for row in rows(stage, "SELECT key, state FROM outbox WHERE kind = 'wake_replay'") if row[1] == "waiting"
    ]
    assert len(waiting) == 1
    # A clock that is claimed by a process that dies is heard again by the next one.
    stage.clock.forward(minutes=1)
    claimed = stage.world.outbox.claim(50, timedelta(seconds=30))
    assert any(isinstance(one.effect, f.WakeReplay) for one in claimed)
    stage.clock.forward(minutes=1)
    stage.deliverer = stage.another_process()
    await played(stage)
    step = c.StepReplay(of=1, seq=held.seq, due=held.due)
    assert (await stage.ask(step, 2)).events == ()
    assert [len(stage.events(kind, 2)) for kind in (e.AlertsFired, e.AlertsCleared)] == [2, 1]


async def test_the_similar_ones_and_the_load_know_of_no_drill(stage: Stage, talk: Talk):
    await a_past(stage)
    await talk.says("drill INC-1")
    await talk.says("drill OSDDown by hand")
    await stage.settle()
    for asked in ("INC-1 similar", "similar OSDDown"):
        answer = (await talk.says(asked)).to_plain()
        assert "INC-2" not in answer
        assert "INC-3" not in answer
    paged = stage.world.lookups.paged(stage.clock.now() - timedelta(days=2), stage.clock.now())
    assert len(paged) == 1


async def test_a_drill_is_steered_from_its_room_by_its_number_or_as_the_only_one(stage: Stage, talk: Talk):
    await a_past(stage)
    await talk.says("drill INC-1 speed=10x")
    assert "The replay is held" in (await talk.says("drill pause")).to_plain()
    assert "undo: INC-2 undo" in (await talk.says("INC-2 drill go")).to_plain()
    assert stage.incident(2).replay.due is not None
    assert "20 times as fast" in (await talk.says("drill speed 20x")).to_plain()
    assert (await talk.says("undo")).tone == "refused" or stage.incident(2).replay.speed in (10, 20)
    await talk.says("drill Rack loss")
    several = (await talk.says("drill pause")).to_plain()
    assert several.startswith("Several drills are open; say which one you mean.")


async def test_what_came_with_the_opening_is_by_nobody_and_what_did_not_clear_worries_nobody(stage: Stage, talk: Talk):
    await stage.writer.submit(firing(2))
    await stage.ask(c.Resolve(), 1)
    await talk.says("drill INC-1")
    await stage.settle()
    (told,) = [line for text in stage.thread("inc-2") for line in text.splitlines() if "2 alerts fired" in line]
    assert told.endswith("2 alerts fired: osd 0; osd 1")
    resolved = (await talk.says("resolve drained", "inc-2")).to_plain()
    assert "is being written" in resolved
    assert "still fire" not in resolved


async def test_five_thousand_alerts_at_once_starve_nobody(stage: Stage, talk: Talk):
    """A thousand times as fast: the room is told in a few lines, and what really fires meanwhile is not behind them."""
    await stage.writer.submit(firing(1))
    for first in range(0, 5000, 250):
        stage.clock.forward(seconds=5)
        told = [
            an_ask(c.FoldAlerts(fired_count=1, fired=(e.AlertFact(f"s{n}", "SlowOps", f"slow ops {n}"),)), 1)
            for n in range(first, first + 250)
        ]
        await asyncio.gather(*(stage.writer.submit(one) for one in told))
    await stage.ask(c.Resolve(), 1)
    await stage.settle()
    usual = min([await real(stage, n) for n in range(1, 4)])
    await talk.says("drill INC-1 speed=1000x")
    number = stage.world.lookups.recent()[0].number
    took: list[float] = []
    while not over(stage, number):
        stage.clock.forward(seconds=1)
        stepping = asyncio.create_task(stage.deliverer.drain())
        took.append(await real(stage, 10 + len(took)))
        await stepping
    await stage.settle()
    assert stage.incident(number).alerts_total == 5001
    assert len(stage.events(e.AlertsFired, number)) < 60
    assert len(stage.rooms["console"].messages(f"inc-{number}")) < 40
    assert sorted(took)[len(took) // 2] < max(0.25, 20 * usual)


async def real(stage: Stage, number: int) -> float:
    """Seconds of work until an alert of something else is recorded; what other processes do meanwhile is none of it."""
    alert = replace(firing(1, first=9000 + number).alerts[0], labels={**LABELS, "az": f"z{number}"})
    begun = time.process_time()
    await stage.writer.submit(Notification("prometheus", (alert,), group=f"real {number}"))
    return time.process_time() - begun


async def test_behind_any_number_of_merged_ones_without_alerts_there_is_an_alert(stage: Stage, talk: Talk):
    await stage.writer.submit(firing(1))
    stage.clock.forward(minutes=10)
    for place in range(MOST_TOGETHER + 5):
        number = await stage.open(f"Also slow {place}", another=True)
        await stage.ask(c.Merge(into=1), number)
    await stage.writer.submit(firing(1, first=1))
    await stage.ask(c.Resolve(), 1)
    with stage.world.store.begin() as unit:
        (opened, first, *_) = unit.script(1, 0)
        left = unit.script(1, first.seq + 1)
    assert isinstance(opened.event, e.IncidentOpened)
    assert [type(one.event) for one in left] == [e.AlertsFired]


async def test_one_that_was_made_private_or_is_reopened_goes_on_where_it_was(stage: Stage, talk: Talk):
    await a_past(stage)
    await talk.says("drill INC-1 speed=20x")
    await stage.settle()
    assert "private" in (await talk.says("private", "inc-2")).to_plain()
    await stage.settle()
    await talk.says("INC-2 resolve")
    stopped = stage.incident(2).replay
    assert stopped.due is None
    stage.clock.forward(hours=5)
    await talk.says("INC-2 reopen")
    assert stage.incident(2).replay.due is None
    await talk.says("INC-2 drill go")
    await played(stage)
    assert [type(one) for one in stage.events(e.AlertsFired, 2)] == [e.AlertsFired] * 2
    assert stage.incident(2).private
    said = [one.document for one in stage.rooms["console"].messages("inc-2")]
    assert [one.summary for one in said if BANNER not in one.blocks] == []


async def test_a_clock_that_jumps_loses_no_alert_and_brings_none_twice(stage: Stage, talk: Talk):
    await a_past(stage)
    await talk.says("drill INC-1 speed=20x")
    stage.clock.forward(hours=-3)
    await stage.settle()
    stage.clock.forward(hours=9)
    await played(stage)
    counted = [len(stage.events(kind, 2)) for kind in (e.AlertsFired, e.AlertsCleared)]
    assert counted == [2, 1]


async def test_two_bots_bring_each_alert_once(stage: Stage, talk: Talk):
    await a_past(stage)
    await talk.says("drill INC-1 speed=20x")
    other = stage.another_process()
    await played(stage, other)
    await other.finish()
    assert lines(stage, 2) == [
        "The alerts of INC-1 come again, 20 times as fast as then",
        "2 alerts fired: osd 0; osd 1",
        "1 alert fired: osd 0",
        "3 alerts cleared, none is firing now: osd 0; osd 1; osd 2",
        "All alerts of the past incident have come",
    ]
    heard = [line[8:] for text in stage.thread("inc-2") for line in text.splitlines()]
    assert [heard.count(line) for line in lines(stage, 2)[1:]] == [1] * 4


async def test_the_form_of_a_drill_offers_what_is_over_and_had_alerts(stage: Stage, talk: Talk):
    await a_past(stage)
    await stage.open("Network slow")
    asked = await talk.conversation.wanting(Said("console", "incidents", "ana", "drill"))
    assert [option.value for option in asked.choices["past"]] == ["INC-1"]


async def test_nothing_real_is_opened_where_people_play(stage: Stage, talk: Talk):
    await talk.says("drill Rack loss")
    await stage.settle()
    for line in (
        "open sev1 All is down",
        "nearmiss Nearly",
        "maint Rack 3 start=now end=+2h",
    ):
        refused = await talk.says(line, "inc-1")
        assert refused.tone == "refused", line
        assert "This is the room of a drill, INC-1" in refused.to_plain(), line
    assert "INC-2 is open" in (await talk.says("drill Another one", "inc-1")).to_plain()
    assert "INC-3 is open" in (await talk.says("open sev1 All is down", "incidents")).to_plain()
