"""The public status page as readers meet it, and what it is over HTTP."""

import asyncio
import json
import re
import threading
from datetime import timedelta
from html import unescape
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from adapters.web.public import HISTORY_SHOWN
from bot.incident.model import ComponentState as C
from bot.incident.model import PublicStatus as S
from bot.store import StoreUnavailable
from tests.integration.public_site import (
    HOSTILE,
    JSON_DOCUMENTS,
    NOON,
    at,
    post,
    visitor,
    words_of,
)

EVERYTHING = [
    "/",
    "/incidents/INC-7",
    "/history",
    "/feed.atom",
    "/feed.rss",
    "/history.atom",
    "/history.rss",
    "/style.css",
]
EVERYTHING += ["/icon-ok.svg", *(f"/api/v2/{name}.json" for name in JSON_DOCUMENTS)]


# Reading


async def test_a_quiet_page_says_so_kindly(web):
    answer = await web.get("/")
    assert answer.status_code == 200
    seen = words_of(answer.text)
    assert "All Systems Operational Nothing is wrong that we know of." in seen
    assert "No incident in the last 90 days. May it stay this quiet." in seen
    assert "Compute Operational" in seen


@pytest.mark.usefixtures("story")
async def test_the_front_page_leads_with_what_is_hit_then_the_newest_word(web):
    seen = words_of((await web.get("/")).text)
    order = [
        "Degraded performance: Compute (AZ 1)",
        "We are working on it. Last update 22 Nov 2026, 11:55 UTC",
        "Open incident",
        "Third word.",
        "Second word.",
        "First word.",
        "Components",
        "Compute Degraded performance",
        "Past incidents",
        "Slow API",
        "resolved after 1 h",
    ]
    assert [seen.find(part) for part in order] == sorted(seen.find(part) for part in order)
    assert all(part in seen for part in order)


@pytest.mark.usefixtures("story")
async def test_times_are_machine_readable_utc(web):
    html = (await web.get("/")).text
    assert '<time datetime="2026-11-22T11:55:00.000Z">22 Nov 2026, 11:55 UTC</time>' in html


@pytest.mark.usefixtures("story")
async def test_another_zone_shows_its_own_clock_and_the_same_instant(pages):
    async with visitor(pages, zone="Europe/Berlin") as web:
        assert '<time datetime="2026-11-22T11:55:00.000Z">22 Nov 2026, 12:55 CET</time>' in (await web.get("/")).text
        assert (await web.get("/api/v2/status.json")).json()["page"]["time_zone"] == "Europe/Berlin"


@pytest.mark.usefixtures("story")
async def test_an_incident_has_a_page_of_its_own_that_tells_it_whole(web):
    seen = words_of((await web.get("/incidents/INC-5")).text)
    assert "INC-5 Slow API Resolved Minor impact Began 21 Nov 2026, 11:00 UTC resolved after 1 h" in seen
    assert seen.index("It is quick again. API: operational") < seen.index("The API is slow. API: degraded performance")


async def test_an_incident_older_than_the_front_page_shows_is_in_the_history(pages, web):
    pages.add("page", "INC-1", 1, NOON - timedelta(days=91), post(S.RESOLVED, title="Long ago"))
    assert "Long ago" not in (await web.get("/")).text
    assert "Long ago" in (await web.get("/history")).text


async def test_the_history_goes_back_page_by_page_and_tells_every_incident_once(pages, web):
    count = HISTORY_SHOWN + 5
    for number in range(1, count + 1):
        began = NOON - timedelta(days=3 * (count - number))
        pages.add("page", f"INC-{number}", 1, began, post(S.RESOLVED, title=f"Incident {number}."))
    found: list[str] = []
    address = "/history"
    for _ in range(3):
        html = (await web.get(address)).text
        found += re.findall(r"Incident (\d+)\.", html)
        older = re.search(r'href="(/history\?before=[^"]+)"', html)
        if not older:
            break
        address = older[1]
    assert found == [str(number) for number in range(count, 0, -1)]
    assert "November 2026" in (await web.get("/history")).text


async def test_a_page_without_components_or_incidents_stands(pages):
    async with visitor(pages, components=[]) as web:
        assert "All Systems Operational" in (await web.get("/")).text
        assert "There has been no incident yet." in (await web.get("/history")).text


