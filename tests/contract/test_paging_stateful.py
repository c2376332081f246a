"""Anything in any order around one ladder: pages that are under way, answers, ends, undo, a worse severity, dead processes, clocks that
are set back. The ladder's clock is never lost, nobody gets a page twice, and no provider rings for what is over."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from bot.chat.templates import Templates
from bot.digests import Digests
from bot.duty import Duty
from bot.handle import Rules
from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.evolve import replay
from bot.incident.model import Incident, Person, Severity
from bot.incident.policy import Policy
from bot.oncall.escalation import Ladder, Roster, Step
from bot.perform import Performer, Providers
from bot.ports import Attempt, PageMessage
from bot.store import Claimed, Retry, Settlement
from bot.words import Wording
from storage.codec import load_effect
from storage.engine import Database
from storage.outbox import SqlOutbox
from storage.tables import outbox
from storage.weeks import SqlWeeks
from tests.clock import FakeClock
from tests.databases import made_in
from tests.world import World, an_ask

LEASE, MINUTE = timedelta(seconds=60), timedelta(minutes=1)
SERVICE = "pager:rota"
PEOPLE = {
    "ana": Person("ana", "Ana", ways=("ntfy", "email", "sms"), waits={"email": 2 * MINUTE, "sms": 5 * MINUTE}),
    "ben": Person("ben", "Ben", ways=("email", "ntfy")),
    SERVICE: Person(SERVICE, "rota", ways=("rota",)),
}
LADDER = Ladder("platform", (Step(("person:ana",), 3 * MINUTE), Step(("person:ben", SERVICE), 4 * MINUTE)), repeat=2)
POLICY = Policy(
    people=PEOPLE,
    quiet=frozenset({Severity.SEV3, Severity.SEV4}),
    pushes=frozenset({"ntfy"}),
    settling=frozenset({"rota"}),
)
RULES = Rules(POLICY, Roster({}, {"platform": LADDER}, frozenset(PEOPLE), "platform"))

TARGETS = st.sampled_from(["policy:platform", "person:ana", "person:ben", SERVICE])
WHO = st.sampled_from(["ana", "ben"])


class Phone:
    """A pager: how often each page arrived."""

    def __init__(self) -> None:
        self.rang: Counter[str] = Counter()

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        self.rang[attempt.key] += 1
        return ""


class Rota(Phone):
    """One that goes on ringing until it is told otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.rings = False

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        self.rings = True
        return await super().trigger(attempt, page)

    async def acknowledge(self, attempt: Attempt, page: PageMessage, by: str) -> None:
        self.rings = False

    async def resolve(self, attempt: Attempt, page: PageMessage) -> None:
        self.rings = False


