"""Another story for the crash test, of a night on call: somebody takes over by an override, which is told as a hand-over; what is
expected was never heard, which opens an incident; nobody answers, so the next one is asked, and does. A calendar is read beside it.

A fork server, as `crash_story` is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import bot.heartbeats
import bot.on_duty
from bot.config import Config, load
from bot.incident import events as e
from bot.ports import Said
from tests.integration.crash_story import ANA_HAS, Job, Story, main, written
from tests.until import until

SILENT = timedelta(seconds=0.2)
"""So long nothing is heard before that is told."""

OFTEN = 0.03
"""Seconds between two looks, at who is on call and for silence."""

DUTY = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//EN
BEGIN:VEVENT
UID:e1@example.org
SUMMARY:ana
DTSTART:20260101T000000Z
DTEND:20360101T000000Z
END:VEVENT
END:VCALENDAR
"""
"""Ana has it for ten years."""


def config_of(job: Job) -> Config:
    duty = Path(job.folder) / "duty.ics"
    duty.write_text(DUTY.replace("\n", "\r\n"), encoding="utf-8")
    file = written(
        job,
        f"""
people:
  ana: {{name: Ana Ruiz, email: "{job.mailbox}", ntfy: "{job.topic}", page: [ntfy]}}
  ben: {{name: Ben Okafor, email: "{job.mailbox}", page: [email]}}
alerts: {{prometheus: {{type: alertmanager, token: a-token}}}}
routes:
  - {{match: {{alertname: Watchdog}}, heartbeat: 1m, open: active, severity: sev1, page: platform}}
oncall:
  schedules: {{platform: {{zone: UTC, calendar: {{type: ics, file: "{duty}"}}}}}}
  policies: {{platform: {{steps: [{{page: "person:ben", wait: 1s}}, {{page: "person:ana", wait: 1h}}]}}}}
""",
    )
    config = load(file, {})
    bot.heartbeats.EVERY = bot.on_duty.LOOKS_EVERY = OFTEN
    ladder = config.roster.ladders["platform"]
    first, *others = ladder.steps
    quick = replace(ladder, steps=(replace(first, wait=ANA_HAS), *others))
    return replace(
        config,
        roster=replace(config.roster, ladders={"platform": quick}),
        routes=tuple(replace(route, heartbeat=SILENT) for route in config.routes),
    )


class Night(Story):
    async def tell(self) -> None:
        await self.until_remembered()
        said = Said("console", "incidents", "ben", "override ben 8h", message="typed-1")
        answer = await self._klatsch.conversation.said(said)
        if answer.tone in ("refused", "bad"):
            raise AssertionError(answer.to_plain())
        await self.until(self.it_is_handed_over, "the hand-over")
        await self.until(self.ana_is_asked, "the second step of the ladder")
        await self.quiet()
        link = self._klatsch.links.link(1, "ana")
        (await self._http.post(link.removeprefix("https://klatsch.example.org"))).raise_for_status()
        await self.quiet()

    async def until_remembered(self) -> None:
        """Who is on call is known; who takes over from then on takes over from somebody."""
        memory = self._klatsch._memory("on duty")
        await until(lambda: memory.recall("platform"), "who is on call to be known")

    def it_is_handed_over(self) -> bool:
        messages = self._klatsch._talking["console"]._adapter.messages("incidents")
        return any("hands over" in message.document.to_plain() for message in messages)

    def ana_is_asked(self) -> bool:
        if self._klatsch.lookups.incident(1) is None:
            return False
        history = self._klatsch.lookups.history(1)
        return any(isinstance(r.event, e.PeoplePaged) and r.event.people == ("ana",) for r in history)


if __name__ == "__main__":
    main(config_of, Night)
