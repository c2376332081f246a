"""Forms, buttons, shortcuts, the App Home and links in Slack, with a real conversation behind them."""

from __future__ import annotations

import json

import pytest

from adapters.chat.slack import interacting
from bot.converse import Conversation
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Severity
from bot.ports import Attempt
from tests.contract.servers.slack.model import Channel
from tests.contract.slack_harness import SlackHarness
from tests.contract.slack_listening import listening
from tests.contract.stage import Stage
from tests.contract.test_converse import Talk
from tests.until import until


@pytest.fixture
def inbox(stage: Stage) -> Conversation:
    return Talk(stage, stage.clock).conversation


async def the_room(slack: SlackHarness, stage: Stage, *, private: bool = False) -> Channel:
    """Of INC-1, which is open; Ana is in it."""
    number = await stage.open("Volumes slow", private=private)
    room = await slack.platform.open_room(
        Attempt("1.1"), mark=f"inc-{number}", name=f"inc-{number}-volumes", topic="INC-1 SEV2", private=private
    )
    await slack.platform.invite(Attempt("1.2"), room.id, [slack.person("ana", "Ana")])
    await stage.ask(c.RecordRoom(platform="slack", room=room.id, link=room.link, private=private), number)
    return slack.slack.channels[room.id]


async def test_a_line_that_lacks_what_it_needs_opens_its_form_and_the_form_opens_the_incident(slack, stage, inbox):
    ana = slack.people["ana"]
    async with listening(slack, inbox):
        answered = await ana.slash("#general", "open sev1")
        assert (answered.acked, answered.payload) == (True, {})
        assert ana.modal is not None
        assert ana.modal.title == "Open an incident"
        done = await ana.submits(values={"Title": 'Ceph "slow" & sev3 page=none'})
        assert done.acked, done.error
        assert "INC-1" in json.dumps(ana.modal.blocks)
    incident = stage.incident()
    assert (incident.title, incident.severity) == ('Ceph "slow" & sev3 page=none', Severity.SEV1)


async def test_what_is_refused_stands_under_its_field_and_the_form_stays(slack, stage, inbox):
    ana = slack.people["ana"]
    async with listening(slack, inbox):
        await the_room(slack, stage)
        await ana.slash("#general", "note")
        refused = await ana.submits(values={"What happened": "failed over", "When": "noonish"})
        assert refused.acked, refused.error
        assert list(refused.errors) == ["at"]
        assert "noonish" in refused.errors["at"]
        assert ana.modal is not None
    assert not stage.events(e.Noted)


async def test_a_form_from_a_room_is_about_its_incident(slack, stage, inbox):
    ana = slack.people["ana"]
    async with listening(slack, inbox):
        room = await the_room(slack, stage)
        await stage.open("Something else")
        await ana.slash(room, "note")
        done = await ana.submits(values={"What happened": "failed over\nto az2"})
        assert not done.errors
    (noted,) = stage.events(e.Noted)
    assert noted.text.split() == ["failed", "over", "to", "az2"]


async def test_the_shortcut_and_the_app_home_open_an_incident(slack, stage, inbox):
    ana = slack.people["ana"]
    async with listening(slack, inbox):
        assert (await ana.shortcut("open_incident")).acked
        await ana.submits(values={"Title": "From the shortcut"})
        await ana.closes()
        await ana.opens_home()
        await until(lambda: ana.home, "the App Home")
        assert "From the shortcut" in json.dumps(ana.home.blocks)
        assert (await ana.presses_in(ana.home, "Open an incident")).acked
        await ana.submits(values={"Title": "From the App Home"})
    assert [stage.incident(number).title for number in (1, 2)] == ["From the shortcut", "From the App Home"]


