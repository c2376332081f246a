"""The App Home tab: what is open, a button that opens an incident, and what can be typed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

BLOCKS = 100
"""https://docs.slack.dev/reference/views/home-tab-views"""

LISTED = BLOCKS - 3
"""Blocks that are left for what is open."""

BYTES = 250_000
"""Of a view in JSON; Slack answers `view_too_large` to more (https://docs.slack.dev/reference/methods/views.publish)."""


def home(blocks: Sequence[dict[str, Any]], command: str) -> dict[str, Any]:
    """The view for `views.publish`: the answer to `list` as rendered `blocks`, as many as fit, below what begins an
    incident. `command` is the word behind the slash."""
    ours = [open_button(), _typing(command), {"type": "divider"}]
    shown = list(blocks[:LISTED])
    while shown and _size([*ours, *shown]) > BYTES:
        shown.pop()
    return {"type": "home", "blocks": [*ours, *shown]}


def open_button() -> dict[str, Any]:
    """A button whose line is `open`, which asks for its form."""
    return {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "line:open",
                "text": {"type": "plain_text", "text": "Open an incident", "emoji": False},
                "value": "open",
                "style": "danger",
            }
        ],
    }


def _typing(command: str) -> dict[str, Any]:
    said = (
        f"Or type it anywhere: `/{command} open sev2 Volumes slow in az2`. "
        f"`/{command} list` shows what is open, `/{command} help` what else there is."
    )
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": said}]}


def _size(blocks: Sequence[dict[str, Any]]) -> int:
    # With what stands around the blocks in a view.
    return len(json.dumps(blocks)) + 1_000
