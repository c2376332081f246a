"""`klatsch demo`: the bot in earnest, with people played by a script. Everything goes its real way: the alert over
HTTP, the page through the ntfy pager, the acknowledgement by its signed link, every line through the parser."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from tempfile import mkdtemp

import httpx

from adapters.chat.console import Config as ConsoleConfig
from adapters.chat.console import ConsolePlatform
from adapters.chat.console import build as build_console
from adapters.chat.console.live import LiveScreen
from adapters.clock import SystemClock
from bot.config import load
from bot.demo.phone import Phone
from bot.main import Klatsch, Running
from bot.terminal.keyboard import typed_line

TOKEN = "demo-only"  # noqa: S105 - it protects nothing and lives for seconds
"""Of this process, on this machine's loopback, for as long as the demo runs."""

PATIENCE = 30.0
"""Seconds to wait for a step before the demo says that it failed."""

READING = 0.45
"""Seconds that a step stays alone on the screen."""

ROOM = "inc-1"


class DemoFailed(Exception):
    """A step did not come; the message says which."""


async def demo(*, once: bool, plain: bool, fast: bool) -> int:
    """Play the story and leave the status page up until Enter, or not (`once`). 0 when it went to its end."""
    folder = Path(mkdtemp(prefix="klatsch-demo-"))
    screen = LiveScreen(plain=plain)
    clock = SystemClock()
    phone = Phone(lambda title: screen.note(f"📟 Ana's phone: {title}"))
    ringing = asyncio.create_task(phone.run())
    await phone.listener.started()
    source = folder / "config.yaml"
    source.write_text((files("bot.demo") / "config.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    config = load(source, {"FOLDER": str(folder), "PHONE": phone.listener.url, "ALERT_TOKEN": TOKEN})
    console = build_console(
        "console", ConsoleConfig(folder=folder / "rooms"), clock=clock, screen=screen, people=config.people
    )
    klatsch = Klatsch(config, clock=clock, platforms={"console": console})
    try:
        async with klatsch.running() as running:
            with screen:
                await _Story(running, console, phone, screen, 0 if fast else READING).play()
            print(_ending(running, klatsch, folder, stays=not once))
            if not once:
                await _enter("Press Enter to end. ")
    except DemoFailed as failed:
        print(f"klatsch: the demo stopped: {failed}", file=sys.stderr)
        return 1
    finally:
        console.close()
        phone.listener.stop()
        await ringing
    return 0


async def _enter(prompt: str) -> None:
    """Until Enter, the end of the input, or Ctrl-C: all of them are a good end."""
    interrupted = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupted.set)
    print(prompt, end="", flush=True)
    waiting = [asyncio.create_task(typed_line()), asyncio.create_task(interrupted.wait())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


def _ending(running: Running, klatsch: Klatsch, folder: Path, *, stays: bool) -> str:
    """What there is to look at now. The status page is only as long as the demo `stays`."""
    incident = klatsch.lookups.incident(1)
    draft = incident.postmortem.place if incident and incident.postmortem else ""
    page = running.listeners[0].url
    pages = (
        f"  status page  {page}/",
        f"  incident     {page}/incidents/INC-1",
        f"  feed         {page}/feed.atom",
        "  weekly digest",
        f"    {klatsch.signed.digests.link()}",
    )
    # Paths stand on lines of their own: a narrow terminal breaks none.
    return "\n".join(
        (
            "",
            *(pages if stays else ("  status page  ended; without --once it stays until Enter",)),
            "  postmortem",
            f"    {draft}",
            "  everything, yours to delete",
            f"    {folder}",
            "",
        )
    )


class _Story:
    """What happens, in order. Each step waits for the one before to be seen, never for a guessed time."""

    def __init__(
        self, running: Running, console: ConsolePlatform, phone: Phone, screen: LiveScreen, reading: float
    ) -> None:
        self._klatsch = running.klatsch
        self._url = running.listeners[0].url
        self._console = console
        self._phone = phone
        self._screen = screen
        self._reading = reading
        self._began = self._klatsch.clock.now() - timedelta(minutes=4)
        self._steps = 0

    async def play(self) -> None:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            await self._step("Alertmanager sends a critical alert", self._alert(client, "firing"))
            await self._until("the room with its card", lambda: bool(self._card()))
            await self._step("The room is open and its card pinned; Ana is on call and is paged")
            await self._step("Ana acknowledges on her phone: nobody else is woken", self._tap(client))
            await self._say("ana", "Ana takes the lead", "take lead")
            await self._say("ana", "What might it be?", "hypothesis the 02:45 certificate rotation skipped ctl01")
            message = await self._talk("ben", "ctl01 still serves the old certificate, ctl02 and ctl03 are fine")
            await self._step("Mia puts 📌 on what Ben wrote: it is on the timeline", self._pin("mia", message))
            await self._say(
                "mia",
                "Mia writes to customers: a preview, nothing is public yet",
                "publish investigating Starting and changing virtual machines fails in AZ 1. Running ones are not affected."
                " comp=compute-az1:partial_outage",
            )
            await self._say("mia", "Approved: customers read it on the status page", "publish approve")
            self._screen.note(f"🌐 What customers read: {self._url}/")
            await self._say(
                "ana", "A decision, on the timeline", "decide reload nova-api on ctl01 with the new certificate"
            )
            await self._say(
                "ana", "The fix is in; they watch whether it holds", "status monitoring certificate reloaded"
            )
            await self._step("The alert clears. That closes nothing: people decide", self._alert(client, "resolved"))
            await self._until("the alert to be clear", lambda: self._firing() == 0)
            await self._say("mia", "Word for customers that it is over", "publish resolved All operations work again.")
            await self._say("mia", "Approved: the component is green again", "publish approve")
            await self._say(
                "ben",
                "Where chance helped is worth a line: the week's digest tells of it",
                "note ctl02 and ctl03 happened to have the new certificate mark=lucky",
            )
            await self._say("ana", "It is over", "resolve ctl01 serves the new certificate")
            await self._say(
                "ben",
                "What will be done about it, by whom and when",
                "followup Alert when API certificates differ between nodes owner=@ben due=14d",
            )
            await self._say("ana", "Closed: the postmortem is drafted from the timeline", "close")
            await self._until("the postmortem's draft", self._drafted)
            await self._until("the room to be archived", lambda: self._console.room(ROOM).archived)
            await self._until("everything to be said", lambda: not self._klatsch.lookups.waiting())
            near_miss = self._typed("mia", "nearmiss Nearly took ctl02 out of the pool as well", "incidents")
            await self._step("A near miss is told in one line: no room, no page", near_miss)
            await self._step("On Monday, over coffee: what the week taught", self._typed("ben", "digest", "incidents"))

    async def _step(self, text: str, doing: object = None) -> None:
        self._steps += 1
        self._screen.step(f"{self._steps}. {text}")
        if asyncio.iscoroutine(doing):
            await doing
        await asyncio.sleep(self._reading)

    async def _say(self, person: str, text: str, line: str) -> None:
        await self._step(text, self._typed(person, line))

    async def _typed(self, person: str, line: str, room: str = ROOM) -> None:
        answer = await self._console.type(person, room, line)
        if answer.tone == "refused":
            raise DemoFailed(f"`{line}` was refused: {answer.summary}")

    async def _talk(self, person: str, text: str) -> str:
        await asyncio.sleep(self._reading)
        return await self._console.talk(person, ROOM, text)

    async def _pin(self, person: str, message: str) -> None:
        await self._console.react(person, ROOM, message, "📌")

    async def _tap(self, client: httpx.AsyncClient) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._phone.tap(client)

    async def _alert(self, client: httpx.AsyncClient, name: str) -> None:
        """The captured notification, moved to the present."""
        message = json.loads((files("bot.demo") / f"{name}.json").read_text(encoding="utf-8"))
        for alert in message["alerts"]:
            alert["startsAt"] = _rfc3339(self._began)
            if name == "resolved":
                alert["endsAt"] = _rfc3339(self._klatsch.clock.now())
        answer = await client.post(
            f"{self._url}/alerts/prometheus", json=message, headers={"Authorization": f"Bearer {TOKEN}"}
        )
        answer.raise_for_status()

    async def _until(self, what: str, there: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while not there():
            if loop.time() > end:
                raise DemoFailed(f"{what} did not come within {PATIENCE:.0f} s")
            await asyncio.sleep(0.02)

    def _card(self) -> str:
        incident = self._klatsch.lookups.incident(1)
        return incident.rooms["console"].card if incident and "console" in incident.rooms else ""

    def _firing(self) -> int:
        incident = self._klatsch.lookups.incident(1)
        return incident.alerts_firing if incident else 0

    def _drafted(self) -> bool:
        incident = self._klatsch.lookups.incident(1)
        return bool(incident and incident.postmortem and incident.postmortem.place)


def _rfc3339(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
