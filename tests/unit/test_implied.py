"""Which incident is meant outside a room by a line that names none."""

from datetime import UTC, datetime

import pytest

from bot.chat.implied import among, implied
from bot.incident.model import Incident, Kind, Paging, Severity, Status

NOW = datetime(2026, 11, 27, 4, 30, tzinfo=UTC)


def incident(number, status=Status.INVESTIGATING, severity=Severity.SEV2, kind=Kind.REAL, paging=None):
    return Incident(number, NOW, status=status, severity=severity, kind=kind, paging=paging)


def asking(*people, by="", earlier=()):
    return Paging("policy:platform", 0, 1, people, NOW, acknowledged_by=by, asked=(*earlier, *people))


REAL = incident(3)
DRILL = incident(4, kind=Kind.DRILL)
TONIGHT = incident(5, Status.MONITORING, Severity.SEV4, Kind.MAINTENANCE)
TRIAGE = incident(6, Status.TRIAGE, Severity.SEV3)
PAGING_ANA = incident(7, severity=Severity.SEV1, paging=asking("ana"))
PAGING_BEN = incident(8, paging=asking("ben", earlier=("dora",)))
TAKEN = incident(9, paging=asking("ana", by="ana"))
RESOLVED = incident(1, Status.RESOLVED)
REVIEW = incident(2, Status.REVIEW)
NEARMISS = incident(10, Status.RESOLVED, Severity.SEV4, Kind.NEARMISS)

MEANT = [
    # Everything: the only open one that is no exercise and nothing planned.
    ("note", [REAL], [], 3),
    ("note", [REAL, DRILL, TONIGHT], [], 3),
    ("note", [DRILL], [], 4),
    ("note", [TONIGHT], [RESOLVED], 5),
    ("note", [DRILL, TONIGHT], [], None),
    ("note", [REAL, TRIAGE], [], None),
    ("status", [REAL], [RESOLVED, REVIEW], 3),
    # What is over and not closed, when nothing is open.
    ("note", [], [RESOLVED], 1),
    ("undo", [], [REVIEW], 2),
    ("undo", [], [RESOLVED, NEARMISS], 1),
    ("undo", [], [NEARMISS], 10),
    ("resolve", [], [RESOLVED], 1),
    ("catchup", [], [RESOLVED, REVIEW], None),
    ("note", [], [], None),
    # Who is woken means what they are woken for.
    ("ack", [PAGING_ANA, REAL, TRIAGE], [], 7),
    ("ack", [PAGING_ANA, PAGING_BEN], [], 7),
    ("ack", [PAGING_BEN, REAL, TRIAGE], [], 8),
    ("ack", [PAGING_BEN, PAGING_BEN, DRILL], [], None),
    ("ack", [REAL, DRILL, TONIGHT], [], 3),
    ("ack", [TAKEN, REAL], [], 9),
    ("ack", [TAKEN, PAGING_BEN], [], 8),
    ("ack", [REAL, incident(11)], [], None),
    ("ack", [], [RESOLVED], 1),
    # What waits for a yes or no.
    ("accept", [TRIAGE, REAL, PAGING_ANA], [], 6),
    ("decline", [TRIAGE, REAL], [], 6),
    ("accept", [REAL], [], 3),
    # What comes after the end is about what is over.
    ("close", [REAL], [RESOLVED], 1),
    ("close", [REAL, PAGING_ANA], [REVIEW], 2),
    ("close", [REAL], [RESOLVED, REVIEW], None),
    ("close", [REAL], [], 3),
    ("reopen", [REAL], [RESOLVED], 1),
    ("pm", [REAL], [RESOLVED], 1),
    ("pm", [REAL], [], 3),
    # A follow-up is also noted while somebody works on it.
    ("followup", [REAL], [RESOLVED], 3),
    ("followup", [DRILL], [RESOLVED], 4),
    ("followup", [TRIAGE], [RESOLVED], 1),
    ("followup", [TONIGHT], [RESOLVED], 1),
    ("followup", [TRIAGE], [], 6),
]


@pytest.mark.parametrize(("verb", "open", "unclosed", "meant"), MEANT)
def test_the_only_one_that_can_be_meant_is_implied(verb, open, unclosed, meant):
    found = implied(among(verb, "ana", open, unclosed))
    assert (found.number if found else None) == meant


def test_who_was_asked_before_the_next_one_is_still_being_paged():
    assert implied(among("ack", "dora", [PAGING_ANA, PAGING_BEN], [])) is PAGING_BEN


def test_those_that_may_be_meant_come_with_the_worst_real_one_first():
    worse, newer = incident(11, severity=Severity.SEV1), incident(12, severity=Severity.SEV1)
    drill = incident(13, severity=Severity.SEV1, kind=Kind.DRILL)
    listed = among("note", "ana", [drill, newer, worse, TRIAGE, TONIGHT, REAL], [])
    assert [one.number for one in listed] == [12, 11, 3, 6, 13, 5]
