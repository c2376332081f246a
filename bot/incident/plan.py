"""When this happens, do that. The one readable table between what happened and what follows outside.

Whether something may happen never depends on which providers are configured; what follows does: that is `Policy`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import assert_never

from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.model import Incident, Kind, Person, Room, Status

OVER = frozenset({Status.RESOLVED, Status.REVIEW, Status.CLOSED})
"""Ended, and its announcement may say that alerts fire on."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which providers there are, by the name of their block in the configuration, and who can be reached how.

    `own` are the publishers that keep what they get in the house, the only ones for what is private. `archive_after` is how
    long the rooms of an incident that is over stay open: long enough to take a mistake back. `copies`: of files in messages
    that are taken to the timeline copies are kept.
    """

    platforms: tuple[str, ...] = ()
    status_pages: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    archive_after: timedelta = timedelta(0)
    own: tuple[str, ...] = ()
    copies: bool = False


def plan(incident: Incident, event: e.Event, policy: Policy) -> list[f.Planned]:
    """What `event`, which made `incident` what it now is, asks for outside."""
    match event:
        case e.IncidentOpened():
            if incident.window:
                return [f.RepeatAlerts(incident.window.end), *_announce(incident, policy)]
            if has_room(incident):
                return _open_rooms(incident, policy.platforms)
            return [] if incident.kind in (Kind.NEARMISS, Kind.RETRO) else _announce(incident, policy)
        case e.StatusChanged():
            return _status(incident, event, policy)
        case e.MergedInto():
            gone: list[f.Planned] = [f.Cancel(("wake_reminder",))]
            return gone + _headline(incident, policy) + _archive(incident, policy)
        case e.MadePrivate():
            # What waits for a room is not ahead of the announcement, which everybody reads.
            exposed = tuple(platform for platform in policy.platforms if _exposed(incident, platform))
            left = _links(incident, exposed) + _leave(exposed)
            return _announce(incident, policy) + left + _show(incident, policy) + _keep(incident, policy)
        case e.SeverityChanged() | e.TitleChanged() | e.AlertsStillFiring():
            return _headline(incident, policy)
        case e.AlertsFired() | e.AlertsCleared() | e.AlertsLeft() | e.Absorbed():
            announced = incident.status is Status.TRIAGE or incident.status in OVER
            shown = _headline(incident, policy) if announced else _show(incident, policy)
            new = isinstance(event, e.AlertsFired | e.Absorbed) and event.guides
            return shown + (_links(incident, _live_rooms(incident, policy)) if new else [])
        case e.RoleAssigned():
            invite = _invite(incident, (event.person,) if event.person else (), policy)
            return invite + _show(incident, policy)
        case e.Noted() | e.TaskAdded() | e.FollowUpAdded():
            return _show(incident, policy) + _copies(event, policy)
        case (
            e.Retracted()
            | e.MessageEdited()
            | e.FileNotKept()
            | e.TaskChanged()
            | e.FollowUpChanged()
            | e.MomentSet()
            | e.ImpactDescribed()
            | e.UpdateWasDue()
            | e.PostmortemAssigned()
            | e.PublicPostDrafted()
            | e.PublicDraftDiscarded()
            | e.PageTakenBack()
            | e.PageSent()
            | e.PageFailed()
            | e.EditedDraftKept()
            | e.Undone()
        ):
            return _show(incident, policy)
        case e.MessageRemoved():
            return _rewrite(incident, event, policy) + _show(incident, policy)
        case e.DeliveryFailed(effect="archive_room", provider=platform) if _exposed(incident, platform):
            # Everybody goes on reading it, and nobody can work there.
            return _tell_of_failure(incident, event, policy) + _next_room(incident, platform)
        case e.DeliveryFailed():
            return _tell_of_failure(incident, event, policy)
        case e.UpdatePosted():
            timer: list[f.Planned] = [f.Cancel(("wake_reminder",))]
            if event.next_by:
                timer.append(f.WakeReminder(event.next_by))
            return timer + _headline(incident, policy)
        case e.PeoplePaged():
            return _page(incident, event, policy)
        case e.PagingEnded(exhausted=True):
            # Nobody answered: a page that its provider has not taken yet is needed more than ever.
            return [f.Cancel(("wake_escalation",)), *_headline(incident, policy)]
        case e.PageAcknowledged() | e.PagingEnded():
            return [f.Cancel(("send_page", "wake_escalation")), *_headline(incident, policy)]
        case e.PublicPostPublished():
            if not incident.real:
                return _show(incident, policy)
            return [*(f.Publish(page, event.number) for page in policy.status_pages), *_show(incident, policy)]
        case e.PostmortemDrafted():
            return [f.WriteDraft(publisher) for publisher in _publishers(incident, policy)] + _show(incident, policy)
        case e.RoomOpened(exposed=True):
            return _leave((event.platform,))
        case e.RoomOpened() if incident.status.final:
            return [f.ArchiveRoom(event.platform)]
        case e.RoomOpened():
            here = replace(policy, platforms=(event.platform,))
            invite = [f.Invite(event.platform, incident.insiders)] if incident.insiders else []
            shown = _cards(incident, policy) + _announce(incident, here) + _links(incident, (event.platform,))
            return invite + shown + _catch_up(incident, event.platform)
        case e.PostReachedPage(first=True):
            return _cards(incident, policy) + _links(incident, _live_rooms(incident, policy))
        case e.PostmortemWritten():
            return _cards(incident, policy)
        case e.ArchiveWasDue():
            return _archive(incident, policy)
        case e.RoomArchived():
            return _next_room(incident, event.platform)
        case e.PostReachedPage() | e.CardPosted() | e.AnnouncementPosted() | e.Seconded() | e.FileKept():
            return []
        case _:
            assert_never(event)


def has_room(incident: Incident) -> bool:
    """Work has a room; triage, near misses, write-ups of the past and maintenance are announced at most."""
    return incident.kind in (Kind.REAL, Kind.DRILL) and incident.status.active


def _open_rooms(incident: Incident, platforms: tuple[str, ...]) -> list[f.Planned]:
    """A room and its card on each platform; announced unless it is private. That takes a moment, in which most rooms open, so that one
    message says where it is. Who is invited is planned when it is open."""
    effects: list[f.Planned] = []
    for platform in platforms:
        effects += [f.OpenRoom(platform), f.RefreshCard(platform, first=True), f.SetTopic(platform)]
        if not incident.private:
            effects.append(f.Announce(platform))
    return effects


def _next_room(incident: Incident, platform: str) -> list[f.Planned]:
    """After one was left: for an incident that was reopened while its room went away, and for one that has become private
    and is not over for good."""
    room = incident.rooms.get(platform, Room(""))
    goes_on = has_room(incident) or (room.exposed and not incident.status.final)
    return _open_rooms(incident, (platform,)) if goes_on else []


def _leave(platforms: tuple[str, ...]) -> list[f.Planned]:
    """Nothing of a private incident stands where everybody reads it. Each step is one of its own: if one cannot be done,
    the others are."""
    return [
        effect
        for platform in platforms
        for effect in (
            f.SetTopic(platform),
            f.RefreshCard(platform, first=True),
            f.Redirect(platform),
            f.ArchiveRoom(platform),
        )
    ]


def _catch_up(incident: Incident, platform: str) -> list[f.Planned]:
    """A second room hears what happened since work began: some of it was told in no room, or in one that not everybody
    was in. In a first one it waits behind the opening anyway."""
    second = bool(incident.rooms[platform].earlier)
    return [f.Tell(platform, since=incident.worked_on_since or 1)] if second else []


def _keep(incident: Incident, policy: Policy) -> list[f.Planned]:
    """A draft that everybody on the machine may read is so no more."""
    return [f.WriteDraft(publisher) for publisher in policy.own if incident.postmortem and incident.postmortem.through]


def _copies(event: e.Noted | e.TaskAdded | e.FollowUpAdded, policy: Policy) -> list[f.Planned]:
    """A message's id begins with its platform."""
    platform = event.message.partition(":")[0]
    if not policy.copies or platform not in policy.platforms:
        return []
    return [f.KeepFile(platform, event.message, number) for number in range(len(event.files))]


