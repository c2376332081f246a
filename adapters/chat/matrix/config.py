"""The block `chat.matrix`."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from bot.config import Place

# https://spec.matrix.org/latest/appendices/#user-identifiers, #room-ids, #room-aliases
USER = re.compile(r"@[a-z0-9._=/+-]{1,200}:[A-Za-z0-9.:\[\]-]{1,200}")
ROOM = re.compile(r"[#!][^\s:]{1,200}(?::[A-Za-z0-9.:\[\]-]{1,200})?")

PACKAGES = ("vodozemac", "peewee", "cachetools", "atomicwrites")
"""What encryption needs besides the rest: the extra `encryption` in pyproject.toml."""

SHORTEST_KEY = 32
"""Characters: 16 bytes in hexadecimal."""


class Config(BaseModel):
    """`homeserver` is the address clients use. The account is the bot's own: `user_id` with an `access_token`, or with a
    `password`, by which a token is asked for. `device_id` stays the same for ever: by it a homeserver knows what it was
    told already.

    `announce` and `rooms` are where people may talk to the bot besides an incident's room; incidents are announced in
    `announce`. A `space` holds all rooms, and whoever is in it may join them; without one everybody on the homeserver may.
    `federate`: people of other homeservers may join, too. `leave`: the bot leaves a room that is archived.

    `encryption` says which rooms of incidents are made encrypted. The keys lie in `encryption_store`, themselves encrypted with
    `encryption_key` if there is one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    homeserver: str
    user_id: str
    access_token: SecretStr = SecretStr("")
    password: SecretStr = SecretStr("")
    device_id: str = Field(default="KLATSCH", pattern=r"^[A-Za-z0-9._-]{1,64}$")
    announce: str = ""
    rooms: tuple[str, ...] = ()
    space: str = ""
    federate: bool = False
    leave: bool = False
    encryption: Literal["off", "private", "all"] = "off"
    encryption_store: Place = Field(default=Path("matrix-keys"), validate_default=True)
    encryption_key: SecretStr = SecretStr("")

    @field_validator("homeserver")
    @classmethod
    def _root(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be the homeserver's address, like https://matrix.example.org")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must hold no user, password or query; use `access_token`")
        return url.rstrip("/")

    @field_validator("user_id")
    @classmethod
    def _user(cls, user: str) -> str:
        if not USER.fullmatch(user):
            raise ValueError("must be the bot's whole id, like @klatsch:example.org")
        return user

    @field_validator("announce", "space", "rooms")
    @classmethod
    def _room(cls, given: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for room in (given,) if isinstance(given, str) else given:
            if room and not ROOM.fullmatch(room):
                raise ValueError("must be a room's address or id, like #incidents:example.org")
        return given

    @field_validator("encryption", mode="before")
    @classmethod
    def _encryption(cls, given: object) -> object:
        # A bare `off` is false in YAML.
        return "off" if given is False else given

    @field_validator("encryption")
    @classmethod
    def _can_encrypt(cls, encryption: str) -> str:
        if encryption != "off" and not all(map(find_spec, PACKAGES)):
            raise ValueError(
                "needs packages that are not installed: `make encryption` in Klatsch's folder, or "
                "`pip install 'klatsch[encryption]'` where it was installed by pip"
            )
        return encryption

    @field_validator("encryption_key")
    @classmethod
    def _key(cls, key: SecretStr) -> SecretStr:
        if 0 < len(key.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"is shorter than {SHORTEST_KEY} characters: make one with `openssl rand -hex 32`")
        return key

    @model_validator(mode="after")
    def _proof(self) -> Config:
        if not self.access_token.get_secret_value() and not self.password.get_secret_value():
            raise ValueError("needs an `access_token` (or a `password`)")
        return self

    @property
    def server(self) -> str:
        """The homeserver's name, which aliases end with; its address may be another one."""
        return self.user_id.partition(":")[2]

    @property
    def secrets(self) -> tuple[str, ...]:
        given = (self.access_token, self.password, self.encryption_key)
        return tuple(secret for value in given if (secret := value.get_secret_value()))

    def encrypts(self, *, private: bool) -> bool:
        """Whether the room of an incident is made encrypted."""
        return self.encryption == "all" or (self.encryption == "private" and private)
