"""Our messages in a room: said once for each effect, sealed where the room is encrypted, with pictures beside the words."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from adapters.chat import pictures
from adapters.chat.matrix import render
from adapters.chat.matrix.encryption.rooms import Encryption
from adapters.chat.matrix.homeserver import Homeserver, Json
from adapters.chat.matrix.media import a_picture
from bot.chat.document import Picture, say
from bot.ports import Attempt, Rejected, Unavailable

log = logging.getLogger(__name__)

KEY = "org.klatsch.key"
"""In each message of ours: the effect that it came of."""

CLEAR = ("m.relates_to", KEY)
"""What of a message is in the clear also in an encrypted room: the homeserver has to know what belongs together, and the key
it knows from the transaction. So what was said is found again whatever became of the keys."""

Written = Callable[[int], Json]
"""A message's content for an event that may have so many bytes."""

LOOKED_BACK = 100
"""Messages in which one that was said before is looked for."""

FORGOTTEN_AFTER = 8
"""Tries. A homeserver knows a transaction id for a day (Synapse), and so many tries may take longer."""

WORDS = 2_000
"""Characters of what a picture shows."""


class Posts:
    """`us` is our user, `installation` what tells our transactions from those of another database. Whoever posts into a room waits
    for their turn there. Each method may raise Unavailable or Rejected."""

    def __init__(
        self, homeserver: Homeserver, encryption: Encryption, us: str, installation: Callable[[], Awaitable[str]]
    ) -> None:
        self._homeserver = homeserver
        self._encryption = encryption
        self._us = us
        self._installation = installation
        self._patience = pictures.Patience()

    async def post(self, attempt: Attempt, room: str, written: Written, *, archived: bool) -> str:
        """The message's id. Where a room is `archived` only what was said before is found."""
        again = attempt.number > 1 and (archived or attempt.number > FORGOTTEN_AFTER)
        if again and (before := await self._said_before(room, attempt.key)):
            return before
        if archived:
            raise Rejected(f"{room} is archived: nobody writes there any more")
        return await self.send(room, attempt.key, lambda size: {**written(size), KEY: attempt.key})

    async def show(self, attempt: Attempt, room: str, picture: Picture, root: str) -> None:
        """A picture, in the thread of `root` if there is one. Where it cannot be uploaded its words are said in its place."""
        if attempt.number > 1 and await self._said_before(room, attempt.key):
            return
        try:
            content = await a_picture(self._homeserver, picture, sealed=await self._encryption.seals(room), most=WORDS)
        except (Rejected, Unavailable) as error:
            if isinstance(error, Unavailable) and not self._patience.is_over(attempt.key):
                raise
            log.warning("%s is told in words alone: %s", pictures.file_name(picture), error.reason)
            content = render.message(say(pictures.words(picture, WORDS)), {})
        shown = {**(render.in_thread(content, root) if root else content), KEY: attempt.key}
        await self.send(room, attempt.key, lambda size: shown)

    async def send(self, room: str, key: str, written: Written) -> str:
        """The same key sends once."""
        envelope = await self._encryption.envelope(room)
        kind, content = await envelope.around(written(envelope.room), CLEAR)
        transaction = f"{await self._installation()}-{key}"
        sent = await self._homeserver.put("rooms", room, "send", kind, transaction, body=content)
        return str(sent.get("event_id", ""))

    async def _said_before(self, room: str, key: str) -> str:
        """The message that came of an effect, among the newest; empty: there is none."""
        query = {"dir": "b", "limit": str(LOOKED_BACK)}
        chunk = (await self._homeserver.get("rooms", room, "messages", query=query)).get("chunk", [])
        found = (event for event in chunk if event.get("content", {}).get(KEY) == key)
        return next((str(e["event_id"]) for e in found if e.get("sender") == self._us), "")


def of_picture(attempt: Attempt, number: int) -> Attempt:
    """The one for a picture of a message."""
    return replace(attempt, key=f"{attempt.key}:picture:{number}")
