"""How soon Slack hears that a command, a button or an event was taken: with nothing else to do, and while alerts come in. Beside it,
an app of the same framework that only acknowledges."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from tests.bench.beside import Beside, in_turn
from tests.bench.places import Place
from tests.bench.report import Row, at_most, beside, percentile
from tests.bench.slack_bare import Order
from tests.bench.slack_flow import Flow, flowing
from tests.bench.slack_workspace import Bot, Workspace, bare_running, workspace
from tests.contract.servers.slack import Channel, Message

TURNS = 30
"""In a round, of each."""

EVERY = 0.5
"""Seconds of a turn: Slack lets us look at fifty reactions a minute, and the bot gets no more."""

ALERTS = 500
MOST = 300.0
"""Milliseconds of the p99 while alerts come in."""

WHAT = ("command that reads", "command that writes", "button", "event")


@dataclass(frozen=True, slots=True)
class Side:
    """What `ana` does, in a channel where there is a card with buttons that stay, and how long each was waited for."""

    workspace: Workspace
    room: Channel
    card: Message

    async def reads(self) -> float:
        return await self._typed("status")

    async def writes(self) -> float:
        return await self._typed("note the volumes of this zone answer again")

    async def _typed(self, line: str) -> float:
        answered = await self.workspace.ana.slash(self.room, line)
        return _seconds(answered.acked, answered.seconds, answered.error)

    async def presses(self) -> float:
        answered = await self.workspace.ana.presses(self.room, self.card, "Acknowledge")
        return _seconds(answered.acked, answered.seconds, answered.error)

    async def reacts(self) -> float:
        slack, ana = self.workspace.slack, self.workspace.ana
        message = await ana.posts(self.room, "the volumes of this zone answer again")
        await slack.delivery.settled()
        await ana.reacts(self.room, message, "pushpin")
        event = slack.events[-1]
        await slack.delivery.settled()
        return _seconds(event.tries[0].acked, event.tries[0].seconds, event.tries[0].error)

    def all(self) -> Mapping[str, Callable[[], Awaitable[float]]]:
        return dict(zip(WHAT, (self.reads, self.writes, self.presses, self.reacts), strict=True))


@dataclass(slots=True)
class Acked:
    """Seconds; `refused` were too many calls for Slack."""

    idle: dict[str, Beside] = field(default_factory=lambda: {what: Beside() for what in WHAT})
    busy: dict[str, Beside] = field(default_factory=lambda: {what: Beside() for what in WHAT})
    alerts: list[float] = field(default_factory=list)
    refused: int = 0


def _seconds(acked: bool, seconds: float, error: str) -> float:
    if not acked:
        raise RuntimeError(f"it was not acknowledged: {error}")
    return seconds


def run(where: Place) -> list[Row]:
    acked = Acked()
    for turn in range(where.rounds):
        asyncio.run(_round(where, turn, acked))
    return [
        *(row for what in WHAT for row in _rows(where.name(f"{what} acknowledged, idle"), acked.idle[what], None)),
        *(
            row
            for what in WHAT
            for row in _rows(where.name(f"{what} acknowledged, {ALERTS} alerts/s"), acked.busy[what], MOST)
        ),
        at_most(where.name("accept meanwhile, p99"), max(acked.alerts) * 1000, "ms", None),
        at_most(where.name("refused with 429 meanwhile"), acked.refused, "calls", 0),
    ]


def _rows(name: str, seconds: Beside, most: float | None) -> list[Row]:
    p50, p99 = (
        beside(f"{name}, {called}", percentile(seconds.ours, part) * 1000, percentile(seconds.bare, part) * 1000, "ms")
        for called, part in (("p50", 0.5), ("p99", 0.99))
    )
    if most is None:
        return [p50, p99]
    met = percentile(seconds.ours, 0.99) * 1000 <= most
    return [p50, Row(p99.name, p99.number, p99.bare, p99.ratio, f"≤ {most:g} ms", met)]


async def _round(where: Place, turn: int, acked: Acked) -> None:
    async with AsyncExitStack() as stack:
        ours, plain = [await stack.enter_async_context(workspace(where)) for _ in range(2)]
        bot = await stack.enter_async_context(ours.bot_running())
        flow = Flow(bot.port, ALERTS, size=10, groups=10, seconds=TURNS * EVERY + 3)
        here = await _incident(ours, bot)
        order = Order(plain.slack.api_url, plain.slack.bot_token, plain.slack.app_token)
        await stack.enter_async_context(bare_running("acks", order.as_json()))
        sides = here, await _copy(here, plain)
        await _measured(sides, turn, acked.idle)
        await bot.quiet()
        async with flowing(flow) as flowed:
            await _measured(sides, turn, acked.busy)
        acked.alerts.append(flowed.seen["p99"])
        acked.refused += ours.slack.refused


async def _incident(ours: Workspace, bot: Bot) -> Side:
    number, _ = await bot.fire()
    await bot.quiet()
    room = ours.room(number)
    assert room is not None
    card = room.message(room.pins[0])
    assert card is not None
    return _with_card(ours, room, card)


async def _copy(side: Side, plain: Workspace) -> Side:
    """The same for the bare app."""
    room = await plain.ana.creates("inc-1-bare")
    await plain.ana.invites_bot(room)
    return _with_card(plain, room, side.card)


def _with_card(there: Workspace, room: Channel, card: Message) -> Side:
    """The card as it is now: the live one loses a button when it was pressed."""
    slack = there.slack
    return Side(there, room, slack.post(room, slack.bot_user, card.text, blocks=card.blocks, by_bot=True))


async def _measured(sides: tuple[Side, Side], turn: int, acked: dict[str, Beside]) -> None:
    begun = time.monotonic()
    for place in range(TURNS):
        await asyncio.sleep(max(0.0, begun + place * EVERY - time.monotonic()))
        for which, side in in_turn(place + turn, *sides):
            for what, does in side.all().items():
                acked[what].add(which, await does())
