"""What Alertmanager posts, and everything else that may arrive at the same address."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.alerts import alertmanager
from adapters.alerts.alertmanager import LABELS_LIMIT, VALUE_LIMIT, Config, build
from bot.alerts.model import KEY_BYTES, NO_START, Notification
from bot.alerts.routing import Route

FIXTURES = Path(__file__).parent.parent / "fixtures" / "alertmanager"
SOURCE = build("prometheus", Config(token="s3cr3t"))


def an_alert(**changed: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "status": "firing",
        "labels": {"alertname": "NovaApiDown", "az": "az1"},
        "annotations": {"summary": "Nova does not answer"},
        "startsAt": "2026-11-22T02:20:01.068647614Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.org/graph?g0.expr=up",
        "fingerprint": "df16b7d9b1bf998e",
        **changed,
    }
    return {key: value for key, value in given.items() if value is not ...}


def a_message(*alerts: dict[str, Any], **changed: Any) -> bytes:
    given: dict[str, Any] = {
        "version": "4",
        "groupKey": '{}:{alertname="NovaApiDown"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "klatsch",
        "alerts": list(alerts) or [an_alert()],
        **changed,
    }
    return json.dumps({key: value for key, value in given.items() if value is not ...}).encode()


def parsed(**changed: Any) -> Any:
    """The one alert of a message, with these fields changed."""
    return SOURCE.parse(a_message(an_alert(**changed))).alerts[0]


# What Alertmanager really sent


@pytest.mark.parametrize(
    ("fixture", "alerts", "firing", "group_resolved", "truncated", "name", "group"),
    [
        ("firing_single", 1, 1, False, 0, "NovaApiDown", 'alertname="NovaApiDown", az="az1"'),
        ("resolved_single", 1, 0, True, 0, "NovaApiDown", 'alertname="NovaApiDown", az="az1"'),
        ("firing_grouped_3", 3, 3, False, 0, "CephOSDDown", 'alertname="CephOSDDown", az="az2"'),
        ("resolved_grouped_3", 3, 0, True, 0, "CephOSDDown", 'alertname="CephOSDDown", az="az2"'),
        ("mixed_1_resolved_2_firing", 3, 2, False, 0, "CephOSDDown", 'alertname="CephOSDDown", az="az1"'),
        ("truncated_2_of_4", 2, 2, False, 2, "NovaComputeDown", 'alertname="NovaComputeDown", az="az2"'),
    ],
)
def test_a_captured_message_is_understood(
    fixture: str, alerts: int, firing: int, group_resolved: bool, truncated: int, name: str, group: str
) -> None:
    body = (FIXTURES / f"{fixture}.json").read_bytes()
    notification = SOURCE.parse(body)
    assert len(notification.alerts) == alerts
    assert sum(alert.firing for alert in notification.alerts) == firing
    assert (notification.source, notification.group_resolved, notification.truncated) == (
        "prometheus",
        group_resolved,
        truncated,
    )
    assert group in notification.group
    for alert, sent in zip(notification.alerts, json.loads(body)["alerts"], strict=True):
        assert alert.name == name
        assert alert.group == notification.group
        assert (alert.fingerprint, alert.labels, alert.annotations, alert.link) == (
            sent["fingerprint"],
            sent["labels"],
            sent["annotations"],
            sent["generatorURL"],
        )
        assert alert.summary == sent["annotations"]["summary"]
        assert (alert.ends_at is None) == alert.firing


def test_every_fixture_is_in_the_table() -> None:
    assert len(list(FIXTURES.glob("*.json"))) == 6


# Times


@pytest.mark.parametrize("digits", range(10))
def test_a_second_may_have_up_to_nine_digits(digits: int) -> None:
    fraction = "123456789"[:digits]
    starts = parsed(startsAt=f"2026-11-22T02:20:01{'.' if digits else ''}{fraction}Z").starts_at
    assert starts == datetime(2026, 11, 22, 2, 20, 1, int(f"{fraction[:6]:0<6}"), tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-22T03:20:01+01:00", datetime(2026, 11, 22, 2, 20, 1, tzinfo=UTC)),
        ("2026-11-21T21:50:01.5-04:30", datetime(2026, 11, 22, 2, 20, 1, 500_000, tzinfo=UTC)),
        ("2026-11-22T02:20:01.123456789+00:00", datetime(2026, 11, 22, 2, 20, 1, 123_456, tzinfo=UTC)),
        ("2026-11-22T02:20:01", datetime(2026, 11, 22, 2, 20, 1, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_utc_whatever_its_offset(written: str, meant: datetime) -> None:
    assert parsed(startsAt=written).starts_at == meant
    assert parsed(startsAt=written).starts_at.utcoffset() == timedelta(0)


NOT_SAID = ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"]


@pytest.mark.parametrize("starts", NOT_SAID)
def test_a_start_nobody_can_mean_is_none(starts: str) -> None:
    assert parsed(startsAt=starts).starts_at == NO_START


@pytest.mark.parametrize("ends", [*NOT_SAID, "0001-01-01T00:00:00.000Z", "", ...])
@pytest.mark.parametrize("status", ["firing", "resolved"])
def test_an_end_nobody_can_mean_is_none(status: str, ends: Any) -> None:
    assert parsed(status=status, endsAt=ends).ends_at is None


def test_a_firing_alert_has_no_end_though_its_message_guesses_one() -> None:
    assert parsed(endsAt="2026-11-22T02:25:01Z").ends_at is None
    assert parsed(status="resolved", endsAt="2026-11-22T02:25:01Z").ends_at == datetime(
        2026, 11, 22, 2, 25, 1, tzinfo=UTC
    )


# What we do not know, and what is not his


def test_fields_nobody_told_us_of_are_ignored() -> None:
    body = a_message(
        an_alert(new={"deep": [1, 2]}), notification_reason="new alerts added", routeLabels={"a": "b"}, future=[None]
    )
    assert SOURCE.parse(body) == SOURCE.parse(a_message())


def test_of_a_key_written_twice_the_last_one_counts() -> None:
    body = a_message().replace(b'"az": "az1"', b'"az": "az1", "az": "az2"')
    assert SOURCE.parse(body).alerts[0].labels["az"] == "az2"


@pytest.mark.parametrize("absent", [..., None, ""])
def test_an_alert_without_a_fingerprint_is_known_by_its_labels(absent: Any) -> None:
    def known_by(**labels: str) -> str:
        (alert,) = SOURCE.parse(a_message(an_alert(fingerprint=absent, labels=labels))).alerts
        return alert.fingerprint

    assert known_by(alertname="Down", az="a") == known_by(az="a", alertname="Down")
    assert known_by(alertname="Down", az="a") != known_by(alertname="Down", az="b")


@pytest.mark.parametrize("field", ["annotations", "endsAt", "generatorURL"])
def test_what_is_null_is_as_good_as_absent(field: str) -> None:
    assert SOURCE.parse(a_message(an_alert(**{field: None}))) == SOURCE.parse(a_message(an_alert(**{field: ...})))


def test_no_alerts_at_all_is_a_message_too() -> None:
    assert SOURCE.parse(a_message(alerts=[])).alerts == ()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param(b"", "This is not JSON", id="empty"),
        pytest.param(b"payload=%7B%7D", "This is not JSON", id="a form"),
        pytest.param(b'{"alerts": [', "This is not JSON", id="cut off"),
        pytest.param(a_message() + b"{}", "This is not JSON", id="two documents"),
        pytest.param(a_message().replace(b"az1", b"az\xff"), "This is not JSON", id="not UTF-8"),
        pytest.param(a_message().replace(b"az1", b"az\\ud800"), "This is not JSON", id="half a character"),
        pytest.param(b"\xef\xbb\xbf" + a_message(), "This is not JSON", id="byte order mark"),
        pytest.param(b"[" * 100_000, "This is not", id="100,000 brackets"),
        pytest.param(
            a_message(extra=1).replace(b'"extra": 1', b'"extra": ' + b"[" * 100_000 + b"]" * 100_000),
            "This JSON is nested too deeply.",
            id="100,000 brackets where nobody looks",
        ),
        pytest.param(b'{"x":' * 100_000, "This JSON is nested too deeply.", id="100,000 braces"),
        pytest.param(b'{"text": "custom payload"}', "This is not an Alertmanager message", id="a custom payload"),
        pytest.param(b"null", "This is not an Alertmanager message", id="null"),
        pytest.param(a_message(alerts={}), "This is not an Alertmanager message", id="alerts is no list"),
        pytest.param(a_message(groupKey=...), "missing required field `groupKey`", id="no group"),
        pytest.param(a_message(status=...), "missing required field `status`", id="no status"),
        pytest.param(a_message(status="pending"), "status is neither firing nor resolved", id="unknown group status"),
        pytest.param(a_message(version="3"), "version '3' is not understood; 4 is.", id="version 3"),
        pytest.param(a_message(version=4), "This is not an Alertmanager message", id="a number as version"),
        pytest.param(a_message(an_alert(status="on")), r"alerts\[0\].status is neither", id="unknown status"),
        pytest.param(a_message(an_alert(fingerprint="f" * 65)), "1 to 64 plain", id="a fingerprint that goes on"),
        pytest.param(a_message(an_alert(fingerprint="a\0b")), "1 to 64 plain", id="a fingerprint with NUL"),
        pytest.param(
            a_message(an_alert(), an_alert(startsAt="noon")), r"alerts\[1\].startsAt is not a time", id="noon"
        ),
        pytest.param(a_message(an_alert(startsAt="2026-13-01T00:00:00Z")), "is not a time", id="month 13"),
        pytest.param(a_message(an_alert(startsAt="10000-01-01T00:00:00Z")), "is not a time", id="year 10000"),
        pytest.param(a_message(an_alert(startsAt=1763778001)), "This is not an Alertmanager", id="a number as time"),
        pytest.param(a_message(an_alert(labels={"cpu": 3})), "Expected `str`, got `int`", id="a number as label"),
        pytest.param(a_message(an_alert(labels={"up": None})), "Expected `str`, got `null`", id="null as label"),
        pytest.param(a_message(an_alert(labels=["a"])), "Expected `object`, got `array`", id="labels in a list"),
    ],
)
def test_what_is_not_his_is_refused_with_a_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        SOURCE.parse(body)
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


# Bounds


def test_long_values_and_many_labels_are_cut() -> None:
    labels = {"alertname": "x" * 1_000_000} | {f"label{n}": "v" for n in range(1000)}
    alert = parsed(labels=labels, annotations={"summary": "é" * 100_000}, generatorURL="http://e/" + "y" * 100_000)
    assert len(alert.labels) == LABELS_LIMIT
    assert max(map(len, alert.labels.values())) == VALUE_LIMIT
    assert len(alert.annotations["summary"]) == VALUE_LIMIT
    assert len(alert.link) == VALUE_LIMIT


@pytest.mark.parametrize("character", ["x", "é", "💥"])
def test_long_group_keys_stay_apart_and_fit_an_index(character: str) -> None:
    one, other = (SOURCE.parse(a_message(groupKey=character * 5000 + end)) for end in ("1", "2"))
    assert one.group != other.group
    assert one.alerts[0].group == one.group
    assert len(one.group.encode()) <= KEY_BYTES


@pytest.mark.parametrize("character", ["x", "é", "💥"])
def test_the_groups_of_long_label_values_stay_apart_and_fit_an_index(character: str) -> None:
    route = Route(group_by=("host",))
    one, other = (route.group({"host": character * 5000 + end}) for end in ("1", "2"))
    assert one != other
    assert len(one.encode()) <= KEY_BYTES


def test_control_characters_are_taken_out_everywhere() -> None:
    nasty = "a\x00b\x1b[31mc\x07\u202ed\x9b1m"
    alert = SOURCE.parse(
        a_message(
            an_alert(labels={f"k{nasty}": nasty}, annotations={"summary": nasty}, generatorURL=nasty), groupKey=nasty
        )
    ).alerts[0]
    clean = "ab[31mcd1m"
    assert alert.labels == {f"k{clean}": clean}
    assert (alert.summary, alert.link, alert.group) == (clean, clean, clean)


def test_markup_is_left_to_whoever_shows_it() -> None:
    assert parsed(annotations={"summary": "<b>&amp;</b>"}).summary == "<b>&amp;</b>"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing_but_value_errors(body: bytes) -> None:
    try:
        assert isinstance(SOURCE.parse(body), Notification)
    except ValueError as error:
        assert str(error)


@given(
    place=st.sampled_from(["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"]),
    group=st.sampled_from(["", "groupKey", "version", "status", "truncatedAlerts", "alerts"]),
    value=JSON,
)
def test_any_value_anywhere_raises_nothing_but_value_errors(place: str, group: str, value: Any) -> None:
    body = a_message(an_alert(**{place: value}), **({group: value} if group else {}))
    try:
        notification = SOURCE.parse(body)
    except ValueError as error:
        assert str(error)
    else:
        assert notification.truncated >= 0
        assert all(alert.starts_at.tzinfo is UTC for alert in notification.alerts)


@given(st.text(alphabet="0123456789-:.TZ+ W", max_size=40))
def test_any_time_is_read_or_refused(written: str) -> None:
    try:
        assert parsed(startsAt=written).starts_at.tzinfo is UTC
    except ValueError as error:
        assert "startsAt is not a time" in str(error)


# Who may send


def basic(pair: str) -> str:
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


BEARER = Config(token="s3cr3t")
BASIC = Config(user="am", password="pässword")


@pytest.mark.parametrize(
    ("config", "shown", "verified"),
    [
        (BEARER, "Bearer s3cr3t", True),
        (BEARER, "bearer s3cr3t", True),
        (BEARER, "BEARER  s3cr3t ", True),
        (BEARER, "Bearer S3cr3t", False),
        (BEARER, "Bearer s3cr3t2", False),
        (BEARER, "Bearer s3cr3", False),
        (BEARER, "Bearer", False),
        (BEARER, "Bearer ", False),
        (BEARER, "", False),
        (BEARER, "s3cr3t", False),
        (BEARER, "Token s3cr3t", False),
        (BEARER, basic("s3cr3t"), False),
        (BEARER, basic(":s3cr3t"), False),
        (BASIC, basic("am:pässword"), True),
        (BASIC, basic("am:password"), False),
        (BASIC, basic("AM:pässword"), False),
        (BASIC, basic(":pässword"), False),
        (BASIC, "Basic am:pässword", False),
        (BASIC, "Bearer pässword", False),
        (Config(token="s3cr3t", user="am", password="p"), "Bearer s3cr3t", True),
        (Config(token="s3cr3t", user="am", password="p"), basic("am:p"), True),
        (Config(token="tökén"), "Bearer " + "tökén".encode().decode("latin-1"), True),
        (Config(), "Bearer ", False),
        (Config(), "Bearer", False),
        (Config(), "", False),
        (Config(token=""), "Bearer ", False),
        (Config(token=""), "", False),
        (Config(user="am", password=""), basic("am:"), False),
        (Config(user="am"), basic("am:"), False),
    ],
)
def test_only_who_knows_the_secret_may_send(config: Config, shown: str, verified: bool) -> None:
    assert build("prometheus", config).verify({"authorization": shown} if shown else {}, b"") is verified


def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    real: Callable[[bytes, bytes], bool] = hmac.compare_digest

    def counting(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(alertmanager.hmac, "compare_digest", counting)
    both = build("prometheus", Config(token="s3cr3t", user="am", password="p"))
    assert both.verify({"authorization": "Bearer s3cr3t"}, b"")
    assert len(compared) == 2  # the second too, though the first one fitted already


def test_a_config_never_shows_its_secrets() -> None:
    assert "s3cr3t" not in repr(Config(token="s3cr3t", user="am", password="s3cr3t"))
