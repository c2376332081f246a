"""What the store promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import inspect, select, text

from bot.alerts.model import Alert, Notification
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.evolve import replay
from bot.incident.model import Captured, Mark, Severity, Source, Status
from bot.incident.timeline import story
from bot.store import StoreUnavailable
from storage import migrate, tables
from storage.engine import Database
from storage.store import SqlStore
from tests.clock import START
from tests.world import World, an_ask

LINK = "https://matrix.to/#/%21r%3Aexample.org/%24m?via=example.org"


def an_alert(fingerprint: str = "a", *, firing: bool = True, **labels: str) -> Alert:
    named = {"alertname": "ApiDown", "severity": "critical", "region": "one", "az": "az1"} | labels
    return Alert("prometheus", fingerprint, firing, START, None if firing else START, named, {"summary": fingerprint})


def a_message(*alerts: Alert) -> Notification:
    return Notification("prometheus", alerts, group="g")


def test_references_have_no_gaps_although_some_are_refused(world: World):
    outcomes = world.do(
        an_ask(c.Open(title="one")), an_ask(c.Open(title=" ")), an_ask(c.Open(title="two")), a_message(an_alert())
    )
    assert [o.after.ref for o in outcomes if o.after] == ["INC-2", "INC-3"]
    assert outcomes[1].refused is not None
    assert world.lookups.incident(1).title == "a"
    assert world.opened("three").ref == "INC-4"


def test_the_row_is_the_replay_of_its_events(world: World):
    number = world.opened("one", severity=Severity.SEV3).number
    world.do(
        an_ask(c.SetSeverity(severity=Severity.SEV1), number),
        an_ask(c.Note(mark=Mark.NOTE, text="looked at it", when=START - timedelta(minutes=3)), number),
        an_ask(c.AddTask(text="drain hv-17", owner="ben"), number),
        an_ask(c.Page(target="policy:platform"), number),
        an_ask(c.Acknowledge(person="ana"), number),
        an_ask(c.Resolve(summary="rolled back"), number),
        an_ask(c.Close(), number),
    )
    stored = world.lookups.incident(number)
    history = world.lookups.history(number)
    assert stored == replay(number, [recorded.event for recorded in history])
    assert stored.status is Status.CLOSED
    assert [recorded.seq for recorded in history] == list(range(1, stored.version + 1))
    assert history[2].event.at == START - timedelta(minutes=3)
    assert history[2].recorded_at == START


def test_the_same_message_twice_does_nothing_the_second_time(world: World):
    first, second = world.do(an_ask(c.Open(title="x"), inbox="slack:E1"), an_ask(c.Open(title="x"), inbox="slack:E1"))
    third = world.do(an_ask(c.Open(title="x"), inbox="slack:E1"))[0]
    assert (first.again, second.again, third.again) == (False, True, True)
    assert len(world.lookups.recent()) == 1


def test_an_alert_twice_is_one_alert_and_one_incident(world: World):
    world.do(a_message(an_alert()), a_message(an_alert()))
    world.do(a_message(an_alert()))
    (incident,) = world.lookups.recent()
    assert (incident.alerts_firing, incident.alerts_total) == (1, 1)
    assert len(world.lookups.alerts(incident.number)) == 1


def test_a_cleared_alert_proposes_and_closes_nothing(world: World):
    world.do(a_message(an_alert()))
    world.do(a_message(an_alert(firing=False)))
    (incident,) = world.lookups.recent()
    assert (incident.alerts_firing, incident.status) == (0, Status.INVESTIGATING)
    assert [a.firing for a in world.lookups.alerts(incident.number)] == [False]


def test_what_is_private_is_merged_only_into_what_is_private(world: World):
    secret = world.opened("Tenant data read by another", private=True).number
    public = world.opened("Volumes slow").number
    outcome = world.ask(c.Merge(into=public), secret)
    assert "INC-1 is private and INC-2 is not" in outcome.refused.reason
    assert "Tenant" not in outcome.refused.reason
    # What it is merged into stands everywhere where it stood.
    assert "INC-1 is private and INC-2 is not" in world.ask(c.Merge(into=secret), public).refused.reason
    world.ask(c.MakePrivate(), public)
    assert world.ask(c.Merge(into=public), secret).after.status is Status.MERGED


def test_ten_thousand_alerts_in_one_message_are_one_incident(world: World):
    world.do(a_message(*(an_alert(f"f{n}") for n in range(10_000))))
    (incident,) = world.lookups.recent()
    assert incident.alerts_firing == 10_000
    assert len(world.lookups.alerts(incident.number)) == 10_000
    assert len(world.lookups.history(1)) == 3


def test_undo_takes_back_the_whole_last_command_of_that_person(world: World):
    number = world.opened().number
    world.ask(c.SetSeverity(severity=Severity.SEV4), number, by="ben")
    world.ask(c.AssignRole(role="lead", person="ana"), number, by="ana")
    undone = world.ask(c.Undo(by="ben"), number, by="ben")
    assert undone.after.severity is Severity.SEV2
    assert undone.after.lead == "ana"
    again = world.ask(c.Undo(by="ben"), number, by="ben")
    assert again.refused is not None


def test_a_reaction_taken_back_takes_its_line_back(world: World):
    number = world.opened().number
    world.ask(c.Note(mark=Mark.NOTE, text="failed over", message="m1"), number)
    world.ask(c.AddTask(text="failed over", message="m1"), number)
    world.ask(c.AddFollowUp(text="failed over", message="m1"), number)
    world.ask(c.Retract(message="m1", mark=Mark.NOTE), number)
    assert isinstance(world.lookups.history(number)[-1].event, e.Retracted)
    world.ask(c.Retract(message="m1", captured=Captured.TASK), number)
    incident = world.lookups.incident(number)
    assert (incident.tasks[0].dropped, incident.followups[0].outcome) == (True, "")
    assert world.ask(c.Retract(message="m1", captured=Captured.TASK), number).events == ()


def test_the_same_reaction_of_two_people_is_one_line_until_both_took_theirs_off(world: World):
    number = world.opened().number
    note = c.Note(mark=Mark.NOTE, text="failed over", message="m1")
    for person in ("ana", "ben", "ana"):
        world.ask(note, number, by=person)
    lines = [r for r in story(world.lookups.history(number)) if isinstance(r.event, e.Noted)]
    assert [line.by for line in lines] == ["ana"]
    off = c.Retract(message="m1", mark=Mark.NOTE)
    world.ask(off, number, by="ana")
    assert world.ask(off, number, by="eve").events == ()
    assert any(isinstance(r.event, e.Noted) for r in story(world.lookups.history(number)))
    world.ask(off, number, by="ben")
    assert not any(isinstance(r.event, e.Noted) for r in story(world.lookups.history(number)))
    world.ask(note, number, by="ben")
    assert [r.by for r in story(world.lookups.history(number)) if isinstance(r.event, e.Noted)] == ["ben"]


def test_nothing_of_a_broken_batch_is_kept(world: World):
    with pytest.raises(AttributeError):
        world.do(an_ask(c.Open(title="fine")), an_ask(c.Open(title=None)))
    assert world.lookups.recent() == []
    assert world.opened().ref == "INC-1"


def test_a_database_that_does_not_answer_is_unavailable(tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    database = Database(f"sqlite:///{folder}/k.db")
    migrate.upgrade(database)
    database.close()
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    with pytest.raises(StoreUnavailable), SqlStore(database, None).begin():
        pass


@pytest.mark.parametrize("instead", ["nothing", "another file"])
def test_a_database_file_taken_away_is_noticed_before_anything_is_promised(tmp_path: Path, instead: str):
    world = World(Database(f"sqlite:///{tmp_path}/k.db"))
    world.opened()
    (tmp_path / "k.db").rename(tmp_path / "kept.db")
    if instead == "another file":
        (tmp_path / "k.db").write_bytes((tmp_path / "kept.db").read_bytes())
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        world.opened("lost?")
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        world.lookups.recent()
    (tmp_path / "kept.db").replace(tmp_path / "k.db")
    assert world.opened("found again").ref == "INC-2"
    world.close()


def test_the_schema_is_what_the_migrations_make(world: World):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from storage.indexes import metadata

    with world.database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert ScriptDirectory(str(migrate.MIGRATIONS)).get_current_head() == migrate.HEAD
    assert migrate.current(world.database) == migrate.HEAD


def _written_by_a_newer_release(world: World, serves: str | None) -> None:
    with world.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("DELETE FROM setting WHERE name = 'schema_serves'"))
        if serves is not None:
            connection.execute(text("INSERT INTO setting VALUES ('schema_serves', :serves)"), {"serves": serves})


def test_one_goes_back_to_the_release_before_on_the_schema_of_the_newer_one(
    world: World, caplog: pytest.LogCaptureFixture
):
    number = world.opened().number
    _written_by_a_newer_release(world, migrate.HEAD)
    migrate.upgrade(world.database)
    assert "9999, of a newer release" in caplog.text
    assert migrate.current(world.database) == "9999"
    world.ask(c.Note(mark=Mark.NOTE, text="we went back"), number)


@pytest.mark.parametrize("serves", ["9998", None])
def test_a_schema_that_does_not_serve_this_release_is_left_alone(world: World, serves: str | None):
    _written_by_a_newer_release(world, serves)
    with pytest.raises(StoreUnavailable, match=f"its schema is 9999, and this release, which knows {migrate.HEAD}"):
        migrate.upgrade(world.database)
    assert migrate.current(world.database) == "9999"


def test_a_schema_says_which_releases_it_serves(world: World):
    with world.database.read() as connection:
        held = connection.execute(text("SELECT value FROM setting WHERE name = 'schema_serves'")).scalar()
    assert held == migrate.SERVES <= migrate.HEAD


def test_what_an_event_came_of_comes_back_with_its_link(world: World):
    number = world.opened().number
    said = replace(an_ask(c.Note(mark=Mark.NOTE, text="x"), number), source=Source("reaction", "matrix:$m", LINK))
    world.do(said)
    assert [r.source for r in world.lookups.history(number)][-1] == Source("reaction", "matrix:$m", LINK)
    with world.store.begin() as tx:
        assert tx.history(number, 1)[0].source.link == LINK


def test_the_release_before_writes_events_without_links_and_they_are_read(world: World):
    number = world.opened().number
    with world.database.write() as connection:
        columns = 'incident, seq, at, recorded_at, kind, "by", source, source_ref, command, body'
        copied = columns.replace("seq", "seq + 100")
        connection.execute(text(f"INSERT INTO event ({columns}) SELECT {copied} FROM event"))
    written = [r for r in world.lookups.history(number) if r.seq > 100]
    assert {r.source for r in written} == {Source("command", "test")}


def test_the_schema_goes_back_without_the_links_and_forth_again(world: World):
    from alembic import command
    from alembic.config import Config

    number = world.opened().number
    world.do(replace(an_ask(c.Note(mark=Mark.NOTE, text="x"), number), source=Source("command", "m", LINK)))
    before = world.lookups.history(number)
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    with world.database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
        connection.commit()
        assert "source_link" not in {column["name"] for column in inspect(connection).get_columns("event")}
    migrate.upgrade(world.database)
    unlinked = [replace(r, source=replace(r.source, link="")) for r in before]
    assert world.lookups.history(number) == unlinked != before


def test_time_comes_back_as_it_went_in(world: World):
    world.opened()
    with world.database.read() as connection:
        assert connection.execute(select(tables.incident.c.opened_at)).scalar_one() == START
        raw = connection.execute(text("SELECT opened_at FROM incident")).scalar_one()
    assert "2026-11-02" in str(raw)


@pytest.mark.parametrize("start", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_an_alert_at_the_end_of_the_calendar_is_read_again_whatever_the_zone_of_the_database(
    postgresql_url: str, zone: str, start: datetime
):
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("ALTER DATABASE {} SET timezone TO {}").format(name, sql.Literal(zone)))
    with closing(World(Database(postgresql_url))) as world:
        for _ in range(2):
            world.do(a_message(replace(an_alert(), starts_at=start)))
        (stored,) = world.lookups.alerts(1)
        assert stored.starts_at == start


def test_what_the_address_of_a_database_asks_for_is_kept(postgresql_url: str, monkeypatch: pytest.MonkeyPatch):
    def asked(url: str) -> tuple[str, str]:
        with closing(Database(url)) as database, database.read() as connection:
            shown = text("SELECT current_setting('work_mem'), current_setting('TimeZone')")
            return tuple(connection.execute(shown).one())

    assert asked(f"{postgresql_url}?options=-c%20work_mem%3D7MB") == ("7MB", "UTC")
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=9MB -c timezone=Asia/Tokyo")
    assert asked(postgresql_url) == ("9MB", "UTC")
