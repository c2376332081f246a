"""Nights of a team that is on call, with everybody who takes part: the bot serves, a push service, a mail server, PagerDuty
and Twilio stand beside it, people type in their room and answer where they were woken."""

from __future__ import annotations

import asyncio
import smtplib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest

import bot.on_duty
from bot.incident.model import Status
from tests.contract.mail_house import answer
from tests.contract.servers.http import Answer
from tests.integration.browsers import chromium
from tests.integration.night import ANA_THEN_BEN, BERLIN, PEOPLE, PUBLIC, Night, Pushed, night
from tests.integration.served_bot import FIRING, RESOLVED, a_message, an_alert
from tests.until import until

NODE_IS_SLOW = a_message(an_alert(labels={"alertname": "NodeSlow", "severity": "warning", "instance": "node1"}))


def ana_is_woken_by(*ways: object) -> dict[str, Any]:
    return {"people": {**PEOPLE, "ana": {**PEOPLE["ana"], "page": list(ways)}}}


def policy(*steps: object) -> dict[str, Any]:
    return {"oncall": {**ANA_THEN_BEN, "policies": {"platform": {"steps": list(steps)}}}}


ANA_AND_PAGERDUTY = policy(
    {"page": ["schedule:platform", "pager:rota"], "wait": "5m"}, {"page": "person:ben", "wait": "5m"}
)


async def test_ana_is_pushed_and_mailed_and_sleeps_on_when_she_has_answered_the_mail(
    tmp_path: Path, database_url: str
) -> None:
    async with night(tmp_path, database_url, **ANA_AND_PAGERDUTY) as it:
        # She is pushed at once, mailed a second later, and would be called in a minute.
        await it.alert(FIRING)
        mail = (await until(lambda: it.mailbox.mails, "the mail"))[0].message
        await until(lambda: "ntfy sent, email sent" in it.card() and ": sent" in it.card(), "what came of it")
        (push,) = it.phone.shown("ana-pages")
        assert push["title"] == mail["Subject"] == "SEV1 INC-1: Nova API on ctl01 does not answer"
        (alert,) = it.pagerduty.alerts.values()
        assert (alert.status, alert.event["payload"]["summary"]) == ("triggered", mail["Subject"])
        assert it.sent_after("ana", "email") >= timedelta(seconds=1)

        # Whoever looks into the room sees how far it is.
        at, later = it.clock(it.paging.since), it.clock(it.paging.since + timedelta(minutes=5))
        assert it.field("Paging") == f"nobody has answered yet; Ben Okafor is paged at {later}, after 5 min"
        assert it.field("Paged") in (
            f"Ana Ruiz at {at}: ntfy sent, email sent, then call; the service rota at {at}: sent",
            f"the service rota at {at}: sent; Ana Ruiz at {at}: ntfy sent, email sent, then call",
        )
        assert f"nobody has answered yet; Ben Okafor is paged at {later}, in " in await it.breaks_glass("INC-1 page")

        # Who writes something else is told what to write, and nothing is acknowledged.
        with pytest.raises(smtplib.SMTPResponseException, match="ack"):
            await it.reply(answer(mail, "what is this?"))
        assert it.paging.waiting

        # She answers the mail. Nobody is called, PagerDuty lets everybody there sleep, and the room knows how she said so.
        await it.reply(answer(mail, "ack"))
        await until(lambda: alert.status == "acknowledged", "the word to PagerDuty")
        await it.quiet()
        assert "send_page" not in it.waiting()
        assert it.twilio.calls == []
        assert it.field("Paging") == f"Ana Ruiz has it, by email at {it.clock(it.paging.answered_at)}"
        assert "ntfy sent, email sent" in it.field("Paged")
        assert "then call" not in it.card()
        timeline = await it.breaks_glass("timeline INC-1")
        thread = it.said()
        for line in (
            "Paged Ana Ruiz, the service rota (step 1 of platform)",
            "The page to Ana Ruiz went out by ntfy",
            "The page to Ana Ruiz went out by email",
            "The page to the service rota went out",
            "Ana Ruiz acknowledged by email",
        ):
            assert line in thread
            assert line in timeline
        # What each provider calls it, for whoever has to ask there.
        assert f"by ntfy ({it.phone.published[0]['id']})" in timeline

        # It ends, and PagerDuty knows.
        await it.alert(RESOLVED)
        await it.types("resolve the certificate was renewed")
        await until(lambda: alert.status == "resolved", "the end at PagerDuty")
        assert it.phone.shown("ben-pages") == []


