"""The public status page as readers, monitors and feed readers meet it."""

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import httpx
import pytest

from adapters.status.builtin import Config
from adapters.web.public import HISTORY_SHOWN, public_app
from adapters.web.shared import Shared
from bot.incident.model import ComponentState as C
from bot.incident.model import PublicPost
from bot.incident.model import PublicStatus as S
from bot.store import StoreUnavailable
from storage.engine import Database
from storage.public import SqlPublicPages, public_component, public_incident, public_post
from storage.tables import metadata

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BLOCK = {
    "title": "Example Cloud",
    "public_url": "https://status.example.org",
    "components": [
        {"id": "compute-az1", "name": "Compute", "group": "AZ 1"},
        {"id": "network-az1", "name": "Network", "group": "AZ 1"},
        {"id": "api", "name": "API"},
    ],
}
JSON_DOCUMENTS = [
    "summary",
    "status",
    "components",
    "incidents",
    "incidents/unresolved",
    "scheduled-maintenances",
    "scheduled-maintenances/active",
    "scheduled-maintenances/upcoming",
]
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


class StandingClock:
    def now(self) -> datetime:
        return NOON


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def post(status: S = S.INVESTIGATING, words: str = "We are looking.", title: str = "Slow volumes", **components: C):
    return PublicPost(title, status, words, {name.replace("_", "-"): state for name, state in components.items()})


@pytest.fixture
def pages(tmp_path) -> Iterator[SqlPublicPages]:
    database = Database(f"sqlite:///{tmp_path}/klatsch.db")
    metadata.create_all(database.engine, tables=[public_post, public_incident, public_component])
    yield SqlPublicPages(database)
    database.close()


def visitor(pages, **settings) -> httpx.AsyncClient:
    app = public_app("page", Config.model_validate({**BLOCK, **settings}), pages, StandingClock())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page")


@pytest.fixture
async def web(pages) -> AsyncIterator[httpx.AsyncClient]:
    async with visitor(pages) as client:
        yield client


@pytest.fixture
def story(pages) -> None:
    """Compute in AZ 1 is half gone, three updates long; another incident ended yesterday."""
    pages.add("page", "INC-5", 1, at(-1500), post(words="The API is slow.", title="Slow API", api=C.DEGRADED))
    pages.add(
        "page", "INC-5", 2, at(-1440), post(S.RESOLVED, words="It is quick again.", title="Slow API", api=C.OPERATIONAL)
    )
    pages.add("page", "INC-7", 1, at(-40), post(words="First word.", compute_az1=C.PARTIAL_OUTAGE))
    pages.add("page", "INC-7", 2, at(-20), post(S.IDENTIFIED, words="Second word."))
    pages.add("page", "INC-7", 3, at(-5), post(S.MONITORING, words="Third word.", compute_az1=C.DEGRADED))


def words_of(html: str) -> str:
    """What a reader sees of a page: its text, spaces as one."""
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<body") :]).split())


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


HOSTILE = "<script>alert(1)</script> \x1b[31mred\x1b[0m \x00\u202e & <b>bold</b> \ufffe"


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


# JSON

