"""The weekly digest as a page: who has the link reads it and what was before it, and nobody else learns anything."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from itsdangerous import URLSafeSerializer
from starlette.applications import Starlette
from starlette.routing import Route

from adapters.web.acknowledge import AckLinks
from adapters.web.calendars import CalendarLinks
from adapters.web.digests import DigestLinks, DigestPages, stamp
from bot.chat import document as d
from bot.chat.drawing import Dot, Drawing
from bot.coffee.weekly.blocks import DigestBlock
from bot.coffee.weekly.edition import Edition
from bot.ports import Rejected, Unavailable
from bot.store import StoreUnavailable
from tests.clock import FakeClock

BASE, KEY = "https://klatsch.example.org", "k" * 32
LINKS = DigestLinks(KEY, lambda: BASE)
NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)
ENDS = [datetime(2026, 11, 30, 8, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC)]
WEEK = timedelta(weeks=1)


class Library:
    """Editions that say what they are of."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, datetime, datetime, str]] = []
        self.ends = list(ENDS)
        self.broken: Exception | None = None
        self.teams = {"", "storage"}

    def language(self, team: str) -> str:
        return "de" if team == "storage" else "en"

    def zone(self, team: str) -> ZoneInfo:
        return ZoneInfo("Pacific/Auckland" if team == "storage" else "UTC")

    def past(self, team: str, now: datetime) -> list[tuple[datetime, datetime]]:
        return [(end - WEEK, end) for end in self.ends if end <= now]

    def edition(self, team: str, start: datetime, end: datetime, language: str = "") -> Edition:
        if self.broken:
            raise self.broken
        if team not in self.teams:
            raise Rejected(f"`{team}` is not configured under `digest.teams:` any more")
        self.asked.append((team, start, end, language))
        text = f"Digest of {team or 'everybody'} until {end:%d %b}"
        main = d.Document(text, (d.Heading(d.line(text)), d.Paragraph(d.line("<b>& more</b>"))))
        picture = d.Picture("load", "3 pages <at night>", Drawing(60, 20, (Dot(10, 10, 4),)))
        return Edition(main, ((DigestBlock.ONCALL, d.Document("On call", (picture, d.Code("for: 10m")))),))


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
async def get(library: Library) -> AsyncIterator[httpx.AsyncClient]:
    pages = DigestPages(LINKS, library, FakeClock(NOW))
    app = Starlette(routes=[Route("/digests/{token}", pages.show)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        yield client


async def test_the_link_shows_the_last_one_with_its_details_and_leads_to_the_others(
    get: httpx.AsyncClient, library: Library
) -> None:
    answer = await get.get(LINKS.link())
    assert answer.status_code == 200
    assert "<title>Digest of everybody until 30 Nov</title>" in answer.text
    assert "&lt;b&gt;&amp; more&lt;/b&gt;" in answer.text
    assert '<section id="oncall">' in answer.text
    assert "<title>3 pages &lt;at night&gt;</title>" in answer.text
    assert "<figure><svg" in answer.text
    assert re.search(r"</svg>\s*</figure>", answer.text)
    assert 'href="?until=2026-11-23T08:00Z&amp;lang=en"' in answer.text
    assert '<strong aria-current="page">2026-11-30</strong>' in answer.text
    assert library.asked == [("", ENDS[0] - WEEK, ENDS[0], "en")]


async def test_an_earlier_one_and_what_is_known_until_now_can_be_read(get: httpx.AsyncClient, library: Library) -> None:
    assert "until 23 Nov" in (await get.get(f"{LINKS.link()}?until={stamp(ENDS[1])}")).text
    assert "until 03 Dec" in (await get.get(f"{LINKS.link()}?until=now")).text
    assert library.asked[-1] == ("", NOW - WEEK, NOW, "en")


async def test_before_the_first_one_there_is_what_is_known_until_now(get: httpx.AsyncClient, library: Library) -> None:
    library.ends = []
    assert "until 03 Dec" in (await get.get(LINKS.link())).text
    assert (await get.get(f"{LINKS.link()}?until={stamp(ENDS[1])}")).status_code == 404


def test_the_link_is_the_same_in_every_release() -> None:
    """People keep it, and it is posted each week."""
    assert LINKS.link("storage") == f"{BASE}/digests/WyJzdG9yYWdlIl0.P89kiACtXVuUPTZL5L-pt8pQgPU"


async def test_a_team_reads_its_own_in_its_language_or_in_another(get: httpx.AsyncClient, library: Library) -> None:
    german = await get.get(LINKS.link("storage"))
    assert '<html lang="de">' in german.text
    assert "bis jetzt" in german.text
    english = await get.get(f"{LINKS.link('storage')}?lang=en")
    assert '<html lang="en">' in english.text
    assert [asked[0] + asked[3] for asked in library.asked] == ["storagede", "storageen"]


@pytest.mark.parametrize(
    "address",
    [
        "/digests/x",
        "/digests/",
        LINKS.link()[len(BASE) :] + "x",
        DigestLinks("o" * 32, lambda: BASE).link(),
        f"/digests/{CalendarLinks(KEY, lambda: BASE).link('').partition('token=')[2]}",
        f"/digests/{AckLinks(KEY, BASE).link(1, 'ana').rpartition('/')[2]}",
        f"{LINKS.link()}?until=2026-11-24T08:00Z",
        f"{LINKS.link()}?until={'9' * 5000}",
        f"{LINKS.link()}?lang=xx",
        LINKS.link("gone"),
        f"/digests/{URLSafeSerializer(KEY, salt='digest').dumps({'team': 'storage'})}",
    ],
    # Some of them hold the time.
    ids=range(11),
)
async def test_whatever_is_none_of_ours_is_not_there(get: httpx.AsyncClient, library: Library, address: str) -> None:
    answer = await get.get(address)
    assert answer.status_code == 404
    assert "until" not in answer.text
    assert library.asked == []


async def test_who_asks_at_the_same_moment_for_another_one_reads_that(get: httpx.AsyncClient) -> None:
    """What is shared is the same team's, of the same week, in the same language."""
    asked = {
        LINKS.link(): ("everybody until 30 Nov", "en"),
        f"{LINKS.link()}?lang=de": ("everybody until 30 Nov", "de"),
        f"{LINKS.link()}?until={stamp(ENDS[1])}": ("everybody until 23 Nov", "en"),
        LINKS.link("storage"): ("storage until 30 Nov", "de"),
    }
    answers = await asyncio.gather(*map(get.get, asked))
    for answer, (of, language) in zip(answers, asked.values(), strict=True):
        assert f"<title>Digest of {of}</title>" in answer.text
        assert f'<html lang="{language}">' in answer.text


async def test_at_the_same_moment_too_a_link_reads_its_own_team_s_alone(
    get: httpx.AsyncClient, library: Library
) -> None:
    library.teams.add("storage now")
    theirs, other = await asyncio.gather(
        get.get(LINKS.link("storage now")), get.get(f"{LINKS.link('storage')}?until=now%20")
    )
    assert (theirs.status_code, other.status_code) == (200, 404)


async def test_nothing_is_loaded_or_run_or_kept_by_others(get: httpx.AsyncClient) -> None:
    answer = await get.get(LINKS.link())
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"


async def test_a_database_that_is_away_is_said_so(get: httpx.AsyncClient, library: Library) -> None:
    library.broken = StoreUnavailable("connection refused at db.internal")
    answer = await get.get(LINKS.link())
    assert answer.status_code == 503
    assert "db.internal" not in answer.text


async def test_days_off_that_cannot_be_looked_up_now_are_no_reason_to_forget_the_link(
    get: httpx.AsyncClient, library: Library
) -> None:
    library.broken = Unavailable("holidays: they were not known within 30 s")
    answer = await get.get(LINKS.link())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "300")


async def test_each_is_named_by_the_day_on_which_it_ends_where_the_team_is(
    get: httpx.AsyncClient, library: Library
) -> None:
    library.ends = [datetime(2026, 11, 29, 20, tzinfo=UTC), datetime(2026, 11, 22, 20, tzinfo=UTC)]
    page = (await get.get(LINKS.link("storage"))).text
    assert '<strong aria-current="page">2026-11-30</strong>' in page
    assert '<a href="?until=2026-11-22T20:00Z&amp;lang=de">2026-11-23</a>' in page


async def test_a_text_to_copy_is_opened_by_who_wants_it(get: httpx.AsyncClient) -> None:
    page = (await get.get(LINKS.link())).text
    assert "<details><summary>The text to copy</summary>\n<pre><code>for: 10m</code></pre></details>" in page
    german = (await get.get(f"{LINKS.link()}?lang=de")).text
    assert "<summary>Der Text zum Kopieren</summary>" in german


def test_there_is_no_link_where_nobody_could_follow_it() -> None:
    assert DigestLinks(KEY, lambda: "").link() == ""
