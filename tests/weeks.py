"""Weeks as the database would tell of them, made of incidents that lived: for tests of the digest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.coffee.board import Board, Origin, Topic
from bot.coffee.weekly.around import Around
from bot.coffee.weekly.gathered import MEASURED, Fired, Gathered
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.life import TITLE_LIMIT
from bot.incident.model import Kind, Mark, Role, Severity, Status, Window
from bot.oncall.escalation import Ladder, Roster, Step
from bot.oncall.load import Paged
from bot.oncall.rotations import Rotation
from bot.oncall.schedules import Schedule
from tests.builders import PEOPLE, Story
from tests.builders import Step as Given

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
TOLD = (
    e.IncidentOpened, e.StatusChanged, e.MergedInto, e.Noted, e.Retracted, e.MessageEdited, e.MessageRemoved,
    e.FollowUpAdded, e.FollowUpChanged, e.PostmortemDrafted, e.PostmortemAssigned, e.PostmortemWritten,
)  # fmt: skip

ROSTER = Roster(
    schedules={
        name: Schedule(name, BERLIN, Rotation(("ana", "ben"), WEEK, datetime.fromisoformat(f"2026-03-02T{hour}:00")))
        for name, hour in (("platform", "09"), ("storage", "10"))
    },
    ladders={"storage": Ladder("storage", (Step(("schedule:storage",)),))},
)


def monday(day: str) -> datetime:
    """Nine o'clock in Berlin on that day, in UTC."""
    return datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=BERLIN).astimezone(UTC)


def around(now: datetime, **given: object) -> Around:
    facts = {"zone": BERLIN, "people": PEOPLE, "roster": ROSTER, "wheel": ("compute", "network", "volumes"), **given}
    return Around(now=now, **facts)  # type: ignore[arg-type] - each test names what it means


def lived(number: int, at: datetime, *said: c.Command | Given) -> Story:
    """An incident to which these things happened, the first of them at `at`."""
    story = Story(number=number, now=at - timedelta(minutes=1))
    for one in said:
        story.give(one)
    return story


def later(command: c.Command, hours: float) -> Given:
    return Given(command, after=hours * HOUR)


def gathered(
    stories: Iterable[Story],
    start: datetime,
    end: datetime,
    *,
    noise: Sequence[Fired] = (),
    paged: Sequence[Paged] = (),
    board: Board | None = None,
) -> Gathered:
    """What the database would know of these between two instants."""
    known = {one.number: one.incident for one in stories if one.incident}
    events = {
        one.number: tuple(r for r in one.history if start <= r.recorded_at < end and isinstance(r.event, TOLD))
        for one in stories
    }
    told = {number: found for number, found in events.items() if found}
    unclosed = (Status.RESOLVED, Status.REVIEW)
    incidents = {
        number: one for number, one in known.items() if number in told or one.status.open or one.status in unclosed
    }
    owing = tuple(one for one in known.values() if any(not item.outcome for item in one.followups))
    measured = tuple(
        one for one in known.values() if one.kind in (Kind.REAL, Kind.RETRO) and end - MEASURED <= one.opened_at < end
    )
    return Gathered(start, end, incidents, told, owing, measured, tuple(noise), tuple(paged), board or Board())


def outage(number: int, at: datetime, *, private: bool = False) -> Story:
    """An outage that people learnt from; it lasted two hours."""
    return lived(
        number,
        at,
        c.Open(title="Volumes slow in az2", severity=Severity.SEV1, service="volumes", private=private),
        c.DescribeImpact(
            text="Writes took 20 s", plane="data", affected=("volumes-az2",), start=at - 10 * timedelta(minutes=1)
        ),
        c.AssignRole(role=Role.LEAD, person="ana"),
        c.Note(mark=Mark.KEY_MOMENT, text="Ana Ruiz saw that all slow OSDs were in one rack"),
        c.Note(mark=Mark.KEY_MOMENT, text="All slow OSDs hang off one switch that drops frames"),
        c.Note(mark=Mark.LUCKY, text="The spare switch had been racked the day before"),
        c.Note(mark=Mark.QUESTION, text="Why did no alert say that frames were dropped?"),
        later(c.Resolve(summary="Moved the rack to the spare switch"), 2),
        c.AddFollowUp(text="Alert on dropped frames of top-of-rack switches", owner="ben", due=at + 14 * DAY),
        c.AddFollowUp(text="Write down which racks have a spare switch"),
    )


def firmware(number: int, at: datetime) -> Story:
    """A small one that is reviewed and closed, with follow-ups done and decided against."""
    return lived(
        number,
        at,
        c.Open(title="API answers 502 now and then", severity=Severity.SEV3, service="api"),
        later(c.Resolve(), 0.5),
        c.AddFollowUp(text="Raise the proxy's timeout to that of the API", owner="ana"),
        c.AddFollowUp(text="Drain a proxy before its upgrade", owner="cleo"),
        c.AddFollowUp(text="Replace the proxy"),
        later(c.ChangeFollowUp(followup=1, outcome="done"), 20),
        c.ChangeFollowUp(followup=2, outcome="done"),
        c.ChangeFollowUp(followup=3, outcome="wontdo", reason="the timeout was all there was to it"),
        c.StartReview(),
        later(c.Close(), 1),
    )


def near_miss(number: int, at: datetime, title: str = "Nearly drained the wrong rack") -> Story:
    return lived(number, at, c.Open(title=title, kind=Kind.NEARMISS, status=Status.RESOLVED, severity=Severity.SEV4))


