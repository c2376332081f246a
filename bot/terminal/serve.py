"""`klatsch serve`: run until told to stop, then leave in order."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from bot.config import Config
from bot.for_commands import refusals
from bot.main import Klatsch

log = logging.getLogger(__name__)


def steady() -> None:
    """What is there after the start stays: the collector need not look through it whenever a storm makes it look. What of it
    is garbage stays too; it is less than a look for it is worth."""
    gc.freeze()
    gc.enable()


async def serve(config: Config, stopped: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Serve until `stopped` returns.

    0 after an orderly stop; 1 when it could not begin or something it needs broke, and the log says what.
    """
    klatsch = Klatsch(config)
    # Listens from the first moment: who stops us while we start finds an orderly stop too.
    stopping = asyncio.create_task(stopped(), name="stop")
    await asyncio.sleep(0)
    try:
        async with klatsch.running() as running:
            steady()
            for listener in running.listeners[1:]:
                print(f"klatsch shows a status page at {listener.url}", flush=True)
            print(f"klatsch serves {running.listeners[0].url}; Ctrl-C or SIGTERM stops it", flush=True)
            done, _ = await asyncio.wait([stopping, *running.tasks], return_when=asyncio.FIRST_COMPLETED)
            if stopping in done:
                log.info("stopping")
                return 0
            for task in done:
                log.error("%s ended by itself: %r", task.get_name(), task.exception())
            return 1
    except refusals() as error:
        log.error("cannot begin: %s", error)
        return 1
    finally:
        stopping.cancel()


def run(config: Config) -> int:
    """Serve until SIGTERM or Ctrl-C, on uvloop where there is one. What `serve` answers."""
    try:
        import uvloop
    except ImportError:
        factory = asyncio.new_event_loop
    else:
        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(serve(config, _stopped))


async def _stopped() -> None:
    """Returns at SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
