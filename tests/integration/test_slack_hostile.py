"""Hostile and strange words, and people who may do nothing, on their whole way through the bot: nothing rings, nothing breaks, and
every answer is one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.servers.slack.model import OTHER_TEAM, Channel, Message
from tests.contract.servers.slack.texts import shown_blocks
from tests.integration.served_bot import a_message, an_alert
from tests.integration.slack_town import Town, fires, serving, town
from tests.until import until

PINGS = (
    "<!channel> <!here> <!everyone>",
    "@channel @here @everyone",
    "<@U0EVE> <@U0EVE|ana> @eve",
    "<!subteam^S000000001F> <#C000000002F|x>",
    "<!date^1^{date}|x> <https://evil.example.org|https://example.org>",
)
SIGHTS = (
    "a & b < c > d &amp; &lt;!channel&gt;",
    "*bold _it ~gone `code* ``` _~ > quote\n>>> more\n• x",
    "\u202egnp.exe \u2066isolated\u2069 عُطل في الشبكة שגיאה",
    "👩🏽\u200d🚒👨\u200d👩\u200d👧\u200d👦🏳️\u200d🌈 :rotating_light: :+1::skin-tone-2:",
    "nul\u0000 bell\u0007 esc\u001b[31m a\u200bb\u2060c\ufeffd",
    "{{ incident.title }} {% raw %} ${HOME} %s {0}",
    "/incident close",
    "!incident resolve",
)
LONG = "volumes are slow " * 180
DIRECTIONS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u0000\u0007\u001b")


@pytest.fixture
async def town_(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as town_:
        yield town_


def everything() -> str:
    return " ".join((*PINGS, *SIGHTS)).replace("\n", " ")


def alert(number: int, title: str) -> bytes:
    labels = {"alertname": title, "severity": "critical", "az": f"{number} {title}", "region": "r", title[:200]: title}
    noted = {"summary": title, "description": title}
    return json.dumps(a_message(an_alert(number, labels=labels, annotations=noted), groupKey=str(number))).encode()


async def test_strange_words_ring_nobody_and_every_answer_is_one(town_: Town, tmp_path: Path):
    # Some of the words close the incident, and there is more to say in its channel.
    town_.configure(f"sqlite:///{tmp_path}/klatsch.db", archive_after="1h")
    slack, ben, eve = town_.slack, town_.ben, town_.eve
    slack.usergroup("platform", [eve])
    async with serving(town_) as served:
        await fires(served, alert(1, everything()))
        await fires(served, alert(2, LONG))
        room = await town_.opened(1)
        await town_.opened(2)
        for one in (ben, eve):
            await one.joins(room)
        for words in (*PINGS, *SIGHTS, everything()[:2000]):
            for line in (f"note {words}", f"rename {words}", words):
                answer = await ben.slash(room, line)
                assert answer.acked, (line, answer.error)
                assert "internal error" not in answer.text, line
        for verb in ("task", "update", "impact", "role lead", "page", "similar", "help", "sev", "open sev4 page=none"):
            answer = await ben.slash(room, f"{verb} {everything()[:300]}")
            assert answer.acked, (verb, answer.error)
            assert "internal error" not in answer.text
        await messages_are_captured(town_, room)
        await forms_take_them(town_, room)
        for line in ("status", "timeline", "catchup", "list", "help all", "pm"):
            assert (await ben.slash(room, line)).acked, line
        await ben.opens_home()
        await until(lambda: ben.home, "the App Home")
        await until(lambda: [one for one in town_.said(room) if one.is_reply and "evil" in one.shown], "the digest")
        await slack.delivery.settled()
    assert town_.rang() == []
    assert {call.error for call in slack.calls} <= {"", "already_in_channel"}
    for message in all_said(town_):
        assert not set(message.shown + message.text) & DIRECTIONS
        assert message.shown.count("\u2068") == message.shown.count("\u2069")
    for channel in slack.channels.values():
        assert not set(channel.topic) & (DIRECTIONS | {"\n"})
        assert "<!" not in channel.topic
    log = served.log.read_text()
    assert "Traceback" not in log, log


def all_said(town_: Town) -> list[Message]:
    everywhere = [one for channel in town_.slack.channels.values() for one in town_.said(channel)]
    return everywhere + [one for some in town_.slack.ephemeral.values() for one in some]


async def messages_are_captured(town_: Town, room: Channel) -> None:
    for words in (*PINGS, *SIGHTS):
        message = await town_.ben.posts(room, words)
        await town_.ben.reacts(room, message, "pushpin")
    # What Slack takes from apps is longer, and no client types the others.
    long = town_.slack.post(room, town_.ben.id, "äß" * 20_000)
    await town_.ben.reacts(room, long, "star")
    await until(lambda: town_.tells("Key moment: äß"), "the moment")
    for words in ("ö" * 39_000, "\u0001" * 39_000, "\ud800 half a pair"):
        before = len(town_.ben.ephemerals(room))
        typed = town_.slack.post(room, town_.ben.id, f"!incident note {words}")
        answered = lambda n=before, t=typed: room.thread(t.ts) or town_.ben.ephemerals(room)[n:]  # noqa: E731
        await until(answered, f"the answer to {words[:10]!a}")


async def forms_take_them(town_: Town, room: Channel) -> None:
    ben = town_.ben
    await ben.slash("#incidents", "open")
    refused = await ben.submits(values={"Title": LONG})
    assert refused.errors
    # The client knows nothing of what nobody can see; the bot does, and says so at the field.
    empty = await ben.submits(values={"Title": "\u202e\u2066"})
    assert [*empty.errors] == ["text"]
    await ben.closes()
    await ben.slash("#incidents", "note")
    nowhere = await ben.submits(values={"text": "of which incident?"})
    assert nowhere.acked
    assert [*nowhere.errors] == ["text"]
    await ben.closes()
    await ben.slash("#incidents", "open")
    done = await ben.submits(values={"Title": "<!channel> & <@U0EVE> ` * _", "Severity": "sev4"})
    assert done.acked, done
    assert ben.modal
    assert "<!channel> & <@U0EVE>" in shown_blocks(ben.modal.blocks, town_.slack.name_of)
    await ben.closes()


async def test_who_may_do_nothing_is_told_so_and_nothing_is_done(town_: Town, tmp_path: Path):
    town_.configure(f"sqlite:///{tmp_path}/klatsch.db")
    slack, ben, eve = town_.slack, town_.ben, town_.eve
    guest = slack.person("gast", guest=True)
    stranger = slack.person("fremd", team=OTHER_TEAM)
    left = slack.person("weg", deleted=True)
    robot = slack.person("robot", bot=True)
    async with serving(town_) as served:
        await fires(served)
        room = await town_.opened()
        for one in (guest, stranger, left, robot, ben, eve):
            await one.invited(room)
        for one in (guest, stranger, left):
            answer = await one.slash(room, "resolve")
            assert answer.text.startswith("Not done: "), answer
            assert answer.payload["response_type"] == "ephemeral"
            message = await one.posts(room, "!incident resolve")
            await one.reacts(room, message, "pushpin")
            await one.pins(room, message)
            card = town_.card()
            assert card
            pressed = await one.presses(room, card, "Resolve")
            await until(lambda pressed=pressed: pressed.responses, "the answer")
            assert pressed.responses[0]["text"].startswith("Not done: ")
            assert (await one.slash(room, "open")).text.startswith("Not done: ")
            assert one.modal is None
        await robot.posts(room, "!incident resolve")
        await slack.delivery.settled()
        assert (await eve.slash(room, "note the last of them")).acked
        assert town_.noted() == ["the last of them"]
        assert town_.export()["status"] == "investigating"

        # In a direct message with the bot there is no incident, and everything else.
        direct = slack.direct([slack.bot_user, eve.id])
        assert "INC-1" in (await eve.slash(direct, "list")).text + eve.ephemerals(direct)[-1].shown
        assert (await eve.slash(direct, "INC-1 note from a direct message")).acked
        assert "from a direct message" in town_.noted()
        assert (await eve.slash(direct, "note of what?")).payload["response_type"] == "ephemeral"
        unknown = await eve.slash(direct, "resovle")
        assert "resovle" in unknown.text
        assert "/incident resolve" in eve.ephemerals(direct)[-1].shown
    assert "Traceback" not in served.log.read_text()
    assert town_.rang() == []
