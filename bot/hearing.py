"""Who hears people beside the listeners of our own: what is posted for chat platforms and, below `/paging/NAME`, for pagers, and
pagers that listen for answers themselves."""

from __future__ import annotations

from collections.abc import Mapping

from bot.answering import HearsAnswers, ListensForAnswers, PageAnswers
from bot.mounted import ASGI, Mounted
from bot.ports import ChatPlatform, Inbox, Pager


def addresses(pagers: Mapping[str, Pager], public_url: str) -> dict[str, str]:
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
    reached = addresses(pagers, public_url)
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
