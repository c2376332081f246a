"""How what happens to pages changes an incident."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from bot.incident import events as e
from bot.incident.model import Incident, Moment, PagedAt, Paging, Stamp
from bot.incident.policy import is_service


def paged(
    incident: Incident,
    event: e.PeoplePaged | e.PageTakenBack | e.PageSent | e.PageFailed | e.PageAcknowledged | e.PagingEnded,
) -> Incident:
    paging = incident.paging
    match event:
        case e.PeoplePaged(beside=True) if paging is not None:
            people = tuple(dict.fromkeys((*paging.people, *event.people)))
            asked = tuple(dict.fromkeys((*paging.asked, *event.people)))
            told = responders(incident, *event.people)
            beside = replace(
                paging, people=people, asked=asked, failed=_failed(paging, event), pages=_pages(incident, event)
            )
            return replace(incident, paging=beside, responders=told)
        case e.PageTakenBack():
            told = tuple(person for person in incident.responders if person not in event.people)
            return replace(incident, paging=paging and _without(paging, event.people), responders=told)
        case e.PeoplePaged():
            before = (*paging.asked, *paging.people) if paging and paging.waiting else ()
            climbed = Paging(
                event.ladder,
                event.step,
                event.round,
                event.people,
                event.at,
                event.next_at,
                failed=_failed(paging, event) if paging and paging.waiting else (),
                last=event.last,
                asked=tuple(dict.fromkeys((*before, *event.people))),
                pages=_pages(incident, event),
                sent=paging.sent if paging else {},
            )
            return replace(incident, paging=climbed, responders=responders(incident, *event.people))
        case e.PageSent():
            if paging is None:
                return incident
            key = f"{event.person}:{event.way}"
            failed = tuple(one for one in paging.failed if one != key)
            # The event's number is that of the version it makes.
            sent = {**paging.sent, key: incident.version + 1}
            return replace(incident, paging=replace(paging, sent=sent, failed=failed))
        case e.PageFailed():
            return replace(incident, paging=paging and paging.did_not(event.person, event.way))
        case e.PageAcknowledged():
            moments = dict(incident.moments)
            moments.setdefault(Moment.ACKNOWLEDGED, Stamp(event.at, event.via))
            held = paging or Paging("", 0, 0, (), event.at)
            answered = replace(held, acknowledged_by=event.person, next_at=None, via=event.via, answered_at=event.at)
            told = responders(incident, event.person)
            return replace(incident, moments=moments, paging=answered, responders=told)
        case e.PagingEnded():
            return replace(incident, paging=paging and _ended(paging, event))
        case _:
            assert_never(event)


def _pages(incident: Incident, event: e.PeoplePaged) -> dict[str, PagedAt]:
    # The event's number is that of the version it makes.
    before = incident.paging.pages if incident.paging else {}
    return {**before, **{person: PagedAt(event.at, incident.version + 1, person in before) for person in event.people}}


def _failed(paging: Paging, event: e.PeoplePaged) -> tuple[str, ...]:
    """Whoever is asked again may be reached this time."""
    return tuple(key for key in paging.failed if key.rpartition(":")[0] not in event.people)


def _without(paging: Paging, people: tuple[str, ...]) -> Paging:
    return replace(
        paging,
        people=tuple(person for person in paging.people if person not in people),
        asked=tuple(person for person in paging.asked if person not in people),
    )


def _ended(paging: Paging, event: e.PagingEnded) -> Paging:
    return replace(paging, over=True, exhausted=event.exhausted, next_at=None, ended=event.reason)


def responders(incident: Incident, *people: str) -> tuple[str, ...]:
    """With `people`, as far as they are some: a service that is paged comes into no room."""
    found = (person for person in people if person and not is_service(person))
    return tuple(dict.fromkeys((*incident.responders, *found)))