PAGE = {"id": str, "name": str, "url": str, "time_zone": str, "updated_at": "time"}
COMPONENT = {
    "id": str,
    "name": str,
    "status": str,
    "created_at": "time",
    "updated_at": "time",
    "position": int,
    "description": str,
    "showcase": bool,
    "group_id": (str, None),
    "page_id": str,
    "group": bool,
    "only_show_if_degraded": bool,
}
CHANGE = {"code": str, "name": str, "old_status": str, "new_status": str}
UPDATE = {
    "id": str,
    "status": str,
    "body": str,
    "incident_id": str,
    "created_at": "time",
    "updated_at": "time",
    "display_at": "time",
    "affected_components": ([CHANGE], None),
    "deliver_notifications": bool,
    "custom_tweet": (str, None),
    "tweet_id": (str, None),
}
INCIDENT = {
    "id": str,
    "name": str,
    "status": str,
    "created_at": "time",
    "updated_at": "time",
    "monitoring_at": ("time", None),
    "resolved_at": ("time", None),
    "impact": str,
    "shortlink": str,
    "started_at": "time",
    "page_id": str,
    "incident_updates": [UPDATE],
    "components": [COMPONENT],
}
STATUS = {"indicator": str, "description": str}
SHAPES = {
    "summary": {
        "page": PAGE,
        "components": [COMPONENT],
        "incidents": [INCIDENT],
        "scheduled_maintenances": [],
        "status": STATUS,
    },
    "status": {"page": PAGE, "status": STATUS},
    "components": {"page": PAGE, "components": [COMPONENT]},
    "incidents": {"page": PAGE, "incidents": [INCIDENT]},
    "incidents/unresolved": {"page": PAGE, "incidents": [INCIDENT]},
    "scheduled-maintenances": {"page": PAGE, "scheduled_maintenances": []},
    "scheduled-maintenances/active": {"page": PAGE, "scheduled_maintenances": []},
    "scheduled-maintenances/upcoming": {"page": PAGE, "scheduled_maintenances": []},
}


def differences(value, shape, where: str = "") -> list[str]:
    """Where `value` is not of `shape`: keys that differ, values of another type."""
    if isinstance(shape, tuple):
        return [] if value is None else differences(value, shape[0], where)
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        # Only a group has members.
        keys = set(value) - ({"components"} if value.get("group") is True else set())
        found = [f"{where}.{key} differs" for key in keys ^ set(shape)]
        return found + [d for key in keys & set(shape) for d in differences(value[key], shape[key], f"{where}.{key}")]
    if isinstance(shape, list):
        if not isinstance(value, list) or (value and not shape):
            return [f"{where} is not the list it should be"]
        return [d for index, item in enumerate(value) for d in differences(item, shape[0], f"{where}[{index}]")]
    if shape == "time":
        good = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value)
        return [] if good else [f"{where} is no time: {value!r}"]
    return [] if type(value) is shape else [f"{where} is {value!r}"]


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("name", JSON_DOCUMENTS)
async def test_every_document_has_statuspages_shape_key_by_key_and_anybody_may_read_it(web, name):
    answer = await web.get(f"/api/v2/{name}.json")
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "max-age" in answer.headers["cache-control"]
    assert differences(answer.json(), SHAPES[name]) == []


@pytest.mark.usefixtures("story")
async def test_the_summary_tells_the_story(web):
    summary = (await web.get("/api/v2/summary.json")).json()
    assert summary["page"] == {
        "id": "page",
        "name": "Example Cloud",
        "url": "https://status.example.org",
        "time_zone": "Etc/UTC",
        "updated_at": "2026-11-22T11:55:00.000Z",
    }
    assert summary["status"] == {"indicator": "minor", "description": "Partially Degraded Service"}
    assert {c["id"]: c["status"] for c in summary["components"] if not c["group"]} == {
        "compute-az1": "degraded_performance",
        "network-az1": "operational",
        "api": "operational",
    }
    [incident] = summary["incidents"]
    assert (incident["id"], incident["status"], incident["impact"]) == ("INC-7", "monitoring", "major")
    assert incident["shortlink"] == "https://status.example.org/incidents/INC-7"
    assert [update["body"] for update in incident["incident_updates"]] == ["Third word.", "Second word.", "First word."]
    assert incident["incident_updates"][0]["affected_components"] == [
        {
            "code": "compute-az1",
            "name": "Compute",
            "old_status": "partial_outage",
            "new_status": "degraded_performance",
        }
    ]


@pytest.mark.usefixtures("story")
async def test_unresolved_incidents_are_a_part_of_all(web):
    every = (await web.get("/api/v2/incidents.json")).json()["incidents"]
    unresolved = (await web.get("/api/v2/incidents/unresolved.json")).json()["incidents"]
    assert [incident["id"] for incident in every] == ["INC-7", "INC-5"]
    assert [incident["id"] for incident in unresolved] == ["INC-7"]


