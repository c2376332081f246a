"""What a chat adapter keeps, it knows again: after a restart, in another process, and nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from bot.memory import MEMORY_KEY, MEMORY_VALUE, Memory
from bot.store import StoreUnavailable
from storage import migrate
from storage.engine import Database
from storage.memory import SqlMemory
from tests.clock import START, FakeClock
from tests.until import until
from tests.world import World


@pytest.fixture
def memory(world: World) -> Memory:
    return SqlMemory(world.database, world.clock, "matrix")


async def test_what_was_kept_is_known_again_by_whoever_opens_the_database(
    world: World, memory: Memory, database_url: str
) -> None:
    assert await memory.recall("since") is None
    await memory.keep({"since": "s1", "reaction:$a": "$message 📌"})
    with closing(Database(database_url)) as database:
        again = SqlMemory(database, world.clock, "matrix")
        assert [await again.recall(key) for key in ("since", "reaction:$a")] == ["s1", "$message 📌"]


async def test_what_is_kept_later_takes_the_place_of_what_was_there(memory: Memory) -> None:
    await memory.keep({"since": "s1", "other": "stays"})
    await memory.keep({"since": "s2"})
    assert [await memory.recall(key) for key in ("since", "other")] == ["s2", "stays"]
    await memory.keep({})
    assert await memory.recall("since") == "s2"


async def test_of_several_who_keep_a_first_word_all_hear_the_same(world: World, memory: Memory) -> None:
    others = [
        memory,
        SqlMemory(world.database, world.clock, "matrix"),
        SqlMemory(world.database, world.clock, "matrix"),
    ]
    heard = await asyncio.gather(*(each.keep_first("installation", f"{n}") for n, each in enumerate(others)))
    assert len(set(heard)) == 1
    assert await memory.recall("installation") == heard[0] == await memory.keep_first("installation", "late")
    with pytest.raises(ValueError, match="cannot be kept"):
        await memory.keep_first("installation", "\0")


async def test_a_platform_does_not_see_what_another_one_kept(world: World, memory: Memory) -> None:
    slack = SqlMemory(world.database, world.clock, "slack")
    await memory.keep({"since": "ours"})
    await slack.keep({"since": "theirs"})
    assert [await one.recall("since") for one in (memory, slack)] == ["ours", "theirs"]
    await memory.forget(["since"])
    await memory.forget_before("", START + timedelta(days=1))
    assert await slack.recall("since") == "theirs"


async def test_what_is_forgotten_is_gone_and_what_was_not_there_is_no_error(memory: Memory) -> None:
    await memory.keep({"a": "1", "b": "2", "c": "3"})
    await memory.forget(["a", "b", "nobody kept this"])
    await memory.forget([])
    assert [await memory.recall(key) for key in "abc"] == [None, None, "3"]


async def test_old_things_are_forgotten_by_how_their_keys_begin(world: World, memory: Memory) -> None:
    others = ("since", "Reaction:$a", "reactio", "r%action:$a")
    await memory.keep({"reaction:$a": "old", "reaction:$b": "kept again", **dict.fromkeys(others, "other")})
    world.clock.forward(weeks=2)
    await memory.keep({"reaction:$b": "kept again", "reaction:$c": "new"})
    await memory.forget_before("reaction:", world.clock.now())
    assert await memory.recall("reaction:$a") is None
    for key in ("reaction:$b", "reaction:$c", *others):
        assert await memory.recall(key) is not None, key
    await memory.forget_before("r%", world.clock.now())
    assert [await memory.recall(key) for key in ("r%action:$a", "Reaction:$a")] == [None, "other"]


async def test_all_whose_keys_begin_alike_are_known_again_in_the_order_of_the_keys(
    world: World, memory: Memory
) -> None:
    keys = [
        "form:B",
        "form:a",
        "form:é",
        "form:📌",
        "form%",
        "form_",
        "form",
        "Form:a",
        "forms",
        "fo",
        "f%rm:a",
        "f_rm:a",
    ]
    await memory.keep({key: f"of {key}" for key in reversed(keys)})
    await SqlMemory(world.database, world.clock, "slack").keep({"form:z": "not ours"})

    async def known(prefix: str, most: int = 100) -> list[str]:
        found = await memory.recall_all(prefix, most)
        assert all(value == f"of {key}" for key, value in found.items())
        return list(found)

    assert await known("form:") == ["form:B", "form:a", "form:é", "form:📌"]
    assert await known("form:", 2) == ["form:B", "form:a"]
    assert await known("form:", 0) == await known("form:b") == await known("form\0") == []
    assert (await known("form%"), await known("form_"), await known("f_rm")) == (["form%"], ["form_"], ["f_rm:a"])
    assert await known("form:📌") == ["form:📌"]
    assert await known("") == sorted(keys)


LONGEST = "k" * MEMORY_KEY
EMOJI = "🧑‍🚒" * (MEMORY_KEY // 3)


@pytest.mark.parametrize("key", [LONGEST, EMOJI, "", "a'b\\\"\n"])
async def test_the_longest_and_the_oddest_text_comes_back_as_it_was(memory: Memory, key: str) -> None:
    value = "✓" * MEMORY_VALUE
    await memory.keep({key: value})
    assert await memory.recall(key) == value


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (LONGEST + "k", "v"),
        ("k", "v" * (MEMORY_VALUE + 1)),
        ("k\0", "v"),
        ("k", "v\0"),
        ("k", "half an emoji \ud83d"),
        ("\udcff", "v"),
    ],
)
async def test_what_no_database_takes_is_refused_before_anything_is_kept(memory: Memory, key: str, value: str) -> None:
    with pytest.raises(ValueError, match="cannot be kept"):
        await memory.keep({"fine": "1", key: value})
    assert await memory.recall("fine") is None
    assert await memory.recall(key) is None
    await memory.forget([key])


async def test_all_is_kept_or_nothing(world: World, memory: Memory) -> None:
    await memory.keep({"a": "1", "b": "1"})
    # What fails is the last row of them.
    with world.database.write() as connection:
        connection.exec_driver_sql("CREATE UNIQUE INDEX once ON memory (value) WHERE value LIKE 'once%%'")
    with pytest.raises(StoreUnavailable):
        await memory.keep({"a": "2", "b": "once", "c": "once"})
    assert [await memory.recall(key) for key in "abc"] == ["1", "1", None]


async def test_a_database_that_is_gone_is_unavailable_for_each_of_them(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/k.db")) as database:
        migrate.upgrade(database)
        memory = SqlMemory(database, FakeClock(), "matrix")
        await memory.keep({"since": "s1"})
        (tmp_path / "k.db").unlink()
        for asked in (
            memory.recall("since"),
            memory.recall_all("", 1),
            memory.keep({"since": "s2"}),
            memory.forget(["since"]),
            memory.forget_before("", START),
        ):
            with pytest.raises(StoreUnavailable):
                await asked


@pytest.fixture
async def shared(postgresql_url: str) -> AsyncIterator[Memory]:
    with closing(Database(postgresql_url)) as database:
        yield SqlMemory(database, FakeClock(), "matrix")


DOOR_BEFORE_B = """
CREATE FUNCTION wait_at_door() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END';
CREATE TRIGGER door BEFORE INSERT ON memory FOR EACH ROW WHEN (NEW.key = 'b') EXECUTE FUNCTION wait_at_door();
"""
"""A server looks for a dead lock once, a second after a wait began: whoever keeps both comes to b when the other one waits for a."""


async def test_who_waits_for_another_process_that_waits_for_him_may_try_again(
    shared: Memory, postgresql_url: str
) -> None:
    await shared.keep({"a": "1", "b": "1"})
    async with (
        await psycopg.AsyncConnection.connect(postgresql_url) as other,
        await psycopg.AsyncConnection.connect(postgresql_url, autocommit=True) as door,
    ):

        async def wait(count: int) -> None:
            async def so_many() -> bool:
                return len(await (await door.execute("SELECT 1 FROM pg_locks WHERE NOT granted")).fetchall()) == count

            await until(so_many, f"{count} that wait")

        await door.execute(DOOR_BEFORE_B)
        await door.execute("SELECT pg_advisory_lock(1)")
        # It is patient: so the dead lock is ours to find.
        await other.execute("SET deadlock_timeout = '1min'")
        await other.execute("UPDATE memory SET value = 'other' WHERE key = 'b'")
        keeping = asyncio.create_task(shared.keep({"a": "2", "b": "2"}))
        await wait(1)
        taking = asyncio.create_task(other.execute("UPDATE memory SET value = 'other' WHERE key = 'a'"))
        await wait(2)
        await door.execute("SELECT pg_advisory_unlock(1)")
        with pytest.raises(StoreUnavailable, match="another process was first"):
            await keeping
        await taking
    assert [await shared.recall(key) for key in "ab"] == ["other", "other"]
