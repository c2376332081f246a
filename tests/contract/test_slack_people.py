"""Who is brought into an incident's channel in Slack: people, and user groups."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.chat.slack import members
from bot.incident.model import Person
from bot.ports import Attempt, Rejected, Unavailable
from tests.contract.servers.slack import ALL_SCOPES, Trouble
from tests.contract.servers.slack.model import BOT_USER, Channel
from tests.contract.slack_harness import SlackHarness


def listed(user: str) -> Person:
    """Somebody of `people:` who is `user` in Slack."""
    return Person(user.lower(), user, handles={"slack": user})


async def opened(slack: SlackHarness, mark: str = "inc-7", **asked: Any) -> Channel:
    wanted: dict[str, Any] = {"name": f"{mark}-ceph", "topic": "INC-7 SEV1 Ceph", "private": False, **asked}
    ref = await slack.platform.open_room(Attempt(f"{mark}.1"), mark=mark, **wanted)
    return slack.slack.channels[ref.id]


async def invite(slack: SlackHarness, room: Channel, *users: str) -> None:
    await slack.platform.invite(Attempt("7.9"), room.id, [listed(user) for user in users])


async def test_five_people_are_invited_by_one_call(slack):
    room = await opened(slack)
    users = [slack.slack.person(name).id for name in ("ana", "ben", "eve", "kim", "lou")]
    await invite(slack, room, *users, users[0])
    (call,) = slack.slack.calls_of("conversations.invite")
    assert call.args["users"] == users
    assert room.members == [BOT_USER, *users]


async def test_whoever_is_in_slack_nowhere_is_not_invited(slack):
    room = await opened(slack)
    await slack.platform.invite(Attempt("7.9"), room.id, [Person("kim", "Kim"), Person("lou", "Lou")])
    assert not slack.slack.calls_of("conversations.invite")


async def test_nobody_keeps_the_others_out(slack, caplog):
    """Those who left, are not there, come from elsewhere, are in already, and the bot itself."""
    room = await opened(slack)
    left = slack.slack.person("gone", deleted=True).id
    stranger = slack.slack.person("mallory", team="T0OTHER").id
    await invite(slack, room, "U0BEN")
    await invite(slack, room, left, "U0NOBODY", stranger, BOT_USER, "U0BEN", "U0ANA")
    assert room.members == [BOT_USER, "U0BEN", "U0ANA"]
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        f"slack: {left} could not be invited: cant_invite",
        "slack: U0NOBODY could not be invited: user_not_found",
        f"slack: {stranger} could not be invited: no_external_invite_permission",
    ]


async def test_when_nobody_can_be_invited_it_is_logged_for_each_and_no_error(slack, caplog):
    room = await opened(slack)
    await invite(slack, room, "U0BEN")
    left, stranger = slack.slack.person("gone", deleted=True).id, slack.slack.person("mallory", team="T0OTHER").id
    for some in (["U0BEN"], [BOT_USER], ["U0BEN", left], [stranger], [left, stranger]):
        await invite(slack, room, *some)
    told = [record.getMessage().split()[1] for record in caplog.records if record.levelname == "WARNING"]
    assert told == [left, stranger, left, stranger]


@pytest.mark.parametrize("code", ["user_is_restricted", "ura_max_channels", "no_permission", "org_user_not_in_team"])
async def test_a_guest_who_may_not_is_logged(slack, caplog, code):
    room = await opened(slack)
    slack.slack.order("conversations.invite", code)
    await invite(slack, room, "U0ANA", "U0BEN")
    assert f"slack: U0ANA, U0BEN could not be invited: {code}" in caplog.messages


async def test_a_room_that_takes_nobody_is_an_error(slack):
    room = await opened(slack)
    await slack.people["ana"].joins(room)
    await slack.people["ana"].removes_bot(room)
    with pytest.raises(Rejected, match=r"not_in_channel \(invite the bot to the channel"):
        await invite(slack, room, "U0BEN")


async def test_many_people_are_invited_a_hundred_at_once(slack):
    room = await opened(slack)
    users = [slack.slack.person(f"p{number}").id for number in range(250)]
    await invite(slack, room, *users)
    assert len(slack.slack.calls_of("conversations.invite")) == 3
    assert set(users) <= set(room.members)


@pytest.mark.parametrize("configured", ["@storage-oncall", "storage-oncall", "by its id"])
async def test_user_groups_are_invited_once(slack, configured):
    group = slack.slack.usergroup("storage-oncall", [slack.people["ana"], slack.people["ben"]])
    await slack.restart(groups=[configured if "storage" in configured else group.id])
    room = await opened(slack)
    assert room.members == [BOT_USER, "U0ANA", "U0BEN"]
    await slack.people["ben"].leaves(room)
    await slack.restart(groups=[configured if "storage" in configured else group.id])
    await opened(slack)
    assert room.members == [BOT_USER, "U0ANA"]
    assert len(slack.slack.calls_of("usergroups.list")) == 1


async def test_a_group_that_is_not_there_is_logged_and_keeps_no_other_one_out(slack, caplog):
    slack.slack.usergroup("storage", [slack.people["ana"]])
    slack.slack.usergroup("network", [slack.people["eve"]], disabled=True)
    await slack.restart(groups=["@storge", "@storage", "@network"])
    room = await opened(slack)
    assert room.members == [BOT_USER, "U0ANA"]
    assert "there is no user group @storge; nobody of it is invited" in caplog.messages
    assert "there is no user group @network; nobody of it is invited" in caplog.messages


async def test_nobody_of_a_group_comes_into_a_private_room(slack):
    slack.slack.usergroup("storage", [slack.people["ana"]])
    await slack.restart(groups=["@storage"])
    room = await opened(slack, private=True)
    assert room.members == [BOT_USER]
    assert not slack.slack.calls_of("usergroups.list")


async def test_slack_is_asked_for_groups_once_in_ten_minutes(slack, monkeypatch):
    slack.slack.usergroup("storage", [slack.people["ana"]])
    await slack.restart(groups=["@storage"])
    for number in range(3):
        await opened(slack, f"inc-{number}")
    assert len(slack.slack.calls_of("usergroups.list")) == 1
    monkeypatch.setattr(members, "GROUPS_FRESH", -1.0)
    await opened(slack, "inc-3")
    assert len(slack.slack.calls_of("usergroups.list")) == 2


async def test_groups_that_may_not_be_seen_do_not_stop_an_incident(slack, caplog):
    slack.slack.scopes = ALL_SCOPES - {"usergroups:read"}
    await slack.restart(groups=["@storage"])
    assert (await opened(slack)).topic == "INC-7 SEV1 Ceph"
    assert "the user groups were not invited into inc-7" in caplog.text
    assert "usergroups:read" in caplog.text


async def test_groups_whose_list_is_away_are_invited_later(slack):
    slack.slack.usergroup("storage", [slack.people["ana"]])
    await slack.restart(groups=["@storage"])
    slack.slack.order("usergroups.list", Trouble.DROP)
    with pytest.raises(Unavailable):
        await opened(slack)
    room = await opened(slack)
    assert room.members == [BOT_USER, "U0ANA"]
    assert len(slack.slack.calls_of("conversations.create")) == 1
