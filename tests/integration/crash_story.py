"""The story that the crash test tells: one incident from its first alert to its draft, lived by the real bot.

As a program it is a fork server: it imports everything once, and for each job, a line of JSON on standard input,
forks a child that tells the story, and may be killed at one step of it. A step is each side of every commit that
changed something, and each side of every call of an adapter. The line it answers says how the child ended.

The world outside does what it does: Alertmanager and people repeat what was not answered, so a child that comes after
a killed one simply begins the story again. Nothing here remembers how far the last one came.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import json
import os
import signal
import sys
import threading
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import uvloop
from sqlalchemy import Connection, event, text

import bot.deliver
import bot.main
from bot.chat.markdown import parse_markdown
from bot.chat.templates import PACKAGED, Templates
from bot.config import Config, load
from bot.incident import events as e
from bot.incident import outgoing
from bot.main import Klatsch, Running
from bot.oncall.escalation import Roster
from bot.perform import Providers
from bot.ports import Said
from storage.engine import Database
from storage.lookups import SqlLookups
from tests.until import PATIENCE, until

GIVE_UP = 60
"""Seconds a child may live; a story takes about one."""

ANA_HAS = timedelta(seconds=0.1)
"""How long the first step of the ladder waits."""

LEASE = timedelta(seconds=3)
"""On PostgreSQL the effects of a killed process come back after so long; on SQLite at once."""

BEFORE_CLEAR: tuple[tuple[str, ...], ...] = (
    (
        "role lead @ana",
        "note Two OSDs on stor-az2-03 are down",
        "hypothesis The controller lost its cache",
    ),
    (
        "publish investigating Volumes answer slowly. comp=volumes:partial_outage",
        "publish approve",
        "followup Replace all controllers of that batch owner=@ben",
    ),
    ("status monitoring",),
)
AFTER_CLEAR: tuple[tuple[str, ...], ...] = (
    ("publish resolved Volumes are fast again.", "publish approve"),
    ("resolve replaced the controller",),
    ("close",),
)
"""What people type: one after the other, and between two groups there is time for everything that follows."""


NOBODY = "nobody"
"""Whose job it is when a fork server tries its configuration: in no database did anything happen."""


@dataclass(frozen=True)
class Job:
    """One child. `kill_at` is a step, as (what, how manyth from 1), or empty: it lives until the story is over.
    `in_flight`: how many effects it has in hand at once."""

    folder: str
    database: str
    ntfy: str
    smtp: int
    topic: str
    kill_at: tuple[str, int] = ("", 0)
    in_flight: int = 1

    @property
    def mailbox(self) -> str:
        return f"{self.topic}@example.org"


class Steps:
    """Counts what happens, writes it down, and kills this process at one step."""

    def __init__(self, folder: Path, kill_at: tuple[str, int]) -> None:
        self._kill_at = tuple(kill_at)
        self._lock = threading.Lock()
        self._log = os.open(folder / "steps", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        self._count: Counter[str] = Counter()

    def at(self, what: str) -> None:
        with self._lock:
            self._count[what] += 1
            os.write(self._log, f"{what}\n".encode())
            if (what, self._count[what]) == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)


class Stepping:
    """An adapter with a step before and after each of its calls."""

    def __init__(self, adapter: Any, name: str, steps: Steps) -> None:
        self._adapter = adapter
        self._name = name
        self._steps = steps

    def __getattr__(self, method: str) -> Any:
        real = getattr(self._adapter, method)
        if method == "listen" or not asyncio.iscoroutinefunction(real):
            return real

        async def stepped(*args: Any, **named: Any) -> Any:
            self._steps.at(f"before {self._name}.{method}")
            answer = await real(*args, **named)
            self._steps.at(f"after {self._name}.{method}")
            return answer

        return stepped


def written(job: Job, rest: str) -> Path:
    """The configuration of a story: the house that all of them have, and the `rest`. Where `ntfy` and `smtp` are, the parent's servers listen."""
    file = Path(job.folder) / "config.yaml"
    file.write_text(
        f"""
storage: {{url: "{job.database}"}}
http: {{listen: "127.0.0.1:0", public_url: "https://klatsch.example.org"}}
chat: {{console: {{folder: "{job.folder}/rooms"}}}}
paging:
  ntfy: {{type: ntfy, url: "{job.ntfy}"}}
  email: {{type: smtp, host: 127.0.0.1, port: {job.smtp}, from: klatsch@example.org}}
postmortem: {{folder: "{job.folder}/drafts"}}
{rest}""",
        encoding="utf-8",
    )
    return file


def past(job: Job, happened: Callable[[Database], None]) -> None:
    """What happened before the story, once."""
    if job.topic == NOBODY:
        return
    with closing(Database(job.database)) as database:
        if SqlLookups(database).incident(1) is None:
            happened(database)


