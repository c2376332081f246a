"""Waiting for what must come: asked for again and again, never for longer than it may take, and never for a guessed time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 40.0
"""Seconds. Nothing takes as long as that on a machine that is busy; so what has not come by then does not come."""

EVERY = 0.02
"""Seconds between two looks."""


class DidNotCome(AssertionError):
    """The time is over; the message says what was waited for."""


async def until(
    there: Callable[[], T | Awaitable[T]], what: str, *, within: float = PATIENCE, every: float = EVERY
) -> T:
    """What `there` answers as soon as that is something. Raises DidNotCome, naming `what`, after `within` seconds.

    `there` may be a coroutine function; one that asks another process should be, so that nothing here is held up.
    """
    end, over = time.monotonic() + within, False
    while True:
        answer = there()
        found: T = await answer if isawaitable(answer) else answer
        if found:
            return found
        over = _over(over, end, what, within)
        await asyncio.sleep(every)


def wait_until(there: Callable[[], T], what: str, *, within: float = PATIENCE, every: float = EVERY) -> T:
    """The same where no loop runs."""
    end, over = time.monotonic() + within, False
    while not (found := there()):
        over = _over(over, end, what, within)
        time.sleep(every)
    return found


def _over(over: bool, end: float, what: str, within: float) -> bool:
    """Whether the time is over. Raises DidNotCome when it was before the last look: who was held up for long looks once more."""
    if over:
        raise DidNotCome(f"{what} did not come within {within:g} s")
    return time.monotonic() >= end
