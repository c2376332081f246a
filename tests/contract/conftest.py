"""What the tests of the ports and of the shell may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.stage import Stage, on_stage
from tests.world import RULES, World


@pytest.fixture
async def stage(world: World, tmp_path: Path) -> AsyncIterator[Stage]:
    async with on_stage(world, tmp_path) as stage:
        yield stage


@pytest.fixture
async def two_platforms(world: World, tmp_path: Path) -> AsyncIterator[Stage]:
    world.rules = replace(RULES, policy=replace(RULES.policy, platforms=("console", "matrix")))
    async with on_stage(world, tmp_path) as stage:
        yield stage
