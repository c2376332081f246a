"""What the digest tells of work: each kind of it alone, what is a team's, and in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from bot.coffee.board import Board, Coffee, CoffeeStatus, Origin, Takeaway, Topic, TopicState
from bot.coffee.weekly.around import Around
from bot.coffee.weekly.digest import WeeklyDigest, weekly
from bot.incident import commands as c
from bot.incident.model import Mark
from bot.oncall.escalation import Ladder, Roster, Step
from bot.oncall.load import Paged
from tests.builders import Story
from tests.weeks import DAY, HOUR, ROSTER, WEEK, around, gathered, later, lived, maintenance, monday

START, END = monday("2026-11-16"), monday("2026-11-23")
ADDED = c.AddFollowUp(text="Alert on dropped frames", owner="ana", due=END + 9 * DAY)
LATE = replace(ADDED, due=START - DAY)


def told(
    *stories: Story, about: Around | None = None, board: Board | None = None, **paged: list[Paged]
) -> WeeklyDigest:
    return weekly(gathered(stories, START, END, board=board, **paged), about or around(END))


def of_last_week(number: int, *said: object, service: str = "volumes") -> Story:
    return lived(number, START - 2 * DAY, c.Open(title=f"T{number}", service=service), *said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "kind", "owners"),
    [
        ((later(ADDED, 72),), "new", ()),
        ((ADDED, later(c.ChangeFollowUp(followup=1, outcome="done"), 72)), "done", ("ana",)),
        ((ADDED, later(c.ChangeFollowUp(followup=1, outcome="wontdo", reason="too dear"), 72)), "declined", ()),
        ((LATE,), "overdue", ()),
        ((ADDED,), "", ()),
        ((ADDED, c.ChangeFollowUp(followup=1, outcome="done")), "", ()),
    ],
)
def test_each_kind_of_follow_up_is_worth_telling_alone(said: tuple[object, ...], kind: str, owners: tuple[str, ...]):
    found = told(of_last_week(7, *said)).followups
    if not kind:
        assert found is None
        return
    assert found is not None
    kinds = {name: [one.ref for one in getattr(found, name)] for name in ("new", "done", "declined", "overdue")}
    assert kinds == {name: ["INC-7"] * (name == kind) for name in kinds}
    assert (found.owners, found.open) == (owners, kind in ("new", "overdue"))


def test_a_team_reads_of_its_own_follow_ups_pages_and_hand_overs() -> None:
    team = around(END, team="Storage", services=("volumes",), schedules=("storage",))
    stories = [of_last_week(7, LATE), of_last_week(8, LATE, later(ADDED, 72), service="api")]
    pages = [Paged(START + hours * HOUR, (f"schedule:{name}",)) for name, hours in (("storage", 5), ("platform", 6))]
    ours, everybody_s = told(*stories, about=team, paged=pages), told(*stories, paged=pages)
    assert ours.followups is not None
    assert everybody_s.followups is not None
    assert ([one.ref for one in ours.followups.overdue], ours.followups.new, ours.followups.open) == (["INC-7"], (), 1)
    assert everybody_s.followups.open == 3
    for digest, names in ((ours, ["storage"]), (everybody_s, ["platform", "storage"])):
        assert digest.oncall is not None
        assert digest.coming is not None
        assert [one.schedule for one in digest.oncall.loads] == names
        assert [one.schedule for one in digest.coming.handovers] == names


@pytest.mark.parametrize(
    ("ladder", "ours"),
    [
        ("storage", True),
        ("policy:storage", True),
        ("schedule:storage", True),
        ("schedule:platform", False),
        ("mixed", True),
        ("people", False),
        ("gone", False),
    ],
)
def test_what_paged_a_schedule_of_the_team_is_told_to_it(ladder: str, ours: bool) -> None:
    steps = {"storage": ("schedule:storage",), "mixed": ("person:ben", "schedule:storage"), "people": ("person:ben",)}
    ladders = {name: Ladder(name, (Step(("schedule:platform",)), Step(targets))) for name, targets in steps.items()}
    paged = lived(
        7,
        START,
        c.Open(title="Paged", service="other"),
        c.Page(target=ladder, rung=c.Rung(ladder, 0, 0, ("ana",))),
    )
    roster = Roster(schedules=ROSTER.schedules, ladders=ladders)
    about = around(END, team="Storage", services=("volumes",), schedules=("storage",), roster=roster)
    assert (told(paged, about=about).incidents is not None) is ours


def test_a_window_is_told_where_nobody_hands_over() -> None:
    coming = told(maintenance(7, START, END + DAY), about=around(END, roster=Roster())).coming
    assert coming is not None
    assert ([one.ref for one in coming.windows], coming.handovers) == (["INC-7"], ())
    assert told(about=around(END, roster=Roster())).coming is None


def test_what_is_asked_is_told_whatever_became_of_what_it_was_asked_in() -> None:
    asks = c.Note(mark=Mark.QUESTION, text="Why?")
    for after in ((), (c.Cancel(),)):
        (asked,) = told(lived(7, START, c.Open(title="t"), asks, *after)).questions or ()
        assert asked.text == "Why?"
    assert told(lived(7, START, c.Open(title="t"), c.Cancel())).questions is None


def test_what_is_asked_over_the_coffee_alone_names_no_incident_and_the_oldest_stands_first() -> None:
    topics = (
        Topic(1, "Of no incident", START + HOUR, origin=Origin.QUESTION),
        Topic(2, "As long ago", START + HOUR, origin=Origin.QUESTION, incident=3, event=9),
        Topic(3, "The oldest", START, origin=Origin.QUESTION, incident=4, event=9),
        Topic(4, "Not asked", START),
    )
    asked = told(board=Board({one.id: one for one in topics})).questions
    assert asked is not None
    assert [(one.ref, one.text, one.since) for one in asked] == [
        ("INC-4", "The oldest", START),
        ("", "Of no incident", START + HOUR),
        ("INC-3", "As long ago", START + HOUR),
    ]


def test_of_two_coffees_the_earlier_is_told_first_each_in_the_order_of_its_agenda() -> None:
    def over(number: int, ended: datetime, *agenda: int) -> Coffee:
        minutes = f"https://git.example.org/{number}"
        return Coffee(number, START, CoffeeStatus.OVER, agenda=agenda, ended=ended, minutes=minutes)

    talked = [
        Topic(id_, f"Topic {id_}", START - WEEK, state=TopicState.DISCUSSED, coffee=coffee, takeaways=taken)
        for id_, coffee, taken in ((9, 4, ()), (8, 5, (Takeaway("b"),)), (7, 4, (Takeaway("a"),)), (6, 5, ()))
    ]
    past = {5: over(5, END - HOUR, 8, 6), 4: over(4, START + HOUR, 9, 7)}
    coffee = told(board=Board({one.id: one for one in talked}, past=past)).coffee
    assert coffee is not None
    assert [one.text for one in coffee.talked] == ["Topic 9", "Topic 7", "Topic 8", "Topic 6"]
    assert (coffee.takeaways, coffee.minutes) == (2, "https://git.example.org/5")
