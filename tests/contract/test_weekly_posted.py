"""The weekly digest where people read it: one message with its details in the thread, each once however often it is tried."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from adapters.chat.console import Config, build
from bot.chat.document import Document
from bot.chat.templates import Templates
from bot.coffee.weekly.blocks import DigestBlock
from bot.destinations import Mailbox, Place
from bot.digests import Digests, NextCoffee, Weekly, posts
from bot.handle import handle
from bot.incident import commands as c
from bot.incident.effects import SayWeeklyDigest
from bot.incident.model import Kind, Mark, Severity
from bot.ports import Attempt, Rejected, Unavailable
from bot.words import Wording
from storage.store import SqlStore
from storage.tables import outbox
from storage.weeks import SqlWeeks
from tests.contract.stage import Stage
from tests.fakes import Orders, Patience, RecordingPager
from tests.statements import statements
from tests.world import PEOPLE, World

WEEK, MINUTE = timedelta(weeks=1), timedelta(minutes=1)


async def a_week(stage: Stage) -> None:
    """Something of everything, and something private."""
    number = await stage.open("Volumes slow", severity=Severity.SEV2)
    await stage.ask(c.Note(text="the spare was on site", mark=Mark.LUCKY), number)
    await stage.ask(c.AddFollowUp(text="Alert when more than 5 % of OSDs are slow", owner="ana"), number)
    await stage.ask(c.Resolve(), number)
    await stage.open("Almost drained the wrong rack", kind=Kind.NEARMISS)
    await stage.open("The payroll leaked", private=True)
    await stage.settle()


async def posted(stage: Stage, weekly: Weekly | None = None, **given: str) -> None:
    now = stage.clock.now()
    await stage.writer.submit(posts(weekly or stage.digests.weeklies[""], now - WEEK, now, **given))


def test_a_batch_of_nothing_else_is_put_there_by_the_database_s_own_clock_too(world: World) -> None:
    store = SqlStore(world.database, world.clock if world.database.sqlite else None)
    end = world.clock.now()
    handle(store, [posts(Weekly(to=(Place("console"),)), end - WEEK, end)], world.rules)
    with world.database.read() as connection:
        assert connection.execute(select(outbox.c.state)).scalars().all() == ["waiting"]


def digests(stage: Stage) -> list[str]:
    return [said for said in stage.announced() if said.lstrip().startswith("Week ")]


def details(stage: Stage) -> list[str]:
    return [m.document.to_plain() for m in stage.rooms["console"].messages("incidents") if m.thread]


async def test_one_message_with_the_details_in_its_thread(stage: Stage) -> None:
    await a_week(stage)
    await posted(stage)
    await stage.settle()
    (main,) = digests(stage)
    assert "1 incident, 1 near miss" in main
    assert "SEV2 INC-1 Volumes slow" in main
    (message,) = [m for m in stage.rooms["console"].messages("incidents") if m.document.to_plain() == main]
    threads = [m for m in stage.rooms["console"].messages("incidents") if m.thread]
    assert {m.thread for m in threads} == {message.id}
    assert any("Almost drained the wrong rack" in detail for detail in details(stage))
    assert any("Alert when more than 5 % of OSDs are slow" in detail for detail in details(stage))
    assert not any("payroll" in said or "INC-3" in said for said in [*stage.announced(), *details(stage)])


async def test_the_same_one_is_put_there_once(stage: Stage) -> None:
    await a_week(stage)
    for _ in range(3):
        await posted(stage, moment="2026-11-02T08:00:00+00:00")
        await stage.settle()
    assert len(digests(stage)) == 1
    await posted(stage, moment="asked 2026-11-02T10:15")
    await stage.settle()
    assert len(digests(stage)) == 2


async def test_a_platform_that_fails_between_the_message_and_its_details_shows_each_of_them_once(stage: Stage) -> None:
    await a_week(stage)
    for fails_at in (1, 2, 4):
        stage.chat.by_method["say"] = Orders(deque([*[_nothing] * fails_at, Unavailable("gone for a moment")]))
        await posted(stage, moment=f"try {fails_at}")
        before = len(details(stage))
        await stage.settle()
        stage.clock.forward(minutes=10)
        await stage.settle()
        found = details(stage)[before:]
        assert len(found) == len(set(found)) > 4
    assert len(digests(stage)) == 3
    assert [row[1] for row in stage.effects("say_weekly_digest")] == ["done"] * 3


async def test_another_bot_finishes_what_one_that_stands_still_began(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    await a_week(stage)
    await posted(stage)
    still = Patience()
    stage.chat.by_method["say"] = Orders(deque([_nothing, _nothing, _nothing, still]))
    other = stage.another_process()
    first = asyncio.create_task(stage.deliverer.round())
    await still.asked.wait()
    assert len(details(stage)) == 2
    assert await other.drain() == 0
    # Its lease is over, and nobody has renewed it.
    stage.clock.forward(seconds=61)
    assert await other.drain() == 1
    whole = details(stage)
    assert len(whole) == len(set(whole)) > 4
    assert stage.effects("say_weekly_digest") == [("say_weekly_digest", "done", 2)]
    still.go.set()
    await first
    assert details(stage) == whole
    assert len(digests(stage)) == 1
    assert "was withdrawn, or taken over by another process" in caplog.text


async def _nothing() -> None:
    """An order to do as it always does."""


async def test_a_room_of_ones_own_and_one_that_is_none(stage: Stage) -> None:
    await a_week(stage)
    await posted(stage, Weekly(to=(Place("console", "#ops"), Place("console", "two words"))))
    await stage.settle()
    assert digests(stage) == []
    (main, *threads) = stage.rooms["console"].messages("ops")
    assert "1 incident, 1 near miss" in main.document.to_plain()
    assert {detail.thread for detail in threads} == {main.id}
    assert [row[1] for row in stage.effects("say_weekly_digest")] == ["done", "failed"]


async def test_where_nothing_is_announced_nothing_is_posted_and_nothing_is_wrong(stage: Stage, tmp_path: Path) -> None:
    quiet = build("console", Config(folder=str(tmp_path / "quiet"), announce=""), clock=stage.clock)
    end = stage.clock.now()
    await stage.digests.say(Attempt("k"), quiet, SayWeeklyDigest("console", "", "", end - WEEK, end))
    assert [room.id for room in quiet.rooms() if room.messages] == []
    await stage.digests.say(Attempt("k"), quiet, SayWeeklyDigest("console", "#ops", "", end - WEEK, end))
    assert quiet.messages("ops")
    quiet.close()


async def test_the_team_is_gone_by_then_or_the_mail_block_mails_nothing(stage: Stage) -> None:
    await posted(stage, Weekly(team="storage", to=(Place("console"),)))
    await posted(stage, Weekly(to=(Mailbox("ntfy", "ops@example.org"),)))
    await stage.settle()
    assert [row[1:] for row in stage.effects("say_weekly_digest", "mail_weekly_digest")] == [("failed", 1)] * 2


class MailingPager(RecordingPager):
    """A pager that mails other things too."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: dict[str, tuple[str, str, Document, str]] = {}

    async def send(self, attempt: Attempt, to: str, subject: str, document: Document, language: str = "en") -> None:
        await self.orders.obey()
        self.mails.setdefault(attempt.key, (to, subject, document, language))