# Feeds

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("path", ["/feed.atom", "/history.atom"])
async def test_atom_has_one_entry_an_incident_with_its_permanent_address_and_the_newest_update_first(web, path):
    answer = await web.get(path)
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.content)
    assert feed.tag == f"{ATOM}feed"
    assert feed.findtext(f"{ATOM}updated") == "2026-11-22T11:55:00+00:00"
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [
        "https://status.example.org/incidents/INC-7",
        "https://status.example.org/incidents/INC-5",
    ]
    newest = entries[0]
    assert newest.findtext(f"{ATOM}updated") == "2026-11-22T11:55:00+00:00"
    assert newest.findtext(f"{ATOM}published") == "2026-11-22T11:20:00+00:00"
    told = newest.findtext(f"{ATOM}summary")
    assert told.index("Third word.") < told.index("Second word.") < told.index("First word.")


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("path", ["/feed.rss", "/history.rss"])
async def test_rss_has_one_item_an_incident_with_its_permanent_address(web, path):
    answer = await web.get(path)
    assert answer.headers["content-type"] == "application/rss+xml; charset=utf-8"
    channel = ElementTree.fromstring(answer.content).find("channel")
    guids = [item.find("guid") for item in channel.findall("item")]
    assert [(guid.text, guid.get("isPermaLink")) for guid in guids] == [
        ("https://status.example.org/incidents/INC-7", "true"),
        ("https://status.example.org/incidents/INC-5", "true"),
    ]
    assert channel.find("item").findtext("pubDate") == "Sun, 22 Nov 2026 11:20:00 +0000"


async def test_what_a_feed_reader_unwraps_is_text_and_no_markup(pages, web):
    pages.add("page", "INC-7", 1, NOON, post(words=HOSTILE.replace("\x00", ""), title="A & B <i>"))
    for path, element in (("/feed.atom", f"{ATOM}summary"), ("/feed.rss", "description")):
        root = ElementTree.fromstring((await web.get(path)).content)
        [told] = [node.text for node in root.iter(element) if "alert" in node.text]
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in told


async def test_an_empty_feed_is_the_same_each_time(web):
    for path in ("/feed.atom", "/feed.rss"):
        first = await web.get(path)
        ElementTree.fromstring(first.content)
        assert (await web.get(path)).headers["etag"] == first.headers["etag"]


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

    incident = states = incidents


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


@pytest.mark.usefixtures("story")
async def test_a_crowd_shares_a_few_looks_at_the_tables(pages):
    counting = CountingPages(pages)
    async with visitor(counting) as web:
        answers = await asyncio.gather(*(web.get("/") for _ in range(200)))
    assert {answer.status_code for answer in answers} == {200}
    # One that began with the first visitor, one for all who came meanwhile, and room for a straggler.
    assert counting.looks <= 3
    assert counting.most == 1


async def test_who_comes_while_a_result_is_made_gets_the_next_one_and_an_error_is_not_kept():
    shared: Shared[int] = Shared()
    begun, gate, runs = asyncio.Event(), asyncio.Event(), []

    async def work() -> int:
        runs.append(len(runs))
        mine = runs[-1]
        begun.set()
        await gate.wait()
        if mine == 0:
            raise StoreUnavailable("gone")
        return mine

    first = asyncio.create_task(shared.get("/", work))
    await begun.wait()
    late = [asyncio.create_task(shared.get("/", work)) for _ in range(3)]
    impatient = asyncio.create_task(shared.get("/", work))
    await asyncio.sleep(0)
    impatient.cancel()
    gate.set()
    with pytest.raises(StoreUnavailable):
        await first
    assert await asyncio.gather(*late) == [1, 1, 1]
    assert await shared.get("/", work) == 2
