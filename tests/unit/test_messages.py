"""Messages that reactions were put on: edited, what was made of them reads as they do; removed, a tombstone remains."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chat.answers import catchup_document, timeline_document
from bot.chat.removals import STAYS, still_told
from bot.chat.templates import Templates
from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.messages import WORDLESS, as_edited, scrubbed
from bot.incident.model import FollowUp, Mark, PublicPost, PublicStatus, Refused, Task
from bot.incident.plan import Policy, plan
from bot.incident.text import REMOVED
from bot.incident.timeline import TAKEN, sentence, story
from bot.postmortem.draft import draft
from bot.words import Wording
from storage import codec
from tests.builders import PEOPLE, START, Story, step

FIRST, SECOND = "hv-17 is full, says Acme Corp", "hv-17 is full, says a customer"
NOTE = c.Note(mark=Mark.NOTE, text=FIRST, message="m1", author="ana")
TASK = c.AddTask(text=FIRST, message="m1", author="ana")
FOLLOWUP = c.AddFollowUp(text=FIRST, message="m1", author="ana")
EDIT, REMOVE = c.EditMessage(message="m1", text=SECOND), c.RemoveMessage(message="m1")
OFF = c.Retract(message="m1", mark=Mark.NOTE)


def a_story(*said: c.Command, by: str = "ana") -> Story:
    """Opened by Ben (e1); then what somebody says, reacts or does to a message."""
    told = Story()
    told.give(step(c.Open(title="Volumes slow"), by="ben"))
    for command in said:
        give(told, command, by=by)
    return told


def give(told: Story, command: c.Command, *, by: str = "ana") -> list[e.Recorded]:
    source = "message" if isinstance(command, c.EditMessage | c.RemoveMessage) else "command"
    if getattr(command, "message", "") and source == "command":
        source = "reaction"
    return told.give(step(command, by=by, source=source))


def lines(told: Story) -> list[str]:
    """The timeline people read, without the opening."""
    return [sentence(r.event, lambda person: person) for r in story(told.history)][1:]


# An edit.


@pytest.mark.parametrize("mark", [mark for mark in Mark if mark not in (Mark.DECISION, Mark.INJECT)])
def test_every_line_reads_as_its_message_does_now_and_says_once_that_it_was_edited(mark: Mark) -> None:
    told = a_story(replace(NOTE, mark=mark), EDIT, replace(EDIT, text="hv-17 is full"))
    (line,) = lines(told)
    assert line.endswith("hv-17 is full (edited)")
    assert [line.count("edited"), "Acme" in line] == [1, False]


def test_a_task_and_a_follow_up_read_as_their_message_does_now() -> None:
    told = a_story(TASK, FOLLOWUP, EDIT, c.AddTask(text="another"))
    assert [task.text for task in told.incident.tasks] == [SECOND, "another"]
    assert [item.text for item in told.incident.followups] == [SECOND]
    assert lines(told) == [f"Task 1: {SECOND} (edited)", f"Follow-up 1: {SECOND} (edited)", "Task 2: another"]


UNCHANGED = {
    "nothing was made of it": (),
    "it was taken back": (NOTE, OFF),
    "it was undone": (NOTE, c.Undo(by="ana")),
    "the task was taken back": (TASK, c.Retract(message="m1", captured="task")),
    "the task was undone": (TASK, c.Undo(by="ana")),
    "it reads so already": (replace(NOTE, text=SECOND),),
    "it was edited to that before": (NOTE, EDIT),
    "it was removed": (NOTE, REMOVE),
}


@pytest.mark.parametrize("said", UNCHANGED.values(), ids=UNCHANGED)
def test_an_edit_changes_nothing_when(said: tuple[c.Command, ...]) -> None:
    told = a_story(*said)
    assert give(told, EDIT) == []


def test_what_was_dropped_by_decision_or_is_done_is_edited_too() -> None:
    told = a_story(TASK, c.ChangeTask(task=1, dropped=True), FOLLOWUP, c.ChangeFollowUp(followup=1, outcome="done"))
    give(told, EDIT)
    assert (told.incident.tasks[0].text, told.incident.followups[0].text) == (SECOND, SECOND)


def test_an_edit_that_comes_late_does_not_bring_back_older_words() -> None:
    told = a_story(NOTE)
    give(told, replace(EDIT, when=told.now + timedelta(seconds=30)))
    assert give(told, replace(EDIT, text=FIRST, when=told.now - timedelta(seconds=45))) == []
    assert lines(told) == [f"{SECOND} (edited)"]


@pytest.mark.parametrize("command", [EDIT, REMOVE], ids=["edit", "removal"])
def test_a_platform_whose_clock_is_ahead_is_heard(command: c.Command) -> None:
    told = a_story(NOTE)
    (done,) = give(told, replace(command, when=told.now + timedelta(hours=2)))
    assert done.event.at == told.now


@pytest.mark.parametrize(("text", "reads"), [(" \n", WORDLESS), ("x" * 5000, "x" * 4000)], ids=["no words", "too long"])
def test_an_edited_text_is_bounded(text: str, reads: str) -> None:
    assert lines(a_story(NOTE, replace(EDIT, text=text))) == [f"{reads} (edited)"]


def test_what_is_taken_after_an_edit_was_not_edited() -> None:
    told = a_story(NOTE, EDIT, replace(TASK, text=SECOND))
    assert lines(told) == [f"{SECOND} (edited)", f"Task 1: {SECOND}"]


def test_an_edit_is_undone_where_the_message_stands() -> None:
    told = a_story(c.AddTask(text="mine"), NOTE, EDIT)
    with pytest.raises(Refused, match="reads as the message does") as refused:
        told.give(c.Undo(by="ana", event=4))
    assert refused.value.hint == "Edit the message again, where it stands."


def test_who_edits_or_removes_a_message_and_types_undo_means_the_line_before() -> None:
    told = a_story(NOTE, c.AddTask(text="mine"))
    give(told, EDIT)
    give(told, REMOVE)
    told.give(c.Undo(by="ana"))
    assert told.incident.tasks[0].dropped


def test_the_card_the_thread_and_who_catches_up_read_the_new_words() -> None:
    told = a_story(NOTE, TASK, EDIT)
    known = {"people": PEOPLE, "zone": "UTC"}
    words = Wording(Templates(None), PEOPLE, "UTC", {})
    for document in (
        timeline_document(told.incident, told.history, **known),
        catchup_document(told.incident, told.history, now=told.now, **known),
        words.card(told.incident, told.now),
        words.digest(told.incident, told.history),
    ):
        assert SECOND in document.to_plain()
        assert "Acme" not in document.to_plain()
    assert words.digest(told.incident, told.history[-1:]) is None


def test_the_postmortem_cites_the_new_words() -> None:
    told = a_story(replace(NOTE, mark=Mark.HYPOTHESIS), FOLLOWUP, EDIT)
    text = draft(told.history, people=PEOPLE, zone="", components={})
    assert f"“{SECOND}” [e2]" in text
    assert f"Hypothesis: “{SECOND}” (edited) | [e2]" in text
    assert f"| 1 | {SECOND} |" in text
    assert "Acme" not in text


# A removal.


def test_a_tombstone_keeps_number_time_kind_and_people() -> None:
    told = a_story(NOTE, TASK, FOLLOWUP)
    before = told.history
    give(told, REMOVE)
    assert [replace(r, event=replace(r.event, text=FIRST)) for r in told.history[1:4]] == list(before[1:4])
    assert {r.event.text for r in told.history[1:4]} == {REMOVED}
    assert lines(told) == [
        "(removed)",
        "Task 1: (removed)",
        "Follow-up 1: (removed)",
        "A note, task 1 and follow-up 1 were removed by their author",
    ]


BY_WHOM = {
    "by its author": ("ana", "ana", " by its author"),
    "by a moderator": ("ana", "console:mod", " by a moderator"),
    "by nobody knows whom": ("ana", "", ""),
    "of nobody knows whom": ("", "ana", ""),
}


@pytest.mark.parametrize(("author", "by", "said"), BY_WHOM.values(), ids=BY_WHOM)
def test_a_tombstone_says_no_more_than_is_known(author: str, by: str, said: str) -> None:
    told = a_story(replace(NOTE, author=author))
    give(told, REMOVE, by=by)
    assert lines(told)[-1] == f"A note was removed{said}"


@pytest.mark.parametrize("mark", [mark for mark in Mark if mark is not Mark.INJECT])
def test_a_tombstone_says_what_it_was(mark: Mark) -> None:
    told = a_story(replace(NOTE, mark=mark), REMOVE)
    assert lines(told)[-1].lower() == f"{TAKEN[mark]} was removed by its author"


COPIES = {
    "a task before a change": (
        (TASK, c.ChangeTask(task=1, done=True)),
        e.TaskChanged(at=START, task=1, done=True, before=Task(1, REMOVED)),
    ),
    "a follow-up before a change": (
        (FOLLOWUP, c.ChangeFollowUp(followup=1, outcome="done")),
        e.FollowUpChanged(at=START, followup=1, outcome="done", before=FollowUp(1, REMOVED), owner=""),
    ),
    "an edit": ((NOTE, EDIT), e.MessageEdited(at=START, message="m1", text=REMOVED, events=(2,))),
}


@pytest.mark.parametrize(("said", "left"), COPIES.values(), ids=COPIES)
def test_a_copy_in_what_came_later_goes_too(said: tuple[c.Command, ...], left: e.Event) -> None:
    told = a_story(*said, REMOVE)
    assert replace(told.history[2].event, at=START) == left


def quoting(text: str, **post: str) -> c.DraftPublicPost:
    return c.DraftPublicPost(status=PublicStatus.INVESTIGATING, text=text, **{"title": "Disruption", **post})


PROPOSAL = replace(NOTE, mark=Mark.PROPOSAL, text="Volumes of Acme Corp are slow")


QUOTING = {
    "text": quoting("So far:\nvolumes of  Acme Corp are slow."),
    "title": quoting("See above", title="Volumes of Acme Corp are slow"),
    "masked": quoting("Volumes of [a customer] Acme Corp are slow"),
    "most of it": quoting("Volumes of Acme Corp"),
}


@pytest.mark.parametrize("preview", QUOTING.values(), ids=QUOTING)
def test_a_preview_that_quotes_it_is_discarded_and_cannot_come_back(preview: c.DraftPublicPost) -> None:
    told = a_story(PROPOSAL, preview, quoting("Something else"), c.DiscardPublicPost(), preview)
    give(told, REMOVE)
    assert told.incident.draft is None
    assert "Acme" not in repr(told.history)
    assert lines(told)[-1] == "The preview for customers was discarded"
    for seq in range(2, len(told.history) + 1):
        try:
            told.give(c.Undo(by="ana", event=seq))
        except Refused:
            continue
        assert REMOVED not in repr(told.incident.draft)


@pytest.mark.parametrize(
    ("said", "post"),
    [
        ("Volumes", "Volumes are slow"),
        ("Volumes of Acme Corp are slow", "Volumes are slow in AZ 2"),
        ("slow are Corp Acme of volumes", "Volumes of Acme Corp are slow"),
    ],
    ids=["too short to be from there", "in other words", "in another order"],
)
def test_a_preview_that_does_not_quote_it_waits_on(said: str, post: str) -> None:
    told = a_story(replace(PROPOSAL, text=said), quoting(post), REMOVE)
    assert told.incident.draft == PublicPost("Disruption", PublicStatus.INVESTIGATING, post)


def test_what_customers_have_read_stays_and_is_said_to() -> None:
    told = a_story(PROPOSAL, quoting(PROPOSAL.text), c.ApprovePublicPost(), REMOVE)
    assert lines(told)[-1] == (
        "A proposal for customers was removed by its author; public post 1 quotes it, and customers have read that"
    )
    published = told.history[3].event
    assert published.post.text == PROPOSAL.text
    assert "Acme" not in repr([r for r in told.history if r.event != published])


def test_words_of_it_that_were_masked_in_a_preview_are_forgotten() -> None:
    preview = replace(quoting("Volumes are slow"), masked=("Acme Corp", "rack 3"))
    told = a_story(PROPOSAL, preview, REMOVE)
    assert told.history[2].event.masked == ("rack 3",)


def test_a_removal_reaches_what_was_taken_back_and_does_not_speak_of_it() -> None:
    told = a_story(NOTE, OFF, REMOVE)
    assert "Acme" not in repr(told.history)
    assert lines(told) == []
    undone = a_story(TASK, c.Undo(by="ana"), REMOVE)
    assert "Acme" not in repr((undone.history, undone.incident))
    assert "removed" not in draft(undone.history, people=PEOPLE, zone="", components={})


@pytest.mark.parametrize("late", [NOTE, TASK, FOLLOWUP, EDIT, OFF, REMOVE], ids=lambda late: type(late).__name__)
def test_what_comes_after_a_removal_makes_nothing_and_takes_nothing_back(late: c.Command) -> None:
    told = a_story(NOTE, REMOVE)
    assert give(told, late) == []


def test_a_message_of_which_nothing_was_made_is_removed_without_a_trace() -> None:
    told = a_story(NOTE)
    assert give(told, c.RemoveMessage(message="m2")) == []
    assert scrubbed(told.history, e.MessageRemoved(at=START, message="m2", events=(9,))) == []


def test_a_removal_cannot_be_undone() -> None:
    told = a_story(NOTE, REMOVE)
    with pytest.raises(Refused, match="the text is gone"):
        told.give(c.Undo(by="ana", event=3))


def test_the_postmortem_shows_the_tombstone_and_cites_it() -> None:
    told = a_story(replace(NOTE, mark=Mark.HYPOTHESIS), TASK, FOLLOWUP, EDIT, REMOVE)
    text = draft(told.history, people=PEOPLE, zone="", components={})
    assert "- Considered at 2026-11-20 14:02 UTC: (removed) [e2]" in text
    assert "| Hypothesis: (removed) | [e2] |" in text
    assert "| A hypothesis, task 1 and follow-up 1 were removed by their author | [e6] |" in text
    assert "“(removed)”" not in text


# What follows outside.

FOLDERS = Policy(publishers=("folder", "wiki"), own=("folder",))


@pytest.mark.parametrize(
    ("said", "private", "written"),
    [
        ((NOTE, c.DraftPostmortem()), False, ["folder", "wiki"]),
        ((NOTE, c.DraftPostmortem()), True, ["folder"]),
        ((c.DraftPostmortem(), NOTE), False, []),
        ((NOTE,), False, []),
    ],
    ids=["drafted", "private", "taken later than that", "not drafted"],
)
def test_a_draft_that_was_made_of_it_is_made_again(
    said: tuple[c.Command, ...], private: bool, written: list[str]
) -> None:
    told = a_story(*said, REMOVE)
    planned = plan(replace(told.incident, private=private), told.history[-1].event, FOLDERS)
    assert planned == [f.WriteDraft(publisher, removed=True) for publisher in written]


@pytest.mark.parametrize(
    ("edited", "removed", "told"),
    [("INC-7.md", True, True), ("INC-7.md", False, False), ("", True, False)],
    ids=["people edited it", "no removal", "nobody edited it"],
)
def test_a_draft_that_people_edited_is_named_because_the_text_may_be_in_it(
    edited: str, removed: bool, told: bool
) -> None:
    written = a_story(c.RecordPostmortem(place="INC-7.draft-2.md", edited=edited, removed=removed))
    said = "People had edited INC-7.md, so it was left alone: what was removed may still be in it"
    assert lines(written) == ([said] if told else [])


def test_the_thread_is_told_that_it_may_quote_what_was_removed() -> None:
    told = a_story(NOTE, REMOVE)
    words = Wording(Templates(None), PEOPLE, "UTC", {})
    assert words.digest(told.incident, told.history[2:]).to_plain().splitlines() == [
        "- 14:03 A note was removed by its author",
        STAYS,
    ]
    # Both are told at once, so that nothing was quoted before.
    assert still_told(told.history) == still_told(told.history[:2]) == ()


@pytest.mark.parametrize("kind", ["noted", "task_added", "follow_up_added"])
def test_what_was_taken_before_messages_could_be_edited_can_be_read(kind: str) -> None:
    numbers = {"noted": '"mark": "note"', "task_added": '"task": 1', "follow_up_added": '"followup": 1'}
    stored = f'{{"at": "2026-11-20T14:00:00Z", "text": "{FIRST}", "message": "m1", {numbers[kind]}}}'
    event = codec.load_event(kind, stored)
    assert (event.text, event.author, event.edited) == (FIRST, "", False)
    assert codec.load_effect("write_draft", '{"publisher": "folder"}') == f.WriteDraft("folder")


def test_a_line_is_never_stored_as_edited() -> None:
    told = a_story(NOTE, EDIT)
    assert [r.event.edited for r in as_edited(told.history) if isinstance(r.event, e.Noted)] == [True]
    assert "edited=True" not in repr(told.history)
