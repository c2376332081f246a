"""Any commands over the coffee in any order, by people and by clocks: the board keeps its promises, and only Refused is ever raised."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.coffee.board import Board, Coffee, CoffeeStatus, Manner, Spot, Topic, TopicState
from bot.coffee.brewed import Brewed, Did
from bot.coffee.house import House
from bot.coffee.meeting import ENDS_ITSELF
from bot.coffee.minutes import minutes
from bot.coffee.rules import brew
from bot.coffee.topics import MOST, PLACES
from bot.incident import effects as f
from bot.incident.commands import coffee as k
from bot.incident.model import Refused
from tests.unit.coffee_boards import NOW

PEOPLE = ("ana-ruiz", "ben-okafor", "cem-yilmaz")
BY = st.sampled_from(PEOPLE)
VOTERS = st.sampled_from(["v1", "v2", "v3"])
TOPICS = st.integers(1, 14)
COUNTS = st.integers(-1, 4)
TEXTS = st.sampled_from([*(f"topic {n}" for n in range(14)), "", "x", "Topic 3!", "y" * 301])
TIMES = st.integers(0, 3).map(lambda weeks: NOW + weeks * timedelta(weeks=1))
ROUNDS = st.integers(0, 2)
REACTIONS = st.sampled_from(["slack:1.2", "slack:m1", "slack:m3", "matrix:$x"])
SPOTS = st.sampled_from(["slack", "slack:ops", "matrix"])
MESSAGES = st.sampled_from(["m1", "m3"])

COMMANDS = st.one_of(
    st.builds(k.AddTopic, text=TEXTS, by=BY),
    st.builds(k.AddTopic, text=TEXTS, by=BY),
    st.builds(k.DropTopic, topic=TOPICS),
    st.builds(k.RestoreTopic, topic=TOPICS),
    st.builds(k.RewordTopic, topic=TOPICS, text=TEXTS),
    st.builds(k.ForgetTopic, topic=TOPICS),
    st.builds(k.PutDots, topic=TOPICS, voter=VOTERS, count=COUNTS),
    st.builds(k.PutDots, topic=TOPICS, voter=VOTERS),
    st.builds(k.TakeDots, topic=TOPICS, voter=VOTERS, count=st.none() | COUNTS),
    st.builds(k.PutDots, topic=TOPICS, voter=VOTERS, reaction=REACTIONS),
    st.builds(k.TakeDots, topic=TOPICS, voter=VOTERS, reaction=REACTIONS),
    st.builds(k.CallCoffee, starts_at=TIMES),
    st.builds(k.OrderAgenda, starts_at=st.none() | TIMES),
    st.just(k.StartCoffee()),
    st.just(k.StartCoffee()),
    st.builds(k.NextTopic, takeaway=st.sampled_from(["", "learnt"]), by=BY),
    st.builds(k.TakeUpTopic, topic=TOPICS),
    st.builds(k.GiveThumb, voter=VOTERS, up=st.booleans()),
    st.builds(k.TakeThumb, voter=VOTERS, up=st.booleans()),
    st.builds(k.EndTimebox, coffee=st.integers(1, 3), topic=st.integers(0, 14), round=ROUNDS),
    st.builds(k.CountThumbs, coffee=st.integers(1, 3), topic=TOPICS, round=ROUNDS),
    st.builds(k.NoteTakeaway, text=st.sampled_from(["", "learnt"]), by=BY),
    st.builds(k.NoteTakeaway, text=st.just("learnt"), by=BY, topic=TOPICS),
    st.builds(k.DropTakeaway, takeaway=st.integers(0, 4)),
    st.just(k.EndCoffee()),
    st.just(k.SkipCoffee()),
    st.builds(k.SkipCoffee, starts_at=TIMES),
    st.builds(k.RecordBoard, spot=SPOTS, message=MESSAGES, room=st.just("r1"), coffee=st.integers(1, 3)),
    st.builds(k.LoseBoard, spot=SPOTS, message=MESSAGES),
    st.builds(k.RecordThumbs, spot=SPOTS, message=st.just("m2"), coffee=st.integers(1, 3), topic=TOPICS, round=ROUNDS),
    st.builds(k.RecordMinutes, coffee=st.integers(1, 3), place=st.just("minutes.md")),
)

SOME = st.integers(1, 4)
MEETING = st.one_of(
    st.just(k.StartCoffee()),
    st.just(k.StartCoffee()),
    st.just(k.EndCoffee()),
    st.just(k.EndCoffee()),
    st.builds(k.NextTopic, takeaway=st.sampled_from(["", "learnt"]), by=BY),
    st.builds(k.TakeUpTopic, topic=SOME),
    st.builds(k.RestoreTopic, topic=SOME),
    st.builds(k.DropTopic, topic=SOME),
    st.builds(k.ForgetTopic, topic=SOME),
    st.builds(k.AddTopic, text=TEXTS, by=BY),
    st.builds(k.PutDots, topic=SOME, voter=VOTERS),
    st.builds(k.NoteTakeaway, text=st.just("learnt"), by=BY),
    st.just(k.DropTakeaway()),
    st.just(k.SkipCoffee()),
    st.builds(k.CallCoffee, starts_at=TIMES),
)
"""What people say soon after each other."""
SECONDS = (0, 1, 9, 10, 30, 119, 120)


class Table(RuleBasedStateMachine):
    """What is stored, and the clocks that were set."""

    @initialize(dots=st.integers(1, 4), anonymous=st.booleans())
    def sit(self, dots: int, anonymous: bool) -> None:
        spots = (Spot("slack"), Spot("slack", "ops"))
        self.manner = Manner(dots=dots, anonymous=anonymous, spots=spots, publishers=("git",))
        self.topics: dict[int, Topic] = {}
        self.coffees: dict[int, Coffee] = {}
        self.at = NOW
        self.clocks: list[k.EndTimebox | k.CountThumbs] = []
        self.counted: set[tuple[int, int]] = set()

    def board(self, named: int = 0, *, last: bool = False) -> Board:
        """As it is looked up."""
        live = next((one for one in self.coffees.values() if one.status.live), None)
        number = live.number if live else 0
        over = max((one.number for one in self.coffees.values() if one.ended), default=0) if last else 0
        shown = {
            id_: one
            for id_, one in self.topics.items()
            if one.state is TopicState.OPEN or id_ == named or one.coffee in {number, over} - {0}
        }
        return Board(shown, live, {number: one for number, one in self.coffees.items() if not one.status.live})

    def ask(self, command: k.CoffeeCommand) -> Brewed | None:
        last = isinstance(command, k.NoteTakeaway | k.DropTakeaway | k.StartCoffee)
        board = self.board(getattr(command, "topic", 0), last=last)
        first, number = max(self.topics, default=0) + 1, max(self.coffees, default=0) + 1
        try:
            brewed = brew(board, command, self.manner, at=self.at, first_topic=first, number=number)
        except Refused as refused:
            assert refused.reason.endswith(".")
            assert refused.hint
            return None
        kept = brewed.board
        assert {**board.topics, **board.coffees}.keys() <= {**kept.topics, **kept.coffees}.keys()
        self.topics |= kept.topics
        self.coffees |= kept.coffees
        if brewed.effects:
            assert brewed.coffee is not None
            step = (brewed.coffee.number, brewed.coffee.version)
            assert step not in self.counted
            self.counted.add(step)
        for one in brewed.effects:
            if isinstance(one, f.WakeTimebox | f.WakeThumbs):
                asks = k.EndTimebox if isinstance(one, f.WakeTimebox) else k.CountThumbs
                self.clocks.append(asks(coffee=one.coffee, topic=one.topic, round=one.round, due=one.due))
        self.check(board, command, brewed)
        return brewed

    def check(self, before: Board, command: k.CoffeeCommand, brewed: Brewed) -> None:
        """What came of it is told as it is, and done outside."""
        about = brewed.coffee
        if about is not None:
            assert len(brewed.effects) == len(set(brewed.effects))
        match brewed.told.what:
            case Did.OVER:
                assert about is not None
                held = {id_: one for id_, one in self.topics.items() if one.coffee == about.number}
                written = f.WriteMinutes("git", about.number) in brewed.effects
                assert written is bool(held)
                text = minutes(about, held, (), House(self.manner))
                assert all(one.text.rstrip("!") in text for one in held.values())
                if isinstance(command, k.EndTimebox):
                    # Nobody is cut off: they have had the whole of their time since they began, or went on.
                    assert about.began is not None
                    assert self.at >= about.began + self.manner.length + ENDS_ITSELF
            case Did.NOT_BEGUN:
                assert about is not None
                assert not any(one.coffee == about.number for one in self.topics.values())
                assert about.began is None
            case Did.TOOK_ALONG | Did.TOOK_BACK:
                noted = brewed.told.coffee
                assert noted is not None
                anew = f.WriteMinutes("git", noted.number) in brewed.effects
                assert anew is (noted.status is CoffeeStatus.OVER)
            case Did.RESUMED:
                assert before.coffee is None
            case Did.KEPT if isinstance(command, k.LoseBoard):
                spot = Spot.read(command.spot)
                assert about is not None
                assert (f.ShowBoard(spot.platform, spot.room) in brewed.effects) is (about.lost[command.spot] <= 3)

    @rule(command=COMMANDS)
    def somebody_asks(self, command: k.CoffeeCommand) -> None:
        self.ask(command)

    @rule(commands=st.lists(st.tuples(st.sampled_from(SECONDS), MEETING), min_size=2, max_size=8))
    def people_meet_and_make_mistakes(self, commands: list[tuple[int, k.CoffeeCommand]]) -> None:
        for seconds, command in commands:
            self.at += timedelta(seconds=seconds)
            self.ask(command)

    @precondition(lambda self: self.board().coffee is not None)
    @rule(spot=SPOTS, message=MESSAGES, topic=st.integers(1, 4), voter=VOTERS)
    def somebody_deletes_a_board_that_has_a_dot(self, spot: str, message: str, topic: int, voter: str) -> None:
        coffee = self.board().coffee
        assert coffee is not None
        self.ask(k.RecordBoard(spot=spot, message=message, room="r1", coffee=coffee.number))
        self.ask(k.PutDots(topic=topic, voter=voter, reaction=f"{Spot.read(spot).platform}:{message}"))
        before = {id_: one.dots for id_, one in self.topics.items()}
        assert self.ask(k.LoseBoard(spot=spot, message=message)) is not None
        assert {id_: one.dots for id_, one in self.topics.items()} == before

    @rule(minutes=st.integers(-1, 30))
    def time_passes(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @precondition(lambda self: self.clocks)
    @rule(data=st.data())
    def a_clock_wakes_perhaps_twice(self, data: st.DataObject) -> None:
        command = data.draw(st.sampled_from(self.clocks))
        assert command.due is not None
        self.at = max(self.at, command.due)
        self.ask(command)
        before = self.board(command.topic)
        again = self.ask(command)
        assert again is not None
        assert (again.board, again.effects) == (before, ())

    @invariant()
    def nobody_has_more_dots_than_everybody(self) -> None:
        dots: Counter[str] = Counter()
        for one in self.topics.values():
            assert all(count > 0 for count in one.dots.values())
            assert all(0 < len(held) <= one.dots.get(voter, 0) for voter, held in one.reacted.items())
            if one.state is TopicState.OPEN:
                dots.update(one.dots)
            if one.state is TopicState.DROPPED:
                assert (one.dots, one.place) == ({}, 0)
        assert all(count <= self.manner.dots for count in dots.values())

    @invariant()
    def a_coffee_that_is_called_has_a_clock_for_its_end(self) -> None:
        for one in self.coffees.values():
            if one.status.live:
                assert one.closes is not None
                clock = k.EndTimebox(coffee=one.number, topic=0, round=0, due=one.closes)
                assert clock in self.clocks
                if one.status is not CoffeeStatus.RUNNING:
                    assert one.closes == one.starts_at + self.manner.length + ENDS_ITSELF

    @invariant()
    def places_are_one_topic_s_each(self) -> None:
        places = [one.place for one in self.board().topics.values() if one.place]
        assert len(places) == len(set(places))
        assert set(places) <= set(PLACES)
        assert sum(one.state is TopicState.OPEN for one in self.topics.values()) <= MOST

    @invariant()
    def no_two_open_topics_say_the_same(self) -> None:
        texts = [one.text.casefold().strip("!") for one in self.topics.values() if one.state is TopicState.OPEN]
        assert len(texts) == len(set(texts))

    @invariant()
    def there_is_one_coffee_at_a_time_and_each_has_its_time(self) -> None:
        assert sum(one.status.live for one in self.coffees.values()) <= 1
        times = [one.starts_at for one in self.coffees.values()]
        assert len(times) == len(set(times))

    @invariant()
    def a_meeting_talks_about_one_topic_of_its_agenda(self) -> None:
        board = self.board()
        coffee = board.coffee
        if coffee is None:
            return
        assert len(coffee.agenda) == len(set(coffee.agenda))
        if coffee.status is not CoffeeStatus.CALLED:
            assert {one.id for one in board.topics.values() if one.state is TopicState.OPEN} <= set(coffee.agenda)
        for id_ in coffee.agenda:
            one = board.topics[id_]
            assert one.state is TopicState.OPEN or (one.state is TopicState.DISCUSSED and one.coffee == coffee.number)
        if coffee.current:
            assert coffee.status is CoffeeStatus.RUNNING
            assert coffee.current in coffee.agenda
            assert board.topics[coffee.current].state is TopicState.OPEN
            assert coffee.round >= 1
            assert coffee.until is not None
        else:
            assert (coffee.asking, coffee.until, coffee.round) == (False, None, 0)
        assert coffee.asking or not (coffee.thumbs or coffee.asked)

    @invariant()
    def over_is_over(self) -> None:
        """Dots are gone, and there is nothing to talk about or to ask."""
        for one in self.coffees.values():
            if not one.status.live:
                assert (one.current, one.asking, one.thumbs) == (0, False, {})

    @invariant()
    def where_nobody_is_named_nobody_is(self) -> None:
        if self.manner.anonymous:
            assert not any(name in repr((self.topics, self.coffees)) for name in PEOPLE)


Table.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestTable = Table.TestCase
