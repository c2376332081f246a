"""Lines people type, and what they mean."""

import warnings
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.chat.parse import Context, Do, Question, nameless, parse, takes_on
from bot.chat.verbs import VERBS
from bot.incident import commands as c
from bot.incident.model import (
    ComponentState,
    Incident,
    Kind,
    Mark,
    Moment,
    Person,
    PublicStatus,
    Refused,
    Role,
    Severity,
    Status,
    Window,
)

NOW = datetime(2026, 11, 4, 13, 30, tzinfo=UTC)  # a Wednesday, 14:30 in Berlin
CHRISTMAS_EVE = datetime(2026, 12, 24, 23, 59, tzinfo=UTC)
PEOPLE = {
    "ana": Person("ana", "Ana Ruiz", "ana@example.org", handles={"slack": "U0ANA", "matrix": "@ana:example.org"}),
    "ben": Person("ben", "Ben Okoro", "ben@example.org"),
    "cho": Person("cho", "Cho Kim"),
    "kim": Person("kim", "Ana Kim"),
}
COMPONENTS = {"compute-az1": "Compute", "volumes": "Volumes"}


def mask(text):
    return (text.replace("hv-17", "[host]"), ("hv-17",)) if "hv-17" in text else (text, ())


def context(**changes):
    facts = {
        "by": "ana",
        "at": NOW,
        "room": 7,
        "people": PEOPLE,
        "components": COMPONENTS,
        "targets": ("policy:platform", "policy:network", "schedule:platform", "schedule:storage"),
        "open": (Incident(7, NOW, title="Volumes slow"), Incident(5, NOW, title="API down")),
        "zone": "Europe/Berlin",
        "default_ladder": "platform",
        "redact": mask,
    }
    return Context(**{**facts, **changes})


ROOM = context()
ELSEWHERE = context(room=None)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def done(line, where=ROOM):
    answer = parse(line, where)
    assert isinstance(answer, Do), answer
    return answer.command


def refused(line, where=ROOM):
    with pytest.raises(Refused) as caught:
        parse(line, where)
    return f"{caught.value.reason} {caught.value.hint}"


