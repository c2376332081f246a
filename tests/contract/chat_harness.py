"""What the contract of a chat platform needs besides the port: eyes, and a way to stop and start again."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx

from adapters.chat.console import Config, ConsolePlatform, build
from adapters.chat.matrix import Config as MatrixConfig
from adapters.chat.matrix import MatrixPlatform
from adapters.chat.matrix import build as build_matrix
from adapters.clock import SystemClock
from bot.incident.model import Person
from bot.ports import ChatPlatform
from storage.engine import Database
from storage.memory import SqlMemory
from tests.contract.seen import Fixture, Seen
from tests.contract.slack_harness import slack
from tests.databases import made_in
from tests.servers.matrix_person import MatrixPerson, as_shown
from tests.servers.sealed_person import SealedPerson
from tests.servers.synapse import NAME, Synapse, purge


class Harness(Protocol):
    """One platform, looked at from the side of the people who use it."""

    platform: ChatPlatform
    stranger: str
    """Somebody who is on the platform and was invited nowhere."""
    many: int
    """So many messages at once that some have to wait for others."""

    def person(self, person: str, name: str) -> Person:
        """Somebody of `people:` as this platform knows them."""
        ...

    async def rooms(self) -> list[str]: ...

    async def messages(self, room: str) -> list[Seen]:
        """Oldest first."""
        ...

    async def pinned(self, room: str) -> list[str]: ...

    async def topic(self, room: str) -> str: ...

    async def links(self, room: str) -> list[tuple[str, str]] | None:
        """Title and address of each, as they stand above the room; None: this platform shows none there."""
        ...

    async def members(self, room: str) -> list[str]:
        """The ids (keys under `people:`) of those who are in, or invited to, the room; each as often as it is there."""
        ...

    async def may_read(self, room: str, person: str) -> bool: ...

    async def attached(self, content: bytes) -> str | None:
        """The place of a file that somebody has put into a message; None: nobody can."""
        ...

    async def purge(self, place: str) -> None:
        """The file is there no more."""
        ...

    async def restart(self) -> None:
        """Stop the bot's side and start it anew; `platform` is another object afterwards."""
        ...


