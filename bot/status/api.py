"""The page as JSON in the shape of Statuspage's public API v2, which monitors, dashboards and clients already read.

https://metastatuspage.com/api lists the documents. Fields that have no meaning here are there all the same, with the
value of a page that does not use them. Times are UTC with milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from bot.incident.model import ComponentState, PublicStatus
from bot.status.model import PublicIncident, PublicUpdate
from bot.status.page import Group, Row, Snapshot, affected, entered, grouped, overall

Json = dict[str, object]


def iso(at: datetime) -> str:
    """`2026-11-22T02:20:54.013Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def summary(snapshot: Snapshot) -> Json:
    return {
        "page": _page(snapshot),
        "components": _components(snapshot),
        "incidents": [_incident(snapshot, incident) for incident in snapshot.open],
        "scheduled_maintenances": [],
        "status": _status(snapshot),
    }


def status(snapshot: Snapshot) -> Json:
    return {"page": _page(snapshot), "status": _status(snapshot)}


def components(snapshot: Snapshot) -> Json:
    return {"page": _page(snapshot), "components": _components(snapshot)}


def incidents(snapshot: Snapshot) -> Json:
    """The newest ones, over or not."""
    return {"page": _page(snapshot), "incidents": [_incident(snapshot, incident) for incident in snapshot.recent]}


def unresolved(snapshot: Snapshot) -> Json:
    return {"page": _page(snapshot), "incidents": [_incident(snapshot, incident) for incident in snapshot.open]}


def maintenances(snapshot: Snapshot) -> Json:
    """Always none: a public post has no window that begins and ends. Maintenance that is published is an incident."""
    return {"page": _page(snapshot), "scheduled_maintenances": []}


DOCUMENTS: Mapping[str, Callable[[Snapshot], Json]] = {
    "summary": summary,
    "status": status,
    "components": components,
    "incidents": incidents,
    "incidents/unresolved": unresolved,
    "scheduled-maintenances": maintenances,
    "scheduled-maintenances/active": maintenances,
    "scheduled-maintenances/upcoming": maintenances,
}
"""`/api/v2/{name}.json`."""


def _page(snapshot: Snapshot) -> Json:
    return {
        "id": snapshot.id,
        "name": snapshot.title,
        "url": snapshot.url,
        "time_zone": snapshot.zone,
        "updated_at": iso(snapshot.updated_at),
    }


def _status(snapshot: Snapshot) -> Json:
    whole = overall(snapshot.rows, snapshot.open)
    return {"indicator": whole.indicator.value, "description": whole.description}


def _components(snapshot: Snapshot) -> list[Json]:
    """The components, then their groups: Statuspage counts a group as a component that has `group` true."""
    found: list[Json] = []
    parents: list[Json] = []
    place = 0
    for group in grouped(snapshot.rows):
        if group.name:
            place += 1
            parents.append(_group(snapshot, group, place))
            found += [_component(snapshot, row, inside) for inside, row in enumerate(group.rows, 1)]
        else:
            for row in group.rows:
                place += 1
                found.append(_component(snapshot, row, place))
    return found + parents


def _component(snapshot: Snapshot, row: Row, position: int) -> Json:
    since = row.standing.at if row.standing else snapshot.began
    return {
        "id": row.component.id,
        "name": row.component.name,
        "status": row.state.value,
        "created_at": iso(min(since, snapshot.began)),
        "updated_at": iso(since),
        "position": position,
        "description": "",
        "showcase": True,
        "group_id": _group_id(row.component.group) if row.component.group else None,
        "page_id": snapshot.id,
        "group": False,
        "only_show_if_degraded": False,
    }


def _group(snapshot: Snapshot, group: Group, position: int) -> Json:
    since = max((row.standing.at for row in group.rows if row.standing), default=snapshot.began)
    return {
        "id": _group_id(group.name),
        "name": group.name,
        "status": group.state.value,
        "created_at": iso(min(since, snapshot.began)),
        "updated_at": iso(since),
        "position": position,
        "description": "",
        "showcase": True,
        "group_id": None,
        "page_id": snapshot.id,
        "group": True,
        "only_show_if_degraded": False,
        "components": [row.component.id for row in group.rows],
    }


def _group_id(name: str) -> str:
    """`group:AZ 1`: no component may have that id, so the two are never confused."""
    return f"group:{name}"


def _incident(snapshot: Snapshot, incident: PublicIncident) -> Json:
    told = tuple(reversed(incident.updates))
    monitoring = entered(told, PublicStatus.MONITORING)
    return {
        "id": incident.ref,
        "name": incident.title,
        "status": incident.status.value,
        "created_at": iso(incident.created_at),
        "updated_at": iso(incident.updated_at),
        "monitoring_at": iso(monitoring) if monitoring else None,
        "resolved_at": iso(incident.resolved_at) if incident.resolved_at else None,
        "impact": incident.impact.value,
        "shortlink": f"{snapshot.url}/incidents/{incident.ref}",
        "started_at": iso(incident.created_at),
        "page_id": snapshot.id,
        "incident_updates": list(reversed(_updates(snapshot, incident.ref, told))),
        "components": [
            _component(snapshot, row, position) for position, row in enumerate(affected(incident, snapshot.rows), 1)
        ],
    }


def _updates(snapshot: Snapshot, ref: str, told: Sequence[PublicUpdate]) -> list[Json]:
    """Oldest first: only so is it known what each component was before. Before the first word it was operational."""
    names = {row.component.id: row.component.name for row in snapshot.rows}
    before: dict[str, ComponentState] = {}
    found: list[Json] = []
    for update in told:
        known = {id: state for id, state in update.components.items() if id in names}
        changes = [
            {
                "code": id,
                "name": names[id],
                "old_status": before.get(id, ComponentState.OPERATIONAL).value,
                "new_status": state.value,
            }
            for id, state in known.items()
        ]
        before.update(known)
        found.append(
            {
                "id": f"{ref}-{update.number}",
                "status": update.status.value,
                "body": update.text,
                "incident_id": ref,
                "created_at": iso(update.at),
                "updated_at": iso(update.at),
                "display_at": iso(update.at),
                "affected_components": changes or None,
                "deliver_notifications": True,
                "custom_tweet": None,
                "tweet_id": None,
            }
        )
    return found
