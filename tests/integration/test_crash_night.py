"""The bot is killed around everything a night on call has that an incident by day has not: an override, the hand-over it makes, a
calendar that is read, a silence that opens an incident, a rung, and an answer. Each is there once in the end; a page that its
provider took before we died is sent once more, as the same one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from bot.incident import events as e
from bot.incident.timeline import sentence
from storage.lookups import SqlLookups
from storage.tables import calendar, outbox, override
from tests.integration.crash_story import Job
from tests.integration.lives import Play, lives
from tests.integration.theatre import Life, Step, Theatre, left_by, without_times


@dataclass(frozen=True)
class Morning:
    """What is left, without times."""

    happened: Counter[str]
    rungs: tuple[tuple[int, int, tuple[str, ...]], ...]
    incidents: int
    handed_over: int
    overrides: tuple[tuple[str, str, str], ...]
    calendars: tuple[str, ...]
    undone: tuple[str, ...]


def morning(job: Job) -> Morning:
    with left_by(job) as (database, platform):
        lookups = SqlLookups(database)
        history = lookups.history(1)
        paged = [r.event for r in history if isinstance(r.event, e.PeoplePaged)]
        with database.read() as connection:
            overrides = connection.execute(select(override).order_by(override.c.id)).all()
            calendars = connection.execute(select(calendar.c.schedule)).scalars()
            undone = connection.execute(select(outbox.c.key).where(outbox.c.state.in_(("waiting", "failed")))).scalars()
            return Morning(
                happened=Counter(without_times(sentence(r.event, str)) for r in history),
                rungs=tuple((event.round, event.step, event.people) for event in paged),
                incidents=len(lookups.recent()),
                handed_over=sum("hands over" in m.document.to_plain() for m in platform.messages("incidents")),
                overrides=tuple((row.person, row.made_by, row.dropped_by) for row in overrides),
                calendars=tuple(calendars),
                undone=tuple(undone),
            )


def check(found: Morning) -> None:
    """The comparison is worth something only if it was such a night."""
    assert found.rungs == ((0, 0, ("ben",)), (0, 1, ("ana",)))
    assert found.happened["ana acknowledged by the link"] == 1
    assert (found.incidents, found.handed_over, found.calendars) == (1, 1, ("platform",))
    assert found.overrides == (("ben", "ben", ""),)
    assert found.undone == ()


def pages(stage: Theatre, life: Life) -> list[str]:
    """What is wrong with the pages of this life."""
    arrived = stage.pages(life)
    wrong = [] if [len(arrived[way]) for way in ("ntfy", "email")] == [1, 1] else [f"other pages: {arrived}"]
    for way, counted in arrived.items():
        extra, allowed = counted.total() - len(counted), life.unsettled[way]
        if extra > allowed:
            wrong.append(f"{extra} pages too many by {way}, {allowed} cannot be avoided")
    return wrong


NAMED = (
    "after calendar.fetch",
    "after console.say",
    "before email.trigger",
    "after email.trigger",
    "after ntfy.trigger",
)


def sharp(steps: list[Step]) -> list[Step]:
    """Around what only a night has, and every second of the commits until the first page: the calendar's copy, the override, the
    hand-over and what is remembered of it, the silence and what it opens. What follows dies in the other story."""
    paged = steps.index(("after email.trigger", 1))
    early = [step for step in steps[:paged] if step[0] == "after commit"]
    return [*((name, 1) for name in NAMED), *early[1::2]]


NIGHT = Play("tests.integration.night_story", morning, check, pages, sharp, same=True)


async def test_a_night_in_which_the_bot_dies_ends_as_any_other(tmp_path: Path) -> None:
    await lives(NIGHT, tmp_path, None, every=1)


async def test_the_same_on_postgresql(tmp_path: Path, postgres_server: str) -> None:
    await lives(NIGHT, tmp_path, postgres_server, every=3)
