"""What is told to whoever watches the rooms, and the screen that shows nothing. The one that draws is `live`."""

from __future__ import annotations

from typing import Protocol

from adapters.chat.console.rooms import Change


class Screen(Protocol):
    """Called from the event loop; must not block for long, and must not fail."""

    def changed(self, change: Change) -> None:
        """A room is different now."""
        ...

    def step(self, text: str) -> None:
        """Progress of what is going on: "3/9 paging Ana…". A new step takes the place of the last."""
        ...

    def note(self, text: str) -> None:
        """Something to know, beside the rooms."""
        ...


class SilentScreen:
    """Shows nothing."""

    def changed(self, change: Change) -> None: ...

    def step(self, text: str) -> None: ...

    def note(self, text: str) -> None: ...
