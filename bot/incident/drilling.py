"""Rules of drills: the alerts of a past incident come again, as they came then, and nothing of it leaves the room.

What is replayed is what is on that incident's timeline: which alerts began and ended, how many, and when we heard of it. Who did what
then is nobody's business in a drill. The clock of the replay is a timer in the outbox, of which at most one waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Incident, Kind, Refused
from bot.incident.replay import Replay

SLOWEST, FASTEST = 1, 1000
"""How many times as fast as then."""

USUAL = timedelta(minutes=20)
"""Nobody said how fast: the alerts come within about this long, and never slower than they did."""

TOGETHER = timedelta(seconds=2)
"""What comes within this long comes at once: a room is no film."""

MOST_TOGETHER = 200
"""Events of then that come in one step."""

SAMPLES = 10
"""Alerts that are named of those that come together, as when they are real (`bot.alerts.folding`)."""


_Came = e.AlertsFired | e.AlertsCleared | e.AlertsLeft


def usual_speed(length: timedelta) -> int:
    return min(max(ceil(length / USUAL), SLOWEST), FASTEST)


def begin(command: c.Open, at: datetime) -> list[e.Event]:
    """What comes behind the opening of the drill. The first alerts come with it, where they came with the opening then."""
    alerts = _alerts(command.script)
    if not command.replays or not alerts:
        return []
    then = command.script[0].recorded_at
    length = alerts[-1].recorded_at - then
    speed = command.speed or usual_speed(length)
    gap = (alerts[0].recorded_at - then) / speed
    began = e.ReplayBegan(
        at=at, of=command.replays, speed=speed, length=length, seq=alerts[0].seq, next_at=at + gap, title=command.title
    )
    return [began] if gap >= TOGETHER else [began, *_play(alerts, 0, speed, at)]


def step(incident: Incident, command: c.StepReplay, at: datetime) -> list[e.Event]:
    """The clock: what is due comes. A clock that speaks of what came already, or was stopped, changes nothing."""
    held = incident.replay
    if held is None or held.due is None or not incident.status.open:
        return []
    if (held.seq, held.due) != (command.seq, command.due):
        return []
    script = command.script
    if not script:
        # What it replays has become private, or was removed.
        return [e.ReplayMoved(at=at, seq=0, next_at=None, withheld=True)]
    # Of what was looked up not all may be alerts that come again, so what lies behind it is looked at next.
    behind = script[-1].seq + 1 if len(script) > MOST_TOGETHER else 0
    return _play(_alerts(script), incident.alerts_firing, held.speed, at, behind)


def pace(incident: Incident, command: c.PaceReplay, at: datetime) -> list[e.Event]:
    held = incident.replay
    if held is None:
        raise Refused(
            f"{incident.ref} replays nothing.",
            "`drill INC-7` opens a drill in which the alerts of INC-7 come again."
            if incident.kind is Kind.DRILL
            else f"{incident.ref} is no drill.",
        )
    if held.over:
        raise Refused(f"All alerts of INC-{held.of} have come.", f"To begin anew: `drill INC-{held.of}`")
    if not incident.status.open:
        raise Refused(f"{incident.ref} is {incident.status}.", f"`{incident.ref} reopen` brings it back.")
    paused = held.due is None if command.paused is None else command.paused
    return paced(held, at, paused=paused, speed=command.speed or held.speed)


def paced(held: Replay, at: datetime, *, paused: bool, speed: int) -> list[e.Event]:
    if (paused, speed) == (held.due is None, held.speed):
        return []
    left = held.left_at(at)
    return [
        e.ReplayPaced(
            at=at,
            speed=speed,
            next_at=None if paused else at + left / speed,
            left=left,
            old_speed=held.speed,
            was_paused=held.due is None,
        )
    ]


def logged(incident: Incident | None, events: list[e.Event], at: datetime) -> list[e.Event]:
    """`events` as they are of a drill: in place of a postmortem its log is written, and when it is over, too."""
    if incident is None or incident.kind is not Kind.DRILL:
        return events
    events = [replace(event, log=True) if isinstance(event, e.PostmortemDrafted) else event for event in events]
    ended = any(isinstance(event, e.StatusChanged) and event.old.open and not event.new.open for event in events)
    if ended and not any(isinstance(event, e.PostmortemDrafted) for event in events):
        events.append(e.PostmortemDrafted(at=at, through=incident.version + len(events), log=True))
    return events


def _alerts(script: Sequence[e.Recorded]) -> list[e.Recorded]:
    return [one for one in script if comes_again(one.event)]


def comes_again(event: e.Event) -> bool:
    """Whether this event of then is a part of the replay."""
    if isinstance(event, e.Absorbed):
        return event.alerts_firing > 0
    return isinstance(event, e.AlertsFired | e.AlertsCleared | e.AlertsLeft)


def _play(alerts: Sequence[e.Recorded], firing: int, speed: int, at: datetime, behind: int = 0) -> list[e.Event]:
    """The first of them and what came with it, and when the next one comes. When that is all, event `behind` is looked at at once; 0: there
    is none."""
    last = e.ReplayMoved(at=at, seq=behind, next_at=at if behind else None)
    if not alerts:
        return [last]
    first = alerts[0].recorded_at
    now = [one for one in alerts[:MOST_TOGETHER] if one.recorded_at - first < TOGETHER * speed]
    events: list[_Came] = []
    for one in now:
        came = _again(one.event, firing, at)
        firing = came.firing
        # A storm is told as one: a room that reads a line for each of its alerts reads none.
        events = [*events[:-1], *_joined(events[-1], came)] if events else [came]
    if len(now) == len(alerts):
        return [*events, last]
    following = alerts[len(now)]
    # From the first of them: the others came sooner than they were due, and what follows does not.
    gap = max(timedelta(), following.recorded_at - first) / speed
    return [*events, e.ReplayMoved(at=at, seq=following.seq, next_at=at + gap)]


def _joined(one: _Came, other: _Came) -> list[_Came]:
    """`other` right behind `one`, as one event if the same happened."""
    count, samples = one.count + other.count, (*one.samples, *other.samples)[:SAMPLES]
    if isinstance(one, e.AlertsFired) and isinstance(other, e.AlertsFired):
        again, guides = one.again + other.again, one.guides.besides(other.guides)
        truncated = one.truncated + other.truncated
        return [replace(other, count=count, samples=samples, again=again, truncated=truncated, guides=guides)]
    return [replace(other, count=count, samples=samples)] if type(one) is type(other) else [one, other]


def _again(event: e.Event, firing: int, at: datetime) -> _Came:
    match event:
        case e.AlertsFired():
            return replace(event, at=at, firing=firing + event.count)
        case e.AlertsCleared() | e.AlertsLeft():
            return replace(event, at=at, firing=max(0, firing - event.count))
        case e.Absorbed():
            # It brought its alerts along, of which nothing but its title is known here.
            samples = (e.AlertFact("", event.title, event.title),)
            count = event.alerts_firing
            return e.AlertsFired(at=at, count=count, firing=firing + count, samples=samples, guides=event.guides)
        case _:
            raise TypeError(f"{type(event).__name__} is no alert")
