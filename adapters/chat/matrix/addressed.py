"""Which messages are lines for the bot, and what their words are. Pure."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote

from adapters.chat.matrix.homeserver import Json

LONGEST = 65_536
"""Characters of a message that are looked at; a whole event has no more bytes. A line is not cut to what a command may have: its
beginning would be another line, so the parser refuses it and says why."""

_LONGEST_ID = 255
"""Bytes (https://spec.matrix.org/latest/appendices/#event-ids)."""

_EMOJI = 64
"""Characters of a reaction: the longest emoji has a quarter of that."""

_QUOTED = re.compile(r"(?:^>[^\n]*(?:\n|\Z))+\n?", re.MULTILINE)

_PILL = re.compile(r'\s{0,9}(?:<p>)?\s{0,9}<a href="https://matrix\.to/#/([^"?]{1,800})[^"]{0,800}">([^<]{1,300})</a>')


class Addressing:
    """A line for the bot begins with `!incident` (the configured word) or `!inc`, or mentions the bot, or answers its card."""

    def __init__(self, us: str, command: str) -> None:
        name = us[1:].partition(":")[0]
        words = "|".join(dict.fromkeys(map(re.escape, (command, "incident", "inc"))))
        self.us = us
        self._prefix = re.compile(rf"!(?:{words})(?:\s+|$)", re.IGNORECASE)
        self._called = re.compile(rf"@?(?:{re.escape(us[1:])}|{re.escape(name)})[:,]?(?:\s+|$)", re.IGNORECASE)

    def line(self, content: Json) -> str | None:
        """The words behind the address; None: it is not for the bot. A notice never is, for bots speak in them, and neither is
        an edit of what was said before."""
        if not _typed(content):
            return None
        body = _body(content)
        if found := self._prefix.match(body):
            return body[found.end() :].strip()
        if name := self._pill(content):
            rest = body.removeprefix(name)
            return rest.removeprefix(":").removeprefix(",").strip() if rest != body else None
        mentioned = content.get("m.mentions")
        users = mentioned.get("user_ids") if isinstance(mentioned, dict) else None
        named = self._called.match(body)
        # A name alone calls nobody where clients say whom they mean.
        if named and (users is None or (isinstance(users, list) and self.us in users)):
            return body[named.end() :].strip()
        return None

    def _pill(self, content: Json) -> str:
        """The name by which a message calls the bot first of all, which is the one that the account shows; empty: it does not. Clients write
        it into the words, and who is meant behind it (https://spec.matrix.org/latest/client-server-api/#user-and-room-mentions)."""
        html = content.get("formatted_body")
        found = _PILL.match(html) if isinstance(html, str) else None
        return unescape(found[2]) if found and unquote(found[1]) == self.us else ""

    def edited(self, content: Json) -> str | None:
        """The message that reads otherwise by this one."""
        relation, newer = content.get("m.relates_to"), content.get("m.new_content")
        if not isinstance(relation, dict) or relation.get("rel_type") != "m.replace" or not isinstance(newer, dict):
            return None
        return _event_id(relation.get("event_id"))

    def reacted_to(self, content: Json) -> tuple[str, str] | None:
        """The emoji of a reaction, and the message that it is on."""
        relation = content.get("m.relates_to")
        if not isinstance(relation, dict) or relation.get("rel_type") != "m.annotation":
            return None
        emoji, message = relation.get("key"), _event_id(relation.get("event_id"))
        return (emoji[:_EMOJI], message) if isinstance(emoji, str) and message else None

    def replied_to(self, content: Json) -> str | None:
        """The message that is answered, if somebody typed an answer."""
        relation = content.get("m.relates_to")
        if not _typed(content) or not isinstance(relation, dict) or relation.get("is_falling_back"):
            return None
        reply = relation.get("m.in_reply_to")
        return _event_id(reply.get("event_id")) if isinstance(reply, dict) else None

    def reply_line(self, content: Json) -> str:
        """The words of an answer."""
        body = _body(content)
        found = self._prefix.match(body)
        return body[found.end() :].strip() if found else body

    def text(self, event: Json) -> str:
        """What a message says now: its last edit counts, where the homeserver tells of it."""
        return _body(self.newest(event))

    def newest(self, event: Json) -> Json:
        """The content of a message by its last edit."""
        content = event.get("content", {})
        relations = event.get("unsigned", {}).get("m.relations", {})
        edit = relations.get("m.replace") if isinstance(relations, dict) else None
        newer = edit.get("content", {}).get("m.new_content") if isinstance(edit, dict) else None
        return newer if isinstance(newer, dict) else content


def _typed(content: Json) -> bool:
    relation = content.get("m.relates_to")
    edited = isinstance(relation, dict) and relation.get("rel_type") == "m.replace"
    return content.get("msgtype") == "m.text" and not edited


def _event_id(said: object) -> str | None:
    """`said` if it may be the id of an event. Other homeservers let their people name anything, and what no homeserver can answer
    would be asked for again and again."""
    if not isinstance(said, str) or not said.startswith("$"):
        return None
    return said if len(said.encode(errors="replace")) <= _LONGEST_ID else None


def _body(content: Json) -> str:
    """Without what older clients quote of the message that is answered
    (https://spec.matrix.org/v1.12/client-server-api/#fallbacks-for-rich-replies)."""
    body = content.get("body")
    text = body if isinstance(body, str) else ""
    relation = content.get("m.relates_to")
    if isinstance(relation, dict) and "m.in_reply_to" in relation:
        text = _QUOTED.sub("", text, count=1) if text.startswith(">") else text
    return text[:LONGEST].strip()
