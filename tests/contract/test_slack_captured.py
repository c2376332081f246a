"""What reactions, pins, edits and removals in Slack hand over."""

from __future__ import annotations

from tests.contract.heard import Heard
from tests.contract.slack_harness import SlackHarness
from tests.contract.slack_listening import a_room, listening
from tests.until import until


async def test_a_reaction_is_handed_over_with_its_message_and_taken_back(slack):
    heard = Heard()
    async with listening(slack, heard):
        room = await a_room(slack)
        ana, ben = slack.people["ana"], slack.people["ben"]
        said = await ben.posts(room, "osd.17 & <osd.18> are down", files=[("graph.png", b"png")])
        await ana.reacts(room, said, "pushpin")
        await ana.reacts(room, said, "tada")
        await until(lambda: len(heard.reacted_) == 1, "the reaction")
        await ana.unreacts(room, said, "pushpin")
        await until(lambda: len(heard.reacted_) == 2, "the taking back")
    put, back = heard.reacted_
    assert (put.room, put.by, put.emoji, put.text, put.author) == (
        room.id,
        ana.id,
        "pushpin",
        "osd.17 & <osd.18> are down",
        ben.id,
    )
    assert [(file.name, file.media_type, file.size) for file in put.files] == [("graph.png", "image/png", 3)]
    assert await slack.platform.fetch(put.files[0].place, 10) == b"png"
    assert put.at is not None
    assert f"{put.at.timestamp():.4f}" == f"{float(said.ts):.4f}"
    assert (back.message, back.added, back.by) == (put.message, False, ana.id)
    # Nobody asks for a message that an emoji without a meaning is on.
    assert len(slack.slack.calls_of("reactions.get")) == 1


async def test_a_reaction_in_a_thread_is_on_the_answer(slack):
    heard = Heard()
    async with listening(slack, heard):
        room = await a_room(slack)
        first = await slack.people["ben"].posts(room, "what is it?")
        answer = await slack.people["ben"].posts(room, "the switch", thread=first)
        await slack.people["ana"].reacts(room, answer, "star")
        await until(lambda: heard.reacted_, "the reaction")
    assert heard.reacted_[0].text == "the switch"


async def test_a_pin_is_one_whoever_takes_it_off(slack):
    heard = Heard()
    async with listening(slack, heard):
        room = await a_room(slack)
        said = await slack.people["ben"].posts(room, "fsid 12 is the primary")
        await slack.people["ana"].pins(room, said)
        await until(lambda: len(heard.reacted_) == 1, "the pin")
        await slack.people["ben"].unpins(room, said)
        await until(lambda: len(heard.reacted_) == 2, "its end")
    put, back = heard.reacted_
    assert (put.emoji, put.by, put.text) == ("pushpin", slack.people["ana"].id, "fsid 12 is the primary")
    assert (back.emoji, back.by, back.added, back.message) == ("pushpin", put.by, False, put.message)


async def test_edits_and_removals_are_followed(slack):
    heard = Heard()
    async with listening(slack, heard):
        room = await a_room(slack)
        ben = slack.people["ben"]
        said = await ben.posts(room, "osd.17 is down")
        await ben.edits(room, said, "osd.18 is down")
        await ben.deletes(room, said)
        await until(lambda: heard.removed_, "the removal")
    edited, removed = heard.edited_[0], heard.removed_[0]
    assert (edited.message, edited.text, edited.by) == (f"{room.id}:{said.ts}", "osd.18 is down", ben.id)
    assert removed.message == edited.message


async def test_what_happens_elsewhere_is_nobody_elses_business(slack):
    heard = Heard()
    async with listening(slack, heard):
        room = await a_room(slack)
        ben = slack.people["ben"]
        elsewhere = await ben.creates("elsewhere")
        await ben.invites_bot(elsewhere)
        for where in ("#incidents", elsewhere):
            marked = await ben.posts(where, "nothing to do with it")
            await ben.reacts(where, marked, "star")
            await ben.pins(where, marked)
            await until(lambda: slack.slack.events[-1].acked, "the acknowledgement")
        said = await ben.posts(elsewhere, "nothing either")
        await ben.edits(elsewhere, said, "still nothing")
        await ben.deletes(elsewhere, said)
        here = await ben.posts(room, "this")
        await ben.reacts(room, here, "star")
        await until(lambda: heard.reacted_, "the reaction in the room")
        await until(lambda: _nothing_kept(slack), "the end of what is kept")
    assert [one.text for one in heard.reacted_] == ["this"]
    assert not heard.edited_
    assert not heard.removed_


async def _nothing_kept(slack: SlackHarness) -> bool:
    return not await slack.memory().recall_all("event:", 10)
