"""What a chat platform may offer beside its port when it is told of things over HTTP: paths of the machines' listener, each
with an app of its own. An app is whatever speaks ASGI (https://asgi.readthedocs.io/en/latest/specs/www.html); the product
knows no web framework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol, runtime_checkable

from bot.ports import Inbox

Message = MutableMapping[str, Any]
ASGI = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


@runtime_checkable
class Mounted(Protocol):
    def mounted(self, inbox: Inbox) -> Mapping[str, ASGI]:
        """Paths (`/slack/events`) and who answers what is posted there. Asked once, before anybody can post. An app gets only
        POST, and the body is all there and bounded; who sent it the app must find out. In every process that serves, also in
        those that have no turn to listen."""
        ...
