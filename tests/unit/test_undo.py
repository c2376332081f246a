"""What undo brings back, and what it says when there is nothing to bring back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident.evolve import replay
from bot.incident.model import (
    ComponentState,
    Mark,
    Moment,
    PublicStatus,
    Refused,
    Severity,
    Stamp,
    Status,
)
from tests.builders import START, Story

OPEN = c.Open(title="Volumes slow", severity=Severity.SEV2)
UNDO = c.Undo(by="ana")
PREVIEW = c.DraftPublicPost(
    status=PublicStatus.INVESTIGATING,
    title="Slow volumes",
    text="We look into it.",
    components={"volumes": ComponentState.DEGRADED},
)


def told(*commands: c.Command) -> Story:
    story = Story()
    for command in commands:
        story.give(command)
    return story


CLOSED = (OPEN, c.SetStatus(status=Status.MONITORING), c.Resolve(summary="rolled back the kernel"), c.Close())


@pytest.mark.parametrize(
    ("life", "mistake"),
    [
        pytest.param(CLOSED[:3], c.Close(), id="close"),
        pytest.param(CLOSED[:3], c.StartReview(), id="review"),
        pytest.param(CLOSED[:3], c.Reopen(reason="a slip"), id="reopen"),
        pytest.param(CLOSED, c.Reopen(reason="a slip"), id="reopen when closed"),
        pytest.param((OPEN, c.Cancel(reason="noise")), c.Reopen(), id="reopen when cancelled"),
        pytest.param(CLOSED[:2], c.Resolve(summary="a slip"), id="resolve"),
    ],
)
def test_what_was_known_of_its_end_is_known_again(life: tuple[c.Command, ...], mistake: c.Command) -> None:
    story = told(*life)
    before = story.incident
    assert before is not None
    story.now += timedelta(hours=20)
    story.give(mistake)
    story.give(UNDO)
    after = story.incident
    assert after is not None
    assert (after.status, after.moments, after.ended) == (before.status, before.moments, before.ended)
    assert replay(7, [recorded.event for recorded in story.history]) == after


def test_who_resolves_again_after_work_began_again_says_when() -> None:
    story = told(*CLOSED[:3], c.Reopen())
    story.now += timedelta(hours=1)
    story.give(c.Resolve(summary="now"))
    assert story.incident is not None
    assert story.incident.moments[Moment.RESOLVED] == Stamp(story.now, "status", "now")
    assert story.incident.ended == story.now


TASK = (OPEN, c.AddTask(text="check the quorum", owner="ben"))
FOLLOWUP = (OPEN, c.AddFollowUp(text="alert on clock skew", owner="ben"))


@pytest.mark.parametrize(
    ("life", "change"),
    [
        pytest.param(TASK, c.ChangeTask(task=1, owner="ana"), id="given to another"),
        pytest.param((*TASK, c.ChangeTask(task=1, done=True)), c.ChangeTask(task=1, dropped=True), id="done, dropped"),
        pytest.param(TASK, c.ChangeTask(task=1, done=True, owner="ana"), id="done by another"),
        pytest.param((OPEN, c.AddTask(text="x")), c.ChangeTask(task=1, owner="ana"), id="given to somebody"),
        pytest.param(
            (*FOLLOWUP, c.ChangeFollowUp(followup=1, outcome="wontdo", reason="costs too much")),
            c.ChangeFollowUp(followup=1, outcome="done"),
            id="decided against, then done",
        ),
        pytest.param(FOLLOWUP, c.ChangeFollowUp(followup=1, outcome="done"), id="done"),
        pytest.param((OPEN, PREVIEW), c.DiscardPublicPost(), id="a preview thrown away"),
        pytest.param((OPEN,), PREVIEW, id="a preview"),
    ],
)
def test_work_is_as_it_was(life: tuple[c.Command, ...], change: c.Command) -> None:
    story = told(*life)
    before = story.incident
    story.give(change)
    assert before is not None
    assert story.incident is not None
    assert (before.tasks, before.followups, before.draft) != (
        story.incident.tasks,
        story.incident.followups,
        story.incident.draft,
    )
    story.give(UNDO)
    after = story.incident
    assert (after.tasks, after.followups, after.draft) == (before.tasks, before.followups, before.draft)


@pytest.mark.parametrize(
    ("life", "undo", "said"),
    [
        pytest.param(
            (OPEN, c.FoldAlerts(fired_count=1)), c.Undo(by="ana", event=2), "1 alert fired", id="what alerts did"
        ),
        pytest.param((OPEN, PREVIEW, c.ApprovePublicPost()), c.Undo(by="ana", event=2), "Preview", id="it was read"),
        pytest.param((OPEN, c.DraftPostmortem()), UNDO, "ostmortem", id="a draft was written"),
    ],
)
def test_nobody_is_told_that_something_was_taken_back_that_was_not(
    life: tuple[c.Command, ...], undo: c.Undo, said: str
) -> None:
    story = told(*life)
    before = story.history
    with pytest.raises(Refused) as refused:
        story.give(undo)
    assert refused.value.reason.startswith("This cannot be taken back: ")
    assert said in refused.value.reason
    assert "timeline" in refused.value.hint
    assert ("undo e12" in refused.value.hint) is (undo.event is None)
    assert story.history == before


@pytest.mark.parametrize(
    ("life", "why"),
    [
        ((c.Open(title="OSDs down", fired_count=2),), "alerts opened it"),
        ((OPEN, c.Acknowledge(person="ben")), "people work on it"),
        ((OPEN, c.AddTask(text="check the quorum")), "people work on it"),
    ],
)
def test_no_incident_is_ended_by_an_undo_of_its_beginning(life: tuple[c.Command, ...], why: str) -> None:
    story = told(*life)
    with pytest.raises(Refused, match=f"No undo of e1, because {why}"):
        story.give(c.Undo(by="ana", event=1))
    assert story.incident is not None
    assert story.incident.status.open


def test_who_opened_by_mistake_takes_it_back_at_once() -> None:
    story = told(OPEN, UNDO)
    assert story.incident is not None
    assert story.incident.status is Status.CANCELLED


def test_one_undo_after_another_goes_further_back() -> None:
    story = told(OPEN, c.Note(mark=Mark.NOTE, text="one"), c.SetSeverity(severity=Severity.SEV1), UNDO, UNDO)
    assert story.incident is not None
    assert story.incident.severity is Severity.SEV2
    assert [type(recorded.event).__name__ for recorded in story.history].count("Retracted") == 1


def test_a_change_that_an_older_release_recorded_opens_it_again() -> None:
    story = told(*TASK, c.ChangeTask(task=1, done=True, owner="ana"))
    *_, changed = story.history
    story.history = (*story.history[:-1], replace(changed, event=replace(changed.event, before=None)))
    story.give(UNDO)
    assert story.incident is not None
    assert (story.incident.tasks[0].done, story.incident.tasks[0].owner) == (False, "ana")
    assert story.now > START
