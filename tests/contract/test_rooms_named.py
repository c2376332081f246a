"""Rooms that the configuration names are entered and heard on every chat platform."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat import document as d
from bot.ports import Attempt, Rejected
from tests.contract.chat_harness import HARNESSES, ConsoleHarness, Harness
from tests.contract.chat_people import People, people_of
from tests.contract.heard import Heard
from tests.servers.synapse import NAME
from tests.until import until


@pytest.fixture(params=sorted(HARNESSES))
async def chat(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    async with HARNESSES[request.param](tmp_path, request.getfixturevalue) as harness:
        yield harness


ELSEWHERE = pytest.mark.parametrize("chat", sorted(HARNESSES.keys() - {"console"}), indirect=True)
"""For what is so on platforms that are others' houses too. All rooms of the console are ours, and whoever types there types to the bot."""


@pytest.fixture
def people(chat: Harness) -> People:
    return people_of(chat)


async def test_no_name_is_the_room_where_incidents_are_announced(chat):
    room = await chat.platform.room_named("")
    message = await chat.platform.say(Attempt("weekly"), room, d.say("Week 48"))
    assert message in [seen.id for seen in await chat.messages(chat.platform.announce_room)]
    assert await chat.platform.room_named(chat.platform.announce_room) == room


async def test_a_room_is_entered_by_its_name_and_is_the_same_after_a_restart(chat, people):
    name = await people.makes("ops")
    room = await chat.platform.room_named(name)
    message = await chat.platform.say(Attempt("weekly"), room, d.say("Week 48"))
    await chat.restart()
    assert await chat.platform.room_named(name) == room
    # By its id too, which is what else may stand in a configuration.
    assert await chat.platform.room_named(room) == room
    assert message in [seen.id for seen in await chat.messages(room)]


async def test_a_room_that_is_not_there_is_named(chat):
    if isinstance(chat, ConsoleHarness):
        assert await chat.platform.room_named("#no-such") in await chat.rooms()
        with pytest.raises(Rejected, match=r"^console: "):
            # That is what rooms of incidents are called there.
            await chat.platform.room_named("inc-7")
        return
    name = f"#no-such:{NAME}" if chat.platform.name == "matrix" else "#no-such"
    with pytest.raises(Rejected, match="#no-such"):
        await chat.platform.room_named(name)


@pytest.mark.parametrize("name", ["two words", "#", "a\nb", "x" * 300])
async def test_what_is_no_room_s_name_is_refused_before_anybody_is_asked(chat, name):
    with pytest.raises(Rejected) as refused:
        await chat.platform.room_named(name)
    assert refused.value.reason.startswith(f"{chat.platform.name}: ")
    assert "\n" not in refused.value.reason


@ELSEWHERE
async def test_a_room_that_does_not_let_us_in_says_so_and_is_open_after_an_invitation(chat, people):
    name = await people.makes("council", closed=True)
    with pytest.raises(Rejected, match=f"{name}.*invite the bot"):
        await chat.platform.room_named(name)
    with pytest.raises(Rejected, match=f"{name}.*invite the bot"):
        await chat.platform.probe_room(name)
    await people.invites_bot(name)
    await chat.platform.probe_room(name)
    room = await chat.platform.room_named(name)
    await chat.platform.say(Attempt("weekly"), room, d.say("Week 48"))
    assert [seen.text for seen in await chat.messages(room)][-1] == "Week 48"


async def test_a_room_in_which_nobody_lets_us_write_is_told_beforehand(chat, people):
    if isinstance(chat, ConsoleHarness):
        room = await chat.platform.room_named("#ops")
        await chat.platform.archive(Attempt("archive"), room)
        with pytest.raises(Rejected, match="ops is archived"):
            await chat.platform.room_named("#ops")
        return
    name = await people.makes("ops")
    await chat.platform.probe_room(name)
    await chat.platform.room_named(name)
    await people.mutes(name)
    for look in (chat.platform.probe_room, chat.platform.room_named):
        with pytest.raises(Rejected, match=f"{name} (is archived|lets the bot read and not write)"):
            await look(name)


@ELSEWHERE
async def test_a_room_that_put_us_out_is_entered_again(chat, people):
    name = await people.makes("ops")
    room = await chat.platform.room_named(name)
    for again in (name, room):
        await people.puts_bot_out(name)
        assert await chat.platform.room_named(again) == room
        assert await people.has_bot(name)


@ELSEWHERE
async def test_to_look_at_a_room_does_nothing_there(chat, people):
    name = await people.makes("ops")
    await chat.platform.probe_room(name)
    assert not await people.has_bot(name)


