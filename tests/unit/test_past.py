"""When a time that somebody gives counts as past: the same rule for everything that happened."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.decide import decide
from bot.incident.model import Incident, Mark, Moment, Refused
from tests.builders import START

SAID = {
    "note": lambda when: c.Note(mark=Mark.NOTE, text="failed over", when=when),
    "resolve": lambda when: c.Resolve(when=when),
    "moment": lambda when: c.SetMoment(moment=Moment.DETECTED, value=when),
    "impact start": lambda when: c.DescribeImpact(start=when),
    "impact end": lambda when: c.DescribeImpact(end=when),
}


def told(command: c.Command) -> datetime:
    """When it happened, as the timeline has it."""
    event = decide(Incident(7, START - timedelta(hours=1)), command, id=7, at=START)[0]
    return event.value if isinstance(event, e.MomentSet) else event.at


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("ahead", [0, 0.04, 5])
def test_a_clock_that_leads_by_seconds_means_now(said: str, ahead: float) -> None:
    assert told(SAID[said](START + timedelta(seconds=ahead))) == START


@pytest.mark.parametrize("said", SAID)
def test_what_has_passed_is_kept_as_it_was_said(said: str) -> None:
    when = START - timedelta(milliseconds=1)
    assert told(SAID[said](when)) == when


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("ahead", [5.001, 60, 86_400])
def test_what_is_yet_to_come_is_refused(said: str, ahead: float) -> None:
    with pytest.raises(Refused, match="in the future"):
        told(SAID[said](START + timedelta(seconds=ahead)))
