"""Rules of the public word: nothing goes out unasked, and what goes out was shown to somebody first.

Of drills and near misses customers never read. Of a private incident they read nothing either, with one exception:
what they read before it became private is brought to its end there, so `resolved` may be published as long as the page
shows it as open (`Incident.unsettled`). And no incident ends unnoticed under a page that still shows trouble
(`check_settled`); after its end, whatever the reason, `resolved` may still be published. In triage one may publish:
customers need not wait until somebody has accepted it.
"""

from __future__ import annotations

from datetime import datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import (
    ComponentState,
    Incident,
    Kind,
    NothingToPublish,
    PublicPost,
    PublicStatus,
    Refused,
    StillDisturbed,
    worst,
)
from bot.incident.past import passed

TEXT_LIMIT = 5000

UNPUBLISHED = {Kind.DRILL: "drill", Kind.NEARMISS: "near miss"}
"""What customers never read of, and what it is called."""


def draft(incident: Incident, command: c.DraftPublicPost, at: datetime) -> list[e.Event]:
    _check_kind(incident)
    _check_private(incident, command.status)
    text = command.text.strip()
    if not text:
        raise NothingToPublish("The post has no text for customers.")
    if len(text) > TEXT_LIMIT:
        raise Refused(f"That is {len(text)} characters; a public post holds {TEXT_LIMIT}.", "Shorten it.")
    components = dict(command.components)
    if command.status is PublicStatus.RESOLVED:
        for name, state in incident.components.items():
            if state is not ComponentState.OPERATIONAL:
                components.setdefault(name, ComponentState.OPERATIONAL)
    title = command.title or incident.public_title or _title(incident, command.subject)
    if not title:
        raise NothingToPublish("The first post names what is disturbed, or has a title: this one has neither.")
    when = command.when and passed(command.when, at)
    post = PublicPost(title=title, status=command.status, text=text, components=components, when=when)
    return [e.PublicPostDrafted(at=at, post=post, masked=command.masked, before=incident.draft)]


def approve(incident: Incident, at: datetime) -> list[e.Event]:
    if incident.draft is None:
        # Nobody is sent to make a preview that would be refused.
        _check_kind(incident)
        _check_private(incident, PublicStatus.RESOLVED)
        raise NothingToPublish("There is no preview to approve.")
    _check_private(incident, incident.draft.status)
    return [e.PublicPostPublished(at=at, number=incident.public_posts + 1, post=incident.draft)]


def discard(incident: Incident, at: datetime) -> list[e.Event]:
    return [] if incident.draft is None else [e.PublicDraftDiscarded(at=at, post=incident.draft)]


def _check_kind(incident: Incident) -> None:
    if incident.kind in UNPUBLISHED:
        raise Refused(f"A {UNPUBLISHED[incident.kind]} never goes on the status page.")


def may_publish(incident: Incident, status: PublicStatus) -> bool:
    """Whether privacy lets a post of that status out: of a private incident only the end of what customers read."""
    return not incident.private or (status is PublicStatus.RESOLVED and incident.unsettled)


def check_settled(incident: Incident, ending: str, reason: str = "") -> None:
    """Raise StillDisturbed when the page would go on showing trouble of an incident that is over; a `reason` overrides
    it. Words alone that were not brought to their end hold up nobody: the answer tells of them. `ending` is the
    command that ends it, without a reason."""
    if incident.disturbed and not reason:
        ref = incident.ref
        raise StillDisturbed(
            incident.disturbed,
            f"`{ref} publish resolved TEXT`, then `{ref} publish approve`; "
            f"or `{ref} {ending} reason=WHY` if the page is right as it is.",
        )


def reached(incident: Incident, command: c.RecordPost, at: datetime) -> e.PostReachedPage:
    first = bool(command.link) and incident.public_links.get(command.page) != command.link
    return e.PostReachedPage(at=at, number=command.number, page=command.page, link=command.link, first=first)


def outweighing(other: Incident, post: PublicPost) -> dict[str, ComponentState]:
    """Where a component stays worse on the page than `post` says, because `other` is still open there and says so."""
    if other.public_status in (None, PublicStatus.RESOLVED):
        return {}
    return {
        id_: state
        for id_, state in sorted(other.components.items())
        if id_ in post.components and worst((state, post.components[id_])) is not post.components[id_]
    }


def _check_private(incident: Incident, status: PublicStatus) -> None:
    if may_publish(incident, status):
        return
    if incident.unsettled:
        raise Refused(
            f"{incident.ref} is private: customers can only be told that it is resolved.",
            f"`{incident.ref} publish resolved TEXT`",
        )
    raise Refused(
        f"{incident.ref} is private: nothing of it goes to customers.",
        "To tell them, open a public incident beside it, `open TITLE`, and publish there.",
    )


def _title(incident: Incident, subject: str) -> str:
    """What the first post is called when nobody gave it a title; never the incident's own, which was not masked."""
    return f"{'Maintenance' if incident.kind is Kind.MAINTENANCE else 'Disruption'} of {subject}" if subject else ""
