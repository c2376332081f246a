"""Edits and removals of messages, over a real writer and a real database: what was removed is in no column of any table."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from adapters.publishing.folder import Folder
from bot.export import Exported, to_json, to_markdown
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.attachment import Attachment
from bot.incident.evolve import replay
from bot.incident.model import Mark, PublicStatus, Source
from bot.ports import Edited, Reacted, Removed, Unavailable
from storage.engine import Database
from storage.indexes import metadata
from tests.contract.stage import Stage
from tests.contract.test_converse import Talk
from tests.fakes import Orders
from tests.statements import statements
from tests.world import PEOPLE, World, an_ask

CANARY, EDITED = "Canary of Acme Corp, key hunter2", "Canary of a customer, key hunter3"
FOUND = ("Canary", "hunter")
PICTURES = (
    Attachment("Canary.png", "image/canary", 6, "mxc://canary.example.org/1"),
    Attachment("Canary of a place that is nowhere.log", place="mxc://canary.example.org/2"),
)
BYTES = b"Canary as it sits on a picture of hunter2"


def link(message: str) -> str:
    return f"https://chat.example.org/{message}"


class People(Talk):
    """Ana and Ben in the room of INC-1, where Ana writes message `m1`."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage, stage.clock, status_pages=True)
        self.stage = stage
        self.done = 0

    def _event(self) -> str:
        self.done += 1
        return f"ev{self.done}"

    async def reacts(
        self,
        *emojis: str,
        by: str = "ben",
        words: str = CANARY,
        message: str = "m1",
        files: Sequence[Attachment] = (),
    ) -> None:
        for emoji in emojis:
            on = Reacted("console", "inc-1", by, emoji, message, words, "ana", self.stage.clock.now())
            about = {"event": self._event(), "files": tuple(files), "link": link(message)}
            await self.conversation.reacted(replace(on, **about))

    async def edits(self, words: str = EDITED, message: str = "m1", room: str = "inc-1", event: str = "") -> None:
        at = self.stage.clock.now()
        await self.conversation.edited(Edited("console", room, "ana", message, words, at, event or self._event()))

    async def removes(self, message: str = "m1", *, by: str = "ana", room: str = "inc-1", event: str = "") -> None:
        at = self.stage.clock.now()
        await self.conversation.removed(Removed("console", room, by, message, at, event or self._event()))


@pytest.fixture
async def people(stage: Stage) -> People:
    await stage.open("Volumes slow")
    await stage.settle()
    return People(stage)


def stored(world: World, *words: str) -> list[str]:
    """The tables, and the values in them, that hold one of these words, whatever its case."""
    found = []
    with world.database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)):
                values = [v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in row]
                found += [f"{table.name}: {v}" for v in values if any(w.lower() in v.lower() for w in words)]
    return found


def told(stage: Stage, number: int = 1) -> list[str]:
    """The timeline as it is exported."""
    return [row["text"] for row in exported(stage, number)["timeline"]]


def exported(stage: Stage, number: int = 1):
    return to_json(whole(stage, number), people=PEOPLE)


def whole(stage: Stage, number: int = 1) -> Exported:
    return Exported(stage.incident(number), stage.world.lookups.history(number))


async def a_long_night(stage: Stage, people: People) -> None:
    """All that can be made of a message, changed, edited, undone, quoted, taken back and drafted; the last of it is still on
    its way out."""
    stage.chat.files[PICTURES[0].place] = BYTES
    await people.reacts("📌", "⭐", "☑️", "🔁", "📣", "💡", "❓", "🍀", "☕", "👀", files=PICTURES)
    await people.reacts("📌", by="eve", files=PICTURES)
    await people.types("task done 1", by="ben")
    await people.types("task 1 @ben", by="ben")
    await people.types("followup wontdo 1 reason=later", by="ben")
    await people.edits()
    await people.types("undo", by="ben")
    await people.types("followup done 1", by="ben")
    await people.types(f"publish investigating {EDITED} title=Volumes", by="ben")
    await stage.settle()
    await people.types("publish investigating Volumes are slow", by="ben")
    await people.types("publish discard", by="ben")
    await stage.ask(c.DraftPostmortem(), 1)
    await people.edits(f"{EDITED} again")
    await people.types("task drop 1", by="ben")
    await people.types(f"publish investigating {EDITED} again title=Volumes", by="ben")