async def test_an_incident_from_a_message_knows_its_message(slack, stage, inbox):
    ana, ben = slack.people["ana"], slack.people["ben"]
    async with listening(slack, inbox):
        said = await ben.posts("#general", "osd.17 & osd.18 are down\nsince 14:05")
        assert (await ana.message_shortcut("open_from_message", "#general", said)).acked
        done = await ana.submits()
        assert done.acked, done.error
    assert stage.incident().title == "osd.17 & osd.18 are down"
    assert said.permalink in stage.events(e.Noted)[0].text


async def test_a_message_is_put_on_the_timeline_from_its_menu(slack, stage, inbox):
    ana = slack.people["ana"]
    async with listening(slack, inbox):
        room = await the_room(slack, stage)
        said = await ana.posts(room, "switch 7 was replaced")
        assert (await ana.message_shortcut("note_message", room, said)).acked
        await until(lambda: stage.events(e.Noted), "the note")
        (noted,) = [kept for kept in stage.world.lookups.history(1) if isinstance(kept.event, e.Noted)]
        assert (noted.event.text, noted.source.link) == ("switch 7 was replaced", said.permalink)
        elsewhere = await ana.posts("#general", "lunch?")
        answered = await ana.message_shortcut("note_message", "#general", elsewhere)
        await until(lambda: answered.responses, "the refusal")
        assert answered.responses[0]["text"] == interacting.NOT_HERE.summary


async def test_a_form_that_cannot_be_opened_says_how_to_do_without(slack, stage, inbox):
    ana = slack.people["ana"]
    async with listening(slack, inbox):
        slack.slack.order("views.open", {"ok": False, "error": "expired_trigger_id"})
        assert (await ana.slash("#general", "open")).text == interacting.NO_FORM.summary
        assert ana.modal is None


async def test_a_button_is_the_line_it_says(slack, stage, inbox):
    ana = slack.people["ana"]
    async with listening(slack, inbox):
        room = await the_room(slack, stage)
        ask = await ana.slash(room, "status")
        assert ask.acked
        card = ana.ephemerals(room)[-1] if ana.ephemerals(room) else room.messages[-1]
        pressed = await ana.presses(room, card, "Resolve")
        assert pressed.acked, pressed.error
        await until(lambda: pressed.responses, "the answer")
        assert not stage.incident().status.open


async def test_a_guest_gets_no_form(slack, stage, inbox):
    guest = slack.slack.person("mallory", guest=True)
    async with listening(slack, inbox):
        await guest.invited("#incidents")
        assert "Guests" in (await guest.slash("#incidents", "open")).text
        await guest.shortcut("open_incident")
        assert guest.modal is None
        await stage.open("Keys rotated")
        await guest.opens_home()
        await until(lambda: guest.home, "the App Home")
        assert "Guests" in json.dumps(guest.home.blocks)
        assert "Keys rotated" not in json.dumps(guest.home.blocks)
        await guest.shares_link("#incidents", "https://status.example.org/incidents/INC-1")
        await slack.people["ben"].shares_link("#incidents", "https://status.example.org/incidents/INC-1?by=ben")
        await until(lambda: slack.slack.unfurls, "what stands behind the link")
    assert "?by=ben" in json.dumps(slack.slack.unfurls)
    assert len(slack.slack.calls_of("chat.unfurl")) == 1


async def test_links_to_incidents_show_how_they_stand_and_nothing_of_private_ones(slack, stage, inbox):
    ana = slack.people["ana"]
    async with listening(slack, inbox):
        await the_room(slack, stage, private=True)
        await stage.open("Volumes slow in az2")
        for number in (1, 2, 3):
            await ana.shares_link("#general", f"https://status.example.org/incidents/INC-{number}")
        await until(lambda: slack.slack.unfurls, "what stands behind the link")
        await ana.opens_home()
        await until(lambda: ana.home, "the App Home")
    shown = json.dumps(slack.slack.unfurls)
    assert "Volumes slow in az2" in shown
    assert "INC-1" not in shown
    assert [call.error for call in slack.slack.calls_of("chat.unfurl")] == [""]
    assert "INC-1" not in json.dumps(ana.home.blocks)