def _rewrite(incident: Incident, event: e.MessageRemoved, policy: Policy) -> list[f.Planned]:
    """A draft that was made of what was removed is made again without it."""
    through = incident.postmortem.through if incident.postmortem else 0
    if min(event.events) > through:
        return []
    return [f.WriteDraft(publisher, removed=True) for publisher in _publishers(incident, policy)]


def _publishers(incident: Incident, policy: Policy) -> tuple[str, ...]:
    return policy.own if incident.private else policy.publishers


def _status(incident: Incident, event: e.StatusChanged, policy: Policy) -> list[f.Planned]:
    effects: list[f.Planned] = [] if incident.status.open else [f.Cancel(("wake_reminder",))]
    if incident.window and incident.status.open is not event.old.open:
        # What it covers belongs to it until its window ends, or until it is over before that.
        due = incident.window.end if incident.status.open else event.at
        effects += [f.Cancel(("repeat_alerts",)), f.RepeatAlerts(due)]
    if event.old.final:
        exposed = any(_exposed(incident, platform) for platform in policy.platforms)
        # Work goes on where it was, unless everybody reads that.
        effects.append(f.Cancel(("wake_archive",) if exposed else ("wake_archive", "archive_room")))
    if incident.status.final and _live_rooms(incident, policy):
        effects.append(f.WakeArchive(event.at + policy.archive_after))
    live = _live_rooms(incident, policy)
    if not has_room(incident) or event.old.active:
        return effects + _headline(incident, policy)
    # Work begins, or begins again.
    missing = tuple(platform for platform in policy.platforms if platform not in live)
    effects += _open_rooms(incident, missing) + [f.Tell(platform) for platform in missing]
    return effects + _headline(incident, replace(policy, platforms=live))


