"""What people ask for over the weekly digest. It is about no incident, and decided by nobody: it only goes out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDigest:
    """Post the digest of `team` (empty: of everybody) now where it belongs. `week` as `bot.coffee.weekly.period` reads it."""

    team: str = ""
    week: str = ""
