"""Exports hold what the design promises, in the published shape; the public copy holds nothing internal."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bot.export import Exported, to_html, to_json, to_markdown
from bot.incident import commands as c
from bot.incident.evolve import replay
from bot.incident.model import Mark, Refused
from bot.lookups import StoredAlert
from tests.builders import PEOPLE, START, Step, Story, record, step
from tests.commands import OPENINGS, STEPS
from tests.golden_files import golden
from tests.stories import COMPONENTS, drill, permalink, volumes_slow

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/export.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def exported(history: list[Any]) -> Exported:
    incident = replay(7, [recorded.event for recorded in history])
    assert incident is not None
    began = datetime(2026, 11, 20, 22, 1, 30, tzinfo=UTC)
    alerts = [
        StoredAlert(
            source="prometheus",
            fingerprint="f1",
            firing=False,
            starts_at=began,
            ends_at=began + timedelta(minutes=40),
            labels={"alertname": "CephOSDDown", "instance": "stor-az2-03:9283"},
            annotations={"summary": "osd.12 and osd.14 on stor-az2-03 are down"},
        ),
        StoredAlert(source="prometheus", fingerprint="f2", firing=True, starts_at=began, ends_at=None),
    ]
    return Exported(incident, history, alerts)


def faults(value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(value)]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_json_of_a_whole_incident_is_the_one_that_was_read() -> None:
    value = to_json(exported(volumes_slow()), people=PEOPLE)
    golden("export/story.json", json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    assert faults(value) == []


def test_the_public_json_is_the_one_that_was_read() -> None:
    value = to_json(exported(volumes_slow()), people=PEOPLE, public=True)
    golden("export/story.public.json", json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    assert faults(value) == []


def test_the_public_page_is_the_one_that_was_read() -> None:
    golden("export/story.public.html", to_html(exported(volumes_slow()), people=PEOPLE, public=True))


def test_the_keys_are_those_that_others_build_on() -> None:
    value = to_json(exported(volumes_slow()), people=PEOPLE)
    assert list(value) == list(to_json(exported(volumes_slow()), people=PEOPLE, public=True))
    wanted = (
        "ref kind title status severity private roles timestamps timestamp_sources components alerts timeline rooms"
    )
    assert set(value) == {*wanted.split(), "files", "pages", "public_posts", "tasks", "followups", "postmortem"}
    assert set(value["alerts"][0]) == {"fingerprint", "labels", "annotations", "status", "starts_at", "ends_at"}
    assert set(value["timeline"][0]) == {"id", "at", "recorded_at", "kind", "by", "source", "text", "public"}


def test_times_are_utc_and_unknown_ones_are_null() -> None:
    value = to_json(exported(record(c.Open(title="Volumes slow"))), people=PEOPLE)
    assert value["timestamps"]["declared"] == "2026-11-20T14:00:00Z"
    assert value["timestamp_sources"]["declared"] == "command"
    assert value["timestamps"]["impact_start"] is None
    assert value["timestamp_sources"]["impact_start"] is None


def test_pages_say_what_came_of_them() -> None:
    pages = to_json(exported(volumes_slow()), people=PEOPLE)["pages"]
    assert [(page["people"], [outcome["result"] for outcome in page["outcomes"]]) for page in pages] == [
        (["ana"], ["failed"]),
        (["ben"], ["sent", "acknowledged"]),
    ]


def test_plumbing_and_what_was_taken_back_are_in_no_export() -> None:
    whole = exported(volumes_slow())
    kinds = {row["kind"] for row in to_json(whole, people=PEOPLE)["timeline"]}
    assert not kinds & {"room_opened", "post_reached_page", "retracted"}
    for text in (
        json.dumps(to_json(whole, people=PEOPLE)),
        to_markdown(whole, people=PEOPLE),
        to_html(whole, people=PEOPLE),
    ):
        assert "hunter2" not in text
        assert "Volumes slow in az2" in text


BREAKAGES = {
    "unknown key": lambda v: v.update(extra=1),
    "missing key": lambda v: v.pop("timeline"),
    "local time": lambda v: v["timestamps"].update(declared="2026-11-20T23:05:00+01:00"),
    "unknown status": lambda v: v.update(status="sleeping"),
    "unknown component state": lambda v: v["components"].update({"volumes-az2": "broken"}),
    "row without an id": lambda v: v["timeline"][0].pop("id"),
    "unknown key in a row": lambda v: v["timeline"][0].update(note="x"),
    "unknown role": lambda v: v["roles"].update(boss="ana"),
    "row without a link": lambda v: v["timeline"][0]["source"].pop("link"),
    "link that is none": lambda v: v["timeline"][0]["source"].update(link="javascript:alert(1)"),
    "alert without labels": lambda v: v["alerts"][0].pop("labels"),
    "reference without a number": lambda v: v.update(ref="INC-"),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_broken_export_does_not_pass_the_schema(breakage: str) -> None:
    value = deepcopy(to_json(exported(volumes_slow()), people=PEOPLE))
    assert faults(value) == []
    BREAKAGES[breakage](value)
    assert faults(value) != []


SECRETS = [
    "Ana", "Ruiz", "Ben", "Okafor", "Cleo", "U0ANA1", "example.org/r", "!r:example.org", "stor-az2-03", "osd.12",
    "CephOSDDown", "f1", "quorum", "rack", "hunter2", "drain", "disks", "ntfy", "ceph", "policy:", "latency", "Writes",
    "controller", "Volumes slow in az2", "matrix.to",
]  # fmt: skip


@pytest.mark.parametrize("secret", SECRETS)
def test_the_public_copy_holds_nothing_internal(secret: str) -> None:
    whole = exported(volumes_slow())
    copies = [
        json.dumps(to_json(whole, people=PEOPLE, public=True), ensure_ascii=False),
        to_markdown(whole, people=PEOPLE, components=COMPONENTS, public=True),
        to_html(whole, people=PEOPLE, components=COMPONENTS, public=True),
    ]
    for copy in copies:
        assert not re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", copy)
        assert "Volumes in AZ 2 are fast again." in copy


def test_the_public_copy_tells_which_roles_were_held_and_by_nobody_named() -> None:
    value = to_json(exported(volumes_slow()), people=PEOPLE, public=True)
    assert value["roles"] == {"comms": None, "lead": None}
    assert [row["kind"] for row in value["timeline"]] == ["public_post_published"] * 2
    assert value["title"] == "Slow volumes in AZ 2"


@pytest.mark.parametrize("form", [to_json, to_markdown, to_html])
def test_a_private_incident_has_no_public_copy(form: Any) -> None:
    private = exported(record(c.Open(title="Key leaked", private=True)))
    assert form(private, people=PEOPLE)
    with pytest.raises(Refused, match="INC-7 is private"):
        form(private, people=PEOPLE, public=True)


def test_an_incident_that_customers_heard_nothing_of_shows_no_title() -> None:
    text = to_markdown(exported(drill()), people=PEOPLE, public=True)
    assert text.startswith("# INC-7: Incident\n")
    assert "rack" not in text
    assert "Nothing that may be shown." in text


def test_markdown_is_the_timeline_and_then_the_draft() -> None:
    text = to_markdown(exported(volumes_slow()), people=PEOPLE, zone="Europe/Berlin", components=COMPONENTS)
    assert text.startswith(
        "# INC-7: Volumes slow in az2\n\n- real, sev1, review\n- comms: Cleo Weiß\n- lead: Ana Ruiz\n"
    )
    assert text.index("## Timeline") < text.index("# Postmortem of INC-7")
    assert "| 20 Nov 22:23 | Decision: drain stor-az2-03; risk: less room | Ben Okafor | [e23] |" in text
    assert (
        "| 20 Nov 22:22 | Status changed from investigating to identified: two OSDs flap on one host | Ben Okafor | e22 |"
        in text
    )
    assert "- declared: 20 Nov 2026 22:05 UTC (alert)\n" in text


def test_the_id_of_what_came_of_a_message_opens_it() -> None:
    whole = exported(volumes_slow())
    rows = {row["id"]: row["source"]["link"] for row in to_json(whole, people=PEOPLE)["timeline"]}
    assert {ref: link for ref, link in rows.items() if link} == {
        "e16": permalink("m0"),
        "e19": permalink("m1"),
        "e23": permalink("m3"),
    }
    page = to_html(whole, people=PEOPLE)
    assert f'<td>Ben Okafor</td>\n<td><a href="{permalink("m3")}">e23</a></td>' in page
    assert to_markdown(whole, people=PEOPLE).count(permalink("m3")) == 1


def test_what_people_read_has_no_microseconds_and_what_programs_read_has() -> None:
    exact = START.replace(microsecond=13435)
    whole = exported(record(c.Open(title="Volumes slow"), c.Note(mark=Mark.NOTE, text="x"), start=exact))
    assert to_json(whole, people=PEOPLE)["timestamps"]["declared"] == "2026-11-20T14:00:00.013435Z"
    for text in (to_markdown(whole, people=PEOPLE), to_html(whole, people=PEOPLE)):
        assert "013435" not in text
        assert "20 Nov 14:00" in text


def test_somebody_unknown_is_called_as_everywhere_else() -> None:
    whole = exported(record(step(c.Open(title="x"), by="terminal:root")))
    assert "| root (terminal) | e1 |" in to_markdown(whole, people=PEOPLE)
    assert to_json(whole, people=PEOPLE)["timeline"][0]["by"] == "terminal:root"


def test_a_wide_table_scrolls_in_its_own_box() -> None:
    page = to_html(exported(volumes_slow()), people=PEOPLE)
    assert page.count('<div class="wide" tabindex="0">\n<table>') == page.count("</table>\n</div>") == 3


def test_a_page_runs_nothing_and_loads_nothing() -> None:
    evil = '<script>alert(1)</script> ![x](http://evil/x.png) [y](javascript:alert(1)) "><img src=x onerror=y> | #'
    history = record(c.Open(title=evil), c.Note(mark=Mark.NOTE, text=evil), c.DescribeImpact(text=evil, plane=evil))
    page = to_html(exported(history), people=PEOPLE)
    tags = set(re.findall(r"<([a-z][a-z0-9]*)", page))
    assert tags <= {
        *("html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "ul", "li", "strong", "code"),
        *("a", "blockquote", "div", "table", "thead", "tbody", "tr", "th", "td"),
    }
    assert set(re.findall(r'href="([^"]*)"', page)) == {"http://evil/x.png"}
    assert page.count("<title>") == 1
    assert "<title>INC-7: &lt;script&gt;alert(1)&lt;/script&gt;" in page


@settings(max_examples=40, deadline=None)
@given(opening=OPENINGS, steps=st.lists(STEPS, max_size=25))
def test_any_history_exports_in_the_published_shape(opening: c.Open, steps: list[Step]) -> None:
    story = Story()
    story.give(opening)
    for one in steps:
        try:
            story.give(one)
        except Refused:
            continue
    whole = exported(list(story.history))
    assert faults(json.loads(json.dumps(to_json(whole, people=PEOPLE)))) == []
    assert to_html(whole, people=PEOPLE).encode().endswith(b"</html>\n")
    if not whole.incident.private:
        assert faults(to_json(whole, people=PEOPLE, public=True)) == []
