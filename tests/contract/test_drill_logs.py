"""The log of a drill tells of a past incident, too: what nobody may read of that one any more stands in no log that people did not edit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.publishing.folder import Folder
from adapters.publishing.git import Config, Git
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Kind, Mark
from storage.drills import drills_of
from tests.contract.servers.git import Origin
from tests.contract.stage import Stage, firing, on_stage
from tests.statements import statements
from tests.world import RULES, World

SECRET = "the key of Acme Corp is hunter2"
PLACES = ("folder", "git")


@dataclass
class Logs:
    stage: Stage
    folder: Path
    origin: Origin

    def of(self, number: int) -> tuple[str, str]:
        """The log of that drill in the folder and in the repository."""
        name = f"INC-{number}.md"
        return (self.folder / name).read_text(encoding="utf-8"), self.origin.read(name)


@pytest.fixture
async def logs(world: World, tmp_path: Path) -> AsyncIterator[Logs]:
    world.rules = replace(RULES, policy=replace(RULES.policy, publishers=PLACES, own=("folder",)))
    async with on_stage(world, tmp_path) as stage:
        folder, origin = tmp_path / "drafts", Origin(tmp_path)
        git = Git("git", Config.model_validate({"url": origin.url}))
        publishers = {"folder": Folder("folder", folder), "git": git}
        stage.deliverer = stage.another_process(publishers=publishers, own=frozenset({"folder"}))
        await stage.writer.submit(firing(2))
        await stage.ask(c.Note(mark=Mark.NOTE, text=SECRET, message="console:m1", author="ana"), 1)
        await stage.ask(c.Resolve(), 1)
        for number in (2, 3):
            await stage.ask(c.Open(title="", kind=Kind.DRILL, replays=1, speed=1000), None)
            await stage.settle()
            await stage.ask(c.Resolve(), number)
        await stage.settle()
        yield Logs(stage, folder, origin)


async def test_what_becomes_private_later_is_in_no_log_any_more(logs: Logs):
    stage = logs.stage
    assert all(SECRET in log for number in (2, 3) for log in logs.of(number))
    before = stage.incident(2).postmortem.through
    await stage.ask(c.MakePrivate(), 1)
    await stage.settle()
    for number in (2, 3):
        for log in logs.of(number):
            assert "Of INC-1 nothing is shown: it is private by now." in log
            assert "hunter2" not in log
            assert "osd" in log.partition("Side by side")[2]
    # It is about the same events as before: it was not played for longer.
    assert stage.incident(2).postmortem.through == before
    assert len(stage.events(e.PostmortemDrafted, 2)) == 1


async def test_of_a_message_that_is_removed_later_its_text_goes_from_logs_too(logs: Logs):
    await logs.stage.ask(c.RemoveMessage(message="console:m1"), 1)
    await logs.stage.settle()
    for number in (2, 3):
        for log in logs.of(number):
            assert "hunter2" not in log
            assert "(removed)" in log


async def test_what_people_edited_stays_and_the_room_of_the_drill_hears_it(logs: Logs):
    edited = logs.folder / "INC-2.md"
    edited.write_text(f"{edited.read_text(encoding='utf-8')}\nDebriefed.\n", encoding="utf-8")
    await logs.stage.ask(c.MakePrivate(), 1)
    await logs.stage.settle()
    assert "hunter2" in edited.read_text(encoding="utf-8")
    assert "hunter2" not in (logs.folder / "INC-2.draft-2.md").read_text(encoding="utf-8")
    said = f"People had edited {edited}, so it was left alone: what was removed may still be in it"
    assert said in "\n".join(logs.stage.thread("inc-2"))
    assert "left alone" not in "\n".join(logs.stage.thread("inc-3"))


async def test_a_drill_that_is_private_itself_has_its_log_in_the_house_alone(logs: Logs):
    await logs.stage.ask(c.MakePrivate(), 2)
    await logs.stage.settle()
    commits = logs.origin.log()
    await logs.stage.ask(c.MakePrivate(), 1)
    await logs.stage.settle()
    house, repository = logs.of(2)
    assert "hunter2" not in house
    assert "hunter2" in repository
    # Only that of the other one was written there.
    assert len(logs.origin.log()) == len(commits) + 1


async def test_one_without_a_log_and_one_of_another_past_write_nothing(logs: Logs):
    stage = logs.stage
    await stage.writer.submit(firing(1, first=7))
    await stage.ask(c.Resolve(), 4)
    await stage.ask(c.Open(title="", kind=Kind.DRILL, replays=1, speed=1), None)
    await stage.settle()
    written = stage.effects("write_draft")
    await stage.ask(c.MakePrivate(), 4)
    await stage.settle()
    assert stage.effects("write_draft") == written
    await stage.ask(c.MakePrivate(), 1)
    await stage.settle()
    assert len(stage.effects("write_draft")) == len(written) + 2 * len(PLACES)
    assert not (logs.folder / "INC-5.md").exists()


async def test_a_drill_that_replays_nothing_has_its_log_when_it_ends_and_no_postmortem(logs: Logs):
    stage = logs.stage
    await stage.ask(c.Open(title="Rack loss", kind=Kind.DRILL), None)
    await stage.ask(c.Note(mark=Mark.INJECT, text="Half of az2 is dark", author="ana"), 4)
    await stage.settle()
    assert not (logs.folder / "INC-4.md").exists()
    await stage.ask(c.Resolve(drill=True), 4)
    await stage.settle()
    for log in logs.of(4):
        assert log.startswith("# Facilitator's log of INC-4")
        assert "**Inject:** Half of az2 is dark" in log
    assert f"Facilitator's log: {logs.folder / 'INC-4.md'}" in stage.card("inc-4").replace("**", "")


def test_drills_are_found_by_an_index_of_their_own_and_by_no_words(world: World):
    for title in ("Volumes slow", '"replay":{"of":1,'):
        world.opened(title, kind=Kind.DRILL)
    with world.database.read() as connection, statements() as sent:
        assert drills_of(connection, [1, 2]) == set()
    ((asked, values),) = sent
    with world.database.engine.connect() as connection:
        if not world.database.sqlite:
            connection.execute(text("SET enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if world.database.sqlite else "EXPLAIN"
        plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {asked}", values))
    assert "incident_drill" in plan
