"""What is said when pages do not help."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.chat.calling import contacts
from bot.incident.model import Incident, PagedAt, Paging, Person

NOW = datetime(2026, 11, 4, 2, 30, tzinfo=UTC)
PEOPLE = {
    "ana": Person("ana", "Ana Ruiz", email="ana@example.org", options={"phone": "+49 30 1234567"}),
    "ben": Person("ben", "Ben Okoro"),
}
ASKED = Paging(
    "platform",
    1,
    0,
    ("ben",),
    NOW,
    NOW + timedelta(minutes=5),
    asked=("ana", "ben"),
    pages={"ana": PagedAt(NOW - timedelta(minutes=5), 3), "ben": PagedAt(NOW, 9)},
)
OVER = replace(ASKED, over=True, exhausted=True, next_at=None)
SAID = [
    (replace(ASKED, failed=("ana:ntfy", "ana:email")), "No page has got through yet."),
    (replace(ASKED, failed=("ana:ntfy",), sent={"ana:email": 4}), "Nobody has answered the pages yet."),
    (replace(OVER, failed=("ana:ntfy",), sent={"ben:ntfy": 10}), "Nobody answered the pages."),
    (replace(OVER, failed=("ben:ntfy",), sent={"ana:ntfy": 4}), "Nobody answered the pages."),
    (replace(OVER, failed=("ben:ntfy",), sent={"ana:ntfy": 2}), "No page got through."),
]


@pytest.mark.parametrize(("held", "words"), SAID)
def test_how_people_are_reached_by_hand_begins_with_why(held: Paging, words: str) -> None:
    shown = contacts(Incident(7, NOW, paging=held), (), people=PEOPLE)
    assert shown is not None
    assert shown.to_plain().splitlines() == [
        f"{words} This is how people are reached by hand:",
        "- Ana Ruiz: +49 30 1234567, ana@example.org",
        "- Ben Okoro: nothing under people.ben says how",
        "Whoever has it: INC-7 ack",
    ]


def test_nobody_is_looked_for_when_somebody_has_it() -> None:
    answered = replace(ASKED, failed=("ana:ntfy",), acknowledged_by="ben")
    assert contacts(Incident(7, NOW, paging=answered), (), people=PEOPLE) is None
