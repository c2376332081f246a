"""Pages that have not gone out, for who looks up how an incident stands: to whom, by which way, how often tried, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.chat.card import Who, who
from bot.chat.document import Block, Bullets, Paragraph, line
from bot.chat.marked import marked
from bot.chat.templates import local
from bot.incident.effects import PageStands
from bot.incident.model import Incident, Person
from bot.incident.text import one_line

SHOWN = 8
REASON = 200
"""Characters of a reason; some servers answer with a page."""

ON_ITS_WAY = timedelta(seconds=10)
"""A page that was queued no longer ago than this, and has not failed, is no news."""


def waits_for_an_answer(incident: Incident) -> bool:
    """People were asked, and nobody has it."""
    return incident.status.open and incident.paging is not None and not incident.paging.acknowledged_by


def unsent(
    incident: Incident, pages: Sequence[PageStands], *, people: Mapping[str, Person], zone: str, now: datetime
) -> list[Block]:
    """The `pages` that have not gone out to who is still asked, and who cannot be paged at all; nothing while nobody waits
    for an answer."""
    held = incident.paging
    if held is None or not waits_for_an_answer(incident):
        return []
    names, asked = who(people), tuple(dict.fromkeys((*held.asked, *held.people)))
    wanted = [page for page in pages if page.person in asked]
    rows = [_row(page, names, zone) for page in wanted if _late(page, now)]
    silent = [person for person in asked if person in people and not people[person].ways]
    rows += [f"{names(person)} cannot be paged: people.{person} has no page:" for person in silent]
    if not rows:
        return []
    some = any(page.state == "sent" for page in wanted)
    title = "Pages that have not gone out:" if some else "No page has gone out:"
    more = [f"and {len(rows) - SHOWN} more"] if len(rows) > SHOWN else []
    return [Paragraph(line(title, bold=True)), Bullets(tuple(marked(row) for row in (*rows[:SHOWN], *more)))]


def _late(page: PageStands, now: datetime) -> bool:
    fresh = page.state == "waiting" and not page.reason and now - page.at < ON_ITS_WAY
    return page.state != "sent" and not fresh


def _row(page: PageStands, names: Who, zone: str) -> str:
    """Code between backticks."""
    at, reason = local(page.at, zone), one_line(page.reason.replace("`", "'"), REASON)
    to = f"{names(page.person)} by {page.way}".replace("`", "'")
    if page.state == "failed":
        return f"{to}: failed at {at}: {reason}"
    if not page.tries:
        return f"{to}: not tried since {at}: is `klatsch serve` running?"
    tried = f"{to}: tried {'once' if page.tries == 1 else f'{page.tries} times'} since {at}"
    return f"{tried}, goes on: {reason}" if reason else f"{tried}, no answer yet"
