"""Copies of files that were put on the timeline, over a real writer and a real database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.copies import AT_ONCE, Limits
from bot.deliver import IN_FLIGHT
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.attachment import Attachment
from bot.incident.effects import KeepFile
from bot.incident.model import Mark
from bot.ports import Reacted, Rejected, Unavailable
from bot.store import Copy
from tests.contract.stage import Stage, on_stage
from tests.contract.test_removed import People, exported, told
from tests.fakes import Orders, Patience
from tests.until import PATIENCE
from tests.world import RULES, World

GRAPH = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
FILE = Attachment("graph.png", "image/png", len(GRAPH), "mxc://example.org/graph")
LEASE = timedelta(seconds=60)
KEPT = (1, "console:m1", 0)
"""Where its copy lies."""


class Photographers(People):
    """Ana shows pictures in message `m1`."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        stage.chat.files[FILE.place] = GRAPH

    async def pins(self, *files: Attachment, emoji: str = "📌", words: str = "graph.png", message: str = "m1") -> None:
        at = self.stage.clock.now()
        on = Reacted("console", "inc-1", "ben", emoji, message, words, "ana", at, event=self._event(), files=files)
        await self.conversation.reacted(on)


@pytest.fixture
async def people(stage: Stage) -> Photographers:
    await stage.open("Volumes slow")
    await stage.settle()
    return Photographers(stage)


def fetched(stage: Stage) -> int:
    return stage.chat.calls.count("fetch")


async def stored(stage: Stage) -> c.Ask | None:
    """The file is fetched and stored, and what would tell the incident is answered."""
    (claimed,) = [item for item in stage.world.outbox.claim(50, LEASE) if isinstance(item.effect, KeepFile)]
    return await stage.performer().do(claimed)


def limited(stage: Stage, **limits: int) -> None:
    stage.deliverer = stage.another_process(copies=replace(Limits(), **limits))


async def test_a_picture_is_kept_byte_for_byte_and_its_line_says_so(stage: Stage, people: Photographers):
    await people.pins(FILE)
    assert told(stage)[-1] == "graph.png"
    await stage.settle()
    assert told(stage)[-1] == "graph.png (kept)"
    assert stage.world.files.content(*KEPT) == GRAPH
    (kept,) = stage.events(e.FileKept)
    assert stage.world.files.find(*KEPT) == Copy(kept.size, kept.sha256)
    assert [row["kept"] for row in exported(stage)["files"]] == [True]
    assert "graph.png (kept)" in await people.types("timeline")
    assert stage.effects("keep_file") == [("keep_file", "done", 1)]


async def test_whatever_is_made_of_a_message_its_file_is_fetched_and_kept_once(stage: Stage, people: Photographers):
    for emoji in "📌⭐🔁":
        await people.pins(FILE, emoji=emoji, words="p99 over the night")
    await people.pins(FILE, emoji="☑️", words="p99 over the night")
    await stage.settle()
    await people.pins(FILE, emoji="💡", words="p99 over the night")
    await stage.settle()
    assert fetched(stage) == len(stage.events(e.FileKept)) == 1
    assert sum(line.endswith("p99 over the night (graph.png, kept)") for line in told(stage)) == 5
    assert len(exported(stage)["files"]) == 1


async def test_several_files_of_a_message_do_not_wait_for_each_other(stage: Stage, people: Photographers):
    others = [replace(FILE, name=f"{n}.log", place=f"mxc://example.org/{n}") for n in range(3)]
    stage.chat.files |= {others[0].place: b"0", others[2].place: b"2"}
    await people.pins(FILE, *others, words="all of it")
    await stage.settle()
    reason = "not kept: nothing can be attached at a console"
    assert told(stage)[-1] == f"all of it (graph.png, kept; 0.log, kept; 1.log, {reason}; 2.log, kept)"


@pytest.mark.parametrize("claimed", [0, 1, 10**9])
async def test_what_is_too_large_is_not_kept_and_the_room_hears_why(stage: Stage, people: Photographers, claimed: int):
    limited(stage, largest=1_000)
    await people.pins(replace(FILE, size=claimed))
    await stage.settle()
    assert told(stage)[-1].startswith("graph.png (not kept: it is larger than ")
    assert fetched(stage) == (claimed < 10**9)
    assert stage.world.files.find(*KEPT) is None
    assert any("not kept: it is larger" in said for said in stage.thread())


