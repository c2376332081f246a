"""Whose a shift is that a calendar has in its own words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.incident.model import Person
from bot.oncall.calendar import Called, NamedShift, names_of, understood
from bot.oncall.schedules import Shift

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
DAY = timedelta(days=1)
PEOPLE = {
    "ana": Person("ana", "Ana Ruiz", email="ana@example.org", options={"goalert": "0b6a-1"}),
    "ben": Person("ben", "Ben Weiss", email="Ben.Weiss@example.org"),
    "ben2": Person("ben2", "Ben Weiss"),
    "alex": Person("alex", "cem"),
    "cem": Person("cem", "Cem Kaya"),
}


def named(*people: Called, instead: tuple[Called, ...] = ()) -> NamedShift:
    return NamedShift(people, AT, AT + DAY, instead)


def ids(*people: Called, instead: tuple[Called, ...] = (), kind: str = "ics") -> tuple[str, ...]:
    found = understood([named(*people, instead=instead)], names_of(PEOPLE, kind)).shifts
    return found[0].people if found else ()


def test_people_are_known_by_id_name_and_mail_address_however_they_are_written() -> None:
    assert ids(("ana",)) == ids(("  ana  RUIZ ",)) == ids(("ANA@example.org",)) == ("ana",)
    assert ids(("ben.weiss@EXAMPLE.org",)) == ("ben",)


def test_an_id_at_the_source_counts_there_and_nowhere_else() -> None:
    assert ids(("0B6A-1",), kind="goalert") == ("ana",)
    assert ids(("0b6a-1",), kind="pagerduty") == ()


def test_a_name_that_two_people_have_is_nobody_s() -> None:
    assert ids(("Ben Weiss",)) == ()
    assert understood([named(("Ben Weiss",))], names_of(PEOPLE, "ics")).unknown == ("Ben Weiss",)


def test_an_id_counts_more_than_what_another_one_is_called() -> None:
    assert ids(("cem",)) == ("cem",)


def test_the_first_name_that_is_somebody_s_says_who_it_is() -> None:
    assert ids(("On call - Ana Ruiz - cem", "On call", "Ana Ruiz", "cem")) == ("ana",)


def test_several_people_are_on_call_together_each_once() -> None:
    assert ids(("cem",), ("ana",), ("Ana Ruiz",)) == ("cem", "ana")


def test_attendees_count_where_nobody_else_is_named() -> None:
    assert ids(("Weekend",), instead=(("ana@example.org", "Ana"),)) == ("ana",)
    assert ids(("cem",), instead=(("ana@example.org",),)) == ("cem",)


def test_strangers_are_told_once_and_what_is_known_is_used() -> None:
    names = names_of(PEOPLE, "ics")
    shifts = [
        named(("Zoe", "zoe@example.org"), ("ana",)),
        named(("Zoe",)),
        named(("Weekend",), instead=(("ana",), ("Yan",))),
    ]
    found = understood(shifts, names)
    assert found.unknown == ("Zoe", "Yan")
    assert found.shifts == (Shift(("ana",), AT, AT + DAY),) * 2


def test_of_a_shift_of_nobody_all_names_are_told_once() -> None:
    found = understood([named(("Weekend",), instead=(("yan@example.org", "Yan"),))], names_of(PEOPLE, "ics"))
    assert (found.shifts, found.unknown) == ((), ("Weekend",))


def test_shifts_come_in_the_order_of_their_beginning() -> None:
    later = NamedShift((("ana",),), AT + DAY, AT + 2 * DAY)
    found = understood([later, named(("cem",))], names_of(PEOPLE, "ics")).shifts
    assert [shift.people for shift in found] == [("cem",), ("ana",)]
