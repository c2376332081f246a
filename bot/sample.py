"""An incident that never was: what `klatsch check` renders every template with. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot.incident import commands as c
from bot.incident.decide import decide
from bot.incident.events import AlertFact, Recorded
from bot.incident.evolve import evolve
from bot.incident.model import Incident, Mark, Role, Severity, Source, Status
from bot.lookups import StoredAlert

NUMBER = 999
SAMPLE_ALERT = StoredAlert(
    source="sample",
    fingerprint="f1",
    firing=True,
    starts_at=datetime(2026, 1, 1, tzinfo=UTC),
    ends_at=None,
    labels={"alertname": "SampleAlert", "region": "eu-1"},
    annotations={"description": "It never fired", "runbook_url": "https://example.org/runbook"},
)


def sample(at: datetime, person: str) -> Iterator[tuple[Incident, list[Recorded]]]:
    """An incident at each turn of its life, with its history so far; it began at `at` and `person` leads it."""
    incident: Incident | None = None
    history: list[Recorded] = []
    for minute, command in enumerate(_life(at, person)):
        now = at + timedelta(minutes=minute)
        first = len(history) + 1
        for event in decide(incident, command, id=NUMBER, at=now):
            incident = evolve(incident, event, number=NUMBER)
            history.append(Recorded(NUMBER, incident.version, now, person, Source("command"), first, event))
        if incident is not None:
            yield incident, list(history)


def _life(at: datetime, person: str) -> list[c.Command]:
    title = "A sample <incident> & *what* it [may](be) called"
    rung = c.Rung("platform", 0, 0, (person,), timedelta(minutes=5))
    fact = AlertFact("f1", "SampleAlert", "an alert that never fired")
    return [
        c.Open(
            title=title,
            status=Status.TRIAGE,
            severity=Severity.SEV1,
            service="compute",
            group="sample",
            detected=at,
            fired=(fact,),
            fired_count=3,
        ),
        c.Accept(page="platform", rung=rung),
        c.AssignRole(role=Role.LEAD, person=person),
        c.AssignRole(role=Role.COMMS, person=person),
        c.Acknowledge(person=person, via="sample"),
        c.Note(mark=Mark.DECISION, text="We do nothing, for it is a sample"),
        *(c.AddTask(text=f"Task {number}", owner=person if number % 2 else "") for number in range(10)),
        c.DescribeImpact(text="Nobody notices", plane="data", affected=("compute-az1",)),
        c.PostUpdate(text="Still a sample", next_in=timedelta(minutes=30)),
        c.MakePrivate(),
        c.SetStatus(status=Status.MONITORING),
        c.FoldAlerts(cleared=(fact,), cleared_count=3),
        c.Resolve(summary="It was one all along"),
    ]
