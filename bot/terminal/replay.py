"""`klatsch replay`: what would be opened and who would be paged, without doing any of it.

The same rules as in earnest, on a database that lives in memory and is thrown away; nothing is delivered.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.alerts.model import Alert, Notification
from bot.alerts.routing import route_for
from bot.chat.card import Who, who
from bot.chat.templates import and_, local
from bot.config import Config
from bot.database import rehearsal
from bot.for_commands import rules, settings
from bot.handle import handle
from bot.incident import events as e
from bot.incident.model import Incident, Refused
from bot.incident.plan import Policy
from bot.providers import alert_sources

LINE_LIMIT = 16 * 1024 * 1024


class _At:
    """The clock of a replay: the moment the replayed message speaks of, never earlier than the last one's."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def follow(self, notification: Notification) -> None:
        moments = [alert.ends_at or alert.starts_at for alert in notification.alerts]
        self._now = max([self._now, *moments])


def replay(config: Config, file: str, source: str) -> int:
    """Print what the messages in `file` would do; 1 when one of them could not be read."""
    sources = alert_sources(settings(config))
    name = source or next((n for n, b in config.alerts.items() if b.get("type", n) == "alertmanager"), "")
    if name not in sources:
        raise Refused(
            f"There is no `{name}` under `alerts:`."
            if name
            else "No entry under `alerts:` reads Alertmanager messages.",
            "Name one with `--source`.",
        )
    bad = 0
    clock = _At(datetime(1970, 1, 1, tzinfo=UTC))
    with rehearsal(clock) as (store, lookups):
        dry = replace(rules(config), policy=Policy(people=config.people))
        unrouted = expected = 0
        for number, line in enumerate(_lines(file), 1):
            try:
                notification = sources[name].parse(line)
            except ValueError as error:
                print(f"line {number}: {error}", file=sys.stderr)
                bad += 1
                continue
            clock.follow(notification)
            (outcome,) = handle(store, [notification], dry)
            unrouted += len(outcome.unrouted)
            expected += sum(_expected(alert, config) for alert in notification.alerts)
        incidents = [*reversed(lookups.recent(1000))]
        alerts = sum(incident.alerts_total for incident in incidents)
        print(f"{_count(alerts, 'alert')} → {_count(len(incidents), 'incident')}")
        for incident in incidents:
            events = [recorded.event for recorded in lookups.history(incident.number, limit=100_000)]
            print(_told(incident, events, who(config.people), str(config.zone)))
        if expected:
            print(f"{_count(expected, 'alert')} expected, which opens nothing; its silence would")
        match = "matches" if unrouted == 1 else "match"
        print(f"{_count(unrouted, 'alert')} {match} no route" if unrouted else "every alert matches a route")
    return 1 if bad else 0


def _expected(alert: Alert, config: Config) -> bool:
    route = route_for(alert.labels, config.routes)
    return alert.firing and route is not None and route.expects(alert)


def _lines(file: str) -> Iterator[bytes]:
    with nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb") as stream:
        while line := stream.readline(LINE_LIMIT):
            if line.strip():
                yield line


def _told(incident: Incident, events: list[e.Event], names: Who, zone: str) -> str:
    paged = [
        f"{and_(map(names, event.people))} (on call on {local(event.at, zone, '%d %b %H:%M %Z')})"
        for event in events
        if isinstance(event, e.PeoplePaged)
    ]
    lines = [
        f"{incident.ref} {incident.severity.value} {incident.status.value}: {incident.title}",
        f"    {_alerts(incident)}",
        # The message says when, and who was on call then may not be who is now.
        f"    would page {', '.join(paged) or 'nobody'}",
    ]
    return "\n".join(lines)


def _alerts(incident: Incident) -> str:
    total, firing = incident.alerts_total, incident.alerts_firing
    if firing == total:
        return f"{_count(total, 'alert')}, still firing"
    cleared = "cleared" if total == 1 else "all cleared" if not firing else f"{total - firing} of them cleared"
    return f"{_count(total, 'alert')}, {cleared}"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
