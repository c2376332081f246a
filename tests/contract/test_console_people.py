"""People at the console: what they type and how they react reaches the inbox and is seen in the room."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.chat.console import Change, Config, ConsolePlatform, Typed, build
from bot.alerts.model import Notification
from bot.chat import document as d
from bot.chat.wanting import Asked
from bot.incident.model import Person
from bot.ports import Attempt, Overloaded, Reacted, Rejected, Said
from bot.store import StoreUnavailable
from tests.contract.chat_harness import SlowClock

PEOPLE = {"ana": Person("ana", "Ana Ruiz"), "ben": Person("ben", "Ben Okafor")}


class Listener:
    """An inbox that remembers, and answers what it was told to."""

    def __init__(self) -> None:
        self.heard: list[Said | Reacted] = []
        self.fails: Exception | None = None
        self.answer: d.Document | None = None

    async def said(self, said: Said) -> d.Document:
        self.heard.append(said)
        if self.fails:
            raise self.fails
        return d.say(f"done: {said.line}", "good")

    async def wanting(self, said: Said) -> Asked | None:
        return None

    async def reacted(self, reacted: Reacted) -> d.Document | None:
        self.heard.append(reacted)
        if self.fails:
            raise self.fails
        return self.answer

    async def notified(self, notification: Notification) -> None:
        raise AssertionError("a console has no alerts")


class Memory:
    """A screen that remembers."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.notes: list[str] = []

    def changed(self, change: Change) -> None:
        self.changes.append(change)

    def step(self, text: str) -> None:
        raise AssertionError("steps are the demo's")

    def note(self, text: str) -> None:
        self.notes.append(text)


class Scene:
    def __init__(self, platform: ConsolePlatform, inbox: Listener, screen: Memory) -> None:
        self.platform = platform
        self.inbox = inbox
        self.screen = screen

    def room(self) -> list[tuple[str, str]]:
        """Who said what, the bot being nobody."""
        return [(said.by, said.document.to_plain()) for said in self.platform.messages("inc-7")]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    inbox, screen = Listener(), Memory()
    platform = build("console", Config(folder=str(tmp_path)), clock=SlowClock(), screen=screen, people=PEOPLE)
    await platform.open_room(Attempt("open"), mark="inc-7", name="inc-7", topic="", private=False)
    listening = asyncio.create_task(platform.listen(inbox))
    yield Scene(platform, inbox, screen)
    listening.cancel()
    platform.close()


async def test_a_typed_line_reaches_the_inbox_and_its_answer_stands_below_it(scene):
    answer = await scene.platform.type("ana", "inc-7", "take lead")
    (said,) = scene.inbox.heard
    line, below = scene.platform.messages("inc-7")
    assert said == Said("console", "inc-7", "ana", "take lead", line.id, line.at)
    assert scene.room() == [("ana", "take lead"), ("", "done: take lead")]
    assert below.thread == line.id
    assert below.document == answer


async def test_who_types_in_an_open_room_is_in_it_under_their_name(scene):
    await scene.platform.type("ana", "inc-7", "take lead")
    await scene.platform.talk("zoe", "inc-7", "hello")
    assert dict(scene.platform.people("inc-7")) == {"ana": "Ana Ruiz", "zoe": "zoe"}


async def test_ordinary_talk_is_seen_and_is_not_for_the_bot(scene):
    message = await scene.platform.talk("ben", "inc-7", "the switch in rack 3 is flapping")
    assert scene.platform.message("inc-7", message).by == "ben"
    assert scene.inbox.heard == []


async def test_typing_waits_for_somebody_to_listen(tmp_path):
    platform = build("console", Config(folder=str(tmp_path)), clock=SlowClock())
    typing = asyncio.create_task(platform.type("ana", "incidents", "list"))
    # Joining and talking are two changes, and changes are made one after the other: had ana begun, she would be there.
    await platform.talk("ben", "incidents", "is nobody there?")
    assert not typing.done()
    assert list(platform.people("incidents")) == ["ben"]
    listening = asyncio.create_task(platform.listen(Listener()))
    assert (await typing).summary == "done: list"
    listening.cancel()
    platform.close()


async def test_a_line_typed_while_nothing_can_be_stored_says_so(scene):
    for problem in (Overloaded("Too much waits already."), StoreUnavailable("The database does not answer.")):
        scene.inbox.fails = problem
        answer = await scene.platform.type("ana", "inc-7", "take lead")
        assert answer.tone == "refused"
        assert str(problem) in answer.to_plain()
        assert scene.room()[-1] == ("", answer.to_plain())


async def test_an_answer_is_read_though_the_line_has_closed_the_room(scene):
    class Closing(Listener):
        async def said(self, said: Said) -> d.Document:
            await scene.platform.archive(Attempt("archive"), said.room)
            return d.say("Closed.")

    scene.inbox.said = Closing().said
    assert (await scene.platform.type("ana", "inc-7", "close")).summary == "Closed."
    assert scene.screen.notes == ["Closed."]


