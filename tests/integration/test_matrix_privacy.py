"""A private incident does not exist for outsiders, wherever they are and whatever they type; and in the room of one incident nothing
is done to another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from adapters.chat.matrix.inbound import SINCE
from adapters.clock import SystemClock
from bot.chat.verbs import VERBS
from storage.engine import Database
from storage.memory import SqlMemory
from tests.integration.served_bot import a_message, an_alert
from tests.integration.test_matrix_story import Town, founded
from tests.servers.klatsch import BASIC, Served, incidents, served_at, write_config
from tests.servers.matrix_person import MatrixPerson
from tests.servers.processes import free_port
from tests.servers.synapse import NAME, Synapse
from tests.until import until

TYPED, ROUTED, PUBLIC, NEVER = 1, 2, 3, 99
SECRETS = ("zebrafish", "quagga", "okapi")
"""Words of titles, alerts and notes of the private ones. Outside they are said by nobody but who guesses them."""

ROUTES = [
    {"match": {"severity": "security"}, "open": "active", "severity": "sev1", "group_by": ["team"], "private": True},
    *BASIC["routes"],
]
STATUS = {"type": "builtin", "title": "Example Cloud", "components": [{"id": "vm", "name": "Servers"}]}


@dataclass
class House:
    """Two private incidents, one typed and one of an alert, and a public one. `outside` are the rooms that eve is in: where incidents
    are announced, the public one's, and one of the configuration; `desk` is one of those that is for ana and ben."""

    town: Town
    eve: MatrixPerson
    served: Served
    page: str
    outside: tuple[str, ...]
    desk: str

    async def fires(self, *alerts: dict[str, Any], group: str) -> None:
        posted = await asyncio.to_thread(self.served.post, a_message(*alerts, groupKey=group))
        assert posted.status_code == 200

    async def room_of(self, number: int) -> str:
        """The id of its room, as the bot knows it."""

        async def there() -> str:
            for room in await self.town.bot.rooms():
                said = await self.town.bot.state(room, "m.room.topic")
                if said and said["topic"].startswith(f"INC-{number} "):
                    return room
            return ""

        return await until(there, f"the room of INC-{number}")


def leak(number: int) -> dict[str, Any]:
    labels = {"alertname": "QuaggaLeak", "severity": "security", "team": "quagga", "instance": f"quagga{number}"}
    return an_alert(number, labels=labels, annotations={"summary": f"Keys leaked from quagga{number}"})


@asynccontextmanager
async def house(homeserver: Synapse, folder: Path) -> AsyncIterator[House]:
    town = await founded(homeserver, folder)
    eve = MatrixPerson(homeserver.url, homeserver.register(f"eve-{town.bot.user_id[9:17]}"))
    corridor, desk = [await _room(town, preset) for preset in ("public_chat", "private_chat")]
    page = f"127.0.0.1:{free_port()}"
    write_config(
        folder,
        f"sqlite:///{folder}/klatsch.db",
        chat={"archive_after": "1s", "matrix": {**town.block(), "rooms": [corridor, desk]}},
        people={name: {"name": name.title(), "matrix": getattr(town, name).user_id} for name in ("ana", "ben")},
        routes=ROUTES,
        status={"page": {**STATUS, "listen": page}},
    )
    await town.ana.join(desk)
    async with served_at(folder, arguments=("--log-level", "info")) as served:
        await until(lambda: looked(folder), "the first look")
        opened = await ask(town.ana, desk, ["open sev1 private page=none Zebrafish keys leaked"])
        assert "Elsewhere in chat there is no INC-1, not for you either" in " ".join(opened.values())
        announced = await eve.join(town.announce)
        found = House(town, eve, served, f"http://{page}", (), desk)
        await found.fires(leak(1), group="leaks")
        await found.fires(an_alert(9), group="nodes")
        public = await found.room_of(PUBLIC)
        for room in (public, corridor):
            await eve.join(room)
        found.outside = (announced, public, corridor)
        yield found


async def looked(folder: Path) -> str | None:
    """Up to where the bot has heard: what was typed before its very first look is not its business."""
    database = Database(f"sqlite:///{folder}/klatsch.db")
    try:
        return await SqlMemory(database, SystemClock(), "matrix").recall(SINCE)
    finally:
        database.close()


async def _room(town: Town, preset: str) -> str:
    made = {"preset": preset, "invite": [town.bot.user_id, town.ana.user_id]}
    room = str((await town.ben.ask("POST", "createRoom", body=made)).raise_for_status().json()["room_id"])
    return await town.bot.join(room)


