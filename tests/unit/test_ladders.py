"""Over random schedules, policies and instants: a ladder that is climbed always ends, each rung asks those who are on call then, and
that nobody is on call is said exactly when the schedules say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.evolve import replay
from bot.incident.policy import is_service
from bot.oncall.coverage import AHEAD, gaps
from bot.oncall.escalation import Ladder, Roster, Step, following, next_people, target
from bot.oncall.hours import parse_hours
from tests.builders import Story
from tests.builders import step as given_step
from tests.unit.rotas import NAMES, ZONES, Rota, Weekly, any_instants, latest_shown, rotas, who, windows, within

MINUTE = timedelta(minutes=1)
SCHEDULES = ("one", "two")
TARGETS = st.sampled_from([*(f"schedule:{name}" for name in SCHEDULES), "person:ana", "person:gone", "pager:rota"])
KNOWN = frozenset({*NAMES, "pager:rota"})


@dataclass(frozen=True)
class House:
    """A roster, and what its steps' hours were written as, by policy and number (None: all hours)."""

    roster: Roster
    rotas: Mapping[str, Rota]
    hours: Mapping[tuple[str, int], tuple[Weekly, ...] | None]


@st.composite
def houses(draw: st.DrawFn) -> House:
    found = {name: draw(rotas(layers=2)) for name in SCHEDULES}
    schedules = {name: replace(rota.schedule, name=name) for name, rota in found.items()}
    ladders, hours = {}, {}
    for name in ("first", "second"):
        steps = []
        for number in range(draw(st.integers(1, 4))):
            windowed = draw(st.none() | st.none() | st.lists(windows, min_size=1, max_size=2).map(tuple))
            hours[name, number] = windowed
            steps.append(
                Step(
                    tuple(draw(st.lists(TARGETS, min_size=1, max_size=3, unique=True))),
                    draw(st.none() | st.integers(1, 180).map(lambda minutes: minutes * MINUTE)),
                    f"{name}:{number}" if draw(st.booleans()) else "",
                    parse_hours(*(one.text for one in windowed)) if windowed else None,
                    ZoneInfo(draw(st.sampled_from(ZONES))),
                )
            )
        ladders[name] = Ladder(name, tuple(steps), draw(st.integers(1, 3)))
    turns = draw(st.dictionaries(st.sampled_from(["first:0", "first:1", "second:0"]), st.integers(0, 9)))
    return House(Roster(schedules, ladders, KNOWN, "second", turns), found, hours)


def everybody(house: House, ladder: str, number: int, at: datetime) -> set[str]:
    """Who could be asked by a step at an instant, counted on the fingers."""
    step, windowed = house.roster.ladders[ladder].steps[number], house.hours[ladder, number]
    if windowed is not None and not any(within(one, latest_shown(at, step.zone)) for one in windowed):
        return set()
    found: set[str] = set()
    for full in step.targets:
        kind, _, name = full.partition(":")
        found |= who(house.rotas[name], at) if kind == "schedule" else {full if is_service(full) else name}
    return found & KNOWN


def check_rung(house: House, rung: c.Rung, at: datetime) -> None:
    possible = everybody(house, rung.ladder, rung.step, at)
    assert len(set(rung.people)) == len(rung.people)
    if house.roster.ladders[rung.ladder].steps[rung.step].turn:
        assert len(rung.people) == 1
        assert set(rung.people) <= possible
    else:
        assert set(rung.people) == possible
    assert rung.wait is not None
    assert rung.wait > timedelta(0)


@settings(max_examples=60, deadline=None)
@given(house=houses(), at=any_instants, changes=st.booleans())
def test_a_ladder_ends_and_each_rung_asks_those_who_are_on_call(house: House, at: datetime, changes: bool) -> None:
    """With `changes` the policy is gone from the configuration after its first rung, and the default one takes over."""
    rung = target(house.roster, "policy:first", at)
    steps = range(len(house.roster.ladders["first"].steps))
    nobody = not any(everybody(house, "first", number, at) for number in steps)
    assert (rung.people == ()) is nobody
    story = Story(now=at - MINUTE)
    story.give(given_step(c.Open(title="Down", rung=rung)))
    after, most = house, sum(len(one.steps) * (one.repeat + 1) for one in house.roster.ladders.values())
    asked: list[tuple[str, int, int]] = []
    while rung.people:
        if rung.ladder in after.roster.ladders:
            check_rung(house, rung, story.now)
        asked.append((rung.ladder, rung.round, rung.step))
        if changes:
            only = {"second": house.roster.ladders["second"]}
            after = replace(house, roster=replace(house.roster, ladders=only))
        assert story.incident is not None
        held = story.incident.paging
        assert held is not None
        assert held.next_at is not None
        expected = next_people(after.roster, held)
        everyone = {*held.asked, *held.people}
        rung = following(
            after.roster, held.ladder, step=held.step + 1, round=held.round, asked=everyone, at=held.next_at
        )
        if not held.last:
            assert expected == rung.people
        clock = c.Escalate(ladder=held.ladder, step=held.step + 1, round=held.round, rung=rung, due=held.next_at)
        waited = (held.next_at - story.now) / MINUTE
        story.give(given_step(clock, by="klatsch", source="clock", after=waited))
        assert len(asked) <= most
    assert len(set(asked)) == len(asked)
    last = story.history[-1].event
    assert isinstance(last, e.PagingEnded)
    assert last.exhausted
    assert ("nobody is on call" in last.reason) is nobody
    assert replay(story.number, [r.event for r in story.history]) == story.incident
    if not nobody:
        check_nobody_was_left_out(after, rung.ladder or "second", story)


def check_nobody_was_left_out(house: House, ladder: str, story: Story) -> None:
    """Before it was said that nobody answered, all were asked who are on call then: of those who take turns, one."""
    asked = {person for r in story.history if isinstance(r.event, e.PeoplePaged) for person in r.event.people}
    for number, step in enumerate(house.roster.ladders[ladder].steps):
        on_call = everybody(house, ladder, number, story.now)
        assert on_call <= asked or (step.turn and on_call & asked)


@settings(max_examples=60, deadline=None)
@given(house=houses(), at=any_instants)
def test_who_hears_that_nobody_is_on_call_was_warned(house: House, at: datetime) -> None:
    for name, schedule in house.roster.schedules.items():
        rung = target(house.roster, f"schedule:{name}", at)
        assert set(rung.people) == who(house.rotas[name], at) & KNOWN
        warned = any(gap.start <= at < gap.end for gap in gaps(schedule, at, at + AHEAD))
        assert (rung.people == ()) is warned