COMMANDS = [
    # open
    ("open Volumes slow in az2", c.Open(title="Volumes slow in az2", page="policy:platform")),
    ("open sev1 API down", c.Open(title="API down", severity=Severity.SEV1, page="policy:platform")),
    ("open SEV-3 One disk", c.Open(title="One disk", severity=Severity.SEV3)),
    ("open sev 3 One disk", c.Open(title="One disk", severity=Severity.SEV3)),
    ("open One disk sev3", c.Open(title="One disk", severity=Severity.SEV3)),
    ("open sev3 One disk page=network", c.Open(title="One disk", severity=Severity.SEV3, page="policy:network")),
    (
        "open sev3 One disk page=schedule:storage",
        c.Open(title="One disk", severity=Severity.SEV3, page="schedule:storage"),
    ),
    ("open sev3 One disk page=@ben", c.Open(title="One disk", severity=Severity.SEV3, page="person:ben")),
    ("open sev1 API down page=none", c.Open(title="API down", severity=Severity.SEV1)),
    ("open 3 OSDs down", c.Open(title="3 OSDs down", page="policy:platform")),
    ("open API down another=yes", c.Open(title="API down", page="policy:platform", another=True)),
    ("open API down another=no", c.Open(title="API down", page="policy:platform")),
    ("open S3 gateway down", c.Open(title="S3 gateway down", page="policy:platform")),
    ('open "P1 cable cut"', c.Open(title="P1 cable cut", page="policy:platform")),
    ("open sev3 P1 cable cut", c.Open(title="P1 cable cut", severity=Severity.SEV3)),
    ("open P1 cable cut sev=3", c.Open(title="P1 cable cut", severity=Severity.SEV3)),
    ("open severity labels are wrong", c.Open(title="severity labels are wrong", page="policy:platform")),
    ("open private sev3 Leaked keys", c.Open(title="Leaked keys", severity=Severity.SEV3, private=True)),
    ("open sev3 private Leaked keys", c.Open(title="Leaked keys", severity=Severity.SEV3, private=True)),
    ("new incident sev4 A fan", c.Open(title="A fan", severity=Severity.SEV4)),
    ("open an incident sev4 A fan", c.Open(title="A fan", severity=Severity.SEV4)),
    ('declare "A fan" sev=4', c.Open(title="A fan", severity=Severity.SEV4)),
    ("OPEN sev4 A fan", c.Open(title="A fan", severity=Severity.SEV4)),
    ("/incident open sev4 A fan", c.Open(title="A fan", severity=Severity.SEV4)),
    ("!inc open sev4 A fan", c.Open(title="A fan", severity=Severity.SEV4)),
    (
        "open sev4 A fan svc=compute at=-10m",
        c.Open(title="A fan", severity=Severity.SEV4, service="compute", impact_start=NOW - timedelta(minutes=10)),
    ),
    ("drill Ceph rack loss", c.Open(title="Ceph rack loss", kind=Kind.DRILL)),
    ("drill Ceph rack loss sev1", c.Open(title="Ceph rack loss", kind=Kind.DRILL, severity=Severity.SEV1)),
    ("open drill Ceph rack loss", c.Open(title="Ceph rack loss", kind=Kind.DRILL)),
    (
        "retro DNS outage start=09:00 end=09:20",
        c.Open(
            title="DNS outage",
            kind=Kind.RETRO,
            status=Status.RESOLVED,
            impact_start=utc("2026-11-04T08:00"),
            impact_end=utc("2026-11-04T08:20"),
        ),
    ),
    (
        "nearmiss Nearly drained the wrong rack",
        c.Open(
            title="Nearly drained the wrong rack", kind=Kind.NEARMISS, status=Status.RESOLVED, severity=Severity.SEV4
        ),
    ),
    (
        "maint Switches start=22:00 end=+2h match=az=az1 match=host=~hv-1.* match=team!=db",
        c.Open(
            title="Switches",
            kind=Kind.MAINTENANCE,
            status=Status.MONITORING,
            severity=Severity.SEV4,
            window=Window(
                utc("2026-11-04T21:00"),
                utc("2026-11-04T23:00"),
                (("az", "=", "az1"), ("host", "=~", "hv-1.*"), ("team", "!=", "db")),
            ),
        ),
    ),
    (
        "maint Switches start=23:30 end=01:00",
        c.Open(
            title="Switches",
            kind=Kind.MAINTENANCE,
            status=Status.MONITORING,
            severity=Severity.SEV4,
            window=Window(utc("2026-11-04T22:30"), utc("2026-11-05T00:00")),
        ),
    ),
    # Behind `end=`, `+1h` counts from the start; `-1h` and `now` are what they are everywhere.
    (
        "maint Switches start=-3h end=-2h",
        c.Open(
            title="Switches",
            kind=Kind.MAINTENANCE,
            status=Status.MONITORING,
            severity=Severity.SEV4,
            window=Window(NOW - timedelta(hours=3), NOW - timedelta(hours=2)),
        ),
    ),
    (
        "maint Switches start=-3h end=now",
        c.Open(
            title="Switches",
            kind=Kind.MAINTENANCE,
            status=Status.MONITORING,
            severity=Severity.SEV4,
            window=Window(NOW - timedelta(hours=3), NOW),
        ),
    ),
    (
        'maint Switches start=14:00 end=15:00 match=name=~"a b|c"',
        c.Open(
            title="Switches",
            kind=Kind.MAINTENANCE,
            status=Status.MONITORING,
            severity=Severity.SEV4,
            window=Window(utc("2026-11-04T13:00"), utc("2026-11-04T14:00"), (("name", "=~", "a b|c"),)),
        ),
    ),
    # life
    ("accept", c.Accept()),
    ("accept page=network", c.Accept(page="policy:network")),
    ("decline flapping sensor", c.Decline(reason="flapping sensor")),
    ("decline reason=flapping sensor again", c.Decline(reason="flapping sensor again")),
    ("merge INC-41", c.Merge(into=41)),
    ("merge #41 same switch", c.Merge(into=41, reason="same switch")),
    ("status monitoring", c.SetStatus(status=Status.MONITORING)),
    ("status to monitoring", c.SetStatus(status=Status.MONITORING)),
    ("set status monitoring rolled back", c.SetStatus(status=Status.MONITORING, reason="rolled back")),
    ("sev 1", c.SetSeverity(severity=Severity.SEV1)),
    ("sev s2", c.SetSeverity(severity=Severity.SEV2)),
    ("severity SEV-3 only one rack", c.SetSeverity(severity=Severity.SEV3, reason="only one rack")),
    ("set sev to 1 all of it", c.SetSeverity(severity=Severity.SEV1, reason="all of it")),
    ("sev 1 same as INC-5", c.SetSeverity(severity=Severity.SEV1, reason="same as INC-5")),
    ("resolve", c.Resolve()),
    ("resolve rolled back the kernel", c.Resolve(summary="rolled back the kernel")),
    ("resolve at=14:05", c.Resolve(when=utc("2026-11-04T13:05"))),
    ("reopen it came back", c.Reopen(reason="it came back")),
    ("close", c.Close()),
    ("close reason=the page is right", c.Close(reason="the page is right")),
    ("cancel opened twice", c.Cancel(reason="opened twice")),
    ("private", c.MakePrivate()),
    ("make private", c.MakePrivate()),
    ("rename Volumes slow", c.Rename(title="Volumes slow")),
    ('title "Volumes slow"', c.Rename(title="Volumes slow")),
    (
        "moment mitigated at=14:05 reason=graphs were fine",
        c.SetMoment(moment=Moment.MITIGATED, value=utc("2026-11-04T13:05"), reason="graphs were fine"),
    ),
    ("time impact start 13:50", c.SetMoment(moment=Moment.IMPACT_START, value=utc("2026-11-04T12:50"))),
    ("moment detected 13:05Z", c.SetMoment(moment=Moment.DETECTED, value=utc("2026-11-04T13:05"))),
    ("undo", c.Undo(by="ana")),
    ("undo e12", c.Undo(by="ana", event=12)),
    # people
    ("role lead @ana", c.AssignRole(role=Role.LEAD, person="ana")),
    ("role @ana lead", c.AssignRole(role=Role.LEAD, person="ana")),
    ("role comms none", c.AssignRole(role=Role.COMMS, person="")),
    ("role lead Ben Okoro", c.AssignRole(role=Role.LEAD, person="ben")),
    ("role lead ben@example.org", c.AssignRole(role=Role.LEAD, person="ben")),
    ("role lead <@U0ANA>", c.AssignRole(role=Role.LEAD, person="ana")),
    ("role lead @ana:example.org", c.AssignRole(role=Role.LEAD, person="ana")),
    ("role lead me", c.AssignRole(role=Role.LEAD, person="ana")),
    ("role lead Ben", c.AssignRole(role=Role.LEAD, person="ben")),
    ("take", c.AssignRole(role=Role.LEAD, person="ana")),
    ("take comms", c.AssignRole(role=Role.COMMS, person="ana")),
    ("handoff @ben", c.AssignRole(role=Role.LEAD, person="ben")),
    ("handoff comms to @ben", c.AssignRole(role=Role.COMMS, person="ben")),
    ("ack", c.Acknowledge(person="ana")),
    ("ack I am on my way", c.Acknowledge(person="ana")),
    ("page BGP is down", c.Page(target="policy:platform", text="BGP is down")),
    ("page network BGP is down", c.Page(target="policy:network", text="BGP is down")),
    ("page platform", c.Page(target="policy:platform")),
    ("page platform: BGP is down", c.Page(target="policy:platform", text="BGP is down")),
    ("page please look", c.Page(target="policy:platform", text="please look")),
    ("page none of the OSDs answer", c.Page(target="policy:platform", text="none of the OSDs answer")),
    ("page nothing answers", c.Page(target="policy:platform", text="nothing answers")),
    ('page "network is gone"', c.Page(target="policy:platform", text="network is gone")),
    ("page storage disks", c.Page(target="schedule:storage", text="disks")),
    ("page schedule:platform disks", c.Page(target="schedule:platform", text="disks")),
    ("escalate @ben disks", c.Page(target="person:ben", text="disks")),
    ("page ben", c.Page(target="person:ben")),
    # words
    ("note failed over mon2", c.Note(mark=Mark.NOTE, text="failed over mon2")),
    (
        "note failed over mon2 at=-10m",
        c.Note(mark=Mark.NOTE, text="failed over mon2", when=NOW - timedelta(minutes=10)),
    ),
    ("note failed over mon2 -10m", c.Note(mark=Mark.NOTE, text="failed over mon2", when=NOW - timedelta(minutes=10))),
    ("decide drain hv-17 –1h30m", c.Note(mark=Mark.DECISION, text="drain hv-17", when=NOW - timedelta(minutes=90))),
    ("note -10m it began", c.Note(mark=Mark.NOTE, text="-10m it began")),
    ("note it fell by -10", c.Note(mark=Mark.NOTE, text="it fell by -10")),
    ("note at=-5m we lost -10m", c.Note(mark=Mark.NOTE, text="we lost -10m", when=NOW - timedelta(minutes=5))),
    ("task call back in -10m", c.AddTask(text="call back in -10m")),
    ("resolve -10m", c.Resolve(when=NOW - timedelta(minutes=10))),
    ("moment mitigated -10m", c.SetMoment(moment=Moment.MITIGATED, value=NOW - timedelta(minutes=10))),
    ("note at=14:05 failed over", c.Note(mark=Mark.NOTE, text="failed over", when=utc("2026-11-04T13:05"))),
    ("note at=03:00 failed over", c.Note(mark=Mark.NOTE, text="failed over", when=utc("2026-11-04T02:00"))),
    ('note at="03.11. 23:00" failed over', c.Note(mark=Mark.NOTE, text="failed over", when=utc("2026-11-03T22:00"))),
    ("at=-10m note failed over", c.Note(mark=Mark.NOTE, text="failed over", when=NOW - timedelta(minutes=10))),
    ("add note a=b don't", c.Note(mark=Mark.NOTE, text="a=b don't")),
    ("note looks like INC-5", c.Note(mark=Mark.NOTE, text="looks like INC-5")),
    ("note add more disks", c.Note(mark=Mark.NOTE, text="add more disks")),
    ('note "all clear"', c.Note(mark=Mark.NOTE, text="all clear")),
    ('note "a" and "b"', c.Note(mark=Mark.NOTE, text='"a" and "b"')),
    ("note a spare was on site mark=lucky", c.Note(mark=Mark.LUCKY, text="a spare was on site")),
    ("note one\ntwo", c.Note(mark=Mark.NOTE, text="one\ntwo")),
    ("hypothesis the new kernel", c.Note(mark=Mark.HYPOTHESIS, text="the new kernel")),
    ("decide drain hv-17; risk: capacity", c.Note(mark=Mark.DECISION, text="drain hv-17; risk: capacity")),
    (
        "impact Writes take 20 s start=13:50 plane=data comp=Volumes,compute-az1",
        c.DescribeImpact(
            text="Writes take 20 s", plane="data", affected=("volumes", "compute-az1"), start=utc("2026-11-04T12:50")
        ),
    ),
    ("impact end=14:10", c.DescribeImpact(end=utc("2026-11-04T13:10"))),
    ("update Volumes slow next=30m", c.PostUpdate(text="Volumes slow", next_in=timedelta(minutes=30))),
    ("update Volumes slow next=15:00", c.PostUpdate(text="Volumes slow", next_at=utc("2026-11-04T14:00"))),
    ("update Volumes slow next=2.30", c.PostUpdate(text="Volumes slow", next_at=utc("2026-11-05T01:30"))),
    (
        "update Volumes slow next=2026-11-06T09:00",
        c.PostUpdate(text="Volumes slow", next_at=utc("2026-11-06T08:00")),
    ),
    ("update Volumes slow next=1h30m", c.PostUpdate(text="Volumes slow", next_in=timedelta(minutes=90))),
    # work
    ("task check quorum", c.AddTask(text="check quorum")),
    ("task add check quorum", c.AddTask(text="check quorum")),
    ("add task check quorum", c.AddTask(text="check quorum")),
    ("task @ben check quorum", c.AddTask(text="check quorum", owner="ben")),
    ("task check quorum owner=@ben", c.AddTask(text="check quorum", owner="ben")),
    ("task check quorum owner=me", c.AddTask(text="check quorum", owner="ana")),
    ("task done 2", c.ChangeTask(task=2, done=True)),
    ("task done 2 owner=@ben", c.ChangeTask(task=2, done=True, owner="ben")),
    ("done task 2", c.ChangeTask(task=2, done=True)),
    ("task 2 done", c.ChangeTask(task=2, done=True)),
    ("task #2 done", c.ChangeTask(task=2, done=True)),
    ("task drop 2", c.ChangeTask(task=2, dropped=True)),
    ("task reopen 2", c.ChangeTask(task=2)),
    ("task 2 @ben", c.ChangeTask(task=2, owner="ben")),
    ("task 2 ben", c.ChangeTask(task=2, owner="ben")),
    ("task #2 Ben Okoro", c.ChangeTask(task=2, owner="ben")),
    ("task 2 me", c.ChangeTask(task=2, owner="ana")),
    ("task 2 disks", c.AddTask(text="2 disks")),
    ("task done", c.ChangeTask(task=0, done=True)),
    ("done task", c.ChangeTask(task=0, done=True)),
    ("task drop", c.ChangeTask(task=0, dropped=True)),
    ('task "ben check quorum"', c.AddTask(text="ben check quorum")),
    ("task ben check quorum owner=none", c.AddTask(text="ben check quorum")),
    ("task ben check quorum owner=@cho", c.AddTask(text="ben check quorum", owner="cho")),
    ("task benchmark the disks", c.AddTask(text="benchmark the disks")),
    ("task 2 owner=ben", c.ChangeTask(task=2, owner="ben")),
    ("task assign 2 ben", c.ChangeTask(task=2, owner="ben")),
    ("task assign 2 people to the rota", c.AddTask(text="assign 2 people to the rota")),
    ("task drop 2 old tables", c.AddTask(text="drop 2 old tables")),
    ("task 3 OSDs to check owner=@ben", c.AddTask(text="3 OSDs to check", owner="ben")),
    ("task done testing", c.AddTask(text="done testing")),
    (
        "followup Alert on slow OSDs owner=@ana due=14d",
        c.AddFollowUp(text="Alert on slow OSDs", owner="ana", due=NOW + timedelta(days=14)),
    ),
    ("todo Alert due=2026-12-01", c.AddFollowUp(text="Alert", due=utc("2026-12-01T23:59"))),
    ("follow up Alert due=friday", c.AddFollowUp(text="Alert", due=utc("2026-11-06T23:59"))),
    ("followup Alert due=wednesday", c.AddFollowUp(text="Alert", due=utc("2026-11-11T23:59"))),
    ("followup Alert due=tomorrow", c.AddFollowUp(text="Alert", due=utc("2026-11-05T23:59"))),
    ("followup done 1", c.ChangeFollowUp(followup=1, outcome="done")),
    ("followup 2 owner=@ben", c.ChangeFollowUp(followup=2, outcome="", owner="ben")),
    ("followup 2 @ben", c.ChangeFollowUp(followup=2, outcome="", owner="ben")),
    ("followup #2 Ben Okoro", c.ChangeFollowUp(followup=2, outcome="", owner="ben")),
    ("followup assign 2 me", c.ChangeFollowUp(followup=2, outcome="", owner="ana")),
    ("followup done 2 owner=@ben", c.ChangeFollowUp(followup=2, outcome="done", owner="ben")),
    ("followup 3 disks to order", c.AddFollowUp(text="3 disks to order")),
    ("followup done", c.ChangeFollowUp(followup=0, outcome="done")),
    ("followup wontdo reason=too late", c.ChangeFollowUp(followup=0, outcome="wontdo", reason="too late")),
    ("followup 1 drop", c.ChangeFollowUp(followup=1, outcome="dropped")),
    ("followup 3 due=2026-12-24", c.DateFollowUp(followup=3, due=CHRISTMAS_EVE)),
    ("followup due 3 2026-12-24", c.DateFollowUp(followup=3, due=CHRISTMAS_EVE)),
    ("followup #3 due 2026-12-24", c.DateFollowUp(followup=3, due=CHRISTMAS_EVE)),
    ("followup 3 due=none", c.DateFollowUp(followup=3, due=None)),
    ("followup due 3 reports to the vendor", c.AddFollowUp(text="due 3 reports to the vendor")),
    ("followup reopen 1", c.ChangeFollowUp(followup=1, outcome="")),
    ("followup wontdo 1 reason=too late now", c.ChangeFollowUp(followup=1, outcome="wontdo", reason="too late now")),
    ("followup wontdo 1 too late", c.ChangeFollowUp(followup=1, outcome="wontdo", reason="too late")),
    # customers
    (
        "publish investigating We look into it. comp=compute-az1:partial_outage,volumes:degraded",
        c.DraftPublicPost(
            status=PublicStatus.INVESTIGATING,
            text="We look into it.",
            subject="Compute and Volumes",
            components={"compute-az1": ComponentState.PARTIAL_OUTAGE, "volumes": ComponentState.DEGRADED},
        ),
    ),
    (
        'publish identified title="Slow volumes" We found it on hv-17.',
        c.DraftPublicPost(
            status=PublicStatus.IDENTIFIED, text="We found it on [host].", title="Slow volumes", masked=("hv-17",)
        ),
    ),
    (
        "publish resolved All is well comp=volumes",
        c.DraftPublicPost(
            status=PublicStatus.RESOLVED,
            text="All is well",
            subject="Volumes",
            components={"volumes": ComponentState.OPERATIONAL},
        ),
    ),
    (
        "publish monitoring Better comp=volumes:down comp=compute-az1:ok title=Slow and slower",
        c.DraftPublicPost(
            status=PublicStatus.MONITORING,
            text="Better",
            title="Slow and slower",
            subject="Volumes and Compute",
            components={"volumes": ComponentState.MAJOR_OUTAGE, "compute-az1": ComponentState.OPERATIONAL},
        ),
    ),
    (
        "publish investigating We look into it. at=2026-11-03T14:00 comp=volumes:degraded",
        c.DraftPublicPost(
            status=PublicStatus.INVESTIGATING,
            text="We look into it.",
            subject="Volumes",
            components={"volumes": ComponentState.DEGRADED},
            when=utc("2026-11-03T13:00"),
        ),
    ),
    ("publish approve", c.ApprovePublicPost()),
    ("approve publish", c.ApprovePublicPost()),
    ("publish discard", c.DiscardPublicPost()),
    ("pm draft", c.DraftPostmortem()),
    ("pm review", c.StartReview()),
    ("pm assign @ben", c.AssignPostmortem(person="ben")),
]


