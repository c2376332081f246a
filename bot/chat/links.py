"""The links that an incident's room and its card show."""

from __future__ import annotations

from bot.incident.links import is_web
from bot.incident.model import Incident

PAGES = 3
TITLE = 60
"""Characters of a link's title."""


def links(incident: Incident) -> tuple[tuple[str, str], ...]:
    """Title and address of each, at most five. Where customers read of it only while it is not private."""
    pages = {} if incident.private else dict([*incident.public_links.items()][:PAGES])
    several = len(pages) > 1
    found = (
        ("Runbook", incident.guides.runbook),
        ("Dashboard", incident.guides.dashboard),
        *((f"Status page {name}"[:TITLE] if several else "Status page", url) for name, url in pages.items()),
    )
    return tuple((title, url) for title, url in found if is_web(url))
