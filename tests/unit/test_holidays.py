"""Days on which nobody works, as the configuration names them. The process that knows them is the real one."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest

from adapters import holidays as adapter
from adapters.holidays import Found, Unknown, holidays, public, told
from bot.ports import Unavailable
from tests.until import PATIENCE

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    """What takes a third of a second on an idle machine takes half a minute on one that is busy enough."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(adapter, "WITHIN", 10 * PATIENCE)
        yield


def test_the_holidays_of_a_part_of_a_country_and_single_dates() -> None:
    berlin = holidays(["DE-BE", "2026-12-24"])
    assert berlin.is_off(date(2027, 3, 8))  # only there
    assert berlin.is_off(date(2027, 1, 1))
    assert berlin.is_off(date(2026, 12, 24))
    assert berlin.is_off(date(2026, 12, 25))
    assert not berlin.is_off(date(2027, 12, 24))
    assert not berlin.is_off(date(2027, 1, 6))  # elsewhere
    assert not holidays(["DE"]).is_off(date(2027, 3, 8))


def test_a_year_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(adapter, "public", lambda names, year: asked.append(year) or public(names, year))
    berlin = holidays(["DE-BE"])
    for month in range(1, 13):
        berlin.is_off(date(2027, month, 1))
    berlin.is_off(date(2028, 1, 1))
    assert asked == [2027, 2028]


def test_dates_alone_ask_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python3")
    assert holidays(["2026-12-24"]).is_off(date(2026, 12, 24))
    assert not holidays([]).is_off(date(2026, 12, 24))


@pytest.mark.parametrize(
    ("name", "near"), [("DX", ""), ("de-be", "DE-BE"), ("DE-XX", "DE"), ("DE-Augsbrg", "DE-Augsburg"), ("Berlin", "")]
)
def test_a_name_that_is_none_has_no_holidays_and_is_told(
    name: str, near: str, caplog: pytest.LogCaptureFixture
) -> None:
    (unknown,) = public([name, "DE"], 2027).unknown
    assert unknown.name == name
    if near:
        assert unknown == Unknown(name, near)
    both = holidays([name, "DE"])
    assert both.is_off(date(2027, 1, 1))
    assert told(unknown) in caplog.text


def test_what_is_told_says_what_to_write() -> None:
    assert told(Unknown("de-be", "DE-BE")) == "there is no country or part of one `de-be`. Did you mean `DE-BE`?"
    assert told(Unknown("Q")) == "there is no country or part of one `Q`. Write it like `DE`, `DE-BE` or `2026-12-24`."


class Passed:
    """Seconds that pass when somebody says so."""

    now = 5000.0

    def __call__(self) -> float:
        return self.now


def test_a_process_that_cannot_be_started_or_dies_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = Passed()
    berlin = holidays(["DE-BE"], passed)
    monkeypatch.setattr(sys, "executable", "/nowhere/python3")
    with pytest.raises(Unavailable, match="no process could be started"):
        berlin.is_off(date(2027, 1, 1))
    passed.now += 10
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Unavailable, match="no reason was given"):
        berlin.is_off(date(2027, 1, 1))
    passed.now += 10
    monkeypatch.undo()
    assert berlin.is_off(date(2027, 1, 1))


def test_who_asks_every_ten_seconds_while_it_fails_starts_fewer_and_fewer_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passed, started = Passed(), list[float]()

    def fails(names: Sequence[str], year: int) -> Found:
        started.append(passed.now)
        raise Unavailable("holidays: they could not be looked up: no memory")

    monkeypatch.setattr(adapter, "public", fails)
    berlin = holidays(["DE-BE", "2027-12-24"], passed)
    for _ in range(6 * 60):
        for year in (2026, 2027):
            with pytest.raises(Unavailable, match="no memory"):
                berlin.is_off(date(year, 1, 1))
        assert berlin.is_off(date(2027, 12, 24))
        passed.now += 10
    assert 12 < len(started) < 30
    apart = [later - earlier for earlier, later in itertools.pairwise(started)]
    assert apart[0] == 10
    assert 150 <= min(apart[-5:]) <= max(apart[-5:]) <= 310
    # One that works again is asked when its time has come, and forgets what was.
    monkeypatch.undo()
    passed.now += 310
    assert berlin.is_off(date(2027, 1, 1))
    monkeypatch.setattr(adapter, "public", fails)
    with pytest.raises(Unavailable):
        berlin.is_off(date(2028, 1, 1))
    passed.now += 1
    asked = len(started)
    with pytest.raises(Unavailable):
        berlin.is_off(date(2028, 1, 1))
    assert len(started) == asked + 1


def test_one_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    # None at all: who is late in looking would find its answer within a millisecond.
    monkeypatch.setattr(adapter, "WITHIN", 0.0)
    with pytest.raises(Unavailable, match="not known within 0 s"):
        holidays(["DE"]).is_off(date(2027, 1, 1))


def test_the_library_is_not_in_our_own_process() -> None:
    code = (
        "import sys; from datetime import date; from adapters.holidays import holidays;"
        "assert holidays(['DE']).is_off(date(2027, 1, 1)); print('holidays' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.strip() == "False"
