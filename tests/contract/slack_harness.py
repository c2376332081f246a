"""Slack from the side of the people who use it: a workspace of the test's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.chat.slack import Config, build, interacting
from adapters.clock import SystemClock
from bot.incident.model import Person
from bot.ports import ChatPlatform
from storage.engine import Database
from storage.memory import SqlMemory
from tests.contract.seen import Fixture, Seen
from tests.contract.servers.slack.model import Channel
from tests.contract.servers.slack.server import SlackServer
from tests.databases import made_in
from tests.until import PATIENCE


class SlackHarness:
    """A bot in a workspace that is its own."""

    stranger = "eve"
    # Slack takes one a second for long, so the last of these waits for four seconds; of twenty, it would be sixteen.
    many = 8

    def __init__(self, slack: SlackServer, database: Database) -> None:
        self.slack = slack
        self.people = {name: slack.person(name) for name in ("ana", "ben", "eve")}
        self._database = database
        self.platform = self.build()

    def person(self, person: str, name: str) -> Person:
        return Person(person, name, handles={"slack": self.people[person].id})

    def memory(self) -> SqlMemory:
        """What the bot remembers."""
        return SqlMemory(self._database, SystemClock(), "slack")

    def config(self, **more: Any) -> Config:
        block = {
            "bot_token": self.slack.bot_token,
            "app_token": self.slack.app_token,
            "signing_secret": self.slack.signing_secret,
            "announce": "#incidents",
            "api_url": self.slack.api_url,
        }
        return Config.model_validate({**block, **more})

    def build(self, **more: Any) -> ChatPlatform:
        people = {name: self.person(name, name.title()) for name in ("ana", "ben")}
        return build("slack", self.config(**more), clock=SystemClock(), people=people, memory=self.memory())

    async def rooms(self) -> list[str]:
        return sorted(self.slack.channels)

    async def messages(self, room: str) -> list[Seen]:
        said = [message for message in self._channel(room).messages if not message.subtype]
        return [Seen(one.ts, one.shown, one.thread_ts if one.is_reply else "") for one in said]

    async def pinned(self, room: str) -> list[str]:
        return list(self._channel(room).pins)

    async def links(self, room: str) -> list[tuple[str, str]]:
        return [(str(one["title"]), str(one["link"])) for one in self._channel(room).bookmarks]

    async def topic(self, room: str) -> str:
        return self._channel(room).topic

    async def members(self, room: str) -> list[str]:
        known = {person.id: name for name, person in self.people.items()}
        return [known[member] for member in self._channel(room).members if member in known]

    async def may_read(self, room: str, person: str) -> bool:
        channel = self._channel(room)
        return not channel.is_private or self.people[person].id in channel.members

    async def attached(self, content: bytes) -> str:
        channel = await self.people["ana"].creates(f"files-{len(self.slack.channels)}")
        message = await self.people["ana"].posts(channel, "see this", files=[("graph.png", content)])
        return str(message.as_slack()["files"][0]["url_private_download"])

    async def purge(self, place: str) -> None:
        for file in self.slack.files.values():
            file.deleted = file.deleted or file.id in place

    async def restart(self, **more: Any) -> None:
        await self.platform.aclose()
        self.platform = self.build(**more)

    def _channel(self, room: str) -> Channel:
        return self.slack.channel(room) if room.startswith("#") else self.slack.channels[room]


@asynccontextmanager
async def slack(folder: Path, fixture: Fixture) -> AsyncIterator[SlackHarness]:
    database = Database(made_in(folder))
    with pytest.MonkeyPatch.context() as patch:
        # How soon Slack is answered is measured elsewhere, so a busy machine is waited for.
        patch.setattr(interacting, "DONE_WITHIN", PATIENCE / 2)
        async with _workspace(database) as harness:
            yield harness


@asynccontextmanager
async def _workspace(database: Database) -> AsyncIterator[SlackHarness]:
    async with SlackServer(patience=PATIENCE) as server:
        server.passing.stop()
        harness = SlackHarness(server, database)
        await harness.people["ben"].creates("incidents")
        try:
            yield harness
        finally:
            await harness.platform.aclose()
            database.close()
