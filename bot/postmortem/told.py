"""What may be told again: the story without lines that were taken back, by undo or by taking a reaction away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.incident import events as e
from bot.incident.timeline import story

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
    return [r for r in rows if not isinstance(r.event, e.Undone) or shown.intersection(r.event.events)]


def taken_items(history: Sequence[e.Recorded]) -> tuple[frozenset[int], frozenset[int]]:
    """The tasks and the follow-ups that were taken back: not dropped by a decision, but never meant."""
    undoing = {r.command for r in history if isinstance(r.event, e.Undone)}
    tasks: dict[int, bool] = {}
    followups: dict[int, bool] = {}
    for recorded in history:
        # Nobody typed `task drop`: it was an undo, or the message's reaction went away.
        unmeant = recorded.command in undoing or recorded.source.kind != "command"
        match recorded.event:
            case e.TaskChanged(task=number, dropped=dropped):
                tasks[number] = dropped and unmeant
            case e.FollowUpChanged(followup=number, outcome=outcome):
                followups[number] = outcome == "dropped" and unmeant
            case _:
                pass
    return (
        frozenset(number for number, gone in tasks.items() if gone),
        frozenset(number for number, gone in followups.items() if gone),
    )
