"""What the configuration says of the weekly digest and of the coffee: for whom, where it goes, and when it comes round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.coffee.weekly.blocks import DigestBlock
from bot.config import Config, load
from bot.destinations import Mailbox, Place
from bot.digests import Weekly
from bot.incident.effects import MailWeeklyDigest, SayWeeklyDigest
from bot.incident.outgoing import Enqueue
from bot.learning.occurrences import IsOff, latest
from bot.learning.planned import coffee, occasions, weeklies, when

BERLIN, LISBON = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Lisbon")
WHOLE = """
chat: {zone: Europe/Berlin, console: {}}
paging: {email: {type: smtp}, ntfy: {url: "https://ntfy.example.org"}}
http: {public_url: "https://klatsch.example.org"}
people: {ana: {page: email}}
routes: [{match: {a: b}, service: compute}, {match: {a: c}, service: volumes}, {match: {a: d}, service: compute}]
status: {page: {type: builtin, components: [{id: volumes}, {id: object-store}]}}
oncall: {schedules: {storage: {rotation: {people: [ana], start: 2026-11-02T09:00}}}}
digest:
  to: [announce, ops@example.org]
  holidays: [DE-BE]
  without: [wheel]
  teams:
    storage:
      services: [volumes]
      schedules: [storage]
      to: [console:storage]
      cron: tue 10:00
      zone: Europe/Lisbon
      language: de
      holidays: []
      without: []
    web: {services: [compute], to: [announce], wheel: [object-store]}
