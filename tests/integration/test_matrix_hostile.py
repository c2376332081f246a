"""Hostile words on their whole way through the bot to a real homeserver: what is stored there is text, pings nobody and is no line
for another bot."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from adapters.chat.matrix.addressed import Addressing
from tests.integration.served_bot import a_message, an_alert
from tests.integration.test_matrix_story import Town, founded
from tests.servers.klatsch import Served, incidents, served_at, write_config
from tests.servers.matrix_person import MatrixPerson
from tests.servers.synapse import Synapse
from tests.unit.test_matrix_render import Read
from tests.until import until

QUIET = {"m.mentions": {}}
"""On what people type here, so that whatever pings is the bot's."""

MARKUP = (
    "<script>alert(1)</script>",
    "<mx-reply>x</mx-reply>",
    '<a href="https://evil.example.org">x</a>',
    '<img src="mxc://evil.example.org/x" onerror=alert(1)>',
    "<font color=red data-mx-bg-color=red>x</font>",
    "</p></code></li></h4><h1>x</h1>",
    "[x](javascript:alert(1))",
    "<!-- x --><plaintext>",
)
PINGS = ("@room", "Ana Ruiz", "{ana}", "https://matrix.to/#/{ana}", '<a href="https://matrix.to/#/{ana}">Ana Ruiz</a>')
SIGHTS = (
    "\u202egnp.exe",
    "عُطل في الشبكة",
    "שגיאה חמורה",
    "👩🏽\u200d🚒👨\u200d👩\u200d👧\u200d👦🏳️\u200d🌈",
    "Z\u0337\u0321\u031ba\u0335\u0322l\u0338\u0321g\u0335o",
    "a\u200bb\u2060c\ufeffd",
    "\u2066isolated\u2069",
    "nul\u0000 bell\u0007 esc\u001b[31m",
    "`code` **bold** *it* _it_ # head\n- list\n> quote",
    "{{ incident.title }} {% raw %} ${HOME} %s {0}",
    "!incident close",
    "!inc resolve",
)


@asynccontextmanager
async def town_of(homeserver: Synapse, folder: Path) -> AsyncIterator[tuple[Town, Served]]:
    town = await founded(homeserver, folder)
    hostile = " ".join(MARKUP).replace("\n", " ")
    people = {
        "ana": {"name": "Ana Ruiz", "matrix": town.ana.user_id},
        "ben": {"name": f"Ben {hostile} @room", "matrix": town.ben.user_id},
    }
    # Some of the words close the incident, and there is more to say in its room.
    chat = {"archive_after": "1h", "matrix": town.block()}
    write_config(folder, f"sqlite:///{folder}/klatsch.db", chat=chat, people=people)
    async with served_at(folder) as served:
        yield town, served


_ASKED = count()


async def highlights(person: MatrixPerson) -> dict[str, int]:
    """How often somebody was pinged, by room, since they read it last."""
    # Synapse answers the same question from memory for two minutes.
    joined = (await person.get("sync", timeout=str(next(_ASKED))))["rooms"]["join"]
    counted = {room: held["unread_notifications"]["highlight_count"] for room, held in joined.items()}
    return {room: pings for room, pings in counted.items() if pings}


async def first_room(town: Town) -> str:
    """The room of INC-1: its announcement has other links, too."""
    for room in await town.bot.rooms():
        if str((await town.bot.state(room, "m.room.topic") or {}).get("topic", "")).startswith("INC-1 "):
            return room
    return ""


async def said_by(bot: MatrixPerson) -> list[dict[str, Any]]:
    return [event for room in await bot.rooms() for event in await bot.events(room) if event["sender"] == bot.user_id]


async def answered(person: MatrixPerson, room: str, lines: list[str]) -> list[str]:
    typed = [await person.say(room, line, **QUIET) for line in lines]

    async def all_() -> list[str]:
        found = {}
        for said in await person.messages(room):
            to = said["content"].get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id")
            found[to] = str(said["content"]["body"])
        return [found[event] for event in typed] if set(typed) <= set(found) else []

    return await until(all_, f"{len(lines)} answers", within=180, every=0.3)


