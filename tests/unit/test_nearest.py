"""What somebody may have meant: a suggestion only where it is likely, for a wrong one costs more than none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nearest import nearest

NAMES = (
    "status",
    "ack",
    "take",
    "start",
    "log",
    "help",
    "rename",
    "title",
    "hypothesis",
    "catchup",
    "cancel",
    "st",
    "ana",
)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("statsu", "status"),
        ("stauts", "status"),
        ("Status", "status"),
        ("akc", "ack"),
        ("acj", "ack"),
        ("hlep", "help"),
        ("titel", "title"),
        ("cancle", "cancel"),
        ("hypotesis", "hypothesis"),
        ("hypoth", "hypothesis"),
        ("catch", "catchup"),
        ("anna", "ana"),
    ],
)
def test_a_slip_of_the_finger_is_understood(word: str, meant: str) -> None:
    assert nearest(word, NAMES) == meant


@pytest.mark.parametrize("word", ["hilfe", "carl", "restart", "login", "thanks", "can", "hi", "s", "", "bob", "stop"])
def test_what_is_only_a_little_alike_is_not_suggested(word: str) -> None:
    assert nearest(word, NAMES) == ""


def test_the_nearer_of_two_is_suggested_and_as_it_is_written() -> None:
    assert nearest("volumse-az2", ["Volumes-az1", "Volumes-az2"]) == "Volumes-az2"


@given(word=st.text(max_size=90), known=st.lists(st.text(max_size=12), max_size=4))
def test_only_what_there_is_is_suggested(word: str, known: list[str]) -> None:
    assert nearest(word, known) in {"", *known}
