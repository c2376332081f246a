"""Reactions on messages and what they do. Each has a line of text that does the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.chat.document import clean
from bot.incident.attachment import FILES_LIMIT, NAME_LIMIT, PLACE_LIMIT, Attachment
from bot.incident.commands import AddFollowUp, AddTask, Command, Note, Retract
from bot.incident.model import Captured, Mark
from bot.incident.text import one_line, unhidden

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


def attached(files: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """What is kept of what a platform says of a message's files: each has a name, and all of it is bounded."""
    return tuple(
        replace(
            file,
            name=one_line(unhidden(file.name), NAME_LIMIT) or "file",
            media_type=one_line(file.media_type, NAME_LIMIT),
            size=max(0, file.size),
            place=file.place if len(file.place) <= PLACE_LIMIT and file.place.isprintable() else "",
        )
        for file in files[:FILES_LIMIT]
    )


def react(
    emoji: str, *, text: str, author: str, message: str, at: datetime | None, files: Sequence[Attachment] = ()
) -> Command | None:
    """The command for a reaction put on `message`, which `author` wrote at `at`. A message of nothing but `files` says the name
    of the first. None: the reaction means nothing, or there is nothing to keep."""
    found = meaning(emoji)
    kept = attached(files)
    text = worded(text) or (kept[0].name if kept else "")
    if found is None or not text:
        return None
    if found.mark is not None:
        return Note(mark=found.mark, text=text, when=at, author=author, message=message, files=kept)
    if found.name == "task":
        return AddTask(text=text, message=message, author=author, files=kept)
    return AddFollowUp(text=text, message=message, author=author, files=kept)


def unreact(emoji: str, *, message: str) -> Command | None:
    """The command for a reaction taken off again."""
    found = meaning(emoji)
    if found is None:
        return None
    return Retract(message=message, captured=CAPTURED.get(found.name, Captured.LINE), mark=found.mark)


def is_coffee(emoji: str) -> bool:
    """Whether `emoji` brings up a topic for the coffee."""
    found = meaning(emoji)
    return found is not None and found.mark is Mark.COFFEE
