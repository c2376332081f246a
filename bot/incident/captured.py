"""What reactions made of a message, and for whom it stands: the same reaction of several people is one line, and that goes when
the last of them takes theirs off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.incident import events as e
from bot.incident.model import Captured, Mark


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
    taken = {seq for r in events if isinstance(r.event, e.Retracted | e.Undone) for seq in _taken(r.event)}
    gone = {change[0]: change[1] for r in events if (change := _change(r.event)) is not None}
    left = [r for r in made if r.seq not in taken and not gone.get(_item(r.event))]
    if not left:
        return None
    people = {left[-1].by}
    for recorded in events:
        if isinstance(recorded.event, e.Seconded) and recorded.event.event == left[-1].seq:
            (people.add if recorded.event.stands else people.discard)(recorded.by)
    return Standing(left[-1], frozenset(people))


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
