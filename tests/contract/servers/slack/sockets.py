"""Socket Mode: tickets, connections, envelopes and their acknowledgements."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.contract.servers.slack.clock import Passing
from tests.contract.servers.slack.model import APP

TICKET_LIVES = 30.0
MOST_CONNECTIONS = 10
GONE = "connection_failed"
LATE = "timeout"


@dataclass
class Outcome:
    """What came of one delivery: whether it was acknowledged in time, after how many seconds, and with what."""

    acked: bool
    seconds: float
    payload: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    status: int = 0
    """HTTP mode only."""
    no_retry: bool = False


class Sockets:
    """`refused`: the handshakes that were answered 408. `odd`: what came from the app that is no acknowledgement."""

    def __init__(self, passing: Passing) -> None:
        self._passing = passing
        self.connections: list[web.WebSocketResponse] = []
        self._transports: dict[web.WebSocketResponse, asyncio.Transport] = {}
        self.opened = 0
        self.refused = 0
        self.odd: list[str] = []
        self.refusing = False
        self._tickets: dict[str, float] = {}
        self._waiting: dict[str, tuple[web.WebSocketResponse, asyncio.Future[dict[str, Any]]]] = {}
        self._turn = itertools.count()
        self._numbers = itertools.count(1)

    def ticket(self) -> str:
        found = secrets.token_hex(16)
        self._tickets[found] = self._passing.now()
        return found

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A ticket is good once and for thirty seconds."""
        at = self._tickets.pop(request.query.get("ticket", ""), None)
        if at is None or self._passing.now() - at > TICKET_LIVES or self.refusing:
            self.refused += 1
            return web.Response(status=408)
        socket = web.WebSocketResponse(heartbeat=None, max_msg_size=2**22)
        await socket.prepare(request)
        if len(self.connections) >= MOST_CONNECTIONS:
            await self._disconnect(socket, "too_many_websockets")
            return socket
        self.connections.append(socket)
        assert request.transport is not None
        self._transports[socket] = request.transport
        self.opened += 1
        try:
            await socket.send_json(
                {
                    "type": "hello",
                    "num_connections": len(self.connections),
                    "debug_info": {"host": "applink", "build_number": 1, "approximate_connection_time": 18060},
                    "connection_info": {"app_id": APP},
                }
            )
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._heard(message.data)
        except ConnectionError:
            pass  # the app went away in the middle of it
        finally:
            self._gone(socket)
        return socket

    def _gone(self, socket: web.WebSocketResponse) -> None:
        if socket in self.connections:
            self.connections.remove(socket)
        self._transports.pop(socket, None)
        for over, waiting in list(self._waiting.values()):
            if over is socket and not waiting.done():
                waiting.set_exception(ConnectionResetError())

    def _heard(self, text: str) -> None:
        try:
            said = json.loads(text)
        except ValueError:
            said = None
        if not isinstance(said, dict) or said.keys() - {"envelope_id", "payload"}:
            self.odd.append(text)
            return
        found = self._waiting.get(said.get("envelope_id", ""))
        payload = said.get("payload") or {}
        if found is None or found[1].done() or not isinstance(payload, dict):
            self.odd.append(text)
            return
        found[1].set_result(payload)

    async def send(
        self, kind: str, payload: dict[str, Any], *, patience: float, attempt: int = 0, reason: str = ""
    ) -> Outcome:
        """Over one of the connections; acknowledged within `patience` seconds, or not."""
        started = time.monotonic()
        if not self.connections:
            return Outcome(False, 0.0, error=GONE)
        socket = self.connections[next(self._turn) % len(self.connections)]
        id = f"00000000-0000-4000-9000-{next(self._numbers):012d}"
        envelope: dict[str, Any] = {"envelope_id": id, "type": kind, "payload": payload}
        envelope["accepts_response_payload"] = kind != "events_api"
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        waiting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[id] = (socket, waiting)
        try:
            await socket.send_json(envelope)
            found = await asyncio.wait_for(waiting, patience)
            if found and kind == "events_api":
                self.odd.append(json.dumps(found))
            return Outcome(True, time.monotonic() - started, found)
        except ConnectionError:
            return Outcome(False, time.monotonic() - started, error=GONE)
        except TimeoutError:
            return Outcome(False, time.monotonic() - started, error=LATE)
        finally:
            waiting.cancel()
            del self._waiting[id]

    def cut(self) -> None:
        """Without a word."""
        for socket in list(self.connections):
            self._transports[socket].abort()
            self._gone(socket)

    async def refresh(self) -> None:
        """The app is to connect anew, and to close the old connections itself; until then what it acknowledges there counts."""
        for socket in list(self.connections):
            self.connections.remove(socket)
            await self._disconnect(socket, "refresh_requested")

    async def warn(self) -> None:
        for socket in list(self.connections):
            await socket.send_json({"type": "disconnect", "reason": "warning", "debug_info": {"host": "applink"}})

    async def _disconnect(self, socket: web.WebSocketResponse, reason: str) -> None:
        await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink"}})
