"""What stands on the board, row by row, and what whoever asks is shown of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chat.document import Button, Buttons, Document
from bot.coffee.board import Board, Coffee, Origin, Topic, TopicState
from bot.coffee.card import asked_document, board_document, cut_to, emoji, in_order, origin, topic_document
from bot.incident.text import REMOVED
from tests.coffees import BEFORE, CALLED, DISCUSSED, MEETING, NEARLY, OPEN, OSDS, RUNNING, STARTS, house

NOW = STARTS - timedelta(days=1)


def many(count: int) -> Board:
    return Board({n: Topic(n, f"Topic {n}", STARTS, place=n if n <= 15 else 0) for n in range(1, count + 1)})


def offered(document: Document) -> list[Button]:
    return [button for block in document.blocks if isinstance(block, Buttons) for button in block.buttons]


def commands(document: Document) -> list[str]:
    return [button.line for button in offered(document)]


@pytest.mark.parametrize(
    ("board", "summary"),
    [
        (Board(), "☕ Topics for the next lean coffee: 0 topics"),
        (Board({1: OSDS}), "☕ Topics for the next lean coffee: 1 topic"),
        (BEFORE, "☕ Lean coffee on Thu 3 Dec, 10:00 CET: 4 topics"),
    ],
)
def test_what_a_phone_shows_of_the_board_is_when_and_how_many(board: Board, summary: str) -> None:
    assert board_document(board, house(), NOW).summary == summary


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        (NEARLY, ["near miss INC-9"]),
        (OPEN, ["open question of INC-7", "by cleo"]),
        (replace(OPEN, by=""), ["open question of INC-7"]),
        (replace(OPEN, text=REMOVED), ["by cleo"]),
        (replace(OPEN, incident=0), ["by cleo"]),
        (replace(OPEN, origin=Origin.REACTION), ["by cleo"]),
        (replace(NEARLY, text=REMOVED), []),
    ],
)
def test_a_topic_says_of_which_incident_it_is_where_that_may_be_read(topic: Topic, said: list[str]) -> None:
    assert origin(topic, house()) == said


@pytest.mark.parametrize(
    ("topic", "offers"), [(OSDS, ["coffee vote 1"]), (DISCUSSED, []), (replace(OSDS, state=TopicState.DROPPED), [])]
)
def test_only_a_topic_that_is_open_is_voted_for(topic: Topic, offers: list[str]) -> None:
    assert commands(topic_document(topic, BEFORE, house())) == offers


def test_whoever_reads_one_topic_reads_it_as_in_an_answer() -> None:
    assert topic_document(OSDS, BEFORE, house()).summary == "#1 Why do OSDs flap after a reboot? · 4 dots · by Ana Ruiz"


@pytest.mark.parametrize(
    ("topics", "current", "offers"),
    [
        ({4: NEARLY, 7: OPEN}, 4, "coffee next"),
        ({4: NEARLY}, 4, "coffee next"),
        ({4: replace(NEARLY, state=TopicState.DISCUSSED), 7: OPEN}, 0, "coffee next"),
        ({4: replace(NEARLY, state=TopicState.DISCUSSED)}, 0, "coffee end"),
    ],
)
def test_while_something_is_talked_about_or_waits_people_go_on(
    topics: dict[int, Topic], current: int, offers: str
) -> None:
    shown = board_document(Board(topics, replace(RUNNING, current=current)), house(), NOW)
    assert commands(shown) == [offers, "coffee add"]


@pytest.mark.parametrize(
    "coffee", [replace(RUNNING, current=9), replace(RUNNING, until=None)], ids=["it is gone", "no time is set"]
)
def test_what_has_no_end_is_not_said_to_be_talked_about(coffee: Coffee) -> None:
    assert "Now, until" in board_document(MEETING, house(), NOW).to_plain()
    assert "Now, until" not in board_document(replace(MEETING, coffee=coffee), house(), NOW).to_plain()


def test_what_is_reacted_to_stands_in_the_order_of_its_emoji() -> None:
    topics = {1: replace(OSDS, place=0), 2: replace(OSDS, id=2, place=3), 3: replace(OSDS, id=3, place=1)}
    assert [topic.id for topic in in_order(Board(topics))] == [3, 2, 1]
    assert [emoji(replace(OSDS, place=place)) != "" for place in (0, 1, 15, 16)] == [False, True, True, False]


@pytest.mark.parametrize(("count", "last"), [(15, False), (16, True)])
def test_where_a_message_may_be_cut_the_topics_come_last_for_whoever_asks(count: int, last: bool) -> None:
    unplanned = replace(house(), planned=False)
    said = asked_document(many(count), unplanned, "v1", NOW).to_plain()
    assert (said.index("Topic 15") > said.index("coffee add")) is last
    assert f"Topic {count}" in said
    assert "topics more" not in said
    assert "cron:" in said
    posted = board_document(replace(many(count), coffee=CALLED), house(), NOW).to_plain()
    assert ("and 1 topic more" in posted) is last


@pytest.mark.parametrize(("lengths", "most"), [([300], 300), ([300] * 4, 300), ([300] * 5, 240), ([300] * 40, 80)])
def test_long_topics_share_the_room_of_a_list(lengths: list[int], most: int) -> None:
    assert cut_to([replace(OSDS, text="w" * length) for length in lengths]) == most
