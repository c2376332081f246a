"""What comes of the silence of an expected alert, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from bot.alerts.heartbeat import MOST, Look, Watch
from bot.alerts.model import Alert, Notification
from bot.alerts.routing import Route
from bot.handle import Outcome, handle
from bot.heartbeats import Heartbeats
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Incident, Kind, Severity, Status, Window
from bot.ports import Overloaded
from bot.store import StoreUnavailable
from storage.engine import Database
from storage.store import SqlStore
from tests.clock import START
from tests.statements import statements
from tests.until import PATIENCE
from tests.world import RULES, World

WATCHDOG = Route(
    match={"alertname": "Watchdog"},
    open="active",
    severity=Severity.SEV2,
    group_by=("alertname", "cluster"),
    service="monitoring",
    page="platform",
    heartbeat=timedelta(minutes=10),
)

SENDERS = frozenset({"prometheus", "other"})


def watchdog(source: str = "prometheus", *, firing: bool = True, **labels: str) -> Notification:
    named = {"alertname": "Watchdog", "severity": "none", "cluster": "one"} | labels
    print_ = f"{source} {sorted(named.items())}"
    alert = Alert(source, print_, firing, START - timedelta(days=9), None if firing else START, named)
    return Notification(source, (alert,), group="g")


class Bot:
    """One process that looks. `listen` is time that passes while it does; of its looks one in a few seconds is really made."""

    def __init__(self, world: World, store: SqlStore | None = None) -> None:
        self.world = world
        self.store = store or world.store
        self.watch: Watch | None = None

    def look(self) -> Outcome:
        (outcome,) = handle(self.store, [Look(SENDERS, self.watch)], self.world.rules)
        self.watch = outcome.watch
        return outcome

    def listen(self, minutes: float, *others: Bot) -> None:
        left = round(minutes * 60)
        while left > 0:
            self.world.clock.forward(seconds=min(left, 30))
            left -= 30
            for bot in (self, *others):
                assert bot.watch is not None
                bot.watch = replace(bot.watch, last=self.world.clock.now() - timedelta(seconds=1))
                bot.look()


@pytest.fixture
def bot(world: World) -> Bot:
    world.rules = replace(RULES, routes=(WATCHDOG, *RULES.routes))
    bot = Bot(world)
    bot.look()
    return bot


def told(incident: Incident, world: World) -> list[str]:
    """What its timeline says of alerts."""
    kinds = {e.AlertsFired: "fired", e.AlertsCleared: "cleared", e.AlertsStillFiring: "fires on"}
    return [kinds[type(r.event)] for r in world.lookups.history(incident.number) if type(r.event) in kinds]


def opened(world: World) -> list[Incident]:
    return [*reversed(world.lookups.recent())]


def test_silence_opens_the_incident_of_its_route_once_and_pages(bot: Bot, world: World) -> None:
    world.do(watchdog())
    bot.listen(9.9)
    assert opened(world) == []
    bot.listen(0.1)
    bot.listen(30)
    (incident,) = opened(world)
    assert incident.title == "No Watchdog (one) from prometheus for 10m (last heard 03:00 UTC)"
    assert (incident.status, incident.severity, incident.service) == (Status.INVESTIGATING, Severity.SEV2, "monitoring")
    assert incident.paging is not None
    assert incident.paging.ladder == "platform"
    assert (incident.alerts_firing, told(incident, world).count("fired")) == (1, 1)
    assert incident.opened_at == START + timedelta(minutes=10)


def test_what_is_heard_all_the_time_opens_nothing(bot: Bot, world: World) -> None:
    for _ in range(6):
        world.do(watchdog())
        bot.listen(9)
    assert opened(world) == []


def test_what_is_heard_again_is_told_and_closes_nothing_and_the_next_silence_is_news(bot: Bot, world: World) -> None:
    world.do(watchdog())
    bot.listen(12)
    world.do(watchdog())
    (incident,) = opened(world)
    assert (incident.status, incident.alerts_firing) == (Status.INVESTIGATING, 0)
    world.do(watchdog())
    bot.listen(12)
    (incident,) = opened(world)
    assert (incident.alerts_firing, told(incident, world)[-2:]) == (1, ["cleared", "fired"])
    world.ask(c.Resolve(summary="it was the network"), 1)
    world.do(watchdog())
    bot.listen(12)
    assert [(one.ref, one.alerts_firing) for one in opened(world)] == [("INC-1", 0), ("INC-2", 1)]


def test_who_resolves_it_in_silence_is_told_that_it_lasts_and_no_other_incident_opens(bot: Bot, world: World) -> None:
    world.do(watchdog())
    bot.listen(11)
    world.ask(c.Resolve(summary="false alarm"), 1)
    bot.listen(40)
    (incident,) = opened(world)
    assert told(incident, world).count("fires on") == 1


def test_that_the_expected_alert_is_over_is_silence(bot: Bot, world: World) -> None:
    world.do(watchdog())
    bot.listen(5)
    world.do(watchdog(firing=False))
    bot.listen(5.5)
    assert len(opened(world)) == 1


def test_a_route_that_was_never_wired_is_missed(bot: Bot, world: World) -> None:
    bot.listen(9.5)
    assert opened(world) == []
    bot.listen(1)
    (incident,) = opened(world)
    assert incident.title == "Watchdog was never heard, and is expected every 10m (since 03:00 UTC)"
    world.do(watchdog())
    (incident,) = opened(world)
    assert incident.alerts_firing == 0
    bot.listen(5)
    assert len(opened(world)) == 1


def test_each_sender_and_group_is_expected_by_itself_and_one_group_is_one_incident(bot: Bot, world: World) -> None:
    world.do(watchdog(), watchdog("other"), watchdog(cluster="two"))
    bot.listen(5)
    world.do(watchdog(cluster="two"))
    bot.listen(6)
    (incident,) = opened(world)
    assert (incident.title, incident.alerts_firing) == ("No Watchdog (one)", 2)
    bot.listen(6)
    assert [one.title for one in opened(world)][1:] == [
        "No Watchdog (two) from prometheus for 10m (last heard 03:05 UTC)"
    ]


def test_our_own_downtime_is_no_silence(bot: Bot, world: World) -> None:
    world.do(watchdog())
    bot.listen(5)
    world.clock.forward(days=2)
    again = Bot(world)
    again.look()
    again.listen(9.9)
    assert opened(world) == []
    again.listen(0.5)
    (incident,) = opened(world)
    assert incident.title.endswith("(last heard 02 Nov 03:00 UTC)")
    assert incident.opened_at - incident.moments["impact_start"].at < timedelta(minutes=1)


def test_a_machine_that_slept_gives_everybody_a_whole_length(bot: Bot, world: World) -> None:
    world.do(watchdog())
    bot.listen(5)
    world.clock.forward(minutes=8)
    bot.look()
    bot.listen(9.9)
    assert opened(world) == []
    bot.listen(0.5)
    assert len(opened(world)) == 1


def test_two_bots_tell_once_and_what_one_hears_the_other_knows(bot: Bot, world: World) -> None:
    other = Bot(world)
    other.look()
    world.do(watchdog())
    bot.listen(8, other)
    handle(other.store, [watchdog()], world.rules)
    bot.listen(8, other)
    assert opened(world) == []
    bot.listen(8, other)
    (incident,) = opened(world)
    assert (incident.alerts_firing, told(incident, world).count("fired")) == (1, 1)


def test_who_has_listened_for_long_need_not_wait_for_who_just_began(bot: Bot, world: World) -> None:
    world.do(watchdog())
    bot.listen(9)
    new = Bot(world)
    new.look()
    bot.listen(1.5, new)
    assert len(opened(world)) == 1


def test_bots_that_look_at_the_same_moment_open_one_incident(postgresql_url: str) -> None:
    databases = [Database(postgresql_url) for _ in range(3)]
    first = World(databases[0])
    first.rules = replace(RULES, routes=(WATCHDOG,))
    bots = [Bot(first, SqlStore(database, first.clock)) for database in databases]
    first.do(watchdog())
    for bot in bots:
        bot.look()
    bots[0].listen(9.9, *bots[1:])
    first.clock.forward(seconds=10)
    at_once = Barrier(len(bots))

    def look(bot: Bot) -> None:
        at_once.wait(PATIENCE)
        bot.look()

    with ThreadPoolExecutor(len(bots)) as threads:
        for done in [threads.submit(look, bot) for bot in bots]:
            done.result()
    (incident,) = opened(first)
    assert (incident.alerts_firing, told(incident, first).count("fired")) == (1, 1)
    for database in databases:
        database.close()


def test_what_was_accepted_before_a_look_was_heard_before_it(bot: Bot, world: World) -> None:
    world.do(watchdog())
    bot.listen(9.9)
    world.clock.forward(seconds=10)
    outcomes = handle(world.store, [Look(SENDERS, bot.watch), watchdog()], world.rules)
    assert opened(world) == []
    assert [outcome.watch is not None for outcome in outcomes] == [True, False]


def test_what_no_commit_followed_was_not_heard_and_not_told(bot: Bot, world: World) -> None:
    """As when the process is killed before it."""
    world.do(watchdog())
    bot.listen(5)
    before = world.lookups.signals()
    with suppress(RuntimeError), world.store.begin(alerts=True) as tx:
        tx.keep_signals([replace(before[0], heard_at=world.clock.now())])
        raise RuntimeError
    assert world.lookups.signals() == before
    bot.listen(5.5)
    assert [bool(signal.silent_at) for signal in world.lookups.signals()] == [True]
    assert len(opened(world)) == 1


def test_maintenance_that_covers_it_keeps_it_quiet_and_no_longer_than_that(bot: Bot, world: World) -> None:
    window = Window(START, START + timedelta(minutes=30), (("cluster", "=", "one"),))
    world.ask(c.Open(title="New disks", kind=Kind.MAINTENANCE, window=window))
    world.do(watchdog())
    bot.listen(29)
    assert [(one.ref, one.alerts_firing) for one in opened(world)] == [("INC-1", 1)]
    bot.listen(3)
    (_, incident) = opened(world)
    assert incident.title.startswith("No Watchdog (one) from prometheus")
    assert incident.paging is not None


def test_what_the_route_is_gone_for_is_forgotten_and_its_incident_told(bot: Bot, world: World) -> None:
    world.do(watchdog())
    bot.listen(11)
    world.rules = RULES
    Bot(world).look()
    (incident,) = opened(world)
    assert incident.alerts_firing == 0
    assert world.lookups.signals() == []


def test_one_sender_s_flood_is_bounded_and_no_other_alert_is_touched(bot: Bot, world: World) -> None:
    flood = Notification("prometheus", tuple(watchdog(cluster=f"c{n}").alerts[0] for n in range(10_000)), group="g")
    (outcome,) = world.do(flood)
    assert outcome.unrouted == ()
    world.do(watchdog("other"), watchdog(cluster="one more"))
    assert len(world.lookups.signals()) == MOST + 1
    assert bot.look().watch.full == {"prometheus"}


def test_only_a_batch_with_an_expected_alert_asks_for_it_and_it_costs_two_statements(bot: Bot, world: World) -> None:
    world.do(watchdog(), watchdog(cluster="two"))
    node = Alert("prometheus", "n", True, START, None, {"alertname": "NodeDown", "severity": "critical"})
    with statements() as sent:
        world.do(Notification("prometheus", (node,)))
    assert [statement for statement, _ in sent if "heartbeat" in statement] == []
    with statements() as sent:
        world.do(watchdog(), watchdog(cluster="two"), Notification("prometheus", (node,)))
    assert len([statement for statement, _ in sent if "heartbeat" in statement]) == 2


def test_a_look_that_finds_nothing_writes_nothing(bot: Bot, world: World) -> None:
    world.do(watchdog())
    with statements() as sent:
        world.clock.forward(seconds=1)
        bot.look()
    assert [statement for statement, _ in sent if statement.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))] == []


# The task that looks.


async def test_looks_go_on_whatever_comes_of_one_and_the_watch_is_handed_on(caplog: pytest.LogCaptureFixture) -> None:
    asked: list[Look] = []
    watches = [Watch(START, START, START), Watch(START, START, START, frozenset({"prometheus"}))]
    answers = [watches[0], StoreUnavailable("gone"), Overloaded("full"), RuntimeError("a bug"), watches[1], watches[1]]

    async def submit(look: Look) -> Outcome:
        asked.append(look)
        answer = answers[len(asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        return Outcome(watch=answer)

    slept: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(asked) == len(answers):
            enough.set()
            await asyncio.Event().wait()

    caplog.set_level(logging.WARNING)
    heartbeats = Heartbeats(submit, SENDERS, expects=True, sleep=sleep)
    running = asyncio.create_task(heartbeats.run())
    await asyncio.wait_for(enough.wait(), PATIENCE)
    running.cancel()
    assert [look.watch for look in asked] == [None, *[watches[0]] * 4, watches[1]]
    assert slept[0] == 1.0
    assert [record.getMessage() for record in caplog.records] == heartbeats.troubles
    assert heartbeats.troubles == [
        "prometheus has 500 expected signals, and no more are watched: "
        "a label in `group_by` of a route with `heartbeat` has too many values"
    ]


async def test_where_nothing_is_expected_one_look_that_worked_is_enough() -> None:
    answers = [StoreUnavailable("gone"), Outcome(watch=Watch(START, START, START))]

    async def submit(_: Look) -> Outcome:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def sleep(_: float) -> None:
        return

    await asyncio.wait_for(Heartbeats(submit, SENDERS, expects=False, sleep=sleep).run(), PATIENCE)
    assert answers == []