def config_of(job: Job) -> Config:
    file = written(
        job,
        f"""
people:
  ana: {{name: Ana Ruiz, email: "{job.mailbox}", ntfy: "{job.topic}", page: [ntfy, email]}}
  ben: {{name: Ben Okafor, email: "{job.mailbox}", page: [email]}}
alerts: {{prometheus: {{type: alertmanager, token: a-token}}}}
routes:
  - {{match: {{severity: critical}}, open: active, severity: sev1, group_by: [az], service: ceph, page: platform}}
oncall: {{policies: {{platform: {{steps: [{{page: "person:ana", wait: 1s}}, {{page: "person:ben", wait: 1h}}]}}}}}}
status:
  page: {{type: builtin, listen: "127.0.0.1:0", title: Cloud, components: [{{id: volumes, name: Volumes}}]}}
""",
    )
    config = load(file, {})
    ladder = config.roster.ladders["platform"]
    first, *others = ladder.steps
    quick = replace(ladder, steps=(replace(first, wait=ANA_HAS), *others))
    return replace(
        config,
        roster=Roster(config.roster.schedules, {"platform": quick}, config.roster.people),
        chat=config.chat.model_copy(update={"archive_after": timedelta(milliseconds=50)}),
    )


def instrument(klatsch: Klatsch, steps: Steps) -> None:
    """Steps around everything that changes something outside this process."""
    equipment = bot.main.equipment

    def stepped(adapters: Mapping[str, Any]) -> dict[str, Any]:
        return {name: Stepping(adapter, name, steps) for name, adapter in adapters.items()}

    def stepping(*parts: Any) -> Providers:
        real = equipment(*parts)
        return replace(
            real,
            platforms=stepped(real.platforms),
            pagers=stepped(real.pagers),
            status_pages=stepped(real.status_pages),
            publishers=stepped(real.publishers),
        )

    # This process tells one story and ends.
    bot.main.equipment = stepping
    for calendar in klatsch.calendars._calendars:
        calendar._source = Stepping(calendar._source, "calendar", steps)
    write_steps(klatsch.database, steps)


def write_steps(database: Database, steps: Steps) -> None:
    write = database.write

    @contextmanager
    def stepping() -> Iterator[Connection]:
        with write() as connection:
            begun = changes(connection)
            yield connection
            committed = not connection.in_transaction()
            changed = committed or changes(connection) != begun
            if changed and not committed:
                steps.at("before commit")
        if changed:
            steps.at("after commit")

    database.write = stepping
    if not database.sqlite:

        @event.listens_for(database.engine, "commit")
        def in_one_piece(connection: Connection) -> None:
            # Together with what was written, which the server has not seen yet.
            if connection.connection.driver_connection.pgconn.pipeline_status:
                steps.at("before commit")


