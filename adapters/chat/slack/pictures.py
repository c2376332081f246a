"""Pictures in our messages: files of the bot's own that a block shows (https://docs.slack.dev/messaging/working-with-files#uploading_files).

Such a file is shared with nobody by itself; who sees the message sees it. Slack takes some seconds until a new one can be shown, and
refuses the whole message before. So it is known at the next try, and is not uploaded anew.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapters.chat.pictures import Patience, drawn, file_name, shown, words
from adapters.chat.slack.answers import text
from adapters.chat.slack.config import Config
from adapters.chat.slack.messages import SLACK, is_ours
from adapters.chat.slack.web import Web, code_of
from bot.chat.document import Document, Picture
from bot.memory import Memory
from bot.ports import Attempt, Clock, Rejected, Unavailable

log = logging.getLogger(__name__)

PICTURE = "picture:"
"""Under it, an effect and a number stands the file, until the message is there."""

URL, COMPLETE = "files.getUploadURLExternal", "files.completeUploadExternal"

ALT = 1_000
"""Characters (https://docs.slack.dev/reference/methods/files.getUploadURLExternal#errors)."""

SETTLES = timedelta(seconds=30)
"""In which a file can be shown; after that it never can."""

SOON = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class File:
    """`id` empty: there is none, and the words have to do. It is there since `at`."""

    id: str
    at: datetime


class Pictures:
    """Of the platform `name`. Each method may raise StoreUnavailable."""

    def __init__(self, name: str, config: Config, web: Web, memory: Memory, clock: Clock) -> None:
        self._name = name
        self._hosts = (*SLACK, config.api_url)
        self._web = web
        self._memory = memory
        self._clock = clock
        self._patience = Patience()

    async def of(self, attempt: Attempt, document: Document) -> list[File]:
        """A file for each picture that is shown. Raises Unavailable at the first tries."""
        wanted = shown(document)
        return [await self._file(key, one) for key, one in zip(_keys(attempt, len(wanted)), wanted, strict=True)]

    def refused(self, error: Rejected, files: Sequence[File]) -> None:
        """A message with these was. Raises Unavailable when they may only be too new, and `error` when it is not their fault."""
        there = [file.at for file in files if file.id]
        if not there or code_of(error) != "invalid_blocks":
            raise error
        if self._clock.now() - max(there) < SETTLES:
            raise Unavailable(f"{self._name}: a picture is not ready yet", SOON) from error
        log.warning("%s: pictures are told in words alone: %s", self._name, error.reason)

    async def posted(self, attempt: Attempt, files: Sequence[File]) -> None:
        """The message is there."""
        if files:
            await self._memory.forget(_keys(attempt, len(files)))

    async def _file(self, key: str, picture: Picture) -> File:
        if held := await self._memory.recall(key):
            id_, _, at = held.partition(" ")
            return File(id_, datetime.fromtimestamp(int(at), UTC))
        now = self._clock.now()
        try:
            file = File(await self._uploaded(picture), now)
        except (Rejected, Unavailable) as error:
            if isinstance(error, Unavailable) and not self._patience.is_over(key):
                raise
            log.warning("%s: %s is told in words alone: %s", self._name, file_name(picture), error.reason)
            return File("", now)
        await self._memory.keep({key: f"{file.id} {int(now.timestamp())}"})
        return file

    async def _uploaded(self, picture: Picture) -> str:
        content, called = await drawn(picture), file_name(picture)
        given = await self._web.call(URL, filename=called, length=len(content), alt_txt=words(picture, ALT))
        id_, address = text(given, "file_id"), text(given, "upload_url")
        if not (id_ and is_ours(address, self._hosts)):
            raise self._web.without(URL, "an address of Slack's")
        await self._web.upload(address, content)
        await self._web.call(COMPLETE, files=json.dumps([{"id": id_, "title": called}]))
        return id_


def _keys(attempt: Attempt, count: int) -> list[str]:
    return [f"{PICTURE}{attempt.key}:{number}" for number in range(count)]
