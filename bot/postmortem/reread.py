"""What to look at again before an incident's postmortem is read: its own words, asked by the language check. Pure.

Looked at is what was written to be read afterwards, and what can still be said anew: title, impact, how it was resolved,
follow-ups, and what customers read or are about to read. Notes, hypotheses, decisions, tasks and updates are not: the
draft quotes them as what people said while it went on, and to weigh that would be blame itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bot.incident.model import PublicPost
from bot.postmortem.facts import Facts
from bot.postmortem.lint import Finding, lint


@dataclass(frozen=True, slots=True)
class Reworded:
    """A finding, and in which of the texts it is: `Title`, `Follow-up 2`."""

    where: str
    finding: Finding


def reread(known: Facts, preview: PublicPost | None, names: Collection[str]) -> list[Reworded]:
    """The findings in the order in which the draft would have them, then those in the `preview` that waits."""
    return [Reworded(where, finding) for where, text in _written(known, preview) for finding in lint(text, names=names)]


def _written(known: Facts, preview: PublicPost | None) -> Iterator[tuple[str, str]]:
    if known.title:
        yield "Title", known.title.value
    if known.impact:
        yield "Impact", known.impact.value
    if known.resolution:
        yield "Resolution", known.resolution.text
    for item in known.followups:
        if item.outcome != "dropped":
            yield f"Follow-up {item.id}", item.text
            yield f"Reason of follow-up {item.id}", item.reason
    # A title goes from post to post; it is asked about where it was said first.
    titles: set[str] = set()
    for where, post in (*((f"Public post {post.number}", post) for post in known.posts), ("Preview", preview)):
        if post and post.title not in titles:
            titles.add(post.title)
            yield f"{where}, title", post.title
        if post:
            yield where, post.text
