"""What people type, press and mark in Slack reaches the bot once, and is acknowledged when it is done or kept."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest

from adapters.chat.slack import interacting, platform
from adapters.chat.slack.events import Event
from bot.chat import document as d
from bot.ports import Attempt, Rejected, Said
from bot.store import StoreUnavailable
from tests.contract.heard import Heard
from tests.contract.slack_harness import SlackHarness
from tests.contract.slack_listening import a_room, listening
from tests.until import PATIENCE, until

MODES = ("socket", "http")


@pytest.mark.parametrize("mode", MODES)
async def test_a_slash_command_is_answered_with_its_acknowledgement(slack, mode):
    heard = Heard()
    async with listening(slack, heard, mode):
        answered = await slack.people["ana"].slash("#general", "note osd.17 & <osd.18> are down")
        assert answered.acked, answered.error
        assert answered.text == "answer 1: note osd.17 &amp; &lt;osd.18&gt; are down"
        assert answered.payload["response_type"] == "ephemeral"
        other = await slack.people["ben"].slash("#incidents", "status", command="/inc")
        assert other.text == "answer 2: status"
    assert [(said.by, said.room, said.line, said.confined) for said in heard.said_] == [
        ("U0ANA", slack.slack.channel("#general").id, "note osd.17 & <osd.18> are down", False),
        ("U0BEN", slack.slack.channel("#incidents").id, "status", False),
    ]


async def test_in_a_room_everybody_sees_what_was_done_and_only_the_asker_what_was_refused(slack):
    class Answers(Heard):
        async def said(self, said: Said) -> d.Document:
            return d.say("done", "good") if said.line == "take lead" else d.say("no such role", "refused")

    async with listening(slack, Answers()):
        room = await a_room(slack)
        assert (await slack.people["ana"].slash(room, "take lead")).payload["response_type"] == "in_channel"
        assert (await slack.people["ana"].slash(room, "take led")).payload["response_type"] == "ephemeral"
        assert (await slack.people["ana"].slash("#general", "take lead")).payload["response_type"] == "ephemeral"


@pytest.mark.parametrize("mode", MODES)
async def test_what_slack_sends_twice_is_done_once_and_answered_the_same(slack, mode):
    heard = Heard()
    async with listening(slack, heard, mode):
        first = await slack.people["ana"].slash("#general", "status")
        again = await slack.slack.delivery.send("slash_commands", first.sent)
        assert again.payload["text"] == first.text == "answer 1: status"
        await slack.people["ben"].posts("#incidents", "!incident list")
        await until(lambda: len(heard.said_) == 2, "the line")
        event = next(event for event in slack.slack.events if event.event["type"] == "message" and event.acked)
        await slack.slack.redeliver(event.id)
    assert heard.lines == ["status", "list"]


async def test_a_line_that_takes_longer_is_kept_and_answered_later(slack, monkeypatch):
    monkeypatch.setattr(interacting, "DONE_WITHIN", 0.05)
    let = asyncio.Event()

    class Slow(Heard):
        async def said(self, said: Said) -> d.Document:
            await let.wait()
            return await super().said(said)

    heard = Slow()
    async with listening(slack, heard):
        answered = await slack.people["ana"].slash("#general", "open sev1 Ceph")
        assert answered.text == interacting.TAKEN.summary
        assert await slack.memory().recall_all("event:", 10)
        let.set()
        await until(lambda: answered.responses, "the answer")
        assert answered.responses[0]["text"] == "answer 1: open sev1 Ceph"
        await until(lambda: _nothing_kept(slack), "the end of what is kept")
    assert len(heard.said_) == 1


async def _nothing_kept(slack: SlackHarness) -> bool:
    return not await slack.memory().recall_all("event:", 10)


async def test_what_was_taken_is_done_after_a_crash(slack, monkeypatch):
    monkeypatch.setattr(interacting, "DONE_WITHIN", 0.05)

    class Stuck(Heard):
        async def said(self, said: Said) -> d.Document:
            await asyncio.Event().wait()
            raise AssertionError

    async with listening(slack, Stuck()):
        answered = await slack.people["ana"].slash("#general", "open sev1 Ceph")
        await slack.people["ben"].posts("#incidents", "!incident open sev2 Volumes")
        await until(lambda: slack.slack.events[-1].acked, "the acknowledgement")
    heard = Heard()
    async with listening(slack, heard):
        await until(lambda: len(heard.said_) == 2, "what was taken before")
        await until(lambda: answered.responses, "the answer")
    assert sorted(heard.lines) == ["open sev1 Ceph", "open sev2 Volumes"]


@pytest.mark.parametrize("mode", MODES)
async def test_what_cannot_be_kept_is_not_acknowledged_and_comes_again(slack, mode, monkeypatch):
    slack.slack.delivery._hurry = 1000.0
    slack.slack.delivery._patience = 0.5
    heard = Heard()
    async with listening(slack, heard, mode):
        room = await a_room(slack)
        keep = slack.platform._memory.keep
        fails = [True]

        async def broken(items: Any) -> None:
            if fails and fails.pop():
                slack.slack.delivery._patience = PATIENCE
                raise StoreUnavailable("gone")
            await keep(items)

        monkeypatch.setattr(slack.platform._memory, "keep", broken)
        await slack.people["ana"].posts(room, "!incident status")
        await until(lambda: heard.lines == ["status"], "the line, sent again")
        event = slack.slack.events[-1]
        await until(lambda: event.acked, "its acknowledgement")
        assert not event.tries[0].acked
    assert heard.lines == ["status"]


async def test_what_a_reaction_is_answered_is_seen_by_who_put_it_alone(slack):
    heard, ana = Heard(refuses=("apple",)), slack.people["ana"]
    async with listening(slack, heard):
        room = slack.slack.channel("#incidents")
        for person in (ana, slack.people["ben"]):
            await person.joins(room)
        message = await slack.people["ben"].posts(room, "the board")
        await ana.reacts(room, message, "apple")
        (answer,) = await until(lambda: ana.ephemerals(room), "the answer")
    assert answer.shown == "no dot: U0ANA"
    assert slack.people["ben"].ephemerals(room) == []
    assert [(on.emoji, on.aside) for on in heard.reacted_] == [("apple", True)]


@pytest.mark.parametrize("private", [False, True])
async def test_lines_in_a_channel_are_heard_and_answered_where_they_were_typed(slack, private):
    heard = Heard()
    async with listening(slack, heard):
        room = await a_room(slack, private=private)
        ana = slack.people["ana"]
        typed = await ana.posts(room, "@klatsch take lead")
        await until(lambda: ana.ephemerals(room), "the answer")
        answer = await ana.posts(room, "!inc status", thread=typed)
        await until(lambda: len(ana.ephemerals(room)) == 2, "the answer in the thread")
        await ana.posts(room, "osd.17 is down, @klatsch should know")
        assert ana.ephemerals(room)[1].thread_ts == typed.ts
        assert [said.message for said in heard.said_] == [f"{room.id}:{typed.ts}", f"{room.id}:{answer.ts}"]
    assert heard.lines == ["take lead", "status"]


async def test_what_bots_say_is_no_line(slack):
    heard = Heard()
    other = slack.slack.person("alertbot", bot=True)
    async with listening(slack, heard):
        room = await a_room(slack)
        await other.joins(room)
        await slack.platform.say(Attempt("7.3"), room.id, d.say("!incident status"))
        await other.posts(room, "!incident status")
        await slack.people["ana"].posts(room, "!incident list")
        await until(lambda: heard.lines, "the line")
    assert heard.lines == ["list"]


@pytest.mark.parametrize(("flags", "why"), [({"guest": True}, "Guests"), ({"team": "T0OTHER"}, "Guests")])
async def test_guests_and_people_of_other_organisations_may_not_act(slack, flags, why):
    heard = Heard()
    eve = slack.slack.person("mallory", **flags)
    async with listening(slack, heard):
        room = await a_room(slack)
        await eve.invited(room)
        answered = await eve.slash(room, "resolve")
        assert why in answered.text
        said = await eve.posts(room, "!incident resolve")
        await until(lambda: eve.ephemerals(room), "the refusal")
        await eve.reacts(room, said, "star")
        await slack.people["ana"].reacts(room, said, "star")
        await until(lambda: heard.reacted_, "the reaction of a member")
        assert [one.by for one in heard.reacted_] == [slack.people["ana"].id]
    assert not heard.said_


async def test_guests_may_act_where_the_configuration_says_so(slack):
    heard = Heard()
    guest = slack.slack.person("mallory", guest=True)
    async with listening(slack, heard, guests=True):
        room = await a_room(slack)
        await guest.invited(room)
        assert "answer 1" in (await guest.slash(room, "status")).text
    assert not slack.slack.calls_of("users.info")


async def test_whoever_is_listed_is_not_looked_up(slack):
    async with listening(slack, Heard()):
        await slack.people["ana"].slash("#general", "status")
        assert not slack.slack.calls_of("users.info")
        await slack.people["eve"].slash("#general", "status")
        await slack.people["eve"].slash("#general", "list")
        assert len(slack.slack.calls_of("users.info")) == 1


async def test_a_signature_that_is_wrong_or_old_is_refused(slack):
    heard = Heard()
    async with listening(slack, heard, "http"):
        assert await slack.slack.verify()
        body = b"command=%2Fincident&text=status&user_id=U0ANA&channel_id=C1&trigger_id=1.2.x&team_id=T0"
        now = int(time.time())
        async with httpx.AsyncClient(verify=False, timeout=PATIENCE) as client:
            for headers in (
                slack.slack.signed(body, now - 360),
                {**slack.slack.signed(body, now), "X-Slack-Signature": "v0=00"},
                slack.slack.signed(body + b"x", now),
                {},
            ):
                answer = await client.post(slack.slack.request_url, content=body, headers=headers)
                assert answer.status_code == 401
    assert not heard.said_


async def test_a_connection_that_is_cut_or_changed_loses_nothing(slack):
    heard = Heard()
    slack.slack.delivery._hurry = 60.0
    async with listening(slack, heard):
        await slack.slack.refresh()
        await until(lambda: slack.slack.connected == 1, "the next connection")
        await slack.people["ben"].posts("#incidents", "!incident one")
        await until(lambda: heard.lines == ["one"], "what was said after the change")
        slack.slack.cut()
        await slack.people["ben"].posts("#incidents", "!incident two")
        await until(lambda: len(heard.lines) == 2, "what was said while it was cut")
    assert heard.lines == ["one", "two"]


async def test_in_http_mode_what_another_process_left_is_done_by_whoever_listens(slack, monkeypatch):
    monkeypatch.setattr(platform, "EVERY", 0.05)
    heard = Heard()
    async with listening(slack, heard, "http"):
        left = Event(
            "line", "Ev7", slack.slack.channel("#incidents").id, "U0ANA", "1764244800.0001", time.time(), text="list"
        )
        await slack.memory().keep({"event:00000000000000000001:Ev7": left.dumps()})
        await until(lambda: heard.lines, "what was left")
        await until(lambda: _nothing_kept(slack), "the end of what is kept")
    assert heard.lines == ["list"]


async def test_in_http_mode_a_token_that_is_revoked_is_seen(slack, monkeypatch):
    monkeypatch.setattr(platform, "EVERY", 0.05)
    await slack.restart(mode="http")
    listens = asyncio.create_task(slack.platform.listen(Heard()))
    await until(lambda: slack.slack.calls_of("conversations.join"), "its channel")
    slack.slack.revoke()
    with pytest.raises(Rejected, match="refuses the bot_token"):
        await asyncio.wait_for(listens, PATIENCE)


async def test_in_a_private_channel_for_announcements_lines_are_heard_and_nothing_is_complained_of(slack, caplog):
    ben = slack.people["ben"]
    war = await ben.creates("war", private=True)
    await ben.invites_bot(war)
    # What Slack documents for a channel that nobody joins by themselves.
    slack.slack.order("conversations.join", "method_not_supported_for_channel_type")
    heard = Heard()
    async with listening(slack, heard, announce="#war"):
        await ben.posts(war, "!incident list")
        await until(lambda: heard.lines == ["list"], "the line")
    assert "not heard" not in caplog.text
