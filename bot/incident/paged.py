"""How far paging is: whom the ladder asked, when, and whether somebody answered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime


def answered_by(person: str, via: str) -> str:
    """How `person` said that they have it, to go on after the words that they do. Empty: it was simply typed, or their own name
    says it, as that of whoever is known only where they answered (`rota:Zed`)."""
    if via in ("", "command") or person.startswith(f"{via}:"):
        return ""
    return " by the link" if via == "link" else f" by {via}"


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
    out, also of an earlier paging (as `pages` are). `via` is the way by which whoever has it said so (`command`, `link`, or the
    name of a block), `answered_at` when.
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
    via: str = ""
    answered_at: datetime | None = None

    @property
    def waiting(self) -> bool:
        """Nobody has answered, and there is somebody who could."""
        return not self.acknowledged_by and not self.over

    @property
    def wanted(self) -> bool:
        """Nobody has it who was asked for: people are still waited for, or all were asked in vain."""
        return not self.acknowledged_by and (self.waiting or self.exhausted)

    def wakes(self, person: str) -> bool:
        """Whether a page to `person` that has not gone out yet is still wanted: the more so when nobody answered."""
        return self.wanted and person in (*self.people, *self.asked)

    def paged_again(self, person: str) -> bool:
        """Whether `person` had been paged before the last time."""
        return person in self.pages and self.pages[person].again

    def went_out(self, person: str, way: str, *, since: int) -> bool:
        """Whether a page to `person` by `way` got through after event `since`. Not asked by time: clocks are set back."""
        return self.sent.get(f"{person}:{way}", 0) > since

    def did_not(self, person: str, way: str) -> Paging:
        """After a page failed, which may be long after it went out: nobody picked up."""
        return replace(self, failed=tuple(dict.fromkeys((*self.failed, f"{person}:{way}"))))

    def reached(self, among: Collection[str] | None = None) -> bool:
        """Whether a page went out to one of those who were asked last (or `among` others), since they were, and was not told to
        have failed on its way. Where that was not written down (the release before did not) it is taken for granted."""
        people = self.people if among is None else among
        known = [person for person in people if person in self.pages]
        if people and not known:
            return True
        return any(
            event > self.pages[person].event
            for key, event in self.sent.items()
            if (person := key.rpartition(":")[0]) in known and key not in self.failed
        )

    @property
    def needs_hands(self) -> bool:
        """Whether people have to be reached by hand: nobody has it, and nobody answered to the end or was even reached."""
        return not self.acknowledged_by and (self.exhausted or not self.reached(self.asked))
