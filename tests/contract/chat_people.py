"""What people do and see on each chat platform besides typing to the bot: pictures, rooms of their own, reactions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from nio.crypto import decrypt_attachment

from bot.chat.document import Picture
from bot.ports import Inbox
from tests.contract import heard, slack_listening
from tests.contract.chat_harness import ConsoleHarness, EncryptedHarness, Harness, MatrixHarness
from tests.contract.slack_harness import SlackHarness
from tests.servers.matrix_person import as_shown
from tests.servers.synapse import NAME


@dataclass(frozen=True)
class Shown:
    """A picture as a person sees it; `content` None: the platform draws it by itself, or shows its words."""

    alt: str
    content: bytes | None
    thread: str = ""


class People(Protocol):
    ben: str
    bot: str
    """Their ids at the platform."""

    async def pictures(self, room: str) -> list[Shown]:
        """Oldest first."""
        ...

    async def makes(self, name: str, *, closed: bool = False) -> str:
        """Ben makes a room, `closed` to who was not invited; answers it as a configuration names it."""
        ...

    async def id_of(self, room: str) -> str:
        """Of a room that Ben made."""
        ...

    async def has_bot(self, room: str) -> bool: ...
    async def invites_bot(self, room: str) -> None: ...

    async def brings_bot(self, room: str) -> None:
        """It is in there, and nobody asked it."""
        ...

    async def puts_bot_out(self, room: str) -> None: ...

    async def mutes(self, room: str) -> None:
        """From now on the bot may not write in a room that Ben made, by its name."""
        ...

    async def says(self, room: str, text: str) -> str:
        """Ben does, in a room by its id; answers the message's id as the bot hears it."""
        ...

    async def edits(self, room: str, message: str, text: str) -> None: ...
    async def removes(self, room: str, message: str) -> None: ...

    async def removes_ours(self, room: str, message: str) -> None:
        """Whoever may deletes a message of the bot's."""
        ...

    async def reacts(self, room: str, message: str, emoji: str) -> None: ...
    async def takes_off(self, room: str, message: str, emoji: str) -> None: ...

    def called(self, emoji: str) -> str:
        """What the platform calls it."""
        ...

    def heard_as(self, message: str, room: str) -> str:
        """The id of a message of ours, as the bot hears of it."""
        ...

    def listening(self, inbox: Inbox) -> AbstractAsyncContextManager[None]: ...


class AtTheConsole:
    ben, bot = "ben", ""

    def __init__(self, chat: ConsoleHarness) -> None:
        self._chat = chat

    async def pictures(self, room: str) -> list[Shown]:
        said = self._chat.platform.messages(room)
        return [
            Shown(block.alt, None, one.thread)
            for one in said
            for block in one.document.blocks
            if isinstance(block, Picture)
        ]

    async def makes(self, name: str, *, closed: bool = False) -> str:
        return f"#{name}"

    async def id_of(self, room: str) -> str:
        return room.removeprefix("#")

    async def has_bot(self, room: str) -> bool:
        return True

    async def invites_bot(self, room: str) -> None:
        """It is everywhere."""

    async def brings_bot(self, room: str) -> None:
        """As above."""

    async def puts_bot_out(self, room: str) -> None:
        raise AssertionError("nobody can")

    async def mutes(self, room: str) -> None:
        raise AssertionError("nobody can")

    async def says(self, room: str, text: str) -> str:
        return await self._chat.platform.talk("ben", room, text)

    async def edits(self, room: str, message: str, text: str) -> None:
        raise AssertionError("nobody can")

    async def removes(self, room: str, message: str) -> None:
        raise AssertionError("nobody can")

    async def removes_ours(self, room: str, message: str) -> None:
        raise AssertionError("nobody can")

    async def reacts(self, room: str, message: str, emoji: str) -> None:
        await self._chat.platform.react("ben", room, message, emoji)

    async def takes_off(self, room: str, message: str, emoji: str) -> None:
        await self._chat.platform.react("ben", room, message, emoji, added=False)

    def called(self, emoji: str) -> str:
        return emoji

    def heard_as(self, message: str, room: str) -> str:
        return message

    @asynccontextmanager
    async def listening(self, inbox: Inbox) -> AsyncIterator[None]:
        task = asyncio.create_task(self._chat.platform.listen(inbox))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


