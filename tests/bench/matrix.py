"""Matrix on a real homeserver: from an alert to its room, lines answered, and catching up with what was missed.

All of it is seen by the client of a person. Beside each number stands the same done by a client without rules, on the same
homeserver, in turn with ours.
"""

from __future__ import annotations

import asyncio

from tests.bench.beside import Beside
from tests.bench.matrix_lines import AT_ONCE, LINES, Answered, learn_answers, round_of_lines
from tests.bench.matrix_missed import MESSAGES, round_of_missed
from tests.bench.matrix_rooms import Opened, bare_rooms, found, round_of_rooms
from tests.bench.matrix_town import town
from tests.bench.places import Place
from tests.bench.report import Row, at_least, beside, middle, percentile
from tests.servers.synapse import Synapse, synapse

MOST = 1.5
"""Times what the bare bot takes for an answer."""


def run(where: Place) -> list[Row]:
    with synapse() as homeserver:
        return asyncio.run(_measured(where, homeserver))


async def _measured(where: Place, homeserver: Synapse) -> list[Row]:
    opened, answered, missed = Opened(), {word: Answered() for word in LINES}, Beside()
    async with town(where, homeserver) as here:
        async with here.bot_running() as bot:
            room = (await found(here, *await bot.fire())).room
            await bot.quiet()
            bare = await bare_rooms(here, room)
            plain = (await found(here, *await bare.begin())).room
            answers = await learn_answers(here, room)
            for _ in range(where.rounds):
                await round_of_rooms(bot, bare, opened)
                await round_of_lines(bot, room, plain, answers, answered)
        await here.bare.join(room)
        for turn in range(where.rounds):
            await round_of_missed(here, room, answers, turn, missed)
    return [
        *_waits(where.name("alert accepted to invited"), opened.invited),
        *_waits(where.name("alert accepted to card seen"), opened.card),
        *(row for word in LINES for row in _lines(where.name(f"`{word}`"), answered[word])),
        beside(
            where.name(f"{MESSAGES:,} missed messages, all answered"),
            middle(missed.ours, float),
            middle(missed.bare, float),
            "s",
        ),
    ]


def _lines(name: str, found: Answered) -> list[Row]:
    rates = (("one after the other", found.rate), (f"{AT_ONCE} at once", found.at_once))
    return [
        *_waits(f"{name} accepted to answered", found.waited, MOST),
        *(
            at_least(
                f"{name} {how}",
                middle(rate.ours, float),
                middle(rate.bare, float),
                "lines/s",
                of="lines/s",
                least=round(1 / MOST, 2),
            )
            for how, rate in rates
        ),
    ]


def _waits(name: str, seconds: Beside, most: float | None = None) -> list[Row]:
    """The target is for what is usual."""
    return [
        beside(
            f"{name}, {called}",
            percentile(seconds.ours, part) * 1000,
            percentile(seconds.bare, part) * 1000,
            "ms",
            most=most if part == 0.5 else None,
        )
        for called, part in (("p50", 0.5), ("p99", 0.99))
    ]
