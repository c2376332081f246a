"""How many calls a note and an alert cost, and a storm of 10,000 alerts into one incident within a minute."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from tests.bench.places import Place
from tests.bench.report import Row, at_most
from tests.bench.slack_flow import Flow, flowing
from tests.bench.slack_workspace import Workspace, workspace
from tests.bench.webhooks import storm
from tests.contract.servers.slack import Call

ALERTS, SECONDS = 10_000, 60
MOST = 100
STALE = 10.0
"""Seconds that a card may lag behind."""


@dataclass(slots=True)
class Counted:
    note: list[str] = field(default_factory=list)
    alert: list[str] = field(default_factory=list)
    storm: list[str] = field(default_factory=list)
    stalest: float = 0.0
    refused: int = 0


def run(where: Place) -> list[Row]:
    """Once, however many rounds: what is counted is the same every time."""
    found = asyncio.run(_counted(where))
    name = where.name(f"{ALERTS:,} alerts in {SECONDS} s into one incident")
    return [
        counted(where.name("calls for a note"), found.note, None),
        counted(where.name("calls for an alert more"), found.alert, None),
        counted(name, found.storm, MOST),
        at_most(f"{name}, longest between two changes of the card", found.stalest, "s", STALE),
        at_most(f"{name}, refused with 429", found.refused, "calls", 0),
    ]


def counted(name: str, methods: Sequence[str], most: int | None) -> Row:
    """How many, and of which methods."""
    said = ", ".join(f"{count} {method.partition('.')[2]}" for method, count in Counter(methods).items())
    return replace(at_most(name, len(methods), "calls", most), bare=said)


async def _counted(where: Place) -> Counted:
    found = Counted()
    async with workspace(where) as ours, ours.bot_running() as bot:
        await bot.post(storm(1))
        await bot.quiet()
        room = ours.room(1)
        assert room is not None
        before = len(ours.slack.calls)
        assert (await ours.ana.slash(room, "note the volumes of this zone answer again")).acked
        await bot.quiet()
        found.note = _methods(ours, before)
        before = len(ours.slack.calls)
        await bot.post(storm(1, first=1))
        await bot.quiet()
        found.alert = _methods(ours, before)
        before = len(ours.slack.calls)
        flow = Flow(bot.port, -(-ALERTS // SECONDS), size=10, groups=1, seconds=SECONDS, alerts=ALERTS)
        async with flowing(flow):
            pass
        await bot.quiet(within=90)
        found.storm = _methods(ours, before)
        found.stalest = _stalest(ours.slack.calls[before:])
        found.refused = ours.slack.refused
    return found


def _methods(ours: Workspace, before: int) -> list[str]:
    return [call.method for call in ours.slack.calls[before:]]


def _stalest(calls: Sequence[Call]) -> float:
    changed = [call.at for call in calls if call.method == "chat.update" and not call.error]
    return max((later - earlier for earlier, later in pairwise(changed)), default=0.0)