async def test_a_removed_text_is_in_no_column_of_any_table_and_a_tombstone_remains(stage: Stage, people: People):
    await a_long_night(stage, people)
    assert {found.partition(":")[0] for found in stored(stage.world, *FOUND)} == {"incident", "event", "file", "topic"}
    (kept,) = stage.events(e.FileKept)
    assert stored(stage.world, kept.sha256)
    await people.removes()
    assert stored(stage.world, *FOUND, kept.sha256) == []
    events = [recorded.event for recorded in stage.world.lookups.history(1)]
    assert replay(1, events) == stage.incident()
    lines = told(stage)
    assert sum(line.endswith("(removed)") for line in lines) == 8 + 2 + 2
    assert lines[-2:] == [
        "A note, a key moment, a proposal for customers, a hypothesis, a question, a piece of luck, a coffee topic, a word "
        "that somebody is on it, task 1 and follow-up 1 were removed by their author",
        "The preview for customers was discarded",
    ]
    await stage.settle()
    assert stored(stage.world, *FOUND) == []


async def test_exports_drafts_and_the_card_show_the_tombstone(stage: Stage, people: People):
    await people.reacts("💡", "☑️", "🔁")
    await stage.settle()
    assert "hunter2" in stage.card()
    await people.removes()
    await stage.settle()
    assert "1: (removed)" in stage.card()
    await people.types("resolve", by="ben")
    await people.types("close", by="ben")
    await stage.settle()
    hypothesis = stage.world.lookups.history(1)
    seq = next(recorded.seq for recorded in hypothesis if isinstance(recorded.event, e.Noted))
    for document in (stage.publisher.texts["INC-1"], to_markdown(whole(stage), people=PEOPLE)):
        assert "hunter" not in document
        assert f": (removed) [e{seq}]" in document
    shown = exported(stage)
    assert [shown["tasks"][0]["text"], shown["followups"][0]["text"]] == ["(removed)", "(removed)"]


async def test_the_link_to_a_removed_message_goes_with_it_and_others_stay(stage: Stage, people: People):
    await people.reacts("📌", "☑️", "📌")
    await people.reacts("📌", message="m10", words="hv-17 is full")
    await people.edits(words="hv-18 is full", message="m10")
    await people.removes()
    links = [row["source"]["link"] for row in exported(stage)["timeline"]]
    assert [shown for shown in links if shown] == [link("m10")]
    (left,) = stored(stage.world, "https://chat.example.org")
    assert left == f"event: {link('m10')}"


async def test_a_link_and_the_removal_of_its_message_in_one_batch_leave_nothing(stage: Stage, people: People):
    note = an_ask(c.Note(mark=Mark.NOTE, text=CANARY, message="m1"), 1)
    stage.world.do(replace(note, source=Source("reaction", "m1", link("m1"))), an_ask(c.RemoveMessage(message="m1"), 1))
    assert stored(stage.world, "https://chat.example.org") == []


async def test_what_waits_to_be_told_is_told_as_it_is_then_and_nothing_is_told_twice(stage: Stage, people: People):
    await people.reacts("📌")
    await people.edits()
    await stage.settle()
    (line,) = stage.thread()[-1].splitlines()
    assert line.endswith(f"{EDITED} (edited) (Ana Ruiz)")
    before = stage.rooms["console"].messages("inc-1")
    await people.edits("hv-17 is full")
    await stage.settle()
    assert [m.id for m in stage.rooms["console"].messages("inc-1")] == [m.id for m in before]
    await people.reacts("📌", message="m2", words=CANARY)
    await people.removes("m2", by="mod")
    await stage.settle()
    assert [line.partition(" ")[2][6:] for line in stage.thread()[-1].splitlines()[1:]] == [
        "(removed) (Ana Ruiz)",
        "A note was removed by a moderator",
    ]
    await people.removes()
    await stage.settle()
    assert stage.thread()[-1].splitlines()[1:] == [
        "What was told here before may still quote it; whoever may delete that message should."
    ]


async def test_what_has_begun_and_is_tried_again_does_not_tell_what_was_removed(stage: Stage, people: People):
    stage.chat.by_method["say"] = Orders(always=Unavailable("away", timedelta(seconds=1)))
    await people.reacts("📌")
    await stage.settle()
    assert ("tell", "waiting", 1) in [(kind, state, min(tries, 1)) for kind, state, tries in stage.effects("tell")]
    await people.removes()
    stage.chat.by_method.clear()
    stage.clock.forward(seconds=60)
    await stage.settle()
    assert "(removed)" in "\n".join(stage.thread())
    assert "hunter" not in "\n".join(stage.thread())


