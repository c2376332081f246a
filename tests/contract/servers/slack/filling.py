"""Forms as people fill them in: which field is meant, and what Slack makes of what was chosen."""

from __future__ import annotations

from typing import Any

from tests.contract.servers.slack.views import View

REQUIRED = "Please complete this required field."
Values = dict[str, dict[str, Any]]


def starting(block: dict[str, Any]) -> Any:
    """The value with which a field opens, as a person would give it."""
    element = block["element"]
    if "initial_option" in element:
        return element["initial_option"]["value"]
    if "initial_options" in element:
        return [one["value"] for one in element["initial_options"]]
    first = [value for name, value in element.items() if name.startswith("initial_")]
    return first[0] if first else None


def state_of(element: dict[str, Any], value: Any) -> dict[str, Any]:
    """Raises AssertionError for what cannot be chosen."""
    kind = element["type"]
    if kind in ("static_select", "radio_buttons", "external_select"):
        return {"type": kind, "selected_option": _option(element, value) if value else None}
    if kind in ("multi_static_select", "checkboxes"):
        return {"type": kind, "selected_options": [_option(element, one) for one in value or ()]}
    named = {
        "users_select": "selected_user",
        "channels_select": "selected_channel",
        "conversations_select": "selected_conversation",
        "multi_users_select": "selected_users",
        "multi_channels_select": "selected_channels",
        "multi_conversations_select": "selected_conversations",
        "datepicker": "selected_date",
        "timepicker": "selected_time",
        "datetimepicker": "selected_date_time",
    }
    return {"type": kind, named.get(kind, "value"): (value or []) if kind.startswith("multi_") else value or None}


def _option(element: dict[str, Any], value: Any) -> dict[str, Any]:
    options = element.get("options") or [one for group in element.get("option_groups", []) for one in group["options"]]
    for option in options:
        if value in (option["value"], option["text"]["text"]):
            return dict(option)
    raise AssertionError(f"{value!r} is none of {[option['value'] for option in options]}")


def filled(view: View, given: dict[str, Any]) -> tuple[Values, dict[str, str]]:
    """The values of the form with what is given by block id, action id or label, and what a client would not send.
    Raises AssertionError for what is no field."""
    values: Values = {block: dict(actions) for block, actions in view.values.items()}
    wrong = {}
    left = dict(given)
    for block in view.blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        names = [block["block_id"], element["action_id"], block["label"]["text"]]
        key = next((name for name in names if name in left), None)
        before = values.get(block["block_id"], {}).get(element["action_id"])
        state = state_of(element, left.pop(key)) if key else before or state_of(element, starting(block))
        if problem := _problem(block, state):
            wrong[block["block_id"]] = problem
        values[block["block_id"]] = {element["action_id"]: state}
    assert not left, (
        f"no such fields: {sorted(left)}; there are {[b['label']['text'] for b in view.blocks if 'label' in b]}"
    )
    return values, wrong


def _problem(block: dict[str, Any], state: dict[str, Any]) -> str:
    element = block["element"]
    value = next((value for name, value in state.items() if name != "type"), None)
    if not value:
        return "" if block.get("optional") else REQUIRED
    if element["type"] == "plain_text_input":
        if len(value) > element.get("max_length", 3000):
            return "Must be shorter."
        if len(value) < element.get("min_length", 0):
            return "Must be longer."
    most = element.get("max_selected_items")
    return "Too many." if most and isinstance(value, list) and len(value) > most else ""
