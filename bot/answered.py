"""`bot.answering.PageAnswers`: what was answered where a page arrived becomes a command, and what came of it a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bot.answering import NoSuchLink, TooLate
from bot.chat.acknowledging import acknowledged
from bot.chat.card import who
from bot.chat.document import clean
from bot.handle import Outcome
from bot.inbox import Writer
from bot.incident import commands as c
from bot.incident.model import Person, Source
from bot.incident.paging import paged_after

AGAIN = "This answer was taken already."


class Answered:
    """`whose` reads the token of an acknowledge link; raises NoSuchLink."""

    def __init__(
        self, writer: Writer, people: Mapping[str, Person], whose: Callable[[str], tuple[int, str]], zone: str
    ) -> None:
        self._writer = writer
        self._people = people
        self._whose = whose
        self._names = who(people)
        self._zone = zone

    def person(self, option: str, value: str) -> str:
        wanted = _alike(option, value)
        found = (
            id_ for id_, person in self._people.items() if wanted and _alike(option, _held(person, option)) == wanted
        )
        return next(found, "")

    def whose(self, token: str) -> tuple[int, str]:
        number, person = self._whose(token)
        if person not in self._people:
            # An acknowledgement lets everybody else sleep, so it is only taken from somebody who answers for it.
            raise NoSuchLink(f"{clean(person)} is not configured any more")
        return number, person

    async def acknowledge(self, number: int, person: str, *, via: str, event: str = "", by_number: bool = False) -> str:
        command = c.Acknowledge(person=person, via=via, by_number=by_number)
        outcome = await self._ask(command, number, person, via, event)
        if outcome.again:
            return AGAIN
        if outcome.refused or outcome.after is None:
            return TooLate(outcome.refused.reason if outcome.refused else f"There is no INC-{number}.")
        new, held = bool(outcome.events), outcome.after.paging
        said = clean(acknowledged(outcome.after, person, self._names, self._zone, new=new))
        late = held and (held.acknowledged_by != person or (new and paged_after(held)))
        return TooLate(said) if late else said

    async def resolve(self, number: int, person: str, *, via: str, event: str = "") -> str:
        outcome = await self._ask(c.Resolve(), number, person, via, event)
        if outcome.again:
            return AGAIN
        if outcome.refused:
            # Whoever calls it over at the provider has it at least, and nobody else need be woken.
            had = await self.acknowledge(number, person, via=via)
            return f"Not resolved: {outcome.refused.reason} {had}"
        return f"INC-{number} is resolved." if outcome.events else f"INC-{number} was resolved already."

    async def failed(self, number: int, person: str, reason: str, *, via: str, event: str = "") -> None:
        command = c.RecordPage(person=person, way=via, failed=clean(reason))
        # Nobody said so: it is what came of a page, as if that had failed at once.
        await self._ask(command, number, "klatsch", via, event, Source("delivery", via))

    async def _ask(
        self, command: c.Command, number: int, by: str, via: str, event: str, source: Source | None = None
    ) -> Outcome:
        # What a provider tells of is a person's answer as much as a link they press.
        source = source or Source("link", via)
        inbox = f"{via}:{event}" if event else ""
        return await self._writer.submit(c.Ask(command=command, incident=number, by=by, source=source, inbox=inbox))


def _alike(option: str, value: str) -> str:
    """The same for what reaches the same: people put all sorts of things between the digits of a telephone number."""
    return re.sub(r"[^+0-9]", "", value) if option == "phone" else value.strip().casefold()


def _held(person: Person, option: str) -> str:
    return person.email if option == "email" else person.options.get(option, person.handles.get(option, ""))
