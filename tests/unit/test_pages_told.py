"""Pages on the timeline: by which way, what came of it, and how somebody answered."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.chat.answers import timeline_document
from bot.chat.card import who
from bot.incident import events as e
from bot.incident.model import Incident, Person, Source
from bot.incident.timeline import sentence

NOW = datetime(2026, 11, 4, 2, 30, tzinfo=UTC)
PEOPLE = {"ana": Person("ana", "Ana Ruiz")}
TOLD = [
    (e.PageSent(at=NOW, person="ana", way="ntfy", receipt="m1"), "The page to Ana Ruiz went out by ntfy"),
    (e.PageSent(at=NOW, person="pager:rota", way="rota"), "The page to the service rota went out"),
    (
        e.PageFailed(at=NOW, person="ana", way="ntfy", reason="ntfy: answered 403 Forbidden"),
        "The page to Ana Ruiz by ntfy failed: answered 403 Forbidden",
    ),
    (
        e.PageFailed(at=NOW, person="pager:rota", way="rota", reason="rota: answered 400"),
        "The page to the service rota failed: answered 400",
    ),
    (e.PageAcknowledged(at=NOW, person="ana"), "Ana Ruiz acknowledged"),
    (e.PageAcknowledged(at=NOW, person="ana", via="link"), "Ana Ruiz acknowledged by the link"),
    (e.PageAcknowledged(at=NOW, person="ana", via="email"), "Ana Ruiz acknowledged by email"),
    (e.PageAcknowledged(at=NOW, person="rota:Zed", via="rota"), "Zed (rota) acknowledged"),
]


@pytest.mark.parametrize(("event", "said"), TOLD, ids=[said for _, said in TOLD])
def test_what_came_of_a_page_is_told_once_and_by_which_way(event: e.Event, said: str) -> None:
    assert sentence(event, who(PEOPLE)) == said


def test_a_timeline_shows_by_what_the_provider_knows_the_page() -> None:
    sent = e.PageSent(at=NOW, person="ana", way="call", receipt="CA0000000001")
    unknown = e.PageSent(at=NOW, person="ana", way="text")
    recorded = [
        e.Recorded(7, n, NOW, "klatsch", Source("delivery"), n, one) for n, one in enumerate((sent, unknown), 1)
    ]
    text = timeline_document(Incident(7, NOW), recorded, people=PEOPLE, zone="UTC").to_plain()
    assert "The page to Ana Ruiz went out by call (CA0000000001)\n" in text
    assert text.endswith("The page to Ana Ruiz went out by text")
