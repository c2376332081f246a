"""The block of a Twilio account: who we are there, and from which number people are written to or called."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from adapters.paging.kinds import Server, Token
from adapters.paging.phones import e164

# https://www.twilio.com/docs/glossary/what-is-a-sid
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_KEY = re.compile(r"SK[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_SHORT_CODE = re.compile(r"[0-9]{3,8}")
# https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11}")


class Config(BaseModel):
    """`channel` says how people are reached. `auth_token` proves that an answer comes from Twilio; without it none is heard.
    With `api_key` and `api_secret` it is not used to send. `from` is one of the account's numbers (or, for messages, a short
    code or a sender's name), `messaging_service` stands in its place. `replies`: what people answer to a message comes to us."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["twilio"] = "twilio"
    channel: Literal["sms", "voice"]
    account_sid: str
    auth_token: Token = SecretStr("")
    api_key: str = ""
    api_secret: Token = SecretStr("")
    sender: Annotated[str, Field(alias="from")] = ""
    messaging_service: str = ""
    replies: bool = False
    url: Server = "https://api.twilio.com/"

    @field_validator("account_sid")
    @classmethod
    def _is_account(cls, sid: str) -> str:
        return _sid(sid, _ACCOUNT, "AC")

    @field_validator("api_key")
    @classmethod
    def _is_key(cls, sid: str) -> str:
        return sid and _sid(sid, _KEY, "SK")

    @field_validator("messaging_service")
    @classmethod
    def _is_service(cls, sid: str) -> str:
        return sid and _sid(sid, _SERVICE, "MG")

    @field_validator("sender")
    @classmethod
    def _is_sender(cls, sender: str) -> str:
        if not sender or _SHORT_CODE.fullmatch(sender) or _NAME.fullmatch(sender):
            return sender
        try:
            return e164(sender)
        except ValueError as error:
            raise ValueError(f"is no telephone number: {error}") from None

    @model_validator(mode="after")
    def _hangs_together(self) -> Config:
        if bool(self.api_key) != bool(self.api_secret.get_secret_value()):
            raise ValueError("`api_key` and `api_secret` go together: set both or none")
        if not (self.api_key or self.auth_token.get_secret_value()):
            raise ValueError("set `auth_token`, or `api_key` and `api_secret`")
        if bool(self.sender) == bool(self.messaging_service):
            raise ValueError("set `from` or `messaging_service`, one of the two")
        if self.channel == "voice":
            if not self.sender.startswith("+"):
                raise ValueError("a call needs a telephone number as `from`, like +49 30 1234567")
            if self.replies:
                raise ValueError("`replies` are for `channel: sms`; a call is answered with a key")
        if self.replies and not self.auth_token.get_secret_value():
            raise ValueError("`replies` need the `auth_token`: it proves that they come from Twilio")
        if self.replies and _NAME.fullmatch(self.sender):
            raise ValueError("nobody can reply to a name; for `replies` set a telephone number as `from`")
        return self

    @property
    def login(self) -> tuple[str, str]:
        """Who sends, and the secret that shows it."""
        if self.api_key:
            return self.api_key, self.api_secret.get_secret_value()
        return self.account_sid, self.auth_token.get_secret_value()


def _sid(sid: str, shape: re.Pattern[str], begin: str) -> str:
    if not shape.fullmatch(sid):
        raise ValueError(f"must be {begin} and 32 digits, as the console of Twilio shows it")
    return sid
