"""The links above an incident's room, from the alert or the public post to where people click on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.alerts.model import Notification
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import PublicStatus
from bot.ports import Rejected, Unavailable
from tests.contract.stage import Stage, firing
from tests.fakes import Orders

RUNBOOK, DASHBOARD = "https://wiki.example.org/osd", "https://graphs.example.org/d/1"


def brought(count: int, *, first: int = 0, **annotations: str) -> Notification:
    """Alerts that bring these along."""
    plain = firing(count, first=first)
    return replace(plain, alerts=tuple(replace(alert, annotations=annotations) for alert in plain.alerts))


def links(stage: Stage, room: str = "inc-1") -> dict[str, str]:
    return dict(stage.rooms["console"].room(room).links)


def asked(stage: Stage) -> int:
    """How often the platform was asked for links."""
    return stage.chat.calls.count("set_links")


async def published(stage: Stage, text: str) -> None:
    await stage.ask(c.DraftPublicPost(status=PublicStatus.INVESTIGATING, title="Slow", text=text), 1)
    await stage.ask(c.ApprovePublicPost(), 1)
    await stage.settle()


async def test_a_room_has_its_links_and_each_that_comes_later(stage: Stage) -> None:
    await stage.writer.submit(brought(1, runbook_url=RUNBOOK))
    await stage.settle()
    assert links(stage) == {"Runbook": RUNBOOK}
    assert "Runbook" in stage.card()
    await stage.writer.submit(brought(1, first=1, dashboard=DASHBOARD))
    await stage.settle()
    assert links(stage) == {"Runbook": RUNBOOK, "Dashboard": DASHBOARD}
    await published(stage, "We look into it.")
    shown = {"Runbook": RUNBOOK, "Dashboard": DASHBOARD, "Status page": stage.incident().public_links["page"]}
    assert links(stage) == shown
    assert "Status page" in stage.card()
    await published(stage, "Still looking.")
    assert (links(stage), asked(stage)) == (shown, 3)


async def test_an_incident_without_links_asks_the_platform_for_nothing(stage: Stage) -> None:
    await stage.writer.submit(firing(3))
    await stage.settle()
    await stage.writer.submit(firing(3, first=3))
    await stage.settle()
    assert stage.effects("set_links") == []


async def test_a_storm_of_alerts_with_runbooks_is_one_effect(stage: Stage) -> None:
    await stage.writer.submit(firing(1))
    await stage.settle()
    for number in range(20):
        await stage.writer.submit(brought(500, first=1 + 500 * number, runbook=f"{RUNBOOK}/{number}"))
    await stage.settle()
    assert stage.effects("set_links") == [("set_links", "done", 1)]
    assert links(stage) == {"Runbook": f"{RUNBOOK}/0"}


async def test_a_platform_that_takes_no_links_for_now_holds_up_nothing_that_is_said(stage: Stage) -> None:
    stage.chat.by_method["set_links"] = Orders(always=Unavailable("20 a minute", timedelta(minutes=1)))
    await stage.writer.submit(brought(1, runbook_url=RUNBOOK))
    await stage.settle()
    await stage.ask(c.PostUpdate(text="The disks are on their way"), 1)
    await stage.settle()
    assert "The disks are on their way" in stage.card()
    assert links(stage) == {}
    stage.chat.by_method.clear()
    stage.clock.forward(minutes=1)
    await stage.settle()
    assert links(stage) == {"Runbook": RUNBOOK}


async def test_links_that_a_platform_refuses_are_a_line_of_the_timeline_and_no_more(stage: Stage) -> None:
    stage.chat.by_method["set_links"] = Orders(always=Rejected("missing_scope"))
    await stage.writer.submit(brought(1, runbook_url=RUNBOOK))
    await stage.settle()
    assert [event.reason for event in stage.events(e.DeliveryFailed)] == ["missing_scope"]
    assert "Set links on console failed: missing_scope" in stage.timeline()
    assert "missing_scope" not in "".join([*stage.thread(), *stage.loudly()])


async def test_what_becomes_private_leaves_no_links_behind_and_shows_no_public_ones(stage: Stage) -> None:
    await stage.writer.submit(brought(1, runbook_url=RUNBOOK))
    await stage.settle()
    await published(stage, "We look into it.")
    assert list(links(stage)) == ["Runbook", "Status page"]
    await stage.ask(c.MakePrivate(), 1)
    await stage.settle()
    await stage.settle()
    assert links(stage) == {}
    assert links(stage, "inc-1-2") == {"Runbook": RUNBOOK}
    assert "Status page" not in stage.card("inc-1-2")
