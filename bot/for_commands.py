"""What the commands get of the adapters and of what the configuration means, so that they know none."""

from __future__ import annotations

from adapters.settings import DRAFTS, settings
from adapters.web.neighbour import is_klatsch, taken
from adapters.web.serving import CannotListen
from bot.chat.document import Document
from bot.coffee.invitation import Invitation
from bot.names import component_names, redaction, wording
from bot.ports import DeliveryError
from bot.rules import rules
from bot.store import StoreUnavailable
from storage.alone import AlreadyRunning

__all__ = [
    "DRAFTS",
    "AlreadyRunning",
    "calendar_of",
    "component_names",
    "is_klatsch",
    "redaction",
    "refusals",
    "rules",
    "settings",
    "shown",
    "taken",
    "wording",
]


def refusals() -> tuple[type[Exception], ...]:
    """Why a bot may not begin; each says what to do."""
    return (AlreadyRunning, CannotListen, StoreUnavailable, DeliveryError)


def calendar_of(invitation: Invitation) -> bytes:
    """The invitation to the lean coffee as a calendar."""
    from adapters.web.coffee import written

    return written(invitation)


def shown(document: Document, width: int, *, colour: bool) -> str:
    """A message as a terminal shows it."""
    # Only who types in a terminal pays for what draws there.
    from adapters.chat.terminal import to_text

    return to_text(document, width, colour)
