"""What people do in Matrix rooms, as it reaches the product: each thing once, in order, whatever was down meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from bot.chat import document as d
from bot.incident.text import web_link
from bot.ports import Attempt, Said, Unavailable
from tests.contract.chat_harness import MatrixHarness
from tests.contract.heard import Heard, answers, listening, opened
from tests.until import until


def opens(matrix: MatrixHarness, room: str, message: str) -> str:
    """As in the examples of https://spec.matrix.org/latest/appendices/#matrixto-navigation."""
    server = matrix.user_id.partition(":")[2]
    return f"https://matrix.to/#/{quote(room, safe='')}/{quote(message, safe='')}?via={server}"


async def test_a_line_is_heard_and_answered_by_a_notice_that_replies_to_it(matrix: MatrixHarness):
    heard, room, ana = Heard(), await opened(matrix), matrix.people["ana"]
    async with listening(matrix, heard):
        typed = await ana.say(room, "!incident status")
        (answer,) = await until(answers(matrix, room), "the answer")
    (said,) = heard.said_
    assert (said.platform, said.room, said.by, said.line, said.message) == (
        "matrix",
        room,
        ana.user_id,
        "status",
        typed,
    )
    assert answer["content"]["msgtype"] == "m.notice"
    assert answer["content"]["body"] == "answer 1: status"
    assert answer["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": typed}}
    assert said.link == opens(matrix, room, typed)


@pytest.mark.parametrize("address", ["!incident ", "!inc ", "!INC  ", "{name}: ", "{user}, ", "{mention}"])
async def test_the_bot_is_addressed_by_its_word_or_its_name(matrix: MatrixHarness, address: str):
    heard, room = Heard(), await opened(matrix)
    user = matrix.user_id
    more: dict[str, object] = {}
    if address == "{mention}":
        more, address = {"m.mentions": {"user_ids": [user]}}, "{name} "
    text = address.format(name=user[1:].partition(":")[0], user=user)
    async with listening(matrix, heard):
        await matrix.people["ana"].say(room, f"{text}sev 2", **more)
        await until(lambda: heard.lines, "the line")
    assert heard.lines == ["sev 2"]


async def test_an_answer_to_the_card_is_a_line_and_one_to_anything_else_is_talk(matrix: MatrixHarness):
    heard, room, ana = Heard(), await opened(matrix), matrix.people["ana"]
    card = await matrix.platform.say(Attempt("card"), room, d.say("INC-7"))
    await matrix.platform.pin(Attempt("pin"), room, card)
    other = await matrix.platform.say(Attempt("note"), room, d.say("a note"))
    async with listening(matrix, heard):
        for to, text in ((other, "resolve"), (card, "> <@klatsch> INC-7\n\nack")):
            await ana.say(room, text, **{"m.relates_to": {"m.in_reply_to": {"event_id": to}}})
        await until(lambda: heard.lines, "the line")
    assert heard.lines == ["ack"]


async def test_notices_edits_talk_and_forged_mentions_are_no_lines(matrix: MatrixHarness):
    heard, room, ana = Heard(), await opened(matrix), matrix.people["ana"]
    name = matrix.user_id[1:].partition(":")[0]
    async with listening(matrix, heard):
        first = await ana.say(room, "we talk of !incident status")
        await ana.say(room, "!incident resolve", msgtype="m.notice")
        await ana.say(room, "!incidental damage")
        await ana.say(room, "look at this", **{"m.mentions": {"user_ids": [matrix.user_id]}})
        await ana.say(room, f"{name} is a good bot", **{"m.mentions": {"user_ids": [ana.user_id]}})
        edit = {"m.new_content": {"msgtype": "m.text", "body": "!incident resolve"}}
        relation = {"rel_type": "m.replace", "event_id": first}
        await ana.say(room, "* !incident resolve", **edit, **{"m.relates_to": relation})
        await ana.say(room, "!incident list")
        await until(lambda: heard.lines, "the line")
    assert heard.lines == ["list"]


async def test_events_that_are_not_of_their_form_mean_nothing_and_stop_nothing(matrix: MatrixHarness):
    heard, room, ana = Heard(), await opened(matrix), matrix.people["ana"]
    async with listening(matrix, heard):
        for content in (
            {"msgtype": "m.text"},
            {"msgtype": "m.text", "body": 7},
            {"msgtype": ["m.text"], "body": "!incident list"},
            {"msgtype": "m.text", "body": "!incident list", "m.relates_to": "nothing"},
            {"msgtype": "m.text", "body": "x", "m.relates_to": {"m.in_reply_to": []}, "m.mentions": {"user_ids": 3}},
            {"msgtype": "m.text", "body": "!incident note " + "ä" * 31_000},
        ):
            # Some of it the homeserver does not even take.
            with suppress(httpx.HTTPStatusError):
                await ana.send(room, "m.room.message", content)
        for relation in (
            {},
            {"rel_type": "m.annotation"},
            {"rel_type": "m.annotation", "event_id": "$no", "key": "📌"},
        ):
            with suppress(httpx.HTTPStatusError):
                await ana.send(room, "m.reaction", {"m.relates_to": relation})
        await ana.say(room, "!incident status")
        await until(lambda: "status" in heard.lines, "the last line")
    long, last = heard.lines[-2:]
    assert (long, last) == ("note " + "ä" * 31_000, "status")
    assert heard.reacted_ == []


