"""Fifty incidents at once, on a homeserver that limits the bot's account as it limits everybody."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.contract.servers.ntfy import NtfyServer
from tests.integration.served_bot import an_alert
from tests.integration.test_matrix_story import Town, founded
from tests.servers.klatsch import Served, paging, served_at, write_config
from tests.servers.synapse import synapse
from tests.until import until

INCIDENTS = 50
LATE = 10
"""Incidents whose rooms come last."""

FASTER = 200
"""The limits are Synapse's own; an hour of them takes 18 seconds."""


def notification(number: int) -> bytes:
    alert = an_alert(number)
    alert["labels"]["az"] = f"az{number}"
    whole = {
        "version": "4",
        "groupKey": f'{{}}:{{az="az{number}"}}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "klatsch",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.org",
        "alerts": [alert],
    }
    return json.dumps(whole).encode()


def waiting(served: Served) -> Mapping[str, int]:
    """How many effects of each kind wait, by `/metrics`."""
    shown = httpx.get(f"{served.url}/metrics", trust_env=False, verify=False, timeout=20).text
    return {
        kind: int(float(n)) for kind, n in re.findall(r'^klatsch_outbox_waiting\{kind="(\w+)"\} (\S+)', shown, re.M)
    }


async def said(town: Town) -> list[dict[str, Any]]:
    """Every message of the bot, wherever it is, in the order in which the homeserver had them."""
    events = [event for room in await town.bot.rooms() for event in await town.bot.events(room)]
    ours = [e for e in events if e["type"] == "m.room.message" and e["sender"] == town.bot.user_id]
    return sorted(ours, key=lambda event: int(event["origin_server_ts"]))


async def test_a_storm_pages_first_says_what_there_is_and_opens_every_room(tmp_path: Path):
    with synapse(limited=True, faster=FASTER) as homeserver:
        town = await founded(homeserver, tmp_path)
        announced = await town.ana.join(town.announce)
        async with NtfyServer() as phone:
            sections = paging(phone.url)
            sections["people"]["ana"]["matrix"] = town.ana.user_id
            sections["chat"] = {"matrix": town.block()}
            write_config(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", **sections)
            async with served_at(tmp_path) as served:
                # All at once, and the phone is there meanwhile: before the last of them rooms could be made for most.
                posts = (asyncio.to_thread(served.post, notification(number)) for number in range(INCIDENTS))
                assert {answer.status_code for answer in await asyncio.gather(*posts)} == {200}
                await until(lambda: len(phone.published) == INCIDENTS, "all pages")
                # Nobody is paged later because chat is slow. What waits is asked for first: meanwhile rooms are made.
                left = waiting(served)["open_room"]
                rooms = len(await town.bot.rooms()) - 1
                assert left >= max(1, INCIDENTS - rooms)
                await until(lambda: not waiting(served).keys() - {"invite"}, "everything but invitations", within=300)
        shown = [(event["room_id"], event["content"]) for event in await said(town)]
        answers = re.findall(
            r' (\d{3}) "(?:PUT|POST) /_matrix/client/v3/(?:rooms|createRoom)', homeserver.log.read_text()
        )
    first = {room: content["body"] for room, content in reversed(shown) if room != announced}
    assert len(first) == INCIDENTS
    # The card comes before any chatter of its room.
    assert [body for body in first.values() if "SEV1" not in body] == []
    numbers = [_number(content) for room, content in shown if room == announced and _leads(content)]
    assert sorted(numbers) == [*range(1, INCIDENTS + 1)]
    # That there is an incident is said long before its room may be made.
    order = [room == announced for room, _ in shown]
    cards = [place for place, (room, content) in enumerate(shown) if content["body"] is first.get(room)]
    assert order.index(True) < cards[INCIDENTS // 5]
    # Who waits longest for a room is announced meanwhile: most of them on a quick machine, on a slow one rooms wait for us and not
    # for the homeserver. With announcements behind the rooms it would be none.
    announcements = {
        _number(content): place for place, (room, content) in enumerate(shown) if room == announced and _leads(content)
    }
    last = {_number(shown[place][1]): place for place in cards[-LATE:]}
    meanwhile = [number for number, place in last.items() if announcements[number] < place]
    assert meanwhile
    # Of all that wait, one finds out for the rest that there is no room for more.
    assert answers.count("429") < len(answers) / 4


def _leads(content: Mapping[str, Any]) -> bool:
    """Whether it is a message of its own: no edit, and in no thread."""
    return "m.relates_to" not in content


def _number(content: Mapping[str, Any]) -> int:
    found = re.search(r"INC-(\d+)", str(content["body"]))
    assert found is not None
    return int(found[1])
