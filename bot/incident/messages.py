"""Rules of messages that were taken to the timeline: edited they read as they do now, removed their text is nowhere any more.

An edit is another event, as all corrections are. A removal is the one event that reaches into the past: `scrubbed` says what is
recorded from then on of what was recorded before (docs/decisions/0015-removed-is-gone.md).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.captured import Capture, captures, gone, kept
from bot.incident.model import FollowUp, Incident, PublicPost, Source, Task
from bot.incident.text import REMOVED, one_line

TEXT_LIMIT = 4000
"""What a line of the timeline holds (`bot.incident.work`)."""

WORDLESS = "(no text)"
"""How a message reads that was edited until nothing readable was left."""

QUOTED = 12
"""Letters from which on a text that stands in another one is a quotation. "Volumes" says nothing about where it is from."""

_WORD = re.compile(r"\w+")


def edit(command: c.EditMessage, at: datetime) -> list[e.Event]:
    """An edit of what was taken back, of what was removed, or from before the last edit changes nothing; nor does one that
    leaves the words as they are, as platforms send for the preview of a link."""
    message, when = command.message, _happened(command.when, at)
    edits = _edits(command.events, message)
    if gone(command.events, message) or any(earlier.at > when for earlier in edits):
        return []
    text = command.text.strip()[:TEXT_LIMIT].strip()
    if not one_line(text, TEXT_LIMIT):
        text = WORDLESS
    changed = [(seq, made) for seq, made in kept(command.events, message) if _reads(seq, made, edits) != text]
    if not changed:
        return []
    return [
        e.MessageEdited(
            at=when,
            message=message,
            text=text,
            events=tuple(seq for seq, _ in changed),
            tasks=tuple(made.task for _, made in changed if isinstance(made, e.TaskAdded)),
            followups=tuple(made.followup for _, made in changed if isinstance(made, e.FollowUpAdded)),
        )
    ]


def remove(incident: Incident, command: c.RemoveMessage, at: datetime) -> list[e.Event]:
    """Also of what was taken back before: its text was kept. A preview that quotes it is discarded."""
    made = captures(command.events, command.message)
    if not made or gone(command.events, command.message):
        return []
    texts = _texts(command.events, command.message)
    published = [r.event for r in command.events if isinstance(r.event, e.PublicPostPublished)]
    removed = e.MessageRemoved(
        at=_happened(command.when, at),
        message=command.message,
        events=tuple(seq for seq, _ in made),
        marks=tuple(dict.fromkeys(event.mark for _, event in made if isinstance(event, e.Noted))),
        tasks=tuple(event.task for _, event in made if isinstance(event, e.TaskAdded)),
        followups=tuple(event.followup for _, event in made if isinstance(event, e.FollowUpAdded)),
        by_author=_by_author([event for _, event in made], command.by),
        posts=tuple(event.number for event in published if _quotes(event.post, texts)),
    )
    preview = incident.draft is not None and _quotes(incident.draft, texts)
    return [removed, e.PublicDraftDiscarded(at=at)] if preview else [removed]


def _happened(when: datetime | None, at: datetime) -> datetime:
    """It did happen, whatever the platform's clock says: nothing is refused on account of that."""
    return min(when, at) if when else at


def scrubbed(history: Sequence[e.Recorded], removed: e.MessageRemoved) -> list[e.Recorded]:
    """Those of `history` (all that is recorded, as it was before) in which the removed text stands or which link to it, as they
    are without it. Each keeps its number, times, kind and people. Folded, they make the incident that `removed` made."""
    texts = _texts(history, removed.message)
    without = [
        replace(r, event=_without(r.event, removed, texts), source=_unlinked(r.source, removed)) for r in history
    ]
    return [now for now, before in zip(without, history, strict=True) if now != before]


def as_edited(history: Sequence[e.Recorded]) -> list[e.Recorded]:
    """`history`, in which every line reads as its message does by now."""
    edits = {seq: r.event.text for r in history if isinstance(r.event, e.MessageEdited) for seq in r.event.events}
    return [_edited(r, r.event, edits[r.seq]) if r.seq in edits else r for r in history]


def _edited(recorded: e.Recorded, event: e.Event, text: str) -> e.Recorded:
    if not isinstance(event, Capture):
        return recorded
    return replace(recorded, event=replace(event, text=text, edited=text != REMOVED))


def _edits(history: Sequence[e.Recorded], message: str) -> list[e.MessageEdited]:
    return [r.event for r in history if isinstance(r.event, e.MessageEdited) and r.event.message == message]


def _reads(seq: int, made: Capture, edits: Sequence[e.MessageEdited]) -> str:
    return next((edit.text for edit in reversed(edits) if seq in edit.events), made.text)


def _texts(history: Sequence[e.Recorded], message: str) -> frozenset[str]:
    """All that the message ever said, as far as it was kept."""
    made = [event.text for _, event in captures(history, message)]
    return frozenset((*made, *(edit.text for edit in _edits(history, message))))


def _by_author(made: Sequence[Capture], by: str) -> bool | None:
    authors = {event.author for event in made if event.author}
    return by in authors if by and authors else None


def _quotes(post: PublicPost, texts: Collection[str]) -> bool:
    """Whether a post holds two thirds of the words of one of `texts`, in runs and in order: what was masked on the way into the
    post, or put in other words, does not hide where the rest is from."""
    said = _words(f"{post.title}\n{post.text}")
    return any(_stands_in(_words(text), said) for text in texts)


def _stands_in(words: Sequence[str], said: Sequence[str]) -> bool:
    if len("".join(words)) < QUOTED:
        return False
    from difflib import SequenceMatcher

    blocks = SequenceMatcher(None, words, said, autojunk=False).get_matching_blocks()
    run = min(2, len(words))
    return 3 * sum(block.size for block in blocks if block.size >= run) >= 2 * len(words)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _unlinked(source: Source, removed: e.MessageRemoved) -> Source:
    """A link to what is gone leads nowhere."""
    return replace(source, link="") if source.ref == removed.message else source


def _without(event: e.Event, removed: e.MessageRemoved, texts: Collection[str]) -> e.Event:
    match event:
        case e.Noted() | e.TaskAdded() | e.FollowUpAdded() if event.message == removed.message:
            return replace(event, text=REMOVED, files=())
        case e.MessageEdited() if event.message == removed.message:
            return replace(event, text=REMOVED)
        case e.FileKept() if event.message == removed.message:
            # By its sum somebody who has the file could tell that it was this one.
            return replace(event, size=0, sha256="")
        case e.FileNotKept() if event.message == removed.message:
            return replace(event, name=REMOVED)
        case e.TaskChanged(before=Task() as task) if task.id in removed.tasks:
            return replace(event, before=replace(task, text=REMOVED))
        case e.FollowUpChanged(before=FollowUp() as item) if item.id in removed.followups:
            return replace(event, before=replace(item, text=REMOVED))
        case e.PublicPostDrafted(post=post, before=before):
            gone_too = before is not None and _quotes(before, texts)
            masked = tuple(word for word in event.masked if not any(word in text for text in texts))
            return replace(
                event,
                post=_blank(post) if _quotes(post, texts) else post,
                masked=masked,
                before=None if gone_too else before,
            )
        case e.PublicDraftDiscarded(post=PublicPost() as post) if _quotes(post, texts):
            return replace(event, post=None)
        case _:
            return event


def _blank(post: PublicPost) -> PublicPost:
    return replace(post, title=REMOVED, text=REMOVED)
