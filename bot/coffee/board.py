"""The lean coffee's board: topics with their dots, and the meeting that is called or running. Data; the rules are in `bot.coffee.rules`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Origin(StrEnum):
    """How a topic came up."""

    SAID = "said"
    REACTION = "reaction"
    NEARMISS = "nearmiss"
    QUESTION = "question"


class TopicState(StrEnum):
    OPEN = "open"
    DISCUSSED = "discussed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Takeaway:
    """What people take along from a topic; `by` empty: nobody says. `number` (from 1) is its own among those of the meeting."""

    text: str
    by: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Talked:
    """What a topic was at an earlier coffee."""

    coffee: int
    spent: timedelta
    takeaways: tuple[Takeaway, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """`place` (from 1) is that of its emoji in `bot.chat.votes.EMOJI`, 0: there is none free. One that was not said stands in
    event `event` of `incident`, `message` (`platform:id`) is where. `dots` by voter; of one that was discussed only how many it
    `had` outlives the meeting. `reacted` says by voter what the reactions stand on that put a dot, one of theirs each, and `brought` which
    voter's reaction brought the topic up. `coffee` is the one at which it was discussed, for so long `spent`; `earlier` is what that was
    before, until people part: they may have begun by mistake."""

    id: int
    text: str
    added_at: datetime
    origin: Origin = Origin.SAID
    by: str = ""
    incident: int = 0
    event: int = 0
    message: str = ""
    place: int = 0
    state: TopicState = TopicState.OPEN
    dots: Mapping[str, int] = field(default_factory=dict)
    coffee: int = 0
    spent: timedelta = timedelta()
    takeaways: tuple[Takeaway, ...] = ()
    had: int = 0
    reacted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    brought: str = ""
    earlier: Talked | None = None

    @property
    def votes(self) -> int:
        """How many dots it has, or had when people parted."""
        return self.had + sum(self.dots.values())


class CoffeeStatus(StrEnum):
    """`CALLED`: dots are put. `ORDERED`: the agenda stands. `RUNNING`: people meet."""

    CALLED = "called"
    ORDERED = "ordered"
    RUNNING = "running"
    OVER = "over"
    SKIPPED = "skipped"

    @property
    def live(self) -> bool:
        return self not in (CoffeeStatus.OVER, CoffeeStatus.SKIPPED)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the board is shown: a room of a platform, as the configuration names it (empty: where incidents are announced)."""

    platform: str
    room: str = ""

    def __str__(self) -> str:
        return f"{self.platform}:{self.room}" if self.room else self.platform

    @classmethod
    def read(cls, text: str) -> Spot:
        """What `str` made of it."""
        return cls(*text.split(":", 1))


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of ours, and the room it stands in, by the platform's own ids."""

    room: str
    message: str


@dataclass(frozen=True, slots=True)
class Coffee:
    """One meeting. `version` counts its changes. `agenda` has the ids of its topics in their order, `current` is the one talked about
    (0: none), since `since` and until `until`, in its `round`-th timebox; `last` is the one talked about before. While `asking`, `thumbs`
    says by voter who wants to go on, and they are counted at `until`. `boards` and `asked` are by `Spot`, as it is written. `began` and `ended` are
    when people met, and `voices` how many had put dots by then. `ballot` is the vote that its dots are put in: each ends when people part,
    and what is skipped leaves its own to the next coffee. `silent` topics in a row were over without a thumb or a word of anybody. `left`
    are the places that dropped topics had on its board, `lost` says by spot how often somebody deleted that. It `closes` by itself then, None:
    whenever a clock says so. When people began by mistake it is `unbegun` again; over: they did not, they had parted and went on."""

    number: int
    starts_at: datetime
    status: CoffeeStatus = CoffeeStatus.CALLED
    agenda: tuple[int, ...] = ()
    current: int = 0
    since: datetime | None = None
    until: datetime | None = None
    round: int = 0
    asking: bool = False
    thumbs: Mapping[str, bool] = field(default_factory=dict)
    boards: Mapping[str, Shown] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    began: datetime | None = None
    ended: datetime | None = None
    minutes: str = ""
    last: int = 0
    version: int = 0
    voices: int = 0
    ballot: int = 0
    silent: int = 0
    left: tuple[int, ...] = ()
    lost: Mapping[str, int] = field(default_factory=dict)
    closes: datetime | None = None
    unbegun: CoffeeStatus = CoffeeStatus.ORDERED


@dataclass(frozen=True, slots=True)
class Board:
    """`topics`, by id, are those that are open and, while people meet, those of the meeting; there may be others, whose state says so.
    `coffee` None: none is called. `past` has the newest few that are over or were skipped, by number, in their order."""

    topics: Mapping[int, Topic] = field(default_factory=dict)
    coffee: Coffee | None = None
    past: Mapping[int, Coffee] = field(default_factory=dict)

    @property
    def coffees(self) -> Mapping[int, Coffee]:
        """Those of the past and the one that is called, by number."""
        return {**self.past, **({self.coffee.number: self.coffee} if self.coffee else {})}

    @property
    def ballot(self) -> int:
        """The vote that dots are put in now."""
        if self.coffee is not None:
            return self.coffee.ballot
        last = self.past.get(max(self.past, default=0))
        if last is None:
            return 0
        return last.ballot if last.status is CoffeeStatus.SKIPPED else last.ballot + 1


@dataclass(frozen=True, slots=True)
class Manner:
    """How the coffee is held, from the configuration. `dots` each voter has; `timebox` a topic has, and `extension` each time that people
    want to go on; `thumbs` is how long they are asked, `length` how long they meet. `anonymous`: no names are kept (Chatham
    House), and `unnamed` makes of a text what may be kept there. `link` is where people meet, `spots` where the board is shown, `publishers` get the minutes."""

    dots: int = 3
    timebox: timedelta = timedelta(minutes=8)
    extension: timedelta = timedelta(minutes=4)
    thumbs: timedelta = timedelta(seconds=45)
    length: timedelta = timedelta(minutes=50)
    anonymous: bool = False
    unnamed: Callable[[str], str] = str
    link: str = ""
    spots: tuple[Spot, ...] = ()
    publishers: tuple[str, ...] = ()
