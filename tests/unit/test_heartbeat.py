"""The dead man's switch: what is heard, what is silent, and since when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.folding import title_for
from bot.alerts.heartbeat import BREAK, MOST, REPEAT, Look, Signal, Signs, Watch, expecting, heard, named, overdue
from bot.alerts.model import SILENCE, Alert, Notification
from bot.alerts.routing import Route, route_of

NOW = datetime(2026, 11, 27, 3, 15, tzinfo=UTC)
LENGTH = timedelta(minutes=10)
WATCHDOG = Route(match={"alertname": "Watchdog"}, group_by=("alertname", "cluster"), heartbeat=LENGTH)
ELSE = Route(match={"severity": "none"})
ROUTES = (WATCHDOG, ELSE)


def minutes(count: float) -> datetime:
    """So many minutes before now."""
    return NOW - timedelta(minutes=count)


def a_watchdog(*, firing: bool = True, source: str = "prometheus", **labels: str) -> Alert:
    named = {"alertname": "Watchdog", "severity": "none", "cluster": "one"} | labels
    return Alert(
        source, "w", firing, minutes(1000), None if firing else NOW, named, {"runbook_url": "https://r.example.org/w"}
    )


def a_signal(ago: float = 0, *, silent: float | None = None, **changed: str) -> Signal:
    (signal,) = heard([Notification("prometheus", (a_watchdog(**changed),))], ROUTES, minutes(ago))
    return replace(signal, silent_at=None if silent is None else minutes(silent))


def looked(*signals: Signal, since: float = 600, last: float = 0.01, told: float = 0.5, senders: str = "prometheus"):
    """What a look finds now, by whom listens for that many minutes and looked that long ago."""
    signs = Signs({signal.key: signal for signal in signals})
    look = Look(frozenset({senders}), Watch(minutes(since), minutes(last), minutes(told)))
    return signs, signs.look(look, expecting(ROUTES), ROUTES, NOW)


@pytest.mark.parametrize(
    ("alerts", "found"),
    [
        pytest.param([a_watchdog()], ["Watchdog (one) from prometheus"], id="it fires"),
        pytest.param(
            [a_watchdog(), a_watchdog(instance="b")], ["Watchdog (one) from prometheus"], id="one signal, once"
        ),
        pytest.param(
            [a_watchdog(), a_watchdog(cluster="two")],
            ["Watchdog (one) from prometheus", "Watchdog (two) from prometheus"],
            id="each group is its own",
        ),
        pytest.param(
            [a_watchdog(), a_watchdog(source="other")],
            ["Watchdog (one) from prometheus", "Watchdog (one) from other"],
            id="each sender is its own",
        ),
        pytest.param([a_watchdog(firing=False)], [], id="that it is over is no sign of life"),
        pytest.param([a_watchdog(alertname="NodeDown")], [], id="another alert is none"),
    ],
)
def test_what_is_heard(alerts, found):
    signals = heard([Notification("prometheus", tuple(alerts))], ROUTES, NOW)
    assert [named(signal, WATCHDOG) for signal in signals] == found
    assert {signal.heard_at for signal in signals} <= {NOW}


def test_an_alert_that_an_earlier_route_takes_is_not_heard_by_a_later_one():
    assert heard([Notification("prometheus", (a_watchdog(),))], (ELSE, WATCHDOG), NOW) == []


@pytest.mark.parametrize(
    ("ago", "since", "silent"),
    [
        pytest.param(9.99, 600, None, id="not yet"),
        pytest.param(10, 600, 0, id="at the very moment"),
        pytest.param(12, 600, 2, id="since it was due, not since we looked"),
        pytest.param(500, 9.99, None, id="we have not listened for so long"),
        pytest.param(500, 10, 0, id="a whole length after we began to listen"),
        pytest.param(500, 11, 1, id="as long as we know"),
    ],
)
def test_a_signal_is_silent_when_it_was_not_heard_for_its_length_by_who_listened(ago, since, silent):
    signs, _ = looked(a_signal(ago), since=since)
    assert [alert.starts_at for alert in signs.alerts] == ([] if silent is None else [minutes(silent)])
    assert [signal.silent_at for signal in signs.keep.values()] == ([] if silent is None else [minutes(silent)])


@pytest.mark.parametrize(
    ("last", "since"),
    [
        pytest.param(timedelta(seconds=1), 600, id="a look each second"),
        pytest.param(BREAK, 600, id="a slow one"),
        pytest.param(
            BREAK + timedelta(seconds=0.1), 0, id="a machine that slept, a database that was away, a clock that jumped"
        ),
    ],
)
def test_a_break_in_listening_begins_it_anew(last, since):
    watch = Watch(minutes(600), NOW - last, NOW - last)
    signs = Signs({signal.key: signal for signal in (a_signal(20),)})
    after = signs.look(Look(frozenset({"prometheus"}), watch), expecting(ROUTES), ROUTES, NOW)
    assert (after.since, after.last) == (minutes(since), NOW)
    assert bool(signs.alerts) is (since == 600)


def test_the_first_look_begins_to_listen():
    signs = Signs({signal.key: signal for signal in (a_signal(500),)})
    watch = signs.look(Look(frozenset({"prometheus"})), expecting(ROUTES), ROUTES, NOW)
    assert (watch.since, watch.last, signs.alerts) == (NOW, NOW, [])


def test_what_is_told_has_the_signal_s_labels_and_says_what_is_missing_and_since_when():
    signs, _ = looked(a_signal(10))
    (alert,) = signs.alerts
    assert alert.summary == "No Watchdog (one) from prometheus for 10m (last heard 03:05 UTC)"
    assert (alert.source, alert.firing, alert.labels["cluster"]) == (SILENCE, True, "one")
    assert alert.annotations["runbook_url"] == "https://r.example.org/w"
    assert route_of(alert, ROUTES) is WATCHDOG
    assert not WATCHDOG.expects(alert)


def test_a_time_of_another_day_has_its_date():
    signs, _ = looked(a_signal(600), since=10)
    assert signs.alerts[0].summary.endswith("(last heard 26 Nov 17:15 UTC)")


def test_what_is_silent_is_told_once_and_again_after_a_while_as_the_same_alert():
    signs, watch = looked(a_signal(30, silent=20))
    assert (signs.alerts, signs.keep) == ([], {})
    signs, again = looked(a_signal(30, silent=20), told=REPEAT.total_seconds() / 60)
    assert [(alert.firing, alert.starts_at) for alert in signs.alerts] == [(True, minutes(20))]
    assert (watch.told, again.told, signs.keep) == (minutes(0.5), NOW, {})


def test_what_is_heard_again_resolves_what_was_told():
    before = a_signal(30, silent=20)
    told = looked(before, told=10)[0].alerts[0]
    signs = Signs({before.key: before})
    signs.hear([a_signal()], expecting(ROUTES))
    (alert,) = signs.alerts
    assert (alert.fingerprint, alert.firing, alert.starts_at, alert.ends_at) == (
        told.fingerprint,
        False,
        minutes(20),
        NOW,
    )
    assert alert.summary == "Watchdog (one) from prometheus is heard again"
    assert [(signal.heard_at, signal.silent_at) for signal in signs.keep.values()] == [(NOW, None)]


def test_what_was_not_missed_and_is_heard_says_nothing():
    signs = Signs({signal.key: signal for signal in (a_signal(5),)})
    signs.hear([a_signal()], expecting(ROUTES))
    assert (signs.alerts, len(signs.keep)) == ([], 1)


def test_a_route_on_which_nothing_was_ever_heard_is_missed_too_and_says_so():
    signs, _ = looked()
    (never,) = signs.keep.values()
    assert (never.source, never.heard_at, signs.alerts) == ("", NOW, [])
    signs, _ = looked(replace(never, heard_at=minutes(10)))
    assert [alert.summary for alert in signs.alerts] == [
        "Watchdog was never heard, and is expected every 10m (since 03:05 UTC)"
    ]


def test_what_was_never_heard_is_over_with_the_first_that_is_heard():
    signs, _ = looked()
    never = replace(next(iter(signs.keep.values())), heard_at=minutes(20), silent_at=minutes(10))
    signs = Signs({never.key: never})
    signs.hear([a_signal()], expecting(ROUTES))
    assert [(alert.firing, alert.summary) for alert in signs.alerts] == [(False, "Watchdog is heard")]
    assert signs.forget == {never.key}
    again, _ = looked(*signs.known.values())
    assert again.keep == {}


@pytest.mark.parametrize(
    ("routes", "sender", "left"),
    [
        pytest.param(ROUTES, "prometheus", 1, id="all is as it was"),
        pytest.param((ELSE,), "prometheus", 0, id="the route is gone"),
        pytest.param((ELSE, WATCHDOG), "prometheus", 0, id="another route takes it now"),
        pytest.param(ROUTES, "other", 0, id="the sender is gone"),
    ],
)
def test_what_can_not_be_heard_any_more_is_forgotten_at_the_start_and_what_was_told_of_it_is_over(routes, sender, left):
    known = a_signal(30, silent=20)
    signs = Signs({known.key: known})
    signs.look(Look(frozenset({sender})), expecting(routes), routes, NOW)
    assert len(signs.forget) == 1 - left
    assert [(alert.firing, alert.summary) for alert in signs.alerts] == (
        []
        if left
        else [(False, f"Watchdog{' (one)' if len(routes) > 1 else ''} from prometheus is not expected any more")]
    )


def test_what_is_forgotten_at_the_start_only_a_bot_with_other_routes_may_still_expect():
    signs, _ = looked(a_signal(30), senders="other")
    assert signs.forget == set()


def test_a_sender_has_so_many_signals_and_no_more_and_takes_no_other_s():
    flood = tuple(a_watchdog(cluster=f"c{n}") for n in range(10_000))
    fresh = heard([Notification("prometheus", (*flood, a_watchdog(source="other")))], ROUTES, NOW)
    signs = Signs({})
    signs.hear(fresh, expecting(ROUTES))
    assert len(signs.keep) == MOST + 1
    assert {signal.source for signal in signs.keep.values()} == {"prometheus", "other"}
    after = signs.look(
        Look(frozenset({"prometheus", "other"}), Watch(minutes(60), NOW, NOW)), expecting(ROUTES), ROUTES, NOW
    )
    assert after.full == {"prometheus"}


@pytest.mark.parametrize(
    "labels",
    [
        {"cluster": "x" * 4096},
        {"cluster": "\u202e\x00\x1b[31m`*_<b>"},
        {"alertname": "Watchdog", **{f"l{n}": "y" * 4096 for n in range(99)}},
    ],
)
def test_hostile_labels_make_a_sentence_of_one_line_and_a_row_of_some_kilobytes(labels):
    (signal,) = heard([Notification("prometheus", (a_watchdog(**labels),))], ROUTES, minutes(10))
    signs, _ = looked(signal)
    summary = signs.alerts[0].summary
    assert len(summary) < 200
    assert summary.isprintable()
    assert sum(map(len, signal.labels.values())) < 10_000
    assert len(signal.key.encode()) <= 1000
    assert WATCHDOG.matches(signal.labels)


def test_only_addresses_are_kept_of_an_expected_alert_s_annotations():
    alert = replace(
        a_watchdog(), annotations={"runbook_url": "javascript:x", "dashboard": "https://d.example.org", "summary": "s"}
    )
    (signal,) = heard([Notification("prometheus", (alert,))], ROUTES, NOW)
    assert signal.annotations == {"dashboard": "https://d.example.org"}


def test_several_that_are_silent_at_once_are_named_as_what_is_missing():
    signs, _ = looked(a_signal(10), a_signal(11, source="other"))
    assert title_for(signs.alerts, WATCHDOG) == "No Watchdog (one)"


@pytest.mark.parametrize(("ago", "late"), [(9.9, False), (10, True)])
def test_overdue_is_who_was_not_heard_whoever_listened(ago, late):
    assert overdue(a_signal(ago), WATCHDOG, NOW) is late


def test_what_was_heard_before_the_clock_was_set_back_is_silent_a_length_later_and_not_an_hour() -> None:
    """Nothing comes any more, and the look before was at a time that has yet to come."""
    signal = a_signal(-60)
    signs, watch = looked(signal, last=-60)
    assert (signs.alerts, signs.keep[signal.key].heard_at, watch.since) == ([], NOW, NOW)
    later = Signs({signal.key: signs.keep[signal.key]})
    at = NOW + LENGTH
    steady = replace(watch, last=at - BREAK)
    later.look(Look(frozenset({"prometheus"}), steady), expecting(ROUTES), ROUTES, at)
    assert [alert.starts_at for alert in later.alerts] == [at]
