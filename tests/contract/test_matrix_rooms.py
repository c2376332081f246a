"""Incident rooms on a homeserver: whose they are, what stands above them, who gets in, and how they end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from adapters.chat.matrix.rooms import OURS
from bot.chat import document as d
from bot.ports import Attempt, Rejected, RoomRef, Unavailable
from tests.contract.chat_harness import MatrixHarness
from tests.servers.synapse import NAME, password


async def opened(
    matrix: MatrixHarness, mark: str, *, name: str = "", topic: str = "INC-7 Ceph", private: bool = False
) -> RoomRef:
    return await matrix.platform.open_room(
        Attempt(f"open-{mark}"), mark=mark, name=name or f"{mark}-ceph-osds", topic=topic, private=private
    )


def fresh(matrix: MatrixHarness) -> str:
    """A mark that no other test has."""
    return f"inc-{abs(hash(matrix.user_id)) % 10**9}"


async def resolved(matrix: MatrixHarness, alias: str) -> str:
    found = await matrix.people["eve"].ask("GET", "directory", "room", f"#{alias}:{NAME}")
    return str(found.json().get("room_id", ""))


async def test_a_room_has_its_name_its_topic_two_aliases_and_a_link(matrix: MatrixHarness):
    mark = fresh(matrix)
    ref = await opened(matrix, mark, name=f"{mark}-ceph-osds", topic="INC-7 SEV1 Ceph")
    assert await resolved(matrix, mark) == await resolved(matrix, f"{mark}-ceph-osds") == ref.id
    assert (await matrix.bot.state(ref.id, "m.room.name"))["name"] == f"{mark}-ceph-osds"
    assert await matrix.topic(ref.id) == "INC-7 SEV1 Ceph"
    assert ref.link == f"https://matrix.to/#/%23{mark}-ceph-osds%3A{NAME}"
    assert await matrix.people["eve"].join(f"#{mark}-ceph-osds:{NAME}") == ref.id


async def test_no_alias_tells_what_a_private_incident_is_about(matrix: MatrixHarness):
    mark = fresh(matrix)
    ref = await opened(matrix, mark, name=f"{mark}-tenant-leak", private=True)
    assert await resolved(matrix, mark) == ref.id
    assert await resolved(matrix, f"{mark}-tenant-leak") == ""
    assert "leak" not in ref.link
    for secret in ("m.room.name", "m.room.topic"):
        answer = await matrix.people["eve"].ask("GET", "rooms", ref.id, "state", secret, "")
        assert answer.status_code == 403


async def test_the_alias_of_somebody_else_s_room_gives_nobody_our_incident(matrix: MatrixHarness):
    """Also when that room says that it is ours, and when we were brought into it."""
    mark, eve = fresh(matrix), matrix.people["eve"]
    held = matrix.platform
    forged = {"mark": mark, "installation": "00000000000000"}
    made = {
        "room_alias_name": mark,
        "preset": "public_chat",
        "invite": [matrix.user_id],
        "initial_state": [{"type": OURS, "state_key": "", "content": forged}],
    }
    theirs = (await eve.ask("POST", "createRoom", body=made)).raise_for_status().json()["room_id"]
    await matrix.bot.join(theirs)
    ref = await opened(matrix, mark)
    assert ref.id != theirs
    assert (await opened(matrix, mark)).id == ref.id
    assert held is matrix.platform


async def test_a_room_that_was_left_half_made_is_finished_and_not_made_twice(matrix: MatrixHarness):
    mark = fresh(matrix)
    half = (await matrix.bot.ask("POST", "createRoom", body={"room_alias_name": mark, "preset": "public_chat"})).json()
    ref = await opened(matrix, mark)
    assert ref.id == half["room_id"]
    assert (await matrix.bot.state(ref.id, OURS))["mark"] == mark
    assert await resolved(matrix, f"{mark}-ceph-osds") == ref.id


async def test_people_talk_react_and_invite_and_change_nothing_else(matrix: MatrixHarness):
    ref, ana = await opened(matrix, fresh(matrix)), matrix.people["ana"]
    await ana.join(ref.id)
    await ana.react(ref.id, await ana.say(ref.id, "hello"), "📌")
    invited = await ana.ask("POST", "rooms", ref.id, "invite", body={"user_id": matrix.people["ben"].user_id})
    assert invited.status_code == 200
    levels = await ana.state(ref.id, "m.room.power_levels")
    some = {"body": "moved", "replacement_room": "!elsewhere", "algorithm": "m.megolm.v1.aes-sha2"}
    for kind in (
        "m.room.power_levels",
        "m.room.tombstone",
        "m.room.join_rules",
        "m.room.topic",
        OURS,
        "m.room.encryption",
    ):
        assert levels["events"].get(kind, levels["state_default"]) >= 50
        answer = await ana.ask("PUT", "rooms", ref.id, "state", kind, "", body=await ana.state(ref.id, kind) or some)
        assert answer.status_code == 403, kind


@pytest.mark.parametrize("version", ["11", "12"])
async def test_nobody_writes_in_an_archived_room_and_who_said_too_much_takes_it_back(
    matrix: MatrixHarness, version: str
):
    mark, ana = fresh(matrix), matrix.people["ana"]
    made = {"room_alias_name": mark, "preset": "public_chat", "room_version": version}
    (await matrix.bot.ask("POST", "createRoom", body=made)).raise_for_status()
    ref = await opened(matrix, mark)
    await ana.join(ref.id)
    said = await ana.say(ref.id, "the password is hunter2")
    await matrix.platform.archive(Attempt("archive"), ref.id)
    with pytest.raises(httpx.HTTPStatusError, match="403"):
        await ana.say(ref.id, "too late")
    assert (await ana.ask("PUT", "rooms", ref.id, "state", "m.room.topic", "", body={"topic": "x"})).status_code == 403
    await ana.redact(ref.id, said)
    assert "hunter2" not in str(await ana.events(ref.id))
    assert (await opened(matrix, mark)).id == ref.id
    with pytest.raises(Rejected, match="archived"):
        await matrix.platform.say(Attempt("late"), ref.id, d.say("late"))
    # The bot can still do what only it may.
    levels: Any = await matrix.bot.state(ref.id, "m.room.power_levels")
    assert (
        await matrix.bot.ask("PUT", "rooms", ref.id, "state", "m.room.power_levels", "", body=levels)
    ).status_code == 200


async def test_rooms_stand_in_the_space_and_who_is_in_it_may_join(matrix: MatrixHarness):
    ben, eve = matrix.people["ben"], matrix.people["eve"]
    made = {
        "preset": "public_chat",
        "creation_content": {"type": "m.space"},
        "power_level_content_override": {"events": {"m.space.child": 0}},
    }
    space = (await ben.ask("POST", "createRoom", body=made)).raise_for_status().json()["room_id"]
    await matrix.bot.join(space)
    await matrix.restart(space=space)
    ref = await opened(matrix, fresh(matrix))
    assert (await ben.state(space, "m.space.child", ref.id))["via"] == [NAME]
    assert await ben.join(ref.id) == ref.id
    with pytest.raises(httpx.HTTPStatusError, match="403"):
        await eve.join(ref.id)
    assert not ref.private
    # Whoever looks at the space reads nothing of a private one.
    hidden = await opened(matrix, f"{fresh(matrix)}-2", private=True)
    assert await ben.state(space, "m.space.child", hidden.id) is None


async def test_a_bot_that_leaves_what_is_archived_finds_it_again(matrix: MatrixHarness):
    await matrix.restart(leave=True)
    mark = fresh(matrix)
    ref = await opened(matrix, mark)
    await matrix.people["ana"].join(ref.id)
    await matrix.platform.archive(Attempt("archive"), ref.id)
    assert ref.id not in await matrix.bot.rooms()
    await matrix.restart(leave=True)
    await matrix.platform.archive(Attempt("archive", number=2), ref.id)
    with pytest.raises(Rejected):
        await matrix.platform.say(Attempt("late"), ref.id, d.say("late"))
    with pytest.raises(httpx.HTTPStatusError, match="403"):
        await matrix.people["ana"].say(ref.id, "too late")


async def test_with_a_password_the_bot_gets_a_token_again_and_says_nothing_twice(matrix: MatrixHarness):
    await matrix.restart(access_token="", password=password(matrix.user_id[1:].partition(":")[0]))
    ref = await opened(matrix, fresh(matrix))
    first = await matrix.platform.say(Attempt("7.1.0"), ref.id, d.say("hello"))
    # Somebody logs all devices out.
    (await matrix.bot.ask("POST", "logout", "all", body={})).raise_for_status()
    with pytest.raises(Unavailable, match="asked for with the password"):
        await matrix.platform.say(Attempt("7.2.0"), ref.id, d.say("still there"))
    again = await matrix.platform.say(Attempt("7.2.0", number=2), ref.id, d.say("still there"))
    assert await matrix.platform.say(Attempt("7.1.0", number=9), ref.id, d.say("hello")) == first != again
    await matrix.people["ana"].join(ref.id)
    shown = [said["content"]["body"] for said in await matrix.people["ana"].messages(ref.id)]
    assert shown == ["hello", "still there"]


async def test_whom_the_homeserver_does_not_know_holds_up_nobody(matrix: MatrixHarness):
    ref = await opened(matrix, fresh(matrix))
    people = [matrix.person("ana", "Ana Ruiz"), matrix.person("ben", "Ben Okafor")]
    unknown = [matrix.named(name) for name in ("@nobody:example.org", "@nobody:elsewhere.invalid", "nonsense")]
    await matrix.platform.invite(Attempt("invite"), ref.id, [*unknown, *people])
    assert sorted(await matrix.members(ref.id)) == ["ana", "ben"]
