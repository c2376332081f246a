"""The status page Klatsch serves by itself: its settings, and how a post gets onto it. It is shown by adapters.web.public."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from bot.addresses import everywhere
from bot.chat.document import clean
from bot.config import zone_or_default
from bot.config.problems import quote
from bot.incident.model import PublicPost
from bot.ports import Attempt, Rejected, Unavailable
from bot.status.model import Component, PublicPages
from bot.store import Conflict, StoreUnavailable

TITLE_LIMIT = 255
TEXT_LIMIT = 5000
"""As many characters as `publish` lets through (bot.incident.public)."""

COMPONENT_LIMIT = 200


class ComponentConfig(BaseModel):
    """One line of `components:`. `group` is a zone or region; components of one group stand together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # A colon marks the ids of groups in the page's JSON, so no component has one.
    id: str = Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")
    name: str = Field(min_length=1, max_length=100)
    group: str = Field(default="", max_length=100)


class Config(BaseModel):
    """The block of a page of `type: builtin`. `listen` is host:port; `public_url` is how customers reach it, and what
    the permanent addresses of incidents begin with. Days are counted and times are shown in `zone`, by
    default the one of `chat`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["builtin"] = "builtin"
    listen: str = "127.0.0.1:8081"
    title: str = Field(default="Status", min_length=1, max_length=100)
    components: tuple[ComponentConfig, ...] = Field(default=(), max_length=COMPONENT_LIMIT)
    public_url: str = ""
    zone: str = Field(default="", validate_default=True)

    @field_validator("listen")
    @classmethod
    def _listen_is_host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
            raise ValueError(f"{quote(value)} is no host:port; write for example 127.0.0.1:8081")
        return value

    @field_validator("public_url")
    @classmethod
    def _public_url_is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
            raise ValueError(f"{quote(value)} is no address; write for example https://status.example.org")
        return value.rstrip("/")

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, value: str, info: ValidationInfo) -> str:
        value = zone_or_default(value, info)
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {quote(value)}; write for example Europe/Berlin") from error
        return value

    @model_validator(mode="after")
    def _components_differ(self) -> Config:
        ids = [component.id for component in self.components]
        twice = sorted({id for id in ids if ids.count(id) > 1})
        if twice:
            raise ValueError(f"two components have the id {twice[0]!r}; give each its own")
        return self

    @property
    def bound(self) -> tuple[str, int]:
        """The host, without brackets, and the port it listens on."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def address(self) -> str:
        """Where the page is, without a slash at the end; empty while the port is still to be chosen (`:0`)."""
        if self.public_url:
            return self.public_url
        host, port = self.bound
        if not port:
            return ""
        return f"http://localhost:{port}" if everywhere(host) else f"http://{self.listen}"

    def on(self, port: int) -> Config:
        """The same page, on the port it was given."""
        return self.model_copy(update={"listen": f"{self.listen.rpartition(':')[0]}:{port}"})

    def incident(self, ref: str) -> str:
        """The permanent address of an incident; empty when that of the page is not known."""
        return f"{self.address}/incidents/{ref}" if self.address else ""

    @property
    def catalogue(self) -> tuple[Component, ...]:
        """The page's components, in its order."""
        return tuple(Component(c.id, c.name, c.group) for c in self.components)


class BuiltinPage:
    """`bot.ports.StatusPage`: a post is on the page when it is in the page's tables."""

    def __init__(self, name: str, config: Config, pages: PublicPages) -> None:
        self._name = name
        self._config = config
        self._pages = pages

    async def publish(self, attempt: Attempt, *, ref: str, number: int, at: datetime, post: PublicPost) -> str:
        """The same post twice is on the page once: (ref, number) says which it is, `attempt` is not needed."""
        words = clean(post.text).strip()
        title = clean(post.title).replace("\n", " ").strip()
        if len(words) > TEXT_LIMIT:
            raise Rejected(f"the text has {len(words)} characters; the status page shows {TEXT_LIMIT}")
        if len(title) > TITLE_LIMIT:
            title = f"{title[: TITLE_LIMIT - 1]}…"
        kept = replace(post, title=title or ref, text=words)
        try:
            await asyncio.to_thread(self._add, ref, number, at, kept)
        except (StoreUnavailable, Conflict) as error:
            raise Unavailable(f"the status page's tables: {error}") from error
        return self._config.incident(ref)

    def _add(self, ref: str, number: int, at: datetime, post: PublicPost) -> None:
        """What stands on another page is none of this one's business. What stood on this one is, although it is not
        shown now: put back into the configuration, a component is as it was last said and not as it was when it went."""
        shown = {component.id for component in self._config.components}
        known = shown if shown >= post.components.keys() else shown | self._pages.states(self._name).keys()
        mine = {id: state for id, state in post.components.items() if id in known}
        self._pages.add(self._name, ref, number, at, replace(post, components=mine))


def build(name: str, config: Config, pages: PublicPages) -> BuiltinPage:
    """The page `name` of `status:`, kept in `pages`."""
    return BuiltinPage(name, config, pages)
