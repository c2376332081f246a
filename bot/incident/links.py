"""Addresses that belong to an incident: where alerts say what to do, and where to look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

ADDRESS = 2048
"""Characters of an address; a longer one is left out, for half of one leads elsewhere."""

RUNBOOKS = ("runbook_url", "runbook")
DASHBOARDS = ("dashboard_url", "dashboard")
"""Annotations that hold one, the better name first. Prometheus' own rules have the first of each
(https://monitoring.mixins.dev)."""


def is_web(text: str) -> bool:
    """Whether a browser opens it as a page: http or https, with a host, and no longer than ADDRESS."""
    if not 0 < len(text) <= ADDRESS or " " in text or not text.isprintable():
        return False
    try:
        address = urlsplit(text)
    except ValueError:
        return False
    return address.scheme in ("http", "https") and bool(address.hostname)


@dataclass(frozen=True, slots=True)
class Guides:
    """What helps whoever works on an incident, each an address that `is_web`; empty: nobody has said one."""

    runbook: str = ""
    dashboard: str = ""

    def __bool__(self) -> bool:
        return bool(self.runbook or self.dashboard)

    def beyond(self, held: Guides) -> Guides:
        """Those of them that `held` has none for."""
        return Guides("" if held.runbook else self.runbook, "" if held.dashboard else self.dashboard)

    def besides(self, more: Guides) -> Guides:
        """These, and those of `more` where there is none."""
        return Guides(self.runbook or more.runbook, self.dashboard or more.dashboard)


NO_GUIDES = Guides()


def guides(annotations: Iterable[Mapping[str, str]]) -> Guides:
    """The first of each that these alerts bring along."""
    told = [*annotations]
    return Guides(_first(told, RUNBOOKS), _first(told, DASHBOARDS))


def _first(told: Sequence[Mapping[str, str]], names: Sequence[str]) -> str:
    found = (address for each in told for name in names if (address := each.get(name, "")) and is_web(address))
    return next(found, "")
