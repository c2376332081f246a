"""That a chat platform is not heard is told on the others, once, whatever restarts; and that it is heard again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

import bot.deaf
from adapters.chat.console import Config, ConsolePlatform, build
from bot.chat.deaf import deaf, heard_again
from bot.chat.document import Document
from bot.deaf import Deafness
from bot.listening import Hearing
from bot.ports import Attempt, Rejected, Unavailable
from bot.store import TurnLost, Turns
from storage.memory import SqlMemory
from storage.turns import AlwaysOurs, Work
from tests.clock import START
from tests.fakes import Orders, Patience, TroubledChat
from tests.until import until
from tests.world import World

PLATFORMS = ("slack", "matrix", "other")
WELL, BRIEF = Hearing(well=True), Hearing("the socket was closed")
REVOKED = Hearing("token_revoked (somebody must look)", lasts=True)
DEAF = "The bot does not hear Slack since 03:00 UTC: token_revoked (somebody must look)"


class Watched:
    """Three platforms, how they are heard, and what watches that. Time passes while the watch sleeps, which it does until it is allowed to look on."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.rooms: dict[str, ConsolePlatform] = {
            name: build(name, Config(folder=str(folder / name)), clock=world.clock) for name in PLATFORMS
        }
        self.chats = {name: TroubledChat(room) for name, room in self.rooms.items()}
        self.hearing = dict.fromkeys(PLATFORMS, WELL)
        self.looks = 0
        self._allowed = asyncio.Semaphore(0)
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self, turns: Turns | None = None) -> None:
        """A process that watches."""
        memory = SqlMemory(self.world.database, self.world.clock, "klatsch: deafness")
        heard = lambda: self.hearing  # noqa: E731 - shorter than its name
        watch = Deafness(heard, self.chats, memory, turns or AlwaysOurs(), self.world.clock, "UTC", sleep=self._passing)
        self._tasks.append(asyncio.create_task(watch.run()))

    async def _passing(self, seconds: float) -> None:
        self.looks += 1
        await self._allowed.acquire()
        self.world.clock.forward(seconds=seconds)

    async def later(self, looks: int = 3) -> None:
        """After so many looks more."""
        wanted = self.looks + looks
        for _ in range(looks):
            self._allowed.release()
        await until(lambda: self.looks >= wanted, "more looks")

    async def end(self) -> None:
        """The process is killed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def said(self, on: str) -> list[str]:
        """The first line of each message, in the words of a terminal."""
        return [said.document.to_plain().strip().splitlines()[0] for said in self.rooms[on].messages("incidents")]


@pytest.fixture
async def watched(world: World, tmp_path: Path) -> AsyncIterator[Watched]:
    watched = Watched(world, tmp_path)
    yield watched
    await watched.end()
    for room in watched.rooms.values():
        room.close()


async def test_it_is_said_on_every_other_platform_once_and_once_more_when_it_is_over(watched: Watched) -> None:
    watched.begin()
    watched.hearing["slack"] = REVOKED
    await watched.later(10)
    assert [watched.said(on) for on in PLATFORMS] == [[], [DEAF], [DEAF]]
    watched.hearing["slack"] = WELL
    await watched.later(10)
    (_, again), (_, other) = watched.said("matrix"), watched.said("other")
    assert again == other
    assert again.startswith("The bot hears Slack again. It did not from 03:00 to 03:0")
    assert again.endswith(" UTC; what was typed there meanwhile may come late, or be lost.")
    assert watched.said("slack") == []
    watched.hearing["slack"] = REVOKED
    await watched.later()
    assert len(watched.said("matrix")) == 3


async def test_what_does_not_last_is_said_nowhere(watched: Watched) -> None:
    watched.begin()
    for hearing in (BRIEF, Hearing(), WELL, BRIEF, WELL):
        watched.hearing["slack"] = hearing
        await watched.later()
    assert [watched.said(on) for on in PLATFORMS] == [[], [], []]


async def test_since_when_is_when_it_began_and_not_when_it_had_lasted(watched: Watched) -> None:
    watched.begin()
    watched.hearing["slack"] = BRIEF
    await watched.later(60)
    watched.hearing["slack"] = Hearing(BRIEF.trouble, lasts=True)
    await watched.later()
    assert watched.said("matrix") == ["The bot does not hear Slack since 03:00 UTC: the socket was closed"]


async def test_a_restart_says_nothing_anew_and_knows_what_is_left_to_say(watched: Watched) -> None:
    watched.begin()
    watched.hearing["slack"] = REVOKED
    await watched.later()
    await watched.end()
    watched.hearing["slack"] = Hearing()
    watched.begin()
    # Whether it is heard nobody knows yet.
    await watched.later()
    watched.hearing["slack"] = REVOKED
    await watched.later()
    assert watched.said("matrix") == [DEAF]
    await watched.end()
    watched.begin()
    watched.hearing["slack"] = WELL
    await watched.later()
    assert len(watched.said("matrix")) == 2
    await watched.end()
    watched.begin()
    await watched.later()
    assert len(watched.said("matrix")) == 2


async def test_who_dies_behind_the_message_does_not_make_the_next_one_say_it_twice(watched: Watched) -> None:
    attempts: list[Attempt] = []

    async def say(attempt: Attempt, room: str, document: Document, *, thread: str = "") -> str:
        attempts.append(attempt)
        message = await watched.rooms["matrix"].say(attempt, room, document, thread=thread)
        if len(attempts) == 1:
            await asyncio.Event().wait()
        return message

    watched.chats["matrix"].say = say  # type: ignore[method-assign]
    watched.begin()
    watched.hearing["slack"] = REVOKED
    await until(lambda: watched.said("matrix"), "the message")
    await watched.end()
    watched.begin()
    await watched.later()
    assert watched.said("matrix") == [DEAF]
    first, second = attempts
    assert (first.key, first.number, second.number) == (second.key, 1, 2)


async def test_a_platform_that_does_not_take_it_is_tried_again_and_holds_up_no_other(watched: Watched) -> None:
    trouble = Orders(always=Unavailable("away"))
    watched.chats["matrix"].by_method["say"] = trouble
    watched.begin()
    watched.hearing["slack"] = REVOKED
    await watched.later()
    assert [watched.said(on) for on in PLATFORMS] == [[], [], [DEAF]]
    tried = len(watched.chats["matrix"].calls)
    await watched.later(200)
    assert 1 < len(watched.chats["matrix"].calls) - tried < 20
    trouble.always = None
    await watched.later(100)
    assert watched.said("matrix") == [DEAF]


async def test_who_heard_nothing_of_the_trouble_hears_nothing_of_its_end(watched: Watched) -> None:
    trouble = watched.chats["matrix"].by_method["say"] = Orders(always=Unavailable("away", timedelta(days=1)))
    watched.chats["other"].by_method["say"] = Orders(always=Rejected("not in this room"))
    watched.begin()
    watched.hearing["slack"] = REVOKED
    await watched.later()
    trouble.always = None
    watched.hearing["slack"] = WELL
    await watched.later(100)
    assert [watched.said(on) for on in PLATFORMS] == [[], [], []]
    assert watched.chats["other"].calls == ["say"]


async def test_one_that_hangs_or_has_a_bug_ends_nothing(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bot.deaf, "SAID_WITHIN", 0.05)
    watched.chats["matrix"].by_method["say"] = Orders(always=Patience())
    watched.chats["other"].by_method["say"] = Orders(always=KeyError("ts"))
    watched.begin()
    watched.hearing["slack"] = REVOKED
    await watched.later()
    for why in ("could not be said on matrix: TimeoutError", "could not be said on other: KeyError"):
        assert why in caplog.text
    watched.chats["other"].by_method.clear()
    await watched.later(2)
    await until(lambda: watched.said("other") == [DEAF], "the message")


class OneOfTwo:
    """Whose turn it is: the first loses it once, in the middle of a look."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.lose = asyncio.Event()

    async def during(self, name: str, work: Work) -> None:
        async with self.lock:
            doing, lost = asyncio.create_task(work()), asyncio.create_task(self.lose.wait())
            try:
                await asyncio.wait([doing, lost], return_when=asyncio.FIRST_COMPLETED)
                self.lose.clear()
            finally:
                doing.cancel()
                lost.cancel()
                await asyncio.gather(doing, lost, return_exceptions=True)
        raise TurnLost


