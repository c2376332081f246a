"""A private incident does not exist for outsiders in Slack: not in answers, forms and what can be chosen in them, not in the App Home,
under links, among the channels, nor in the words that only they read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.contract.servers.slack.model import Channel
from tests.contract.servers.slack.person import Person
from tests.contract.servers.slack.texts import shown_blocks
from tests.integration.served_bot import a_message, an_alert
from tests.integration.slack_town import Town, fires, serving, town
from tests.integration.test_matrix_privacy import (
    GUESSED,
    NAMELESS,
    NEVER,
    PUBLIC,
    ROUTED,
    ROUTES,
    SECRETS,
    TYPED,
    about,
    as_if,
    leak,
)
from tests.servers.klatsch import Served, incidents
from tests.until import until

LINKS = "https://status.example.org/incidents/INC-"


@dataclass
class House:
    """Two private incidents, one typed and one of an alert, and a public one, in whose channel eve is, too."""

    town: Town
    served: Served
    inside: dict[int, Channel]
    public: Channel


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    async with town(folder) as town_:
        town_.configure(f"sqlite:///{folder}/klatsch.db", sections={"routes": ROUTES}, unfurl=["status.example.org"])
        async with serving(town_) as served:
            opened = await town_.ana.slash("#general", "open sev1 private page=none Zebrafish keys leaked")
            assert "INC-1 is open" in opened.text
            await town_.opened(TYPED)
            await fires(served, a_message(leak(1), groupKey="leaks"))
            await town_.opened(ROUTED)
            await fires(served, a_message(an_alert(9), groupKey="nodes"))
            public = await town_.opened(PUBLIC)
            await town_.eve.joins(public)
            inside = {number: await town_.opened(number) for number in (TYPED, ROUTED)}
            yield House(town_, served, inside, public)


async def looks(town_: Town, person: Person, room: Channel | str, line: str, *, fill: bool = False) -> str:
    """All that somebody sees of a line: the answer, or the window that it opens, and what comes of that when they `fill` it in."""
    answer = await person.slash(room, line)
    assert answer.acked, (line, answer.error)
    seen = [str(answer.payload.get("response_type"))]
    if answer.payload:
        seen += [answer.payload["text"], shown_blocks(answer.payload["blocks"], town_.slack.name_of)]
    while person.modal:
        seen.append(window(person.modal.view))
        if fill and person.modal.view.get("submit"):
            submitted = await person.submits(values=guesses(person.modal.view))
            seen.append(str(submitted.errors))
            fill = False
        else:
            await person.closes()
    return "\n".join(seen)


def window(view: dict[str, Any]) -> str:
    """What is in a window, and behind it but for the number that somebody typed themselves."""
    behind = json.loads(view.get("private_metadata") or "{}")
    behind.pop("incident", None)
    return json.dumps([view["title"], view["blocks"], behind], ensure_ascii=False)


def guesses(view: dict[str, Any]) -> dict[str, str]:
    """Something in each field that needs it."""
    needed = [block for block in view["blocks"] if block["type"] == "input" and not block.get("optional")]
    return {
        block["block_id"]: first(block["element"])
        for block in needed
        if not any(name.startswith("initial_") for name in block["element"])
    }


def first(element: dict[str, Any]) -> str:
    match element["type"]:
        case "static_select":
            return str(element["options"][0]["value"])
        case "users_select":
            return "U0EVE"
        case _:
            return "guessed"


async def asks(
    town_: Town, person: Person, room: Channel | str, lines: Sequence[str], *, fill: bool = False
) -> dict[str, str]:
    return {line: await looks(town_, person, room, line, fill=fill) for line in lines}


async def test_a_private_incident_does_not_exist_for_who_is_outside(tmp_path: Path):
    async with house(tmp_path) as house_:
        town_, ana, eve = house_.town, house_.town.ana, house_.town.eve
        assert [room.kind for room in house_.inside.values()] == ["private", "private"]
        await ana.slash(house_.inside[TYPED], "note the okapi is out")
        await until(lambda: "the okapi is out" in town_.noted(TYPED), "the note")
        # A card is there before the bot has written that down.
        await until(lambda: asyncio.to_thread(house_.served.rests), "the end of all work")
        before = incidents(tmp_path, (TYPED, ROUTED))
        direct = town_.slack.direct([town_.slack.bot_user, eve.id])
        for room, step in (("#incidents", 1), (house_.public, 3), (direct, 4)):
            never = await asks(town_, eve, room, about(NEVER)[::step], fill=True)
            for number in (TYPED, ROUTED) if room == "#incidents" else (TYPED,):
                held = await asks(town_, eve, room, about(number)[::step], fill=True)
                assert [as_if(text, number) for text in held.values()] == [as_if(t, NEVER) for t in never.values()]
            nameless = await asks(town_, eve, room, [*NAMELESS, "merge", "open", "task add", f"INC-{PUBLIC} merge"])
            guessed = await asks(town_, eve, room, GUESSED)
            assert "INC-3" in nameless["list"]
            for line, answer in (*nameless.items(), *guessed.items()):
                # What they guessed themselves may be repeated to them.
                told = [word for word in (*SECRETS, "inc-1", "inc-2") if word in answer.lower()]
                assert all(word in line for word in told), (line, answer)
        assert incidents(tmp_path, (TYPED, ROUTED)) == before
        # Not even who is in it is told of it elsewhere, where others read along.
        assert "There is no INC-1" in await looks(town_, ana, "#incidents", "INC-1 status")

        await under_links_and_at_home(house_)
        await among_the_channels(house_)
        await what_becomes_private_goes_on_elsewhere(house_)
        log = house_.served.log.read_text().lower()
        assert not [word for word in (*SECRETS, "traceback") if word in log]
    assert town_.rang() == []


async def under_links_and_at_home(house_: House) -> None:
    town_, ana, eve = house_.town, house_.town.ana, house_.town.eve
    slack = town_.slack
    for number in (TYPED, ROUTED, NEVER):
        for one in (ana, eve):
            await one.shares_link("#incidents", f"{LINKS}{number}")
    shared = await eve.shares_link("#incidents", f"{LINKS}{PUBLIC}")
    await until(lambda: slack.unfurls, "how the public one stands")
    within = await ana.shares_link(house_.inside[TYPED], f"{LINKS}{TYPED}")
    await until(lambda: len(slack.unfurls) == 2, "how the private one stands, in its room")
    where = [(call.args["channel"], call.args["ts"]) for call in slack.calls_of("chat.unfurl")]
    assert where == [(slack.channel("#incidents").id, shared.ts), (house_.inside[TYPED].id, within.ts)]
    for one in (ana, eve):
        await one.opens_home()
        home = await until(lambda one=one: one.home, "the App Home")
        shown = shown_blocks(home.blocks, slack.name_of)
        assert "INC-3" in shown
        assert not [word for word in (*SECRETS, "INC-1", "INC-2") if word in shown.lower() or word in shown]


async def among_the_channels(house_: House) -> None:
    town_, eve = house_.town, house_.town.eve
    slack = town_.slack
    assert not [room for room in house_.inside.values() if eve.id in room.members]
    for channel in slack.channels.values():
        if channel.kind == "public" or eve.id in channel.members:
            said = [channel.name, channel.topic, channel.purpose, json.dumps(channel.bookmarks)]
            said += [one.shown + one.text for one in town_.said(channel)]
            told = " ".join(said).lower()
            assert not [word for word in (*SECRETS, "inc-1 ", "inc-2 ", "inc-1-", "inc-2-") if word in told]


async def what_becomes_private_goes_on_elsewhere(house_: House) -> None:
    town_, ana, eve, public = house_.town, house_.town.ana, house_.town.eve, house_.public
    hers = house_.inside[TYPED]
    assert "Zebrafish" in await looks(town_, ana, hers, "status")
    assert f"There is no INC-{ROUTED}" in await looks(town_, ana, hers, f"INC-{ROUTED} status")
    assert "INC-1 is private and INC-3 is not" in await looks(town_, ana, hers, f"INC-{PUBLIC} merge INC-1")

    await ana.joins(public)
    assert "private" in (await ana.slash(public, "private")).text
    after = await until(lambda: goes_on(house_), "the private room")
    await ana.slash(after, "note the okapi is out")
    await ana.slash(after, "rename Okapi is down")
    await until(lambda: "Okapi" in after.topic, "the new name")
    await until(lambda: public.archived, "the end of the old room")
    for line in ("INC-3 status", "INC-3 resolve", "similar node9 is down", "list all"):
        answer = await looks(town_, eve, "#incidents", line)
        assert "INC-3" not in answer.replace("There is no INC-3", ""), line
    told = [one.shown + one.text for room in ("#incidents", public) for one in town_.said(room)]
    assert not [text for text in told if "okapi" in text.lower()]
    assert "okapi" not in (public.topic + public.name + public.purpose).lower()
    assert [text for text in told if "INC-3 is private." in text]
    before = len(town_.slack.unfurls)
    await eve.shares_link("#incidents", f"{LINKS}{PUBLIC}")
    await ana.shares_link(hers, f"{LINKS}{TYPED}")
    await until(lambda: len(town_.slack.unfurls) > before, "what is told in its own room")
    assert len(town_.slack.unfurls) == before + 1


def goes_on(house_: House) -> Channel | None:
    """The room in which the public one goes on, once ana is invited."""
    room = house_.town.room(PUBLIC)
    there = room and room is not house_.public and house_.town.ana.id in room.members
    return room if there else None
