"""Drills: what comes again and when, how they are held and sped up, and that nothing of them leaves the room."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bot.chat.drilled import still_shown
from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.drilling import MOST_TOGETHER, usual_speed
from bot.incident.evolve import evolve
from bot.incident.links import Guides
from bot.incident.model import Kind, Mark, Person, Refused, Role, Severity, Source, Status
from bot.incident.plan import Policy, plan
from bot.incident.timeline import sentence
from bot.postmortem.drill_log import drill_log
from tests.builders import PEOPLE, START, Step, Story, step
from tests.commands import OPENINGS, STEPS
from tests.golden_files import golden
from tests.stories import volumes_slow

MINUTE = timedelta(minutes=1)
EVERYTHING = Policy(
    platforms=("slack", "matrix"),
    status_pages=("page",),
    publishers=("folder",),
    own=("folder",),
    people={"ana": Person("ana", "Ana", ways=("ntfy",)), "pager:rota": Person("pager:rota", "rota", ways=("rota",))},
    copies=True,
    settling=frozenset({"ntfy", "email", "rota"}),
)
ALLOWED = {
    *("open_room", "set_topic", "set_links", "refresh_card", "announce", "tell", "invite", "redirect", "archive_room"),
    *("write_draft", "keep_file", "wake_reminder", "wake_archive", "wake_replay"),
}


def past(*minutes: float, count: int = 1) -> tuple[e.Recorded, ...]:
    """An incident opened by hand, whose alerts fired at these minutes after."""
    opened = e.IncidentOpened(at=START, kind=Kind.REAL, title="OSDs down", severity=Severity.SEV1, status=Status.CLOSED)
    events: list[tuple[float, e.Event]] = [(0, opened)]
    for place, minute in enumerate(minutes, 1):
        sample = e.AlertFact(f"f{place}", "OSDDown", f"osd.{place} is down")
        fired = e.AlertsFired(at=START + minute * MINUTE, count=count, firing=place, samples=(sample,))
        events.append((minute, fired))
    return tuple(
        e.Recorded(3, seq, START + minute * MINUTE, "alerts", Source("alert"), seq, event)
        for seq, (minute, event) in enumerate(events, 1)
    )


def a_drill(script: tuple[e.Recorded, ...], *, speed: int = 0) -> Story:
    told = Story(number=9)
    told.give(step(c.Open(title="Who sees it", kind=Kind.DRILL, replays=3, speed=speed, script=script), after=0))
    return told


def clock(told: Story, script: tuple[e.Recorded, ...]) -> list[e.Recorded]:
    """The timer that waits goes off, at its time."""
    held = told.incident.replay
    wait = max(0.0, (held.due - told.now) / MINUTE)
    due = c.StepReplay(of=3, seq=held.seq, due=held.due, script=tuple(one for one in script if one.seq >= held.seq))
    return told.give(step(due, by="klatsch", source="delivery", after=wait))


def fired(recorded: list[e.Recorded]) -> list[str]:
    """What fired, an event a line."""
    shown = [one.event.samples for one in recorded if isinstance(one.event, e.AlertsFired)]
    return ["; ".join(fact.summary for fact in samples) for samples in shown]


@pytest.mark.parametrize(
    ("length", "speed"),
    [(0, 1), (19, 1), (20, 1), (21, 2), (200, 10), (205, 11), (60 * 24 * 30, 1000)],
)
def test_nobody_said_how_fast_so_it_takes_about_twenty_minutes(length: int, speed: int):
    assert usual_speed(length * MINUTE) == speed


def test_one_that_is_given_no_pace_has_the_usual_one_and_one_without_alerts_replays_nothing():
    assert a_drill(past(0, 200)).incident.replay.speed == 10
    bare = a_drill(past())
    assert (bare.incident.replay, [type(one.event) for one in bare.history]) == (None, [e.IncidentOpened])


def test_each_alert_comes_as_it_came_then_and_so_many_times_sooner():
    script = past(0, 30, 30.05, 90)
    told = a_drill(script, speed=10)
    assert fired(list(told.history)) == ["osd.1 is down"]
    assert told.incident.replay.due == START + 3 * MINUTE
    # What came within seconds comes at once, and is told at once.
    assert fired(clock(told, script)) == ["osd.2 is down; osd.3 is down"]
    came = clock(told, script)
    assert fired(came) == ["osd.4 is down"]
    assert round((told.now - START) / MINUTE, 1) == 9.0
    assert sentence(came[-1].event, str) == "All alerts of the past incident have come"
    assert told.incident.alerts_firing == told.incident.alerts_total == 4
    assert told.incident.replay.over


def test_a_storm_is_told_in_a_few_lines_and_takes_as_long_as_it_took_then():
    """Every seven seconds for half an hour, sixty times as fast: half a minute, not the blink of an eye."""
    script = past(*(n * 7 / 60 for n in range(258)), count=3)
    told = a_drill(script, speed=60)
    while not told.incident.replay.over:
        clock(told, script)
    came = [one.event for one in told.history if isinstance(one.event, e.AlertsFired)]
    assert timedelta(seconds=26) < told.now - START < timedelta(seconds=32)
    assert sum(event.count for event in came) == told.incident.alerts_total == 258 * 3
    assert 10 < len(came) < 20
    assert {len(event.samples) for event in came} <= {*range(1, 11)}
    assert [event.samples[0].fingerprint for event in came[:3]] == ["f1", "f19", "f37"]


def test_what_cleared_in_between_parts_what_fired_before_it_from_what_fired_behind_it():
    script = past(0, 0.01, 0.02, 0.03)
    cleared = e.AlertsCleared(at=START, count=1, firing=1, samples=script[2].event.samples)
    script = (*script[:2], replace(script[2], event=cleared), *script[3:])
    told = a_drill(script, speed=1)
    came = [(type(one.event), one.event.firing) for one in told.history if hasattr(one.event, "firing")]
    assert came == [(e.AlertsFired, 1), (e.AlertsCleared, 0), (e.AlertsFired, 2)]


def test_what_may_not_be_shown_any_longer_ends_it_and_nobody_says_that_all_came():
    told = a_drill(past(0, 30, 60), speed=10)
    (moved,) = clock(told, ())
    assert sentence(moved.event, str) == "The replay ends here: the past incident has become private"
    assert told.incident.replay.over


def test_a_clock_that_is_set_back_makes_nobody_wait_longer_after_a_pause():
    told = a_drill(past(0, 60), speed=10)
    told.now -= timedelta(hours=5)
    told.give(step(c.PaceReplay(paused=True), after=0))
    assert told.incident.replay.left == 60 * MINUTE


def test_what_opened_by_hand_has_its_first_alert_when_it_came_then():
    told = a_drill(past(5), speed=1)
    assert fired(list(told.history)) == []
    assert told.incident.replay.due == START + 5 * MINUTE
    assert fired(clock(told, past(5))) == ["osd.1 is down"]
    fast = a_drill(past(5), speed=10)
    assert fast.incident.replay.due == START + 0.5 * MINUTE
    (_, began) = fast.history
    assert (began.event.of, began.event.speed, began.event.title) == (3, 10, "Who sees it")


def test_a_burst_with_a_merge_in_it_that_brought_no_alerts_comes_to_its_end():
    script = list(past(0, *[30] * 250))
    merged = e.Absorbed(at=START, other=4, title="The same", alerts_firing=0, alerts_total=0)
    script[80] = replace(script[80], event=merged)
    told = a_drill(tuple(script), speed=10)
    while not told.incident.replay.over:
        # As many as are looked up at a time.
        waits = [one for one in script if one.seq >= told.incident.replay.seq]
        clock(told, tuple(waits[: MOST_TOGETHER + 1]))
    assert told.incident.alerts_total == 250


def test_what_a_merge_brought_along_comes_again_under_its_title():
    script = list(past(0, 30, 60))
    guides = Guides(runbook="https://wiki.example.org/osd")
    merged = e.Absorbed(at=START, other=4, title="The same", alerts_firing=3, alerts_total=9, guides=guides)
    script[2] = replace(script[2], event=merged)
    told = a_drill(tuple(script), speed=10)
    came, *_ = clock(told, tuple(script))
    fact = e.AlertFact("", "The same", "The same")
    assert came.event == e.AlertsFired(at=told.now, count=3, firing=4, samples=(fact,), guides=guides)


def test_a_step_in_which_no_alert_comes_again_is_the_last():
    script = list(past(0, 30))
    script[2] = replace(script[2], event=e.Absorbed(at=START, other=4, title="The same"))
    told = a_drill(past(0, 30), speed=10)
    (moved,) = clock(told, tuple(script))
    assert moved.event == e.ReplayMoved(at=told.now, seq=0, next_at=None)


def test_what_comes_together_is_told_with_all_it_was():
    first, second = past(0, 0.01)[1:]
    runbook, dashboard = Guides(runbook="https://wiki.example.org/osd"), Guides(dashboard="https://g.example.org/d")
    script = (
        *past(),
        replace(first, event=replace(first.event, count=4, again=1, truncated=2, guides=runbook)),
        replace(second, event=replace(second.event, count=3, again=2, truncated=5, guides=dashboard)),
    )
    (came,) = [one.event for one in a_drill(script, speed=1).history if isinstance(one.event, e.AlertsFired)]
    assert (came.count, came.firing, came.again, came.truncated) == (7, 7, 3, 7)
    assert came.guides == Guides("https://wiki.example.org/osd", "https://g.example.org/d")


@pytest.mark.parametrize("kind", [e.AlertsCleared, e.AlertsLeft])
def test_what_clears_or_leaves_together_is_told_at_once(kind: type[e.AlertsCleared | e.AlertsLeft]):
    script = list(past(0, 30, 30.01, count=4))
    for place in (2, 3):
        script[place] = replace(
            script[place], event=kind(at=START, count=3, firing=0, samples=(script[place].event.samples))
        )
    told = a_drill(tuple(script), speed=10)
    came, _ = clock(told, tuple(script))
    assert type(came.event) is kind
    assert (came.event.count, came.event.firing, len(came.event.samples)) == (6, 0, 2)


def test_it_is_held_goes_on_and_changes_its_pace_without_losing_a_second():
    script = past(0, 60)
    told = a_drill(script, speed=10)
    told.give(step(c.PaceReplay(paused=True), after=2))
    assert told.incident.replay.left == 40 * MINUTE
    assert told.incident.replay.due is None
    told.give(step(c.PaceReplay(speed=20), after=30))
    told.give(step(c.PaceReplay(paused=False), after=30))
    assert told.incident.replay.due == told.now + 2 * MINUTE
    (undone, back) = told.give(step(c.Undo(by="ana"), after=0))
    assert isinstance(undone.event, e.Undone)
    assert sentence(back.event, str) == "The replay is held"
    assert told.give(step(c.PaceReplay(paused=True), after=0)) == []


def test_a_clock_that_was_stopped_or_comes_again_changes_nothing():
    script = past(0, 60, 120)
    told = a_drill(script, speed=10)
    held = told.incident.replay
    late = c.StepReplay(of=3, seq=held.seq, due=held.due, script=script[2:])
    clock(told, script)
    assert told.give(late) == []
    told.give(c.PaceReplay(paused=True))
    assert told.give(late) == []
    told.give(c.Resolve())
    assert told.give(late) == []
    words = Story(9)
    words.give(c.Open(title="Volumes slow", kind=Kind.DRILL))
    assert words.give(late) == []


def test_a_replay_that_is_over_or_ended_is_not_steered_and_one_is_told_why():
    told = a_drill(past(0), speed=10)
    said = []
    for story in (told, ended := a_drill(past(0, 60), speed=10)):
        if story is ended:
            story.give(c.Resolve())
        with pytest.raises(Refused) as refused:
            story.give(c.PaceReplay(paused=True))
        said.append((refused.value.reason, refused.value.hint))
    assert said == [
        ("All alerts of INC-3 have come.", "To begin anew: `drill INC-3`"),
        ("INC-9 is resolved.", "`INC-9 reopen` brings it back."),
    ]


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        (Kind.DRILL, "`drill INC-7` opens a drill in which the alerts of INC-7 come again."),
        (Kind.REAL, "INC-9 is no drill."),
    ],
)
def test_where_nothing_is_replayed_one_is_told_what_would_be(kind: Kind, hint: str):
    told = Story(9)
    told.give(c.Open(title="Volumes slow", kind=kind))
    with pytest.raises(Refused) as refused:
        told.give(c.PaceReplay(paused=True))
    assert refused.value.hint == hint


def test_when_it_is_over_its_clock_stops_and_its_log_is_written():
    told = a_drill(past(0, 60), speed=10)
    for ending in (c.Resolve(), c.Cancel(), c.SetStatus(status=Status.RESOLVED)):
        story = Story(9, told.now, told.incident, told.history)
        changed, log = story.give(ending)
        assert log.event == e.PostmortemDrafted(at=story.now, through=changed.seq, log=True)
        planned = plan(story.incident, changed.event, EVERYTHING)
        assert f.Cancel(("wake_replay",)) in planned
        assert story.incident.replay.due is None
    going_on = Story(9, told.now, told.incident, told.history).give(c.SetStatus(status=Status.MONITORING))
    assert [type(one.event) for one in going_on] == [e.StatusChanged]
    story = Story(9, told.now, told.incident, told.history)
    story.give(c.Resolve())
    (*_, log) = story.give(c.Close())
    assert log.event.log
    story.give(c.Reopen())
    story.give(c.PaceReplay(paused=False))
    assert story.incident.replay.due is not None


REFUSED = {
    "what is real": (Kind.REAL, c.PaceReplay(paused=True), "INC-9 replays nothing."),
    "a drill of words alone": (Kind.DRILL, c.PaceReplay(paused=True), "INC-9 replays nothing."),
    "an inject": (Kind.REAL, c.Note(text="It burns", mark=Mark.INJECT), "INC-9 is no drill: nothing is made up in it."),
    "a part of something": (Kind.DRILL, c.Merge(into=4), "INC-9 is a drill, and a part of nothing that is real."),
    "a page": (Kind.DRILL, c.Page(target="person:ana"), "A drill pages nobody."),
}


@pytest.mark.parametrize(("kind", "command", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_drill_is_not_steered_and_a_drill_is_nothing_else(kind: Kind, command: c.Command, reason: str):
    told = Story(9)
    told.give(c.Open(title="Volumes slow", kind=kind))
    with pytest.raises(Refused) as refused:
        told.give(command)
    assert refused.value.reason == reason


@settings(max_examples=150, deadline=None)
@given(OPENINGS.map(lambda opening: replace(opening, kind=Kind.DRILL)), st.lists(STEPS, max_size=12))
def test_nothing_follows_from_a_drill_but_chat_drafts_and_clocks(opening: c.Open, steps: list[Step]):
    told, effects = Story(9), set[str]()
    waiting = 0
    for one in (step(opening), *steps):
        before = told.incident
        try:
            recorded = told.give(one)
        except Refused:
            continue
        incident = before
        for each in recorded:
            incident = evolve(incident, each.event, number=9)
            for planned in plan(incident, each.event, EVERYTHING):
                if isinstance(planned, f.Cancel):
                    waiting = 0 if "wake_replay" in planned.kinds else waiting
                else:
                    effects.add(f.kind_of(planned))
                    waiting += isinstance(planned, f.WakeReplay)
        assert waiting <= 1
    assert effects <= ALLOWED
    assert told.incident is None or not told.incident.real


@settings(max_examples=150, deadline=None)
@given(OPENINGS.map(lambda opening: replace(opening, kind=Kind.REAL)), st.lists(STEPS, max_size=12))
def test_the_wall_stands_whatever_a_rule_forgets(opening: c.Open, steps: list[Step]):
    """What happens to real incidents happens to a drill, as if no rule had refused it."""
    told, effects, real = Story(9), set[str](), set[str]()
    for one in (step(opening), *steps):
        incident = told.incident
        try:
            recorded = told.give(one)
        except Refused:
            continue
        for each in recorded:
            incident = evolve(incident, each.event, number=9)
            walled = plan(replace(incident, kind=Kind.DRILL), each.event, EVERYTHING)
            effects |= {f.kind_of(planned) for planned in walled if not isinstance(planned, f.Cancel)}
            free = plan(incident, each.event, EVERYTHING)
            real |= {f.kind_of(planned) for planned in free if not isinstance(planned, f.Cancel)}
    assert effects <= ALLOWED
    event(f"leaves a real one: {sorted(real - ALLOWED)}")


def a_played_drill() -> tuple[list[e.Recorded], list[e.Recorded]]:
    """A Friday's storage trouble, and four people who see it again on a Tuesday."""
    then = volumes_slow()
    script = tuple(one for one in then if isinstance(one.event, e.IncidentOpened | e.AlertsFired | e.AlertsCleared))
    begin = step(c.Open(title="Volumes slow in az2", kind=Kind.DRILL, replays=7, speed=4, script=script, opener="ana"))
    told = Story(number=9)
    told.give(begin)
    told.give(step(c.RecordRoom(platform="matrix", room="!r:example.org"), source="delivery", after=0))
    for played in (
        step(c.AssignRole(role=Role.LEAD, person="ben"), by="ben", after=0.7),
        step(c.Note(text="osd.12 lost its disk, says Cleo Weiß", mark=Mark.HYPOTHESIS), by="cleo", after=1.5),
        step(c.Note(text="A customer writes to Ben Okafor that volumes hang", mark=Mark.INJECT), by="ana"),
        step(c.PaceReplay(paused=True), by="ana"),
        step(c.PaceReplay(paused=False, speed=10), by="ana", after=3),
        step(c.Note(text="drain the rack", mark=Mark.DECISION), by="ben"),
    ):
        told.give(played)
    while not told.incident.replay.over:
        held = told.incident.replay
        left = tuple(one for one in script if one.seq >= held.seq)
        due = c.StepReplay(of=7, seq=held.seq, due=held.due, script=left)
        told.give(step(due, by="klatsch", source="delivery", after=max(0.0, (held.due - told.now) / MINUTE)))
    told.give(step(c.Resolve(summary="rack drained"), by="ben", after=2))
    return list(told.history), then


