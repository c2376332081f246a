"""Lines that a person types, one after the other and many at once, until she sees their answers; beside it, a bot whose answer
is a constant of the same size."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from tests.bench.beside import Beside, in_turn
from tests.bench.matrix_bare import ADDRESS, Order
from tests.bench.matrix_client import Heard
from tests.bench.matrix_town import Bot, Town

BLOCKS, BLOCK, BURSTS, AT_ONCE = 4, 10, 2, 20
"""In a round, of each line: so many blocks of so many one after the other, then so many bursts of so many at once."""

LINES = {"status": "status", "note": "note the volumes of this zone answer again"}
"""One that reads and one that writes, by the word that they begin with."""

Answers = dict[str, dict[str, Any]]


@dataclass(slots=True)
class Answered:
    """`waited`: seconds from the line's being accepted by the homeserver until its answer was seen. `rate`: lines a second, each
    typed when the last one was answered; `at_once`: of many that are typed together."""

    waited: Beside = field(default_factory=Beside)
    rate: Beside = field(default_factory=Beside)
    at_once: Beside = field(default_factory=Beside)


async def typed(town: Town, room: str, by: str, line: str) -> tuple[float, Heard]:
    """When the line was accepted, and the answer. Raises DidNotCome when there is none, RuntimeError when nothing was done."""
    message = await town.ana.say(room, f"{ADDRESS}{line}")
    accepted = time.monotonic()
    heard = await town.ear.hear("answer", message, by)
    said = str(heard.event["content"]["body"])
    if "INC-" not in said or "Not done" in said:
        raise RuntimeError(f"{line!r} was answered with {said!r}")
    return accepted, heard


async def learn_answers(town: Town, room: str) -> Answers:
    """What the bot answers to each line, without what it answers to."""
    learned: Answers = {}
    for word, line in LINES.items():
        _, heard = await typed(town, room, town.bot.user_id, line)
        learned[word] = {key: value for key, value in heard.event["content"].items() if key != "m.relates_to"}
    return learned


async def round_of_lines(bot: Bot, room: str, plain: str, answers: Answers, answered: dict[str, Answered]) -> None:
    """`room` is the incident's, `plain` the bare client's."""
    town = bot.town
    order = Order.of(town.homeserver.url, town.bare.account, answers)
    async with town.bare_running("answers", order):
        places = (room, town.bot.user_id), (plain, town.bare.user_id)
        for word, line in LINES.items():
            for turn in range(BLOCKS):
                for which, (where, by) in in_turn(turn, *places):
                    waited, seconds = await _one_by_one(town, where, by, line)
                    answered[word].waited.add(which, *waited)
                    answered[word].rate.add(which, BLOCK / seconds)
                    await bot.quiet()
            for turn in range(BURSTS):
                for which, (where, by) in in_turn(turn, *places):
                    answered[word].at_once.add(which, AT_ONCE / await _at_once(town, where, by, line))
                    await bot.quiet()


async def _one_by_one(town: Town, room: str, by: str, line: str) -> tuple[list[float], float]:
    """Seconds of each answer, and of all of it."""
    waited = []
    begun = time.monotonic()
    for _ in range(BLOCK):
        accepted, heard = await typed(town, room, by, line)
        waited.append(heard.at - accepted)
    return waited, time.monotonic() - begun


async def _at_once(town: Town, room: str, by: str, line: str) -> float:
    begun = time.monotonic()
    done = await asyncio.gather(*(typed(town, room, by, line) for _ in range(AT_ONCE)))
    return max(heard.at for _, heard in done) - begun
