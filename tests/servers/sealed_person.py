"""Somebody whose client encrypts: matrix-nio's own, with its sync, its store and its way to hand out keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from nio import AsyncClient, AsyncClientConfig, EncryptionError, Event, MegolmEvent, RoomSendResponse, SyncResponse

from tests.servers.synapse import Account


class SealedPerson:
    def __init__(self, url: str, account: Account, folder: Path) -> None:
        folder.mkdir(parents=True)
        config = AsyncClientConfig(
            encryption_enabled=True, store_sync_tokens=False, max_limit_exceeded=0, max_timeouts=0
        )
        self.user_id = account.user_id
        self.client = AsyncClient(
            url, account.user_id, device_id=account.device_id, store_path=str(folder), config=config
        )
        self.client.restore_login(account.user_id, account.device_id, account.access_token)
        self._heard: dict[str, dict[str, Event]] = {}

    async def look(self) -> None:
        """One sync, and what a client does after it."""
        everything = {"room": {"timeline": {"limit": 1_000}}}
        answer = await self.client.sync(timeout=0, full_state=True, sync_filter=everything)
        assert isinstance(answer, SyncResponse), answer
        for room, held in answer.rooms.join.items():
            for event in held.timeline.events:
                self._heard.setdefault(room, {})[event.event_id] = event
        if self.client.should_upload_keys:
            await self.client.keys_upload()
        if self.client.should_query_keys:
            # One key that is none, of anybody, is enough for this client to fall over.
            with suppress(ValueError):
                await self.client.keys_query()

    async def join(self, room: str) -> None:
        await self.client.join(room)
        await self.look()

    async def leave(self, room: str) -> None:
        await self.client.room_leave(room)

    async def say(self, room: str, text: str, **more: Any) -> str:
        """Encrypted when the room is."""
        return await self.send(room, "m.room.message", {"msgtype": "m.text", "body": text, **more})

    async def send(self, room: str, kind: str, content: Mapping[str, Any]) -> str:
        await self.look()
        answer = await self.client.room_send(room, kind, dict(content), ignore_unverified_devices=True)
        assert isinstance(answer, RoomSendResponse), answer
        return answer.event_id

    async def edit(self, room: str, message: str, text: str) -> str:
        return await self.say(
            room,
            f"* {text}",
            **{
                "m.new_content": {"msgtype": "m.text", "body": text},
                "m.relates_to": {"rel_type": "m.replace", "event_id": message},
            },
        )

    async def react(self, room: str, message: str, emoji: str) -> str:
        relation = {"rel_type": "m.annotation", "event_id": message, "key": emoji}
        return await self.send(room, "m.reaction", {"m.relates_to": relation})

    async def events(self, room: str) -> list[Event]:
        """What came so far, oldest first; a `MegolmEvent` is what cannot be read."""
        await self.look()
        held = self._heard.get(room, {})
        for id_, event in held.items():
            if isinstance(event, MegolmEvent):
                # Its key may have come since.
                with suppress(EncryptionError):
                    held[id_] = self.client.decrypt_event(event)
        return list(held.values())

    async def reads(self, room: str) -> list[str]:
        """The words of the messages that can be read."""
        found = [event.source.get("content", {}) for event in await self.events(room)]
        return [content["body"] for content in found if "body" in content]

    async def close(self) -> None:
        await self.client.close()
        self.client.store.database.close()


@asynccontextmanager
async def sealed_person(url: str, account: Account, folder: Path) -> AsyncIterator[SealedPerson]:
    """Logged in, with its keys on the homeserver."""
    person = SealedPerson(url, account, folder)
    try:
        await person.look()
        yield person
    finally:
        await person.close()
