"""Many alerts, few incidents: what a batch of notifications means for the incidents there are and the ones to open.

Pure: given the alerts, what is known of them, the open incident of each group, and the routes. Rules of this file:

* (source, fingerprint, startsAt, status) is one message; the same one again, from a repeat or a second Alertmanager,
  changes nothing. An older firing than the one we know is a late copy and changes nothing either.
* A repeat of what fires on although its incident is over opens nothing; the incident is told, which says so once. What
  began to fire after that end is news, although nobody said that it had cleared: it may have cleared under a silence.
* An alert that no route wanted is news again as soon as one does: somebody mended the routes.
* An alert that is first heard of when it is over is remembered, so that its late firing opens nothing.
* A group that its sender calls resolved as a whole resolves all we know of it: a message may be cut short.
* An alert stays with its incident while that is open, whatever became of its labels or the routes.
* An alert that a maintenance window covers belongs to the maintenance and wakes nobody, and no longer than that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.alerts.model import NO_START, SILENCE, Alert, AlertRow, Known, Notification
from bot.alerts.routing import Route, covers, route_of
from bot.incident.commands import FoldAlerts, Open
from bot.incident.events import AlertFact
from bot.incident.life import TITLE_LIMIT
from bot.incident.links import guides
from bot.incident.model import Incident, Kind, Severity, Status
from bot.incident.text import one_line

SAMPLES = 10
"""Alerts a timeline row names; all of them are stored."""


@dataclass(slots=True)
class Group:
    """What a batch changes in one incident, there (`incident`) or to be opened (`route`). `again` counts those of
    `fired` that had fired in it before. `left`: what fires and is another incident's from now on. `kept`: what fires on
    although it is over."""

    incident: int | None = None
    key: str = ""
    route: Route | None = None
    fired: list[Alert] = field(default_factory=list)
    cleared: list[Alert] = field(default_factory=list)
    left: list[Alert] = field(default_factory=list)
    kept: dict[tuple[str, str], Alert] = field(default_factory=dict)
    again: int = 0
    truncated: int = 0
    rows: dict[tuple[str, str], AlertRow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Folding:
    """`groups`: what changes, an incident each. `stray`: alerts that belong to no incident, remembered all the same.
    `unrouted` are the firing ones among them that no route wants, by the notification."""

    groups: tuple[Group, ...]
    stray: tuple[AlertRow, ...]
    unrouted: tuple[tuple[Alert, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Met:
    """What the alerts meet: the routes, the open incident of each group (by the group's key), the incidents that know some
    of them, and the maintenance whose windows may cover them."""

    routes: Sequence[Route]
    open_group: Mapping[str, int]
    incidents: Mapping[int, Incident]
    windows: Sequence[Incident]
    at: datetime

    def owner(self, number: int | None) -> Incident | None:
        return self.incidents.get(number) if number else None

    def keeps(self, owner: Incident | None, alert: Alert) -> bool:
        """Whether an alert that belongs to `owner` still does: its end always, its firing while that is open."""
        if owner is None or not (alert.firing and owner.kind is Kind.MAINTENANCE):
            return owner is not None and (owner.status.open or not alert.firing)
        return covered(owner, alert.labels, self.at)

    def outlived(self, owner: Incident, alert: Alert, before: Known) -> bool:
        """Whether an alert of `owner` that never cleared, as far as we know, fires for another reason than `owner`."""
        if owner.kind is Kind.MAINTENANCE:
            return not self.keeps(owner, alert)
        return owner.ended is not None and alert.starts_at > max(owner.ended, before.starts_at)


def wanted(
    notifications: Sequence[Notification],
    known: Sequence[Known],
    routes: Sequence[Route],
    incidents: Mapping[int, Incident],
) -> set[str]:
    """The keys of the groups that these alerts may join or open. A repeat of what is known joins none, unless it belongs to
    nothing, or to one of `incidents` that is maintenance, which may be over."""
    held = {(row.source, row.fingerprint): row for row in known}
    keys = set()
    for notification in notifications:
        for alert in notification.alerts:
            before = held.get((alert.source, alert.fingerprint))
            owner = incidents.get(before.incident) if before and before.incident else None
            held_fast = before and before.incident and not (owner and owner.kind is Kind.MAINTENANCE)
            repeated = before is not None and before.firing and before.starts_at == alert.starts_at
            if not alert.firing or (repeated and held_fast):
                continue
            if route := route_of(alert, routes):
                keys.add(route.group(alert.labels))
    return keys


def fold(notifications: Sequence[Notification], known: Sequence[Known], met: Met) -> Folding:
    """What `notifications`, in this order, mean."""
    held = {(row.source, row.fingerprint): row for row in known}
    groups: dict[str, Group] = {}
    placed: dict[tuple[str, str], Group] = {}
    stray: dict[tuple[str, str], AlertRow] = {}
    unrouted: list[list[Alert]] = []

    for notification in notifications:
        first: Group | None = None
        unrouted.append([])
        for alert in (*notification.alerts, *_cut_off(notification, held)):
            key = (alert.source, alert.fingerprint)
            before, group = held.get(key), placed.get(key)
            owner = met.owner(group.incident if group else before.incident if before else None)
            if owner and group is None and before and _fires_on(alert, before):
                if not met.outlived(owner, alert, before):
                    if not owner.status.open:
                        _there(groups, owner).kept[key] = alert
                    continue
                _there(groups, owner).left.append(alert)
            elif not (_is_news(alert, before) or (group is None and _wanted_now(alert, before, met.routes))):
                continue
            if group is None or not (group.incident is None or met.keeps(owner, alert)):
                group = _group_of(alert, owner, groups, met)
            held[key] = _known(alert, before, group.incident if group else None)
            if group is None:
                if alert.firing and route_of(alert, met.routes) is None:
                    unrouted[-1].append(alert)
                moved = before is not None and before.incident is not None
                stray[key] = AlertRow(alert, None, moved)
                continue
            placed[key] = group
            _add(group, alert, before)
            first = first or group
        if first is not None:
            first.truncated += notification.truncated
    changed = tuple(group for group in groups.values() if group.rows or group.kept or group.left)
    return Folding(changed, tuple(stray.values()), tuple(map(tuple, unrouted)))


def _there(groups: dict[str, Group], owner: Incident) -> Group:
    return groups.setdefault(owner.ref, Group(incident=owner.number))


def _is_news(alert: Alert, before: Known | None) -> bool:
    if before is None:
        return True
    if alert.firing:
        if before.firing:
            return False
        if alert.starts_at == NO_START:
            # Its sender tells no firing from the next; that it cleared in between does.
            return True
        return alert.starts_at > before.starts_at and (before.ends_at is None or alert.starts_at >= before.ends_at)
    return before.firing and alert.starts_at >= before.starts_at


def _fires_on(alert: Alert, before: Known) -> bool:
    """Whether it fires as far as we knew too."""
    return alert.firing and before.firing and alert.starts_at >= before.starts_at


def _wanted_now(alert: Alert, before: Known | None, routes: Sequence[Route]) -> bool:
    """Whether it fires, belongs to nothing as far as we know, and a route would have it."""
    if before is None or before.incident is not None or not _fires_on(alert, before):
        return False
    route = route_of(alert, routes)
    return route is not None and not route.expects(alert)


def _cut_off(notification: Notification, held: Mapping[tuple[str, str], Known]) -> list[Alert]:
    """The alerts a resolved group does not name because its message was cut short."""
    if not notification.group_resolved or not notification.truncated:
        return []
    named = {alert.fingerprint for alert in notification.alerts}
    ends = max((alert.ends_at for alert in notification.alerts if alert.ends_at), default=None)
    return [
        Alert(
            source=row.source,
            fingerprint=row.fingerprint,
            firing=False,
            starts_at=row.starts_at,
            ends_at=ends,
            labels={"alertname": row.name},
            annotations={"summary": row.summary} if row.summary else {},
            group=row.group,
        )
        for row in held.values()
        if row.firing
        and row.source == notification.source
        and row.group == notification.group
        and row.fingerprint not in named
    ]


def _known(alert: Alert, before: Known | None, incident: int | None = None) -> Known:
    return Known(
        source=alert.source,
        fingerprint=alert.fingerprint,
        firing=alert.firing,
        starts_at=alert.starts_at,
        ends_at=alert.ends_at,
        incident=incident if incident is not None else (before.incident if before else None),
        group=alert.group,
        name=alert.name,
        summary=alert.summary,
    )


def _group_of(alert: Alert, owner: Incident | None, groups: dict[str, Group], met: Met) -> Group | None:
    """The group an alert changes, made when it is new to this batch; None: it belongs to no incident."""
    if owner is not None and met.keeps(owner, alert):
        return _there(groups, owner)
    route = route_of(alert, met.routes)
    if not alert.firing or (route is not None and route.expects(alert)):
        # It was never heard of; or it is expected, and means that all is well.
        return None
    maintenance = next((work for work in met.windows if covered(work, alert.labels, met.at)), None)
    if maintenance is not None:
        return _there(groups, maintenance)
    if route is None:
        return None
    key = route.group(alert.labels)
    held = met.owner(met.open_group.get(key))
    if held is not None and held.status.open:
        return _there(groups, held)
    return groups.setdefault(key, Group(key=key, route=route))


def covered(work: Incident, labels: Mapping[str, str], at: datetime) -> bool:
    """Whether the window of this maintenance covers an alert with these labels at `at`."""
    window = work.window
    return (
        work.status.open and window is not None and window.start <= at < window.end and covers(window.matchers, labels)
    )


def _add(group: Group, alert: Alert, before: Known | None) -> None:
    (group.fired if alert.firing else group.cleared).append(alert)
    group.kept.pop((alert.source, alert.fingerprint), None)
    there = before is not None and before.incident == group.incident and group.incident is not None
    if alert.firing and (there or (alert.source, alert.fingerprint) in group.rows):
        group.again += 1
    # The last state of an alert in a batch is the one to store.
    group.rows[alert.source, alert.fingerprint] = AlertRow(alert, group.incident, before is not None and not there)


def opening(group: Group, at: datetime) -> Open:
    """The command that opens an incident for a group's alerts. Severity, service and page are the route's. What began at
    a time nobody knows begins for us when we hear of it."""
    route = group.route or Route()
    fired = group.fired
    return Open(
        title=one_line(title_for(fired, route), TITLE_LIMIT) or "Alert",
        status=Status.TRIAGE if route.open == "triage" else Status.INVESTIGATING,
        severity=Severity(route.severity),
        service=route.service or _common(fired, "service"),
        private=route.private,
        group=group.key,
        impact_start=min([at, *(alert.starts_at for alert in fired if alert.starts_at != NO_START)]),
        detected=at,
        page=f"policy:{route.page}" if route.page else "",
        fired=_facts(fired),
        fired_count=len(fired),
        again=group.again,
        truncated=group.truncated,
        guides=guides(alert.annotations for alert in fired),
    )


def changing(group: Group) -> FoldAlerts:
    """The command that tells an open incident of its alerts."""
    return FoldAlerts(
        fired=_facts(group.fired),
        fired_count=len(group.fired),
        again=group.again,
        cleared=_facts(group.cleared),
        cleared_count=len(group.cleared),
        left=_facts(group.left),
        left_count=len(group.left),
        kept=_facts([*group.kept.values()]),
        kept_count=len(group.kept),
        truncated=group.truncated,
        guides=guides(alert.annotations for alert in group.fired),
    )


def title_for(fired: Sequence[Alert], route: Route) -> str:
    """What to call it: the one thing its alerts say, or the alert's name with the labels they share."""
    summaries = {alert.summary for alert in fired}
    if len(summaries) == 1 and fired[0].summary:
        return fired[0].summary
    names = sorted({alert.name for alert in fired})
    shared = [value for name in route.group_by if name != "alertname" and (value := _common(fired, name))]
    where = f" ({', '.join(shared)})" if shared else ""
    no = "No " if all(alert.source == SILENCE for alert in fired) else ""
    return f"{no}{', '.join(names[:3])}{' …' if len(names) > 3 else ''}{where}"


def _common(fired: Sequence[Alert], label: str) -> str:
    values = {alert.labels.get(label, "") for alert in fired}
    return values.pop() if len(values) == 1 else ""


def _facts(alerts: Sequence[Alert]) -> tuple[AlertFact, ...]:
    return tuple(AlertFact(alert.fingerprint, alert.name, alert.summary) for alert in alerts[:SAMPLES])
