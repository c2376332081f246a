"""Rules of the files in messages that were taken to the timeline: a copy of each is kept, once, as long as the message's text is
(docs/decisions/0017-copies-of-files.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.attachment import Attachment
from bot.incident.captured import Capture, captures, gone, kept

REASON_LIMIT = 200
"""Characters of why there is no copy."""

_Outcomes = Mapping[tuple[str, int], e.FileKept | e.FileNotKept]


@dataclass(frozen=True, slots=True)
class ShownFile:
    """The `number`-th file (from 0) of `message`, which event `event` shows first. `sha256` is that of its copy, or `reason` why
    there is none; both are empty as long as nobody knows."""

    event: int
    message: str
    number: int
    name: str
    size: int = 0
    sha256: str = ""
    reason: str = ""

    @property
    def kept(self) -> bool:
        return bool(self.sha256)


def record(command: c.RecordFile, at: datetime) -> list[e.Event]:
    """What came of keeping a copy. Of a message that was removed meanwhile nothing is said, of one that was taken back not that
    there is none, and nothing is said twice."""
    message, number = command.message, command.number
    before = _outcomes(command.events).get((message, number))
    if gone(command.events, message) or isinstance(before, e.FileKept):
        return []
    if not command.failed:
        return [e.FileKept(at=at, message=message, number=number, size=command.size, sha256=command.sha256)]
    reason = command.failed[:REASON_LIMIT]
    if (before is not None and before.reason == reason) or not kept(command.events, message):
        return []
    made = (event.files for _, event in captures(command.events, message))
    name = next((files[number].name for files in made if number < len(files)), "a file")
    return [e.FileNotKept(at=at, message=message, number=number, name=name, reason=reason)]


def with_copies(history: Sequence[e.Recorded]) -> list[e.Recorded]:
    """`history`, in which each file says whether its copy is kept, or why not."""
    outcomes = _outcomes(history)
    return [_with_copies(r, r.event, outcomes) for r in history] if outcomes else [*history]


def files_of(history: Sequence[e.Recorded], shown: Sequence[e.Recorded]) -> list[ShownFile]:
    """The files in `shown`, a part of `history`, each once and in order."""
    outcomes = _outcomes(history)
    found: dict[tuple[str, int], ShownFile] = {}
    for recorded in shown:
        event = recorded.event
        if not isinstance(event, Capture):
            continue
        for number, file in enumerate(event.files):
            key = event.message, number
            found.setdefault(key, _known(ShownFile(recorded.seq, *key, file.name), outcomes.get(key)))
    return [*found.values()]


def _known(file: ShownFile, outcome: e.FileKept | e.FileNotKept | None) -> ShownFile:
    match outcome:
        case e.FileKept(size=size, sha256=sha256):
            return replace(file, size=size, sha256=sha256)
        case e.FileNotKept(reason=reason):
            return replace(file, reason=reason)
        case None:
            return file


def beside(event: Capture) -> str:
    """What a line says of the files in its message, after its words; a picture without words has its name for them."""
    said = []
    for file in event.files:
        name = "" if file.name == event.text else file.name
        stands = "kept" if file.kept else f"not kept: {file.missing}" if file.missing else ""
        if name or stands:
            said.append(", ".join(filter(None, (name, stands))))
    return f" ({'; '.join(said)})" if said else ""


def _outcomes(history: Sequence[e.Recorded]) -> _Outcomes:
    """The last word on each file: what could not be kept may be so later."""
    found = (r.event for r in history if isinstance(r.event, e.FileKept | e.FileNotKept))
    return {(event.message, event.number): event for event in found}


def _with_copies(recorded: e.Recorded, event: e.Event, outcomes: _Outcomes) -> e.Recorded:
    if not isinstance(event, Capture) or not event.files:
        return recorded
    files = tuple(_with_copy(file, outcomes.get((event.message, n))) for n, file in enumerate(event.files))
    return replace(recorded, event=replace(event, files=files))


def _with_copy(file: Attachment, outcome: e.FileKept | e.FileNotKept | None) -> Attachment:
    match outcome:
        case e.FileKept():
            return replace(file, kept=True)
        case e.FileNotKept(reason=reason):
            return replace(file, missing=reason)
        case None:
            return file
