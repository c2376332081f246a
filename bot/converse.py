"""What people say, answered: a line becomes a command or a question, and the outcome becomes words.

The answer is for the person who typed and is returned, never queued: the adapter that heard the line shows it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from bot import rostered
from bot.alerts.model import Alert, Notification
from bot.chat import replies
from bot.chat.context import Do, Question
from bot.chat.document import Document, say
from bot.chat.drilled import bannered, is_drill, still_shown
from bot.chat.drilled import of as of_drill
from bot.chat.reactions import react, unreact, worded
from bot.chat.wanting import Asked
from bot.inbox import Writer
from bot.incident import commands as c
from bot.incident.model import Refused, Source
from bot.incident.text import one_line, web_link
from bot.lookups import Lookups
from bot.oncall.escalation import next_people
from bot.oncall.overriding import Overridden
from bot.over_coffee import OverCoffee, is_on
from bot.ports import Clock, Edited, Overloaded, Reacted, Removed, Said
from bot.questions import Answers, Names
from bot.store import StoreUnavailable, Unreadable
from bot.understanding import TERMINAL, Understanding, seen_in

log = logging.getLogger(__name__)

T = TypeVar("T")


class Conversation:
    """`bot.ports.Inbox`."""

    def __init__(self, writer: Writer, lookups: Lookups, clock: Clock, names: Names, answers: Answers) -> None:
        self._writer = writer
        self._lookups = lookups
        self._clock = clock
        self._names = names
        self._answers = answers
        self._understanding = Understanding(lookups, clock, names)
        self._coffee = OverCoffee(writer, lookups, clock, names.house)
        self._waiting = Counter[str]()
        self._turns: dict[str, asyncio.Lock] = {}

    async def notified(self, notification: Notification) -> None:
        outcome = await self._writer.submit(notification)
        if outcome.unrouted:
            log.warning("%s", _strangers(outcome.unrouted))

    async def said(self, said: Said) -> Document:
        """Never raises for what was said; a database that is gone is an answer too."""
        answer = await self._answered(said)
        return bannered(answer) if await self._in_a_drill(said) else answer

    async def _in_a_drill(self, said: Said) -> bool:
        """Whether the room is that of a drill: there nothing is said without the banner. Where nobody can tell, it is none."""
        try:
            number = (
                await asyncio.to_thread(self._lookups.in_room, said.platform, said.room) if said.room else said.about
            )
            return number is not None and is_drill(await asyncio.to_thread(self._lookups.incident, number))
        except (StoreUnavailable, Unreadable):
            return False

    async def _answered(self, said: Said) -> Document:
        try:
            return await self._said(said)
        except Refused as refused:
            return replies.refused(refused)
        except Overloaded as error:
            return say(f"Not done: {error}", "refused")
        except StoreUnavailable as error:
            log.warning("a line could not be handled: %s", error)
            return say("Not done: the database does not answer. Nothing was changed; try again in a minute.", "refused")
        except Exception:
            # Whoever listens on a chat platform goes on listening.
            log.exception("a bug while handling a line")
            return say("Not done: an internal error; the log has the details.", "refused")

    async def wanting(self, said: Said) -> Asked | None:
        """As `bot.ports.Inbox`. A database that is gone asks for nothing: the line itself is answered."""
        by = self.person(said.platform, said.by)
        try:
            return await asyncio.to_thread(self._understanding.lacks, said, by)
        except (Refused, StoreUnavailable):
            return None

    async def _said(self, said: Said) -> Document:
        by = self.person(said.platform, said.by)
        context, parsed = await asyncio.to_thread(self._understanding.of, said, by)
        if isinstance(parsed, Question) and parsed.verb == "coffee":
            return await asyncio.to_thread(self._coffee.answer, parsed, by)
        if isinstance(parsed, Question):
            sees = partial(seen_in, said.platform, said.room)
            return await asyncio.to_thread(self._answers.answer, parsed, context, sees)
        return await self._done(parsed, said, by)

    async def _done(self, do: Do, said: Said, by: str) -> Document:
        command = do.command
        if isinstance(command, c.PostDigest):
            posted, answer = self._answers.posting(command, said.at)
            await self._writer.submit(posted)
            return answer
        ask = await self._asked(command, do, said, by)
        if isinstance(command, c.CoffeeCommand):
            return await self._coffee.typed(ask, (command, *do.then))
        outcome = await self._writer.submit(ask)
        if outcome.refused:
            return replies.refused(outcome.refused, self._names.components)
        if outcome.again:
            return say("That message was handled already: nothing more was done.")
        if outcome.duty is not None or isinstance(command, c.DutyCommand):
            return await self._on_duty(outcome.duty or Overridden())
        if outcome.after is None:
            raise Refused(f"There is no INC-{do.incident}.", "`list` shows what is open, `list all` the rest.")
        ended = isinstance(command, c.Resolve | c.Close | c.SetStatus) and outcome.after.alerts_firing
        firing = await asyncio.to_thread(self._lookups.firing, outcome.after.number) if ended else ()
        previewed = outcome.after if isinstance(command, c.DraftPublicPost) else None
        others = await asyncio.to_thread(self._answers.others, previewed) if previewed else ()
        done = replies.done(
            command,
            [recorded.event for recorded in outcome.events],
            outcome.before,
            outcome.after,
            people=self._names.people,
            zone=self._names.zone,
            components=self._names.components,
            publishers=self._names.own if outcome.after.private else self._names.publishers,
            room=self._answers.room(outcome.before, outcome.after),
            firing=firing,
            untold=self._answers.untold(outcome.after),
            addresses=self._answers.addresses(outcome.after),
            then=next_people(self._names.roster, outcome.after.paging),
            now=outcome.events[0].recorded_at if outcome.events else None,
            others=others,
        )
        if isinstance(command, c.MakePrivate):
            drills = await asyncio.to_thread(self._lookups.drills_of, outcome.after.number)
            done = replies.with_aside(done, still_shown(drills))
        answer = of_drill(outcome.after, replies.with_aside(done, do.aside))
        return replies.with_aside(answer, replies.LINE_STANDS) if do.anonymous and said.stands else answer

    async def _asked(self, command: c.Askable, do: Do, said: Said, by: str) -> c.Ask:
        inbox = f"{said.platform}:{said.message}" if said.message else ""
        if not do.anonymous:
            source = Source("command", said.message, web_link(said.link))
            return c.Ask(command=command, incident=do.incident, by=by, source=source, inbox=inbox)
        # By the message somebody could tell who it was; the same one twice is known all the same.
        sealed = await asyncio.to_thread(self._names.sealed, inbox) if inbox else ""
        return c.Ask(command=command, incident=do.incident, by="", source=Source("command"), inbox=sealed)

    async def _on_duty(self, done: Overridden) -> Document:
        names = self._names
        standing = await asyncio.to_thread(self._lookups.overrides, self._clock.now())
        names.duty.overrides(standing)
        return rostered.changed(done, names.roster, people=names.people, zone=names.zone)

    async def reacted(self, reacted: Reacted) -> Document | None:
        """A reaction in an incident's room does what its emoji means; elsewhere it is about the coffee, or means nothing.

        Raises Overloaded or StoreUnavailable: nothing was done. A bug is logged, and nothing was done either."""
        async with self._in_turn(f"{reacted.platform}:{reacted.message}"):
            return await _heard(self._reacted(reacted), "a reaction")

    @asynccontextmanager
    async def _in_turn(self, message: str) -> AsyncIterator[None]:
        """What happens to a message is done in the order in which it was heard: a removal that overtook the reaction would
        find nothing to remove."""
        self._waiting[message] += 1
        try:
            async with self._turns.setdefault(message, asyncio.Lock()):
                yield
        finally:
            self._waiting -= Counter((message,))
            if message not in self._waiting:
                del self._turns[message]

    async def edited(self, edited: Edited) -> None:
        """What reactions made of the message reads as it does now. Raises as `reacted` does."""
        await _heard(self._changed(edited), "an edit")

    async def removed(self, removed: Removed) -> None:
        """The text of the message goes from all that reactions made of it. Raises as `reacted` does."""
        await _heard(self._changed(removed), "a removal")

    async def _changed(self, changed: Edited | Removed) -> None:
        message = f"{changed.platform}:{changed.message}"
        async with self._in_turn(message):
            await self._change(changed, message)

    async def _change(self, changed: Edited | Removed, message: str) -> None:
        by = self.person(changed.platform, changed.by) if changed.by else ""
        room = await asyncio.to_thread(self._lookups.in_room, changed.platform, changed.room)
        if room is None:
            await self._coffee.changed(changed, by)
            return
        if isinstance(changed, Removed):
            await self._lost(changed, room, by)
        number = await asyncio.to_thread(self._captured_in, changed, room, message)
        if number is None:
            return
        command: c.Command
        if isinstance(changed, Edited):
            command = c.EditMessage(message=message, text=worded(changed.text), when=changed.at)
        else:
            command = c.RemoveMessage(message=message, when=changed.at)
        inbox = f"{changed.platform}:{changed.event}" if changed.event else ""
        ask = c.Ask(command=command, incident=number, by=by, source=Source("message", message), inbox=inbox)
        outcome = await self._writer.submit(ask)
        if outcome.refused:
            log.info("a change of %s did nothing: %s", message, outcome.refused.reason)

    async def _lost(self, removed: Removed, number: int, by: str) -> None:
        """When it was the card of the room, that comes back."""
        incident = await asyncio.to_thread(self._lookups.incident, number)
        held = incident.rooms.get(removed.platform) if incident else None
        if held is None or held.id != removed.room or not (held.card and is_on(removed, held.card)):
            return
        log.info("somebody deleted the card of INC-%d on %s", number, removed.platform)
        command = c.LoseCard(platform=removed.platform, message=held.card)
        source = Source("message", f"{removed.platform}:{removed.message}")
        await self._writer.submit(c.Ask(command=command, incident=number, by=by, source=source))

    def _captured_in(self, changed: Edited | Removed, number: int, message: str) -> int | None:
        """The incident of the room, if something was made of the message. Most are never reacted to: that costs two look-ups
        by key."""
        if not self._lookups.captured(number, message):
            return None
        return self._worked_on_in(changed.platform, changed.room)

    async def _reacted(self, reacted: Reacted) -> Document | None:
        by = self.person(reacted.platform, reacted.by)
        number = await asyncio.to_thread(self._worked_on_in, reacted.platform, reacted.room)
        if number is None:
            return await self._coffee.reacted(reacted, by)
        message = f"{reacted.platform}:{reacted.message}"
        author = self.person(reacted.platform, reacted.author) if reacted.author else ""
        if reacted.added:
            # A platform's clock may be ahead of ours, and what is yet to come is no fact.
            at = min(reacted.at, self._clock.now()) if reacted.at else None
            command = react(
                reacted.emoji, text=reacted.text, author=author, message=message, at=at, files=reacted.files
            )
        else:
            command = unreact(reacted.emoji, message=message)
        if command is None:
            return None
        inbox = f"{reacted.platform}:{reacted.event}" if reacted.event else ""
        source = Source("reaction", message, web_link(reacted.link))
        ask = c.Ask(command=command, incident=number, by=by, source=source, inbox=inbox)
        outcome = await self._writer.submit(ask)
        if outcome.refused:
            log.info("a reaction on %s did nothing: %s", message, outcome.refused.reason)
        return None

    def _worked_on_in(self, platform: str, room: str) -> int | None:
        """The incident whose room it is, unless that went on in a private one."""
        number = self._lookups.in_room(platform, room)
        incident = self._lookups.incident(number) if number else None
        return number if incident and seen_in(platform, room, incident) else None

    def person(self, platform: str, user: str) -> str:
        """The id of whoever is `user` on that platform; somebody we do not know is `platform:user`."""
        if platform in ("console", TERMINAL) and user in self._names.people:
            return user
        for person in self._names.people.values():
            if person.handles.get(platform) == user:
                return person.id
        return f"{platform}:{user}"


async def _heard(doing: Coroutine[object, object, T], what: str) -> T | None:
    """Whoever listens on a chat platform goes on listening: a bug is logged."""
    try:
        return await doing
    except (Overloaded, StoreUnavailable):
        raise
    except Exception:
        log.exception("a bug while handling %s", what)
        return None


def _strangers(alerts: Sequence[Alert]) -> str:
    """Alerts that no route wants, with what one has to know of the first to write its route."""
    first, many = alerts[0], len(alerts) > 1
    said = f"{len(alerts)} alerts of {first.source} match" if many else f"1 alert of {first.source} matches"
    labels = ", ".join(f'{name}="{value}"' for name, value in sorted(first.labels.items()) if name != "alertname")
    named = f"{one_line(first.name, 100)} {{{one_line(labels, 400)}}}"
    return f"{said} no route{', the first' if many else ''}: {named}"
