"""The one way out: claim an effect, have an adapter do it, settle it together with what came of it.

At least once, and exactly once where the provider lets us: the effect's key is the same on every try. A claim is a
lease: when we die it runs out and somebody else goes on; when we are merely slow, the fence keeps us from settling
what is no longer ours. Nothing is dropped silently: what will not be done is an event on the timeline.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

from bot.backoff import backoff, later
from bot.failing import called, failed
from bot.handle import Outcome
from bot.inbox import Writer
from bot.incident import effects as f
from bot.incident.model import Incident
from bot.lookups import Lookups
from bot.perform import Performer
from bot.ports import Overloaded, Rejected, Unavailable
from bot.store import Claimed, Conflict, Outbox, Retry, Settlement, StoreUnavailable, Unreadable
from bot.together import Together
from bot.undelivered import Undelivered

log = logging.getLogger(__name__)

T = TypeVar("T")

IN_FLIGHT = 64
URGENT_IN_FLIGHT = 32
"""Beside those, for each way to page and for the clocks that make pages: who hangs holds up only what goes the same way."""

LEASE = timedelta(seconds=60)
RENEW_EVERY = 20.0
EFFECT_TIMEOUT = 45.0
"""Seconds; shorter than the lease, so that a hanging provider is given up before somebody else begins."""

POLL = 1.0
"""Seconds between two looks for what other processes left us."""

STOP_WITHIN = 8.0
"""Seconds that what has begun gets to finish when we stop."""

GIVE_UP_AFTER = timedelta(hours=24)
PAGE_GIVE_UP_AFTER = timedelta(minutes=15)
"""A page that could not be sent for so long is told as failed, so that the next person is asked."""

BUG_ATTEMPTS = 12


class Deliverer:
    """Takes effects out of the outbox and has them done; what is of no incident and will not be is told by `undelivered`. `run` forever, or `round` and `drain` step by step."""

    def __init__(
        self,
        outbox: Outbox,
        writer: Writer,
        lookups: Lookups,
        performer: Performer,
        undelivered: Undelivered | None = None,
    ) -> None:
        self._outbox = outbox
        self._writer = writer
        self._lookups = lookups
        self._performer = performer
        self._undelivered = undelivered
        self._held: dict[int, Claimed] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="outbox")
        # Who is down makes as many of them as there are tries, and claims wait for the same thread.
        self._retries = Together[Retry](lambda retries: self._db(lambda: self._outbox.retry(retries)))

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing more; `run` returns when what has begun is finished or given back."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Deliver until `stop`."""
        renewing = asyncio.create_task(self._renew())
        try:
            while not self._stopping:
                self._wake.clear()
                room = IN_FLIGHT - len(self._tasks)
                if await (self._begin(room) if room > 0 else self._begin(URGENT_IN_FLIGHT, full=self._full())):
                    continue
                await self._pause()
        finally:
            renewing.cancel()
            await self.finish()

    async def round(self) -> int:
        """Claim what is due, do all of it, and answer how much it was."""
        count = await self._begin(IN_FLIGHT)
        await asyncio.gather(*self._tasks)
        return count

    async def drain(self) -> int:
        """Rounds until nothing is due; answers how many effects were tried."""
        total = 0
        while not self._stopping and (count := await self.round()):
            total += count
        return total

    async def drain_within(self, seconds: float) -> bool:
        """`drain`, for `seconds` at most; False: something is left. What is under way then is finished or given back, also
        when we are cancelled. Nothing can be begun afterwards."""
        draining = asyncio.create_task(self.drain())
        try:
            done, _ = await asyncio.wait([draining], timeout=seconds)
            return bool(done) and draining.result() >= 0
        finally:
            # Not cancelled at once: a claim that nobody hears of is a lease that nobody holds.
            self.stop()
            await asyncio.wait([draining], timeout=STOP_WITHIN)
            draining.cancel()
            await asyncio.gather(draining, return_exceptions=True)
            await self.finish()

    def _full(self) -> list[str]:
        """The ways by which no more pages are begun for now; empty: no clocks that make them."""
        held = [item.effect for item in self._held.values()]
        urgent = Counter(effect.way for effect in held if isinstance(effect, f.SendPage))
        urgent[""] = sum(isinstance(effect, f.WakeEscalation | f.RepeatAlerts) for effect in held)
        return [way for way, count in urgent.items() if count >= URGENT_IN_FLIGHT]

    async def _begin(self, room: int, *, full: Collection[str] | None = None) -> int:
        """With `full`, only what is urgent, and not by those ways."""
        if room <= 0:
            return 0
        taken = await self._safely(lambda: self._claim(room, full), "look for effects")
        if taken is None:
            # Somebody may wake us all the time, and something be due.
            await asyncio.sleep(POLL)
            return 0
        claimed, incidents = taken
        for item in claimed:
            self._held[item.id] = item
            known = None if isinstance(item.effect, f.SendPage) else incidents.get(item.incident)
            task = asyncio.create_task(self._one(item, known), name=f"deliver {item.key}")
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        return len(claimed)

    def _claim(self, room: int, full: Collection[str] | None) -> tuple[list[Claimed], Mapping[int, Incident]]:
        """What is due, and its incidents in one question for all. Not those of pages: each of them looks at the last
        moment whether somebody answered."""
        claimed = self._outbox.claim(room, LEASE, urgent=full is not None, full=full or ())
        numbers = sorted({item.incident for item in claimed if not isinstance(item.effect, f.SendPage)})
        try:
            incidents = self._lookups.incidents(numbers) if numbers else {}
        except Exception as error:  # noqa: BLE001 - one incident that cannot be read holds up no other one
            # What is claimed must be told what became of it: each asks for its own incident then.
            log.warning("cannot read the incidents of what is due at once: %s", error)
            incidents = {}
        return claimed, incidents

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()

    async def _pause(self) -> None:
        """Until somebody wakes us, or the next timer, or it is time to look what others left."""
        seconds = POLL
        if not self._tasks:
            due = await self._safely(self._outbox.next_due, "look for what is due next")
            if due is not None:
                seconds = min(POLL, max(0.005, due.total_seconds()))
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY)
            held = list(self._held.values())
            await self._safely(partial(self._outbox.renew, held, LEASE), "renew leases")

    async def finish(self) -> None:
        """Let what has begun end, or give it back, so that nobody waits for its lease. Nothing can be begun afterwards."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_WITHIN)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        left = list(self._held.values())
        if left:
            log.info("giving back %d effects", len(left))
            await self._safely(lambda: self._outbox.release(left), "give effects back before their lease ends")
        self._thread.shutdown()

    async def _db(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def _safely(self, call: Callable[[], T], what: str) -> T | None:
        """What the outbox answers; None when it does not, and the log says why. Whatever it is, the loop goes on: pages wait."""
        try:
            return await self._db(call)
        except (StoreUnavailable, Conflict) as error:
            log.warning("cannot %s: %s", what, error)
        except Exception:
            log.exception("a bug: cannot %s", what)
        return None

    # One effect.

    async def _one(self, item: Claimed, incident: Incident | None = None) -> None:
        verdict = await self._try(item, incident)
        try:
            await self._record(item, verdict)
        except Exception as error:  # noqa: BLE001 - the lease brings the effect back, whatever went wrong here
            log.warning("effect %s could not be settled and will come back: %s", item.key, error)
        finally:
            if self._held.get(item.id) is item:
                del self._held[item.id]

    async def _record(self, item: Claimed, verdict: Settlement | Retry) -> None:
        """Write down what came of it. While the database is away, again and again for as long as a lease lasts: what
        was done and is not written down would be done a second time."""
        until = asyncio.get_running_loop().time() + LEASE.total_seconds()
        while True:
            try:
                if isinstance(verdict, Retry):
                    await self._retries.add(verdict)
                else:
                    await self._settle(item, verdict)
            except (StoreUnavailable, Conflict, Overloaded):
                if self._stopping or asyncio.get_running_loop().time() > until:
                    raise
                await asyncio.sleep(POLL)
            else:
                return

    async def _settle(self, item: Claimed, verdict: Settlement) -> None:
        try:
            outcome = await self._writer.submit(verdict)
        except (StoreUnavailable, Overloaded):
            raise
        except Exception as error:  # noqa: BLE001 - the writer logged it
            # Doing it again would fail again, and wake somebody each time.
            reason = f"what came of it could not be recorded ({type(error).__name__}); the log has the details"
            verdict = verdict if verdict.state == "failed" else self._failed(item, reason)
            outcome = await self._fail(verdict)
        if outcome.late:
            log.warning("effect %s was withdrawn, or taken over by another process", item.key)
        elif self._undelivered:
            await self._undelivered.settled(item, verdict.state, verdict.reason)

    def _failed(self, item: Claimed, reason: str) -> Settlement:
        return failed(item, reason, self._undelivered.telling(item, reason) if self._undelivered else ())

    async def _fail(self, failed: Settlement) -> Outcome:
        try:
            return await self._writer.submit(failed)
        except (StoreUnavailable, Overloaded):
            raise
        except Exception:  # noqa: BLE001 - the writer logged it
            # The incident can be told nothing, perhaps not even be read: the row says what became of it.
            return await self._writer.submit(replace(failed, ask=None))

    async def _try(self, item: Claimed, incident: Incident | None) -> Settlement | Retry:
        try:
            async with asyncio.timeout(EFFECT_TIMEOUT):
                ask = await self._performer.do(item, incident)
        except Rejected as error:
            return self._failed(item, error.reason)
        except Unavailable as error:
            severity = incident.severity if incident else None
            after = error.retry_after and later(error.retry_after, severity)
            return self._again(item, error.reason, after)
        except StoreUnavailable as error:
            return self._again(item, f"the database does not answer: {error}", None)
        except Unreadable as error:
            # A release that can read it may share the work, or somebody mend it.
            return self._again(item, str(error), None)
        except TimeoutError:
            return self._again(item, f"no answer within {EFFECT_TIMEOUT:.0f} s", None)
        except Exception as error:
            log.exception("a bug while delivering %s", item.key)
            if item.attempt >= BUG_ATTEMPTS:
                return self._failed(item, f"internal error ({type(error).__name__}); the log has the details")
            return self._again(item, f"internal error ({type(error).__name__})", None)
        return Settlement(item.id, item.attempt, item.incident, "done", ask=ask)

    def _again(self, item: Claimed, reason: str, after: timedelta | None) -> Settlement | Retry:
        patience = PAGE_GIVE_UP_AFTER if isinstance(item.effect, f.SendPage) else GIVE_UP_AFTER
        # Not by a clock of ours: several bots agree about the database's alone.
        left = item.first_at + patience - item.claimed_at
        if left <= timedelta(0):
            return self._failed(item, f"gave up after {item.attempt} tries: {reason}")
        # Who says when to come back is taken at their word: what came later, and was told no less often, would be first there.
        # Whoever asks for more time than there is left gets the last try at its end.
        wait = min(left, after or backoff(item.key, item.attempt))
        log.info("%s waits %s: %s", called(item), wait, reason)
        return Retry(item.id, item.attempt, wait, reason)