class SlowClock:
    """A second later each time it is asked."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


class ConsoleHarness:
    stranger = "eve"
    many = 20

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clock = SlowClock()
        self.platform: ConsolePlatform = self._build()

    def _build(self) -> ConsolePlatform:
        return build("console", Config(folder=str(self._folder)), clock=self._clock)

    def person(self, person: str, name: str) -> Person:
        return Person(person, name)

    async def rooms(self) -> list[str]:
        return [room.id for room in self.platform.rooms()]

    async def messages(self, room: str) -> list[Seen]:
        return [Seen(said.id, said.document.to_plain(), said.thread) for said in self.platform.messages(room)]

    async def pinned(self, room: str) -> list[str]:
        return list(self.platform.room(room).pinned)

    async def topic(self, room: str) -> str:
        return self.platform.room(room).topic

    async def links(self, room: str) -> list[tuple[str, str]]:
        return list(self.platform.room(room).links)

    async def members(self, room: str) -> list[str]:
        return list(self.platform.people(room))

    async def may_read(self, room: str, person: str) -> bool:
        return self.platform.may_read(room, person)

    async def attached(self, content: bytes) -> None:
        return None

    async def purge(self, place: str) -> None:
        raise AssertionError("there is none")

    async def restart(self) -> None:
        await self.platform.aclose()
        self.platform = self._build()


@asynccontextmanager
async def console(folder: Path, fixture: Fixture) -> AsyncIterator[Harness]:
    harness = ConsoleHarness(folder / "rooms")
    try:
        yield harness
    finally:
        await harness.platform.aclose()


class MatrixHarness:
    """A bot of its own on a homeserver that many share: their rooms have the same marks, and must not be mistaken."""

    many = 20

    def __init__(self, homeserver: Synapse, database: Database, platform: str) -> None:
        number = secrets.token_hex(4)
        self.homeserver = homeserver
        self._database = database
        self.bot = MatrixPerson(homeserver.url, homeserver.register(f"klatsch-{number}", device="KLATSCH"))
        self._announce = f"#incidents-{number}:{NAME}"
        self.people = {
            name: MatrixPerson(homeserver.url, homeserver.register(f"{name}-{number}"))
            for name in ("ana", "ben", "eve")
        }
        self.stranger = "eve"
        self._name = platform
        self.platform = self.build()

    def person(self, person: str, name: str) -> Person:
        return Person(person, name, handles={"matrix": self.people[person].user_id})

    @property
    def user_id(self) -> str:
        return self.bot.user_id

    def since(self) -> Awaitable[str | None]:
        """Up to where the bot has looked."""
        return self.memory().recall("since")

    def memory(self) -> SqlMemory:
        """What the bot remembers."""
        return SqlMemory(self._database, SystemClock(), self._name)

    async def prepare(self) -> None:
        made = {"room_alias_name": self._announce[1:].partition(":")[0], "preset": "public_chat"}
        (await self.people["ben"].ask("POST", "createRoom", body=made)).raise_for_status()

    def named(self, user: str) -> Person:
        return Person("nobody", "Nobody", handles={"matrix": user})

    def config(self, **more: Any) -> MatrixConfig:
        block = {
            "homeserver": self.homeserver.url,
            "user_id": self.bot.user_id,
            "access_token": self.bot.account.access_token,
            "announce": self._announce,
        }
        return MatrixConfig.model_validate({**block, **more})

    def build(self, **more: Any) -> MatrixPlatform:
        clock = SystemClock()
        memory = SqlMemory(self._database, clock, self._name)
        people = {name: self.person(name, name.title()) for name in ("ana", "ben")}
        return build_matrix("matrix", self.config(**more), clock=clock, people=people, memory=memory)

    async def rooms(self) -> list[str]:
        return sorted(await self.bot.rooms())

    async def messages(self, room: str) -> list[Seen]:
        room = await self.bot.join(room) if room.startswith("#") else room
        return [
            Seen(said["id"], said["content"]["body"], _thread(said["content"]))
            for said in await self.bot.messages(room)
        ]

    async def pinned(self, room: str) -> list[str]:
        return list((await self.bot.state(room, "m.room.pinned_events"))["pinned"])

    async def topic(self, room: str) -> str:
        return str((await self.bot.state(room, "m.room.topic"))["topic"])

    async def links(self, room: str) -> None:
        return None

    async def members(self, room: str) -> list[str]:
        known = {person.user_id: name for name, person in self.people.items()}
        events = (await self.bot.get("rooms", room, "members"))["chunk"]
        return [known[event["state_key"]] for event in events if event["state_key"] in known]

    async def may_read(self, room: str, person: str) -> bool:
        try:
            await self.people[person].join(room)
            await self.people[person].messages(room)
        except httpx.HTTPStatusError as error:
            assert error.response.status_code == 403
            return False
        return True

    async def attached(self, content: bytes) -> str:
        return await self.people["ana"].upload(content)

    async def purge(self, place: str) -> None:
        await purge(self.homeserver, place)

    async def restart(self, **more: Any) -> None:
        await self.platform.aclose()
        self.platform = self.build(**more)

    async def close(self) -> None:
        await self.platform.aclose()


def _thread(content: Mapping[str, Any]) -> str:
    relation = content.get("m.relates_to", {})
    return str(relation["event_id"]) if relation.get("rel_type") == "m.thread" else ""


class EncryptedHarness(MatrixHarness):
    """The same where every room is encrypted, seen by a second device of the bot's account: it is where the bot is."""

    def __init__(self, homeserver: Synapse, database: Database, platform: str, folder: Path) -> None:
        self.folder = folder
        super().__init__(homeserver, database, platform)
        account = homeserver.login(self.user_id[1:].partition(":")[0], device="WATCH")
        self._watch = SealedPerson(homeserver.url, account, folder / "watch")

    def config(self, **more: Any) -> MatrixConfig:
        return super().config(encryption="all", encryption_store=self.folder / "keys", **more)

    async def prepare(self) -> None:
        await super().prepare()
        await self._watch.look()

    async def messages(self, room: str) -> list[Seen]:
        room = await self.bot.join(room) if room.startswith("#") else room
        said = as_shown(event.source for event in await self._watch.events(room))
        return [Seen(one["id"], one["content"]["body"], _thread(one["content"])) for one in said]

    async def close(self) -> None:
        await self._watch.close()
        await super().close()


@asynccontextmanager
async def _on_matrix(folder: Path, build: Callable[[Database], MatrixHarness]) -> AsyncIterator[Harness]:
    database = Database(made_in(folder))
    harness = build(database)
    try:
        await harness.prepare()
        yield harness
    finally:
        await harness.close()
        database.close()


def matrix(folder: Path, fixture: Fixture) -> AbstractAsyncContextManager[Harness]:
    return _on_matrix(folder, lambda database: MatrixHarness(fixture("synapse_server"), database, "matrix"))


def encrypted(folder: Path, fixture: Fixture) -> AbstractAsyncContextManager[Harness]:
    server = fixture("synapse_server")
    return _on_matrix(folder, lambda database: EncryptedHarness(server, database, "matrix", folder))


HARNESSES = {"console": console, "matrix": matrix, "matrix, encrypted": encrypted, "slack": slack}
"""A platform that is added here is held to the whole contract."""
