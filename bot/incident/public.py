"""Rules of the public word: nothing goes out unasked, and what goes out was shown to somebody first."""

from __future__ import annotations

from datetime import datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import ComponentState, Incident, Kind, PublicPost, PublicStatus, Refused

TEXT_LIMIT = 5000


def draft(incident: Incident, command: c.DraftPublicPost, at: datetime) -> list[e.Event]:
    if incident.kind in (Kind.DRILL, Kind.NEARMISS):
        raise Refused(f"A {incident.kind} never goes on the status page.")
    text = command.text.strip()
    if not text:
        raise Refused("Customers need a sentence to read.", "`publish investigating We are looking into slow volumes.`")
    if len(text) > TEXT_LIMIT:
        raise Refused(f"That is {len(text)} characters; a public post holds {TEXT_LIMIT}.", "Shorten it.")
    components = dict(command.components)
    if command.status is PublicStatus.RESOLVED:
        for name, state in incident.components.items():
            if state is not ComponentState.OPERATIONAL:
                components.setdefault(name, ComponentState.OPERATIONAL)
    title = command.title or incident.public_title
    if not title:
        raise Refused(
            "The first public post needs a title or a component.",
            "Add what is disturbed and how, `comp=ID:STATE`, or `title=TEXT`.",
        )
    post = PublicPost(title=title, status=command.status, text=text, components=components)
    return [e.PublicPostDrafted(at=at, post=post, masked=command.masked)]


def approve(incident: Incident, at: datetime) -> list[e.Event]:
    if incident.draft is None:
        raise Refused("There is no preview to approve.", "`publish investigating TEXT comp=ID:STATE` makes one.")
    return [e.PublicPostPublished(at=at, number=incident.public_posts + 1, post=incident.draft)]


def discard(incident: Incident, at: datetime) -> list[e.Event]:
    return [] if incident.draft is None else [e.PublicDraftDiscarded(at=at)]