@pytest.mark.usefixtures("story")
async def test_below_a_path_every_link_stays_below_it(pages):
    async with visitor(pages, public_url="https://example.org/cloud/status") as web:
        for path in ("/", "/history", "/incidents/INC-7", "/nothing"):
            html = (await web.get(path)).text
            inside = re.findall(r'(?:href|src)="([^"#]+)"', html)
            assert inside
            assert all(link.startswith("/cloud/status/") for link in inside)


# Not reading anything else


async def test_nothing_posted_can_become_markup_or_reach_a_terminal(pages, web):
    pages.add("page", "INC-7", 1, NOON, post(words=HOSTILE.replace("\x00", "\x07"), title=f"Title {HOSTILE[:34]}"))
    for path in ("/", "/incidents/INC-7", "/history", "/feed.atom", "/feed.rss", "/api/v2/summary.json"):
        body = (await web.get(path)).content
        assert b"alert(1)" in body
        assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", body)
        assert "\u202e".encode() not in body
        if "json" not in path:
            assert b"<script" not in body
            assert b"<b>" not in body


async def test_links_in_a_text_can_be_followed_and_lead_nowhere_else(pages, web):
    words = 'See https://example.org/a?b=1&c=2 and javascript:alert(1) and "onmouseover=alert(1)'
    pages.add("page", "INC-7", 1, NOON, post(words=words))
    html = (await web.get("/incidents/INC-7")).text
    assert '<a href="https://example.org/a?b=1&amp;c=2" rel="noopener">' in html
    assert 'href="javascript' not in html
    assert "&#34;onmouseover" in html


@pytest.mark.parametrize(
    ("words", "link"),
    [
        ("on hv-17.internal.example.com", ""),
        ("www.example.com or example.org/a, mail@example.org", ""),
        ("ftp://example.org xhttps://example.org", ""),
        ("example.com/?u=https://example.org/y", "https://example.org/y"),
        ("(https://example.org/a_(b))", "https://example.org/a_(b)"),
        ("https://example.org.", "https://example.org"),
        ("<https://example.org>", "https://example.org"),
    ],
)
async def test_only_what_begins_with_a_scheme_is_a_link(pages, web, words, link):
    pages.add("page", "INC-7", 1, NOON, post(words=words))
    html = (await web.get("/incidents/INC-7")).text
    told = html[html.index('class="words"') : html.index("</ol>")]
    assert re.findall(r'href="([^"]+)"', told) == ([link] if link else [])
    assert words in unescape(re.sub(r"<[^>]+>", "", told))


@pytest.mark.parametrize(
    ("posted", "began"),
    [(False, "2026-11-22T12:00:00.000Z"), (True, "2026-11-22T11:55:00.000Z")],
    ids=["nothing posted", "posted before the first visit"],
)
async def test_a_restart_moves_no_time_that_programs_read(pages, web, posted, began):
    if posted:
        pages.add("page", "INC-7", 1, at(-5), post(compute_az1=C.DEGRADED))
    before = (await web.get("/api/v2/summary.json")).json()
    async with visitor(pages, now=at(600)) as later:
        assert (await later.get("/api/v2/summary.json")).json() == before
    assert {component["created_at"] for component in before["components"]} == {began}


async def test_of_two_open_incidents_the_worse_word_on_a_component_is_shown(pages, web):
    pages.add("page", "INC-7", 1, at(-40), post(compute_az1=C.MAJOR_OUTAGE))
    pages.add("page", "INC-8", 1, at(-30), post(compute_az1=C.DEGRADED))
    pages.add("page", "INC-8", 2, at(-20), post(S.RESOLVED, compute_az1=C.OPERATIONAL))
    summary = (await web.get("/api/v2/summary.json")).json()
    states = {component["id"]: component["status"] for component in summary["components"] if not component["group"]}
    assert states == {"compute-az1": "major_outage", "network-az1": "operational", "api": "operational"}


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("path", ["/", "/history", "/incidents/INC-7", "/nothing"])
async def test_a_page_needs_no_script_no_cookie_and_nobody_else(web, path):
    answer = await web.get(path)
    assert "set-cookie" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self';")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|<img|@import", answer.text)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", answer.text)


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("path", ["/", "/history", "/incidents/INC-7", "/nothing"])
async def test_every_page_has_one_first_heading_landmarks_and_no_skipped_level(web, path):
    html = (await web.get(path)).text
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert levels[0] == levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for landmark in ("<header", "<nav aria-label", "<main", "<footer", 'lang="en"', "width=device-width"):
        assert landmark in html
    for svg in re.findall(r"<svg[^>]*>", html):
        assert 'aria-hidden="true"' in svg


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("path", ["/", "/history", "/incidents/INC-7", "/nothing"])
async def test_every_element_that_opens_closes_and_no_id_is_there_twice(web, path):
    html = (await web.get(path)).text
    closed = re.sub(r"<(meta|link)\b([^>]*)>", r"<\1\2/>", html.removeprefix("<!doctype html>"))
    root = ElementTree.fromstring(re.sub(r"\breversed\b", 'reversed=""', closed))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    labels = [element.get("aria-labelledby") for element in root.iter() if element.get("aria-labelledby")]
    assert set(labels) <= set(ids)