async def test_a_reaction_and_the_removal_of_its_message_in_one_batch_leave_nothing(stage: Stage, people: People):
    by_reaction = replace(an_ask(c.Note(mark=Mark.NOTE, text=CANARY, message="m1"), 1), by="ben")
    done = stage.world.do(
        by_reaction,
        an_ask(c.AddTask(text=CANARY, message="m1"), 1),
        an_ask(c.ChangeTask(task=1, done=True), 1),
        an_ask(c.AddTask(text=f"{CANARY} too", message="m2"), 1),
        an_ask(c.RemoveMessage(message="m1"), 1),
        an_ask(c.EditMessage(message="m2", text=EDITED), 1),
        an_ask(c.RemoveMessage(message="m2"), 1),
    )
    assert [outcome.refused for outcome in done] == [None] * 7
    assert stored(stage.world, *FOUND) == []
    assert replay(1, [r.event for r in stage.world.lookups.history(1)]) == stage.incident()


async def test_a_preview_that_quotes_two_messages_loses_both(stage: Stage, people: People):
    first, second = CANARY, "In rack four the password is still hunter4"
    quoting = [c.DraftPublicPost(status=PublicStatus.INVESTIGATING, title="Volumes", text=t) for t in (first, second)]
    stage.world.do(
        *(an_ask(c.Note(mark=Mark.PROPOSAL, text=t, message=m), 1) for t, m in ((first, "m1"), (second, "m2"))),
        *(an_ask(preview, 1) for preview in quoting),
    )
    stage.world.do(an_ask(c.RemoveMessage(message="m1"), 1), an_ask(c.RemoveMessage(message="m2"), 1))
    assert stored(stage.world, *FOUND) == []


async def test_a_removal_reaches_back_further_than_an_undo_does(stage: Stage, people: People):
    await people.reacts("📌", "☑️")
    stage.world.do(*(an_ask(c.Note(mark=Mark.NOTE, text=f"line {n}"), 1) for n in range(600)))
    await people.edits()
    assert stage.incident().tasks[0].text == EDITED
    await people.removes()
    assert stored(stage.world, *FOUND) == []


async def test_a_removal_is_about_one_incident(stage: Stage, people: People):
    await people.reacts("📌")
    await stage.open("Another one")
    await stage.ask(c.Note(mark=Mark.NOTE, text=CANARY, message="console:m1"), 2)
    await people.removes()
    assert [found.partition(":")[0] for found in stored(stage.world, *FOUND)] == ["event"]
    assert CANARY in told(stage, 2)


async def test_what_customers_have_read_stays_and_the_timeline_says_so(stage: Stage, people: People):
    await people.reacts("📣")
    await people.types(f"publish investigating {CANARY} title=Volumes", by="ben")
    await people.types("publish approve", by="ben")
    await people.removes()
    (left,) = stored(stage.world, *FOUND)
    assert left.startswith("event:")
    assert told(stage)[-1].endswith("; public post 1 quotes it, and customers have read that")
    await stage.settle()
    assert [post.text for post in stage.page.posts.values()] == [CANARY]


