"""What a chat platform answers itself on the machines' listener, and what never gets that far."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest

import adapters.web.mounted
from adapters.chat.console import Config as ConsoleConfig
from adapters.chat.console import ConsolePlatform
from adapters.chat.console.screen import SilentScreen
from adapters.clock import SystemClock
from adapters.web.mounted import BODY_LIMIT
from bot.config import load
from bot.main import Klatsch
from bot.mounted import ASGI
from bot.ports import Inbox, Said
from tests.integration.served_bot import Bot
from tests.servers.klatsch import write_config
from tests.until import PATIENCE

PATH = "/console/said"


class Posted(ConsolePlatform):
    """A console to which lines are posted; it keeps what came so far."""

    bodies: tuple[bytes, ...] = ()

    def mounted(self, inbox: Inbox) -> Mapping[str, ASGI]:
        async def app(scope: dict, receive, send) -> None:  # type: ignore[type-arg]
            got = await receive()
            assert not got["more_body"]
            self.bodies += (got["body"],)
            line = got["body"].decode().strip()
            answer = await inbox.said(Said(platform="console", room="", by="ana", line=line))
            headers = [(b"content-type", b"text/plain"), (b"x-query", scope["query_string"])]
            await send({"type": "http.response.start", "status": 201, "headers": headers})
            await send({"type": "http.response.body", "body": answer.to_plain().encode()})

        return {PATH: app}


@pytest.fixture(params=[False, True], ids=["alone", "beside the status page"])
async def posted(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Bot, Posted]]:
    page = {"status": {"page": {"type": "builtin", "listen": "127.0.0.1:0"}}} if request.param else {}
    folder = tmp_path / "rooms"
    path = write_config(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", chat={"console": {"folder": str(folder)}}, **page)
    clock = SystemClock()
    platform = Posted("console", ConsoleConfig(folder=folder), clock, SilentScreen(), None, {})
    klatsch = Klatsch(load(path, {}), clock=clock, platforms={"console": platform})
    async with klatsch.running() as running, httpx.AsyncClient(timeout=20, trust_env=False, verify=False) as client:
        yield Bot(running.klatsch, [listener.url for listener in running.listeners], client), platform
    platform.close()


async def test_what_is_posted_for_a_platform_comes_to_it_and_its_answer_goes_back(posted: tuple[Bot, Posted]) -> None:
    bot, platform = posted
    answer = await bot.client.post(f"{bot.url}{PATH}?a=b", content=b"open sev2 Volumes are stuck")
    assert (answer.status_code, answer.headers["x-query"]) == (201, "a=b")
    assert "INC-1" in answer.text
    assert [incident.title for incident in bot.klatsch.lookups.recent()] == ["Volumes are stuck"]
    assert platform.bodies == (b"open sev2 Volumes are stuck",)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_it_gets_nothing_but_posts_and_nothing_of_other_paths(posted: tuple[Bot, Posted], method: str) -> None:
    bot, platform = posted
    assert (await bot.client.request(method, f"{bot.url}{PATH}")).status_code == 405
    for other in (f"{PATH}/more", "/console", "/slack/events"):
        assert (await bot.client.post(f"{bot.url}{other}", content=b"list")).status_code in (404, 405)
    assert platform.bodies == ()


async def chunks(size: int) -> AsyncIterator[bytes]:
    for start in range(0, size, 1 << 16):
        yield b" " * min(1 << 16, size - start)


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "in chunks"])
async def test_a_body_beyond_the_limit_does_not_reach_it_and_one_of_the_limit_does(
    posted: tuple[Bot, Posted], declared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, platform = posted
    # How long it may take is asked below.
    monkeypatch.setattr(adapters.web.mounted, "SENT_WITHIN", PATIENCE)

    async def post(size: int) -> httpx.Response:
        headers = {"Content-Length": str(size)} if declared else {}
        return await bot.client.post(f"{bot.url}{PATH}", content=chunks(size), headers=headers)

    refused = await post(BODY_LIMIT + 1)
    assert (refused.status_code, refused.json()) == (413, {"error": "More than 1 MB."})
    assert platform.bodies == ()
    assert (await post(BODY_LIMIT)).status_code == 201
    assert [len(body) for body in platform.bodies] == [BODY_LIMIT]


async def test_who_does_not_finish_sending_is_told_so(
    posted: tuple[Bot, Posted], monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, platform = posted
    monkeypatch.setattr(adapters.web.mounted, "SENT_WITHIN", 0.2)
    host, port = bot.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: k\r\nContent-Length: 1000\r\n\r\nhalf of it".encode())
    async with asyncio.timeout(PATIENCE):
        assert b" 408 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert platform.bodies == ()
