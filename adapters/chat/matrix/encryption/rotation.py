"""How long one key is used for the messages of a room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from adapters.chat.matrix.homeserver import Json

MOST_MESSAGES, LONGEST = 100_000, timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Rotation:
    """The defaults are those of https://spec.matrix.org/latest/client-server-api/#mroomencryption."""

    messages: int = 100
    age: timedelta = timedelta(days=7)

    @classmethod
    def of(cls, said: Json) -> Rotation:
        """As the room's `m.room.encryption` has it; what makes no sense there is the default."""
        usual = cls()
        messages = _whole(said.get("rotation_period_msgs"), usual.messages, MOST_MESSAGES)
        age = _whole(said.get("rotation_period_ms"), _ms(usual.age), _ms(LONGEST))
        return cls(messages, timedelta(milliseconds=age))


def _ms(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)


def _whole(value: Any, default: int, most: int) -> int:
    return min(value, most) if isinstance(value, int) and value > 0 else default
