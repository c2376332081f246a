"""Weeks in which private things happened, told everywhere: whatever the way out, nothing of them is in it.

Everything that is private has `SECRET` in each of its texts, also what became so only after a while. What is read is what people can read
by then: chat with its threads, mail, the page of now and of before, the terminal, answers, the board and minutes."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from adapters.paging.smtp import Config, build
from adapters.web.digests import DigestLinks, DigestPages, stamp
from bot.alerts.model import Alert, Notification
from bot.chat.document import Document
from bot.coffee.weekly.edition import Edition
from bot.converse import Conversation
from bot.destinations import Mailbox, Place
from bot.digests import Digests, Weekly, posts
from bot.incident import commands as c
from bot.incident.commands.coffee import CallCoffee
from bot.incident.model import Kind, Mark, Severity, Window
from bot.on_demand import editions
from bot.ports import Reacted, Said
from bot.questions import Answers, Names
from storage.weeks import SqlWeeks
from tests.contract.servers.smtp import SmtpServer
from tests.contract.stage import Stage
from tests.contract.test_coffee_talk import MANNER, PLATFORMS, TALKING, Table, sat_down
from tests.world import PEOPLE, World

SECRET, TOLD = "Payrollium", "Openium"
WEEK = timedelta(weeks=1)
MARKS = (Mark.COFFEE, Mark.QUESTION, Mark.LUCKY, Mark.KEY_MOMENT)
KINDS = (Kind.REAL, Kind.REAL, Kind.RETRO, Kind.NEARMISS, Kind.DRILL, Kind.MAINTENANCE)
FATES = ("born", "later", "merged")


@dataclass
class House:
    """The coffee's table, and everything else that tells of a week."""

    table: Table
    digests: Digests
    talk: Conversation
    smtp: SmtpServer

    @property
    def stage(self) -> Stage:
        return self.table.stage


@pytest.fixture
async def house(world: World, tmp_path: Path) -> AsyncIterator[House]:
    async with SmtpServer() as smtp:
        async for table in sat_down(world, tmp_path, MANNER):
            stage = table.stage
            block = {"host": "127.0.0.1", "port": smtp.port, "from": "klatsch@example.org", "timeout": 30}
            stage.email = build("email", Config.model_validate(block), None)
            weekly = Weekly(to=(*map(Place, PLATFORMS), Mailbox("email", "ops@example.org")), wheel=(TOLD,))
            weeks = SqlWeeks(world.database)
            told = Digests(weeks, stage.clock, stage.words, {"": weekly}, people=PEOPLE, duty=stage.duty)
            stage.digests = told
            stage.deliverer = stage.another_process(house=table.house, people=TALKING)
            names = Names(people=TALKING, duty=stage.duty, rooms=True, house=table.house)
            answers = Answers(world.lookups, stage.clock, names, stage.words, told)
            talk = Conversation(stage.writer, world.lookups, stage.clock, names, answers)
            yield House(table, told, talk, smtp)


async def happens(house: House, chance: random.Random, word: str, *, private: bool) -> int:
    """An incident of any kind with something of all that a digest tells, `word` in each text; its number."""
    stage, kind, n = house.stage, chance.choice(KINDS), chance.randrange(10_000)
    facts: dict[str, object] = {"kind": kind, "severity": chance.choice([*Severity]), "service": word}
    if kind is Kind.MAINTENANCE:
        now = stage.clock.now()
        facts["window"] = Window(now, now + timedelta(days=9), (("az", "=", word),))
    number = await stage.open(f"{word} down {n}", private=private, another=True, **facts)
    await stage.settle()
    for mark in MARKS:
        message = f"m{number}{mark}" if chance.random() < 0.5 else ""
        on = f"console:{message}" if message else ""
        await stage.ask(c.Note(text=f"{word} {mark} {n}", mark=mark, message=on), number, by="ben")
    await _owes(stage, chance, word, number)
    if kind is not Kind.NEARMISS:
        await stage.ask(c.DescribeImpact(text=f"{word} cannot be used"), number)
    room = next((room.id for room in stage.incident(number).rooms.values() if room.live), "")
    if room:
        cup = Reacted("console", room, "ana", "☕", f"r{n}", f"{word} was seen by whom?", event=f"c{number}")
        await house.talk.reacted(cup)
    return number


