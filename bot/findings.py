"""What `klatsch check` says of the configuration alone: who is on call, what routes do, whom policies ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts.heartbeat import MOST, Signal, named, overdue
from bot.alerts.routing import Route
from bot.chat.document import clean
from bot.config import Config
from bot.durations import format_duration
from bot.oncall.escalation import rung
from bot.oncall.schedules import on_call

HELD = frozenset({"console"})
"""Chat platforms that one process has for itself: a bot that runs is not disturbed by trying them."""

OK, WARNING, PROBLEM = "ok", "warning", "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `level` is ok, warning or problem; `text` ends in what to do about it."""

    level: str
    about: str
    text: str

    def __str__(self) -> str:
        return " ".join(clean(f"{self.level:<8} {self.about}: {self.text}").splitlines())


def schedules(config: Config, now: datetime) -> Iterator[Finding]:
    roster, people = config.roster, config.people
    for name, schedule in roster.schedules.items():
        names = [people[person].name for person in on_call(schedule, now) if person in people]
        about = f"oncall.schedules.{name}"
        if names:
            yield Finding(OK, about, f"{', '.join(names)} is on call now")
        else:
            yield Finding(WARNING, about, "nobody is on call now. Has it begun? Look at `rotation.start`.")


def policies(config: Config, now: datetime) -> Iterator[Finding]:
    """A policy that asks one person again and again does not escalate."""
    roster, people = config.roster, config.people
    for name, ladder in roster.ladders.items():
        steps = range(len(ladder.steps))
        asked = {person for step in steps for person in rung(roster, name, step=step, round=0, at=now).people}
        names = sorted(people[person].name for person in asked if person in people)
        about = f"oncall.policies.{name}"
        if not names:
            yield Finding(WARNING, about, "it asks nobody now. Look at its schedules, or name a person in a step.")
        elif len(names) == 1:
            text = f"it asks only {names[0]} now, whoever does not answer. Add a step with somebody else."
            yield Finding(WARNING, about, text)
        else:
            yield Finding(OK, about, f"asks {', '.join(names)}")


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
