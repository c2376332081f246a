"""What `klatsch check` says of the configuration alone: who is on call, what routes do, whom policies ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts.heartbeat import MOST, Signal, named, overdue
from bot.alerts.routing import Route
from bot.chat.card import who
from bot.chat.document import clean
from bot.chat.templates import and_, local
from bot.config import Config
from bot.durations import format_duration
from bot.incident.commands import Rung
from bot.incident.model import Person
from bot.oncall.coverage import AHEAD, Double, doubles, gaps, in_a_row
from bot.oncall.escalation import DEFAULT_WAIT, Ladder, Roster, rung
from bot.oncall.overrides import Override
from bot.oncall.schedules import Schedule, Shift, on_call
from bot.oncall.wall import wall

HELD = frozenset({"console"})
"""Chat platforms that one process has for itself: a bot that runs is not disturbed by trying them."""

TOLD = 3
"""Of what is wrong in the same way in one schedule; of the rest it is said how many they are."""

DAY = "%a %d %b %H:%M"

OK, WARNING, PROBLEM = "ok", "warning", "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `level` is ok, warning or problem; `text` ends in what to do about it."""

    level: str
    about: str
    text: str

    def __str__(self) -> str:
        return " ".join(clean(f"{self.level:<8} {self.about}: {self.text}").splitlines())


def schedules(config: Config, roster: Roster, now: datetime, overrides: Sequence[Override] = ()) -> Iterator[Finding]:
    """Who is on call now, and what of the next weeks may surprise somebody at night. `overrides` are all that stand: those that
    nobody can follow are not in the `roster`."""
    names = Names(config.people)
    twice = doubles(roster.schedules.values(), now, now + AHEAD)
    for name, schedule in roster.schedules.items():
        about = f"oncall.schedules.{name}"
        people = on_call(schedule, now)
        unread = name in config.calendars and not schedule.calendar
        if people:
            yield Finding(OK, about, f"{names.of(people)} is on call now")
        elif unread:
            yield Finding(OK, about, "its calendar says who is on call")
        lacking = gaps(schedule, now, now + AHEAD)
        # What a calendar that was not read yet holds may be all that is lacking.
        if lacking and not unread:
            yield Finding(WARNING, about, f"{_gaps(lacking, schedule, now)}. {_remedy(schedule, now)}")
        mine = [double for double in twice if double.schedules[0] == name]
        if mine:
            yield Finding(WARNING, about, _doubles(mine, schedule, names, now))
        yield from _in_a_row(schedule, about, names)
        yield from _strangers([one for one in overrides if one.schedule == name], about, config.people)


class Names:
    """What people are called; who is not configured is called by their id."""

    def __init__(self, people: Mapping[str, Person]) -> None:
        self._people = people

    def of(self, ids: Iterable[str]) -> str:
        return ", ".join(self._people[id].name if id in self._people else id for id in ids)