"""


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], Config]:
    def config(text: str) -> Config:
        (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
        return load(tmp_path / "config.yaml", {})

    return config


def days_off(names: Sequence[str]) -> IsOff:
    """In Berlin the 8th of March is off, and what is written as a date."""
    days = {date(2027, 3, 8)} if "DE-BE" in names else set()
    return lambda day: day in days or day.isoformat() in names


def test_everybody_s_and_each_team_s(config: Callable[[str], Config]) -> None:
    assert weeklies(config(WHOLE)) == {
        "": Weekly(
            zone=BERLIN,
            to=(Place("console"), Mailbox("email", "ops@example.org")),
            off=frozenset({DigestBlock.WHEEL}),
            wheel=("compute", "volumes", "object-store"),
            holidays=("DE-BE",),
        ),
        "storage": Weekly(
            team="storage",
            zone=LISBON,
            language="de",
            to=(Place("console", "storage"),),
            services=("volumes",),
            schedules=("storage",),
            wheel=("volumes",),
        ),
        "web": Weekly(
            team="web",
            zone=BERLIN,
            to=(Place("console"),),
            services=("compute",),
            off=frozenset({DigestBlock.WHEEL}),
            wheel=("object-store",),
            holidays=("DE-BE",),
        ),
    }


def test_the_digest_may_have_a_zone_of_its_own_which_teams_share(config: Callable[[str], Config]) -> None:
    found = config(WHOLE.replace("digest:\n", "digest:\n  zone: Europe/Lisbon\n"))
    assert [one.zone for one in weeklies(found).values()] == [LISBON] * 3
    assert (
        comes(found, "", "2026-11-27T12:00") == comes(found, "web", "2026-11-27T12:00") == "2026-11-30T09:00:00+00:00"
    )


def test_a_team_without_services_draws_from_the_list_of_the_digest_or_from_everybody_s(
    config: Callable[[str], Config],
) -> None:
    without = WHOLE.replace("      services: [volumes]\n", "")
    assert weeklies(config(without))["storage"].wheel == ("compute", "volumes", "object-store")
    drawn = without.replace("digest:\n", "digest:\n  wheel: [dns]\n")
    found = weeklies(config(drawn))
    assert (found["storage"].wheel, found[""].wheel, found["web"].wheel) == (("dns",), ("dns",), ("object-store",))
    assert weeklies(config(WHOLE.replace("digest:\n", "digest:\n  wheel: [dns]\n")))["storage"].wheel == ("volumes",)


def test_nobody_draws_what_is_private(config: Callable[[str], Config]) -> None:
    found = config(
        f"{WHOLE}".replace("{match: {a: c}, service: volumes}", "{match: {a: c}, service: vault, private: true}")
    )
    assert weeklies(found)[""].wheel == ("compute", "volumes", "object-store")
    assert any(route.service == "vault" for route in found.routes)


def test_without_the_key_there_is_one_on_demand_and_none_by_itself(config: Callable[[str], Config]) -> None:
    found = config("chat: {console: {}}")
    planned = weeklies(found)
    assert planned == {"": Weekly(to=(Place("console"),))}
    assert occasions(found, planned, {"": when(found, "", days_off)}) == []
    assert coffee(found, days_off) is None


def comes(config: Config, team: str, after: str) -> str:
    at = when(config, team, days_off).after(datetime.fromisoformat(after).replace(tzinfo=UTC))
    assert at is not None
    return at.isoformat()


def test_when_each_comes_round(config: Callable[[str], Config]) -> None:
    found = config(WHOLE)
    assert (
        comes(found, "", "2026-11-27T12:00") == comes(found, "web", "2026-11-27T12:00") == "2026-11-30T08:00:00+00:00"
    )
    assert comes(found, "storage", "2026-11-27T12:00") == "2026-12-01T10:00:00+00:00"
    # A Monday that is off in Berlin; the team in Lisbon said that it has no days off.
    assert comes(found, "", "2027-03-05T12:00") == "2027-03-09T08:00:00+00:00"
    moved = config(WHOLE.replace("cron: tue 10:00", "cron: mon 10:00"))
    assert comes(moved, "storage", "2027-03-05T12:00") == "2027-03-08T10:00:00+00:00"


def test_what_comes_round_is_asked_for_under_a_key_of_team_time_and_place(config: Callable[[str], Config]) -> None:
    found = config(WHOLE)
    planned = weeklies(found)
    rounds = occasions(found, planned, {team: when(found, team, days_off) for team in planned})
    assert [occasion.name for occasion in rounds] == ["weekly", "weekly:storage", "weekly:web"]
    end = datetime(2026, 11, 30, 8, tzinfo=UTC)
    start = end - timedelta(weeks=1)
    (everybody,) = rounds[0].asks(end, None)
    assert isinstance(everybody, Enqueue)
    say, mail = everybody.effects
    assert (say.key, say.lane, say.incident) == ("weekly::2026-11-30T08:00:00+00:00:console:", "weekly::console:", 0)
    assert say.effect == SayWeeklyDigest("console", "", "", start, end)
    assert mail.key == "weekly::2026-11-30T08:00:00+00:00:email:ops@example.org"
    assert mail.effect == MailWeeklyDigest("email", "ops@example.org", "", start, end)
    (storage,) = rounds[1].asks(end, start - timedelta(weeks=2))
    assert isinstance(storage, Enqueue)
    assert storage.effects[0].key == "weekly:storage:2026-11-30T08:00:00+00:00:console:storage"
    assert storage.effects[0].effect == SayWeeklyDigest(
        "console", "storage", "storage", start - timedelta(weeks=2), end
    )


@pytest.mark.parametrize(
    ("written", "after", "at"),
    [
        ("cron: thu 14:00", "2026-11-27T12:00", "2026-12-03T13:00:00+00:00"),
        ("cron: thu 14:00, holidays: [2026-12-03]", "2026-11-27T12:00", "2026-12-10T13:00:00+00:00"),
        ("every: 4w, start: 2026-10-01T10:00", "2026-11-27T12:00", "2026-12-24T09:00:00+00:00"),
        ("every: 4w, start: 2026-10-01T10:00, holidays: [2026-12-24]", "2026-11-27T12:00", "2027-01-21T09:00:00+00:00"),
        ("cron: thu 14:00, zone: Europe/Lisbon", "2026-11-27T12:00", "2026-12-03T14:00:00+00:00"),
    ],
)
def test_when_people_meet_for_coffee(config: Callable[[str], Config], written: str, after: str, at: str) -> None:
    found = coffee(config(f"chat: {{zone: Europe/Berlin, console: {{}}}}\ncoffee: {{{written}}}"), days_off)
    assert found is not None
    comes = found.after(datetime.fromisoformat(after).replace(tzinfo=UTC))
    assert comes is not None
    assert comes.isoformat() == at


def test_a_calendar_says_when_people_meet_where_nothing_else_does(config: Callable[[str], Config]) -> None:
    class Calendar:
        def after(self, at: datetime) -> datetime | None:
            return at + timedelta(days=1)

    asked = config("chat: {console: {}}\ncoffee: {calendar: {type: ics, file: x.ics}}")
    found = coffee(asked, days_off, Calendar())
    start = datetime(2026, 11, 27, tzinfo=UTC)
    assert found is not None
    assert latest(found, start, start + timedelta(days=3)) == start + timedelta(days=3)
    assert coffee(asked, days_off) is None