async def test_a_mail_has_all_of_it_in_one_text(stage: Stage) -> None:
    stage.email = mailing = MailingPager()
    stage.deliverer = stage.another_process()
    await a_week(stage)
    await posted(stage, Weekly(to=(Mailbox("email", "ops@example.org"), Place("console"))))
    await stage.settle()
    ((to, subject, document, language),) = mailing.mails.values()
    assert (to, language) == ("ops@example.org", "en")
    (main,) = digests(stage)
    assert subject == main.partition("\n")[0]
    for detail in details(stage):
        assert detail.strip() in document.to_plain()


async def test_a_mail_says_which_language_it_is_in(stage: Stage) -> None:
    stage.email = mailing = MailingPager()
    stage.deliverer = stage.another_process()
    german = replace(stage.digests.weeklies[""], language="de", to=(Mailbox("email", "ops@example.org"),))
    stage.digests.weeklies = {"": german}
    await posted(stage, german)
    await stage.settle()
    ((_, subject, _, language),) = mailing.mails.values()
    assert (subject.partition(" ")[0], language) == ("KW", "de")


FIVE = (
    Place("console"),
    Place("console", "#ops"),
    Place("console", "#dev"),
    Place("console", "#sre"),
    Mailbox("email", "ops@example.org"),
)


def asked_of_the_week(sent: Sequence[tuple[str, object]]) -> int:
    """How often the events of a week were asked for."""
    return sum("ORDER BY event.recorded_at DESC" in statement for statement, _ in sent)


