"""One hands over to the next: what is said of it, where incidents are announced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.incident.effects import SayHandover
from bot.incident.outgoing import Enqueue, Outgoing


@dataclass(frozen=True, slots=True)
class HandOver:
    """In `schedule` those of `before` handed over to others at `at` (UTC); they had it `since`."""

    schedule: str
    before: tuple[str, ...]
    since: datetime
    at: datetime


def notices(handover: HandOver, platforms: Sequence[str]) -> Enqueue:
    """One a platform, and once: the key is that of the moment and of when what ends began. Both, since an override that is taken
    back hands over at a moment at which others did before."""
    about = f"handover:{handover.schedule}"
    return Enqueue(
        tuple(
            Outgoing(
                key=f"{about}:{handover.at.isoformat()}:{handover.since.isoformat()}:{platform}",
                incident=0,
                lane=f"{about}:{platform}",
                effect=SayHandover(platform, handover.schedule, handover.before, handover.since, handover.at),
                since=0,
                upto=0,
            )
            for platform in platforms
        )
    )
