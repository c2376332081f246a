"""Addresses that open rooms and messages of Matrix, as the specification writes them."""

from __future__ import annotations

import pytest

from adapters.chat.matrix import links
from bot.incident.text import web_link


@pytest.mark.parametrize(
    ("room", "link"),
    [
        ("#inc-7:b.org", "https://matrix.to/#/%23inc-7%3Ab.org"),
        ("!r:b.org", "https://matrix.to/#/%21r%3Ab.org?via=a.org"),
        ("!31hneApxJ_1o", "https://matrix.to/#/%2131hneApxJ_1o?via=a.org"),
    ],
)
def test_a_room_is_found_by_its_alias_or_by_a_server_that_is_in_it(room: str, link: str):
    assert links.room(room, "a.org") == link


@pytest.mark.parametrize(
    ("message", "link"),
    [
        ("$e-_1", "https://matrix.to/#/%21r%3Ab.org/%24e-_1?via=a.org%3A8448"),
        ("$143/ <é>:b.org", "https://matrix.to/#/%21r%3Ab.org/%24143%2F%20%3C%C3%A9%3E%3Ab.org?via=a.org%3A8448"),
    ],
)
def test_whatever_an_event_is_called_its_link_is_an_address_of_the_web(message: str, link: str):
    assert links.message("!r:b.org", message, "a.org:8448") == web_link(link) == link
