"""The board of the lean coffee: asked for in batches, stored, and read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.coffee.board import CoffeeStatus, Manner
from bot.coffee.brewed import Brewed
from bot.handle import Outcome
from bot.incident import commands as c
from bot.incident.commands import coffee as k
from bot.incident.model import Refused, Source
from tests.world import RULES, World

MANNER = Manner(platforms=("console", "matrix"), publishers=("drafts", "git"))


@pytest.fixture
def world(world: World) -> World:
    world.rules = replace(RULES, manner=MANNER)
    return world


def said(command: c.CoffeeCommand, by: str = "ana") -> c.Ask:
    return c.Ask(command=command, incident=None, by=by, source=Source("command", "test"))


def ask(world: World, command: c.CoffeeCommand, by: str = "ana") -> Brewed:
    return brewed(world.do(said(command, by))[0])


def brewed(outcome: Outcome) -> Brewed:
    assert outcome.refused is None, outcome.refused
    assert outcome.coffee is not None
    return outcome.coffee


def test_five_people_with_three_dots_each_make_the_order(world: World) -> None:
    for text in ("Flapping OSDs", "Who reads alerts at night", "Upgrade of Ceph"):
        ask(world, k.AddTopic(text=text, by="ana"))
    votes = {"ana": (2, 2, 3), "ben": (2, 2, 2), "cem": (3, 3, 1), "dora": (3, 2, 1), "eve": (3, 3, 3)}
    for by, topics in votes.items():
        for topic in topics:
            ask(world, k.PutDots(topic=topic, voter=""), by)
        refused = world.do(said(k.PutDots(topic=1, voter=""), by))[0].refused
        assert isinstance(refused, Refused)
        assert "Everybody has 3 dots" in refused.reason
    at = world.clock.now() + timedelta(days=1)
    ask(world, k.CallCoffee(starts_at=at))
    ask(world, k.OrderAgenda(starts_at=at))
    board = world.lookups.board()
    assert board.coffee is not None
    assert (board.coffee.status, board.coffee.agenda) == (CoffeeStatus.ORDERED, (3, 2, 1))
    assert [board.topics[id_].votes for id_ in board.coffee.agenda] == [7, 6, 2]
