"""A whole incident, from the first alert to the review: what the golden files are made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.incident import commands as c
from bot.incident.events import AlertFact, Recorded
from bot.incident.model import ComponentState, Kind, Mark, Moment, PublicStatus, Role, Severity, Source, Status
from tests.builders import Step, record, step

OSD = AlertFact("f1", "CephOSDDown", "osd.12 and osd.14 on stor-az2-03 are down")
SLOW = AlertFact("f2", "VolumeLatencyHigh", "p99 write latency in az2 is 2.4 s")
LADDER = "policy:platform"
COMPONENTS = {"volumes-az2": "Volumes (AZ 2)", "compute-az2": "Compute (AZ 2)"}


def _rung(person: str, number: int) -> c.Rung:
    return c.Rung(LADDER, number, 1, (person,), timedelta(minutes=5))


def _at(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 20, hour, minute, tzinfo=UTC)


def permalink(message: str) -> str:
    return f"https://matrix.to/#/%21r%3Aexample.org/%24{message}?via=example.org"


def volumes_slow() -> list[Recorded]:
    """Ceph OSDs go down at 21:55 UTC on a Friday, volumes get slow; a page fails, the next one is answered; there is
    a handover, a broken promise, a retracted line, luck, and customers are told."""
    return record(
        step(
            c.Open(
                title="Volumes slow in az2",
                severity=Severity.SEV2,
                service="ceph",
                group="az2",
                detected=_at(22, 2),
                page=LADDER,
                rung=_rung("ana", 0),
                fired=(OSD, SLOW),
                fired_count=2,
            ),
            by="alerts",
            source="alert",
        ),
        step(
            c.RecordRoom(platform="matrix", room="!r:example.org", link="https://chat.example.org/r"), source="delivery"
        ),
        step(
            c.RecordPage(
                person="ana",
                way="ntfy",
                failed="ntfy answered 503 twice",
                ladder=LADDER,
                round=1,
                nobody_left=True,
                rung=_rung("ben", 1),
            ),
            by="ntfy",
            source="delivery",
        ),
        step(c.RecordPage(person="ben", way="email", ladder=LADDER, step=1, round=1), by="email", source="delivery"),
        step(c.Acknowledge(person="ben", via="link"), by="ben", source="link", after=2),
        step(c.AssignRole(role=Role.LEAD, person="ben"), by="ben"),
        step(c.AssignRole(role=Role.COMMS, person="cleo"), by="ben"),
        step(
            c.DescribeImpact(
                text="Writes to volumes take seconds", plane="data", affected=("volumes-az2",), start=_at(21, 55)
            ),
            by="ben",
        ),
        step(c.SetSeverity(severity=Severity.SEV1, reason="all of az2"), by="ben"),
        step(c.PostUpdate(text="Volumes in az2 are slow, API is fine", next_in=timedelta(minutes=30)), by="cleo"),
        step(
            c.DraftPublicPost(
                status=PublicStatus.INVESTIGATING,
                title="Slow volumes in AZ 2",
                text="Volumes in AZ 2 answer slowly. We are looking into it.",
                components={"volumes-az2": ComponentState.DEGRADED},
            ),
            by="cleo",
        ),
        step(c.ApprovePublicPost(), by="ben", link=permalink("m0")),
        step(c.RecordPost(number=1, page="page", link="https://status.example.org/incidents/INC-7"), source="delivery"),
        step(
            c.Note(
                mark=Mark.HYPOTHESIS, text="The switch in rack 3 drops frames | see https://graphs.example.org/d/rack3"
            ),
            by="ana",
        ),
        step(
            c.Note(mark=Mark.NOTE, text="Ana Ruiz is on the way to rack 3, <b>call</b> @ben", message="m1"),
            by="ben",
            source="reaction",
            link=permalink("m1"),
        ),
        step(
            c.Note(mark=Mark.NOTE, text="The password is hunter2", message="m2", author="ana"),
            by="ana",
            source="reaction",
            link=permalink("m2"),
            after=0.5,
        ),
        step(c.Retract(message="m2", mark=Mark.NOTE), by="ana", source="reaction", link=permalink("m2"), after=0.5),
        step(c.SetStatus(status=Status.IDENTIFIED, reason="two OSDs flap on one host"), by="ben"),
        step(c.Note(mark=Mark.DECISION, text="drain stor-az2-03; risk: less room"), by="ben", link=permalink("m3")),
        step(c.AddTask(text="check quorum of the monitors", owner="ana"), by="ben"),
        step(c.ChangeTask(task=1, done=True), by="ana", after=4),
        step(c.AssignRole(role=Role.LEAD, person="ana"), by="ben"),
        step(c.Remind(promised=_at(22, 45)), by="clock", source="clock", after=16),
        step(
            c.PostUpdate(text="Draining one storage host, latency is falling", next_in=timedelta(minutes=30)), by="cleo"
        ),
        step(c.Note(mark=Mark.LUCKY, text="The spare host had just been installed"), by="ana"),
        step(c.FoldAlerts(cleared=(OSD, SLOW), cleared_count=2), by="alerts", source="alert", after=5),
        step(c.SetStatus(status=Status.MONITORING), by="ana"),
        step(c.DescribeImpact(end=_at(22, 53)), by="ana"),
        step(c.Note(mark=Mark.QUESTION, text="Why did the drain take twenty minutes?"), by="ben"),
        step(c.Note(mark=Mark.KEY_MOMENT, text="Latency is back below 20 ms"), by="ana"),
        step(
            c.AddFollowUp(
                text="Add an alert on slow OSDs, done when it fires in the drill",
                owner="ben",
                due=datetime(2026, 12, 4, tzinfo=UTC),
            ),
            by="ana",
        ),
        step(c.AddFollowUp(text="Replace all disks of that batch"), by="ana"),
        step(c.ChangeFollowUp(followup=2, outcome="wontdo", reason="the vendor's check found nothing"), by="ana"),
        step(c.DraftPublicPost(status=PublicStatus.RESOLVED, text="Volumes in AZ 2 are fast again."), by="cleo"),
        step(c.ApprovePublicPost(), by="ana"),
        step(c.Resolve(summary="drained the host and replaced its controller"), by="ana", after=20),
        step(c.SetMoment(moment=Moment.DETECTED, value=_at(22, 3), reason="the mail came first"), by="ana"),
        step(c.AssignPostmortem(person="ben"), by="ana"),
        step(c.StartReview(), by="ana"),
        start=_at(22, 5),
    )


def drill() -> list[Recorded]:
    """A short exercise: nobody is paged, nothing is published."""
    return record(
        c.Open(title="Ceph loses a rack", kind=Kind.DRILL, severity=Severity.SEV2),
        c.AssignRole(role=Role.LEAD, person="ana"),
        c.Note(mark=Mark.DECISION, text="move the monitors first"),
        Step(c.Resolve(summary="played to the end"), "ana", Source("command")),
    )
