"""A page is answered where it arrives: by a post for its pager, or at an address where the pager listens itself."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from adapters.registry import PAGERS, Provider
from adapters.web.mounted import BODY_LIMIT
from bot.answering import NoSuchLink, PageAnswers
from bot.hearing import answer_urls, answered
from bot.mounted import ASGI
from bot.ports import Attempt, PageMessage, Unavailable
from tests.integration.served_bot import FIRING, Bot, bot_on
from tests.servers.klatsch import BASIC, paging
from tests.until import until

PUBLIC = "https://klatsch.example.org"


class Config(BaseModel):
    """The block of the pager below, which is a provider for these tests."""

    type: Literal["bell"] = "bell"


class Bell:
    """A `Pager` that keeps its pages, and hears answers in both ways."""

    def __init__(self) -> None:
        self.pages: list[PageMessage] = []
        self.heard_at = ""
        self.listened: list[PageAnswers] = []
        self.cut = True

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        self.pages.append(page)
        return "rung"

    def answered(self, answers: PageAnswers, address: str) -> Mapping[str, ASGI]:
        self.heard_at = address

        async def app(scope: Any, receive: Any, send: Any) -> None:
            got = await receive()
            try:
                number, person = answers.whose(got["body"].decode().strip())
                said = await answers.acknowledge(number, person, via="bell", event="one")
            except NoSuchLink:
                said = "no such link"
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": said.encode()})

        return {"/key": app}

    async def listen(self, answers: PageAnswers) -> None:
        self.listened.append(answers)
        if self.cut:
            raise Unavailable("the wire is cut")
        await asyncio.Event().wait()


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> Bell:
    """What the block is built to."""
    bell = Bell()
    monkeypatch.setitem(PAGERS, "bell", Provider(__name__, medium="push"))  # type: ignore[misc]
    monkeypatch.setattr(sys.modules[__name__], "build", lambda *block: bell, raising=False)
    return bell


@pytest.fixture
async def bot(bell: Bell, tmp_path: Path) -> AsyncIterator[Bot]:
    sections = paging("") | {"paging": {"bell": {"type": "bell"}}, "http": {**BASIC["http"], "public_url": PUBLIC}}
    sections["people"]["ana"]["page"] = ["bell"]
    async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", **sections) as bot:
        yield bot


async def test_what_is_posted_below_the_pager_s_name_acknowledges_once(bell: Bell, bot: Bot) -> None:
    await bot.post(FIRING)
    await until(lambda: bell.pages, "the page")
    (page,) = bell.pages
    assert page.answer_url == bell.heard_at == f"{PUBLIC}/paging/bell"

    async def press(body: str = page.ack_url.rpartition("/")[2]) -> str:
        answer = await bot.client.post(f"{bot.url}/paging/bell/key", content=body)
        assert answer.status_code == 200
        return answer.text

    assert await press("t0ken") == "no such link"
    assert (await press()).startswith("You have INC-1")
    assert await press() == "This answer was taken already."
    incident = bot.klatsch.lookups.incident(1)
    assert incident is not None
    assert incident.paging is not None
    assert incident.paging.acknowledged_by == "ana"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_pager_gets_nothing_but_posts_that_are_small_and_its_own(bell: Bell, bot: Bot, method: str) -> None:
    assert (await bot.client.request(method, f"{bot.url}/paging/bell/key")).status_code == 405
    for other in ("/paging/bell", "/paging/bell/key/more", "/paging/phones/key"):
        assert (await bot.client.post(f"{bot.url}{other}", content=b"x")).status_code == 404
    assert (await bot.client.post(f"{bot.url}/paging/bell/key", content=b" " * (BODY_LIMIT + 1))).status_code == 413


async def test_a_pager_that_cannot_listen_is_named_and_begun_again(bell: Bell, bot: Bot) -> None:
    async def troubles() -> list[str]:
        return list((await bot.get("/readyz")).json()["troubles"])

    async def told() -> bool:
        return await troubles() == ["paging.bell is not heard: the wire is cut"]

    await until(told, "the trouble")
    bell.cut = False
    tries = len(bell.listened)
    await until(lambda: len(bell.listened) > tries, "the next try")
    assert {id(answers) for answers in bell.listened} == {id(bell.listened[0])}


@pytest.mark.parametrize(("public", "told"), [(PUBLIC, f"{PUBLIC}/paging/bell"), ("", "")], ids=["known", "not known"])
def test_nobody_is_told_of_an_address_that_people_outside_do_not_know(public: str, told: str) -> None:
    pager = Bell()
    pagers: dict[str, Any] = {"bell": pager, "ntfy": object()}
    apps = answered(pagers, answers=None, public_url=public)  # type: ignore[arg-type]
    assert apps.keys() == {"/paging/bell/key"}
    assert pager.heard_at == told
    assert answer_urls(pagers, public) == ({"bell": told} if told else {})
