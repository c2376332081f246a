"""Who was paged how and when, and what came of it: a row a person, for the card and for whoever looks it up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.chat.templates import and_, local
from bot.incident.model import Incident, PagedAt, Paging
from bot.incident.paged import answered_by
from bot.incident.paging import NOBODY_ACKNOWLEDGED
from bot.incident.policy import Way, is_service
from bot.incident.spans import minutes
from bot.incident.timeline import Who

Ways = Callable[[str], Sequence[Way]]
"""How somebody is woken, in order."""

SHOWN = 6

SHORT = timedelta(minutes=1)
"""What takes less is not counted in minutes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`came_of_it`: `ntfy sent, email failed, then call`."""

    person: str
    at: datetime
    came_of_it: str


def asked(incident: Incident, ways: Ways) -> tuple[tuple[Asked, ...], int]:
    """Everybody who was paged since this paging began, the last SHOWN of them in the order in which they were asked; and how
    many earlier ones are left out."""
    held = incident.paging
    if held is None:
        return (), 0
    rows = []
    for person in dict.fromkeys((*held.asked, *held.people)):
        last = held.pages.get(person, PagedAt(held.since, 0))
        rows.append(Asked(person, last.at, _came_of_it(held, person, last, [way.name for way in ways(person)])))
    rows.sort(key=lambda row: row.at)
    return tuple(rows[-SHOWN:]), max(0, len(rows) - SHOWN)


def _came_of_it(held: Paging, person: str, last: PagedAt, ways: Sequence[str]) -> str:
    """What went out since they were asked `last`, what did not get through, and what is still to come."""
    known = [key.rpartition(":")[2] for key in (*held.sent, *held.failed) if key.rpartition(":")[0] == person]
    done, coming = [], []
    for way in dict.fromkeys((*ways, *known)):
        name = "" if is_service(person) else f"{way} "
        if f"{person}:{way}" in held.failed:
            done.append(f"{name}failed")
        elif held.went_out(person, way, since=last.event):
            done.append(f"{name}sent")
        elif way in ways:
            coming.append(way)
    if not ways and not done:
        return "no way to reach them"
    if coming and held.wakes(person):
        to_come = f"{'then ' if done else ''}{and_(coming)}"
        done.append("on its way" if is_service(person) else to_come)
    return ", ".join(done) or "not woken"


def stands(held: Paging | None) -> dict[str, str]:
    """For a template: that nobody answered, how whoever has it said so, and how long it is until the next one is paged."""
    if held is None:
        return {"unanswered": "", "by": "", "wait": ""}
    wait = minutes(held.since, held.next_at) if held.next_at and held.next_at - held.since >= SHORT else ""
    by = answered_by(held.acknowledged_by, held.via).strip()
    return {"unanswered": unanswered(held), "by": by or "acknowledged", "wait": wait}


def unanswered(paging: Paging) -> str:
    """How paging stands that nobody answered, and why nobody else is paged where there is more to say about it."""
    if paging.waiting:
        return "nobody has answered yet"
    why = paging.ended if paging.exhausted and paging.ended != NOBODY_ACKNOWLEDGED else ""
    return f"nobody answered{f' ({why})' if why else ''}"


def next_paged(paging: Paging, then: Sequence[str], names: Who, zone: str, now: datetime) -> str:
    """`Ben Weiss is paged at 05:12, in 4 min`: what comes when nobody acknowledges; empty when nobody else is paged."""
    if not paging.waiting or paging.next_at is None or paging.last:
        return ""
    again = " again" if then and set(then) <= set(paging.people) else ""
    are = "are" if len(then) > 1 else "is"
    left = f", in {minutes(now, paging.next_at)}" if paging.next_at - now >= SHORT else ""
    return f"{and_(map(names, then)) or 'the next one'} {are} paged{again} at {local(paging.next_at, zone)}{left}"
