"""What Slack answers, read without trusting it; and what is sent to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.chat.slack.answers import AWAY, LIMITED, LOCKED_OUT, asked_to_wait, details, part, rows, text
from adapters.chat.slack.pace import TIERS
from adapters.chat.slack.web import AS_JSON, Refusal, answer_of, code_of, flat
from bot.ports import Rejected

JUNK: list[Any] = [
    None,
    True,
    7,
    "x",
    [],
    [7, None, {"id": "C1"}, "x"],
    {},
    {"messages": {}},
    {"messages": ["x" * 999, 7]},
]


@pytest.mark.parametrize("junk", JUNK)
def test_whatever_is_answered_is_of_its_kind_or_nothing(junk: Any) -> None:
    answer = {"a": junk}
    assert rows(answer, "a") == ([{"id": "C1"}] if junk == JUNK[5] else [])
    assert part(answer, "a") == (junk if isinstance(junk, dict) else {})
    assert text(answer, "a") == ("x" if junk == "x" else "")
    for name in ("error", "needed", "response_metadata"):
        shown = details({"error": "missing_scope", name: junk})
        assert (shown[:1], shown[-1:]) in (("(", ")"), ("", ""))
        assert len(shown) < 400


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({}, ""),
        ({"error": "invalid_name"}, ""),
        ({"error": "not_in_channel"}, "(invite the bot to the channel)"),
        (
            {"error": "missing_scope", "needed": "pins:write"},
            "(the app needs the scope pins:write: add it and install the app again)",
        ),
        ({"error": "x", "response_metadata": {"messages": ["one", "two"]}}, "(one; two)"),
        ({"error": "not_in_channel", "response_metadata": {"messages": []}}, "(invite the bot to the channel)"),
    ],
)
def test_an_error_says_what_to_do(answer: dict[str, Any], shown: str) -> None:
    assert details(answer) == shown


@pytest.mark.parametrize(
    ("said", "wait"),
    [("0", 0), ("30", 30), ("3600", 3600), ("86400", 3600), ("1" * 30, None), ("1.5", None), ("²", None), ("", None)],
)
def test_a_wait_is_in_whole_seconds_and_an_hour_at_most(said: str, wait: int | None) -> None:
    assert asked_to_wait({"Retry-After": said}) == (None if wait is None else timedelta(seconds=wait))
    assert asked_to_wait({"retry-after": said}) == asked_to_wait({"Retry-After": said})


@pytest.mark.parametrize(
    ("value", "sent"),
    [(True, "true"), (False, "false"), (["U1", "U2"], "U1,U2"), (("a",), "a"), (7, "7"), ("ä & b", "ä & b"), ([], "")],
)
def test_a_value_in_a_form_is_as_slack_reads_it(value: object, sent: str) -> None:
    assert flat(value) == sent


def test_no_code_means_two_things() -> None:
    assert not LIMITED & AWAY
    assert not LIMITED & LOCKED_OUT
    assert not AWAY & LOCKED_OUT


def test_whatever_is_sent_as_json_has_its_pace() -> None:
    assert TIERS.keys() >= AS_JSON


def test_what_slack_answered_is_behind_our_error_and_behind_no_other_one() -> None:
    error = Rejected("no")
    assert (code_of(error), answer_of(error)) == ("", {})
    error.__cause__ = ValueError("x")
    assert (code_of(error), answer_of(error)) == ("", {})
    error.__cause__ = Refusal(200, "name_taken", {"ok": False})
    assert (code_of(error), answer_of(error)) == ("name_taken", {"ok": False})