async def _owes(stage: Stage, chance: random.Random, word: str, number: int) -> None:
    for days in (-2, 5):
        due = stage.clock.now() + timedelta(days=days)
        await stage.ask(c.AddFollowUp(text=f"{word} is to be renewed {days}", owner="ana", due=due), number)
    if chance.random() < 0.7:
        outcome = chance.choice(["done", "wontdo"])
        await stage.ask(c.ChangeFollowUp(followup=1, outcome=outcome, reason=f"{word} is dear"), number)


async def ends(stage: Stage, chance: random.Random, word: str, number: int) -> None:
    if stage.incident(number).kind is Kind.NEARMISS or chance.random() < 0.3:
        return
    await stage.ask(c.Resolve(summary=f"{word} is back"), number)
    if chance.random() < 0.6:
        await stage.ask(c.StartReview(), number)
        if chance.random() < 0.6:
            await stage.ask(c.Close(), number)


async def cries(stage: Stage, chance: random.Random, word: str) -> int:
    """A rule that cries wolf; the number of what it opened."""
    before = {one.number for one in stage.world.lookups.recent()}
    labels = {"alertname": f"{word}Full{chance.randrange(10_000)}", "severity": "warning", "host": word}
    alert = Alert(
        "prometheus", labels["alertname"], True, stage.clock.now(), labels=labels, annotations={"summary": word}
    )
    await stage.writer.submit(Notification("prometheus", (alert,), group=labels["alertname"]))
    (number,) = {one.number for one in stage.world.lookups.recent()} - before
    return number


async def a_drill(house: House, of: int) -> None:
    """Of what is for all to read still, and is talked about."""
    before = house.stage.world.lookups.recent()[0].number
    answer = await house.talk.said(Said("console", "incidents", "ana", f"drill INC-{of}"))
    assert answer.tone == "good", answer.to_plain()
    number = house.stage.world.lookups.recent()[0].number
    assert number > before
    await house.stage.ask(c.Note(text=f"{TOLD} in a drill", mark=Mark.QUESTION), number)
    await house.stage.ask(c.AddFollowUp(text=f"{TOLD} drilled again"), number)


async def a_week(house: House, chance: random.Random) -> list[int]:
    """The numbers of what becomes private only later."""
    stage, later = house.stage, list[int]()
    for fate in (*FATES, chance.choice(FATES), "open", "open"):
        word = TOLD if fate == "open" else SECRET
        number = await happens(house, chance, word, private=fate in ("born", "merged"))
        later += [number] if fate == "later" else []
        if fate == "merged":
            into = await happens(house, chance, word, private=True)
            await stage.ask(c.Merge(into=into), number)
        else:
            await ends(stage, chance, word, number)
        noisy = await cries(stage, chance, word)
        await stage.ask(c.Decline(reason=f"{word} again"), noisy)
        later += [] if fate == "open" else [noisy]
        if fate == "later":
            await a_drill(house, noisy)
        stage.clock.forward(hours=chance.randrange(1, 24))
        await stage.settle()
    return later


async def a_coffee(house: House) -> None:
    """At which everything on the board is talked about, whatever comes of it."""
    table = house.table
    await table.types(f"coffee add {TOLD} for all")
    await table.asks(CallCoffee(starts_at=table.stage.clock.now() + timedelta(hours=1)))
    await table.types("coffee start")
    for _ in range(2):
        topic = table.board.topics[table.board.coffee.current]
        await table.types(f"coffee takeaway {SECRET if SECRET in topic.text else TOLD} is to be watched")
        await table.types("coffee next")
    await table.types("coffee end")
    await table.settle()


