"""Many alerts, few incidents: the table of what a batch of notifications means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.folding import Folding, changing, fold, opening, title_for
from bot.alerts.model import Alert, Known, Notification
from bot.alerts.routing import Route, covers, route_for
from bot.incident.decide import decide
from bot.incident.evolve import evolve
from bot.incident.model import Incident, Kind, Severity, Status, Window

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
CRITICAL = Route(
    match={"severity": "critical"}, open="active", severity=Severity.SEV1, group_by=("region", "az"), page="platform"
)
WARNING = Route(match={"severity": "warning"}, open="triage", severity=Severity.SEV3, group_by=("alertname",))
ROUTES = (CRITICAL, WARNING)


def an_alert(fingerprint: str = "a", *, firing: bool = True, started: float = 0, **labels: str) -> Alert:
    """Started that many minutes before now."""
    named = {"alertname": "ApiDown", "severity": "critical", "region": "one", "az": "az1"} | labels
    return Alert(
        source="prometheus",
        fingerprint=fingerprint,
        firing=firing,
        starts_at=NOW - timedelta(minutes=started),
        ends_at=None if firing else NOW,
        labels=named,
        annotations={"summary": f"{fingerprint} is down"},
        group="g",
    )


def known(alert: Alert, incident: int | None) -> Known:
    return Known(
        alert.source, alert.fingerprint, alert.firing, alert.starts_at, alert.ends_at, incident, alert.group, alert.name
    )


def folded(*alerts: Alert, before: tuple[Known, ...] = (), live: tuple[int, ...] = (), **options: object) -> Folding:
    notification = Notification("prometheus", alerts, group="g")
    return fold(
        [replace(notification, **{k: v for k, v in options.items() if k in ("group_resolved", "truncated")})],
        before,
        routes=ROUTES,
        open_group=options.get("open_group", {}),
        is_open=lambda number: number in live,
        windows=options.get("windows", ()),
        at=NOW,
    )


@pytest.mark.parametrize(
    ("repeat", "live", "kept"),
    [
        pytest.param(an_alert(started=60), (), 1, id="the same firing again"),
        pytest.param(an_alert(started=30), (), 1, id="as its sender counts since a restart"),
        pytest.param(an_alert(started=90), (), 0, id="a late copy of an older firing"),
        pytest.param(an_alert(started=60), (7,), 0, id="somebody works on it"),
    ],
)
def test_a_repeat_of_what_fires_on_is_told_to_what_is_over(repeat, live, kept):
    before = (known(an_alert(started=60), 7),)
    folding = folded(repeat, repeat, before=before, live=live)
    assert [(g.incident, changing(g).kept_count, g.rows) for g in folding.groups] == ([(7, 1, {})] if kept else [])
    assert folding.stray == ()


def test_what_fires_on_and_then_clears_in_one_batch_has_cleared():
    before = (known(an_alert(started=60), 7),)
    (group,) = folded(an_alert(started=60), an_alert(started=60, firing=False), before=before).groups
    assert (changing(group).kept_count, changing(group).cleared_count) == (0, 1)


def test_alerts_that_share_their_group_labels_open_one_incident():
    folding = folded(an_alert("a"), an_alert("b"), an_alert("c", az="az2"))
    assert [(g.incident, len(g.fired)) for g in folding.groups] == [(None, 2), (None, 1)]
    command = opening(folding.groups[0], NOW)
    assert (command.severity, command.status, command.page) == (Severity.SEV1, Status.INVESTIGATING, "policy:platform")
    assert command.fired_count == 2
    assert command.detected == NOW


def test_a_triage_route_opens_in_triage():
    (group,) = folded(an_alert(severity="warning")).groups
    assert opening(group, NOW).status is Status.TRIAGE


def test_an_alert_joins_the_open_incident_of_its_group():
    key = CRITICAL.group(an_alert().labels)
    (group,) = folded(an_alert(), open_group={key: 7}, live=(7,)).groups
    assert (group.incident, len(group.fired)) == (7, 1)


@pytest.mark.parametrize(
    ("why", "before", "now"),
    [
        ("a repeat", an_alert(started=5), an_alert(started=5)),
        ("a second Alertmanager that saw it start later", an_alert(started=5), an_alert(started=4)),
        ("the end, said again", an_alert(firing=False, started=5), an_alert(firing=False, started=5)),
        ("a late copy of the beginning", an_alert(firing=False, started=5), an_alert(started=5)),
        ("an end of an older firing", an_alert(started=5), an_alert(firing=False, started=60)),
    ],
)
def test_nothing_changes_for(why: str, before: Alert, now: Alert):
    folding = folded(now, before=(known(before, 7),), live=(7,))
    assert folding.groups == (), why
    assert folding.stray == (), why


def test_an_alert_that_fires_again_is_news():
    over = replace(known(an_alert(firing=False, started=60), 7), ends_at=NOW - timedelta(minutes=30))
    (group,) = folded(an_alert(started=1), before=(over,), live=(7,)).groups
    assert (group.incident, len(group.fired), changing(group).again) == (7, 1, 1)


def test_an_alert_that_flaps_is_one_alert():
    """Within one batch, when it opens an incident, and over many."""

    def cleared(started: int) -> Alert:
        return replace(an_alert(firing=False, started=started), ends_at=NOW - timedelta(minutes=started - 1))

    flapping = [an_alert(started=9), cleared(9), an_alert(started=3)]
    incident, history = None, ()
    for batch in ([flapping[0]], flapping[1:], [cleared(3), an_alert(started=1), an_alert("b")]):
        held = {incident.group: 7} if incident else {}
        (group,) = folded(*batch, before=history, live=(7,), open_group=held).groups
        command = changing(group) if incident else opening(group, NOW)
        for event in decide(incident, command, id=7, at=NOW):
            incident = evolve(incident, event, number=7)
        history = tuple(known(row.alert, 7) for row in group.rows.values())
    assert (incident.alerts_firing, incident.alerts_total) == (2, 2)
    (group,) = folded(*flapping).groups
    assert (opening(group, NOW).fired_count, opening(group, NOW).again) == (2, 1)


def test_an_alert_whose_incident_is_over_opens_a_new_one():
    over = replace(known(an_alert(firing=False, started=60), 7), ends_at=NOW - timedelta(minutes=30))
    (group,) = folded(an_alert(started=1), before=(over,), live=()).groups
    assert group.incident is None
    (row,) = group.rows.values()
    assert row.moved


def test_the_end_of_an_alert_is_told_to_its_incident_even_when_that_is_over():
    (group,) = folded(an_alert(firing=False), before=(known(an_alert(), 7),), live=()).groups
    assert (group.incident, len(group.cleared)) == (7, 1)
    assert changing(group).cleared_count == 1


def test_an_alert_first_heard_of_when_it_is_over_opens_nothing_and_is_remembered():
    folding = folded(an_alert(firing=False))
    assert folding.groups == ()
    assert [row.alert.firing for row in folding.stray] == [False]
    assert folding.unrouted == 0


def test_an_alert_no_route_wants_is_remembered_and_counted():
    folding = folded(an_alert(severity="info"))
    assert folding.groups == ()
    assert [row.incident for row in folding.stray] == [None]
    assert folding.unrouted == 1


def test_fired_and_cleared_in_one_message_opens_and_clears():
    (group,) = folded(an_alert(started=1), an_alert(firing=False, started=1)).groups
    assert (len(group.fired), len(group.cleared), len(group.rows)) == (1, 1, 1)
    (row,) = group.rows.values()
    assert not row.alert.firing


def test_a_resolved_group_that_was_cut_short_resolves_what_it_does_not_name():
    a, b = an_alert("a"), an_alert("b")
    before = (known(a, 7), known(b, 7))
    (group,) = folded(
        replace(a, firing=False, ends_at=NOW), before=before, live=(7,), group_resolved=True, truncated=1
    ).groups
    assert {alert.fingerprint for alert in group.cleared} == {"a", "b"}


def test_a_firing_group_that_was_cut_short_says_how_many_are_missing():
    (group,) = folded(an_alert(), truncated=2).groups
    assert opening(group, NOW).truncated == 2


def test_maintenance_takes_the_alerts_it_covers_while_it_lasts():
    window = Window(NOW - timedelta(hours=1), NOW + timedelta(hours=1), (("az", "=", "az1"),))
    work = Incident(number=9, opened_at=NOW, kind=Kind.MAINTENANCE, status=Status.MONITORING, window=window)
    (covered, other) = folded(an_alert("a"), an_alert("b", az="az2"), windows=(work,), live=(9,)).groups
    assert (covered.incident, other.incident) == (9, None)
    over = replace(work, window=replace(window, end=NOW - timedelta(minutes=1)))
    assert [g.incident for g in folded(an_alert("a"), windows=(over,), live=(9,)).groups] == [None]


@pytest.mark.parametrize(
    ("matchers", "holds"),
    [
        ((), False),
        ((("az", "=", "az1"),), True),
        ((("az", "!=", "az1"),), False),
        ((("az", "=~", "az[12]"),), True),
        ((("az", "=~", "z1"),), False),
        ((("az", "!~", "az[23]"),), True),
        ((("az", "=", "az1"), ("rack", "=", "r1")), False),
        ((("rack", "=", ""),), True),
    ],
)
def test_matchers(matchers: tuple[tuple[str, str, str], ...], holds: bool):
    assert covers(matchers, {"az": "az1"}) is holds


def test_the_first_route_that_matches_wins_and_a_missing_label_is_empty():
    assert route_for({"severity": "critical"}, ROUTES) is CRITICAL
    assert route_for({}, ROUTES) is None
    assert route_for({}, (Route(match={"severity": ""}),)) == Route(match={"severity": ""})
    assert route_for({"az": "az1"}, (Route(match_re={"az": "az\\d"}),)) is not None
    assert route_for({"az": "az12"}, (Route(match_re={"az": "az\\d"}),)) is None


def test_titles_say_what_the_alerts_say_or_what_they_share():
    one, two = an_alert("a"), an_alert("b")
    assert title_for([one], CRITICAL) == "a is down"
    assert title_for([one, two], CRITICAL) == "ApiDown (one, az1)"
    assert title_for([replace(one, annotations={}, labels={})], WARNING) == "a"
    (group,) = folded(replace(one, annotations={"summary": "\x1b \x07"})).groups
    assert opening(group, NOW).title == "Alert"


def test_a_heartbeat_that_fires_means_that_all_is_well():
    watchdog = Route(match={"alertname": "Watchdog"}, heartbeat=timedelta(minutes=10))
    notification = Notification("prometheus", (an_alert("w", alertname="Watchdog"),))
    folding = fold([notification], (), routes=(watchdog,), open_group={}, is_open=lambda _: False, at=NOW)
    assert (folding.groups, folding.unrouted) == ((), 0)