EMOJI = ("🍎", "🍪", "👍", "👎", "☕")


@pytest.mark.parametrize("where", ["announcements", "a room that was named"])
async def test_votes_are_heard_where_the_configuration_says_put_on_and_taken_off(chat, people, where):
    name = "" if where == "announcements" else await people.makes("coffee")
    room = await chat.platform.room_named(name)
    await chat.restart()
    heard = Heard()
    async with people.listening(heard):
        message = await chat.platform.say(Attempt("board"), room, d.say("1 Why does the pager ring on Sundays"))
        on = people.heard_as(message, room)
        for emoji in EMOJI:
            await people.reacts(room, on, emoji)
        await until(lambda: len(heard.reacted_) == len(EMOJI), "the votes")
        for emoji in EMOJI:
            await people.takes_off(room, on, emoji)
        await until(lambda: len(heard.reacted_) == 2 * len(EMOJI), "what was taken off")
    put, taken = heard.reacted_[: len(EMOJI)], heard.reacted_[len(EMOJI) :]
    assert [one.emoji for one in put] == [one.emoji for one in taken] == [people.called(emoji) for emoji in EMOJI]
    assert {one.added for one in put} == {True}
    assert {one.added for one in taken} == {False}
    assert {(one.room, one.message, one.by) for one in heard.reacted_} == {(room, on, people.ben)}
    assert {one.text for one in put} == {"1 Why does the pager ring on Sundays"}
    assert {one.author for one in put} == {people.bot}
    assert len({one.event for one in heard.reacted_}) == 2 * len(EMOJI)


async def test_what_somebody_said_in_a_named_room_comes_with_its_reaction_its_edits_and_its_end(chat, people):
    room = await chat.platform.room_named(await people.makes("coffee"))
    heard = Heard()
    async with people.listening(heard):
        message = await people.says(room, "Why does the pager ring on Sundays")
        await people.reacts(room, message, "☕")
        await until(lambda: heard.reacted_, "the reaction")
        (reacted,) = heard.reacted_
        assert (reacted.text, reacted.author) == ("Why does the pager ring on Sundays", people.ben)
        if isinstance(chat, ConsoleHarness):
            return
        await people.edits(room, message, "Why does it ring at all")
        await until(lambda: heard.edited_, "the edit")
        await people.removes(room, message)
        await until(lambda: heard.removed_, "its end")
    assert [(one.room, one.message, one.text) for one in heard.edited_] == [(room, message, "Why does it ring at all")]
    assert [(one.room, one.message) for one in heard.removed_] == [(room, message)]


@ELSEWHERE
async def test_a_room_that_another_process_names_is_heard_at_once(chat, people):
    name = await people.makes("coffee")
    heard, other = Heard(), chat.build()
    try:
        async with people.listening(heard):
            room = await other.room_named(name)
            await people.reacts(room, await people.says(room, "Why"), "👍")
            await until(lambda: heard.reacted_, "the vote")
    finally:
        await other.aclose()
    assert [(one.room, one.text) for one in heard.reacted_] == [(room, "Why")]


@ELSEWHERE
async def test_a_room_that_was_named_for_the_last_time_long_ago_is_not_heard_any_more(chat, people, monkeypatch):
    old, announce = await chat.platform.room_named(await people.makes("coffee")), await chat.platform.room_named("")
    await chat.restart()
    # Everything is long ago.
    for where in ("slack.doing", "matrix.platform"):
        monkeypatch.setattr(f"adapters.chat.{where}.REMEMBERED", timedelta(days=-1))
    heard = Heard()
    async with people.listening(heard):
        for room in (old, announce):
            await people.reacts(room, await people.says(room, "Why"), "👍")
        await until(lambda: heard.reacted_, "the vote")
    assert {one.room for one in heard.reacted_} == {announce}


@ELSEWHERE
async def test_in_a_room_that_nobody_named_nothing_is_heard(chat, people):
    other = await people.id_of(await people.makes("elsewhere"))
    await people.brings_bot(other)
    named = await chat.platform.room_named(await people.makes("coffee"))
    heard = Heard()
    async with people.listening(heard):
        ours, theirs = await people.says(named, "ours"), await people.says(other, "theirs")
        for emoji in EMOJI:
            await people.reacts(other, theirs, emoji)
        await people.reacts(named, ours, "👍")
        await until(lambda: heard.reacted_, "the vote")
        await people.reacts(named, ours, "👎")
        await until(lambda: len(heard.reacted_) == 2, "the last vote")
    assert {one.room for one in heard.reacted_} == {named}
