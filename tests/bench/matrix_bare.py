"""The bare parts of the benches of Matrix: what nobody can do without, by a client that has no rules and keeps nothing.

`python -m tests.bench.matrix_bare answers|catch_up` is a process of its own, as the bot is: its order comes as JSON on standard
input, it says `ready`, and then `done` when it caught up.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import uvloop
from nio import (
    AsyncClient,
    AsyncClientConfig,
    MatrixRoom,
    MessageDirection,
    RoomMessagesResponse,
    RoomMessageText,
    RoomSendResponse,
    SyncResponse,
)

from tests.bench.matrix_client import Client, Json
from tests.servers.synapse import NAME, Account

ADDRESS = "!incident "
WAITS = 30_000
PAGE = 100
"""Events in one answer, as the bot asks for them."""

_FILTER = {"room": {"timeline": {"limit": PAGE}}}


@dataclass(frozen=True, slots=True)
class Order:
    """`answers`: what to say to the line that begins with a word. `since` and `room`: what to catch up with."""

    url: str
    account: dict[str, str]
    answers: dict[str, dict[str, Any]]
    since: str = ""
    room: str = ""

    @classmethod
    def of(cls, url: str, account: Account, answers: Mapping[str, dict[str, Any]], **more: str) -> Order:
        return cls(url, asdict(account), dict(answers), **more)

    def as_json(self) -> str:
        return json.dumps(asdict(self))


class BareRooms:
    """Opens rooms like one that is there: the same content, and no look at what is there already."""

    def __init__(
        self, client: Client, announce: str, person: str, state: list[Json], card: Json, announcement: Json
    ) -> None:
        self._client = client
        self._announce = announce
        self._person = person
        self._state = state
        self._card = card
        self._announcement = announcement
        self._opened = 0
        self._opening: asyncio.Task[None] | None = None

    async def begin(self) -> tuple[str, float]:
        """By what the room is known, and when its opening began; it goes on."""
        self._opened += 1
        mark = f"bare-{self._opened}"
        self._opening = asyncio.create_task(self._open(mark))
        return mark, time.monotonic()

    async def finished(self) -> None:
        """Raises what kept it from being opened."""
        if self._opening is not None:
            await self._opening

    async def _open(self, mark: str) -> None:
        ask = self._client.ask
        room = str((await ask("POST", "createRoom", body=creation(self._state, mark)))["room_id"])
        speaking = f"#{mark}-volumes-are-slow:{NAME}"
        await ask("PUT", "directory", "room", speaking, body={"room_id": room})
        both = {"alias": speaking, "alt_aliases": [f"#{mark}:{NAME}"]}
        await self._client.put_state(room, "m.room.canonical_alias", both)
        card = await self._client.send(room, self._card)
        await self._client.put_state(room, "m.room.pinned_events", {"pinned": [card]})
        await self._client.send(self._announce, self._announcement)
        await ask("POST", "rooms", room, "invite", body={"user_id": self._person})


def creation(state: list[Json], local: str) -> dict[str, Any]:
    """The body of `createRoom` that makes a room with the state of another one, under a name and an alias of its own."""
    held = {event["type"]: event["content"] for event in state if event["state_key"] == ""}
    own = [{"type": kind, "state_key": "", "content": held[kind]} for kind in held if kind.startswith("org.")]
    return {
        "room_alias_name": local,
        "name": f"{local}-{held['m.room.name']['name']}",
        "topic": held["m.room.topic"]["topic"],
        "preset": "public_chat",
        "visibility": "private",
        "initial_state": own,
        "power_level_content_override": held["m.room.power_levels"],
        "creation_content": {"m.federate": held["m.room.create"].get("m.federate", True)},
    }


class Bot:
    """A bot as one would write it first: matrix-nio's client, a constant answer to every line."""

    def __init__(self, order: Order) -> None:
        self._order = order
        quick = AsyncClientConfig(max_limit_exceeded=0, max_timeouts=0, encryption_enabled=False)
        self._client = AsyncClient(order.url, order.account["user_id"], order.account["device_id"], config=quick)
        self._client.access_token = order.account["access_token"]
        self._client.user_id = order.account["user_id"]

    async def answers(self) -> None:
        await self._client.sync(timeout=0, sync_filter=_FILTER)
        self._client.add_event_callback(self._heard, RoomMessageText)
        print("ready", flush=True)
        await self._client.sync_forever(timeout=WAITS, sync_filter=_FILTER)

    async def catch_up(self) -> None:
        print("ready", flush=True)
        missed = await self._client.sync(timeout=0, since=self._order.since, sync_filter=_FILTER)
        assert isinstance(missed, SyncResponse), missed
        timeline = missed.rooms.join[self._order.room].timeline
        events = list(reversed(timeline.events))
        before = timeline.prev_batch if timeline.limited else None
        while before:
            page = await self._client.room_messages(
                self._order.room, before, end=self._order.since, direction=MessageDirection.back, limit=PAGE
            )
            assert isinstance(page, RoomMessagesResponse), page
            events += page.chunk
            before = page.end
        for event in reversed(events):
            if isinstance(event, RoomMessageText):
                await self._answer(self._order.room, event)
        print("done", flush=True)
        await self._client.close()

    async def _heard(self, room: MatrixRoom, event: RoomMessageText) -> None:
        await self._answer(room.room_id, event)

    async def _answer(self, room: str, event: RoomMessageText) -> None:
        if not event.body.startswith(ADDRESS):
            return
        content = self._order.answers[event.body.split()[1]]
        to = {"m.relates_to": {"m.in_reply_to": {"event_id": event.event_id}}}
        sent = await self._client.room_send(room, "m.room.message", content | to)
        assert isinstance(sent, RoomSendResponse), sent


def main() -> None:
    bot = Bot(Order(**json.loads(sys.stdin.readline())))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(bot.answers() if sys.argv[1] == "answers" else bot.catch_up())


if __name__ == "__main__":
    main()
