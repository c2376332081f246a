"""Which events of rooms are asked for, and those that a sync left out because there were too many."""

from __future__ import annotations

import json
import logging
from typing import Final

from adapters.chat.matrix.encryption.rooms import SETTINGS
from adapters.chat.matrix.homeserver import Homeserver, Json

log = logging.getLogger(__name__)

PAGE = 100
"""Events of a room in one answer; what is between two answers is asked for."""

MISSED = 5_000
"""Events of one room that are looked through after an absence."""

_TYPES: Final = (
    "m.room.message",
    "m.room.encrypted",
    "m.reaction",
    "m.room.redaction",
    "m.room.member",
    "m.room.tombstone",
    *SETTINGS,
)

FILTER: Final = json.dumps(
    {
        "presence": {"types": []},
        "account_data": {"types": []},
        "room": {
            "ephemeral": {"types": []},
            "account_data": {"types": []},
            "state": {"types": [], "lazy_load_members": True},
            "timeline": {"limit": PAGE, "types": _TYPES},
        },
    }
)
"""Of a sync (https://spec.matrix.org/latest/client-server-api/#filtering)."""


async def missed(homeserver: Homeserver, room: str, before: str, since: str) -> list[Json]:
    """The events between two syncs that the second one left out, in their order: those after `since` and before `before`. Raises
    Unavailable or Rejected."""
    found: list[Json] = []
    wanted = json.dumps({"types": _TYPES})
    while before and len(found) < MISSED:
        query = {"dir": "b", "from": before, "to": since, "limit": str(PAGE), "filter": wanted}
        page = await homeserver.get("rooms", room, "messages", query=query)
        found += page.get("chunk", [])
        before = str(page.get("end", ""))
    if before:
        log.warning("more than %d events were missed in %s; older ones are left", MISSED, room)
    return found[::-1]
