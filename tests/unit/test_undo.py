"""What undo brings back, and what it says when there is nothing to bring back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident.events import StatusChanged
from bot.incident.evolve import replay
from bot.incident.model import (
    Captured,
    ComponentState,
    Mark,
    Moment,
    PublicStatus,
    Refused,
    Severity,
    Stamp,
    Status,
)
from bot.postmortem.told import taken_items
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


HOUR = timedelta(hours=1)
SAID_OVER = c.SetMoment(moment=Moment.RESOLVED, value=START, reason="the graph says so")
NOTICED = c.SetMoment(moment=Moment.DETECTED, value=START - HOUR / 2, reason="the mail came first")
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
        pytest.param((OPEN, SAID_OVER), c.Resolve(summary="a slip"), id="resolve, after somebody had said when"),
        pytest.param(
            (OPEN, SAID_OVER), c.SetStatus(status=Status.IDENTIFIED), id="a step, after somebody had said when"
        ),
        pytest.param((c.Open(title="x", status=Status.TRIAGE), SAID_OVER), c.Accept(), id="accept, likewise"),
        pytest.param((OPEN, SAID_OVER), c.Cancel(reason="noise"), id="cancel, likewise"),
        pytest.param((c.Open(title="x", status=Status.TRIAGE), SAID_OVER), c.Decline(), id="decline, likewise"),
        pytest.param((c.Open(title="x", detected=START),), NOTICED, id="a moment that an alert had told"),
        pytest.param((OPEN, NOTICED), replace(NOTICED, value=START - HOUR, reason=""), id="a moment with a reason"),
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


RUNG = c.Rung("policy:platform", 0, 1, ("ana",), timedelta(minutes=5))
ANSWERED = (c.Open(title="Volumes slow", rung=RUNG), c.Acknowledge(person="ana"), c.Resolve())


def test_who_had_it_has_it_again_when_a_reopening_was_a_slip() -> None:
    story = told(*ANSWERED)
    assert story.incident is not None
    held = story.incident.paging
    assert held is not None
    story.give(c.Reopen())
    assert story.incident.paging is None
    story.give(UNDO)
    assert story.incident.paging == held
    story.give(UNDO)
    assert (story.incident.status.open, story.incident.paging) == (True, held)


def test_who_was_asked_after_a_reopening_that_was_a_slip_was_asked() -> None:
    story = told(*ANSWERED, c.Reopen(), c.Page(target="policy:platform", rung=replace(RUNG, people=("ben",))))
    reopening = next(r.seq for r in story.history if isinstance(r.event, StatusChanged) and r.event.reopened)
    story.give(c.Undo(by="ana", event=reopening))
    assert story.incident is not None
    assert story.incident.paging is not None
    assert (story.incident.paging.people, story.incident.paging.waiting) == (("ben",), False)


def test_an_update_taken_back_after_the_end_promises_nothing() -> None:
    promising = c.PostUpdate(text="We look", next_in=timedelta(minutes=30))
    story = told(OPEN, promising, c.PostUpdate(text="Better"), c.Resolve())
    story.give(c.Undo(by="ana", event=3))
    assert story.incident is not None
    assert (story.incident.summary, story.incident.promise) == ("We look", None)


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
        pytest.param(FOLLOWUP, c.ChangeFollowUp(followup=1, outcome="", owner="ana"), id="follow-up given to another"),
        pytest.param(
            (OPEN, c.AddFollowUp(text="x")),
            c.ChangeFollowUp(followup=1, outcome="done", owner="ana"),
            id="follow-up done by somebody",
        ),
        pytest.param((OPEN, PREVIEW), c.DiscardPublicPost(), id="a preview thrown away"),
        pytest.param((OPEN,), PREVIEW, id="a preview"),
        pytest.param((OPEN, PREVIEW), replace(PREVIEW, text="We know it."), id="a preview in place of another"),
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


def test_what_was_done_to_a_task_since_stays() -> None:
    story = told(*TASK, c.ChangeTask(task=1, owner="ana"), c.ChangeTask(task=1, done=True))
    story.give(c.Undo(by="ana", event=3))
    assert story.incident is not None
    assert (story.incident.tasks[0].owner, story.incident.tasks[0].done) == ("ben", True)


def test_what_was_done_to_a_follow_up_since_stays() -> None:
    given, done = (
        c.ChangeFollowUp(followup=1, outcome="", owner="ana"),
        c.ChangeFollowUp(followup=1, outcome="wontdo", reason="too late"),
    )
    for undone, left in ((3, ("ben", "wontdo", "too late")), (4, ("ana", "", ""))):
        story = told(*FOLLOWUP, given, done)
        story.give(c.Undo(by="ana", event=undone))
        assert story.incident is not None
        item = story.incident.followups[0]
        assert (item.owner, item.outcome, item.reason) == left


def test_a_follow_up_is_due_when_it_was_said_last_and_each_change_is_taken_back() -> None:
    sooner, later = START + timedelta(days=14), START + timedelta(days=30)
    story = told(*FOLLOWUP, c.DateFollowUp(followup=1, due=sooner), c.DateFollowUp(followup=1, due=later))
    assert story.incident is not None
    assert story.incident.followups[0].due == later
    assert story.give(c.DateFollowUp(followup=1, due=later)) == []
    # Not the one before the last: what was said since then stays.
    with pytest.raises(Refused, match="cannot be taken back: Follow-up 1 is due 2026-12-04"):
        story.give(c.Undo(by="ana", event=3))
    story.give(c.Undo(by="ana", event=4))
    assert story.incident.followups[0].due == sooner
    story.give(c.DateFollowUp(followup=1, due=None))
    assert story.incident.followups[0].due is None
    story.give(c.ChangeFollowUp(followup=1, outcome="done"))
    with pytest.raises(Refused, match="Follow-up 1 is done"):
        story.give(c.DateFollowUp(followup=1, due=later))
    with pytest.raises(Refused, match="has no follow-up 2"):
        story.give(c.DateFollowUp(followup=2, due=later))


@pytest.mark.parametrize(
    ("life", "dropped", "again"),
    [
        (TASK, c.ChangeTask(task=1, dropped=True), c.ChangeTask(task=1)),
        (FOLLOWUP, c.ChangeFollowUp(followup=1, outcome="dropped"), c.ChangeFollowUp(followup=1, outcome="")),
    ],
    ids=["task", "follow-up"],
)
def test_what_was_dropped_by_decision_and_is_dropped_again_was_meant_once(
    life: tuple[c.Command, ...], dropped: c.Command, again: c.Command
) -> None:
    assert taken_items(told(*life, dropped, again, UNDO).history) == (frozenset(), frozenset())
    for never_meant in ((*life, UNDO), (*life, dropped, again, c.Undo(by="ana", event=2))):
        assert frozenset({1}) in taken_items(told(*never_meant).history)


WORSE = c.SetSeverity(severity=Severity.SEV1)
BACK_TO_SEV2 = c.SetSeverity(severity=Severity.SEV2)
FINAL = [
    ((OPEN, WORSE, c.Acknowledge(person="ana")), "An acknowledgement cannot be taken back"),
    ((OPEN, WORSE, c.MakePrivate()), "Private cannot be undone"),
    ((OPEN, WORSE, PREVIEW, c.ApprovePublicPost()), "customers have read it"),
]


@pytest.mark.parametrize(("life", "why"), FINAL)
def test_who_cannot_take_back_the_last_line_is_told_how_to_take_back_an_earlier_one(
    life: tuple[c.Command, ...], why: str
) -> None:
    story = told(*life)
    with pytest.raises(Refused, match=why) as refused:
        story.give(UNDO)
    assert "It is your last line here. For an earlier one: `undo e12`" in refused.value.hint
    with pytest.raises(Refused, match=why) as refused:
        story.give(c.Undo(by="ana", event=story.history[-1].seq))
    assert "your last line" not in refused.value.hint
    story.give(c.Undo(by="ana", event=2))
    assert story.incident is not None
    assert story.incident.severity is Severity.SEV2


def test_a_line_whose_reaction_was_taken_off_is_not_taken_back_again() -> None:
    noted = c.Note(mark=Mark.NOTE, text="failed over", message="m1")
    story = told(OPEN, noted, c.Retract(message="m1", captured=Captured.LINE, mark=Mark.NOTE))
    with pytest.raises(Refused, match="e2 is nothing that could be undone"):
        story.give(c.Undo(by="ana", event=2))


@pytest.mark.parametrize(
    ("life", "undo", "said"),
    [
        pytest.param(
            (OPEN, c.FoldAlerts(fired_count=1)), c.Undo(by="ana", event=2), "1 alert fired", id="what alerts did"
        ),
        pytest.param((OPEN, PREVIEW, c.ApprovePublicPost()), c.Undo(by="ana", event=2), "Preview", id="it was read"),
        pytest.param((OPEN, c.DraftPostmortem()), UNDO, "ostmortem", id="a draft was written"),
        pytest.param((OPEN, WORSE, BACK_TO_SEV2), c.Undo(by="ana", event=2), "Severity", id="it is so already"),
        pytest.param(
            (OPEN, PREVIEW, c.DiscardPublicPost(), c.MakePrivate()), c.Undo(by="ana", event=3), "preview", id="private"
        ),
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
