"""The `calendar` block of a schedule: what may stand there, and what is said of the rest."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.settings import examine, settings
from bot.config import Config, ConfigError, load

URL = "url: 'https://calendar.example.org/platform.ics'"


def loaded(folder: Path, block: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(
        f"people: {{ana: {{name: Ana Ruiz, ics: Anna}}}}\noncall: {{schedules: {{platform: {{calendar: {{{block}}}}}}}}}\n",
        encoding="utf-8",
    )
    return load(path, {}, examine)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (f"type: ics, {URL}", []),
        ("type: ics, url: 'webcal://calendar.example.org/private/f.ics'", []),
        (f"type: ics, {URL}, user: a, password: b, every: 1h, free: true", []),
        (f"type: ics, {URL}, token: b", []),
        ("type: ics, file: oncall.ics", []),
        ("type: pagerduty, token: t, schedule: PI7DH85", []),
        ("type: pagerduty, token: t, schedule: PI7DH85, url: 'https://api.eu.pagerduty.com'", []),
        ("type: goalert, url: 'https://goalert.example.org', token: t", []),
        (
            "type: isc",
            [".type: calendars: no provider has the type `isc`; did you mean `ics`? Known: goalert, ics, pagerduty."],
        ),
        ("type: ics", [": needs a `url` or a `file`, and only one of them."]),
        (f"type: ics, {URL}, file: a.ics", [": needs a `url` or a `file`, and only one of them."]),
        (
            "type: ics, file: a.ics, token: t",
            [": has a `file`, for which nobody is asked for `user`, `password` or `token`."],
        ),
        (f"type: ics, {URL}, user: a", [": needs both `user` and `password`, or neither."]),
        (f"type: ics, {URL}, password: a", [": needs both `user` and `password`, or neither."]),
        (
            f"type: ics, {URL}, user: a, password: b, token: c",
            [": has a `token` as well as `user` and `password`; one of the two is sent."],
        ),
        ("type: ics, url: 'file:///etc/passwd'", [".url: must be an address that begins with https:// or http://."]),
        (
            "type: ics, url: 'https://a b.example.org/'",
            [".url: must be an address that begins with https:// or http://."],
        ),
        (
            "type: ics, url: 'https://ana:geheim@example.org/'",
            [".url: must hold no user and password; they have keys of their own."],
        ),
        (
            f"type: ics, {URL}, token: 'a b'",
            [".token: must be plain letters, digits and signs, without spaces or line breaks."],
        ),
        (f"type: ics, {URL}, every: 1s", [".every: must be between 1m and 1d."]),
        (f"type: ics, {URL}, every: 2d", [".every: must be between 1m and 1d."]),
        (f"type: ics, {URL}, evry: 5m", [".evry: unknown key `evry`. Did you mean `every`?"]),
        (f"type: ics, {URL}, free: 'no'", [".free: it is neither true nor false."]),
        ("type: pagerduty, schedule: PI7DH85", [".token: it is missing. Add `token: …`."]),
        ("type: pagerduty, token: '', schedule: PI7DH85", [".token: is empty; make a read-only API key in PagerDuty."]),
        ("type: goalert, url: '', token: t", [".url: must be the server's address, like https://goalert.example.org."]),
        (
            "type: goalert, url: 'https://goalert.example.org/?a=b', token: t",
            [".url: must be the server's address alone, like https://goalert.example.org."],
        ),
        (
            "type: goalert, url: 'https://goalert.example.org', token: ''",
            [".token: is empty; it stands behind `token=` in the subscription's address."],
        ),
    ],
)
def test_what_is_wrong_with_a_calendar_is_said_at_its_place(tmp_path: Path, block: str, said: list[str]) -> None:
    try:
        loaded(tmp_path, block)
        found = []
    except ConfigError as error:
        found = [str(problem) for problem in error.problems if problem.severity == "error"]
    assert [line.partition("oncall.schedules.platform.calendar")[2] for line in found] == said
    assert "geheim" not in str(found)


def test_a_schedule_of_pagerduty_is_named_by_its_id(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"calendar\.schedule: must be the schedule's id, like PI7DH85"):
        loaded(tmp_path, "type: pagerduty, token: t, schedule: Platform On-Call")


def test_a_file_lies_beside_the_configuration_and_what_nobody_wrote_is_five_minutes(tmp_path: Path) -> None:
    block = settings(loaded(tmp_path, "type: ics, file: oncall.ics")).calendars["platform"]
    assert block.model_dump(include={"file", "every", "free"}) == {
        "file": tmp_path / "oncall.ics",
        "every": timedelta(minutes=5),
        "free": False,
    }


def test_what_a_calendar_holds_that_is_secret_is_in_no_repr(tmp_path: Path) -> None:
    config = loaded(tmp_path, "type: ics, url: 'https://calendar.example.org/s3cret', user: ana, password: geheim")
    shown = repr((config.calendars, settings(config).calendars))
    assert "s3cret" not in shown
    assert "geheim" not in shown
