"""The digest of the fullest week there can be, where people read it: within the limits of each platform, in order, whole, and once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from adapters.chat.slack import pace
from bot.coffee.weekly.edition import Edition
from bot.coffee.weekly.gathered import Gathered
from bot.deliver import Deliverer
from bot.destinations import Place
from bot.digests import Digests, Weekly, posts
from bot.duty import Duty
from storage.engine import Database
from tests.builders import PEOPLE
from tests.contract.chat_harness import MatrixHarness
from tests.contract.chat_people import people_of
from tests.contract.heard import opened
from tests.contract.servers.slack import limited, limits
from tests.contract.slack_harness import SlackHarness
from tests.contract.stage import Stage, on_stage
from tests.databases import made_in
from tests.servers.grudging import grudging
from tests.weeks import BERLIN, ROSTER, fullest, monday
from tests.world import World

START, END = monday("2026-11-16"), monday("2026-11-23")


class Week:
    """`bot.lookups.Weeks` that knows one."""

    def __init__(self) -> None:
        self.known = fullest(START, END)

    def week(self, start: datetime, end: datetime) -> Gathered:
        return self.known


@pytest.fixture
async def busy(tmp_path: Path) -> AsyncIterator[Stage]:
    """The week comes from nowhere, so it is all the same in which database the rest is."""
    (tmp_path / "stage").mkdir()
    world = World(Database(made_in(tmp_path / "stage")))
    async with on_stage(world, tmp_path / "stage") as stage:
        world.clock.forward(seconds=(END - world.clock.now()).total_seconds())
        duty = Duty(ROSTER, changed=stage.writer.follow)
        weeklies = {"": Weekly(zone=BERLIN, to=(Place("slack"),))}
        stage.digests = Digests(Week(), world.clock, stage.words, weeklies, people=PEOPLE, duty=duty)
        yield stage
    world.close()


def edition(stage: Stage) -> Edition:
    return stage.digests.edition("", START, END)


def state(stage: Stage) -> str:
    ((_, found, _),) = stage.effects("say_weekly_digest")
    return found


async def until_done(stage: Stage, deliverers: Sequence[Deliverer]) -> None:
    """One after the other tries, and each but the first is a process that remembers nothing."""
    for number in range(60):
        await deliverers[number % len(deliverers)].round()
        if state(stage) != "waiting":
            break
        stage.clock.forward(seconds=2)
    assert state(stage) == "done"


async def test_slack_shows_all_of_it_once_whatever_happens_in_the_middle(
    busy: Stage, slack: SlackHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How fast it may be posted is tried elsewhere.
    monkeypatch.setattr(pace, "BURST", 40)
    monkeypatch.setattr(limits, "BURST", 41)
    server, elsewhere = slack.slack, slack.build()
    server.uploads.settling = 1
    await busy.writer.submit(posts(busy.digests.weeklies[""], START, END))
    deliverers = [busy.another_process(platforms={"slack": one}) for one in (slack.platform, elsewhere)]
    async with server.outage():
        for _ in range(12):
            await deliverers[0].drain()
            busy.clock.forward(minutes=5)
    assert state(busy) == "waiting"
    for method in ("chat.postMessage", "files.getUploadURLExternal"):
        server.order(method, limited(1), 1)
    await until_done(busy, deliverers)
    await elsewhere.aclose()
    main, *details = [one for one in server.channel("#incidents").messages if one.by_bot and not one.subtype]
    assert main.text == edition(busy).main.summary
    assert {one.thread_ts for one in details} == {main.ts}
    keys = [str(one.metadata["event_payload"]["key"]) for one in (main, *details)]
    assert keys == [keys[0], *(f"{keys[0]}:{block}" for block, _ in edition(busy).details)]
    assert len(keys) == 12
    pictures = [block["slack_file"]["id"] for one in details for block in one.blocks if block["type"] == "image"]
    assert pictures == [file.id for file in server.files.values()]
    assert len(pictures) == 2
    # Each once, beside what was refused: two pictures that were not ready, and one too many.
    assert len(server.calls_of("chat.postMessage")) == len(keys) + 3
    assert len(server.calls) < 100


async def test_matrix_shows_all_of_it_once_and_in_order_whatever_it_refuses(busy: Stage, matrix: MatrixHarness) -> None:
    room = await opened(matrix)
    weekly = replace(busy.digests.weeklies[""], to=(Place("matrix", room),))
    await busy.writer.submit(posts(weekly, START, END))
    async with grudging(matrix.homeserver.url, every=7) as between:
        await matrix.restart(homeserver=between.url)
        elsewhere = matrix.build(homeserver=between.url)
        platforms = (matrix.platform, elsewhere)
        await until_done(busy, [busy.another_process(platforms={"matrix": one}) for one in platforms])
        assert len(between.refused) > 1
        await elsewhere.aclose()
        await matrix.platform.aclose()
    main, *thread = await matrix.messages(room)
    assert main.text.startswith(edition(busy).main.summary)
    assert {one.thread for one in thread} == {main.id}
    pictures = await people_of(matrix).pictures(room)
    assert len(pictures) == 2
    shown = [one.alt for one in pictures]
    texts = [" ".join(one.text.split()) for one in thread if one.text not in shown]
    begun = [" ".join(document.summary.split()) for _, document in edition(busy).details]
    assert [text[: len(title)] for text, title in zip(texts, begun, strict=True)] == begun
