"""A part that a bot cannot be without ends by itself: the process says so, and ends too."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import bot.terminal.serve
from bot.config import load
from bot.inbox import Writer
from tests.servers.klatsch import write_config
from tests.until import PATIENCE


async def test_the_death_of_the_writer_ends_the_process_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    serves = asyncio.Event()

    async def dies(_: Writer) -> None:
        await serves.wait()
        raise RuntimeError("a bug")

    monkeypatch.setattr(Writer, "run", dies)
    # The last thing before it only waits.
    monkeypatch.setattr(bot.terminal.serve, "steady", serves.set)
    config = load(write_config(tmp_path, f"sqlite:///{tmp_path}/klatsch.db"), {})
    async with asyncio.timeout(PATIENCE):
        assert await bot.terminal.serve.serve(config, asyncio.Event().wait) == 1
    assert "writer ended by itself: RuntimeError('a bug')" in caplog.text
