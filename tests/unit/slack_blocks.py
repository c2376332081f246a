"""What Slack takes as blocks, and what is read in them."""

from __future__ import annotations

import json
import re
from typing import Any

from slack_sdk.models.blocks import Block as SdkBlock

from adapters.chat.slack.render import LARGEST, weight

CUT = "… The rest was cut: it does not fit into one message."
INLINE_KEYS = {
    "text": {"type", "text", "style"},
    "link": {"type", "url", "text"},
    "user": {"type", "user_id"},
}
RICH = {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}


def check(blocks: list[dict[str, Any]], most: int = 50, room: int = LARGEST) -> None:
    """Fails where Slack would refuse `blocks`, or would read words in them as anything else
    (https://docs.slack.dev/reference/block-kit/blocks)."""
    assert 1 <= len(blocks) <= most
    assert weight(blocks) <= room
    assert json.loads(json.dumps(blocks)) == blocks
    for block in SdkBlock.parse_all(blocks):
        block.validate_json()
    actions: list[str] = []
    for block in blocks:
        match block["type"]:
            case "header":
                assert set(block) == {"type", "text"}
                plain_text(block["text"], 150)
                assert "\n" not in block["text"]["text"]
            case "divider":
                assert set(block) == {"type"}
            case "context":
                assert 1 <= len(block["elements"]) <= 10
                for element in block["elements"]:
                    plain_text(element, 2000)
            case "section":
                assert set(block) == {"type", "fields"}
                assert 1 <= len(block["fields"]) <= 10
                for field in block["fields"]:
                    cell(field)
            case "actions":
                assert set(block) == {"type", "elements"}
                assert 1 <= len(block["elements"]) <= 25
                for element in block["elements"]:
                    button(element)
                    actions.append(element["action_id"])
            case "rich_text":
                assert set(block) == {"type", "elements"}
                rich(block["elements"])
            case other:
                raise AssertionError(other)
    assert len(actions) == len(set(actions))


def plain_text(text: dict[str, Any], most: int) -> None:
    assert set(text) == {"type", "text", "emoji"}
    assert text["type"] == "plain_text"
    assert text["emoji"] is False
    assert 1 <= len(text["text"]) <= most
    inert(text["text"])


def inert(text: str) -> None:
    """Nothing in it is left for Slack to parse."""
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)


def cell(field: dict[str, Any]) -> None:
    """The name in bold, and of the value only what no version of mrkdwn could read as markup, and mentions of ours."""
    assert (field["type"], field["verbatim"], set(field)) == ("mrkdwn", True, {"type", "text", "verbatim"})
    assert len(field["text"]) <= 2000
    found = re.fullmatch(r"\*([^*\n]+)\*\n([^\n]+)", field["text"])
    assert found
    for text in (found[1], re.sub(r"<@[UW][A-Z0-9]+>", "", found[2])):
        inert(text)
        assert not set(text) & set("*_~`<>&@#|[]{}\\=;")
        assert not re.search(r":[^:\s]*:|:\D|\D:|\d\)", text)
        assert text == text.strip() or text is not found[1]


def button(element: dict[str, Any]) -> None:
    assert set(element) <= {"type", "action_id", "text", "value", "style"}
    assert element["type"] == "button"
    assert re.fullmatch(r"line:\d+", element["action_id"])
    assert element.get("style", "primary") in ("primary", "danger")
    assert 1 <= len(element["value"]) <= 2000
    plain_text(element["text"], 75)


def rich(elements: list[dict[str, Any]]) -> None:
    assert elements
    for element in elements:
        assert element["type"] in RICH
        assert element["elements"]
        if element["type"] == "rich_text_list":
            assert set(element) == {"type", "elements", "style"}
            assert element["style"] in ("bullet", "ordered")
            assert {item["type"] for item in element["elements"]} == {"rich_text_section"}
            rich(element["elements"])
            continue
        assert set(element) == {"type", "elements"}
        for inline in element["elements"]:
            assert set(inline) <= INLINE_KEYS[inline["type"]]
            assert inline.get("text", "x") != ""
            assert all(inline.get("style", {"bold": True}).values())
            assert set(inline.get("style", {"bold": True})) <= {"bold", "italic", "code"}
            assert re.fullmatch(r"[UW][A-Z0-9]+", inline.get("user_id", "U1"))
            assert re.match(r"https?://.|mailto:.", inline.get("url", "https://x"), re.IGNORECASE)
            assert element["type"] != "rich_text_preformatted" or inline["type"] == "text"


def shown(blocks: list[dict[str, Any]]) -> str:
    """All words in blocks, as Slack shows them."""
    texts: list[str] = []

    def walk(part: Any, *, literal: bool = False) -> None:
        if isinstance(part, list):
            for one in part:
                walk(one, literal=literal)
        elif isinstance(part, dict):
            literal = literal or part.get("type") == "rich_text"
            for key, one in part.items():
                if key == "text" and isinstance(one, str):
                    texts.append(
                        one if literal else one.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
                    )
                elif key in ("text", "elements", "fields"):
                    walk(one, literal=literal)

    walk(blocks)
    return "".join(texts)


def text(words: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": words} | ({"style": style} if style else {})


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": [*elements]}


def grid(*cells: str) -> dict[str, Any]:
    return {"type": "section", "fields": [{"type": "mrkdwn", "text": cell, "verbatim": True} for cell in cells]}
