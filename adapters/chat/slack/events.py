"""What Slack tells of a channel, as far as it means something to us. Pure.

The forms are those of https://docs.slack.dev/reference/events/; what is not of its form means nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Literal

from adapters.chat.slack.addressed import emoji, mentioned_line, typed_prefix
from adapters.chat.slack.messages import message_text

Json = Mapping[str, Any]

Kind = Literal["line", "edit", "removal", "reaction", "pin"]

LONGEST = 20_000
"""Characters of a text that are kept: more than a line may have, so that one that is too long is refused and not cut."""

_ID = 100
"""Characters of an id; Slack's have about a quarter of that."""

_SPOKEN = frozenset({"", "file_share", "me_message", "thread_broadcast"})
"""Subtypes of messages that somebody wrote."""

PIN = "pushpin"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is to be done once, and in its order in its channel. `id` is Slack's own, `ts` the message that it is
    about, `at` when it happened (seconds since 1970). `answer` is an address that takes the answer."""

    kind: Kind
    id: str
    channel: str
    user: str
    ts: str
    at: float
    thread: str = ""
    text: str = ""
    emoji: str = ""
    added: bool = True
    answer: str = ""

    @property
    def message(self) -> str:
        """The message's id in the whole workspace."""
        return f"{self.channel}:{self.ts}" if self.ts else self.id

    @property
    def when(self) -> datetime:
        return _time(self.at)

    @property
    def written(self) -> datetime:
        """When the message was written, which its id says."""
        return _time(_at(self.ts))

    def dumps(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def loads(cls, text: str) -> Event:
        return cls(**json.loads(text))


def event_of(body: Json, us: str, command: str) -> Event | None:
    """What an envelope of the Events API tells; None: nothing that we do anything about, as what we did ourselves. `us` is our user."""
    event, id_ = body.get("event"), _id(body.get("event_id"))
    if not isinstance(event, dict) or not id_ or event.get("user") == us:
        return None
    match event.get("type"):
        case "message":
            return _message(event, id_, us, command)
        case "app_mention":
            return _line(event, id_, us, command)
        case "reaction_added" | "reaction_removed" as kind:
            return _reaction(event, id_, added=kind == "reaction_added")
        case "pin_added" | "pin_removed" as kind:
            return _pin(event, id_, added=kind == "pin_added")
        case _:
            return None


def _message(event: Json, id_: str, us: str, command: str) -> Event | None:
    subtype = event.get("subtype") or ""
    if subtype in _SPOKEN:
        return _line(event, id_, us, command)
    channel = _id(event.get("channel"))
    if subtype == "message_deleted":
        return _removal(channel, _id(event.get("deleted_ts")), id_, event)
    newer, older = event.get("message"), event.get("previous_message")
    if subtype != "message_changed" or not isinstance(newer, dict):
        return None
    if newer.get("subtype") == "tombstone":
        # The first of a thread, whose answers stand.
        return _removal(channel, _id(newer.get("ts")), id_, event)
    if newer.get("user") == us:
        return None
    before = message_text(older) if isinstance(older, dict) else None
    text = message_text(newer)[:LONGEST]
    if text == before:
        # Slack shows what a link leads to, and says that as an edit.
        return None
    edited = newer.get("edited")
    by = _id(edited.get("user")) if isinstance(edited, dict) else _id(newer.get("user"))
    ts = _id(newer.get("ts"))
    return Event("edit", id_, channel, by, ts, _at(event.get("event_ts")), text=text) if channel and ts else None


def _removal(channel: str, ts: str, id_: str, event: Json) -> Event | None:
    return Event("removal", id_, channel, "", ts, _at(event.get("event_ts"))) if channel and ts else None


def _line(event: Json, id_: str, us: str, command: str) -> Event | None:
    """A line for the bot begins with its name, or with `!incident`. What other bots say never is one, so two of them cannot talk
    for ever."""
    user, channel, ts = _id(event.get("user")), _id(event.get("channel")), _id(event.get("ts"))
    text = event.get("text")
    if event.get("bot_id") or not (user and channel and ts and isinstance(text, str)):
        return None
    line = mentioned_line(text, us)
    line = typed_prefix(text, command) if line is None else line
    if line is None:
        return None
    thread = _id(event.get("thread_ts"))
    return Event("line", id_, channel, user, ts, _at(ts), thread=thread, text=line[:LONGEST])


def _reaction(event: Json, id_: str, *, added: bool) -> Event | None:
    item = event.get("item")
    if not isinstance(item, dict) or item.get("type") != "message":
        return None
    channel, ts, user = _id(item.get("channel")), _id(item.get("ts")), _id(event.get("user"))
    if not (channel and ts and user):
        return None
    at = _at(event.get("event_ts"))
    return Event("reaction", id_, channel, user, ts, at, emoji=emoji(str(event.get("reaction", ""))), added=added)


def _pin(event: Json, id_: str, *, added: bool) -> Event | None:
    item, channel, user = event.get("item"), _id(event.get("channel_id")), _id(event.get("user"))
    said = item.get("message") if isinstance(item, dict) and item.get("type") == "message" else None
    ts = _id(said.get("ts")) if isinstance(said, dict) else ""
    if not (channel and ts and user):
        return None
    return Event("pin", id_, channel, user, ts, _at(event.get("event_ts")), emoji=PIN, added=added)


def _id(said: object) -> str:
    return said if isinstance(said, str) and 0 < len(said) <= _ID and said.isascii() and said.isprintable() else ""


def _at(ts: object) -> float:
    try:
        at = float(str(ts))
    except ValueError:
        return 0.0
    return at if isfinite(at) else 0.0


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(min(max(at, 0.0), 4_000_000_000.0), UTC)
