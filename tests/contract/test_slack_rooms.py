"""Incident rooms in Slack: what they are called, whose they are, and that there is one of each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.chat.slack import build
from adapters.clock import SystemClock
from bot.ports import Attempt, ChatPlatform, Rejected, RoomRef, Unavailable
from storage import migrate
from storage.engine import Database
from storage.memory import SqlMemory
from tests.contract.servers.http import Answer, Trouble
from tests.contract.servers.slack import ALL_SCOPES
from tests.contract.servers.slack.model import BOT_USER, Channel
from tests.contract.slack_harness import SlackHarness

NAME = "inc-7-ceph-osds"


async def opened(slack: SlackHarness, number: int = 1, **asked: Any) -> Channel:
    return slack.slack.channels[(await _open(slack.platform, number, **asked)).id]


async def _open(platform: ChatPlatform, number: int = 1, **asked: Any) -> RoomRef:
    wanted = {"mark": "inc-7", "name": NAME, "topic": "INC-7 SEV1 Ceph", "private": False, **asked}
    return await platform.open_room(Attempt("7.1", number), **wanted)


def made(slack: SlackHarness) -> list[Channel]:
    """The channels of our making."""
    found = slack.slack.channels.values()
    return [channel for channel in found if channel.creator == BOT_USER and not channel.general]


def methods(slack: SlackHarness) -> list[str]:
    return [call.method for call in slack.slack.calls]


async def test_a_room_has_its_name_its_topic_its_purpose_and_a_link(slack):
    ref = await _open(slack.platform)
    room = slack.slack.channels[ref.id]
    assert (room.name, room.topic, room.is_private) == (NAME, "INC-7 SEV1 Ceph", False)
    assert room.purpose.startswith("War room of INC-7. What is typed here to the bot is about it. [klatsch inc-7 ")
    assert ref == RoomRef(room.id, f"https://example.slack.com/archives/{room.id}", private=False)
    expected = ["auth.test", "conversations.create", "conversations.setPurpose", "conversations.setTopic"]
    assert methods(slack) == expected


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("inc-7-Köln: Straße & Gleis ausgefallen", "inc-7-koeln-strasse-gleis-ausgefallen"),
        ("inc-7-" + "x" * 90, "inc-7-" + "x" * 74),
        ("!!! ??? …", "incident"),
        ("障害", "incident"),
        ("inc-7-<!channel>-@here", "inc-7-channel-here"),
    ],
)
async def test_a_channel_is_called_what_slack_takes(slack, name, called):
    assert (await opened(slack, name=name)).name == called
    await slack.people["eve"].creates("taken")
    assert (await opened(slack, mark="inc-8", name=name)).name.startswith(called[:60])
    assert [len(channel.name) <= 80 for channel in made(slack)] == [True, True]


async def test_a_name_that_somebody_else_has_is_not_fought_for(slack):
    theirs = await slack.people["eve"].creates(NAME)
    room = await opened(slack)
    assert room.id != theirs.id
    assert room.name == f"{NAME}-{_short(room)}"
    assert (await opened(slack, 2)).id == room.id


def _short(room: Channel) -> str:
    """The installation, as the seal in the purpose shows it."""
    return room.purpose.rpartition(" ")[2].removesuffix("]")


async def test_a_private_channel_that_we_cannot_see_has_its_name_for_itself(slack):
    theirs = await slack.people["eve"].creates(NAME, private=True)
    room = await opened(slack)
    assert room.id != theirs.id
    assert room.name.startswith(f"{NAME}-")
    assert theirs.topic == ""


async def test_an_archived_channel_of_ours_is_not_written_to_by_another_incident(slack):
    old = await opened(slack)
    await slack.platform.archive(Attempt("7.2"), old.id)
    room = await opened(slack, mark="inc-17")
    assert (room.id != old.id, room.archived) == (True, False)
    assert (await opened(slack, 2)).id == old.id


async def test_when_all_its_names_are_taken_the_error_names_them(slack):
    first = await opened(slack)
    short = _short(first)
    for suffix in (f"-{short}", f"-{short}-2", f"-{short}-3"):
        await slack.people["eve"].creates(NAME + suffix)
    with pytest.raises(Rejected, match=f"slack: {NAME} and the next names are taken by channels that are not ours"):
        await opened(slack, mark="inc-8")


async def test_a_room_whose_answer_was_lost_is_found_and_not_made_twice(slack):
    slack.slack.order("conversations.create", Trouble.DROP_AFTER_DOING)
    with pytest.raises(Unavailable):
        await opened(slack)
    assert len(made(slack)) == 1
    room = await opened(slack, 2)
    assert made(slack) == [room]
    assert (room.topic, "[klatsch inc-7 " in room.purpose) == ("INC-7 SEV1 Ceph", True)


@pytest.mark.parametrize("method", ["conversations.setPurpose", "conversations.setTopic"])
@pytest.mark.parametrize("trouble", [Trouble.DROP, Trouble.DROP_AFTER_DOING])
@pytest.mark.parametrize("remembered", [True, False])
async def test_a_room_that_was_left_half_made_is_finished(slack, method, trouble, remembered):
    """Also when we were killed before we had remembered it."""
    slack.slack.order(method, trouble)
    with pytest.raises(Unavailable):
        await opened(slack)
    (half,) = made(slack)
    if not remembered:
        await slack.memory().forget(["room:inc-7", f"channel:{half.id}"])
    await slack.restart()
    room = await opened(slack, 2)
    assert made(slack) == [room]
    assert (room.topic, "[klatsch inc-7 " in room.purpose) == ("INC-7 SEV1 Ceph", True)
    assert await slack.memory().recall(f"channel:{room.id}") == "inc-7"


async def test_a_half_made_room_of_another_incident_is_left_alone(slack):
    slack.slack.order("conversations.setPurpose", Trouble.DROP)
    with pytest.raises(Unavailable):
        await opened(slack, mark="inc-70", name="inc-70-volumes")
    (half,) = made(slack)
    assert (await opened(slack, 2)).id != half.id
    assert (await opened(slack, 2, mark="inc-70", name="inc-70-volumes")).id == half.id


@pytest.fixture
async def other(slack, tmp_path):
    """Another bot in the same workspace, with the same token and a database of its own."""
    database = Database(f"sqlite:///{tmp_path}/other.db")
    migrate.upgrade(database)
    memory = SqlMemory(database, SystemClock(), "slack")
    platform = build("slack", slack.config(), clock=SystemClock(), people={}, memory=memory)
    yield platform
    await platform.aclose()
    database.close()


async def test_two_installations_in_one_workspace_do_not_share_inc_7(slack, other):
    ours, theirs = await _open(slack.platform), await _open(other)
    assert ours.id != theirs.id
    assert (await _open(slack.platform, 2)).id == ours.id
    assert (await _open(other, 2)).id == theirs.id
    for platform, ref in ((slack.platform, ours), (other, theirs)):
        await platform.set_topic(Attempt("7.2"), ref.id, f"of {ref.id}")
    assert [slack.slack.channels[ref.id].topic for ref in (ours, theirs)] == [f"of {ours.id}", f"of {theirs.id}"]


async def test_the_first_try_of_an_installation_leaves_the_half_made_room_of_another_one_alone(slack, other):
    slack.slack.order("conversations.setPurpose", Trouble.DROP)
    with pytest.raises(Unavailable):
        await _open(slack.platform)
    (half,) = made(slack)
    assert (await _open(other)).id != half.id
    assert (await _open(slack.platform, 2)).id == half.id


async def test_a_mark_in_somebody_else_s_channel_gives_nobody_our_incident(slack):
    """Also when we were brought into it."""
    first = await opened(slack)
    await slack.memory().forget(["room:inc-7", f"channel:{first.id}"])
    await slack.restart()
    theirs = await slack.people["eve"].creates("inc-7-look-here")
    theirs.purpose = first.purpose
    await slack.people["eve"].invites_bot(theirs)
    first.purpose = "somebody has changed it"
    room = await opened(slack, 2)
    assert room.id not in (theirs.id, first.id)


async def test_a_private_incident_is_in_a_private_channel(slack):
    ref = await _open(slack.platform, private=True)
    assert ref.private
    assert slack.slack.channels[ref.id].is_private


async def test_without_the_scope_for_private_channels_nothing_public_is_made(slack):
    slack.slack.scopes = ALL_SCOPES - {"groups:write"}
    with pytest.raises(Rejected, match=r"missing_scope .*groups:write"):
        await _open(slack.platform, private=True)
    assert not made(slack)


async def test_a_channel_that_slack_made_public_against_our_will_is_closed_and_not_used(slack, monkeypatch):
    new = slack.slack.new_channel
    monkeypatch.setattr(slack.slack, "new_channel", lambda name, **more: new(name, **{**more, "private": False}))
    for number in (1, 2):
        with pytest.raises(Rejected, match="everybody reads where a private one was asked for"):
            await _open(slack.platform, number, private=True)
    assert made(slack)
    assert all(channel.archived and not (channel.topic or channel.purpose) for channel in made(slack))


async def test_a_public_channel_that_was_left_half_made_is_none_for_a_private_incident(slack):
    slack.slack.order("conversations.create", Trouble.DROP_AFTER_DOING)
    with pytest.raises(Unavailable):
        await _open(slack.platform)
    (half,) = made(slack)
    ref = await _open(slack.platform, 2, private=True)
    assert (ref.private, ref.id != half.id, half.topic) == (True, True, "")


async def test_a_public_channel_that_was_there_gets_no_topic_of_a_private_incident(slack):
    room = await opened(slack, topic="INC-7")
    await slack.memory().forget(["room:inc-7", f"channel:{room.id}"])
    await slack.restart()
    ref = await _open(slack.platform, 2, private=True, topic="INC-7 tenant data leaked")
    assert (ref.id, ref.private, room.topic) == (room.id, False, "INC-7")


@pytest.mark.parametrize("answer", [{"ok": True}, {"ok": True, "channel": "C1"}, {"ok": True, "channel": {"id": 7}}])
async def test_an_answer_without_a_channel_is_none(slack, answer):
    slack.slack.order("conversations.create", Answer.of(answer))
    with pytest.raises(Unavailable, match=r"conversations\.create answered"):
        await _open(slack.platform)
    assert (await opened(slack, 2)).topic == "INC-7 SEV1 Ceph"


async def test_junk_among_the_channels_is_no_room(slack):
    junk: list[Any] = [7, None, {}, {"id": None}, {"id": "C1", "purpose": 3, "creator": BOT_USER}, {"name": ["x"]}]
    for method in ("users.conversations", "conversations.list"):
        slack.slack.order(method, Answer(200, json.dumps({"ok": True, "channels": junk}).encode(), _JSON))
    await opened(slack, 2)
    with pytest.raises(Rejected, match="there is no channel #incidents"):
        await slack.platform.archive(Attempt("7.2"), "#incidents")


_JSON = {"Content-Type": "application/json"}


async def test_a_mark_far_down_the_list_is_found(slack, monkeypatch):
    monkeypatch.setattr("adapters.chat.slack.channels.PAGE", 2)
    room = await opened(slack)
    for number in range(8, 13):
        await opened(slack, mark=f"inc-{number}", name=f"inc-{number}-more")
    await slack.memory().forget(["room:inc-7", f"channel:{room.id}"])
    await slack.restart()
    assert (await opened(slack, 2)).id == room.id


async def test_topics_are_cut_are_said_once_and_ring_nobody(slack):
    room = await opened(slack, topic="<!channel> @here " + "Ü" * 300)
    assert len(room.topic) <= 250
    assert room.topic.startswith("&lt;!channel&gt; @here ÜÜÜ")
    asked = len(slack.slack.calls)
    for _ in range(3):
        await slack.platform.set_topic(Attempt("7.3"), room.id, "<!channel> @here " + "Ü" * 300)
    assert len(slack.slack.calls) == asked
    await slack.restart()
    await slack.platform.set_topic(Attempt("7.3"), room.id, "<!channel> @here " + "Ü" * 300)
    assert [call.method for call in slack.slack.calls[asked:]] == []
    await slack.platform.set_topic(Attempt("7.4"), room.id, "<@U0ANA> INC-7 resolved")
    assert room.topic == "&lt;@U0ANA&gt; INC-7 resolved"
    assert slack.slack.rang == []
