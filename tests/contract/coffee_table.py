"""Who sits at the lean coffee in the tests of its shell."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from bot.coffee.board import Manner
from bot.coffee.brewed import Brewed
from bot.handle import Outcome
from bot.incident import commands as c
from bot.incident.commands.coffee import EndCoffee
from bot.incident.model import Source
from storage.tables import metadata, outbox
from tests.world import RULES, World

MANNER = Manner(platforms=("console", "matrix"), publishers=("drafts", "git"))


def sit(world: World, **manner: object) -> World:
    """The coffee is held like this."""
    world.rules = replace(RULES, manner=replace(MANNER, **manner))
    return world


def said(command: c.CoffeeCommand, by: str = "ana", inbox: str = "") -> c.Ask:
    return c.Ask(command=command, incident=None, by=by, source=Source("command", "test"), inbox=inbox)


def ask(world: World, command: c.CoffeeCommand, by: str = "ana") -> Brewed:
    return brewed(world.do(said(command, by))[0])


def ended(world: World, by: str = "ana") -> Brewed:
    """The meeting ends, so late that nobody had begun it by mistake, and so long ago that nobody ended it by mistake."""
    world.clock.forward(minutes=5)
    over = ask(world, EndCoffee(), by)
    world.clock.forward(minutes=5)
    return over


def brewed(outcome: Outcome) -> Brewed:
    assert outcome.refused is None, outcome.refused
    assert outcome.coffee is not None
    return outcome.coffee


def queued(world: World) -> list[tuple[str, str]]:
    """Key and kind of every effect of the coffee, in their order."""
    with world.database.read() as connection:
        rows = connection.execute(
            select(outbox.c.key, outbox.c.kind).where(outbox.c.incident == 0).order_by(outbox.c.id)
        )
        return [(row.key, row.kind) for row in rows]


def everything(world: World) -> str:
    """All that stands in the database, in words."""
    with world.database.read() as connection:
        return "\n".join(
            repr(tuple(row)) for table in metadata.sorted_tables for row in connection.execute(select(table))
        )