async def test_who_taps_the_push_sees_who_is_next_and_has_one_button_to_press(tmp_path: Path) -> None:
    def on_her_phone(address: str) -> list[str]:
        """What the page says before and after the button was pressed, in a browser."""
        with chromium() as browser:
            page = browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False).new_page()
            page.goto(address)
            before = page.inner_text("main")
            assert page.locator("html").evaluate("e => e.scrollWidth") <= 320
            page.get_by_role("button").click()
            return [before, page.inner_text("main")]

    async with night(tmp_path, f"sqlite:///{tmp_path}/klatsch.db") as it:
        await it.alert(FIRING)
        (push,) = await until(lambda: it.phone.shown("ana-pages"), "the push")
        assert push["click"].startswith(PUBLIC)
        before, after = await asyncio.to_thread(on_her_phone, push["click"].replace(PUBLIC, it.bot.url))
        next_at = it.clock(it.paging.since + timedelta(minutes=5))
        assert "Acknowledge as Ana Ruiz" in before
        assert f"If nobody does, Ben Okafor is paged at {next_at} CET." in before
        assert "It is yours, Ana Ruiz. Nobody else is woken." in after
        assert (it.paging.acknowledged_by, it.paging.via) == ("ana", "link")
        await until(lambda: it.field("Paging").startswith("Ana Ruiz has it, by the link at "), "the card")


async def test_who_acknowledges_at_pagerduty_stops_the_ladder_here_and_who_forges_it_does_not(
    tmp_path: Path, database_url: str
) -> None:
    async with night(tmp_path, database_url, **ANA_AND_PAGERDUTY) as it:
        await it.alert(FIRING)
        await until(lambda: it.pagerduty.alerts and it.phone.published, "the pages")
        it.pagerduty.secrets, true = ("a-5ecret-of-somebody-else",), it.pagerduty.secrets
        assert await it.at_pagerduty("incident.acknowledged") == 403
        assert it.paging.waiting

        it.pagerduty.secrets = true
        assert await it.at_pagerduty("incident.acknowledged") == 200
        assert (it.paging.acknowledged_by, it.paging.via) == ("ana", "rota")
        await until(lambda: not it.waiting(), "the end of all work")
        assert it.field("Paging").startswith("Ana Ruiz has it, by rota at ")
        # PagerDuty knows it already.
        assert [event["event_action"] for event in it.pagerduty.events] == ["trigger"]


