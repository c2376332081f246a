"""What is said to whoever tells of a near miss or opens a drill that replays something. Code between backticks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.incident.model import Incident, Replay
from bot.incident.replay import as_fast
from bot.incident.timeline import minutes

_MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)


def nearly(after: Incident) -> str:
    told = "Thank you for telling. It is told in the week's digest; it gets no room, and nobody is paged."
    if after.responders:
        return f"{told} Where you were lucky: `{after.ref} note TEXT mark=lucky`"
    # What they added would tell who it was.
    return (
        f"{told} I do not know who it was. Anybody may take it back, with `{after.ref} undo e1`, and is named for that."
    )


def replays(after: Incident, held: Replay) -> str:
    ref = after.ref
    return (
        f"The alerts of INC-{held.of} come again, {as_fast(held.speed)}: all of them within {_lasts(held)}. "
        f"`{ref} drill pause` holds them, `{ref} drill go` goes on, `{ref} drill speed=20x` changes the pace, "
        f"`{ref} drill inject TEXT` tells the players something. `{ref} drill end` ends it, and its log is written."
    )


def plays(after: Incident) -> str:
    ref = after.ref
    return (
        f"You tell what happens: `{ref} drill inject TEXT` tells the players something. "
        f"`{ref} drill end` ends the drill, and its log is written."
    )


def _lasts(held: Replay) -> str:
    """How long all of it takes at its speed."""
    lasts = held.length / held.speed
    return "a minute" if lasts < timedelta(minutes=1, seconds=30) else minutes(_MIDNIGHT, _MIDNIGHT + lasts)
