"""What follows when people are paged, answer or do not: pages by each of their ways, the ladder's clock, and the word to
whoever waits for an answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.model import Incident, Paging
from bot.incident.policy import Policy, Way
from bot.incident.showing import invited, live_rooms, show


def page(incident: Incident, event: e.PeoplePaged, policy: Policy) -> list[f.Planned]:
    """Each person by each of their ways. What is left of an earlier page to them is withdrawn: one is outstanding at a time."""
    # The ladder's clock runs on for who is paged beside it.
    effects: list[f.Planned] = [] if event.beside else [f.Cancel(("wake_escalation",))]
    for person in event.people:
        ways = policy.ways(person, incident.severity)
        again = incident.paging is not None and incident.paging.paged_again(person)
        known = policy.people.get(person)
        if again and known:
            effects.append(_withdrawn(incident, person, known.ways))
        effects += _pages(event, incident.version, person, ways, event.at)
    if event.next_at:
        effects.append(f.WakeEscalation(event.ladder, event.step, event.round, event.next_at))
    if event.unreached:
        effects += contacts(incident, policy)
    return effects + invited(incident, event.people, policy) + show(incident, policy)


def _pages(paged: e.PeoplePaged, asked: int, person: str, ways: Iterable[Way], at: datetime) -> list[f.Planned]:
    return [
        f.SendPage(
            person, way.name, paged.ladder, paged.step, paged.round, asked, due=at + way.after if way.after else None
        )
        for way in ways
    ]


def _withdrawn(incident: Incident, person: str, ways: Iterable[str]) -> f.Cancel:
    """Of these ways what nobody has begun; what goes by another one is not touched."""
    return f.Cancel(("send_page",), tuple(f.page_lane(incident.number, person, way) for way in ways))


def sooner(incident: Incident, event: e.PageFailed, policy: Policy) -> list[f.Planned]:
    """What did not get through is not waited for: the next of the person's ways comes now, and the others as much earlier.
    What was brought forward before, and failed or went out, is not tried anew."""
    held = incident.paging
    paged = held.pages.get(event.person) if held else None
    if held is None or paged is None or not held.wakes(event.person):
        return []
    left = [
        way
        for way in policy.ways(event.person, incident.severity)
        if paged.at + way.after > event.at
        and f"{event.person}:{way.name}" not in held.failed
        and not held.went_out(event.person, way.name, since=paged.event)
    ]
    if not left:
        return []
    return [
        _withdrawn(incident, event.person, (way.name for way in left)),
        *_from_now(held, event.person, left, event.at),
    ]


def louder(incident: Incident, event: e.SeverityChanged, policy: Policy) -> list[f.Planned]:
    """It is worse than it was when people were paged quietly: their other ways are used too, the first at once."""
    held = incident.paging
    if held is None or not held.waiting:
        return []
    effects: list[f.Planned] = []
    for person in held.people:
        quietly = {way.name for way in policy.ways(person, event.old)}
        more = [way for way in policy.ways(person, event.new) if way.name not in quietly]
        effects += _from_now(held, person, more, event.at)
    return effects


def _from_now(held: Paging, person: str, ways: list[Way], at: datetime) -> list[f.Planned]:
    """The first of them at once, the others as long after it as they are after one another."""
    paged = held.pages.get(person)
    if paged is None or not ways:
        return []
    first = min(way.after for way in ways)
    effects: list[f.Planned] = []
    for way in ways:
        wait = way.after - first
        due = at + wait if wait > timedelta() else None
        effects.append(f.SendPage(person, way.name, held.ladder, held.step, held.round, paged.event, due=due))
    return effects


def answered(incident: Incident, event: e.PageAcknowledged, policy: Policy) -> list[f.Planned]:
    """Let everybody sleep who was not woken yet."""
    effects: list[f.Planned] = [f.Cancel(("send_page", "wake_escalation"))]
    return effects + _settle(incident, policy, by=event.person, at=event.via)


def sent(incident: Incident, event: e.PageSent, policy: Policy) -> list[f.Planned]:
    """It was on its way when somebody answered, or it ended: its provider is told behind it."""
    held = incident.paging
    if event.way not in policy.settling or held is None:
        return []
    if not incident.status.open:
        return [f.SettlePage(event.person, event.way)]
    return [f.SettlePage(event.person, event.way, held.acknowledged_by)] if held.acknowledged_by else []


def settled(incident: Incident, policy: Policy) -> list[f.Planned]:
    """It is over."""
    return _settle(incident, policy)


def _settle(incident: Incident, policy: Policy, *, by: str = "", at: str = "") -> list[f.Planned]:
    """`at` is the way by which somebody answered: it knows. Where several pages went out by it, only one of them was answered
    there, and nobody says which."""
    sent = incident.paging.sent if incident.paging else {}
    pairs = [(person, way) for person, _, way in (key.rpartition(":") for key in sent) if way in policy.settling]
    alone = [way for _, way in pairs].count(at) == 1
    return [f.SettlePage(person, way, by) for person, way in pairs if not (alone and way == at)]


def exhausted(incident: Incident, policy: Policy) -> list[f.Planned]:
    """Nobody answered: whoever reads it can take it. A page that its provider has not taken yet is needed more than ever."""
    effects: list[f.Planned] = [f.Cancel(("wake_escalation",))]
    if not incident.private:
        effects += [f.CallOut(platform) for platform in policy.platforms]
    return effects + contacts(incident, policy)


def contacts(incident: Incident, policy: Policy) -> list[f.Planned]:
    """How to reach people without us."""
    return [f.ShowContacts(platform) for platform in live_rooms(incident, policy)]
