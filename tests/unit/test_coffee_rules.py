"""The rules of the lean coffee, each with what it changes, what is then done, and why it is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.coffee.board import Board, Coffee, CoffeeStatus, Origin, Shown, Takeaway, TopicState
from bot.coffee.brewed import Did
from bot.coffee.topics import MOST
from bot.incident import effects as f
from bot.incident.commands import coffee as k
from bot.incident.text import REMOVED
from tests.unit.coffee_boards import CALLED, HOUR, MANNER, MEETING, MINUTE, NOW, THREE, board, do, kinds, refusal, topic


def test_a_topic_gets_the_next_number_and_the_lowest_free_place() -> None:
    added = do(board(topic(1), topic(3, place=3)), k.AddTopic(text="  Why do\n OSDs flap? ", by="ana"))
    new = added.board.topics[4]
    assert (new.text, new.by, new.place, new.origin, new.added_at) == ("Why do OSDs flap?", "ana", 2, Origin.SAID, NOW)
    assert (added.told.what, added.told.topic, added.effects) == (Did.ADDED, new, ())


def test_a_topic_of_a_message_says_so_and_whose_reaction_brought_it_up() -> None:
    new = do(board(), k.AddTopic(text="Flapping", message="slack:1.2", voter="v")).board.topics[1]
    assert (new.origin, new.message, new.by, new.brought) == (Origin.REACTION, "slack:1.2", "", "v")
    assert do(board(), k.AddTopic(text="Flapping", voter="v")).board.topics[1].brought == ""


def test_a_topic_may_have_as_many_signs_as_it_holds() -> None:
    whole = do(board(), k.AddTopic(text="x" * 300)).board.topics[1]
    assert len(whole.text) == 300


def test_of_those_without_a_place_the_oldest_gets_the_one_that_is_free() -> None:
    full = board(*(topic(n) for n in range(2, 16)), topic(17, place=0), topic(16, place=0))
    called = do(full, k.CallCoffee(starts_at=NOW)).board.topics
    assert (called[16].place, called[17].place) == (1, 0)


def test_what_is_forgotten_is_read_nowhere_and_what_was_talked_about_stays_so() -> None:
    was = topic(1, message="slack:1.2", dots={"a": 1})
    dropped = do(board(was), k.ForgetTopic(topic=1)).board.topics[1]
    assert (dropped.text, dropped.message, dropped.state) == (REMOVED, "", TopicState.DROPPED)
    discussed = do(board(replace(was, state=TopicState.DISCUSSED)), k.ForgetTopic(topic=1)).board.topics[1]
    assert (discussed.text, discussed.message, discussed.state) == (REMOVED, "", TopicState.DISCUSSED)
    assert discussed.dots == {"a": 1}


def test_while_dots_are_put_there_is_no_agenda() -> None:
    added = do(THREE, k.AddTopic(text="one more")).board.coffee
    assert added is not None
    assert added.agenda == ()


def test_the_sixteenth_topic_has_no_place_until_one_is_free_at_the_next_call() -> None:
    full = board(*(topic(n) for n in range(1, 16)))
    more = do(full, k.AddTopic(text="one more")).board
    assert more.topics[16].place == 0
    fewer = do(more, k.DropTopic(topic=3)).board
    assert (fewer.topics[16].place, fewer.topics[3].place) == (0, 0)
    assert do(fewer, k.CallCoffee(starts_at=NOW)).board.topics[16].place == 3
    assert do(fewer, k.AddTopic(text="yet another")).board.topics[17].place == 3


def test_what_a_dropped_topic_was_voted_for_by_votes_for_no_other_one_while_the_board_stands() -> None:
    dropped = do(THREE, k.DropTopic(topic=1)).board
    assert do(dropped, k.AddTopic(text="Another")).board.topics[4].place == 4
    # Of the next coffee there is another message.
    again = do(do(dropped, k.SkipCoffee()).board, k.CallCoffee(starts_at=NOW + 9 * HOUR)).board
    assert do(again, k.AddTopic(text="Another")).board.topics[4].place == 1
    # It has rather one that was left than none.
    full = board(*(topic(n) for n in range(1, 16)), coffee=CALLED)
    assert do(do(full, k.DropTopic(topic=9)).board, k.AddTopic(text="Another")).board.topics[16].place == 9


@pytest.mark.parametrize(
    ("before", "command", "expected"),
    [
        (
            board(),
            k.AddTopic(text=" a\u202e "),
            "A topic needs some words. For example: `coffee add Why do OSDs flap?`",
        ),
        (board(), k.AddTopic(text="ab"), "A topic needs some words. For example: `coffee add Why do OSDs flap?`"),
        (
            board(),
            k.AddTopic(text="x" * (k.TOPIC_LIMIT + 1)),
            "A topic holds 300 characters; that is 301. Say it in one sentence.",
        ),
        (
            board(topic(3, "Why do OSDs flap?")),
            k.AddTopic(text="why do OSDs  FLAP"),
            "That is topic 3 already. `coffee vote 3` puts a dot on it.",
        ),
        (
            board(topic(3, "Flap"), topic(4)),
            k.RewordTopic(topic=4, text="flap!"),
            "That is topic 3 already. `coffee vote 3` puts a dot on it.",
        ),
        (
            board(*(topic(n) for n in range(MOST))),
            k.AddTopic(text="one more"),
            "200 topics are open already. `coffee` lists them, `coffee drop N` takes one off.",
        ),
        (board(), k.DropTopic(topic=7), "There is no topic 7. `coffee` shows them with their numbers."),
        (
            board(topic(1, state=TopicState.DISCUSSED)),
            k.DropTopic(topic=1),
            "Topic 1 was talked about already. It stays in the minutes.",
        ),
        (MEETING, k.DropTopic(topic=2), "Topic 2 is being talked about. `coffee next` goes on to the next one."),
        (
            board(topic(1, state=TopicState.DROPPED)),
            k.RewordTopic(topic=1, text="anew"),
            "Topic 1 was dropped. `coffee restore 1` brings it back.",
        ),
        (
            board(topic(1, state=TopicState.DISCUSSED)),
            k.PutDots(topic=1, voter="a"),
            "Topic 1 was talked about already. `coffee restore 1` puts it on the board again.",
        ),
        (
            board(topic(1, REMOVED, state=TopicState.DROPPED)),
            k.RestoreTopic(topic=1),
            "The text of topic 1 was removed. `coffee add TEXT` says it anew.",
        ),
        (
            board(topic(1, dots={"a": 2}), topic(2, dots={"a": 1})),
            k.PutDots(topic=2, voter="a"),
            "Everybody has 3 dots, and all of yours are put. `coffee unvote N` frees some. Yours are on: 1 (2), 2 (1).",
        ),
        (
            board(topic(1, dots={"a": 2})),
            k.PutDots(topic=1, voter="a", count=2),
            "Everybody has 3 dots, and 1 of yours is left. `coffee vote 1 x1` puts what is left. Yours are on: 1 (2).",
        ),
        (
            board(topic(1, dots={"a": 1})),
            k.PutDots(topic=1, voter="a", count=3),
            "Everybody has 3 dots, and 2 of yours are left. `coffee vote 1 x2` puts what is left. Yours are on: 1 (1).",
        ),
        (
            board(topic(1)),
            k.PutDots(topic=1, voter="a", count=0),
            "That is no number of dots. For example: `coffee vote 1`",
        ),
        (board(topic(1)), k.TakeDots(topic=1, voter="a"), "You have no dot on topic 1. You have put none."),
        (
            board(topic(1), topic(2, dots={"a": 1})),
            k.TakeDots(topic=1, voter="a"),
            "You have no dot on topic 1. Yours are on: 2 (1).",
        ),
        (
            board(topic(1, dots={"a": 1})),
            k.TakeDots(topic=1, voter="a", count=0),
            "That is no number of dots. For example: `coffee unvote 1`",
        ),
        (board(), k.OrderAgenda(), "No coffee is called. `coffee start` begins one at once."),
        (
            MEETING,
            k.StartCoffee(),
            "The coffee is going on already. `coffee next` goes on to the next topic, `coffee end` ends it.",
        ),
        (MEETING, k.CallCoffee(starts_at=NOW + 9 * HOUR), "Another coffee is going on. `coffee end` ends it."),
        (THREE, k.NextTopic(), "Nobody meets now. `coffee start` begins the coffee."),
        (board(topic(1)), k.NextTopic(), "Nobody meets now. `coffee start` begins the coffee."),
        (THREE, k.TakeUpTopic(topic=1), "Nobody meets now. `coffee start` begins the coffee."),
        (THREE, k.NoteTakeaway(text="x"), "Nobody meets now. `coffee start` begins the coffee."),
        (
            do(board(), k.StartCoffee()).board,
            k.NoteTakeaway(text="x"),
            "Nothing was talked about yet. `coffee next` begins the first topic.",
        ),
        (
            do(board(), k.StartCoffee()).board,
            k.NextTopic(),
            "There are no topics yet. `coffee add TEXT` brings one up, `coffee end` ends the coffee.",
        ),
        (
            MEETING,
            k.NoteTakeaway(text="\n"),
            "A takeaway needs some words. For example: `coffee takeaway We alert on slow OSDs`",
        ),
        (
            MEETING,
            k.NoteTakeaway(text="x" * 1001),
            "A takeaway holds 1000 characters; that is 1001. Say it shorter, or in two.",
        ),
        (
            replace(MEETING, topics={2: topic(2, takeaways=(Takeaway("x"),) * 30)}),
            k.NoteTakeaway(text="x"),
            "Topic 2 has 30 takeaways already. Put the rest into a document, and link to it.",
        ),
        (MEETING, k.TakeUpTopic(topic=9), "There is no topic 9. `coffee` shows them with their numbers."),
        (
            replace(MEETING, topics={**MEETING.topics, 9: topic(9, state=TopicState.DISCUSSED, coffee=3)}),
            k.TakeUpTopic(topic=9),
            "Topic 9 was talked about at an earlier coffee. `coffee restore 9` puts it on the board again.",
        ),
        (
            replace(MEETING, topics={**MEETING.topics, 9: topic(9, state=TopicState.DROPPED, coffee=4)}),
            k.TakeUpTopic(topic=9),
            "Topic 9 was dropped. `coffee restore 9` puts it on the board again.",
        ),
        (
            MEETING,
            k.GiveThumb(voter="a", up=True),
            "Nobody is asked for a thumb now. When a topic's time is over, everybody is.",
        ),
        (board(), k.EndCoffee(), "No coffee is going on. `coffee` shows the board."),
        (THREE, k.EndCoffee(), "The coffee has not begun. `coffee skip` says that it does not take place."),
        (MEETING, k.SkipCoffee(), "The coffee is going on. `coffee end` ends it."),
        (
            board(),
            k.SkipCoffee(),
            "No coffee is called. Once the next one is, `coffee skip` says that it does not take place.",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(before: Board, command: k.CoffeeCommand, expected: str) -> None:
    assert refusal(before, command) == expected


def test_who_has_one_dot_is_told_of_one() -> None:
    said = refusal(board(topic(1, dots={"a": 1})), k.PutDots(topic=1, voter="a"), replace(MANNER, dots=1))
    assert said.startswith("Everybody has 1 dot, and all of yours are put.")


def test_a_topic_is_dropped_and_comes_back_without_its_dots() -> None:
    dropped = do(THREE, k.DropTopic(topic=2))
    gone = dropped.board.topics[2]
    assert (gone.state, gone.dots, gone.place) == (TopicState.DROPPED, {}, 0)
    assert (dropped.told.what, dropped.told.before) == (Did.DROPPED, THREE.topics[2])
    assert kinds(dropped) == ["show_board"]
    assert do(dropped.board, k.DropTopic(topic=2)).told.what is Did.NOTHING
    back = do(dropped.board, k.RestoreTopic(topic=2))
    assert (back.board.topics[2].state, back.board.topics[2].place, back.told.what) == (
        TopicState.OPEN,
        4,
        Did.RESTORED,
    )
    assert do(back.board, k.RestoreTopic(topic=2)).told.what is Did.NOTHING


def test_a_topic_is_worded_anew() -> None:
    reworded = do(THREE, k.RewordTopic(topic=3, text="Better words"))
    assert (reworded.board.topics[3].text, reworded.told.what, reworded.told.before) == (
        "Better words",
        Did.REWORDED,
        THREE.topics[3],
    )
    same = do(THREE, k.RewordTopic(topic=3, text="Topic 3"))
    assert (same.told.what, same.effects, same.board) == (Did.NOTHING, (), THREE)


def test_dots_are_put_several_on_one_topic_and_taken_back() -> None:
    put = do(THREE, k.PutDots(topic=3, voter="a", count=2))
    assert (put.board.topics[3].dots, put.told.count, put.told.left) == ({"a": 2}, 2, 0)
    fewer = do(put.board, k.TakeDots(topic=3, voter="a", count=1))
    assert (fewer.board.topics[3].dots, fewer.told.count, fewer.told.left) == ({"a": 1}, 1, 1)
    none = do(put.board, k.TakeDots(topic=3, voter="a"))
    assert (none.board.topics[3].dots, none.told.count, none.told.left) == ({}, 2, 2)
    assert do(put.board, k.TakeDots(topic=3, voter="a", count=9)).told.count == 2


def test_a_reaction_takes_back_what_it_put_and_nothing_else() -> None:
    on = {"topic": 1, "voter": "a", "reaction": "slack:1.2"}
    other = {**on, "reaction": "matrix:$x"}
    full = board(topic(1, dots={"a": 2}), topic(2, dots={"a": 1}))
    refusal(full, k.PutDots(**on))
    refused = do(full, k.TakeDots(**on))
    assert (refused.board, refused.told.what) == (full, Did.NOTHING)
    put = do(board(topic(1, dots={"a": 1})), k.PutDots(**on)).board
    assert (put.topics[1].dots, put.topics[1].reacted) == ({"a": 2}, {"a": ("slack:1.2",)})
    again = do(put, k.PutDots(**on))
    assert (again.board, again.told.what) == (put, Did.NOTHING)
    both = do(put, k.PutDots(**other)).board
    assert both.topics[1].dots == {"a": 3}
    one = do(both, k.TakeDots(**on)).board
    assert (one.topics[1].dots, one.topics[1].reacted) == ({"a": 2}, {"a": ("matrix:$x",)})
    assert do(one, k.TakeDots(**on)).board == one
    assert do(one, k.TakeDots(**other)).board.topics[1].dots == {"a": 1}


def test_a_line_takes_the_dots_of_reactions_last_and_then_they_hold_none() -> None:
    on = {"topic": 1, "voter": "a", "reaction": "slack:1.2"}
    put = do(board(topic(1, dots={"a": 1, "b": 1})), k.PutDots(**on)).board
    less = do(put, k.TakeDots(topic=1, voter="a", count=1)).board
    assert (less.topics[1].dots, less.topics[1].reacted) == ({"a": 1, "b": 1}, {"a": ("slack:1.2",)})
    none = do(less, k.TakeDots(topic=1, voter="a")).board
    assert (none.topics[1].dots, none.topics[1].reacted) == ({"b": 1}, {})
    anew = do(none, k.PutDots(topic=1, voter="a")).board
    assert do(anew, k.TakeDots(**on)).board == anew


def test_what_reactions_did_is_forgotten_with_the_dots() -> None:
    dots = {"dots": {"a": 1}, "reacted": {"a": ("slack:1.2",)}, "brought": "b"}
    dropped = do(board(topic(1, **dots)), k.DropTopic(topic=1)).board.topics[1]
    assert (dropped.dots, dropped.reacted) == ({}, {})
    meeting = do(board(topic(1, **dots), topic(2, **dots), coffee=CALLED), k.StartCoffee()).board
    over = do(meeting, k.EndCoffee(), at=NOW + 5 * MINUTE).board
    assert [(one.dots, one.reacted, one.brought) for one in over.topics.values()] == [({}, {}, "")] * 2


def test_without_a_coffee_nothing_is_shown() -> None:
    assert do(board(topic(1)), k.PutDots(topic=1, voter="a")).effects == ()


def test_a_coffee_is_called_once_whatever_the_clock_says() -> None:
    called = do(board(topic(1)), k.CallCoffee(starts_at=NOW + HOUR))
    assert called.board.coffee == replace(Coffee(1, NOW + HOUR), version=1, closes=NOW + 2 * HOUR + MANNER.length)
    assert (called.told.what, kinds(called)) == (Did.CALLED, ["show_board", "wake_timebox"])
    again = do(called.board, k.CallCoffee(starts_at=NOW + HOUR))
    assert (again.board, again.effects, again.told.what) == (called.board, (), Did.NOTHING)


def test_what_was_skipped_or_is_over_is_not_called_again() -> None:
    skipped = do(THREE, k.SkipCoffee())
    assert (skipped.board.coffee, skipped.board.past[4].status) == (None, CoffeeStatus.SKIPPED)
    assert kinds(skipped) == ["show_board", "tell skipped 0"]
    for command in (k.CallCoffee, k.OrderAgenda):
        again = do(skipped.board, command(starts_at=CALLED.starts_at))
        assert (again.board, again.effects, again.told.what) == (skipped.board, (), Did.NOTHING)
    assert skipped.board.topics == THREE.topics


def test_a_coffee_that_nobody_began_is_skipped_for_the_next_one() -> None:
    called = do(THREE, k.CallCoffee(starts_at=NOW + 9 * HOUR), at=NOW + 3 * HOUR)
    assert called.board.past[4].status is CoffeeStatus.SKIPPED
    assert called.board.coffee is not None
    assert (called.board.coffee.number, called.coffee) == (5, called.board.coffee)


def test_a_coffee_that_is_still_to_come_is_moved_with_its_board_and_dots() -> None:
    kept = do(THREE, k.RecordBoard(spot="slack", message="m1", room="C1", coffee=4)).board
    ordered = do(kept, k.OrderAgenda(starts_at=CALLED.starts_at)).board
    for before in (kept, ordered):
        moved = do(before, k.CallCoffee(starts_at=NOW + 5 * HOUR))
        coffee = moved.board.coffee
        assert coffee is not None
        assert (coffee.number, coffee.starts_at, coffee.status) == (4, NOW + 5 * HOUR, CoffeeStatus.CALLED)
        assert (coffee.boards, moved.board.topics) == ({"slack": Shown("C1", "m1")}, THREE.topics)
        assert (moved.told.what, kinds(moved)) == (Did.MOVED, ["show_board", "tell moved 0", "wake_timebox"])
        again = do(moved.board, k.CallCoffee(starts_at=NOW + 5 * HOUR))
        assert (again.board, again.effects) == (moved.board, ())
    sooner = do(kept, k.OrderAgenda(starts_at=NOW + MINUTE))
    assert sooner.board.coffee is not None
    assert (sooner.board.coffee.number, sooner.board.coffee.starts_at) == (4, NOW + MINUTE)
    assert kinds(sooner) == ["show_board", "tell ordered 0", "wake_timebox"]


def test_who_skips_a_coffee_of_another_time_skips_none() -> None:
    kept = do(THREE, k.SkipCoffee(starts_at=NOW))
    assert (kept.board, kept.effects, kept.told.what) == (THREE, (), Did.NOTHING)
    assert do(THREE, k.SkipCoffee(starts_at=CALLED.starts_at)).board.coffee is None
    assert do(board(), k.SkipCoffee(starts_at=NOW)).told.what is Did.NOTHING


def test_a_coffee_to_which_nobody_came_is_none_and_says_so_on_its_board_alone() -> None:
    ordered = do(THREE, k.OrderAgenda(starts_at=CALLED.starts_at))
    (clock,) = [one for one in ordered.effects if isinstance(one, f.WakeTimebox)]
    assert clock.due == CALLED.starts_at + MANNER.length + HOUR
    woken = k.EndTimebox(coffee=4, topic=0, round=0, due=clock.due)
    nobody = do(ordered.board, woken, at=clock.due)
    assert (nobody.board.past[4].status, kinds(nobody)) == (CoffeeStatus.SKIPPED, ["show_board"])
    assert nobody.board.topics == THREE.topics
    # It was moved meanwhile.
    later = do(ordered.board, k.CallCoffee(starts_at=NOW + 9 * HOUR)).board
    assert do(later, woken, at=clock.due).board == later


def test_what_is_ordered_anew_is_on_the_board_and_not_said_again() -> None:
    ordered = do(THREE, k.OrderAgenda())
    assert kinds(ordered) == ["show_board", "tell ordered 0", "wake_timebox"]
    assert kinds(do(do(ordered.board, k.PutDots(topic=3, voter="z", count=3)).board, k.OrderAgenda())) == ["show_board"]
    # One that is only now called has a board that says it all.
    assert kinds(do(board(topic(1)), k.OrderAgenda(starts_at=NOW))) == ["show_board", "wake_timebox"]


def test_the_agenda_is_by_dots_then_the_older_first_and_those_without_stand_last() -> None:
    five = board(
        topic(1),
        topic(2, dots={"a": 1}),
        topic(3, dots={"a": 1, "b": 1}),
        topic(4, dots={"c": 1}, added_at=NOW - HOUR),
        topic(5, state=TopicState.DROPPED),
        coffee=CALLED,
    )
    ordered = do(five, k.OrderAgenda(starts_at=CALLED.starts_at))
    assert ordered.board.coffee is not None
    assert (ordered.board.coffee.agenda, ordered.board.coffee.status) == ((3, 4, 2, 1), CoffeeStatus.ORDERED)
    assert kinds(ordered) == ["show_board", "tell ordered 0", "wake_timebox"]
    more = do(ordered.board, k.PutDots(topic=1, voter="d", count=3)).board
    again = do(more, k.OrderAgenda(starts_at=CALLED.starts_at))
    assert (again.board, again.told.what) == (more, Did.NOTHING)
    by_hand = do(more, k.OrderAgenda()).board.coffee
    assert by_hand is not None
    assert by_hand.agenda == (1, 3, 4, 2)


def test_an_agenda_nobody_called_for_is_called_and_ordered() -> None:
    ordered = do(board(topic(1)), k.OrderAgenda(starts_at=NOW)).board.coffee
    assert ordered is not None
    assert (ordered.status, ordered.agenda, ordered.number) == (CoffeeStatus.ORDERED, (1,), 1)


def test_what_comes_up_once_the_agenda_stands_is_its_last() -> None:
    ordered = do(THREE, k.OrderAgenda()).board
    added = do(ordered, k.AddTopic(text="late")).board.coffee
    assert added is not None
    assert added.agenda == (2, 1, 3, 4)
    dropped = do(ordered, k.DropTopic(topic=1)).board
    assert dropped.coffee is not None
    assert dropped.coffee.agenda == (2, 3)
    restored = do(dropped, k.RestoreTopic(topic=1)).board.coffee
    assert restored is not None
    assert restored.agenda == (2, 3, 1)


def test_where_the_board_stands_is_kept_also_of_what_was_last() -> None:
    kept = do(THREE, k.RecordBoard(spot="slack", message="m1", room="C1", coffee=4))
    assert kept.board.coffee is not None
    assert (kept.board.coffee.boards, kept.effects) == ({"slack": Shown("C1", "m1")}, ())
    nothing = do(kept.board, k.RecordBoard(spot="slack", message="m1", room="C1", coffee=4))
    assert nothing.board == kept.board
    over = do(kept.board, k.SkipCoffee()).board
    late = do(over, k.RecordBoard(spot="matrix", message="m2", room="!r", coffee=4)).board.past[4]
    assert late.boards == {"slack": Shown("C1", "m1"), "matrix": Shown("!r", "m2")}
    assert do(board(), k.RecordBoard(spot="slack", message="m", room="C", coffee=4)).board == board()


def test_a_board_that_was_posted_before_the_next_coffee_was_called_is_not_that_one_s() -> None:
    called = do(THREE, k.CallCoffee(starts_at=NOW + 5 * HOUR), at=NOW + 3 * HOUR).board
    now = do(called, k.RecordBoard(spot="slack", message="m1", room="C1", coffee=4)).board
    assert now.coffee is not None
    assert (now.coffee.number, now.coffee.boards) == (5, {})
    assert now.past[4].boards == {"slack": Shown("C1", "m1")}


def test_where_the_minutes_lie_is_kept_and_what_can_be_opened_wins_over_a_path() -> None:
    over = replace(THREE, past={3: Coffee(3, NOW - HOUR, CoffeeStatus.OVER)})
    places = ["/drafts/coffee.md", "/other", "https://git.example.org/a", "https://git.example.org/b", "/third"]
    found = []
    for place in places:
        kept = do(over, k.RecordMinutes(coffee=3, place=place))
        assert kept.effects == ()
        assert kept.board.coffee == THREE.coffee
        over = kept.board
        found.append(over.past[3].minutes)
    assert found == [places[0], places[0], places[2], places[2], places[2]]
    assert do(over, k.RecordMinutes(coffee=99, place="x")).board == over


def test_the_dot_of_a_deleted_board_is_held_by_a_reaction_to_the_new_one_alone() -> None:
    shown = do(THREE, k.RecordBoard(spot="slack:ops", message="1.1", room="C2", coffee=4)).board
    shown = do(shown, k.RecordBoard(spot="slack:coffee", message="1.2", room="C1", coffee=4)).board
    put = do(shown, k.PutDots(topic=3, voter="d", reaction="slack:1.2")).board
    lost = do(put, k.LoseBoard(spot="slack:coffee", message="1.2")).board
    anew = do(lost, k.RecordBoard(spot="slack:coffee", message="1.3", room="C1", coffee=4)).board
    # One in the other room, and one on the message that brought it up, are dots of their own.
    for reaction in ("slack:1.1", "slack:9.9"):
        assert do(anew, k.PutDots(topic=3, voter="d", reaction=reaction)).board.topics[3].dots == {"d": 2}
    for reaction in ("slack:1.3", "slack:C1:1.3"):
        held = do(anew, k.PutDots(topic=3, voter="d", reaction=reaction)).board.topics[3]
        assert (held.dots, held.reacted) == ({"d": 1}, {"d": (reaction,)})
