"""Rules of an incident's life: how it opens, what it may become, and when it is over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.drilling import begin
from bot.incident.model import Incident, Kind, Moment, Refused, Status
from bot.incident.paging import climb, stop
from bot.incident.past import passed
from bot.incident.public import check_settled, discard
from bot.incident.text import one_line
from bot.incident.timeline import minutes

TITLE_LIMIT = 200
ALERTS_CLEAR_WITHIN = timedelta(minutes=30)
"""An alert that its sender repeats so long after the end has not cleared, and somebody should know: nothing opens for it
by itself. Alertmanager repeats every 4 h unless it is told otherwise
(https://prometheus.io/docs/alerting/latest/configuration/, `repeat_interval`)."""
TWIN_WITHIN = timedelta(minutes=10)
"""So long after an incident was opened another of the same title is the same one more often than not."""

REOPENABLE = frozenset({Status.RESOLVED, Status.REVIEW, Status.CLOSED, Status.DECLINED, Status.CANCELLED})
BORN_OVER = frozenset({Kind.NEARMISS, Kind.RETRO})
WITHOUT_POSTMORTEM = frozenset({Kind.NEARMISS, Kind.MAINTENANCE})


def same_title(title: str) -> str:
    """What titles have in common that are the same but for capitals and spaces."""
    return "".join(one_line(title, TITLE_LIMIT).split()).casefold()


def twin(command: c.Open, incidents: Iterable[Incident], at: datetime) -> c.Twin | None:
    """The newest of the `incidents` that `command` would open a second time. Alerts, exercises and whoever says that
    it is another one have none, and nobody is told of a private one."""
    if command.another or command.fired_count or command.kind is not Kind.REAL:
        return None
    title = same_title(command.title)
    same = [
        one
        for one in incidents
        if one.kind is Kind.REAL and one.status.open and not one.private and same_title(one.title) == title
    ]
    newest = max(same, key=lambda one: one.number, default=None)
    lately = newest is not None and at - newest.opened_at <= TWIN_WITHIN
    return c.Twin(newest.number, newest.opened_at) if newest and lately else None


def open_incident(command: c.Open, at: datetime) -> list[e.Event]:
    title = one_line(command.title, TITLE_LIMIT)
    if not title:
        raise Refused("An incident needs a title.", "For example: `open sev2 Volumes slow in az2`")
    if command.twin:
        ref, ago = f"INC-{command.twin.number}", minutes(command.twin.opened_at, at)
        raise Refused(
            f"{ref} with this title was opened {'just now' if ago == '0 min' else f'{ago} ago'}.",
            f"To join it: `{ref} status`. If this is another one, add `another=yes` to your line.",
        )
    start, end, detected = (
        said and passed(said, at) for said in (command.impact_start, command.impact_end, command.detected)
    )
    if start and end and end < start:
        raise Refused("It cannot end before it starts.", "Check `start=` and `end=`.")
    opened = e.IncidentOpened(
        at=at,
        kind=command.kind,
        title=title,
        severity=command.severity,
        status=command.status,
        service=command.service,
        private=command.private,
        group=command.group,
        impact_start=start,
        impact_end=end,
        detected=detected,
        source="alert" if command.fired_count else "command",
        opener=command.opener,
        window=command.window,
    )
    events: list[e.Event] = [opened]
    if command.fired_count:
        events.append(
            e.AlertsFired(
                at=start or at,
                count=command.fired_count,
                firing=command.fired_count,
                samples=command.fired,
                again=command.again,
                truncated=command.truncated,
                guides=command.guides,
            )
        )
    if command.rung is not None and command.kind is Kind.REAL:
        events.extend(climb(command.rung, at, reason="opened"))
    return events + begin(command, at)


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


def accept(incident: Incident, command: c.Accept, at: datetime) -> list[e.Event]:
    if incident.status.active:
        return []
    if incident.status is not Status.TRIAGE:
        raise Refused(f"{incident.ref} is {incident.status}, not in triage.", "`reopen` brings it back.")
    stated = incident.moments.get(Moment.RESOLVED)
    events: list[e.Event] = [e.StatusChanged(at=at, old=incident.status, new=Status.INVESTIGATING, stated=stated)]
    held = incident.paging
    # What was taken back asked nobody; whoever answered, or was not there to answer, is not asked the same again.
    asked = held is not None and held.ladder and (held.waiting or held.acknowledged_by or held.exhausted)
    if command.rung is not None and incident.kind is Kind.REAL and not asked:
        events.extend(climb(command.rung, at, reason="accepted"))
    return events


def decline(incident: Incident, command: c.Decline, at: datetime) -> list[e.Event]:
    if incident.status is Status.DECLINED:
        return []
    if incident.status is not Status.TRIAGE:
        raise Refused(
            f"{incident.ref} is {incident.status}; only what is in triage can be declined.",
            "`cancel` ends a false alarm." if incident.status.open else "",
        )
    check_settled(incident, "decline", command.reason)
    return _over(incident, Status.DECLINED, command.reason, at)


def cancel(incident: Incident, command: c.Cancel, at: datetime) -> list[e.Event]:
    if incident.status is Status.CANCELLED:
        return []
    # A near miss and a write-up of the past are over when they are born.
    born = incident.kind in BORN_OVER and incident.status is Status.RESOLVED
    if not (incident.status.open or born):
        raise Refused(f"{incident.ref} is {incident.status} and cannot be cancelled.", "`reopen` it first.")
    check_settled(incident, "cancel", command.reason)
    return _over(incident, Status.CANCELLED, command.reason, at)


def merge(incident: Incident, command: c.Merge, at: datetime) -> list[e.Event]:
    if command.into == incident.number:
        raise Refused(f"{incident.ref} cannot be merged into itself.", "Name the incident it belongs to.")
    if incident.merged_into == command.into and incident.status is Status.MERGED:
        return []
    if not incident.status.open:
        raise Refused(f"{incident.ref} is {incident.status} and cannot be merged.", "`reopen` it first.")
    if incident.kind is Kind.DRILL:
        raise Refused(
            f"{incident.ref} is a drill, and a part of nothing that is real.", f"To end it: `{incident.ref} resolve`"
        )
    check_settled(incident, f"merge INC-{command.into}", command.reason)
    merged = e.MergedInto(at=at, old=incident.status, into=command.into, reason=command.reason)
    return [merged, *stop(incident, f"merged into INC-{command.into}", at)]


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


def set_status(incident: Incident, command: c.SetStatus, at: datetime) -> list[e.Event]:
    match command.status:
        case Status.RESOLVED:
            return resolve(incident, c.Resolve(summary=command.reason), at)
        case Status.CLOSED:
            return close(incident, c.Close(reason=command.reason), at)
        case Status.REVIEW:
            return start_review(incident, at)
        case Status.DECLINED:
            return decline(incident, c.Decline(reason=command.reason), at)
        case Status.CANCELLED:
            return cancel(incident, c.Cancel(reason=command.reason), at)
        case Status.MERGED | Status.TRIAGE:
            raise Refused(f"`status {command.status}` cannot be set.", "See `help status`.")
        case _:
            pass
    if incident.status is command.status:
        return []
    if incident.status is Status.TRIAGE:
        raise Refused(f"{incident.ref} is still in triage.", "`accept` it first, or `decline` it.")
    if not incident.status.active:
        raise Refused(f"{incident.ref} is {incident.status}.", "`reopen` brings it back.")
    stated = incident.moments.get(Moment.RESOLVED)
    return [e.StatusChanged(at=at, old=incident.status, new=command.status, reason=command.reason, stated=stated)]


def resolve(incident: Incident, command: c.Resolve, at: datetime) -> list[e.Event]:
    if command.drill and incident.kind is not Kind.DRILL:
        raise Refused(f"{incident.ref} is no drill.", f"To end it all the same: `{incident.ref} resolve`")
    if incident.status in (Status.RESOLVED, Status.REVIEW):
        return []
    if incident.status is Status.TRIAGE:
        raise Refused(f"{incident.ref} is still in triage.", "`accept` it, or `decline` it if it was nothing.")
    if not incident.status.active:
        raise Refused(f"{incident.ref} is {incident.status}.", "`reopen` brings it back.")
    ended = passed(command.when, at)
    resolved = e.StatusChanged(
        at=ended,
        old=incident.status,
        new=Status.RESOLVED,
        reason=command.summary,
        stated=incident.moments.get(Moment.RESOLVED),
        backdated=ended < at,
    )
    return [resolved, *stop(incident, "resolved", at)]


def reopen(incident: Incident, command: c.Reopen, at: datetime) -> list[e.Event]:
    if incident.status.active:
        return []
    if incident.status not in REOPENABLE:
        hint = f"Work goes on in INC-{incident.merged_into}." if incident.merged_into else "`accept` it."
        raise Refused(f"{incident.ref} is {incident.status} and cannot be reopened.", hint)
    again = e.StatusChanged(
        at=at,
        old=incident.status,
        new=Status.INVESTIGATING,
        reason=command.reason,
        reopened=True,
        ended=incident.ended,
        resolved=incident.moments.get(Moment.RESOLVED),
        paging=incident.paging,
    )
    return [again]


def start_review(incident: Incident, at: datetime) -> list[e.Event]:
    if incident.status is Status.REVIEW:
        return []
    if incident.status is not Status.RESOLVED:
        hint = "`resolve` it first." if incident.status.open else "`reopen` brings it back."
        raise Refused(f"{incident.ref} is {incident.status}; the review comes when it is resolved.", hint)
    reviewing = e.StatusChanged(at=at, old=incident.status, new=Status.REVIEW)
    if incident.kind in WITHOUT_POSTMORTEM:
        return [reviewing]
    return [reviewing, e.PostmortemDrafted(at=at, through=incident.version + 1)]


def close(incident: Incident, command: c.Close, at: datetime) -> list[e.Event]:
    if incident.status is Status.CLOSED:
        return []
    if incident.status.open:
        raise Refused(f"{incident.ref} is still {incident.status}.", "`resolve` it first, or `cancel` it.")
    if incident.status not in (Status.RESOLVED, Status.REVIEW):
        raise Refused(f"{incident.ref} is {incident.status} and needs no closing.")
    check_settled(incident, "close", command.reason)
    steps: list[e.Event] = []
    if incident.status is not Status.REVIEW:
        steps.append(e.StatusChanged(at=at, old=incident.status, new=Status.REVIEW))
    steps.append(e.StatusChanged(at=at, old=Status.REVIEW, new=Status.CLOSED, reason=command.reason))
    if incident.kind not in WITHOUT_POSTMORTEM:
        # After the end, so that the draft tells of it.
        steps.append(e.PostmortemDrafted(at=at, through=incident.version + len(steps)))
    return steps


def make_private(incident: Incident, command: c.MakePrivate, at: datetime) -> list[e.Event]:
    """Always works, and at once: a leak cannot wait for a status page. A waiting preview goes, for it was written for an
    incident that everybody may know; what customers have read already stays (see `bot.incident.public`)."""
    if incident.private:
        return []
    return [e.MadePrivate(at=at, person=command.person), *discard(incident, at)]


def set_severity(incident: Incident, command: c.SetSeverity, at: datetime) -> list[e.Event]:
    if incident.severity is command.severity:
        return []
    return [e.SeverityChanged(at=at, old=incident.severity, new=command.severity, reason=command.reason)]


def rename(incident: Incident, command: c.Rename, at: datetime) -> list[e.Event]:
    title = one_line(command.title, TITLE_LIMIT)
    if not title:
        raise Refused("A title cannot be empty.", "For example: `rename Volumes slow in az2`")
    return [] if title == incident.title else [e.TitleChanged(at=at, old=incident.title, new=title)]


def _over(incident: Incident, status: Status, reason: str, at: datetime) -> list[e.Event]:
    stated = incident.moments.get(Moment.RESOLVED)
    changed = e.StatusChanged(at=at, old=incident.status, new=status, reason=reason, stated=stated)
    return [changed, *stop(incident, status.value, at)]
