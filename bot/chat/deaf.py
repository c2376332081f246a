"""What is said elsewhere of a chat platform that the bot does not hear."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.chat.document import Document, Paragraph, Text, Time, clean, line
from bot.chat.templates import local, short

SAME_DAY = timedelta(hours=12)
"""What lasted longer is told with its days."""


def deaf(platform: str, since: datetime, reason: str, zone: str) -> Document:
    """`reason` is shown as it is, up to 300 characters."""
    name = _name(platform)
    said = (
        Text(f"The bot does not hear {name}", bold=True),
        Text(" since "),
        Time(since, local(since, zone, "%H:%M %Z")),
        Text(f": {short(' '.join(clean(reason).split()))}"),
    )
    advice = "Lines and reactions there do nothing for now. Type here, or `klatsch say` in a terminal; alerts and pages go on."
    summary = f"The bot does not hear {name}"
    return Document(summary, (Paragraph(said), Paragraph(line(advice))), tone="warning")


def heard_again(platform: str, since: datetime, until: datetime, zone: str) -> Document:
    name = _name(platform)
    form = "%H:%M" if until - since < SAME_DAY else "%d %b %H:%M"
    said = (
        Text(f"The bot hears {name} again.", bold=True),
        Text(" It did not from "),
        Time(since, local(since, zone, form)),
        Text(" to "),
        Time(until, local(until, zone, f"{form} %Z")),
        Text("; what was typed there meanwhile may come late, or be lost."),
    )
    return Document(f"The bot hears {name} again", (Paragraph(said),), tone="good")


def _name(platform: str) -> str:
    return clean(platform).capitalize()
