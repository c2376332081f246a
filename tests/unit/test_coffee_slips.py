"""What people do by mistake over the coffee, or too late, and what becomes of a meeting in which nobody is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.coffee.board import Board, Coffee, CoffeeStatus, Takeaway, TopicState
from bot.coffee.brewed import Brewed, Did, Told
from bot.coffee.dated import rescheduled
from bot.incident import effects as f
from bot.incident.commands import coffee as k
from bot.incident.text import REMOVED
from tests.unit.coffee_boards import HOUR, MANNER, MEETING, MINUTE, NOW, THREE, board, do, kinds, refusal, topic

SECOND = timedelta(seconds=1)


def meeting(board: Board) -> Coffee:
    assert board.coffee is not None
    return board.coffee


def clocks(brewed: Brewed) -> list[f.WakeTimebox]:
    return [one for one in brewed.effects if isinstance(one, f.WakeTimebox)]


def silence(board: Board) -> Brewed:
    """The time of the topic is over, and nobody has a thumb."""
    coffee = meeting(board)
    assert coffee.until is not None
    about = {"coffee": coffee.number, "topic": coffee.current, "round": coffee.round}
    asked = meeting(do(board, k.EndTimebox(**about), at=coffee.until).board).until
    assert asked is not None
    return do(do(board, k.EndTimebox(**about), at=coffee.until).board, k.CountThumbs(**about), at=asked)


SOON, LATER = NOW + HOUR, NOW + 9 * HOUR


@pytest.mark.parametrize(
    ("before", "following", "asked"),
    [
        (THREE, SOON, None),
        (THREE, LATER, k.CallCoffee(starts_at=LATER)),
        (THREE, NOW + MINUTE, k.CallCoffee(starts_at=NOW + MINUTE)),
        (THREE, None, k.SkipCoffee(starts_at=SOON)),
        (MEETING, LATER, None),
        (board(), LATER, None),
        # Nobody came, or nobody wanted that one.
        (board(coffee=Coffee(4, NOW)), LATER, None),
        (board(coffee=Coffee(4, SOON), past=(Coffee(3, LATER, CoffeeStatus.SKIPPED),)), LATER, None),
    ],
)
def test_a_calendar_moves_the_coffee_that_is_called_and_still_to_come(
    before: Board, following: datetime | None, asked: k.CoffeeCommand | None
) -> None:
    assert rescheduled(before, following, NOW) == asked


def test_who_goes_on_as_another_topic_has_just_begun_skips_none() -> None:
    moved = do(MEETING, k.NextTopic(), at=NOW + MINUTE).board
    for after in (timedelta(), 9 * SECOND):
        assert refusal(moved, k.NextTopic(), at=NOW + MINUTE + after) == (
            "Topic 1 has just begun, so it stays. `coffee next` goes on from it in a moment."
        )
    noted = do(moved, k.NextTopic(takeaway="Both said so", by="ben"), at=NOW + MINUTE + SECOND)
    assert (noted.told.what, meeting(noted.board).current) == (Did.TOOK_ALONG, 1)
    assert noted.board.topics[2].takeaways == (Takeaway("Both said so", "ben", 1),)
    assert meeting(do(moved, k.NextTopic(), at=NOW + MINUTE + 10 * SECOND).board).current == 3


def test_a_meeting_that_was_begun_by_mistake_is_as_if_it_had_not_been() -> None:
    ordered = do(THREE, k.OrderAgenda()).board
    started = do(ordered, k.StartCoffee(), at=NOW).board
    moved = do(started, k.NextTopic(), at=NOW + MINUTE).board
    back = do(moved, k.EndCoffee(), at=NOW + 2 * MINUTE - SECOND)
    assert back.told.what is Did.NOT_BEGUN
    assert kinds(back) == ["show_board", "wake_timebox"]
    assert back.board.topics == ordered.topics
    assert replace(meeting(back.board), version=0) == replace(meeting(ordered), version=0)
    assert do(moved, k.EndCoffee(), at=NOW + 2 * MINUTE).told.what is Did.OVER


AGAIN = topic(7, coffee=3, spent=5 * MINUTE, takeaways=(Takeaway("Of an earlier one", "ben", 2),), dots={"a": 3})
"""It was talked about at the coffee before, and somebody put it on the board again."""


def test_what_was_talked_about_before_is_still_of_its_coffee_when_it_was_begun_by_mistake() -> None:
    ordered = do(replace(THREE, topics={**THREE.topics, 7: AGAIN}), k.OrderAgenda()).board
    begun = do(ordered, k.StartCoffee()).board
    assert (begun.topics[7].coffee, begun.topics[7].takeaways) == (4, ())
    moved = do(do(begun, k.NextTopic(), at=NOW + MINUTE).board, k.TakeUpTopic(topic=7), at=NOW + MINUTE).board
    for meets in (begun, moved):
        back = do(meets, k.EndCoffee(), at=NOW + 2 * MINUTE - SECOND)
        assert (back.told.what, back.board.topics) == (Did.NOT_BEGUN, ordered.topics)
    over = do(moved, k.EndCoffee(), at=NOW + HOUR).board
    assert (over.topics[7].coffee, over.topics[7].earlier) == (4, None)


def test_a_meeting_that_was_ended_by_mistake_goes_on_with_its_agenda() -> None:
    moved = do(do(MEETING, k.NoteTakeaway(text="one")).board, k.NextTopic(), at=NOW + MINUTE).board
    over = do(moved, k.EndCoffee(), at=NOW + 10 * MINUTE).board
    put = do(over, k.PutDots(topic=3, voter="of the next one")).board
    on = do(put, k.StartCoffee(), at=NOW + 12 * MINUTE - SECOND)
    coffee = meeting(on.board)
    assert (on.told.what, kinds(on)) == (Did.RESUMED, ["show_board", "wake_timebox"])
    assert (coffee.number, coffee.status, coffee.agenda, coffee.current) == (4, CoffeeStatus.RUNNING, (2, 1, 3), 0)
    assert (coffee.began, coffee.ended, on.board.topics[3].dots) == (NOW, None, {})
    assert 4 not in on.board.past
    assert meeting(do(on.board, k.TakeUpTopic(topic=1), at=NOW + 12 * MINUTE).board).current == 1
    again = do(do(on.board, k.NextTopic(), at=NOW + 12 * MINUTE).board, k.EndCoffee(), at=NOW + 20 * MINUTE)
    assert (again.board.past[4].voices, again.board.past[4].ended) == (2, NOW + 20 * MINUTE)
    assert kinds(again) == ["show_board", "tell over 0", "write_minutes", "write_minutes"]
    another = do(over, k.StartCoffee(), at=NOW + 12 * MINUTE)
    assert (another.told.what, meeting(another.board).number) == (Did.BEGAN, 5)
    called = do(over, k.CallCoffee(starts_at=NOW + 2 * HOUR), at=NOW + 10 * MINUTE).board
    assert meeting(do(called, k.StartCoffee(), at=NOW + 11 * MINUTE).board).number == 5


def test_what_was_written_down_in_two_minutes_was_no_mistake() -> None:
    noted = do(MEETING, k.NoteTakeaway(text="We alert on slow ones")).board
    assert do(noted, k.EndCoffee(), at=NOW + MINUTE).told.what is Did.OVER


def test_one_that_nobody_had_planned_is_left_out_when_it_was_a_mistake() -> None:
    started = do(board(topic(1, dots={"a": 1}), topic(2, text=REMOVED)), k.StartCoffee()).board
    back = do(started, k.EndCoffee(), at=NOW + MINUTE).board
    assert (back.coffee, back.past[1].status, back.topics[1].dots) == (None, CoffeeStatus.SKIPPED, {"a": 1})
    gone = do(do(started, k.ForgetTopic(topic=1)).board, k.EndCoffee(), at=NOW + MINUTE).board.topics[1]
    assert gone.state is TopicState.DROPPED


def test_where_nobody_has_a_word_or_a_thumb_for_two_topics_the_third_waits() -> None:
    first = silence(MEETING)
    assert (meeting(first.board).current, meeting(first.board).silent) == (1, 1)
    second = silence(first.board)
    coffee = meeting(second.board)
    assert (coffee.status, coffee.current, coffee.silent) == (CoffeeStatus.RUNNING, 0, 0)
    assert kinds(second) == ["show_board", "tell quiet 1"]
    assert [one for one in second.effects if isinstance(one, f.WakeTimebox)] == []
    assert second.board.topics[3].state is TopicState.OPEN
    assert meeting(do(second.board, k.NextTopic(), at=NOW + HOUR).board).current == 3


@pytest.mark.parametrize(
    "word",
    [
        k.NoteTakeaway(text="one"),
        k.PutDots(topic=3, voter="a"),
        k.AddTopic(text="one more"),
        k.RewordTopic(topic=3, text="anew"),
    ],
)
def test_a_word_of_anybody_is_a_sign_of_life(word: k.CoffeeCommand) -> None:
    said = do(silence(MEETING).board, word, at=NOW + 10 * MINUTE).board
    assert meeting(said).silent == 0
    assert meeting(silence(said).board).current == 3


@pytest.mark.parametrize("up", [True, False])
def test_a_thumb_is_a_sign_of_life(up: bool) -> None:
    begun = silence(MEETING).board
    coffee = meeting(begun)
    assert coffee.until is not None
    about = {"coffee": coffee.number, "topic": coffee.current, "round": coffee.round}
    asked = do(begun, k.EndTimebox(**about), at=coffee.until).board
    held = replace(asked, coffee=replace(meeting(asked), thumbs={"a": up}))
    counted = meeting(do(held, k.CountThumbs(**about), at=coffee.until + MINUTE).board)
    assert (counted.current, counted.silent) == (1 if up else 3, 0)


def test_when_there_is_no_other_topic_to_wait_with_it_was_the_last() -> None:
    two = do(MEETING, k.DropTopic(topic=3)).board
    assert kinds(silence(silence(two).board)) == ["show_board", "tell done 1"]


def test_what_comes_to_mind_after_the_meeting_is_noted_and_the_minutes_are_written_anew() -> None:
    over = do(do(MEETING, k.NextTopic(takeaway="one"), at=NOW + MINUTE).board, k.EndCoffee(), at=NOW + HOUR).board
    late = do(over, k.NoteTakeaway(text="two", by="ben", topic=2), at=NOW + 2 * HOUR)
    assert late.board.topics[2].takeaways == (Takeaway("one", "", 1), Takeaway("two", "ben", 2))
    assert kinds(late) == ["write_minutes", "write_minutes"]
    assert (late.coffee and late.coffee.number, late.told.what) == (4, Did.TOOK_ALONG)
    # Also when the next one is called; without a number it is of the topic that was last.
    called = do(late.board, k.CallCoffee(starts_at=NOW + 9 * HOUR), at=NOW + 3 * HOUR).board
    last = do(called, k.NoteTakeaway(text="three"), at=NOW + 4 * HOUR)
    assert (last.board.topics[1].takeaways, last.coffee and last.coffee.number) == ((Takeaway("three", "", 3),), 4)
    assert last.coffee
    assert late.coffee
    assert last.coffee.version > late.coffee.version
    back = do(last.board, k.DropTakeaway(takeaway=3), at=NOW + 4 * HOUR)
    assert (back.board.topics[1].takeaways, kinds(back)) == ((), ["write_minutes", "write_minutes"])
    assert refusal(over, k.NoteTakeaway(text="x", topic=3)) == (
        "Topic 3 was not talked about then. `coffee minutes` shows what was."
    )


def test_while_people_meet_takeaways_are_theirs() -> None:
    over = do(MEETING, k.EndCoffee(), at=NOW + HOUR).board
    again = do(over, k.StartCoffee(), at=NOW + 2 * HOUR).board
    noted = do(again, k.NoteTakeaway(text="now"), at=NOW + 2 * HOUR)
    assert (noted.board.topics[1].takeaways, kinds(noted)) == ((Takeaway("now", "", 1),), [])
    assert MANNER.publishers


def test_what_came_up_after_the_mistake_stands_behind_the_agenda_of_the_meeting_that_goes_on() -> None:
    ended = do(MEETING, k.EndCoffee(), at=NOW + HOUR).board
    added = do(ended, k.AddTopic(text="thought of at the door"), at=NOW + HOUR).board
    on = do(added, k.StartCoffee(), at=NOW + HOUR + MINUTE).board
    assert on.coffee is not None
    assert (on.coffee.number, on.coffee.agenda) == (4, (2, 1, 3, 4))
    for minutes, current in ((2, 1), (3, 3), (4, 4)):
        on = do(on, k.NextTopic(), at=NOW + HOUR + minutes * MINUTE).board
        assert on.coffee is not None
        assert on.coffee.current == current


def test_a_meeting_begun_by_mistake_asks_for_no_thumbs_any_more_and_old_takeaways_are_none_of_it() -> None:
    old = topic(7, coffee=3, takeaways=(Takeaway("Of an earlier one"),))
    meets = do(replace(THREE, topics={**THREE.topics, 7: old}), k.StartCoffee()).board
    asked = do(meets, k.EndTimebox(coffee=4, topic=2, round=1)).board
    held = do(do(asked, k.GiveThumb(voter="a", up=True)).board, RECORD).board
    back = do(held, k.EndCoffee(), at=NOW + MINUTE)
    coffee = meeting(back.board)
    assert back.told.what is Did.NOT_BEGUN
    assert (coffee.asking, coffee.thumbs, coffee.asked) == (False, {}, {})


RECORD = k.RecordThumbs(spot="slack", message="m1", coffee=4, topic=2, round=1)


def test_the_newest_meeting_is_the_one_that_goes_on_and_ends_itself_in_the_end() -> None:
    earlier = Coffee(3, NOW - 9 * HOUR, CoffeeStatus.OVER, ended=NOW - 8 * HOUR)
    meets = do(replace(THREE, past={3: earlier}), k.StartCoffee()).board
    over = do(meets, k.EndCoffee(), at=NOW + HOUR).board
    put = do(over, k.PutDots(topic=3, voter="z", reaction="slack:1.2"), at=NOW + HOUR).board
    on = do(put, k.StartCoffee(), at=NOW + HOUR)
    assert on.told == Told(Did.RESUMED, on.board.topics[2], coffee=on.board.coffee)
    assert meeting(on.board).number == 4
    assert (on.board.topics[3].dots, on.board.topics[3].reacted) == ({}, {})
    assert clocks(on) == [f.WakeTimebox(4, 0, 0, NOW + HOUR + MANNER.length + HOUR)]
    late = do(over, k.NoteTakeaway(text="two", by="ben", topic=2), at=NOW + 3 * HOUR)
    assert (late.told.what, late.told.coffee) == (Did.TOOK_ALONG, late.board.past[4])


def test_what_is_over_is_not_called_beside_the_next_and_one_nobody_began_is_not_moved() -> None:
    following = board(topic(1), coffee=Coffee(5, LATER), past=(Coffee(4, SOON, CoffeeStatus.OVER),))
    again = do(following, k.CallCoffee(starts_at=SOON))
    assert (again.board, again.effects, again.told) == (following, (), Told())
    late = do(board(coffee=Coffee(4, NOW - HOUR)), k.CallCoffee(starts_at=LATER))
    assert (late.told.what, meeting(late.board).number, late.board.past[4].status) == (
        Did.CALLED,
        5,
        CoffeeStatus.SKIPPED,
    )
    moved = do(THREE, k.CallCoffee(starts_at=LATER))
    assert moved.told == Told(Did.MOVED, coffee=moved.board.coffee)


@pytest.mark.parametrize(
    ("before", "command"),
    [
        (board(topic(1)), k.CallCoffee(starts_at=SOON)),
        (THREE, k.OrderAgenda(starts_at=SOON)),
        (THREE, k.OrderAgenda()),
        (board(topic(1)), k.OrderAgenda(starts_at=SOON)),
    ],
)
def test_whoever_says_when_a_coffee_is_sets_the_clock_for_its_end_once(before: Board, command: k.CoffeeCommand) -> None:
    said = do(before, command)
    number = meeting(said.board).number
    assert clocks(said) == [f.WakeTimebox(number, 0, 0, SOON + MANNER.length + HOUR)]
    assert clocks(do(said.board, k.OrderAgenda())) == []


def test_who_orders_the_agenda_while_people_meet_leaves_the_clock_of_its_end_alone() -> None:
    assert meeting(MEETING).closes == NOW + MANNER.length + HOUR
    ordered = do(do(MEETING, k.PutDots(topic=3, voter="z", count=3)).board, k.OrderAgenda(), at=NOW + MINUTE)
    assert (meeting(ordered.board).agenda, clocks(ordered)) == ((2, 3, 1), [])
    assert meeting(ordered.board).closes == meeting(MEETING).closes


def test_a_coffee_that_was_moved_or_begun_late_is_ended_by_its_last_clock_alone() -> None:
    ordered = do(THREE, k.OrderAgenda(starts_at=SOON))
    (old,) = clocks(ordered)
    moved = do(ordered.board, k.CallCoffee(starts_at=SOON + 80 * MINUTE), at=NOW + 50 * MINUTE)
    met = do(moved.board, k.StartCoffee(), at=SOON + 90 * MINUTE)
    # A moment after people began, and as the moved one would be over for nobody.
    for clock, before in ((old, met.board), (*clocks(moved), met.board), (old, moved.board)):
        woken = do(before, k.EndTimebox(coffee=4, topic=0, round=0, due=clock.due), at=clock.due)
        assert (woken.board, woken.told) == (before, Told())
    (own,) = [one for one in clocks(met) if not one.topic]
    assert own.due == SOON + 90 * MINUTE + MANNER.length + HOUR
    over = do(met.board, k.EndTimebox(coffee=4, topic=0, round=0, due=own.due), at=own.due)
    assert over.told.what is Did.OVER
    # One of which a release before ours keeps the board is ended by any.
    older = replace(met.board, coffee=replace(meeting(met.board), closes=None))
    assert do(older, k.EndTimebox(coffee=4, topic=0, round=0, due=old.due), at=old.due).told.what is Did.OVER


def test_a_meeting_that_goes_on_after_its_end_has_the_whole_time_again() -> None:
    started = do(THREE, k.StartCoffee())
    (old,) = [one for one in clocks(started) if not one.topic]
    over = do(started.board, k.EndCoffee(), at=old.due - MINUTE).board
    on = do(over, k.StartCoffee(), at=old.due - SECOND)
    assert do(on.board, k.EndTimebox(coffee=4, topic=0, round=0, due=old.due), at=old.due).board == on.board
    (new,) = clocks(on)
    ended = do(on.board, k.EndTimebox(coffee=4, topic=0, round=0, due=new.due), at=new.due)
    assert ended.told.what is Did.OVER


@pytest.mark.parametrize("early", [timedelta(), SECOND, MINUTE])
def test_one_that_was_begun_by_mistake_just_before_its_time_is_still_to_come(early: timedelta) -> None:
    ordered = do(THREE, k.OrderAgenda()).board
    back = do(do(ordered, k.StartCoffee(), at=SOON - early).board, k.EndCoffee(), at=SOON - early + SECOND)
    assert replace(meeting(back.board), version=0) == replace(meeting(ordered), version=0)
    # Nobody comes after all.
    (clock,) = clocks(back) or clocks(do(THREE, k.OrderAgenda()))
    late = do(back.board, k.EndTimebox(coffee=4, topic=0, round=0, due=clock.due), at=clock.due)
    assert late.board.past[4].status is CoffeeStatus.SKIPPED


def test_one_that_was_begun_by_mistake_before_its_agenda_was_ordered_has_none_afterwards() -> None:
    called = do(board(topic(1), topic(2)), k.CallCoffee(starts_at=LATER)).board
    back = do(do(called, k.StartCoffee()).board, k.EndCoffee(), at=NOW + SECOND).board
    assert replace(meeting(back), version=0, unbegun=CoffeeStatus.ORDERED) == replace(meeting(called), version=0)
    voted = do(back, k.PutDots(topic=2, voter="a")).board
    ordered = do(voted, k.OrderAgenda(starts_at=LATER), at=LATER - 15 * MINUTE)
    assert (meeting(ordered.board).agenda, kinds(ordered)) == ((2, 1), ["show_board", "tell ordered 0"])


def test_what_somebody_took_off_a_meeting_that_was_a_mistake_stays_off() -> None:
    ordered = do(THREE, k.OrderAgenda()).board
    started = do(do(ordered, k.StartCoffee()).board, k.NextTopic(), at=NOW + MINUTE).board
    dropped = do(do(started, k.RestoreTopic(topic=2)).board, k.DropTopic(topic=2)).board
    gone = do(dropped, k.ForgetTopic(topic=1)).board
    back = do(gone, k.EndCoffee(), at=NOW + MINUTE + SECOND).board
    assert [back.topics[id_].state for id_ in (1, 2, 3)] == [TopicState.DROPPED, TopicState.DROPPED, TopicState.OPEN]
    assert (back.topics[1].dots, back.topics[1].place, meeting(back).agenda) == ({}, 0, (3,))


def test_a_meeting_that_had_ended_and_goes_on_is_no_mistake() -> None:
    noted = do(MEETING, k.NoteTakeaway(text="one")).board
    over = do(noted, k.EndCoffee(), at=NOW + 20 * SECOND).board
    untaken = do(over, k.DropTakeaway()).board
    on = do(untaken, k.StartCoffee(), at=NOW + 30 * SECOND).board
    assert do(on, k.EndCoffee(), at=NOW + 40 * SECOND).told.what is Did.OVER


def test_what_was_dropped_after_the_end_is_on_no_agenda_when_the_meeting_goes_on() -> None:
    over = do(MEETING, k.EndCoffee(), at=NOW + HOUR).board
    dropped = do(over, k.DropTopic(topic=1), at=NOW + HOUR).board
    on = do(dropped, k.StartCoffee(), at=NOW + HOUR + MINUTE).board
    assert meeting(on).agenda == (2, 3)
    assert meeting(do(on, k.RestoreTopic(topic=1)).board).agenda == (2, 3, 1)


def test_only_the_last_coffee_goes_on() -> None:
    over = do(MEETING, k.EndCoffee(), at=NOW + HOUR).board
    called = do(over, k.CallCoffee(starts_at=LATER), at=NOW + HOUR).board
    skipped = do(called, k.SkipCoffee(), at=NOW + HOUR).board
    begun = do(skipped, k.StartCoffee(), at=NOW + HOUR + MINUTE)
    assert (begun.told.what, meeting(begun.board).number) == (Did.BEGAN, 6)


def test_who_begins_again_after_silence_is_there() -> None:
    first = silence(MEETING).board
    assert meeting(first).silent == 1
    over = do(first, k.EndTimebox(coffee=4, topic=0, round=0), at=LATER).board
    on = do(over, k.StartCoffee(), at=LATER + SECOND).board
    assert (over.past[4].silent, meeting(on).silent) == (1, 0)


def test_who_waits_is_told_which_topic_was_done_last() -> None:
    second = silence(silence(MEETING).board)
    assert second.told == Told(Did.DONE, second.board.topics[1], coffee=second.board.coffee)


def test_a_thumb_is_a_sign_of_life_whichever_way_it_points() -> None:
    first = silence(MEETING).board
    asked = do(first, k.EndTimebox(coffee=4, topic=1, round=1), at=LATER).board
    down = do(asked, k.GiveThumb(voter="a", up=False)).board
    moved = do(down, k.CountThumbs(coffee=4, topic=1, round=1), at=LATER).board
    assert (meeting(moved).current, meeting(moved).silent) == (3, 0)


def test_to_which_nobody_came_is_left_out_when_its_time_is_over() -> None:
    ordered = do(THREE, k.OrderAgenda()).board
    over = SOON + MANNER.length
    early = do(ordered, k.EndTimebox(coffee=4, topic=0, round=0), at=over - SECOND)
    assert (early.board, early.told) == (ordered, Told())
    late = do(ordered, k.EndTimebox(coffee=4, topic=0, round=0), at=over)
    assert late.told == Told(Did.SKIPPED, coffee=late.board.past[4])
