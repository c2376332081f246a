"""A room that people upgraded is the same room to the bot, and to whoever types in it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from adapters.chat.matrix import links
from adapters.chat.matrix.rooms import OURS
from bot.chat import document as d
from bot.ports import Attempt, Rejected, Unavailable
from tests.contract.chat_harness import MatrixHarness
from tests.contract.heard import Heard, answers, listening, opened
from tests.servers.synapse import NAME
from tests.until import until

CARD = d.say("INC-7 SEV1 Ceph: OSDs down")


async def with_card(matrix: MatrixHarness, room: str) -> str:
    message = await matrix.platform.say(Attempt("card"), room, CARD)
    await matrix.platform.edit(Attempt("card-2"), room, message, d.say("INC-7 SEV1 Ceph: 3 OSDs down"))
    await matrix.platform.pin(Attempt("pin"), room, message)
    return message


async def upgraded(matrix: MatrixHarness, room: str, by: str = "ana", *, powerless: bool = False) -> str:
    """As an administrator of the homeserver does it, who has made themselves one of the room. `powerless`: the bot is not made one of
    the new room, in which nobody has the power of whom the old one was made by."""
    levels = await matrix.bot.state(room, "m.room.power_levels")
    person = matrix.people[by]
    if (await matrix.bot.state(room, "m.room.create")).get("creator", matrix.user_id) == matrix.user_id:
        given = {**levels, "users": {**levels.get("users", {}), person.user_id: 100}}
        await matrix.bot.ask("PUT", "rooms", room, "state", "m.room.power_levels", "", body=given)
    creators = {} if powerless else {"additional_creators": [matrix.user_id]}
    asked = await person.ask("POST", "rooms", room, "upgrade", body={"new_version": "12", **creators})
    return str(asked.raise_for_status().json()["replacement_room"])


async def followed(matrix: MatrixHarness, room: str) -> None:
    """The bot is where it goes on, with all that it takes along."""
    await until(lambda: matrix.memory().recall(f"moved:{room}"), "the bot")


def shown(matrix: MatrixHarness, room: str) -> Any:
    async def look() -> list[str]:
        return [said["content"]["body"] for said in await matrix.people["ana"].messages(room)]

    return look


async def test_what_is_typed_where_it_goes_on_is_heard_as_typed_in_the_room_it_was(matrix: MatrixHarness):
    heard, room, ana = Heard(), await opened(matrix), matrix.people["ana"]
    await with_card(matrix, room)
    async with listening(matrix, heard):
        after = await upgraded(matrix, room)
        await followed(matrix, room)
        await ana.say(after, "!incident status")
        await until(answers(matrix, after), "the answer there")
        noted = await ana.say(after, "osd.17 is back")
        await ana.react(after, noted, "📌")
        await until(lambda: heard.reacted_, "the reaction")
        await ana.redact(after, noted)
        await until(lambda: heard.removed_, "the removal")
    assert [(said.room, said.line) for said in heard.said_] == [(room, "status")]
    assert (heard.reacted_[0].room, heard.removed_[0].room) == (room, room)
    # A message opens where it is.
    assert heard.reacted_[0].link == links.message(after, noted, NAME)
    assert f"/{quote(after, safe='')}/" in heard.said_[0].link


async def test_the_card_goes_along_as_it_reads_and_is_pinned_and_edited_there(matrix: MatrixHarness):
    room = await opened(matrix)
    card = await with_card(matrix, room)
    async with listening(matrix, Heard()):
        after = await upgraded(matrix, room)
        await followed(matrix, room)
    assert await shown(matrix, after)() == ["INC-7 SEV1 Ceph: 3 OSDs down"]
    await matrix.platform.edit(Attempt("card-3"), room, card, d.say("INC-7 SEV2 Ceph: 1 OSD down"))
    await matrix.platform.say(Attempt("tell"), room, d.say("Ana took the lead"), thread=card)
    await matrix.platform.set_topic(Attempt("topic"), room, "INC-7 SEV2")
    (there, told) = await matrix.messages(after)
    assert (there.text, told.text, told.thread) == ("INC-7 SEV2 Ceph: 1 OSD down", "Ana took the lead", there.id)
    assert await matrix.pinned(after) == [there.id]
    assert (await matrix.bot.state(after, OURS))["mark"] == "inc-7"
    assert (await matrix.bot.state(after, "m.room.topic"))["topic"] == "INC-7 SEV2"


async def test_what_people_do_to_what_was_carried_they_do_to_what_it_was(matrix: MatrixHarness):
    """However often it was carried: a board goes on counting, and a card that is removed is known to be the card."""
    heard, room = Heard(), await opened(matrix)
    card = await with_card(matrix, room)
    async with listening(matrix, heard):
        second = await upgraded(matrix, room)
        await followed(matrix, room)
        third = await upgraded(matrix, second)
        await followed(matrix, second)
        ana = matrix.people["ana"]
        (there,) = (await matrix.bot.state(third, "m.room.pinned_events"))["pinned"]
        assert there != card
        put = await ana.react(third, there, "🍎")
        await until(lambda: heard.reacted_, "the reaction")
        await ana.redact(third, put)
        await until(lambda: len(heard.reacted_) == 2, "its end")
        assert [(one.room, one.message, one.added) for one in heard.reacted_] == [
            (room, card, True),
            (room, card, False),
        ]
        # Its link opens what people see.
        assert heard.reacted_[0].link == links.message(third, there, NAME)
        # What was said there is called what it is called there.
        said = await ana.say(third, "look at osd.12")
        await ana.redact(third, said)
        await ana.redact(third, there)
        await until(lambda: len(heard.removed_) == 2, "the removals")
        assert [(one.room, one.message) for one in heard.removed_] == [(room, said), (room, card)]


async def test_without_power_where_it_goes_on_the_bot_says_what_it_has_to_say(matrix: MatrixHarness):
    heard, room, ana = Heard(), await opened(matrix), matrix.people["ana"]
    card = await with_card(matrix, room)
    async with listening(matrix, heard):
        after = await upgraded(matrix, room, powerless=True)
        await followed(matrix, room)
        await ana.say(after, "!incident status")
        await until(answers(matrix, after), "the answer")
    await matrix.restart()
    await matrix.platform.edit(Attempt("card-3"), room, card, d.say("INC-7 SEV2"))
    assert (await shown(matrix, after)())[0] == "INC-7 SEV2"
    with pytest.raises(Rejected, match="M_FORBIDDEN"):
        await matrix.platform.set_topic(Attempt("topic"), room, "INC-7 SEV2")


async def test_who_was_in_the_room_is_brought_along(matrix: MatrixHarness):
    room = await opened(matrix)
    async with listening(matrix, Heard()):
        after = await upgraded(matrix, room)
        await followed(matrix, room)
    assert sorted(await matrix.members(after)) == ["ana", "ben", "eve"]


async def _has(matrix: MatrixHarness, room: str, *people: str) -> bool:
    """The bot is in there, and `people` are or are invited."""
    return room in await matrix.bot.rooms() and set(people) <= set(await matrix.members(room))


async def test_the_bot_follows_twice_and_after_a_restart(matrix: MatrixHarness):
    heard, room, ana = Heard(), await opened(matrix), matrix.people["ana"]
    card = await with_card(matrix, room)
    async with listening(matrix, Heard()):
        second = await upgraded(matrix, room)
        await followed(matrix, room)
    await matrix.restart()
    third = await upgraded(matrix, second)
    await ana.say(third, "!incident list")
    async with listening(matrix, heard):
        await until(lambda: heard.lines, "what was typed before it came")
    await matrix.platform.edit(Attempt("card-3"), room, card, d.say("over"))
    assert "over" in await shown(matrix, third)()
    assert [(said.room, said.line) for said in heard.said_] == [(room, "list")]


async def test_what_a_closed_room_forbids_is_said_where_it_goes_on(matrix: MatrixHarness):
    """Also when nobody heard that it was upgraded."""
    announce, ben = matrix.platform.announce_room, matrix.people["ben"]
    await matrix.platform.say(Attempt("one"), announce, d.say("INC-7"))
    room = await ben.join(announce)
    after = await upgraded(matrix, room, by="ben")
    with pytest.raises(Unavailable, match="upgraded"):
        await matrix.platform.say(Attempt("two"), room, d.say("INC-8"))
    await matrix.platform.say(Attempt("two", 2), room, d.say("INC-8"))
    assert [said["content"]["body"] for said in await ben.messages(after)] == ["INC-8"]


async def test_an_invitation_that_comes_after_the_upgrade_is_taken(matrix: MatrixHarness):
    ref = await matrix.platform.open_room(Attempt("open"), mark="inc-8", name="inc-8", topic="INC-8", private=True)
    ana = matrix.people["ana"]
    await matrix.platform.invite(Attempt("invite"), ref.id, [matrix.person("ana", "Ana")])
    await ana.join(ref.id)
    heard = Heard()
    async with listening(matrix, heard):
        after = await upgraded(matrix, ref.id)
        await ana.say(after, "!incident status")
        await until(lambda: _awaited(matrix, after), "that the bot knows where it is to go")
        assert after not in await matrix.bot.rooms()
        await ana.ask("POST", "rooms", after, "invite", body={"user_id": matrix.user_id})
        await until(lambda: _has(matrix, after, "ana"), "the bot")
        await ana.say(after, "!incident list")
        await until(lambda: "list" in heard.lines, "the line")
    assert {said.room for said in heard.said_} == {ref.id}


async def _awaited(matrix: MatrixHarness, room: str) -> bool:
    return await matrix.memory().recall(f"awaited:{room}") is not None


async def test_what_is_announced_is_posted_again_where_the_announcements_go_on(matrix: MatrixHarness):
    announce, ben = matrix.platform.announce_room, matrix.people["ben"]
    message = await matrix.platform.say(Attempt("announce"), announce, d.say("INC-7 Ceph"))
    room = await ben.join(announce)
    heard = Heard()
    async with listening(matrix, heard):
        after = await upgraded(matrix, room, by="ben")
        await until(lambda: _has(matrix, after, "ben"), "the bot")
        await ben.say(after, "!incident list")
        await until(lambda: heard.lines, "the line")
    for number, text in enumerate(("INC-7 Ceph, 2 OSDs", "INC-7 Ceph, 1 OSD")):
        await matrix.platform.edit(Attempt(f"announce-{number}"), announce, message, d.say(text))
    said = [said["content"]["body"] for said in await ben.messages(after)]
    assert said.count("INC-7 Ceph, 1 OSD") == 1
    assert "INC-7 Ceph, 2 OSDs" not in said


@pytest.mark.parametrize("trap", ["foreign", "public"])
async def test_the_bot_goes_into_no_room_that_only_pretends(matrix: MatrixHarness, trap: str):
    """A tombstone may name any room, and what was private must not go on in public."""
    ref = await matrix.platform.open_room(Attempt("open"), mark="inc-9", name="inc-9", topic="INC-9", private=True)
    ana, heard = matrix.people["ana"], Heard()
    await matrix.platform.invite(Attempt("invite"), ref.id, [matrix.person("ana", "Ana")])
    await ana.join(ref.id)
    await with_card(matrix, ref.id)
    create = {"predecessor": {"room_id": ref.id}} if trap == "public" else {}
    preset = "public_chat" if trap == "public" else "private_chat"
    made = {"preset": preset, "creation_content": create, "invite": [matrix.user_id]}
    other = (await ana.ask("POST", "createRoom", body=made)).raise_for_status().json()["room_id"]
    tombstone = {"body": "gone", "replacement_room": other}
    async with listening(matrix, heard):
        await matrix.bot.ask("PUT", "rooms", ref.id, "state", "m.room.tombstone", "", body=tombstone)
        await ana.say(other, "!incident list")
        await ana.say(ref.id, "!incident status")
        await until(lambda: heard.lines, "the line in the room that stays")
    assert heard.lines == ["status"]
    assert other not in await matrix.bot.rooms()
    assert await shown(matrix, other)() == ["!incident list"]
    with pytest.raises(Rejected):
        await matrix.platform.say(Attempt("x"), f"#no-such-{ref.id[1:9].lower()}:{NAME}", CARD)
