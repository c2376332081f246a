"""The shape of config.yaml, section by section: names, types, defaults. What one name means to another is in `checks`.

What belongs to a provider stays a `Block` here; the provider's own Config class reads it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, SecretStr
from pydantic_core import PydanticCustomError

from bot.config.problems import quote
from bot.crons import Cron, parse_cron
from bot.durations import parse_duration
from bot.incident.model import Severity
from bot.nearest import nearest


class Block(dict[str, Any]):
    """A provider's settings as they were written. Its repr names the keys and keeps the values to itself."""

    def __repr__(self) -> str:
        return f"Block({', '.join(map(str, self))})"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen. `host` has no brackets; port 0 takes any that is free."""

    host: str
    port: int


def wrong(message: str, remedy: str = "") -> PydanticCustomError:
    """What a validator raises: said to people as it stands here."""
    # The texts are arguments, so a brace in them is no placeholder.
    return PydanticCustomError("klatsch", "{message}", {"message": message, "remedy": remedy})


def as_block(value: object) -> Block:
    """A mapping, and every mapping inside it, as blocks; nothing is an empty one. Raises what a validator raises."""
    if value is None:
        return Block()
    if not isinstance(value, dict):
        raise wrong("it is not a block of `key: value` lines")
    return Block({key: _inside(inner) for key, inner in value.items()})


def _inside(value: object) -> object:
    if isinstance(value, list):
        return [_inside(item) for item in value]
    return as_block(value) if isinstance(value, dict) else value


def _text(value: str) -> str:
    if not value.isprintable():
        raise wrong("it holds a line break or a control character", "Write it on one line.")
    return value


def _texts(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _duration(value: object) -> object:
    if not isinstance(value, str):
        raise wrong("it is not a length of time", "Write it like 5m, 1h30m, 14d or 1w.")
    try:
        return parse_duration(value)
    except ValueError as error:
        raise wrong(f"{quote(value)} is not usable: {error}") from None


def _zone(value: object) -> object:
    try:
        return ZoneInfo(value) if isinstance(value, str) else value
    except (ValueError, OSError, KeyError):
        near = nearest(str(value), available_timezones())
        remedy = f"Did you mean {quote(near)}?" if near else "Write it like `Europe/Berlin`."
        raise wrong(f"there is no zone {quote(value)}", remedy) from None


def _cron(value: object) -> object:
    if not isinstance(value, str):
        raise wrong("it is not a time that comes round", "Write it like `mon 09:00` or `daily 09:00`.")
    try:
        return parse_cron(value)
    except ValueError as error:
        raise wrong(f"{quote(value)} is not usable: {error}") from None


def _start(value: object) -> object:
    remedy = "Write the local time of the first hand-over, like 2026-11-02T09:00."
    if not isinstance(value, str):
        raise wrong("it is not a time", remedy)
    try:
        start = datetime.fromisoformat(value)
    except ValueError:
        raise wrong(f"{quote(value)} is not a time", remedy) from None
    if start.tzinfo is not None:
        raise wrong(f"{quote(value)} has an offset; the schedule's zone says that", remedy)
    if not 1970 <= start.year <= 2100:
        raise wrong(f"{quote(value)} is not in our time", remedy)
    return start


def parse_listen(value: object) -> Listen:
    """`127.0.0.1:8080`, `[::1]:8080`, `localhost:0`; raises what a validator raises."""
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})", value) if isinstance(value, str) else None
    if match is None or int(match[2]) > 65535:
        raise wrong(
            f"{quote(value)} is not host:port", "Write it like `127.0.0.1:8080`, or `0.0.0.0:8080` for everybody."
        )
    return Listen(match[1].strip("[]"), int(match[2]))


def _public_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if value and (not known or set(value) & set("?#@")):
        raise wrong(f"{quote(value)} is not an address people can open", "Write it like `https://klatsch.example.org`.")
    return value.rstrip("/")


def _database_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if not re.match(r"sqlite:///.|postgresql(\+psycopg)?://.", url):
        raise wrong(
            "it is not the address of a database we know",
            "Write `sqlite:///klatsch.db` or `postgresql://user@host/database`.",
        )
    return value


def _command(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", value):
        raise wrong(f"{quote(value)} is not a word in small letters")
    return value


def _folder(value: str) -> str:
    if not value:
        raise wrong("it names no folder", "Write a path, like `postmortems`.")
    return value


def _host_pattern(value: str) -> str:
    if not value.strip("*?. "):
        raise wrong(f"{quote(value)} would take out every word", "Write a part of the name, like `compute-*`.")
    return value


Text = Annotated[str, AfterValidator(_text)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_texts)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
CronText = Annotated[Cron, BeforeValidator(_cron)]
Labels = dict[Text, Text]
AnyBlock = Annotated[Block, PlainValidator(as_block)]


class Section(BaseModel):
    """Keys nobody knows are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True)


