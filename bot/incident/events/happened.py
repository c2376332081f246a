"""What every event has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What every event has: when it happened (UTC)."""

    at: datetime