@pytest.mark.parametrize("tone", ["ok", "maintenance", "minor", "major", "critical"])
async def test_the_icon_is_a_picture_in_the_tone(web, tone):
    answer = await web.get(f"/icon-{tone}.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert ElementTree.fromstring(answer.text).tag == "{http://www.w3.org/2000/svg}svg"


# HTTP


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("path", EVERYTHING)
async def test_who_has_it_already_gets_304_and_head_gets_the_headers(web, path):
    first = await web.get(path)
    tag = first.headers["etag"]
    assert first.status_code == 200
    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await web.get(path, headers={"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == first.headers["cache-control"]
    other = await web.get(path, headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)
    head = await web.head(path)
    assert (head.status_code, head.content, dict(head.headers)) == (200, b"", dict(first.headers))


@pytest.mark.usefixtures("story")
async def test_a_new_post_is_there_at_once_and_changes_the_fingerprint(pages, web):
    first = await web.get("/")
    assert first.headers["last-modified"] == "Sun, 22 Nov 2026 11:55:00 GMT"
    pages.add("page", "INC-7", 4, at(-1), post(S.RESOLVED, words="Fourth word.", compute_az1=C.OPERATIONAL))
    second = await web.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert second.status_code == 200
    assert "All Systems Operational" in second.text
    assert second.headers["last-modified"] == "Sun, 22 Nov 2026 11:59:00 GMT"


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/history/",
        "/history?before=INC-99",
        "/icon-pink.svg",
        "/incidents/",
        "/incidents/INC-99",
        "/incidents/INC%2D7%00",
        f"/incidents/{'x' * 500}",
        "/incidents/..%2f..%2fetc",
        "/incidents/%F0%9F%92%A5",
    ],
)
async def test_an_unknown_address_says_where_to_go(web, path):
    answer = await web.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert '<a href="/">how things are now</a>' in answer.text
    assert '<a href="/history">all incidents</a>' in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_an_unknown_document_names_those_there_are(web):
    answer = await web.get("/api/v2/nothing.json")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (404, "*")
    assert "/api/v2/summary.json" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/", "/api/v2/summary.json", "/incidents/INC-7"])
async def test_nothing_can_be_written(web, path):
    answer = await web.post(path, content=b"x")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


class GonePages:
    def incidents(self, page, **wanted):
        raise StoreUnavailable("connection to postgresql://user@10.0.0.7/secret refused")

    incident = states = began = incidents


@pytest.mark.parametrize("path", ["/", "/history", "/feed.atom", "/api/v2/summary.json"])
async def test_when_the_tables_do_not_answer_the_page_says_so_and_nothing_more(path):
    async with visitor(GonePages()) as web:
        answer = await web.get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "cannot be read just now" in answer.text
    assert "10.0.0.7" not in answer.text
    if path.endswith("json"):
        assert json.loads(answer.text)


class CountingPages:
    """The real tables, and how many looks at them were going on at once."""

    def __init__(self, pages) -> None:
        self._pages = pages
        self._lock = threading.Lock()
        self.going_on = self.most = self.looks = 0

    def states(self, page):
        with self._lock:
            self.looks += 1
            self.going_on += 1
            self.most = max(self.most, self.going_on)
        try:
            return self._pages.states(page)
        finally:
            with self._lock:
                self.going_on -= 1

    def incidents(self, page, **wanted):
        return self._pages.incidents(page, **wanted)

    def began(self, page, at):
        return self._pages.began(page, at)


@pytest.mark.usefixtures("story")
async def test_a_crowd_shares_a_few_looks_at_the_tables(pages):
    counting = CountingPages(pages)
    async with visitor(counting) as web:
        answers = await asyncio.gather(*(web.get("/") for _ in range(200)))
    assert {answer.status_code for answer in answers} == {200}
    # One that began with the first visitor, one for all who came meanwhile, and room for a straggler.
    assert counting.looks <= 3
    assert counting.most == 1
