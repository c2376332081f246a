"""Many alerts, few incidents: the table of what a batch of notifications means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.folding import Folding, Met, changing, fold, opening, title_for, wanted
from bot.alerts.model import NO_START, Alert, Known, Notification
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


def an_incident(number: int, *, ended: float | None = None, **facts: object) -> Incident:
    """Open, or over since that many minutes before now."""
    over = None if ended is None else NOW - timedelta(minutes=ended)
    status = Status.INVESTIGATING if over is None else Status.RESOLVED
    return Incident(number=number, opened_at=NOW, **({"status": status, "ended": over} | facts))


OVER = an_incident(7, ended=10)
OPEN = an_incident(7)


def folded(
    *alerts: Alert, before: tuple[Known, ...] = (), there: tuple[Incident, ...] = (), **options: object
) -> Folding:
    """`there` are the incidents that there are, of which some may be over, and the windows among them."""
    notification = Notification("prometheus", alerts, group="g")
    given = [replace(notification, **{k: v for k, v in options.items() if k in ("group_resolved", "truncated")})]
    windows = [work for work in there if work.kind is Kind.MAINTENANCE and work.status.open]
    numbered = {incident.number: incident for incident in there}
    return fold(given, before, Met(ROUTES, options.get("open_group", {}), numbered, windows, NOW))


@pytest.mark.parametrize(
    ("repeat", "there", "kept"),
    [
        pytest.param(an_alert(started=60), OVER, 1, id="the same firing again"),
        pytest.param(an_alert(started=30), OVER, 1, id="as its sender counts since a restart"),
        pytest.param(an_alert(started=10), OVER, 1, id="in the very moment it was over"),
        pytest.param(an_alert(started=90), OVER, 0, id="a late copy of an older firing"),
        pytest.param(an_alert(started=60), OPEN, 0, id="somebody works on it"),
        pytest.param(an_alert(started=5), OPEN, 0, id="somebody works on it, and its sender was restarted"),
        pytest.param(an_alert(started=60), an_incident(7, ended=70), 1, id="it was said to be over before it began"),
    ],
)
def test_a_repeat_of_what_fires_on_is_told_to_what_is_over(repeat, there, kept):
    before = (known(an_alert(started=60), 7),)
    folding = folded(repeat, repeat, before=before, there=(there,))
    assert [(g.incident, changing(g).kept_count, g.rows) for g in folding.groups] == ([(7, 1, {})] if kept else [])
    assert folding.stray == ()


def test_what_fires_on_and_then_clears_in_one_batch_has_cleared():
    before = (known(an_alert(started=60), 7),)
    cleared = an_alert(started=60, firing=False)
    (group,) = folded(an_alert(started=60), cleared, before=before, there=(OVER,)).groups
    assert (changing(group).kept_count, changing(group).cleared_count) == (0, 1)


def test_what_began_to_fire_after_the_end_opens_a_new_incident_although_nobody_said_that_it_had_cleared():
    """It may have cleared under a silence, or its sender says no ends at all."""
    again = an_alert(started=5)
    folding = folded(again, again, an_alert("b", started=4), before=(known(an_alert(started=60), 7),), there=(OVER,))
    left, opened = folding.groups
    assert (left.incident, changing(left).left_count, left.rows) == (7, 1, {})
    assert (opened.incident, len(opened.fired), opened.again) == (None, 2, 0)
    assert [row.moved for row in opened.rows.values()] == [True, False]


def test_what_fires_anew_and_clears_in_one_batch_does_so_in_its_new_incident():
    again = an_alert(started=5)
    cleared = replace(again, firing=False, ends_at=NOW)
    folding = folded(again, cleared, cleared, before=(known(an_alert(started=60), 7),), there=(OVER,))
    left, opened = folding.groups
    assert (len(left.left), left.cleared) == (1, [])
    assert (opened.incident, len(opened.fired), len(opened.cleared)) == (None, 1, 1)


def test_what_clears_late_and_fires_anew_in_one_batch_ends_the_old_one_and_opens_another():
    ended = replace(an_alert(firing=False, started=60), ends_at=NOW - timedelta(minutes=6))
    folding = folded(ended, an_alert(started=5), before=(known(an_alert(started=60), 7),), there=(OVER,))
    old, opened = folding.groups
    assert (old.incident, len(old.cleared), old.left) == (7, 1, [])
    assert (opened.incident, len(opened.fired)) == (None, 1)


def test_alerts_that_share_their_group_labels_open_one_incident():
    folding = folded(an_alert("a"), an_alert("b"), an_alert("c", az="az2"))
    assert [(g.incident, len(g.fired)) for g in folding.groups] == [(None, 2), (None, 1)]
    command = opening(folding.groups[0], NOW)
    assert (command.severity, command.status, command.page) == (Severity.SEV1, Status.INVESTIGATING, "policy:platform")
    assert command.fired_count == 2
    assert command.detected == NOW


def test_what_began_at_a_time_nobody_said_began_when_it_was_heard_of():
    unsaid = replace(an_alert("b"), starts_at=NO_START)
    (group,) = folded(unsaid).groups
    assert opening(group, NOW).impact_start == NOW
    (group,) = folded(an_alert(started=5), unsaid).groups
    assert opening(group, NOW).impact_start == NOW - timedelta(minutes=5)


def test_a_triage_route_opens_in_triage():
    (group,) = folded(an_alert(severity="warning")).groups
    assert opening(group, NOW).status is Status.TRIAGE


def test_an_alert_joins_the_open_incident_of_its_group():
    key = CRITICAL.group(an_alert().labels)
    (group,) = folded(an_alert(), open_group={key: 7}, there=(OPEN,)).groups
    assert (group.incident, len(group.fired)) == (7, 1)
    # Somebody ended it between the look and the lock.
    assert [group.incident for group in folded(an_alert(), open_group={key: 7}, there=(OVER,)).groups] == [None]


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
    folding = folded(now, before=(known(before, 7),), there=(OPEN,))
    assert folding.groups == (), why
    assert folding.stray == (), why


def test_an_alert_that_fires_again_is_news():
    over = replace(known(an_alert(firing=False, started=60), 7), ends_at=NOW - timedelta(minutes=30))
    (group,) = folded(an_alert(started=1), before=(over,), there=(OPEN,)).groups
    assert (group.incident, len(group.fired), changing(group).again) == (7, 1, 1)


def test_an_alert_without_a_start_fires_again_after_it_cleared():
    cleared = replace(known(an_alert(firing=False), 7), starts_at=NO_START)
    (group,) = folded(replace(an_alert(), starts_at=NO_START), before=(cleared,), there=(OVER,)).groups
    assert (group.incident, len(group.fired)) == (None, 1)


def test_an_alert_that_flaps_is_one_alert():
    """Within one batch, when it opens an incident, and over many."""

    def cleared(started: int) -> Alert:
        return replace(an_alert(firing=False, started=started), ends_at=NOW - timedelta(minutes=started - 1))

    flapping = [an_alert(started=9), cleared(9), an_alert(started=3)]
    incident, history = None, ()
    for batch in ([flapping[0]], flapping[1:], [cleared(3), an_alert(started=1), an_alert("b")]):
        held = {incident.group: 7} if incident else {}
        there = (incident,) if incident else ()
        (group,) = folded(*batch, before=history, there=there, open_group=held).groups
        command = changing(group) if incident else opening(group, NOW)
        for event in decide(incident, command, id=7, at=NOW):
            incident = evolve(incident, event, number=7)
        history = tuple(known(row.alert, 7) for row in group.rows.values())
    assert (incident.alerts_firing, incident.alerts_total) == (2, 2)
    (group,) = folded(*flapping).groups
    assert (opening(group, NOW).fired_count, opening(group, NOW).again) == (2, 1)


def test_an_alert_whose_incident_is_over_opens_a_new_one():
    over = replace(known(an_alert(firing=False, started=60), 7), ends_at=NOW - timedelta(minutes=30))
    (group,) = folded(an_alert(started=1), before=(over,), there=(OVER,)).groups
    assert group.incident is None
    (row,) = group.rows.values()
    assert row.moved


def test_the_end_of_an_alert_is_told_to_its_incident_even_when_that_is_over():
    (group,) = folded(an_alert(firing=False), before=(known(an_alert(), 7),), there=(OVER,)).groups
    assert (group.incident, len(group.cleared)) == (7, 1)
    assert changing(group).cleared_count == 1


def test_an_alert_first_heard_of_when_it_is_over_opens_nothing_and_is_remembered():
    folding = folded(an_alert(firing=False))
    assert folding.groups == ()
    assert [row.alert.firing for row in folding.stray] == [False]
    assert folding.unrouted == ((),)


def test_an_alert_no_route_wants_is_remembered_and_named_to_its_sender():
    unknown = an_alert(severity="info")
    messages = [Notification("prometheus", alerts) for alerts in ((an_alert("x"),), (an_alert("y"), unknown), ())]
    folding = fold(messages, (), Met(ROUTES, {}, {}, (), NOW))
    assert [row.incident for row in folding.stray] == [None]
    assert folding.unrouted == ((), (unknown,), ())


@pytest.mark.parametrize("again", [an_alert(started=5), an_alert(started=1)], ids=["repeated", "anew"])
def test_an_alert_that_no_route_wanted_opens_its_incident_as_soon_as_one_does(again: Alert):
    before = (known(an_alert(started=5), None),)
    (group,) = folded(again, again, before=before).groups
    assert (group.incident, len(group.fired), [row.moved for row in group.rows.values()]) == (None, 1, [True])
    assert wanted([Notification("prometheus", (again,))], before, ROUTES, {}) == {CRITICAL.group(again.labels)}
    assert folded(an_alert(started=5, firing=False), before=before).groups == ()
    still = an_alert(started=5, severity="info")
    assert folded(still, before=(known(still, None),)).groups == ()


def test_fired_and_cleared_in_one_message_opens_and_clears():
    (group,) = folded(an_alert(started=1), an_alert(firing=False, started=1)).groups
    assert (len(group.fired), len(group.cleared), len(group.rows)) == (1, 1, 1)
    (row,) = group.rows.values()
    assert not row.alert.firing


def test_a_resolved_group_that_was_cut_short_resolves_what_it_does_not_name():
    a, b = an_alert("a"), an_alert("b")
    before = (known(a, 7), known(b, 7))
    (group,) = folded(
        replace(a, firing=False, ends_at=NOW), before=before, there=(OPEN,), group_resolved=True, truncated=1
    ).groups
    assert {alert.fingerprint for alert in group.cleared} == {"a", "b"}


def test_a_firing_group_that_was_cut_short_says_how_many_are_missing():
    (group,) = folded(an_alert(), truncated=2).groups
    assert opening(group, NOW).truncated == 2


WINDOW = Window(NOW - timedelta(hours=1), NOW + timedelta(hours=1), (("az", "=", "az1"),))
WORK = an_incident(9, kind=Kind.MAINTENANCE, status=Status.MONITORING, window=WINDOW)
WORKED = replace(WORK, window=replace(WINDOW, end=NOW))


def test_maintenance_takes_the_alerts_it_covers_while_it_lasts():
    (covered, other) = folded(an_alert("a"), an_alert("b", az="az2"), there=(WORK,)).groups
    assert (covered.incident, other.incident) == (9, None)
    assert [g.incident for g in folded(an_alert("a"), there=(WORKED,)).groups] == [None]


def test_a_repeat_of_what_maintenance_covers_changes_nothing():
    assert folded(an_alert(), before=(known(an_alert(), 9),), there=(WORK,)).groups == ()


@pytest.mark.parametrize(
    "over",
    [
        pytest.param(WORKED, id="its window is over"),
        pytest.param(replace(WORK, status=Status.RESOLVED, ended=NOW), id="it is over"),
        pytest.param(replace(WORK, window=replace(WINDOW, matchers=(("az", "=", "az3"),))), id="it covers others"),
    ],
)
@pytest.mark.parametrize("again", [an_alert(started=30), an_alert(started=1)], ids=["repeated", "anew"])
def test_what_maintenance_covers_no_more_is_an_alert_like_any_other(over: Incident, again: Alert):
    before = (known(an_alert(started=30), 9),)
    left, opened = folded(again, again, before=before, there=(over,)).groups
    assert (left.incident, len(left.left), opened.incident, len(opened.fired)) == (9, 1, None, 1)
    key = CRITICAL.group(again.labels)
    assert key in wanted([Notification("prometheus", (again,))], before, ROUTES, {9: over})
    left, joined = folded(again, before=before, there=(over, OPEN), open_group={key: 7}).groups
    assert (left.incident, joined.incident) == (9, 7)


def test_its_end_is_told_to_the_maintenance_that_covered_it():
    cleared = an_alert(firing=False, started=30)
    (group,) = folded(cleared, before=(known(an_alert(started=30), 9),), there=(WORKED,)).groups
    assert (group.incident, len(group.cleared)) == (9, 1)


def test_only_what_is_news_asks_for_its_group():
    before = (known(an_alert("a", started=5), 7), known(an_alert("b", firing=False, started=5), 7))
    batch = [
        Notification("prometheus", (an_alert("a", started=5), an_alert("c", firing=False), an_alert(severity="x")))
    ]
    assert wanted(batch, before, ROUTES, {7: OVER}) == set()
    news = [Notification("prometheus", (an_alert("a"), an_alert("b"), an_alert("c", az="az2")))]
    assert len(wanted(news, before, ROUTES, {})) == 2


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
    folding = fold([notification], (), Met((watchdog,), {}, {}, (), NOW))
    assert (folding.groups, folding.unrouted) == ((), ((),))
