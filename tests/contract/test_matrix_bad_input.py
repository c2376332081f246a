"""What people, other bots and forgers put into Matrix rooms: a line is what somebody typed as one, in a room of ours, and all
else does nothing and stops nothing."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Any

import httpx
import pytest

from adapters.chat.matrix.rooms import OURS
from bot.chat import document as d
from bot.ports import Attempt
from tests.contract.chat_harness import MatrixHarness
from tests.contract.heard import Heard, listening, opened
from tests.servers.matrix_person import MatrixPerson
from tests.until import until


async def foreign(person: MatrixPerson, *invited: str, **more: Any) -> str:
    """A room that `person` made."""
    made = {"preset": "public_chat", "invite": list(invited), **more}
    return str((await person.ask("POST", "createRoom", body=made)).raise_for_status().json()["room_id"])


async def our_word(matrix: MatrixHarness, room: str, mark: str) -> dict[str, Any]:
    """What the bot says of its rooms, as eve reads it in one and repeats it for another incident."""
    return {**await matrix.people["eve"].state(room, OURS), "mark": mark}


async def test_a_room_whose_people_repeat_our_word_is_not_listened_to(matrix: MatrixHarness):
    heard, room, eve = Heard(), await opened(matrix), matrix.people["eve"]
    forged = {"type": OURS, "state_key": "", "content": await our_word(matrix, room, "inc-7")}
    theirs = await foreign(eve, matrix.user_id, initial_state=[forged])
    await matrix.bot.join(theirs)
    async with listening(matrix, heard):
        await eve.say(theirs, "!incident INC-7 resolve")
        await eve.react(theirs, await eve.say(theirs, "all is well"), "📌")
        await eve.say(room, "!incident status")
        await until(lambda: heard.lines, "the line in our room")
        await eve.say(theirs, "!incident INC-7 close")
        await eve.say(room, "!incident list")
        await until(lambda: len(heard.lines) == 2, "the next line")
    assert heard.lines == ["status", "list"]
    assert heard.reacted_ == []


@pytest.mark.parametrize("brought", [True, False], ids=["brought in", "looking in"])
async def test_nobody_gets_an_incident_into_a_room_of_theirs_by_repeating_our_word(
    matrix: MatrixHarness, brought: bool
):
    room, eve, mark = await opened(matrix), matrix.people["eve"], f"inc-{secrets.randbelow(10**9)}"
    said = (
        (OURS, await our_word(matrix, room, mark)),
        ("m.room.history_visibility", {"history_visibility": "world_readable"}),
        ("m.room.join_rules", {"join_rule": "invite"}),
    )
    state = [{"type": kind, "state_key": "", "content": content} for kind, content in said]
    theirs = await foreign(eve, matrix.user_id, room_alias_name=mark, initial_state=state)
    if brought:
        await matrix.bot.join(theirs)
    ref = await matrix.platform.open_room(
        Attempt("open"), mark=mark, name=mark, topic="INC-8 Keys leaked", private=True
    )
    assert ref.id != theirs
    assert not await matrix.may_read(ref.id, "eve")


async def test_only_what_was_typed_as_a_line_is_one(matrix: MatrixHarness):
    heard, room, ana = Heard(), await opened(matrix), matrix.people["ana"]
    card = await matrix.platform.say(Attempt("card"), room, d.say("INC-7"))
    await matrix.platform.pin(Attempt("pin"), room, card)
    mentioned = {"m.mentions": {"user_ids": [matrix.user_id]}}
    html = {"format": "org.matrix.custom.html"}
    async with listening(matrix, heard):
        first = await ana.say(room, "look")
        to = {"m.relates_to": {"m.in_reply_to": {"event_id": first}}}
        to_card = {"m.relates_to": {"m.in_reply_to": {"event_id": card}}}
        for body, more in (
            ("resolved?", {**html, "formatted_body": "!incident resolve"}),
            ("<b>!incident resolve</b>", {**html, "formatted_body": "<b>!incident resolve</b>"}),
            ("!incident resolve", {"msgtype": "m.emote"}),
            ("!incident resolve", {"msgtype": "m.notice", **mentioned}),
            ("!incident resolve", {"msgtype": "m.file", "url": "mxc://example.org/x"}),
            ("resolve", {"msgtype": "m.notice", **to_card}),
            ("> <@ana:example.org> !incident resolve", {}),
            ("> <@ana:example.org> !incident resolve\n\nwho typed that?", to),
            ("> <@ana:example.org> !incident resolve\n> and\n\nwho typed that?", {**to, **mentioned}),
            (f"> {matrix.user_id}: resolve\n\nshall I?", {**to, **mentioned}),
            (" > !incident resolve", {}),
            ("` !incident resolve`", {}),
            ("!incident\u200bresolve", {}),
            ("\u202e!incident resolve", {}),
            ("@room !incident resolve", {"m.mentions": {"room": True}}),
        ):
            await ana.say(room, body, **more)
        await ana.say(room, "> <@ana> !incident resolve\n\n!incident status", **to)
        await until(lambda: heard.lines, "the line")
    assert heard.lines == ["status"]


async def test_who_uses_the_bot_s_own_account_is_not_heard(matrix: MatrixHarness):
    """Two clients of one account would answer each other."""
    heard, room = Heard(), await opened(matrix)
    other = MatrixPerson(matrix.bot.url, matrix.homeserver.login(matrix.user_id[1:].partition(":")[0], device="WEB"))
    async with listening(matrix, heard):
        await other.react(room, await other.say(room, "!incident resolve"), "📌")
        await matrix.people["ana"].say(room, "!incident status")
        await until(lambda: heard.lines, "the line")
    assert heard.lines == ["status"]
    assert heard.reacted_ == []


async def test_what_points_to_another_room_or_to_what_is_somebody_else_s_does_nothing(matrix: MatrixHarness):
    heard, room = Heard(), await opened(matrix)
    ana, eve = matrix.people["ana"], matrix.people["eve"]
    elsewhere = await foreign(eve)
    said = await ana.say(room, "osd.17 flaps")
    outside = await eve.say(elsewhere, "all is well")
    newer = {"m.new_content": {"msgtype": "m.text", "body": "all is well"}}
    async with listening(matrix, heard):
        for event in (outside, said, "$nothing", "../../state", "$" + "x" * 400, 7, None):
            edit = {"m.relates_to": {"rel_type": "m.replace", "event_id": event}}
            for kind, content in (
                ("m.room.message", {"msgtype": "m.text", "body": "* all is well", **newer, **edit}),
                ("m.room.redaction", {"redacts": event}),
                ("m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": event, "key": "📌"}}),
            ):
                # Some of it the homeserver does not even take; a reaction on what was said in the room is one.
                if event != said or kind != "m.reaction":
                    with suppress(httpx.HTTPStatusError):
                        await eve.send(room, kind, content)
        await eve.say(room, "!incident status")
        await until(lambda: heard.lines, "the line")
    assert (heard.lines, heard.reacted_, heard.edited_) == (["status"], [], [])
    assert said not in {removed.message for removed in heard.removed_}


async def test_an_answer_to_what_somebody_else_pinned_is_talk(matrix: MatrixHarness):
    heard = Heard()
    ana, ben = matrix.people["ana"], matrix.people["ben"]
    room = await ana.join(matrix.platform.announce_room)
    async with listening(matrix, heard):
        rules = await ben.say(room, "The rules of this house")
        (
            await ben.ask("PUT", "rooms", room, "state", "m.room.pinned_events", "", body={"pinned": [rules]})
        ).raise_for_status()
        await ana.say(room, "close", **{"m.relates_to": {"m.in_reply_to": {"event_id": rules}}})
        await ana.say(room, "!incident list")
        await until(lambda: heard.lines, "the line")
    assert heard.lines == ["list"]


async def test_who_was_only_invited_has_left_or_was_thrown_out_says_nothing_there(matrix: MatrixHarness):
    """It is the homeserver that keeps them out; we trust it for that and nothing else."""
    heard = Heard()
    ref = await matrix.platform.open_room(Attempt("o"), mark="inc-8", name="inc-8", topic="INC-8", private=True)
    ana, ben, eve = (matrix.people[name] for name in ("ana", "ben", "eve"))
    await matrix.platform.invite(
        Attempt("invite"),
        ref.id,
        [matrix.person("ana", "Ana"), matrix.person("ben", "Ben"), matrix.person("eve", "Eve")],
    )
    for person in (ana, ben):
        await person.join(ref.id)
    await ben.ask("POST", "rooms", ref.id, "leave", body={})
    async with listening(matrix, heard):
        for person in (eve, ben):
            with pytest.raises(httpx.HTTPStatusError, match="403"):
                await person.say(ref.id, "!incident resolve")
        await eve.join(ref.id)
        for how in ("kick", "ban"):
            thrown = await matrix.bot.ask("POST", "rooms", ref.id, how, body={"user_id": eve.user_id})
            thrown.raise_for_status()
            with pytest.raises(httpx.HTTPStatusError, match="403"):
                await eve.say(ref.id, "!incident resolve")
            with pytest.raises(httpx.HTTPStatusError, match="403"):
                await eve.join(ref.id)
        await ana.say(ref.id, "!incident status")
        await until(lambda: heard.lines, "the line")
    assert [(said.by, said.line) for said in heard.said_] == [(ana.user_id, "status")]