async def test_of_several_processes_one_says_it(watched: Watched) -> None:
    turns = OneOfTwo()
    for _ in range(3):
        watched.begin(turns)
    watched.hearing["slack"] = REVOKED
    await watched.later()
    turns.lose.set()
    await watched.later()
    assert watched.said("matrix") == [DEAF]
    watched.hearing["slack"] = WELL
    await watched.later()
    turns.lose.set()
    await watched.later()
    assert len(watched.said("matrix")) == 2


async def test_while_the_database_is_away_nothing_is_said_and_then_it_is(
    watched: Watched, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with world.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE memory RENAME TO gone")
    watched.begin()
    watched.hearing["slack"] = REVOKED
    await watched.later()
    assert "told nowhere for now" in caplog.text
    with world.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO memory")
    await watched.later()
    assert len(watched.said("matrix")) == 1


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"since": "x"}', '{"since": "x", "reason": "", "left": 1}', "\x01"])
async def test_what_another_release_kept_is_no_hindrance(watched: Watched, kept: str) -> None:
    memory = SqlMemory(watched.world.database, watched.world.clock, "klatsch: deafness")
    await memory.keep({"slack": kept})
    watched.hearing["slack"] = REVOKED
    watched.begin()
    await watched.later()
    assert watched.said("matrix") == [DEAF]


def test_the_words_are_bounded_and_name_the_day_when_it_took_long() -> None:
    words = deaf("slack", START, "a\x1b[31m\n" + "x" * 5000, "Europe/Berlin").to_plain()
    assert "since 04:00 CET: a" in words
    assert len(words) < 600
    assert words.isprintable() or "\x1b" not in words
    long = heard_again("slack", START, START + timedelta(days=2), "UTC").to_plain()
    assert "from 02 Nov 03:00 to 04 Nov 03:00 UTC" in long
