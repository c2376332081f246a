"""The link in a page, as a thumb presses it: looking does nothing, the button does, and nothing else is let in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from itsdangerous import URLSafeTimedSerializer

from adapters.web.acknowledge import VALID_FOR
from bot.incident.events import PageAcknowledged
from bot.incident.model import Source
from bot.ports import Said
from tests.contract.servers.ntfy import NtfyServer
from tests.integration.served_bot import FIRING, Bot, ack_path, bot_on
from tests.servers.klatsch import BASIC, paging
from tests.until import until


@asynccontextmanager
async def paged(folder: Path, database_url: str, **sections: object) -> AsyncIterator[tuple[Bot, str]]:
    """INC-1 with ana paged, and the path of the link that was on her phone."""
    async with NtfyServer() as phone, bot_on(folder, database_url, **{**paging(phone.url), **sections}) as bot_:
        await bot_.post(FIRING)
        await until(lambda: phone.published and not bot_.klatsch.lookups.waiting(), "the page, and what came of it")
        ((action, *_),) = [message["actions"] for message in phone.published]
        assert action["url"].startswith(f"{bot_.url}/ack/")
        yield bot_, action["url"].removeprefix(bot_.url)


async def test_looking_acknowledges_nothing_and_pressing_does(tmp_path: Path, database_url: str) -> None:
    async with paged(tmp_path, database_url) as (bot_, link):
        before = bot_.klatsch.lookups.recent()
        page = await bot_.get(link)
        assert page.status_code == 200
        assert "Acknowledge as Ana Ruiz" in page.text
        assert 'method="post"' in page.text
        for answer in (
            await bot_.client.head(bot_.url + link),
            await bot_.client.head(bot_.url + link, headers={"User-Agent": "MailScanner"}),
        ):
            assert (answer.status_code, answer.content) == (200, b"")
        assert (await bot_.client.request("OPTIONS", bot_.url + link)).status_code == 405
        assert bot_.klatsch.lookups.recent()[0].paging == before[0].paging

        pressed = await bot_.client.post(bot_.url + link)
        assert "It is yours, Ana Ruiz." in pressed.text
        paging_now = bot_.klatsch.lookups.recent()[0].paging
        assert paging_now is not None
        assert paging_now.acknowledged_by == "ana"

        again = await bot_.client.post(bot_.url + link)
        assert (again.status_code, "It is yours, Ana Ruiz." in again.text) == (200, True)
        assert "It is yours, Ana Ruiz." in (await bot_.get(link)).text
        (answered,) = [r for r in bot_.klatsch.lookups.history(1) if isinstance(r.event, PageAcknowledged)]
        # By hand, and nothing that was typed.
        assert (answered.by, answered.source) == ("ana", Source("link"))


async def test_who_comes_second_reads_who_has_it(tmp_path: Path, database_url: str) -> None:
    async with paged(tmp_path, database_url) as (bot_, link):
        await bot_.client.post(bot_.url + link)
        for answer in (await bot_.get(ack_path(1, "ben")), await bot_.client.post(bot_.url + ack_path(1, "ben"))):
            assert answer.status_code == 200
            assert "Ana Ruiz has it already." in answer.text


async def test_who_has_it_is_called_what_everybody_else_calls_them(tmp_path: Path, database_url: str) -> None:
    async with paged(tmp_path, database_url) as (bot_, link):
        await bot_.klatsch.conversation.said(Said(platform="terminal", room="", by="terminal:root", line="INC-1 ack"))
        assert "root (terminal) has it already." in (await bot_.get(link)).text


async def test_the_page_names_who_is_paged_next(tmp_path: Path, database_url: str) -> None:
    steps = [{"page": "person:ana"}, {"page": "person:ben"}]
    people = {**BASIC["people"], "ben": {"name": "Ben Okafor", "ntfy": "ben-pages"}}
    people = {name: {**person, "page": ["ntfy"]} for name, person in people.items()}
    oncall = {"policies": {"platform": {"steps": steps}}}
    async with paged(tmp_path, database_url, oncall=oncall, people=people) as (bot_, link):
        assert "If nobody does, Ben Okafor is paged at " in (await bot_.get(link)).text


async def test_who_is_not_configured_any_more_acknowledges_nothing_by_an_old_link(
    tmp_path: Path, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with paged(tmp_path, database_url) as (bot_, _):
        old = ack_path(1, "dora")
        for answer in (await bot_.get(old), await bot_.client.post(bot_.url + old)):
            assert answer.status_code == 403
            assert "Nothing was acknowledged" in answer.text
            assert "dora, who is not configured in Klatsch any more" in answer.text
            assert "say ack in its room" in answer.text
            assert "node1" not in answer.text
        paging_now = bot_.klatsch.lookups.recent()[0].paging
        assert paging_now is not None
        assert paging_now.waiting
    assert "a link for dora to acknowledge INC-1 was refused" in caplog.text


async def test_a_link_of_the_last_episode_acknowledges_what_was_reopened(tmp_path: Path, database_url: str) -> None:
    async with paged(tmp_path, database_url) as (bot_, link):
        assert "Nobody else is paged at this moment" in (await bot_.get(link)).text
        await bot_.client.post(bot_.url + link)
        for line in ("INC-1 resolve", "INC-1 reopen"):
            assert "INC-1" in await bot_.says(line)
        page = (await bot_.get(link)).text
        assert "Acknowledge as Ana Ruiz" in page
        assert "Nobody else is paged at this moment" in page
        for _ in range(2):
            assert "It is yours, Ana Ruiz." in (await bot_.client.post(bot_.url + link)).text
        assert "has it already" in await bot_.says("INC-1 ack")


async def test_a_link_to_what_is_over_says_so(tmp_path: Path, database_url: str) -> None:
    async with paged(tmp_path, database_url) as (bot_, link):
        assert "INC-1" in await bot_.says("INC-1 resolve")
        for answer in (await bot_.get(link), await bot_.client.post(bot_.url + link)):
            assert answer.status_code == 200
            assert "It is resolved already." in answer.text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        pytest.param("/ack/nonsense", 404, "not one of ours", id="nonsense"),
        pytest.param(ack_path()[:-4], 404, "cut off", id="cut off"),
        pytest.param(ack_path(key="x" * 32), 404, "not one of ours", id="signed by somebody else"),
        pytest.param(ack_path(age=VALID_FOR + 60), 410, "too old", id="too old"),
        pytest.param(ack_path(99), 404, "not one of ours", id="an incident that is not there"),
        pytest.param("/ack/%00%1b%3Cscript%3E", 404, "not one of ours", id="markup"),
        pytest.param("/ack/" + "A" * 20_000, 404, "not one of ours", id="20,000 characters"),
    ],
)
async def test_a_link_that_is_no_good_says_so_and_acknowledges_nothing(
    tmp_path: Path, path: str, status: int, said: str
) -> None:
    async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db") as bot_:
        await bot_.post(FIRING)
        for answer in (await bot_.get(path), await bot_.client.post(bot_.url + path)):
            assert answer.status_code == status
            assert "Nothing was acknowledged" in answer.text
            assert said in answer.text
            assert "<script>" not in answer.text
        assert bot_.klatsch.lookups.recent()[0].paging is None


async def test_a_link_of_almost_a_week_ago_still_opens(tmp_path: Path) -> None:
    async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db") as bot_:
        await bot_.post(FIRING)
        assert "Acknowledge as Ana Ruiz" in (await bot_.get(ack_path(age=VALID_FOR - 60))).text


async def test_a_token_of_another_shape_is_a_broken_link(tmp_path: Path) -> None:
    signed = URLSafeTimedSerializer(BASIC["security"]["signing_key"], salt="acknowledge").dumps({"a": 1})
    async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db") as bot_:
        assert (await bot_.get(f"/ack/{signed}")).status_code == 404
