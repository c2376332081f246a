"""Fifty incidents in a minute, where Slack lets us make twenty channels in one: everybody is paged and told at once, and the rooms
come as fast as they may, those of the most urgent incidents first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench.places import Place
from tests.bench.report import Row, at_most, percentile
from tests.bench.slack_workspace import PEOPLE, SEVERITIES, Bot, Workspace, workspace
from tests.until import until

INCIDENTS, SECONDS = 50, 60.0
PATIENCE = 240.0
"""Seconds for all rooms: the last ten may be made in the third minute."""

FIRST_PAGE = 2.0
LEEWAY = 2.0
"""Seconds by which a card may come before that of a more urgent incident: what is limited is asked for once a second at most."""


@dataclass(frozen=True, slots=True)
class Rush:
    """Seconds by incident: from accepted until its first and its last page, and its announcement. `order`: accepted, severity
    and card, as they were on the clock."""

    first_pages: list[float]
    last_pages: list[float]
    announced: list[float]
    order: list[tuple[float, str, float]]
    refused: int
    calls: int


def run(where: Place) -> list[Row]:
    """Once, however many rounds: it takes two minutes, and Slack's limits say how long."""
    found = asyncio.run(_rushed(where))
    name = where.name(f"{INCIDENTS} incidents in a minute")
    return [
        at_most(f"{name}, first page of each, worst", max(found.first_pages) * 1000, "ms", FIRST_PAGE * 1000),
        at_most(f"{name}, last page of each, p50", percentile(found.last_pages, 0.5) * 1000, "ms", None),
        at_most(f"{name}, last page of each, worst", max(found.last_pages) * 1000, "ms", FIRST_PAGE * 1000),
        at_most(f"{name}, announced, p50", percentile(found.announced, 0.5), "s", None),
        at_most(f"{name}, announced, worst", max(found.announced), "s", None),
        *(
            at_most(f"{name}, card of a {severity}, {called}", percentile(_cards_of(found, severity), part), "s", None)
            for severity in SEVERITIES.values()
            for called, part in (("p50", 0.5), ("worst", 1.0))
        ),
        at_most(f"{name}, last card after the last alert", _after_the_last(found), "s", None),
        at_most(f"{name}, less urgent cards before a more urgent one", overtaken(found.order), "cards", 0),
        at_most(f"{name}, calls of chat", found.calls, "calls", None),
        at_most(f"{name}, refused with 429", found.refused, "calls", 0),
    ]


def _cards_of(found: Rush, wanted: str) -> list[float]:
    return [card - at for at, severity, card in found.order if severity == wanted]


def _after_the_last(found: Rush) -> float:
    return max(card for _, _, card in found.order) - max(accepted for accepted, _, _ in found.order)


def overtaken(order: list[tuple[float, str, float]]) -> int:
    """How many cards came although a more urgent incident had been waiting for its own."""
    return sum(
        any(other < severity and at + LEEWAY < card < theirs - LEEWAY for at, other, theirs in order)
        for _, severity, card in order
    )


async def _rushed(where: Place) -> Rush:
    async with workspace(where) as ours, ours.bot_running() as bot:
        accepted = await _accepted(bot)
        await until(lambda: len(ours.pages.came) >= INCIDENTS * len(PEOPLE), "all pages")
        await bot.quiet(within=PATIENCE)
        pages: dict[int, list[float]] = {number: [] for number in accepted}
        for at, ref in ours.pages.came:
            pages[int(ref.removeprefix("INC-"))].append(at)
        cards, announced = _cards(ours), _announced(ours)
        return Rush(
            [min(pages[number]) - at for number, (at, _) in accepted.items()],
            [max(pages[number]) - at for number, (at, _) in accepted.items()],
            [announced[number] - at for number, (at, _) in accepted.items()],
            [(at, SEVERITIES[severity], cards[number]) for number, (at, severity) in accepted.items()],
            ours.slack.refused,
            sum(call.method.startswith(("chat.", "conversations.", "pins.")) for call in ours.slack.calls),
        )


async def _accepted(bot: Bot) -> Mapping[int, tuple[float, str]]:
    """Every so often one, the least urgent first and the others in turn behind it."""
    begun = time.monotonic()
    accepted = {}
    severities = list(reversed(SEVERITIES))
    for place in range(INCIDENTS):
        # The pace is what is measured at, nothing is waited for.
        await asyncio.sleep(max(0.0, begun + place * SECONDS / INCIDENTS - time.monotonic()))
        severity = severities[place % len(severities)]
        number, at = await bot.fire(severity)
        accepted[number] = (at, severity)
    return accepted


def _cards(ours: Workspace) -> Mapping[int, float]:
    found = {}
    for number in range(1, INCIDENTS + 1):
        room = ours.room(number)
        assert room is not None
        found[number] = next(call.at for call in ours.calls_in(room) if call.method == "pins.add")
    return found


def _announced(ours: Workspace) -> Mapping[int, float]:
    posted = [call for call in ours.slack.calls_of("chat.postMessage") if call.args["channel"] == ours.announce.id]
    return {int(str(call.args["text"]).partition("INC-")[2].split()[0]): call.at for call in posted if not call.error}
