"""The App Home tab fits into what Slack takes, however much is open."""

from typing import Any

import pytest

from adapters.chat.slack.home import LISTED, home
from bot.chat.parse import begun
from bot.chat.wanting import wanting
from tests.contract.servers.slack.blocks import check_view


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


@pytest.mark.parametrize(("given", "size"), [(0, 1), (1, 1), (LISTED, 10), (LISTED + 1, 10), (500, 10), (LISTED, 2900)])
def test_however_much_is_open_slack_takes_the_view(given: int, size: int):
    blocks = [section(f"{n} {'ü' * size}") for n in range(given)]
    view = home(blocks, "incident")
    check_view(view, kinds=("home",))
    shown = view["blocks"][3:]
    assert shown == blocks[: len(shown)]
    assert len(shown) == min(given, LISTED) or size == 2900


def test_an_incident_is_opened_by_a_button_that_asks_for_the_form():
    (button,) = home([], "incident")["blocks"][0]["elements"]
    assert wanting(button["value"]).verb == "open"
    assert button["text"]["text"] == "Open an incident"


@pytest.mark.parametrize("command", ["incident", "outage"])
def test_what_can_be_typed_is_understood(command: str):
    (context,) = home([], command)["blocks"][1]["elements"]
    lines = [part.removeprefix(f"/{command} ") for part in context["text"].split("`")[1::2]]
    assert [begun(line)[1].name for line in lines] == ["open", "list", "help"]
