"""Rules of the work on an incident, asked directly."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.incident import commands as c
from bot.incident.model import Moment, Refused
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
