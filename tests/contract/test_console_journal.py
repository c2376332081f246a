"""The console's journal: whatever was answered is there after a crash, and one process has it at a time."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.chat.console import Config, ConsolePlatform, build
from adapters.chat.console import keeper as keeping
from adapters.chat.console.documents import decode, encode
from bot.chat import document as d
from bot.incident.model import Person
from bot.ports import Attempt, Reacted, Rejected, Unavailable
from tests.contract.chat_harness import SlowClock
from tests.contract.test_console_people import Listener
from tests.unit.test_terminal import CARD

WRITER = """
import asyncio, sys
from adapters.chat.console import Config, build
from bot.chat.document import say
from bot.ports import Attempt
from tests.contract.chat_harness import SlowClock

async def main():
    platform = build("console", Config(folder=sys.argv[1]), clock=SlowClock())
    room = await platform.open_room(Attempt("open"), mark="inc-7", name="inc-7", topic="", private=False)
    number = 0
    while True:
        message = await platform.say(Attempt(f"say {number}"), room.id, say(f"line {number} " + "x" * 2000))
        await platform.edit(Attempt(f"edit {number}"), room.id, message, say(f"line {number} edited"))
        print(message, flush=True)
        number += 1

asyncio.run(main())
"""


def start(folder: Path) -> ConsolePlatform:
    return build("console", Config(folder=str(folder)), clock=SlowClock())


def writer(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def journal(folder: Path) -> Path:
    return folder / "journal.jsonl"


async def fill(platform: ConsolePlatform) -> str:
    """A room with one of everything in it."""
    keys = iter(range(100))

    def attempt() -> Attempt:
        return Attempt(f"fill {next(keys)}")

    room = (await platform.open_room(attempt(), mark="inc-7", name="inc-7-ceph", topic="one", private=True)).id
    card = await platform.say(attempt(), room, d.say("draft"))
    await platform.edit(attempt(), room, card, CARD)
    await platform.pin(attempt(), room, card)
    await platform.say(attempt(), room, d.say("paging Ana"), thread=card)
    await platform.invite(attempt(), room, [Person("ana", "Ana Ruiz"), Person("ben", "Ben Okafor")])
    await platform.set_topic(attempt(), room, "two")
    await platform.talk("ben", room, "has anybody called Zoë?")
    return room


async def change_of_mind(platform: ConsolePlatform, room: str, message: str) -> set[str]:
    """A reaction put on, taken off and put on again; answers the ids of these events."""
    inbox = Listener()
    listening = asyncio.create_task(platform.listen(inbox))
    for added in (True, False, True):
        await platform.react("ana", room, message, "📌", added)
    listening.cancel()
    return {heard.event for heard in inbox.heard if isinstance(heard, Reacted)}


@pytest.mark.parametrize("after", [1, 4, 9])
def test_what_was_answered_survives_kill_9_in_the_middle_of_writing(tmp_path, after):
    child = writer(tmp_path)
    assert child.stdout
    told = [child.stdout.readline().strip() for _ in range(after)]
    child.send_signal(signal.SIGKILL)
    told += child.stdout.read().split()
    child.stdout.close()
    child.wait()
    platform = start(tmp_path)
    try:
        there = {message.id: message.document.summary for message in platform.messages("inc-7")}
        assert [there[message] for message in told] == [f"line {number} edited" for number in range(len(told))]
        assert len(there) - len(told) in (0, 1), "at most the one that was being written is there besides"
    finally:
        platform.close()


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.99, 1.0], ids=["not begun", "torn early", "torn late", "no line end"])
async def test_a_torn_last_line_is_dropped_and_writing_goes_on(tmp_path, keep):
    platform = start(tmp_path)
    await fill(platform)
    platform.close()
    whole = journal(tmp_path).read_bytes()
    last = whole.rstrip(b"\n").rsplit(b"\n", 1)[1]
    body = whole[: -len(last) - 1]
    journal(tmp_path).write_bytes(body + last[: int(len(last) * keep)])

    platform = start(tmp_path)
    assert journal(tmp_path).read_bytes() == body
    assert "Zoë" not in str(platform.messages("inc-7"))
    message = await platform.talk("ben", "inc-7", "I say it again")
    platform.close()

    platform = start(tmp_path)
    assert platform.messages("inc-7")[-1].id == message
    platform.close()


async def test_a_last_line_of_rubbish_is_dropped_too(tmp_path):
    platform = start(tmp_path)
    room = await fill(platform)
    before = platform.room(room)
    platform.close()
    with journal(tmp_path).open("ab") as file:
        file.write(b"\0" * 300 + b"\n")
    platform = start(tmp_path)
    assert platform.room(room) == before
    platform.close()


@pytest.mark.parametrize("rubbish", ["{torn", "[1]", '{"do": "sing"}', '{"do": "say", "room": "inc-7"}', '{"room": 1}'])
async def test_a_line_in_the_middle_that_means_nothing_is_refused_by_its_number(tmp_path, rubbish):
    platform = start(tmp_path)
    await fill(platform)
    platform.close()
    lines = journal(tmp_path).read_text().splitlines()
    lines[3] = rubbish
    journal(tmp_path).write_text("\n".join(lines) + "\n")
    with pytest.raises(Rejected) as refused:
        start(tmp_path)
    assert f"{journal(tmp_path)}, line 4," in refused.value.reason
    assert "move" in refused.value.reason
    # Refused, and let go of: the file can be repaired and used without another start of the machine.
    journal(tmp_path).unlink()
    start(tmp_path).close()


async def test_a_journal_of_a_newer_version_is_refused(tmp_path):
    start(tmp_path).close()
    text = journal(tmp_path).read_text()
    journal(tmp_path).write_text(text.replace('"version":1', '"version":2'))
    with pytest.raises(Rejected, match="newer version"):
        start(tmp_path)


def test_a_second_process_is_refused_by_name_while_the_first_lives(tmp_path):
    child = writer(tmp_path)
    try:
        assert child.stdout
        child.stdout.readline()
        with pytest.raises(Unavailable) as refused:
            start(tmp_path)
        assert str(child.pid) in refused.value.reason
        assert str(tmp_path) in refused.value.reason
    finally:
        child.kill()
        child.stdout.close()
        child.wait()
    start(tmp_path).close()


def test_a_second_platform_in_the_same_process_is_refused_until_the_first_is_closed(tmp_path):
    first = start(tmp_path)
    with pytest.raises(Unavailable, match="in use"):
        start(tmp_path)
    first.close()
    start(tmp_path).close()


async def test_a_large_journal_is_compacted_at_the_start_and_says_the_same(tmp_path, monkeypatch):
    platform = start(tmp_path)
    room = await fill(platform)
    card = platform.room(room).pinned[0]
    for number in range(50):
        await platform.edit(Attempt(str(number)), room, card, d.say(f"card {number}" + "x" * 500))
    used = await change_of_mind(platform, room, card)
    await platform.archive(Attempt("archive"), room)
    before, size = platform.rooms(), journal(tmp_path).stat().st_size
    platform.close()

    monkeypatch.setattr(keeping, "COMPACT_ABOVE", 10_000)
    platform = start(tmp_path)
    assert platform.rooms() == before
    assert journal(tmp_path).stat().st_size < size / 5
    platform.close()

    platform = start(tmp_path)
    assert platform.rooms() == before, "what was compacted is read as what it was"
    again = await platform.say(Attempt("fill 1"), room, d.say("draft"))
    assert again == card, "a key is remembered after compaction"
    fresh = await platform.say(Attempt("fresh"), platform.announce_room, d.say("INC-8"))
    used |= {message.id for known in before for message in known.messages}
    assert fresh not in used, "an id never names two things"
    platform.close()

    platform = start(tmp_path)
    assert [message.id for message in platform.messages(platform.announce_room)] == [fresh]
    platform.close()


async def test_a_compaction_that_was_killed_before_its_end_changes_nothing(tmp_path, monkeypatch):
    platform = start(tmp_path)
    room = await fill(platform)
    for topic in "abcdef":
        await platform.set_topic(Attempt(topic), room, topic)
    before = platform.rooms()
    platform.close()
    (tmp_path / "journal.new").write_text('{"do": "begin"')
    monkeypatch.setattr(keeping, "COMPACT_ABOVE", 10)
    for _ in range(2):
        platform = start(tmp_path)
        assert platform.rooms() == before
        assert not (tmp_path / "journal.new").exists()
        platform.close()


async def test_a_full_disk_is_unavailable_and_leaves_nothing_behind(tmp_path):
    import resource

    platform = start(tmp_path)
    room = await fill(platform)
    before, size = platform.room(room), journal(tmp_path).stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        # The file may grow by 100 bytes: the line is torn in the middle.
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, limits[1]))
        with pytest.raises(Unavailable, match="cannot be written"):
            await platform.say(Attempt("big"), room, d.say("x" * 1_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert platform.room(room) == before
    message = await platform.say(Attempt("big"), room, d.say("x" * 1_000))
    platform.close()
    platform = start(tmp_path)
    assert platform.messages(room)[-1].id == message
    platform.close()


def test_a_folder_that_cannot_be_used_is_refused_by_name(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Rejected) as refused:
        start(tmp_path / "file" / "rooms")
    assert str(tmp_path / "file" / "rooms") in refused.value.reason


def test_nobody_else_on_the_machine_can_read_the_rooms(tmp_path):
    start(tmp_path / "rooms").close()
    assert (tmp_path / "rooms").stat().st_mode & 0o077 == 0
    assert journal(tmp_path / "rooms").stat().st_mode & 0o077 == 0


async def test_a_caller_who_gives_up_leaves_nothing_half_done(tmp_path):
    platform = start(tmp_path)
    room = (await platform.open_room(Attempt("open"), mark="inc-7", name="inc-7", topic="", private=False)).id
    saying = asyncio.create_task(platform.say(Attempt("1"), room, d.say("first")))
    await asyncio.sleep(0)
    saying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saying
    first = await platform.say(Attempt("1", number=2), room, d.say("first"))
    assert [message.id for message in platform.messages(room)] == [first]
    platform.close()
    with pytest.raises(Unavailable, match="closed"):
        await platform.say(Attempt("2"), room, d.say("second"))
    platform = start(tmp_path)
    assert [message.id for message in platform.messages(room)] == [first]
    platform.close()


def test_a_document_comes_back_from_json_as_it_was():
    assert decode(json.loads(json.dumps(encode(CARD)))) == CARD