@pytest.mark.parametrize(("line", "command"), COMMANDS, ids=[line for line, _ in COMMANDS])
def test_a_line_is_understood(line, command):
    assert done(line) == command


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("digest post", c.PostDigest()),
        ("post digest team=storage week=W44", c.PostDigest(team="storage", week="W44")),
    ],
)
def test_the_digest_is_posted_by_a_line_that_is_about_no_incident(line, command):
    assert parse(line, ROOM) == Do(None, command, "digest")


QUESTIONS = [
    ("", Question("help")),
    ("/incident", Question("help")),
    ("status", Question("status", 7)),
    ("card", Question("status", 7)),
    ("INC-9", Question("status", 9)),
    ("list", Question("list")),
    ("list all", Question("list", None, {"which": "all"})),
    ("list drills", Question("list", None, {"which": "drill"})),
    ("ls SEV-1", Question("list", None, {"which": "sev1"})),
    ("list tasks", Question("task", 7)),
    ("override", Question("override")),
    ("override list", Question("override")),
    ("timeline", Question("timeline", 7)),
    ("show timeline", Question("timeline", 7)),
    ("catchup", Question("catchup", 7)),
    ("catch up", Question("catchup", 7)),
    ("summary INC-5", Question("catchup", 5)),
    ("similar", Question("similar", 7)),
    ("similar OSDs flapping", Question("similar", 7, {"text": "OSDs flapping"})),
    ("digest", Question("digest")),
    ("weekly", Question("digest")),
    ("show digest", Question("digest")),
    ("digest near misses", Question("digest", None, {"block": "near misses"})),
    (
        "digest noise team=storage week=2026-W44 lang=de",
        Question("digest", None, {"block": "noise", "team": "storage", "week": "2026-W44", "lang": "de"}),
    ),
    ("oncall", Question("oncall")),
    ("oncall storage", Question("oncall", None, {"schedule": "storage"})),
    ("help", Question("help")),
    ("hilfe", Question("help")),
    ("help times", Question("help", None, {"verb": "times"})),
    ("help severity", Question("help", None, {"verb": "sev"})),
    ("help catch up", Question("help", None, {"verb": "catchup"})),
    ("task", Question("task", 7)),
    ("followup list", Question("followup", 7)),
    ("role", Question("role", 7)),
    ("publish", Question("publish", 7)),
    ("pm", Question("pm", 7)),
    ("pm lint", Question("pm", 7, {"step": "lint"})),
    ("lint pm", Question("pm", 7, {"step": "lint"})),
    ("page", Question("page", 7)),
    ("coffee", Question("coffee")),
]


