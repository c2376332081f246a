"""The public status page as monitors and feed readers meet it: Statuspage's JSON, Atom and RSS."""

import re
from xml.etree import ElementTree

import pytest

from tests.integration.public_site import HOSTILE, JSON_DOCUMENTS, NOON, post

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
        "time_zone": "UTC",
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
