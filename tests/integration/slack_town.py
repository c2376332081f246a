"""A workspace with the `klatsch` command in it, told from the side of the people who are there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.chat.slack.interacting import TAKEN
from adapters.chat.slack.manifest import EVENTS, scopes
from tests.contract.servers.ntfy import NtfyServer
from tests.contract.servers.slack.model import Channel, Message
from tests.contract.servers.slack.person import Person
from tests.contract.servers.slack.server import SlackServer
from tests.servers.klatsch import Served, incidents, paging, served_at, write_config
from tests.until import PATIENCE, until

FIRING = Path(__file__).parent.parent / "fixtures" / "alertmanager" / "firing_single.json"
PAGE = {
    "type": "builtin",
    "listen": "127.0.0.1:0",
    "title": "Example Cloud",
    "components": [{"id": "compute-az1", "name": "Compute"}],
}


@dataclass
class Town:
    """A workspace, the phone of whoever is on call, and the folder of the bot. Ana and Ben are in `people:`, Eve is a member like
    any other."""

    slack: SlackServer
    phone: NtfyServer
    folder: Path
    ana: Person
    ben: Person
    eve: Person

    def configure(
        self,
        database_url: str,
        *,
        folder: Path | None = None,
        beside: Mapping[str, Any] | None = None,
        sections: Mapping[str, Any] | None = None,
        archive_after: str = "1s",
        **slack: Any,
    ) -> None:
        """`sections` and what is said of `slack` lie over the usual ones; `beside` are other platforms."""
        block = {
            "bot_token": self.slack.bot_token,
            "app_token": self.slack.app_token,
            "signing_secret": self.slack.signing_secret,
            "announce": "#incidents",
            "api_url": self.slack.api_url,
            **slack,
        }
        usual = paging(self.phone.url)
        usual["people"]["ana"]["slack"] = self.ana.id
        usual["people"]["ben"]["slack"] = self.ben.id
        usual["chat"] = {"archive_after": archive_after, "slack": block, **(beside or {})}
        usual["status"] = {"page": PAGE}
        write_config(folder or self.folder, database_url, **{**usual, **(sections or {})})

    def room(self, number: int = 1) -> Channel | None:
        """The incident's channel, the one in use where it has gone on in another."""
        found = [one for one in self.slack.channels.values() if one.topic.startswith(f"INC-{number} ")]
        return found[-1] if found else None

    async def opened(self, number: int = 1, within: float = PATIENCE) -> Channel:
        """Its channel, when the card is pinned in it."""
        await until(lambda: self.card(number), f"the card of INC-{number}", within=within)
        room = self.room(number)
        assert room
        return room

    def card(self, number: int = 1) -> Message | None:
        room = self.room(number)
        if room is None:
            return None
        pinned = (room.message(ts) for ts in room.pins)
        return next((one for one in pinned if one and one.by_bot), None)

    def announced(self, number: int = 1) -> Message | None:
        """What stands where incidents are announced."""
        said = self.slack.channel("#incidents").messages
        return next((one for one in said if one.by_bot and not one.thread_ts and f"INC-{number} " in one.shown), None)

    def said(self, where: Channel | str) -> list[Message]:
        """What the bot said there for everybody, in its order."""
        channel = where if isinstance(where, Channel) else self.slack.channel(where)
        return [one for one in channel.messages if one.by_bot and not one.subtype]

    def export(self, number: int = 1) -> dict[str, Any]:
        return incidents(self.folder, (number,))[0]

    def noted(self, number: int = 1) -> list[str]:
        """The notes on the timeline."""
        return [entry["text"] for entry in self.export(number)["timeline"] if entry["kind"] == "noted"]

    def tells(self, words: str, number: int = 1) -> bool:
        """Whether the words stand anywhere on the timeline."""
        return words in json.dumps(self.export(number)["timeline"], ensure_ascii=False)

    def rang(self) -> list[str]:
        """Whom the bot's own messages rang, which are edited without ringing anybody again."""
        channels = self.slack.channels
        told = [(channels[channel].message(ts), who) for channel, ts, who in self.slack.rang]
        return [who for message, who in told if message is None or message.by_bot]

    def keys(self) -> list[str]:
        """Of which effects the messages are that stand in any channel."""
        said = [one for channel in self.slack.channels.values() for one in channel.messages]
        return [str(one.metadata["event_payload"]["key"]) for one in said if one.metadata]


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    """With the app as its manifest has it installed: no scope and no event beyond those. What was not acknowledged comes again
    after half a second instead of a minute; how soon that is done is measured elsewhere, so a busy machine is waited for."""
    granted = frozenset(scopes(unfurls=True))
    async with SlackServer(scopes=granted, hurry=120.0, patience=PATIENCE) as server, NtfyServer() as phone:
        server.comes_later = TAKEN.summary
        server.subscribed = {*EVENTS, "link_shared"}
        ana, ben, eve = (server.person(name) for name in ("ana", "ben", "eve"))
        channel = await ben.creates("incidents")
        for one in (ana, eve):
            await one.joins(channel)
        yield Town(server, phone, folder, ana, ben, eve)


async def connected(town: Town, within: float = PATIENCE) -> None:
    await until(lambda: town.slack.connected, "the connection", within=within)


async def ready(served: Served) -> None:
    """It works. A look at the database that took too long on a busy machine is followed by another one."""

    async def well() -> bool:
        return (await asyncio.to_thread(served.get, "/readyz")).status_code == 200

    await until(well, "being ready")


async def fires(served: Served, body: bytes | Mapping[str, Any] = b"") -> None:
    """Alertmanager posts; the servers of this process go on meanwhile."""
    answer = await asyncio.to_thread(served.post, body or FIRING.read_bytes())
    assert answer.status_code == 200, answer.text


@asynccontextmanager
async def serving(town: Town, name: str = "serve", folder: Path | None = None) -> AsyncIterator[Served]:
    """The bot, when Slack reaches it."""
    async with served_at(folder or town.folder, name) as served:
        if not town.slack.request_url:
            await connected(town)
        yield served
