"""Core data as rows and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from bot.alerts.model import AlertRow, Known
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.model import Incident, Source
from bot.incident.outgoing import Outgoing
from bot.ports import Clock
from bot.store import Claimed
from storage import codec
from storage.bulk import Values, utc


def time_of(connection: Connection, clock: Clock | None) -> datetime:
    """Now, in UTC: by the clock we were given, else by the database's."""
    if clock is not None:
        return clock.now()
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    # The session's zone is ours to choose, unless somebody between us and the server keeps it. Added to, a time in a zone with
    # summer time is an hour off in two nights a year.
    return now.astimezone(UTC)


def incident_row(incident: Incident, at: datetime) -> Values:
    return {
        "number": incident.number,
        "version": incident.version,
        "kind": incident.kind.value,
        "status": incident.status.value,
        "severity": incident.severity.value,
        "live": int(incident.status.open),
        "private": int(incident.private),
        "title": incident.title,
        "opened_at": incident.opened_at,
        "updated_at": at,
        "body": codec.dump(incident),
        "owing": int(any(not followup.outcome for followup in incident.followups)),
    }


def event_row(recorded: e.Recorded) -> Values:
    return {
        "incident": recorded.incident,
        "seq": recorded.seq,
        "at": recorded.event.at,
        "recorded_at": recorded.recorded_at,
        "kind": recorded.kind,
        "by": recorded.by,
        "source": recorded.source.kind,
        "source_ref": recorded.source.ref,
        "command": recorded.command,
        "body": codec.dump(recorded.event),
        "source_link": recorded.source.link,
    }


def recorded(row: Row[Any]) -> e.Recorded:
    return e.Recorded(
        incident=row.incident,
        seq=row.seq,
        recorded_at=row.recorded_at,
        by=row.by,
        source=Source(row.source, row.source_ref, row.source_link),
        command=row.command,
        event=codec.load_event(row.kind, row.body),
    )


def effect_row(outgoing: Outgoing, at: datetime) -> Values:
    return {
        "key": outgoing.key,
        "incident": outgoing.incident,
        "lane": outgoing.lane,
        "kind": f.kind_of(outgoing.effect),
        "urgency": outgoing.urgency,
        "fold": outgoing.fold,
        "since": outgoing.since,
        "upto": outgoing.upto,
        "state": "waiting",
        "due_at": outgoing.due or at + outgoing.settles,
        # Giving up counts from here: a timer for next week is not late before then.
        "first_at": outgoing.due or at,
        "attempt": 0,
        "errors": "[]",
        "body": codec.dump(outgoing.effect),
    }


def claimed(row: Row[Any], at: datetime) -> Claimed:
    return Claimed(
        id=row.id,
        key=row.key,
        incident=row.incident,
        lane=row.lane,
        effect=codec.load_effect(row.kind, row.body),
        since=row.since,
        upto=row.upto,
        attempt=row.attempt,
        first_at=row.first_at,
        claimed_at=at,
    )


def alert_row(row: AlertRow) -> Values:
    alert = row.alert
    return {
        "source": alert.source,
        "fingerprint": alert.fingerprint,
        "incident": row.incident or 0,
        "latest": 1,
        "firing": int(alert.firing),
        "starts_at": alert.starts_at,
        "ends_at": alert.ends_at,
        "sender_group": alert.group,
        "name": alert.name,
        "summary": alert.summary,
        "labels": codec.dump(alert.labels),
        "annotations": codec.dump(alert.annotations),
        "link": alert.link,
    }


KNOWN = ("source", "fingerprint", "incident", "firing", "starts_at", "ends_at", "sender_group", "name", "summary")


def known(row: Sequence[Any]) -> Known:
    """From the columns KNOWN, as `bulk.matching` finds them."""
    source, fingerprint, incident, firing, starts_at, ends_at, group, name, summary = row
    return Known(
        source=source,
        fingerprint=fingerprint,
        firing=bool(firing),
        starts_at=utc(starts_at),
        ends_at=utc(ends_at) if ends_at else None,
        incident=incident or None,
        group=group,
        name=name,
        summary=summary,
    )


def page_waiting(row: Row[Any]) -> f.PageStands:
    """A page in the outbox."""
    effect, reasons = codec.load_effect(row.kind, row.body), codec.load_reasons(row.errors)
    if not isinstance(effect, f.SendPage):
        raise TypeError(f"{row.kind} is no page")
    reason = reasons[-1] if reasons else ""
    return f.PageStands(effect.person, effect.way, "waiting", row.first_at, row.attempt, reason)


def page_told(row: Row[Any]) -> f.PageStands:
    """A page on the timeline."""
    match codec.load_event(row.kind, row.body):
        case e.PageSent(at=at, person=person, way=way):
            return f.PageStands(person, way, "sent", at)
        case e.PageFailed(at=at, person=person, way=way, reason=reason):
            return f.PageStands(person, way, "failed", at, reason=reason)
        case _:
            raise TypeError(f"{row.kind} tells of no page")
