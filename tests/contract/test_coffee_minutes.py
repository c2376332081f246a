"""The minutes of two coffees of one day, in a folder and in a repository of the real git, and what people make of them there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from adapters.http import Http
from adapters.publishing import folder, git
from bot.deliver import Deliverer
from bot.incident.effects import WriteMinutes
from bot.incident.outgoing import Enqueue, outgoing
from bot.ports import Attempt, Publisher, Unavailable, Written
from tests.contract.servers.git import Origin
from tests.contract.test_coffee_talk import MANNER, TALKING, Table, sat_down
from tests.world import World


@dataclass
class Shaky:
    """A publisher to which nothing gets for now."""

    publisher: Publisher
    away: bool = False

    async def write(self, attempt: Attempt, *, ref: str, text: str, private: bool = False) -> Written:
        if self.away:
            raise Unavailable("the repository does not answer")
        return await self.publisher.write(attempt, ref=ref, text=text, private=private)


@dataclass
class Archive:
    """People around a table whose minutes lie in `lying` and in `origin`."""

    table: Table
    lying: Path
    origin: Origin
    line: Shaky

    async def coffee(self, topic: str, *lines: str) -> None:
        for line in (f"coffee add {topic}", "coffee start", *lines, "coffee end"):
            await self.table.types(line)
        await self.table.settle()

    def read(self, name: str) -> tuple[str, str]:
        """What stands in the folder, and in the repository."""
        return (self.lying / name).read_text(encoding="utf-8").strip(), self.origin.read(f"minutes/{name}")

    def names(self) -> tuple[list[str], list[str]]:
        return sorted(path.name for path in self.lying.iterdir()), [
            path.removeprefix("minutes/") for path in self.origin.files() if path.startswith("minutes/")
        ]


@pytest.fixture
async def archive(world: World, tmp_path: Path) -> AsyncIterator[Archive]:
    origin, lying, http = Origin(tmp_path), tmp_path / "lying", Http()
    origin.put("README.md", b"What we learn.\n")
    shaky = Shaky(git.build("git", git.Config.model_validate({"url": origin.url, "folder": "minutes"}), http))
    publishers = {"folder": folder.build("folder", folder.Config(folder=str(lying)), http), "git": shaky}
    async for table in sat_down(world, tmp_path, replace(MANNER, publishers=tuple(publishers))):
        table.stage.deliverer = bots(table, publishers)
        yield Archive(table, lying, origin, shaky)
    await http.close()


def bots(table: Table, publishers: dict[str, Publisher]) -> Deliverer:
    return table.stage.another_process(house=table.house, people=TALKING, publishers=publishers)


async def test_two_coffees_on_one_day_lie_in_both_places_and_what_people_wrote_there_stays(archive: Archive) -> None:
    table, day = archive.table, f"{archive.table.stage.clock.now():%F}"
    first, second = f"coffee-{day}.md", f"coffee-{day}-2.md"
    archive.line.away = True
    await archive.coffee("Why do OSDs flap?", "coffee takeaway Alert on slow ones")
    assert archive.names() == ([first], [])
    # The repository answers again: those of the first have not changed by then.
    archive.line.away = False
    table.stage.clock.forward(minutes=10)
    await table.settle()
    for text in archive.read(first):
        assert "- Alert on slow ones (Ana Ruiz)" in text
        assert text.rstrip().splitlines()[-1].startswith("<!-- klatsch: draft ")
    # People go on writing: here all of it is new, there a line of it.
    ours = "# What we really said\n\nAlert on slow ones, and buy disks."
    (archive.lying / first).write_text(ours, encoding="utf-8")
    theirs = archive.read(first)[1].replace("Alert on slow ones", "Alert on slow ones, and buy disks")
    archive.origin.put(f"minutes/{first}", f"{theirs}\n".encode())
    await archive.coffee("Who reads runbooks?", "coffee takeaway Read one aloud")
    for text in archive.read(second):
        assert "- Read one aloud (Ana Ruiz)" in text
        assert "OSDs" not in text
    assert archive.read(first) == (ours, theirs)
    # A bot that died before it could say that they were written writes them again: beside what nobody knows for its own.
    again = [
        outgoing(WriteMinutes(name, 1), incident=0, seq=0, place=0, key=f"again {name}") for name in ("folder", "git")
    ]
    await table.stage.writer.submit(Enqueue(tuple(again)))
    await table.settle()
    assert archive.read(first) == (ours, theirs)
    beside = f"coffee-{day}.draft-2.md"
    assert archive.names() == ([second, beside, first], [second, first])
    assert "- Alert on slow ones (Ana Ruiz)" in (archive.lying / beside).read_text(encoding="utf-8")
    assert archive.origin.log() == [f"Write {second}", "Ana wrote", f"Write {first}", "Ana wrote"]
    states = {(kind, state) for kind, state, _ in table.stage.effects("write_minutes")}
    assert states == {("write_minutes", "done")}
