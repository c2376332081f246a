"""What a typed line is read against, and what it can turn out to be: something to do, or something to look up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.incident.commands import Askable, CoffeeCommand, PostDigest
from bot.incident.model import Incident, Person

Redact = Callable[[str], tuple[str, tuple[str, ...]]]
"""Masks what is nobody's business in a text for customers: the text, and what was taken out of it."""


def nothing_masked(text: str) -> tuple[str, tuple[str, ...]]:
    return text, ()


@dataclass(frozen=True, slots=True)
class Context:
    """Who typed, when (UTC) and where, and the names that mean something here.

    `room` is the incident of the room typed in. `components` maps a component's id to its name for customers.
    `targets` are what can be paged: `policy:NAME`, `schedule:NAME`. `open` are the open incidents there are for who
    typed, `unclosed` those that are resolved or in review, both newest first. `zone` (IANA) is that of times typed without one. `default_ladder` is the policy that serious incidents page.
    `status_pages`: customers have one to read.
    """

    by: str
    at: datetime
    room: int | None = None
    people: Mapping[str, Person] = field(default_factory=dict)
    components: Mapping[str, str] = field(default_factory=dict)
    targets: Sequence[str] = ()
    open: Sequence[Incident] = ()
    unclosed: Sequence[Incident] = ()
    zone: str = "UTC"
    default_ladder: str = ""
    status_pages: bool = True
    redact: Redact = nothing_masked


@dataclass(frozen=True, slots=True)
class Do:
    """A command. `incident` is None only where it opens one, or is about none. `anonymous`: the caller forgets who typed it. `aside`: what
    of the line had no effect, to be said to who typed; code between backticks. `then` are commands of the coffee that the same line asks
    for, in their order behind the first one."""

    incident: int | None
    command: Askable | PostDigest
    verb: str
    anonymous: bool = False
    aside: str = ""
    then: tuple[CoffeeCommand, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """Something to look up: it changes nothing, and its answer is for the person who asked."""

    verb: str
    incident: int | None = None
    args: Mapping[str, str] = field(default_factory=dict)
