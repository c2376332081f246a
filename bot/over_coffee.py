"""What people type, press and look up over the lean coffee, outside of any incident.

A reaction that is about the coffee is a topic's emoji on its board, a thumb on what asks for one, or ☕ on a message that is not of an
incident's room; there it goes onto the timeline first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from bot.chat import replies as refusals
from bot.chat.context import Question
from bot.chat.document import Document, Link, Paragraph, line, say
from bot.chat.reactions import is_coffee, worded
from bot.chat.votes import place, thumb
from bot.coffee import replies
from bot.coffee.board import Board, Coffee, Shown, Spot, Topic, TopicState
from bot.coffee.card import asked_document, topic_document, where_minutes_are
from bot.coffee.house import House
from bot.coffee.minutes import minutes
from bot.coffee.said import is_of_it
from bot.coffee.topics import known as the_topic
from bot.handle import Outcome
from bot.inbox import Writer
from bot.incident import commands as c
from bot.incident.commands import coffee as k
from bot.incident.model import Refused, Source
from bot.incident.text import one_line, web_link
from bot.lookups import Lookups
from bot.ports import Clock, Edited, Overloaded, Reacted, Removed
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")


class OverCoffee:
    """Who did it is known by our id for them, whatever platform they did it on."""

    def __init__(self, writer: Writer, lookups: Lookups, clock: Clock, house: House) -> None:
        self._writer = writer
        self._lookups = lookups
        self._clock = clock
        self._house = house
        self._told_in, self._told = 0, set[str]()

    async def typed(self, ask: c.Ask, commands: tuple[k.CoffeeCommand, ...]) -> Document:
        """Do what one line asks for, one after the other. Raises Overloaded or StoreUnavailable: nothing was done."""
        answers: list[Document] = []
        for number, command in enumerate(commands):
            inbox = f"{ask.inbox}#{number}" if ask.inbox and number else ask.inbox
            try:
                outcome = await self._writer.submit(replace(ask, command=command, inbox=inbox))
            except (Overloaded, StoreUnavailable) as error:
                if not answers:
                    raise
                log.warning("a line was done in part: %s", error)
                answers.append(say("The rest was not done: the database does not answer.", "refused"))
                break
            answers.append(self._answered(outcome))
        # Each of a line that was heard twice was done already.
        return replies.several(tuple(dict.fromkeys(answers)))

    def _answered(self, outcome: Outcome) -> Document:
        if outcome.refused:
            return refusals.refused(outcome.refused)
        if outcome.coffee is None:
            return say("That message was handled already: nothing more was done.")
        return replies.done(outcome.coffee.told, self._house)

    def answer(self, question: Question, by: str) -> Document:
        """Reads the database: call it from a thread. Raises Refused or StoreUnavailable."""
        if question.args.get("link"):
            return self._calendar()
        if question.args.get("minutes"):
            return self._minutes(question.args["minutes"])
        board = self._lookups.board()
        if number := question.args.get("topic"):
            return topic_document(the_topic(board, int(number)), board, self._house)
        return asked_document(board, self._house, self._house.voter(by, board.ballot), self._clock.now())

    async def reacted(self, reacted: Reacted, by: str) -> Document | None:
        """Why what somebody put did nothing, for them; None: it did, or nobody waits for an answer. Raises Overloaded or StoreUnavailable:
        nothing was done."""
        command = await asyncio.to_thread(self._meant, reacted, by)
        if command is None:
            return None
        refused = await self._submit(command, by, reacted.platform, reacted.message, reacted.event, reacted.link)
        if refused is None or not reacted.added:
            return None
        if reacted.aside:
            return replies.did_nothing(refused)
        coffee = (await asyncio.to_thread(self._lookups.board)).coffee
        if not self._first(coffee.number if coffee else 0, by):
            return None
        person = None if self._house.manner.anonymous else self._house.people.get(by)
        return replies.did_nothing_publicly(refused, person)

    def _first(self, coffee: int, by: str) -> bool:
        """Whether they are told so for the first time: where all read it, once a coffee is enough."""
        if coffee != self._told_in:
            self._told_in, self._told = coffee, set()
        first = by not in self._told
        self._told.add(by)
        return first

    async def changed(self, changed: Edited | Removed, by: str) -> None:
        """A message outside of any incident's room that is a topic reads otherwise, or is gone; or the board is. Raises as `reacted`."""
        if isinstance(changed, Removed):
            await self._lost(changed, by)
        message = f"{changed.platform}:{changed.message}"
        for topic in await asyncio.to_thread(self._lookups.topics_of, message):
            text = _one_line(changed.text) if isinstance(changed, Edited) else ""
            command = k.RewordTopic(topic=topic.id, text=text) if text else k.ForgetTopic(topic=topic.id)
            event = f"{changed.event}#{topic.id}" if changed.event else ""
            await self._submit(command, by, changed.platform, changed.message, event)

    async def _lost(self, removed: Removed, by: str) -> None:
        coffee = (await asyncio.to_thread(self._lookups.board)).coffee
        for spot, shown in _boards(coffee, removed.platform):
            if shown.room == removed.room and is_on(removed, shown.message):
                log.info("somebody deleted the board of the coffee at %s", spot)
                command = k.LoseBoard(spot=spot, message=shown.message)
                await self._submit(command, by, removed.platform, removed.message, "")

    async def _submit(
        self, command: k.CoffeeCommand, by: str, platform: str, message: str, event: str, link: str = ""
    ) -> Refused | None:
        source = Source("reaction", f"{platform}:{message}", web_link(link))
        inbox = f"{platform}:{event}" if event else ""
        ask = c.Ask(command=command, incident=None, by=by, source=source, inbox=inbox)
        outcome = await self._writer.submit(ask)
        if outcome.refused:
            log.info("a reaction on %s:%s did nothing: %s", platform, message, outcome.refused.reason)
        return outcome.refused

    def _meant(self, reacted: Reacted, by: str) -> k.CoffeeCommand | None:
        """Most reactions mean nothing here, and cost no look at the database."""
        number, up = place(reacted.emoji), thumb(reacted.emoji)
        if not (number or up is not None or is_coffee(reacted.emoji)):
            return None
        if self._lookups.in_room(reacted.platform, reacted.room) is not None:
            # What was said in a room that an incident left may be private by now.
            return None
        board = self._lookups.board()
        if number:
            return _dot(board, number, reacted)
        if up is not None:
            return _thumb(board, up, reacted)
        return self._topic(board, reacted, by)

    def _topic(self, board: Board, reacted: Reacted, by: str) -> k.CoffeeCommand | None:
        """The first ☕ on a message brings it up, each other is a dot; taken off, it takes that back. What we say of the coffee is no topic."""
        if is_of_it(reacted.text) or any(is_on(reacted, message) for message in _ours(board, reacted.platform)):
            return None
        message = f"{reacted.platform}:{reacted.message}"
        topic = next((one for one in board.topics.values() if one.message == message and _is_open(one)), None)
        if topic is None:
            text = _one_line(reacted.text)
            return k.AddTopic(text=text, by=by, message=message) if reacted.added and text else None
        if reacted.added:
            return k.PutDots(topic=topic.id, voter="", reaction=message)
        voter = self._house.voter(by, board.ballot)
        if message in topic.reacted.get(voter, ()):
            return k.TakeDots(topic=topic.id, voter="", reaction=message)
        # Others want to talk about it still, or it is somebody else's.
        theirs = topic.brought == voter or topic.by == by
        return k.DropTopic(topic=topic.id) if theirs and not topic.votes else None

    def _calendar(self) -> Document:
        address = self._house.calendar()
        if not address:
            raise Refused(
                "Nobody could reach the coffee's calendar.",
                "It needs `coffee:` and `http.public_url` in the configuration.",
            )
        words = "The coffee, to subscribe to in a calendar"
        note = Paragraph(line("Whoever has the link reads it, without a password."))
        return Document(words, (Paragraph((*line(f"{words}: "), Link("coffee.ics", address))), note))

    def _minutes(self, which: str) -> Document:
        # Few ask for them.
        from bot.chat.markdown import parse_markdown

        board = self._lookups.board()
        over = [number for number, one in board.past.items() if one.ended]
        number = int(which) if which != "last" else max(over, default=0)
        found = self._lookups.coffee(number) if number else None
        if found is None or not found[0].ended:
            known = ", ".join(str(one) for one in sorted(over)[-5:])
            hint = f"There are those of coffee {known}." if known else "They are written when a coffee ends."
            raise Refused(f"There are no minutes of coffee {number}." if number else "There are no minutes yet.", hint)
        coffee, topics = found
        blocks = parse_markdown(minutes(coffee, {topic.id: topic for topic in topics}, (), self._house))
        where = (Paragraph(where_minutes_are(coffee, self._house)),) if web_link(coffee.minutes) else ()
        return Document("Minutes", (*blocks, *where))