class OnMatrix:
    def __init__(self, chat: MatrixHarness) -> None:
        self._chat = chat
        self._ben = chat.people["ben"]
        self.ben, self.bot = self._ben.user_id, chat.user_id
        self._put: dict[tuple[str, str], str] = {}

    async def pictures(self, room: str) -> list[Shown]:
        if isinstance(self._chat, EncryptedHarness):
            # The harness's own second device.
            said = as_shown(event.source for event in await self._chat._watch.events(room))
        else:
            said = await self._chat.bot.messages(room)
        shown = [one["content"] for one in said if one["content"]["msgtype"] == "m.image"]
        return [Shown(one["body"], await self._content(one), _thread(one)) for one in shown]

    async def _content(self, message: dict[str, Any]) -> bytes:
        file = message.get("file") or {"url": message["url"]}
        path = f"/_matrix/client/v1/media/download/{file['url'].removeprefix('mxc://')}"
        bearer = {"Authorization": f"Bearer {self._ben.account.access_token}"}
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            answer = (await client.get(f"{self._chat.homeserver.url}{path}", headers=bearer)).raise_for_status()
        assert len(answer.content) == message["info"]["size"]
        if "file" not in message:
            return answer.content
        opened: bytes = decrypt_attachment(answer.content, file["key"]["k"], file["hashes"]["sha256"], file["iv"])
        return opened

    async def makes(self, name: str, *, closed: bool = False) -> str:
        alias = f"{name}-{self._chat.user_id[9:].partition(':')[0]}"
        made = {"room_alias_name": alias, "preset": "private_chat" if closed else "public_chat"}
        (await self._ben.ask("POST", "createRoom", body=made)).raise_for_status()
        return f"#{alias}:{NAME}"

    async def id_of(self, room: str) -> str:
        return await self._ben.join(room)

    async def has_bot(self, room: str) -> bool:
        return await self.id_of(room) in await self._chat.bot.rooms()

    async def invites_bot(self, room: str) -> None:
        invited = {"user_id": self.bot}
        (await self._ben.ask("POST", "rooms", await self.id_of(room), "invite", body=invited)).raise_for_status()

    async def brings_bot(self, room: str) -> None:
        await self.invites_bot(room)
        await self._chat.bot.join(room)

    async def puts_bot_out(self, room: str) -> None:
        id_ = await self.id_of(room)
        (await self._ben.ask("POST", "rooms", id_, "kick", body={"user_id": self.bot})).raise_for_status()

    async def mutes(self, room: str) -> None:
        id_ = await self._ben.join(room)
        levels = await self._ben.state(id_, "m.room.power_levels")
        await self._ben.ask("PUT", "rooms", id_, "state", "m.room.power_levels", body={**levels, "events_default": 50})

    async def says(self, room: str, text: str) -> str:
        await self._ben.join(room)
        return await self._ben.say(room, text)

    async def edits(self, room: str, message: str, text: str) -> None:
        newer = {"m.new_content": {"msgtype": "m.text", "body": text}}
        await self._ben.say(
            room, f"* {text}", **newer, **{"m.relates_to": {"rel_type": "m.replace", "event_id": message}}
        )

    async def removes(self, room: str, message: str) -> None:
        await self._ben.redact(room, message)

    async def removes_ours(self, room: str, message: str) -> None:
        await self._ben.join(room)
        # Where the bot made the room, somebody has made him a moderator of it; of his own he is one.
        levels = await self._chat.bot.state(room, "m.room.power_levels")
        given = {**levels, "users": {**levels.get("users", {}), self.ben: 50}}
        await self._chat.bot.ask("PUT", "rooms", room, "state", "m.room.power_levels", body=given)
        await self._ben.redact(room, message)

    async def reacts(self, room: str, message: str, emoji: str) -> None:
        await self._ben.join(room)
        self._put[message, emoji] = await self._ben.react(room, message, emoji)

    async def takes_off(self, room: str, message: str, emoji: str) -> None:
        await self._ben.redact(room, self._put[message, emoji])

    def called(self, emoji: str) -> str:
        return emoji

    def heard_as(self, message: str, room: str) -> str:
        return message

    def listening(self, inbox: Inbox) -> AbstractAsyncContextManager[None]:
        return heard.listening(self._chat, inbox)


