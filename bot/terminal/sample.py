"""An incident and a week that never were: what `klatsch check` renders every template with. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.coffee.board import Board, Coffee, CoffeeStatus, Takeaway, Topic, TopicState
from bot.coffee.weekly.around import Around
from bot.coffee.weekly.gathered import Fired, Gathered
from bot.incident import commands as c
from bot.incident.decide import decide
from bot.incident.events import AlertFact, Recorded
from bot.incident.evolve import evolve
from bot.incident.model import Incident, Kind, Mark, Person, Role, Severity, Source, Status, Window
from bot.lookups import StoredAlert
from bot.oncall.escalation import Roster
from bot.oncall.load import Paged
from bot.oncall.rotations import Rotation
from bot.oncall.schedules import Schedule

NUMBER = 999
WEEK = timedelta(weeks=1)
UTC_ZONE = ZoneInfo("UTC")
STARTED = datetime.fromisoformat("2026-01-01T09:00")
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
    yield from _lived(NUMBER, _life(at, person), at, person)


def sample_weeks(at: datetime, person: str) -> Iterator[tuple[Gathered, Around]]:
    """The week before `at`, once with something to say in every block of the digest, once with nothing; `person` owns what there is to do."""
    start = at - WEEK
    told = {
        number: [*_lived(number, commands, start + timedelta(hours=1), person)][-1]
        for number, commands in enumerate(_weekly(start, person), NUMBER)
    }
    incidents = {number: incident for number, (incident, _) in told.items()}
    noise, *_ = (number for number, incident in incidents.items() if incident.status is Status.DECLINED)
    schedule = Schedule("platform", UTC_ZONE, Rotation((person, "somebody"), timedelta(days=1), STARTED))
    gathered = Gathered(
        start,
        at,
        incidents,
        {number: tuple(history) for number, (_, history) in told.items()},
        owing=tuple(incident for incident in incidents.values() if incident.followups),
        measured=tuple(incident for incident in incidents.values() if incident.kind is Kind.REAL),
        noise=(_fired(noise),),
        paged=(Paged(start + timedelta(hours=2), ("schedule:platform",)),),
        board=_board(start),
    )
    around = Around(
        now=at,
        zone=UTC_ZONE,
        people={person: Person(person, "Sample Person")},
        roster=Roster(schedules={"platform": schedule}),
        wheel=("compute",),
        next_coffee=at + timedelta(days=1),
        meeting="https://example.org/coffee",
    )
    yield gathered, around
    yield Gathered(start, at), Around(at, UTC_ZONE)


def _fired(number: int) -> Fired:
    link = "https://example.org/graph?g0.expr=sample+%3E+1"
    return Fired(number, "SampleAlert", "sample", 1, SAMPLE_ALERT.labels, SAMPLE_ALERT.annotations, link)


def _board(start: datetime) -> Board:
    said = (Takeaway("A sample takeaway"), Takeaway("Another <one>"))
    talked = Topic(2, "A sample of *talk*", start, state=TopicState.DISCUSSED, coffee=1, takeaways=said)
    over = Coffee(
        1, start, CoffeeStatus.OVER, agenda=(2,), ended=start + timedelta(hours=1), minutes="https://example.org/1"
    )
    return Board({1: Topic(1, "A sample topic", start, dots={"voter": 2}), 2: talked}, past={1: over})


def _lived(
    number: int, commands: Iterable[c.Command], at: datetime, person: str
) -> Iterator[tuple[Incident, list[Recorded]]]:
    """An incident after each of these commands, a minute apart, with its history so far."""
    incident: Incident | None = None
    history: list[Recorded] = []
    for minute, command in enumerate(commands):
        now = at + timedelta(minutes=minute)
        first = len(history) + 1
        for event in decide(incident, command, id=number, at=now):
            incident = evolve(incident, event, number=number)
            history.append(Recorded(number, incident.version, now, person, Source("command"), first, event))
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


def _weekly(start: datetime, person: str) -> list[list[c.Command]]:
    title = "A sample <incident> of a *week*"
    over = start + timedelta(days=2)
    window = Window(start + timedelta(days=8), start + timedelta(days=9))
    return [
        [
            c.Open(title=title, severity=Severity.SEV1, service="compute"),
            c.DescribeImpact(text="Nobody notices", start=start),
            c.Note(mark=Mark.KEY_MOMENT, text="It was seen to be a sample"),
            c.Note(mark=Mark.LUCKY, text="It never was"),
            c.Note(mark=Mark.QUESTION, text="Was it ever?"),
            *(c.AddFollowUp(text=f"Item {number}", owner=person, due=over) for number in range(1, 4)),
            c.AddFollowUp(text="Item 4"),
            c.ChangeFollowUp(followup=1, outcome="done"),
            c.ChangeFollowUp(followup=2, outcome="wontdo", reason="it is a sample"),
            c.Resolve(),
        ],
        [c.Open(title=title), c.Resolve(), c.SetStatus(status=Status.REVIEW)],
        [
            c.Open(title=title),
            c.Resolve(),
            c.StartReview(),
            c.Close(),
            c.RecordPostmortem(place="https://example.org/postmortem"),
        ],
        [c.Open(title=title), c.DescribeImpact(affected=("compute-az1",))],
        [c.Open(title=title, status=Status.TRIAGE), c.Decline()],
        [c.Open(title=title, kind=Kind.DRILL), c.Resolve(), c.RecordPostmortem(place="https://example.org/log")],
        [c.Open(title=title, kind=Kind.NEARMISS, status=Status.RESOLVED, severity=Severity.SEV4)],
        [c.Open(title=title, kind=Kind.MAINTENANCE, status=Status.MONITORING, window=window)],
    ]
