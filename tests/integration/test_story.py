"""The whole way: a captured Alertmanager notification becomes a room, pages, a timeline, a status page, a postmortem."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from bot.incident import events as e
from bot.incident.model import ComponentState, Role, Status
from bot.terminal.say import exported
from tests.served import served
from tests.until import until

FIXTURES = Path(__file__).parent.parent / "fixtures" / "alertmanager"
SCHEMA = Path(__file__).parent.parent.parent / "docs" / "export.schema.json"
INTERNAL = ("Ana", "Ruiz", "Ben", "Okafor", "ctl01", "NovaApiDown", "RegionOne", "inc-1", "rooms")
"""Nothing of this is for customers."""


async def test_from_an_alert_to_a_blameless_postmortem(tmp_path: Path, database_url: str):
    async with served(tmp_path, database_url) as it:
        # An alert arrives; a room opens with its card; the person on call is paged on every way she has.
        assert (await it.alert((FIXTURES / "firing_single.json").read_bytes())).status_code == 200
        await until(
            lambda: it.incident() and it.incident().rooms.get("console") and it.incident().rooms["console"].card,
            "the card",
        )
        await it.quiet()
        room = it.console.room("inc-1")
        assert room.topic.startswith("INC-1")
        assert room.name.startswith("inc-1-")
        card = it.console.message("inc-1", it.incident().rooms["console"].card)
        assert "INC-1" in card.document.to_plain()
        (announced,) = it.console.messages("incidents")
        assert "INC-1" in announced.document.to_plain()
        (page,) = it.phone.shown("ana-pages")
        (mail,) = it.mailbox.mails
        assert "INC-1" in page["title"]
        assert "INC-1" in mail.message["Subject"]
        assert list(it.console.people("inc-1")) == ["ana"]

        # She acknowledges from her phone. Looking at the link does nothing; the button does.
        link = page["actions"][0]["url"]
        assert "Acknowledge as Ana Ruiz" in (await it.client.get(link)).text
        assert it.incident().paging.waiting
        assert "It is yours" in (await it.client.post(link)).text
        assert it.incident().paging.acknowledged_by == "ana"

        # People work, and the timeline fills.
        for person, line in (
            ("ana", "take lead"),
            ("ben", "hypothesis the certificate on ctl01 is the old one"),
            ("ana", "decide reload nova-api on ctl01"),
            ("ben", "task @ben check the other controllers"),
            ("ana", "update reloading nova-api next=30m"),
            ("ben", "task done 1"),
        ):
            answer = await it.type(line, person)
            assert answer.tone == "good", answer.to_plain()
        said = await it.console.talk("ben", "inc-1", "it answers again after the reload")
        await it.console.react("ana", "inc-1", said, "📌")
        assert it.incident().roles == {Role.LEAD: "ana"}

        # Customers read what was approved and nothing else.
        preview = await it.type(
            "publish investigating Ana Ruiz sees that ctl01 is down. comp=compute-az1:partial_outage"
        )
        assert "Preview" in preview.to_plain()
        assert "INC-1" not in (await it.client.get(f"{it.url}/")).text
        await it.type("publish discard")
        await it.type("publish investigating Starting virtual machines fails in AZ 1. comp=compute-az1:partial_outage")
        await it.type("publish approve", "ben")
        await it.quiet()
        front = (await it.client.get(f"{it.url}/")).text
        assert "Starting virtual machines fails in AZ 1." in front
        summary = (await it.client.get(f"{it.url}/api/v2/summary.json")).json()
        assert summary["status"]["indicator"] != "none"
        assert {c["name"]: c["status"] for c in summary["components"] if not c["group"]}["Compute"] == "partial_outage"
        own = await it.client.get(f"{it.url}/incidents/INC-1")
        feed = await it.client.get(f"{it.url}/feed.atom")
        assert own.status_code == 200
        assert ElementTree.fromstring(feed.text).tag.endswith("feed")
        for public in (front, own.text, feed.text, json.dumps(summary)):
            assert not [word for word in INTERNAL if re.search(rf"\b{word}\b", public)]

        # The alert clears: proposed, not done. The same notification again changes nothing.
        resolved = (FIXTURES / "resolved_single.json").read_bytes()
        assert (await it.alert(resolved)).status_code == 200
        assert (await it.alert(resolved)).status_code == 200
        assert (it.incident().status, it.incident().alerts_firing) == (Status.INVESTIGATING, 0)
        assert "All clear" in (await it.type("status")).to_plain()

        # It ends: the page first, then the incident; at close the draft lies there.
        await it.type("status monitoring")
        await it.type("resolve the new certificate is served")
        red = await it.type("close")
        assert red.tone == "refused"
        await it.type("publish resolved All operations work again.")
        await it.type("publish approve")
        await it.type("followup Alert when certificates differ between controllers owner=@ben due=14d")
        closed = await it.type("close")
        assert closed.tone == "good", closed.to_plain()
        await it.quiet()
        incident = it.incident()
        assert incident.status is Status.CLOSED
        assert incident.components["compute-az1"] is ComponentState.OPERATIONAL
        draft = Path(incident.postmortem.place)
        assert draft == tmp_path / "postmortems" / "INC-1.md"
        text = draft.read_text()
        card = it.console.message("inc-1", incident.rooms["console"].card)
        assert "INC-1.md" in card.document.to_plain()
        await until(lambda: it.console.room("inc-1").archived, "the end of the room")

    # What the draft says rests on events that are there, and names nobody.
    data = json.loads(exported(it.klatsch.config, "INC-1", "json", public=False))
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    assert data["status"] == "closed"
    known = {row["id"] for row in data["timeline"]}
    cited = set(re.findall(r"\be\d+\b", text))
    assert cited
    assert cited <= known | {f"e{n}" for n in range(1, incident.version + 1)}
    assert not [name for name in ("Ana", "Ruiz", "Ben", "Okafor") if name in text]
    assert [alert["status"] for alert in data["alerts"]] == ["resolved"]
    assert data["alerts"][0]["labels"]["alertname"] == "NovaApiDown"

    # The public copy validates too and keeps what is internal to itself.
    public = json.loads(exported(it.klatsch.config, "inc-1", "json", public=True))
    jsonschema.validate(public, json.loads(SCHEMA.read_text()))
    assert public["rooms"] == public["alerts"] == public["pages"] == []
    values = json.dumps(list(public.values()))
    assert not [word for word in INTERNAL if re.search(rf"\b{word}\b", values)]
    assert "Starting virtual machines fails" in exported(it.klatsch.config, "INC-1", "md", public=True)
    assert "<script" not in exported(it.klatsch.config, "INC-1", "html", public=False)


@pytest.mark.parametrize(
    "listen", [pytest.param("127.0.0.1:0", id="with the machines"), pytest.param("127.0.0.2:0", id="on its own")]
)
async def test_a_page_without_a_public_address_names_the_one_it_really_listens_on(tmp_path: Path, listen: str):
    async with served(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", page=listen) as it:
        page = it.urls[-1]
        assert (len(it.urls), ":0" in page) == (1 if listen == "127.0.0.1:0" else 2, False)
        await it.type("open sev3 Slow starts", room="incidents")
        await it.type("INC-1 publish investigating We look. comp=volumes:partial_outage", room="incidents")
        approved = (await it.type("INC-1 publish approve", room="incidents")).to_plain()
        assert f"They read it at {page}/incidents/INC-1" in approved
        await it.quiet()
        assert f"Address: {page}/incidents/INC-1" in (await it.type("INC-1 publish", room="incidents")).to_plain()
        reached = [r.event for r in it.klatsch.lookups.history(1) if isinstance(r.event, e.PostReachedPage)]
        assert [event.link for event in reached] == [f"{page}/incidents/INC-1"]
        assert (await it.client.get(reached[0].link)).status_code == 200
        summary = (await it.client.get(f"{page}/api/v2/summary.json")).json()
        assert summary["page"]["url"] == page
        assert summary["incidents"][0]["shortlink"] == f"{page}/incidents/INC-1"
        assert f'href="{page}/incidents/INC-1"' in (await it.client.get(f"{page}/feed.atom")).text


async def test_a_draft_beside_an_edited_one_is_shown_with_it(tmp_path: Path):
    async with served(tmp_path, f"sqlite:///{tmp_path}/klatsch.db") as it:
        for line in ("open sev3 Slow starts", "INC-1 resolve", "INC-1 close"):
            await it.type(line, room="incidents")
        await it.quiet()
        file = tmp_path / "postmortems" / "INC-1.md"
        file.write_text("What we know by now.\n")
        await it.type("INC-1 pm draft", room="incidents")
        await it.quiet()
        shown = (await it.type("INC-1 pm", room="incidents")).to_plain()
        assert f"Postmortem: {file} (edited)\nNewer draft: {file.with_name('INC-1.draft-2.md')}" in shown
        assert file.with_name("INC-1.draft-2.md").exists()
        # What is kept elsewhere as well takes nobody there.
        assert (tmp_path / "archive" / "INC-1.md").exists()


async def test_nobody_answers_and_the_next_person_is_asked(tmp_path: Path, database_url: str):
    async with served(tmp_path, database_url, wait="1s") as it:
        await it.alert((FIXTURES / "firing_single.json").read_bytes())
        await until(lambda: [m for m in it.mailbox.mails if "ben@example.org" in m.recipients], "the mail to ben")
        assert it.incident().paging.people == ("ben",)
        # Once ben has it, nothing goes to ana any more that has not gone yet.
        await until(lambda: it.phone.shown("ana-pages"), "the page to ana")
        (mail,) = [m for m in it.mailbox.mails if "ben@example.org" in m.recipients]
        link = re.search(r"http://\S+/ack/\S+", mail.body("plain"))[0]
        assert (await it.client.post(link)).status_code == 200
        assert it.incident().paging.acknowledged_by == "ben"
        await it.quiet()
        late = it.phone.shown("ana-pages")[0]["actions"][0]["url"]
        assert "Ben Okafor has it already" in (await it.client.post(late)).text


async def test_a_warning_waits_in_triage_until_somebody_takes_it(tmp_path: Path, database_url: str):
    async with served(tmp_path, database_url) as it:
        body = json.loads((FIXTURES / "firing_grouped_3.json").read_bytes())
        for alert in body["alerts"]:
            alert["labels"]["severity"] = "warning"
        assert (await it.alert(json.dumps(body).encode())).status_code == 200
        await it.quiet()
        assert it.incident().status is Status.TRIAGE
        assert [room.id for room in it.console.rooms()] == ["incidents"]
        assert it.phone.shown("ana-pages") == []
        answer = await it.type("INC-1 accept", room="incidents")
        assert answer.tone == "good", answer.to_plain()
        await it.quiet()
        assert it.incident().status is Status.INVESTIGATING
        assert "inc-1" in [room.id for room in it.console.rooms()]


async def test_a_private_incident_exists_in_its_own_room_and_nowhere_else(tmp_path: Path, database_url: str):
    async with served(tmp_path, database_url) as it:
        opened = await it.type("open private sev3 Token found in a public repository", room="incidents")
        assert opened.tone == "good", opened.to_plain()
        await it.quiet()
        elsewhere = {
            line: (await it.type(line, "ben", "incidents")).to_plain()
            for line in (
                "list",
                "list all",
                "INC-1 status",
                "INC-1 note peeking",
                "similar token repository",
                "INC-1 timeline",
            )
        }
        assert not [line for line, answer in elsewhere.items() if "Token found" in answer]
        assert "There is no INC-1" in elsewhere["INC-1 note peeking"]
        assert not [
            m
            for m in it.console.messages("incidents")
            if not m.by and "Token found" in m.document.to_plain() and m.thread == ""
        ]
        assert it.console.room("inc-1").private
        assert "Token found" in (await it.type("status", "ana", "inc-1")).to_plain()


async def test_customers_read_the_worst_of_two_open_incidents_and_no_name_of_the_inside(
    tmp_path: Path, database_url: str
):
    async with served(tmp_path, database_url) as it:
        body = json.loads((FIXTURES / "firing_single.json").read_bytes())
        body["alerts"][0]["labels"] |= {"region": "rd-east-3", "instance": "hv-17.example.com:9100"}
        assert (await it.alert(json.dumps(body).encode())).status_code == 200
        await it.quiet()
        words = "hv-17 in rd-east-3 is down, also db.cloud.lan and compute-az1."
        preview = (await it.type(f"INC-1 publish investigating {words} comp=compute-az1:major")).to_plain()
        assert "a host in rd-east-3 is down, also a host and compute-az1." in preview
        await it.type("INC-1 publish approve")
        await it.type("open sev3 Slow starts", room="incidents")
        again = "INC-1 still shows Compute (AZ 1) in major outage, and the page shows the worst of both."
        for words in ("investigating Slow starts. comp=compute-az1:degraded", "resolved Quick again."):
            for line in (f"INC-2 publish {words}", "INC-2 publish"):
                assert again in (await it.type(line, room="incidents")).to_plain()
            await it.type("INC-2 publish approve", room="incidents")
        await it.quiet()
        assert it.klatsch.pages.states("page")["compute-az1"].state is ComponentState.MAJOR_OUTAGE

        # It turns out to be a leak: private at once, and customers read the end of it and nothing else.
        title = it.incident().title
        assert "1 public post of it stays" in (await it.type("INC-1 private")).to_plain()
        await it.quiet()
        assert it.console.room("inc-1").archived
        (announced, *_) = it.console.messages("incidents")
        assert title not in it.console.room("inc-1").topic + announced.document.to_plain()
        assert not it.console.may_read("inc-1-2", "eve")
        assert title in (await it.type("status", room="inc-1-2")).to_plain()
        assert (await it.type("publish monitoring Keys are new.", room="inc-1-2")).tone == "refused"
        assert (await it.type("publish resolved All operations work again.", room="inc-1-2")).tone == "good"
        await it.type("publish approve", room="inc-1-2")
        await it.quiet()
        assert it.klatsch.pages.states("page")["compute-az1"].state is ComponentState.OPERATIONAL
        assert it.klatsch.pages.incidents("page", limit=9, unresolved_only=True) == []
