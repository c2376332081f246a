"""Whatever people bring up, say or vote: minutes stay their own, nothing rings, and the board keeps its bounds."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.coffee.board import Board, Coffee, CoffeeStatus, Manner, Takeaway, Topic, TopicState
from bot.coffee.minutes import minutes
from bot.coffee.rules import brew
from bot.coffee.topics import MOST
from bot.incident.commands import coffee as k
from bot.incident.model import Refused
from tests.coffees import STARTS, house

EVIL = (
    "```\n# x",
    "# heading",
    "[a](javascript:alert(1))",
    "[a][ref] [ref]: https://evil.example.org",
    "javascript:alert(1)",
    "<script>alert(1)</script>",
    "<a href='javascript:alert(1)'>read me</a>",
    "<https://evil.example.org>",
    "![x](https://evil.example.org/p.png)",
    "~~~ sh",
    "<!-- and the rest is gone",
    "&lt;script&gt; &#x3c;b&#x3e;",
    "- [ ] a task\n1. another",
    "=====\n-----",
    "| a | b |\n|---|---|",
    "ends in \\",
    "`code` ``more",
    "*bold* _it_ __all__ ~~gone~~",
    "<!channel> @channel @here @room <@U0ANA>",
    "a\u202egpj.exe \u2066x\u2069",
    "\x1b[31mred\x07\x00 of it",
    "\u0085next\u2028line\u2029",
)
HEADINGS = 2
"""The title, and the topic's."""


def rendered(topic: str, takeaway: str) -> list[Token]:
    """The minutes as GitHub and its like read them: with HTML, tables and struck words."""
    begun = STARTS + timedelta(minutes=40)
    taken = (Takeaway(takeaway, takeaway),)
    about = Topic(1, topic, STARTS, by=topic, state=TopicState.DISCUSSED, coffee=1, takeaways=taken)
    over = Coffee(1, STARTS, CoffeeStatus.OVER, (1,), began=STARTS, ended=begun)
    text = minutes(over, {1: about}, (), house())
    parsed = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    return [token for block in parsed for token in (block, *(block.children or ()))]


def assert_inert(topic: str, takeaway: str) -> None:
    found = Counter(token.type for token in rendered(topic, takeaway))
    plain = Counter(token.type for token in rendered("a topic", "a takeaway"))
    # A text between escaped signs is several texts, and bold are only our own names of facts.
    for same in (found, plain):
        for kind in ("text", "text_special"):
            same.pop(kind, None)
    assert found == plain, (topic, takeaway)
    assert found["heading_open"] == HEADINGS


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_in_minutes_whatever_is_said_is_words(evil: str) -> None:
    assert_inert(evil, "as they are")
    assert_inert("as it is", evil)


SIGNS = st.text("`~#*_[](){}<>!&;:/\\|-+=.0123456789 \nabc\u202e\u2028@", min_size=1, max_size=40)


@given(SIGNS, SIGNS)
def test_in_minutes_any_signs_are_words(topic: str, takeaway: str) -> None:
    assert_inert(f"a{topic}", f"{takeaway}z")


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_what_is_kept_is_one_line_without_what_steers_a_terminal_or_turns_the_words(evil: str) -> None:
    topic = brew(Board(), k.AddTopic(text=evil), Manner(), at=STARTS, first_topic=1, number=1).board.topics[1]
    assert not set(topic.text) & set("\n\r\x00\x07\x1b\u0085\u2028\u2029\u202e\u2066\u2069")


def brewed(board: Board, command: k.CoffeeCommand, at: datetime = STARTS) -> Board:
    new = max((0, *board.topics)) + 1
    number = max((0, *board.coffees)) + 1
    return brew(board, command, Manner(), at=at, first_topic=new, number=number).board


def refused(board: Board, command: k.CoffeeCommand) -> str:
    with pytest.raises(Refused) as said:
        brewed(board, command)
    return said.value.reason


def test_nobody_has_more_dots_or_thumbs_however_often_they_ask() -> None:
    board = brewed(Board(), k.AddTopic(text="Why do OSDs flap?"))
    for _ in range(3):
        board = brewed(board, k.PutDots(topic=1, voter="v1"))
    assert {refused(board, k.PutDots(topic=1, voter="v1")) for _ in range(5_000)} == {
        "Everybody has 3 dots, and all of yours are put."
    }
    assert "Everybody has 3 dots" in refused(board, k.PutDots(topic=1, voter="v2", count=10**30))
    board = brewed(board, k.StartCoffee())
    board = brewed(board, k.EndTimebox(coffee=1, topic=1, round=1))
    for _ in range(100):
        board = brewed(board, k.GiveThumb(voter="v1", up=True))
    assert board.coffee is not None
    assert board.coffee.thumbs == {"v1": True}


def test_thumbs_are_heard_only_while_they_are_asked_for() -> None:
    board = brewed(brewed(Board(), k.AddTopic(text="Why do OSDs flap?")), k.StartCoffee())
    over = brewed(board, k.EndCoffee(), STARTS + timedelta(minutes=5))
    for quiet in (board, over):
        assert refused(quiet, k.GiveThumb(voter="v1", up=True)) == "Nobody is asked for a thumb now."


def test_on_what_is_dropped_or_done_nobody_puts_dots() -> None:
    board = brewed(Board(), k.AddTopic(text="Why do OSDs flap?"))
    voted = brewed(board, k.PutDots(topic=1, voter="v1"))
    dropped = brewed(voted, k.DropTopic(topic=1))
    assert (dropped.topics[1].dots, dropped.topics[1].reacted) == ({}, {})
    assert refused(dropped, k.PutDots(topic=1, voter="v1")) == "Topic 1 was dropped."
    over = brewed(brewed(voted, k.StartCoffee()), k.EndCoffee(), STARTS + timedelta(minutes=5))
    assert refused(over, k.PutDots(topic=1, voter="v1")) == "Topic 1 was talked about already."


def test_who_reacted_to_what_is_not_kept_behind_it() -> None:
    board = brewed(Board(), k.AddTopic(text="Why do OSDs flap?", message="slack:C1:1", voter="v1"))
    board = brewed(board, k.PutDots(topic=1, voter="v2", reaction="slack:C1:1"))
    assert {"v1", "v2"} <= {board.topics[1].brought, *board.topics[1].reacted}
    dropped = brewed(board, k.DropTopic(topic=1))
    over = brewed(brewed(board, k.StartCoffee()), k.EndCoffee(), STARTS + timedelta(minutes=5))
    assert not [voter for voter in ("v1", "v2") if voter in repr(dropped) + repr(over)]


def test_a_board_has_an_end_and_so_has_a_topic() -> None:
    board = Board()
    for n in range(MOST):
        board = brewed(board, k.AddTopic(text=f"topic number {n}"))
    assert refused(board, k.AddTopic(text="one more")) == f"{MOST} topics are open already."
    long = refused(Board(), k.AddTopic(text="x" * 10_000_000))
    assert long.startswith(f"A topic holds {k.TOPIC_LIMIT} characters; that is ")
