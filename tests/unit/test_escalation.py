"""Whom to wake next: steps, rounds, and names people type."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.incident.commands import Rung
from bot.incident.model import Paging, Refused
from bot.oncall.escalation import DEFAULT_WAIT, Ladder, Roster, Step, first, following, next_people, rung, target
from bot.oncall.schedules import Rotation, Schedule

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
WEEK = timedelta(weeks=1)
MINUTE = timedelta(minutes=1)


def rota(name, *people, start="2026-11-02T09:00"):
    return Schedule(name, ZoneInfo("Europe/Berlin"), Rotation(people, WEEK, datetime.fromisoformat(start)))


ROSTER = Roster(
    schedules={
        "platform": rota("platform", "ana", "ben"),
        "later": rota("later", "ben", start="2027-01-01T00:00"),
        "gone": rota("gone", "nobody-we-know"),
    },
    ladders={
        "platform": Ladder("platform", (Step(("schedule:platform",), 3 * MINUTE), Step(("person:ben",))), repeat=2),
        "once": Ladder("once", (Step(("person:ana",), 7 * MINUTE),)),
        "holes": Ladder(
            "holes",
            (Step(("schedule:later",)), Step(("person:cem",), 2 * MINUTE), Step(("schedule:gone",)), Step(())),
            repeat=2,
        ),
        "many": Ladder("many", (Step(("person:ben", "schedule:platform", "person:ana", "person:ben")),)),
        "empty": Ladder("empty", (), repeat=3),
    },
    people=frozenset({"ana", "ben", "cem"}),
)


def asks(found):
    """Without what the step names, which is the same for all its people."""
    return replace(found, targets=())


@pytest.mark.parametrize(
    ("ladder", "round", "step", "expected"),
    [
        ("platform", 0, 0, Rung("platform", 0, 0, ("ana",), 3 * MINUTE)),
        ("platform", 0, 1, Rung("platform", 1, 0, ("ben",), DEFAULT_WAIT)),
        ("platform", 0, 2, Rung("platform", 0, 1, ("ana",), 3 * MINUTE)),
        ("platform", 0, 99, Rung("platform", 0, 1, ("ana",), 3 * MINUTE)),
        ("platform", 1, 0, Rung("platform", 0, 1, ("ana",), 3 * MINUTE)),
        ("platform", 1, 1, Rung("platform", 1, 1, ("ben",), DEFAULT_WAIT, last=True)),
        ("platform", 1, 2, Rung("platform", 2, 1, (), None, last=True)),
        ("platform", 2, 0, Rung("platform", 0, 2, (), None, last=True)),
        ("policy:platform", 0, 0, Rung("platform", 0, 0, ("ana",), 3 * MINUTE)),
        # One step, once: nobody comes after; when its time is over, that is told.
        ("once", 0, 0, Rung("once", 0, 0, ("ana",), 7 * MINUTE, last=True)),
        ("once", 0, 1, Rung("once", 1, 0, (), None, last=True)),
        # Steps where nobody is on call are passed over, also into the next round.
        ("holes", 0, 0, Rung("holes", 1, 0, ("cem",), 2 * MINUTE)),
        ("holes", 0, 2, Rung("holes", 1, 1, ("cem",), 2 * MINUTE)),
        ("holes", 1, 2, Rung("holes", 2, 1, (), None, last=True)),
        ("many", 0, 0, Rung("many", 0, 0, ("ben", "ana"), DEFAULT_WAIT, last=True)),
        ("empty", 0, 0, Rung("empty", 0, 0, (), None, last=True)),
        # What has no steps has nothing after it.
        ("person:ben", 0, 1, Rung("person:ben", 1, 0, (), None, last=True)),
        ("renamed-away", 0, 1, Rung("renamed-away", 1, 0, (), None, last=True)),
    ],
)
def test_the_next_rung_is_the_first_one_with_people(ladder, round, step, expected):
    assert asks(rung(ROSTER, ladder, step=step, round=round, at=NOW)) == expected


TWO = Ladder("two", (Step(("person:ana",), 3 * MINUTE), Step(("person:ben",))))


@pytest.mark.parametrize(
    ("ladders", "default", "asked", "expected"),
    [
        # As the policy said.
        ([TWO], "two", "ana", Rung("two", 1, 0, ("ben",), DEFAULT_WAIT, last=True)),
        # Shortened: who is left and was not asked comes before anybody says that nobody answered.
        ([replace(TWO, steps=TWO.steps[1:])], "two", "ana", Rung("two", 0, 1, ("ben",), DEFAULT_WAIT, last=True)),
        ([replace(TWO, steps=TWO.steps[:1])], "two", "ana", Rung("two", 1, 0, (), last=True)),
        ([replace(TWO, steps=())], "two", "ana", Rung("two", 1, 0, (), last=True)),
        # Shortened, and there is another round: it is climbed as it is now.
        ([replace(TWO, steps=TWO.steps[:1], repeat=2)], "two", "ana", Rung("two", 0, 1, ("ana",), 3 * MINUTE, last=True)),
        # Turned round: better somebody is asked twice than somebody never, and that is not the last one then.
        ([replace(TWO, steps=TWO.steps[::-1])], "two", "ana", Rung("two", 1, 0, ("ana",), 3 * MINUTE)),
        # Gone: the default policy takes over at its first step that was not asked.
        ([replace(TWO, name="new")], "new", "ana", Rung("new", 1, 0, ("ben",), DEFAULT_WAIT, last=True, gone="two")),
        ([replace(TWO, name="new")], "policy:new", "cem", Rung("new", 0, 0, ("ana",), 3 * MINUTE, gone="two")),
        # All of it was asked: its next round, if it has one.
        ([replace(TWO, name="new", repeat=2)], "new", "ana ben", Rung("new", 0, 1, ("ana",), 3 * MINUTE, gone="two")),
        ([replace(TWO, name="new")], "new", "ana ben", Rung("new", 0, 1, (), last=True, gone="two")),
        # Gone, and none takes over.
        ([replace(TWO, name="new")], "", "ana", Rung("", 1, 0, (), last=True, gone="two")),
        ([], "", "ana", Rung("", 1, 0, (), last=True, gone="two")),
    ],
)  # fmt: skip
def test_a_policy_that_changed_while_it_is_climbed_still_wakes_somebody(ladders, default, asked, expected):
    roster = Roster({}, {ladder.name: ladder for ladder in ladders}, frozenset({"ana", "ben", "cem"}), default)
    assert asks(following(roster, "two", step=1, round=0, asked=asked.split(), at=NOW)) == expected


@pytest.mark.parametrize("ladder", ["person:ben", "schedule:platform"])
def test_after_a_person_or_a_schedule_nobody_comes(ladder):
    roster = replace(ROSTER, default="platform")
    assert following(roster, ladder, step=1, round=0, asked=(), at=NOW) == Rung(ladder, 1, 0, (), last=True)


def test_everybody_of_a_changed_policy_is_asked_once_and_then_it_ends():
    swapped = Ladder("p", (Step(("person:ben",)), Step(("person:cem",))))
    roster = Roster({}, {"p": swapped}, frozenset({"ana", "ben", "cem"}))
    asked = ["ana", "ana2", "ana3"]
    found, place = [], (0, 3)
    while (now := following(roster, "p", step=place[1], round=place[0], asked=asked, at=NOW)).people:
        found.append((now.round, now.step, *now.people, now.last))
        asked += now.people
        place = now.round, now.step + 1
    assert found == [(1, 0, "ben", False), (1, 1, "cem", True)]


def test_who_came_on_call_while_the_last_of_a_policy_was_asked_is_asked_in_a_round_of_its_own():
    """Ana's week ends between two of them; the step that was asked is asked anew, and is another rung."""
    roster = replace(ROSTER, ladders={"p": Ladder("p", (Step(("person:cem",)), Step(("schedule:platform",))))})
    first_asked = following(roster, "p", step=1, round=0, asked=["cem"], at=NOW)
    assert (first_asked.round, first_asked.step, first_asked.people) == (0, 1, ("ana",))
    then = following(roster, "p", step=2, round=0, asked=["cem", "ana"], at=NOW + WEEK)
    assert (then.round, then.step, then.people) == (1, 1, ("ben",))
    swapped = replace(
        roster, people=roster.people - {"ben"} | {"dan"}, ladders={"p": Ladder("p", (Step(("person:dan",)),) * 2)}
    )
    later = following(swapped, "p", step=2, round=1, asked=["cem", "ana", "ben"], at=NOW + WEEK)
    assert (later.round, later.step, later.people) == (2, 0, ("dan",))