class Night(RuleBasedStateMachine):
    @initialize(severity=st.sampled_from([Severity.SEV1, Severity.SEV3]))
    def opens(self, severity: Severity) -> None:
        self.folder = TemporaryDirectory()
        self.world = World(Database(made_in(Path(self.folder.name))), FakeClock(), RULES)
        self.world.outbox = SqlOutbox(self.world.database, self.world.clock, looks_every=0)
        self.loop = asyncio.Runner()
        self.phones = {"ntfy": Phone(), "email": Phone(), "sms": Phone(), "rota": Rota()}
        duty = Duty(RULES.roster)
        words = Wording(Templates(None), PEOPLE, "UTC", {}, duty)

        async def hear(notification: object) -> None:
            raise AssertionError(notification)

        providers = Providers(pagers=self.phones, people=PEOPLE)
        world = self.world
        digests = Digests(SqlWeeks(world.database), world.clock, words, {}, people=PEOPLE, duty=duty)
        self.performer = Performer(world.lookups, world.files, world.clock, providers, words, hear, digests)
        self.flying: list[tuple[Claimed, c.Ask | None]] = []
        self.lost: set[str] = set()
        self.lost_at_the_rota = False
        self.set_back = False
        self.world.opened(severity=severity, page="policy:platform")

    def teardown(self) -> None:
        self.loop.close()
        self.world.close()
        self.folder.cleanup()

    @property
    def incident(self) -> Incident:
        found = self.world.lookups.incident(1)
        assert found is not None
        return found

    def say(self, *commands: c.Command, by: str = "ana") -> None:
        """One after the other in one transaction; what is refused changes nothing."""
        self.world.do(*(an_ask(command, 1, by=by) for command in commands))

    # What people do.

    @rule(whom=TARGETS)
    def somebody_is_paged(self, whom: str) -> None:
        self.say(c.Page(target=whom))

    @rule(who=WHO, via=st.sampled_from(["command", "link", "rota"]))
    def somebody_answers(self, who: str, via: str) -> None:
        self.say(c.Acknowledge(person=who, via=via))
        if self.incident.status.open:
            held = self.incident.paging
            assert held is not None
            assert held.acknowledged_by
        if via == "rota":
            self.phones["rota"].rings = False

    @rule()
    def two_answer_at_once(self) -> None:
        first, second = self.world.do(
            an_ask(c.Acknowledge(person="ana"), 1), an_ask(c.Acknowledge(person="ben"), 1, by="ben")
        )
        assert second.events == ()
        assert len(first.events) <= 1

    @rule(ends=st.sampled_from([c.Resolve(), c.Cancel(reason="nothing"), c.StopPaging(reason="enough")]))
    def it_ends(self, ends: c.Command) -> None:
        self.say(ends)

    @rule()
    def it_is_reopened(self) -> None:
        self.say(c.Reopen(reason="still slow"))

    @rule(severity=st.sampled_from([Severity.SEV1, Severity.SEV3]))
    def it_gets_worse_or_better(self, severity: Severity) -> None:
        self.say(c.SetSeverity(severity=severity))

    @rule(event=st.none() | st.integers(2, 12))
    def something_is_undone(self, event: int | None) -> None:
        self.say(c.Undo(by="ana", event=event))

    # What happens to what is due.

    @rule(seconds=st.sampled_from([1, 30, 61, 121, 181, 241, 301]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.forward(seconds=seconds)
        # Who is slow and lives holds on to what it has.
        self.world.outbox.renew([item for item, _ in self.flying], LEASE)

    @rule(seconds=st.sampled_from([5, 200, 4000]))
    def the_clock_is_set_back(self, seconds: int) -> None:
        self.set_back = True
        self.world.clock.back(seconds=seconds)

    @rule()
    def what_is_due_is_done(self) -> None:
        for _ in range(4):
            self.what_is_due_is_begun()
            while self.flying:
                self.it_is_settled()

    @rule()
    def nobody_answers_in_time(self) -> None:
        held = self.incident.paging
        if held is not None and held.next_at is not None:
            self.time_passes(max(0, (held.next_at - self.world.clock.now()) // timedelta(seconds=1)) + 1)
        self.what_is_due_is_done()

    @rule()
    def no_page_gets_through(self) -> None:
        for _ in range(4):
            self.what_is_due_is_begun()
            while self.flying:
                self.it_fails(isinstance(self.flying[0][0].effect, f.SendPage))

    @rule(whom=TARGETS, then=st.sampled_from([c.Acknowledge(person="ana"), c.Resolve(), c.Undo(by="ana")]))
    def something_happens_while_pages_are_under_way(self, whom: str, then: c.Command) -> None:
        self.say(c.Page(target=whom))
        self.what_is_due_is_begun()
        self.say(then)
        self.what_is_due_is_done()

    @rule()
    def what_is_due_is_begun(self) -> None:
        """The providers have it, and nobody has written that down yet."""
        for item in self.world.outbox.claim(50, LEASE):
            self.flying.append((item, self.loop.run(self.performer.do(item))))

    @precondition(lambda self: self.flying)
    @rule()
    def it_is_settled(self) -> None:
        item, ask = self.flying.pop(0)
        self.world.do(Settlement(item.id, item.attempt, item.incident, "done", ask=ask))

    @precondition(lambda self: self.flying)
    @rule(finally_=st.booleans(), wait=st.sampled_from([MINUTE, 10 * MINUTE]))
    def it_fails(self, finally_: bool, wait: timedelta = MINUTE) -> None:
        """A provider says no behind our back, after what it did: the worst it can do."""
        item, _ = self.flying.pop(0)
        if not isinstance(item.effect, f.SendPage) or not finally_:
            self.lost.add(item.key)
            self.world.outbox.retry([Retry(item.id, item.attempt, wait, "busy")])
            self._may_ring_on(item)
            return
        effect = item.effect
        failed = c.RecordPage(
            person=effect.person,
            way=effect.way,
            failed="no",
            ladder=effect.ladder,
            step=effect.step,
            round=effect.round,
        )
        self.world.do(Settlement(item.id, item.attempt, item.incident, "failed", ask=an_ask(failed, 1)))
        self._may_ring_on(item)

    @precondition(lambda self: self.flying)
    @rule()
    def the_process_dies(self) -> None:
        for item, _ in self.flying:
            self.lost.add(item.key)
            self._may_ring_on(item)
        self.flying.clear()
        self.world.outbox.take_over()

    def _may_ring_on(self, item: Claimed) -> None:
        """Nobody told us that it was paged, so nobody tells it that it is over."""
        if isinstance(item.effect, f.SendPage) and item.effect.way == "rota":
            self.lost_at_the_rota = True

    # What is always so.

    def waiting(self, kind: str) -> list[f.Effect]:
        rows = select(outbox).where(outbox.c.kind == kind, outbox.c.state == "waiting")
        with self.world.database.read() as connection:
            return [load_effect(row.kind, row.body) for row in connection.execute(rows)]

    @invariant()
    def the_row_is_what_the_events_make(self) -> None:
        assert replay(1, [r.event for r in self.world.lookups.history(1)]) == self.incident

    @invariant()
    def the_clock_of_a_ladder_that_waits_is_there_once_and_no_other_is(self) -> None:
        held, clocks = self.incident.paging, self.waiting("wake_escalation")
        if held is not None and held.waiting:
            assert held.next_at is not None
            assert clocks == [f.WakeEscalation(held.ladder, held.step, held.round, held.next_at)]
        else:
            assert clocks == []

    @invariant()
    def who_may_sleep_is_let_sleep(self) -> None:
        """What is under way cannot be called back; nothing else goes out once somebody has it, or it is over."""
        held = self.incident.paging
        if held is not None and (held.acknowledged_by or (held.over and not held.exhausted)):
            assert self.waiting("send_page") == []

    @invariant()
    def nobody_gets_a_page_twice(self) -> None:
        """Unless nobody could know that it had arrived; and then it is the same one."""
        for phone in self.phones.values():
            twice = {key for key, count in phone.rang.items() if count > 1}
            assert twice <= self.lost

    @invariant()
    def nobody_is_paged_by_one_way_twice_for_one_asking(self) -> None:
        told = Counter[tuple[str, str, int]]()
        most = 1
        asked: dict[str, int] = {}
        for recorded in self.world.lookups.history(1):
            match recorded.event:
                case e.PeoplePaged(people=people):
                    asked |= dict.fromkeys(people, recorded.seq)
                case e.PageAcknowledged() | e.PagingEnded():
                    # What is under way then is withdrawn, and holds up no page of a paging that begins after it.
                    most = 2
                case e.PageSent(person=person, way=way):
                    told[person, way, asked.get(person, 0)] += 1
        assert max(told.values(), default=0) <= most

    @invariant()
    def each_rung_is_asked_once_until_the_ladder_is_begun_anew(self) -> None:
        last: tuple[str, int, int] | None = None
        for recorded in self.world.lookups.history(1):
            match recorded.event:
                case e.PeoplePaged(beside=False, ladder=ladder, round=round, step=step, reason=reason):
                    if reason in ("nobody acknowledged", "no page got through"):
                        assert last is not None
                        assert last[0] == ladder
                        assert last[1:] < (round, step)
                    last = (ladder, round, step)

    @invariant()
    def no_rung_comes_before_its_time(self) -> None:
        if self.set_back:
            return
        due = None
        for recorded in self.world.lookups.history(1):
            match recorded.event:
                case e.PeoplePaged(beside=False, next_at=next_at, reason=reason, at=at):
                    assert reason != "nobody acknowledged" or due is None or at >= due
                    due = next_at

    @invariant()
    def what_is_over_rings_no_more_when_all_is_done(self) -> None:
        if self.incident.status.open or self.flying or self.lost_at_the_rota:
            return
        if not self.waiting("settle_page") and not self.waiting("send_page"):
            assert not self.phones["rota"].rings


TestNight = Night.TestCase
# Twenty steps can be read as they are, and to find fewer takes minutes.
UNSHRUNK = tuple(phase for phase in Phase if phase is not Phase.shrink)
TestNight.settings = settings(max_examples=30, stateful_step_count=20, deadline=None, phases=UNSHRUNK)
