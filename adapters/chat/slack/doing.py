"""One event done: handed over to the bot, and answered where it was said."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, assert_never

from adapters.chat.late import OLDEST, TOO_LATE
from adapters.chat.slack import render
from adapters.chat.slack.channels import Channels
from adapters.chat.slack.events import Event
from adapters.chat.slack.members import Members
from adapters.chat.slack.messages import files, message_text
from adapters.chat.slack.pictures import PICTURE
from adapters.chat.slack.posting import SHOWN
from adapters.chat.slack.rooms import Rooms
from adapters.chat.slack.standing import Standing
from adapters.chat.slack.web import Web
from bot.chat.document import Document, say
from bot.chat.parse import nameless
from bot.chat.reactions import meaning
from bot.chat.votes import votes
from bot.incident.model import Mark
from bot.memory import Memory
from bot.ports import Clock, Edited, Inbox, Reacted, Rejected, Removed, Said, Unavailable
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

ANSWERED_WITHIN = 120.0
"""Seconds in which an answer is tried again; after that the room itself says what happened."""

RETRY = timedelta(seconds=2)

LINES = 1_000
"""Lines of which this process knows the answer."""

REMEMBERED = timedelta(days=60)
"""A pin that is taken off later than this takes nothing back, and an edit is not spared."""


class Doing:
    """What is asked in the name of a person, for the platform `name`. `handles` are the users of `people:` by their id there."""

    def __init__(
        self,
        name: str,
        web: Web,
        standing: Standing,
        rooms: Rooms,
        channels: Channels,
        members: Members,
        memory: Memory,
        clock: Clock,
        inbox: Inbox,
        *,
        handles: Mapping[str, str],
        prefix: str,
    ) -> None:
        self._name = name
        self._web = web
        self._standing = standing
        self._rooms = rooms
        self._channels = channels
        self._members = members
        self._memory = memory
        self._clock = clock
        self._inbox = inbox
        self._handles = handles
        self._prefix = prefix
        self._answers: set[asyncio.Task[None]] = set()
        self._asked: OrderedDict[str, asyncio.Task[Document]] = OrderedDict()

    async def begin(self) -> None:
        """Raises StoreUnavailable."""
        for known in ("pin:", SHOWN, PICTURE):
            await self._memory.forget_before(known, self._clock.now() - REMEMBERED)
        await self._channels.forget_before(self._clock.now() - REMEMBERED)

    async def do(self, event: Event) -> None:
        """Raises Unavailable, StoreUnavailable or Overloaded: it is to be done again; Rejected: it cannot be done."""
        match event.kind:
            case "line":
                await self._line(event)
            case "reaction":
                await self._reaction(event)
            case "pin":
                await self._pin(event)
            case "edit":
                if await self._hears(event.channel):
                    await self._inbox.edited(
                        Edited(
                            self._name,
                            event.channel,
                            event.user,
                            event.message,
                            event.text,
                            at=event.when,
                            event=event.id,
                        )
                    )
            case "removal":
                if await self._hears(event.channel):
                    await self._inbox.removed(
                        Removed(self._name, event.channel, event.user, event.message, at=event.when, event=event.id)
                    )
            case _:
                assert_never(event.kind)

    async def said(self, event: Event) -> Document:
        """The answer to a line, for whoever typed it; done by then, or refused. Asked twice it is done once, and answered the same.
        Raises StoreUnavailable or Unavailable: it is not known yet who may do what."""
        key = event.message
        if key not in self._asked:
            self._asked[key] = asyncio.create_task(self._said(event), name=f"line {key}")
            if len(self._asked) > LINES:
                self._asked.popitem(last=False)
        try:
            # Whoever waits may be cancelled; what was begun is done.
            return await asyncio.shield(self._asked[key])
        except (StoreUnavailable, Unavailable, Rejected):
            self._asked.pop(key, None)
            raise

    async def at_once(self, event: Event) -> None:
        """A line that is done before Slack is told that we have it, so that it is kept nowhere. Asked twice it is answered once.
        Raises as `said` does."""
        known = event.message in self._asked
        answer = await self.said(event)
        if not known:
            self.later(event, answer)

    async def _said(self, event: Event) -> Document:
        if why := await self.refused(event.user):
            return why
        if self._clock.now() - event.when > OLDEST:
            return say(TOO_LATE, "refused")
        return await self._inbox.said(self.as_said(event))

    def as_said(self, event: Event) -> Said:
        """An event as somebody typed it."""
        return Said(
            self._name,
            event.channel,
            event.user,
            event.text,
            message=event.message,
            at=event.when,
            link=self._standing.permalink(event.channel, event.ts, event.thread),
            stands=bool(event.ts),
        )

    async def refused(self, user: str) -> Document | None:
        """Why somebody may do nothing here; None: they may."""
        why = await self._members.refused(user, (await self._standing.who()).team)
        return say(f"Not done: {why}", "refused") if why else None

    async def shown(self, event: Event, document: Document) -> dict[str, Any]:
        """An answer as Slack takes it (`response_type`): in an incident's room everybody sees what was done, what was only asked or
        refused is for whoever asked. So is what leaves no name: with an answer that everybody sees, Slack shows them who typed the command."""
        done = document.tone == "good" and not nameless(event.text) and await self.is_room(event.channel)
        content = render.message(document, self._handles, self._prefix)
        return {"response_type": "in_channel" if done else "ephemeral", **content}

    def view_blocks(self, document: Document) -> list[dict[str, Any]]:
        """An answer in a modal."""
        return render.view_blocks(document, self._handles, self._prefix)

    async def is_room(self, channel: str) -> bool:
        """Whether it is an incident's; while the database does not say, it is none."""
        try:
            return await self._rooms.of(channel) is not None
        except StoreUnavailable:
            return False

    def later(self, event: Event, document: Document) -> None:
        """Answer it. Slack may let us wait, and the next line is done meanwhile."""
        task = asyncio.create_task(self._reply(event, document))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def aclose(self) -> None:
        tasks = [*self._answers, *self._asked.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _line(self, event: Event) -> None:
        self.later(event, await self.said(event))

    async def _reply(self, event: Event, document: Document) -> None:
        end = asyncio.get_running_loop().time() + ANSWERED_WITHIN
        while True:
            try:
                return await self._answer(event, document)
            except Rejected as error:
                return log.warning("%s: no answer in %s: %s", self._name, event.channel, error.reason)
            except Unavailable as error:
                wait = max(error.retry_after or RETRY, timedelta(seconds=1)).total_seconds()
                if asyncio.get_running_loop().time() + wait > end:
                    return log.warning("%s: no answer in %s: %s", self._name, event.channel, error.reason)
            await asyncio.sleep(wait)

    async def _answer(self, event: Event, document: Document) -> None:
        shown = await self.shown(event, document)
        if event.answer:
            return await self._web.respond(event.answer, {"replace_original": False, **shown})
        content = {name: shown[name] for name in ("text", "blocks")}
        thread = event.thread or event.ts
        if shown["response_type"] == "in_channel":
            await self._web.call(
                "chat.postMessage",
                channel=event.channel,
                thread_ts=thread,
                unfurl_links=False,
                unfurl_media=False,
                **content,
            )
        else:
            # Below the line only when that stands in a thread: nobody sees an answer for one in a thread that is not open.
            await self._web.call(
                "chat.postEphemeral",
                channel=event.channel,
                user=event.user,
                thread_ts=event.thread or None,
                **content,
            )
        return None

    async def _reaction(self, event: Event) -> None:
        if not await self._means(event) or await self.refused(event.user) is not None:
            return
        message: dict[str, Any] = {}
        if event.added:
            found = await self._web.call("reactions.get", channel=event.channel, timestamp=event.ts, full=True)
            message = on if isinstance(on := found.get("message"), dict) else {}
        answer = await self._inbox.reacted(self._reacted(event, event.user, message))
        if answer:
            self.later(event, answer)
        return

    async def _pin(self, event: Event) -> None:
        """A pin is one, whoever puts it there; so it is taken back by whoever takes it off, in the name of the first."""
        if await self._rooms.of(event.channel) is None or await self.refused(event.user) is not None:
            return None
        key = f"pin:{event.message}"
        if event.added:
            await self._memory.keep({key: event.user})
            return await self._reaction(event)
        by = await self._memory.recall(key)
        if by is not None:
            await self._inbox.reacted(self._reacted(event, by, {}))
            await self._memory.forget([key])
        return None

    async def _means(self, event: Event) -> bool:
        """Whether a reaction may mean something where it is: what it is on is asked for only then."""
        found = meaning(event.emoji)
        if found is not None and await self._rooms.of(event.channel) is not None:
            return True
        voted = votes(event.emoji) or (found is not None and found.mark is Mark.COFFEE)
        return voted and await self._channels.hears(event.channel)

    async def _hears(self, channel: str) -> bool:
        return await self._rooms.of(channel) is not None or await self._channels.hears(channel)

    def _reacted(self, event: Event, by: str, message: dict[str, Any]) -> Reacted:
        return Reacted(
            self._name,
            event.channel,
            by,
            event.emoji,
            event.message,
            text=message_text(message),
            author=str(message.get("user") or ""),
            at=event.written if event.added else None,
            added=event.added,
            event=event.id,
            files=files(message),
            link=self._standing.permalink(event.channel, event.ts, str(message.get("thread_ts") or "")),
            aside=True,
        )
