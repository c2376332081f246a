"""What somebody types at the terminal. Waiting for it never keeps the program from ending."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from io import FileIO
from threading import Thread

STANDARD_INPUT = 0


async def typed_line() -> str:
    """The next line of standard input without its line break; empty for an empty line.

    Raises EOFError at the end of the input.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()

    def read() -> None:
        # Unbuffered: a thread that waits inside a buffer holds its lock, and the interpreter could not end.
        try:
            line = FileIO(STANDARD_INPUT, closefd=False).readline()
        except OSError:
            line = b""
        # Whoever waited may be gone, and the loop with them.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_give, answer, line)

    Thread(target=read, name="keyboard", daemon=True).start()
    line = await answer
    if not line:
        raise EOFError
    return line.decode(errors="replace").rstrip("\r\n")


def _give(answer: asyncio.Future[bytes], line: bytes) -> None:
    if not answer.done():
        answer.set_result(line)
