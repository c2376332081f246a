"""The bot is killed at every step of an incident's life, started again, and nothing is lost and nothing happens twice.

What cannot be avoided, and is asserted to be all: a page is sent once more when the process dies after the provider took
it and before we committed that it did, because neither ntfy nor SMTP can be asked. The second one carries the same
sequence id (ntfy replaces the notification on the phone) or the same Message-ID (many mailboxes show it once).
Everything else is exactly once: rooms, cards, announcements, digests, public posts, drafts, timeline.

`KLATSCH_CRASH=all` tries every step on both databases. Otherwise, on SQLite, it is every step after a call of an adapter,
every second one after a commit, and the first before each: what a step before something leaves, on the disk and
outside, is what the step before it left.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from adapters.web import serving
from bot.deliver import STOP_WITHIN
from bot.incident.timeline import sentence
from storage import codec
from storage.engine import Database
from storage.lookups import SqlLookups
from storage.public import public_post
from tests.contract.servers.http import Trouble
from tests.contract.servers.ntfy import NtfyServer
from tests.integration.crash_story import Job
from tests.integration.theatre import ALL, KILLED, NOWHERE, Step, Theatre, left_by, lived, theatre, without_times
from tests.servers.klatsch import served_at
from tests.servers.processes import free_port
from tests.until import PATIENCE, until

SOON_AFTER: tuple[Step, ...] = (
    ("after commit", 1),
    ("before commit", 2),
    ("before console.say", 1),
    ("after commit", 3),
    ("after console.edit", 1),
)
"""Where a process that goes on dies, too."""


@dataclass(frozen=True)
class Ending:
    """What is left when the story is over, without what differs between two lives: times, ids, the folder."""

    incident: dict[str, Any]
    told: tuple[str, ...]
    """What alerts and people did, in order."""
    recorded: Counter[str]
    """Every sentence of the timeline, plumbing and all. The order of independent lanes is nobody's business."""
    rooms: tuple[str, ...]
    card: tuple[str, ...]
    pinned: int
    announced: tuple[str, ...]
    thread: Counter[str]
    people: tuple[str, ...]
    posts: tuple[tuple[int, str, str], ...]
    drafts: tuple[str, ...]
    undone: tuple[str, ...]
    """Effects that are neither done nor withdrawn."""

    def differs(self, other: Ending) -> list[str]:
        names = [name for name in self.__dataclass_fields__ if getattr(self, name) != getattr(other, name)]
        return [f"{name}: {getattr(self, name)} instead of {getattr(other, name)}" for name in names]


def ending(job: Job) -> Ending:
    folder = Path(job.folder)
    with left_by(job) as (database, platform):
        lookups = SqlLookups(database)
        incident = lookups.incident(1)
        history = lookups.history(1)
        with database.read() as connection:
            posts = connection.execute(select(public_post).order_by(public_post.c.number)).all()
            waiting = connection.execute(
                text("SELECT key, kind, state FROM outbox WHERE state IN ('waiting', 'failed')")
            )
            undone = tuple(f"{row.kind} {row.key} {row.state}" for row in waiting)
        said = [(r.source.kind, sentence(r.event, str).replace(str(folder), "")) for r in history]
        room = platform.room("inc-1")
        return Ending(
            incident=timeless(json.loads(codec.dump(incident)), str(folder)),
            told=tuple(words for source, words in said if source != "delivery"),
            recorded=Counter(words for _, words in said),
            rooms=tuple(sorted(room.id for room in platform.rooms())),
            # Whoever was dead while a page waited says how people are reached by hand, and that is true then.
            card=tuple(
                message.document.summary
                for message in room.messages
                if not message.thread and "reached by hand" not in message.document.summary
            ),
            pinned=len(room.pinned),
            announced=tuple(without_times(message.document.to_plain()) for message in platform.messages("incidents")),
            thread=Counter(
                without_times(line)
                for message in room.messages
                if message.thread
                for line in message.document.to_plain().splitlines()
                # A heading over several lines; how many go together is chance.
                if line != "Timeline"
            ),
            people=tuple(sorted(room.people)),
            posts=tuple((row.number, row.status, row.text) for row in posts),
            drafts=tuple(sorted(path.name for path in (folder / "drafts").iterdir())),
            undone=undone,
        )