def maintenance(number: int, at: datetime, start: datetime) -> Story:
    window = Window(start, start + 2 * HOUR)
    command = c.Open(title="Switch firmware in az1", kind=Kind.MAINTENANCE, status=Status.MONITORING, window=window)
    return lived(number, at, command)


def declined(number: int, at: datetime) -> Story:
    """An alarm at which nobody had to do anything."""
    return lived(number, at, c.Open(title="DiskFull", status=Status.TRIAGE, severity=Severity.SEV3), c.Decline())


def fired(number: int, name: str = "DiskFull", **known: Any) -> Fired:
    return Fired(
        number, name, "prometheus", 2,
        {"alertname": name, "region": "eu-1", "host": "hv-17"},
        {"summary": "A disk is 80 % full"},
        "https://prometheus.example.org/graph?g0.expr=disk_used_ratio%7Bjob%3D%22node%22%7D+%3E+0.8&g0.tab=1",
        **known,
    )  # fmt: skip


def cleared(story: Story, minutes: float) -> Fired:
    """Its alerts had fired so long at the longest, and were over when somebody came to decline it."""
    assert story.incident
    return fired(story.number, lasted=minutes * timedelta(minutes=1), over=story.incident.ended)


def board(at: datetime) -> Board:
    topics = (
        Topic(3, "Reserved cores for Ceph", at, dots={"a": 1}),
        Topic(5, "SONiC or not for the next racks?", at, dots={"a": 2, "b": 3}),
        Topic(6, "Who may reboot a switch?", at - 9 * DAY, origin=Origin.QUESTION),
    )
    return Board({topic.id: topic for topic in topics})


def full(start: datetime, end: datetime) -> Gathered:
    """A week in which there was something of everything."""
    old = lived(
        31,
        start - 40 * DAY,
        c.Open(title="DNS answered late", severity=Severity.SEV2, service="dns"),
        later(c.Resolve(), 1),
        c.AddFollowUp(text="Monitor the resolvers from outside", owner="ben", due=start - 20 * DAY),
        c.AddFollowUp(text="Name an owner for the resolvers", due=start - 5 * DAY),
        later(c.SetStatus(status=Status.REVIEW), 24),
    )
    going = lived(
        44,
        end - 3 * HOUR,
        c.Open(title="Some images cannot be uploaded", severity=Severity.SEV2, service="images"),
        c.DescribeImpact(text="Uploads above 4 GB fail"),
    )
    noisy = [declined(50 + n, start + n * 13 * HOUR) for n in range(5)]
    stories = [
        old,
        outage(41, start + 30 * HOUR),
        firmware(42, start + 50 * HOUR),
        near_miss(43, start + 70 * HOUR),
        going,
        maintenance(45, start + 80 * HOUR, end + 2 * DAY + 13 * HOUR),
        *noisy,
    ]
    paged = [Paged(start + hours * HOUR, ("schedule:platform",)) for hours in (5, 30, 31, 42)]
    paged += [Paged(start + 30 * HOUR, ("schedule:storage",))]
    noise = [*(cleared(story, 4 + 2 * n) for n, story in enumerate(noisy)), fired(50, "CephSlowOps")]
    return gathered(stories, start, end, noise=noise, paged=paged, board=board(end - 3 * DAY))


def fullest(start: datetime, end: datetime, count: int = 60) -> Gathered:
    """A week in which each list is longer than what is shown of it, and each text as long as it may be and hard to write."""
    long = ("Über <den> & *hinaus* `x`🔥 " * 200)[:TITLE_LIMIT]
    longest = ("Frames & <drops> at 🔥 übers Netz " * 200)[:2000]
    stories: list[Story] = []
    for n in range(count):
        stories.append(
            lived(
                100 + n,
                start + n * HOUR,
                c.Open(title=f"{n} {long}"[:TITLE_LIMIT], severity=Severity.SEV1, another=True),
                c.DescribeImpact(text=longest, start=start + n * HOUR),
                *(c.Note(mark=mark, text=longest) for mark in (Mark.KEY_MOMENT, Mark.LUCKY, Mark.QUESTION)),
                *(c.AddFollowUp(text=longest, owner="ben", due=start + HOUR) for _ in range(3)),
                c.ChangeFollowUp(followup=1, outcome="done"),
                c.ChangeFollowUp(followup=2, outcome="wontdo", reason=longest),
                later(c.Resolve(summary=longest), 1),
                *([c.SetStatus(status=Status.REVIEW)] if n % 3 else []),
            )
        )
    stories += [near_miss(2000 + n, start + n * HOUR, long) for n in range(60)]
    stories += [maintenance(3000 + n, start + n * HOUR, end + n * HOUR) for n in range(60)]
    noisy = [declined(4000 + n, start + n * HOUR) for n in range(60)]
    labels = {f"label_{n}": longest[:500] for n in range(30)}
    noise = [
        replace(fired(one.number, f"{n % 8}{long}"), labels=labels, annotations={"summary": longest})
        for n, one in enumerate(noisy)
    ]
    paged = [Paged(start + hours * HOUR, (f"schedule:{name}",)) for hours in range(160) for name in ROSTER.schedules]
    topics = {n: Topic(n, longest[:280], start, origin=Origin.QUESTION, dots={"a": n}) for n in range(1, 80)}
    return gathered([*stories, *noisy], start, end, noise=noise, paged=paged, board=Board(topics))