async def ask(person: MatrixPerson, room: str, lines: Sequence[str]) -> dict[str, str]:
    """The answer to each of the lines, which are all typed before the first is waited for."""
    typed = {await person.say(room, f"!incident {line}"): line for line in lines}

    async def all_() -> dict[str, str]:
        found = {}
        for said in await person.messages(room):
            to = said["content"].get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id")
            if to in typed:
                found[typed[to]] = str(said["content"]["body"])
        return found if len(found) == len(typed) else {}

    return await until(all_, f"{len(typed)} answers", within=180, every=0.3)


def about(number: int) -> list[str]:
    """What can be typed about an incident by its number: every example of every command, and what nobody should."""
    ref, other = f"INC-{number}", f"INC-{PUBLIC}"
    examples = [
        f"{ref} {example}"
        for verb in VERBS
        if verb.where in ("incident", "either")
        for example in verb.examples
        if "INC-" not in example
    ]
    more = ("", " resovle", " stauts", " undo e1", " export", " task done 1", f" merge {other}", f" merge into {other}")
    said = (
        f"merge {ref}",
        f"merge {ref} into {other}",
        f"{other} merge {ref}",
        f"#{number} status",
        f"timeline ref={number}",
        f"status {ref}",
        f"similar {ref}",
        f"list {ref}",
        f"help {ref}",
    )
    return list(dict.fromkeys((*examples, *(f"{ref}{words}" for words in more), *said)))


GUESSED = (
    "similar zebrafish",
    "similar keys leaked from quagga1",
    "zebrafish",
    "help quagga",
    "oncall okapi",
    "page @quaga",
)
NAMELESS = (
    *("list", "list all", "list sev1", "list private", "list real", "list investigating", "similar", "status", "catchup"),
    *("ack", "accept", "close", "reopen", "pm", "page", "timeline", "merge", "resovle", "open sev9 zebrafish keys leaked"),
)  # fmt: skip


async def test_a_private_incident_does_not_exist_for_who_is_outside(synapse_server: Synapse, tmp_path: Path):
    async with house(synapse_server, tmp_path) as house_:
        town, eve = house_.town, house_.eve
        inside = {number: await house_.room_of(number) for number in (TYPED, ROUTED)}
        await town.ana.join(inside[TYPED])
        await ask(town.ana, inside[TYPED], ["note the okapi is out", "role lead @ana"])
        # A room is there before the bot has written that down.
        await until(lambda: asyncio.to_thread(house_.served.rests), "the end of all work")
        before = incidents(tmp_path, (TYPED, ROUTED))

        announced, public, corridor = house_.outside
        for room, step in ((announced, 1), (public, 4), (corridor, 7)):
            never = await ask(eve, room, about(NEVER)[::step])
            for number in (TYPED, ROUTED) if room == announced else (TYPED,):
                held = await ask(eve, room, about(number)[::step])
                assert [as_if(text, number) for text in held.values()] == [as_if(t, NEVER) for t in never.values()]
            nameless = await ask(eve, room, NAMELESS)
            guessed = await ask(eve, room, GUESSED)
            assert "INC-3" in nameless["list"]
            for line, answer in (*nameless.items(), *guessed.items()):
                # What they guessed themselves may be repeated to them.
                told = [word for word in (*SECRETS, "inc-1", "inc-2") if word in answer.lower()]
                assert all(word in line for word in told), (line, answer)
            for emoji in "📌⭐👀":
                await eve.react(room, (await eve.messages(room))[-1]["id"], emoji)
        for line, number in (("INC-1 undo e1", TYPED), ("INC-2 undo e1", ROUTED)):
            (answer,) = (await ask(eve, announced, [line])).values()
            assert f"There is no INC-{number}." in answer
        assert incidents(tmp_path, (TYPED, ROUTED)) == before

        await house_.fires(leak(1), leak(2), group="leaks")
        await until(lambda: alerts_of(tmp_path, ROUTED) == 2, "the second alert")
        await nothing_to_see(house_, inside)
        await nobody_outside_gets_in(house_, inside)
        secret = house_.served.log.read_text().lower()
        assert not [word for word in (*SECRETS, town.bot.account.access_token.lower()) if word in secret]


def as_if(answer: str, number: int) -> str:
    return answer.replace(f"INC-{number}", "INC-N")


def alerts_of(folder: Path, number: int) -> int:
    return len(incidents(folder, (number,))[0]["alerts"])


