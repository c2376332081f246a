"""What people see on a chat platform, whichever it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Fixture = Callable[[str], Any]
"""A fixture of the test session, by its name."""


@dataclass(frozen=True)
class Seen:
    """A message as a person in the room reads it."""

    id: str
    text: str
    thread: str = ""
