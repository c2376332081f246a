"""Which reactions vote, however a platform writes them."""

from __future__ import annotations

import pytest

from bot.chat.reactions import MEANINGS
from bot.chat.votes import place, thumb, votes


@pytest.mark.parametrize(
    ("emoji", "number"),
    [
        ("1️⃣", 1),
        ("1\u20e3", 1),
        ("9️⃣", 9),
        ("🔟", 10),
        ("one", 1),
        (":nine:", 9),
        ("keycap_ten", 10),
        ("0️⃣", 0),
        ("zero", 0),
        ("1", 0),
        ("ten", 0),
        ("", 0),
        ("👍", 0),
    ],
)
def test_a_number_names_a_topic(emoji, number):
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
        ("1️⃣", None),
    ],
)
def test_a_thumb_says_whether_to_go_on(emoji, up):
    assert thumb(emoji) is up


def test_what_means_something_in_an_incident_s_room_is_no_vote():
    assert [one.emoji for one in MEANINGS if votes(one.emoji) or votes(one.short)] == []
