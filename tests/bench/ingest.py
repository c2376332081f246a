"""Durable accept over HTTP: 64 connections, 1, 20 and 100 alerts a request, every alert news of an open incident."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from tests.bench.load import Plan
from tests.bench.places import Place, load, served
from tests.bench.report import Row, at_least, at_most, middle

Found = dict[tuple[str, int], list[dict[str, Any]]]

SECONDS = 3.0
MEASURED = (
    ("accept", 1),
    ("nothing", 1),
    ("each", 1),
    ("bare", 1),
    ("accept", 20),
    ("bare", 20),
    ("accept", 100),
    ("bare", 100),
)


def run(where: Place) -> list[Row]:
    found: Found = {key: [] for key in MEASURED}
    for _ in range(where.rounds):
        for what, size in MEASURED:
            with ExitStack() as stack:
                server = stack.enter_context(served(where, what))
                plan = Plan(port=server.port, size=size, seconds=SECONDS)
                found[what, size].append(load(plan))
    return [*_one(where, found), *(row for size in (20, 100) for row in _many(where, found, size))]


def _one(where: Place, found: Found) -> list[Row]:
    name = where.name("accept, 1 alert a request")
    ours, bare = _rate(found, "accept", 1), _rate(found, "nothing", 1)
    return [
        at_least(name, ours, bare, "alerts/s", of="without a database", least=0.30),
        at_least(name, ours, _rate(found, "each", 1), "alerts/s", of="commit per request", least=5),
        at_least(name, ours, _rate(found, "bare", 1), "alerts/s", of="bare driver behind the same web", least=None),
        at_most(f"{name}, p50", middle(found["accept", 1], lambda seen: seen["p50"]), "ms", None),
        at_most(f"{name}, p99", middle(found["accept", 1], lambda seen: seen["p99"]), "ms", 100),
    ]


def _many(where: Place, found: Found, size: int) -> list[Row]:
    name = where.name(f"accept, {size} alerts a request")
    ours, bare = _rate(found, "accept", size), _rate(found, "bare", size)
    least = 0.6 if where.sqlite else 0.5
    return [
        at_least(name, ours, bare, "alerts/s", of="bare driver behind the same web", least=least),
        at_most(f"{name}, p99", middle(found["accept", size], lambda seen: seen["p99"]), "ms", None),
    ]


def _rate(found: Found, what: str, size: int) -> float:
    return middle(found[what, size], lambda seen: seen["rate"])
