"""What is decided beside the meeting, without a database: boards that go, a calendar that moves, what the release before wrote."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.coffee.board import Board, Coffee, CoffeeStatus, Shown, Spot, Topic, TopicState
from bot.coffee.brewed import Brewed, Did
from bot.coffee.dated import Meeting, called, rescheduled
from bot.coffee.overlooked import LOOKED_BACK, Lately, overlooked, since
from bot.coffee.shown import COMES_BACK, lose, record, stays_away
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.commands import coffee as k
from bot.incident.model import Incident, Kind, Mark, Severity, Source, Status
from bot.incident.text import REMOVED
from tests.unit.coffee_boards import CALLED, HOUR, NOW, THREE, board, topic

BOARDS = {"slack": Shown("C1", "1.2"), "matrix:!a": Shown("!a", "$m")}
HELD = replace(CALLED, boards=BOARDS)


def test_where_the_board_is_shown_is_kept_also_of_one_that_is_over() -> None:
    new = Shown("C2", "3.4")
    for before in (replace(THREE, coffee=HELD), board(past=(replace(HELD, status=CoffeeStatus.OVER),))):
        kept = record(before, k.RecordBoard(coffee=4, spot="slack", room="C2", message="3.4"))
        assert kept.board.coffees[4].boards == {**BOARDS, "slack": new}
        assert (kept.told.what, kept.told.coffee, kept.effects) == (Did.KEPT, kept.board.coffees[4], ())
    assert record(THREE, k.RecordBoard(coffee=9, spot="slack", room="C2", message="3.4")) == Brewed(THREE)


REACTED = topic(1, dots={"a": 2, "b": 1}, reacted={"a": ("slack:1.2", "slack:1.1"), "b": ("matrix:!a:$m",)})


@pytest.mark.parametrize(
    ("spot", "message", "reacted"),
    [
        ("slack", "1.2", {"a": ("slack:", "slack:1.1"), "b": ("matrix:!a:$m",)}),
        ("matrix:!a", "$m", {"a": ("slack:1.2", "slack:1.1"), "b": ("matrix:",)}),
    ],
)
def test_a_board_that_goes_leaves_its_dots_and_comes_back(
    spot: str, message: str, reacted: dict[str, tuple[str, ...]]
) -> None:
    lost = lose(board(REACTED, coffee=HELD), k.LoseBoard(spot=spot, message=message))
    now = lost.board.coffee
    assert now is not None
    assert (now.boards, now.lost) == ({one: at for one, at in BOARDS.items() if one != spot}, {spot: 1})
    assert (lost.board.topics[1].dots, lost.board.topics[1].reacted) == (REACTED.dots, reacted)
    assert lost.effects == (f.ShowBoard(Spot.read(spot).platform, Spot.read(spot).room),)
    assert (lost.told.what, lost.told.coffee) == (Did.KEPT, now)


@pytest.mark.parametrize(
    ("before", "command"),
    [
        (board(REACTED), k.LoseBoard(spot="slack", message="1.2")),
        (board(REACTED, coffee=HELD), k.LoseBoard(spot="slack", message="1.1")),
        (board(REACTED, coffee=HELD), k.LoseBoard(spot="console", message="1.2")),
    ],
    ids=["none is called", "an older one", "nowhere"],
)
def test_what_is_no_board_of_ours_any_more_cannot_go(before: Board, command: k.LoseBoard) -> None:
    assert lose(before, command) == Brewed(before)


@pytest.mark.parametrize(("times", "back"), [(0, True), (COMES_BACK - 1, True), (COMES_BACK, False)])
def test_a_board_comes_back_a_few_times_in_each_room(times: int, back: bool) -> None:
    before = replace(HELD, lost={"slack": times, "matrix:!a": 7})
    lost = lose(board(REACTED, coffee=before), k.LoseBoard(spot="slack", message="1.2"))
    assert lost.board.coffee is not None
    assert lost.board.coffee.lost == {"slack": times + 1, "matrix:!a": 7}
    assert bool(lost.effects) is back
    assert stays_away(lost.board.coffee, Spot("slack")) is not back


@pytest.mark.parametrize(
    ("coffee", "following", "asked"),
    [
        (None, NOW + HOUR, None),
        (CALLED, CALLED.starts_at, None),
        (CALLED, NOW + 2 * HOUR, k.CallCoffee(starts_at=NOW + 2 * HOUR)),
        (CALLED, NOW + HOUR / 2, k.CallCoffee(starts_at=NOW + HOUR / 2)),
        (CALLED, None, k.SkipCoffee(starts_at=CALLED.starts_at)),
        (replace(CALLED, status=CoffeeStatus.ORDERED), None, k.SkipCoffee(starts_at=CALLED.starts_at)),
        (replace(CALLED, status=CoffeeStatus.RUNNING), None, None),
        (replace(CALLED, starts_at=NOW), NOW + HOUR, None),
        (replace(CALLED, starts_at=NOW - HOUR), None, None),
        (CALLED, NOW + 5 * HOUR, None),
    ],
)
def test_a_coffee_that_is_called_follows_its_calendar(
    coffee: Coffee | None, following: datetime | None, asked: k.CallCoffee | k.SkipCoffee | None
) -> None:
    """Nobody wanted the one in five hours."""
    skipped = Coffee(3, NOW + 5 * HOUR, CoffeeStatus.SKIPPED)
    assert rescheduled(board(coffee=coffee, past=(skipped,)), following, NOW) == asked


def test_a_meeting_is_ours_by_a_part_of_its_title() -> None:
    meetings = [Meeting(NOW, title) for title in ("Lean COFFEE of operations", "Coffee break", "Standup")]
    assert [one.title for one in called(meetings, "lean Coffee")] == ["Lean COFFEE of operations"]
    assert called(meetings, "") == meetings


@pytest.mark.parametrize(
    ("began", "looked"),
    [
        ([], LOOKED_BACK),
        ([None], LOOKED_BACK),
        ([timedelta(weeks=2), timedelta(weeks=1)], timedelta(weeks=1)),
        ([timedelta(weeks=9)], LOOKED_BACK),
    ],
)
def test_what_no_coffee_could_talk_about_is_looked_for_since_the_last_one(
    began: list[timedelta | None], looked: timedelta
) -> None:
    past = tuple(
        Coffee(n, NOW - 20 * LOOKED_BACK, CoffeeStatus.OVER, began=None if one is None else NOW - one)
        for n, one in enumerate(began, 1)
    )
    assert since(board(past=past), NOW) == NOW - looked


SEVEN = Incident(number=7, opened_at=NOW, title="Nearly drained the wrong rack")


def noted(seq: int, text: str = "Why?", message: str = "", incident: int = 7, after: int = 0) -> e.Recorded:
    event = e.Noted(at=NOW, mark=Mark.QUESTION, text=text, message=message)
    return e.Recorded(incident, seq, NOW + after * HOUR, "ana", Source("command"), seq, event)


def near_miss(incident: int = 7) -> e.Recorded:
    event = e.IncidentOpened(
        at=NOW, title="As it was", kind=Kind.NEARMISS, severity=Severity.SEV4, status=Status.RESOLVED
    )
    return e.Recorded(incident, 1, NOW, "ana", Source("command"), 1, event)


def of(seq: int, event: e.Event) -> e.Recorded:
    return e.Recorded(7, seq, NOW, "ben", Source("command"), seq, event)


def heard(
    before: Board, *recorded: e.Recorded, incident: Incident = SEVEN, unheard: set[int] | None = None
) -> list[str]:
    """What the board is told, as it reads."""
    keys = {one.seq for one in recorded} if unheard is None else unheard
    lately = Lately(frozenset((7, seq) for seq in keys), recorded, {7: incident})
    found = []
    for one in overlooked(before, lately, NOW):
        match one.event:
            case e.Noted(text=text) | e.IncidentOpened(title=text):
                found.append(text)
            case other:
                found.append(type(other).__name__)
    return found


EDIT = e.MessageEdited(at=NOW, message="m", text="Why then?", events=(4,))
WIPED = replace(EDIT, text=REMOVED)
TAKEN = topic(1, "Why?", incident=7, event=4, message="m")


@pytest.mark.parametrize(
    ("before", "recorded", "said"),
    [
        (board(), (noted(4),), ["Why?"]),
        (board(), (near_miss(),), [SEVEN.title]),
        (board(), (noted(4, message="m"), of(5, EDIT)), ["Why then?"]),
        (board(), (noted(4, message="m"), of(5, WIPED)), []),
        (board(), (noted(4, REMOVED),), []),
        (board(), (noted(4), of(5, e.Retracted(at=NOW, event=4))), []),
        (board(), (noted(4), of(5, e.Retracted(at=NOW, event=3))), ["Why?"]),
        (board(TAKEN), (noted(6, message="m"),), []),
        (board(replace(TAKEN, state=TopicState.DISCUSSED)), (noted(6, message="m"),), []),
        (board(replace(TAKEN, message="")), (noted(6, "And?"),), ["And?"]),
        (board(), (noted(6, "second", after=2), noted(8, "first", after=1)), ["first", "second"]),
        (board(), (noted(8, "b"), noted(6, "a")), ["a", "b"]),
    ],
)
def test_what_the_board_has_not_heard_of_it_hears_as_it_reads_now(
    before: Board, recorded: tuple[e.Recorded, ...], said: list[str]
) -> None:
    assert heard(before, *recorded) == said


def test_what_it_has_heard_or_may_not_hear_it_is_not_told() -> None:
    assert heard(board(), noted(4), noted(5, "And?"), unheard={5}) == ["And?"]
    assert heard(board(), noted(4), incident=replace(SEVEN, private=True)) == []
    cancelled = replace(SEVEN, status=Status.CANCELLED)
    assert heard(board(), near_miss(), noted(4), incident=cancelled) == ["Why?"]


@pytest.mark.parametrize(
    ("before", "recorded", "incident", "said"),
    [
        (TAKEN, (noted(4, message="m"),), SEVEN, []),
        (TAKEN, (noted(4, REMOVED, message="m"),), SEVEN, ["MessageRemoved"]),
        (TAKEN, (noted(4, message="m"),), replace(SEVEN, private=True), ["MadePrivate"]),
        (replace(TAKEN, text=REMOVED), (noted(4, REMOVED),), replace(SEVEN, private=True), []),
        (replace(TAKEN, state=TopicState.DISCUSSED), (noted(4, REMOVED),), SEVEN, []),
        (replace(TAKEN, event=5), (noted(4, REMOVED),), SEVEN, []),
        (replace(TAKEN, incident=8), (noted(4, REMOVED),), replace(SEVEN, private=True), []),
    ],
)
def test_what_nobody_may_read_any_more_goes_from_the_board(
    before: Topic, recorded: tuple[e.Recorded, ...], incident: Incident, said: list[str]
) -> None:
    assert heard(Board({1: before}), *recorded, incident=incident, unheard=set()) == said


def test_what_goes_is_said_of_its_incident_and_message() -> None:
    lately = Lately(recorded=(noted(4, REMOVED, message="m"),), incidents={7: SEVEN})
    (gone,) = overlooked(board(TAKEN), lately, NOW)
    assert gone == e.Recorded(7, 0, NOW, "", Source(""), 0, e.MessageRemoved(at=NOW, message="m", events=(4,)))
    private = replace(lately, incidents={7: replace(SEVEN, private=True)})
    assert [one.event for one in overlooked(board(TAKEN), private, NOW)] == [e.MadePrivate(at=NOW)]
