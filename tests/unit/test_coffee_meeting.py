"""The meeting of the lean coffee: one topic after the other, each in its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.coffee.board import Board, Coffee, CoffeeStatus, Takeaway, TopicState
from bot.coffee.brewed import Brewed, Did
from bot.incident import effects as f
from bot.incident.commands import coffee as k
from tests.unit.coffee_boards import HOUR, MANNER, MEETING, MINUTE, NOW, THREE, board, do, kinds, refusal, topic

BOX, MORE, THUMBS = MANNER.timebox, MANNER.extension, MANNER.thumbs


def meeting(board: Board) -> Coffee:
    assert board.coffee is not None
    return board.coffee


def timer(brewed: Brewed) -> f.WakeTimebox | f.WakeThumbs:
    return next(one for one in reversed(brewed.effects) if isinstance(one, f.WakeTimebox | f.WakeThumbs))


def woken(brewed: Brewed) -> tuple[k.EndTimebox | k.CountThumbs, datetime]:
    """What the timer that was set last asks for, and when."""
    one = timer(brewed)
    command = k.EndTimebox if isinstance(one, f.WakeTimebox) else k.CountThumbs
    return command(coffee=one.coffee, topic=one.topic, round=one.round, due=one.due), one.due


def wake(brewed: Brewed) -> Brewed:
    command, due = woken(brewed)
    return do(brewed.board, command, at=due)


def thumbs(brewed: Brewed, **held: bool) -> Brewed:
    for voter, up in held.items():
        brewed = replace(do(brewed.board, k.GiveThumb(voter=voter, up=up)), effects=brewed.effects)
    return brewed


def test_a_meeting_begins_with_the_first_topic_of_the_agenda_and_its_clock() -> None:
    begun = do(THREE, k.StartCoffee(), at=NOW)
    coffee = meeting(begun.board)
    assert (coffee.status, coffee.agenda, coffee.current) == (CoffeeStatus.RUNNING, (2, 1, 3), 2)
    assert (coffee.began, coffee.since, coffee.until, coffee.round) == (NOW, NOW, NOW + BOX, 1)
    assert kinds(begun) == ["show_board", "wake_timebox", "tell began 2", "wake_timebox"]
    clocks = [one for one in begun.effects if isinstance(one, f.WakeTimebox)]
    assert clocks == [
        f.WakeTimebox(4, 0, 0, NOW + MANNER.length + HOUR),
        f.WakeTimebox(4, 2, 1, NOW + BOX),
    ]
    assert (begun.told.what, begun.told.then, begun.told.topic) == (Did.BEGAN, begun.board.topics[2], None)


def test_an_agenda_that_stands_is_begun_as_it_stands() -> None:
    ordered = do(do(THREE, k.OrderAgenda()).board, k.PutDots(topic=3, voter="z", count=3)).board
    assert meeting(do(ordered, k.StartCoffee()).board).current == 2


def test_a_meeting_that_nobody_called_is_made_and_may_begin_without_topics() -> None:
    begun = do(board(), k.StartCoffee())
    assert (meeting(begun.board).number, meeting(begun.board).starts_at, meeting(begun.board).current) == (1, NOW, 0)
    assert kinds(begun) == ["show_board", "wake_timebox"]
    added = do(begun.board, k.AddTopic(text="first")).board
    assert meeting(do(added, k.NextTopic()).board).current == 1
    over = do(begun.board, k.EndCoffee()).board
    assert meeting(do(over, k.StartCoffee()).board).starts_at == NOW + timedelta(microseconds=1)


def test_the_one_that_is_called_is_begun() -> None:
    assert meeting(do(THREE, k.StartCoffee()).board).number == 4


def test_when_the_time_is_over_thumbs_are_asked_for() -> None:
    asked = wake(do(THREE, k.StartCoffee()))
    coffee = meeting(asked.board)
    assert (coffee.asking, coffee.current, coffee.until) == (True, 2, NOW + BOX + THUMBS)
    assert kinds(asked) == ["show_board", "ask_thumbs", "wake_thumbs"]
    assert [one for one in asked.effects if isinstance(one, f.AskThumbs)] == [
        f.AskThumbs("slack", 4, 2, 1),
        f.AskThumbs("matrix", 4, 2, 1),
    ]
    assert asked.told.what is Did.ASKED


@pytest.mark.parametrize(
    ("held", "goes_on"),
    [
        ({}, False),
        ({"a": True}, True),
        ({"a": False}, False),
        ({"a": True, "b": False}, False),
        ({"a": True, "b": True, "c": False}, True),
    ],
)
def test_more_thumbs_up_than_down_is_another_round(held: dict[str, bool], goes_on: bool) -> None:
    counted = wake(thumbs(wake(do(THREE, k.StartCoffee())), **held))
    coffee, at = meeting(counted.board), NOW + BOX + THUMBS
    assert (coffee.asking, coffee.thumbs, coffee.asked) == (False, {}, {})
    if goes_on:
        assert (coffee.current, coffee.round, coffee.until, coffee.since) == (2, 2, at + MORE, NOW)
        assert kinds(counted) == ["show_board", "tell on 2", "wake_timebox"]
        assert (counted.told.what, timer(counted)) == (Did.ON, f.WakeTimebox(4, 2, 2, at + MORE))
    else:
        assert (coffee.current, coffee.round, coffee.until) == (1, 1, at + BOX)
        assert kinds(counted) == ["show_board", "tell began 1 behind 2", "wake_timebox"]
        assert (counted.told.topic, counted.told.then) == (counted.board.topics[2], counted.board.topics[1])
        assert (counted.board.topics[2].state, counted.board.topics[2].spent) == (TopicState.DISCUSSED, at - NOW)


def test_a_second_thumb_takes_the_place_of_the_first_and_one_is_taken_back_as_it_stands() -> None:
    asked = wake(do(THREE, k.StartCoffee())).board
    up = do(asked, k.GiveThumb(voter="a", up=True))
    assert (up.told.what, meeting(up.board).thumbs, up.effects) == (Did.THUMB, {"a": True}, ())
    assert do(up.board, k.GiveThumb(voter="a", up=True)).told.what is Did.NOTHING
    down = do(up.board, k.GiveThumb(voter="a", up=False)).board
    assert meeting(down).thumbs == {"a": False}
    kept = do(down, k.TakeThumb(voter="a", up=True))
    assert (kept.board, kept.told.what) == (down, Did.NOTHING)
    assert meeting(do(down, k.TakeThumb(voter="a", up=False)).board).thumbs == {}


def test_a_clock_that_was_left_behind_does_nothing() -> None:
    first = do(THREE, k.StartCoffee())
    late, _ = woken(first)
    asked = wake(first)
    count, _ = woken(asked)
    moved = do(first.board, k.NextTopic(), at=NOW + MINUTE)
    back = do(moved.board, k.TakeUpTopic(topic=2), at=NOW + 2 * MINUTE)
    on = wake(thumbs(asked, a=True))
    for now, command in (
        (asked.board, late),
        (asked.board, k.EndTimebox(coffee=4, topic=2, round=1)),
        (moved.board, late),
        # The same topic and the same round, but of another time.
        (back.board, late),
        (on.board, late),
        (on.board, count),
        (first.board, count),
        (do(first.board, k.EndCoffee()).board, late),
        (do(first.board, k.EndCoffee()).board, k.EndTimebox(coffee=4, topic=0, round=0)),
        (first.board, k.EndTimebox(coffee=3, topic=0, round=0)),
        (THREE, k.EndTimebox(coffee=4, topic=0, round=0)),
    ):
        woke = do(now, command, at=NOW + HOUR)
        assert (woke.board, woke.effects, woke.told.what) == (now, (), Did.NOTHING)


def test_who_asks_is_kept_while_thumbs_are_waited_for() -> None:
    asked = wake(do(THREE, k.StartCoffee()))
    record = k.RecordThumbs(spot="slack", message="m1", coffee=4, topic=2, round=1)
    kept = do(asked.board, record)
    assert (meeting(kept.board).asked, kept.effects) == ({"slack": "m1"}, ())
    for late in (replace(record, round=2), replace(record, topic=1), replace(record, coffee=3)):
        assert do(asked.board, late).board == asked.board
    assert do(MEETING, record).board == MEETING


def test_the_next_topic_may_leave_a_takeaway_with_the_one_before() -> None:
    moved = do(MEETING, k.NextTopic(takeaway=" Alert on\nslow ", by="ben"), at=NOW + 5 * MINUTE)
    done = moved.board.topics[2]
    assert (done.takeaways, done.spent, done.state, done.coffee) == (
        (Takeaway("Alert on slow", "ben", 1),),
        5 * MINUTE,
        TopicState.DISCUSSED,
        4,
    )
    assert (meeting(moved.board).current, meeting(moved.board).last) == (1, 2)
    assert kinds(moved) == ["show_board", "tell began 1 behind 2", "wake_timebox"]


def test_a_takeaway_is_taken_back_by_its_number_or_the_last_one_is() -> None:
    now = do(MEETING, k.NextTopic(takeaway="one", by="ana"), at=NOW + MINUTE).board
    for text in ("two", "three"):
        now = do(now, k.NoteTakeaway(text=text, by="ben")).board
    back = do(now, k.DropTakeaway(takeaway=2))
    assert (back.told.what, back.told.topic, back.told.takeaway) == (
        Did.TOOK_BACK,
        back.board.topics[1],
        Takeaway("two", number=2),
    )
    assert back.board.topics[1].takeaways == (Takeaway("three", "ben", 3),)
    assert kinds(back) == []
    last = do(back.board, k.DropTakeaway()).board
    assert (last.topics[1].takeaways, last.topics[2].takeaways) == ((), (Takeaway("one", "ana", 1),))
    again = do(last, k.NoteTakeaway(text="uno", by="cem", topic=2)).board
    assert again.topics[2].takeaways == (Takeaway("one", "ana", 1), Takeaway("uno", "cem", 2))


def test_a_takeaway_holds_a_thousand_signs() -> None:
    noted = do(MEETING, k.NoteTakeaway(text="x" * 1000)).board
    assert [len(one.text) for one in noted.topics[2].takeaways] == [1000]


def test_a_topic_that_is_restored_in_its_meeting_keeps_its_place_there_and_has_no_dots() -> None:
    dotted = do(
        do(MEETING, k.PutDots(topic=2, voter="z", reaction="slack:1.2")).board, k.NextTopic(), at=NOW + MINUTE
    ).board
    back = do(dotted, k.RestoreTopic(topic=2)).board
    assert (back.topics[2].place, back.topics[2].dots, back.topics[2].reacted) == (2, {}, {})
    assert meeting(back).agenda == (2, 1, 3)


def test_who_names_a_takeaway_that_is_none_is_shown_the_last_five() -> None:
    now = MEETING
    for n in range(1, 7):
        now = do(now, k.NoteTakeaway(text=f"{n}" * 40)).board
    shown = ", ".join(f"{n} ({f'{n}' * 40})" for n in range(2, 7))
    assert refusal(now, k.DropTakeaway(takeaway=9)) == f"There is no takeaway 9. There are: {shown}."


@pytest.mark.parametrize(
    ("before", "command", "expected"),
    [
        (THREE, k.DropTakeaway(takeaway=1), "Nobody meets now. `coffee start` begins the coffee."),
        (MEETING, k.DropTakeaway(), "Nothing was taken along yet. `coffee takeaway TEXT` notes something."),
        (
            do(do(MEETING, k.NoteTakeaway(text="one")).board, k.NoteTakeaway(text="w" * 50)).board,
            k.DropTakeaway(takeaway=7),
            f"There is no takeaway 7. There are: 1 (one), 2 ({'w' * 39}…).",
        ),
        (MEETING, k.NoteTakeaway(text="x", topic=9), "There is no topic 9. `coffee` shows them with their numbers."),
        (
            MEETING,
            k.NoteTakeaway(text="x", topic=3),
            "Topic 3 was not talked about yet. `coffee topic 3` begins it.",
        ),
    ],
)
def test_what_is_no_takeaway_is_not_taken_back_and_says_why(before: Board, command: k.CoffeeCommand, expected: str):
    assert refusal(before, command) == expected


def test_after_the_last_topic_people_still_meet_and_what_they_say_goes_to_it() -> None:
    now = MEETING
    for minutes in range(1, 4):
        last = do(now, k.NextTopic(), at=NOW + minutes * MINUTE)
        now = last.board
    assert (meeting(now).status, meeting(now).current, meeting(now).last) == (CoffeeStatus.RUNNING, 0, 3)
    assert (meeting(now).since, meeting(now).until, meeting(now).round) == (None, None, 0)
    assert (last.told.what, last.told.topic, kinds(last)) == (Did.DONE, now.topics[3], ["show_board", "tell done 3"])
    assert do(now, k.EndCoffee(), at=NOW + 9 * MINUTE).board.past[4].last == 3
    noted = do(now, k.NoteTakeaway(text="late", by="ana"))
    assert noted.board.topics[3].takeaways == (Takeaway("late", "ana", 1),)
    assert (noted.told.what, noted.told.topic) == (Did.TOOK_ALONG, noted.board.topics[3])
    also = do(now, k.NextTopic(takeaway="one more"))
    assert (also.told.what, also.board.topics[3].takeaways) == (Did.TOOK_ALONG, (Takeaway("one more", number=1),))
    more = do(do(now, k.AddTopic(text="one more")).board, k.NextTopic())
    assert kinds(more) == ["show_board", "tell began 4", "wake_timebox"]
    assert more.told.topic is None


def test_a_topic_of_the_board_is_taken_up_out_of_order_also_one_that_was_left() -> None:
    taken = do(MEETING, k.TakeUpTopic(topic=3), at=NOW + MINUTE).board
    assert (meeting(taken).current, taken.topics[2].state) == (3, TopicState.DISCUSSED)
    back = do(taken, k.TakeUpTopic(topic=2), at=NOW + 3 * MINUTE).board
    assert (meeting(back).current, back.topics[2].state, meeting(back).agenda) == (2, TopicState.OPEN, (2, 1, 3))
    done = do(back, k.NextTopic(), at=NOW + 4 * MINUTE).board
    assert (done.topics[2].spent, meeting(done).current) == (2 * MINUTE, 1)
    assert do(back, k.TakeUpTopic(topic=2)).told.what is Did.NOTHING


def test_a_topic_that_comes_back_at_a_later_coffee_begins_anew_there() -> None:
    old = topic(7, coffee=3, spent=9 * MINUTE, takeaways=(Takeaway("then"),))
    begun = do(replace(THREE, topics={7: old}), k.StartCoffee()).board.topics[7]
    assert (begun.coffee, begun.spent, begun.takeaways) == (4, timedelta(), ())
    again = do(do(MEETING, k.NextTopic(takeaway="x"), at=NOW + MINUTE).board, k.RestoreTopic(topic=2)).board
    taken = do(again, k.TakeUpTopic(topic=2)).board.topics[2]
    assert (taken.spent, taken.takeaways) == (MINUTE, (Takeaway("x", number=1),))


def test_in_the_meeting_the_rest_can_be_ordered_anew() -> None:
    ordered = do(do(MEETING, k.PutDots(topic=3, voter="z", count=3)).board, k.OrderAgenda())
    coffee = meeting(ordered.board)
    assert (coffee.agenda, coffee.status, coffee.current) == ((2, 3, 1), CoffeeStatus.RUNNING, 2)
    later = do(do(ordered.board, k.NextTopic(), at=NOW + 5 * MINUTE).board, k.AddTopic(text="late"))
    again = do(do(later.board, k.PutDots(topic=4, voter="y", count=3)).board, k.OrderAgenda())
    assert meeting(again.board).agenda == (2, 3, 4, 1)


def test_at_the_end_dots_are_gone_what_was_talked_about_leaves_and_the_minutes_are_written() -> None:
    now = do(MEETING, k.PutDots(topic=3, voter="z")).board
    ended = do(now, k.EndCoffee(), at=NOW + 20 * MINUTE)
    topics, over = ended.board.topics, ended.board.past[4]
    assert (ended.board.coffee, over.status, over.ended, over.current) == (
        None,
        CoffeeStatus.OVER,
        NOW + 20 * MINUTE,
        0,
    )
    assert (topics[2].state, topics[2].spent, topics[2].place) == (TopicState.DISCUSSED, 20 * MINUTE, 0)
    assert [(one.dots, one.votes) for one in topics.values()] == [({}, 0), ({}, 2), ({}, 0)]
    assert do(ended.board, k.RestoreTopic(topic=2)).board.topics[2].votes == 0
    assert over.voices == len({voter for one in now.topics.values() for voter in one.dots}) == 3
    assert [(topics[n].state, topics[n].place) for n in (1, 3)] == [(TopicState.OPEN, 1), (TopicState.OPEN, 3)]
    assert kinds(ended) == ["show_board", "tell over 0", "write_minutes", "write_minutes"]
    assert [one for one in ended.effects if isinstance(one, f.WriteMinutes)] == [
        f.WriteMinutes("folder", 4),
        f.WriteMinutes("git", 4),
    ]
    assert (ended.told.what, ended.told.coffee) == (Did.OVER, over)


def test_a_meeting_in_which_nothing_was_talked_about_has_no_minutes() -> None:
    ended = do(do(board(), k.StartCoffee()).board, k.EndCoffee(), at=NOW + 5 * MINUTE)
    assert kinds(ended) == ["show_board", "tell over 0"]


def test_a_meeting_that_nobody_ends_ends_itself() -> None:
    ended = do(MEETING, k.EndTimebox(coffee=4, topic=0, round=0), at=NOW + 2 * HOUR)
    assert (ended.board.past[4].status, ended.told.what) == (CoffeeStatus.OVER, Did.OVER)
    assert ended.board.topics[2].state is TopicState.DISCUSSED


def test_a_clock_that_is_set_back_makes_no_time_negative() -> None:
    moved = do(MEETING, k.NextTopic(), at=NOW - HOUR).board
    assert moved.topics[2].spent == timedelta()


def test_a_topic_keeps_its_place_until_people_part() -> None:
    moved = do(MEETING, k.NextTopic(), at=NOW + MINUTE).board
    assert do(moved, k.AddTopic(text="late")).board.topics[4].place == 4


def test_where_nobody_is_named_no_name_is_kept_nor_those_from_before() -> None:
    quiet = replace(MANNER, anonymous=True)
    named = replace(MEETING, topics={2: topic(2, by="ana", takeaways=(Takeaway("x", "ben"),)), 1: topic(1, by="cem")})
    added = do(named, k.AddTopic(text="new", by="dora"), quiet)
    assert added.told.topic is not None
    assert added.told.topic.by == ""
    noted = do(added.board, k.NoteTakeaway(text="y", by="eve"), quiet).board
    moved = do(noted, k.NextTopic(takeaway="z", by="fay"), quiet, at=NOW + MINUTE)
    for name in ("ana", "ben", "cem", "dora", "eve", "fay"):
        assert f"'{name}'" not in repr((moved.board, moved.told))
    assert [one.text for one in moved.board.topics[2].takeaways] == ["x", "y", "z"]
    again = replace(THREE, topics={2: topic(2, coffee=3, takeaways=(Takeaway("x", "gil"),))})
    assert "'gil'" not in repr(do(again, k.StartCoffee(), quiet).board)
    reworded = do(named, k.RewordTopic(topic=1, text="anew"), quiet)
    assert reworded.told.before is not None
    assert reworded.told.before.by == ""