def test_the_log_of_a_drill():
    history, then = a_played_drill()
    text = drill_log(history, then, people=PEOPLE, zone="Europe/Berlin")
    golden("drill/log.md", text)
    assert text == drill_log(history, then, people=PEOPLE, zone="Europe/Berlin")
    for name in ("ana", "Ana", "Ruiz", "Ben", "Okafor", "Cleo", "Weiß"):
        assert name not in text.replace("wiki.example.org/ana", "")


def test_the_log_of_a_drill_that_replays_nothing_has_the_players_alone():
    """With the postmortem's questions to customers and pages nobody could do anything."""
    told = Story(number=9)
    told.give(step(c.Open(title="Rack loss", kind=Kind.DRILL, opener="ana"), by="ana", after=0))
    told.give(step(c.Note(mark=Mark.INJECT, text="Half of az2 is dark, says Ben"), by="ana", after=2))
    told.give(step(c.AssignRole(role=Role.LEAD, person="ben"), by="ben", after=1))
    told.give(step(c.Note(mark=Mark.DECISION, text="call the datacentre"), by="ben", after=4))
    told.give(step(c.AddFollowUp(text="Put the number on the wall", owner="cleo"), by="ben", after=3))
    told.give(step(c.Resolve(drill=True), by="ana", after=10))
    drafted = [one.event for one in told.history if isinstance(one.event, e.PostmortemDrafted)]
    assert [(event.log, event.through) for event in drafted] == [(True, len(told.history) - 1)]
    text = drill_log(told.history, [], people=PEOPLE, zone="Europe/Berlin")
    golden("drill/log_alone.md", text)
    assert "Ben" not in text
    assert "then" not in text.partition("For the debrief")[0].lower()


