"""Which reactions vote, however a platform writes them."""

from __future__ import annotations

import pytest

from bot.chat.reactions import MEANINGS
from bot.chat.votes import EMOJI, place, thumb, votes
from bot.coffee.card import CURRENT, DONE, OTHER


@pytest.mark.parametrize(
    ("emoji", "number"),
    [
        ("🍎", 1),
        ("🍎\ufe0f", 1),
        ("apple", 1),
        (":lemon:", 2),
        ("🍪", 15),
        ("cheese_wedge", 13),
        ("🍏", 0),
        ("1️⃣", 0),
        ("1", 0),
        ("Apple", 0),
        ("", 0),
        ("👍", 0),
    ],
)
def test_an_emoji_names_a_topic(emoji, number):
    assert place(emoji) == number
    assert votes(emoji) is (number > 0 or emoji == "👍")


@pytest.mark.parametrize(
    ("emoji", "up"),
    [
        ("👍", True),
        ("👍🏿", True),
        ("👍\ufe0f", True),
        ("+1", True),
        (":+1::skin-tone-2:", True),
        ("thumbsup", True),
        ("👎", False),
        ("👎🏻", False),
        ("-1", False),
        ("thumbsdown", False),
        ("👊", None),
        ("🏿", None),
        ("", None),
        ("🍎", None),
    ],
)
def test_a_thumb_says_whether_to_go_on(emoji, up):
    assert thumb(emoji) is up


def test_what_means_something_in_an_incident_s_room_is_no_vote():
    assert [one.emoji for one in MEANINGS if votes(one.emoji) or votes(one.short)] == []


def test_what_stands_for_a_topic_stands_for_nothing_else_and_holds_no_number():
    signs = [sign for names in EMOJI for sign in names]
    assert len(set(signs)) == len(signs)
    assert not {CURRENT, DONE, OTHER} & set(signs)
    assert [sign for sign in signs if any(letter.isdigit() for letter in sign)] == []
    # One character each: no platform writes it in another way.
    assert {len(emoji) for emoji, _ in EMOJI} == {1}