def changes(connection: Connection) -> int:
    """A number that is another one once this transaction has changed something."""
    if connection.dialect.name == "sqlite":
        changed: int = connection.connection.dbapi_connection.total_changes
        return changed
    return connection.execute(text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")).scalar_one()


def hurry(klatsch: Klatsch, job: Job) -> None:
    """Shorter waits. A process that is killed loses nothing it has written, so the disk need not be waited for."""
    outgoing.CARD_SETTLES = timedelta(milliseconds=5)
    outgoing.DIGEST_SETTLES = timedelta(milliseconds=10)
    if not klatsch.database.sqlite and job.kill_at[0]:
        # Whoever lives on is in nobody's way, and is not disturbed when the machine stands still for as long.
        bot.deliver.LEASE = LEASE
        bot.deliver.RENEW_EVERY = LEASE.total_seconds() / 2
    bot.deliver.POLL = 0.1
    # As many at a time as the job says, pages too: which of them had begun decides what cannot be avoided.
    bot.deliver.IN_FLIGHT, bot.deliver.URGENT_IN_FLIGHT = job.in_flight, 0
    os.fsync = lambda fd: None
    if klatsch.database.sqlite:

        @event.listens_for(klatsch.database.engine, "connect")
        def relaxed(connection: Any, _: object) -> None:
            connection.execute("PRAGMA synchronous=OFF")


class Story:
    """What the outside does, in its order; each thing is repeated until it was answered."""

    def __init__(self, running: Running, http: httpx.AsyncClient) -> None:
        self._klatsch = running.klatsch
        self._running = running
        self._http = http
        self._said = 0

    async def tell(self) -> None:
        await self.alert("firing")
        await self.until(self.ben_is_asked, "the second step of the ladder")
        await self.quiet()
        link = self._klatsch.links.link(1, "ben")
        (await self._http.post(link.removeprefix("https://klatsch.example.org"))).raise_for_status()
        await self.quiet()
        for lines in BEFORE_CLEAR:
            await self.say(*lines)
        await self.alert("resolved")
        await self.quiet()
        for lines in AFTER_CLEAR:
            await self.say(*lines)
        await self.until(self.the_room_is_archived, "the end of the room")

    async def alert(self, status: str) -> None:
        alerts = [
            {
                "status": status,
                "fingerprint": f"f{n}",
                "labels": {"alertname": "CephOSDDown", "severity": "critical", "az": "az2", "osd": str(n)},
                "annotations": {"summary": f"osd.{n} is down"},
                "startsAt": "2026-11-20T22:02:00Z",
                "endsAt": "2026-11-20T22:53:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
            }
            for n in (12, 14)
        ]
        body = {"version": "4", "groupKey": "{}:{az2}", "status": status, "alerts": alerts}
        answer = await self._http.post("/alerts/prometheus", json=body, headers={"Authorization": "Bearer a-token"})
        answer.raise_for_status()

    async def say(self, *lines: str) -> None:
        for line in lines:
            self._said += 1
            said = Said("console", "inc-1", "ana", line, message=f"typed-{self._said}")
            answer = await self._klatsch.conversation.said(said)
            if answer.tone in ("refused", "bad"):
                raise AssertionError(f"{line}: {answer.to_plain()}")
        await self.quiet()

    async def quiet(self) -> None:
        """Until everything that follows from what was said is done."""
        await self.until(lambda: not self._klatsch.lookups.waiting(), "the end of all work")

    def the_room_is_archived(self) -> bool:
        incident = self._klatsch.lookups.incident(1)
        return incident is not None and incident.rooms["console"].archived

    def ben_is_asked(self) -> bool:
        history = self._klatsch.lookups.history(1)
        return any(isinstance(r.event, e.PeoplePaged) and r.event.people == ("ben",) for r in history)

    async def until(self, met: Callable[[], bool], what: str) -> None:
        """Until `met` says yes, as long as the bot lives."""

        async def looked() -> bool:
            if ended := [task for task in self._running.tasks if task.done()]:
                raise AssertionError(f"{ended[0].get_name()} ended by itself: {ended[0].exception()!r}")
            return await asyncio.to_thread(met)

        # On PostgreSQL most of the time is the lease of whoever was killed, and a look costs the server something, too.
        await until(looked, what, every=0.01 if self._klatsch.database.sqlite else 0.03)


@asynccontextmanager
async def serving(job: Job, config: Config) -> AsyncIterator[Running]:
    klatsch = Klatsch(config)
    hurry(klatsch, job)
    instrument(klatsch, Steps(Path(job.folder), job.kill_at))
    async with klatsch.running() as running:
        yield running


async def live(job: Job, config: Config, story: type[Story]) -> None:
    async with (
        serving(job, config) as running,
        httpx.AsyncClient(base_url=running.listeners[0].url, timeout=PATIENCE, trust_env=False, verify=False) as http,
    ):
        await story(running, http).tell()
        # Everything is on the disk; there is no need to leave in order. (That has a test of its own.)
        os._exit(0)


def child(job: Job, config_of: Callable[[Job], Config], story: type[Story]) -> int:
    signal.alarm(GIVE_UP)
    log = os.open(Path(job.folder) / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    faulthandler.enable()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(live(job, config_of(job), story))
    except BaseException:  # noqa: BLE001 - the parent reads the log
        traceback.print_exc()
    return 1


NEEDED = (
    "adapters.alerts.alertmanager",
    "adapters.chat.console",
    "adapters.paging.ntfy",
    "adapters.paging.smtp",
    "adapters.publishing.folder",
    "adapters.status.builtin",
    "anyio._backends._asyncio",
    "bot.chat.markdown",
    "bot.postmortem.draft",
    "bot.postmortem.markup",
    "encodings.idna",
    "httpcore",
    "psycopg",
    "sqlite3",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "uvicorn.lifespan.off",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
)
"""What is imported only when it is needed: here once, so that no child pays for it."""


def prepare(config_of: Callable[[Job], Config]) -> None:
    """What every process makes once and keeps, made here: no child compiles the templates or reads an expression anew."""
    for module in NEEDED:
        import_module(module)
    ready = Templates()
    for environment, names in ((ready._markdown, "*.md.j2"), (ready._text, "*.txt.j2")):
        for template in PACKAGED.glob(names):
            environment.get_template(template.name)
    Templates._markdown, Templates._text = ready._markdown, ready._text
    parse_markdown("*one*")
    with TemporaryDirectory() as folder:
        config_of(Job(folder, f"sqlite:///{folder}/klatsch.db", "http://127.0.0.1:9", 9, NOBODY))


def main(config_of: Callable[[Job], Config], story: type[Story]) -> None:
    """The fork server of one story."""
    prepare(config_of)
    # A child is over before there is much to collect; and what is never looked at is never copied.
    gc.disable()
    gc.freeze()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os._exit(child(Job(**json.loads(line)), config_of, story))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def request(job: Job) -> bytes:
    """A job as `main` reads it."""
    return json.dumps(asdict(job)).encode() + b"\n"


if __name__ == "__main__":
    main(config_of, Story)