async def nothing_to_see(house_: House, inside: dict[int, str]) -> None:
    """Wherever eve looks: the rooms she is in, the directories, the status page, the metrics."""
    eve, bot = house_.eve, house_.town.bot
    for room in await eve.rooms():
        for event in await eve.events(room):
            said = json.dumps(event["content"], ensure_ascii=False).lower()
            if event["sender"] == bot.user_id and not event["content"].get("m.relates_to", {}).get("m.in_reply_to"):
                private = (*SECRETS, *inside.values(), "INC-1 ", "INC-2 ")
                assert not [word for word in private if word.lower() in said]
    for number, room in inside.items():
        for path in (("state",), ("members",), ("messages",), ("joined_members",), ("state", "m.room.topic", "")):
            assert (await eve.ask("GET", "rooms", room, *path, dir="b")).status_code == 403, (number, path)
        for alias in (f"inc-{number}-zebrafish-keys-leaked", f"inc-{number}-keys-leaked-from-quagga1"):
            assert (await eve.ask("GET", "directory", "room", f"#{alias}:{NAME}")).status_code == 404
    assert not (await eve.get("publicRooms"))["chunk"]
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=20) as client:
        for path in ("/", "/history", "/api/v2/summary.json", "/api/v2/incidents.json", "/feed.atom", "/feed.rss"):
            shown = (await client.get(f"{house_.page}{path}")).raise_for_status().text
            assert not [word for word in (*SECRETS, "inc-1", "inc-2") if word in shown.lower()], path
        for number in inside:
            answers = [await client.get(f"{house_.page}/incidents/INC-{n}") for n in (number, NEVER)]
            assert {answer.status_code for answer in answers} == {404}
        metrics = (await client.get(f"{house_.served.url}/metrics")).text.lower()
    assert not [word for word in (*SECRETS, "inc-") if word in metrics]


async def nobody_outside_gets_in(house_: House, inside: dict[int, str]) -> None:
    eve, ana = house_.eve, house_.town.ana
    for room in inside.values():
        # Other tests have an INC-1, too.
        alias = (await house_.town.bot.state(room, "m.room.canonical_alias"))["alias"]
        for address in (room, alias):
            assert (await eve.ask("POST", "join", address, body={})).status_code == 403
    # Who was invited by somebody and is not there yet says nothing.
    await ana.ask("POST", "rooms", inside[TYPED], "invite", body={"user_id": eve.user_id})
    typed = {"msgtype": "m.text", "body": "!incident resolve"}
    assert (await eve.ask("PUT", "rooms", inside[TYPED], "send", "m.room.message", "1", body=typed)).status_code == 403


async def test_in_the_room_of_one_incident_nothing_is_done_to_another(synapse_server: Synapse, tmp_path: Path):
    async with house(synapse_server, tmp_path) as house_:
        town, eve, public = house_.town, house_.eve, house_.outside[1]
        hers = await house_.room_of(TYPED)
        await town.ana.join(hers)
        for line in ("resolve", "merge INC-1", "note x", "private", "undo", "undo e1", "take lead", "publish approve"):
            held = await ask(town.ana, hers, [f"INC-{PUBLIC} {line}"])
            assert f"nothing is done here to INC-{PUBLIC}" in " ".join(held.values()), line
        held = await ask(
            town.ana, hers, ["status", f"INC-{PUBLIC} status", f"INC-{ROUTED} status", f"merge INC-{PUBLIC}"]
        )
        assert "Zebrafish" in held["status"]
        assert "node9 is down" in held[f"INC-{PUBLIC} status"]
        assert f"There is no INC-{ROUTED}" in held[f"INC-{ROUTED} status"]
        assert "INC-1 is private and INC-3 is not" in held[f"merge INC-{PUBLIC}"]

        # What everybody saw goes on where they do not.
        await town.ana.join(public)
        (answer,) = (await ask(town.ana, public, ["private"])).values()
        assert "private" in answer
        after = await until(lambda: goes_on(house_, public), "the private room")
        await ask(town.ana, await town.ana.join(after), ["note the okapi is out", "rename Okapi is down"])
        for line in ("INC-3 status", "INC-3 resolve", "similar node9 is down", "list all"):
            (answer,) = (await ask(eve, house_.outside[0], [line])).values()
            assert "INC-3" not in answer.replace("There is no INC-3", ""), line
        assert (await eve.ask("POST", "join", after, body={})).status_code == 403
        shown = [said["content"]["body"] for room in house_.outside[:2] for said in await eve.messages(room)]
        assert not [text for text in shown if "okapi" in text.lower()]
        assert "INC-3 is private." in shown


async def goes_on(house_: House, left: str) -> str:
    """The room in which the public one goes on, once ana is invited."""
    for room in await house_.town.bot.rooms():
        said = await house_.town.bot.state(room, "m.room.topic")
        if room != left and said and said["topic"].startswith("INC-3 ·"):
            member = await house_.town.bot.state(room, "m.room.member", house_.town.ana.user_id)
            return room if member else ""
    return ""
