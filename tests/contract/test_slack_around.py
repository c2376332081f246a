"""What stands around an incident's channel in Slack: where it is announced, its links, its end; and what all of it costs."""

from __future__ import annotations

from typing import Any

import pytest

from bot.chat import document as d
from bot.ports import Attempt, Rejected, RoomLink, Unavailable
from tests.contract.heard import Heard
from tests.contract.servers.slack import ALL_SCOPES, Answer, Trouble
from tests.contract.servers.slack.marks import MOST_BOOKMARKS
from tests.contract.servers.slack.model import BOT_USER, Channel
from tests.contract.slack_harness import SlackHarness
from tests.contract.slack_listening import listening

RUNBOOK = RoomLink("Runbook", "https://wiki.example.org/osd?a=1&b=2")
GRAPHS = RoomLink("Dashboard", "https://graphs.example.org/d/1")
STATUS = RoomLink("Status page", "https://status.example.org/inc-7")


async def opened(slack: SlackHarness, name: str = "inc-7-ceph", topic: str = "INC-7 SEV1 Ceph") -> Channel:
    ref = await slack.platform.open_room(Attempt("7.1"), mark="inc-7", name=name, topic=topic, private=False)
    return slack.slack.channels[ref.id]


def methods(slack: SlackHarness, first: int = 0) -> list[str]:
    return [call.method for call in slack.slack.calls[first:]]


async def announced(slack: SlackHarness, number: int = 2, text: str = "INC-7 Ceph") -> str:
    return await slack.platform.say(Attempt(f"7.{number}"), slack.platform.announce_room, d.say(text))


@pytest.mark.parametrize("by", ["#incidents", "incidents", "id"])
async def test_an_incident_is_announced_in_a_channel_by_its_name_or_id(slack, by):
    there = slack.slack.channel("#incidents")
    await slack.restart(announce=there.id if by == "id" else by)
    await announced(slack)
    await announced(slack, 3)
    assert [message.shown for message in there.messages if message.by_bot] == ["INC-7 Ceph"] * 2
    assert len(slack.slack.calls_of("conversations.list")) == (by != "id")


async def test_a_private_channel_that_the_bot_is_not_in_says_what_to_do(slack):
    closed = await slack.people["ana"].creates("war-council", private=True)
    for by in ("#war-council", closed.id):
        await slack.restart(announce=by)
        with pytest.raises(Rejected, match="where it is private, invite the bot to it"):
            await announced(slack)
        with pytest.raises(Rejected, match="where it is private, invite the bot to it"):
            await slack.platform.probe()
    await slack.people["ana"].invites_bot(closed)
    await slack.platform.probe()
    await announced(slack)
    assert closed.messages[-1].shown == "INC-7 Ceph"


async def test_a_channel_that_is_renamed_goes_on_being_the_one(slack):
    await announced(slack)
    there = slack.slack.channel("#incidents")
    await slack.people["ben"].renames(there, "outages")
    await slack.restart()
    await announced(slack, 3)
    assert len([message for message in there.messages if message.by_bot]) == 2


async def test_a_channel_that_is_deleted_is_looked_for_again_by_its_name(slack):
    await announced(slack)
    del slack.slack.channels[slack.slack.channel("#incidents").id]
    with pytest.raises(Rejected, match="#incidents is no channel that the bot can see"):
        await announced(slack, 3)
    with pytest.raises(Rejected, match="there is no channel #incidents"):
        await announced(slack, 4)
    again = await slack.people["ben"].creates("incidents")
    await announced(slack, 5)
    assert again.messages[-1].shown == "INC-7 Ceph"


async def test_a_named_channel_that_is_deleted_is_looked_for_again_by_its_name(slack):
    first = await slack.platform.room_named("#incidents")
    del slack.slack.channels[first]
    with pytest.raises(Rejected, match="#incidents is no channel that the bot can see"):
        await slack.platform.room_named("#incidents")
    again = await slack.people["ben"].creates("incidents")
    assert await slack.platform.room_named("#incidents") == again.id


