"""When this happens, do that. The one readable table between what happened and what follows outside.

Whether something may happen never depends on which providers are configured; what follows does: that is `Policy`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.incident import effects as f
from bot.incident import events as e
from bot.incident import plan_paging as paging
from bot.incident.model import Incident, Kind, Room, Status
from bot.incident.policy import Policy
from bot.incident.showing import (
    announce,
    archive,
    cards,
    has_room,
    headline,
    invited,
    is_exposed,
    links,
    live_rooms,
    show,
    tell_of_failure,
)

__all__ = ["Policy", "has_room", "log_anew", "plan"]

OVER = frozenset({Status.RESOLVED, Status.REVIEW, Status.CLOSED})
"""Ended, and its announcement may say that alerts fire on."""


OF_A_DRILL = (
    f.OpenRoom,
    f.SetTopic,
    f.SetLinks,
    f.RefreshCard,
    f.Announce,
    f.Tell,
    f.Invite,
    f.Redirect,
    f.ArchiveRoom,
    f.WriteDraft,
    f.KeepFile,
    f.WakeReminder,
    f.WakeArchive,
    f.WakeReplay,
    f.Cancel,
)
"""The wall: chat, drafts, copies of chat's files, and the clocks of these. Whatever a rule forgets, no drill wakes anybody or shows customers
anything."""


def plan(incident: Incident, event: e.Event, policy: Policy) -> list[f.Planned]:
    """What `event`, which made `incident` what it now is, asks for outside. Of a drill nothing leaves its rooms."""
    planned = _plan(incident, event, policy)
    return [one for one in planned if isinstance(one, OF_A_DRILL)] if incident.kind is Kind.DRILL else planned


def _plan(incident: Incident, event: e.Event, policy: Policy) -> list[f.Planned]:
    match event:
        case e.IncidentOpened():
            if incident.window:
                return [f.RepeatAlerts(incident.window.end), *announce(incident, policy)]
            if has_room(incident):
                return _open_rooms(incident, policy.platforms)
            return [] if incident.kind in (Kind.NEARMISS, Kind.RETRO) else announce(incident, policy)
        case e.StatusChanged():
            return _status(incident, event, policy)
        case e.MergedInto():
            gone: list[f.Planned] = [f.Cancel(("wake_reminder",)), *paging.settled(incident, policy)]
            return gone + headline(incident, policy) + archive(incident, policy)
        case e.MadePrivate():
            # What waits for a room is not ahead of the announcement, which everybody reads.
            exposed = tuple(platform for platform in policy.platforms if is_exposed(incident, platform))
            left = links(incident, exposed) + _leave(exposed)
            return announce(incident, policy) + left + show(incident, policy) + _keep(incident, policy)
        case e.SeverityChanged():
            return paging.louder(incident, event, policy) + headline(incident, policy)
        case e.ReplayBegan(next_at=due) | e.ReplayMoved(next_at=due) | e.ReplayPaced(next_at=due):
            told = isinstance(event, e.ReplayPaced) or (isinstance(event, e.ReplayMoved) and not event.seq)
            return _clock(incident, due) + (show(incident, policy) if told else [])
        case e.TitleChanged() | e.AlertsStillFiring():
            return headline(incident, policy)
        case e.AlertsFired() | e.AlertsCleared() | e.AlertsLeft() | e.Absorbed():
            announced = incident.status is Status.TRIAGE or incident.status in OVER
            shown = headline(incident, policy) if announced else show(incident, policy)
            new = isinstance(event, e.AlertsFired | e.Absorbed) and event.guides
            return shown + (links(incident, live_rooms(incident, policy)) if new else [])
        case e.RoleAssigned():
            invite = invited(incident, (event.person,) if event.person else (), policy)
            return invite + show(incident, policy)
        case e.Noted() | e.TaskAdded() | e.FollowUpAdded():
            return show(incident, policy) + _copies(event, policy)
        case (
            e.Retracted()
            | e.MessageEdited()
            | e.FileNotKept()
            | e.TaskChanged()
            | e.FollowUpChanged()
            | e.FollowUpDated()
            | e.MomentSet()
            | e.ImpactDescribed()
            | e.UpdateWasDue()
            | e.PostmortemAssigned()
            | e.PublicPostDrafted()
            | e.PublicDraftDiscarded()
            | e.PageTakenBack()
            | e.EditedDraftKept()
            | e.Undone()
        ):
            return show(incident, policy)
        case e.MessageRemoved():
            return _rewrite(incident, event, policy) + show(incident, policy)
        case e.DeliveryFailed(effect="archive_room", provider=platform) if is_exposed(incident, platform):
            # Everybody goes on reading it, and nobody can work there.
            return tell_of_failure(incident, event, policy) + _next_room(incident, platform)
        case e.DeliveryFailed():
            return tell_of_failure(incident, event, policy)
        case e.UpdatePosted():
            timer: list[f.Planned] = [f.Cancel(("wake_reminder",))]
            if event.next_by:
                timer.append(f.WakeReminder(event.next_by))
            return timer + headline(incident, policy)
        case e.PeoplePaged():
            return paging.page(incident, event, policy)
        case e.PageSent():
            return paging.sent(incident, event, policy) + show(incident, policy)
        case e.PageFailed():
            return paging.sooner(incident, event, policy) + show(incident, policy)
        case e.PagingEnded(exhausted=True):
            return paging.exhausted(incident, policy) + headline(incident, policy)
        case e.PageAcknowledged():
            return paging.answered(incident, event, policy) + headline(incident, policy)
        case e.PagingEnded():
            return [f.Cancel(("send_page", "wake_escalation")), *headline(incident, policy)]
        case e.PublicPostPublished():
            if not incident.real:
                return show(incident, policy)
            return [*(f.Publish(page, event.number) for page in policy.status_pages), *show(incident, policy)]
        case e.PostmortemDrafted():
            return [f.WriteDraft(publisher) for publisher in _publishers(incident, policy)] + show(incident, policy)
        case e.RoomOpened(exposed=True):
            return _leave((event.platform,))
        case e.RoomOpened() if incident.status.final:
            return [f.ArchiveRoom(event.platform)]
        case e.RoomOpened():
            here = replace(policy, platforms=(event.platform,))
            invite = [f.Invite(event.platform, incident.insiders)] if incident.insiders else []
            shown = cards(incident, policy) + announce(incident, here) + links(incident, (event.platform,))
            return invite + shown + _catch_up(incident, event.platform)
        case e.CardLost(platform=platform) if not incident.rooms[platform].bare:
            return [f.RefreshCard(platform, first=True)]
        case e.PostReachedPage(first=True):
            return cards(incident, policy) + links(incident, live_rooms(incident, policy))
        case e.PostmortemWritten(log=True):
            return show(incident, policy)
        case e.PostmortemWritten():
            return cards(incident, policy)
        case e.ArchiveWasDue():
            return archive(incident, policy)
        case e.RoomArchived():
            return _next_room(incident, event.platform)
        case e.PostReachedPage() | e.CardPosted() | e.CardLost() | e.AnnouncementPosted() | e.Seconded() | e.FileKept():
            return []
        case _:
            assert_never(event)


def _clock(incident: Incident, due: datetime | None) -> list[f.Planned]:
    """At most one clock of a replay waits."""
    planned: list[f.Planned] = [f.Cancel(("wake_replay",))]
    if incident.replay and due is not None:
        planned.append(f.WakeReplay(incident.replay.of, incident.replay.seq, due))
    return planned


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


def log_anew(drill: Incident, event: e.Event, policy: Policy) -> list[f.WriteDraft]:
    """What follows for a `drill` when `event` happened to the incident that it replayed: a log that tells what nobody may read there any
    more is written anew."""
    through = drill.postmortem.through if drill.postmortem else 0
    if not through or not isinstance(event, e.MadePrivate | e.MessageRemoved):
        return []
    return [f.WriteDraft(publisher, removed=True) for publisher in _publishers(drill, policy)]


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
    if incident.replay and not incident.status.open:
        effects += _clock(incident, None)
    if event.old.open and not incident.status.open:
        effects += paging.settled(incident, policy)
    if incident.window and incident.status.open is not event.old.open:
        # What it covers belongs to it until its window ends, or until it is over before that.
        due = incident.window.end if incident.status.open else event.at
        effects += [f.Cancel(("repeat_alerts",)), f.RepeatAlerts(due)]
    if event.old.final:
        exposed = any(is_exposed(incident, platform) for platform in policy.platforms)
        # Work goes on where it was, unless everybody reads that.
        effects.append(f.Cancel(("wake_archive",) if exposed else ("wake_archive", "archive_room")))
    if incident.status.final and live_rooms(incident, policy):
        effects.append(f.WakeArchive(event.at + policy.archive_after))
    live = live_rooms(incident, policy)
    if not has_room(incident) or event.old.active:
        return effects + headline(incident, policy)
    # Work begins, or begins again.
    missing = tuple(platform for platform in policy.platforms if platform not in live)
    effects += _open_rooms(incident, missing) + [f.Tell(platform) for platform in missing]
    return effects + headline(incident, replace(policy, platforms=live))
