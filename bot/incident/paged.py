"""How far paging is: whom the ladder asked, when, and whether somebody answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PagedAt:
    """When somebody was paged last, and by which event; `again`: they had been before."""

    at: datetime
    event: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Paging:
    """The ladder being climbed: who was asked last, and whether somebody answered.

    `asked` is everybody who was asked since this paging began. `ended` says why it is `over`. Without a `ladder` nobody
    was asked, and somebody has it all the same. `failed` are the ways, as `PERSON:WAY`, by which a page failed since that
    person was asked. `pages` is by person; `sent`, by `PERSON:WAY`, the number of the event that said last that a page went
    out, also of an earlier paging (as `pages` are).
    """

    ladder: str
    step: int
    round: int
    people: tuple[str, ...]
    since: datetime
    next_at: datetime | None = None
    acknowledged_by: str = ""
    failed: tuple[str, ...] = ()
    over: bool = False
    last: bool = False
    exhausted: bool = False
    asked: tuple[str, ...] = ()
    ended: str = ""
    pages: Mapping[str, PagedAt] = field(default_factory=dict)
    sent: Mapping[str, int] = field(default_factory=dict)

    @property
    def waiting(self) -> bool:
        """Nobody has answered, and there is somebody who could."""
        return not self.acknowledged_by and not self.over

    def wakes(self, person: str) -> bool:
        """Whether a page to `person` that has not gone out yet is still wanted: the more so when nobody answered."""
        wanted = self.waiting or (self.exhausted and not self.acknowledged_by)
        return wanted and person in (*self.people, *self.asked)

    def paged_again(self, person: str) -> bool:
        """Whether `person` had been paged before the last time."""
        return person in self.pages and self.pages[person].again

    def went_out(self, person: str, way: str, *, since: int) -> bool:
        """Whether a page to `person` by `way` got through after event `since`. Not asked by time: clocks are set back."""
        return self.sent.get(f"{person}:{way}", 0) > since

    def reached(self) -> bool:
        """Whether a page went out to one of those who were asked last, since they were, and was not told to have failed on
        its way."""
        return any(
            event > self.pages[person].event
            for key, event in self.sent.items()
            if (person := key.rpartition(":")[0]) in self.people and person in self.pages and key not in self.failed
        )
