"""What must be done outside, in the imperative. An effect is a row in the outbox, written with the event that caused it.

An effect names what to do and not how it will look: cards, digests, pages and drafts are rendered from the recorded
events when they are delivered. So a row stays small, a storm folds into one row, and a template can change at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

CARD_SETTLES = timedelta(seconds=1)
"""A card waits this long for more to say, so that a burst is one edit."""

DIGEST_SETTLES = timedelta(seconds=2)
"""The same for the lines in a room's thread."""


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
    """Wake one person by one way (the name of a block under `paging:`)."""

    person: str
    way: str
    ladder: str
    step: int
    round: int


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
class RepeatAlerts:
    """A timer: what maintenance covered and still fires at `due` is heard again, and is now an alert like any other."""

    due: datetime


@dataclass(frozen=True, slots=True)
class Cancel:
    """Not done outside: withdraws the waiting effects of these kinds. What has begun is not called back."""

    kinds: tuple[str, ...]


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
    | SendPage
    | Publish
    | WriteDraft
    | KeepFile
    | WakeEscalation
    | WakeReminder
    | WakeArchive
    | RepeatAlerts
)

Planned = Effect | Cancel

PlatformEffect = OpenRoom | SetTopic | SetLinks | RefreshCard | Announce | Tell | Invite | Redirect | ArchiveRoom


def kind_of(effect: Effect) -> str:
    """The name of an effect in the outbox: `OpenRoom` is `open_room`."""
    return KINDS[type(effect)]


KINDS: dict[type[Effect], str] = {
    cls: "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("_") for cls in Effect.__args__
}

URGENT = 1
"""Pages and the clocks that make them (`Outgoing.urgency`) wait for nothing else."""

LEAST_URGENT = 9

TIMERS = (KINDS[WakeEscalation], KINDS[WakeReminder], KINDS[WakeArchive], KINDS[RepeatAlerts])
"""The kinds that do nothing outside: they wait for their time and then ask us for something."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An effect on its way into the outbox. `key` is its idempotency key for ever. Rows with the same `fold` that
    nobody has begun are one row; `since` and `upto` are the events it is about. `due` None: at once."""

    key: str
    incident: int
    lane: str
    effect: Effect
    since: int
    upto: int
    fold: str | None = None
    due: datetime | None = None
    settles: timedelta = timedelta(0)
    urgency: int = 5


def outgoing(effect: Effect, *, incident: int, seq: int, place: int) -> Outgoing:
    """`effect`, the `place`-th one that event `seq` of `incident` caused, addressed to its lane.

    A lane is incident × provider: in order inside, never waiting for another one. Where a platform lets us do little,
    `urgency` says what comes first: 0 is served first.
    """
    key = f"{incident}.{seq}.{place}"
    fold: str | None = None
    due: datetime | None = None
    settles = timedelta(0)
    urgency = 5
    since = seq
    match effect:
        case OpenRoom(platform=platform):
            lane, urgency = f"{incident}:{platform}", 4
        case Redirect(platform=platform) | ArchiveRoom(platform=platform):
            lane = f"{incident}:{platform}"
        case Invite(platform=platform):
            # Who may not be invited for hours holds up nothing that is said in the room.
            lane = f"{incident}:{platform}:invite"
        case SetTopic(platform=platform):
            lane, fold, urgency = f"{incident}:{platform}", f"topic:{incident}:{platform}", 6
        case SetLinks(platform=platform):
            # Slack lets us set twenty a minute (https://docs.slack.dev/reference/methods/bookmarks.add), and they can wait.
            lane, fold, urgency = f"{incident}:{platform}:links", f"links:{incident}:{platform}", 8
        case RefreshCard(platform=platform, first=first):
            lane, fold = f"{incident}:{platform}", f"card:{incident}:{platform}"
            settles, urgency = (timedelta(0), 4) if first else (CARD_SETTLES, 5)
        case Announce(platform=platform, first=first):
            # That there is an incident is said, also when its room cannot be opened for an hour.
            lane, fold = f"{incident}:{platform}:announce", f"announce:{incident}:{platform}"
            settles = timedelta(0) if first else CARD_SETTLES
        case Tell(platform=platform):
            lane, fold, settles, urgency = f"{incident}:{platform}", f"tell:{incident}:{platform}", DIGEST_SETTLES, 7
            since = effect.since or seq
        case SendPage(person=person, way=way):
            lane, urgency = f"{incident}:page:{person}:{way}", 0
        case Publish(page=page):
            lane, urgency = f"{incident}:status:{page}", 3
        case WriteDraft(publisher=publisher):
            lane = f"{incident}:publish:{publisher}"
        case KeepFile(message=message, number=number):
            # A file nobody can get holds up no other one.
            lane = fold = f"file:{incident}:{number}:{message}"
            urgency = LEAST_URGENT
        case WakeEscalation(ladder=ladder, step=step, round=round, due=due):
            key = f"escalate:{incident}:{seq}:{ladder}:{round}:{step}"
            lane, urgency = key, 1
        case WakeReminder(due=due):
            key = f"remind:{incident}:{seq}"
            lane = key
        case WakeArchive(due=due):
            key = f"archive:{incident}:{seq}"
            lane = key
        case RepeatAlerts(due=due):
            key = f"repeat:{incident}:{seq}"
            lane, urgency = key, 1
        case _:
            assert_never(effect)
    return Outgoing(key, incident, lane, effect, since, seq, fold, due, settles, urgency)
