"""The addresses we listen on: the machines', and those of the status pages that we serve ourselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.settings import Settings
from adapters.web.serving import Listener
from bot.config import Config

if TYPE_CHECKING:
    from adapters.status.builtin import Config as OwnPage


def own_pages(settings: Settings) -> dict[str, OwnPage]:
    """The status pages that we serve ourselves."""
    if not settings.pages:
        return {}
    from adapters.status.builtin import Config as OwnPage

    return {name: block for name, block in settings.pages.items() if isinstance(block, OwnPage)}


def addresses(config: Config, settings: Settings) -> dict[str, tuple[str, int]]:
    """Host and port to listen on, by the key that names them: the machines' first, then each status page's."""
    listen = config.http.listen
    pages = {f"status.{name}.listen": page.bound for name, page in own_pages(settings).items()}
    return {"http.listen": (listen.host, listen.port), **pages}


@contextmanager
def bound(config: Config, settings: Settings) -> Iterator[tuple[list[Listener], Settings]]:
    """The addresses are ours: the machines' first, then those of status pages that have their own. The settings are the same,
    but a page in them knows its port, also where it was left to chance. Raises CannotListen."""
    held: dict[tuple[str, int], Listener] = {}
    try:
        for key, place in addresses(config, settings).items():
            if place not in held:
                held[place] = Listener(*place, key=key)
        known = {name: page.on(held[page.bound].port) for name, page in own_pages(settings).items()}
        yield [*held.values()], replace(settings, pages={**settings.pages, **known})
    finally:
        for listener in held.values():
            listener.stop()


def public_addresses(checked: Settings, ref: str) -> list[str]:
    """Where customers will read of an incident, as far as that is known before they do."""
    return [address for page in own_pages(checked).values() if (address := page.incident(ref))]
