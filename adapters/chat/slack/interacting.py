"""Slash commands, buttons, shortcuts and forms: what people begin, and what Slack waits three seconds for.

A button is a line somebody could have typed, and so is a form that was filled in. What is acknowledged is done, or kept.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from adapters.chat.slack.addressed import unescape
from adapters.chat.slack.doing import Doing
from adapters.chat.slack.events import LONGEST, PIN, Event, Json
from adapters.chat.slack.forms import Where, errors, line_of, modal, open_from_message
from adapters.chat.slack.kept import KeptEvents
from adapters.chat.slack.manifest import NOTE_MESSAGE, OPEN, OPEN_FROM_MESSAGE
from adapters.chat.slack.standing import Standing
from adapters.chat.slack.web import Web
from bot.chat.document import Document, say
from bot.chat.forms import FORMS
from bot.chat.parse import nameless
from bot.chat.wanting import Asked
from bot.incident.model import Refused
from bot.ports import Clock, DeliveryError, Inbox, Overloaded
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

Ack = Callable[..., Awaitable[Any]]

DONE_WITHIN = 2.0
"""Seconds in which a line is mostly done; then it is kept instead, and Slack hears of it. It waits for 3 s in all
(https://docs.slack.dev/interactivity/implementing-slash-commands/#responding_to_commands)."""

TAKEN = say("Taken. It takes longer than usual; the answer comes here.")
NO_FORM = say("The form could not be opened. Type it as one line instead; `help open` shows how.", "refused")
NOT_HERE = say("Nothing was kept: this is not the channel of an incident.", "refused")

_REF = re.compile(r"INC-[0-9]{1,9}")


class Interactions:
    def __init__(
        self,
        web: Web,
        standing: Standing,
        doing: Doing,
        events: KeptEvents,
        inbox: Inbox,
        clock: Clock,
    ) -> None:
        self._web = web
        self._standing = standing
        self._doing = doing
        self._events = events
        self._inbox = inbox
        self._clock = clock

    async def slash(self, body: dict[str, Any], ack: Ack) -> None:
        """`/incident …`. The answer goes with the acknowledgement."""
        event = self._event(body, _text(body, "channel_id"), _text(body, "user_id"), unescape(_text(body, "text")))

        async def answer(document: Document) -> None:
            await ack(await self._doing.shown(event, document))

        await self._line(event, _text(body, "trigger_id"), Where(channel=event.channel), answer, ack)

    async def pressed(self, body: dict[str, Any], ack: Ack) -> None:
        """A button: its value is a line. One that only leads somewhere has none."""
        action: Json = next(iter(body.get("actions") or []), {})
        line = _text(action, "value")
        if not _text(action, "action_id").startswith("line:") or not line:
            await ack()
            return
        channel, user = _inner(body, "channel"), _inner(body, "user")
        event = self._event(body, channel, user, line)
        trigger = _text(body, "trigger_id")

        async def answer(document: Document) -> None:
            await ack()
            if event.answer:
                self._doing.later(event, document)
            else:
                # In the App Home there is no place for an answer.
                await self._show(trigger, document)

        where = Where(channel=channel, message=_text(body.get("container") or {}, "message_ts"))
        await self._line(event, trigger, where, answer, ack)

    async def shortcut(self, body: dict[str, Any], ack: Ack) -> None:
        """From the menu of the workspace, or of a message."""
        called, message = _text(body, "callback_id"), body.get("message") or {}
        event = self._event(body, _inner(body, "channel"), _inner(body, "user"), "open")
        if called == NOTE_MESSAGE:
            await self._note(replace(event, kind="reaction", ts=_text(message, "ts"), emoji=PIN), ack)
        elif called in (OPEN, OPEN_FROM_MESSAGE):
            await self._open_new(event, called, message, _text(body, "trigger_id"), ack)
        else:
            await ack()

    async def submitted(self, body: dict[str, Any], ack: Ack) -> None:
        """A form. What is refused is said in it, what was done takes its place."""
        view = body.get("view") or {}
        try:
            line, where = line_of(view)
        except Refused as refused:
            await ack(errors(view, _sentence(refused)))
            return
        event = self._event(body, where.channel, _inner(body, "user"), line)

        async def answer(document: Document) -> None:
            if document.tone == "refused":
                await ack(errors(view, document.to_plain()))
                return
            await self._remember_where_from(event, where, document)
            await ack(response_action="update", view=self._answer_view(document))

        await self._done(event, answer)

    async def _line(
        self, event: Event, trigger: str, where: Where, answer: Callable[[Document], Awaitable[None]], ack: Ack
    ) -> None:
        asked = await self._inbox.wanting(self._doing.as_said(event))
        if asked is None:
            await self._done(event, answer)
        elif why := await self._doing.refused(event.user):
            await answer(why)
        elif await self._form(asked, trigger, where):
            await ack()
        else:
            await answer(NO_FORM)

    async def _form(self, asked: Asked, trigger: str, where: Where) -> bool:
        """Whether it could be opened; what opens it is good for 3 s and once."""
        wanted = asked.wanted
        known = replace(where, room=asked.room, incident=wanted.incident)
        return await self._view(trigger, modal(wanted.form, wanted.values, known, asked.choices))

    async def _view(self, trigger: str, view: Json) -> bool:
        try:
            await self._web.call("views.open", trigger_id=trigger, view=view)
        except DeliveryError as error:
            log.warning("a form could not be opened: %s", error.reason)
            return False
        return True

    async def _show(self, trigger: str, document: Document) -> None:
        await self._view(trigger, self._answer_view(document))

    def _answer_view(self, document: Document) -> dict[str, Any]:
        return {
            "type": "modal",
            "title": {"type": "plain_text", "text": "Klatsch"},
            "close": {"type": "plain_text", "text": "Close"},
            "blocks": self._doing.view_blocks(document),
        }

    async def _open_new(self, event: Event, called: str, message: Json, trigger: str, ack: Ack) -> None:
        asked = await self._inbox.wanting(self._doing.as_said(event))
        choices = asked.choices if asked else {}
        where = Where(channel=event.channel, message=_text(message, "ts"))
        if called == OPEN_FROM_MESSAGE:
            link = self._standing.permalink(event.channel, where.message, _text(message, "thread_ts"))
            view = open_from_message(_text(message, "text"), link, where, choices)
        else:
            view = modal(FORMS["open"], {}, where, choices)
        why = await self._doing.refused(event.user)
        opened = why is None and await self._view(trigger, view)
        await ack()
        if not opened and event.answer:
            self._doing.later(event, why or NO_FORM)

    async def _note(self, event: Event, ack: Ack) -> None:
        """As if it got the reaction of the timeline."""
        if not event.ts or not await self._doing.is_room(event.channel):
            await ack()
            self._doing.later(event, NOT_HERE)
            return
        await self._events.take(event)
        await ack()

    async def _done(self, event: Event, answer: Callable[[Document], Awaitable[None]]) -> None:
        doing = asyncio.create_task(self._doing.said(event))
        done, _ = await asyncio.wait([doing], timeout=DONE_WITHIN)
        if done:
            await answer(_result(doing))
            return
        try:
            # It is done once all the same; what is left is to answer.
            await self._keep(event)
        except (StoreUnavailable, Overloaded):
            # Not acknowledged, so Slack says that it failed; what came of it is said behind that.
            await asyncio.wait([doing])
            self._doing.later(event, _result(doing))
            return
        await answer(TAKEN)

    async def _keep(self, event: Event) -> None:
        """Raises StoreUnavailable or Overloaded: it is not kept."""
        if nameless(event.text):
            raise Overloaded("what leaves no name is kept nowhere")
        await self._events.take(event)

    async def _remember_where_from(self, event: Event, where: Where, document: Document) -> None:
        """The new incident knows the message that it was opened from."""
        found = _REF.search(document.summary)
        if where.permalink and found:
            number = int(found[0].removeprefix("INC-"))
            line = FORMS["note"].line({"text": f"Opened from {where.permalink}"}, number)
            await self._doing.said(replace(event, id=f"{event.id}:from", text=line))

    def _event(self, body: Json, channel: str, user: str, line: str) -> Event:
        trigger = _text(body, "trigger_id")
        return Event(
            "line",
            trigger[:100],
            channel,
            user,
            "",
            self._clock.now().timestamp(),
            text=line[:LONGEST],
            answer=_text(body, "response_url"),
        )


def _result(doing: asyncio.Task[Document]) -> Document:
    """The answer to a line, also when nobody could say whose line it was."""
    error = doing.exception()
    if isinstance(error, DeliveryError | StoreUnavailable):
        return say(f"Not done: {error}. Try again in a minute.", "refused")
    return doing.result()


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _inner(body: Json, name: str) -> str:
    """The id of somebody or something that is told as an object."""
    value = body.get(name)
    return _text(value, "id") if isinstance(value, dict) else ""


def _sentence(refused: Refused) -> str:
    return " ".join(filter(None, (refused.reason, refused.hint)))
