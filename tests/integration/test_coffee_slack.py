"""A coffee in Slack: the bot is the `klatsch` command, and people have its windows, reactions and lines."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.servers.slack.model import Message
from tests.integration.slack_town import Town, serving, town
from tests.until import until


@pytest.fixture
async def town_(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as town_:
        yield town_


def board(town_: Town) -> Message | None:
    return next((one for one in town_.said("#incidents") if "Lean coffee on" in one.shown), None)


def thread(town_: Town, root: Message) -> list[str]:
    return [one.shown for one in town_.said("#incidents") if one.thread_ts == root.ts and one.ts != root.ts]


async def test_a_coffee_from_its_topics_to_its_minutes_in_slack(town_: Town, tmp_path: Path):
    town_.configure(f"sqlite:///{tmp_path}/klatsch.db")
    slack, ana, ben, eve = town_.slack, town_.ana, town_.ben, town_.eve
    room = slack.channel("#incidents")
    async with serving(town_):
        added = await ana.slash(room, "coffee add Why do OSDs flap?")
        assert "Topic 1 is on the board" in added.text
        said = await ben.posts(room, "Who reads runbooks?")
        await ana.slash(room, "coffee start")
        shown = await until(lambda: board(town_), "the board")
        await ana.reacts(room, said, "coffee")
        await until(lambda: "Who reads runbooks?" in shown.shown, "the topic of the message")
        for person in (ben, eve):
            await person.reacts(room, shown, "lemon")
        await until(lambda: "#2 Who reads runbooks? · 2 dots" in shown.shown, "the dots")
        await eve.unreacts(room, shown, "lemon")
        await until(lambda: "#2 Who reads runbooks? · 1 dot" in shown.shown, "one dot less")
        assert "You have 2 dots left" in str((await ben.slash(room, "coffee")).payload)
        await ben.slash(room, "coffee takeaway Read it aloud once a quarter")
        await ben.slash(room, "coffee topic 2")
        assert "The coffee is over after" in (await ana.slash(room, "coffee end")).text
        (minutes,) = await until(lambda: list((town_.folder / "postmortems").glob("coffee-*.md")), "the minutes")
        await until(lambda: "It is over." in shown.shown, "the end on the board")
        await until(lambda: "That was it: 2 topics" in " ".join(thread(town_, shown)), "the end in the thread")
    text = minutes.read_text(encoding="utf-8")
    assert "- Read it aloud once a quarter (Ben Okafor)" in text
    assert "## 2. Who reads runbooks?" in text
    began, *_ = thread(town_, shown)
    assert re.match(r"Now, until \S+ \S+: Why do OSDs flap\?", began)
    assert len(town_.keys()) == len(set(town_.keys()))
