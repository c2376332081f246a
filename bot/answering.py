"""What a pager may offer beside its port: that it hears answers where its pages arrive (a key on the phone, a reply, a button
at the provider), and that it is told when somebody has the incident and when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from bot.mounted import ASGI
from bot.ports import Attempt, PageMessage


class NoSuchLink(Exception):
    """The token is none of ours, too old, or made for somebody who is not configured any more."""


class TooLate(str):
    """A sentence for somebody who does not have it, or has it when others had been woken meanwhile. Where nobody sees what is
    answered at once, it is sent after them."""


class PageAnswers(Protocol):
    """What a pager calls when somebody answered. The text that comes back is one plain sentence for that person, who may hear
    it read aloud; what was refused is said there too. `via` is the name of the block under `paging:`; `event` the answer's
    own id at the provider, by which an answer that comes twice is taken once (empty: it has none). Each may raise Overloaded
    or StoreUnavailable: nothing was done, and it should come again."""

    def person(self, option: str, value: str) -> str:
        """The id of whoever has this `value` as `email`, or under `people.ID.OPTION`, whatever its case, and for a `phone`
        whatever stands between its digits; empty: nobody."""
        ...

    def whose(self, token: str) -> tuple[int, str]:
        """The number of the incident and the id of the person that an acknowledge link's token names. Raises NoSuchLink."""
        ...

    async def acknowledge(self, number: int, person: str, *, via: str, event: str = "", by_number: bool = False) -> str:
        """`person` has it; an id under `people:`, or `VIA:NAME` of somebody only the provider knows. Answers a TooLate when
        that changed nothing any more, or not for everybody. `by_number`: they named it by its number, and nothing proves that they
        were told of it; a private incident is none then for whoever was not."""
        ...

    async def resolve(self, number: int, person: str, *, via: str, event: str = "") -> str:
        """`person` says at the provider that it is over."""
        ...

    async def failed(self, number: int, person: str, reason: str, *, via: str, event: str = "") -> None:
        """A page that the provider had taken did not reach `person`."""
        ...


@runtime_checkable
class HearsAnswers(Protocol):
    def answered(self, answers: PageAnswers, address: str) -> Mapping[str, ASGI]:
        """Who answers what is posted below `/paging/NAME`, by the rest of the path (`/voice`, or empty). `address` is
        `/paging/NAME` as people outside reach it (empty: they do not). Asked once, before anybody can post; an app gets only
        POST, and the body is all there and bounded; who sent it the app must find out."""
        ...


@runtime_checkable
class ListensForAnswers(Protocol):
    async def listen(self, answers: PageAnswers) -> None:
        """Take answers until cancelled, and then end at once. Raises Unavailable or Rejected when it cannot; it is begun again."""
        ...


@runtime_checkable
class Settles(Protocol):
    """Where a page stays open until somebody says otherwise. `page` is the one that was triggered, by its `key`. Each may
    raise Unavailable or Rejected."""

    async def acknowledge(self, attempt: Attempt, page: PageMessage, by: str) -> None:
        """Somebody, called `by`, has it."""
        ...

    async def resolve(self, attempt: Attempt, page: PageMessage) -> None:
        """It is over."""
        ...