def _gaps(gaps: Sequence[Shift], schedule: Schedule, now: datetime) -> str:
    if gaps[0].end - gaps[0].start == AHEAD:
        return f"nobody is on call in the next {AHEAD.days} days"
    told = _told([_span(gap.start, gap.end, schedule, now) for gap in gaps])
    total = format_duration(timedelta(minutes=sum((gap.end - gap.start) // timedelta(minutes=1) for gap in gaps)))
    lasting = f"; in the next {AHEAD.days} days {total} in all" if len(gaps) > 1 else ""
    return f"nobody is on call {told}{lasting}"


def _remedy(schedule: Schedule, now: datetime) -> str:
    if any(layer.rotation.start > wall(now, schedule.zone) for layer in schedule.stack):
        return "Has it begun? Look at `start`."
    if any(layer.hours for layer in schedule.stack):
        return "Put a layer without `hours` below the others, or one for the other hours."
    return "Add people, or a layer for when it has nobody."


def _doubles(doubles: Sequence[Double], schedule: Schedule, names: Names, now: datetime) -> str:
    spans: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in doubles:
        spans.setdefault((one.person, one.schedules[1:]), []).append(_span(one.start, one.end, schedule, now))
    told = _told(
        [
            f"{names.of([person])} is on call in {' and '.join(others)} too ({_told(theirs)})"
            for (person, others), theirs in spans.items()
        ]
    )
    return f"{told}. Begin one of them with somebody else, if that is not meant."


def _in_a_row(schedule: Schedule, about: str, names: Names) -> Iterator[Finding]:
    for number, layer in enumerate(schedule.stack):
        found = in_a_row(layer.rotation)
        if found:
            place = f"layers[{number}].rotation" if schedule.layers else "rotation"
            last = len(layer.rotation.people) - 1
            told = _told(
                [
                    f"{names.of([person])} has two turns in a row: "
                    + ("the last and the first" if turn == last else f"{turn + 1} and {turn + 2}")
                    for person, turn in found
                ]
            )
            yield Finding(WARNING, f"{about}.{place}.people", f"{told}. Put somebody between them.")


def _strangers(overrides: Sequence[Override], about: str, people: Mapping[str, Person]) -> Iterator[Finding]:
    """Overrides outlive the people they name."""
    named = {name for one in overrides for name in (one.person, one.instead) if name}
    if strangers := sorted(named - people.keys()):
        told = _told([f"`{name}`" for name in strangers])
        yield Finding(WARNING, about, f"overrides name who is not under `people:`: {told}. Make them anew for others.")


def _span(start: datetime, end: datetime, schedule: Schedule, now: datetime) -> str:
    """In the schedule's own time. What is cut at either end of what was looked through has no time there."""
    zone = schedule.zone.key
    if end == now + AHEAD:
        return "all the time" if start == now else f"from {local(start, zone, f'{DAY} %Z')} on"
    one_day = wall(start, schedule.zone).date() == wall(end, schedule.zone).date()
    until = local(end, zone, "%H:%M %Z" if one_day else f"{DAY} %Z")
    return f"now until {until}" if start == now else f"{local(start, zone, DAY)} to {until}"


def _told(items: Sequence[str]) -> str:
    more = f"; and {len(items) - TOLD} more" if len(items) > TOLD else ""
    return "; ".join(items[:TOLD]) + more


def policies(config: Config, now: datetime) -> Iterator[Finding]:
    """A policy that asks one person again and again does not escalate; a way that comes when others are asked comes late."""
    roster, people = config.roster, config.reachable
    for name, ladder in roster.ladders.items():
        tried = (rung(roster, name, step=step, round=0, at=now) for step in range(len(ladder.steps)))
        # A step that has nobody now is answered with the next one that has.
        rungs = [*{(one.round, one.step): one for one in tried if one.people and not one.round}.values()]
        names = sorted({people[person].name for one in rungs for person in one.people if person in people})
        about = f"oncall.policies.{name}"
        if not names:
            yield Finding(WARNING, about, "it asks nobody now. Look at its schedules, or name a person in a step.")
        elif len(names) == 1:
            text = f"it asks only {names[0]} now, whoever does not answer. Add a step with somebody else."
            yield Finding(WARNING, about, text)
        else:
            yield Finding(OK, about, f"asks {_in_turn(rungs, config.people)}")
        if late := _late(ladder, people, roster):
            text = f"{_told(late)}. Let it come sooner, or let the step wait longer."
            yield Finding(WARNING, about, text)


def _in_turn(rungs: Sequence[Rung], people: Mapping[str, Person]) -> str:
    """`Ana Ruiz, after 5m Ben Okafor`."""
    names, wait, said = who(people), timedelta(), []
    for one in rungs:
        said.append(f"{f'after {format_duration(wait)} ' if wait else ''}{and_(map(names, one.people))}")
        wait += one.wait or timedelta()
    return ", ".join(said)


def _late(ladder: Ladder, people: Mapping[str, Person], roster: Roster) -> list[str]:
    """Ways that are used when the next step has been asked already."""
    found: dict[str, None] = {}
    for step in ladder.steps:
        wait = step.wait or DEFAULT_WAIT
        for target in step.targets:
            kind, _, name = target.partition(":")
            members = roster.schedules[name].members if kind == "schedule" else {name}
            for person in sorted(members & people.keys()):
                for way, after in people[person].waits.items():
                    if after >= wait:
                        came, asked = format_duration(after), format_duration(wait)
                        found[f"{people[person].name} by {way} after {came}, when others are asked after {asked}"] = (
                            None
                        )
    return list(found)


def alerts(config: Config) -> Iterator[Finding]:
    base = config.http.public_url or "the listen address"
    for name, block in config.alerts.items():
        yield Finding(OK, f"alerts.{name}", f"takes {block['type']} at {base}/alerts/{name}")
    if config.alerts and not config.routes:
        yield Finding(WARNING, "routes", "there is none, so no alert opens anything. Write one under `routes:`.")
    if config.routes and not config.alerts:
        yield Finding(WARNING, "alerts", "nobody may send alerts, so no route is ever taken. Add an entry.")


def routes(config: Config) -> Iterator[Finding]:
    for number, route in enumerate(config.routes):
        paged = f"pages {route.page}" if route.page else "pages nobody"
        opens = "opens a room at once" if route.open == "active" else "asks first"
        private = ", private" if route.private else ""
        silence = f"expected at least every {format_duration(route.heartbeat)}; silence: " if route.heartbeat else ""
        text = f"{_conditions(route)} → {silence}{route.severity.value}, {opens}{private}, {paged}"
        yield Finding(OK, f"routes[{number}]", text)


def heartbeats(config: Config, signals: Sequence[Signal], now: datetime) -> Iterator[Finding]:
    """When each expected alert was last heard. Whether a bot listened since then is not known."""
    for number, route in enumerate(config.routes):
        if route.heartbeat is None:
            continue
        about, length = f"routes[{number}].heartbeat", format_duration(route.heartbeat)
        found = sorted((s for s in signals if s.route == route.key and s.source), key=lambda s: s.heard_at)
        for signal in found:
            ago = format_duration(max(timedelta(0), now - signal.heard_at))
            said = f"{named(signal, route)} was heard {ago} ago"
            if overdue(signal, route, now):
                text = f"{said}, and is expected every {length}. Look at its sender, or start the bot."
                yield Finding(WARNING, about, text)
            else:
                yield Finding(OK, about, said)
        if not found:
            text = f"no alert with {_conditions(route)} was ever heard. Have its sender post it, more often than every {length}."
            yield Finding(WARNING, about, text)
    for sender, count in Counter(signal.source for signal in signals if signal.source).items():
        if count >= MOST:
            text = f"{sender} has {MOST} expected signals, and no more are watched. Group the route by labels with fewer values."
            yield Finding(WARNING, "routes", text)


def alive(config: Config) -> Iterator[Finding]:
    """To try it would be a sign of life, and from a bot that may not run."""
    wanted = config.http.heartbeat
    if wanted is not None:
        text = f"a sign of life is sent every {format_duration(wanted.every)} by {wanted.method}; not tried, for a try would be one"
        yield Finding(OK, "http.heartbeat", text)


def _conditions(route: Route) -> str:
    exact = [f'{name}="{value}"' for name, value in route.match.items()]
    return ", ".join([*exact, *(f'{name}=~"{regex}"' for name, regex in route.match_re.items())]) or "every alert"


def pages(config: Config) -> Iterator[Finding]:
    for name, block in config.status.items():
        components = block.get("components") or ()
        if components:
            yield Finding(OK, f"status.{name}", f"{len(components)} component{'' if len(components) == 1 else 's'}")
        else:
            yield Finding(
                WARNING, f"status.{name}", "it has no components, so it can only tell of incidents as a whole."
            )


def platforms(config: Config) -> Iterator[Finding]:
    if not config.platforms:
        yield Finding(OK, "chat", "no platform: alerts, pages, the status page and `klatsch say` work without")
    for name in config.platforms:
        if name in HELD:
            yield Finding(OK, f"chat.{name}", "configured")
