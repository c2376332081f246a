"""The rules of the status page: how bad it is, what is affected, what happened when. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from bot.incident.model import ComponentState, PublicStatus, worst
from bot.incident.spans import minutes
from bot.status.model import Component, Impact, PublicIncident, PublicUpdate, Standing

IMPACTS: Mapping[ComponentState, Impact] = {
    ComponentState.OPERATIONAL: Impact.NONE,
    ComponentState.MAINTENANCE: Impact.NONE,
    ComponentState.DEGRADED: Impact.MINOR,
    ComponentState.PARTIAL_OUTAGE: Impact.MAJOR,
    ComponentState.MAJOR_OUTAGE: Impact.CRITICAL,
}

WORDS: Mapping[ComponentState, str] = {
    ComponentState.OPERATIONAL: "Operational",
    ComponentState.MAINTENANCE: "Under maintenance",
    ComponentState.DEGRADED: "Degraded performance",
    ComponentState.PARTIAL_OUTAGE: "Partial outage",
    ComponentState.MAJOR_OUTAGE: "Major outage",
}

IMPACT_WORDS: Mapping[Impact, str] = {
    Impact.NONE: "No impact on components",
    Impact.MINOR: "Minor impact",
    Impact.MAJOR: "Major impact",
    Impact.CRITICAL: "Critical impact",
}

TONES: Mapping[ComponentState | Impact, str] = {
    ComponentState.OPERATIONAL: "ok",
    ComponentState.MAINTENANCE: "maintenance",
    ComponentState.DEGRADED: "minor",
    ComponentState.PARTIAL_OUTAGE: "major",
    ComponentState.MAJOR_OUTAGE: "critical",
    Impact.NONE: "ok",
    Impact.MINOR: "minor",
    Impact.MAJOR: "major",
    Impact.CRITICAL: "critical",
}
"""The colour and the sign a state is shown with, by the name both have in the page's style."""


@dataclass(frozen=True, slots=True)
class Overall:
    """The whole page in one word for machines and a few for people; `state` is the worst component's."""

    indicator: Impact
    description: str
    state: ComponentState

    @property
    def tone(self) -> str:
        """The worst component's, or at least the indicator's."""
        return TONES[self.state if IMPACTS[self.state] is not Impact.NONE or not self.hurts else self.indicator]

    @property
    def hurts(self) -> bool:
        return self.indicator is not Impact.NONE


@dataclass(frozen=True, slots=True)
class Row:
    """A component as it stands now; `standing` None: nobody ever said anything else than that it works."""

    component: Component
    standing: Standing | None

    @property
    def state(self) -> ComponentState:
        return self.standing.state if self.standing else ComponentState.OPERATIONAL


