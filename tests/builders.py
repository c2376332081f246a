"""Histories for tests, made the way the product makes them: commands through `decide`, folded by `evolve`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.incident import commands as c
from bot.incident.decide import decide
from bot.incident.events import MessageRemoved, Recorded
from bot.incident.evolve import evolve
from bot.incident.messages import scrubbed
from bot.incident.model import Incident, Person, Source
from bot.incident.undo import choose

TYPED = Source("command")

START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
"""A Friday afternoon."""

ANA = Person(
    id="ana",
    name="Ana Ruiz",
    email="ana@example.org",
    ways=("ntfy",),
    handles={"slack": "U0ANA1", "matrix": "@ana:example.org"},
)
BEN = Person(id="ben", name="Ben Okafor", email="ben@example.org", handles={"slack": "U0BEN2"})
CLEO = Person(id="cleo", name="Cleo Weiß", email="cleo@example.org", handles={"matrix": "@cleo:example.org"})
PEOPLE = {person.id: person for person in (ANA, BEN, CLEO)}


@dataclass(frozen=True)
class Step:
    """A command with what is around it: who, from where, and how long after the one before."""

    command: c.Command
    by: str = "ana"
    source: Source = TYPED
    after: timedelta = timedelta(minutes=1)


def step(
    command: c.Command, *, by: str = "ana", source: str = "command", ref: str = "", link: str = "", after: float = 1
) -> Step:
    """`command`, given by `by`, `after` minutes after the one before it."""
    return Step(command, by, Source(source, ref, link), timedelta(minutes=after))


@dataclass
class Story:
    """One incident and everything recorded of it so far."""

    number: int = 7
    now: datetime = START
    incident: Incident | None = None
    history: tuple[Recorded, ...] = ()

    def give(self, said: c.Command | Step) -> list[Recorded]:
        """Let `said` happen, and answer what was recorded. What is refused raises `Refused` and changes nothing but
        the time. `Undo` and what a reaction asks for are told what they are about, and what is removed is removed from the
        past, as the product does."""
        given = said if isinstance(said, Step) else Step(said)
        self.now += given.after
        command = self._informed(given)
        first = len(self.history) + 1
        recorded: list[Recorded] = []
        incident = self.incident
        for seq, event in enumerate(decide(incident, command, id=self.number, at=self.now), first):
            incident = evolve(incident, event, number=self.number)
            recorded.append(Recorded(self.number, seq, self.now, given.by, given.source, first, event))
        self.incident = incident
        self.history += tuple(recorded)
        for event in (one.event for one in recorded if isinstance(one.event, MessageRemoved)):
            without = {one.seq: one for one in scrubbed(self.history, event)}
            self.history = tuple(without.get(one.seq, one) for one in self.history)
        return recorded

    def _informed(self, given: Step) -> c.Command:
        match given.command:
            case c.Undo(by=by, event=event) as undo:
                return replace(undo, events=choose(self.history, by, event))
            case c.Note() | c.AddTask() | c.AddFollowUp() | c.Retract() as captured if captured.message:
                return replace(captured, by=given.by, events=self.history)
            case c.EditMessage() | c.RecordFile() as about:
                return replace(about, events=self.history)
            case c.RemoveMessage() as removal:
                return replace(removal, by=given.by, events=self.history)
            case command:
                return command


def record(*said: c.Command | Step, number: int = 7, start: datetime = START) -> list[Recorded]:
    """What is recorded of one incident when these commands are given, a minute apart unless a `step` says otherwise.

    The first command happens at `start`. Raises `Refused` where a rule says no.
    """
    story = Story(number=number, now=start)
    for place, one in enumerate(said):
        given = one if isinstance(one, Step) else Step(one)
        story.give(replace(given, after=timedelta(0)) if place == 0 else given)
    return list(story.history)


def without(history: Sequence[Recorded], *ids: str) -> list[Recorded]:
    """`history` as if the events of these ids (`e12`) had never been."""
    return [recorded for recorded in history if recorded.id not in ids]