@pytest.mark.parametrize(("happened", "looked_at"), [("edited", ["room"]), ("removed", ["room", "incident"])])
async def test_a_message_of_which_nothing_was_made_costs_two_questions_and_a_removed_one_whether_it_is_the_card(
    stage: Stage, people: People, happened: str, looked_at: list[str]
):
    await people.reacts("📌", message="m0")
    before = stage.world.lookups.history(1)
    with statements() as sent:
        await (people.edits() if happened == "edited" else people.removes())
    asked = [statement for statement, _ in sent if statement.startswith(("SELECT", "INSERT", "UPDATE"))]
    assert [one.split("FROM ")[1].split()[0] for one in asked] == [*looked_at, "event"]
    with stage.world.database.engine.connect() as connection:
        (statement, values) = next((s, v) for s, v in sent if "FROM event" in s)
        if not stage.world.database.sqlite:
            connection.execute(text("SET enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if stage.world.database.sqlite else "EXPLAIN"
        plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", values))
    assert "USING PRIMARY KEY" in plan or "event_pkey" in plan or "sqlite_autoindex_event" in plan, plan
    assert stage.world.lookups.history(1) == before


async def test_what_happens_elsewhere_or_in_the_room_that_was_left_changes_nothing(stage: Stage, people: People):
    await people.reacts("📌")
    await people.edits(room="incidents")
    await people.types("private")
    await stage.settle()
    for room in ("inc-1", "nowhere"):
        await people.edits(room=room)
        await people.removes(room=room)
    assert CANARY in told(stage)
    await people.removes(room="inc-1-2")
    assert stored(stage.world, *FOUND) == []


async def test_what_a_platform_hands_over_is_cleaned_and_no_more_is_said_than_it_knows(stage: Stage, people: People):
    await people.reacts("📌")
    ahead = stage.clock.now() + timedelta(minutes=5)
    await people.conversation.edited(Edited("console", "inc-1", "", "m1", " hv-17\x1b is\x00 full ", ahead))
    assert told(stage)[-1] == "hv-17 is full (edited)"
    assert [(edit.text, edit.at) for edit in stage.events(e.MessageEdited)] == [("hv-17 is full", stage.clock.now())]
    await people.removes(by="")
    assert told(stage)[-1] == "A note was removed"
    assert [r.by for r in stage.world.lookups.history(1)[-2:]] == ["", ""]


async def test_the_same_edit_twice_is_one(stage: Stage, people: People):
    await people.reacts("📌")
    await people.edits("first", event="e1")
    await people.edits("second", event="e2")
    await people.edits("first", event="e1")
    assert [edit.text for edit in stage.events(e.MessageEdited)] == ["first", "second"]
    for _ in range(2):
        await people.removes(event="e3")
    assert len(stage.events(e.MessageRemoved)) == 1


@pytest.mark.parametrize("order", [("react", "edit", "remove"), ("react", "remove", "edit")], ids="-".join)
async def test_a_removal_that_is_heard_while_a_reaction_is_being_done_is_not_lost(
    stage: Stage, people: People, order: Sequence[str]
):
    doing = {"react": people.reacts, "edit": people.edits, "remove": people.removes}
    arguments = {"react": ("📌", "☑️")}
    await asyncio.gather(*(doing[what](*arguments.get(what, ())) for what in order))
    # The second reaction may be heard after the removal; then it finds that the message is gone.
    assert stored(stage.world, *FOUND) == []
    assert len(stage.events(e.MessageRemoved)) == 1


async def test_a_draft_nobody_edited_is_written_again_and_of_an_edited_one_the_room_is_told(
    stage: Stage, tmp_path: Path
):
    folder = tmp_path / "drafts"
    stage.deliverer = stage.another_process(publishers={"folder": Folder("folder", folder)})
    for number in (1, 2):
        await stage.open(f"Volumes slow {number}")
        note = c.Note(mark=Mark.HYPOTHESIS, text=CANARY, message="m1", author="ana")
        await stage.ask(note, number)
        await stage.ask(c.DraftPostmortem(), number)
    await stage.settle()
    untouched, edited = (folder / f"INC-{number}.md" for number in (1, 2))
    edited.write_text(f"{edited.read_text(encoding='utf-8')}\nReviewed.\n", encoding="utf-8")
    for number in (1, 2):
        await stage.ask(c.RemoveMessage(message="m1"), number)
    await stage.settle()
    assert "hunter" not in untouched.read_text(encoding="utf-8")
    assert "(removed)" in untouched.read_text(encoding="utf-8")
    assert "hunter" in edited.read_text(encoding="utf-8")
    assert "hunter" not in (folder / "INC-2.draft-2.md").read_text(encoding="utf-8")
    said = f"People had edited {edited}, so it was left alone: what was removed may still be in it"
    assert said in "\n".join(stage.thread("inc-2"))
    assert "left alone" not in "\n".join(stage.thread("inc-1"))


def test_after_a_vacuum_the_files_of_sqlite_hold_nothing_of_it(tmp_path: Path):
    with closing(World(Database(f"sqlite:///{tmp_path}/klatsch.db"))) as world:
        number = world.opened("Volumes slow").number
        for n in range(20):
            world.ask(c.AddTask(text=f"{CANARY} {n}", message="m1"), number, by=f"person{n}")
            world.ask(c.EditMessage(message="m1", text=f"{EDITED} {n}"), number)
        world.ask(c.RemoveMessage(message="m1"), number)
        assert stored(world, *FOUND) == []
        with closing(sqlite3.connect(tmp_path / "klatsch.db", isolation_level=None)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        held = b"".join(file.read_bytes() for file in tmp_path.glob("klatsch.db*"))
    assert b"Volumes slow" in held
    assert [word for word in FOUND if word.encode() in held] == []
