"""What people typed while the bot was away is not done long after: whoever typed it has gone another way since."""

from __future__ import annotations

from datetime import timedelta

OLDEST = timedelta(minutes=30)
"""A line that is older is not done any more."""

TOO_LATE = (
    f"Not done: I was away when you typed this, more than {int(OLDEST.total_seconds()) // 60} minutes ago. "
    "If it is still wanted, type it again."
)
