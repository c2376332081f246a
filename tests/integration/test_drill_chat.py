"""A drill in Slack and in Matrix, on servers that are as strict as theirs: the alerts of then come in their order, and every message of its room
says that it is a drill."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.chat.drilled import DRILL
from storage import migrate
from storage.engine import Database
from tests.integration.drill_story import a_past
from tests.integration.slack_town import Town as SlackTown
from tests.integration.slack_town import serving
from tests.integration.slack_town import town as in_slack
from tests.integration.test_matrix_story import Town as MatrixTown
from tests.integration.test_matrix_story import founded
from tests.servers.klatsch import served_at
from tests.servers.synapse import Synapse
from tests.until import until

ALERTS = 3
APART = timedelta(minutes=40)
"""A thousand times as fast that is a step of its own."""

EXERCISE = "an exercise: nobody is paged, nothing is published."
OVER = "All alerts of the past incident have come"


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SlackTown]:
    async with in_slack(tmp_path) as town:
        town.configure(with_a_past(tmp_path))
        yield town


@pytest.fixture
async def matrix(synapse_server: Synapse, tmp_path: Path) -> MatrixTown:
    town = await founded(synapse_server, tmp_path)
    town.configure(with_a_past(tmp_path))
    return town


def with_a_past(folder: Path) -> str:
    database = Database(f"sqlite:///{folder}/klatsch.db")
    migrate.upgrade(database)
    a_past(database, ALERTS, APART)
    database.close()
    return f"sqlite:///{folder}/klatsch.db"


def alerts(said: list[str]) -> list[str]:
    return re.findall(r"osd\.\d", " ".join(text for text in said if "alert fired" in text))


async def test_in_slack_every_message_of_its_room_says_what_it_is(slack: SlackTown):
    async with serving(slack):
        answer = await slack.ana.slash(slack.slack.channel("#incidents"), "drill INC-1 speed=1000x Who sees it")
        assert answer.text.startswith(DRILL)
        assert EXERCISE in str(answer.payload)
        room = await slack.opened(2)
        await slack.ben.joins(room)
        assert "Ben Okafor is lead" in (await slack.ben.slash(room, "take lead")).text
        await slack.ben.slash(room, "drill inject A customer calls")
        await until(lambda: any(OVER in one.shown for one in slack.said(room)), "the end of the replay")
        said = [one.shown for one in slack.said(room)]
        nearmiss = await slack.ben.slash(room, "nearmiss Nearly drained it")
    assert [text for text in said if DRILL not in text or EXERCISE not in text] == []
    assert alerts(said) == [f"osd.{number}" for number in range(1, ALERTS + 1)]
    assert room.topic.startswith("INC-2 · DRILL · ")
    assert "This is the room of a drill" in nearmiss.text
    assert (slack.rang(), slack.phone.published) == ([], [])


async def test_in_matrix_every_message_of_its_room_says_what_it_is(matrix: MatrixTown):
    async with served_at(matrix.folder):
        announce = await matrix.ana.join(matrix.announce)

        async def heard() -> bool:
            """What is typed while the bot comes in may be of before it came."""
            await matrix.ana.say(announce, "!inc list")
            return any(one["sender"] == matrix.bot.user_id for one in await matrix.ana.messages(announce))

        await until(heard, "an answer of the bot", every=0.5)
        assert EXERCISE in await matrix.types(matrix.ana, announce, "drill INC-1 speed=1000x Who sees it")
        room = await matrix.room()
        await matrix.types(matrix.ana, room, "take lead")
        await matrix.types(matrix.ana, room, "drill inject A customer calls")

        async def told() -> list[dict[str, Any]]:
            return [one for one in await matrix.ana.messages(room) if one["sender"] == matrix.bot.user_id]

        async def over() -> bool:
            return any(OVER in one["content"]["body"] for one in await told())

        await until(over, "the end of the replay")
        said = await told()
        topic = await matrix.ana.state(room, "m.room.topic")
    texts = [one["content"]["body"] for one in said]
    assert [text for text in texts if DRILL not in text or EXERCISE not in text] == []
    assert alerts(texts) == [f"osd.{number}" for number in range(1, ALERTS + 1)]
    assert topic["topic"].startswith("INC-2 · DRILL · ")
