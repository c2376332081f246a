"""The week in one value: what the digest tells, a field a block. Pure.

No mean and no ranking is in it, and nobody's name besides those who own a follow-up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from bot.coffee.weekly.around import Around
from bot.coffee.weekly.blocks import DigestBlock
from bot.coffee.weekly.gathered import Gathered
from bot.coffee.weekly.incidents import Listed, NearMisses, Postmortems, drills, incidents, near_misses, postmortems
from bot.coffee.weekly.metrics import Durations, durations, reported
from bot.coffee.weekly.noise import Noise, noise
from bot.coffee.weekly.seen import Seen, seen
from bot.coffee.weekly.story import Story, story
from bot.coffee.weekly.wheel import drawn
from bot.coffee.weekly.work import (
    Coming,
    FollowUps,
    OnCall,
    Question,
    Topics,
    coming,
    followups,
    on_call,
    questions,
    topics,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WeeklyDigest:
    """What is told of `start` until just before `end` (UTC), as it was `now`. `weeks` are the first and the last ISO week it is about,
    the same one but for a digest that is late. A block is None when it has nothing to say or is turned off. `quiet`: there
    was no incident, near miss or luck to tell, whichever blocks are off. `more`: more incidents were told than is usual, which is what one wants."""

    start: datetime
    end: datetime
    now: datetime
    team: str
    weeks: tuple[int, int]
    quiet: bool
    more: bool
    story: Story | None
    incidents: tuple[Listed, ...] | None
    nearmisses: NearMisses | None
    drills: tuple[Listed, ...] | None
    noise: Noise | None
    oncall: OnCall | None
    followups: FollowUps | None
    postmortems: Postmortems | None
    durations: tuple[Durations, ...] | None
    questions: tuple[Question, ...] | None
    coming: Coming | None
    wheel: str | None
    coffee: Topics | None

    def told(self, block: DigestBlock) -> bool:
        """Whether the block has something to say."""
        return getattr(self, block) is not None


def weekly(gathered: Gathered, around: Around) -> WeeklyDigest:
    """The digest of what was gathered. The same for everybody who asks, however often."""
    known = seen(gathered, around)
    listed, missed = incidents(known), near_misses(known)

    def on(block: DigestBlock, make: Callable[[Seen], T | None]) -> T | None:
        return None if block in around.off else make(known)

    return WeeklyDigest(
        start=gathered.start,
        end=gathered.end,
        now=around.now,
        team=around.team,
        weeks=_weeks(gathered, around),
        quiet=listed is None and missed is None,
        more=reported(_ours(known)).more,
        story=on(DigestBlock.STORY, story),
        incidents=on(DigestBlock.INCIDENTS, lambda _: listed),
        nearmisses=on(DigestBlock.NEARMISSES, lambda _: missed),
        drills=on(DigestBlock.DRILLS, drills),
        noise=on(DigestBlock.NOISE, noise),
        oncall=on(DigestBlock.ONCALL, on_call),
        followups=on(DigestBlock.FOLLOWUPS, followups),
        postmortems=on(DigestBlock.POSTMORTEMS, postmortems),
        durations=on(DigestBlock.DURATIONS, _durations),
        questions=on(DigestBlock.QUESTIONS, questions),
        coming=on(DigestBlock.COMING, coming),
        wheel=on(DigestBlock.WHEEL, lambda _: drawn(around.wheel, gathered.end, around.zone)),
        coffee=on(DigestBlock.COFFEE, topics),
    )


def _durations(seen: Seen) -> tuple[Durations, ...] | None:
    return durations(_ours(seen)) or None


def _ours(seen: Seen) -> Gathered:
    """What is measured of a team is what its digest tells of."""
    return replace(seen.gathered, measured=tuple(one for one in seen.gathered.measured if seen.ours(one)))


def _weeks(gathered: Gathered, around: Around) -> tuple[int, int]:
    """The ISO week in which most of a week's digest lies, from whichever weekday to whichever; of a longer one the first and the last."""
    half = min(timedelta(days=3, hours=12), (gathered.end - gathered.start) / 2)
    first, last = (at.astimezone(around.zone).isocalendar().week for at in (gathered.start + half, gathered.end - half))
    return first, last
