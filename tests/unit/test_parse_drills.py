"""What is typed of drills: a title or a past incident opens one, a word or two steer the one that is on."""

from __future__ import annotations

import pytest

from bot.chat.parse import Context, parse
from bot.incident import commands as c
from bot.incident.model import Incident, Kind, Mark, Refused, Severity
from tests.builders import START

DRILLS = {
    "drill Rack loss": c.Open(title="Rack loss", kind=Kind.DRILL),
    "drill INC-7": c.Open(title="", kind=Kind.DRILL, replays=7, as_then=True),
    "INC-7 drill": c.Open(title="", kind=Kind.DRILL, replays=7, as_then=True),
    "exercise inc-7 Who sees it speed=10x": c.Open(
        title="Who sees it", kind=Kind.DRILL, replays=7, as_then=True, speed=10
    ),
    "drill INC-7 sev3 private speed=1000": c.Open(
        title="", kind=Kind.DRILL, severity=Severity.SEV3, private=True, replays=7, speed=1000
    ),
    "drill pause the queue": c.Open(title="pause the queue", kind=Kind.DRILL),
    "drill end of the world": c.Open(title="end of the world", kind=Kind.DRILL),
}


@pytest.mark.parametrize(("line", "command"), DRILLS.items(), ids=DRILLS)
def test_a_drill_is_made_of_words_or_of_a_past_incident(line, command):
    found = parse(line, Context("ana", START))
    assert (found.incident, found.command) == (None, command)


STEERED = {
    "drill pause": c.PaceReplay(paused=True),
    "drill hold": c.PaceReplay(paused=True),
    "drill go": c.PaceReplay(paused=False),
    "drill go speed=5x": c.PaceReplay(paused=False, speed=5),
    "drill speed=20x": c.PaceReplay(speed=20),
    "drill speed 20": c.PaceReplay(speed=20),
    "INC-9 drill pause": c.PaceReplay(paused=True),
    "drill inject A customer calls": c.Note(mark=Mark.INJECT, text="A customer calls"),
    "drill end": c.Resolve(drill=True),
    "drill stop": c.Resolve(drill=True),
    "INC-9 drill over": c.Resolve(drill=True),
}


@pytest.mark.parametrize(("line", "command"), STEERED.items(), ids=STEERED)
def test_a_drill_is_steered_in_its_room_and_as_the_only_one(line, command):
    nine = Incident(9, START, kind=Kind.DRILL)
    for context in (Context("ana", START, room=9), Context("ana", START, open=[Incident(8, START), nine])):
        found = parse(line, context)
        assert (found.incident, found.command) == (9, command)


SLIPS = {
    "drill puase": "Did you mean `drill pause`?",
    "drill ennd": "Did you mean `drill end`?",
    "drill end": "No drill is open.",
    "drill inject": "`drill` needs what the players are told.",
    "drill": "`drill` needs a title, or a past incident to replay.",
    "drill INC-7 speed=fast": "`fast` is no speed.",
    "drill INC-7 speed=0": "`0` is no speed.",
    "drill INC-7 speed=1001x": "`1001x` is no speed.",
    "drill Rack loss speed=10x": "Only what is replayed has a speed.",
    "drill pause": "No drill is open.",
}


@pytest.mark.parametrize(("line", "said"), SLIPS.items(), ids=SLIPS)
def test_a_slip_in_a_drill_is_no_title_and_is_said(line, said):
    with pytest.raises(Refused) as refused:
        parse(line, Context("ana", START))
    assert said in f"{refused.value.reason} {refused.value.hint}"
