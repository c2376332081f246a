"""How a post for customers is written: all that it needs, said at once, with this house's own components."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.incident.model import ComponentState, PublicStatus

SHOWN = 12
"""Components that a refusal names; `publish` alone shows all."""

STATES = (
    ComponentState.DEGRADED,
    ComponentState.PARTIAL_OUTAGE,
    ComponentState.MAJOR_OUTAGE,
    ComponentState.MAINTENANCE,
    ComponentState.OPERATIONAL,
)
"""In the order of how often they are typed."""


def how_to_publish(components: Mapping[str, str], shown: int = SHOWN) -> str:
    """A line to type, and the words that may stand in it: a row each, code between backticks. `components` are the house's,
    by id."""
    first = next(iter(components), "")
    rows = [
        f"Write: `publish investigating TEXT {f'comp={first}:{STATES[0]}' if first else 'title=TITLE'}`",
        f"Status: {_code(PublicStatus)}",
    ]
    return "\n".join([*rows, *([component_ids(components, shown), states()] if components else [])])


def component_ids(components: Mapping[str, str], shown: int = SHOWN) -> str:
    """`Components: …`, the first of them when they are many."""
    if not components:
        return "There are no components: use `title=TITLE`."
    more = f", and {len(components) - shown} more: `publish` shows all" if len(components) > shown else ""
    return f"Components: {_code([*components][:shown])}{more}"


def states() -> str:
    """`States: …`, in Statuspage's words."""
    return f"States: {_code(STATES)}"


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
