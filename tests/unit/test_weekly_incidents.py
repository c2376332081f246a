"""Which incidents, drills and postmortems a week lists, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from bot.coffee.weekly.digest import WeeklyDigest, weekly
from bot.coffee.weekly.incidents import Review
from bot.incident import commands as c
from bot.incident.model import Kind, Mark, Severity, Status
from tests.builders import Story
from tests.weeks import DAY, HOUR, around, declined, fired, gathered, later, lived, monday

START, END = monday("2026-11-16"), monday("2026-11-23")
SEV1, SEV2, SEV3, SEV4 = Severity


def week(*stories: Story, **known: Any) -> WeeklyDigest:
    return weekly(gathered(stories, START, END, **known), around(END))


def opened(number: int, *said: Any, severity: Severity = SEV2, at: Any = START, **known: Any) -> Story:
    return lived(number, at, c.Open(title=f"t{number}", severity=severity, **known), *said)


def refs(listed: Any) -> list[str]:
    return [one.ref for one in listed or ()]


def test_the_worst_come_first_then_the_oldest_and_what_is_in_triage_last() -> None:
    stories = [
        opened(1, severity=SEV1, status=Status.TRIAGE),
        opened(5, severity=SEV3),
        opened(4, severity=SEV3),
        opened(3, severity=SEV4),
        opened(6, severity=SEV1),
    ]
    assert refs(week(*stories).incidents) == ["INC-6", "INC-4", "INC-5", "INC-3", "INC-1"]


@pytest.mark.parametrize(
    ("story", "listed"),
    [
        (opened(7), True),
        (opened(7, kind=Kind.DRILL), False),
        (opened(7, kind=Kind.RETRO), True),
        (opened(7, c.Cancel()), False),
        (opened(7, at=START - DAY), True),
        (opened(7, later(c.Resolve(), 1), at=START - DAY), False),
        (opened(7, later(c.Resolve(), 30), at=START - DAY), True),
        (opened(7, later(c.Resolve(), 1), later(c.Close(), 40), at=START - DAY), False),
        (opened(7, later(c.Resolve(), 1), later(c.Reopen(), 40), at=START - DAY), True),
        (
            opened(
                7, later(c.Resolve(), 1), later(c.Note(mark=Mark.NOTE, text="still on our minds"), 40), at=START - DAY
            ),
            False,
        ),
    ],
)
def test_what_began_ended_or_goes_on_is_listed(story: Story, listed: bool) -> None:
    assert refs(week(story).incidents) == ["INC-7"] * listed


def test_what_nobody_had_to_work_on_is_not_listed_as_an_incident() -> None:
    in_triage = opened(8, status=Status.TRIAGE)
    assert refs(week(declined(7, START), in_triage).incidents) == ["INC-8"]
    assert refs(week(declined(7, START), in_triage, noise=[fired(8)]).incidents) == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([later(c.Resolve(), 1)], True),
        ([later(c.SetStatus(status=Status.IDENTIFIED), 1)], False),
        # It ended after the week of which this is the digest, which is made later.
        ([later(c.SetStatus(status=Status.IDENTIFIED), 1), later(c.Resolve(), 24 * 8)], False),
        ([later(c.Resolve(), 1), later(c.Reopen(), 1)], False),
        ([later(c.Cancel(), 1)], False),
    ],
)
def test_a_drill_is_told_in_the_week_in_which_it_ended(said: list[Any], told: bool) -> None:
    assert refs(week(opened(7, *said, kind=Kind.DRILL)).drills) == ["INC-7"] * told


def test_drills_are_told_in_their_order() -> None:
    stories = [opened(n, later(c.Resolve(), 9 - n), kind=Kind.DRILL) for n in (8, 7, 6)]
    assert refs(week(*stories).drills) == ["INC-6", "INC-7", "INC-8"]


def test_the_review_that_is_due_longest_comes_first() -> None:
    stories = [
        opened(3, later(c.Resolve(), 60), at=START - 2 * DAY),
        opened(4, later(c.Resolve(), 1)),
        opened(5, later(c.Resolve(), 1)),
    ]
    found = week(*reversed(stories)).postmortems
    assert found is not None
    assert refs(found.due) == ["INC-4", "INC-5", "INC-3"]
    assert (refs(found.running), refs(found.closed)) == ([], [])


WRITTEN = c.RecordPostmortem(place="https://git.example.org/INC-7.md")


@pytest.mark.parametrize(
    ("said", "severity", "state"),
    [
        ([c.Resolve()], SEV2, Review.DUE),
        ([c.Resolve()], SEV3, None),
        ([c.Resolve(), c.SetStatus(status=Status.REVIEW)], SEV3, Review.RUNNING),
        ([c.Resolve(), WRITTEN, c.Close()], SEV1, Review.SKIPPED),
        ([c.Resolve(), WRITTEN, c.Close()], SEV4, Review.NONE),
        ([c.Resolve(), WRITTEN, c.StartReview(), later(c.Close(), 1)], SEV3, Review.DONE),
        # It may have been written, but nothing knows where.
        ([c.Resolve(), WRITTEN, c.Close(), later(c.Reopen(), 1)], SEV1, None),
        ([c.Resolve(), WRITTEN, c.Close(), later(c.Reopen(), 1), c.Resolve()], SEV1, Review.DUE),
    ],
)
def test_where_a_review_stands(said: list[Any], severity: Severity, state: Review | None) -> None:
    found = week(opened(7, *said, severity=severity)).postmortems
    listed = [*found.due, *found.running, *found.closed] if found else []
    assert [one.review for one in listed] == [state] * (state is not None)
    if found and found.closed:
        assert found.closed[0].place == WRITTEN.place
        assert (found.done, found.skipped) == (state is Review.DONE, state is Review.SKIPPED)


def test_luck_in_what_was_opened_by_mistake_is_none() -> None:
    lucky = c.Note(mark=Mark.LUCKY, text="a spare was there")
    assert week(opened(7, lucky, c.Cancel())).nearmisses is None
    found = week(opened(7, lucky)).nearmisses
    assert found is not None
    assert ([one.text for one in found.luck], found.told) == (["a spare was there"], ())


def test_what_is_hit_is_said_in_words_or_else_by_what_is_affected() -> None:
    affected = ("volumes-az2", "images")
    told = [
        week(opened(7, c.DescribeImpact(text=text, affected=affected, start=START - HOUR))).incidents or ()
        for text in ("Writes took 20 s", "")
    ]
    assert [one.impact for (one,) in told] == ["Writes took 20 s", "volumes-az2, images"]
    assert [one.start for (one,) in told] == [START - HOUR] * 2
