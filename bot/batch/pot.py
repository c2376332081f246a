"""The board of the lean coffee as one batch sees it, and what the batch changes in that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.coffee.board import Board, Manner, Topic
from bot.coffee.brewed import Brewed
from bot.coffee.overlooked import ASKED_FOR_BY, overlooked, since
from bot.coffee.rules import brew
from bot.coffee.sources import brought, wanted
from bot.coffee.voters import Voter
from bot.incident import events as e
from bot.incident.commands import coffee as said
from bot.incident.commands.coffee import CoffeeCommand
from bot.incident.model import Incident, Refused
from bot.incident.outgoing import Outgoing, outgoing
from bot.store import Kept, Transaction


class Pot:
    """`voter` makes of a person's id who votes; `at` is the time of the batch. `effects` are what is to be done outside."""

    def __init__(self, tx: Transaction, manner: Manner, voter: Voter, at: Callable[[], datetime]) -> None:
        self._tx = tx
        self._manner = manner
        self._voter = voter
        self._at = at
        self._before = self._now = Kept(Board(), 0, 0)
        self._asks: list[tuple[int, CoffeeCommand, str]] = []
        self.effects: dict[str, Outgoing] = {}

    def hear(self, place: int, command: CoffeeCommand, by: str) -> None:
        """It is done with the others, behind all else in the batch; `place` is its own among the requests."""
        self._asks.append((place, command, by))

    def pour(
        self, recorded: Sequence[e.Recorded], incidents: Mapping[int, Incident]
    ) -> list[tuple[int, Brewed | Refused]]:
        """Do what was heard, behind what the batch `recorded` means to the board; what came of each, with its place.

        The board is looked up, and so locked, only for a batch that is about it, and after all that this asks for elsewhere."""
        events, private = wanted(recorded, incidents)
        if not (self._asks or events or private):
            return []
        named = {id_ for _, command, _ in self._asks if (id_ := getattr(command, "topic", 0))}
        of_last = said.NoteTakeaway | said.DropTakeaway | said.StartCoffee
        last = any(isinstance(command, of_last) for _, command, _ in self._asks)
        self._before = self._now = self._tx.board(topics=named, events=events, incidents=private, last=last)
        if events or private:
            self._hear(recorded, incidents)
        if any(isinstance(command, ASKED_FOR_BY) for _, command, _ in self._asks):
            self._look_back()
        return [(place, self._ask(command, by)) for place, command, by in self._asks]

    def _hear(self, recorded: Sequence[e.Recorded], incidents: Mapping[int, Incident]) -> None:
        first, at = self._now.topic + 1, self._at()
        self._take(
            brought(self._now.board, recorded, incidents, self._manner, at=at, first_topic=first, voter=self._voter)
        )

    def _look_back(self) -> None:
        """Hear what the release before wrote, if it did."""
        board, at = self._now.board, self._at()
        of = {(topic.incident, topic.event) for topic in board.topics.values() if topic.incident}
        lately = self._tx.lately(since(board, at), of)
        about = {number for number, _ in lately.unheard} | {n for n, one in lately.incidents.items() if one.private}
        if about:
            # With what became of their other topics.
            known = self._tx.board(incidents=about).board.topics
            self._before, self._now = _beside(self._before, known), _beside(self._now, known)
        if found := overlooked(self._now.board, lately, at):
            self._hear(found, lately.incidents)

    def _ask(self, command: CoffeeCommand, by: str) -> Brewed | Refused:
        board, topic, number = self._now.board, self._now.topic + 1, self._now.coffee + 1
        completed = _completed(command, self._voter(by, board.ballot))
        try:
            brewed = brew(board, completed, self._manner, at=self._at(), first_topic=topic, number=number)
        except Refused as refused:
            return refused
        self._take(brewed)
        return brewed

    def _take(self, brewed: Brewed) -> None:
        known = brewed.board.coffees
        self._now = Kept(brewed.board, max((self._now.topic, *brewed.board.topics)), max((self._now.coffee, *known)))
        if brewed.coffee is None:
            return
        about = f"coffee:{brewed.coffee.number}.{brewed.coffee.version}"
        for place, effect in enumerate(brewed.effects):
            one = outgoing(effect, incident=0, seq=0, place=place, key=f"{about}.{place}")
            # Of what shows the board the first is kept: the others of its lane wait behind it.
            self.effects.setdefault(one.fold or one.key, one)

    @property
    def changed(self) -> bool:
        return self._now != self._before

    def write(self) -> None:
        if not self.changed:
            return
        old, new = self._before.board, self._now.board
        self._tx.keep_board(
            [topic for id_, topic in new.topics.items() if topic != old.topics.get(id_)],
            [coffee for number, coffee in new.coffees.items() if coffee != old.coffees.get(number)],
        )


def _beside(kept: Kept, topics: Mapping[int, Topic]) -> Kept:
    """With these `topics`, where it has none of the same id."""
    return replace(kept, board=replace(kept.board, topics={**topics, **kept.board.topics}))


def _completed(command: CoffeeCommand, voter: str) -> CoffeeCommand:
    """With who votes: a line says for what, and its envelope who."""
    match command:
        case said.PutDots() | said.TakeDots() | said.GiveThumb() | said.TakeThumb() | said.AddTopic() if (
            not command.voter
        ):
            return replace(command, voter=voter)
        case _:
            return command
