"""What Slack takes as a view, checked as strictly as it does: https://docs.slack.dev/reference/views and
https://docs.slack.dev/reference/block-kit/blocks."""

from __future__ import annotations

import json
from typing import Any

LARGEST = 250_000
"""Bytes of a view in JSON (the error `view_too_large`)."""


def length(text: str) -> int:
    """In units of UTF-16, the most that Slack can be counting."""
    return len(text.encode("utf-16-le")) // 2


def check_view(view: dict[str, Any]) -> None:
    """Raises AssertionError where Slack would answer `invalid_arguments` or `view_too_large`."""
    assert view["type"] in ("modal", "home")
    assert len(json.dumps(view).encode()) <= LARGEST
    assert 1 <= len(view["blocks"]) <= 100
    assert len(view.get("callback_id", "")) <= 255
    assert len(view.get("private_metadata", "")) <= 3000
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    if view["type"] == "modal":
        for name in ("title", "submit", "close"):
            check_plain(view[name], 24)
        assert "submit" in view or not inputs
    else:
        assert not {"title", "submit", "close"} & set(view)
    ids = [block["block_id"] for block in view["blocks"] if "block_id" in block]
    assert len(ids) == len(set(ids))
    for block in inputs:
        check_input(block)


def check_plain(text: dict[str, Any], most: int) -> None:
    assert text["type"] == "plain_text"
    assert 1 <= length(text["text"]) <= most


def check_input(block: dict[str, Any]) -> None:
    assert set(block) <= {"type", "block_id", "label", "hint", "optional", "element"}
    assert 1 <= len(block["block_id"]) <= 255
    check_plain(block["label"], 2000)
    if "hint" in block:
        check_plain(block["hint"], 2000)
    element = block["element"]
    assert 1 <= len(element["action_id"]) <= 255
    match element["type"]:
        case "plain_text_input":
            assert 1 <= element["max_length"] <= 3000
            assert 0 < length(element.get("initial_value", "x")) <= element["max_length"]
            assert element["multiline"] or "\n" not in element.get("initial_value", "")
        case "static_select":
            check_options(element["options"], 100)
            assert element.get("initial_option", element["options"][0]) in element["options"]
        case "multi_static_select":
            check_options(element["options"], 100)
            assert all(option in element["options"] for option in element.get("initial_options", ()))
            assert element.get("initial_options") != []
        case "checkboxes":
            check_options(element["options"], 10)
            assert all(option in element["options"] for option in element.get("initial_options", ()))
        case "users_select":
            assert element.get("initial_user", "U") != ""
        case other:
            raise AssertionError(other)


def check_options(options: list[dict[str, Any]], most: int) -> None:
    assert 1 <= len(options) <= most
    for option in options:
        check_plain(option["text"], 75)
        assert 1 <= len(option["value"]) <= 150
    assert len({option["value"] for option in options}) == len(options)