def timeless(body: dict[str, Any], folder: str) -> dict[str, Any]:
    body["moments"] = {name: stamp["source"] for name, stamp in body["moments"].items()}
    body["rooms"] = {name: sorted(key for key, value in room.items() if value) for name, room in body["rooms"].items()}
    body["paging"] = {
        key: value for key, value in body["paging"].items() if key not in ("since", "next_at", "answered_at")
    }
    body["paging"]["sent"] = sorted(body["paging"]["sent"])
    # When, and after how many events of other lanes.
    body["paging"]["pages"] = {person: page["again"] for person, page in body["paging"]["pages"].items()}
    body["postmortem"]["place"] = body["postmortem"]["place"].replace(folder, "")
    # Each bot listens on a port of its own.
    body["public_links"] = sorted(body["public_links"])
    del body["opened_at"], body["status_since"], body["ended"]
    return body


@dataclass(frozen=True)
class Deaths:
    """At which steps a life is killed: the first child at `first`, the one that goes on at `second`."""

    first: Step
    second: Step = NOWHERE
    in_flight: int = 1


async def survives(stage: Theatre, deaths: Deaths, expected: Ending) -> tuple[list[str], list[tuple[str, str]]]:
    """What is wrong after a life with these deaths, and where it died."""
    async with stage.life() as life:
        ended = await stage.run(life, kill_at=deaths.first, in_flight=deaths.in_flight)
        if ended == KILLED and deaths.second != NOWHERE:
            ended = await stage.run(life, kill_at=deaths.second, in_flight=deaths.in_flight)
        if ended == KILLED:
            ended = await stage.run(life, in_flight=deaths.in_flight)
        where = ", then ".join(f"{step} (after {before or 'nothing'})" for before, step in life.killed_at)
        if ended:
            return [f"{deaths} {where}: the story did not end ({ended})\n{life.log()}"], life.killed_at
        wrong = (await asyncio.to_thread(ending, life.job)).differs(expected)
        pages = stage.pages(life)
        if [len(pages[way]) for way in ("ntfy", "email")] != [1, 2]:
            wrong.append(f"other pages: {pages}")
        for way, arrived in pages.items():
            extra = arrived.total() - len(arrived)
            allowed = life.unsettled[way]
            # With many effects in hand, other steps come between a provider's yes and our commit.
            if extra != allowed if deaths.in_flight == 1 else extra > len(life.killed_at) * len(arrived):
                wrong.append(f"{extra} pages too many by {way}, {allowed} cannot be avoided")
        return [f"{deaths} {where}: {problem}" for problem in wrong], life.killed_at


async def try_all(stage: Theatre, plan: Sequence[Deaths], expected: Ending) -> list[tuple[str, str]]:
    """Live all these lives; answers where they died."""
    died = await lived(plan, lambda deaths: survives(stage, deaths, expected))
    return [where for life in died for where in life]


async def uninterrupted(stage: Theatre) -> tuple[Ending, list[Step]]:
    """How the story ends when nobody dies, and its steps."""
    async with stage.life() as life:
        assert await stage.run(life) == 0, life.log()
        pages = stage.pages(life)
        assert [arrived.total() for arrived in pages.values()] == [1, 2]
        return await asyncio.to_thread(ending, life.job), life.numbered()


def check_the_story(told: Ending) -> None:
    """The comparison is worth something only if the story is the whole story."""
    assert told.incident["status"] == "closed"
    assert told.incident["roles"] == {"lead": "ana"}
    assert told.rooms == ("inc-1", "incidents")
    assert (len(told.card), told.pinned, len(told.announced)) == (1, 1, 1)
    assert "INC-1 · SEV1 · closed" in told.card[0]
    assert [(number, status) for number, status, _ in told.posts] == [(1, "investigating"), (2, "resolved")]
    assert told.drafts == ("INC-1.md",)
    assert told.undone == ()
    assert told.people == ("ana", "ben")
    for words in ("ben acknowledged by the link", "Two OSDs on stor-az2-03 are down", "Closed"):
        assert words in told.told, told.told
    assert any("Two OSDs on stor-az2-03 are down" in line for line in told.thread)


def tells(step: Step) -> bool:
    """Whether a death at this step finds what others did not; of the commits, every second one is enough."""
    what, count = step
    if what.startswith("before"):
        return count == 1
    return what != "after commit" or count % 2 == 1


async def test_a_bot_killed_at_any_step_goes_on_where_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """SQLite. Of every fifteenth step, a second death soon after; of every twentieth, with many effects in hand."""
    begun = time.monotonic()
    async with theatre(tmp_path, None) as stage:
        expected, steps = await uninterrupted(stage)
        check_the_story(expected)
        twice = [Deaths(step, second=SOON_AFTER[n % len(SOON_AFTER)]) for n, step in enumerate(steps[::15])]
        # Who dies twice has died at the first step, too.
        enough = {deaths.first for deaths in twice}
        once = [Deaths(step) for step in steps if ALL or (step not in enough and tells(step))]
        at_once = [Deaths(step, in_flight=64) for step in steps[3::20]]
        died = await try_all(stage, [*once, *twice, *at_once], expected)
    assert {what for what, _ in steps} == {step for _, step in died}
    report(capsys, "SQLite", died, begun)


