"""Our own sign of life: where it goes, when none is sent, and that nobody reads its address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.heartbeat import build
from adapters.http import Http
from bot.health.alive import STUCK, Alive, Pulse, Work
from bot.inbox import Writer
from bot.incident import commands as c
from bot.ports import Rejected, Unavailable
from bot.store import StoreUnavailable
from storage.engine import Database
from tests.contract.servers.http import Answer, Trouble
from tests.contract.servers.pings import PUSH, UUID, PingServer
from tests.servers.processes import free_port
from tests.until import PATIENCE, until
from tests.world import World, an_ask

TOKEN = "tk_hUw3vV7dNf"
HEALTHCHECKS, KUMA = f"/ping/{UUID}", f"/api/push/{PUSH}?status=up&msg=OK&ping="


@pytest.fixture
async def server() -> AsyncIterator[PingServer]:
    async with PingServer() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(trust_env=False) as http:
        yield http


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", [HEALTHCHECKS, KUMA])
async def test_who_waits_for_it_hears_it(server: PingServer, http: Http, path: str, method: str) -> None:
    await build(f"{server.url}{path}", method, "", http)()
    assert server.alive == [path.partition("?")[0]]


async def test_a_token_is_shown(http: Http) -> None:
    async with PingServer(TOKEN) as server:
        await build(f"{server.url}{HEALTHCHECKS}", "POST", TOKEN, http)()
        assert server.alive == [HEALTHCHECKS]
        with pytest.raises(Rejected, match=r"401 .*check `token`"):
            await build(f"{server.url}{HEALTHCHECKS}", "POST", "another", http)()


ECHO = f"no {HEALTHCHECKS} {UUID} {TOKEN} for http://127.0.0.1{HEALTHCHECKS}"


@pytest.mark.parametrize(
    ("order", "error", "says"),
    [
        (Answer.of({"error": ECHO}, 500), Unavailable, "500"),
        (Answer.of({"error": ECHO}, 429, Retry_After="30"), Unavailable, "429"),
        (Answer.of({"error": ECHO}, 404), Rejected, "check `url`"),
        (Answer(301, b"", {"Location": f"https://elsewhere.example.org{HEALTHCHECKS}"}), Rejected, "write the new one"),
        (Trouble.DROP, Unavailable, "connection was lost"),
        (Trouble.HANG, Unavailable, "no answer within"),
        (Trouble.TRICKLE, Unavailable, "no answer within"),
        (b"no HTTP at all", Unavailable, "connection was lost"),
    ],
    ids=lambda value: getattr(value, "name", None) or str(getattr(value, "status", ""))[:3],
)
async def test_what_goes_wrong_says_so_without_the_address(server: PingServer, order, error, says) -> None:
    server.orders.append(order)
    # An answer that comes is waited for.
    async with Http(seconds=0.2 if says == "no answer within" else PATIENCE, trust_env=False) as http:
        with pytest.raises(error) as raised:
            await build(f"{server.url}{HEALTHCHECKS}", "GET", TOKEN, http)()
    assert raised.value.reason.startswith("http.heartbeat: ")
    assert says in raised.value.reason
    assert [secret for secret in (UUID, UUID[:8], TOKEN) if secret in raised.value.reason] == []


async def test_healthchecks_says_ok_also_to_what_it_did_not_take(server: PingServer, http: Http) -> None:
    with pytest.raises(Rejected, match="no such check"):
        await build(f"{server.url}/ping/00000000-0000-0000-0000-000000000000", "GET", "", http)()
    server.too_often = True
    with pytest.raises(Unavailable, match="`every` longer"):
        await build(f"{server.url}{HEALTHCHECKS}", "GET", "", http)()
    assert server.alive == []


async def test_nobody_there_is_said_without_the_address(http: Http) -> None:
    url = f"http://127.0.0.1:{free_port()}{HEALTHCHECKS}"
    with pytest.raises(Unavailable, match="cannot connect") as raised:
        await build(url, "GET", "", http)()
    assert UUID not in raised.value.reason


class Rounds:
    """A sleep that ends after so many rounds, with what was asked for."""

    def __init__(self, rounds: int) -> None:
        self.left = rounds
        self.slept: list[float] = []
        self.over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.left -= 1
        if self.left == 0:
            self.over.set()
            await asyncio.Event().wait()


async def test_a_beat_that_fails_is_tried_with_the_next_and_told_until_then(
    server: PingServer, http: Http, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    wrong = []

    async def problems() -> list[str]:
        return wrong

    alive = Alive(build(f"{server.url}{HEALTHCHECKS}", "GET", "", http), problems, timedelta(minutes=1))
    assert (alive.taken, alive.troubles) == (False, [])
    await alive.beat()
    assert (alive.taken, alive.troubles) == (True, [])
    server.orders += [Answer.of({}, 503)] * 2
    await alive.beat()
    await alive.beat()
    assert alive.taken is False
    assert alive.troubles == ["The sign of life does not arrive: http.heartbeat: answered 503 Service Unavailable: {}"]
    await alive.beat()
    assert (alive.taken, alive.troubles, len(server.alive)) == (True, [], 2)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert UUID not in caplog.text


async def test_a_bot_that_does_not_do_its_work_sends_none_and_says_so_once(
    server: PingServer, http: Http, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    wrong = ["The database takes no writes: disk full"]

    async def problems() -> list[str]:
        return wrong

    alive = Alive(build(f"{server.url}{HEALTHCHECKS}", "GET", "", http), problems, timedelta(minutes=1))
    await alive.beat()
    await alive.beat()
    assert (server.requests, alive.taken, alive.troubles) == ([], False, [])
    assert [record.getMessage().partition("work: ")[2] for record in caplog.records] == wrong
    wrong = []
    await alive.beat()
    assert (len(server.alive), alive.taken) == (1, True)


async def test_it_goes_on_for_ever_also_after_a_bug(caplog: pytest.LogCaptureFixture) -> None:
    sent: list[int] = []

    async def send() -> None:
        sent.append(1)
        if len(sent) == 1:
            raise RuntimeError("a bug")

    async def fine() -> list[str]:
        return []

    rounds = Rounds(3)
    alive = Alive(send, fine, timedelta(seconds=90), rounds)
    running = asyncio.create_task(alive.run())
    await asyncio.wait_for(rounds.over.wait(), PATIENCE)
    running.cancel()
    assert (len(sent), rounds.slept, alive.taken) == (3, [90.0] * 3, True)
    assert "a bug" in caplog.text


async def fine() -> list[str]:
    return []


async def test_a_delivery_loop_that_stands_still_is_no_work(world: World) -> None:
    ticks = [0.0]
    pulse = Pulse(world.outbox, lambda: ticks[0])
    work = Work(fine, Writer(world.store, world.rules), pulse)
    ticks[0] = STUCK
    assert await work.problems() == []
    ticks[0] = STUCK + 1
    assert await work.problems() == ["Nothing was taken out of the outbox for 31 s"]
    assert pulse.claim(5, timedelta(seconds=9)) == []
    assert await work.problems() == []
    assert pulse.next_due() is None


async def test_an_outbox_that_does_not_answer_is_not_taken_from(tmp_path: Path) -> None:
    ticks = [0.0]
    world = World(Database(f"sqlite:///{tmp_path}/klatsch.db"))
    (tmp_path / "klatsch.db").unlink()
    pulse = Pulse(world.outbox, lambda: ticks[0])
    ticks[0] = 7
    with pytest.raises(StoreUnavailable):
        pulse.claim(5, timedelta(seconds=9))
    assert pulse.idle == 7
    world.close()


async def test_what_is_delivered_goes_through_the_pulse_as_it_is(world: World) -> None:
    pulse = Pulse(world.outbox)
    world.opened("Volumes slow", page="policy:platform")
    held = pulse.claim(50, timedelta(seconds=9))
    assert held
    pulse.renew(held, timedelta(seconds=9))
    assert pulse.claim(50, timedelta(seconds=9)) == []
    pulse.release(held)
    assert {item.id for item in pulse.claim(50, timedelta(seconds=9))} == {item.id for item in held}


async def test_a_writer_that_stands_still_is_no_work(world: World) -> None:
    writer = Writer(world.store, world.rules)
    work = Work(fine, writer, Pulse(world.outbox))
    waiting = asyncio.create_task(writer.submit(an_ask(c.Open(title="one"))))
    await until(lambda: writer.waiting, "the request in the queue")
    assert await work.problems() == []
    assert await work.problems() == ["The writer stands still, with 1 waiting for it"]
    writing = asyncio.create_task(writer.run())
    await waiting
    assert await work.problems() == []
    writer.stop()
    await writing


async def test_what_keeps_the_bot_from_its_work_is_passed_on(world: World) -> None:
    async def away() -> list[str]:
        return ["The database does not answer: gone"]

    work = Work(away, Writer(world.store, world.rules), Pulse(world.outbox))
    assert await work.problems() == ["The database does not answer: gone"]
