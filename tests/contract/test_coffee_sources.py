"""Topics that nobody typed: they come from timelines and near misses, and follow what becomes of what they come from."""

from __future__ import annotations

import json
from functools import partial

import pytest
from sqlalchemy import select

from bot.coffee.board import Origin, Topic, TopicState
from bot.coffee.nameless import nameless
from bot.incident import commands as c
from bot.incident.commands import coffee as k
from bot.incident.model import Captured, Kind, Mark
from bot.incident.text import REMOVED
from storage import codec
from storage.tables import outbox, topic
from tests.contract.coffee_table import ask, ended, everything, queued, said, sit
from tests.world import PEOPLE, World, an_ask


@pytest.fixture
def world(world: World) -> World:
    return sit(world)


def stored(world: World) -> dict[int, Topic]:
    """Every topic, whatever became of it."""
    with world.database.read() as connection:
        bodies = connection.execute(select(topic.c.body).order_by(topic.c.id)).scalars()
        return {one.id: one for one in map(codec.load_topic, bodies)}


def message(number: int) -> str:
    return f"slack:{number}.2"


def noted(world: World, text: str = "Why do OSDs flap?", mark: Mark = Mark.COFFEE, *, by: str = "ana") -> int:
    """The number of an incident with such a line, taken from its `message`."""
    number = world.opened(f"Down {world.clock.now()}", another=True).number
    world.ask(c.Note(text=text, mark=mark, message=message(number)), number, by=by)
    return number


@pytest.mark.parametrize(
    ("mark", "origin"), [(Mark.COFFEE, Origin.REACTION), (Mark.QUESTION, Origin.QUESTION), (Mark.KEY_MOMENT, None)]
)
def test_lines_with_a_cup_and_open_questions_are_topics(world: World, mark: Mark, origin: Origin | None) -> None:
    number = noted(world, "x" * (k.TOPIC_LIMIT + 9), mark)
    found = [*world.lookups.board().topics.values()]
    assert [(one.origin, one.incident, one.event, one.message, one.by) for one in found] == (
        [(origin, number, 2, message(number), "ana")] if origin else []
    )
    assert all(len(one.text) == k.TOPIC_LIMIT and one.text.endswith("…") for one in found)


def test_a_near_miss_is_a_topic_until_it_was_none(world: World) -> None:
    number = world.opened("Backup was empty", kind=Kind.NEARMISS).number
    (found,) = world.lookups.board().topics.values()
    assert (found.text, found.origin, found.incident, found.event, found.by) == (
        "Backup was empty",
        Origin.NEARMISS,
        number,
        1,
        "ana",
    )
    world.ask(c.Rename(title="Backup was empty for a week"), number)
    assert world.lookups.board().topics[1].text == "Backup was empty for a week"
    world.ask(c.Undo(by="ana"), number)
    assert world.lookups.board().topics[1].text == "Backup was empty"
    world.ask(c.Cancel(reason="it was full"), number)
    assert stored(world)[1].state is TopicState.DROPPED


def test_an_anonymous_near_miss_is_brought_up_by_nobody(world: World) -> None:
    world.ask(c.Open(title="Backup was empty", kind=Kind.NEARMISS), by="")
    assert world.lookups.board().topics[1].by == ""


def test_others_with_the_same_reaction_put_a_dot_and_take_it_back(world: World) -> None:
    number = noted(world)
    for by in ("ben", "cem"):
        world.ask(c.Note(text="Why do OSDs flap?", mark=Mark.COFFEE, message=message(number)), number, by=by)
    voter = world.rules.voter
    assert world.lookups.board().topics[1].dots == {voter("ben", 0): 1, voter("cem", 0): 1}
    world.ask(c.Retract(captured=Captured.LINE, mark=Mark.COFFEE, message=message(number)), number, by="ben")
    assert world.lookups.board().topics[1].dots == {voter("cem", 0): 1}


def test_a_reaction_of_somebody_whose_dots_are_all_put_is_none(world: World) -> None:
    number = noted(world)
    ask(world, k.AddTopic(text="another"))
    ask(world, k.PutDots(topic=2, voter="", count=3), "ben")
    world.ask(c.Note(text="Why do OSDs flap?", mark=Mark.COFFEE, message=message(number)), number, by="ben")
    assert world.lookups.board().topics[1].dots == {}


