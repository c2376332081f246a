"""From an alert that was accepted to a channel that is ready: its card pinned, everybody invited. Beside it, the same calls by the
SDK's client, in a workspace of its own, so that neither has less of what Slack allows in a minute."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from tests.bench.beside import Beside, in_turn
from tests.bench.places import Place, Served
from tests.bench.report import Row, at_most, beside, percentile
from tests.bench.slack_bare import Order
from tests.bench.slack_calls import counted
from tests.bench.slack_workspace import Bot, Workspace, bare_running, workspace
from tests.contract.servers.slack import Call

INCIDENTS = 8
"""In a round, and one before them: Slack lets us make twenty channels a minute."""

MOST_CALLS = 10


@dataclass(slots=True)
class Opened:
    """Seconds; calls for each incident, with its announcement and what is said until nothing waits; how many were refused."""

    ready: Beside = field(default_factory=Beside)
    calls: list[list[str]] = field(default_factory=list)
    refused: int = 0


def run(where: Place) -> list[Row]:
    opened = Opened()
    for _ in range(where.rounds):
        asyncio.run(_round(where, opened))
    name = where.name("alert accepted to channel ready")
    most = max(opened.calls, key=len)
    return [
        *(
            beside(
                f"{name}, {called}",
                percentile(opened.ready.ours, part) * 1000,
                percentile(opened.ready.bare, part) * 1000,
                "ms",
            )
            for called, part in (("p50", 0.5), ("p99", 0.99))
        ),
        counted(where.name("calls for an incident opened"), most, MOST_CALLS),
        at_most(where.name("refused with 429"), opened.refused, "calls", 0),
    ]


async def _round(where: Place, opened: Opened) -> None:
    async with workspace(where) as ours, workspace(where) as plain, ours.bot_running() as bot:
        order = await _learned(ours, plain, bot)
        async with bare_running("rooms", order.as_json()) as bare:
            for turn in range(INCIDENTS):
                for which, _ in in_turn(turn, None, None):
                    if which == "ours":
                        opened.ready.add("ours", await _ours(ours, bot, opened))
                    else:
                        opened.ready.add("bare", await _bare(plain, bare, turn + 1))
        opened.refused += ours.slack.refused


async def _learned(ours: Workspace, plain: Workspace, bot: Bot) -> Order:
    """The first one also imports what the bot needs for it."""
    number, _ = await bot.fire()
    await bot.quiet()
    room = ours.room(number)
    assert room is not None
    ready = await ours.ready(room)
    calls = [call for call in ours.calls_in(room) if call.at <= ready]
    return Order.rooms_like(plain.slack, calls, room.id, room.pins[0])


async def _ours(ours: Workspace, bot: Bot, opened: Opened) -> float:
    before = len(ours.slack.calls)
    number, accepted = await bot.fire()
    # What follows a card by seconds is no part of what is measured next.
    await bot.quiet()
    room = ours.room(number)
    assert room is not None
    opened.calls.append([call.method for call in _done(ours.slack.calls[before:])])
    return await ours.ready(room) - accepted


def _done(calls: list[Call]) -> list[Call]:
    return [call for call in calls if call.method != "apps.connections.open"]


async def _bare(plain: Workspace, bare: Served, number: int) -> float:
    assert bare.process.stdin is not None
    bare.process.stdin.write(f"inc-{number}-volumes-are-slow\n")
    bare.process.stdin.flush()
    _, begun = await asyncio.to_thread(bare.told)
    room = plain.room(number)
    assert room is not None
    return await plain.ready(room) - float(begun)
