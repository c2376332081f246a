"""How far the replay of a past incident's alerts is, in a drill. Data; the rules are in `bot.incident.drilling`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


def as_fast(speed: int) -> str:
    """How fast a replay is, to go on after what it does."""
    return "as fast as then" if speed == 1 else f"{speed} times as fast as then"


def moved(seq: int, *, withheld: bool) -> str:
    """What is said when a step has come, and event `seq` of then comes next."""
    if withheld:
        return "The replay ends here: the past incident has become private"
    return "The replay went on" if seq else "All alerts of the past incident have come"


@dataclass(frozen=True, slots=True)
class Replay:
    """The alerts of incident `of` come `speed` times as fast as they did; then they took `length`. Its event `seq` comes next, at `due`;
    0: nothing comes any more. `due` None: it stands still. `left` of the time of then is to pass before that event, from where the
    clock was last set or stopped."""

    of: int
    speed: int
    length: timedelta
    seq: int
    due: datetime | None = None
    left: timedelta = timedelta()

    @property
    def over(self) -> bool:
        return not self.seq

    def left_at(self, at: datetime) -> timedelta:
        """How much of the time of then passes from `at` until the next event. A clock that was set back meanwhile makes it no more."""
        return self.left if self.due is None else min(self.left, max(timedelta(), self.due - at) * self.speed)

    def stopped(self, at: datetime) -> Replay:
        return replace(self, due=None, left=self.left_at(at))
