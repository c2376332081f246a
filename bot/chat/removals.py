"""What a removal does not reach in chat."""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat.document import Block, Paragraph, line
from bot.incident.events import MessageRemoved, Recorded

STAYS = "What was told here before may still quote it; whoever may delete that message should."


def still_told(events: Sequence[Recorded]) -> tuple[Block, ...]:
    """A word on the quotations in a room's thread, below the `events` that are told there now: what was removed before it was
    told for the first time was never quoted."""
    removed = [r.event.events for r in events if isinstance(r.event, MessageRemoved)]
    return (Paragraph(line(STAYS)),) if any(min(made) < events[0].seq for made in removed) else ()