async def test_that_nothing_is_kept_is_told_once_where_the_line_was_told_before(stage: Stage, people: Photographers):
    stage.chat.by_method["fetch"] = Orders(always=Unavailable("away", timedelta(seconds=30)))
    await people.pins(FILE)
    await stage.settle()
    stage.chat.by_method["fetch"] = Orders(always=Rejected("it is not on the homeserver any more"))
    stage.clock.forward(seconds=60)
    await stage.settle()
    assert (
        stage.thread()[-1]
        .splitlines()[-1]
        .endswith("No copy is kept of graph.png: it is not on the homeserver any more")
    )
    assert [line for line in told(stage) if "graph" in line] == [
        "graph.png (not kept: it is not on the homeserver any more)"
    ]


async def test_an_incident_keeps_no_more_than_its_limit(stage: Stage, people: Photographers):
    limited(stage, per_incident=len(GRAPH) + 10)
    stage.chat.files |= {f"mxc://example.org/{n}": bytes(11) for n in range(2)}
    await people.pins(FILE)
    await stage.settle()
    for n in range(2):
        # Once the claim is true, and once it is not.
        await people.pins(Attachment(f"{n}.log", size=n * 11, place=f"mxc://example.org/{n}"), message=f"n{n}")
    await stage.settle()
    full = "not kept: with it INC-1 would keep more than 1 kB of files"
    assert told(stage)[-3:] == ["graph.png (kept)", *[f"graph.png ({n}.log, {full})" for n in range(2)]]
    assert fetched(stage) == 2
    assert stage.world.files.used(1) == len(GRAPH)


async def test_without_copies_nothing_is_fetched(world: World, tmp_path: Path):
    world.rules = replace(RULES, policy=replace(RULES.policy, copies=False))
    async with on_stage(world, tmp_path) as stage:
        await stage.open("Volumes slow")
        await stage.settle()
        await Photographers(stage).pins(FILE)
        await stage.settle()
        assert fetched(stage) == 0
        assert told(stage)[-1] == "graph.png"


async def test_a_platform_that_is_away_is_asked_again(stage: Stage, people: Photographers):
    stage.chat.by_method["fetch"] = Orders(always=Unavailable("away", timedelta(seconds=1)))
    await people.pins(FILE)
    await stage.settle()
    assert told(stage)[-1] == "graph.png"
    stage.chat.by_method.clear()
    stage.clock.forward(seconds=60)
    await stage.settle()
    assert told(stage)[-1] == "graph.png (kept)"


async def test_a_platform_that_hangs_on_many_files_holds_up_nothing_else(stage: Stage, people: Photographers):
    patience = Patience()
    stage.chat.by_method["fetch"] = Orders(always=patience)
    for n in range(IN_FLIGHT + 10):
        await people.pins(FILE, message=f"n{n}")
    async with stage.delivering():
        await stage.until(lambda: fetched(stage) == AT_ONCE, "as many as are fetched at once")
        await people.types("task nothing else waits")
        await stage.until(lambda: "nothing else waits" in stage.card(), "the task on the card")
        assert fetched(stage) == AT_ONCE
        patience.go.set()
        await stage.until(lambda: stage.world.files.used(1) == (IN_FLIGHT + 10) * len(GRAPH), "all of them")


async def test_what_is_never_there_is_given_up_after_a_day_and_told(stage: Stage, people: Photographers):
    stage.chat.by_method["fetch"] = Orders(always=Unavailable("away"))
    await people.pins(FILE)
    await stage.settle()
    stage.clock.forward(seconds=25 * 3600)
    await stage.settle()
    assert "graph.png (not kept: gave up after " in told(stage)[-1]
    assert "No copy is kept of graph.png: gave up after " in stage.thread()[-1]