class Shelf:
    """The page's editions: this week's and the one before."""

    def __init__(self, digests: Digests, now: datetime) -> None:
        self._digests, self._now = digests, now

    def past(self, team: str, now: datetime) -> Sequence[tuple[datetime, datetime]]:
        return [(end - WEEK, end) for end in (self._now, self._now - timedelta(days=1))]

    def zone(self, team: str) -> ZoneInfo:
        return ZoneInfo("UTC")

    def language(self, team: str) -> str:
        return "en"

    def edition(self, team: str, start: datetime, end: datetime, language: str = "") -> Edition:
        return self._digests.edition(team, start, end, language)


async def told(house: House) -> dict[str, str]:
    """What everybody can read, by the way out."""
    stage, now = house.stage, house.stage.clock.now()
    before = {name: len(stage.rooms[name].messages("incidents")) for name in PLATFORMS}
    await stage.writer.submit(posts(house.digests.weeklies[""], now - WEEK, now, "told"))
    await house.table.asks(CallCoffee(starts_at=now + timedelta(hours=1)))
    await stage.settle()
    found = {
        f"chat {name}": _plain(m.document for m in stage.rooms[name].messages("incidents")[before[name] :])
        for name in PLATFORMS
    }
    found |= {f"board {name}": house.table.shown(name) for name in PLATFORMS}
    mail = house.smtp.mails[-1]
    found["mail"] = f"{mail.message['Subject']}\n{mail.body('plain')}\n{mail.body('html')}"
    for week in ("", "2026-W45"):
        for lang in ("en", "de"):
            asked = {"team": "", "week": week, "lang": lang}
            found[f"terminal {week} {lang}"] = _plain(editions(house.digests, asked, now))
    for line in ("digest", *(f"digest {block}" for block in BLOCKS), "coffee", "coffee minutes", "coffee vote 1 2 3"):
        answer = await house.talk.said(Said("console", "incidents", "ana", line))
        found[line] = answer.to_plain()
    found |= await _pages(house, now)
    # A postmortem's draft of what is private lies in the bot's own folder.
    found["minutes"] = "\n".join(text for ref, text in stage.publisher.texts.items() if ref.startswith("coffee-"))
    return found


BLOCKS = (
    "story",
    "incidents",
    "nearmisses",
    "noise",
    "oncall",
    "followups",
    "postmortems",
    "questions",
    "coming",
    "coffee",
)


async def _pages(house: House, now: datetime) -> dict[str, str]:
    links = DigestLinks("k" * 32, lambda: "https://klatsch.example.org")
    pages = DigestPages(links, Shelf(house.digests, now), house.stage.clock)
    app = Starlette(routes=[Route("/digests/{token}", pages.show)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        ends = {
            "": links.link(),
            "now": f"{links.link()}?until=now",
            "past": f"{links.link()}?until={stamp(now - timedelta(days=1))}",
        }
        answers = {name: await client.get(url) for name, url in ends.items()}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {f"page {name}": answer.text for name, answer in answers.items()}


def _plain(documents: Iterable[Document]) -> str:
    return "\n".join(document.to_plain() for document in documents)


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_of_what_is_private_is_told_anywhere(house: House, seed: int):
    chance, stage = random.Random(seed), house.stage
    later = await a_week(house, chance)
    assert SECRET in "".join(topic.text for topic in house.table.board.topics.values())
    await a_coffee(house)
    for number in later:
        await stage.ask(c.MakePrivate(), number)
    await stage.settle()
    found = await told(house)
    assert {way: _around(text) for way, text in found.items() if SECRET.lower() in text.lower()} == {}
    numbers = {f"INC-{one.number}" for one in stage.world.lookups.recent() if one.private}
    named = {way: numbers & set(text.replace(":", " ").replace(",", " ").split()) for way, text in found.items()}
    assert {way: names for way, names in named.items() if names} == {}
    # What is not private is told, or nothing was looked at.
    assert [
        way for way in found if way.startswith(("chat", "mail", "page", "minutes", "board")) and TOLD not in found[way]
    ] == []


def _around(text: str) -> str:
    at = text.lower().index(SECRET.lower())
    return text[max(0, at - 80) : at + 80]
