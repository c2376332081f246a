"""What the product asks of whoever understands a sender's alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.alerts.model import Notification


class AlertSource(Protocol):
    """Understands what one kind of sender posts. Pure: no I/O."""

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Whether to read the body: False when the headers alone show that the sender does not know the secret."""
        ...

    def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the sender knows the secret; compared in constant time."""
        ...

    def parse(self, body: bytes) -> Notification:
        """Raises ValueError with a sentence for the sender when the body is not of its form."""
        ...