def test_first_is_where_the_ladder_begins():
    assert asks(first(ROSTER, "holes", NOW)) == Rung("holes", 1, 0, ("cem",), 2 * MINUTE)


def test_who_is_asked_depends_on_the_instant():
    assert first(ROSTER, "platform", NOW + WEEK).people == ("ben",)
    assert rung(ROSTER, "holes", step=0, round=0, at=datetime(2027, 2, 1, tzinfo=UTC)).people == ("ben",)


def test_repeat_says_how_often_a_ladder_is_climbed_in_all():
    asked = []
    step = round = 0
    while (now := rung(ROSTER, "platform", step=step, round=round, at=NOW)).people:
        asked.append((now.round, now.step, *now.people))
        step, round = now.step + 1, now.round
    assert asked == [(0, 0, "ana"), (0, 1, "ben"), (1, 0, "ana"), (1, 1, "ben")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("policy:platform", Rung("platform", 0, 0, ("ana",), 3 * MINUTE)),
        ("schedule:platform", Rung("schedule:platform", 0, 0, ("ana",), DEFAULT_WAIT, last=True)),
        ("person:ben", Rung("person:ben", 0, 0, ("ben",), DEFAULT_WAIT, last=True)),
        ("platform", Rung("platform", 0, 0, ("ana",), 3 * MINUTE)),
        ("later", Rung("schedule:later", 0, 0, (), None, last=True)),
        ("ben", Rung("person:ben", 0, 0, ("ben",), DEFAULT_WAIT, last=True)),
    ],
)
def test_a_target_is_a_policy_a_schedule_or_a_person(name, expected):
    assert asks(target(ROSTER, name, NOW)) == expected


