"""Everybody who hears people while we serve, put together: chat platforms, in turns with other processes, and pagers where pages
are answered, at what is posted below `/paging/NAME` or at an address of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bot.answering import HearsAnswers, ListensForAnswers, PageAnswers
from bot.deaf import Deafness
from bot.listening import Listening
from bot.memory import Memory
from bot.mounted import ASGI, Mounted
from bot.ports import ChatPlatform, Clock, Inbox, Pager
from bot.store import Turns
from storage.turns import AlwaysOurs


class Hearing:
    """`public_url` is how people outside reach us, empty when they do not."""

    def __init__(
        self,
        platforms: Mapping[str, ChatPlatform],
        inbox: Inbox,
        turns: Turns,
        pagers: Mapping[str, Pager],
        answers: PageAnswers,
        public_url: str,
    ) -> None:
        self._platforms = platforms
        self._turns = turns
        self._chat = Listening[Inbox](platforms, inbox, turns)
        # A pager listens at an address of its own in each process, so none waits for a turn.
        self._pagers = Listening[PageAnswers](that_listen(pagers), answers, AlwaysOurs())
        self.mounted = mounted(platforms, inbox) | answered(pagers, answers, public_url)

    def begun(self, memory: Memory, clock: Clock, zone: str) -> list[asyncio.Task[None]]:
        """Listening to each of them, and telling on the other platforms what is not heard, until cancelled."""
        tasks = [*self._chat.begun(), *self._pagers.begun()]
        if len(self._platforms) > 1:
            deafness = Deafness(lambda: self._chat.hearing, self._platforms, memory, self._turns, clock, zone)
            tasks.append(asyncio.create_task(deafness.run(), name="deafness"))
        return tasks

    @property
    def heard(self) -> Mapping[str, bool]:
        """As `Listening.heard`, of the chat platforms."""
        return self._chat.heard

    @property
    def unheard(self) -> list[str]:
        """Who is not heard, and why, a sentence each."""
        return [*self._chat.unheard, *self._pagers.unheard]


def answer_urls(pagers: Mapping[str, Pager], public_url: str) -> dict[str, str]:
    """Where the provider of each pager that hears answers tells us of them, by the pager's name; nobody is told of any where
    people outside do not reach us."""
    if not public_url:
        return {}
    return {name: f"{public_url}{_path(name)}" for name, pager in pagers.items() if isinstance(pager, HearsAnswers)}


def mounted(platforms: Mapping[str, ChatPlatform], inbox: Inbox) -> dict[str, ASGI]:
    """Who answers what is posted for a chat platform, by its path. To be asked once."""
    offering = [platform for platform in platforms.values() if isinstance(platform, Mounted)]
    return {path: app for each in offering for path, app in each.mounted(inbox).items()}


def answered(pagers: Mapping[str, Pager], answers: PageAnswers, public_url: str) -> dict[str, ASGI]:
    """Who answers what is posted for a pager, by its path. To be asked once."""
    reached = answer_urls(pagers, public_url)
    return {
        f"{_path(name)}{rest}": app
        for name, pager in pagers.items()
        if isinstance(pager, HearsAnswers)
        for rest, app in pager.answered(answers, reached.get(name, "")).items()
    }


def that_listen(pagers: Mapping[str, Pager]) -> dict[str, ListensForAnswers]:
    """Those that take answers at an address of their own, by the key of their block."""
    return {f"paging.{name}": pager for name, pager in pagers.items() if isinstance(pager, ListensForAnswers)}


def _path(name: str) -> str:
    # A name has letters, digits, dot, dash and underscore, so it needs no escaping.
    return f"/paging/{name}"
