"""What somebody is told who answers a page where it arrived: one sentence, as well read aloud as shown."""

from __future__ import annotations

from bot.chat.card import Who
from bot.chat.templates import and_, local
from bot.incident.model import Incident
from bot.incident.paging import paged_after


def acknowledged(incident: Incident, person: str, names: Who, zone: str, *, new: bool) -> str:
    """After the answer of `person`, which was the first (`new`) or came when somebody had it."""
    held = incident.paging
    by = held.acknowledged_by if held else ""
    if by and by != person:
        return f"{names(by)} has {incident.ref} already; you need do nothing."
    if not new:
        return f"You have {incident.ref} already."
    return f"You have {incident.ref}; nobody else is woken.{f' {late}.' if (late := too_late(incident, names, zone)) else ''}"


def too_late(incident: Incident, names: Who, zone: str) -> str:
    """That others were paged before the answer came, so that whoever answered can tell them; empty: nobody was."""
    held = incident.paging
    others = paged_after(held) if held else ()
    if held is None or not others:
        return ""
    were = "was" if len(others) == 1 else "were"
    return f"{and_(map(names, others))} {were} paged at {local(held.since, zone)}, before your answer came"
