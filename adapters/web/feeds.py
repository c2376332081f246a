"""Atom and RSS: one entry an incident, its permanent address as its id, its updates newest first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html import escape
from typing import Protocol
from zoneinfo import ZoneInfo

import feedgenerator

from bot.status.model import PublicIncident, PublicUpdate
from bot.status.page import Snapshot

# No control characters, but not allowed in XML either (https://www.w3.org/TR/xml/#charsets).
NOT_IN_XML = {0xFFFE: None, 0xFFFF: None}


class _Feed(Protocol):
    """What we use of the library, which has no types."""

    latest_post_date: Callable[[], datetime]

    def add_item(self, **item: object) -> None: ...

    def writeString(self, encoding: str) -> str: ...


def atom(snapshot: Snapshot) -> str:
    """https://www.rfc-editor.org/rfc/rfc4287"""
    return _write(snapshot, feedgenerator.Atom1Feed(**_about(snapshot, "feed.atom")))


def rss(snapshot: Snapshot) -> str:
    """https://www.rssboard.org/rss-specification"""
    return _write(snapshot, feedgenerator.Rss201rev2Feed(**_about(snapshot, "feed.rss")))


def _about(snapshot: Snapshot, name: str) -> dict[str, object]:
    return {
        "title": f"{snapshot.title} status",
        "link": f"{snapshot.url}/",
        "description": f"Incidents of {snapshot.title}, and what was said about them.",
        "language": "en",
        "author_name": snapshot.title,
        "feed_url": f"{snapshot.url}/{name}",
    }


def _write(snapshot: Snapshot, feed: _Feed) -> str:
    # The library would ask for the time, and an empty feed would never be the same twice.
    feed.latest_post_date = lambda: snapshot.updated_at
    zone = ZoneInfo(snapshot.zone)
    for incident in snapshot.recent:
        address = f"{snapshot.url}/incidents/{incident.ref}"
        feed.add_item(
            title=incident.title.translate(NOT_IN_XML),
            link=address,
            unique_id=address,
            unique_id_is_permalink=True,
            description=_content(incident, zone).translate(NOT_IN_XML),
            pubdate=incident.created_at,
            updateddate=incident.updated_at,
        )
    return feed.writeString("utf-8")


def _content(incident: PublicIncident, zone: ZoneInfo) -> str:
    """HTML; the words are escaped here, and the whole once more by the feed."""
    return "\n".join(_update(update, zone) for update in incident.updates)


def _update(update: PublicUpdate, zone: ZoneInfo) -> str:
    when = update.at.astimezone(zone)
    words = escape(update.text).replace("\n", "<br>\n")
    return f"<p><strong>{update.status.value.capitalize()}</strong> ({when:%Y-%m-%d %H:%M %Z})<br>\n{words}</p>"
