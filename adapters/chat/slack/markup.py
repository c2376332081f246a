"""Slack's markup, mrkdwn: how words are written into it so that they stay words, and when they cannot be."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from bot.chat import document as d

CUT = "…"

_USER = re.compile(r"[UW][A-Z0-9]{1,30}")

# Letters, digits and signs of prose. A colon stands between two numbers and nowhere else (:100: is an emoji), and no closing bracket
# behind a digit ("8)" is one, too). What is not here may be markup today or tomorrow: mrkdwn cannot escape it.
_INERT = re.compile(r"(?:[^\W_]|(?<=\d):(?=\d\d(?![\d:]))|(?<!\d)\)|[ .,(/%+·–—…'’\"“”?!-])*")


def escape(text: str) -> str:
    """`text` so that Slack parses nothing in it: no mention, no link, no date. Stars and the like stay markup where the text is mrkdwn
    (https://docs.slack.dev/messaging/formatting-message-text#escaping)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped(text: str, most: int) -> str:
    """As `escape`, and never longer than `most` characters: what is too long ends with an ellipsis, and not inside of an
    escaped sign."""
    whole = escape(text[: most + 1])
    if len(whole) <= most:
        return whole
    fits = bisect_right(range(most), most - len(CUT), key=lambda size: len(escape(text[:size]))) - 1
    return escape(text[:fits].rstrip()) + CUT


def user(mention: d.Mention, handles: Mapping[str, str]) -> str:
    """The Slack id of who is mentioned; empty when it is not known, or is none."""
    found = handles.get(mention.person, "")
    return found if _USER.fullmatch(found) else ""


def inert(line: Sequence[d.Inline], handles: Mapping[str, str]) -> bool:
    """Whether nothing in the words of `line` can be markup, so that `mrkdwn` shows them as they are."""
    shown = ""
    for part in line:
        match part:
            case d.Text(text=text, bold=False, italic=False, code=False) | d.Time(text=text):
                shown += text
            case d.Mention(text=text):
                shown += "x" if user(part, handles) else text
            case _:
                return False
    return bool(_INERT.fullmatch(shown))


def mrkdwn(line: Sequence[d.Inline], handles: Mapping[str, str]) -> str:
    """A line that is `inert`, as mrkdwn."""
    known = [user(part, handles) if isinstance(part, d.Mention) else "" for part in line]
    return "".join(f"<@{id_}>" if id_ else part.text for part, id_ in zip(line, known, strict=True))
