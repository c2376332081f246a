"""A chat platform that is not heard is told of on the others, once, and once more when it is heard again.

What has been said is kept in the database, so that a restart does not say it anew; one of several processes says it. No
incident owns these messages, so no outbox has them: they are posted from here, with a key of their own, and tried
again for as long as they are true.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from bot.backoff import backoff
from bot.chat.deaf import deaf, heard_again
from bot.chat.document import Document
from bot.listening import Hearing
from bot.memory import Memory
from bot.ports import Attempt, ChatPlatform, Clock, Rejected, Unavailable
from bot.store import StoreUnavailable, TurnLost, Turns

log = logging.getLogger(__name__)

LOOKS_EVERY = 5.0
SAID_WITHIN = 45.0
"""Seconds that a platform gets to take one message."""

MOST = 300.0
"""Seconds between two tries to say it."""

REASON = 300
"""Characters of a reason that are kept."""


@dataclass(frozen=True, slots=True)
class Told:
    """A platform was not heard `since`, and is again since `until` (empty: not yet); times as ISO 8601. `told` are the
    platforms that know of it, `left` those that are yet to hear the last of it."""

    since: str
    reason: str
    left: tuple[str, ...]
    told: tuple[str, ...] = ()
    until: str = ""


class Deafness:
    """Watches how `platforms` are heard, and says on each what is wrong with another one. `memory` is its own."""

    def __init__(
        self,
        hearing: Callable[[], Mapping[str, Hearing]],
        platforms: Mapping[str, ChatPlatform],
        memory: Memory,
        turns: Turns,
        clock: Clock,
        zone: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._hearing = hearing
        self._platforms = platforms
        self._memory = memory
        self._turns = turns
        self._clock = clock
        self._zone = zone
        self._sleep = sleep
        self._began: dict[str, datetime] = {}
        self._told: dict[str, Told] = {}
        self._tries: dict[str, int] = {}
        self._not_before: dict[str, datetime] = {}

    async def run(self) -> None:
        """Until cancelled, whatever happens."""
        while True:
            try:
                await self._turns.during("deafness", self._watch)
            except TurnLost:
                continue
            except StoreUnavailable as error:
                log.warning("whether a chat platform is heard is told nowhere for now: %s", error)
            except Exception:
                log.exception("a bug: whether a chat platform is heard is told nowhere for now")
            await self._sleep(LOOKS_EVERY)

    async def _watch(self) -> None:
        """While it is our turn: what others have said until then stands in the database."""
        kept = await self._memory.recall_all("", len(self._platforms) + 10)
        self._told = {name: told for name, text in kept.items() if (told := _read(text))}
        # What is left may have been said by somebody who died then.
        self._tries = {f"{name}>{target}": 1 for name, told in self._told.items() for target in told.left}
        self._not_before = {}
        while True:
            for name, hearing in self._hearing().items():
                await self._look(name, hearing)
            await self._sleep(LOOKS_EVERY)

    async def _look(self, name: str, hearing: Hearing) -> None:
        now = self._clock.now()
        if hearing.trouble:
            self._began.setdefault(name, now)
        else:
            self._began.pop(name, None)
        told = self._told.get(name)
        if hearing.lasts and (told is None or told.until):
            since = self._began[name].isoformat()
            await self._keep(name, Told(since, hearing.trouble[:REASON], self._others(name)))
        elif hearing.well and told and not told.until:
            await self._keep(name, replace(told, until=now.isoformat(), left=told.told, told=()))
        await self._say(name)

    def _others(self, name: str) -> tuple[str, ...]:
        return tuple(other for other, platform in self._platforms.items() if other != name and platform.announce_room)

    async def _say(self, name: str) -> None:
        """What is yet to be said of that platform, on all others at the same time."""
        told = self._told.get(name)
        if told is None:
            return
        now = self._clock.now()
        due = [target for target in told.left if now >= self._not_before.get(f"{name}>{target}", now)]
        done = await asyncio.gather(*(self._post(name, target, told) for target in due))
        said = tuple(target for target, was_said in zip(due, done, strict=True) if was_said is not None)
        if said:
            heard = tuple(target for target, was_said in zip(due, done, strict=True) if was_said)
            left = tuple(target for target in told.left if target not in said)
            await self._keep(name, replace(told, left=left, told=(*told.told, *heard)))
        elif told.until and not told.left:
            await self._memory.forget([name])
            del self._told[name]

    async def _post(self, name: str, target: str, told: Told) -> bool | None:
        """Whether it was said; None: not yet."""
        way = f"{name}>{target}"
        platform = self._platforms.get(target)
        if platform is None:
            return False
        news = "heard again" if told.until else "not heard"
        tries = self._tries[way] = self._tries.get(way, 0) + 1
        key = f"deaf.{name}.{told.since}{'.again' if told.until else ''}"
        try:
            async with asyncio.timeout(SAID_WITHIN):
                await platform.say(Attempt(key, tries), platform.announce_room, self._words(name, told))
        except Rejected as error:
            log.error("that %s is %s is not said on %s: %s", name, news, target, error.reason)
        except Exception as error:  # noqa: BLE001 - a bug of an adapter must not end the watch; what it says is below
            reason = error.reason if isinstance(error, Unavailable) else type(error).__name__
            log.warning("that %s is %s could not be said on %s: %s", name, news, target, reason)
            after = error.retry_after if isinstance(error, Unavailable) else None
            pause = max(backoff(f"{key}:{target}", tries, MOST), min(after or timedelta(0), timedelta(seconds=MOST)))
            self._not_before[way] = self._clock.now() + pause
            return None
        else:
            return True
        return False

    def _words(self, name: str, told: Told) -> Document:
        since = datetime.fromisoformat(told.since)
        if told.until:
            return heard_again(name, since, datetime.fromisoformat(told.until), self._zone)
        return deaf(name, since, told.reason, self._zone)

    async def _keep(self, name: str, told: Told) -> None:
        """In the database first: who comes after us goes on from there."""
        await self._memory.keep({name: json.dumps(asdict(told))})
        before = self._told.get(name)
        self._told[name] = told
        if before is None or (before.since, before.until) != (told.since, told.until):
            for target in told.left:
                self._tries.pop(f"{name}>{target}", None)
                self._not_before.pop(f"{name}>{target}", None)


def _read(text: str) -> Told | None:
    """None for what another release wrote in another form: then it is said anew."""
    try:
        found = json.loads(text)
        told = Told(found["since"], found["reason"], tuple(found["left"]), tuple(found["told"]), found["until"])
        datetime.fromisoformat(told.since)
    except (ValueError, TypeError, KeyError):
        return None
    return told
