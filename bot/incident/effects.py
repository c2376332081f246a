"""What must be done outside, in the imperative. An effect is a row in the outbox, written with the event that caused it.

An effect names what to do and not how it will look: cards, digests, pages and drafts are rendered from the recorded
events when they are delivered. So a row stays small, a storm folds into one row, and a template can change at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.unbound import AskThumbs as AskThumbs
from bot.incident.unbound import CoffeeEffect as CoffeeEffect
from bot.incident.unbound import MailWeeklyDigest as MailWeeklyDigest
from bot.incident.unbound import SayHandover as SayHandover
from bot.incident.unbound import SayWeeklyDigest as SayWeeklyDigest
from bot.incident.unbound import ShowBoard as ShowBoard
from bot.incident.unbound import TellCoffee as TellCoffee
from bot.incident.unbound import TellUndelivered as TellUndelivered
from bot.incident.unbound import Unbound as Unbound
from bot.incident.unbound import WakeThumbs as WakeThumbs
from bot.incident.unbound import WakeTimebox as WakeTimebox
from bot.incident.unbound import WriteMinutes as WriteMinutes


@dataclass(frozen=True, slots=True)
class OpenRoom:
    platform: str


@dataclass(frozen=True, slots=True)
class SetTopic:
    platform: str


@dataclass(frozen=True, slots=True)
class SetLinks:
    """Show in the room the links that belong to the incident: to its runbook, to where customers read of it."""

    platform: str


@dataclass(frozen=True, slots=True)
class RefreshCard:
    """Post and pin the live card, or edit it so that it shows the present. `first`: do not wait for more to say."""

    platform: str
    first: bool = False


@dataclass(frozen=True, slots=True)
class Announce:
    """One message an incident in the announcement room; edited afterwards. `first`: do not wait for more to say."""

    platform: str
    first: bool = False


@dataclass(frozen=True, slots=True)
class Tell:
    """Say in the room's thread what happened since the last time, or from event `since` on."""

    platform: str
    since: int = 0


@dataclass(frozen=True, slots=True)
class Invite:
    platform: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    """Say in a room that everybody reads that the incident, which is private by now, goes on elsewhere."""

    platform: str


@dataclass(frozen=True, slots=True)
class ArchiveRoom:
    platform: str


@dataclass(frozen=True, slots=True)
class SendPage:
    """Wake one person by one way (the name of a block under `paging:`), not before `due`. `asked` is the event that asked
    them; 0: the one that caused this."""

    person: str
    way: str
    ladder: str
    step: int
    round: int
    asked: int = 0
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class SettlePage:
    """Tell the way by which `person` was paged that `by` has it; an empty `by`: that it is over."""

    person: str
    way: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class CallOut:
    """Nobody answered: say so where incidents are announced, so that whoever reads it can take it."""

    platform: str


@dataclass(frozen=True, slots=True)
class ShowContacts:
    """Say in the room how people are reached without us."""

    platform: str


@dataclass(frozen=True, slots=True)
class PageStands:
    """What became of the last page to `person` by `way`: it is `waiting` to go out since `at` after so many `tries`, or it
    was `sent` or `failed` at that time. `reason`: why it has not gone out, as far as that is known."""

    person: str
    way: str
    state: str
    at: datetime
    tries: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Publish:
    """Put public post `number` on one status page."""

    page: str
    number: int


@dataclass(frozen=True, slots=True)
class WriteDraft:
    """Put the postmortem's draft where people will edit it. `removed`: again, because a text in it was removed."""

    publisher: str
    removed: bool = False


@dataclass(frozen=True, slots=True)
class KeepFile:
    """Keep a copy of the `number`-th file (from 0) of a message. Where it is to be found stands in the event alone, so that it
    goes with the message."""

    platform: str
    message: str
    number: int


@dataclass(frozen=True, slots=True)
class WakeEscalation:
    """A timer: unless somebody acknowledges before `due`, ask the next rung."""

    ladder: str
    step: int
    round: int
    due: datetime


@dataclass(frozen=True, slots=True)
class WakeReminder:
    """A timer: an update was promised for `due`."""

    due: datetime


@dataclass(frozen=True, slots=True)
class WakeArchive:
    """A timer: unless it is reopened before `due`, the rooms of an incident that is over are archived."""

    due: datetime


@dataclass(frozen=True, slots=True)
class WakeReplay:
    """A timer: in a drill, event `seq` of incident `of` comes again at `due`."""

    of: int
    seq: int
    due: datetime


@dataclass(frozen=True, slots=True)
class RepeatAlerts:
    """A timer: what maintenance covered and still fires at `due` is heard again, and is now an alert like any other."""

    due: datetime


@dataclass(frozen=True, slots=True)
class Cancel:
    """Not done outside: withdraws the waiting effects of these kinds; with `lanes`, be there none, only those in them that nobody has begun.
    What has begun is not called back."""

    kinds: tuple[str, ...]
    lanes: tuple[str, ...] | None = None


Effect = (
    OpenRoom
    | SetTopic
    | SetLinks
    | RefreshCard
    | Announce
    | Tell
    | Invite
    | Redirect
    | ArchiveRoom
    | CallOut
    | ShowContacts
    | SendPage
    | SettlePage
    | SayHandover
    | SayWeeklyDigest
    | MailWeeklyDigest
    | TellUndelivered
    | ShowBoard
    | TellCoffee
    | AskThumbs
    | WriteMinutes
    | WakeTimebox
    | WakeThumbs
    | Publish
    | WriteDraft
    | KeepFile
    | WakeEscalation
    | WakeReminder
    | WakeArchive
    | WakeReplay
    | RepeatAlerts
)

Planned = Effect | Cancel

PlatformEffect = (
    OpenRoom
    | SetTopic
    | SetLinks
    | RefreshCard
    | Announce
    | Tell
    | Invite
    | Redirect
    | ArchiveRoom
    | CallOut
    | ShowContacts
)


def page_lane(incident: int, person: str, way: str) -> str:
    """Pages to one person by one way are in order, and wait for no other way."""
    return f"{incident}:page:{person}:{way}"


def kind_of(effect: Effect) -> str:
    """The name of an effect in the outbox: `OpenRoom` is `open_room`."""
    return KINDS[type(effect)]


KINDS: dict[type[Effect], str] = {
    cls: "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("_") for cls in Effect.__args__
}

URGENT = 1
"""Pages and the clocks that make them (`Outgoing.urgency`) wait for nothing else."""

LEAST_URGENT = 9

TIMERS = tuple(
    KINDS[timer]
    for timer in (WakeEscalation, WakeReminder, WakeArchive, WakeReplay, RepeatAlerts, WakeTimebox, WakeThumbs)
)
"""The kinds that do nothing outside: they wait for their time and then ask us for something."""
