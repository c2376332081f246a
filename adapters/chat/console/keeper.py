"""Rooms and their journal: each method is one change, on the disk when it returns. Not asynchronous, and to be called
by one thread at a time; `state` may be read by anybody at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from adapters.chat.console import rooms as r
from adapters.chat.console.journal import Entry, Journal
from bot.chat.document import Document, clean
from bot.ports import Gone, Rejected, RoomRef

COMPACT_ABOVE = 1 << 20
"""Bytes; a longer journal is written anew at the start, without what was edited away, if that is half of it."""

T = TypeVar("T")
Outcome = tuple[T, r.Change | None]
"""What a change answers, and what there is to see of it: nothing, when it had been made before."""


class Keeper:
    """What may happen to the rooms of one folder. Every method may raise Rejected, and Unavailable when the disk
    does not take it; then nothing was changed."""

    def __init__(self, folder: Path, now: datetime, announce: r.Room | None) -> None:
        self.folder = folder
        self._journal = Journal(folder)
        try:
            self.state = _restore(self._journal, now)
            if announce is not None:
                self.open(announce)
        except BaseException:
            self._journal.close()
            raise

    def close(self) -> None:
        self._journal.close()

    def room(self, room: str) -> r.Room:
        known = self.state.rooms.get(room)
        if known is None:
            raise Rejected(f"There is no room {short(room, 80)!r} in {self.folder}.")
        return known

    def message(self, room: str, message: str) -> r.Message:
        known = self.room(room).find(message)
        if known is None:
            raise Gone(f"There is no message {short(message, 80)!r} in {room}.")
        return known

    def may_read(self, room: str, person: str) -> bool:
        known = self.room(room)
        return not known.private or person in known.people

    def open(self, room: r.Room) -> Outcome[RoomRef]:
        if known := self.state.rooms.get(room.id):
            return RoomRef(room.id, private=known.private), None
        return RoomRef(room.id, private=room.private), r.Change("open", self._record(r.open_room(room)))

    def post(self, room: str, message: r.Message) -> Outcome[r.Message]:
        known = self.room(room)
        if message.key and (said := known.said_as(message.key)):
            return said, None
        self.check_writable(room)
        if message.thread:
            self.message(room, message.thread)
        message = replace(message, id=self._number())
        return message, r.Change("say", self._record(r.say(room, message)), message)

    def edit(self, room: str, message: str, document: Document) -> Outcome[None]:
        known = self.message(room, message)
        if known.by:
            raise Rejected(f"The message {message} in {room} is {known.by}'s; only its author may edit it.")
        self.check_writable(room)
        if known.document == document:
            return None, None
        after = self._record(r.edit(room, message, document))
        return None, r.Change("edit", after, after.find(message))

    def pin(self, room: str, message: str) -> Outcome[None]:
        known = self.message(room, message)
        if message in self.room(room).pinned:
            return None, None
        self.check_writable(room)
        return None, r.Change("pin", self._record(r.pin(room, message)), known)

    def join(self, room: str, people: Mapping[str, str]) -> Outcome[None]:
        here = self.room(room).people
        new = {person: name for person, name in people.items() if person not in here}
        if not new:
            return None, None
        self.check_writable(room)
        return None, r.Change("join", self._record(r.join(room, new)), words=", ".join(new.values()))

    def set_topic(self, room: str, topic: str) -> Outcome[None]:
        if self.room(room).topic == topic:
            return None, None
        self.check_writable(room)
        return None, r.Change("topic", self._record(r.set_topic(room, topic)), words=topic)

    def set_links(self, room: str, links: tuple[r.Link, ...]) -> Outcome[None]:
        known = self.room(room)
        if known.links == links:
            return None, None
        self.check_writable(room)
        titles = ", ".join(title for title, _ in links)
        return None, r.Change("links", self._record(r.set_links(known, links)), words=titles)

    def archive(self, room: str) -> Outcome[None]:
        if self.room(room).archived:
            return None, None
        return None, r.Change("archive", self._record(r.archive(room)))

    def react(
        self, room: str, message: str, reaction: r.Reaction, added: bool
    ) -> Outcome[tuple[r.Message, str] | None]:
        known = self.message(room, message)
        if (reaction in known.reactions) is added:
            return None, None
        self.check_writable(room, reaction[1])
        number = self._number()
        after = self._record(r.react(room, message, reaction, added=added))
        change = r.Change("react" if added else "unreact", after, after.find(message), *reversed(reaction))
        return (known, number), change

    def _number(self) -> str:
        return f"{self.state.epoch}-{self.state.next}"

    def check_writable(self, room: str, by: str = "") -> None:
        known = self.room(room)
        if known.archived:
            raise Rejected(f"{room} is archived: it can be read, and nobody writes there any more.")
        if by and not self.may_read(room, by):
            raise Rejected(f"{room} is private, and {by} has not been invited.")

    def _record(self, entry: Entry) -> r.Room:
        """On the disk first, then for everybody to see."""
        self._journal.append(entry)
        self.state = r.apply(self.state, entry)
        return self.state.rooms[entry["room"]]


def _restore(journal: Journal, now: datetime) -> r.State:
    state = r.State()
    entries = journal.read()
    if not entries:
        entries = [r.begin(f"{int(now.timestamp()):x}", 1)]
        journal.append(entries[0])
    for number, entry in enumerate(entries, 1):
        try:
            state = r.apply(state, entry)
        except r.Unreadable as problem:
            raise Rejected(
                f"{journal.path}, line {number}, means nothing to this version ({problem}). Use the version that wrote "
                "it, or move the file away to start without rooms."
            ) from problem
    messages = sum(len(room.messages) for room in state.rooms.values())
    if journal.size > COMPACT_ABOVE and len(entries) > 2 * (messages + len(state.rooms)):
        journal.rewrite(r.journal_of(state))
    return state


def short(text: str, longest: int) -> str:
    """`text` on one line of at most `longest` characters."""
    text = clean(text).replace("\n", " ").strip()
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
