"""Which story is told: the one that most is to be learnt from, and never a person in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.coffee.weekly.digest import weekly
from bot.coffee.weekly.story import Lesson, Story
from bot.incident import commands as c
from bot.incident.model import Kind, Mark, Severity, Status
from tests.weeks import HOUR, around, gathered, later, lived, monday, near_miss

START, END = monday("2026-11-16"), monday("2026-11-23")

KEY, LUCKY, QUESTION, NOTE = Mark.KEY_MOMENT, Mark.LUCKY, Mark.QUESTION, Mark.NOTE


def noted(*marks: Mark) -> list[c.Command]:
    return [c.Note(mark=mark, text=f"{mark} {n}") for n, mark in enumerate(marks)]


def opened(number: int, *said: object, severity: Severity = Severity.SEV3, title: str = "t"):
    return lived(number, START + number * HOUR, c.Open(title=title, severity=severity), *said)  # type: ignore[arg-type]


def told(*stories) -> Story | None:
    return weekly(gathered(stories, START, END), around(END)).story


BETTER = [
    ("a near miss than an outage nobody thought about", near_miss(7, START), opened(8, later(c.Resolve(), 9), c.Close())),
    ("luck than a key moment", opened(7, *noted(LUCKY)), opened(8, *noted(KEY))),
    ("a question and a follow-up than a question", opened(7, *noted(QUESTION), c.AddFollowUp(text="x")), opened(8, *noted(QUESTION))),
    ("three lessons than twenty notes", opened(7, *noted(KEY, LUCKY, QUESTION)), opened(8, *noted(KEY, *[NOTE] * 20))),
    ("luck than twenty follow-ups", opened(7, *noted(LUCKY, KEY)), opened(8, *(c.AddFollowUp(text=f"{n}") for n in range(20)))),
    ("a review that was held than one that was not", opened(7, c.Resolve(), c.StartReview(), c.Close()), opened(8, c.Resolve(), c.Close())),
    ("an edited postmortem than a drafted one", opened(7, c.Resolve(), c.Close(), c.RecordPostmortem(place="a", edited="b")), opened(8, c.Resolve(), c.Close(), c.RecordPostmortem(place="a"))),
    ("the newer of two that are the same", opened(8, *noted(KEY)), opened(7, *noted(KEY))),
]  # fmt: skip


@pytest.mark.parametrize(("better", "other"), [row[1:] for row in BETTER], ids=[row[0] for row in BETTER])
def test_a_better_story_is(better, other) -> None:
    for stories in ((better, other), (other, better)):
        found = told(*stories)
        assert found is not None
        assert found.ref == better.incident.ref


@given(
    st.lists(
        st.tuples(st.sampled_from(Severity), st.lists(st.sampled_from((KEY, LUCKY, QUESTION, NOTE)), max_size=4)),
        min_size=1,
        max_size=4,
    )
)
def test_how_bad_it_was_never_counts(drawn_up: list[tuple[Severity, list[Mark]]]) -> None:
    as_drawn = [opened(n, *noted(*marks), severity=severity) for n, (severity, marks) in enumerate(drawn_up, 1)]
    all_bad = [opened(n, *noted(*marks), severity=Severity.SEV1) for n, (_, marks) in enumerate(drawn_up, 1)]
    assert told(*as_drawn) == told(*all_bad)


NO_STORY = [
    ("nobody wrote anything down", opened(7, later(c.Resolve(), 1))),
    ("a drill", lived(7, START, c.Open(title="t", kind=Kind.DRILL), *noted(LUCKY))),
    ("opened by mistake", opened(7, *noted(LUCKY), c.Cancel())),
    ("only notes", opened(7, *noted(NOTE))),
    ("only the draft that each one gets", opened(7, c.Resolve(), c.Close(), c.RecordPostmortem(place="/srv/INC-7.md"))),
    ("a follow-up that was taken back", opened(7, c.AddFollowUp(text="x"), c.Undo(by="ana"))),
    ("luck that was taken back", opened(7, *noted(LUCKY), c.Undo(by="ana"))),
]


@pytest.mark.parametrize("incident", [row[1] for row in NO_STORY], ids=[row[0] for row in NO_STORY])
def test_no_story_is(incident) -> None:
    assert told(incident) is None


def test_it_says_why_and_tells_two_of_its_own_lines() -> None:
    found = told(opened(7, *noted(QUESTION, KEY, KEY, LUCKY), c.AddFollowUp(text="x")))
    assert found is not None
    assert found.lines == ((LUCKY, "lucky 3"), (KEY, "key_moment 1"))
    assert found.why == (
        (Lesson.LUCK, 1),
        (Lesson.KEY_MOMENTS, 2),
        (Lesson.QUESTIONS, 1),
        (Lesson.FOLLOWUPS, 1),
    )


NAMING = [
    "Ana Ruiz found it",
    "asked @ana to look",
    "thanks to ben@example.org",
    "then U0BEN2 came",
    "we and Ben looked",
]


@pytest.mark.parametrize("text", NAMING)
def test_a_line_or_a_title_that_names_somebody_is_not_told(text: str) -> None:
    found = told(opened(7, c.Note(mark=KEY, text=text), c.Note(mark=KEY, text="The switch dropped frames"), title=text))
    assert found is not None
    assert (found.title, found.lines) == ("", ((KEY, "The switch dropped frames"),))


def test_what_was_written_in_another_week_is_not_its_story() -> None:
    before = lived(7, START - timedelta(days=3), c.Open(title="t"), *noted(LUCKY))
    assert before.incident is not None
    assert before.incident.status is Status.INVESTIGATING
    assert told(before) is None
