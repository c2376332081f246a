"""What comes first, where a provider takes less than there is."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

from bot.incident.model import Severity
from bot.ports import Unavailable
from tests.contract.stage import Stage
from tests.fakes import Orders


async def test_of_those_who_were_told_to_come_back_at_once_the_most_urgent_is_first(stage: Stage):
    """When there is room for one of them it is that one, whichever was there before."""
    stage.chat.by_method["open_room"] = Orders(always=Unavailable("limited", timedelta(seconds=5)))
    await stage.open("Slow", private=True, severity=Severity.SEV3)
    await stage.open("Down", private=True, severity=Severity.SEV1)
    await stage.deliverer.drain()
    stage.clock.forward(seconds=5)
    stage.chat.by_method["open_room"] = Orders(then=deque([None]), always=Unavailable("limited", timedelta(seconds=5)))
    await stage.deliverer.drain()
    stage.clock.forward(seconds=1)
    await stage.deliverer.drain()
    assert [bool(stage.incident(number).rooms) for number in (1, 2)] == [False, True]
