"""One web process of a bench: `python -m tests.bench.served WHAT URL PORT FOLDER [NTFY]`. It says `ready` and serves.

klatsch     the real thing: accepts, and delivers to a chat that costs nothing
accept      the same without delivering
nothing     the same web application with nobody behind it: parsed, 200
bare        the same web application in front of the bare driver
each        the same web application, a transaction a request
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import uvloop
import yaml

from adapters.web.acknowledge import AckLinks, AckPages
from adapters.web.calendars import CalendarLinks, Calendars
from adapters.web.coffee import CoffeeCalendar, CoffeeLinks
from adapters.web.digests import DigestLinks, DigestPages
from adapters.web.machines import Health, machines_app
from adapters.web.metrics import Metrics
from adapters.web.serving import Listener
from bot.alerts.model import Notification
from bot.config import load
from bot.for_commands import rules
from bot.handle import handle
from bot.learning.learning import Shelf
from bot.main import Klatsch
from bot.providers import alert_sources
from bot.terminal.serve import steady
from tests.bench.bare import BareInbox, postgresql_writer, sqlite_writer
from tests.bench.load import TOKEN
from tests.bench.quiet import QuietChat


class Nobody:
    async def notified(self, notification: Notification) -> None:
        return


class Each:
    """A transaction a request, as one would write it first."""

    def __init__(self, klatsch: Klatsch) -> None:
        self._store = klatsch.store
        self._rules = rules(klatsch.config)

    async def notified(self, notification: Notification) -> None:
        await asyncio.to_thread(handle, self._store, [notification], self._rules)


def configured(url: str, port: int, folder: Path, ntfy: str = "http://127.0.0.1:9") -> Path:
    """A configuration with a chat, somebody to page and the route of the storm."""
    settings = {
        "storage": {"url": url},
        "http": {"listen": f"127.0.0.1:{port}", "public_url": f"http://127.0.0.1:{port}"},
        "chat": {"console": {"folder": str(folder / "rooms")}},
        "people": {
            "ana": {"name": "Ana Ruiz", "ntfy": "ana-pages", "page": ["ntfy"]},
            "ben": {"name": "Ben Okafor", "ntfy": "ben-pages", "page": ["ntfy"]},
        },
        "alerts": {"bench": {"type": "alertmanager", "token": TOKEN}},
        "routes": [
            {"match": {"severity": "critical"}, "open": "active", "severity": "sev1", "group_by": ["region", "az"]}
            | ({"page": "platform"} if ntfy.rpartition(":")[2] != "9" else {})
        ],
        "oncall": {
            "policies": {"platform": {"steps": [{"page": "person:ana", "wait": "60m"}, {"page": "person:ben"}]}}
        },
        "paging": {"ntfy": {"type": "ntfy", "url": ntfy}},
        "postmortem": {"folder": str(folder / "postmortems")},
    }
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(settings))
    return file


async def serve(what: str, url: str, port: int, folder: Path, ntfy: str) -> None:
    chat = QuietChat(opened=lambda room: print(f"opened {room} {time.monotonic()}", flush=True))
    klatsch = Klatsch(load(configured(url, port, folder, ntfy), {}), platforms={"console": chat})
    async with AsyncExitStack() as stack:
        if what == "klatsch":
            await stack.enter_async_context(klatsch.running())
        else:
            await stack.enter_async_context(klatsch.working())
            await _listen(klatsch, what, port)
        steady()
        print("ready", flush=True)
        await asyncio.Event().wait()


async def _listen(klatsch: Klatsch, what: str, port: int) -> None:
    inbox = {"accept": lambda: klatsch.conversation, "nothing": Nobody, "each": lambda: Each(klatsch)}.get(what)
    if inbox is None:
        url = str(klatsch.database.url.render_as_string(hide_password=False)).replace("+psycopg", "")
        write = sqlite_writer(urlsplit(url).path[1:]) if klatsch.database.sqlite else postgresql_writer(url)
        bare = BareInbox(write)
        _keep(asyncio.create_task(bare.run()))
        behind: object = bare
    else:
        behind = inbox()
    now = klatsch.clock.now
    links = AckLinks("bench", "")
    app = machines_app(
        alert_sources(klatsch.settings),
        behind,  # only `notified` is asked for here
        AckPages(links, klatsch.lookups, klatsch.writer, klatsch.config.people, klatsch.duty),
        Metrics(klatsch.lookups.waiting, lambda: 0, now, dict, lambda: None),
        Health(_ready, list),
        Calendars(CalendarLinks("bench", lambda: ""), klatsch.duty, klatsch.config.people, klatsch.clock),
        CoffeeCalendar(CoffeeLinks("bench", lambda: ""), lambda: None),
        DigestPages(DigestLinks("bench", lambda: ""), Shelf(klatsch.learning, klatsch.lookups), klatsch.clock),
        mounted={},
    )
    listener = Listener("127.0.0.1", port, key="bench")
    _keep(asyncio.create_task(listener.run(app)))
    await listener.started()


_KEPT: set[asyncio.Task[None]] = set()


def _keep(task: asyncio.Task[None]) -> None:
    """A task nobody holds may be collected, and one that died would be a server that never answers."""
    _KEPT.add(task)
    task.add_done_callback(lambda done: sys.exit(f"died: {done.exception()!r}"))


async def _ready() -> list[str]:
    return []


def main() -> None:
    what, url, port, folder, *ntfy = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(what, url, int(port), Path(folder), ntfy[0] if ntfy else "http://127.0.0.1:9"))


if __name__ == "__main__":
    main()
