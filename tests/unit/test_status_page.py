"""What the status page makes of what was posted."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.incident.model import ComponentState as C
from bot.incident.model import PublicStatus as S
from bot.status import api
from bot.status.model import Component, Impact, PublicIncident, PublicUpdate, Standing
from bot.status.page import (
    Snapshot,
    by_day,
    by_month,
    entered,
    grouped,
    headline,
    incident_of,
    lasted,
    overall,
    rows,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
COMPUTE = Component("compute-az1", "Compute", "AZ 1")
NETWORK = Component("network-az1", "Network", "AZ 1")
API = Component("api", "API")


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def update(number: int, status: S = S.INVESTIGATING, minutes: float | None = None, **components: C) -> PublicUpdate:
    named = {name.replace("_", "-"): state for name, state in components.items()}
    return PublicUpdate(number, at(number if minutes is None else minutes), status, f"Word {number}.", named)


def incident(*updates: PublicUpdate, ref: str = "INC-1") -> PublicIncident:
    return incident_of(ref, "Slow volumes", min(u.at for u in updates), updates)


def standing(*states: C):
    components = [Component(f"c{n}", f"Part {n}") for n in range(len(states))]
    return rows(components, {f"c{n}": Standing(state, NOON) for n, state in enumerate(states)})


OPEN = incident(update(1))
WATCHED = incident(update(1), update(2, S.MONITORING))


@pytest.mark.parametrize(
    ("states", "unresolved", "indicator", "description"),
    [
        ([], [], Impact.NONE, "All Systems Operational"),
        ([C.OPERATIONAL, C.OPERATIONAL], [], Impact.NONE, "All Systems Operational"),
        ([C.OPERATIONAL, C.MAINTENANCE], [], Impact.NONE, "Service Under Maintenance"),
        ([C.OPERATIONAL, C.DEGRADED], [OPEN], Impact.MINOR, "Partially Degraded Service"),
        ([C.DEGRADED, C.DEGRADED], [OPEN], Impact.MINOR, "Degraded System Service"),
        ([C.OPERATIONAL, C.PARTIAL_OUTAGE], [OPEN], Impact.MINOR, "Minor Service Outage"),
        ([C.PARTIAL_OUTAGE], [OPEN], Impact.MAJOR, "Partial System Outage"),
        ([C.OPERATIONAL, C.MAJOR_OUTAGE], [OPEN], Impact.MAJOR, "Partial System Outage"),
        ([C.PARTIAL_OUTAGE, C.MAJOR_OUTAGE], [OPEN], Impact.MAJOR, "Partial System Outage"),
        ([C.MAJOR_OUTAGE, C.MAJOR_OUTAGE], [OPEN], Impact.CRITICAL, "Major System Outage"),
        ([C.MAINTENANCE, C.MAJOR_OUTAGE], [], Impact.MAJOR, "Partial System Outage"),
        ([C.OPERATIONAL], [OPEN], Impact.MINOR, "Investigating a Problem"),
        ([C.OPERATIONAL], [OPEN, WATCHED], Impact.MINOR, "Investigating a Problem"),
        ([C.OPERATIONAL], [WATCHED], Impact.MINOR, "Monitoring a Fix"),
        ([C.MAINTENANCE], [WATCHED], Impact.MINOR, "Monitoring a Fix"),
    ],
)
def test_the_overall_indicator_follows_statuspages_rules_and_an_open_incident_is_never_all_operational(
    states, unresolved, indicator, description
):
    whole = overall(standing(*states), unresolved)
    assert (whole.indicator, whole.description) == (indicator, description)


@pytest.mark.parametrize(
    ("states", "unresolved", "tone"),
    [
        ([C.OPERATIONAL], [], "ok"),
        ([C.OPERATIONAL], [OPEN], "minor"),
        ([C.MAINTENANCE], [], "maintenance"),
        ([C.MAINTENANCE], [OPEN], "minor"),
        ([C.OPERATIONAL, C.PARTIAL_OUTAGE], [OPEN], "major"),
        ([C.OPERATIONAL, C.MAJOR_OUTAGE], [], "critical"),
    ],
)
def test_the_banner_takes_the_colour_of_the_worst_component_and_is_never_green_while_an_incident_is_open(
    states, unresolved, tone
):
    assert overall(standing(*states), unresolved).tone == tone


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ([C.OPERATIONAL, C.OPERATIONAL], "All Systems Operational"),
        ([C.PARTIAL_OUTAGE, C.OPERATIONAL], "Partial outage: Part 0"),
        ([C.PARTIAL_OUTAGE, C.DEGRADED, C.PARTIAL_OUTAGE], "Partial outage: Part 0 and Part 2"),
        ([C.DEGRADED, C.DEGRADED, C.DEGRADED, C.OPERATIONAL], "Degraded performance: 3 of 4 components"),
        ([C.MAJOR_OUTAGE, C.MAJOR_OUTAGE], "Major System Outage"),
        ([C.MAJOR_OUTAGE], "Major outage: Part 0"),
        ([C.MAINTENANCE, C.OPERATIONAL], "Service Under Maintenance"),
    ],
)
def test_the_headline_names_what_is_hit_while_that_is_short(states, said):
    assert headline(standing(*states), overall(standing(*states), [])) == said


def test_the_headline_says_which_one_when_components_are_grouped():
    shown = rows([COMPUTE, NETWORK], {"compute-az1": Standing(C.PARTIAL_OUTAGE, NOON)})
    assert headline(shown, overall(shown, [OPEN])) == "Partial outage: Compute (AZ 1)"


@pytest.mark.parametrize(
    ("updates", "impact"),
    [
        ([update(1)], Impact.NONE),
        ([update(1, api=C.OPERATIONAL)], Impact.NONE),
        ([update(1, api=C.MAINTENANCE)], Impact.NONE),
        ([update(1, api=C.DEGRADED)], Impact.MINOR),
        ([update(1, api=C.DEGRADED, compute=C.PARTIAL_OUTAGE)], Impact.MAJOR),
        ([update(1, api=C.MAJOR_OUTAGE), update(2, S.RESOLVED, api=C.OPERATIONAL)], Impact.CRITICAL),
    ],
)
def test_the_impact_of_an_incident_is_the_worst_state_it_ever_named(updates, impact):
    assert incident(*updates).impact is impact


def test_an_incident_tells_its_updates_newest_first_whatever_order_they_came_in():
    found = incident(update(2, S.MONITORING), update(3, S.RESOLVED), update(1))
    assert [u.number for u in found.updates] == [3, 2, 1]
    assert (found.status, found.created_at, found.updated_at) == (S.RESOLVED, at(1), at(3))


def test_a_second_word_after_the_end_does_not_move_the_end():
    found = incident(update(1), update(2, S.RESOLVED), update(3, S.RESOLVED, minutes=90))
    assert (found.resolved_at, found.updated_at) == (at(2), at(90))
    assert lasted(found) == "1 min"


def test_an_incident_that_came_back_is_not_over_and_ends_at_its_last_end():
    again = [update(1), update(2, S.RESOLVED), update(3)]
    assert incident(*again).resolved_at is None
    assert lasted(incident(*again)) == ""
    assert incident(*again, update(4, S.RESOLVED)).resolved_at == at(4)


def test_a_status_was_entered_when_it_was_said_first_since_the_last_other_one():
    told = [update(1, S.MONITORING), update(2), update(3, S.MONITORING), update(4, S.MONITORING)]
    assert entered(told, S.MONITORING) == at(3)
    assert entered(told, S.IDENTIFIED) is None


def test_components_stand_in_the_pages_order_and_states_of_others_are_not_shown():
    shown = rows([NETWORK, COMPUTE], {"compute-az1": Standing(C.DEGRADED, NOON), "secret": Standing(C.DEGRADED, NOON)})
    assert [(row.component.id, row.state) for row in shown] == [
        ("network-az1", C.OPERATIONAL),
        ("compute-az1", C.DEGRADED),
    ]


def test_components_are_grouped_in_the_order_in_which_groups_come_first_and_a_group_is_as_bad_as_its_worst():
    shown = rows([COMPUTE, API, NETWORK], {"network-az1": Standing(C.MAJOR_OUTAGE, NOON)})
    found = [(group.name, [row.component.name for row in group.rows], group.state) for group in grouped(shown)]
    assert found == [("AZ 1", ["Compute", "Network"], C.MAJOR_OUTAGE), ("", ["API"], C.OPERATIONAL)]


def test_days_and_months_are_counted_in_the_pages_zone():
    new_years_eve = PublicUpdate(1, datetime(2026, 12, 31, 23, 30, tzinfo=UTC), S.RESOLVED, "Over.")
    shown = [incident(new_years_eve)]
    assert by_day(shown, UTC)[0][0] == date(2026, 12, 31)
    assert by_day(shown, ZoneInfo("Europe/Berlin"))[0][0] == date(2027, 1, 1)
    assert by_month(shown, ZoneInfo("Europe/Berlin"))[0][0] == date(2027, 1, 1)


def test_incidents_of_one_day_stand_together_and_in_their_order():
    first, second, third = incident(update(3), ref="INC-3"), incident(update(2), ref="INC-2"), incident(update(1))
    assert by_day([first, second, third], UTC) == ((NOON.date(), (first, second, third)),)
    assert by_month([first, second, third], UTC) == ((NOON.date().replace(day=1), (first, second, third)),)


def snapshot(*open_incidents: PublicIncident, **states: C) -> Snapshot:
    standings = {name.replace("_", "-"): Standing(state, at(5)) for name, state in states.items()}
    return Snapshot(
        id="page",
        title="Example Cloud",
        url="https://status.example.org",
        zone="Etc/UTC",
        began=NOON,
        rows=rows([COMPUTE, API], standings),
        open=open_incidents,
        recent=open_incidents,
    )


def test_times_are_utc_with_milliseconds_and_z():
    berlin = datetime(2026, 11, 22, 13, 0, 0, 54_013, tzinfo=ZoneInfo("Europe/Berlin"))
    assert api.iso(berlin) == "2026-11-22T12:00:00.054Z"


def test_an_update_says_what_each_component_was_before_it():
    told = incident(
        update(1, compute_az1=C.PARTIAL_OUTAGE), update(2), update(3, S.RESOLVED, compute_az1=C.OPERATIONAL)
    )
    [shown] = api.summary(snapshot(told))["incidents"]
    changes = [u["affected_components"] for u in shown["incident_updates"]]
    change = {"code": "compute-az1", "name": "Compute"}
    assert changes == [
        [{**change, "old_status": "partial_outage", "new_status": "operational"}],
        None,
        [{**change, "old_status": "operational", "new_status": "partial_outage"}],
    ]


def test_a_component_that_is_not_on_the_page_is_in_no_document():
    told = incident(update(1, secret_rack_7=C.MAJOR_OUTAGE))
    documents = [str(make(snapshot(told))) for make in api.DOCUMENTS.values()]
    assert any("Word 1." in document for document in documents)
    assert [document for document in documents if "secret-rack-7" in document] == []


def test_a_group_is_a_component_of_its_own_that_lists_its_members():
    found = api.components(snapshot(compute_az1=C.DEGRADED))["components"]
    assert [(c["id"], c["group"], c["group_id"], c["status"]) for c in found] == [
        ("compute-az1", False, "group:AZ 1", "degraded_performance"),
        ("api", False, None, "operational"),
        ("group:AZ 1", True, None, "degraded_performance"),
    ]
    assert found[-1]["components"] == ["compute-az1"]


def test_the_page_was_updated_when_something_was_last_posted_and_before_that_when_it_began():
    assert snapshot().updated_at == NOON
    assert snapshot(incident(update(1), update(7))).updated_at == at(7)


def test_the_times_of_an_incident_are_those_of_its_updates():
    told = incident(update(1), update(2, S.MONITORING), update(3, S.RESOLVED))
    [shown] = api.incidents(snapshot(told))["incidents"]
    assert [shown[key] for key in ("created_at", "monitoring_at", "resolved_at", "updated_at")] == [
        "2026-11-22T12:01:00.000Z",
        "2026-11-22T12:02:00.000Z",
        "2026-11-22T12:03:00.000Z",
        "2026-11-22T12:03:00.000Z",
    ]
