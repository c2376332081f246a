"""What Slack takes so often a minute: who has to wait for it asks for nothing meanwhile."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.chat.slack import web
from bot.ports import Attempt, RoomRef, Unavailable
from tests.contract.servers.slack import limited
from tests.contract.slack_harness import SlackHarness
from tests.contract.slack_harness import slack as workspace


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SlackHarness]:
    async with workspace(tmp_path, lambda name: None) as harness:
        yield harness


class Ticks:
    """`time`, for who counts seconds, and what a test lets pass in no time."""

    ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


async def opened(slack: SlackHarness, number: int, *, tries: int = 1) -> RoomRef:
    attempt = Attempt(f"{number}.1.0", tries)
    mark = f"inc-{number}"
    return await slack.platform.open_room(attempt, mark=mark, name=f"{mark}-ceph", topic="INC", private=False)


async def test_who_waits_for_a_room_waits_in_the_outbox_and_looks_for_none(slack, monkeypatch):
    """One that waited here would be made before that of a more urgent incident."""
    clock = Ticks()
    monkeypatch.setattr(web, "time", clock)
    slack.slack.order("conversations.create", limited(600))
    with pytest.raises(Unavailable, match="ratelimited"):
        await opened(slack, 1)
    calls = len(slack.slack.calls)
    for tries in (1, 2, 3):
        with pytest.raises(Unavailable, match="takes no more conversations") as raised:
            await opened(slack, 2, tries=tries)
        assert raised.value.retry_after is not None
        assert 0 < raised.value.retry_after.total_seconds() <= 600
    assert len(slack.slack.calls) == calls
    clock.ahead += 600
    await opened(slack, 2, tries=4)
    assert slack.slack.calls_of("users.conversations") == []
    # Whoever may have made it looks, and so does who does not know what another process did.
    await opened(slack, 1, tries=2)
    await opened(slack, 3, tries=2)
    assert len(slack.slack.calls_of("users.conversations")) == 2
