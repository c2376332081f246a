"""Addresses that open a room or a message in whatever client somebody has
(https://spec.matrix.org/latest/appendices/#matrixto-navigation). Who may not enter the room sees nothing there."""

from __future__ import annotations

from urllib.parse import quote


def room(room: str, server: str) -> str:
    """`room` is an id or an alias, `server` one that is in it: an id does not say where it is."""
    return f"https://matrix.to/#/{quote(room, safe='')}{'' if room.startswith('#') else _via(server)}"


def message(room: str, event: str, server: str) -> str:
    """`room` is the id of the one in which the event happened, also where that was upgraded since."""
    return f"https://matrix.to/#/{quote(room, safe='')}/{quote(event, safe='')}{_via(server)}"


def _via(server: str) -> str:
    return f"?via={quote(server)}"
