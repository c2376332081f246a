"""Rules of the work on an incident, asked directly."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.incident import commands as c
from bot.incident.model import Mark, Moment, Refused
from tests.builders import START, Story

NINE, TEN, NOON = START - timedelta(hours=5), START - timedelta(hours=4), START - timedelta(hours=2)


def impact(start: datetime | None = None, end: datetime | None = None) -> c.DescribeImpact:
    return c.DescribeImpact(start=start, end=end)


def moment(which: Moment, value: datetime) -> c.SetMoment:
    return c.SetMoment(moment=which, value=value)


@pytest.mark.parametrize(
    ("before", "then"),
    [
        (impact(start=TEN), impact(end=NINE)),
        (impact(end=NINE), impact(start=TEN)),
        (impact(), impact(start=TEN, end=NINE)),
        (impact(start=TEN), moment(Moment.IMPACT_END, NINE)),
        (impact(end=NINE), moment(Moment.IMPACT_START, TEN)),
    ],
)
def test_an_impact_never_ends_before_it_starts(before: c.Command, then: c.Command) -> None:
    story = Story()
    story.give(c.Open(title="Volumes slow"))
    story.give(before)
    with pytest.raises(Refused) as caught:
        story.give(then)
    assert (
        caught.value.reason == "The impact cannot end (2026-11-20 09:00 UTC) before it starts (2026-11-20 10:00 UTC)."
    )
    assert "`impact start=TIME end=TIME`" in caught.value.hint


def test_both_ends_of_an_impact_move_together_past_where_they_were() -> None:
    story = Story()
    story.give(c.Open(title="Volumes slow"))
    story.give(impact(start=NINE, end=TEN))
    story.give(impact(start=NOON, end=START))
    assert story.incident is not None
    assert story.incident.moments[Moment.IMPACT_START].at == NOON


def test_other_moments_may_be_in_any_order() -> None:
    story = Story()
    story.give(c.Open(title="Volumes slow"))
    story.give(moment(Moment.MITIGATED, NINE))
    assert story.give(moment(Moment.IMPACT_START, TEN))


def test_the_next_update_is_due_when_it_was_said_to_be() -> None:
    story = Story()
    story.give(c.Open(title="Volumes slow"))
    story.give(c.PostUpdate(text="We look", next_at=START + timedelta(minutes=90)))
    assert story.incident is not None
    assert story.incident.promise == START + timedelta(minutes=90)
    with pytest.raises(Refused):
        story.give(c.PostUpdate(text="We still look", next_at=START))
    # Word for word the last one, but with another promise.
    assert story.give(c.PostUpdate(text="We look", next_at=START + timedelta(hours=3)))


def story_with(*commands: c.Command) -> Story:
    story = Story()
    for command in (c.Open(title="Volumes slow"), *commands):
        story.give(command)
    return story


def test_a_task_is_done_without_its_number_while_it_is_the_only_open_one() -> None:
    story = story_with(c.AddTask(text="check `quorum`"), c.AddTask(text="call the vendor"), c.AddTask(text="drain"))
    with pytest.raises(Refused) as caught:
        story.give(c.ChangeTask(task=0, done=True))
    assert caught.value.reason == "INC-7 has 3 open tasks: 1 check 'quorum', 2 call the vendor, 3 drain"
    assert caught.value.hint == "Say which one, for example `task done 1`"
    story.give(c.ChangeTask(task=1, done=True))
    story.give(c.ChangeTask(task=3, dropped=True))
    story.give(c.ChangeTask(task=0, done=True))
    assert story.incident is not None
    assert [task.done for task in story.incident.tasks] == [True, True, False]
    with pytest.raises(Refused) as caught:
        story.give(c.ChangeTask(task=0, dropped=True))
    assert caught.value.reason == "INC-7 has no open task."


def test_a_follow_up_is_closed_without_its_number_while_it_is_the_only_open_one() -> None:
    story = story_with(c.AddFollowUp(text="alert on slow OSDs"), c.AddFollowUp(text="order disks"))
    with pytest.raises(Refused) as caught:
        story.give(c.ChangeFollowUp(followup=0, outcome="wontdo", reason="too late"))
    assert caught.value.reason == "INC-7 has 2 open follow-ups: 1 alert on slow OSDs, 2 order disks"
    assert caught.value.hint == "Say which one, for example `followup wontdo 1`"
    story.give(c.ChangeFollowUp(followup=1, outcome="done"))
    story.give(c.ChangeFollowUp(followup=0, outcome="done"))
    assert story.incident is not None
    assert [item.outcome for item in story.incident.followups] == ["done", "done"]


def test_a_follow_up_that_is_closed_keeps_its_owner_and_one_that_is_given_to_somebody_is_open() -> None:
    story = story_with(c.AddFollowUp(text="alert on slow OSDs", owner="ana"))
    for change, left in (
        (c.ChangeFollowUp(followup=1, outcome="done"), ("ana", "done")),
        (c.ChangeFollowUp(followup=1, outcome="", owner="ben"), ("ben", "")),
        (c.ChangeFollowUp(followup=1, outcome="done", owner="ana"), ("ana", "done")),
    ):
        story.give(change)
        assert story.incident is not None
        assert (story.incident.followups[0].owner, story.incident.followups[0].outcome) == left
    before = story.history
    story.give(c.ChangeFollowUp(followup=1, outcome="done", owner="ana"))
    assert story.history == before


def test_only_the_end_of_one_goes_without_its_number() -> None:
    story = story_with(c.AddTask(text="drain"), c.AddFollowUp(text="order disks"))
    for command in (c.ChangeTask(task=0, owner="ben"), c.ChangeTask(task=0), c.ChangeFollowUp(followup=0, outcome="")):
        with pytest.raises(Refused):
            story.give(command)


@pytest.mark.parametrize("text", ["\x1b", " \u200b\n", "\u202e"])
def test_what_nobody_can_see_is_no_line(text: str) -> None:
    story = story_with()
    for command in (
        c.Note(mark=Mark.NOTE, text=text),
        c.AddTask(text=text),
        c.AddFollowUp(text=text),
        c.PostUpdate(text=text),
    ):
        with pytest.raises(Refused, match="needs some words"):
            story.give(command)


def test_who_decides_against_a_follow_up_is_asked_why_with_its_own_number() -> None:
    story = story_with(c.AddFollowUp(text="alert on slow OSDs"), c.AddFollowUp(text="order disks"))
    for number in (1, 2):
        with pytest.raises(Refused) as caught:
            story.give(c.ChangeFollowUp(followup=number, outcome="wontdo"))
        assert caught.value.hint == f"`followup wontdo {number} reason=WHY`"
