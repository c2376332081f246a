"""Cuts the line to a PostgreSQL that has stopped answering, so that whoever waits for it hears so.

A server whose disk hangs, or that was stopped and is not gone, takes what is sent and says nothing: the system sees a
live connection, and the driver waits for ever. A statement timeout is the server's own and hangs with it.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LOOKS_EVERY = 1.0
"""Seconds."""


class Watch:
    """A thread that looks after transactions; it begins with the first one and ends with `close`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._held: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def over(self, descriptor: int) -> Iterator[None]:
        """When the block takes longer than our patience, the socket of `descriptor` is shut down, and reading from it
        fails."""
        # A descriptor of our own: the driver's may be closed, and its number belong to another connection.
        held = socket.socket(fileno=os.dup(descriptor))
        with self._lock:
            self._held[held] = time.monotonic() + self._seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="database watch", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                del self._held[held]
            held.close()

    def close(self) -> None:
        self._closed.set()

    def _look(self) -> None:
        while not self._closed.wait(LOOKS_EVERY):
            now = time.monotonic()
            with self._lock:
                for held, deadline in self._held.items():
                    if now > deadline:
                        _cut(held)


def _cut(held: socket.socket) -> None:
    try:
        held.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The other side was faster.
        return