def test_with_the_last_reaction_the_topic_goes_unless_somebody_put_a_dot_on_it(world: World) -> None:
    wanted, unwanted = noted(world, "wanted"), noted(world, "unwanted")
    ask(world, k.PutDots(topic=1, voter=""), "ben")
    ask(world, k.PutDots(topic=1, voter=""), "ana")
    for number in (wanted, unwanted):
        world.ask(c.Retract(captured=Captured.LINE, mark=Mark.COFFEE, message=message(number)), number)
    found = stored(world)
    # That somebody brought it up was no dot, so none goes with that.
    assert (found[1].state, found[1].votes) == (TopicState.OPEN, 2)
    assert (found[2].state, found[2].dots) == (TopicState.DROPPED, {})


def test_a_line_that_is_taken_back_is_no_topic_and_may_be_one_again(world: World) -> None:
    number = world.opened().number
    line = c.Note(text="Why do OSDs flap?", mark=Mark.COFFEE)
    world.ask(line, number)
    world.ask(c.Undo(by="ana"), number)
    assert [one.state for one in stored(world).values()] == [TopicState.DROPPED]
    world.ask(line, number)
    assert [(one.id, one.state) for one in stored(world).values()] == [(1, TopicState.DROPPED), (2, TopicState.OPEN)]


def test_a_topic_reads_as_its_message_does_and_with_that_its_text_is_gone(world: World) -> None:
    number = noted(world, "Why do OSDs flap? pw=hunter2")
    world.ask(c.EditMessage(message=message(number), text="Why do OSDs flap? pw=hunter3"), number)
    assert world.lookups.board().topics[1].text == "Why do OSDs flap? pw=hunter3"
    world.ask(c.RemoveMessage(message=message(number)), number)
    (gone,) = stored(world).values()
    assert (gone.text, gone.message, gone.state) == (REMOVED, "", TopicState.DROPPED)
    assert "hunter" not in everything(world)


def test_what_is_removed_in_the_batch_that_brought_it_never_reaches_the_board(world: World) -> None:
    number = world.opened().number
    world.do(
        an_ask(c.Note(text="pw=hunter2", mark=Mark.COFFEE, message=message(number)), number),
        an_ask(c.RemoveMessage(message=message(number)), number),
    )
    assert world.lookups.board().topics == {}
    assert "hunter" not in everything(world)


def test_nothing_of_a_private_incident_is_on_the_board_and_what_becomes_private_vanishes(world: World) -> None:
    secret = world.opened("Secret door", private=True, kind=Kind.NEARMISS).number
    world.ask(c.Note(text="Secret key", mark=Mark.COFFEE), secret)
    assert stored(world) == {}
    number = noted(world, "Leaked key", Mark.QUESTION)
    noted(world, "Harmless")
    ask(world, k.AddTopic(text="Said by hand"))
    world.ask(c.MakePrivate(), number)
    assert [one.text for one in world.lookups.board().topics.values()] == ["Harmless", "Said by hand"]
    found = stored(world)
    assert (found[1].text, found[1].state) == (REMOVED, TopicState.DROPPED)
    world.ask(c.Note(text="More of it", mark=Mark.COFFEE), number)
    assert len(stored(world)) == len(found)
    refused = world.do(said(k.RestoreTopic(topic=1)))[0].refused
    assert refused is not None
    assert refused.reason == "The text of topic 1 was removed."


def test_what_is_being_talked_about_stays_but_for_its_text(world: World) -> None:
    number = noted(world, "Leaked key")
    ask(world, k.StartCoffee())
    world.ask(c.MakePrivate(), number)
    (found,) = world.lookups.board().topics.values()
    assert (found.text, found.state) == (REMOVED, TopicState.OPEN)
    ended(world)
    assert stored(world)[1].state is TopicState.DISCUSSED


def test_what_was_talked_about_is_followed_too(world: World) -> None:
    number = noted(world, "pw=hunter2")
    ask(world, k.StartCoffee())
    ended(world)
    world.ask(c.RemoveMessage(message=message(number)), number)
    minutes = world.lookups.coffee(1)
    assert minutes is not None
    assert [(one.text, one.state) for one in minutes[1]] == [(REMOVED, TopicState.DISCUSSED)]


def test_what_was_talked_about_and_becomes_private_is_read_by_nobody(world: World) -> None:
    number = noted(world, "Leaked key")
    ask(world, k.StartCoffee())
    ended(world)
    world.ask(c.MakePrivate(), number)
    (found,) = stored(world).values()
    assert (found.text, found.message, found.state) == (REMOVED, "", TopicState.DISCUSSED)