@pytest.mark.parametrize(("line", "question"), QUESTIONS, ids=[line for line, _ in QUESTIONS])
def test_a_question_is_understood(line, question):
    assert parse(line, ROOM) == question


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("ack", True),
        ("/incident INC-3 ack on my way", True),
        ("take comms", True),
        ("role lead me", True),
        ("pm assign me", True),
        ("task check quorum owner=me", True),
        ("task @me check quorum", True),
        ("note call me", False),
        ("task call me back", False),
        ("role lead @ana", False),
        ("status", False),
        ("nonsense", False),
        ("", False),
    ],
)
def test_what_somebody_takes_on_is_told_apart(line, answer):
    assert takes_on(line) is answer


ADDRESSES = [
    ("INC-5 note x", 5),
    ("inc-5: note x", 5),
    ("#5 note x", 5),
    ("note INC-5 x", 5),
    ("ref=5 note x", 5),
    ("note x ref=INC-5", 5),
    ("note x INC-5", 7),
    ("note INC-5 x -10m", 5),
    ("note x", 7),
    ("role lead @ana INC-5", 5),
    ("status monitoring INC-5", 5),
    ("status monitoring like INC-5", 7),
    ("sev 1 #5", 5),
    ("task #5 done", 7),
    ("#5 task done 1", 5),
    ("merge INC-41", 7),
    ("merge INC-8 INC-41", 8),
    ("INC-8 merge into INC-41", 8),
]


