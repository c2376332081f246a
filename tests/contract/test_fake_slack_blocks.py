"""Blocks and windows as the fake Slack takes and refuses them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.servers.slack.blocks import check_message_blocks, check_view
from tests.contract.servers.slack.chat import content
from tests.contract.servers.slack.refused import Refused

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(**more: Any) -> Json:
    return {"type": "section", **more}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("x"), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def options(number: int, **more: Any) -> list[Json]:
    return [{"text": plain(str(one)), "value": str(one), **more} for one in range(number)]


def select(**more: Any) -> Json:
    return {"type": "static_select", "options": options(2), **more}


def field(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": plain("Label"), "element": element, **more}


def rich(*parts: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(parts)}]}


LINK = "https://example.org/"

TAKEN: list[list[Json]] = [
    [section(text=mrkdwn("x" * 3000))],
    [section(fields=[mrkdwn("x" * 2000)] * 10), {"type": "divider"}],
    [section(text=plain("x"), accessory=button(url=LINK, style="danger", value="x" * 2000))],
    [{"type": "header", "text": plain("x" * 150)}],
    [{"type": "context", "elements": [mrkdwn("x"), {"type": "image", "image_url": LINK, "alt_text": "x"}]}],
    [actions(*(button(action_id=str(one)) for one in range(25)))],
    [actions(select(), {"type": "users_select"}, {"type": "overflow", "options": options(5)}, {"type": "datepicker"})],
    [actions(button(action_id="same")), actions(button(action_id="same"))],
    [rich({"type": "text", "text": "x", "style": {"bold": True}}, {"type": "user", "user_id": "U0ANA"})],
    [{"type": "image", "image_url": LINK, "alt_text": "x", "title": plain("x")}],
    [field({"type": "plain_text_input", "max_length": 3000, "multiline": True}, optional=True, hint=plain("x"))],
    [{"type": "markdown", "text": "# x"}],
    [{"type": "divider"}] * 50,
]

REFUSED: list[tuple[Json, str]] = [
    (section(), "text or fields"),
    (section(text=mrkdwn("x" * 3001)), "less than 3001"),
    (section(text=mrkdwn("")), "more than 0"),
    (section(text="x"), "unsupported type"),
    (section(text={"type": "markdown", "text": "x"}), "unsupported type"),
    (section(text={**mrkdwn("x"), "emoji": True}), "unknown field: emoji"),
    (section(text=mrkdwn("x"), title="x"), "unknown field: title"),
    (section(fields=[mrkdwn("x")] * 11), "1 to 10 items"),
    (section(fields=[mrkdwn("x" * 2001)]), "less than 2001"),
    (section(fields=[]), "1 to 10 items"),
    (section(text=mrkdwn("x"), accessory={"type": "plain_text_input"}), "unsupported type"),
    (section(text=mrkdwn("x"), block_id="x" * 256), "less than 256"),
    ({"type": "header", "text": mrkdwn("x")}, "unsupported type"),
    ({"type": "header", "text": plain("x" * 151)}, "less than 151"),
    ({"type": "context", "elements": [mrkdwn("x")] * 11}, "1 to 10 items"),
    ({"type": "context", "elements": [button()]}, "unsupported type"),
    ({"type": "footer"}, "unsupported type"),
    ({"text": "x"}, "unsupported type"),
    (actions(), "1 to 25 items"),
    (actions(*[button()] * 26), "1 to 25 items"),
    (actions(button(action_id="a"), button(action_id="a")), "action_id already exists"),
    (actions(button(action_id="x" * 256)), "less than 256"),
    (actions(button(text=plain("x" * 76))), "less than 76"),
    (actions(button(text=mrkdwn("x"))), "unsupported type"),
    (actions(button(value="x" * 2001)), "less than 2001"),
    (actions(button(value="")), "more than 0"),
    (actions(button(value=1)), "provide a string"),
    (actions(button(style="default")), "one of primary, danger"),
    (actions(button(url="x" * 3001)), "less than 3001"),
    (actions(button(url="example.org")), "must match"),
    (actions(button(confirm={"title": plain("x")})), "missing required field"),
    (actions(select(options=options(101))), "1 to 100 items"),
    (actions(select(options=[])), "1 to 100 items"),
    (actions(select(option_groups=[])), "items"),
    (actions(select(options=[{"text": plain("x" * 76), "value": "x"}])), "less than 76"),
    (actions(select(options=[{"text": plain("x"), "value": "x" * 151}])), "less than 151"),
    (actions(select(options=[{"text": mrkdwn("x"), "value": "x"}])), "unsupported type"),
    (actions(select(initial_option=options(3)[2])), "none of the options"),
    (actions({"type": "overflow", "options": options(6)}), "1 to 5 items"),
    (actions({"type": "datepicker", "initial_date": "today"}), "must"),
    (actions({"type": "checkboxes", "options": options(11)}), "1 to 10 items"),
    (actions({"type": "multi_users_select"}), "unsupported type"),
    (field({"type": "plain_text_input", "max_length": 3001}), "from 1 to 3000"),
    (field({"type": "plain_text_input", "initial_value": "x" * 3001}), "less than 3001"),
    (field(button()), "unsupported type"),
    (field({"type": "plain_text_input"}, label=plain("x" * 2001)), "less than 2001"),
    (field({"type": "plain_text_input", "placeholder": plain("x" * 151)}), "less than 151"),
    (rich({"type": "mention", "user_id": "U0ANA"}), "unsupported type"),
    (rich({"type": "text", "text": ""}), "more than 0"),
    (rich({"type": "broadcast", "range": "all"}), "one of"),
    ({"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}, "unsupported type"),
    ({"type": "image", "alt_text": "x"}, "one of image_url and slack_file"),
    ({"type": "image", "image_url": LINK}, "missing required field: alt_text"),
]


@pytest.mark.parametrize("blocks", TAKEN)
def test_blocks_that_are_taken(blocks: list[Json]) -> None:
    check_message_blocks(blocks)


@pytest.mark.parametrize(("block", "why"), REFUSED)
def test_blocks_that_are_refused(block: Json, why: str) -> None:
    with pytest.raises(Refused) as refused:
        check_message_blocks([block])
    assert refused.value.code == "invalid_blocks"
    (message,) = refused.value.more["response_metadata"]["messages"]
    assert why in message
    assert "/blocks/0" in message


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [section(text=plain("x"), block_id="a")] * 2}, "invalid_blocks"),
        ({"blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"blocks": [section(text=plain("x" * 3000))] * 4}, "msg_blocks_too_long"),
        ({"attachments": [{"text": "x"}] * 101}, "too_many_attachments"),
        ({"attachments": [{"blocks": []}]}, "invalid_attachments"),
        ({"attachments": [{"blocks": [section()]}]}, "invalid_blocks"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
    ],
)
def test_messages_that_are_refused(args: Json, code: str) -> None:
    with pytest.raises(Refused) as refused:
        content(args)
    assert refused.value.code == code


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": plain("x"), "blocks": [], **more}


def test_a_window_that_is_taken() -> None:
    typed = [field({"type": "plain_text_input"}) for _ in range(100)]
    check_view(
        modal(
            blocks=typed,
            title=plain("x" * 24),
            submit=plain("x" * 24),
            close=plain("x" * 24),
            private_metadata="x" * 3000,
            callback_id="x" * 255,
            notify_on_close=True,
        ),
        kinds=("modal",),
    )


@pytest.mark.parametrize(
    ("view", "why"),
    [
        (modal(title=plain("x" * 25)), "less than 25"),
        (modal(title=mrkdwn("x")), "unsupported type"),
        (modal(submit=plain("x" * 25)), "less than 25"),
        (modal(close=plain("x" * 25)), "less than 25"),
        (modal(private_metadata="x" * 3001), "less than 3001"),
        (modal(callback_id="x" * 256), "less than 256"),
        (modal(blocks=[{"type": "divider"}] * 101), "0 to 100 items"),
        (modal(blocks=[field({"type": "plain_text_input"})]), "`submit` is required"),
        (modal(blocks=[{"type": "markdown", "text": "x"}]), "unsupported type"),
        (modal(color="red"), "unknown field: color"),
        ({"type": "modal", "blocks": []}, "missing required field: title"),
        ({"type": "home", "blocks": []}, "unsupported type: home"),
    ],
)
def test_windows_that_are_refused(view: Json, why: str) -> None:
    with pytest.raises(Refused) as refused:
        check_view(view, kinds=("modal",))
    assert refused.value.code == "invalid_arguments"
    assert why in refused.value.more["response_metadata"]["messages"][0]


def test_a_home_tab_has_no_title_and_a_window_has_a_size() -> None:
    check_view({"type": "home", "blocks": [section(text=plain("x"))]}, kinds=("home",))
    with pytest.raises(Refused, match="invalid_arguments"):
        check_view({"type": "home", "blocks": [], "title": plain("x")}, kinds=("home",))
    large = [section(text=plain("x" * 3000)) for _ in range(100)]
    with pytest.raises(Refused, match="view_too_large"):
        check_view(modal(blocks=large), kinds=("modal",))
