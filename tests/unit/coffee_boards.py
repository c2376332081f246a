"""Boards of the lean coffee for its tests, and how they are asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.coffee.board import Board, Coffee, CoffeeStatus, Manner, Topic
from bot.coffee.brewed import Brewed
from bot.coffee.rules import brew
from bot.incident import effects as f
from bot.incident.commands import coffee as k
from bot.incident.model import Refused

NOW = datetime(2026, 12, 3, 9, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MANNER = Manner(platforms=("slack", "matrix"), publishers=("folder", "git"))


def topic(id_: int, text: str = "", **changed: object) -> Topic:
    return replace(Topic(id_, text or f"Topic {id_}", NOW + id_ * MINUTE, place=id_), **changed)


def board(*topics: Topic, coffee: Coffee | None = None, past: tuple[Coffee, ...] = ()) -> Board:
    return Board({one.id: one for one in topics}, coffee, {one.number: one for one in past})


def do(before: Board, command: k.CoffeeCommand, manner: Manner = MANNER, at: datetime = NOW) -> Brewed:
    first = max(before.topics, default=0) + 1
    return brew(before, command, manner, at=at, first_topic=first, number=max(before.coffees, default=0) + 1)


def refusal(before: Board, command: k.CoffeeCommand, manner: Manner = MANNER, at: datetime = NOW) -> str:
    with pytest.raises(Refused) as refused:
        do(before, command, manner, at)
    return f"{refused.value.reason} {refused.value.hint}".strip()


def kinds(brewed: Brewed) -> list[str]:
    """What is done outside, on one platform: the others do the same."""
    words = {f.TellCoffee: lambda one: f"tell {one.what} {one.topic}" + (f" behind {one.before}" if one.before else "")}
    ours = [one for one in brewed.effects if getattr(one, "platform", "slack") == "slack"]
    return [words.get(type(one), lambda one: f.kind_of(one))(one) for one in ours]


CALLED = Coffee(4, NOW + HOUR)
THREE = board(
    topic(1, dots={"a": 1}),
    topic(2, dots={"b": 2}),
    topic(3),
    coffee=CALLED,
    past=(Coffee(3, NOW - HOUR, CoffeeStatus.OVER),),
)
MEETING = do(THREE, k.StartCoffee(), at=NOW).board
"""Topic 2 is talked about, 1 and 3 come next."""
