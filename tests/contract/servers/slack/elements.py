"""The elements of blocks, with the limits of https://docs.slack.dev/reference/block-kit/block-elements."""

from __future__ import annotations

from typing import Any

from tests.contract.servers.slack.refused import Malformed
from tests.contract.servers.slack.shapes import (
    Check,
    Seen,
    boolean,
    both,
    integer,
    listed,
    one_of,
    plain,
    shape,
    string,
    text,
    unless,
    url,
)

DATE = string(10, pattern=r"\d{4}-\d{2}-\d{2}")
TIME = string(5, pattern=r"([01]\d|2[0-3]):[0-5]\d")
CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
PLAIN_OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75)})
ANY_OPTION = shape({"text": text(75), "value": string(150)}, {"description": text(75)})
OVERFLOW_OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": url(3000)})
_ID = string(25, pattern=r"[A-Z][A-Z0-9]+")
_FILTER = shape(
    {},
    {
        "include": listed(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)


def _action_id(value: Any, where: str, seen: Seen) -> None:
    string(255)(value, where, seen)
    if value in seen.actions:
        raise Malformed(f"action_id already exists: {value}", where)
    seen.actions.add(value)


def _element(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    return shape(required, {"action_id": _action_id, **optional})


def _chosen(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    """What has a placeholder and can be given the focus."""
    return _element(required, {"placeholder": plain(150), "confirm": CONFIRM, "focus_on_load": boolean, **optional})


def _typed(optional: dict[str, Check]) -> Check:
    common = {"placeholder": plain(150), "focus_on_load": boolean, "dispatch_action_config": _DISPATCH}
    return _element({}, {**common, **optional})


_DISPATCH = shape({}, {"trigger_actions_on": listed(one_of("on_enter_pressed", "on_character_entered"), 2)})
_GROUPS = listed(shape({"label": plain(75), "options": listed(PLAIN_OPTION, 100)}, {}), 100)
_STATIC = {"options": listed(PLAIN_OPTION, 100), "option_groups": _GROUPS}
_MANY: dict[str, Check] = {"max_selected_items": integer(1, 100)}
_URL_ENABLED: dict[str, Check] = {"response_url_enabled": boolean}

IMAGE = both(
    shape(
        {"alt_text": string(2000)},
        {"image_url": url(3000), "slack_file": shape({}, {"id": _ID, "url": url()})},
    ),
    unless(("image_url", "slack_file")),
)

ELEMENTS: dict[str, Check] = {
    "button": _element(
        {"text": plain(75)},
        {
            "url": url(3000),
            "value": string(2000),
            "style": one_of("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
    "overflow": _element({"options": listed(OVERFLOW_OPTION, 5)}, {"confirm": CONFIRM}),
    "static_select": both(
        _chosen({}, {**_STATIC, "initial_option": PLAIN_OPTION}), unless(("options", "option_groups"))
    ),
    "multi_static_select": both(
        _chosen({}, {**_STATIC, **_MANY, "initial_options": listed(PLAIN_OPTION, 100)}),
        unless(("options", "option_groups")),
    ),
    "external_select": _chosen({}, {"initial_option": PLAIN_OPTION, "min_query_length": integer(0, 255)}),
    "users_select": _chosen({}, {"initial_user": _ID}),
    "multi_users_select": _chosen({}, {**_MANY, "initial_users": listed(_ID, 100)}),
    "channels_select": _chosen({}, {**_URL_ENABLED, "initial_channel": _ID}),
    "multi_channels_select": _chosen({}, {**_MANY, "initial_channels": listed(_ID, 100)}),
    "conversations_select": _chosen(
        {},
        {**_URL_ENABLED, "initial_conversation": _ID, "default_to_current_conversation": boolean, "filter": _FILTER},
    ),
    "multi_conversations_select": _chosen(
        {},
        {
            **_MANY,
            "initial_conversations": listed(_ID, 100),
            "default_to_current_conversation": boolean,
            "filter": _FILTER,
        },
    ),
    "datepicker": _chosen({}, {"initial_date": DATE}),
    "timepicker": _chosen({}, {"initial_time": TIME, "timezone": string(100)}),
    "datetimepicker": _element(
        {}, {"initial_date_time": integer(10**9, 10**10 - 1), "confirm": CONFIRM, "focus_on_load": boolean}
    ),
    "checkboxes": _element(
        {"options": listed(ANY_OPTION, 10)},
        {"initial_options": listed(ANY_OPTION, 10), "confirm": CONFIRM, "focus_on_load": boolean},
    ),
    "radio_buttons": _element(
        {"options": listed(ANY_OPTION, 10)},
        {"initial_option": ANY_OPTION, "confirm": CONFIRM, "focus_on_load": boolean},
    ),
    "plain_text_input": _typed(
        {
            "initial_value": string(3000, least=0),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        }
    ),
    "email_text_input": _typed({"initial_value": string(3000)}),
    "url_text_input": _typed({"initial_value": string(3000)}),
    "number_input": shape(
        {"is_decimal_allowed": boolean},
        {
            "action_id": _action_id,
            "initial_value": string(100),
            "min_value": string(100),
            "max_value": string(100),
            "placeholder": plain(150),
            "focus_on_load": boolean,
            "dispatch_action_config": _DISPATCH,
        },
    ),
    "image": IMAGE,
}

_SELECTS = {name for name in ELEMENTS if name.endswith("select")}
_PICKERS = {"datepicker", "timepicker", "datetimepicker"}
_TICKED = {"checkboxes", "radio_buttons"}
_INPUTS = {"plain_text_input", "email_text_input", "url_text_input", "number_input"}

IN_SECTION = {"button", "overflow", "image", *_SELECTS, *_PICKERS, *_TICKED} - {"datetimepicker"}
IN_ACTIONS = {
    "button",
    "overflow",
    *(name for name in _SELECTS if not name.startswith("multi_")),
    *_PICKERS,
    *_TICKED,
}
IN_INPUT = {*_SELECTS, *_PICKERS, *_TICKED, *_INPUTS}


def initial_is_an_option(value: dict[str, Any], where: str) -> None:
    """What is chosen at first must be offered."""
    offered = value.get("options") or [one for group in value.get("option_groups", []) for one in group["options"]]
    first = value.get("initial_options", []) + ([value["initial_option"]] if "initial_option" in value else [])
    if value["type"] != "external_select" and any(one not in offered for one in first):
        raise Malformed("initial option is none of the options", where)