def _page(incident: Incident, event: e.PeoplePaged, policy: Policy) -> list[f.Planned]:
    # The ladder's clock runs on for who is paged beside it.
    effects: list[f.Planned] = [] if event.beside else [f.Cancel(("wake_escalation",))]
    for person in event.people:
        known = policy.people.get(person)
        for way in known.ways if known else ():
            effects.append(f.SendPage(person, way, event.ladder, event.step, event.round))
    if event.next_at:
        effects.append(f.WakeEscalation(event.ladder, event.step, event.round, event.next_at))
    return effects + _invite(incident, event.people, policy) + _show(incident, policy)


def _invite(incident: Incident, people: tuple[str, ...], policy: Policy) -> list[f.Planned]:
    """Where a room is yet to open, everybody is invited then."""
    if not people or not has_room(incident):
        return []
    return [f.Invite(platform, people) for platform in _live_rooms(incident, policy)]


def _live_rooms(incident: Incident, policy: Policy) -> tuple[str, ...]:
    return tuple(platform for platform in policy.platforms if incident.rooms.get(platform, Room("")).live)


def _archive(incident: Incident, policy: Policy) -> list[f.Planned]:
    return [f.ArchiveRoom(platform) for platform in _live_rooms(incident, policy)]


def _cards(incident: Incident, policy: Policy) -> list[f.Planned]:
    return [f.RefreshCard(platform) for platform in policy.platforms if _shown(incident, platform)]


def _links(incident: Incident, platforms: tuple[str, ...]) -> list[f.Planned]:
    """Where there are any: most incidents never have one. In a room that everybody reads they are taken away."""
    return [f.SetLinks(platform) for platform in platforms] if incident.guides or incident.public_links else []


def _show(incident: Incident, policy: Policy) -> list[f.Planned]:
    """The card shows it and the room's thread tells it."""
    effects: list[f.Planned] = []
    for platform in policy.platforms:
        if _shown(incident, platform):
            effects += [f.RefreshCard(platform), f.Tell(platform)]
    return effects


def _tell_of_failure(incident: Incident, event: e.DeliveryFailed, policy: Policy) -> list[f.Planned]:
    """Said where it can be read: not where it failed, and never about saying so itself."""
    if event.effect in ("tell", "refresh_card", "set_topic", "set_links"):
        return []
    return [
        effect
        for platform in policy.platforms
        if platform != event.provider and _shown(incident, platform)
        for effect in (f.RefreshCard(platform), f.Tell(platform))
    ]


def _headline(incident: Incident, policy: Policy) -> list[f.Planned]:
    """As `_show`, and the topic and the announcement change too."""
    effects: list[f.Planned] = []
    for platform in policy.platforms:
        if _shown(incident, platform):
            effects += [f.SetTopic(platform), f.RefreshCard(platform), f.Tell(platform)]
    return effects + _announce(incident, policy)


def _announce(incident: Incident, policy: Policy) -> list[f.Planned]:
    """A private incident is announced nowhere, and a near miss or a write-up that was taken back neither; what became
    so is changed where it was announced."""
    untold = incident.kind in (Kind.NEARMISS, Kind.RETRO) and incident.status is Status.CANCELLED
    return [
        f.Announce(platform)
        for platform in policy.platforms
        if not (incident.private or untold) or (platform in incident.rooms and incident.rooms[platform].announcement)
    ]


def _shown(incident: Incident, platform: str) -> bool:
    room = incident.rooms.get(platform)
    if room and room.id:
        return not room.archived
    return has_room(incident)


def _exposed(incident: Incident, platform: str) -> bool:
    """Everybody reads its room there, and it is not archived."""
    room = incident.rooms.get(platform, Room(""))
    return room.exposed and not room.archived
