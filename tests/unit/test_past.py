"""When a time that somebody gives counts as past: the same rule for everything that happened."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.decide import decide
from bot.incident.model import Incident, Kind, Mark, Moment, PublicStatus, Refused, Window
from tests.builders import START

SAID = {
    "note": lambda when: c.Note(mark=Mark.NOTE, text="failed over", when=when),
    "resolve": lambda when: c.Resolve(when=when),
    "moment": lambda when: c.SetMoment(moment=Moment.DETECTED, value=when),
    "impact start": lambda when: c.DescribeImpact(start=when),
    "start of what is opened": lambda when: c.Open(title="Volumes slow", impact_start=when),
    "public post": lambda when: c.DraftPublicPost(
        status=PublicStatus.INVESTIGATING, text="We look into it.", title="Slow volumes", when=when
    ),
    "end of what is over": lambda when: c.Open(title="Volumes slow", kind=Kind.RETRO, impact_end=when),
    "detection": lambda when: c.Open(title="Volumes slow", detected=when),
    "impact end": lambda when: c.DescribeImpact(end=when),
}


def told(command: c.Command) -> datetime:
    """When it happened, as the timeline has it."""
    before = None if isinstance(command, c.Open) else Incident(7, START - timedelta(hours=1))
    event = decide(before, command, id=7, at=START)[0]
    if isinstance(event, e.PublicPostDrafted):
        return event.post.when or event.at
    if isinstance(event, e.IncidentOpened):
        return event.impact_start or event.impact_end or event.detected or event.at
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


def test_a_maintenance_window_may_lie_ahead() -> None:
    window = Window(START + timedelta(days=1), START + timedelta(days=1, hours=2))
    command = c.Open(title="Kernel update", kind=Kind.MAINTENANCE, window=window)
    opened = decide(None, command, id=7, at=START)[0]
    assert isinstance(opened, e.IncidentOpened)
    assert opened.window == window
