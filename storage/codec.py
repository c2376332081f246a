"""Core data to JSON and back. The core stays free of any library; a stored kind names its class.

Renaming a class or a field: keep the old kind or field readable here, with a fixture of the old JSON.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from threading import Lock
from typing import Any

import msgspec

from bot.coffee.board import Coffee, Topic
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.model import Incident
from bot.store import Unreadable

log = logging.getLogger(__name__)

BROKEN = (msgspec.MsgspecError, RecursionError)
"""What is raised by what cannot be read."""

_encode = msgspec.json.Encoder().encode
_building = Lock()


@cache
def _decoders() -> dict[object, msgspec.json.Decoder[Any]]:
    """Made when first asked for: building one costs more than using it a hundred times."""
    return {}


def _decoder(kind: object) -> msgspec.json.Decoder[Any]:
    held = _decoders()
    if kind not in held:
        with _building:
            # msgspec shows what it knows of a class to other threads before it is complete; to use that is a crash of
            # the whole process. Decoding itself needs no lock.
            held.setdefault(kind, msgspec.json.Decoder(kind))
    return held[kind]


@cache
def _events() -> Mapping[str, type[e.Event]]:
    return {name: cls for cls, name in e.KINDS.items()}


@cache
def _effects() -> Mapping[str, type[f.Effect]]:
    return {name: cls for cls, name in f.KINDS.items()}


def dump(value: object) -> str:
    """Any dataclass, mapping or list of the core as JSON."""
    return _encode(value).decode()


def load_incident(number: int, body: str) -> Incident:
    """Raises Unreadable, which names it."""
    try:
        incident: Incident = _decoder(Incident).decode(body)
    except BROKEN as error:
        raise Unreadable(f"INC-{number} cannot be read: {error}") from error
    return incident


def load_incidents(stored: Iterable[tuple[int, str]]) -> dict[int, Incident]:
    """Of (number, body) those that can be read; one that cannot is left to who asks for it, and holds up no other."""
    found = {}
    for number, body in stored:
        try:
            found[number] = load_incident(number, body)
        except Unreadable as error:
            log.error("%s", error)
    return found


def load_event(kind: str, body: str) -> e.Event:
    event: e.Event = _decoder(_events()[kind]).decode(body)
    return event


def event_loader(kind: str) -> Callable[[str], e.Event]:
    """`load_event` for many of one kind. What it answers raises one of BROKEN."""
    decode: Callable[[str], e.Event] = _decoder(_events()[kind]).decode
    return decode


def load_effect(kind: str, body: str) -> f.Effect:
    effect: f.Effect = _decoder(_effects()[kind]).decode(body)
    return effect


def load_labels(body: str) -> dict[str, str]:
    labels: dict[str, str] = _decoder(dict[str, str]).decode(body)
    return labels


def load_reasons(body: str) -> list[str]:
    reasons: list[str] = _decoder(list[str]).decode(body)
    return reasons


def load_topic(body: str) -> Topic:
    topic: Topic = _decoder(Topic).decode(body)
    return topic


def load_coffee(body: str) -> Coffee:
    coffee: Coffee = _decoder(Coffee).decode(body)
    return coffee
