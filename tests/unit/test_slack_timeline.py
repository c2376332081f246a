"""A long timeline in Slack, which cuts a message at its end: the newest lines stand there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from adapters.chat.slack.render import message
from bot.chat.answers import timeline_document
from bot.incident import commands as c
from bot.incident.model import Mark, Source
from tests.unit.test_replies import PEOPLE, ZONE, Story

LINK = "https://example.slack.com/archives/C0INCIDENT/p1764244800000100?thread_ts=1764244700.000100&cid=C0INCIDENT"


@pytest.mark.parametrize("link", ["", LINK], ids=["typed", "linked"])
@pytest.mark.parametrize("words", [1, 40, 400])
def test_the_newest_lines_of_a_timeline_are_never_cut(words: int, link: str) -> None:
    story = Story()
    for number in range(100):
        story.do(c.Note(mark=Mark.NOTE, text=f"note {number} {'osd ' * words}end"))
    history = [replace(one, source=Source("reaction", "m1", link)) for one in story.history]
    shown = json.dumps(message(timeline_document(story.incident, history, people=PEOPLE, zone=ZONE), {}))
    assert "note 99 " in shown
    assert "was cut" not in shown
    assert "earlier lines are left out" in shown
    if words == 1 and not link:
        assert shown.count("osd end") > 50
