"""Where an incident is shown, and what there changes with it: its rooms, cards and links, the announcement."""

from __future__ import annotations

from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.model import Incident, Kind, Room, Status
from bot.incident.policy import Policy, is_service


def has_room(incident: Incident) -> bool:
    """Work has a room; triage, near misses, write-ups of the past and maintenance are announced at most."""
    return incident.kind in (Kind.REAL, Kind.DRILL) and incident.status.active


def invited(incident: Incident, people: tuple[str, ...], policy: Policy) -> list[f.Planned]:
    """Where a room is yet to open, everybody is invited then."""
    some = tuple(person for person in people if not is_service(person))
    if not some or not has_room(incident):
        return []
    return [f.Invite(platform, some) for platform in live_rooms(incident, policy)]


def live_rooms(incident: Incident, policy: Policy) -> tuple[str, ...]:
    return tuple(platform for platform in policy.platforms if incident.rooms.get(platform, Room("")).live)


def archive(incident: Incident, policy: Policy) -> list[f.Planned]:
    return [f.ArchiveRoom(platform) for platform in live_rooms(incident, policy)]


def cards(incident: Incident, policy: Policy) -> list[f.Planned]:
    return [f.RefreshCard(platform) for platform in policy.platforms if is_shown(incident, platform)]


def links(incident: Incident, platforms: tuple[str, ...]) -> list[f.Planned]:
    """Where there are any: most incidents never have one. In a room that everybody reads they are taken away."""
    return [f.SetLinks(platform) for platform in platforms] if incident.guides or incident.public_links else []


def show(incident: Incident, policy: Policy) -> list[f.Planned]:
    """The card shows it and the room's thread tells it."""
    effects: list[f.Planned] = []
    for platform in policy.platforms:
        if is_shown(incident, platform):
            effects += [f.RefreshCard(platform), f.Tell(platform)]
    return effects


def tell_of_failure(incident: Incident, event: e.DeliveryFailed, policy: Policy) -> list[f.Planned]:
    """Said where it can be read: not where it failed, and never about saying so itself."""
    if event.effect in ("tell", "refresh_card", "set_topic", "set_links"):
        return []
    return [
        effect
        for platform in policy.platforms
        if platform != event.provider and is_shown(incident, platform)
        for effect in (f.RefreshCard(platform), f.Tell(platform))
    ]


def headline(incident: Incident, policy: Policy) -> list[f.Planned]:
    """As `_show`, and the topic and the announcement change too."""
    effects: list[f.Planned] = []
    for platform in policy.platforms:
        if is_shown(incident, platform):
            effects += [f.SetTopic(platform), f.RefreshCard(platform), f.Tell(platform)]
    return effects + announce(incident, policy)


def announce(incident: Incident, policy: Policy) -> list[f.Planned]:
    """A private incident is announced nowhere, and a near miss or a write-up that was taken back neither; what became
    so is changed where it was announced."""
    untold = incident.kind in (Kind.NEARMISS, Kind.RETRO) and incident.status is Status.CANCELLED
    return [
        f.Announce(platform)
        for platform in policy.platforms
        if not (incident.private or untold) or (platform in incident.rooms and incident.rooms[platform].announcement)
    ]


def is_shown(incident: Incident, platform: str) -> bool:
    room = incident.rooms.get(platform)
    if room and room.id:
        return not room.archived
    return has_room(incident)


def is_exposed(incident: Incident, platform: str) -> bool:
    """Everybody reads its room there, and it is not archived."""
    room = incident.rooms.get(platform, Room(""))
    return room.exposed and not room.archived
