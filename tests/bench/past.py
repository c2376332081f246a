"""A team's past, as a digest finds it: incidents with forty events each, of which a digest tells fourteen, over so much time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.alerts.model import Alert, AlertRow
from bot.incident import events as e
from bot.incident.model import FollowUp, Incident, Kind, Mark, Moment, Postmortem, Severity, Source, Stamp, Status
from storage import bulk, migrate, rows
from storage.engine import Database
from storage.tables import alert, counter, event, incident
from tests.bench.waiting import settled

SERVICES = ("compute", "storage", "network", "identity", "images")
MARKS = (Mark.NOTE, Mark.NOTE, Mark.DECISION, Mark.LUCKY, Mark.QUESTION, Mark.HYPOTHESIS)
NOISY_EVERY, PRIVATE_EVERY = 10, 20
EVENTS = 40
"""Of an incident."""

AT_ONCE = 500


def live(database: Database, count: int, start: datetime, end: datetime) -> None:
    """`count` incidents, spread evenly from `start` to `end`; every tenth was declined and had alerts, every twentieth is private."""
    migrate.upgrade(database)
    apart = (end - start) / count
    for first in range(1, count + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count + 1))
        incidents = [_incident(number, start + (number - 1) * apart) for number in numbers]
        recorded = [one for each in incidents for one in _events(each)]
        # Not by `write`: it would cut the line to a database that takes so long.
        with database.engine.begin() as connection:
            bulk.insert(connection, incident, [rows.incident_row(one, end) for one in incidents])
            bulk.insert(connection, event, [rows.event_row(one) for one in recorded])
            bulk.insert(connection, alert, [rows.alert_row(row) for one in incidents for row in _alerts(one)])
    with database.engine.begin() as connection:
        connection.execute(counter.update().where(counter.c.name == "incident").values(value=count))
    settled(database)


def _incident(number: int, at: datetime) -> Incident:
    declined = number % NOISY_EVERY == 0
    owes = FollowUp(
        1, f"replace the disks of hv-{number}", "ana", at + timedelta(days=14), "" if number % 4 else "done"
    )
    after = at + timedelta(hours=1)
    return Incident(
        number,
        at,
        version=EVENTS,
        kind=Kind.NEARMISS if number % 50 == 1 else Kind.REAL,
        status=Status.DECLINED if declined else Status.REVIEW if number % 7 == 1 else Status.CLOSED,
        severity=list(Severity)[number % 4],
        title=f"Volumes in az{number} are slow",
        service=SERVICES[number % len(SERVICES)],
        private=number % PRIVATE_EVERY == 1,
        ended=after,
        summary="A switch lost half of its ports, and the rest was full.",
        impact="Volumes answered after seconds.",
        moments={
            Moment.DETECTED: Stamp(at, "alert"),
            Moment.DECLARED: Stamp(at, "alert"),
            Moment.RESOLVED: Stamp(after, "status"),
        },
        followups=(owes,),
        alerts_total=6,
        postmortem=None if declined else Postmortem(30, "ben", f"postmortems/INC-{number}.md"),
    )


def _events(one: Incident) -> Iterator[e.Recorded]:
    for seq, happened in enumerate(_happened(one), 1):
        yield e.Recorded(
            one.number,
            seq,
            one.opened_at + timedelta(seconds=60 * seq),
            "ana",
            Source("command", "console:1"),
            seq,
            happened,
        )


def _happened(one: Incident) -> Iterator[e.Event]:
    at = one.opened_at
    facts = tuple(e.AlertFact(f"f{n}", "VolumeLatencyHigh", f"Volumes in az{n} are slow") for n in range(3))
    yield e.IncidentOpened(at=at, kind=one.kind, title=one.title, severity=one.severity, status=Status.TRIAGE)
    if one.status is Status.DECLINED:
        yield e.StatusChanged(at=at, old=Status.TRIAGE, new=Status.DECLINED, reason="known")
    else:
        yield e.StatusChanged(at=at, old=Status.TRIAGE, new=Status.INVESTIGATING)
    for n in range(12):
        yield e.AlertsFired(at=at, count=3, firing=n, samples=facts)
    for n in range(9):
        yield e.AlertsCleared(at=at, count=3, firing=n, samples=facts)
    yield e.PeoplePaged(at=at, ladder="platform", step=0, round=1, people=("ana",), targets=("schedule:platform",))
    yield e.PageSent(at=at, person="ana", way="ntfy")
    yield e.PageSent(at=at, person="ana", way="email")
    yield e.PageAcknowledged(at=at, person="ana")
    yield e.SeverityChanged(at=at, old=one.severity, new=Severity.SEV2)
    for mark in MARKS:
        text = "The switch had logged it for a week, and nobody looks at that log. Whose is it?"
        yield e.Noted(at=at, mark=mark, text=text, author="ana", message="console:12345")
    yield e.FollowUpAdded(at=at, followup=1, text=f"replace the disks of hv-{one.number}", owner="ana")
    if one.followups[0].outcome:
        yield e.FollowUpChanged(at=at, followup=1, outcome="done")
    else:
        yield e.StatusChanged(at=at, old=Status.INVESTIGATING, new=Status.IDENTIFIED)
    yield e.StatusChanged(at=at, old=Status.IDENTIFIED, new=Status.RESOLVED)
    yield e.PostmortemDrafted(at=at, through=30)
    yield e.PostmortemWritten(at=at, place=f"postmortems/INC-{one.number}.md")


def _alerts(one: Incident) -> Iterator[AlertRow]:
    if one.status is not Status.DECLINED:
        return
    for n in range(6):
        labels = {
            "alertname": f"Rule{one.number % 30}",
            "severity": "warning",
            "host": f"hv-{n}",
            "service": one.service,
        }
        about = {"summary": "It is slow", "description": "Latency above a second for ten minutes."}
        found = Alert(
            "prometheus",
            f"{one.number}:{n}",
            False,
            one.opened_at,
            one.ended,
            labels,
            about,
            "https://prometheus.example.org/g",
        )
        yield AlertRow(found, one.number)
