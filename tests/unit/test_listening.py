"""A chat that cannot be heard is tried again, says why, and stops nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest

import bot.listening
from bot.listening import ASKED_MOST, MOST, TOLD_MOST, Hearing, Listening
from bot.ports import Inbox, Overloaded, Rejected, Unavailable
from bot.store import StoreUnavailable, TurnLost
from storage.turns import AlwaysOurs
from tests.fakes import Orders, Patience
from tests.until import until


class Chat:
    """A platform of which only `listen` is asked: it does what it is ordered, and with no order it returns."""

    def __init__(self, *then: Any, always: Any = None) -> None:
        self.orders = Orders(always=always)
        self.orders.then.extend(then)
        self.tries = 0
        self.inbox: Inbox | None = None

    async def listen(self, inbox: Inbox) -> None:
        self.tries += 1
        self.inbox = inbox
        await self.orders.obey()


class Nights:
    """Sleep that takes no time; `slept` is how long each was asked to be. After `most` of them nobody wakes."""

    def __init__(self, most: int = 1000) -> None:
        self.slept: list[float] = []
        self._most = most

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) >= self._most:
            await asyncio.Event().wait()
        await asyncio.sleep(0)


Listener = Callable[..., Listening]


@pytest.fixture
async def listening() -> AsyncIterator[Listener]:
    """Begins to listen, until the test is over."""
    tasks: list[asyncio.Task[None]] = []

    def begin(chat: Any, nights: Nights, turns: Any = None, inbox: Any = None) -> Listening:
        it = Listening({"matrix": chat}, inbox, turns or AlwaysOurs(), nights)
        tasks.append(asyncio.create_task(it.to("matrix")))
        return it

    yield begin
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in ended] == [asyncio.CancelledError] * len(tasks)


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "bot.listening"]


async def test_a_platform_is_listened_to_with_the_inbox_until_cancelled(listening: Listener) -> None:
    inbox = object()
    quiet = Patience()
    it = listening(chat := Chat(quiet), Nights(), inbox=inbox)
    assert it.heard == {"matrix": False}
    await until(quiet.asked.is_set, "listening")
    assert chat.inbox is inbox
    assert (it.heard, it.trouble) == ({"matrix": True}, {})


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (Unavailable("the homeserver does not answer"), "the homeserver does not answer"),
        (Rejected("the token is refused"), "the token is refused (somebody must look)"),
        (StoreUnavailable("locked"), "what is said there could not be taken: locked"),
        (Overloaded("too much waits"), "what is said there could not be taken: too much waits"),
        (KeyError("event_id"), "internal error (KeyError)"),
        (asyncio.CancelledError(), "internal error (CancelledError)"),
    ],
)
async def test_what_keeps_it_from_being_heard_is_told_once_and_it_is_tried_again(
    listening: Listener, caplog: pytest.LogCaptureFixture, error: BaseException, why: str
) -> None:
    async def fails() -> None:
        raise error

    quiet = Patience()
    it = listening(chat := Chat(fails, fails, fails, quiet), Nights())
    await until(quiet.asked.is_set, "listening")
    assert chat.tries == 4
    # That it is under way again says nothing yet.
    assert (it.heard, it.trouble) == ({"matrix": False}, {"matrix": why})
    assert told(caplog) == [f"matrix is not listened to, and is tried again and again: {why}"]
    assert ("Traceback" in caplog.text) == ("internal error" in why)


async def test_each_reason_is_told_once_although_they_take_turns(
    listening: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    quiet = Patience()
    listening(Chat(*[Unavailable("a"), Rejected("b")] * 3, quiet), Nights())
    await until(quiet.asked.is_set, "listening")
    assert len(told(caplog)) == 2


async def test_reasons_without_end_fill_no_memory(listening: Listener, caplog: pytest.LogCaptureFixture) -> None:
    many = [Unavailable(f"reason {number}") for number in range(TOLD_MOST)]
    quiet = Patience()
    listening(Chat(*many, many[0], Unavailable("one more"), many[0], quiet), Nights())
    await until(quiet.asked.is_set, "listening")
    assert len(told(caplog)) == TOLD_MOST + 2


async def test_what_lasts_is_trouble_no_more_and_the_next_one_is_new(
    listening: Listener, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    # Longer than any of the failures takes, on a busy machine too.
    monkeypatch.setattr(bot.listening, "STEADY", 0.5)
    nights = Nights()
    works, again = Patience(), Patience()
    error = Unavailable("no route")
    it = listening(chat := Chat(*[error] * 8, works, error, again), nights)
    await until(works.asked.is_set, "listening")
    await until(lambda: it.heard == {"matrix": True}, "being heard")
    assert it.trouble == {}
    monkeypatch.setattr(bot.listening, "STEADY", 60.0)
    works.go.set()
    await until(again.asked.is_set, "listening")
    # works returns, which is no trouble; then comes the error, told anew; and waits begin small.
    assert [line.rpartition(": ")[2] for line in told(caplog)] == [
        "no route",
        "matrix is listened to again",
        "no route",
    ]
    assert nights.slept[7] >= MOST / 2
    assert nights.slept[8] <= 1.0
    assert chat.tries == 11


async def test_what_has_failed_does_not_count_as_lasting(listening: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.listening, "STEADY", 0.01)
    nights = Nights(1)
    it = listening(Chat(Unavailable("no route")), nights)
    await until(lambda: nights.slept, "the wait")
    # The loop's clock has gone beyond the moment at which it would have counted.
    clock = asyncio.get_running_loop().time
    gone = clock() + 2 * bot.listening.STEADY
    await until(lambda: clock() > gone, "the moment")
    assert it.trouble == {"matrix": "no route"}


async def test_waits_double_to_a_minute_and_are_spread(listening: Listener) -> None:
    bots = Nights(20), Nights(20)
    for nights in bots:
        listening(Chat(always=Unavailable("no route")), nights)
    await until(lambda: all(len(nights.slept) == 20 for nights in bots), "twenty tries of each")
    for number, waits in enumerate(zip(*(nights.slept for nights in bots), strict=True)):
        longest = min(MOST, 2.0**number)
        assert all(longest / 2 <= slept <= longest for slept in waits)
        assert len(set(waits)) == 2


@pytest.mark.parametrize(("asked", "slept"), [(90, 90), (0.1, None), (10**6, ASKED_MOST)])
async def test_the_time_the_other_side_asks_for_is_honoured_within_reason(
    listening: Listener, asked: float, slept: float | None
) -> None:
    nights = Nights(1)
    listening(Chat(Unavailable("slow down", timedelta(seconds=asked))), nights)
    await until(lambda: nights.slept, "the wait")
    if slept is None:
        assert 0.5 <= nights.slept[0] <= 1.0
    else:
        assert nights.slept == [slept]


async def test_what_a_person_must_mend_is_tried_once_a_minute(listening: Listener) -> None:
    nights = Nights(3)
    listening(Chat(always=Rejected("the token is refused")), nights)
    await until(lambda: len(nights.slept) == 3, "three tries")
    assert nights.slept == [MOST] * 3


async def test_one_that_returns_is_no_trouble_and_is_not_asked_all_the_time(
    listening: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    nights = Nights(12)
    it = listening(chat := Chat(Unavailable("before")), nights)
    await until(lambda: len(nights.slept) == 12, "twelve tries")
    assert chat.tries == 12
    assert min(nights.slept[8:]) >= MOST / 2
    assert (it.heard, it.trouble) == ({"matrix": False}, {})
    assert len(told(caplog)) == 1


async def test_it_lasts_when_it_failed_for_a_minute_and_at_once_when_a_person_must_mend_it(
    listening: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights = Nights(3)
    it = listening(Chat(always=Unavailable("no route")), nights)
    await until(lambda: len(nights.slept) == 3, "three tries")
    assert it.hearing == {"matrix": Hearing("no route")}
    assert it.unheard == ["matrix is not heard: no route"]
    monkeypatch.setattr(bot.listening, "STEADY", 0.0)
    late = listening(Chat(always=Unavailable("no route")), again := Nights(2))
    await until(lambda: len(again.slept) == 2, "two tries")
    assert late.hearing == {"matrix": Hearing("no route", lasts=True)}
    monkeypatch.setattr(bot.listening, "STEADY", 60.0)
    refused = listening(Chat(Rejected("the token is refused"), always=Unavailable("no route")), once := Nights(2))
    await until(lambda: len(once.slept) == 2, "two tries")
    assert refused.hearing["matrix"] == Hearing("no route", lasts=True)


async def test_one_that_lasts_is_well_and_a_new_failure_begins_to_count_anew(
    listening: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    works, again = Patience(), Patience()
    it = listening(Chat(Rejected("refused"), works, Unavailable("no route"), again), Nights())
    await until(works.asked.is_set, "listening")
    assert it.hearing["matrix"] == Hearing("refused (somebody must look)", lasts=True)
    works.go.set()
    await until(again.asked.is_set, "listening")
    assert it.hearing == {"matrix": Hearing("no route")}
    monkeypatch.setattr(bot.listening, "STEADY", 0.01)
    steady = listening(Chat(lasting := Patience()), Nights())
    assert steady.hearing == {"matrix": Hearing()}
    await until(lambda: steady.hearing == {"matrix": Hearing(well=True)}, "being heard")
    assert lasting.asked.is_set()


class LostTurns:
    """The first turns are lost while the work is under way; `waiting` is while somebody else has it."""

    def __init__(self, lost: int) -> None:
        self._lost = lost
        self.waiting = asyncio.Event()

    async def during(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._lost == 0:
            self.waiting.set()
            await asyncio.Event().wait()
        self._lost -= 1
        doing = asyncio.create_task(work())
        await asyncio.sleep(0)
        doing.cancel()
        await asyncio.wait([doing])
        raise TurnLost


async def test_who_lost_the_turn_waits_for_it_without_trouble(
    listening: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    nights, turns = Nights(), LostTurns(2)
    it = listening(chat := Chat(always=Patience()), nights, turns)
    await until(turns.waiting.is_set, "waiting for the turn")
    assert (chat.tries, nights.slept, told(caplog)) == (2, [], [])
    assert (it.heard, it.trouble) == ({"matrix": False}, {})


async def test_who_waits_long_for_a_turn_takes_it_that_somebody_else_hears(
    listening: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.listening, "STEADY", 0.01)
    turns = LostTurns(0)
    it = listening(chat := Chat(), Nights(), turns)
    it._ears["matrix"].hearing = Hearing("no route", lasts=True)
    await until(lambda: it.hearing == {"matrix": Hearing(well=True)}, "the other one being steady")
    assert (chat.tries, it.heard, it.trouble) == (0, {"matrix": False}, {})


async def test_platforms_do_not_wait_for_each_other(listening: Listener) -> None:
    quiet = Patience()
    it = Listening({"matrix": Chat(always=Rejected("no")), "slack": Chat(quiet)}, None, AlwaysOurs(), Nights(1))
    tasks = [asyncio.create_task(it.to(name)) for name in ("matrix", "slack")]
    await until(quiet.asked.is_set, "listening")
    await until(lambda: it.trouble, "the trouble")
    assert it.heard == {"matrix": False, "slack": True}
    assert list(it.trouble) == ["matrix"]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
