"""Somebody on a homeserver: what a person's own client does, asked for by HTTP and without the bot's code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx

from tests.servers.synapse import Account


@dataclass
class MatrixPerson:
    url: str
    account: Account
    _numbers: count[int] = field(default_factory=count)

    @property
    def user_id(self) -> str:
        return self.account.user_id

    async def ask(self, method: str, *path: str, body: object = None, **query: str) -> httpx.Response:
        address = "/".join((f"{self.url}/_matrix/client/v3", *(quote(part, safe="") for part in path)))
        headers = {"Authorization": f"Bearer {self.account.access_token}"}
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=30) as client:
            return await client.request(method, address, json=body, params=query, headers=headers)

    async def get(self, *path: str, **query: str) -> Any:
        return (await self.ask("GET", *path, **query)).raise_for_status().json()

    async def join(self, room: str) -> str:
        """Its id. Raises httpx.HTTPStatusError when we may not."""
        return str((await self.ask("POST", "join", room, body={})).raise_for_status().json()["room_id"])

    async def rooms(self) -> list[str]:
        return list((await self.get("joined_rooms"))["joined_rooms"])

    async def say(self, room: str, text: str, **more: object) -> str:
        return await self.send(room, "m.room.message", {"msgtype": "m.text", "body": text, **more})

    async def react(self, room: str, message: str, emoji: str) -> str:
        relation = {"rel_type": "m.annotation", "event_id": message, "key": emoji}
        return await self.send(room, "m.reaction", {"m.relates_to": relation})

    async def send(self, room: str, kind: str, content: object) -> str:
        transaction = f"{self.account.device_id}-{next(self._numbers)}-{id(self)}"
        answer = await self.ask("PUT", "rooms", room, "send", kind, transaction, body=content)
        return str(answer.raise_for_status().json()["event_id"])

    async def upload(self, content: bytes, kind: str = "image/png") -> str:
        """Its address, mxc://…"""
        headers = {"Authorization": f"Bearer {self.account.access_token}", "Content-Type": kind}
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=30) as client:
            answer = await client.post(f"{self.url}/_matrix/media/v3/upload", content=content, headers=headers)
        return str(answer.raise_for_status().json()["content_uri"])

    async def show(self, room: str, name: str, content: bytes, **more: object) -> str:
        """Send a picture."""
        url = await self.upload(content)
        info = {"mimetype": "image/png", "size": len(content)}
        message = {"msgtype": "m.image", "body": name, "url": url, "info": info, **more}
        return await self.send(room, "m.room.message", message)

    async def redact(self, room: str, event: str) -> None:
        transaction = f"redact-{next(self._numbers)}-{id(self)}"
        (await self.ask("PUT", "rooms", room, "redact", event, transaction, body={})).raise_for_status()

    async def state(self, room: str, kind: str, key: str = "") -> Any:
        """The content; None: there is none."""
        answer = await self.ask("GET", "rooms", room, "state", kind, key)
        return None if answer.status_code == 404 else answer.raise_for_status().json()

    async def events(self, room: str) -> list[dict[str, Any]]:
        """All there are, oldest first."""
        found: list[dict[str, Any]] = []
        page = await self.get("rooms", room, "messages", dir="f", limit="500")
        while page["chunk"]:
            found += page["chunk"]
            if "end" not in page:
                break
            page = await self.get("rooms", room, "messages", dir="f", limit="500", **{"from": page["end"]})
        return found

    async def messages(self, room: str) -> list[dict[str, Any]]:
        """As a client shows them, oldest first: `id`, `sender`, `content`, where an edit replaces what was there."""
        return as_shown(await self.events(room))


def as_shown(events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The messages among the events of a room: `id`, `sender`, `content`, where an edit replaces what was there."""
    shown: dict[str, dict[str, Any]] = {}
    for event in events:
        content = event["content"]
        relation = content.get("m.relates_to", {})
        if event["type"] != "m.room.message" or not content:
            continue
        if relation.get("rel_type") == "m.replace":
            if relation["event_id"] in shown:
                first = shown[relation["event_id"]]["content"]
                kept = {"m.relates_to": first["m.relates_to"]} if "m.relates_to" in first else {}
                shown[relation["event_id"]]["content"] = {**content["m.new_content"], **kept}
        else:
            shown[event["event_id"]] = {"id": event["event_id"], "sender": event["sender"], "content": content}
    return list(shown.values())