async def test_a_reaction_brings_the_message_it_is_on_and_taking_it_off_is_heard_too(matrix: MatrixHarness):
    heard, room = Heard(), await opened(matrix)
    ana, ben = matrix.people["ana"], matrix.people["ben"]
    async with listening(matrix, heard):
        message = await ana.say(room, "osd.17 flaps")
        edit = {"m.new_content": {"msgtype": "m.text", "body": "osd.18 flaps"}}
        await ana.say(
            room, "* osd.18 flaps", **edit, **{"m.relates_to": {"rel_type": "m.replace", "event_id": message}}
        )
        reaction = await ben.react(room, message, "📌")
        await until(lambda: heard.reacted_, "the reaction")
        await ben.redact(room, reaction)
        await until(lambda: len(heard.reacted_) == 2, "the end of the reaction")
    on, off = heard.reacted_
    assert (on.by, on.emoji, on.message, on.text, on.author, on.added) == (
        ben.user_id,
        "📌",
        message,
        "osd.18 flaps",
        ana.user_id,
        True,
    )
    assert (off.by, off.emoji, off.message, off.added) == (ben.user_id, "📌", message, False)
    assert on.event != off.event
    assert on.link == off.link == opens(matrix, room, message)


async def test_what_a_reaction_is_answered_stands_in_the_thread_of_its_message(matrix: MatrixHarness):
    heard, room = Heard(refuses=("1️⃣",)), await opened(matrix)
    ana, ben = matrix.people["ana"], matrix.people["ben"]
    async with listening(matrix, heard):
        root = await ana.say(room, "the board")
        below = await ana.say(room, "osd.17", **{"m.relates_to": {"rel_type": "m.thread", "event_id": root}})
        for message, person in ((root, ana), (root, ben), (below, ben)):
            await person.react(room, message, "1️⃣")

        async def all_of_them() -> list[dict[str, Any]]:
            found = await answers(matrix, room)()
            return found if len(found) == 3 else []

        found = await until(all_of_them, "the answers")
    relations = [(one["content"]["body"], one["content"]["m.relates_to"]) for one in found]
    assert sorted(
        (body, relation["event_id"], relation["m.in_reply_to"]["event_id"]) for body, relation in relations
    ) == sorted(
        [
            (f"no dot: {ana.user_id}", root, root),
            (f"no dot: {ben.user_id}", root, root),
            (f"no dot: {ben.user_id}", root, below),
        ]
    )


async def test_a_reaction_can_be_taken_off_after_a_restart(matrix: MatrixHarness):
    heard, room, ana = Heard(), await opened(matrix), matrix.people["ana"]
    async with listening(matrix, heard):
        reaction = await ana.react(room, await ana.say(room, "osd.17 flaps"), "📌")
        await until(lambda: heard.reacted_, "the reaction")
    # What is remembered for that says of nobody that it was them.
    (remembered,) = (await matrix.memory().recall_all("reaction:", 10)).values()
    assert "ana" not in remembered
    await ana.redact(room, reaction)
    await matrix.restart()
    async with listening(matrix, heard):
        # The one before may come once more: it was handed over when the bot stopped.
        await until(lambda: not heard.reacted_[-1].added, "the end of the reaction")
    last = heard.reacted_[-1]
    assert (last.by, last.emoji, last.message) == (ana.user_id, "📌", heard.reacted_[0].message)
    assert web_link(last.link) == opens(matrix, room, last.message)


async def test_edits_by_the_author_and_removals_by_anybody_who_may_are_heard(matrix: MatrixHarness):
    heard, room = Heard(), await opened(matrix)
    ana, ben = matrix.people["ana"], matrix.people["ben"]
    async with listening(matrix, heard):
        message = await ana.say(room, "osd.17 flaps")
        relation = {"m.relates_to": {"rel_type": "m.replace", "event_id": message}}
        forged = {"m.new_content": {"msgtype": "m.text", "body": "all is well"}}
        edit = {"m.new_content": {"msgtype": "m.text", "body": "osd.18 flaps"}}
        await ben.say(room, "* all is well", **forged, **relation)
        await ana.say(room, "* osd.18 flaps", **edit, **relation)
        await ana.redact(room, message)
        await until(lambda: heard.removed_, "the removal")
    (edited,) = heard.edited_
    assert (edited.room, edited.by, edited.message, edited.text) == (room, ana.user_id, message, "osd.18 flaps")
    (removed,) = heard.removed_
    assert (removed.room, removed.by, removed.message) == (room, ana.user_id, message)
    assert len({edited.event, removed.event, message}) == 3


