"""Messages that were said while nobody listened, until all the lines among them are answered; beside it, a client that reads the same
messages and says a constant to the same lines."""

from __future__ import annotations

import asyncio
import time

from tests.bench.beside import Beside, in_turn
from tests.bench.matrix_bare import ADDRESS, Order
from tests.bench.matrix_lines import Answers
from tests.bench.matrix_town import Town
from tests.servers.klatsch import incidents

MESSAGES, EVERY = 1_000, 20
"""Every so many is a line."""

PATIENCE = 120.0
"""Seconds in which all of them are answered."""


async def round_of_missed(town: Town, room: str, answers: Answers, turn: int, seconds: Beside) -> None:
    """The bot does not run, and neither does the bare one. Each is told of the same messages once."""
    since = await town.bare.place()
    lines = await _said(town, room, turn)

    async def ours() -> float:
        async with town.bot_running() as bot:
            took = await _answered(town, lines, town.bot.user_id)
            await bot.quiet()
        return took

    async def bare() -> float:
        order = Order.of(town.homeserver.url, town.bare.account, answers, since=since, room=room)
        async with town.bare_running("catch_up", order) as process:
            took = await _answered(town, lines, town.bare.user_id)
            if await asyncio.to_thread(process.told) != ["done"]:
                raise RuntimeError("the bare client did not come to its end")
        return took

    for which, caught_up in in_turn(turn, ours, bare):
        seconds.add(which, await caught_up())
    await asyncio.to_thread(_check, town, lines)


async def _said(town: Town, room: str, turn: int) -> dict[str, str]:
    """The lines by their messages, in their order."""
    lines = {}
    for number in range(MESSAGES):
        if number % EVERY == EVERY - 1:
            line = f"note line {turn}.{number} of what was missed"
            lines[await town.ana.say(room, f"{ADDRESS}{line}")] = line
        else:
            await town.ana.say(room, f"{number}: the volumes answer, and then again they do not")
    return lines


async def _answered(town: Town, lines: dict[str, str], by: str) -> float:
    """Seconds until all of them are. Raises DidNotCome."""
    begun = time.monotonic()
    heard = [await town.ear.hear("answer", message, by, within=PATIENCE) for message in lines]
    return max(one.at for one in heard) - begun


def _check(town: Town, lines: dict[str, str]) -> None:
    """Each was done once, in the order in which they were typed. Raises RuntimeError."""
    noted = [entry["text"] for entry in incidents(town.folder)[0]["timeline"] if entry["kind"] == "noted"]
    expected = [line.removeprefix("note ") for line in lines.values()]
    if noted[-len(expected) :] != expected:
        raise RuntimeError(f"of {len(expected)} lines that were missed the timeline holds {noted[-len(expected) :]}")