async def test_a_reaction_is_handed_over_with_what_it_stands_on(scene):
    message = await scene.platform.talk("ben", "inc-7", "rebooted the switch")
    await scene.platform.react("ana", "inc-7", message, "📌")
    await scene.platform.react("ana", "inc-7", message, "📌", added=False)
    put, taken = scene.inbox.heard
    said = scene.platform.message("inc-7", message)
    assert put == Reacted(
        "console", "inc-7", "ana", "📌", message, "rebooted the switch", "ben", said.at, True, put.event
    )
    assert (taken.added, taken.message) == (False, message)
    assert put.event != taken.event
    assert said.reactions == ()


async def test_a_reaction_that_is_there_already_is_not_handed_over_again(scene):
    message = await scene.platform.talk("ben", "inc-7", "rebooted the switch")
    for _ in range(2):
        await scene.platform.react("ana", "inc-7", message, "📌")
    await scene.platform.react("ben", "inc-7", message, "📌", added=False)
    assert len(scene.inbox.heard) == 1
    assert scene.platform.message("inc-7", message).reactions == (("📌", "ana"),)


async def test_a_reaction_that_could_not_be_stored_is_told(scene):
    message = await scene.platform.talk("ben", "inc-7", "rebooted the switch")
    scene.inbox.fails = StoreUnavailable("The database does not answer.")
    await scene.platform.react("ana", "inc-7", message, "📌")
    assert "The database does not answer." in scene.screen.notes[0]


async def test_what_a_reaction_is_answered_stands_in_the_thread_of_its_message(scene):
    message = await scene.platform.talk("ben", "inc-7", "rebooted the switch")
    scene.inbox.answer = d.say("You have no dots left.", "refused")
    await scene.platform.react("ana", "inc-7", message, "🍎")
    answer = scene.platform.messages("inc-7")[-1]
    assert (answer.by, answer.thread, answer.document) == ("", message, scene.inbox.answer)


async def test_a_private_room_is_written_in_by_those_who_were_invited_alone(scene):
    await scene.platform.open_room(Attempt("8"), mark="inc-8", name="inc-8", topic="", private=True)
    await scene.platform.invite(Attempt("i"), "inc-8", [PEOPLE["ana"]])
    await scene.platform.type("ana", "inc-8", "status")
    message = scene.platform.messages("inc-8")[0].id
    with pytest.raises(Rejected, match="private"):
        await scene.platform.type("ben", "inc-8", "status")
    with pytest.raises(Rejected, match="private"):
        await scene.platform.react("ben", "inc-8", message, "📌")
    assert [said.by for said in scene.inbox.heard] == ["ana"]


async def test_the_bot_does_not_edit_what_a_person_said(scene):
    message = await scene.platform.talk("ben", "inc-7", "rebooted the switch")
    with pytest.raises(Rejected, match="ben"):
        await scene.platform.edit(Attempt("e"), "inc-7", message, d.say("ben did nothing"))


@pytest.mark.parametrize("line", ["", "  \n ", "\x1b\x07", "x" * 4_001], ids=["none", "blank", "controls", "too long"])
async def test_a_line_of_no_or_too_many_characters_is_rejected(scene, line):
    with pytest.raises(Rejected, match="1 to 4,000 characters"):
        await scene.platform.type("ana", "inc-7", line)
    assert scene.room() == []


async def test_lines_from_a_keyboard_are_typed_and_a_refused_one_does_not_end_listening(tmp_path):
    async def keyboard() -> AsyncIterator[Typed]:
        yield Typed("ana", "nowhere", "take lead")
        yield Typed("ana", "incidents", "list")

    inbox, screen = Listener(), Memory()
    platform = build("console", Config(folder=str(tmp_path)), clock=SlowClock(), screen=screen, lines=keyboard())
    listening = asyncio.create_task(platform.listen(inbox))
    while len(platform.messages("incidents")) < 2:
        await asyncio.wait([listening], timeout=0.01)
        assert not listening.done()
    assert [said.line for said in inbox.heard] == ["list"]
    assert "'nowhere'" in screen.notes[0]
    listening.cancel()
    platform.close()


async def test_the_screen_hears_of_every_change_once(scene):
    platform = scene.platform
    card = await platform.say(Attempt("1"), "inc-7", d.say("card"))
    await platform.say(Attempt("1"), "inc-7", d.say("card"))
    await platform.edit(Attempt("2"), "inc-7", card, d.say("card now"))
    await platform.edit(Attempt("2"), "inc-7", card, d.say("card now"))
    for _ in range(2):
        await platform.pin(Attempt("3"), "inc-7", card)
        await platform.set_topic(Attempt("4"), "inc-7", "topic")
        await platform.invite(Attempt("5"), "inc-7", list(PEOPLE.values()))
        await platform.archive(Attempt("6"), "inc-7")
    kinds = [change.kind for change in scene.screen.changes]
    assert kinds == ["open", "say", "edit", "pin", "topic", "join", "archive"]
    assert scene.screen.changes[2].message.document.summary == "card now"


@pytest.mark.parametrize("announce", ["inc-7", "two words", "bell\x07", "x" * 81])
def test_an_announcement_room_that_could_be_mistaken_is_refused(announce):
    with pytest.raises(ValidationError):
        Config(announce=announce)


async def test_without_an_announcement_room_there_is_none(tmp_path):
    platform = build("console", Config(folder=str(tmp_path), announce=""), clock=SlowClock())
    assert platform.announce_room == ""
    assert platform.rooms() == ()
    platform.close()
