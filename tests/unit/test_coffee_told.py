"""What each command of the coffee says it did, whole: of which topic and meeting, as they are by then, and how many dots."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.coffee.board import Board, Coffee, CoffeeStatus, Takeaway, TopicState
from bot.coffee.brewed import Brewed, Did, Told
from bot.incident.commands import coffee as k
from tests.unit.coffee_boards import CALLED, HOUR, MANNER, MEETING, MINUTE, NOW, THREE, board, do, topic

LATER = NOW + 5 * MINUTE
ASKED = do(MEETING, k.EndTimebox(coffee=4, topic=2, round=1)).board
UP = do(ASKED, k.GiveThumb(voter="a", up=True)).board
TAKEN_ALONG = do(MEETING, k.NoteTakeaway(text="Alert on slow", by="ana")).board
REACTED = do(THREE, k.PutDots(topic=3, voter="a", reaction="slack:1.2")).board
OVER = do(MEETING, k.EndCoffee(), at=NOW + HOUR).board


@pytest.mark.parametrize(
    ("before", "command", "what", "about", "meeting", "more"),
    [
        (THREE, k.AddTopic(text="one more"), Did.ADDED, 4, 4, {}),
        (THREE, k.DropTopic(topic=2), Did.DROPPED, 2, 0, {"before": THREE.topics[2]}),
        (board(topic(1, state=TopicState.DROPPED)), k.DropTopic(topic=1), Did.NOTHING, 1, 0, {}),
        (THREE, k.RestoreTopic(topic=2), Did.NOTHING, 2, 0, {}),
        (
            board(topic(1, state=TopicState.DROPPED)),
            k.RestoreTopic(topic=1),
            Did.RESTORED,
            1,
            0,
            {"before": topic(1, state=TopicState.DROPPED)},
        ),
        (THREE, k.RewordTopic(topic=3, text="Anew"), Did.REWORDED, 3, 0, {"before": THREE.topics[3]}),
        (THREE, k.RewordTopic(topic=3, text="Topic 3"), Did.NOTHING, 3, 0, {}),
        (THREE, k.ForgetTopic(topic=1), Did.DROPPED, 1, 0, {}),
        (MEETING, k.ForgetTopic(topic=2), Did.REWORDED, 2, 0, {}),
        (
            THREE,
            k.PutDots(topic=3, voter="a", count=2),
            Did.PUT,
            3,
            0,
            {"before": THREE.topics[3], "count": 2, "left": 0},
        ),
        (REACTED, k.PutDots(topic=3, voter="a", reaction="slack:1.2"), Did.NOTHING, 3, 0, {}),
        (THREE, k.TakeDots(topic=2, voter="b"), Did.TAKEN, 2, 0, {"before": THREE.topics[2], "count": 2, "left": 3}),
        (THREE, k.TakeDots(topic=2, voter="b", reaction="slack:9"), Did.NOTHING, 2, 0, {}),
        (ASKED, k.GiveThumb(voter="a", up=True), Did.THUMB, 2, 4, {}),
        (UP, k.GiveThumb(voter="a", up=True), Did.NOTHING, 2, 4, {}),
        (UP, k.TakeThumb(voter="a", up=True), Did.NO_THUMB, 2, 4, {}),
        (UP, k.TakeThumb(voter="a", up=False), Did.NOTHING, 2, 4, {}),
        (THREE, k.CallCoffee(starts_at=CALLED.starts_at), Did.NOTHING, 0, 4, {}),
        (board(), k.CallCoffee(starts_at=NOW), Did.CALLED, 0, 1, {}),
        (THREE, k.OrderAgenda(), Did.ORDERED, 0, 4, {}),
        (MEETING, k.OrderAgenda(starts_at=CALLED.starts_at), Did.NOTHING, 0, 4, {}),
        (MEETING, k.TakeUpTopic(topic=2), Did.NOTHING, 2, 4, {}),
        (MEETING, k.EndTimebox(coffee=4, topic=2, round=1), Did.ASKED, 2, 4, {}),
        (UP, k.CountThumbs(coffee=4, topic=2, round=1), Did.ON, 2, 4, {}),
        (MEETING, k.NoteTakeaway(text="We alert"), Did.TOOK_ALONG, 2, 4, {"takeaway": Takeaway("We alert", number=1)}),
        (TAKEN_ALONG, k.DropTakeaway(), Did.TOOK_BACK, 2, 4, {"takeaway": Takeaway("Alert on slow", number=1)}),
        (MEETING, k.EndCoffee(), Did.NOT_BEGUN, 0, 4, {}),
        (TAKEN_ALONG, k.EndCoffee(), Did.OVER, 0, 4, {}),
        (THREE, k.SkipCoffee(), Did.SKIPPED, 0, 4, {}),
        (THREE, k.RecordBoard(coffee=4, platform="slack", room="C", message="m"), Did.KEPT, 0, 4, {}),
        (ASKED, k.RecordThumbs(coffee=4, topic=2, round=1, platform="slack", message="m"), Did.KEPT, 0, 4, {}),
        (OVER, k.RecordMinutes(coffee=4, place="https://git.example.org/a"), Did.KEPT, 0, 4, {}),
    ],
)
def test_what_is_told_is_of_the_topic_and_the_meeting_as_they_are_by_then(
    before: Board, command: k.CoffeeCommand, what: Did, about: int, meeting: int, more: dict[str, object]
) -> None:
    brewed = do(before, command)
    of = {"topic": brewed.board.topics[about]} if about else {}
    held = {"coffee": brewed.board.coffees[meeting]} if meeting else {}
    assert brewed.told == Told(what, **of, **held, **more)


def test_who_goes_on_is_told_of_both_topics() -> None:
    moved = do(MEETING, k.NextTopic(takeaway="Alert", by="ana"), at=LATER)
    now = moved.board
    assert moved.told == Told(
        Did.BEGAN, now.topics[2], then=now.topics[1], coffee=now.coffee, takeaway=Takeaway("Alert", number=1)
    )
    assert do(THREE, k.StartCoffee()).told == Told(Did.BEGAN, then=MEETING.topics[2], coffee=MEETING.coffee)
    assert do(MEETING, k.NextTopic(takeaway=" \n"), at=LATER).told == do(MEETING, k.NextTopic(), at=LATER).told
    empty = do(board(), k.StartCoffee())
    assert empty.told == Told(Did.BEGAN, coffee=empty.board.coffee)
    last = do(do(board(topic(1)), k.StartCoffee()).board, k.NextTopic(), at=LATER)
    assert last.told == Told(Did.DONE, last.board.topics[1], coffee=last.board.coffee)
    late = do(last.board, k.NextTopic(takeaway="late"), at=LATER)
    assert late.told == Told(
        Did.TOOK_ALONG, late.board.topics[1], coffee=late.board.coffee, takeaway=Takeaway("late", number=1)
    )


@pytest.mark.parametrize(
    ("before", "command"),
    [
        (MEETING, k.CountThumbs(coffee=4, topic=2, round=1)),
        (UP, k.CountThumbs(coffee=3, topic=2, round=1)),
        (UP, k.CountThumbs(coffee=4, topic=1, round=1)),
        (UP, k.CountThumbs(coffee=4, topic=2, round=2)),
        (MEETING, k.EndTimebox(coffee=4, topic=1, round=1)),
        (MEETING, k.EndTimebox(coffee=4, topic=2, round=2)),
        (board(), k.CountThumbs(coffee=4, topic=2, round=1)),
        (board(), k.EndTimebox(coffee=4, topic=2, round=1)),
        (board(), k.EndTimebox(coffee=4, topic=0, round=0)),
        (board(), k.RecordThumbs(coffee=4, topic=2, round=1, platform="slack", message="m")),
        (MEETING, k.RecordThumbs(coffee=4, topic=2, round=1, platform="slack", message="m")),
    ],
)
def test_what_a_clock_of_the_release_before_asks_for_of_another_round_is_pointless(
    before: Board, command: k.CoffeeCommand
) -> None:
    """It says of which round, and not when it was set for."""
    assert do(before, command) == Brewed(before)


def test_what_asked_for_thumbs_asks_no_more_once_they_were_counted() -> None:
    asks = k.RecordThumbs(coffee=4, topic=2, round=1, platform="slack", message="m1")
    on = do(do(UP, asks).board, k.CountThumbs(coffee=4, topic=2, round=1)).board.coffee
    assert on is not None
    assert (on.round, on.asked, on.thumbs) == (2, {}, {})
    moved = do(do(UP, asks).board, k.NextTopic(), at=LATER).board.coffee
    assert moved is not None
    assert (moved.current, moved.asking, moved.asked, moved.thumbs) == (1, False, {}, {})


def test_each_coffee_has_a_vote_of_its_own_unless_the_one_before_was_skipped() -> None:
    later = NOW + 5 * HOUR
    over = replace(board(), past={3: Coffee(3, NOW - HOUR, CoffeeStatus.OVER, ballot=7)})
    skipped = replace(board(), past={3: Coffee(3, NOW - HOUR, CoffeeStatus.SKIPPED, ballot=7)})
    for command in (k.CallCoffee(starts_at=later), k.OrderAgenda(starts_at=later), k.StartCoffee()):
        ballots = [do(before, command).board.ballot for before in (board(), over, skipped)]
        assert ballots == [0, 8, 7]
    called = replace(board(), coffee=Coffee(4, NOW, ballot=7))
    assert do(called, k.CallCoffee(starts_at=later)).board.ballot == 7


def test_who_holds_more_dots_than_there_are_by_now_has_none_left() -> None:
    three = do(board(topic(1), topic(2)), k.PutDots(topic=1, voter="a", count=3)).board
    fewer = do(three, k.TakeDots(topic=1, voter="a", count=1), replace(MANNER, dots=1))
    assert (fewer.board.topics[1].dots, fewer.told.left) == ({"a": 2}, 0)


def test_where_none_is_called_what_is_forgotten_is_shown_anew_on_the_last_board() -> None:
    past = tuple(Coffee(number, NOW + number * HOUR, CoffeeStatus.OVER) for number in (3, 4))
    forgot = do(board(topic(1), past=past), k.ForgetTopic(topic=1))
    assert forgot.coffee is not None
    assert (forgot.coffee.number, forgot.board.past[3]) == (4, past[0])