SLACK_NAMES = {"🍎": "apple", "🍋": "lemon", "🍪": "cookie", "👍": "+1", "👎": "-1", "☕": "coffee", "📌": "pushpin"}
"""What Slack calls the emoji of the tests."""


class InSlack:
    def __init__(self, chat: SlackHarness) -> None:
        self._chat = chat
        self._ben = chat.people["ben"]
        self.ben, self.bot = self._ben.id, chat.slack.bot_user

    async def pictures(self, room: str) -> list[Shown]:
        files = self._chat.slack.files
        return [
            Shown(block["alt_text"], files[block["slack_file"]["id"]].content, one.thread_ts if one.is_reply else "")
            for one in self._chat.slack.channel(room).messages
            for block in one.blocks
            if block["type"] == "image"
        ]

    async def makes(self, name: str, *, closed: bool = False) -> str:
        return f"#{(await self._ben.creates(name, private=closed)).name}"

    async def id_of(self, room: str) -> str:
        return self._chat.slack.channel(room).id

    async def has_bot(self, room: str) -> bool:
        return self.bot in self._chat.slack.channel(room).members

    async def invites_bot(self, room: str) -> None:
        await self._ben.invites_bot(room)

    async def brings_bot(self, room: str) -> None:
        await self.invites_bot(room)

    async def puts_bot_out(self, room: str) -> None:
        await self._ben.removes_bot(room)

    async def mutes(self, room: str) -> None:
        await self._ben.archives(room)

    async def says(self, room: str, text: str) -> str:
        channel = self._chat.slack.channel(room)
        if self._ben.id not in channel.members:
            await self._ben.joins(channel)
        return f"{channel.id}:{(await self._ben.posts(channel, text)).ts}"

    async def edits(self, room: str, message: str, text: str) -> None:
        await self._ben.edits(room, message.partition(":")[2], text)

    async def removes(self, room: str, message: str) -> None:
        await self._ben.deletes(room, message.partition(":")[2])

    async def removes_ours(self, room: str, message: str) -> None:
        channel = self._chat.slack.channel(room)
        found = channel.message(message)
        assert found is not None
        self._chat.slack.delete(channel, found)

    async def reacts(self, room: str, message: str, emoji: str) -> None:
        await self._ben.reacts(room, message.partition(":")[2], SLACK_NAMES[emoji])

    async def takes_off(self, room: str, message: str, emoji: str) -> None:
        await self._ben.unreacts(room, message.partition(":")[2], SLACK_NAMES[emoji])

    def called(self, emoji: str) -> str:
        return SLACK_NAMES[emoji]

    def heard_as(self, message: str, room: str) -> str:
        return f"{room}:{message}"

    def listening(self, inbox: Inbox) -> AbstractAsyncContextManager[None]:
        return slack_listening.listening(self._chat, inbox)


def people_of(chat: Harness) -> People:
    if isinstance(chat, MatrixHarness):
        return OnMatrix(chat)
    return InSlack(chat) if isinstance(chat, SlackHarness) else AtTheConsole(chat)


def _thread(content: dict[str, Any]) -> str:
    relation = content.get("m.relates_to", {})
    return str(relation["event_id"]) if relation.get("rel_type") == "m.thread" else ""
