"""What is of no incident and will not be done: told on another destination, once, and named in `/readyz` until its like is done or a
week has passed.

An incident's failures stand on its timeline. Of these there is none, and who does not see a digest seldom misses it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta

from bot.chat.undelivered import sentence, undelivered
from bot.destinations import Mailbox
from bot.incident import effects as f
from bot.incident.outgoing import Outgoing, outgoing
from bot.memory import Memory
from bot.offered import SendsMail
from bot.ports import Attempt, ChatPlatform, Clock, DeliveryError, Pager, Rejected
from bot.store import Claimed, StoreUnavailable

log = logging.getLogger(__name__)

FOR = timedelta(days=7)
LOOKS_EVERY = 30.0
"""Seconds between two looks for what other processes found."""

MOST = 50
"""Destinations that are named."""

KEY = 500
"""Characters of a lane that tell it from others."""


class Undelivered:
    """`memory` is its own. What is known of a lane holds until something of it is done."""

    def __init__(self, memory: Memory, clock: Clock, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._memory = memory
        self._clock = clock
        self._sleep = sleep
        self._known: dict[str, str] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await self._sleep(LOOKS_EVERY)

    async def look(self) -> None:
        """What every process knows, less what is too old."""
        try:
            await self._memory.forget_before("", self._clock.now() - FOR)
            self._known = dict(await self._memory.recall_all("", MOST))
        except StoreUnavailable as error:
            log.warning("what could not be delivered is not looked up: %s", error)

    @property
    def troubles(self) -> list[str]:
        """A sentence each."""
        return [*self._known.values()]

    def telling(self, item: Claimed, reason: str) -> tuple[Outgoing, ...]:
        """What is to be said of it elsewhere; nothing when that was said of its lane, or when it is itself something like this."""
        told = told_of(item.effect, reason)
        if told is None or item.lane[:KEY] in self._known:
            return ()
        return (outgoing(told, incident=0, seq=0, place=0, key=f"undelivered:{item.key}"),)

    async def settled(self, item: Claimed, state: str, reason: str) -> None:
        """Remember what came of it. Never raises: it stands in the outbox and in the log."""
        lane, told = item.lane[:KEY], told_of(item.effect, reason)
        if told is None:
            return
        try:
            if state == "failed" and lane not in self._known:
                self._known[lane] = sentence(told)
                await self._memory.keep({lane: self._known[lane]})
            elif state == "done" and self._known.pop(lane, None) is not None:
                await self._memory.forget([lane])
        except StoreUnavailable as error:
            log.warning("that %s is %s is not remembered: %s", item.key, state, error)


def told_of(effect: f.Effect, reason: str) -> f.TellUndelivered | None:
    """None: nobody waits for it, or its incident is told."""
    kind = f.kind_of(effect)
    match effect:
        case f.SayWeeklyDigest(platform=platform, room=room, team=team):
            return f.TellUndelivered(kind, platform, room, team, reason)
        case f.MailWeeklyDigest(way=way, to=to, team=team):
            return f.TellUndelivered(kind, way, to, team, reason)
        case (
            f.ShowBoard(platform=name, room=room)
            | f.TellCoffee(platform=name, room=room)
            | f.AskThumbs(platform=name, room=room)
        ):
            return f.TellUndelivered(kind, name, room, reason=reason)
        case f.WriteMinutes(publisher=name) | f.SayHandover(platform=name):
            return f.TellUndelivered(kind, name, reason=reason)
        case _:
            return None


async def tell(
    attempt: Attempt,
    told: f.TellUndelivered,
    platforms: Mapping[str, ChatPlatform],
    pagers: Mapping[str, Pager],
    mailboxes: Collection[Mailbox],
) -> None:
    """Say it on the first of these that takes it: where incidents are announced, elsewhere before there, and then by mail. Raises what
    the last one raises, and Rejected when there is none."""
    document, refused = undelivered(told), DeliveryError("there is nowhere else to tell it")
    rooms = sorted(platforms.values(), key=lambda platform: platform.name == told.provider)
    for platform in rooms:
        # It was to be there itself.
        if not platform.announce_room or (platform.name == told.provider and not told.place):
            continue
        try:
            await platform.say(attempt, platform.announce_room, document)
        except DeliveryError as error:
            refused = error
        else:
            return
    for box in mailboxes:
        mailer: object = pagers.get(box.way)
        if (box.way, box.to) == (told.provider, told.place) or not isinstance(mailer, SendsMail):
            continue
        try:
            await mailer.send(attempt, box.to, document.summary, document)
        except DeliveryError as error:
            refused = error
        else:
            return
    raise refused if type(refused) is not DeliveryError else Rejected(refused.reason)
