"""What the tests of the ports and of the shell may ask for."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage.engine import Database
from tests.contract.chat_harness import MatrixHarness
from tests.contract.slack_harness import SlackHarness
from tests.contract.slack_harness import slack as workspace
from tests.contract.stage import Stage, on_stage
from tests.databases import made_in
from tests.world import RULES, World


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with nothing in it; making one takes longer than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "klatsch.db"
    World(Database(f"sqlite:///{file}")).close()
    return file


@pytest.fixture
def prepared(migrated: Path, tmp_path: Path) -> Path:
    """A folder with a `klatsch.db` of one's own."""
    shutil.copy(migrated, tmp_path)
    return tmp_path


@pytest.fixture
async def stage(world: World, tmp_path: Path) -> AsyncIterator[Stage]:
    async with on_stage(world, tmp_path) as stage:
        yield stage


@pytest.fixture
async def matrix(synapse_server: Any, tmp_path: Path) -> AsyncIterator[MatrixHarness]:
    database = Database(made_in(tmp_path))
    harness = MatrixHarness(synapse_server, database, "matrix")
    await harness.prepare()
    yield harness
    await harness.platform.aclose()
    database.close()


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SlackHarness]:
    async with workspace(tmp_path, lambda name: None) as harness:
        yield harness


@pytest.fixture
async def two_platforms(world: World, tmp_path: Path) -> AsyncIterator[Stage]:
    world.rules = replace(RULES, policy=replace(RULES.policy, platforms=("console", "matrix")))
    async with on_stage(world, tmp_path) as stage:
        yield stage


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[World]:
    """The shell over the database in which the adapter remembers things."""
    world = World(Database(f"sqlite:///{tmp_path}/klatsch.db"))
    yield world
    world.close()