@pytest.mark.parametrize(("line", "incident"), ADDRESSES, ids=[line for line, _ in ADDRESSES])
def test_a_reference_names_the_incident_and_otherwise_the_room_does(line, incident):
    assert parse(line, ROOM).incident == incident


def test_outside_a_room_the_last_word_may_be_the_reference():
    assert parse("note failed over INC-5", ELSEWHERE) == Do(5, c.Note(mark=Mark.NOTE, text="failed over"), "note")


def opened(*numbers, **state):
    return [Incident(number, NOW, title="Volumes slow", **state) for number in numbers]


def test_outside_a_room_the_only_open_incident_is_implied():
    assert parse("note x", context(room=None, open=opened(5))).incident == 5
    assert parse("merge INC-8 INC-9", context(room=None)).incident == 8


def test_outside_a_room_what_waits_to_be_closed_is_implied_when_nothing_is_open():
    over = context(room=None, open=(), unclosed=opened(5, status=Status.RESOLVED))
    for line in (
        "followup Alert on slow OSDs",
        "close",
        "undo",
        "reopen",
        "catchup",
        "pm",
        "timeline",
        "status",
        "similar",
    ):
        assert parse(line, over).incident == 5, line


def test_outside_a_room_without_an_open_incident_the_refusal_says_so():
    assert refused("take", context(room=None, open=())) == (
        "No incident is open. `open TITLE` opens one."
        " For one that is over: `INC-7 take`, with its own number. `list all` shows the past ones."
    )
    assert refused("ack", context(room=None, open=())) == (
        "No incident is open. `open TITLE` opens one. `list all` shows the past ones."
    )
    assert refused("close it was a drill", context(room=None, open=())) == (
        "No incident is open. For one that is over: `INC-7 close it was a drill`, with its own number."
        " `list all` shows the past ones."
    )


def test_outside_a_room_with_several_open_they_are_listed_and_the_line_is_repeated_for_the_worst_real_one():
    drill = Incident(9, NOW, kind=Kind.DRILL, severity=Severity.SEV1, title="Ceph rack loss")
    worst = Incident(5, NOW, severity=Severity.SEV1, title="Region `down`")
    where = context(room=None, open=[drill, *opened(8, 7, 6, 4), worst])
    assert refused("/incident sev 1 all  of it", where) == (
        "Several incidents are open; say which one you mean."
        " Open: INC-5 (sev1, Region 'down'), INC-8 (sev2, Volumes slow), INC-7 (sev2, Volumes slow),"
        " INC-6 (sev2, Volumes slow), INC-4 (sev2, Volumes slow) and 1 more; `list` tells more."
        " For example: `INC-5 sev 1 all  of it`"
    )
    assert parse("INC-5 sev 1 all  of it", where) == Do(
        5, c.SetSeverity(severity=Severity.SEV1, reason="all  of it"), "sev"
    )


