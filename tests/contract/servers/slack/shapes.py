"""How shapes of JSON are told and checked. A check takes a value, where it stands and what is known so far; it raises
Malformed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contract.servers.slack.refused import Malformed


@dataclass
class Seen:
    """`surface`: message, modal or home. The ids there are so far; an action id must differ within its block."""

    surface: str = "message"
    blocks: set[str] = field(default_factory=set)
    actions: set[str] = field(default_factory=set)


Check = Callable[[Any, str, Seen], None]


def string(most: int, least: int = 1, pattern: str = "") -> Check:
    def check(value: Any, where: str, seen: Seen) -> None:
        if not isinstance(value, str):
            raise Malformed("must provide a string", where)
        if len(value) > most:
            raise Malformed(f"must be less than {most + 1} characters", where)
        if len(value) < least:
            raise Malformed(f"must be more than {least - 1} characters", where)
        if pattern and not re.fullmatch(pattern, value):
            raise Malformed(f"must match {pattern}", where)

    return check


def url(most: int = 3000) -> Check:
    return string(most, pattern=r"(?:https?|mailto|slack):\S+")


def boolean(value: Any, where: str, seen: Seen) -> None:
    if not isinstance(value, bool):
        raise Malformed("must be a boolean", where)


def integer(least: int, most: int) -> Check:
    def check(value: Any, where: str, seen: Seen) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Malformed(f"must be a whole number from {least} to {most}", where)

    return check


def one_of(*words: str) -> Check:
    def check(value: Any, where: str, seen: Seen) -> None:
        if value not in words:
            raise Malformed(f"must be one of {', '.join(words)}", where)

    return check


def listed(one: Check, most: int, least: int = 1) -> Check:
    def check(value: Any, where: str, seen: Seen) -> None:
        if not isinstance(value, list):
            raise Malformed("must be an array", where)
        if not least <= len(value) <= most:
            raise Malformed(f"must have {least} to {most} items", where)
        for number, item in enumerate(value):
            one(item, f"{where}/{number}", seen)

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    known = {**required, **optional}

    def check(value: Any, where: str, seen: Seen) -> None:
        if not isinstance(value, dict):
            raise Malformed("must be an object", where)
        for name in value:
            if name not in known and name != "type":
                raise Malformed(f"unknown field: {name}", where)
        for name in required:
            if name not in value:
                raise Malformed(f"missing required field: {name}", where)
        for name, item in value.items():
            if name != "type" or "type" in known:
                known[name](item, f"{where}/{name}", seen)

    return check


def by_type(kinds: Mapping[str, Check], allowed: Callable[[str, Seen], bool] = lambda kind, seen: True) -> Check:
    def check(value: Any, where: str, seen: Seen) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in kinds or not allowed(kind, seen):
            raise Malformed(f"unsupported type: {kind}", where)
        kinds[kind](value, where, seen)

    return check


def unless(*pairs: tuple[str, str]) -> Check:
    """Of each pair one, and not both."""

    def check(value: Any, where: str, seen: Seen) -> None:
        for one, other in pairs:
            if (one in value) == (other in value):
                raise Malformed(f"must have one of {one} and {other}", where)

    return check


def both(*checks: Check) -> Check:
    def check(value: Any, where: str, seen: Seen) -> None:
        for one in checks:
            one(value, where, seen)

    return check


def plain(most: int) -> Check:
    """A text object that may only be plain_text."""
    return by_type({"plain_text": shape({"text": string(most)}, {"emoji": boolean})})


def text(most: int) -> Check:
    """A text object of either kind."""
    return by_type(
        {
            "plain_text": shape({"text": string(most)}, {"emoji": boolean}),
            "mrkdwn": shape({"text": string(most)}, {"verbatim": boolean}),
        }
    )


def anything(value: Any, where: str, seen: Seen) -> None:
    pass
