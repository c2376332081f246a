"""The shape of config.yaml, section by section: names, types, defaults. What one name means to another is in `checks`.

What belongs to a provider stays a `Block` here; the provider's own Config class reads it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from bot.config.kinds import (
    AnyBlock,
    Block,
    Duration,
    HoursText,
    Labels,
    Listen,
    Text,
    Texts,
    Turns,
    Ways,
    Zone,
    as_block,
    as_command,
    as_database_url,
    as_folder,
    as_host_pattern,
    as_public_url,
    as_secret_url,
    as_size,
    as_start,
    parse_listen,
    texts,
    wrong,
)
from bot.config.problems import quote
from bot.durations import format_duration
from bot.incident.model import Severity
from bot.sizes import format_size

SHORTEST_TURN, LONGEST_TURN = timedelta(minutes=1), timedelta(days=366)
"""A schedule is looked through turn by turn for weeks, and a shift is looked for within a year."""

MOST_LAYERS, MOST_PEOPLE = 20, 200
"""Of one schedule, and of one rotation."""

LARGEST_FILE = 50_000_000
"""Bytes; a file is in memory as a whole, and one transaction long."""


OFTENEST = timedelta(seconds=10)
"""Between two signs of life."""


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


def _storable(size: int) -> int:
    if size > LARGEST_FILE:
        raise wrong(
            f"a copy of {format_size(size)} is too large for the database", f"{format_size(LARGEST_FILE)} is the most."
        )
    return size


class CopiesSection(Section):
    """Copies of files, in bytes: of the `largest` one, and of all that an incident keeps. 0: none are kept."""

    largest: Annotated[int, BeforeValidator(as_size), AfterValidator(_storable)] = 10_000_000
    per_incident: Annotated[int, BeforeValidator(as_size)] = 100_000_000

    @property
    def kept(self) -> bool:
        return min(self.largest, self.per_incident) > 0


class Storage(Section):
    """`url` may hold a password. `files`: how much is kept of files in messages that people take to the timeline."""

    files: CopiesSection = CopiesSection()
    url: Annotated[SecretStr, AfterValidator(as_database_url)] = SecretStr("sqlite:///klatsch.db")


def _not_too_often(length: timedelta) -> timedelta:
    if length < OFTENEST:
        raise wrong("that is too often", "Write 10s or more; whoever waits for it minds a minute less than a flood.")
    return length


class HeartbeatSection(Section):
    """Our own sign of life. `url` is a secret: who knows it can send one too."""

    url: Annotated[SecretStr, AfterValidator(as_secret_url)]
    every: Annotated[Duration, AfterValidator(_not_too_often)] = timedelta(minutes=1)
    method: Literal["GET", "POST"] = "GET"
    token: SecretStr | None = None


class Http(Section):
    """`public_url` has no slash at its end; empty: people reach us at the listen address, if at all. `heartbeat` None: no
    sign of life is sent."""

    listen: Annotated[Listen, BeforeValidator(parse_listen)] = Listen("127.0.0.1", 8080)
    public_url: Annotated[Text, AfterValidator(as_public_url)] = ""
    heartbeat: HeartbeatSection | None = None


class Chat(OpenSection):
    """`command` is what people type after the slash or the exclamation mark; `zone` is the one times are shown in;
    `archive_after` is how long the rooms of an incident that is over stay open; `templates` is a folder with templates
    that are used instead of ours."""

    command: Annotated[str, AfterValidator(as_command)] = "incident"
    zone: Zone = ZoneInfo("UTC")
    archive_after: Duration = timedelta(seconds=30)
    templates: Annotated[Text, AfterValidator(as_folder)] | None = None

    @property
    def platforms(self) -> dict[str, Block]:
        """A block each platform, by its key."""
        return {name: as_block(block) for name, block in self.extra.items() if block is None or isinstance(block, dict)}


class PersonEntry(OpenSection):
    """`page` are their ways, each with how long after the page began it is used."""

    name: Text = ""
    email: Text = ""
    page: Ways = ()


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


def of_a_turn(every: timedelta) -> timedelta:
    if not SHORTEST_TURN <= every <= LONGEST_TURN:
        raise wrong(
            f"a turn of {quote(format_duration(every))} is not between a minute and a year",
            "Write how long somebody is on call in one go, like 1w or 12h.",
        )
    return every


def _countable(turns: tuple[Texts, ...]) -> tuple[Texts, ...]:
    if (count := sum(map(len, turns))) > MOST_PEOPLE:
        raise wrong(f"it has {count} names, and {MOST_PEOPLE} is the most", "Make a schedule for each team.")
    return turns


class RotationEntry(Section):
    people: Annotated[Turns, AfterValidator(_countable)]
    every: Annotated[Duration, AfterValidator(of_a_turn)] = timedelta(weeks=1)
    start: Annotated[datetime, BeforeValidator(as_start)]


class LayerEntry(Section):
    """`hours` None: all."""

    name: Text = ""
    rotation: RotationEntry
    hours: HoursText | None = None


def _stackable(layers: tuple[LayerEntry, ...]) -> tuple[LayerEntry, ...]:
    if len(layers) > MOST_LAYERS:
        raise wrong(f"it has {len(layers)} layers, and {MOST_LAYERS} is the most", "Make a schedule of some of them.")
    return layers


class ScheduleEntry(Section):
    """`zone` None: the one of `chat`. `layers` from the lowest to the highest; `rotation` is the only one. `calendar` belongs to its
    provider, None: there is none."""

    zone: Zone | None = None
    rotation: RotationEntry | None = None
    layers: Annotated[tuple[LayerEntry, ...], AfterValidator(_stackable)] = ()
    calendar: AnyBlock | None = None


class StepEntry(Section):
    """`pick` one: its people take turns, one each time. `hours` None: all."""

    page: Texts
    wait: Duration | None = None
    pick: Literal["all", "one"] = "all"
    hours: HoursText | None = None


class PolicyEntry(Section):
    """`repeat` is how often the steps are gone through in all; `zone`, that of their `hours`, None: the one of `chat`."""

    zone: Zone | None = None
    steps: tuple[StepEntry, ...] = Field(max_length=50)
    repeat: int = Field(default=1, ge=1, le=20)


class OncallSection(Section):
    """The entries are read one by one, so that one mistake does not hide the others."""

    schedules: AnyBlock = Block()
    policies: AnyBlock = Block()
    default: Text = ""
    quiet: tuple[Severity, ...] = (Severity.SEV3, Severity.SEV4)


class ComponentEntry(Section):
    id: Text
    name: Text = ""
    group: Text = ""


class Postmortem(OpenSection):
    """`folder` is where drafts are written; the rest belongs to whoever writes them."""

    folder: Annotated[Text, AfterValidator(as_folder)] = "postmortems"


class RedactSection(Section):
    """What never leaves the house, and `keep`: what may."""

    domains: Texts = ()
    networks: Texts = ()
    hosts: Annotated[tuple[Annotated[Text, AfterValidator(as_host_pattern)], ...], BeforeValidator(texts)] = ()
    tenants: Texts = ()
    people: Texts = ()
    keep: Texts = ()


class Security(Section):
    """`signing_key` signs acknowledge and calendar links. `api_tokens` by the name of who uses them."""

    signing_key: SecretStr | None = None
    api_tokens: dict[str, SecretStr] = {}
    redact: RedactSection = RedactSection()
