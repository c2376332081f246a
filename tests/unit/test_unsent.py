"""Which pages are shown as not gone out, and how."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.chat.document import Document
from bot.chat.unsent import SHOWN, unsent
from bot.incident.effects import PageStands
from bot.incident.model import Incident, Paging, Person, Status

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=4)
ASKED = Incident(7, NOW, paging=Paging("platform", 0, 0, ("ben",), NOW, asked=("ana", "ben")))
PEOPLE = {"ana": Person("ana", "Ana Ruiz", ways=("ntfy",)), "ben": Person("ben", "Ben Okoro", ways=("email",))}


def shown(*pages: PageStands, incident: Incident = ASKED, people: dict[str, Person] = PEOPLE) -> list[str]:
    blocks = unsent(incident, pages, people=people, zone="UTC", now=LATER)
    return Document("", tuple(blocks)).to_plain().splitlines() if blocks else []


WAITING = PageStands("ana", "ntfy", "waiting", NOW, 4, "HTTP 502")
ROWS = [
    (WAITING, "Ana Ruiz by ntfy: tried 4 times since 03:00, goes on: HTTP 502"),
    (replace(WAITING, tries=1), "Ana Ruiz by ntfy: tried once since 03:00, goes on: HTTP 502"),
    (replace(WAITING, tries=1, reason=""), "Ana Ruiz by ntfy: tried once since 03:00, no answer yet"),
    (replace(WAITING, tries=0, reason=""), "Ana Ruiz by ntfy: not tried since 03:00: is klatsch serve running?"),
    (PageStands("ana", "ntfy", "failed", NOW, 0, "no such topic"), "Ana Ruiz by ntfy: failed at 03:00: no such topic"),
]


@pytest.mark.parametrize(("page", "row"), ROWS, ids=[row for _, row in ROWS])
def test_a_page_that_has_not_gone_out_says_how_often_it_was_tried_and_why(page: PageStands, row: str) -> None:
    assert shown(page) == ["No page has gone out:", f"- {row}"]


def test_what_has_just_been_queued_is_on_its_way() -> None:
    assert shown(PageStands("ana", "ntfy", "waiting", LATER - timedelta(seconds=3))) == []
    assert shown(PageStands("ana", "ntfy", "waiting", LATER - timedelta(seconds=3), 1, "HTTP 502"))


def test_one_that_went_out_is_said_by_the_title() -> None:
    assert shown(WAITING, PageStands("ben", "email", "sent", NOW))[0] == "Pages that have not gone out:"
    assert shown(PageStands("ben", "email", "sent", NOW)) == []


def test_who_has_no_way_to_be_paged_is_told_of_too() -> None:
    silent = {**PEOPLE, "ben": replace(PEOPLE["ben"], ways=())}
    assert shown(people=silent) == [
        "No page has gone out:",
        "- Ben Okoro cannot be paged: people.ben has no page:",
    ]


@pytest.mark.parametrize(
    "incident",
    [
        replace(ASKED, paging=None),
        replace(ASKED, status=Status.RESOLVED),
        replace(ASKED, paging=replace(ASKED.paging, acknowledged_by="cleo")),
        replace(ASKED, paging=replace(ASKED.paging, people=("cleo",), asked=("cleo",))),
    ],
    ids=["nobody was asked", "it is over", "somebody has it", "they are not asked any more"],
)
def test_what_nobody_waits_for_is_not_told(incident: Incident) -> None:
    assert shown(WAITING, incident=incident) == []


def test_paging_that_has_come_to_its_end_tells_what_did_not_get_through() -> None:
    assert ASKED.paging is not None
    assert shown(WAITING, incident=replace(ASKED, paging=replace(ASKED.paging, over=True, exhausted=True)))


def test_a_long_reason_and_a_long_list_are_cut() -> None:
    loud = replace(WAITING, reason="x\n\x1b[31m" + "y" * 5000)
    (_, row) = shown(loud)
    assert len(row) < 300
    assert "\x1b" not in row
    many = [replace(WAITING, way=f"way{number}") for number in range(SHOWN + 3)]
    rows = shown(*many)
    assert len(rows) == SHOWN + 2
    assert rows[-1] == "- and 3 more"