async def test_killed_between_storing_and_telling_it_is_fetched_once_and_kept_once(stage: Stage, people: Photographers):
    await people.pins(FILE)
    assert await stored(stage) is not None
    stage.clock.forward(seconds=61)
    await stage.settle(deliverer=stage.another_process())
    assert (fetched(stage), len(stage.events(e.FileKept))) == (1, 1)
    assert stage.world.files.content(*KEPT) == GRAPH


async def test_a_message_that_was_removed_before_is_not_fetched(stage: Stage, people: Photographers):
    await people.pins(FILE)
    await people.removes()
    await stage.settle()
    assert fetched(stage) == 0
    assert stage.effects("keep_file") == [("keep_file", "done", 1)]
    assert exported(stage)["files"] == []


async def test_a_removal_while_it_is_fetched_leaves_nothing(stage: Stage, people: Photographers):
    patience = Patience()
    stage.chat.by_method["fetch"] = Orders(always=patience)
    await people.pins(FILE)
    async with stage.delivering():
        await asyncio.wait_for(patience.asked.wait(), PATIENCE)
        await people.removes()
        patience.go.set()
        await stage.until(lambda: ("keep_file", "done", 1) in stage.effects("keep_file"), "the end of the fetch")
    assert stage.world.files.used(1) == 0
    assert stage.events(e.FileKept) == stage.events(e.FileNotKept) == []


async def test_a_removal_between_storing_and_telling_takes_the_copy_and_nothing_is_told(
    stage: Stage, people: Photographers
):
    await people.pins(FILE)
    told_later = await stored(stage)
    assert told_later is not None
    await people.removes()
    assert stage.world.files.used(1) == 0
    await stage.writer.submit(told_later)
    assert stage.events(e.FileKept) == []


async def test_a_removal_takes_the_copies_of_its_message_and_no_others(stage: Stage, people: Photographers):
    for message in ("m1", "m2"):
        await people.pins(FILE, message=message)
    await stage.open("Another one")
    await stage.ask(c.Note(mark=Mark.NOTE, text="x", message="console:m1", files=(FILE,)), 2)
    await stage.settle()
    await people.removes("m1")
    find = stage.world.files.find
    assert find(1, "console:m1", 0) is None
    assert None not in (find(1, "console:m2", 0), find(2, "console:m1", 0))


async def test_a_reaction_that_was_taken_off_keeps_the_copy_and_shows_it_nowhere(stage: Stage, people: Photographers):
    await people.pins(FILE)
    await stage.settle()
    at = stage.clock.now()
    await people.conversation.reacted(Reacted("console", "inc-1", "ben", "📌", "m1", "", "ana", at, added=False))
    assert exported(stage)["files"] == []
    assert not any("graph" in line for line in told(stage))
    assert stage.world.files.content(*KEPT) == GRAPH
    await people.pins(FILE)
    await stage.settle()
    assert told(stage)[-1] == "graph.png (kept)"
    assert fetched(stage) == 1


async def test_of_what_was_taken_off_nobody_is_told_that_it_is_not_kept(stage: Stage, people: Photographers):
    stage.chat.by_method["fetch"] = Orders(always=Rejected("it is gone"))
    await people.pins(FILE)
    at = stage.clock.now()
    await people.conversation.reacted(Reacted("console", "inc-1", "ben", "📌", "m1", "", "ana", at, added=False))
    await stage.settle()
    assert (fetched(stage), stage.events(e.FileNotKept)) == (1, [])
    assert not any("graph" in said for said in stage.thread())


async def test_copies_that_were_switched_off_meanwhile_are_told_so(stage: Stage, people: Photographers):
    limited(stage, largest=0)
    await people.pins(FILE)
    await stage.settle()
    assert told(stage)[-1] == "graph.png (not kept: copies are switched off (storage.files))"


async def test_an_undo_does_not_mean_that_a_file_was_kept(stage: Stage, people: Photographers):
    await people.types("note mine", by="ben")
    await people.pins(FILE, message="m2")
    await stage.settle()
    assert "is off the timeline" in await people.types("undo", by="ben")
    assert [line for line in told(stage) if "graph" in line or "mine" in line] == ["mine"]
    (kept,) = [r for r in stage.world.lookups.history(1) if isinstance(r.event, e.FileKept)]
    assert "cannot be taken back" in await people.types(f"undo {kept.id}", by="ben")
