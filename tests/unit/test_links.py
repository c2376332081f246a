"""Which links an incident has, and where they are shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.folding import Group, changing, opening
from bot.alerts.model import Alert
from bot.chat.card import card
from bot.chat.document import Document, Link
from bot.chat.links import links
from bot.chat.templates import Templates
from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident.links import ADDRESS, Guides, guides, is_web
from bot.incident.model import Incident, Room, Status
from bot.incident.outgoing import outgoing
from bot.incident.plan import Policy, plan
from tests.builders import START, Story

RUNBOOK, DASHBOARD = "https://wiki.example.org/osd", "https://graphs.example.org/d/1?from=now-1h&to=now"
HERE = Policy(platforms=("slack", "matrix"))
OPEN = Incident(7, START, title="Volumes slow", rooms={"slack": Room("C7"), "matrix": Room("!7")})


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (RUNBOOK, True),
        ("http://10.0.0.7:3000/d/1#panel", True),
        ("https://[2001:db8::1]/osd", True),
        ("HTTPS://WIKI.example.org", True),
        ("https://wiki.example.org/" + "x" * (ADDRESS - 25), True),
        ("https://wiki.example.org/" + "x" * (ADDRESS - 24), False),
        ("javascript:alert(1)", False),
        ("JavaScript://example.org/%0aalert(1)", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("mailto:ana@example.org", False),
        ("//example.org/osd", False),
        ("wiki.example.org/osd", False),
        ("see the wiki", False),
        ("https://", False),
        ("https:///osd", False),
        ("https://[::1", False),
        ("https://example.org/a b", False),
        ("https://example.org/\nx", False),
        ("https://example.org/\u202egro", False),
        ("\x1bhttps://example.org/", False),
        ("", False),
    ],
)
def test_only_an_address_of_the_web_is_a_link(address: str, shown: bool) -> None:
    assert is_web(address) is shown
    assert guides([{"runbook_url": address}]) == Guides(address if shown else "")
    assert bool(links(replace(OPEN, guides=Guides(dashboard=address)))) is shown


def test_the_first_alert_that_brings_a_link_along_is_believed() -> None:
    alerts = [
        {"summary": "x", "runbook": "see the wiki"},
        {"runbook": f"{RUNBOOK}/1", "dashboard": f"{DASHBOARD}&a"},
        {"runbook_url": f"{RUNBOOK}/2", "dashboard_url": f"{DASHBOARD}&b"},
    ]
    assert guides(alerts) == Guides(f"{RUNBOOK}/1", f"{DASHBOARD}&a")
    assert guides(alerts[::-1]) == Guides(f"{RUNBOOK}/2", f"{DASHBOARD}&b")
    assert guides([{"runbook_url": "x:y", "runbook": RUNBOOK}]) == Guides(RUNBOOK)
    assert not guides([])


def test_a_room_shows_five_links_at_most_and_of_a_private_incident_none_that_customers_read() -> None:
    pages = {f"page{n}": f"https://status{n}.example.org/INC-7" for n in range(4)}
    told = replace(OPEN, guides=Guides(RUNBOOK, DASHBOARD), public_links=pages)
    ours = (("Runbook", RUNBOOK), ("Dashboard", DASHBOARD))
    theirs = tuple((f"Status page {name}", url) for name, url in [*pages.items()][:3])
    assert links(told) == (*ours, *theirs)
    assert links(replace(told, private=True)) == ours
    assert links(replace(OPEN, public_links={"page": RUNBOOK})) == (("Status page", RUNBOOK),)
    ((title, _), _) = links(replace(OPEN, public_links={"x" * 99: RUNBOOK, "page": RUNBOOK}))
    assert len(title) == 60
    assert links(OPEN) == ()


def on_the_card(incident: Incident) -> Document:
    return card(incident, people={}, zone="UTC", now=START, templates=Templates())


def test_the_card_has_them_where_a_platform_shows_none_above_a_room() -> None:
    odd = "https://graphs.example.org/d/(1)_*x*?a=b&c"
    told = on_the_card(replace(OPEN, guides=Guides(RUNBOOK, odd), public_links={"page": "https://s.example.org/7"}))
    found = repr(told)
    for link in (Link("Runbook", RUNBOOK), Link("Dashboard", odd), Link("Status page", "https://s.example.org/7")):
        assert repr(link) in found
    assert "Links" not in on_the_card(OPEN).to_plain()


# What follows


def alert(number: int = 1, **annotations: str) -> Alert:
    return Alert("prometheus", f"f{number}", True, START, labels={"alertname": "OSDDown"}, annotations=annotations)


def planned(story: Story, kind: type[f.Effect] = f.SetLinks) -> list[f.Planned]:
    """What the last command asks for, of this kind."""
    assert story.incident is not None
    last = [recorded for recorded in story.history if recorded.command == story.history[-1].command]
    return [x for recorded in last for x in plan(story.incident, recorded.event, HERE) if isinstance(x, kind)]


def in_a_room(*fired: Alert) -> Story:
    story = Story()
    opened = opening(Group(fired=[*fired]), START) if fired else c.Open(title="Volumes slow")
    story.give(replace(opened, status=Status.INVESTIGATING))
    assert planned(story) == []
    story.give(c.RecordRoom(platform="slack", room="C7", link=""))
    return story


def test_a_room_that_opens_gets_the_links_there_are_and_is_not_bothered_for_none() -> None:
    assert planned(in_a_room()) == []
    assert planned(in_a_room(alert(runbook_url=RUNBOOK))) == [f.SetLinks("slack")]


def test_a_link_that_comes_later_is_shown_and_a_storm_of_them_is_one() -> None:
    story = in_a_room(alert())
    story.give(changing(Group(fired=[alert(n, runbook_url=f"{RUNBOOK}/{n}") for n in range(10_000)])))
    assert planned(story) == [f.SetLinks("slack")]
    for number in range(50):
        story.give(changing(Group(fired=[alert(number, runbook_url=f"{RUNBOOK}/{number}")])))
        assert planned(story) == []
    story.give(changing(Group(fired=[alert(runbook_url=RUNBOOK, dashboard=DASHBOARD)])))
    assert planned(story) == [f.SetLinks("slack")]
    assert story.incident is not None
    assert story.incident.guides == Guides(f"{RUNBOOK}/0", DASHBOARD)


def test_what_was_merged_into_it_brings_its_links_along() -> None:
    story = in_a_room(alert(runbook_url=RUNBOOK))
    story.give(c.Absorb(other=9, title="x", guides=Guides(f"{RUNBOOK}/other", DASHBOARD)))
    assert planned(story) == [f.SetLinks("slack")]
    assert story.incident is not None
    assert story.incident.guides == Guides(RUNBOOK, DASHBOARD)


def test_the_first_public_post_on_each_page_is_shown_and_the_next_changes_nothing() -> None:
    story = in_a_room()
    for number, page, link, shown in (
        (1, "page", "", 0),
        (1, "page", "https://s.example.org/7", 1),
        (2, "page", "https://s.example.org/7", 0),
        (2, "other", "https://t.example.org/7", 1),
    ):
        story.give(c.RecordPost(number=number, page=page, link=link))
        assert len(planned(story)) == shown
        assert len(planned(story, f.RefreshCard)) == 2 * shown


def test_links_wait_for_everything_else_in_the_room_and_hold_up_nothing() -> None:
    first, second = (outgoing(f.SetLinks("slack"), incident=7, seq=seq, place=0) for seq in (3, 4))
    assert first.lane == "7:slack:links"
    assert first.fold == second.fold
    others: list[f.Effect] = [f.SetTopic("slack"), f.Tell("slack"), f.RefreshCard("slack"), f.Invite("slack", ())]
    assert first.urgency > max(outgoing(x, incident=7, seq=1, place=0).urgency for x in others)
    assert first.settles == timedelta(0)
