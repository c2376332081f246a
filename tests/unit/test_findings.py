"""What `klatsch check` says of schedules: when nobody is on call, who has too much at once, and names nobody has."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.config import load
from bot.duty import overridden
from bot.findings import policies, schedules
from bot.oncall.coverage import in_a_row
from bot.oncall.overrides import Override
from bot.oncall.rotations import Rotation
from bot.oncall.schedules import Schedule, Shift

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
"""A Friday, at 13:00 in Berlin."""

PEOPLE = "people: {ana: {name: Ana Ruiz}, ben: {name: Ben Weiss}, cem: }\n"


@pytest.fixture
def configured(tmp_path):
    def configured(schedules):
        path = tmp_path / "config.yaml"
        path.write_text(f"{PEOPLE}chat: {{zone: Europe/Berlin}}\noncall: {{schedules: {schedules}}}", encoding="utf-8")
        return load(path, {})

    return configured


def said(config, roster=None, overrides=()):
    return [str(finding) for finding in schedules(config, roster or config.roster, NOW, overrides)]


def rotation(people, start="2026-11-02T09:00", every="1w"):
    return f"rotation: {{people: {people}, start: {start}, every: {every}}}"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (f"{{a: {{{rotation('[ana, ben]')}}}}}", ["ok       oncall.schedules.a: Ben Weiss is on call now"]),
        (
            f"{{a: {{{rotation('[[ana, cem], ben]', every='13d')}}}}}",
            ["ok       oncall.schedules.a: Ben Weiss is on call now"],
        ),
        # Gaps, in the schedule's own time.
        (
            f"{{a: {{zone: Asia/Tokyo, {rotation('ana', '2026-12-01T09:00')}}}}}",
            [
                "warning  oncall.schedules.a: nobody is on call now until Tue 01 Dec 09:00 JST. Has it begun? Look at `start`.",
            ],
        ),
        (
            f"{{a: {{{rotation('ana', '2099-12-01T09:00')}}}}}",
            [
                "warning  oncall.schedules.a: nobody is on call in the next 60 days. Has it begun? Look at `start`.",
            ],
        ),
        (
            f"{{a: {{layers: [{{{rotation('ana')}, hours: 'mon-sat 00:00-24:00'}}]}}}}",
            [
                "ok       oncall.schedules.a: Ana Ruiz is on call now",
                "warning  oncall.schedules.a: nobody is on call Sun 29 Nov 00:00 to Mon 30 Nov 00:00 CET; "
                "Sun 06 Dec 00:00 to Mon 07 Dec 00:00 CET; Sun 13 Dec 00:00 to Mon 14 Dec 00:00 CET; and 6 more; "
                "in the next 60 days 9d in all. Put a layer without `hours` below the others, or one for the other hours.",
            ],
        ),
        (
            f"{{a: {{layers: [{{{rotation('ana')}, hours: 'daily 00:00-12:00'}}, {{{rotation('ana')}, hours: 'daily 13:30-24:00'}}]}}}}",
            [
                "warning  oncall.schedules.a: nobody is on call now until 13:30 CET; "
                "Sat 28 Nov 12:00 to 13:30 CET; Sun 29 Nov 12:00 to 13:30 CET; and 58 more; "
                "in the next 60 days 3d18h in all. Put a layer without `hours` below the others, or one for the other hours.",
            ],
        ),
        # Two schedules at once; told once, at the first of them.
        (
            f"{{a: {{{rotation('[ana, ben]')}}}, b: {{{rotation('[cem, ben]')}}}}}",
            [
                "ok       oncall.schedules.a: Ben Weiss is on call now",
                "warning  oncall.schedules.a: Ben Weiss is on call in b too (now until Mon 30 Nov 09:00 CET; "
                "Mon 07 Dec 09:00 to Mon 14 Dec 09:00 CET; Mon 21 Dec 09:00 to Mon 28 Dec 09:00 CET; and 2 more). "
                "Begin one of them with somebody else, if that is not meant.",
                "ok       oncall.schedules.b: Ben Weiss is on call now",
            ],
        ),
        (
            f"{{a: {{{rotation('ana')}}}, b: {{{rotation('ana')}}}, c: {{{rotation('ana', '2027-01-04T09:00')}}}}}",
            [
                "ok       oncall.schedules.a: Ana Ruiz is on call now",
                "warning  oncall.schedules.a: Ana Ruiz is on call in b too (now until Mon 04 Jan 09:00 CET); "
                "Ana Ruiz is on call in b and c too (from Mon 04 Jan 09:00 CET on). "
                "Begin one of them with somebody else, if that is not meant.",
                "ok       oncall.schedules.b: Ana Ruiz is on call now",
                "warning  oncall.schedules.c: nobody is on call now until Mon 04 Jan 09:00 CET. Has it begun? Look at `start`.",
            ],
        ),
        # Two turns in a row.
        (
            f"{{a: {{{rotation('[ana, ben, cem, ana]')}}}}}",
            [
                "ok       oncall.schedules.a: Ana Ruiz is on call now",
                "warning  oncall.schedules.a.rotation.people: Ana Ruiz has two turns in a row: the last and the first. "
                "Put somebody between them.",
            ],
        ),
        (
            f"{{a: {{layers: [{{{rotation('ana')}}}, {{{rotation('[ben, ana, [cem, ana], ben, ben]')}, hours: 'mon 00:00-24:00'}}]}}}}",
            [
                "ok       oncall.schedules.a: Ana Ruiz is on call now",
                "warning  oncall.schedules.a.layers[1].rotation.people: Ana Ruiz has two turns in a row: 2 and 3; "
                "Ben Weiss has two turns in a row: 4 and 5. Put somebody between them.",
            ],
        ),
        # A calendar that nobody read yet may hold whoever is lacking.
        ("{a: {calendar: {type: ics}}}", ["ok       oncall.schedules.a: its calendar says who is on call"]),
    ],
)  # fmt: skip
def test_what_is_said_of_schedules(configured, written, expected):
    assert said(configured(written)) == expected


def test_the_gaps_of_a_calendar_that_was_read_are_told(configured):
    config = configured("{a: {calendar: {type: ics}}}")
    shift = Shift(("cem",), NOW, datetime(2027, 3, 1, tzinfo=UTC))
    schedule = Schedule("a", ZoneInfo("UTC"), calendar=(shift,))
    assert said(config, type(config.roster)({"a": schedule})) == ["ok       oncall.schedules.a: cem is on call now"]
    late = Shift(("cem",), datetime(2026, 11, 28, tzinfo=UTC), shift.end)
    schedule = Schedule("a", ZoneInfo("UTC"), calendar=(late,))
    assert said(config, type(config.roster)({"a": schedule})) == [
        "warning  oncall.schedules.a: nobody is on call now until Sat 28 Nov 00:00 UTC. Add people, or a layer for when it has nobody."
    ]


def test_an_override_for_somebody_who_is_not_configured_any_more_is_told(configured):
    config = configured(f"{{a: {{{rotation('ana')}}}}}")
    start, end = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC)
    standing = [
        Override(1, "a", "dan", start, end),
        Override(2, "a", "ben", start, end, instead="eve"),
        Override(3, "a", "ben", start, end, instead="ana"),
    ]
    assert said(config, overridden(config.roster, standing), standing)[-1] == (
        "warning  oncall.schedules.a: overrides name who is not under `people:`: `dan`; `eve`. "
        "Make them anew for others."
    )


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ((), []),
        (("ana",), []),
        (("ana", "ana"), []),
        (("ana", "ben"), []),
        (("ana", "ben", "ana"), [("ana", 2)]),
        (("ana", "ana", "ben", "ana"), [("ana", 0)]),
        (("ben", ("ana", "cem"), ("cem", "ana")), [("ana", 1), ("cem", 1)]),
        # Whoever is in every turn is simply always there.
        ((("ana", "ben"), ("ana", "cem")), []),
    ],
)
def test_two_turns_in_a_row_are_found_around_the_end(people, expected):
    every, start = (
        datetime(2026, 1, 8, tzinfo=UTC) - datetime(2026, 1, 1, tzinfo=UTC),
        datetime.fromisoformat("2026-01-01"),
    )
    assert in_a_row(Rotation(people, every, start)) == expected


def test_a_way_that_comes_when_others_are_asked_already_is_told(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(
        """
http: {public_url: "https://klatsch.example.org"}
paging: {ntfy: {url: "https://ntfy.example.org"}, email: {type: smtp}}
people:
  ana: {name: Ana Ruiz, page: [ntfy, {email: 5m}]}
  ben: {name: Ben Okafor, page: [ntfy, {email: 4m}]}
oncall:
  schedules: {s: {rotation: {people: [ana, ben], start: 2026-11-02T09:00}}}
  policies: {p: {steps: [{page: "schedule:s"}, {page: "person:ben", wait: 10m}, {page: "pager:ntfy"}]}}
""",
        "utf-8",
    )
    assert [str(finding) for finding in policies(load(path, {}), NOW)] == [
        "ok       oncall.policies.p: asks Ben Okafor, after 5m Ben Okafor, after 15m the service ntfy",
        "warning  oncall.policies.p: Ana Ruiz by email after 5m, when others are asked after 5m. "
        "Let it come sooner, or let the step wait longer.",
    ]