def test_the_log_says_what_was_written_next_and_when_nobody_wrote():
    script = past(0, 30)
    told = a_drill(script, speed=10)
    told.give(step(c.Note(text="who looks at the graph?", mark=Mark.NOTE), by="ben", after=1))
    clock(told, script)
    told.give(step(c.Note(text="It rings", mark=Mark.INJECT), by="ana", after=1))
    told.give(step(c.Resolve(), by="ana", source="link", after=4.5))
    told.give(step(c.Note(text="the last word", mark=Mark.NOTE), by="ben", after=1))
    text = drill_log(told.history[:-1], script, people={}, zone="")
    table = text.partition("written next\n")[2].partition("## Side")[0]
    rows = [row.strip("| ").split(" | ") for row in table.splitlines() if row.startswith("| **")]
    assert [row[1:] for row in rows] == [
        ["“who looks at the graph?”", "1:00"],
        ["Resolved", "5:30"],
        ["Resolved", "4:30"],
    ]
    assert "The longest silence: 7:30, from **T+1:00** to **T+8:30**." in table
    assert "Nobody wrote anything down." in drill_log(told.history[:3], script, people={}, zone="")


def test_the_log_shows_nothing_of_what_has_become_private():
    history, _ = a_played_drill()
    text = drill_log(history, [], people=PEOPLE, zone="")
    golden("drill/log_private.md", text)
    assert "Of INC-7 nothing is shown: it is private by now." in text