@pytest.mark.parametrize("line", [f"note {'x' * 300}", "note run `ceph -s`", "note one\ntwo"])
def test_a_line_that_cannot_be_repeated_gets_its_reference_in_words(line):
    assert refused(line, ELSEWHERE).endswith("`list` tells more. Put `INC-7` in front of your line.")


def test_several_that_wait_to_be_closed_are_listed_too():
    over = context(room=None, unclosed=opened(6, 4, status=Status.REVIEW))
    assert refused("close", over) == (
        "Several incidents wait to be closed; say which one you mean."
        " Waiting: INC-6 (sev2, Volumes slow), INC-4 (sev2, Volumes slow); `list` tells more. For example: `INC-6 close`"
    )


def test_what_is_merged_has_to_be_named_and_the_example_names_what_is_open():
    assert refused("merge INC-9", ELSEWHERE) == "No INC-9 is open. `list` shows what is."
    assert refused("merge INC-5", ELSEWHERE) == (
        "Which incident belongs to INC-5? Name both, that one first: `merge INC-7 INC-5`"
    )
    assert refused("merge INC-5", context(room=None, open=opened(5))) == (
        "Nothing is open that could belong to INC-5. `list` shows what is."
    )


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("role lead @bob", "There is: `@ana`, `@ben`"),
        ("handoff @carl", "There is: `@ana`, `@ben`"),
        ("handoff @anna", "Did you mean `@ana`?"),
        ("page @bem", "Did you mean `@ben`?"),
        ("handoff @zqx", "There is: `@ana`, `@ben`"),
    ],
)
def test_somebody_unknown_is_answered_with_the_nearest_person_or_with_those_there_are(line, hint):
    people = {"ana": Person("ana", "Ana Ruiz"), "ben": Person("ben", "Ben Okafor")}
    assert refused(line, context(people=people)).endswith(hint)


def test_an_example_names_somebody_there_is():
    people = {"ana": Person("ana", "Ana Ruiz"), "dora": Person("dora", "Dora Lind")}
    assert "`handoff comms @dora`" in refused("handoff comms", context(people=people))
    assert "`task @dora check the quorum`" in refused("task @dora", context(people=people))
    assert "`handoff comms @NAME`" in refused("handoff comms", context(people={}))


def test_nobody_is_known_where_nobody_is_configured():
    assert "`people:`" in refused("handoff @ben", context(people={}))


def test_words_to_look_for_need_no_incident():
    assert parse("similar OSDs", context(room=None, open=())) == Question("similar", None, {"text": "OSDs"})


def test_what_opens_an_incident_belongs_to_none():
    assert parse("open x", ROOM).incident is None
    assert "reopen" in refused("INC-5 open x")


def test_without_a_status_page_nothing_is_previewed_or_approved_as_if_customers_could_read_it():
    nowhere = context(status_pages=False)
    for line in ("publish investigating We look. comp=volumes:down", "publish approve"):
        assert refused(line, nowhere).startswith("There is no status page, so nobody would read this.")
    assert parse("publish", nowhere) == Question("publish", 7)
    assert done("publish discard", nowhere) == c.DiscardPublicPost()


def test_a_near_miss_may_be_told_without_a_name():
    answer = parse("nearmiss anonymous Wrong rack", ROOM)
    assert answer.anonymous
    assert answer.command.title == "Wrong rack"
    assert not parse("nearmiss Wrong rack", ROOM).anonymous


def test_nobody_is_woken_when_no_policy_is_the_default():
    assert done("open sev1 x", context(default_ladder="")).page == ""
    assert "no policy, schedule or person" in refused("page BGP", context(default_ladder=""))


def test_a_given_name_is_paged_alone_and_asked_about_before_a_text():
    where = context(people={"dlind": Person("dlind", "Dora Lind")})
    assert done("page Dora", where) == c.Page(target="person:dlind")
    assert "Did you mean `page @dlind look at it`?" in refused("page Dora look at it", where)


def test_a_unicode_minus_from_a_phone_is_a_minus():
    assert done("note x at=−10m").when == NOW - timedelta(minutes=10)


