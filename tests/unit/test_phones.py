"""Telephone numbers as people write them."""

import re

import pytest

from adapters.paging.phones import e164, reached_at
from bot.incident.model import Person
from bot.ports import Rejected


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("+49301234567", "+49301234567"),
        ("+49 30 1234567", "+49301234567"),
        ("  +49 30 1234567 ", "+49301234567"),
        ("+49\u00a030\u202f1234567", "+49301234567"),
        ("+49-30-1234\u20115\u20106\u20137", "+49301234567"),
        ("+49.30/1234567", "+49301234567"),
        ("+49 (30) 123 45 67", "+49301234567"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("+39 06 1234567", "+39061234567"),
        ("+683 4002", "+6834002"),
        ("+123456789012345", "+123456789012345"),
    ],
)
def test_a_number_is_read_however_it_is_spaced(written: str, dialled: str) -> None:
    assert e164(written) == dialled


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("", "must begin with + and the country's code"),
        ("030 1234567", "must begin with + and the country's code"),
        ("0049 30 1234567", "must begin with + and the country's code"),
        ("tel:+49301234567", "must begin with + and the country's code"),
        ("+49-(0)30 1234567", "leave out the (0)"),
        ("+49 ( 0 ) 30 1234567", "leave out the (0)"),
        ("+1 800 FLOWERS", "no letters"),
        ("+49 30 1234567 ext. 5", "no letters"),
        ("+49 30 1234567ß", "no letters"),
        ("++49301234567", "only one +"),
        ("+49 30 1234567,,5", "only one +"),
        ("+49 30 1234567\n+49 30 7654321", "only one +"),
        ("+49 30 1234567\r\nX: y", "no letters"),
        ("+49 30 1234567\x00", "only one +"),
        ("+\u0664\u0669 30 1234567", "only one +"),
        ("+49 30", "7 to 15 digits"),
        ("+012 3456789", "does not begin with 0"),
        ("+1234567890123456", "7 to 15 digits"),
        ("+", "7 to 15 digits"),
        ("+" + "1" * 1_000_000, "7 to 15 digits"),
        ("+49301234567" + " " * 60 + "9", "7 to 15 digits"),
    ],
)
def test_what_is_no_number_is_refused_in_words_and_not_repeated(written: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        e164(written)
    assert "1234567" not in str(caught.value).replace("+49 30 1234567", "")


def ana(**options: str) -> Person:
    return Person("ana", "Ana Ruiz", options=options)


def test_the_first_key_that_is_set_counts() -> None:
    assert reached_at(ana(phone="+49 30 1234567"), "signal", "phone", way="texts") == "+49301234567"
    assert reached_at(ana(phone="+49 30 1", signal="+49 30 7654321"), "signal", "phone", way="texts") == "+49307654321"


@pytest.mark.parametrize(
    ("person", "sentence"),
    [
        (ana(), "texts: ana has no telephone number; set people.ana.phone or people.ana.signal"),
        (ana(signal=""), "texts: ana has no telephone number; set people.ana.phone or people.ana.signal"),
        (ana(phone="+1 800 FLOWERS"), "texts: people.ana.phone is no telephone number: it may hold no letters"),
        (
            ana(signal="030 7654321", phone="+49 30 1234567"),
            "texts: people.ana.signal is no telephone number: "
            "it must begin with + and the country's code, like +49 30 1234567",
        ),
    ],
)
def test_whoever_cannot_be_called_is_named_with_the_key(person: Person, sentence: str) -> None:
    with pytest.raises(Rejected) as caught:
        reached_at(person, "signal", "phone", way="texts")
    assert caught.value.reason == sentence
