"""Rules of an incident's alerts: that they fire, clear, or go on after its end, and those of another one that was a part of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Incident, Moment, Status

ALERTS_CLEAR_WITHIN = timedelta(minutes=30)
"""An alert that its sender repeats so long after the end has not cleared, and somebody should know: nothing opens for it
by itself. Alertmanager repeats every 4 h unless it is told otherwise
(https://prometheus.io/docs/alerting/latest/configuration/, `repeat_interval`)."""


def fold_alerts(incident: Incident, command: c.FoldAlerts, at: datetime) -> list[e.Event]:
    events: list[e.Event] = []
    firing = incident.alerts_firing
    if command.fired_count:
        firing += command.fired_count
        events.append(
            e.AlertsFired(
                at=at,
                count=command.fired_count,
                firing=firing,
                samples=command.fired,
                again=command.again,
                truncated=command.truncated,
                guides=command.guides.beyond(incident.guides),
            )
        )
    if command.cleared_count:
        firing = max(0, firing - command.cleared_count)
        events.append(e.AlertsCleared(at=at, count=command.cleared_count, firing=firing, samples=command.cleared))
    if command.left_count:
        firing = max(0, firing - command.left_count)
        events.append(e.AlertsLeft(at=at, count=command.left_count, firing=firing, samples=command.left))
    if command.kept_count and firing and _over_long_enough(incident, at):
        events.append(e.AlertsStillFiring(at=at, count=command.kept_count, samples=command.kept))
    return events


def _over_long_enough(incident: Incident, at: datetime) -> bool:
    """For alerts that follow the end late; and nobody has been told yet. What was declined or cancelled was nothing."""
    ended = incident.moments.get(Moment.RESOLVED)
    if incident.still_firing or incident.status not in (Status.RESOLVED, Status.REVIEW, Status.CLOSED) or ended is None:
        return False
    return at - ended.at >= ALERTS_CLEAR_WITHIN


def absorb(incident: Incident, command: c.Absorb, at: datetime) -> list[e.Event]:
    return [
        e.Absorbed(
            at=at,
            other=command.other,
            title=command.title,
            alerts_firing=command.alerts_firing,
            alerts_total=command.alerts_total,
            groups=command.groups,
            guides=command.guides.beyond(incident.guides),
        )
    ]