async def test_a_week_is_read_once_for_all_places_and_teams_that_it_is_due_for_at_once(stage: Stage) -> None:
    stage.email = mailing = MailingPager()
    team = Weekly("storage", services=("ceph",), to=(Place("console", "#storage"), Place("console", "#disks")))
    stage.digests.weeklies = {**stage.digests.weeklies, "storage": team}
    stage.deliverer = stage.another_process()
    await a_week(stage)
    await posted(stage, Weekly(to=FIVE))
    await posted(stage, team)
    with statements() as sent:
        await stage.deliverer.round()
    assert asked_of_the_week(sent) == 1
    everybody, ops, storage, disks = (
        [message.document for message in stage.rooms["console"].messages(room)]
        for room in ("incidents", "ops", "storage", "disks")
    )
    assert [one for one in everybody if one in ops] == ops
    assert storage == disks != ops
    assert len(mailing.mails) == 1


async def test_a_place_that_is_tried_again_tells_what_is_so_by_then(stage: Stage) -> None:
    await a_week(stage)
    stage.chat.by_method["room_named"] = Orders(deque([_nothing, Unavailable("gone for a moment")]))
    await posted(stage, Weekly(to=(Place("console", "#ops"), Place("console", "#dev"))))
    await stage.deliverer.round()
    await stage.ask(c.MakePrivate(), 1)
    stage.clock.forward(minutes=10)
    await stage.settle()
    ops, dev = (stage.rooms["console"].messages(room)[0].document.to_plain() for room in ("ops", "dev"))
    assert "Volumes slow" in ops
    assert "Volumes slow" not in dev


DaysOff = Callable[[Sequence[str]], Callable[[date], bool]]


def other(
    stage: Stage, coffee: NextCoffee | None = None, days_off: DaysOff = lambda names: lambda day: False, **given: object
) -> Digests:
    weeklies = {"": replace(stage.digests.weeklies[""], **given)}
    words = Wording(Templates(None), PEOPLE, "UTC", {}, stage.duty)
    weeks = SqlWeeks(stage.world.database)
    return Digests(
        weeks, stage.clock, words, weeklies, people=PEOPLE, duty=stage.duty, coffee=coffee, days_off=days_off
    )


async def test_the_language_the_blocks_that_are_off_and_the_next_coffee(stage: Stage) -> None:
    await a_week(stage)
    start, end = stage.clock.now() - WEEK, stage.clock.now()
    coffee = NextCoffee(lambda at: at + timedelta(days=3), "https://meet.example.org/coffee")
    everything = other(stage, coffee, language="de").edition("", start, end)
    assert "Störung" in everything.main.summary
    assert any(
        "meet.example.org" in document.to_plain() for document in (everything.main, *dict(everything.details).values())
    )
    off = other(stage, off=frozenset({DigestBlock.FOLLOWUPS})).edition("", start, end, "en")
    assert DigestBlock.FOLLOWUPS not in dict(off.details)
    assert DigestBlock.FOLLOWUPS in dict(everything.details)


async def test_a_coffee_nobody_can_tell_the_time_of_holds_up_no_digest(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    def unknown(at: object) -> None:
        raise Unavailable("holidays: they were not known within 30 s")

    end = stage.clock.now()
    edition = other(stage, NextCoffee(unknown)).edition("", end - WEEK, end)
    assert "quiet" in edition.main.summary
    assert "when the next coffee is could not be found out" in caplog.text


async def test_days_off_are_asked_for_the_days_of_the_digest_by_the_names_of_its_team(stage: Stage) -> None:
    asked: list[tuple[tuple[str, ...], date]] = []

    def days_off(names: Sequence[str]) -> Callable[[date], bool]:
        return lambda day: asked.append((tuple(names), day)) is not None

    end = datetime(2026, 12, 28, 23, 30, tzinfo=UTC)
    # It is Tuesday in Berlin by then.
    other(stage, days_off=days_off, holidays=("DE-BE",), zone=ZoneInfo("Europe/Berlin")).edition("", end - WEEK, end)
    assert asked == [(("DE-BE",), date(2026, 12, day)) for day in range(22, 30)]


async def test_days_off_that_nobody_can_look_up_hold_up_no_digest(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    def unknown(day: object) -> bool:
        raise Unavailable("holidays: they were not known within 30 s")

    end = stage.clock.now()
    edition = other(stage, days_off=lambda names: unknown).edition("", end - WEEK, end)
    assert "quiet" in edition.main.summary
    assert "which days were off could not be found out" in caplog.text


async def test_a_team_nobody_knows_has_no_digest(stage: Stage) -> None:
    with pytest.raises(Rejected, match=r"`storage` is not configured under `digest\.teams:` any more"):
        stage.digests.edition("storage", stage.clock.now() - WEEK, stage.clock.now())
