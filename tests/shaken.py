"""Delays wherever a scheduler may put them, in threads before they begin and before what they did is heard of: `-p tests.shaken`.

It finds what is right on a quiet machine alone, in a test or in the code. What fails so may fail one day without, and is
mended, not tried again. Programs that a test starts are not shaken; more processes than cores shake them.
"""

from __future__ import annotations

import random
import threading
import time
from asyncio import AbstractEventLoop, Future
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

import pytest

T = TypeVar("T")

DELAYED, HELD_UP = 0.5, 0.05
"""Of all occasions, the part that waits a moment, and the part that waits long."""

MOMENT, LONG = 0.03, 0.3
"""Seconds at most."""


def pause(chance: random.Random) -> None:
    drawn = chance.random()
    if drawn < DELAYED:
        time.sleep(chance.uniform(0.0, LONG if drawn < HELD_UP else MOMENT))


class Shaken:
    """The plugin while tests run."""

    def __init__(self) -> None:
        self._chance = random.Random()
        self._patched = pytest.MonkeyPatch()

    def pytest_sessionstart(self) -> None:
        in_executor, run, chance = BaseEventLoop.run_in_executor, threading.Thread.run, self._chance

        def run_in_executor(
            loop: AbstractEventLoop, executor: Executor | None, call: Callable[..., T], *args: object
        ) -> Future[T]:
            def shaken() -> T:
                pause(chance)
                try:
                    return call(*args)
                finally:
                    pause(chance)

            return in_executor(loop, executor, shaken)

        def run_later(thread: threading.Thread) -> None:
            pause(chance)
            run(thread)

        self._patched.setattr(BaseEventLoop, "run_in_executor", run_in_executor)
        self._patched.setattr(threading.Thread, "run", run_later)

    def pytest_sessionfinish(self) -> None:
        self._patched.undo()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Shaken(), "shaken")
