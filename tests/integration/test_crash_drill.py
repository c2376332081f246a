"""The bot is killed in the middle of a drill: its opening, each step of the replay, what the room hears of it, its log. Each alert comes once, in
the order of then, and none is lost; nobody is paged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from bot.chat.drilled import BANNER
from bot.incident.timeline import sentence
from storage.lookups import SqlLookups
from tests.integration.crash_story import Job
from tests.integration.drill_story import STEPS
from tests.integration.lives import Play, lives
from tests.integration.theatre import Life, Theatre, left_by

ALERTS = tuple(f"1 alert fired: osd.{number} is down" for number in range(1, STEPS + 1))
ONCE = (
    *(
        "The alerts of INC-1 come again, 1000 times as fast as then",
        *ALERTS,
        "All alerts of the past incident have come",
    ),
    *("Report: A customer calls", "Resolved: drained"),
)


@dataclass(frozen=True)
class Played:
    """What is left of a drill: its timeline, what its room heard, its log, and what nobody did."""

    told: tuple[str, ...]
    thread: tuple[str, ...]
    cards: int
    unmarked: tuple[str, ...]
    logs: tuple[str, ...]
    undone: tuple[str, ...]
    incidents: int


def played(job: Job) -> Played:
    with left_by(job) as (database, platform):
        lookups = SqlLookups(database)
        messages = list(platform.messages("inc-2"))
        with database.read() as connection:
            waiting = connection.execute(text("SELECT key, state FROM outbox WHERE state IN ('waiting', 'failed')"))
            undone = tuple(f"{row.key} {row.state}" for row in waiting)
        heard = [line[8:] for one in messages if one.thread for line in one.document.to_plain().splitlines()]
        return Played(
            told=tuple(sentence(one.event, str) for one in lookups.history(2)),
            thread=tuple(line.partition(" (")[0] for line in heard),
            cards=sum(not one.thread for one in messages),
            unmarked=tuple(one.document.summary for one in messages if BANNER not in one.document.blocks),
            logs=tuple(path.name for path in Path(job.folder, "drafts").glob("INC-2*")),
            undone=undone,
            incidents=len(lookups.recent()),
        )


def check(found: Played) -> None:
    counted = Counter(found.told)
    assert {line: counted[line] for line in ONCE} == dict.fromkeys(ONCE, 1)
    assert tuple(line for line in found.told if line in ALERTS) == ALERTS
    heard = Counter(found.thread)
    assert {line: heard[line] for line in ALERTS} == dict.fromkeys(ALERTS, 1)
    assert tuple(line for line in found.thread if line in ALERTS) == ALERTS
    assert (found.cards, found.unmarked, found.undone, found.incidents) == (1, (), (), 2)
    assert found.logs == ("INC-2.md",)


def outside(stage: Theatre, life: Life) -> list[str]:
    pages = stage.pages(life)
    return [f"somebody was paged: {pages}"] if any(pages.values()) else []


DRILL = Play("tests.integration.drill_story", played, check, outside)


async def test_wherever_it_dies_each_alert_comes_again_once_and_in_order(tmp_path: Path) -> None:
    await lives(DRILL, tmp_path, None, every=5)


async def test_and_so_it_is_on_postgresql(tmp_path: Path, postgres_server: str) -> None:
    await lives(DRILL, tmp_path, postgres_server, every=12)
