"""A small HTTP server that a test owns: it answers, and on order it fails in the ways networks do."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any, status: int = 200, **headers: str) -> "Answer":
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})


class Trouble(Enum):
    HANG = auto()
    """Read the request, do nothing, say nothing."""
    TRICKLE = auto()
    """Answer 200 with a body that never ends, a byte at a time."""
    DROP = auto()
    """Read the request, do nothing, close."""
    DROP_AFTER_DOING = auto()
    """Do what was asked, and close without a word."""


Order = Answer | Trouble | bytes


class HttpServer:
    """`async with HttpServer(handle) as server`: it listens on `server.url`. An order is for the next request only;
    bytes are sent as they are."""

    def __init__(self, handle: Callable[[Request], Answer]) -> None:
        self.requests: list[Request] = []
        self.orders: deque[Order] = deque()
        self._handle = handle
        self._over = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._over.set()
        self._server.close()
        for connection in tuple(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while (request := await _read(reader)) and await self._serve(request, writer):
                pass
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client went away, or the test is over
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection lives on."""
        self.requests.append(request)
        order = self.orders.popleft() if self.orders else self._handle(request)
        if order is Trouble.HANG:
            await self._over.wait()
        if order is Trouble.TRICKLE:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.01)
        if order is Trouble.DROP_AFTER_DOING:
            self._handle(request)
        if isinstance(order, Trouble):
            return False
        if isinstance(order, bytes):
            writer.write(order)
            await writer.drain()
            return False
        bodiless = order.status < 200 or order.status in (204, 304)
        lines = [f"HTTP/1.1 {order.status} Whatever"]
        lines += [f"{name}: {value}" for name, value in order.headers.items()]
        lines += [] if bodiless else [f"Content-Length: {len(order.body)}"]
        writer.write("\r\n".join([*lines, "", ""]).encode() + (b"" if bodiless else order.body))
        await writer.drain()
        # After an interim answer the client waits for the final one, which never comes.
        return order.status >= 200


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *rows = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (row.partition(":") for row in rows)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body)