def test_who_reacted_to_an_announcement_brought_up_what_vanishes_with_its_incident(world: World) -> None:
    number = world.opened("Leaked key").number
    texts = (f"INC-{number} Leaked key", f"Week 45: inc-{number} Leaked key", f"INC-{number}0 is another one")
    for place, text in enumerate(texts):
        ask(world, k.AddTopic(text=text, message=f"slack:C1:{place}"))
    ask(world, k.AddTopic(text=f"How we talk about INC-{number}"))
    ask(world, k.StartCoffee())
    world.clock.forward(minutes=1)
    ask(world, k.NextTopic(takeaway="Leaked by mail"))
    ask(world, k.EndCoffee())
    world.ask(c.MakePrivate(), number)
    assert [one.text for one in stored(world).values()] == [
        REMOVED,
        REMOVED,
        texts[2],
        f"How we talk about INC-{number}",
    ]
    assert "Leaked by mail" not in "".join(map(repr, stored(world).values()))


def test_when_a_text_goes_the_minutes_that_have_it_are_made_anew(world: World) -> None:
    number, other = noted(world, "Leaked key"), noted(world, "pw=hunter2")
    for _ in range(2):
        ask(world, k.StartCoffee())
        ended(world)
        ask(world, k.RecordMinutes(coffee=world.lookups.board().ballot, place="minutes.md"))
    before = len(queued(world))
    ask(world, k.AddTopic(text="Something else"))
    assert queued(world)[before:] == []
    # At the first one it was talked about, and the second one's minutes do not have it.
    world.ask(c.MakePrivate(), number)
    known = anew(world)
    assert known[-2:] == [("drafts", 1), ("git", 1)]
    # Of the second one it was a topic, at the first it was left for the next.
    world.ask(c.RemoveMessage(message=message(other)), other)
    assert anew(world)[len(known) :] == [("drafts", 1), ("git", 1), ("drafts", 2), ("git", 2)]


def anew(world: World) -> list[tuple[str, int]]:
    with world.database.read() as connection:
        rows = connection.execute(select(outbox.c.body).where(outbox.c.kind == "write_minutes").order_by(outbox.c.id))
        bodies = [json.loads(body) for body in rows.scalars()]
    return [(body["publisher"], body["coffee"]) for body in bodies]


def test_what_a_timeline_brings_names_nobody_where_nobody_is_named(world: World) -> None:
    sit(world, anonymous=True, unnamed=partial(nameless, people=PEOPLE.values(), instead="somebody"))
    number = noted(world, "Why did Ben Okafor restart it?")
    world.opened("Ana Ruiz nearly drained the rack", kind=Kind.NEARMISS)
    assert [one.text for one in stored(world).values()] == [
        "Why did somebody restart it?",
        "somebody nearly drained the rack",
    ]
    world.ask(c.EditMessage(message=message(number), text="Why did B\u200ben restart it?"), number)
    assert stored(world)[1].text == "Why did somebody restart it?"
    # The timeline is the incident's, and says what was said.
    assert "Why did Ben Okafor restart it?" in everything(world)


def test_in_one_batch_what_is_private_stays_where_it_is(world: World) -> None:
    secret, number = world.opened("Secret door", private=True).number, world.opened("Down").number
    lines = [an_ask(c.Note(text=f"line of {n}", mark=Mark.COFFEE), n) for n in (secret, number)]
    world.do(*lines)
    assert [one.text for one in stored(world).values()] == [f"line of {number}"]


def test_once_a_coffee_is_called_the_board_shows_what_comes_up(world: World) -> None:
    noted(world)
    assert queued(world) == []
    ask(world, k.CallCoffee(starts_at=world.clock.now()))
    world.clock.forward(seconds=2)
    world.outbox.claim(64, world.clock.now() - world.clock.now())
    noted(world, "Another")
    assert [kind for _, kind in queued(world) if kind != "wake_timebox"] == 4 * ["show_board"]


def test_a_word_and_a_board_that_is_full_are_left_on_the_timeline(world: World) -> None:
    noted(world, "?!")
    assert stored(world) == {}
    ask(world, k.AddTopic(text="Why do OSDs flap?"))
    noted(world)
    assert len(stored(world)) == 1


def test_what_a_batch_brings_and_is_asked_of_the_board_is_one_order(world: World) -> None:
    number = world.opened().number
    outcomes = world.do(
        said(k.PutDots(topic=1, voter="")),
        an_ask(c.Note(text="first", mark=Mark.COFFEE), number),
        an_ask(c.Note(text="second", mark=Mark.QUESTION), number),
        said(k.AddTopic(text="third")),
    )
    assert [outcome.refused for outcome in outcomes] == [None] * 4
    assert [(one.id, one.text, one.votes) for one in world.lookups.board().topics.values()] == [
        (1, "first", 1),
        (2, "second", 0),
        (3, "third", 0),
    ]
