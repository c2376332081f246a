"""What is to be pasted fits its tool and the reason, and says nothing of a rule that is not known whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.coffee.weekly.remedy import EXPRESSION, LINK, NAME, WAITS, Heard, Reason, Tool, expression_of, remedy
from bot.config.models import RouteEntry
from bot.incident.hours import Hours

MINUTE = timedelta(minutes=1)
EXPR = 'max by (host) (disk_used_ratio{job="node", mount!~"/(boot|tmp)\'?"}) > 0.8'


def link(expression: str = EXPR) -> str:
    return "https://prometheus.example.org/graph?" + urlencode({"g0.expr": expression, "g0.tab": 1})


def hours(business: int = 0, off: int = 0, sleep: int = 0) -> dict[Hours, int]:
    return {Hours.BUSINESS: business, Hours.OFF: off, Hours.SLEEP: sleep}


HEARD = Heard(
    name="DiskFull",
    link=link(),
    labels={"alertname": "DiskFull", "host": "hv-17"},
    times=5,
    hours=hours(business=5),
    cleared=0,
    paged=0,
    again=0,
    longest=None,
    zone="Europe/Berlin",
)


def read(text: str) -> Any:
    return yaml.safe_load(text)


CLEARED: dict[str, Any] = {"cleared": 3, "longest": 12 * MINUTE}
NIGHTLY: dict[str, Any] = {"hours": hours(business=1, off=2, sleep=2), "paged": 1}


@pytest.mark.parametrize(
    ("known", "reason", "tool"),
    [
        ({}, Reason.DECLINED, Tool.ALERTMANAGER),
        (CLEARED, Reason.CLEARS, Tool.PROMETHEUS),
        ({**CLEARED, "cleared": 2}, Reason.DECLINED, Tool.ALERTMANAGER),
        ({**CLEARED, "times": 6}, Reason.DECLINED, Tool.ALERTMANAGER),
        ({**CLEARED, "again": 5}, Reason.FLAPS, Tool.PROMETHEUS),
        ({**CLEARED, **NIGHTLY}, Reason.CLEARS, Tool.PROMETHEUS),
        (NIGHTLY, Reason.AFTER_HOURS, Tool.ALERTMANAGER),
        ({**NIGHTLY, "hours": hours(business=2, sleep=2), "times": 4}, Reason.DECLINED, Tool.ALERTMANAGER),
        ({**NIGHTLY, "link": ""}, Reason.AFTER_HOURS, Tool.KLATSCH),
        ({**NIGHTLY, "again": 5, "link": ""}, Reason.FLAPS, Tool.KLATSCH),
        ({"again": 5, "labels": {}}, Reason.FLAPS, Tool.PROMETHEUS),
        ({**NIGHTLY, "paged": 0}, Reason.DECLINED, Tool.ALERTMANAGER),
        ({**CLEARED, "link": "", "paged": 1}, Reason.CLEARS, Tool.KLATSCH),
        ({**CLEARED, "longest": 120 * MINUTE, "paged": 1}, Reason.CLEARS, Tool.KLATSCH),
        ({"paged": 1, "link": "https://grafana.example.org/alerting/7/view"}, Reason.DECLINED, Tool.KLATSCH),
    ],
)
def test_the_remedy_is_for_the_reason_and_the_tool(known: dict[str, Any], reason: Reason, tool: Tool) -> None:
    found = remedy(replace(HEARD, **known))
    assert found
    assert (found.reason, found.tool) == (reason, tool)
    assert isinstance(read(found.text), dict)


@pytest.mark.parametrize(
    "known",
    [
        {"link": ""},
        {**CLEARED, "longest": None},
        {**CLEARED, "longest": 3 * WAITS[-1]},
        {"labels": {}, "paged": 1},
        {**NIGHTLY, "labels": {}},
        {**CLEARED, "link": "", "again": 5},
        {"link": link("x" * (EXPRESSION + 1))},
        {"name": "X" * (NAME + 1), "labels": {"alertname": "X" * (NAME + 1)}},
        {"link": link('up{token="a1b2c3d4"}')},
        {"link": "https://[prometheus/graph?g0.expr=up"},
    ],
    ids=[
        "of no Prometheus",
        "how long is not known",
        "no blip",
        "without the label",
        "at night without it",
        "what flaps of no Prometheus",
        "long",
        "a long name",
        "a secret",
        "no address",
    ],
)
def test_where_nothing_whole_can_be_said_there_is_nothing_to_paste(known: dict[str, Any]) -> None:
    assert remedy(replace(HEARD, **known)) is None


@pytest.mark.parametrize(
    ("longest", "wait"), [(0, "5m"), (4.9, "5m"), (5, "10m"), (12, "15m"), (31, "1h"), (119, "2h")]
)
def test_a_rule_is_its_own_but_for_how_long_it_waits(longest: float, wait: str) -> None:
    found = remedy(replace(HEARD, cleared=5, longest=longest * MINUTE))
    assert found
    assert read(found.text) == {
        "groups": [{"name": "noise", "rules": [{"alert": "DiskFull", "expr": EXPR, "for": wait}]}]
    }


def test_what_flaps_fires_on_over_the_gaps() -> None:
    """How long it fired says nothing of how long it did not."""
    for longest in (None, 2 * MINUTE, 600 * MINUTE):
        found = remedy(replace(HEARD, again=9, longest=longest))
        assert found
        (rule,) = read(found.text)["groups"][0]["rules"]
        assert rule == {"alert": "DiskFull", "expr": EXPR, "keep_firing_for": "15m"}
        assert found.wait == 15 * MINUTE


def test_what_comes_at_night_waits_for_the_morning_of_those_it_is_for() -> None:
    found = remedy(replace(HEARD, **NIGHTLY))
    assert found
    ours = read(found.text)
    (interval,), (route,) = ours["time_intervals"], ours["route"]["routes"]
    assert interval["time_intervals"] == [
        {
            "weekdays": ["monday:friday"],
            "times": [{"start_time": "09:00", "end_time": "18:00"}],
            "location": "Europe/Berlin",
        }
    ]
    assert route == {
        "matchers": ['alertname="DiskFull"'],
        "receiver": "on-call",
        "active_time_intervals": [interval["name"]],
    }


def test_our_own_route_is_one_that_the_configuration_takes() -> None:
    found = remedy(replace(HEARD, link="", paged=2))
    assert found
    (entry,) = read(found.text)["routes"]
    route = RouteEntry.model_validate(entry)
    assert (route.match, route.open, route.page) == ({"alertname": "DiskFull"}, "triage", "")


@pytest.mark.parametrize("cut", [LINK, LINK + 1])
def test_of_an_address_that_may_be_cut_off_no_expression_is_read(cut: int) -> None:
    whole = link("up == 0") + "&pad="
    assert expression_of(whole.ljust(LINK - 1, "x")) == "up == 0"
    assert expression_of(whole.ljust(cut, "x")) == ""


def test_of_an_expression_what_stands_around_it_is_left_out() -> None:
    assert expression_of(link("\n  up == 0\n")) == "up == 0"
    assert expression_of(link("x" * EXPRESSION)) == "x" * EXPRESSION


WORDS = st.text(max_size=40).filter(str.strip)


@given(name=WORDS, expression=WORDS, known=st.sampled_from([{}, CLEARED, NIGHTLY, {"paged": 1, "link": ""}]))
def test_whatever_a_rule_is_called_and_asks_it_stays_what_it_is(
    name: str, expression: str, known: dict[str, Any]
) -> None:
    heard = replace(HEARD, name=name, labels={"alertname": name}, link=link(expression))
    found = remedy(replace(heard, **known))
    assert found
    said = read(found.text)
    match found.tool:
        case Tool.PROMETHEUS:
            (rule,) = said["groups"][0]["rules"]
            assert (rule["alert"], rule["expr"]) == (name, expression.strip())
        case Tool.ALERTMANAGER:
            (matcher,) = said["route"]["routes"][0]["matchers"]
            value = matcher.removeprefix('alertname="').removesuffix('"')
            assert value.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\") == name or "\\" in name
        case Tool.KLATSCH:
            assert said["routes"][0]["match"] == {"alertname": name}
