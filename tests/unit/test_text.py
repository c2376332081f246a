"""Text from outside loses what could deceive a reader, and what nobody can read is no text."""

from __future__ import annotations

import pytest

from bot.incident.text import LINK_LIMIT, clean, one_line, unhidden, web_link


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Volumes slow", "Volumes slow"),
        ("two\r\nlines", "two\nlines"),
        ("bell\a and \x1b[31mred", "bell and [31mred"),
        ("nul\0", "nul"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("Größe 日本 👩‍🔧", "Größe 日本 👩‍🔧"),
    ],
)
def test_control_characters_and_direction_overrides_are_left_out(given: str, kept: str):
    assert clean(given) == kept


@pytest.mark.parametrize("nothing", ["", " \n\t", "\0\x1b", "\xad", "\u200b\u2060", "\u3000 \ufeff", "\ue000"])
def test_a_line_that_nobody_can_read_is_empty(nothing: str):
    assert one_line(nothing, 100) == ""


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("hv\u200b-17", "hv-17"),
        ("hv\u200d-17 \u200chv", "hv-17 hv"),
        ("Nu\u0301n\u0303ez", "Núñez"),
        ("👩\u200d🔧 می\u200cروم", "👩\u200d🔧 می\u200cروم"),
        ("two\n\tlines", "two\n\tlines"),
    ],
)
def test_nothing_hides_between_the_letters(given: str, seen: str):
    assert unhidden(given) == seen


def test_a_line_is_cut_at_its_limit_and_has_no_break():
    assert one_line("two\n  lines", 100) == "two lines"
    assert one_line("x" * 30, 10) == "x" * 10


@pytest.mark.parametrize(
    "link",
    [
        "https://matrix.to/#/%21a%3Ab.org/%24e-_?via=b.org",
        "https://acme.slack.com/archives/C0AB1/p1700000000000100?thread_ts=1700000000.000000&cid=C0AB1",
        "http://[2001:db8::1]:8008/a",
        "HTTPS://chat.example.org",
        "https://a.org/" + "x" * (LINK_LIMIT - 14),
    ],
)
def test_an_address_of_the_web_is_kept_as_it_is(link: str):
    assert web_link(link) == link


@pytest.mark.parametrize(
    "nothing",
    [
        "",
        "a.org",
        "//a.org/",
        "https://",
        "https:///a",
        "javascript:alert(1)",
        "mailto:a@b.org",
        "ftp://a.org/",
        "https://ana:secret@a.org/",
        "https://a.org/ b",
        "https://a.org/\n",
        "https://a.org/\x1b]8;;",
        "https://a.org/>[x](y",
        "https://a.org/|",
        "https://a.org/`",
        "https://a.org/\\",
        'https://a.org/"',
        "https://ä.org/",
        "http\u017f://a.org/",
        "https://a.org/\u202e",
        "https://a.org/" + "x" * (LINK_LIMIT - 13),
    ],
)
def test_what_is_no_address_of_the_web_is_no_half_of_one_either(nothing: str):
    assert web_link(nothing) == ""
