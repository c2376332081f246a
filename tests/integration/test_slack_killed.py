"""The bot is killed between two steps, and goes on where it was: nothing twice, and nothing that was taken is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.contract.servers.http import Trouble
from tests.integration.slack_town import Town, fires, serving, town
from tests.servers.klatsch import Served
from tests.until import PATIENCE, until


@pytest.fixture
async def town_(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as town_:
        yield town_


async def killed(served: Served) -> None:
    served.process.kill()
    await asyncio.to_thread(served.process.wait, PATIENCE)


def asked(town_: Town, method: str, error: str = "HANG") -> Callable[[], bool]:
    """Whether a call waits for an answer that it does not get."""
    return lambda: any(call.error == error for call in town_.slack.calls_of(method))


async def test_a_bot_that_is_killed_goes_on_where_it_was(town_: Town, tmp_path: Path):
    # On PostgreSQL it is the same after a minute: there another process may have them in hand.
    town_.configure(f"sqlite:///{tmp_path}/klatsch.db")
    slack, ana, ben, eve = town_.slack, town_.ana, town_.ben, town_.eve

    # The channel is made, and nobody hears that it was.
    slack.order("conversations.create", Trouble.DROP_AFTER_DOING)
    async with serving(town_, "first") as served:
        await fires(served)
        await until(lambda: any(one.name.startswith("inc-1") for one in slack.channels.values()), "the channel")
        await killed(served)
    assert town_.export()["rooms"] == []

    # What was said and not recorded is found again.
    slack.order("chat.postMessage", Trouble.DROP_AFTER_DOING)
    async with serving(town_, "second") as served:
        room = await town_.opened()
        assert len([one for one in slack.channels.values() if one.name.startswith("inc-")]) == 1
        await until(lambda: town_.announced(), "the announcement")
        for one in (ben, eve):
            await one.joins(room)

        # Taken, and not done: who Eve is is not known, and what the reaction is on is not answered.
        message = await ben.posts(room, "it answers again")
        # Also when it is asked again: the bot waits ten seconds for an answer.
        slack.every(1, Trouble.HANG, "reactions.get")
        await ben.reacts(room, message, "pushpin")
        await until(asked(town_, "reactions.get"), "the question for the message")
        await until(lambda: slack.events[-1].acked, "the acknowledgement of the reaction")
        slack.order("users.info", Trouble.HANG)
        words, slack.comes_later = slack.comes_later, ""
        taken = await eve.slash(room, "note the line of eve")
        assert taken.text == "Taken. It takes longer than usual; the answer comes here."
        slack.comes_later = words
        assert town_.noted() == []
        await killed(served)
        slack.every(0, Trouble.HANG)

    async with serving(town_, "third") as served:
        await until(lambda: sorted(town_.noted()) == ["it answers again", "the line of eve"], "what was taken")
        (answer,) = await until(lambda: taken.responses, "the answer to what was taken")
        assert "the line of eve" in answer["text"]

        # Done, and not answered.
        slack.order("chat.postMessage", Trouble.HANG)
        typed = await ana.posts(room, "!incident note the line of ana")
        await until(asked(town_, "chat.postMessage"), "the answer on its way")
        await killed(served)

    async with serving(town_, "fourth"):
        assert "lead" in (await ana.slash(room, "take lead")).text
        await until(lambda: "@ana" in town_.card().shown, "the card")
        # What follows from it reaches the room, also without the answer.
        await until(
            lambda: [one for one in town_.said(room) if one.is_reply and "line of ana" in one.shown], "the digest"
        )
        await ben.unreacts(room, message, "pushpin")
        await until(lambda: sorted(town_.noted()) == ["the line of ana", "the line of eve"], "the end of the reaction")
    assert len([one for one in room.thread(typed.ts) if "line of ana" in one.shown]) < 2
    assert len(town_.keys()) == len(set(town_.keys()))
    assert len([one for one in town_.said("#incidents") if not one.thread_ts]) == 1
    assert len(room.pins) == 1
