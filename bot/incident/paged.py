"""How far paging is: whom the ladder asked, when, and whether somebody answered."""

from __future__ import annotations

from collections.abc import Mapping
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
    was asked, and somebody has it all the same. `pages` is by person; `sent`, by `PERSON:WAY`, when a page went out last,
    also of an earlier paging (as `pages` are); `failed` are those of this one, by the same names, that did not get through.
    `via` is the way by which whoever has it said so (`command`, `link`, or the name of a block), `answered_at` when.
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
    sent: Mapping[str, datetime] = field(default_factory=dict)
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

    def went_out(self, person: str, way: str, *, since: datetime) -> bool:
        """Whether a page to `person` by `way` got through at `since` or later."""
        at = self.sent.get(f"{person}:{way}")
        return at is not None and at >= since

    def got_through(self, person: str, way: str, at: datetime) -> Paging:
        """After a page to `person` by `way` went out."""
        key = f"{person}:{way}"
        return replace(self, sent={**self.sent, key: at}, failed=tuple(one for one in self.failed if one != key))

    def did_not(self, person: str, way: str) -> Paging:
        """After it failed, which may be long after it went out: nobody picked up."""
        return replace(self, failed=tuple(dict.fromkeys((*self.failed, f"{person}:{way}"))))

    def reached(self, *people: str) -> bool:
        """Whether a page went out to one of `people` since they were asked, and was not told to have failed on its way; nobody
        named: to one of those who were asked last."""
        asked = people or self.people
        return any(
            at >= self.pages[person].at
            for key, at in self.sent.items()
            if (person := key.rpartition(":")[0]) in asked and person in self.pages and key not in self.failed
        )
