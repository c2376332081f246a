"""The wheel: everybody's turn comes, the same wherever and however often it is drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.coffee.weekly.wheel import drawn

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = datetime.fromisoformat("2026-01-05T09:00").replace(tzinfo=BERLIN)
WEEK = timedelta(weeks=1)
WEEKS = 156
"""Three years."""

lists = st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=8, unique=True)
changing = st.lists(st.tuples(st.integers(1, 60), lists), min_size=1, max_size=5)


def monday(number: int) -> datetime:
    """Nine on the wall, some weeks later."""
    return FIRST + number * WEEK


@given(lists)
def test_over_three_years_each_comes_once_before_any_comes_twice(services: list[str]) -> None:
    found = [drawn(services, monday(n), BERLIN) for n in range(WEEKS)]
    size = len(services)
    begins = next(n for n in range(size) if ((monday(n).date().toordinal() - 1) // 7) % size == 0)
    for turn in range(begins, WEEKS - size + 1, size):
        assert sorted(filter(None, found[turn : turn + size])) == sorted(services)
    if size > 1:
        assert all(one != other for one, other in pairwise(found))


@given(changing)
def test_whatever_becomes_of_the_list_one_of_it_is_drawn_and_nobody_waits_for_two_turns(
    changes: list[tuple[int, list[str]]],
) -> None:
    week = 0
    for weeks, services in changes:
        found = [drawn(services, monday(week + n), BERLIN) for n in range(weeks)]
        assert set(found) <= set(services)
        for begin in range(weeks - 2 * len(services) + 2):
            assert set(found[begin : begin + 2 * len(services) - 1]) == set(services)
        if len(services) > 1:
            assert all(one != other for one, other in pairwise(found))
        week += weeks


@given(lists, st.randoms(use_true_random=False), st.integers(0, WEEKS))
def test_order_and_repetition_in_the_list_mean_nothing(services: list[str], random: object, week: int) -> None:
    shuffled = [*services, *services[:2]]
    random.shuffle(shuffled)  # type: ignore[attr-defined] - Hypothesis says only that it is a Random
    assert drawn(shuffled, monday(week), BERLIN) == drawn(services, monday(week), BERLIN)


def test_all_of_a_week_has_the_same_one_in_the_team_s_zone() -> None:
    begins = datetime.fromisoformat("2026-03-23T00:00").replace(tzinfo=BERLIN).astimezone(UTC)
    # The clocks change in it.
    ends = datetime.fromisoformat("2026-03-30T00:00").replace(tzinfo=BERLIN).astimezone(UTC)
    services, second = ["a", "b", "c", "d"], timedelta(seconds=1)
    found = {drawn(services, at, BERLIN) for at in (begins, begins + 3 * timedelta(days=1), ends - second)}
    assert len(found) == 1
    assert not found & {drawn(services, begins - second, BERLIN), drawn(services, ends, BERLIN)}


def test_the_order_is_another_one_each_turn() -> None:
    services = ["a", "b", "c", "d", "e"]
    turns = {tuple(drawn(services, monday(5 * turn + n), BERLIN) for n in range(5)) for turn in range(20)}
    assert len(turns) > 15


@pytest.mark.parametrize("services", [[], ()])
def test_of_nothing_nothing_is_drawn(services: list[str]) -> None:
    assert drawn(services, FIRST, BERLIN) is None
