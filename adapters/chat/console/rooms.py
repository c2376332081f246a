"""Rooms, and how each line of the journal changes them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from adapters.chat.console.documents import decode, encode, in_words, pictures, with_pictures
from adapters.chat.console.journal import Entry
from bot.chat.document import Document

Reaction = tuple[str, str]
"""(emoji, who)"""

Link = tuple[str, str]
"""(title, address)"""


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody said; `by` is empty for the bot. `thread` is the message it answers."""

    id: str
    by: str
    document: Document
    at: datetime
    thread: str = ""
    key: str = ""
    edited: bool = False
    reactions: tuple[Reaction, ...] = ()


@dataclass(frozen=True, slots=True)
class Room:
    """A room as it is now. `people` maps an id to the name that is shown, in the order they came."""

    id: str
    name: str
    topic: str = ""
    private: bool = False
    archived: bool = False
    people: Mapping[str, str] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    pinned: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()

    def find(self, message: str) -> Message | None:
        return next((known for known in reversed(self.messages) if known.id == message), None)

    def said_as(self, key: str) -> Message | None:
        """The message that was posted for this attempt."""
        return next((known for known in reversed(self.messages) if known.key == key), None)

    @property
    def card(self) -> Message | None:
        """The first pinned message: what the room is about."""
        return self.find(self.pinned[0]) if self.pinned else None


@dataclass(frozen=True, slots=True)
class State:
    """All rooms, and the number the next message or reaction gets. `epoch` tells this journal from one that was
    thrown away: an id never names two messages."""

    epoch: str = ""
    next: int = 1
    rooms: Mapping[str, Room] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What just changed in a room: `kind` is the journal's word for it; `message` is the one it was about, and
    `words` what was added (an emoji, names)."""

    kind: str
    room: Room
    message: Message | None = None
    by: str = ""
    words: str = ""


class Unreadable(ValueError):
    """A line of the journal means nothing to this version."""


def begin(epoch: str, number: int) -> Entry:
    return {"do": "begin", "version": 1, "epoch": epoch, "next": number}


def open_room(room: Room) -> Entry:
    return {"do": "open", "room": room.id, "name": room.name, "topic": room.topic, "private": room.private}


def say(room: str, message: Message) -> Entry:
    return {
        "do": "say",
        "room": room,
        "message": message.id,
        "by": message.by,
        **_written(message.document),
        "at": message.at.isoformat(),
        "thread": message.thread,
        "key": message.key,
        "edited": message.edited,
    }


def edit(room: str, message: str, document: Document) -> Entry:
    return {"do": "edit", "room": room, "message": message, **_written(document)}


def pin(room: str, message: str) -> Entry:
    return {"do": "pin", "room": room, "message": message}


def join(room: str, people: Mapping[str, str]) -> Entry:
    return {"do": "join", "room": room, "people": dict(people)}


def set_topic(room: str, topic: str) -> Entry:
    return {"do": "topic", "room": room, "topic": topic}


def set_links(room: Room, links: tuple[Link, ...]) -> Entry:
    """Beside the topic, so that the release before, which knows no links, can read the journal."""
    return {**set_topic(room.id, room.topic), "links": links}


def archive(room: str) -> Entry:
    return {"do": "archive", "room": room}


def react(room: str, message: str, reaction: Reaction, *, added: bool) -> Entry:
    return {"do": "react", "room": room, "message": message, "emoji": reaction[0], "by": reaction[1], "added": added}


def apply(state: State, entry: Entry) -> State:
    """`state` after `entry`. Raises Unreadable."""
    try:
        return _apply(state, entry)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise Unreadable(f"{entry.get('do', 'nothing')!r}: {problem!r}") from problem


def _apply(state: State, entry: Entry) -> State:
    match entry["do"]:
        case "begin":
            if entry["version"] != 1:
                raise Unreadable("it was written by a newer version")
            return replace(state, epoch=entry["epoch"], next=entry["next"])
        case "open":
            room = Room(entry["room"], entry["name"], entry["topic"], entry["private"])
            return replace(state, rooms={**state.rooms, room.id: room})
    room = state.rooms[entry["room"]]
    changed = _change(room, entry)
    counted = state.next + 1 if entry["do"] in ("say", "react") else state.next
    return replace(state, next=counted, rooms={**state.rooms, room.id: changed})


def _change(room: Room, entry: Entry) -> Room:
    match entry["do"]:
        case "say":
            return replace(room, messages=(*room.messages, _message(entry)))
        case "edit":
            known = _known(room, entry["message"])
            return _with(room, replace(known, document=_read(entry), edited=True))
        case "pin":
            return replace(room, pinned=(*room.pinned, entry["message"]))
        case "join":
            return replace(room, people={**room.people, **entry["people"]})
        case "topic":
            links = tuple((title, url) for title, url in entry.get("links", room.links))
            return replace(room, topic=entry["topic"], links=links)
        case "archive":
            return replace(room, archived=True)
        case "react":
            reaction = (entry["emoji"], entry["by"])
            known = _known(room, entry["message"])
            there = tuple(other for other in known.reactions if other != reaction)
            return _with(room, replace(known, reactions=(*there, reaction) if entry["added"] else there))
        case other:
            raise Unreadable(f"{other!r} is not known here")


def _message(entry: Entry) -> Message:
    return Message(
        id=entry["message"],
        by=entry["by"],
        document=_read(entry),
        at=datetime.fromisoformat(entry["at"]),
        thread=entry["thread"],
        key=entry["key"],
        edited=entry["edited"],
    )


def _written(document: Document) -> Entry:
    """Its pictures beside their words, so that the release before, which knows none, can read the journal."""
    shown = pictures(document)
    return {"document": encode(in_words(document))} | ({"pictures": shown} if shown else {})


def _read(entry: Entry) -> Document:
    return with_pictures(decode(entry["document"]), entry.get("pictures", ()))


def _known(room: Room, message: str) -> Message:
    known = room.find(message)
    if known is None:
        raise Unreadable(f"there is no message {message}")
    return known


def _with(room: Room, changed: Message) -> Room:
    """The message in the place of the one with its id."""
    return replace(room, messages=tuple(changed if known.id == changed.id else known for known in room.messages))


def journal_of(state: State) -> Iterator[Entry]:
    """The shortest journal that makes these rooms. Its numbers go on after `state.next`, counting these lines too."""
    yield begin(state.epoch, state.next)
    for room in state.rooms.values():
        yield open_room(room)
        if room.people:
            yield join(room.id, room.people)
        for message in room.messages:
            yield say(room.id, message)
            for reaction in message.reactions:
                yield react(room.id, message.id, reaction, added=True)
        for message_id in room.pinned:
            yield pin(room.id, message_id)
        if room.links:
            yield set_links(room, room.links)
        if room.archived:
            yield archive(room.id)
