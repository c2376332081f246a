"""What becomes of a topic that a reaction brought up when reactions come and go, without a database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.coffee.board import Board, Origin, Takeaway, TopicState
from bot.coffee.brewed import Did
from bot.coffee.sources import brought, wanted
from bot.incident import events as e
from bot.incident.commands import coffee as k
from bot.incident.model import Incident, Kind, Mark, Source, Status
from tests.unit.coffee_boards import CALLED, MANNER, MINUTE, NOW, board, do, topic

SEVEN = Incident(number=7, opened_at=NOW)


def recorded(event: e.Event, by: str = "ana", *, incident: int = 7, seq: int = 9) -> e.Recorded:
    return e.Recorded(incident, seq, NOW, by, Source("command"), seq, event)


def followed(before: Board, *events: e.Recorded, incident: Incident = SEVEN) -> Board:
    """A voter is who it is, in which ballot."""
    made = brought(
        before,
        events,
        {7: incident},
        MANNER,
        at=NOW,
        first_topic=max(before.topics, default=0) + 1,
        voter=lambda person, ballot: f"{person}/{ballot}",
    )
    return made.board


FLAPPING = board(topic(1, "Flapping", incident=7, event=2, origin=Origin.REACTION))
SECONDED = e.Seconded(at=NOW, event=2, message="slack:1")
GONE = e.Retracted(at=NOW, event=2)


def test_whose_reaction_goes_takes_a_dot_along_and_those_of_others_stay() -> None:
    both = followed(FLAPPING, recorded(SECONDED, "ana"), recorded(SECONDED, "ben", seq=10))
    assert both.topics[1].dots == {"ana/0": 1, "ben/0": 1}
    assert both.topics[1].reacted == {"ana/0": ("7:2",), "ben/0": ("7:2",)}
    left = followed(both, recorded(GONE, "ana", seq=11))
    assert (left.topics[1].state, left.topics[1].dots) == (TopicState.OPEN, {"ben/0": 1})
    alone = followed(FLAPPING, recorded(SECONDED, "ana"), recorded(GONE, "ana", seq=10))
    assert (alone.topics[1].state, alone.topics[1].dots) == (TopicState.DROPPED, {})
    taken = followed(both, recorded(e.Seconded(at=NOW, event=2, message="slack:1", stands=False), "ben", seq=11))
    assert (taken.topics[1].state, taken.topics[1].dots) == (TopicState.OPEN, {"ana/0": 1})


def test_a_dot_is_put_in_the_vote_of_the_coffee_that_is_called() -> None:
    called = board(FLAPPING.topics[1], coffee=CALLED)
    assert followed(called, recorded(SECONDED, "ana")).topics[1].dots == {"ana/0": 1}
    later = board(FLAPPING.topics[1], past=(CALLED.__class__(4, NOW, status=CALLED.status.OVER, ballot=6),))
    assert followed(later, recorded(SECONDED, "ana")).topics[1].dots == {"ana/7": 1}


@pytest.mark.parametrize(
    ("event", "kind", "asked"),
    [
        (e.Noted(at=NOW, mark=Mark.COFFEE, text="x"), Kind.REAL, {(7, 9)}),
        (e.Noted(at=NOW, mark=Mark.COFFEE, text="x"), Kind.DRILL, {(7, 9)}),
        (e.Noted(at=NOW, mark=Mark.QUESTION, text="x"), Kind.REAL, {(7, 9)}),
        (e.Noted(at=NOW, mark=Mark.QUESTION, text="x"), Kind.DRILL, set()),
        (e.Noted(at=NOW, mark=Mark.NOTE, text="x"), Kind.REAL, set()),
        (e.TitleChanged(at=NOW, old="a", new="b"), Kind.NEARMISS, {(7, 1)}),
        (e.TitleChanged(at=NOW, old="a", new="b"), Kind.REAL, set()),
        (e.StatusChanged(at=NOW, old=Status.RESOLVED, new=Status.CANCELLED), Kind.NEARMISS, {(7, 1)}),
        (e.StatusChanged(at=NOW, old=Status.RESOLVED, new=Status.CLOSED), Kind.NEARMISS, set()),
        (e.StatusChanged(at=NOW, old=Status.RESOLVED, new=Status.CANCELLED), Kind.REAL, set()),
        (SECONDED, Kind.REAL, {(7, 2)}),
        (GONE, Kind.REAL, {(7, 2)}),
        (e.MessageEdited(at=NOW, message="m", text="x", events=(2, 4)), Kind.REAL, {(7, 2), (7, 4)}),
        (e.MessageRemoved(at=NOW, message="m", events=(2, 4)), Kind.REAL, {(7, 2), (7, 4)}),
        (e.MadePrivate(at=NOW), Kind.REAL, set()),
    ],
)
def test_whose_topics_are_looked_up(event: e.Event, kind: Kind, asked: set[tuple[int, int]]) -> None:
    events, private = wanted([recorded(event)], {7: Incident(number=7, opened_at=NOW, kind=kind)})
    assert (events, private) == (asked, {7} if isinstance(event, e.MadePrivate) else set())


def test_nothing_of_a_private_incident_comes_up() -> None:
    secret = Incident(number=7, opened_at=NOW, private=True)
    noted = recorded(e.Noted(at=NOW, mark=Mark.COFFEE, text="Why do OSDs flap?"))
    assert followed(board(), noted, incident=secret) == board()
    assert [one.text for one in followed(board(), noted).topics.values()] == ["Why do OSDs flap?"]


def test_what_people_took_along_of_a_secret_before_does_not_come_back_with_a_slip() -> None:
    secret = replace(FLAPPING.topics[1], coffee=3, takeaways=(Takeaway("The password was in the log"),))
    begun = do(board(secret, coffee=CALLED), k.StartCoffee()).board
    private = followed(begun, recorded(e.MadePrivate(at=NOW)), incident=replace(SEVEN, private=True))
    back = do(private, k.EndCoffee(), at=NOW + MINUTE)
    assert (back.told.what, back.board.topics[1].coffee, back.board.topics[1].takeaways) == (Did.NOT_BEGUN, 3, ())
    assert "password" not in repr(private)