async def test_when_no_page_gets_through_the_next_one_is_asked_and_in_the_end_everybody(
    tmp_path: Path, database_url: str
) -> None:
    steps = policy({"page": "schedule:platform", "wait": "5m"}, {"page": "person:ben", "wait": "2s"})
    async with night(tmp_path, database_url, **steps, **ana_is_woken_by("ntfy", {"email": "1m"})) as it:
        it.phone.orders.append(Answer.of({"code": 40301, "http": 403, "error": "forbidden"}, 403))
        it.mailbox.orders.append("550 5.1.1 no such mailbox")
        await it.alert(FIRING)

        # Nobody waits: not for the minute of the second way, and not for the five of the step.
        (push,) = await until(lambda: it.phone.shown("ben-pages"), "the page to Ben")
        assert "Whoever was asked before you could not be reached." in push["message"]
        assert "Nobody is paged after you." in push["message"]

        # Ben sleeps on, too: whoever reads it can take it.
        await until(lambda: "Whoever can, take it." in it.said("incidents"), "the call to everybody")
        await until(lambda: "Nobody answered the pages. This is how people are" in it.said(), "the numbers")
        await it.quiet()
        assert "INC-1 SEV1: nobody answered · Nova API on ctl01 does not answer" in it.said("incidents")
        assert "Asked: Ana Ruiz and Ben Okafor." in it.said("incidents")
        assert "- Ana Ruiz: +49 30 1234567, ana@example.org" in it.said()
        assert it.field("Paging") == "nobody answered: INC-1 page @NAME wakes somebody"
        assert "ntfy failed, email failed; Ben Okafor at " in it.field("Paged")
        assert "Acknowledge: `INC-1 ack`" in it.card()

        # At a terminal, when chat is gone.
        assert "Ana Ruiz: +49 30 1234567, ana@example.org" in await it.breaks_glass("oncall")
        wrong = await it.breaks_glass("INC-1 page")
        assert "Ana Ruiz by email: failed at " in wrong
        assert "the mail server answered 550: 5.1.1 no such mailbox (check people.ana.email)" in wrong
        assert "answered 403 Forbidden" in wrong
        assert "check paging.ntfy.token" in wrong


AT_THREE = datetime(2026, 11, 4, 3, tzinfo=ZoneInfo(BERLIN))
TURNS = {
    **ANA_THEN_BEN,
    "schedules": {"platform": {"zone": BERLIN, "rotation": {"people": ["ana", "ben"], "start": "2026-11-02T09:00"}}},
}
"""Ana has the week, Ben the next one, each from Monday at nine."""


async def test_what_is_typed_about_who_is_on_call_is_heeded_by_the_next_page(tmp_path: Path, database_url: str) -> None:
    clock = Pushed(AT_THREE)
    async with night(tmp_path, database_url, clock, oncall=TURNS) as it:

        async def types(line: str) -> str:
            return await it.types(line, "ana", "incidents")

        assert await types("oncall") == "On call\n- platform: Ana Ruiz until Mon 09 Nov 09:00 CET, then Ben Okafor"

        # Ben covers for two hours, and is the one who is woken.
        assert await types("override @ben 03:00-05:00") == (
            "Ben Okafor is on call in platform from Wed 04 Nov 03:00 to 05:00 CET · undo: override drop 1"
        )
        assert await types("oncall") == "On call\n- platform: Ben Okafor until Wed 04 Nov 05:00 CET, then Ana Ruiz"
        await it.alert(FIRING)
        await until(lambda: it.phone.published, "the page")
        assert [page["topic"] for page in it.phone.published] == ["ben-pages"]
        assert "On call on Wed 04 Nov 06:00 CET\n- platform: Ana Ruiz until" in await types("oncall at=06:00")
        assert await types("oncall load") == (
            "Pages by rotation, the last 4w\n- platform: 1 page, in sleep hours; of 2 turns the hardest had 1, 1 had none\n"
            "Business is Monday to Friday 9 to 18, sleep is 23 to 7, in the schedule's zone. It counts rotations, never people."
        )
        assert (await types("override drop 1")).startswith("Taken back: Ben Okafor is on call in platform from ")

        # They swap their weeks.
        assert "undo: override drop 2" in await types("override swap @ana @ben")
        assert "platform: Ben Okafor until Mon 09 Nov 09:00 CET, then Ana Ruiz" in await types("oncall")
        assert await types("oncall at=tomorrow") == ("platform\n- Thu 05 Nov 00:00 to Fri 06 Nov 00:00 CET: Ben Okafor")

        # The calendars behind the links say the same, as a calendar program reads them.
        whole, mine = [await calendar(it, link) for link in await it.links("oncall link")]
        shifts = whole.walk("VEVENT")
        now_has = [shift["SUMMARY"] for shift in shifts if shift["DTSTART"].dt <= clock.now() < shift["DTEND"].dt]
        assert now_has == ["Ben Okafor on call: platform"]
        assert {str(shift["SUMMARY"]) for shift in shifts} > {str(shift["SUMMARY"]) for shift in mine.walk("VEVENT")}
        assert {str(shift["SUMMARY"]) for shift in mine.walk("VEVENT")} == {"Ana Ruiz on call: platform"}


