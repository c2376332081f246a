"""Where the crash tests live their stories: for each life a folder and a database, in which a child of a fork server tells the story and may be
killed; and the servers outside, which outlive them all."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select

from adapters.chat.console import Config as RoomsConfig
from adapters.chat.console import ConsolePlatform, build
from bot.incident.effects import KINDS, MailWeeklyDigest, SendPage
from storage import migrate
from storage.engine import Database
from storage.tables import outbox
from tests.clock import FakeClock
from tests.contract.servers.ntfy import NtfyServer
from tests.contract.servers.smtp import SmtpServer
from tests.integration.crash_story import Job, request
from tests.servers.postgres import create_database, drop_database

ROOT = Path(__file__).parents[2]

WORKERS = 3
"""Children at a time. A story waits a third of its time."""

ALL = os.environ.get("KLATSCH_CRASH") == "all"

KILLED = -signal.SIGKILL

Step = tuple[str, int]
"""What, and the how manyth of it."""

NOWHERE: Step = ("", 0)

SENT_AGAIN = (KINDS[SendPage], KINDS[MailWeeklyDigest])
"""What cannot but be sent once more when the process dies between the provider's yes and our commit."""

P = TypeVar("P")
D = TypeVar("D")


@dataclass
class Life:
    """One job with its folder and database, and where it was killed."""

    job: Job
    killed_at: list[tuple[str, str]] = field(default_factory=list)
    """(the step before, the step)"""
    unsettled: Counter[str] = field(default_factory=Counter)
    """By which way it had sent something, and not yet written down that it had, how often it was killed."""

    @property
    def steps(self) -> list[str]:
        """What the last child went through."""
        return (Path(self.job.folder) / "steps").read_text().splitlines()

    def numbered(self) -> list[Step]:
        """The same, each with the how manyth of it it was."""
        counted: Counter[str] = Counter()
        found = []
        for what in self.steps:
            counted[what] += 1
            found.append((what, counted[what]))
        return found

    def log(self) -> str:
        return (Path(self.job.folder) / "log").read_text()[-2000:]

    def died(self, sent: Mapping[str, int]) -> None:
        """It was killed: where that was is kept in mind, and what it had in hand. `sent`: how many different ones arrived, by way."""
        *before, last = self.steps
        self.killed_at.append((before[-1] if before else "", last))
        # Others commit in between, so the steps do not tell what is settled.
        settled = outbox.c.state == "done", outbox.c.kind.in_(SENT_AGAIN)
        with closing(Database(self.job.database)) as database, database.read() as connection:
            lanes = [lane.split(":") for lane in connection.execute(select(outbox.c.lane).where(*settled)).scalars()]
        for way, count in sent.items():
            if last.startswith(f"after {way}.") or any(f" {way}." in step for step in before):
                self.unsettled[way] += count - sum(way in lane for lane in lanes)


class Theatre:
    """Makes lives: folders, databases, fork servers, and the servers outside that outlive them all."""

    def __init__(self, folder: Path, ntfy: NtfyServer, smtp: SmtpServer, server: str | None, story: str) -> None:
        self._folder = folder
        self._ntfy = ntfy
        self._smtp = smtp
        self._server = server
        self._story = story
        self._count = 0
        self._stages: asyncio.Queue[asyncio.subprocess.Process] = asyncio.Queue()
        self._template = create_database(server) if server else f"sqlite:///{folder}/template.db"
        database = Database(self._template)
        migrate.upgrade(database)
        database.close()

    async def __aenter__(self) -> Theatre:
        for _ in range(WORKERS):
            # A session of its own: Ctrl-C ends the test first, and the test ends this.
            self._stages.put_nowait(
                await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", self._story),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    cwd=ROOT,
                    start_new_session=True,
                )
            )
        return self

    async def __aexit__(self, *ended: object) -> None:
        for _ in range(WORKERS):
            stage = self._stages.get_nowait()
            assert stage.stdin is not None
            stage.stdin.close()
            await stage.wait()
        if self._server:
            drop_database(self._template, self._server)

    @asynccontextmanager
    async def life(self) -> AsyncIterator[Life]:
        self._count += 1
        topic = f"ana-{self._count}"
        folder = self._folder / f"life-{self._count}"
        folder.mkdir()
        if self._server:
            database = await asyncio.to_thread(create_database, self._server, self._name_of_template())
        else:
            shutil.copy(self._folder / "template.db", folder / "klatsch.db")
            database = f"sqlite:///{folder}/klatsch.db"
        yield Life(Job(str(folder), database, self._ntfy.url, self._smtp.port, topic))
        if self._server:
            await asyncio.to_thread(drop_database, database, self._server)
        shutil.rmtree(folder)

    def _name_of_template(self) -> str:
        return self._template.rpartition("/")[2]

    async def run(self, life: Life, *, kill_at: Step = NOWHERE, in_flight: int = 1) -> int:
        """A child begins the story, or goes on with it; answers how it ended."""
        stage = await self._stages.get()
        assert stage.stdin is not None
        assert stage.stdout is not None
        stage.stdin.write(request(replace(life.job, kill_at=kill_at, in_flight=in_flight)))
        ended = int(await stage.stdout.readline())
        self._stages.put_nowait(stage)
        if ended == KILLED:
            await asyncio.to_thread(life.died, {way: len(arrived) for way, arrived in self.pages(life).items()})
        return ended

    def pages(self, life: Life) -> dict[str, Counter[str]]:
        """How often each page of this life arrived, by way and by what makes it the same page."""
        messages = [message for message in self._ntfy.published if message["topic"] == life.job.topic]
        mails = [mail.message for mail in self._smtp.mails if mail.recipients == (life.job.mailbox,)]
        return {
            "ntfy": Counter(message["sequence_id"] for message in messages),
            "email": Counter(mail["Message-ID"] for mail in mails),
        }


@asynccontextmanager
async def theatre(
    folder: Path, server: str | None, story: str = "tests.integration.crash_story"
) -> AsyncIterator[Theatre]:
    async with NtfyServer() as ntfy, SmtpServer() as smtp:
        ntfy.left = sys.maxsize
        async with Theatre(folder, ntfy, smtp, server, story) as stage:
            yield stage


@contextmanager
def left_by(job: Job) -> Iterator[tuple[Database, ConsolePlatform]]:
    """The database and the rooms, when everybody is dead."""
    database = Database(job.database)
    platform = build("console", RoomsConfig(folder=f"{job.folder}/rooms"), clock=FakeClock())
    try:
        yield database, platform
    finally:
        platform.close()
        database.close()


async def lived(plan: Iterable[P], live: Callable[[P], Awaitable[tuple[list[str], D]]]) -> list[D]:
    """Lives all of the plan, a few lives at a time. Each answers what was wrong with it, and something more, which is answered here."""
    waiting, wrong, found = iter(plan), list[str](), list[D]()

    async def worker() -> None:
        for one in waiting:
            problems, more = await live(one)
            wrong.extend(problems)
            found.append(more)

    await asyncio.gather(*(worker() for _ in range(WORKERS)))
    assert not wrong, f"{len(wrong)} problems, of which:\n" + "\n".join(wrong[:10])
    return found


def without_times(text: str) -> str:
    return re.sub(r"\b\d\d:\d\d\b", "hh:mm", text)
