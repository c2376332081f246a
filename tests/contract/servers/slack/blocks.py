"""Blocks of messages and views, checked as Slack checks them: https://docs.slack.dev/reference/block-kit/blocks. Stricter in
one thing: a field that no block of the kind has is refused everywhere."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.servers.slack.elements import (
    ELEMENTS,
    IMAGE,
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    initial_is_an_option,
)
from tests.contract.servers.slack.refused import Malformed, Refused
from tests.contract.servers.slack.rich_text import RICH_TEXT
from tests.contract.servers.slack.shapes import (
    Check,
    Seen,
    boolean,
    both,
    by_type,
    listed,
    one_of,
    plain,
    shape,
    string,
    text,
    unless,
    url,
)

MOST_IN_A_MESSAGE = 50
MOST_IN_A_VIEW = 100
LARGEST_VIEW = 250_000
LONGEST_MARKDOWN = 12_000


def _block_id(value: Any, where: str, seen: Seen) -> None:
    string(255)(value, where, seen)
    if value in seen.blocks:
        raise Malformed(f"block_id already exists: {value}", where)
    seen.blocks.add(value)


def _one(names: set[str]) -> Check:
    """An element of those, whose initial choice is offered."""

    def check(value: Any, where: str, seen: Seen) -> None:
        by_type({name: ELEMENTS[name] for name in names})(value, where, seen)
        initial_is_an_option(value, where)

    return check


def _block(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    return shape(required, {"block_id": _block_id, **optional})


def _has_text(value: Any, where: str, seen: Seen) -> None:
    if "text" not in value and "fields" not in value:
        raise Malformed("missing required field: text or fields", where)


_IN_CONTEXT = by_type(
    {"image": IMAGE, "plain_text": text(3000), "mrkdwn": text(3000)},
)

BLOCKS: dict[str, Check] = {
    "section": both(
        _block(
            {}, {"text": text(3000), "fields": listed(text(2000), 10), "accessory": _one(IN_SECTION), "expand": boolean}
        ),
        _has_text,
    ),
    "header": _block({"text": plain(150)}, {}),
    "divider": _block({}, {}),
    "context": _block({"elements": listed(_IN_CONTEXT, 10)}, {}),
    "actions": _block({"elements": listed(_one(IN_ACTIONS), 25)}, {}),
    "image": both(
        _block(
            {"alt_text": string(2000)},
            {
                "title": plain(2000),
                "image_url": url(3000),
                "slack_file": shape({}, {"id": string(25), "url": url()}),
            },
        ),
        unless(("image_url", "slack_file")),
    ),
    "input": _block(
        {"label": plain(2000), "element": _one(IN_INPUT)},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": _block({"elements": RICH_TEXT}, {}),
    "markdown": _block({"text": string(LONGEST_MARKDOWN)}, {}),
}


def _allowed(kind: str, seen: Seen) -> bool:
    return kind != "markdown" or seen.surface == "message"


def _check_blocks(value: Any, most: int, seen: Seen, where: str = "/blocks") -> None:
    one = by_type(BLOCKS, _allowed)

    def fresh(block: Any, where: str, seen: Seen) -> None:
        seen.actions.clear()
        one(block, where, seen)

    listed(fresh, most, least=0)(value, where, seen)


def check_message_blocks(value: Any) -> None:
    """Raises Refused invalid_blocks with what is wrong and where."""
    try:
        _check_blocks(value, MOST_IN_A_MESSAGE, Seen())
    except Malformed as error:
        raise Refused("invalid_blocks", response_metadata={"messages": [str(error)]}) from None


_MODAL = shape(
    {"type": one_of("modal"), "title": plain(24), "blocks": lambda value, where, seen: None},
    {
        "submit": plain(24),
        "close": plain(24),
        "private_metadata": string(3000, least=0),
        "callback_id": string(255),
        "external_id": string(255, least=0),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
_HOME = shape(
    {"type": one_of("home"), "blocks": lambda value, where, seen: None},
    {
        "private_metadata": string(3000, least=0),
        "callback_id": string(255),
        "external_id": string(255, least=0),
    },
)


def check_view(view: Any, *, kinds: tuple[str, ...]) -> None:
    """Raises Refused: view_too_large, invalid_arguments with what is wrong and where."""
    if len(json.dumps(view)) > LARGEST_VIEW:
        raise Refused("view_too_large")
    try:
        by_type({kind: {"modal": _MODAL, "home": _HOME}[kind] for kind in kinds})(view, "/view", Seen())
        _check_blocks(view["blocks"], MOST_IN_A_VIEW, Seen(view["type"]), "/view/blocks")
        if (
            any(block["type"] == "input" for block in view["blocks"])
            and "submit" not in view
            and view["type"] == "modal"
        ):
            raise Malformed("`submit` is required when an `input` block is within `blocks`", "/view")
    except Malformed as error:
        raise Refused("invalid_arguments", response_metadata={"messages": [str(error)]}) from None