@pytest.mark.parametrize(
    ("roster", "name", "reason", "hint"),
    [
        (ROSTER, "platfrom", "There is no policy, schedule or person called platfrom.", "Did you mean `policy:platform`?"),
        (ROSTER, "Ana", "There is no policy, schedule or person called Ana.", "Did you mean `person:ana`?"),
        (ROSTER, "person:benn", "There is no person called benn.", "Did you mean `person:ben`?"),
        (ROSTER, "schedule:ben", "There is no schedule called ben.", "Did you mean `person:ben`?"),
        (ROSTER, "team:ben", "team is nothing that can be paged.", "Say `policy:NAME`, `schedule:NAME` or `person:ID`."),
        (
            ROSTER,
            "xyz",
            "There is no policy, schedule or person called xyz.",
            "There is policy:empty, policy:holes, policy:many, policy:once, policy:platform, schedule:gone, "
            "schedule:later, schedule:platform and 3 more.",
        ),
        (Roster(people=frozenset({"ana"})), "x", "There is no policy, schedule or person called x.", "There is person:ana."),
        (
            Roster(),
            "ana",
            "There is no policy, schedule or person called ana.",
            "Nobody can be paged: the configuration has nobody under `people:`.",
        ),
    ],
)  # fmt: skip
def test_an_unknown_target_is_refused_with_the_nearest_name(roster, name, reason, hint):
    with pytest.raises(Refused) as refused:
        target(roster, name, NOW)
    assert (refused.value.reason, refused.value.hint) == (reason, hint)


@pytest.mark.parametrize(
    ("paging", "people"),
    [
        (Paging("platform", 0, 0, ("ana",), NOW, NOW + 3 * MINUTE), ("ben",)),
        (Paging("platform", 1, 0, ("ben",), NOW, NOW + 3 * MINUTE), ("ana",)),
        # It will be Ben's week when the time has come.
        (Paging("platform", 1, 0, ("ben",), NOW, NOW + WEEK), ("ben",)),
        (Paging("platform", 0, 0, ("ana",), NOW, NOW + 3 * MINUTE, acknowledged_by="ana"), ()),
        (Paging("platform", 1, 1, ("ben",), NOW, NOW + 3 * MINUTE, last=True), ()),
        (Paging("person:ben", 0, 0, ("ben",), NOW, NOW + 3 * MINUTE), ()),
        (None, ()),
    ],
)
def test_who_is_paged_next_is_known_beforehand(paging, people):
    assert next_people(ROSTER, paging) == people


def test_a_rung_says_what_its_step_names():
    assert rung(ROSTER, "platform", step=0, round=0, at=NOW).targets == ("schedule:platform",)
    assert target(ROSTER, "schedule:platform", NOW).targets == ("schedule:platform",)


TAKING_TURNS = replace(
    ROSTER,
    ladders={
        "fair": Ladder(
            "fair",
            (Step(("person:ana", "schedule:later", "person:ben"), turn="fair:0"), Step(("person:cem",))),
            repeat=2,
        )
    },
)


@pytest.mark.parametrize(
    ("taken", "people"), [({}, "ana"), ({"fair:0": 1}, "ben"), ({"fair:0": 2}, "ana"), ({"x": 1}, "ana")]
)
def test_of_those_who_take_turns_one_is_asked(taken, people):
    found = rung(replace(TAKING_TURNS, turns=taken), "fair", step=0, round=0, at=NOW)
    assert (found.people, found.turn, found.last) == ((people,), "fair:0", False)


def test_before_we_give_up_not_all_are_asked_who_take_turns():
    asked = ("ana", "cem")
    found = following(TAKING_TURNS, "fair", step=2, round=1, asked=asked, at=NOW)
    assert (found.people, found.last) == ((), True)


def test_a_service_is_paged_by_its_full_name_and_by_its_bare_one():
    roster = replace(
        ROSTER,
        people=ROSTER.people | {"pager:pagerduty"},
        ladders={"out": Ladder("out", (Step(("pager:pagerduty", "pager:gone", "person:ana")),))},
    )
    assert rung(roster, "out", step=0, round=0, at=NOW).people == ("pager:pagerduty", "ana")
    assert target(roster, "pager:pagerduty", NOW).people == ("pager:pagerduty",)
    assert target(roster, "pagerduty", NOW).ladder == "pager:pagerduty"
    assert following(roster, "pager:pagerduty", step=1, round=0, asked=(), at=NOW).people == ()
    with pytest.raises(Refused, match="no policy, schedule or person called pagerdty") as refused:
        target(roster, "pagerdty", NOW)
    assert refused.value.hint == "Did you mean `pager:pagerduty`?"
