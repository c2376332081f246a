"""The noise ledger: which rules stand in it and in which order, and what is said of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.coffee.weekly.digest import weekly
from bot.coffee.weekly.gathered import Fired
from bot.coffee.weekly.noise import Noise, Noisy
from bot.incident import commands as c
from bot.incident.events import AlertFact
from bot.incident.model import Severity, Status
from tests.builders import Story
from tests.weeks import HOUR, around, declined, fired, gathered, later, lived, monday

START, END = monday("2026-11-16"), monday("2026-11-23")
FACT = AlertFact("f", "DiskFull", "a disk")


def ledger(stories: list[Story], *noise: Fired) -> Noise | None:
    return weekly(gathered(stories, START, END, noise=noise), around(END)).noise


def rule(stories: list[Story], *noise: Fired) -> Noisy:
    found = ledger(stories, *noise)
    assert found is not None
    (only,) = found.rules
    return only


def alarm(*said: Any) -> Story:
    opened = c.Open(title="DiskFull", status=Status.TRIAGE, severity=Severity.SEV3, fired=(FACT,), fired_count=1)
    return lived(7, START, opened, *said)


def test_the_noisiest_rule_comes_first_and_of_two_as_noisy_the_first_by_name() -> None:
    stories = [declined(n, START + n * HOUR) for n in range(1, 5)]
    named = {1: "Slow", 2: "DiskFull", 3: "Loud", 4: "Loud"}
    noise = [*(fired(n, name) for n, name in named.items()), replace(fired(2, "DiskFull"), source="icinga")]
    found = ledger(stories, *noise)
    assert found is not None
    assert [(one.rule, one.source, one.times) for one in found.rules] == [
        ("Loud", "prometheus", 2),
        ("DiskFull", "icinga", 1),
        ("DiskFull", "prometheus", 1),
        ("Slow", "prometheus", 1),
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_a_rule_reads_as_it_did_the_last_time(order: int) -> None:
    stories = [declined(n, START + n * HOUR) for n in (1, 2, 3)]
    noise = [
        replace(fired(n), labels={"host": f"hv-{n}"}, annotations={"summary": f"the {n}."}, link=f"https://x/{n}")
        for n in (1, 2, 3)
    ]
    found = rule(stories, *noise[::order])
    assert (found.refs, found.labels, found.summary, found.link) == (
        ("INC-3", "INC-2", "INC-1"),
        (("host", "hv-3"),),
        "the 3.",
        "https://x/3",
    )


@pytest.mark.parametrize(
    ("annotations", "said"),
    [
        ({"summary": "short", "description": "long"}, "short"),
        ({"description": "long"}, "long"),
        ({"summary": "", "description": "long"}, "long"),
        ({}, ""),
    ],
)
def test_what_a_rule_says_is_its_summary_or_else_its_description(annotations: dict[str, str], said: str) -> None:
    assert rule([declined(7, START)], replace(fired(7), annotations=annotations)).summary == said


@pytest.mark.parametrize(
    ("page", "paged"),
    [({}, 0), ({"page": "platform"}, 0), ({"page": "platform", "rung": c.Rung("platform", 0, 0, ("ana",))}, 1)],
    ids=["no", "nobody was found", "ana"],
)
def test_somebody_was_paged_when_somebody_was_asked(page: dict[str, Any], paged: int) -> None:
    opened = c.Open(title="DiskFull", status=Status.TRIAGE, severity=Severity.SEV3, **page)
    assert rule([lived(7, START, opened, c.Decline())], fired(7)).paged == paged


@pytest.mark.parametrize(
    ("over", "cleared"), [(HOUR, 1), (2 * HOUR, 1), (2 * HOUR + timedelta(seconds=1), 0), (None, 0)]
)
def test_a_rule_cleared_when_its_alerts_were_over_before_anybody_came(over: timedelta | None, cleared: int) -> None:
    at = None if over is None else START + over
    assert rule([alarm(later(c.Decline(), 2))], fired(7, over=at)).cleared == cleared


def test_what_fires_still_in_triage_is_no_noise_yet() -> None:
    assert ledger([alarm()]) is None
    hung = ledger([alarm(later(c.FoldAlerts(cleared=(FACT,), cleared_count=1), 1))])
    assert hung is not None
    assert (hung.times, hung.rules, hung.others, hung.waiting) == (0, (), 0, 1)
