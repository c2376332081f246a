"""Reactions on messages and what they do. Each has a line of text that does the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.chat.document import clean
from bot.incident.commands import AddFollowUp, AddTask, Command, Note, Retract
from bot.incident.model import Captured, Mark

TEXT_LIMIT = 4000
"""What a line of the timeline holds (`bot.incident.work`); a longer message is cut, for the reaction is on all of it."""

_VARIATION = "\ufe0f"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a reaction does: a line with this `mark`, or without one a task or a follow-up (by `name`)."""

    name: str
    emoji: str
    short: str
    help: str
    line: str
    mark: Mark | None = None


MEANINGS = (
    Meaning("note", "📌", "pushpin", "Puts the message on the timeline.", "note TEXT", Mark.NOTE),
    Meaning("key moment", "⭐", "star", "Marks a key moment on the timeline.", "note TEXT mark=key", Mark.KEY_MOMENT),
    Meaning("task", "☑️", "ballot_box_with_check", "Makes it a task.", "task TEXT"),
    Meaning("followup", "🔁", "repeat", "Makes it a follow-up.", "followup TEXT"),
    Meaning("lucky", "🍀", "four_leaf_clover", "Where we got lucky.", "note TEXT mark=lucky", Mark.LUCKY),
    Meaning("question", "❓", "question", "An open question for the review.", "note TEXT mark=question", Mark.QUESTION),
    Meaning("hypothesis", "💡", "bulb", "What might be behind it.", "hypothesis TEXT", Mark.HYPOTHESIS),
    Meaning("proposal", "📣", "mega", "Proposes it for the public.", "note TEXT mark=proposal", Mark.PROPOSAL),
    Meaning("coffee", "☕", "coffee", "A topic for the next lean coffee.", "note TEXT mark=coffee", Mark.COFFEE),
    Meaning("on it", "👀", "eyes", "Somebody is on it.", "note TEXT mark=on-it", Mark.ON_IT),
)

REACTIONS: Mapping[str, Meaning] = {
    key: meaning
    for meaning in MEANINGS
    for key in (meaning.emoji, meaning.emoji.replace(_VARIATION, ""), meaning.short)
}
"""By emoji (with or without U+FE0F) and by Slack's short name."""


CAPTURED = {"task": Captured.TASK, "followup": Captured.FOLLOWUP}
"""What a reaction makes that makes no line."""


def meaning(emoji: str) -> Meaning | None:
    """What `emoji` means: `📌`, `☑️` with or without U+FE0F, `pushpin` or `:pushpin:`. None: nothing."""
    return REACTIONS.get(emoji.replace(_VARIATION, "").strip(":"))


def worded(text: str) -> str:
    """What is kept of a message's text; empty when there is nothing to keep."""
    return clean(text).strip()[:TEXT_LIMIT].strip()


def react(emoji: str, *, text: str, author: str, message: str, at: datetime | None) -> Command | None:
    """The command for a reaction put on `message`, which `author` wrote at `at`. None: it means nothing, or there is
    no text to keep."""
    found = meaning(emoji)
    text = worded(text)
    if found is None or not text:
        return None
    if found.mark is not None:
        return Note(mark=found.mark, text=text, when=at, author=author, message=message)
    if found.name == "task":
        return AddTask(text=text, message=message, author=author)
    return AddFollowUp(text=text, message=message, author=author)


def unreact(emoji: str, *, message: str) -> Command | None:
    """The command for a reaction taken off again."""
    found = meaning(emoji)
    if found is None:
        return None
    return Retract(message=message, captured=CAPTURED.get(found.name, Captured.LINE), mark=found.mark)
