"""The wall of a drill, seen from outside of the whole bot: everything that can be typed is typed in its room, and no phone, mailbox, page,
number or list of what is real is another one than before."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

import bot.health.ready
from bot.chat.drilled import BANNER
from bot.terminal.say import exported
from tests.served import Served, served
from tests.until import PATIENCE, until

FIXTURES = Path(__file__).parent.parent / "fixtures" / "alertmanager"

TYPED = (
    *("take lead", "role comms @ben", "page @ben", "page platform", "ack", "escalate", "status identified"),
    *(
        "impact Volumes hang start=-5m plane=data comp=volumes",
        "publish investigating Volumes hang. comp=volumes:major_outage",
    ),
    *(
        "publish approve",
        "update We look next=30m",
        "task Look at rack 3 owner=@ben",
        "task done 1",
        "note a spare was here mark=lucky",
    ),
    *(
        "note Why did nobody see it? mark=question",
        "nearmiss Nearly drained it",
        "followup Alert sooner owner=@ben due=14d",
    ),
    *(
        "open sev1 Everything is down",
        "maint Rack 3 start=now end=+2h",
        "nearmiss anonymous Ran it there",
        "retro DNS sev1 start=-2h",
    ),
    *(
        "override platform @ben 4h",
        "drill inject A customer calls",
        "merge INC-1",
        "hypothesis the switch",
        "decide drain",
    ),
    *("handoff lead @ben", "status monitoring", "digest post"),
)
NOT_HERE = ("digest", "page", "publish", "nearmiss", "open", "maint", "retro", "override", "merge")
"""What is refused in a drill's room."""
ASKED = (
    "oncall load",
    "similar NovaApiDown",
    "oncall",
    "list nearmiss",
    "coffee",
    "maint",
    "digest noise",
    "INC-1 pm",
    "INC-1 timeline",
)


async def outside(it: Served) -> dict[str, object]:
    """What somebody sees who is not in the drill's room."""
    seen: dict[str, object] = {
        "phone": len(it.phone.published),
        "mailbox": len(it.mailbox.mails),
        **{line: (await it.type(line, room="incidents")).to_plain() for line in ASKED},
    }
    for path in ("/", "/history", "/api/v2/summary.json", "/api/v2/incidents.json", "/feed.atom", "/readyz"):
        answer = await it.client.get(f"{it.url}{path}")
        assert answer.status_code == 200, path
        seen[path] = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)|\d\d:\d\d", "", answer.text)
    heard = (await it.client.get(f"{it.url}/metrics")).text
    seen["metrics"] = [line for line in heard.splitlines() if line.startswith("klatsch_alert")]
    for public in (False, True):
        seen[f"export {public}"] = await asyncio.to_thread(exported, it.klatsch.config, "INC-1", "json", public=public)
    return seen


async def digest(it: Served) -> list[str]:
    """But for the line that says which week it is, to the minute."""
    title, _, *lines = (await it.type("digest", room="incidents")).to_plain().splitlines()
    return [title, *lines]


async def told(it: Served, before: list[str]) -> list[str]:
    """What the digest tells more. What a drill showed is to be done; nothing else of it is told."""
    return [
        line
        for line in await digest(it)
        if line not in before and "Alert sooner" not in line and "Follow-ups" not in line
    ]


async def test_nothing_of_a_drill_gets_out_whatever_is_typed_in_it(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    # However long the database takes to answer.
    monkeypatch.setattr(bot.health.ready, "WITHIN", PATIENCE)
    async with served(tmp_path, database_url) as it:
        await it.alert((FIXTURES / "firing_single.json").read_bytes())
        await it.quiet()
        await it.type("ack")
        await it.type("publish investigating Starting machines fails. comp=compute-az1:partial_outage")
        await it.type("publish approve", "ben")
        await it.type("resolve reloaded")
        await it.quiet()
        before = await outside(it)
        weekly = await digest(it)
        await it.type("drill INC-1 speed=1000x Who sees it", room="incidents")
        await until(lambda: it.incident(2) and "console" in it.incident(2).rooms, "the room of the drill")
        for line in TYPED:
            answer = await it.type(line, room="inc-2")
            assert BANNER in answer.blocks, line
            refused = answer.tone == "refused"
            assert refused is line.startswith(NOT_HERE), f"{line}: {answer.to_plain()}"
        said = await it.console.talk("ben", "inc-2", "who watches the graph?")
        for emoji in ("📣", "🍀", "❓", "🔁"):
            await it.console.react("ben", "inc-2", said, emoji)
        await it.quiet()
        assert await outside(it) == before
        listed = (await it.type("list", room="incidents")).to_plain()
        assert "monitoring, drill · Who sees it" in listed
        assert await told(it, weekly) == []
        for line in ("resolve drained", "pm draft", "close"):
            assert (await it.type(line, room="inc-2")).tone == "good", line
            await it.quiet()
        assert await outside(it) == before
        # That it was held, and nothing of what was in it.
        assert await told(it, weekly) == ["- 🎯 Drill: INC-2 Who sees it"]