@dataclass(frozen=True, slots=True)
class Group:
    """Components that stand together under one name; the name is empty for those without."""

    name: str
    rows: tuple[Row, ...]

    @property
    def state(self) -> ComponentState:
        return worst(row.state for row in self.rows)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is to be shown, as it was at one moment. `began` stands in where no post has given a time yet.

    `open` are the unresolved incidents, `recent` the newest ones of all; both newest first and bounded.
    """

    id: str
    title: str
    url: str
    zone: str
    began: datetime
    rows: tuple[Row, ...]
    open: tuple[PublicIncident, ...]
    recent: tuple[PublicIncident, ...]

    @property
    def updated_at(self) -> datetime:
        """When something was last posted here."""
        said = [incident.updated_at for incident in (*self.open, *self.recent)]
        return max(said, default=self.began)


def incident_of(ref: str, title: str, created_at: datetime, updates: Sequence[PublicUpdate]) -> PublicIncident:
    """An incident from its updates (one at least, in any order) and the `created_at` of its first post.

    Its impact is that of the worst state any of them named: an incident does not become harmless by ending.
    """
    ordered = sorted(updates, key=lambda update: update.number)
    last = ordered[-1]
    states = [state for update in ordered for state in update.components.values()]
    return PublicIncident(
        ref=ref,
        title=title,
        status=last.status,
        impact=IMPACTS[worst(states)],
        created_at=created_at,
        updated_at=max(update.at for update in ordered),
        resolved_at=entered(ordered, PublicStatus.RESOLVED) if last.status is PublicStatus.RESOLVED else None,
        updates=tuple(reversed(ordered)),
    )


def entered(updates: Iterable[PublicUpdate], status: PublicStatus) -> datetime | None:
    """When the incident last became `status`, from its updates oldest first; a second word on it changes nothing."""
    found: datetime | None = None
    previous: PublicStatus | None = None
    for update in updates:
        if update.status is status and previous is not status:
            found = update.at
        previous = update.status
    return found


def overall(rows: Sequence[Row], unresolved: Sequence[PublicIncident]) -> Overall:
    """How the whole is, in the words and by the rules of Statuspage, so that its readers understand this page too.

    https://support.atlassian.com/statuspage/docs/top-level-status-and-incident-impact-calculations/: what is down
    everywhere counts one step more than what is down somewhere. An open incident is never "all operational".
    """
    state = worst(row.state for row in rows)
    everywhere = all(row.state is state for row in rows)
    match state:
        case ComponentState.MAJOR_OUTAGE if everywhere:
            return Overall(Impact.CRITICAL, "Major System Outage", state)
        case ComponentState.MAJOR_OUTAGE:
            return Overall(Impact.MAJOR, "Partial System Outage", state)
        case ComponentState.PARTIAL_OUTAGE if everywhere:
            return Overall(Impact.MAJOR, "Partial System Outage", state)
        case ComponentState.PARTIAL_OUTAGE:
            return Overall(Impact.MINOR, "Minor Service Outage", state)
        case ComponentState.DEGRADED if everywhere:
            return Overall(Impact.MINOR, "Degraded System Service", state)
        case ComponentState.DEGRADED:
            return Overall(Impact.MINOR, "Partially Degraded Service", state)
        case _:
            pass
    if unresolved:
        watching = all(incident.status is PublicStatus.MONITORING for incident in unresolved)
        return Overall(Impact.MINOR, "Monitoring a Fix" if watching else "Investigating a Problem", state)
    if state is ComponentState.MAINTENANCE:
        return Overall(Impact.NONE, "Service Under Maintenance", state)
    return Overall(Impact.NONE, "All Systems Operational", state)


def headline(rows: Sequence[Row], whole: Overall) -> str:
    """The first line people read: it names what is hit, when that is short enough to be named."""
    hit = [row.component for row in rows if row.state is whole.state]
    if whole.indicator is Impact.NONE or whole.state in (ComponentState.OPERATIONAL, ComponentState.MAINTENANCE):
        return whole.description
    if len(hit) == len(rows) > 1:
        return whole.description
    if len(hit) > 2:
        return f"{WORDS[whole.state]}: {len(hit)} of {len(rows)} components"
    return f"{WORDS[whole.state]}: {' and '.join(full_name(component) for component in hit)}"


def full_name(component: Component) -> str:
    """`Compute (AZ 1)`: which one it is, where the group is not to be seen."""
    return f"{component.name} ({component.group})" if component.group else component.name


def rows(components: Iterable[Component], states: Mapping[str, Standing]) -> tuple[Row, ...]:
    """The page's components as they stand, in the page's order. States of others are not shown."""
    return tuple(Row(component, states.get(component.id)) for component in components)


def grouped(shown: Iterable[Row]) -> tuple[Group, ...]:
    """The rows under their groups' names, groups and rows in the order they come first."""
    found: dict[str, list[Row]] = {}
    for row in shown:
        found.setdefault(row.component.group, []).append(row)
    return tuple(Group(name, tuple(members)) for name, members in found.items())


def by_day(incidents: Iterable[PublicIncident], zone: tzinfo) -> tuple[tuple[date, tuple[PublicIncident, ...]], ...]:
    """Incidents under the day they began, as days are counted in `zone`; the order stays."""
    found: dict[date, list[PublicIncident]] = {}
    for incident in incidents:
        found.setdefault(incident.created_at.astimezone(zone).date(), []).append(incident)
    return tuple((day, tuple(members)) for day, members in found.items())


def by_month(incidents: Iterable[PublicIncident], zone: tzinfo) -> tuple[tuple[date, tuple[PublicIncident, ...]], ...]:
    """The same by month; the date is its first day."""
    found: dict[date, list[PublicIncident]] = {}
    for day, members in by_day(incidents, zone):
        found.setdefault(day.replace(day=1), []).extend(members)
    return tuple((month, tuple(members)) for month, members in found.items())


def affected(incident: PublicIncident, shown: Iterable[Row]) -> tuple[Row, ...]:
    """The page's components that any update of this incident names."""
    named = {name for update in incident.updates for name in update.components}
    return tuple(row for row in shown if row.component.id in named)


def lasted(incident: PublicIncident) -> str:
    """How long customers read about it, `1 h 12 min`; empty while it lasts."""
    return minutes(incident.created_at, incident.resolved_at) if incident.resolved_at else ""
