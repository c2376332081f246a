"""Listening: one uvicorn server an address, started and stopped by us."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from bot.addresses import url

STOP_WITHIN = 3
"""Seconds that requests under way get when we stop."""


class CannotListen(Exception):
    """The address is taken, or not ours; the message says which and what to do."""


class _Server(uvicorn.Server):
    """Signals are the composition root's business: it stops everything in order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _NoWebSocket(asyncio.Protocol):
    """Who asks for a WebSocket is refused: nothing here is one, and the library for them is memory and time of every start."""

    def __init__(self, **_: object) -> None:
        super().__init__()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        transport.close()


class Listener:
    """One address. `port` is the real one, also when 0 was asked for."""

    def __init__(self, host: str, port: int, *, key: str) -> None:
        """Takes the address at once. `key` is where the configuration names it. Raises CannotListen."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server((host, port), family=family, backlog=1024)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise CannotListen(
                f"Cannot listen on {host}:{port} ({reason}). Another program may have it; change `{key}`, or stop that."
            ) from error
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """The address as it can be typed into a browser on this machine."""
        return url(self.host, self.port)

    async def run(self, app: ASGIApp) -> None:
        """Serve `app` until `stop`."""
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws=_NoWebSocket,
            server_header=False,
            date_header=True,
            timeout_graceful_shutdown=STOP_WITHIN,
            timeout_keep_alive=75,
            limit_concurrency=2000,
            h11_max_incomplete_event_size=64 * 1024,
        )
        self._server = _Server(config)
        await self._server.serve(sockets=[self._socket])

    async def started(self) -> None:
        """Returns once requests are answered."""
        while not (self._server and self._server.started):  # noqa: ASYNC110 - uvicorn offers a flag and no event
            await asyncio.sleep(0.005)

    def stop(self) -> None:
        """Take no new request; those under way are finished. What never served gives its address back."""
        if self._server is None:
            self._socket.close()
        else:
            self._server.should_exit = True
