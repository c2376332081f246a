"""Whatever is asked of a drill, in whatever order, while a real incident with alerts goes on and another drill beside it: no row of what is real is
another one than before, on SQLite and on PostgreSQL."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.incident import commands as c
from bot.incident.model import ComponentState, Kind, PublicStatus
from bot.oncall.escalation import Ladder
from bot.oncall.escalation import Step as Rung
from storage import tables
from storage.indexes import metadata
from tests.builders import Step, step
from tests.commands import OPENINGS, STEPS
from tests.contract.stage import firing
from tests.world import ROSTER, RULES, World, an_ask

OF_INCIDENTS = {"incident": "number", "event": "incident", "outbox": "incident", "alert": "incident"}
"""Tables of which the rows of the drill are its own, and the column that says whose a row is."""

BESIDE = frozenset({"counter", "inbox", "room", "topic"})
"""What it may add to: its number, its room, and topics with a ☕."""

LEAVES = frozenset(
    (
        *(
            "open_room",
            "set_topic",
            "set_links",
            "refresh_card",
            "announce",
            "tell",
            "invite",
            "redirect",
            "archive_room",
        ),
        *("write_draft", "keep_file", "wake_reminder", "wake_archive", "wake_replay"),
    )
)


FAIR = Ladder("fair", (Rung(("person:ana", "person:ben"), timedelta(minutes=5), turn="fair:0"),))
RULES_HERE = replace(
    RULES,
    policy=replace(RULES.policy, settling=frozenset({"ntfy", "email"})),
    roster=replace(ROSTER, ladders={**ROSTER.ladders, "fair": FAIR}),
)
TEMPTING = (
    c.Page(target="person:ana"),
    c.Page(target="policy:fair"),
    c.Acknowledge(person="ana"),
    c.DraftPublicPost(
        status=PublicStatus.INVESTIGATING, text="Volumes hang", components={"volumes": ComponentState.DEGRADED}
    ),
    c.ApprovePublicPost(),
    c.Merge(into=2),
    c.Resolve(),
    c.Reopen(),
    c.Undo(by="ana"),
    c.MakePrivate(),
)
"""What would reach somebody, were it real."""


def storable(command: c.Command) -> bool:
    """Texts are cleaned where they come in, and here they come from nowhere."""
    return not re.search(r"\\ud8|\\x00", ascii(command))


STEPS_HERE = STEPS.filter(lambda one: storable(one.command)) | st.sampled_from(TEMPTING).map(step)


def real(world: World, drills: set[int]) -> dict[str, list[tuple[object, ...]]]:
    """All that is stored and is not of `drills`."""
    found = {}
    with world.database.read() as connection:
        for table in metadata.sorted_tables:
            if table.name in BESIDE:
                continue
            rows = connection.execute(select(table)).all()
            of = OF_INCIDENTS.get(table.name)
            found[table.name] = sorted(
                (tuple(row) for row in rows if not of or getattr(row, of) not in drills), key=repr
            )
    return found


def left(world: World, drills: set[int]) -> set[str]:
    with world.database.read() as connection:
        asked = select(tables.outbox.c.kind).where(tables.outbox.c.incident.in_(drills))
        return set(connection.execute(asked).scalars())


@given(OPENINGS.filter(storable), st.lists(STEPS_HERE, min_size=4, max_size=12))
@settings(
    max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_row_of_what_is_real_changes(world: World, opening: c.Open, steps: list[Step]):
    world.rules = RULES_HERE
    if not world.lookups.recent():
        world.do(firing(3))
        world.ask(c.Resolve(), 1)
        world.do(firing(2, first=7))
    before = real(world, set())
    ours = [
        world.ask(c.Open(title="", kind=Kind.DRILL, replays=1)).after,
        world.ask(replace(opening, kind=Kind.DRILL)).after,
    ]
    drills = {one.number for one in ours if one is not None}
    for one in steps:
        for number in drills:
            outcomes = world.do(an_ask(one.command, number, by=one.by))
            assert len(outcomes) == 1
    assert real(world, drills) == before
    assert left(world, drills) <= LEAVES
    with world.database.write() as connection:
        for name, of in OF_INCIDENTS.items():
            table = metadata.tables[name]
            connection.execute(table.delete().where(table.c[of].in_(drills)))
