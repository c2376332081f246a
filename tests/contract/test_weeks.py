"""What the database knows of a week, on SQLite and on PostgreSQL: all of it, and nothing of what is private."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.event import listen, remove

import storage.weeks
from bot.alerts.model import NO_START, Alert, Notification
from bot.coffee.board import Board, Coffee, CoffeeStatus, Origin, Topic, TopicState
from bot.coffee.weekly.gathered import MEASURED, NOWHERE, Fired, Gathered
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Captured, Kind, Mark, Severity, Status
from bot.oncall.load import Paged
from storage import codec, tables
from storage.coffee import keep
from storage.weeks import SqlWeeks
from tests.clock import START
from tests.statements import statements
from tests.world import World

WEEK, HOUR = timedelta(days=7), timedelta(hours=1)
END = START + WEEK


def week(world: World, start=START, end=END) -> Gathered:
    return SqlWeeks(world.database).week(start, end)


def kinds(gathered: Gathered, number: int) -> list[str]:
    return [recorded.kind for recorded in gathered.events.get(number, ())]


def a_warning(fingerprint: str, name: str = "DiskSlow", *, firing: bool = True, **labels: str) -> Notification:
    named = {"alertname": name, "severity": "warning"} | labels
    ended = None if firing else START
    alert = Alert("prometheus", fingerprint, firing, START, ended, named, {"summary": fingerprint}, link="https://p/g")
    return Notification("prometheus", (alert,), group=name)


def note(world: World, number: int, text: str = "looked at it", **command: object) -> None:
    assert world.ask(c.Note(mark=Mark.NOTE, text=text, **command), number).events


def becomes_private(world: World, number: int) -> None:
    assert world.ask(c.MakePrivate(person="ana"), number).after.private


def test_of_a_week_in_which_nothing_was_there_is_nothing(world: World):
    assert week(world) == Gathered(START, END)


def test_the_events_are_those_that_a_digest_tells_of_in_their_order(world: World):
    first, second = world.opened("one", page="policy:platform").number, world.opened("two").number
    world.clock.forward(hours=1)
    world.ask(c.SetSeverity(severity=Severity.SEV4), first)
    note(world, second)
    world.ask(c.AddFollowUp(text="replace osd.17"), first)
    world.ask(c.Resolve(summary="rolled back"), first)
    gathered = week(world)
    assert kinds(gathered, first) == ["incident_opened", "follow_up_added", "status_changed"]
    assert kinds(gathered, second) == ["incident_opened", "noted"]
    told = [one for one in world.lookups.history(first) if one.kind in kinds(gathered, first)]
    assert gathered.events[first] == tuple(replace(one, source=NOWHERE) for one in told)
    assert [*gathered.events] == [first, second]


def test_the_start_belongs_to_the_week_and_the_end_to_the_next_one(world: World):
    number = world.opened().number
    world.clock.forward(days=7, microseconds=-1)
    note(world, number, "just before")
    world.clock.forward(microseconds=1)
    note(world, number, "at the end")
    world.ask(c.AddFollowUp(text="of the next one"), world.opened("at the end").number)
    assert kinds(week(world), number) == ["incident_opened", "noted"]
    assert [*week(world).incidents] == [one.number for one in week(world).measured] == [number]
    assert week(world).owing == ()
    following = week(world, END, END + WEEK)
    assert [recorded.event.text for recorded in following.events[number]] == ["at the end"]
    assert len(following.owing) == 1


def test_what_counts_is_when_it_was_said(world: World):
    number = world.opened().number
    world.clock.forward(days=8)
    note(world, number, "it began on Monday", when=START + timedelta(hours=1))
    assert kinds(week(world), number) == ["incident_opened"]
    assert kinds(week(world, END, END + WEEK), number) == ["noted"]


def test_what_was_retracted_or_removed_stands_beside_what_says_so(world: World):
    number = world.opened().number
    note(world, number, "slow disks", message="console:m1")
    world.ask(c.Retract(message="console:m1", mark=Mark.NOTE), number)
    note(world, number, "a password", message="console:m2")
    world.ask(c.EditMessage(message="console:m2", text="another password"), number)
    world.ask(c.RemoveMessage(message="console:m2"), number)
    gathered = week(world)
    found = ["incident_opened", "noted", "retracted", "noted", "message_edited", "message_removed"]
    assert kinds(gathered, number) == found
    assert "password" not in repr(gathered)


def test_the_incidents_are_those_of_the_events_and_those_that_are_open_or_wait_for_their_review(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(storage.weeks, "CHUNK", 2)
    opened, resolved, reviewed, closed = (world.opened(f"number {n}").number for n in range(1, 5))
    touched = [world.opened(f"number {n}", kind=Kind.NEARMISS).number for n in range(5, 8)]
    for number in (resolved, reviewed, closed, *touched):
        world.ask(c.Resolve(summary="over"), number)
    world.ask(c.StartReview(), reviewed)
    for number in (closed, *touched):
        world.ask(c.Close(), number)
    world.clock.forward(days=8)
    for number in touched:
        note(world, number, "It was the fan, after all")
    later = week(world, END, END + WEEK)
    assert {n: one.status for n, one in later.incidents.items()} == {
        opened: Status.INVESTIGATING,
        resolved: Status.RESOLVED,
        reviewed: Status.REVIEW,
        **dict.fromkeys(touched, Status.CLOSED),
    }
    assert [*later.events] == touched
    # It is looked at again later: what opened since is none of it.
    world.clock.forward(days=8)
    world.opened("of another week")
    assert week(world, END, END + WEEK).incidents.keys() == later.incidents.keys()


def test_who_owes_is_found_whatever_the_age(world: World):
    owing, done, dropped = (world.opened(f"number {n}").number for n in range(1, 4))
    for number in (owing, done, dropped):
        world.ask(c.AddFollowUp(text="replace the disk"), number)
        world.ask(c.Resolve(summary="over"), number)
        world.ask(c.Close(), number)
    world.ask(c.ChangeFollowUp(followup=0, outcome="done"), done)
    world.ask(c.ChangeFollowUp(followup=0, outcome="wontdo", reason="no money"), dropped)
    world.clock.forward(days=8)
    world.ask(c.AddFollowUp(text="of another week"), world.opened("later").number)
    assert [one.number for one in week(world).owing] == [owing]
    world.ask(c.ChangeFollowUp(followup=0, outcome="done"), 4)
    world.ask(c.Cancel(), 4)
    later = week(world, START + 50 * WEEK, START + 51 * WEEK)
    assert [one.number for one in later.owing] == [owing]
    assert later.owing[0].followups[0].text == "replace the disk"
    assert later.incidents == {}


def test_the_row_says_after_each_change_whether_follow_ups_are_open(world: World):
    number = world.opened().number

    def owing() -> int:
        with world.database.read() as connection:
            return connection.execute(tables.incident.select()).one().owing

    said = [owing()]
    for command in (
        c.AddFollowUp(text="one"),
        c.AddFollowUp(text="two", message="console:m1"),
        c.ChangeFollowUp(followup=1, outcome="done"),
        c.Retract(message="console:m1", captured=Captured.FOLLOWUP),
        c.Undo(by="ana"),
        c.ChangeFollowUp(followup=2, outcome="wontdo", reason="too dear"),
        c.Resolve(summary="over"),
        c.AddFollowUp(text="three"),
        c.Undo(by="ana"),
    ):
        assert world.ask(command, number).events, command
        said.append(owing())
        (open_,) = [[one for one in world.lookups.incident(number).followups if not one.outcome]]
        assert said[-1] == bool(open_), command
    assert set(said) == {0, 1}


def test_measured_are_real_ones_that_opened_lately(world: World):
    world.clock.back(days=MEASURED.days, microseconds=1)
    world.opened("too long ago")
    world.clock.forward(microseconds=1)
    first = world.opened("just in").number
    drill = world.opened("exercise", kind=Kind.DRILL).number
    nearly = world.opened("nearly", kind=Kind.NEARMISS).number
    over = world.opened("long over").number
    for number in (over, nearly):
        world.ask(c.Resolve(), number)
        world.ask(c.Close(), number)
    world.clock.forward(days=MEASURED.days - 1)
    last = world.opened("yesterday").number
    world.clock.forward(days=1)
    world.opened("of the next week")
    gathered = week(world, START - WEEK, START)
    assert [one.number for one in gathered.measured] == [first, over, last]
    assert gathered.incidents[drill].kind is Kind.DRILL
    assert over not in gathered.incidents


def test_noise_is_what_was_declined_and_what_ended_in_triage(world: World):
    for name in ("DiskSlow", "FanLoud", "StillFiring", "TakenUp"):
        world.do(a_warning(f"{name}-1", name, host="b"), a_warning(f"{name}-0", name, host="a"))
    disk, fan, _, taken = sorted(one.number for one in world.lookups.open_incidents())
    world.do(a_warning("DiskSlow-2", "DiskSlow", host="c"))
    world.ask(c.Decline(reason="known"), disk)
    world.do(a_warning("FanLoud-0", "FanLoud", firing=False), a_warning("FanLoud-1", "FanLoud", firing=False))
    world.ask(c.Accept(), taken)
    found = week(world).noise
    assert found[0] == Fired(
        incident=disk,
        name="DiskSlow",
        source="prometheus",
        count=3,
        labels={"alertname": "DiskSlow", "severity": "warning", "host": "a"},
        annotations={"summary": "DiskSlow-0"},
        link="https://p/g",
    )
    assert [(one.incident, one.name, one.count) for one in found[1:]] == [(fan, "FanLoud", 2)]
    # What was declined last week was told of then, and so was what has hung in triage since.
    assert week(world, END, END + WEEK).noise == ()


def test_how_long_noise_lasted_and_how_often_it_came_back_is_known(world: World):
    def heard(host: str, minutes: float, *, after: float = 0, fires: bool = False, name: str = "DiskSlow") -> None:
        begun = START + after * timedelta(minutes=1)
        labels = {"alertname": name, "severity": "warning", "host": host}
        over = None if fires else begun + minutes * timedelta(minutes=1)
        world.do(Notification("prometheus", (Alert("prometheus", f"{name}{host}", fires, begun, over, labels),), name))

    for host, minutes, after in (("a", 4, 0), ("b", 12.5, 2), ("a", 3, 9), ("a", 1, 40)):
        heard(host, minutes, after=after, fires=True)
        heard(host, minutes, after=after)
    for name in ("Both", "NeverSaid"):
        heard("a", 0, fires=True, name=name)
    heard("b", 0, fires=True, name="Both")
    heard("b", 7, name="Both")
    with world.database.write() as connection:
        never = (tables.alert.c.name == "NeverSaid",)
        connection.execute(update(tables.alert).where(*never).values(starts_at=NO_START, ends_at=START, firing=0))
    world.clock.forward(hours=1)
    for one in world.lookups.open_incidents():
        world.ask(c.Decline(), one.number)
    found = {one.name: (one.lasted, one.over, one.again) for one in week(world).noise}
    assert found == {
        "DiskSlow": (timedelta(minutes=12.5), START + timedelta(minutes=41), 2),
        "Both": (timedelta(minutes=7), None, 0),
        "NeverSaid": (None, START, 0),
    }


def test_noise_is_told_apart_by_rule_source_and_incident(world: World):
    for fingerprint, name in (("a", "DiskSlow"), ("b", "DiskSlow"), ("c", "FanLoud"), ("d", "Other"), ("e", "Third")):
        world.do(a_warning(fingerprint, name))
    disk, *others = sorted(one.number for one in world.lookups.open_incidents())
    with world.database.write() as connection:
        moved = update(tables.alert)
        connection.execute(moved.where(tables.alert.c.name.in_(("FanLoud", "Other"))).values(incident=disk))
        connection.execute(moved.where(tables.alert.c.name == "Other").values(name="DiskSlow", source="icinga"))
        connection.execute(moved.where(tables.alert.c.name == "Third").values(name="DiskSlow"))
    for number in (disk, *others):
        world.ask(c.Decline(), number)
    found = [(one.incident, one.name, one.source, one.count) for one in week(world).noise]
    assert found == [
        (disk, "DiskSlow", "prometheus", 2),
        (disk, "DiskSlow", "icinga", 1),
        (disk, "FanLoud", "prometheus", 1),
        (others[-1], "DiskSlow", "prometheus", 1),
    ]


def test_of_more_noise_than_is_looked_at_the_newest_is(world: World, monkeypatch: pytest.MonkeyPatch):
    for name in ("One", "Two", "Three"):
        world.do(a_warning(name, name))
    numbers = sorted(one.number for one in world.lookups.open_incidents())
    for number in numbers:
        world.ask(c.Decline(), number)
    monkeypatch.setattr(storage.weeks, "NOISY", 2)
    assert [one.incident for one in week(world).noise] == numbers[1:]


def test_noise_is_what_came_to_nothing_in_the_week_itself(world: World):
    for name in ("DiskSlow", "FanLoud"):
        world.do(a_warning(name, name))
    declined, worked = sorted(one.number for one in world.lookups.open_incidents())
    world.ask(c.Decline(), declined)
    world.ask(c.Accept(), worked)
    world.do(a_warning("FanLoud", "FanLoud", firing=False))
    world.ask(c.Resolve(), worked)
    assert [one.incident for one in week(world).noise] == [declined]
    world.clock.forward(days=8)
    note(world, declined, "It was the fan, after all")
    assert kinds(week(world, END, END + WEEK), declined) == ["noted"]
    assert week(world, END, END + WEEK).noise == ()


def test_the_same_alert_in_two_incidents_is_told_once_of_each(world: World):
    for fingerprint, name in (("a", "DiskSlow"), ("b", "FanLoud"), ("c", "Third")):
        world.do(a_warning(fingerprint, name))
    for one in world.lookups.open_incidents():
        world.ask(c.Decline(), one.number)
    with world.database.write() as connection:
        connection.execute(update(tables.alert).values(latest=0))
        connection.execute(update(tables.alert).where(tables.alert.c.fingerprint == "b").values(fingerprint="a"))
        third = update(tables.alert).where(tables.alert.c.fingerprint == "c")
        connection.execute(third.values(fingerprint="a", source="icinga", incident=1))
    found = sorted((one.incident, one.source, one.name, one.count) for one in week(world).noise)
    assert found == [
        (1, "icinga", "Third", 1),
        (1, "prometheus", "DiskSlow", 1),
        (2, "prometheus", "FanLoud", 1),
    ]


def test_one_firing_that_cannot_be_read_holds_up_no_other(world: World, caplog: pytest.LogCaptureFixture):
    for name in ("One", "Two"):
        world.do(a_warning(name, name))
        world.do(a_warning(name, name, firing=False))
    (fired,) = a_warning("Two", "Two").alerts
    world.do(Notification("prometheus", (replace(fired, starts_at=START + HOUR),), group="Two"))
    for one in world.lookups.open_incidents():
        world.ask(c.Decline(), one.number)
    with world.database.write() as connection:
        first = (tables.event.c.kind == storage.weeks.FIRED, tables.event.c.incident == 1)
        connection.execute(tables.event.delete().where(*first))
        columns = connection.execute(tables.event.select().where(tables.event.c.incident == 2)).mappings().first()
        assert columns is not None
        broken = {**columns, "incident": 1, "seq": 99, "kind": storage.weeks.FIRED, "body": '{"again": "x"}'}
        connection.execute(tables.event.insert().values(broken))
    assert [(one.incident, one.again) for one in week(world).noise] == [(1, 0), (2, 1)]
    assert "how alerts of INC-1 fired cannot be read" in caplog.text


def test_what_the_release_before_did_not_note_is_noted(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storage.weeks, "CHUNK", 2)
    *owing, done = (world.opened(f"number {n}").number for n in range(1, 5))
    for number in (*owing, done):
        world.ask(c.AddFollowUp(text="replace the disk"), number)
    world.ask(c.ChangeFollowUp(followup=1, outcome="done"), done)
    with world.database.write() as connection:
        connection.execute(update(tables.incident).values(owing=0))
    assert [one.number for one in week(world).owing] == owing
    with world.database.read() as connection:
        rows = connection.execute(tables.incident.select().order_by(tables.incident.c.number)).all()
    assert [row.owing for row in rows] == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("minutes", "lasted"),
    [(0, timedelta()), (1, timedelta(minutes=1)), (3 * 24 * 60, timedelta(days=3)), (-1, None)],
)
def test_an_alert_that_ended_before_it_began_lasted_nobody_knows_how_long(
    world: World, minutes: int, lasted: timedelta | None
):
    world.do(a_warning("a"))
    with world.database.write() as connection:
        over = START + minutes * timedelta(minutes=1)
        connection.execute(update(tables.alert).values(firing=0, starts_at=START, ends_at=over))
    world.ask(c.Decline(), 1)
    assert [one.lasted for one in week(world).noise] == [lasted]


def test_a_drill_makes_no_noise_and_wakes_nobody(world: World):
    drill = world.opened("exercise", kind=Kind.DRILL, status=Status.TRIAGE, page="policy:platform").number
    world.ask(c.Page(target="person:ben"), drill)
    world.do(a_warning("d1"))
    (other,) = {one.number for one in world.lookups.open_incidents()} - {drill}
    with world.database.write() as connection:
        connection.execute(update(tables.alert).values(incident=drill))
    world.ask(c.Decline(), drill)
    gathered = week(world)
    assert (gathered.noise, gathered.paged) == ((), ())
    assert {drill, other} <= gathered.incidents.keys()


def test_who_was_paged_counts_also_where_the_incident_is_private(world: World):
    world.opened("one", page="policy:platform")
    world.clock.forward(minutes=1)
    secret = world.opened("two", page="person:ben", private=True)
    gathered = week(world)
    assert gathered.paged == (
        Paged(START, ("person:ana",)),
        Paged(START + timedelta(minutes=1), ("person:ben",)),
    )
    assert gathered.paged == tuple(world.lookups.paged(START, END))
    assert secret.number not in gathered.incidents


@pytest.fixture
def topics(world: World) -> list[Topic]:
    said = Topic(1, "Who restarts what?", START, by="ana", place=1, dots={"v1": 2})
    asked = Topic(2, "Why were the disks full?", START, Origin.QUESTION, incident=1, event=2, place=2)
    topics = [said, asked]
    with world.database.write() as connection:
        for one in (*topics, Topic(3, "gone", START)):
            state = "dropped" if one.id == 3 else "open"
            values = {"id": one.id, "key": f"k{one.id}", "state": state, "coffee": 0, "body": codec.dump(one)}
            connection.execute(tables.topic.insert().values(values))
        for number, live in ((1, 0), (2, 1)):
            meeting = Coffee(number, START + number * WEEK, agenda=(1,))
            values = {"number": number, "starts_at": meeting.starts_at, "live": live, "body": codec.dump(meeting)}
            connection.execute(tables.coffee.insert().values(values))
    return topics


def test_the_board_has_what_is_open_and_the_coffee_that_is_called(world: World, topics: list[Topic]):
    world.opened()
    expected = Board({one.id: one for one in topics}, Coffee(2, START + 2 * WEEK, agenda=(1,)))
    assert week(world).board == expected


def test_of_what_is_private_there_is_nothing_whenever_it_became_so(world: World, topics: list[Topic]):
    born = world.opened("Tenant data at birth", private=True).number
    became = world.opened("Tenant data later").number
    for number in (born, became):
        note(world, number, "Tenant data was read", message=f"console:{number}")
        world.ask(c.AddFollowUp(text="Tenant data to be told of"), number)
        world.ask(c.Resolve(summary="Tenant data is safe"), number)
    world.do(a_warning("Tenant data", "TenantData"))
    noisy = max(one.number for one in world.lookups.recent())
    world.ask(c.Decline(reason="Tenant data"), noisy)
    before = week(world)
    assert {became, noisy} <= before.incidents.keys()
    assert [one.name for one in before.noise] == ["TenantData"]
    world.clock.forward(days=2)
    for number in (became, noisy):
        becomes_private(world, number)
    world.opened("for all to read")
    gathered = week(world)
    assert [one.title for one in gathered.incidents.values()] == ["for all to read"]
    assert "tenant" not in repr(gathered).lower()
    assert (gathered.owing, gathered.noise) == ((), ())


def test_a_drill_of_what_is_private_by_now_is_as_private(world: World):
    world.do(a_warning("Tenant data"))
    (past,) = (one.number for one in world.lookups.recent())
    world.ask(c.Accept(), past)
    world.ask(c.Resolve(summary="safe"), past)
    drill = world.ask(c.Open(title="Tenant data, once more", kind=Kind.DRILL, replays=past, speed=10))
    world.ask(c.AddFollowUp(text="Tenant data to be told of"), drill.after.number)
    world.ask(c.Resolve(summary="played"), drill.after.number)
    assert {past, drill.after.number} <= week(world).incidents.keys()
    becomes_private(world, past)
    world.opened("for all to read")
    gathered = week(world)
    assert [one.title for one in gathered.incidents.values()] == ["for all to read"]
    assert "tenant" not in repr(gathered).lower()


def test_what_was_talked_about_at_a_coffee_of_the_week_is_known_less_what_is_private(world: World):
    number = world.opened().number
    talked = [
        Topic(1, "Who restarts what?", START, state=TopicState.DISCUSSED, coffee=1),
        Topic(2, "Tenant data", START, Origin.QUESTION, incident=number, state=TopicState.DISCUSSED, coffee=1),
        Topic(3, "of an earlier one", START, state=TopicState.DISCUSSED, coffee=2),
    ]
    coffees = [
        Coffee(one, START + one * HOUR, CoffeeStatus.OVER, ended=START - WEEK * (one - 1) + HOUR) for one in (1, 2)
    ]
    with world.database.write() as connection:
        keep(connection, talked, coffees)
    assert [*week(world).board.topics] == [1, 2]
    becomes_private(world, number)
    assert [*week(world).board.topics] == [1]


def test_a_topic_goes_when_its_incident_becomes_private(world: World, topics: list[Topic]):
    number = world.opened().number
    assert number == topics[1].incident
    becomes_private(world, number)
    assert [*week(world).board.topics] == [1]


def test_what_cannot_be_read_is_left_out_with_its_events_and_the_rest_is_there(
    world: World, caplog: pytest.LogCaptureFixture
):
    broken, fine = world.opened("broken").number, world.opened("fine").number
    with world.database.write() as connection:
        where = tables.incident.c.number == broken
        connection.execute(update(tables.incident).where(where).values(body='{"number": 1, "severity": "sev9"}'))
    gathered = week(world)
    assert [*gathered.incidents] == [*gathered.events] == [fine]
    assert f"INC-{broken} cannot be read" in caplog.text


def test_one_event_that_cannot_be_read_holds_up_no_other(world: World, caplog: pytest.LogCaptureFixture):
    number = world.opened().number
    note(world, number, "one")
    note(world, number, "two")
    with world.database.write() as connection:
        first = (tables.event.c.kind == "noted", tables.event.c.body.like("%one%"))
        connection.execute(update(tables.event).where(*first).values(body='{"text": 1}'))
    assert kinds(week(world), number) == ["incident_opened", "noted"]
    assert f"of INC-{number} cannot be read" in caplog.text


def test_one_page_that_cannot_be_read_holds_up_no_other(world: World, caplog: pytest.LogCaptureFixture):
    for title in ("one", "two"):
        world.clock.forward(hours=1)
        world.opened(title, page="policy:platform")
    with world.database.write() as connection:
        first = (tables.event.c.kind == "people_paged", tables.event.c.incident == 1)
        connection.execute(update(tables.event).where(*first).values(body='{"targets": 1}'))
    assert [one.at for one in week(world).paged] == [START + timedelta(hours=2)]
    assert "cannot be read" in caplog.text


def test_of_too_many_events_the_newest_are_known_and_the_log_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    number = world.opened().number
    for n in range(4):
        world.clock.forward(minutes=1)
        note(world, number, f"note {n}")
    secret = world.opened("secret", private=True).number
    note(world, secret)
    week(world)
    assert caplog.text == ""
    monkeypatch.setattr(storage.weeks, "EVENTS", 2)
    # What nobody is told of takes no place away.
    assert [recorded.event.text for recorded in week(world).events[number]] == ["note 2", "note 3"]
    assert "more than 2 events" in caplog.text


def test_what_is_recorded_while_it_is_asked_belongs_to_no_half_of_it(world: World):
    number = world.opened().number
    asked: list[str] = []

    def meanwhile(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not asked and statement.startswith("SELECT incident.number"):
            asked.append(statement)
            world.ask(c.AddFollowUp(text="replace it"), number)

    listen(Engine, "before_cursor_execute", meanwhile)
    try:
        gathered = week(world)
    finally:
        remove(Engine, "before_cursor_execute", meanwhile)
    assert asked
    assert kinds(gathered, number) == ["incident_opened"]
    assert gathered.incidents[number].followups == gathered.owing == ()
    assert [one.number for one in week(world).owing] == [number]


def test_the_kinds_that_a_digest_tells_of_are_kinds_of_events():
    named = {word for word in tables.TOLD.text.split("'") if "_" in word or word == "noted" or word == "retracted"}
    assert len(named) == 12
    assert named <= set(e.KINDS.values())


def test_what_is_asked_does_not_grow_with_the_week(world: World):
    counted = []
    for n in range(2):
        for _ in range(1 + 20 * n):
            note(world, world.opened(f"n {n}", another=True).number)
            world.ask(c.AddFollowUp(text="replace it"), len(world.lookups.open_incidents()))
        with statements() as sent:
            week(world)
        counted.append(len(sent))
        assert [statement for statement, _ in sent if not statement.startswith(("SELECT", "SET", "BEGIN"))] == []
    assert counted[0] == counted[1] <= 12