REFUSALS = [
    ("statsu monitoring", "Did you mean `status monitoring`?"),
    ("opne Volumes slow", "Did you mean `open Volumes slow`?"),
    (f"opne {'x' * 300}", "Did you mean `open`?"),
    ("login", "`help all` lists"),
    ("lead @ana", "Did you mean `role lead @ana`?"),
    ("comms", "Did you mean `role comms @ben`?"),
    ("handoff", "For example: `handoff @ben`"),
    ("handoff comms", "To whom do you hand comms? For example: `handoff comms @ben`"),
    ("pm assign", "For example: `pm assign @ben`"),
    ("monitoring", "Did you mean `status monitoring`?"),
    ("sev1", "`sev 1`"),
    ("approve", "Did you mean `publish approve`?"),
    ("xyzzyqq", "`help all` lists"),
    ("open", "Usage: `open "),
    ("open sev1", "needs a title"),
    ("open API down another=maybe", "`another=maybe` is neither `yes` nor `no`."),
    ("sev", "Usage: `sev 1|2|3|4"),
    ("sev 5", "no severity"),
    ("sev p1", "Did you mean `sev1`?"),
    ("open sev9 Volumes slow", "Did you mean `open sev4 Volumes slow`?"),
    ("open sev0 Volumes slow", "Did you mean `open sev1 Volumes slow`?"),
    ("open p1 Volumes slow", "Did you mean `open sev1 Volumes slow`?"),
    ("open P1 Volumes slow", "put a severity first: `open sev2 P1 Volumes slow`"),
    ("open s2 Volumes slow", "Did you mean `open sev2 Volumes slow`?"),
    ("open prio1: Volumes slow", "Did you mean `open sev1 Volumes slow`?"),
    ("open sev 9 Volumes slow", "`sev 9` is no severity"),
    ("open priority 1 Volumes slow", "Did you mean `open sev1 Volumes slow`?"),
    ("open Volumes slow sev9", "Did you mean `open sev4 Volumes slow`?"),
    ("open private p1 Keys leaked", "Did you mean `open sev1 private Keys leaked`?"),
    ("open p1", "Did you mean `open sev1 TITLE`?"),
    ("drill p2 Rack loss", "Did you mean `drill sev2 Rack loss`?"),
    ("retro sev7 Rack loss start=-2h", "`sev7` is no severity"),
    ("maint p3 Switch upgrade start=22:00 end=+2h", "`p3` is no severity"),
    ("open sev3 x sev=9", "no severity"),
    ("accept sev1", "`accept` changes no severity. `accept`, and then `sev 1`."),
    ("accept p2", "`accept`, and then `sev 2`."),
    ("status monitring", "Did you mean `monitoring`?"),
    ("role lead", "needs a role and a person"),
    ("role lead", "For example: `role lead @ben`"),
    ("role @ben", "For example: `role lead @ben`"),
    ("role lead @anna", "Did you mean `@ana`?"),
    ("role lead ana ruis", "Did you mean `@ana`?"),
    ("role boss @ana", "no role I know"),
    ("note", "needs some words"),
    ("note -10m", "needs some words"),
    ("note x mark=luky", "Did you mean `lucky`?"),
    ("note x at=25:00", "not a time I understand"),
    ("note x at=9999-01-01", "not a time I understand"),
    ("note x at=-1m at=-2m", "there twice"),
    ("note restarted at=15:50", "For yesterday: `at=2026-11-03T15:50`"),
    ("resolve at=15:55", "15:55 is still to come today."),
    ("open sev3 x start=15:50", "For yesterday: `start=2026-11-03T15:50`"),
    ("impact start=14:00 end=15:30", "For yesterday: `end=2026-11-03T15:30`"),
    ("retro x start=22:00", "For yesterday: `start=2026-11-03T22:00`"),
    ("moment detected 15:50", "For yesterday: `at=2026-11-03T15:50`"),
    ("note x at=10m", "Did you mean `at=-10m`?"),
    ("maint x start=2h end=+2h", "Did you mean `start=+2h`?"),
    ("update x next=soon", "not a time I understand"),
    ("update x next=2026-11-04T14:00", "has passed"),
    ("update x next=-5m", "has passed"),
    ("update x next=0m", "cannot come at once"),
    ("followup x due=someday", "not a date I understand"),
    ("task 2", "For example: `task done 2`"),
    ("task reopen", "For example: `task reopen 2`"),
    ("task assign @ben", "For example: `task 2 @ben`"),
    ("task ben check quorum", "Is `ben` to do it? Then: `task @ben check quorum`"),
    ("task add Ben check quorum", "`task Ben check quorum owner=none`"),
    ("task me check quorum", "Is `me` to do it? Then: `task @me check quorum`"),
    ("followup ben alert on slow OSDs", "Is `ben` to do it? Then: `followup @ben alert on slow OSDs`"),
    ("task ben", "Is `ben` to do it? Then: `task @ben TEXT`"),
    ("task done 2 and 3", "takes no more words"),
    ("followup assign 2", "For example: `followup 2 @ben`"),
    ("followup 3 @bem", "Did you mean `@ben`?"),
    ("followup 3 @ben due=14d", "Its date takes a line of its own: `followup 3 due=14d`"),
    ("followup due 3 frydai", "not a date I understand"),
    ("followup 3 due=soon", "not a date I understand"),
    ("followup done 3 due=14d", "Follow-up 3 keeps its date."),
    ("task done 2 3", "takes no more words"),
    ("publish We look", "`We` is no status for customers."),
    ("publish investigatng We look", "`investigatng` is no status for customers. Did you mean `investigating`?"),
    ("publish investigating comp=volumes:down", "The post has no text for customers."),
    ("publish investigating x comp=volums:down", "`volums` is no component. Did you mean `volumes`?"),
    ("publish investigating x comp=network:down", "Components: `compute-az1`, `volumes`"),
    ("publish investigating x comp=volumes", "`comp=volumes` says no state."),
    ("publish investigating x comp=volumes", "`comp=volumes:degraded_performance`"),
    ("publish investigating x comp=volumes:bad", "`bad` is no state of a component."),
    ("publish approve at=-10m", "The preview has its time: `publish STATUS TEXT at=TIME`, then `publish approve`."),
    ("publish discard at=-10m", "`publish discard` takes no `at=`."),
    ("publish at=-10m", "The post has no text for customers."),
    ("publish investigating x comp=volumes:partal", "Did you mean `partial`?"),
    ("maint x start=22:00", "needs a title, `start=` and `end=`"),
    ("maint x start=22:00 end=23:00 match=host=~hv-(1", "not a regular expression"),
    ("maint x start=22:00 end=23:00 match=host=~[[a]", "not a regular expression"),
    ("maint x start=22:00 end=23:00 match=host", "matches no alert"),
    ("maint x start=2026-12-02 end=2026-12-01", "ends before it starts"),
    ("maint x start=22:00 end=-1h", "`end=+2h` counts from the start, `end=-2h` from now."),
    ("retro x", "when it began"),
    ("impact x comp=volumes,volums", "`volums` is no component. Did you mean `volumes`?"),
    ("impact comp=network", "`network` is no component. Components: `compute-az1`, `volumes`"),
    ("impact x plane=astral", "neither `data` nor `control`"),
    ("page policy:netwrk x", "Did you mean `policy:network`?"),
    ("page none", "`page` wakes somebody, and `none` is nobody."),
    ("page nobody", "`open TITLE page=none`"),
    ("page hardware", "I know no policy, schedule or person `hardware`. There is: `policy:platform`, `policy:network`"),
    ("page hardware", "`@ana`"),
    ("page netwrok", "Did you mean `page network`?"),
    ("page netwrok bgp down", "Did you mean `page network bgp down`? As a text: `page platform netwrok bgp down`"),
    ("page bne bgp down", "Did you mean `page @ben bgp down`?"),
    ("page okoro", "I know no policy, schedule or person `okoro`."),
    ("accept page=netwrok", "Did you mean `network`?"),
    ("open sev3 x page=netwrk", "network"),
    ("moment mitigated", "needs a time"),
    ("moment mitigatd at=14:05", "Did you mean `mitigated`?"),
    ("undo everything", "no event of the timeline"),
    ("timeline rebooted mon2", "`note rebooted mon2`"),
    ("list widgets", "no list I know"),
    ("digest post noise", "`digest post` takes no `noise`: it posts all of it. Write: `digest post`"),
    ("digest post lang=de", "posts each digest in its own language"),
    ("oncall storag", "Did you mean `storage`?"),
    ("pm publish", "no step of a postmortem"),
    ("pm lnit", "Did you mean `lint`?"),
    ("help digestive", "`help all` lists what I understand."),
    ("help statsu", "Did you mean `help status`?"),
    ("private everything", "takes no words"),
    ("note x ref=seven", "names no incident"),
    ("x" * 9000, "9000 characters"),
]


