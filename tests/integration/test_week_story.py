"""One week, whole: what happens in it, what its digest tells of it everywhere, the coffee that is held over it, and what the next digest
tells of that."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.contract.servers.git import Origin
from tests.contract.servers.smtp import SmtpServer
from tests.golden_files import golden
from tests.integration.week_house import House, Working, berlin

DISK = {"alertname": "DiskFull", "severity": "warning", "instance": "hv-17"}


@pytest.fixture
async def house(tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    async with SmtpServer() as mailbox:
        clock = FakeClock(berlin("2026-11-02 10:00"))
        found = House(tmp_path, database_url, clock, mailbox, Origin(tmp_path))
        found.configure()
        yield found


async def the_week_before(bot: Working) -> None:
    """Something was learnt, and is still to be done."""
    await bot.types("open sev2 DNS answers late service=dns page=none")
    await bot.at("2026-11-03 11:00")
    await bot.types("followup Monitor the resolvers from outside owner=@ben due=5d", "inc-1")
    await bot.types("followup Name an owner for the resolvers due=9d", "inc-1")
    await bot.types("resolve Restarted the resolvers", "inc-1")


async def the_week(bot: Working) -> None:
    await bot.at("2026-11-09 23:30")
    await bot.fires(1, startsAt="2026-11-09T22:29:00Z")
    await bot.at("2026-11-09 23:40")
    await bot.types("ack", "inc-2")
    await bot.types("impact Servers in az1 did not start start=-15m", "inc-2")
    told = await bot.console.talk("ben", "inc-2", "The spare switch had been racked the day before")
    await bot.console.react("ana", "inc-2", told, "🍀")
    await bot.types("note mark=key All of them hang off one switch", "inc-2")
    await bot.types("note mark=question Why did no alert say that frames were dropped?", "inc-2")
    await bot.at("2026-11-10 00:50")
    await bot.types("resolve Moved the rack to the spare switch", "inc-2")
    await bot.types("followup Alert on dropped frames owner=@ana due=14d", "inc-2")
    await bot.at("2026-11-10 10:00")
    for number in (7, 8):
        await bot.fires(number, labels={**DISK, "instance": f"hv-{number}"}, startsAt="2026-11-10T08:59:00Z")
    await bot.settled()
    await bot.types("INC-3 decline the disk is meant to be full")
    await bot.at("2026-11-11 15:00")
    await bot.types("nearmiss Nearly drained the wrong rack")
    await bot.types("nearmiss anonymous Ran the playbook against production")
    await bot.types("open private sev1 The payroll leaked page=none")
    await bot.types("open sev3 Volumes are slow service=volumes page=none", by="ben")
    await bot.types("maint Switch firmware in az1 start=2026-11-17T22:00 end=+2h match=az=az1")
    await bot.settled()
    await bot.types("INC-1 followup done 1", by="ben")
    await bot.types("note mark=question Does the payroll know?", "inc-6")
    await bot.types("coffee add Why do we reboot for every kernel?", by="ben")
    await bot.at("2026-11-12 11:00")
    await bot.types("resolve The noisy neighbour is gone", "inc-7", by="ben")


def shown(documents: list[str]) -> str:
    return "\n\n- - -\n\n".join(documents) + "\n"


async def test_a_week_from_its_alerts_to_what_came_of_its_coffee(house: House) -> None:
    async with house.serving() as bot:
        await bot.klatsch.learning.occasions.look()
        await the_week_before(bot)
        await bot.at("2026-11-09 09:00")
        assert [one.document.summary for one in bot.weeklies()] == ["Week 45: 1 incident"]
        await the_week(bot)
        await bot.at("2026-11-16 09:00")
        (_, week) = bot.weeklies()
        golden("weekly/story.en.md", shown([week.document.to_plain(), *bot.thread(week)]))
        (_, ours) = bot.weeklies("storage")
        golden("weekly/story.storage.de.md", shown([ours.document.to_plain(), *bot.thread(ours, "storage")]))
        by_mail(house, week.document.summary)
        await on_its_page(bot)
    # It is begun again, and nothing is said twice.
    async with house.serving() as bot:
        await bot.at("2026-11-16 09:05")
        assert len(bot.weeklies()) == len(bot.weeklies("storage")) == len(house.letters()) == 2
        await the_coffee(bot)
        await bot.at("2026-11-23 09:00")
        (_, _, after) = bot.weeklies()
        golden("weekly/story.after.en.md", shown([after.document.to_plain(), *bot.thread(after)]))
    read = "\n".join([*house.letters(), *(one.document.to_plain() for one in bot.said())])
    assert "payroll" not in read
    assert "INC-6" not in read


def by_mail(house: House, summary: str) -> None:
    mail = house.mailbox.mails[-1].message
    assert mail["Subject"] == summary
    names = [part.get_filename() for part in mail.walk() if part.get_content_type() == "image/png"]
    assert len(names) == 2
    assert "The spare switch had been racked the day before" in house.letters()[-1]


async def on_its_page(bot: Working) -> None:
    """Behind the link that anybody may ask for."""
    (path,) = re.findall(r"/digests/\S+", await bot.types("digest link"))
    page = (await bot.client.get(f"{bot.url}{path}")).raise_for_status().text
    assert "Nearly drained the wrong rack" in page
    assert "<svg" in page
    assert "payroll" not in page


async def the_coffee(bot: Working) -> None:
    """Of Thursday: called the day before, ordered in time, held."""
    await bot.at("2026-11-18 10:00")
    (board,) = [one for one in bot.said() if "Lean coffee" in one.document.to_plain() and not one.thread]
    await bot.console.react("ben", "incidents", board.id, "🍎")
    await bot.types("coffee vote 1 x2")
    await bot.at("2026-11-19 09:45")
    await bot.at("2026-11-19 10:01")
    await bot.types("coffee start")
    await bot.settled()
    await bot.types("coffee takeaway Labels on both sides of the rack", by="ben")
    await bot.at("2026-11-19 10:07")
    await bot.types("coffee next Ask for a second pair of eyes")
    await bot.at("2026-11-19 10:14")
    await bot.types("coffee end")
    await bot.settled()
    (minutes,) = [file for file in bot.house.origin.files() if "coffee" in file]
    golden("weekly/story.minutes.md", bot.house.origin.read(minutes) + "\n")
    assert "payroll" not in bot.house.origin.read(minutes)
