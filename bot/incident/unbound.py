"""Effects of no incident: what comes round by the calendar. Their rows say 0, and what comes of them is told to none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SayHandover:
    """Of no incident: say where incidents are announced that in `schedule` those of `before`, who had it `since`, handed over
    `at` that time, and what is open."""

    platform: str
    schedule: str
    before: tuple[str, ...]
    since: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class SayWeeklyDigest:
    """Of no incident: post the weekly digest of `team` (empty: of everybody) from `start` until `end` in `room` (empty: where
    incidents are announced), with its details in the thread."""

    platform: str
    room: str
    team: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class MailWeeklyDigest:
    """The same by mail, through the block `way` under `paging:`."""

    way: str
    to: str
    team: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class ShowBoard:
    """Post the board of the lean coffee, or edit it so that it shows the present."""

    platform: str


@dataclass(frozen=True, slots=True)
class TellCoffee:
    """Say what just happened in coffee `coffee`: it was `moved`, `ordered` or `skipped`, topic `topic` `began` (behind topic `before`, which is
    done with that; 0: none was talked about), goes `on` for another round, is `done`, or is done while it is `quiet`, or the coffee is `over`."""

    platform: str
    what: str
    coffee: int
    topic: int = 0
    before: int = 0


@dataclass(frozen=True, slots=True)
class AskThumbs:
    """Ask whether to go on with a topic after its `round`-th timebox."""

    platform: str
    coffee: int
    topic: int
    round: int


@dataclass(frozen=True, slots=True)
class WriteMinutes:
    """Put the minutes of a coffee where people will find them."""

    publisher: str
    coffee: int


@dataclass(frozen=True, slots=True)
class TellUndelivered:
    """Say on another destination that what was of no incident (`kind`, as `bot.incident.effects.kind_of`) did not get to `provider`, into
    its `place` (a room or an address, empty: it has one), and why. `team` is whose digest it was."""

    kind: str
    provider: str
    place: str = ""
    team: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WakeTimebox:
    """A timer: the time of a topic is over."""

    coffee: int
    topic: int
    round: int
    due: datetime


@dataclass(frozen=True, slots=True)
class WakeThumbs:
    """A timer: who wants to go on has said so."""

    coffee: int
    topic: int
    round: int
    due: datetime


CoffeeEffect = ShowBoard | TellCoffee | AskThumbs | WriteMinutes | WakeTimebox | WakeThumbs

Unbound = SayHandover | SayWeeklyDigest | MailWeeklyDigest | TellUndelivered | CoffeeEffect