def check_harmless(event: dict[str, Any], others_bot: Addressing, pinged: set[str]) -> None:
    content = event["content"]
    for said in filter(None, (content, content.get("m.new_content"))):
        assert said["msgtype"] == "m.notice"
        assert set(said["m.mentions"].get("user_ids", [])) <= pinged
        assert "room" not in said["m.mentions"]
        read = Read(said["formatted_body"])
        # Rooms, people, and the messages that lines of the timeline came of.
        ours = ("https://matrix.to/#/%23inc-", "https://matrix.to/#/@", "https://matrix.to/#/%21")
        assert all(href.startswith(ours) for href, _ in read.links)
        shown = said["body"] + read.text
        assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u0000\u0007\u001b")
        assert shown.count("\u2068") == shown.count("\u2069")
        # A bot that repeats it as a person would type it starts nothing.
        assert others_bot.line({**said, "msgtype": "m.text", "m.mentions": {}}) is None


async def test_hostile_words_are_shown_ping_nobody_and_are_no_lines(synapse_server: Synapse, tmp_path: Path):
    async with town_of(synapse_server, tmp_path) as (town, served):
        words = [text.format(ana=town.ana.user_id) for text in PINGS] + [*MARKUP, *SIGHTS]
        everything = " ".join(words)
        labels = {"alertname": everything, "severity": "critical", "az": everything, "region": "r", everything: "x"}
        alert = an_alert(1, labels=labels, annotations={"summary": everything, "description": everything})
        assert (await asyncio.to_thread(served.post, a_message(alert))).status_code == 200
        room = await until(lambda: first_room(town), "the room")
        for person in (town.ana, town.ben):
            await person.join(room)
        ana, ben = town.ana, town.ben
        announced = await ana.join(town.announce)
        lines = [
            *(f"!incident note {text}" for text in words),
            *(f"!incident rename {text}" for text in words),
            f"!incident task {everything}",
            f"!incident update {everything}",
            f"!incident impact {everything}",
            "!incident take lead",
            *(f"!incident {text}" for text in words),
            *(
                f"!incident {verb} {everything[:300]}"
                for verb in ("role lead", "page", "similar", "help", "sev", "moment")
            ),
            "!incident status",
            "!incident timeline",
            "!incident catchup",
            "!incident list",
        ]
        answers = await answered(ben, room, lines)
        assert not [text for text in answers if "internal error" in text]
        opened = await answered(ben, announced, [f"!incident open sev4 page=none another=yes {text}" for text in words])
        assert not [text for text in opened if "internal error" in text]
        (long,) = await answered(ben, room, ["!incident note " + "ä" * 31_000])
        assert "31005 characters" in long
        for text in words:
            message = await ben.say(room, text, **QUIET)
            await ben.react(room, message, "📌")
        await answered(ben, room, ["!incident status"])

        reached = len([text for text in opened if "is open" in text]) + 1

        async def opened_all() -> bool:
            return len(await town.bot.rooms()) == reached + 1

        await until(opened_all, "every room", within=120)
        # Ben leads, and his card says so; Ana is nobody's business.
        assert not await highlights(ana)
        await ben.say(room, "Ana?", **{"m.mentions": {"user_ids": [ana.user_id]}})
        assert await highlights(ana) == {room: 1}
        us = Addressing("@another:example.org", "incident")
        said = [event for event in await said_by(town.bot) if event["type"] == "m.room.message"]
        for event in said:
            check_harmless(event, us, {ben.user_id})
        for event in await said_by(town.bot):
            if event["type"] in ("m.room.name", "m.room.topic"):
                shown = str(event["content"].get("name", event["content"].get("topic")))
                assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u0000\u0007\u001b\n")
        json.dumps(incidents(tmp_path)[0]["timeline"])
    log = served.log.read_text()
    assert "Traceback" not in log
