"""How a house holds its coffee: what the words and answers need to know besides the board."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.coffee.board import Manner
from bot.coffee.sentences import SENTENCES, Sentences
from bot.coffee.voters import Voter
from bot.incident.model import Person


@dataclass(frozen=True, slots=True)
class House:
    """`language` and `zone` (IANA) are those of what is posted. `next` says when the first coffee after an instant is planned, None: none is. `calendar` is
    the address of its invitation, empty: nobody could reach it. `planned`: something says when one is. `there` is where people meet at an instant, as the calendar says that
    the coffee is in; empty: it does not. `voter` is a person's digest in a ballot."""

    manner: Manner = field(default_factory=Manner)
    language: str = "en"
    zone: str = "UTC"
    people: Mapping[str, Person] = field(default_factory=dict)
    next: Callable[[datetime], datetime | None] = lambda at: None
    calendar: Callable[[], str] = lambda: ""
    planned: bool = True
    there: Callable[[datetime], str] = lambda at: ""
    voter: Voter = lambda person, ballot: person

    def link(self, at: datetime) -> str:
        """Where people meet for the coffee at that time; may be empty."""
        return self.manner.link or self.there(at)

    @property
    def sentences(self) -> Sentences:
        return SENTENCES[self.language]
