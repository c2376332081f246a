"""What people say over the lean coffee, and what its clocks ask for. It is about no incident: its answer is a board.

A *voter* is who puts dots and holds thumbs, as a digest from which nobody can be told: one person is one voter on every platform.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

TOPIC_LIMIT = 300
"""Characters of a topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTopic:
    """`by` is who brought it up, empty: nobody says. `message` (`platform:id`) is where `voter` reacted to it, outside of any incident."""

    text: str
    by: str = ""
    message: str = ""
    voter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTopic:
    """Nobody wants to talk about it."""

    topic: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreTopic:
    """A dropped or discussed one is open again."""

    topic: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RewordTopic:
    topic: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetTopic:
    """Its message was removed: its text is nowhere any more, and nobody talks about it."""

    topic: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PutDots:
    """So many more dots on a topic. `reaction` is what the reaction that is meant stands on (`platform:id`), empty: none is."""

    topic: int
    voter: str
    count: int = 1
    reaction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeDots:
    """So many less, None: all of that voter's. With a `reaction` (as there) the one that it put, if it did."""

    topic: int
    voter: str
    count: int | None = None
    reaction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCoffee:
    """The clock: the coffee that begins at `starts_at` (UTC) is called, and dots are asked for."""

    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAgenda:
    """The agenda is ordered by dots. `starts_at` is that of the coffee, for the clock; None: whoever asks means the next one."""

    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCoffee:
    """The meeting that is called, or else one that nobody planned, begins with its first topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTopic:
    """The topic that is talked about is done, perhaps with a takeaway."""

    takeaway: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeUpTopic:
    """This one is talked about now, whatever the order says."""

    topic: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveThumb:
    """Whether to go on with the topic. A second thumb of the same voter replaces the first."""

    voter: str
    up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeThumb:
    """The thumb that points there is taken back; another one stands."""

    voter: str
    up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndTimebox:
    """The clock: the time of a topic is over in this round (from 1) of it, and was to be at `due`. Topic 0: that of the meeting is."""

    coffee: int
    topic: int
    round: int
    due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountThumbs:
    """The clock: who wanted to has held a thumb. `due` as there."""

    coffee: int
    topic: int
    round: int
    due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteTakeaway:
    """Of topic `topic` of this meeting, 0: of the one that is talked about, or was last."""

    text: str
    by: str = ""
    topic: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTakeaway:
    """It was none. `takeaway` is its number in this meeting, 0: the last one."""

    takeaway: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCoffee:
    """The meeting is over, and its minutes are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkipCoffee:
    """The next coffee does not take place; its topics stay. `starts_at` as with `OrderAgenda`."""

    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBoard:
    """Where the board of a coffee is shown on a platform."""

    platform: str
    message: str
    room: str
    coffee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordThumbs:
    """The message on a platform that asks whether to go on in this round."""

    platform: str
    message: str
    coffee: int
    topic: int
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMinutes:
    """Where the minutes of a coffee lie."""

    coffee: int
    place: str


CoffeeCommand = (
    AddTopic
    | DropTopic
    | RestoreTopic
    | RewordTopic
    | ForgetTopic
    | PutDots
    | TakeDots
    | CallCoffee
    | OrderAgenda
    | StartCoffee
    | NextTopic
    | TakeUpTopic
    | GiveThumb
    | TakeThumb
    | EndTimebox
    | CountThumbs
    | NoteTakeaway
    | DropTakeaway
    | EndCoffee
    | SkipCoffee
    | RecordBoard
    | RecordThumbs
    | RecordMinutes
)
