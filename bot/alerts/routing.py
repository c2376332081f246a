"""Where an alert belongs: the first route that matches it, and the group it shares an incident with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

from bot.alerts.model import SILENCE, Alert, bounded_key
from bot.incident.model import Severity


@dataclass(frozen=True, slots=True)
class Route:
    """One entry of `routes:`. `match` compares label values, `match_re` whole values with a regular expression.

    `open` is `active` or `triage`. Alerts that agree in the labels of `group_by` share one incident. With a `heartbeat` they
    are expected: they open nothing, and that none came for so long does (`bot.alerts.heartbeat`).
    """

    match: Mapping[str, str] = field(default_factory=dict)
    match_re: Mapping[str, str] = field(default_factory=dict)
    open: str = "triage"
    severity: Severity = Severity.SEV3
    group_by: tuple[str, ...] = ("alertname",)
    service: str = ""
    page: str = ""
    private: bool = False
    heartbeat: timedelta | None = None

    def matches(self, labels: Mapping[str, str]) -> bool:
        """A label that is not there has the empty value, as in Alertmanager."""
        return all(labels.get(name, "") == value for name, value in self.match.items()) and all(
            _pattern(regex).fullmatch(labels.get(name, "")) for name, regex in self.match_re.items()
        )

    def expects(self, alert: Alert) -> bool:
        """Whether it is good news, and not what this route opens incidents for."""
        return self.heartbeat is not None and alert.source != SILENCE

    @property
    def key(self) -> str:
        """What tells it from the other routes: its conditions."""
        return bounded_key(self._conditions())

    def group(self, labels: Mapping[str, str]) -> str:
        """The group an alert with these labels falls into: this route's conditions and the values of `group_by`."""
        values = [f"{name}={labels.get(name, '')}" for name in self.group_by]
        return bounded_key(f"{self._conditions()}:{{{','.join(values)}}}")

    def _conditions(self) -> str:
        conditions = [f"{name}={value}" for name, value in sorted(self.match.items())]
        conditions += [f"{name}=~{regex}" for name, regex in sorted(self.match_re.items())]
        return f"{{{','.join(conditions)}}}"


def route_for(labels: Mapping[str, str], routes: Sequence[Route]) -> Route | None:
    """The first route that wants it; None: no route does."""
    return next((route for route in routes if route.matches(labels)), None)


def route_of(alert: Alert, routes: Sequence[Route]) -> Route | None:
    """The same for an alert of any source: of ours, the route whose alerts have stopped coming."""
    if alert.source == SILENCE:
        return next((route for route in routes if route.heartbeat and route.key == alert.group), None)
    return route_for(alert.labels, routes)


def covers(matchers: Iterable[tuple[str, str, str]], labels: Mapping[str, str]) -> bool:
    """Whether a maintenance with these (label, operator, value) covers an alert. Without matchers it covers none."""
    tests = list(matchers)
    return bool(tests) and all(_holds(labels.get(name, ""), operator, value) for name, operator, value in tests)


def _holds(actual: str, operator: str, value: str) -> bool:
    if operator == "=":
        return actual == value
    if operator == "!=":
        return actual != value
    matched = _pattern(value).fullmatch(actual) is not None
    return matched if operator == "=~" else not matched


@lru_cache(maxsize=512)
def _pattern(regex: str) -> re.Pattern[str]:
    return re.compile(regex)
