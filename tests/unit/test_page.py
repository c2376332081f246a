"""What a page says, read as the one who is woken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.chat.page import Fired, page
from bot.chat.templates import Templates
from bot.incident import events as e
from bot.incident.model import Incident, Moment, Person, Severity, Source, Stamp, Status

NOW = datetime(2026, 11, 2, 3, 55, tzinfo=UTC)
PEOPLE = {"ana": Person("ana", "Ana Ruiz"), "ben": Person("ben", "Ben Okoro")}
CALM = Incident(
    number=7, opened_at=NOW, status=Status.INVESTIGATING, severity=Severity.SEV1, title="Nova API does not answer"
)
ALARMED = replace(CALM, alerts_firing=3, service="compute", moments={Moment.IMPACT_START: Stamp(NOW, "alert")})
LABELS = {"alertname": "NovaDown", "severity": "critical", "region": "eu-1", "az": "az1", "instance": "ctl01:8774"}
ABOUT = {"summary": "Nova API does not answer", "description": "All three hosts refuse connections."}
ALERT = Fired(LABELS, {**ABOUT, "runbook_url": "https://runbooks.example.org/nova"})


def words(incident: Incident, paged: e.Recorded | None = None, *alerts: Fired) -> list[str]:
    said = page(incident, paged, alerts, people=PEOPLE, zone="Europe/Berlin", templates=Templates())
    return [said.headline, *said.text.splitlines()]


def asked(reason: str = "opened", *, by: str = "klatsch", source: str = "delivery", **facts: object) -> e.Recorded:
    rung = {"ladder": "platform", "step": 0, "round": 0, "people": ("ana",), **facts}
    return e.Recorded(7, 2, NOW, by, Source(source), 2, e.PeoplePaged(at=NOW, reason=reason, **rung))


def test_one_line_on_a_phone_is_enough():
    assert words(CALM) == ["SEV1 INC-7: Nova API does not answer"]


def test_below_it_stands_what_where_since_when_who_comes_next_and_the_runbook():
    then = NOW + timedelta(minutes=5)
    assert words(ALARMED, asked(by="alerts", source="alert", next_at=then), ALERT) == [
        "SEV1 INC-7: Nova API does not answer",
        "All three hosts refuse connections.",
        "3 alerts firing on compute (az=az1 region=eu-1) since 04:55 CET.",
        "Without an answer the next one is paged at 05:00 CET.",
    ]
    assert page(ALARMED, None, [ALERT], people=PEOPLE, zone="UTC", templates=Templates()).runbook.endswith("/nova")


def test_what_somebody_typed_is_said_with_their_name():
    typed = asked("please look at the switches", by="ben", source="command", last=True)
    assert words(CALM, typed)[1:] == ["Ben Okoro: please look at the switches", "Nobody is paged after you."]
    from_chat = asked("please look", by="slack:U9", source="command")
    assert words(CALM, from_chat)[1] == "U9 (slack): please look"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("nobody acknowledged", "Nobody before you acknowledged."),
        ("no page got through", "Whoever was asked before you could not be reached."),
        ("nobody acknowledged; the policy old is gone", "Nobody acknowledged; the policy old is gone."),
    ],
)
def test_why_the_next_one_is_asked_is_said(reason: str, said: str):
    assert words(CALM, asked(reason))[1] == said


@pytest.mark.parametrize(("by", "source"), [("alerts", "alert"), ("ana", "command")])
def test_that_it_was_opened_is_no_reason(by: str, source: str):
    assert words(CALM, asked(by=by, source=source)) == words(CALM)
    assert words(CALM, asked("accepted", by=by, source=source)) == words(CALM)


def test_only_what_all_alerts_share_says_where_it_is():
    other = Fired({**LABELS, "az": "az2"}, {})
    assert "3 alerts firing on compute (region=eu-1) since 04:55 CET." in words(ALARMED, None, ALERT, other)
    assert "3 alerts firing on compute since 04:55 CET." in words(ALARMED, None, Fired({"pod": "x"}))


def test_the_impact_that_people_described_is_said_instead_of_the_alerts_own_words():
    assert words(replace(ALARMED, impact="Nobody can start servers"), None, ALERT)[1] == "Nobody can start servers"


def test_what_began_on_another_day_is_told_with_its_day():
    old = replace(ALARMED, moments={Moment.IMPACT_START: Stamp(NOW - timedelta(days=2), "alert")})
    assert "3 alerts firing on compute since 31 Oct 04:55 CET." in words(old, asked())


@pytest.mark.parametrize("url", ["javascript:alert(1)", "runbooks/nova", "https://example.org/" + "x" * 600, ""])
def test_what_is_no_address_is_no_runbook(url: str):
    alert = Fired(LABELS, {**ABOUT, "runbook_url": url})
    said = page(ALARMED, None, [alert], people=PEOPLE, zone="UTC", templates=Templates())
    assert said.runbook == ""


def test_a_long_description_is_cut_and_line_breaks_are_none():
    alert = Fired(LABELS, {"description": "down\nand\x1b[31m out " + "x" * 900})
    line = words(ALARMED, None, alert)[1]
    assert line.startswith("down and[31m out xxx")
    assert line.endswith("…")
    assert len(line) <= 300
