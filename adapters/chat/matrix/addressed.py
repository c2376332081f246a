"""Which messages are lines for the bot, and what their words are. Pure."""

from __future__ import annotations

import re

from adapters.chat.matrix.homeserver import Json

LINE = 4_000
"""Characters of a line; longer than any command. A message may have 64 kB."""

_QUOTED = re.compile(r"(?:^>[^\n]*(?:\n|$))+\n?")


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
        mentioned = content.get("m.mentions")
        users = mentioned.get("user_ids") if isinstance(mentioned, dict) else None
        named = self._called.match(body)
        # A name alone calls nobody where clients say whom they mean.
        if named and (users is None or (isinstance(users, list) and self.us in users)):
            return body[named.end() :].strip()
        return None

    def edited(self, content: Json) -> str | None:
        """The message that reads otherwise by this one."""
        relation, newer = content.get("m.relates_to"), content.get("m.new_content")
        if not isinstance(relation, dict) or relation.get("rel_type") != "m.replace" or not isinstance(newer, dict):
            return None
        message = relation.get("event_id")
        return message if isinstance(message, str) else None

    def replied_to(self, content: Json) -> str | None:
        """The message that is answered, if somebody typed an answer."""
        relation = content.get("m.relates_to")
        if not _typed(content) or not isinstance(relation, dict) or relation.get("is_falling_back"):
            return None
        reply = relation.get("m.in_reply_to")
        to = reply.get("event_id") if isinstance(reply, dict) else None
        return to if isinstance(to, str) else None

    def reply_line(self, content: Json) -> str:
        """The words of an answer."""
        body = _body(content)
        found = self._prefix.match(body)
        return body[found.end() :].strip() if found else body

    def text(self, event: Json) -> str:
        """What a message says now: its last edit counts, where the homeserver tells of it."""
        return _body(self.newest(event), LINE * 4)

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


def _body(content: Json, limit: int = LINE) -> str:
    """Without what older clients quote of the message that is answered
    (https://spec.matrix.org/v1.12/client-server-api/#fallbacks-for-rich-replies)."""
    body = content.get("body")
    text = body if isinstance(body, str) else ""
    relation = content.get("m.relates_to")
    if isinstance(relation, dict) and "m.in_reply_to" in relation:
        text = _QUOTED.sub("", text, count=1) if text.startswith(">") else text
    return text[:limit].strip()
