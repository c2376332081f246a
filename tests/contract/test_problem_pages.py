"""A link that leads nowhere: a person reads what is wrong and what to do, a program gets JSON with the same status."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from adapters.web.coffee import CoffeeCalendar, CoffeeLinks
from adapters.web.digests import DigestLinks, DigestPages
from adapters.web.problems import Problems
from bot.ports import Unavailable
from tests.clock import FakeClock
from tests.contract.test_digest_pages import BASE, KEY, LINKS, NOW, Library

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}
COFFEE = CoffeeLinks(KEY, lambda: BASE)
ANOTHER_KEY = DigestLinks("o" * 32, lambda: BASE).link()


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
async def get(library: Library) -> AsyncIterator[httpx.AsyncClient]:
    routes = [
        Route("/digests/{token}", DigestPages(LINKS, library, FakeClock(NOW)).show, methods=["GET"]),
        Route("/coffee.ics", CoffeeCalendar(COFFEE, lambda: None).show, methods=["GET"]),
        Route("/alerts", CoffeeCalendar(COFFEE, lambda: None).show, methods=["POST"]),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: Problems().answer})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        yield client


@pytest.mark.parametrize(
    ("address", "said", "then"),
    [
        (f"{LINKS.link()}x", "not one of ours, or it was cut off", "<code>digest link</code> in chat shows"),
        (ANOTHER_KEY, "not one of ours", "<code>digest link</code>"),
        (f"{LINKS.link()}?until=2026-11-24T08:00Z", "no digest that ends then", '<a href="?">Read the last one</a>'),
        (f"{LINKS.link()}?until={'9' * 5000}", "no digest that ends then", '<a href="?">'),
        (f"{LINKS.link()}?lang=fr", "not written in that language", '<a href="?">'),
        (LINKS.link("gone"), "<code>gone</code> is not configured", "<code>digest link</code>"),
        ("/coffee.ics?token=x", "the coffee&#x27;s calendar is not one of ours", "<code>coffee link</code> in chat"),
        (COFFEE.link(), "There is no coffee", "<code>coffee:</code> in the configuration"),
        ("/digests", "leads nowhere", "open the whole link"),
    ],
    ids=["cut", "another key", "no such week", "long", "language", "team", "calendar", "no coffee", "no address"],
)
async def test_a_person_reads_what_is_wrong_and_what_to_do(
    get: httpx.AsyncClient, address: str, said: str, then: str
) -> None:
    answer = await get.get(address, headers=BROWSER)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>There is nothing here</h1>" in answer.text
    assert said in answer.text
    assert then in answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_who_asks_for_a_page_gets_one_in_whatever_letters_they_ask(get: httpx.AsyncClient, method: str) -> None:
    answer = await get.request(method, "/coffee.ics", headers={"Accept": "Text/HTML"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize("accept", ["*/*", "text/calendar", "application/json", ""])
async def test_a_program_gets_json_with_the_same_words(get: httpx.AsyncClient, accept: str) -> None:
    answer = await get.get("/coffee.ics?token=x", headers={"Accept": accept})
    assert answer.status_code == 404
    assert set(answer.json()) == {"error"}
    assert "`coffee link` in chat shows the one there is" in answer.json()["error"]


async def test_what_may_be_cached_is_told_apart_by_who_asks(get: httpx.AsyncClient) -> None:
    for headers in (BROWSER, {}):
        assert (await get.get("/coffee.ics", headers=headers)).headers["vary"] == "Accept"


async def test_what_is_away_for_a_moment_says_when_to_come_back(get: httpx.AsyncClient, library: Library) -> None:
    library.broken = Unavailable("holidays: <they> were not known within 30 s")
    answer = await get.get(LINKS.link(), headers=BROWSER)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "300")
    assert "<h1>Not at this moment</h1>" in answer.text
    assert "holidays: &lt;they&gt; were not known" in answer.text


async def test_nothing_is_loaded_or_run_or_kept_by_others(get: httpx.AsyncClient) -> None:
    headers = (await get.get(ANOTHER_KEY, headers=BROWSER)).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


async def test_an_address_for_programs_says_so_and_a_post_is_answered_as_a_program_s(get: httpx.AsyncClient) -> None:
    page = await get.get("/alerts", headers=BROWSER)
    assert page.status_code == 405
    assert "Programs send something to this address" in page.text
    answer = await get.post(LINKS.link(), headers=BROWSER)
    assert (answer.status_code, answer.json()) == (405, {"error": "Method Not Allowed"})
