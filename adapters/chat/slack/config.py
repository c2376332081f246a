"""The block `chat.slack`."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

API = "https://slack.com/api/"

CHANNEL = re.compile(r"#?[^\s#@<>&]{1,80}")
CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{5,}")
GROUP = re.compile(r"@?[^\s@<>&#]{1,80}")


def as_channel(room: str) -> str:
    """A channel's id, or its name behind `#`. Raises ValueError."""
    if not CHANNEL.fullmatch(room):
        raise ValueError("must be a channel's name or id, like #incidents")
    # Names have no capitals, and ids have no small letters.
    return room if CHANNEL_ID.fullmatch(room) else f"#{room.removeprefix('#')}"


class Config(BaseModel):
    """`bot_token` is the app's own (`xoxb-…`). In `mode: socket` the bot calls Slack with the `app_token` (`xapp-…`) and nothing
    has to reach it; in `mode: http` Slack calls `POST /slack/events`, and the `signing_secret` proves that it was Slack.

    Incidents are announced in the channel `announce`, by its name or id. The user groups in `groups` are invited to each incident
    that is not private. `guests`: people of other organisations, and guests of ours, may act, too. `unfurl`: the domains, besides
    our own addresses, whose links to an incident are shown with how it stands.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    bot_token: SecretStr
    app_token: SecretStr = SecretStr("")
    signing_secret: SecretStr = SecretStr("")
    mode: Literal["socket", "http"] = "socket"
    announce: str = ""
    groups: tuple[str, ...] = Field(default=(), max_length=20)
    guests: bool = False
    unfurl: tuple[str, ...] = Field(default=(), max_length=5)
    api_url: str = API

    @field_validator("api_url")
    @classmethod
    def _root(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"must be an address like {API}")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must hold no user, password or query; use `bot_token`")
        return url.rstrip("/") + "/"

    @field_validator("bot_token")
    @classmethod
    def _bot(cls, token: SecretStr) -> SecretStr:
        if not token.get_secret_value().startswith("xoxb-"):
            raise ValueError("must be the Bot User OAuth Token of the app, which begins with xoxb-")
        return token

    @field_validator("app_token")
    @classmethod
    def _app(cls, token: SecretStr) -> SecretStr:
        if token.get_secret_value() and not token.get_secret_value().startswith("xapp-"):
            raise ValueError("must be an app-level token with the scope connections:write, which begins with xapp-")
        return token

    @field_validator("announce")
    @classmethod
    def _channel(cls, channel: str) -> str:
        return as_channel(channel) if channel else ""

    @field_validator("groups")
    @classmethod
    def _handles(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        for group in groups:
            if not GROUP.fullmatch(group):
                raise ValueError("must be handles of user groups, like @platform-oncall")
        return tuple(group.removeprefix("@") for group in groups)

    @model_validator(mode="after")
    def _proof(self) -> Config:
        if self.mode == "socket" and not self.app_token.get_secret_value():
            raise ValueError("`mode: socket` needs an `app_token` (or use `mode: http` with a `signing_secret`)")
        if self.mode == "http" and not self.signing_secret.get_secret_value():
            raise ValueError("`mode: http` needs the `signing_secret` (or use `mode: socket` with an `app_token`)")
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        given = (self.bot_token, self.app_token, self.signing_secret)
        return tuple(secret for value in given if (secret := value.get_secret_value()))
