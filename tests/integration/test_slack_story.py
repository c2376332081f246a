"""The whole way through Slack: people have its windows and buttons, and the bot is the `klatsch` command."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapters.chat.slack.manifest import NOTE_MESSAGE, OPEN, OPEN_FROM_MESSAGE
from tests.contract.servers.slack.model import Channel
from tests.contract.servers.slack.person import Person
from tests.contract.servers.slack.texts import shown_blocks
from tests.integration.slack_town import Town, fires, serving, town
from tests.until import PATIENCE, until

CANARY = "the password is hunter2"


@pytest.fixture
async def town_(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as town_:
        yield town_


async def test_from_an_alert_to_a_postmortem_in_slack(town_: Town, database_url: str):
    town_.configure(database_url)
    slack, ana, ben = town_.slack, town_.ana, town_.ben
    async with serving(town_) as served:
        await fires(served)
        room = await town_.opened()
        assert room.name == "inc-1-nova-api-on-ctl01-does-not-answer"
        assert room.topic == "INC-1 · SEV1 · investigating · Nova API on ctl01 does not answer"
        announced = await until(lambda: town_.announced(), "the announcement")
        assert announced.text == "🔴 INC-1 · SEV1 · investigating: Nova API on ctl01 does not answer"
        await until(lambda: ana.id in room.members, "who is on call")
        (page,) = await until(lambda: town_.phone.published, "the page")
        assert (page["topic"], page["title"]) == ("ana-pages", "SEV1 INC-1: Nova API on ctl01 does not answer")
        await ben.joins(room)

        # Who answers before the bot has heard that it was sent is told to have answered first.
        await until(lambda: town_.export()["pages"][0]["outcomes"], "that the page was sent")
        await presses(ana, room, "Acknowledge", "Ana Ruiz has it; nobody else is woken")
        taken = await ana.slash(room, "take lead")
        assert taken.text == "INC-1 · Ana Ruiz is lead"
        await on_the_card(town_, "*Lead*\n@ana")

        await what_is_said_becomes_the_timeline(town_, room)
        await thread_answers(town_, room)
        await customers_are_told(town_, room, served.url)
        await more_incidents_by_forms(town_)

        await presses(ana, room, "Resolve", "Resolved")
        await until(lambda: "resolved: Nova" in town_.announced().shown, "the end in the announcement")
        assert "still shows Compute degraded" in (await ana.slash(room, "close")).text
        await ana.slash(room, "publish resolved The API is quick again.")
        await ana.slash(room, "publish approve")
        assert (await ana.slash(room, "close")).text == "INC-1 · Closed"
        await until(lambda: room.archived, "the end of the room")
        assert room.topic.startswith("INC-1 · SEV1 · closed")
        await until(lambda: (town_.folder / "postmortems" / "INC-1.md").exists(), "the draft")
        await until(lambda: "closed: Nova" in town_.announced().shown, "the announcement's last edit")
    the_export_says_it_all(town_, room)
    # Nobody was woken or called but by the page.
    assert town_.rang() == []
    assert {call.error for call in slack.calls} <= {"", "already_in_channel"}
    log = served.log.read_text()
    assert not [word for word in (CANARY, slack.bot_token, slack.app_token, "Traceback") if word in log]
    assert len(town_.keys()) == len(set(town_.keys()))


async def presses(person: Person, room: Channel, label: str, words: str) -> None:
    """A button of the card, whose answer everybody reads."""
    card = room.message(room.pins[0])
    assert card
    pressed = await person.presses(room, card, label)
    assert (pressed.acked, pressed.payload) == (True, {})
    await until(lambda: pressed.responses, f"the answer to {label}")
    (answer,) = pressed.responses
    assert (answer["response_type"], answer["replace_original"]) == ("in_channel", False)
    assert words in answer["text"]


async def on_the_card(town_: Town, words: str, number: int = 1) -> None:
    await until(lambda: words in town_.card(number).shown, f"{words} on the card")


async def what_is_said_becomes_the_timeline(town_: Town, room: Channel) -> None:
    ana, ben = town_.ana, town_.ben
    await ana.slash(room, "note the certificate ended at 2")
    told = await ben.posts(room, "it answers again after the reload")
    await ana.reacts(room, told, "pushpin")
    await until(lambda: "it answers again after the reload" in town_.noted(), "the note")
    await ana.unreacts(room, told, "pushpin")
    await until(lambda: not town_.tells("it answers again"), "the end of the note")

    pinned = await ben.posts(room, "ctl02 is the primary now")
    await ana.pins(room, pinned)
    await until(lambda: "ctl02 is the primary now" in town_.noted(), "the pin")
    await ben.edits(room, pinned, "ctl03 is the primary now")
    await until(lambda: "ctl03 is the primary now (edited)" in town_.noted(), "the edit")
    assert not town_.tells("ctl02")
    listed = await ben.posts(room, "one more thing for the timeline")
    await ben.message_shortcut(NOTE_MESSAGE, room, listed)
    await until(lambda: "one more thing for the timeline" in town_.noted(), "the note by the shortcut")

    leak = await ana.posts(room, CANARY)
    await ben.reacts(room, leak, "star")
    await until(lambda: town_.tells(CANARY), "the moment")
    await ana.deletes(room, leak)
    await until(lambda: town_.tells("A key moment was removed"), "the tombstone")
    assert CANARY not in json.dumps(town_.export())


async def thread_answers(town_: Town, room: Channel) -> None:
    """Slash commands do not work in threads."""
    asked = await town_.ben.posts(room, "who looks at the load balancer?")
    await town_.ana.posts(room, "@klatsch task look at the load balancer owner=@ben", thread=asked)
    answer = await until(lambda: room.thread(asked.ts)[1:], "the answer in the thread")
    assert "Task 1 for Ben Okafor: look at the load balancer" in answer[0].shown
    await town_.ben.posts(room, "!inc status", thread=asked)
    await until(lambda: town_.ben.ephemerals(room), "what only ben reads")
    assert town_.ben.ephemerals(room)[0].thread_ts == asked.ts


async def customers_are_told(town_: Town, room: Channel, page: str) -> None:
    ben = town_.ben
    await ben.slash(room, "publish investigating The API answers slowly. comp=compute-az1:degraded")
    preview = next(said for said in town_.said(room) if "Preview only" in said.shown)
    assert "The API answers slowly." not in await read(page)
    approved = await ben.presses(room, preview, "Approve")
    await until(lambda: approved.responses, "the answer")
    await until(lambda: published(page), "the public post")
    again = await ben.presses(room, preview, "Approve")
    await until(lambda: again.responses, "the second answer")
    assert again.responses[0]["response_type"] == "ephemeral"


async def published(page: str) -> bool:
    return "The API answers slowly." in await read(page)


async def read(page: str) -> str:
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False, verify=False) as client:
        return (await client.get(page)).raise_for_status().text


async def more_incidents_by_forms(town_: Town) -> None:
    ben, eve = town_.ben, town_.eve
    await ben.slash("#incidents", "open")
    missing = await ben.submits(values={"Title": ""})
    assert missing.errors
    await ben.submits(values={"Title": "Volumes in az2 are slow", "Severity": "sev3"})
    assert ben.modal
    assert "INC-2 is open, sev3: Volumes in az2 are slow" in shown_blocks(ben.modal.blocks, town_.slack.name_of)
    room = await town_.opened(2)
    assert room.name == "inc-2-volumes-in-az2-are-slow"
    assert ben.id in room.members
    await ben.closes()

    told = await eve.posts("#incidents", "Backups of <db7> fail\nsince this morning")
    await eve.message_shortcut(OPEN_FROM_MESSAGE, "#incidents", told)
    await eve.submits(values={"Severity": "sev4"})
    await until(lambda: town_.room(3), "the room of the third")
    assert town_.export(3)["title"] == "Backups of <db7> fail"
    assert town_.noted(3) == [f"Opened from {told.permalink}"]
    await eve.closes()
    await eve.shortcut(OPEN)
    assert eve.modal
    await eve.closes()

    await eve.opens_home()
    home = await until(lambda: eve.home, "the App Home")
    shown = shown_blocks(home.blocks, town_.slack.name_of)
    assert [ref for ref in ("INC-1", "INC-2", "INC-3", "INC-4") if ref in shown] == ["INC-1", "INC-2", "INC-3"]
    await eve.presses_in(home, "Open an incident")
    assert eve.modal
    await eve.closes()


def the_export_says_it_all(town_: Town, room: Channel) -> None:
    told = town_.export()
    assert (told["status"], told["severity"], told["roles"]) == ("closed", "sev1", {"lead": "ana"})
    address = f"{town_.slack.url}archives/{room.id}"
    assert told["rooms"] == [{"platform": "slack", "id": room.id, "link": address, "archived": True}]
    (page,) = told["pages"]
    assert [(one["person"], one["result"]) for one in page["outcomes"]] == [("ana", "sent"), ("ana", "acknowledged")]
    assert [post["text"] for post in told["public_posts"]] == ["The API answers slowly.", "The API is quick again."]
    assert [task["text"] for task in told["tasks"]] == ["look at the load balancer"]
    by = {entry["text"]: (entry["by"], entry["source"]["kind"]) for entry in told["timeline"]}
    assert by["the certificate ended at 2"] == ("ana", "command")
    assert by["ctl03 is the primary now (edited)"] == ("ana", "reaction")
