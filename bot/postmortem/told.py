"""What may be told again: the story without lines that were taken back, by undo or by taking a reaction away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.incident import events as e
from bot.incident.model import Captured
from bot.incident.timeline import story

_Item = tuple[Captured, int]

_CORRECTIONS = (
    e.FollowUpChanged,
    e.ImpactDescribed,
    e.MomentSet,
    e.PublicDraftDiscarded,
    e.PublicPostDrafted,
    e.RoleAssigned,
    e.SeverityChanged,
    e.TaskChanged,
    e.TitleChanged,
    e.UpdatePosted,
)
"""Undone, these leave nothing worth telling: neither what was said nor that it was said otherwise before."""


def told(history: Sequence[e.Recorded]) -> list[e.Recorded]:
    """`bot.incident.timeline.story`, in which nothing that was taken back is quoted.

    A status or a page that was undone did happen, for others acted on it, and stays; the reason somebody gave for it goes, and so
    does ours for taking it back.
    """
    undone = {seq for r in history if isinstance(r.event, e.Undone) for seq in r.event.events}
    undoing = {r.command for r in history if isinstance(r.event, e.Undone)}
    tasks, followups = taken_items(history)
    rows: list[e.Recorded] = []
    for recorded in story(history):
        event = recorded.event
        match event:
            case e.TaskAdded(task=number) | e.TaskChanged(task=number) if number in tasks:
                continue
            case e.FollowUpAdded(followup=number) | e.FollowUpChanged(followup=number) if number in followups:
                continue
            case e.StatusChanged() if recorded.seq in undone or recorded.command in undoing:
                recorded = replace(recorded, event=replace(event, reason=""))
            case _ if isinstance(event, _CORRECTIONS) and (recorded.seq in undone or recorded.command in undoing):
                continue
            case _:
                pass
        rows.append(recorded)
    shown = {recorded.seq for recorded in rows}
    return [
        r for r in rows if not isinstance(r.event, e.Undone | e.MessageRemoved) or shown.intersection(r.event.events)
    ]


def taken_items(history: Sequence[e.Recorded]) -> tuple[frozenset[int], frozenset[int]]:
    """The tasks and the follow-ups that were taken back: not dropped by a decision, but never meant."""
    events = {r.seq: r.event for r in history}
    undone = {r.command: r.event.events for r in history if isinstance(r.event, e.Undone)}
    dropped: dict[_Item, bool] = {}
    meant: dict[_Item, bool] = {}
    for recorded in history:
        item, gone = _changed(recorded.event)
        if item is None:
            continue
        dropped[item] = gone
        if recorded.command in undone:
            # Dropped again by an undo it is what it was when it was dropped before.
            if item in {_added(events[seq]) for seq in undone[recorded.command] if seq in events}:
                meant[item] = False
        elif gone:
            # Nobody typed `task drop` when the message's reaction went away.
            meant[item] = recorded.source.kind == "command"
    never = [item for item, gone in dropped.items() if gone and not meant.get(item, False)]
    tasks = frozenset(number for what, number in never if what is Captured.TASK)
    return tasks, frozenset(number for what, number in never if what is Captured.FOLLOWUP)


def _added(event: e.Event) -> _Item | None:
    match event:
        case e.TaskAdded(task=number):
            return Captured.TASK, number
        case e.FollowUpAdded(followup=number):
            return Captured.FOLLOWUP, number
        case _:
            return None


def _changed(event: e.Event) -> tuple[_Item | None, bool]:
    """The task or follow-up that changed, and whether it is dropped now."""
    match event:
        case e.TaskChanged(task=number, dropped=dropped):
            return (Captured.TASK, number), dropped
        case e.FollowUpChanged(followup=number, outcome=outcome):
            return (Captured.FOLLOWUP, number), outcome == "dropped"
        case _:
            return None, False