async def test_a_channel_that_is_archived_is_found_out_beforehand(slack):
    await slack.people["ben"].archives("#incidents")
    with pytest.raises(Rejected, match="slack: #incidents is archived"):
        await slack.platform.probe()
    with pytest.raises(Rejected, match="is_archived"):
        await announced(slack)


async def test_a_public_channel_into_which_the_bot_may_not_speak_says_what_to_do(slack):
    slack.slack.scopes = ALL_SCOPES - {"chat:write.public"}
    with pytest.raises(Rejected, match=r"not_in_channel \(invite the bot to the channel"):
        await announced(slack)


async def test_the_bot_listens_although_its_channel_is_not_there(slack, caplog):
    async with listening(slack, Heard(), announce="#nowhere"):
        assert (await slack.people["ana"].slash("#general", "status")).acked
    assert "what is said in #nowhere is not heard" in caplog.text
    assert "there is no channel #nowhere" in caplog.text


async def test_links_are_bookmarks_that_are_added_once_changed_and_removed(slack):
    room = await opened(slack)
    first = len(slack.slack.calls)
    await slack.platform.set_links(Attempt("7.2"), room.id, [RUNBOOK, GRAPHS])
    await slack.platform.set_links(Attempt("7.3"), room.id, [RUNBOOK, GRAPHS])
    await slack.restart()
    await slack.platform.set_links(Attempt("7.4"), room.id, [RUNBOOK, STATUS])
    assert await slack.links(room.id) == [(link.title, link.url) for link in (RUNBOOK, STATUS)]
    await slack.platform.set_links(Attempt("7.5"), room.id, [])
    assert await slack.links(room.id) == []
    assert methods(slack, first) == [*["bookmarks.add"] * 2, "bookmarks.edit", *["bookmarks.remove"] * 2]


def theirs(room: Channel) -> dict[str, Any]:
    """A bookmark of somebody's own."""
    mark = {"id": "Bk1", "title": "Their notes", "link": "https://notes.example.org", "type": "link"}
    room.bookmarks.append(mark)
    return mark


@pytest.mark.parametrize("number", [1, 2])
async def test_a_bookmark_of_somebody_s_own_stays_as_it_is(slack, number):
    room = await opened(slack)
    own = theirs(room)
    for wanted in ([RUNBOOK, STATUS], [STATUS], []):
        await slack.platform.set_links(Attempt("7.2", number), room.id, wanted)
    assert room.bookmarks == [own]
    assert own["title"] == "Their notes"


@pytest.mark.parametrize("method", ["bookmarks.add", "bookmarks.edit", "bookmarks.remove"])
@pytest.mark.parametrize("trouble", [Trouble.DROP, Trouble.DROP_AFTER_DOING])
async def test_links_whose_answer_was_lost_are_there_once(slack, method, trouble):
    room = await opened(slack)
    await slack.platform.set_links(Attempt("7.2"), room.id, [RUNBOOK, GRAPHS])
    own = theirs(room)
    wanted = {"bookmarks.add": [RUNBOOK, GRAPHS, STATUS], "bookmarks.edit": [RUNBOOK, STATUS]}.get(method, [RUNBOOK])
    slack.slack.order(method, trouble)
    with pytest.raises(Unavailable):
        await slack.platform.set_links(Attempt("7.3"), room.id, wanted)
    await slack.restart()
    await slack.platform.set_links(Attempt("7.3", 2), room.id, wanted)
    ours = [(mark["title"], mark["link"]) for mark in room.bookmarks if mark is not own]
    assert ours == [(link.title, link.url) for link in wanted]
    assert own in room.bookmarks


async def test_a_bookmark_of_ours_that_somebody_removed_is_no_trouble(slack):
    room = await opened(slack)
    await slack.platform.set_links(Attempt("7.2"), room.id, [RUNBOOK, GRAPHS])
    del room.bookmarks[0]
    await slack.platform.set_links(Attempt("7.3"), room.id, [STATUS])
    assert await slack.links(room.id) == [(STATUS.title, STATUS.url)]
    room.bookmarks.clear()
    await slack.platform.set_links(Attempt("7.4"), room.id, [])
    assert await slack.links(room.id) == []


