"""The board of the lean coffee: asked for in batches, stored, and read again."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from bot.coffee.board import Coffee, CoffeeStatus, Topic, TopicState
from bot.coffee.brewed import Did
from bot.coffee.voters import voter
from bot.handle import handle
from bot.incident import commands as c
from bot.incident.commands import coffee as k
from bot.incident.model import Refused
from bot.store import Conflict
from storage.engine import Database
from tests.contract.coffee_table import ask, brewed, ended, everything, queued, said, sit
from tests.statements import statements
from tests.world import World, an_ask

DAY = timedelta(days=1)


class Crashed(Exception):
    """The process is gone."""


@pytest.fixture
def world(world: World) -> World:
    return sit(world)


def test_five_people_with_three_dots_each_make_the_order(world: World) -> None:
    for text in ("Flapping OSDs", "Who reads alerts at night", "Upgrade of Ceph"):
        ask(world, k.AddTopic(text=text, by="ana"))
    votes = {"ana": (2, 2, 3), "ben": (2, 2, 2), "cem": (3, 3, 1), "dora": (3, 2, 1), "eve": (3, 3, 3)}
    for by, topics in votes.items():
        for topic in topics:
            ask(world, k.PutDots(topic=topic, voter=""), by)
        refused = world.do(said(k.PutDots(topic=1, voter=""), by))[0].refused
        assert isinstance(refused, Refused)
        assert "Everybody has 3 dots" in refused.reason
    at = world.clock.now() + DAY
    ask(world, k.CallCoffee(starts_at=at))
    ask(world, k.OrderAgenda(starts_at=at))
    board = world.lookups.board()
    assert board.coffee is not None
    assert (board.coffee.status, board.coffee.agenda) == (CoffeeStatus.ORDERED, (3, 2, 1))
    assert [board.topics[id_].votes for id_ in board.coffee.agenda] == [7, 6, 2]


def test_one_person_is_one_voter_wherever_they_are(world: World) -> None:
    """What is typed and what is reacted come with the person's id, whatever platform it was on, and who knows the voter's digest
    already says it."""
    ask(world, k.AddTopic(text="Flapping OSDs"))
    key = "k" * 32
    world.rules = sit(world).rules
    world.do(
        said(k.PutDots(topic=1, voter=""), "ana"), said(k.PutDots(topic=1, voter=world.rules.voter("ana", 0)), "ben")
    )
    topic = world.lookups.board().topics[1]
    assert (len(topic.dots), topic.votes) == (1, 2)
    assert voter(key, "ana", 0) != voter("another", "ana", 0) != voter("another", "ben", 0)
    assert len(voter(key, "ana", 0)) == 16


def test_after_each_coffee_everybody_is_another_voter_and_what_is_skipped_parts_nobody(world: World) -> None:
    ask(world, k.AddTopic(text="Flapping OSDs"))

    def voted() -> str:
        ask(world, k.PutDots(topic=1, voter=""))
        (voter,) = world.lookups.board().topics[1].dots
        return voter

    before = voted()
    ask(world, k.CallCoffee(starts_at=world.clock.now() + DAY))
    assert voted() == before
    ask(world, k.SkipCoffee())
    assert voted() == before
    refused = world.do(said(k.PutDots(topic=1, voter="")))[0].refused
    assert refused is not None
    assert "all of yours are put" in refused.reason
    ask(world, k.StartCoffee())
    ended(world)
    ask(world, k.RestoreTopic(topic=1))
    assert voted() != before


def test_what_is_stored_is_what_was_brewed_from_the_call_to_the_minutes(world: World) -> None:
    at = world.clock.now() + DAY
    for text in ("first", "second", "third"):
        ask(world, k.AddTopic(text=text, by="ben"))
    ask(world, k.DropTopic(topic=3))
    assert sorted(world.lookups.board().topics) == [1, 2]
    ask(world, k.RestoreTopic(topic=3))
    commands = (
        k.PutDots(topic=2, voter="", count=2),
        k.CallCoffee(starts_at=at),
        k.RecordBoard(spot="console", message="m1", room="ops", coffee=1),
        k.StartCoffee(),
        k.NoteTakeaway(text="Alert on slow ones", by="ana"),
    )
    for command in commands:
        assert ask(world, command).board == world.lookups.board()
    board = world.lookups.board()
    assert board.coffee is not None
    due = board.coffee.until
    assert due is not None
    world.clock.forward(minutes=8)
    for command in (
        k.EndTimebox(coffee=1, topic=2, round=1, due=due),
        k.RecordThumbs(spot="console", message="m2", coffee=1, topic=2, round=1),
        k.GiveThumb(voter="", up=True),
    ):
        assert ask(world, command).board == world.lookups.board()
    world.clock.forward(minutes=1)
    on = ask(world, k.CountThumbs(coffee=1, topic=2, round=1))
    assert on.told.what is Did.ON
    ended = ask(world, k.EndCoffee()).board
    found = world.lookups.board()
    assert (found.coffee, found.past) == (None, ended.past)
    assert found.topics == {id_: one for id_, one in ended.topics.items() if one.state is TopicState.OPEN}
    assert world.lookups.coffee(1) == (ended.past[1], (ended.topics[2],))
    assert world.lookups.coffee(2) is None
    ask(world, k.CallCoffee(starts_at=at + 7 * DAY))
    kept = ask(world, k.RecordMinutes(coffee=1, place="https://git.example.org/minutes.md"))
    assert kept.board.coffee is not None
    assert world.lookups.board() == kept.board
    assert world.lookups.board().past[1].minutes == "https://git.example.org/minutes.md"


def test_the_topics_of_a_coffee_come_in_the_order_of_its_agenda(world: World) -> None:
    for text in ("first", "second", "third"):
        ask(world, k.AddTopic(text=text))
    ask(world, k.PutDots(topic=3, voter=""))
    for command in (k.StartCoffee(), k.NextTopic(), k.NextTopic(takeaway="x"), k.EndCoffee()):
        ask(world, command)
        world.clock.forward(minutes=1)
    minutes = world.lookups.coffee(1)
    assert minutes is not None
    assert [topic.id for topic in minutes[1]] == [3, 1, 2]


def test_in_one_batch_each_sees_what_came_before_and_a_refusal_leaves_no_gap(world: World) -> None:
    outcomes = world.do(
        said(k.AddTopic(text="first", by="ana")),
        said(k.AddTopic(text="First!")),
        an_ask(c.Open(title="Down")),
        said(k.AddTopic(text="second")),
        said(k.PutDots(topic=2, voter="", count=3)),
        said(k.PutDots(topic=1, voter="")),
        said(k.StartCoffee()),
    )
    assert [bool(outcome.refused) for outcome in outcomes] == [False, True, False, False, False, True, False]
    assert outcomes[2].after is not None
    assert brewed(outcomes[3]).told.topic == brewed(outcomes[3]).board.topics[2]
    board = world.lookups.board()
    assert (sorted(board.topics), board.topics[2].votes) == ([1, 2], 3)
    assert board.coffee is not None
    assert board.coffee.agenda == (2, 1)


def test_what_is_asked_twice_is_done_and_sent_once(world: World) -> None:
    at = world.clock.now() + DAY
    world.do(said(k.CallCoffee(starts_at=at)), said(k.CallCoffee(starts_at=at)))
    once = queued(world)
    assert sorted(once) == [
        ("coffee:1.1.0", "show_board"),
        ("coffee:1.1.1", "show_board"),
        ("coffee:1.1.2", "wake_timebox"),
    ]
    ask(world, k.CallCoffee(starts_at=at))
    assert queued(world) == once
    outcomes = world.do(said(k.AddTopic(text="once"), inbox="m1"), said(k.AddTopic(text="twice"), inbox="m1"))
    assert [outcome.again for outcome in outcomes] == [False, True]
    # Who shows the board has not begun: it will show this too.
    assert queued(world) == once
    world.outbox.claim(64, DAY)
    world.clock.forward(seconds=2)
    world.outbox.claim(64, DAY)
    world.do(said(k.PutDots(topic=1, voter="")), said(k.PutDots(topic=1, voter=""), "ben"))
    assert [kind for _, kind in queued(world)[3:]] == ["show_board", "show_board"]


def test_a_meeting_puts_its_clocks_into_the_outbox_each_once(world: World) -> None:
    ask(world, k.AddTopic(text="first"))
    ask(world, k.StartCoffee())
    timers = [row for row in queued(world) if row[1] == "wake_timebox"]
    assert timers == [("coffee:1.1.2", "wake_timebox"), ("coffee:1.1.5", "wake_timebox")]
    world.clock.forward(minutes=7)
    assert not [one for one in world.outbox.claim(64, DAY) if one.key.startswith(timers[1][0])]
    world.clock.forward(minutes=1)
    (box,) = [one for one in world.outbox.claim(64, DAY) if one.key == timers[1][0]]
    assert box.lane == box.key


def test_a_batch_that_is_not_about_the_coffee_asks_nothing_of_the_board(world: World) -> None:
    def asked(*requests: c.Ask) -> int:
        with statements() as sent:
            world.do(*requests)
        return len([one for one, _ in sent if "FROM topic" in one])

    assert asked(an_ask(c.Open(title="Down")), an_ask(c.Open(title="Down too"))) == 0
    assert asked(*(said(k.AddTopic(text=f"topic {n}")) for n in range(20))) == 1


def test_a_crash_between_leaves_nothing_and_takes_no_number(world: World) -> None:
    def crash() -> None:
        with world.store.begin() as tx:
            assert (tx.board().topic, tx.board().coffee) == (0, 0)
            tx.keep_board([Topic(1, "lost", world.clock.now())], [Coffee(1, world.clock.now())])
            raise Crashed

    with pytest.raises(Crashed):
        crash()
    assert world.lookups.board().topics == {}
    assert ask(world, k.AddTopic(text="kept")).board.topics[1].text == "kept"
    started = ask(world, k.StartCoffee()).board.coffee
    assert started is not None
    assert started.number == 1


def test_what_cannot_be_read_holds_up_nothing_else(world: World, caplog: pytest.LogCaptureFixture) -> None:
    for text in ("first", "second"):
        ask(world, k.AddTopic(text=text))
    with world.database.write() as connection:
        connection.exec_driver_sql("UPDATE topic SET body = '{}' WHERE id = 1")
    assert sorted(world.lookups.board().topics) == [2]
    assert "cannot be read" in caplog.text
    assert 3 in ask(world, k.AddTopic(text="third")).board.topics


def test_two_bots_give_no_number_place_or_dot_twice(postgresql_url: str) -> None:
    worlds = [sit(World(Database(postgresql_url))) for _ in range(2)]
    gate = threading.Barrier(2)
    failures: list[Exception] = []

    def work(at: int) -> None:
        world = worlds[at]
        gate.wait()
        for n in range(12):
            for request in (
                said(k.AddTopic(text=f"topic {n} of {at}")),
                said(k.PutDots(topic=n + 1, voter=""), "ana"),
                an_ask(c.Open(title=f"incident {n} of {at}")),
            ):
                try:
                    handle(world.store, [request], world.rules)
                except Conflict as conflict:
                    failures.append(conflict)

    threads = [threading.Thread(target=work, args=(at,)) for at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    board = worlds[0].lookups.board()
    for world in worlds:
        world.close()
    assert failures == []
    assert sorted(board.topics) == list(range(1, 25))
    assert sorted(topic.place for topic in board.topics.values()) == [0] * 9 + list(range(1, 16))
    assert sum(topic.votes for topic in board.topics.values()) == 3


def test_where_nobody_is_named_no_table_knows_who_it_was(world: World) -> None:
    sit(world, anonymous=False)
    ask(world, k.AddTopic(text="said before", by="ana-ruiz"), "ana-ruiz")
    ask(world, k.AddTopic(text="said before too", by="ana-ruiz"), "ana-ruiz")
    assert "ana-ruiz" in everything(world)
    sit(world, anonymous=True)
    for command in (
        k.AddTopic(text="said now", by="ana-ruiz"),
        k.PutDots(topic=1, voter=""),
        k.StartCoffee(),
        k.NoteTakeaway(text="learnt", by="ana-ruiz"),
        k.NextTopic(takeaway="learnt too", by="ana-ruiz"),
        k.EndTimebox(coffee=1, topic=2, round=1),
        k.GiveThumb(voter="", up=True),
    ):
        ask(world, command, "ana-ruiz")
        world.clock.forward(minutes=1)
    assert "ana-ruiz" not in everything(world)
    ask(world, k.EndCoffee(), "ana-ruiz")
    assert "learnt too" in everything(world)
    assert "ana-ruiz" not in everything(world)
    # Nor how anybody voted.
    assert world.rules.voter("ana-ruiz", 0) not in everything(world)


def test_the_board_is_read_by_its_indexes_however_much_was_talked_about(world: World) -> None:
    for n in range(3):
        ask(world, k.AddTopic(text=f"topic {n}"))
    ask(world, k.CallCoffee(starts_at=world.clock.now()))
    with statements() as sent:
        world.lookups.board()
    asked = [one for one in sent if "FROM topic" in one[0]]
    assert len(asked) == 1
    statement, values = asked[0]
    with world.database.engine.connect() as connection:
        if not world.database.sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if world.database.sqlite else "EXPLAIN"
        plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", values))
    assert "topic_open" in plan, plan
    assert "topic_coffee" in plan, plan
    assert "coffee_live" in plan, plan