async def test_the_same_on_postgresql(tmp_path: Path, capsys: pytest.CaptureFixture[str], postgres_server: str):
    """A sample of the steps: every fifteenth, and the first commit and the first after each call of an adapter."""
    begun = time.monotonic()
    async with theatre(tmp_path, postgres_server) as stage:
        expected, steps = await uninterrupted(stage)
        check_the_story(expected)
        every = 1 if ALL else 15
        firsts = [step for step in steps if step[1] == 1 and (ALL or "commit" in step[0] or "after" in step[0])]
        once = [Deaths(step) for step in dict.fromkeys([*firsts, *steps[::every]])]
        at_once = [Deaths(step, in_flight=64) for step in steps[3 :: 4 * every]]
        died = await try_all(stage, [*once, *at_once], expected)
    assert {what for what, _ in firsts} <= {step for _, step in died}
    report(capsys, "PostgreSQL", died, begun)


def report(capsys: pytest.CaptureFixture[str], name: str, died: Sequence[tuple[str, str]], begun: float) -> None:
    with capsys.disabled():
        print(f"\n{name}: killed at {len(died)} steps, {time.monotonic() - begun:.0f} s")


# Told to stop, instead of killed.


def test_whoever_is_told_to_stop_has_time_left_when_it_waits_no_more_for_who_hangs():
    """Container runtimes give a process ten seconds between SIGTERM and SIGKILL."""
    assert max(STOP_WITHIN, serving.STOP_WITHIN) <= 8


async def test_a_bot_told_to_stop_while_a_provider_hangs_hands_its_page_back(tmp_path: Path, database_url: str):
    port = free_port()
    async with NtfyServer() as ntfy:
        config = tmp_path / "config.yaml"
        config.write_text(
            f"""
storage: {{url: "{database_url}"}}
http: {{listen: "127.0.0.1:{port}", public_url: "https://klatsch.example.org"}}
people: {{ana: {{name: Ana Ruiz, ntfy: ana-pages, page: [ntfy]}}}}
alerts: {{prometheus: {{type: alertmanager, token: a-token}}}}
routes: [{{match: {{severity: critical}}, open: active, severity: sev1, group_by: [alertname], page: platform}}]
oncall: {{policies: {{platform: {{steps: [{{page: "person:ana"}}]}}}}}}
paging: {{ntfy: {{type: ntfy, url: "{ntfy.url}"}}}}
postmortem: {{folder: "{tmp_path}/drafts"}}
""",
            encoding="utf-8",
        )
        ntfy.orders.append(Trouble.HANG)
        async with (
            served_at(tmp_path) as bot,
            httpx.AsyncClient(timeout=PATIENCE, trust_env=False, verify=False) as http,
        ):
            alert = {
                "status": "firing",
                "fingerprint": "f1",
                "labels": {"alertname": "Down", "severity": "critical"},
                "startsAt": "2026-11-20T22:02:00Z",
            }
            body = {"version": "4", "groupKey": "g", "status": "firing", "alerts": [alert]}
            answer = await http.post(
                f"http://127.0.0.1:{port}/alerts/prometheus", json=body, headers={"Authorization": "Bearer a-token"}
            )
            assert answer.status_code == 200
            await until(lambda: ntfy.requests, "the page being sent")
            bot.process.terminate()
            assert await asyncio.to_thread(bot.process.wait, PATIENCE) == 0
        database = Database(database_url)
        with database.read() as connection:
            due_at = connection.execute(text("SELECT due_at FROM outbox WHERE kind = 'send_page'")).scalar_one()
        assert as_utc(due_at) <= datetime.now(UTC)
        async with served_at(tmp_path, "again"):
            await until(lambda: ntfy.published, "the page")
            await until(lambda: not SqlLookups(database).waiting(), "the end of all work")
        history = SqlLookups(database).history(1)
        assert [sentence(r.event, str) for r in history].count("The page to ana went out by ntfy") == 1
        database.close()


def as_utc(stored: datetime | str) -> datetime:
    """PostgreSQL answers an instant, SQLite the text of one in UTC."""
    at = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return at if at.tzinfo else at.replace(tzinfo=UTC)