async def test_what_was_typed_while_the_bot_was_down_is_heard_in_its_order_and_once(matrix: MatrixHarness):
    """More than one answer of the homeserver holds."""
    heard, room, ana = Heard(), await opened(matrix), matrix.people["ana"]
    async with listening(matrix, heard):
        pass
    wanted = [f"note line {number}" for number in range(130)]
    for line in wanted:
        await ana.say(room, f"!inc {line}")
    await matrix.restart()
    async with listening(matrix, heard):
        await until(lambda: len(heard.lines) >= len(wanted), "all lines")
        await ana.say(room, "!inc status")
        await until(lambda: heard.lines[-1] == "status", "the line after them")
    assert heard.lines == [*wanted, "status"]


async def test_at_the_first_start_what_was_typed_since_the_process_began_is_heard_and_nothing_older(
    matrix: MatrixHarness,
):
    """People type as soon as it is up, and the rooms are looked at a little later."""
    heard, ana = Heard(), matrix.people["ana"]
    announce = await ana.join(matrix.platform.announce_room)
    await ana.say(announce, "!inc note of last year")
    await matrix.restart()
    await ana.say(announce, "!inc list")
    async with listening(matrix, heard):
        await until(lambda: heard.lines, "the line")
        await ana.say(announce, "!inc help")
        await until(lambda: len(heard.lines) == 2, "the line after it")
    assert heard.lines == ["list", "help"]


async def test_what_could_not_be_handled_comes_again_with_the_same_id_and_is_answered_once(matrix: MatrixHarness):
    def away(said: Said) -> None:
        raise Unavailable("the database is away")

    heard, room, ana = Heard(fails=away), await opened(matrix), matrix.people["ana"]
    task = asyncio.create_task(matrix.platform.listen(heard))
    await until(lambda: matrix.since(), "the first look")
    await ana.say(room, "!inc status")
    with pytest.raises(Unavailable, match="the database is away"):
        await task
    heard.fails = lambda said: None
    await matrix.restart()
    async with listening(matrix, heard):
        await until(answers(matrix, room), "the answer")
    assert {said.message for said in heard.said_} == {heard.said_[0].message}
    assert len(await answers(matrix, room)()) == 1


async def test_the_bot_listens_in_rooms_of_incidents_and_in_those_it_was_told_of_alone(matrix: MatrixHarness):
    heard, room, ana = Heard(), await opened(matrix), matrix.people["ana"]
    made = {"preset": "public_chat", "invite": [matrix.user_id]}
    foreign = (await ana.ask("POST", "createRoom", body=made)).json()["room_id"]
    forged = {"mark": "inc-7", "installation": "feedface"}
    await ana.ask("PUT", "rooms", foreign, "state", "org.klatsch.incident", "", body=forged)
    async with listening(matrix, heard):
        await ana.say(foreign, "!incident resolve")
        await matrix.bot.join(foreign)
        await ana.say(foreign, "!incident close")
        announce = await ana.join(matrix.platform.announce_room)
        await ana.say(announce, "!incident list")
        await until(lambda: heard.lines, "the line where incidents are announced")
        await ana.say(room, "!incident status")
        await until(lambda: len(heard.lines) == 2, "the line in the room")
    assert heard.lines == ["list", "status"]


async def test_an_answer_in_a_thread_stays_there(matrix: MatrixHarness):
    heard, room, ana = Heard(), await opened(matrix), matrix.people["ana"]
    async with listening(matrix, heard):
        root = await ana.say(room, "let us talk about osd.17")
        thread = {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": root},
        }
        typed = await ana.say(room, "!inc status", **{"m.relates_to": thread})
        (answer,) = await until(answers(matrix, room), "the answer")
    relation = answer["content"]["m.relates_to"]
    assert (relation["rel_type"], relation["event_id"]) == ("m.thread", root)
    assert relation["m.in_reply_to"] == {"event_id": typed}


async def test_a_token_that_was_revoked_is_told_with_what_to_do_and_loses_nothing(matrix: MatrixHarness):
    room = await opened(matrix)
    await matrix.bot.ask("POST", "logout", body={})
    for doing in (matrix.platform.say(Attempt("7.1.0"), room, d.say("hello")), matrix.platform.listen(Heard())):
        with pytest.raises(Unavailable) as away:
            await doing
        assert "access token" in away.value.reason
        assert "Make a new one for device KLATSCH" in away.value.reason
        assert matrix.bot.account.access_token not in away.value.reason
