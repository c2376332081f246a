"""What is answered to whoever did something over the coffee, each answer whole, with the line that takes it back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.chat.document import Mention, Paragraph, say
from bot.coffee.board import Takeaway
from bot.coffee.brewed import Did, Told
from bot.coffee.replies import did_nothing, did_nothing_publicly, done, several
from bot.incident.model import Person, Refused
from tests.coffees import CALLED, NEARLY, OPEN, ORDERED, OSDS, OVER, RUNBOOKS, RUNNING, house

LONG = "w" * 100
NOTED = Takeaway("We alert on slow OSDs", "ben", 1)
BEGUN = replace(RUNNING, since=RUNNING.began)
UNSURE = replace(RUNNING, thumbs={"a": True, "b": False, "c": True})


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            Told(Did.ADDED, OSDS, coffee=CALLED),
            "Topic 1 is on the board as 🍎: Why do OSDs flap after a reboot? · undo: coffee drop 1",
        ),
        (
            Told(Did.ADDED, OSDS),
            "Topic 1 is on the board: Why do OSDs flap after a reboot? · undo: coffee drop 1",
        ),
        (
            Told(Did.ADDED, OPEN, coffee=CALLED),
            "Topic 7 is on the board: Why did *nobody* see the alert? · undo: coffee drop 7",
        ),
        (
            Told(Did.DROPPED, RUNBOOKS),
            "Topic 2 is off the board: Who reads runbooks, @ben? · undo: coffee restore 2",
        ),
        (
            Told(Did.RESTORED, NEARLY, coffee=CALLED),
            "Topic 4 is on the board again as 🍇: Nearly drained the wrong rack · undo: coffee drop 4",
        ),
        (
            Told(Did.REWORDED, OSDS, before=replace(OSDS, text="OSDs")),
            "Topic 1 reads now: Why do OSDs flap after a reboot? · undo: coffee reword 1 OSDs",
        ),
        (
            Told(Did.REWORDED, OSDS, before=replace(OSDS, text="w" * 80)),
            f"Topic 1 reads now: Why do OSDs flap after a reboot? · undo: coffee reword 1 {'w' * 80}",
        ),
        (
            Told(Did.REWORDED, OSDS, before=replace(OSDS, text="w" * 81)),
            "Topic 1 reads now: Why do OSDs flap after a reboot?",
        ),
        (Told(Did.REWORDED, OSDS), "Topic 1 reads now: Why do OSDs flap after a reboot?"),
        (
            Told(Did.PUT, OSDS, count=2, left=1),
            "2 dots on topic 1 (Why do OSDs flap after a reboot?). You have 1 dot left. · undo: coffee unvote 1 x2",
        ),
        (
            Told(Did.TAKEN, OSDS, count=1, left=0),
            "1 dot off topic 1 (Why do OSDs flap after a reboot?). You have none left. · undo: coffee vote 1 x1",
        ),
        (
            Told(Did.TOOK_ALONG, OSDS, coffee=RUNNING, takeaway=NOTED),
            "Noted as takeaway 1, with topic 1: We alert on slow OSDs · undo: coffee untake 1",
        ),
        (
            Told(Did.TOOK_ALONG, OSDS, coffee=OVER, takeaway=NOTED),
            "Noted as takeaway 1, with topic 1 of the last coffee (Why do OSDs flap after a reboot?): We alert on slow OSDs"
            " · undo: coffee untake 1",
        ),
        (
            Told(Did.TOOK_ALONG, OSDS, takeaway=NOTED),
            "Noted as takeaway 1, with topic 1: We alert on slow OSDs · undo: coffee untake 1",
        ),
        (
            Told(Did.TOOK_BACK, OSDS, coffee=RUNNING, takeaway=NOTED),
            "Takeaway 1 is off topic 1: We alert on slow OSDs · undo: coffee takeaway #1 We alert on slow OSDs",
        ),
        (
            Told(Did.TOOK_BACK, OSDS, coffee=RUNNING, takeaway=replace(NOTED, text=LONG)),
            f"Takeaway 1 is off topic 1: {'w' * 79}… · coffee takeaway #1 TEXT notes another.",
        ),
        (
            Told(Did.TOOK_BACK, OSDS, coffee=RUNNING, takeaway=replace(NOTED, text="Ask `ceph -s`")),
            "Takeaway 1 is off topic 1: Ask `ceph -s` · coffee takeaway #1 TEXT notes another.",
        ),
        (
            Told(Did.BEGAN, then=NEARLY, coffee=BEGUN),
            "Now, until 10:22 CET: Nearly drained the wrong rack · coffee next goes on to the next topic,"
            " coffee end within 2 min takes the start back.",
        ),
        (
            Told(Did.BEGAN, OSDS, then=NEARLY, coffee=RUNNING),
            "Now, until 10:22 CET: Nearly drained the wrong rack · back to the one before: coffee topic 1",
        ),
        (
            Told(Did.BEGAN, OSDS, then=NEARLY, coffee=RUNNING, takeaway=NOTED),
            "Now, until 10:22 CET: Nearly drained the wrong rack · back to the one before: coffee topic 1"
            " · take the takeaway back: coffee untake 1",
        ),
        (
            Told(Did.BEGAN, then=NEARLY, coffee=RUNNING),
            "Now, until 10:22 CET: Nearly drained the wrong rack · coffee next goes on to the next topic,"
            " coffee end ends the coffee.",
        ),
        (
            Told(Did.BEGAN, coffee=replace(RUNNING, until=None)),
            "The coffee begins, and there are no topics yet. · coffee add TEXT brings one up,"
            " coffee end within 2 min takes the start back.",
        ),
        (
            Told(Did.DONE, OSDS, coffee=replace(RUNNING, until=None)),
            "That was the last topic. · coffee add TEXT brings one up, coffee end ends the coffee."
            " · back to it: coffee topic 1",
        ),
        (
            Told(Did.DONE, OSDS, coffee=replace(RUNNING, until=None), takeaway=NOTED),
            "That was the last topic. · coffee add TEXT brings one up, coffee end ends the coffee."
            " · back to it: coffee topic 1 · take the takeaway back: coffee untake 1",
        ),
        (
            Told(Did.CALLED, coffee=CALLED),
            "The coffee on Thu 3 Dec, 10:00 CET is called. · coffee skip leaves it out.",
        ),
        (Told(Did.MOVED, coffee=CALLED), "The coffee is on Thu 3 Dec, 10:00 CET now. · coffee skip leaves it out."),
        (
            Told(Did.ORDERED, coffee=ORDERED),
            "The agenda stands, by dots. · coffee order orders it anew, coffee start begins.",
        ),
        (
            Told(Did.NOT_BEGUN, coffee=ORDERED),
            "The coffee has not begun after all: topics and dots are as they were."
            " · coffee start begins it, coffee skip says that it does not take place.",
        ),
        (
            Told(Did.THUMB, NEARLY, coffee=UNSURE),
            "Thumbs so far: 2 up, 1 down. · coffee up and coffee down change yours.",
        ),
        (
            Told(Did.NO_THUMB, NEARLY, coffee=RUNNING),
            "Thumbs so far: 0 up, 0 down. · coffee up and coffee down change yours.",
        ),
        (
            Told(Did.RESUMED, coffee=replace(RUNNING, last=4)),
            "The coffee goes on. Its dots are gone, its agenda is as it was. · coffee topic 4 takes up the last topic again,"
            " coffee next begins the next one, coffee end ends it.",
        ),
        (
            Told(Did.RESUMED, coffee=replace(RUNNING, last=0)),
            "The coffee goes on. Its dots are gone, its agenda is as it was."
            " · coffee next begins the next one, coffee end ends it.",
        ),
        (
            Told(Did.OVER, coffee=OVER),
            "The coffee is over after 46 min. What was not talked about stays. · coffee minutes shows the minutes,"
            " coffee takeaway #N TEXT adds to them, coffee start within 2 min goes on.",
        ),
        (
            Told(Did.OVER, coffee=replace(OVER, began=None)),
            "The coffee is over after no time. What was not talked about stays. · coffee minutes shows the minutes,"
            " coffee takeaway #N TEXT adds to them, coffee start within 2 min goes on.",
        ),
        (
            Told(Did.SKIPPED, coffee=CALLED),
            "The coffee on Thu 3 Dec, 10:00 CET does not take place. Its topics stay."
            " · coffee start holds one all the same.",
        ),
    ],
)
@pytest.mark.parametrize("language", ["en", "de"])
def test_each_answer_says_what_changed_and_what_takes_it_back(told: Told, said: str, language: str) -> None:
    answer = done(told, house(language))
    assert answer.to_plain() == said
    assert answer.tone == "good"
    assert said.startswith(answer.summary)
    assert " · " not in answer.summary


@pytest.mark.parametrize("what", [Did.NOTHING, Did.ASKED, Did.ON, Did.KEPT, Did.ADDED, Did.ORDERED])
def test_where_nothing_changed_the_answer_says_so(what: Did) -> None:
    held: dict[str, Any] = {} if what in (Did.ADDED, Did.ORDERED) else {"topic": OSDS, "coffee": RUNNING}
    answer = done(Told(what, **held), house())
    assert (answer.to_plain(), answer.tone) == ("Nothing changed: it was so already.", "info")


REFUSED = Refused("You have no dots left.", "`coffee unvote 1` takes one back.")


def test_why_a_reaction_did_nothing_is_said_whole_to_who_put_it_and_in_short_where_all_read_it() -> None:
    mine = did_nothing(REFUSED)
    whole = "You have no dots left. Your reaction did nothing. coffee unvote 1 takes one back."
    assert (mine.to_plain(), mine.summary, mine.tone) == (whole, whole, "refused")
    assert len(mine.blocks) == 1
    for person, called in ((Person("ana", "Ana Ruiz"), "Ana Ruiz: "), (None, "")):
        public = did_nothing_publicly(REFUSED, person)
        said = f"{called}You have no dots left. That reaction did nothing; coffee shows what is yours."
        assert (public.summary.removeprefix("@"), public.tone) == (said, "refused")
        (block,) = public.blocks
        assert isinstance(block, Paragraph)
        assert isinstance(block.inlines[0], Mention) is (person is not None)


@pytest.mark.parametrize(
    ("tones", "tone"),
    [
        (["good"], "good"),
        (["refused"], "refused"),
        (["info"], "info"),
        (["good", "refused"], "good"),
        (["refused", "refused"], "refused"),
    ],
)
def test_what_came_of_several_is_refused_when_each_was(tones: list[str], tone: str) -> None:
    answers = tuple(say(f"No. {n}.", one) for n, one in enumerate(tones))
    whole = several(answers)
    assert (whole.tone, whole.summary) == (tone, " ".join(one.summary for one in answers))
    assert whole.blocks == tuple(block for one in answers for block in one.blocks)
