"""What the outbox promises, on SQLite and on PostgreSQL: order in a lane, leases, fences, and folding."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident.model import Mark, Role, Severity
from bot.store import Retry, Settlement
from storage.tables import outbox
from tests.world import World, an_ask

LEASE = timedelta(seconds=60)


def kinds(world: World) -> list[str]:
    return [f.kind_of(item.effect) for item in world.outbox.claim(50, LEASE)]


def settle(world: World, *, state: str = "done") -> list[str]:
    """Claim what is due and settle it."""
    claimed = world.outbox.claim(50, LEASE)
    world.do(*(Settlement(item.id, item.attempt, item.incident, state) for item in claimed))
    return [f.kind_of(item.effect) for item in claimed]


def test_a_lane_gives_one_effect_at_a_time_in_order(world: World):
    world.opened()
    world.clock.forward(seconds=5)
    assert kinds(world) == ["open_room", "announce"]
    assert kinds(world) == []


def test_settling_the_first_frees_the_next(world: World):
    world.opened()
    assert [settle(world) for _ in range(4)] == [["open_room"], ["refresh_card"], ["set_topic"], []]


def test_what_is_more_urgent_is_begun_first_though_it_came_later(world: World):
    number = world.opened().number
    world.ask(c.AssignRole(role=Role.LEAD, person="ana"), number)
    world.ask(c.RecordRoom(platform="console", room="r1"), number)
    assert settle(world) == ["open_room", "invite"]
    assert settle(world) == ["refresh_card"]
    world.ask(c.AssignRole(role=Role.SCRIBE, person="ben"), number)
    world.clock.forward(seconds=5)
    world.opened("another one")
    # One of each lane, and the room of the new one before what is said of the old one.
    assert kinds(world) == ["open_room", "announce", "invite", "set_topic"]


def test_that_there_is_an_incident_is_said_while_its_room_cannot_be_opened(world: World):
    world.opened()
    (room,) = world.outbox.claim(9, LEASE)
    world.outbox.retry([Retry(room.id, room.attempt, timedelta(hours=1), "limited")])
    world.clock.forward(seconds=5)
    assert kinds(world) == ["announce"]


def test_who_may_not_be_invited_yet_holds_up_nothing_in_the_room(world: World):
    number = world.opened().number
    world.ask(c.AssignRole(role=Role.LEAD, person="ana"), number)
    world.ask(c.RecordRoom(platform="console", room="r1"), number)
    (invite,) = [item for item in world.outbox.claim(9, LEASE) if isinstance(item.effect, f.Invite)]
    world.outbox.retry([Retry(invite.id, invite.attempt, timedelta(hours=1), "limited")])
    world.clock.forward(seconds=61)
    while done := settle(world):
        assert "invite" not in done
        world.clock.forward(seconds=5)
    world.ask(c.Note(mark=Mark.NOTE, text="osd.17 is back"), number)
    world.clock.forward(seconds=5)
    assert [*settle(world), *settle(world)] == ["refresh_card", "tell"]


def test_lanes_do_not_wait_for_each_other_and_pages_come_first(world: World):
    world.opened(page="policy:platform")
    claimed = world.outbox.claim(1, LEASE)
    assert isinstance(claimed[0].effect, f.SendPage)
    assert sorted(kinds(world)) == ["open_room", "send_page"]


def test_a_lease_that_ran_out_comes_back_with_the_next_number(world: World):
    world.opened(private=True)
    (first,) = world.outbox.claim(9, LEASE)
    assert world.outbox.claim(9, LEASE) == []
    world.clock.forward(seconds=61)
    (second,) = world.outbox.claim(9, LEASE)
    assert (second.id, second.key, second.attempt) == (first.id, first.key, 2)


def test_a_renewed_lease_does_not_run_out(world: World):
    world.opened(private=True)
    held = world.outbox.claim(9, LEASE)
    world.clock.forward(seconds=50)
    world.outbox.renew(held, LEASE)
    world.clock.forward(seconds=50)
    assert world.outbox.claim(9, LEASE) == []


def test_who_lost_the_lease_settles_nothing(world: World):
    number = world.opened(private=True).number
    (slow,) = world.outbox.claim(9, LEASE)
    world.clock.forward(seconds=61)
    (quick,) = world.outbox.claim(9, LEASE)
    room = c.RecordRoom(platform="console", room="r1")
    late, good = world.do(
        Settlement(
            slow.id, slow.attempt, number, "done", ask=an_ask(c.RecordRoom(platform="console", room="r0"), number)
        ),
        Settlement(quick.id, quick.attempt, number, "done", ask=an_ask(room, number)),
    )
    assert late.late
    assert not good.late
    assert world.lookups.incident(number).rooms["console"].id == "r1"
    world.outbox.retry([Retry(slow.id, slow.attempt, timedelta(0), "too late")])
    assert kinds(world) == ["refresh_card"]


def test_an_effect_of_a_newer_release_is_left_to_it_and_nobody_spins(world: World):
    world.opened(private=True)
    with world.database.write() as connection:
        connection.execute(text("UPDATE outbox SET kind = 'send_pigeon' WHERE kind = 'open_room'"))
    assert world.outbox.claim(9, LEASE) == []
    assert world.outbox.next_due() is None


def test_a_retry_waits_and_keeps_its_lane_waiting(world: World):
    world.opened()
    (item,) = world.outbox.claim(9, LEASE)
    world.outbox.retry([Retry(item.id, item.attempt, timedelta(seconds=30), "down")])
    assert kinds(world) == []
    world.clock.forward(seconds=31)
    assert kinds(world) == ["open_room", "announce"]
    with world.database.read() as connection:
        assert connection.execute(text("SELECT errors FROM outbox WHERE id = 1")).scalar_one() == '["down"]'


def test_what_waits_is_counted_by_kind_with_the_last_reason(world: World):
    world.opened(private=True)
    for reason in ("down", "limited"):
        (item,) = world.outbox.claim(9, LEASE)
        world.outbox.retry([Retry(item.id, item.attempt, timedelta(0), reason)])
    found = {waiting.kind: (waiting.count, waiting.reason) for waiting in world.lookups.waiting()}
    assert found == {"open_room": (1, "limited"), "refresh_card": (1, ""), "set_topic": (1, "")}


def test_released_effects_are_due_at_once(world: World):
    world.opened()
    world.outbox.release(world.outbox.claim(9, LEASE))
    assert kinds(world) == ["open_room"]


def test_what_nobody_began_is_folded_into_one(world: World):
    number = world.opened().number
    while settle(world):
        world.clock.forward(seconds=5)
    for n in range(20):
        world.ask(c.Note(mark=Mark.NOTE, text=f"line {n}"), number)
    assert {w.kind: w.count for w in world.lookups.waiting()} == {"refresh_card": 1, "tell": 1}
    world.clock.forward(seconds=5)
    assert settle(world) == ["refresh_card"]
    (told,) = world.outbox.claim(9, LEASE)
    assert (told.since, told.upto) == (2, 21)
    world.ask(c.Note(mark=Mark.NOTE, text="while it was being told"), number)
    world.do(Settlement(told.id, told.attempt, number, "done"))
    world.clock.forward(seconds=5)
    assert settle(world) == ["refresh_card"]
    (rest,) = world.outbox.claim(9, LEASE)
    assert (rest.since, rest.upto) == (22, 22)


def test_an_acknowledgement_withdraws_unsent_pages_and_the_escalation(world: World):
    number = world.opened(page="policy:platform").number
    world.ask(c.Acknowledge(person="ana"), number)
    world.clock.forward(minutes=6)
    assert not {"send_page", "wake_escalation"} & set(kinds(world))


def test_a_page_and_its_acknowledgement_in_one_batch_wake_nobody(world: World):
    number = world.opened().number
    world.do(an_ask(c.Page(target="policy:platform"), number), an_ask(c.Acknowledge(person="ana"), number))
    world.clock.forward(minutes=6)
    assert not {"send_page", "wake_escalation"} & set(kinds(world))


def test_timers_fire_when_due_and_not_before(world: World):
    world.opened(page="policy:platform")
    assert "wake_escalation" not in kinds(world)
    assert world.outbox.next_due() is not None
    world.clock.forward(minutes=5)
    assert "wake_escalation" in kinds(world)


def test_leases_of_a_dead_process_are_taken_over_at_once_and_timers_stay(world: World):
    world.opened(private=True, page="policy:platform")
    held = world.outbox.claim(9, LEASE)
    assert held
    world.outbox.take_over()
    again = world.outbox.claim(9, LEASE)
    assert {item.id for item in again} == {item.id for item in held}
    assert not any(isinstance(item.effect, f.WakeEscalation) for item in again)


def test_cancelled_and_failed_effects_free_their_lane(world: World):
    number = world.opened().number
    settle(world, state="failed")
    world.ask(c.SetSeverity(severity=Severity.SEV1), number)
    assert settle(world) == ["refresh_card"]


@pytest.mark.parametrize(
    "spoil",
    ["UPDATE outbox SET body = '{' WHERE kind = 'open_room'", "UPDATE outbox SET body = '{}' WHERE kind = 'open_room'"],
)
def test_an_effect_that_cannot_be_read_is_failed_and_the_others_go_on(
    world: World, caplog: pytest.LogCaptureFixture, spoil: str
):
    world.opened("spoilt")
    with world.database.engine.begin() as connection:
        connection.execute(text(spoil))
    world.opened("whole")
    assert [(item.incident, f.kind_of(item.effect)) for item in world.outbox.claim(50, LEASE)] == [(2, "open_room")]
    with world.database.read() as connection:
        failed = connection.execute(select(outbox).where(outbox.c.state == "failed")).one()
    assert (failed.incident, "cannot be read" in failed.errors) == (1, True)
    assert "of INC-1) cannot be read" in caplog.text
    # Its lane goes on.
    assert [(item.incident, f.kind_of(item.effect)) for item in world.outbox.claim(50, LEASE)] == [(1, "refresh_card")]


def test_what_is_urgent_can_be_asked_for_alone(world: World):
    world.opened(page="policy:platform")
    claimed = world.outbox.claim(50, LEASE, urgent=True)
    assert {f.kind_of(item.effect) for item in claimed} == {"send_page"}
    world.clock.forward(minutes=6)
    assert [f.kind_of(item.effect) for item in world.outbox.claim(1, LEASE, urgent=True)] == ["send_page"]


def test_a_claim_leaves_out_the_pages_of_ways_that_are_full(world: World):
    world.opened(page="policy:platform")
    claimed = world.outbox.claim(9, LEASE, urgent=True, full=("email", ""))
    assert [item.lane for item in claimed] == ["1:page:ana:ntfy"]
    world.clock.forward(minutes=6)
    claimed = world.outbox.claim(9, LEASE, urgent=True, full=("tfy", "ntfy"))
    assert sorted(f.kind_of(item.effect) for item in claimed) == ["send_page", "wake_escalation"]
    assert "1:page:ana:email" in [item.lane for item in claimed]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_clock_set_back_delays_nothing_that_a_restart_does_not_cure(world: World, when: str):
    world.opened()
    if when == "before":
        world.outbox.claim(9, LEASE)
    world.clock.back(hours=1)
    world.outbox.take_over()
    assert "open_room" in kinds(world)


def test_the_last_words_in_a_room_come_before_it_is_archived(world: World):
    number = world.opened().number
    world.ask(c.RecordRoom(platform="console", room="r1"), number)
    while settle(world):
        world.clock.forward(seconds=5)
    world.ask(c.Cancel(reason="opened twice"), number)
    world.ask(c.ArchiveRooms(), number)
    world.clock.forward(seconds=5)
    told = [kind for _ in range(5) for kind in settle(world)]
    in_room = [kind for kind in told if kind not in ("wake_archive", "announce")]
    assert in_room == ["set_topic", "refresh_card", "tell", "archive_room"]
