"""What people typed, read as Slack sends it: which messages are lines for the bot, and what their words are. Pure.

Slack writes what it understood into the text: `<@U0ANA|ana>`, `<https://example.org|example.org>`, `&amp;`
(https://docs.slack.dev/messaging/formatting-message-text).
"""

from __future__ import annotations

import re

from bot.incident.text import clean

LONGEST = 40_000
"""Characters of a message, at most
(https://docs.slack.dev/reference/methods/chat.postMessage, "Truncating content"). A line is not cut to what a command may
have: its beginning would be another line, so the parser refuses it and says why."""

_EMOJI = 100
"""Characters of the name of an emoji, which has no limit that Slack tells."""

_ESCAPED = 5
"""Characters that one can become: `&amp;`."""

# Brackets that people type arrive as entities, so these are Slack's; others, in a line that it did not escape, stay as they are.
_TOKEN = re.compile(r"<((?:[@#!]|[a-z][a-z0-9+.-]{0,30}:)[^<>|]{0,4000})(?:\|([^<>]{0,4000}))?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(amp|lt|gt);")
_SIGNS = {"amp": "&", "lt": "<", "gt": ">"}
_REACHED = re.compile(r"(?:mailto|tel):(.*)", re.IGNORECASE)
_WEB = re.compile(r"https?://(.*?)/?", re.IGNORECASE)
# Whoever copies a line that we show as code pastes it as code.
_COPIED = re.compile(r"\s*`([^`\n]+)`\s*")


def unescape(text: object) -> str:
    """The words of `text` as they were typed, without what no keyboard has: JSON can hold half a character, and a database cannot. A
    mention stays `<@U0ANA>`, which is how the parser knows one from a name."""
    if not isinstance(text, str):
        return ""
    written, place = "", 0
    text = text[: LONGEST * _ESCAPED]
    for token in _TOKEN.finditer(text):
        written += _decoded(text[place : token.start()]) + _typed(token[1], token[2] or "")
        place = token.end()
    return clean(written + _decoded(text[place:]))[:LONGEST]


def mentioned_line(text: object, bot_user: str) -> str | None:
    """The words behind a mention of the bot, when `text` begins with one; `text` is as Slack sends it."""
    said = text if isinstance(text, str) else ""
    found = re.match(rf"\s*<@{re.escape(bot_user)}(?:\|[^<>]*)?>[:,]?", said)
    return unescape(said[found.end() :]).strip() if found else None


def typed_prefix(text: object, command: str) -> str | None:
    """The words of a line that begins with `!incident` (the configured `command`) or `!inc`; `text` is as Slack sends it.
    Slash commands do not work in threads, so the slash counts as well where Slack lets one through."""
    said = unescape(text)
    if copied := _COPIED.fullmatch(said):
        said = copied[1]
    words = "|".join(dict.fromkeys(map(re.escape, (command, "incident", "inc"))))
    found = re.match(rf"\s*[!/](?:{words})(?:\s+|$)", said, re.IGNORECASE)
    return said[found.end() :].strip() if found else None


def emoji(name: object) -> str:
    """The name of an emoji without the tone of its skin: `+1::skin-tone-2` is `+1`."""
    return clean(name).strip(":").partition("::")[0][:_EMOJI] if isinstance(name, str) else ""


def permalink(workspace_url: str, channel: str, ts: str, thread_ts: str = "") -> str:
    """The address of message `ts`, as Slack itself writes it; `thread_ts` is the first message of the thread it is in."""
    link = f"{workspace_url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
    return f"{link}?thread_ts={thread_ts}&cid={channel}" if thread_ts and thread_ts != ts else link


def _decoded(text: str) -> str:
    return _ENTITY.sub(lambda entity: _SIGNS[entity[1]], text)


def _typed(target: str, label: str) -> str:
    """What stood where Slack wrote `<target|label>`."""
    target, label = _decoded(target), _decoded(label)
    match target[:1]:
        case "@":
            return f"<{target}>"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            name, _, rest = target[1:].partition("^")
            if name == "date":
                return label
            return f"@{(label or rest or name).removeprefix('@')}"
    if reached := _REACHED.fullmatch(target):
        return reached[1]
    # Slack makes a link of a bare `example.org`.
    web = _WEB.fullmatch(target)
    return label if web and label.rstrip("/") == web[1] else target