async def test_a_channel_that_takes_no_more_bookmarks_says_so(slack):
    room = await opened(slack)
    for _ in range(MOST_BOOKMARKS):
        theirs(room)
    with pytest.raises(Rejected, match="too_many_bookmarks"):
        await slack.platform.set_links(Attempt("7.2"), room.id, [RUNBOOK])


async def test_junk_among_the_bookmarks_is_none(slack):
    room = await opened(slack)
    slack.slack.order("bookmarks.list", Answer.of({"ok": True, "bookmarks": [7, None, {"id": 3}, "x"]}))
    await slack.platform.set_links(Attempt("7.2", 2), room.id, [RUNBOOK])
    assert await slack.links(room.id) == [(RUNBOOK.title, RUNBOOK.url)]


async def test_an_end_is_an_end_whoever_brought_it_about(slack):
    room = await opened(slack)
    await slack.people["ana"].joins(room)
    await slack.people["ana"].archives(room)
    await slack.platform.archive(Attempt("7.2"), room.id)
    assert room.archived


async def test_a_room_that_the_bot_was_put_out_of_says_what_to_do(slack):
    room = await opened(slack)
    await slack.people["ana"].joins(room)
    await slack.people["ana"].removes_bot(room)
    for does in (
        slack.platform.archive(Attempt("7.2"), room.id),
        slack.platform.set_topic(Attempt("7.3"), room.id, "x"),
    ):
        with pytest.raises(Rejected, match=r"not_in_channel \(invite the bot to the channel"):
            await does
    assert not room.archived


async def test_nothing_that_an_incident_is_called_rings_anybody(slack):
    loud = "<!channel> @here <@U0ANA> <!subteam^S1> @everyone"
    slack.slack.usergroup("all", [slack.people["ana"]])
    room = await opened(slack, name=f"inc-7-{loud}", topic=loud)
    await slack.platform.set_links(Attempt("7.2"), room.id, [RoomLink(loud, GRAPHS.url)])
    message = await slack.platform.say(Attempt("7.3"), room.id, d.say(loud))
    await slack.platform.say(Attempt("7.4"), room.id, d.say(loud), thread=message)
    await slack.platform.edit(Attempt("7.5"), room.id, message, d.say(f"{loud}!"))
    await announced(slack, 6, loud)
    assert slack.slack.rang == []
    assert room.message(message).shown == f"{loud}!"
    assert not any({"link_names", "parse"} & call.args.keys() for call in slack.slack.calls)


async def test_an_incident_costs_few_calls_and_what_reads_the_same_costs_none(slack):
    people = [slack.person("ana", "Ana"), slack.person("ben", "Ben"), slack.person("eve", "Eve")]
    await announced(slack)
    await slack.platform.open_room(Attempt("6.1"), mark="inc-6", name="inc-6", topic="INC-6", private=False)
    first = len(slack.slack.calls)
    room = await opened(slack)
    card = await slack.platform.say(Attempt("7.3"), room.id, d.say("INC-7 Ceph", "bad"))
    await slack.platform.pin(Attempt("7.4"), room.id, card)
    await slack.platform.invite(Attempt("7.5"), room.id, people)
    await slack.platform.set_topic(Attempt("7.6"), room.id, "INC-7 SEV1 Ceph")
    await slack.platform.set_links(Attempt("7.7"), room.id, [RUNBOOK, GRAPHS, STATUS])
    await announced(slack, 8)
    assert methods(slack, first) == [
        "conversations.create",
        "conversations.setPurpose",
        "conversations.setTopic",
        "chat.postMessage",
        "pins.add",
        "conversations.invite",
        "bookmarks.add",
        "bookmarks.add",
        "bookmarks.add",
        "chat.postMessage",
    ]
    for _ in range(3):
        await slack.platform.edit(Attempt("7.9"), room.id, card, d.say("INC-7 Ceph", "bad"))
    assert len(methods(slack, first)) == 10
    await slack.platform.edit(Attempt("7.9"), room.id, card, d.say("INC-7 Ceph resolved", "good"))
    assert methods(slack, first)[10:] == ["chat.update"]
    assert BOT_USER in room.members