class OpenSection(Section):
    """The same, for sections that also hold what providers know."""

    model_config = ConfigDict(extra="allow")

    @property
    def extra(self) -> Block:
        """The keys that are not ours."""
        return Block(self.model_extra or {})

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """What is ours; what is a provider's may be secret."""
        return [(name, getattr(self, name)) for name in type(self).model_fields]


class Storage(Section):
    """`url` may hold a password."""

    url: Annotated[SecretStr, AfterValidator(_database_url)] = SecretStr("sqlite:///klatsch.db")


class Http(Section):
    """`public_url` has no slash at its end; empty: people reach us at the listen address, if at all."""

    listen: Annotated[Listen, BeforeValidator(parse_listen)] = Listen("127.0.0.1", 8080)
    public_url: Annotated[Text, AfterValidator(_public_url)] = ""


class Chat(OpenSection):
    """`command` is what people type after the slash or the exclamation mark; `zone` is the one times are shown in;
    `archive_after` is how long the rooms of an incident that is over stay open; `templates` is a folder with templates
    that are used instead of ours."""

    command: Annotated[str, AfterValidator(_command)] = "incident"
    zone: Zone = ZoneInfo("UTC")
    archive_after: Duration = timedelta(seconds=30)
    templates: Annotated[Text, AfterValidator(_folder)] | None = None

    @property
    def platforms(self) -> dict[str, Block]:
        """A block each platform, by its key."""
        return {name: as_block(block) for name, block in self.extra.items() if block is None or isinstance(block, dict)}


class PersonEntry(OpenSection):
    name: Text = ""
    email: Text = ""
    page: Texts = ()


class RouteEntry(Section):
    match: Labels = {}
    match_re: Labels = {}
    open: Literal["active", "triage"] = "triage"
    severity: Severity = Severity.SEV3
    group_by: Texts = ("alertname",)
    service: Text = ""
    page: Text = ""
    private: bool = False
    heartbeat: Duration | None = None


class RotationEntry(Section):
    people: Texts
    every: Duration = timedelta(weeks=1)
    start: Annotated[datetime, BeforeValidator(_start)]


class ScheduleEntry(Section):
    """`zone` None: the one of `chat`."""

    zone: Zone | None = None
    rotation: RotationEntry


class StepEntry(Section):
    page: Texts
    wait: Duration | None = None


class PolicyEntry(Section):
    """`repeat` is how often the steps are gone through in all."""

    steps: tuple[StepEntry, ...] = Field(max_length=50)
    repeat: int = Field(default=1, ge=1, le=20)


class OncallSection(Section):
    """The entries are read one by one, so that one mistake does not hide the others."""

    schedules: AnyBlock = Block()
    policies: AnyBlock = Block()
    default: Text = ""


class ComponentEntry(Section):
    id: Text
    name: Text = ""
    group: Text = ""


class Postmortem(OpenSection):
    """`folder` is where drafts are written; the rest belongs to whoever writes them."""

    folder: Annotated[Text, AfterValidator(_folder)] = "postmortems"


class Digest(Section):
    """`zone` None: the one of `chat`. `announce` is every platform's announce room."""

    cron: CronText = Cron("0", "9", weekday="mon")
    zone: Zone | None = None
    to: Texts = ("announce",)


class CoffeeTimes(OpenSection):
    """What is checked of `coffee:`; the rest is opaque."""

    cron: CronText | None = None
    zone: Zone | None = None


class RedactSection(Section):
    """What never leaves the house, and `keep`: what may."""

    domains: Texts = ()
    networks: Texts = ()
    hosts: Annotated[tuple[Annotated[Text, AfterValidator(_host_pattern)], ...], BeforeValidator(_texts)] = ()
    tenants: Texts = ()
    people: Texts = ()
    keep: Texts = ()


class Security(Section):
    """`signing_key` signs acknowledge and calendar links. `api_tokens` by the name of who uses them."""

    signing_key: SecretStr | None = None
    api_tokens: dict[str, SecretStr] = {}
    redact: RedactSection = RedactSection()
