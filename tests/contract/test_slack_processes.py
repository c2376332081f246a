"""Several processes are one bot in a workspace: what one did, the others know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.document import say
from bot.ports import Attempt, ChatPlatform
from tests.contract.slack_harness import SlackHarness
from tests.contract.slack_harness import slack as workspace


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SlackHarness]:
    async with workspace(tmp_path, lambda name: None) as harness:
        yield harness


@pytest.fixture
async def other(slack: SlackHarness) -> AsyncIterator[ChatPlatform]:
    platform = slack.build()
    yield platform
    await platform.aclose()


async def test_a_message_reads_what_was_said_last_whoever_said_it(slack: SlackHarness, other: ChatPlatform):
    one = slack.platform
    card = await one.say(Attempt("1"), "#incidents", say("investigating"))
    await other.edit(Attempt("2"), "#incidents", card, say("identified"))
    await one.edit(Attempt("3"), "#incidents", card, say("investigating"))
    (shown,) = await slack.messages("#incidents")
    assert shown.text == "investigating"
    before = len(slack.slack.calls_of("chat.update"))
    await other.edit(Attempt("4"), "#incidents", card, say("investigating"))
    assert len(slack.slack.calls_of("chat.update")) == before == 2


async def test_a_topic_is_the_last_one_whoever_set_it(slack: SlackHarness, other: ChatPlatform):
    one = slack.platform
    room = await one.open_room(Attempt("1"), mark="inc-7", name="inc-7-ceph", topic="INC-7 SEV2", private=False)
    await other.set_topic(Attempt("2"), room.id, "INC-7 SEV1")
    await one.set_topic(Attempt("3"), room.id, "INC-7 SEV2")
    assert await slack.topic(room.id) == "INC-7 SEV2"
    before = len(slack.slack.calls_of("conversations.setTopic"))
    await other.set_topic(Attempt("4"), room.id, "INC-7 SEV2")
    assert len(slack.slack.calls_of("conversations.setTopic")) == before == 3
