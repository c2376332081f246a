"""Somebody on a homeserver: one connection that is kept, and a long poll of its own that says when what was heard."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx

from tests.servers.synapse import Account

Json = Mapping[str, Any]
Key = tuple[str, ...]
"""`("invite", mark)` by how the room's name begins, `("first", room)`: its first message, `("answer", message, who answers)`."""

PATIENCE = 30.0
"""Seconds after which what has not come does not come, and the bench fails."""

POLL = 10.0
ROOM_FOR = 5_000
"""Events of a room in one sync: whatever a bench says in between, nothing is left out."""

_MARK = re.compile(r"[a-z]+-\d+")
_NOTHING = {"types": []}
_FILTER = json.dumps(
    {
        "presence": _NOTHING,
        "account_data": _NOTHING,
        "room": {
            "ephemeral": _NOTHING,
            "account_data": _NOTHING,
            "state": _NOTHING,
            "timeline": {"limit": ROOM_FOR, "types": ["m.room.message"]},
        },
    }
)


class DidNotCome(RuntimeError):
    """An invitation, a card or an answer is missing: there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class Heard:
    """`at`: `time.monotonic()` when the homeserver's answer was there. `event` has at least `content`."""

    at: float
    room: str
    event: Json


class Client:
    """Requests of one account. Raises httpx.HTTPError for whatever is not answered with success."""

    def __init__(self, url: str, account: Account) -> None:
        self.account = account
        self._numbers = count()
        headers = {"Authorization": f"Bearer {account.access_token}"}
        self._http = httpx.AsyncClient(
            base_url=f"{url}/_matrix/client/v3", headers=headers, trust_env=False, timeout=POLL + PATIENCE
        )

    @property
    def user_id(self) -> str:
        return self.account.user_id

    async def ask(self, method: str, *path: str, body: object = None, **query: str) -> Any:
        address = "/".join(quote(part, safe="") for part in path)
        return (await self._http.request(method, f"/{address}", json=body, params=query)).raise_for_status().json()

    async def join(self, room: str) -> str:
        """Its id."""
        return str((await self.ask("POST", "join", room, body={}))["room_id"])

    async def say(self, room: str, text: str) -> str:
        return await self.send(room, {"msgtype": "m.text", "body": text})

    async def send(self, room: str, content: object) -> str:
        transaction = f"bench-{next(self._numbers)}"
        return str(
            (await self.ask("PUT", "rooms", room, "send", "m.room.message", transaction, body=content))["event_id"]
        )

    async def put_state(self, room: str, kind: str, content: object) -> None:
        await self.ask("PUT", "rooms", room, "state", kind, "", body=content)

    async def place(self) -> str:
        """Where the stream of what happens is now."""
        first = await self.ask("GET", "sync", filter=_FILTER)
        # Synapse answers the same to a first sync for two minutes, and so from where it was then.
        return str((await self.sync(first["next_batch"], 0))["next_batch"])

    async def sync(self, since: str, seconds: float = POLL) -> Json:
        found: Json = await self.ask("GET", "sync", filter=_FILTER, since=since, timeout=str(int(seconds * 1000)))
        return found

    async def aclose(self) -> None:
        await self._http.aclose()


class Ear:
    """What `client` hears, by `Key`. Nothing is lost that came before somebody waited for it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._heard: dict[Key, asyncio.Future[Heard]] = {}
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Ear]:
        since = await self._client.place()
        self._task = asyncio.create_task(self._listen(since))
        try:
            yield self
        finally:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self, since: str) -> None:
        while True:
            found = await self._client.sync(since)
            at = time.monotonic()
            since = str(found["next_batch"])
            for key, room, event in filed(found):
                waiting = self._of(key)
                if not waiting.done():
                    waiting.set_result(Heard(at, room, event))

    async def hear(self, *key: str, within: float = PATIENCE) -> Heard:
        """Raises DidNotCome; and whatever ended our own listening."""
        assert self._task is not None
        waiting = self._of(key)
        await asyncio.wait([waiting, self._task], timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        if self._task.done():
            self._task.result()
        raise DidNotCome(f"{' '.join(key)} did not come within {within:g} s")

    def _of(self, key: Key) -> asyncio.Future[Heard]:
        return self._heard.setdefault(key, asyncio.get_running_loop().create_future())


def filed(sync: Json) -> Iterator[tuple[Key, str, Json]]:
    """What an answer of `/sync` holds: keys, their rooms and events. Raises RuntimeError when something was left out."""
    rooms = sync.get("rooms", {})
    for room, invited in rooms.get("invite", {}).items():
        for event in invited["invite_state"]["events"]:
            if event["type"] == "m.room.name" and (mark := _MARK.match(event["content"]["name"])):
                yield ("invite", mark[0]), room, event
    for room, held in rooms.get("join", {}).items():
        if held["timeline"].get("limited") and len(held["timeline"]["events"]) >= ROOM_FOR:
            raise RuntimeError(f"more than {ROOM_FOR} events of {room} came at once: some were not heard")
        for event in held["timeline"]["events"]:
            if event["type"] != "m.room.message":
                continue
            yield ("first", room), room, event
            relation = event["content"].get("m.relates_to", {})
            answered = relation.get("m.in_reply_to", {}).get("event_id")
            # What is said in a thread falls back to an answer to its beginning.
            if answered and not relation.get("is_falling_back"):
                yield ("answer", answered, event["sender"]), room, event