STATES = "States: `degraded_performance`, `partial_outage`, `major_outage`, `under_maintenance`, `operational`"


def test_the_first_refusal_of_a_post_says_all_that_one_needs():
    how = (
        "Write: `publish investigating TEXT comp=compute-az1:degraded_performance`\n"
        "Status: `investigating`, `identified`, `monitoring`, `resolved`\n"
        f"Components: `compute-az1`, `volumes`\n{STATES}"
    )
    for line in ("publish Volumes are slow", "publish investigating"):
        assert refused(line).endswith(how)
    # The states are called the same wherever they are named.
    for line in ("publish investigating x comp=volumes", "publish investigating x comp=volumes:bad"):
        assert STATES in refused(line)
    none = refused("publish Volumes are slow", context(components={}))
    assert "Write: `publish investigating TEXT title=TITLE`\n" in none
    assert "Components" not in none
    without = refused("publish investigating x comp=volumes", context(components={}))
    assert without == "`volumes` is no component. There are no components: use `title=TITLE`."


def test_where_there_are_no_components_any_word_names_what_is_affected():
    parsed = parse("impact Writes fail comp=az9,volums", context(components={}))
    assert parsed.command == c.DescribeImpact(text="Writes fail", affected=("az9", "volums"))


def test_of_many_components_some_are_named_and_where_the_others_are():
    many = {f"volumes-az{number}": "Volumes" for number in range(40)}
    said = refused("publish Volumes are slow", context(components=many))
    assert "`volumes-az11`, and 28 more: `publish` shows all" in said
    assert "volumes-az12" not in said


@pytest.mark.parametrize(("line", "words"), REFUSALS, ids=[line[:40] for line, _ in REFUSALS])
def test_a_refusal_says_what_was_wrong_and_what_to_do(line, words):
    assert words in refused(line)


def test_two_people_of_one_name_are_told_apart():
    twins = {"a1": Person("a1", "Ana Ruiz"), "a2": Person("a2", "Ana Ruiz")}
    assert "`@a1`, `@a2`" in refused("handoff Ana Ruiz", context(people=twins))


def test_a_regex_that_will_mean_something_else_tomorrow_is_refused_today():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "not a regular expression" in refused("maint x start=22:00 end=+1h match=host=~[[b]")


NAMES = st.sampled_from([name for verb in VERBS for name in verb.names])
PIECES = st.one_of(
    NAMES,
    st.text(max_size=20),
    st.sampled_from(["INC-7", "#3", "@ana", "me", "sev1", "1", "at=", "at=-10m", "start=22:00", "end=+2h", "due=1d"]),
    st.builds(
        "{}={}".format,
        st.sampled_from([key for verb in VERBS for key in verb.keys] + ["ref"]),
        st.text(max_size=20) | st.from_regex(r"[-+]?[0-9]{1,8}[smhdw]?(:[0-9]{2})?", fullmatch=True),
    ),
    st.builds("match=a=~{}".format, st.text(max_size=12)),
)


@settings(max_examples=400)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=8).map(" ".join)), st.booleans())
@example("note x at=0001-01-01T00:00+23:00", True)
@example("maint x start=2200-12-31T23:59 end=+3660d", True)
@example("maint x start=22:00 end=+1h match=a=~[[a]", True)
@example("maint x start=22:00 end=+1h match=a=~" + "(" * 400, True)
@example("maint x start=22:00 end=+1h match=a=~a{99999999999999}", True)
@example("moment resolved 9999-12-31T23:59:59-23:59", True)
@example("update x next=9999999w", True)
def test_whatever_is_typed_only_a_refusal_is_ever_raised(line, inside):
    verbs = {verb.name for verb in VERBS}
    assert asked_or_refused(line, ROOM if inside else ELSEWHERE) in verbs | {"refused"}


def asked_or_refused(line, where):
    try:
        return parse(line, where).verb
    except Refused as refusal:
        return "refused" if refusal.reason else "without a reason"


@given(st.lists(st.from_regex(r"[a-z][a-z.,!?=-]{0,8}", fullmatch=True), min_size=1, max_size=8))
def test_a_note_is_kept_as_it_was_typed(words):
    text = "so: " + "  ".join(word for word in words if not word.startswith(("at=", "ref=", "inc")))
    assert done(f"note {text}").text == text.strip()


@pytest.mark.parametrize(
    ("line", "asks"),
    [
        ("nearmiss anonymous Pulled the wrong cable", True),
        ("!inc near miss Anon Pulled the wrong cable", True),
        ("anonymous nearmiss Pulled the wrong cable", True),
        ("open nearmiss anonymously Pulled the wrong cable", True),
        ("nearmis anonymous Pulled the wrong cable", True),
        ("nearmiss Pulled the wrong cable", False),
        ("note anonymous access was on", False),
        ("open anonymous access is on", False),
        ("", False),
    ],
)
def test_who_asks_not_to_be_known_is_known_by_their_line_alone_even_with_a_slip_in_it(line, asks):
    assert nameless(line) is asks
