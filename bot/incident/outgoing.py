"""An effect on its way into the outbox: in which lane, how urgent, and what it may be one with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from bot.incident import effects as f

CARD_SETTLES = timedelta(seconds=1)
"""A card waits this long for more to say, so that a burst is one edit."""

DIGEST_SETTLES = timedelta(seconds=2)
"""The same for the lines in a room's thread."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An effect on its way into the outbox. `key` is its idempotency key for ever. Rows with the same `fold` that
    nobody has begun are one row; `since` and `upto` are the events it is about. `due` None: at once."""

    key: str
    incident: int
    lane: str
    effect: f.Effect
    since: int
    upto: int
    fold: str | None = None
    due: datetime | None = None
    settles: timedelta = timedelta(0)
    urgency: int = 5

    def withdrawn(self, incident: int, cancel: f.Cancel) -> bool:
        """Whether `cancel`, of an incident, speaks of it."""
        spoken_of = cancel.lanes is None or self.lane in cancel.lanes
        return self.incident == incident and f.kind_of(self.effect) in cancel.kinds and spoken_of


@dataclass(frozen=True, slots=True)
class Enqueue:
    """What is to be put into the outbox for no incident, each of it once: a key that was there before changes nothing."""

    effects: tuple[Outgoing, ...]


def outgoing(effect: f.Effect, *, incident: int, seq: int, place: int, key: str = "") -> Outgoing:
    """`effect`, the `place`-th one that event `seq` of `incident` caused, addressed to its lane; what no event caused has a `key`.

    A lane is incident × provider: in order inside, never waiting for another one. Where a platform lets us do little,
    `urgency` says what comes first: 0 is served first.
    """
    key = key or f"{incident}.{seq}.{place}"
    fold: str | None = None
    due: datetime | None = None
    settles = timedelta(0)
    urgency = 5
    since = seq
    match effect:
        case f.OpenRoom(platform=platform):
            lane, urgency = f"{incident}:{platform}", 4
        case f.Redirect(platform=platform) | f.ArchiveRoom(platform=platform):
            lane = f"{incident}:{platform}"
        case f.Invite(platform=platform):
            # Who may not be invited for hours holds up nothing that is said in the room.
            lane = f"{incident}:{platform}:invite"
        case f.SetTopic(platform=platform):
            lane, fold, urgency = f"{incident}:{platform}", f"topic:{incident}:{platform}", 6
        case f.SetLinks(platform=platform):
            # Slack lets us set twenty a minute (https://docs.slack.dev/reference/methods/bookmarks.add), and they can wait.
            lane, fold, urgency = f"{incident}:{platform}:links", f"links:{incident}:{platform}", 8
        case f.RefreshCard(platform=platform, first=first):
            lane, fold = f"{incident}:{platform}", f"card:{incident}:{platform}"
            settles, urgency = (timedelta(0), 4) if first else (CARD_SETTLES, 5)
        case f.Announce(platform=platform, first=first):
            # That there is an incident is said, also when its room cannot be opened for an hour.
            lane, fold = f"{incident}:{platform}:announce", f"announce:{incident}:{platform}"
            settles = timedelta(0) if first else CARD_SETTLES
        case f.Tell(platform=platform):
            lane, fold, settles, urgency = f"{incident}:{platform}", f"tell:{incident}:{platform}", DIGEST_SETTLES, 7
            since = effect.since or seq
        case f.SendPage(person=person, way=way, due=due):
            lane, urgency = f.page_lane(incident, person, way), 0
        case f.SettlePage(person=person, way=way):
            # Behind the page itself: who is told that it is over must have been told of it.
            lane, urgency = f.page_lane(incident, person, way), 2
        case f.CallOut(platform=platform):
            lane, urgency = f"{incident}:{platform}:announce", 1
        case f.ShowContacts(platform=platform):
            lane, fold, urgency = f"{incident}:{platform}", f"contacts:{incident}:{platform}", 2
        case f.SayHandover(platform=platform, schedule=schedule):
            lane = f"handover:{schedule}:{platform}"
        case f.SayWeeklyDigest(platform=platform, room=room, team=team):
            lane, urgency = f"weekly:{team}:{platform}:{room}", 7
        case f.MailWeeklyDigest(way=way, to=to, team=team):
            lane, urgency = f"weekly:{team}:{way}:{to}", 7
        case f.TellUndelivered(kind=kind, provider=provider, place=where):
            lane, urgency = f"undelivered:{kind}:{provider}:{where}", 6
        case f.ShowBoard(platform=platform, room=room):
            lane, fold, settles = f"coffee:{platform}:{room}", f"board:{platform}:{room}", CARD_SETTLES
        case f.TellCoffee(platform=platform, room=room) | f.AskThumbs(platform=platform, room=room):
            lane, urgency = f"coffee:{platform}:{room}", 4
        case f.WriteMinutes(publisher=publisher):
            lane = f"coffee:publish:{publisher}"
        case f.WakeTimebox() | f.WakeThumbs():
            due, lane, urgency = effect.due, key, 1
        case f.Publish(page=page):
            lane, urgency = f"{incident}:status:{page}", 3
        case f.WriteDraft(publisher=publisher):
            lane = f"{incident}:publish:{publisher}"
        case f.KeepFile(message=message, number=number):
            # A file nobody can get holds up no other one.
            lane = fold = f"file:{incident}:{number}:{message}"
            urgency = f.LEAST_URGENT
        case f.WakeEscalation(ladder=ladder, step=step, round=round):
            due = effect.due
            key = f"escalate:{incident}:{seq}:{ladder}:{round}:{step}"
            lane, urgency = key, 1
        case f.WakeReminder():
            due = effect.due
            key = f"remind:{incident}:{seq}"
            lane = key
        case f.WakeArchive():
            due = effect.due
            key = f"archive:{incident}:{seq}"
            lane = key
        case f.WakeReplay():
            due = effect.due
            key = f"replay:{incident}:{seq}"
            lane, urgency = key, 4
        case f.RepeatAlerts():
            due = effect.due
            key = f"repeat:{incident}:{seq}"
            lane, urgency = key, 1
        case _:
            assert_never(effect)
    return Outgoing(key, incident, lane, effect, since, seq, fold, due, settles, urgency)