def test_the_log_says_where_the_alerts_were_also_when_they_had_to_wait():
    """The bot was down for ten minutes. What came then stands beside what it repeats, and a line of the players not behind it."""
    script = past(0, 30, 60)
    told = a_drill(script, speed=10)
    told.give(step(c.Note(text="all is quiet", mark=Mark.NOTE), by="ben", after=12))
    told.now += MINUTE
    clock(told, script)
    told.give(step(c.Note(text="a second one", mark=Mark.NOTE), by="ben", after=1))
    lines = drill_log(told.history, script, people={}, zone="").splitlines()
    told_in_order = [line.strip("| ").partition("** ")[2] for line in lines if line.startswith(("| **", "|  | **"))]
    assert told_in_order[-5:] == [
        "“all is quiet”",
        "1 alert fired: osd.2 is down",
        "1 alert fired: osd.2 is down",
        "“a second one”",
        "1 alert fired: osd.3 is down",
    ]


def test_the_log_has_what_the_players_will_change():
    told = a_drill(past(0), speed=1)
    told.give(step(c.AddFollowUp(text="Alert before the disk is full", owner="ben"), by="ben"))
    told.give(c.Resolve())
    text = drill_log(told.history, past(0), people=PEOPLE, zone="")
    assert "“Alert before the disk is full”" in text
    assert "> What else will you change because of today" in text
    assert "Ben" not in text


def test_a_drill_without_anybody_is_logged_too():
    told = a_drill(past(0), speed=1)
    told.give(c.Cancel())
    golden("drill/log_nobody.md", drill_log(told.history, past(0), people={}, zone=""))


def test_of_many_drills_that_show_something_the_first_are_named():
    told = Story(number=9)
    told.give(step(c.Open(title="Rack loss", kind=Kind.DRILL)))
    drills = [replace(told.incident, number=number, private=number == 11) for number in range(10, 18)]
    said = still_shown(drills)
    assert "in drills, INC-10, INC-12, INC-13, INC-14, INC-15 and 2 more: their names" in said
    assert said.count(" private`") == 5
    assert "INC-11" not in said
    assert still_shown(drills[1:2]) == ""
