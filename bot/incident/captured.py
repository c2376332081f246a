"""What reactions made of a message, and for whom it stands: the same reaction of several people is one line, and that goes when
the last of them takes theirs off. It reads as its message does; of one that was removed nothing stands and nothing is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.incident import events as e
from bot.incident.model import Captured, Incident, Mark
from bot.incident.text import REMOVED

Capture = e.Noted | e.TaskAdded | e.FollowUpAdded


@dataclass(frozen=True, slots=True)
class Standing:
    """The event that a reaction made and nobody took back, and who holds on to it."""

    recorded: e.Recorded
    people: frozenset[str]


def standing(
    events: Sequence[e.Recorded], message: str, captured: Captured, mark: Mark | None = None
) -> Standing | None:
    """What stands of `message` as that, by the incident's `events` (oldest first); None: nothing does."""
    made = [r for r in events if _made(r.event, message) == (captured, mark)]
    taken = _all_taken(events)
    dropped = {change[0]: change[1] for r in events if (change := _change(r.event)) is not None}
    left = [r for r in made if r.seq not in taken and not dropped.get(_item(r.event))]
    if not left or gone(events, message):
        return None
    people = {left[-1].by}
    for recorded in events:
        if isinstance(recorded.event, e.Seconded) and recorded.event.event == left[-1].seq:
            (people.add if recorded.event.stands else people.discard)(recorded.by)
    return Standing(left[-1], frozenset(people))


def gone(events: Sequence[e.Recorded], message: str) -> bool:
    """Whether `message`, of which something had been taken, was removed."""
    return any(isinstance(r.event, e.MessageRemoved) and r.event.message == message for r in events)


def captures(events: Sequence[e.Recorded], message: str) -> list[tuple[int, Capture]]:
    """All that was ever taken from `message`, each with its number on the timeline."""
    return [(r.seq, r.event) for r in events if isinstance(r.event, Capture) and r.event.message == message]


def kept(events: Sequence[e.Recorded], message: str) -> list[tuple[int, Capture]]:
    """Those of `captures` that were not taken back. A task that somebody decided to drop was not."""
    taken = _all_taken(events)
    undoing = {r.command for r in events if isinstance(r.event, e.Undone)}
    back = {
        change[0]: change[1] and (r.source.kind == "reaction" or r.command in undoing)
        for r in events
        if (change := _change(r.event)) is not None
    }
    return [
        (seq, event)
        for seq, event in captures(events, message)
        if not (seq in taken if isinstance(event, e.Noted) else back.get(_item(event)))
    ]


def reads_now(incident: Incident, event: e.MessageEdited | e.MessageRemoved) -> Incident:
    """`incident`, whose tasks and follow-ups read as the message does from which they were taken."""
    text = REMOVED if isinstance(event, e.MessageRemoved) else event.text
    return replace(
        incident,
        tasks=tuple(replace(task, text=text) if task.id in event.tasks else task for task in incident.tasks),
        followups=tuple(
            replace(item, text=text) if item.id in event.followups else item for item in incident.followups
        ),
    )


def _made(event: e.Event, message: str) -> tuple[Captured, Mark | None] | None:
    match event:
        case e.Noted(message=source, mark=mark) if source == message:
            return Captured.LINE, mark
        case e.TaskAdded(message=source) if source == message:
            return Captured.TASK, None
        case e.FollowUpAdded(message=source) if source == message:
            return Captured.FOLLOWUP, None
        case _:
            return None


def _all_taken(events: Sequence[e.Recorded]) -> set[int]:
    return {seq for r in events if isinstance(r.event, e.Retracted | e.Undone) for seq in _taken(r.event)}


def _taken(event: e.Retracted | e.Undone) -> tuple[int, ...]:
    return (event.event,) if isinstance(event, e.Retracted) else event.events


def _item(event: e.Event) -> tuple[str, int]:
    match event:
        case e.TaskAdded(task=number):
            return Captured.TASK, number
        case e.FollowUpAdded(followup=number):
            return Captured.FOLLOWUP, number
        case _:
            return Captured.LINE, 0


def _change(event: e.Event) -> tuple[tuple[str, int], bool] | None:
    """The task or follow-up that changed, and whether it is dropped now."""
    match event:
        case e.TaskChanged(task=number, dropped=dropped):
            return (Captured.TASK, number), dropped
        case e.FollowUpChanged(followup=number, outcome=outcome):
            return (Captured.FOLLOWUP, number), outcome == "dropped"
        case _:
            return None
