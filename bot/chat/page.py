"""What a page says: one line that is enough on a phone, and below it what somebody needs who is still in bed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.chat.card import who
from bot.chat.templates import Templates, local
from bot.incident.events import PeoplePaged, Recorded
from bot.incident.links import RUNBOOKS, is_web
from bot.incident.model import Incident, Moment, Person
from bot.incident.paging import NOBODY_ACKNOWLEDGED, NOT_REACHED

UNSAID = frozenset({"", "opened", "accepted"})
"""Reasons that tell nobody anything: the incident is the reason."""

SAID = {
    NOT_REACHED: "whoever was asked before you could not be reached",
    NOBODY_ACKNOWLEDGED: "nobody before you acknowledged",
}
"""How the usual reasons are said to whoever is asked next."""

SHARED_SHOWN = 4
DESCRIPTION = 300
ADDRESS = 500
"""Characters that are shown; a phone shows less."""

EVERYWHERE = frozenset(
    {"alertname", "severity", "service", "job", "instance", "pod", "endpoint", "prometheus", "monitor"}
)
"""Labels that say nothing about where it is, or that the headline has said."""

OLD = timedelta(hours=12)
"""What began longer ago is told with its day."""


@dataclass(frozen=True, slots=True)
class Fired:
    """What one alert of the incident says of itself."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageWords:
    """`headline` is one line; `text` may be empty or have several; `runbook` is an address or empty."""

    headline: str
    text: str
    runbook: str = ""


def page(
    incident: Incident,
    paged: Recorded | None,
    alerts: Sequence[Fired],
    *,
    people: Mapping[str, Person],
    zone: str,
    templates: Templates,
) -> PageWords:
    """The words of one page; `paged` is the event that asked for it."""
    asked = paged.event if paged and isinstance(paged.event, PeoplePaged) else None
    said = asked.reason if paged and asked and asked.reason not in UNSAID else ""
    typed = bool(said and paged and paged.source.kind != "delivery")
    runbook = _runbook(alerts)
    text = templates.render(
        "page.txt.j2",
        incident=incident,
        text=f"{who(people)(paged.by)}: {said}" if typed and paged else "",
        why="" if typed or not said else _why(said),
        description=_description(incident, alerts),
        where=" ".join(f"{name}={value}" for name, value in _shared(alerts)),
        since=_since(incident, asked.at if asked else incident.opened_at, zone),
        next_at=local(asked.next_at, zone, "%H:%M %Z") if asked and asked.next_at and not asked.last else "",
        last=bool(asked and asked.last),
        runbook=runbook,
    )
    headline, _, rest = text.partition("\n")
    return PageWords(headline, rest.strip(), runbook)


def _why(reason: str) -> str:
    said = SAID.get(reason, reason)
    return f"{said[0].upper()}{said[1:]}"


def _since(incident: Incident, now: datetime, zone: str) -> str:
    began = incident.moments.get(Moment.IMPACT_START)
    at = began.at if began else incident.opened_at
    return local(at, zone, "%H:%M %Z" if now - at < OLD else "%d %b %H:%M %Z")


def _shared(alerts: Sequence[Fired]) -> list[tuple[str, str]]:
    """The labels all of them have with the same value: where it is, as far as that is one place."""
    if not alerts:
        return []
    first, *others = alerts
    shared = [
        (name, value)
        for name, value in sorted(first.labels.items())
        if name not in EVERYWHERE and value and all(other.labels.get(name) == value for other in others)
    ]
    return shared[:SHARED_SHOWN]


def _description(incident: Incident, alerts: Sequence[Fired]) -> str:
    """What all alerts say of themselves beyond the title; each for itself is the timeline's."""
    for name in ("description", "summary"):
        texts = {alert.annotations.get(name, "") for alert in alerts}
        text = texts.pop() if len(texts) == 1 else ""
        if text and text != incident.title:
            return text if len(text) <= DESCRIPTION else f"{text[: DESCRIPTION - 1]}…"
    return ""


def _runbook(alerts: Sequence[Fired]) -> str:
    found = (alert.annotations.get(name, "") for alert in alerts for name in RUNBOOKS)
    return next((url for url in found if len(url) <= ADDRESS and is_web(url)), "")
