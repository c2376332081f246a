"""`klatsch replay`: what would have been opened, folded and paged, without doing any of it.

The same rules as in earnest, on a database that lives in memory and is thrown away; nothing is delivered.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.alerts.model import Notification
from bot.config import Config
from bot.database import rehearsal
from bot.handle import handle
from bot.incident import events as e
from bot.incident.model import Incident, Refused
from bot.incident.plan import Policy
from bot.main import rules, settings
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
        unrouted = 0
        for number, line in enumerate(_lines(file), 1):
            try:
                notification = sources[name].parse(line)
            except ValueError as error:
                print(f"line {number}: {error}", file=sys.stderr)
                bad += 1
                continue
            clock.follow(notification)
            (outcome,) = handle(store, [notification], dry)
            unrouted += outcome.unrouted
        for incident in reversed(lookups.recent(1000)):
            print(_told(incident, [recorded.event for recorded in lookups.history(incident.number, limit=100_000)]))
        print(f"{unrouted} alerts match no route" if unrouted else "every alert matches a route")
    return 1 if bad else 0


def _lines(file: str) -> Iterator[bytes]:
    with nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb") as stream:
        while line := stream.readline(LINE_LIMIT):
            if line.strip():
                yield line


def _told(incident: Incident, events: list[e.Event]) -> str:
    count = Counter(type(event) for event in events)
    paged = [person for event in events if isinstance(event, e.PeoplePaged) for person in event.people]
    cleared = sum(event.count for event in events if isinstance(event, e.AlertsCleared))
    lines = [
        f"{incident.ref} {incident.severity.value} {incident.status.value}: {incident.title}",
        f"    {incident.alerts_total} alerts in {count[e.AlertsFired]} folds, {cleared} cleared, "
        f"{incident.alerts_firing} still firing",
        f"    pages {', '.join(paged)}" if paged else "    pages nobody",
    ]
    return "\n".join(lines)
