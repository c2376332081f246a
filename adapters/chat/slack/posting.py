"""Our messages in a channel: said once for each effect, and changed only where they read otherwise by now."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from adapters.chat.slack import render
from adapters.chat.slack.answers import Json, part, rows, text
from adapters.chat.slack.pictures import File, Pictures
from adapters.chat.slack.standing import Standing
from adapters.chat.slack.web import Web
from bot.chat.document import Document
from bot.memory import Memory
from bot.ports import Attempt, Rejected

EVENT = "klatsch_effect"
"""The type of each message's metadata, which says of which effect it came (https://docs.slack.dev/messaging/message-metadata/)."""

LOOKED_BACK = 200
"""Messages in which one that was said before is looked for."""

PAGES = 10
"""So many times as many in a thread, of which Slack tells the oldest first."""

REMEMBERED = 2_000
"""Effects of which this process knows the message."""

SHOWN = "shown:"
"""Under it and a message stands what the message shows, in short."""


class Posts:
    """Whoever posts into a channel waits until it is their turn there; so the caller sees to that. Each method may raise
    Unavailable, Rejected or StoreUnavailable."""

    def __init__(
        self,
        web: Web,
        standing: Standing,
        memory: Memory,
        pictures: Pictures,
        handles: Mapping[str, str],
        prefix: str,
    ) -> None:
        self._web = web
        self._standing = standing
        self._memory = memory
        self._pictures = pictures
        self._handles = handles
        self._prefix = prefix
        self._said: OrderedDict[str, tuple[str, str]] = OrderedDict()

    async def say(self, attempt: Attempt, channel: str, document: Document, thread: str) -> str:
        """The id of the message, which is said once for `attempt.key`."""
        before = self._said.get(attempt.key)
        if before and before[0] == channel:
            return before[1]
        if attempt.number > 1 and (found := await self._said_before(channel, attempt.key, thread)):
            return self._remember(channel, attempt.key, found)
        files = await self._pictures.of(attempt, document)
        content = self._content(document, files)
        try:
            message = await self._post(attempt, channel, content, thread)
        except Rejected as error:
            self._pictures.refused(error, files)
            content = self._content(document)
            message = await self._post(attempt, channel, content, thread)
        self._remember(channel, attempt.key, message)
        await self._pictures.posted(attempt, files)
        if not thread:
            await self._show(channel, message, content)
        return message

    async def edit(self, channel: str, message: str, document: Document) -> None:
        """Nothing is asked of Slack when it reads like that already, whichever process had it read so. Of pictures the words are
        shown."""
        content = self._content(document)
        if await self._memory.recall(_shown(channel, message)) != _print(content):
            await self._web.call("chat.update", channel=channel, ts=message, **content)
            await self._show(channel, message, content)

    def _content(self, document: Document, files: Sequence[File] = ()) -> Json:
        return render.message(document, self._handles, self._prefix, [file.id for file in files])

    async def _post(self, attempt: Attempt, channel: str, content: Json, thread: str) -> str:
        answer = await self._web.call(
            "chat.postMessage",
            channel=channel,
            thread_ts=thread or None,
            metadata={"event_type": EVENT, "event_payload": {"key": attempt.key}},
            unfurl_links=False,
            unfurl_media=False,
            **content,
        )
        if not (message := text(answer, "ts")):
            raise self._web.without("chat.postMessage", "a message")
        return message

    async def _said_before(self, channel: str, key: str, thread: str) -> str:
        """The message that came of an effect, among the newest; empty: there is none."""
        us = (await self._standing.who()).user
        method = "conversations.replies" if thread else "conversations.history"
        cursor: str | None = None
        for _ in range(PAGES):
            answer = await self._web.call(
                method,
                channel=channel,
                ts=thread or None,
                limit=LOOKED_BACK,
                include_all_metadata=True,
                cursor=cursor,
            )
            for said in rows(answer, "messages"):
                if _key(said) == key and said.get("user") == us:
                    return text(said, "ts")
            cursor = text(part(answer, "response_metadata"), "next_cursor")
            if not (thread and cursor):
                break
        return ""

    def _remember(self, channel: str, key: str, message: str) -> str:
        self._said[key] = (channel, message)
        if len(self._said) > REMEMBERED:
            self._said.popitem(last=False)
        return message

    async def _show(self, channel: str, message: str, content: Json) -> None:
        await self._memory.keep({_shown(channel, message): _print(content)})


def _shown(channel: str, message: str) -> str:
    return f"{SHOWN}{channel}:{message}"


def _key(message: Json) -> str:
    """Of which effect a message came, if it is ours."""
    said = part(message, "metadata")
    return text(part(said, "event_payload"), "key") if said.get("event_type") == EVENT else ""


def _print(content: Json) -> str:
    """What a message shows, in short."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
