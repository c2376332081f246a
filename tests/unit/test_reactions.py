"""Reactions on messages: each does what a line could do, and is taken back with it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.parse import parse
from bot.chat.reactions import MEANINGS, REACTIONS, react, unreact
from bot.incident.commands import AddFollowUp, AddTask, ChangeFollowUp, ChangeTask, Note, Open, Retract
from bot.incident.model import Captured, Mark
from tests.builders import Story, step
from tests.unit.test_parse import ROOM

AT = datetime(2026, 11, 4, 13, 30, tzinfo=UTC)


def on(emoji, text="rebooted mon2"):
    return react(emoji, text=text, author="slack:U1", message="C1/1.2", at=AT)


@pytest.mark.parametrize(
    ("emoji", "mark"),
    [
        ("📌", Mark.NOTE),
        ("pushpin", Mark.NOTE),
        (":star:", Mark.KEY_MOMENT),
        ("⭐\ufe0f", Mark.KEY_MOMENT),
        ("🍀", Mark.LUCKY),
        ("❓", Mark.QUESTION),
        ("bulb", Mark.HYPOTHESIS),
        ("📣", Mark.PROPOSAL),
        ("☕", Mark.COFFEE),
        ("👀", Mark.ON_IT),
    ],
)
def test_a_reaction_puts_the_message_on_the_timeline_when_it_was_said(emoji, mark):
    assert on(emoji) == Note(mark=mark, text="rebooted mon2", when=AT, author="slack:U1", message="C1/1.2")
    assert unreact(emoji, message="C1/1.2") == Retract(message="C1/1.2", mark=mark)


def test_a_message_becomes_a_task_or_a_follow_up():
    assert on("☑") == on("☑️") == AddTask(text="rebooted mon2", author="slack:U1", message="C1/1.2")
    assert on("🔁") == on("repeat") == AddFollowUp(text="rebooted mon2", author="slack:U1", message="C1/1.2")
    assert unreact("☑", message="m") == Retract(message="m", captured=Captured.TASK)
    assert unreact("repeat", message="m") == Retract(message="m", captured=Captured.FOLLOWUP)


def test_other_reactions_and_empty_messages_do_nothing():
    assert on("🎉") is None
    assert on("📌", text=" \x00 ") is None
    assert unreact("🎉", message="x") is None


def test_a_long_message_is_cut_to_what_the_timeline_holds():
    assert len(on("📌", text="x" * 9000).text) == 4000


@pytest.mark.parametrize("meaning", MEANINGS, ids=lambda meaning: meaning.name)
def test_every_reaction_has_a_line_that_does_the_same(meaning):
    typed, reacted = parse(meaning.line, ROOM).command, on(meaning.emoji, text="TEXT")
    assert type(typed) is type(reacted)
    assert typed.text == reacted.text
    assert getattr(typed, "mark", None) == getattr(reacted, "mark", None)
    assert REACTIONS[meaning.short] is REACTIONS[meaning.emoji] is meaning


@given(st.text(), st.text())
def test_whatever_is_reacted_with_nothing_is_raised(emoji, text):
    command = react(emoji, text=text, author="", message="m", at=None)
    assert command is None or command.message == "m"


def reacting(*said):
    """A story in which one person after another gives a command with a reaction, or by typing."""
    story = Story()
    story.give(Open(title="Volumes slow"))
    for by, source, command in said:
        story.give(step(command, by=by, source=source))
    return story


def test_a_follow_up_that_is_done_stays_done_when_its_reaction_goes():
    off = Retract(message="m1", captured=Captured.FOLLOWUP)
    story = reacting(
        ("ana", "reaction", AddFollowUp(text="Alert on it", message="m1")),
        ("ben", "command", ChangeFollowUp(followup=1, outcome="done")),
        ("ana", "reaction", off),
    )
    assert story.incident.followups[0].outcome == "done"
    assert story.give(step(off, source="reaction")) == []


def test_who_took_a_reaction_off_holds_on_to_nothing_that_is_opened_again():
    add, off = AddTask(text="check", message="m1"), Retract(message="m1", captured=Captured.TASK)
    story = reacting(
        ("ana", "reaction", add),
        ("ana", "reaction", off),
        ("cleo", "command", ChangeTask(task=1)),
        ("ben", "reaction", add),
    )
    assert [(task.id, task.dropped) for task in story.incident.tasks] == [(1, False)]
    story.give(step(off, by="ben", source="reaction"))
    assert story.incident.tasks[0].dropped