def _dot(board: Board, number: int, reacted: Reacted) -> k.CoffeeCommand | None:
    boards = [shown for _, shown in _boards(board.coffee, reacted.platform)]
    if not any(shown.room == reacted.room and is_on(reacted, shown.message) for shown in boards):
        return None
    topic = next((one for one in board.topics.values() if one.place == number and _is_open(one)), None)
    if topic is None:
        return None
    reaction = f"{reacted.platform}:{reacted.message}"
    if reacted.added:
        return k.PutDots(topic=topic.id, voter="", reaction=reaction)
    return k.TakeDots(topic=topic.id, voter="", reaction=reaction)


def _thumb(board: Board, up: bool, reacted: Reacted) -> k.CoffeeCommand | None:
    asked = board.coffee.asked if board.coffee else {}
    if not any(is_on(reacted, message) for message in _at(asked, reacted.platform).values()):
        return None
    return k.GiveThumb(voter="", up=up) if reacted.added else k.TakeThumb(voter="", up=up)


def _ours(board: Board, platform: str) -> Iterator[str]:
    """What we showed and asked there."""
    for coffee in board.coffees.values():
        yield from (shown.message for _, shown in _boards(coffee, platform))
        yield from _at(coffee.asked, platform).values()


def _boards(coffee: Coffee | None, platform: str) -> Iterable[tuple[str, Shown]]:
    """Those of a platform, with their spots."""
    return _at(coffee.boards, platform).items() if coffee else ()


def _at(spots: Mapping[str, T], platform: str) -> dict[str, T]:
    return {spot: held for spot, held in spots.items() if Spot.read(spot).platform == platform}


def is_on(happened: Reacted | Removed, message: str) -> bool:
    """Whether it is about our own `message`. Where a message is known by its room too, we are told both together."""
    return happened.message in (message, f"{happened.room}:{message}")


def _is_open(topic: Topic) -> bool:
    return topic.state is TopicState.OPEN


def _one_line(text: str) -> str:
    """As much of a message as a topic holds."""
    return one_line(worded(text), k.TOPIC_LIMIT)
