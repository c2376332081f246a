"""The frame of the smaller crash tests: a story is lived once by a bot that nobody kills, and again and again by one that is killed at one of
its steps and then begun again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from tests.integration.crash_story import Job
from tests.integration.theatre import ALL, KILLED, Life, Step, Theatre, lived, theatre

T = TypeVar("T")


def after_something(steps: list[Step]) -> list[Step]:
    """What a step before something leaves, on the disk and outside, is what the step before it left."""
    return [step for step in steps if step[0].startswith("after ")]


@dataclass(frozen=True)
class Play(Generic[T]):
    """`story` is its fork server. `left` answers what is left in the end, `check` refuses what may not be; `outside` says what is wrong with
    what the servers outside heard. `sharp` are the steps that are tried. `same`: each life leaves exactly what the first one did."""

    story: str
    left: Callable[[Job], T]
    check: Callable[[T], None]
    outside: Callable[[Theatre, Life], list[str]]
    sharp: Callable[[list[Step]], list[Step]] = after_something
    same: bool = False


async def lives(play: Play[T], folder: Path, server: str | None, *, every: int) -> None:
    """`every` so manyth of the sharp steps, or all steps there are where the environment says so."""
    async with theatre(folder, server, play.story) as stage:
        async with stage.life() as life:
            assert await stage.run(life) == 0, life.log()
            assert play.outside(stage, life) == []
            undisturbed = await asyncio.to_thread(play.left, life.job)
            play.check(undisturbed)
            steps = life.numbered()
        chosen = steps if ALL else play.sharp(steps)[::every]
        died = await lived(chosen, lambda step: _survives(stage, play, step, undisturbed))
    # Which looks see something first is chance, so some steps of one life do not come in another.
    assert sum(died) >= len(chosen) * 2 // 3


async def _survives(stage: Theatre, play: Play[T], step: Step, undisturbed: T) -> tuple[list[str], bool]:
    """What is wrong after a life in which the bot died at `step`, and whether it did."""
    async with stage.life() as life:
        died = await stage.run(life, kill_at=step) == KILLED
        if died and (ended := await stage.run(life)):
            return [f"{step}: the story did not end ({ended})\n{life.log()}"], died
        found = await asyncio.to_thread(play.left, life.job)
        wrong = play.outside(stage, life)
        try:
            play.check(found)
        except AssertionError as error:
            wrong.append(f"{found}: {error}")
        if play.same and found != undisturbed:
            wrong.append(f"{found}\ninstead of {undisturbed}")
        return [f"{step} {life.killed_at}: {problem}" for problem in wrong], died
