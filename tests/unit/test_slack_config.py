"""The block `chat.slack`: what it refuses, in words, and that its secrets are never shown."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from adapters.chat.slack import Config

BOT, APP, SECRET = "xoxb-1-abcdef", "xapp-1-ghijkl", "0123456789abcdef"


def config(**more: Any) -> Config:
    return Config.model_validate({"bot_token": BOT, "app_token": APP, **more})


def test_a_block_needs_two_tokens_and_no_more() -> None:
    held = config()
    assert (held.mode, held.announce, held.groups, held.guests) == ("socket", "", (), False)
    assert held.api_url == "https://slack.com/api/"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"bot_token": APP}, "bot_token: must be the Bot User OAuth Token of the app, which begins with xoxb-"),
        ({"bot_token": ""}, "bot_token: must be the Bot User OAuth Token of the app, which begins with xoxb-"),
        (
            {"app_token": BOT},
            "app_token: must be an app-level token with the scope connections:write, which begins with xapp-",
        ),
        (
            {"app_token": ""},
            ": `mode: socket` needs an `app_token` (or use `mode: http` with a `signing_secret`)",
        ),
        (
            {"mode": "http"},
            ": `mode: http` needs the `signing_secret` (or use `mode: socket` with an `app_token`)",
        ),
        ({"announce": "#two words"}, "announce: must be a channel's name or id, like #incidents"),
        ({"announce": "#" + "x" * 81}, "announce: must be a channel's name or id, like #incidents"),
        ({"announce": "<!channel>"}, "announce: must be a channel's name or id, like #incidents"),
        ({"groups": ["@storage oncall"]}, "groups: must be handles of user groups, like @platform-oncall"),
        ({"groups": [""]}, "groups: must be handles of user groups, like @platform-oncall"),
        ({"groups": ["g"] * 21}, "groups: Tuple should have at most 20 items after validation, not 21"),
        ({"unfurl": ["a.example"] * 6}, "unfurl: Tuple should have at most 5 items after validation, not 6"),
        ({"api_url": "slack.com/api"}, "api_url: must be an address like https://slack.com/api/"),
        ({"api_url": "ftp://slack.com/api/"}, "api_url: must be an address like https://slack.com/api/"),
        ({"api_url": "https:///api/"}, "api_url: must be an address like https://slack.com/api/"),
        (
            {"api_url": "https://u:p@slack.com/api/"},
            "api_url: must hold no user, password or query; use `bot_token`",
        ),
        (
            {"api_url": f"https://slack.com/api/?token={BOT}"},
            "api_url: must hold no user, password or query; use `bot_token`",
        ),
        ({"mode": "rtm"}, "mode: Input should be 'socket' or 'http'"),
        ({"tokn": BOT}, "tokn: Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_said(more: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError) as told:
        config(**more)
    (error,) = told.value.errors(include_url=False)
    said = f"{'.'.join(map(str, error['loc']))}: {error['msg'].removeprefix('Value error, ')}"
    assert said == why
    for secret in (BOT, APP, SECRET):
        assert secret not in str(told.value)


def test_an_address_of_slack_that_cannot_be_read_is_refused_like_any_other() -> None:
    with pytest.raises(ValidationError):
        config(api_url="http://[::1/api/")


def test_in_http_mode_the_signing_secret_is_enough() -> None:
    held = config(app_token="", mode="http", signing_secret=SECRET)
    assert held.secrets == (BOT, SECRET)


def test_secrets_are_shown_nowhere() -> None:
    held = config(signing_secret=SECRET)
    shown = f"{held!r} {held} {held.model_dump()} {held.model_dump_json()}"
    for secret in (BOT, APP, SECRET):
        assert secret not in shown
    assert held.secrets == (BOT, APP, SECRET)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("#incidents", "#incidents"),
        ("incidents", "#incidents"),
        ("c0123", "#c0123"),
        ("C0123456789", "C0123456789"),
        ("G0123456789", "G0123456789"),
        ("#vorfälle", "#vorfälle"),
        ("", ""),
    ],
)
def test_a_channel_is_a_name_or_an_id(written: str, meant: str) -> None:
    assert config(announce=written).announce == meant


@pytest.mark.parametrize("written", ["@storage-oncall", "storage-oncall"])
def test_a_group_is_its_handle_with_or_without_its_sign(written: str) -> None:
    assert config(groups=[written]).groups == ("storage-oncall",)


@pytest.mark.parametrize("url", ["https://slack.example/chat/api", "https://slack.example/chat/api//"])
def test_an_address_may_have_a_path_and_ends_as_the_sdk_needs_it(url: str) -> None:
    assert config(api_url=url).api_url == "https://slack.example/chat/api/"