async def calendar(it: Night, link: str) -> icalendar.Calendar:
    answered = await it.bot.client.get(link)
    assert answered.status_code == 200
    read = icalendar.Calendar.from_ical(answered.content)
    assert isinstance(read, icalendar.Calendar)
    return read


async def test_whoever_takes_over_reads_what_is_open(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.on_duty, "LOOKS_EVERY", 0.05)
    clock = Pushed(AT_THREE)
    async with night(tmp_path, database_url, clock, oncall=TURNS) as it:
        await it.alert(FIRING)
        await until(lambda: it.phone.published and it.card(), "the page")
        await it.types("ack")
        clock.forward(days=5, hours=6, minutes=5)
        said = await until(lambda: it.said("incidents").partition("platform: ")[2], "the notice")
        assert said == (
            "Ana Ruiz hands over to Ben Okafor, until Mon 16 Nov 09:00 CET\n"
            "Open:\n"
            "- INC-1 · SEV1 · investigating · Nova API on ctl01 does not answer\n"
            "Since Mon 02 Nov 09:00 CET: 1 page, in sleep hours."
        )


async def test_a_key_pressed_in_a_call_acknowledges(tmp_path: Path, database_url: str) -> None:
    async with night(tmp_path, database_url, **ana_is_woken_by("call", {"text": "1m"})) as it:
        await it.alert(FIRING)
        await until(lambda: it.twilio.calls, "the call")
        call = it.twilio.picked_up(it.twilio.calls[0])
        assert call.said[0].startswith("SEV1 INC-1: Nova API on ctl01 does not answer.\n")
        assert call.said[0].endswith("Press 1 to acknowledge, or any other key to hear it again.")
        await call.press("1")
        assert call.said == ["You have INC-1; nobody else is woken."]
        await until(lambda: not it.waiting(), "the end of all work")
        assert it.twilio.messages == []
        assert it.field("Paging").startswith("Ana Ruiz has it, by call at ")


async def test_who_is_on_the_telephone_already_is_not_waited_for(tmp_path: Path, database_url: str) -> None:
    async with night(tmp_path, database_url, **ana_is_woken_by("call")) as it:
        await it.alert(FIRING)
        await until(lambda: it.twilio.calls and "call sent" in it.card(), "the call")
        assert await it.twilio.ends(it.twilio.calls[0], "busy") == 204
        (push,) = await until(lambda: it.phone.shown("ben-pages"), "the page to Ben")
        assert push["message"].startswith("Whoever was asked before you could not be reached.")
        await it.quiet()
        assert "The page to Ana Ruiz by call failed: the number is busy\n" in it.said()
        assert "call failed; Ben Okafor at " in it.field("Paged")


async def test_what_is_not_so_bad_pushes_only_until_it_gets_worse(tmp_path: Path, database_url: str) -> None:
    async with night(tmp_path, database_url) as it:
        await it.alert(NODE_IS_SLOW)
        await until(lambda: it.phone.shown("ana-pages") and "ntfy sent" in it.card(), "the push")
        assert it.field("Paged").endswith(": ntfy sent")
        assert "send_page" not in it.waiting()
        assert it.mailbox.mails == []

        await it.types("sev sev1 it spreads", "ben")
        mail = (await until(lambda: it.mailbox.mails, "the mail"))[0].message
        assert mail["Subject"].startswith("SEV1 INC-1: ")
        await until(lambda: "ntfy sent, email sent, then call" in it.card(), "the card")
        assert len(it.phone.published) == 1
        await it.types("resolve it was the fan")
        assert it.incident().status is Status.RESOLVED
        await until(lambda: not it.waiting(), "the end of all work")
