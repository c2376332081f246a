"""A digest, minutes or a board that finally could not be delivered: told elsewhere, once, and named until its like is done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.chat.undelivered import WHAT, sentence, undelivered
from bot.deliver import GIVE_UP_AFTER
from bot.destinations import Mailbox, Place
from bot.digests import Weekly, posts
from bot.incident.effects import KINDS, TellUndelivered
from bot.incident.outgoing import Enqueue, outgoing
from bot.incident.unbound import Unbound
from bot.ports import Rejected, Unavailable
from bot.undelivered import FOR, Undelivered, told_of
from storage.memory import SqlMemory
from tests.contract.stage import Stage
from tests.fakes import Orders, RecordingPager
from tests.golden_files import golden

WEEK = timedelta(weeks=1)
NOT_THERE = "console has no room `#ops`"


class House:
    """A stage on which failures are told; `posts` asks for a digest in a room of the console."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.undelivered = self.another()
        stage.deliverer = stage.another_process(undelivered=self.undelivered)

    def another(self) -> Undelivered:
        """As a process of its own knows it."""
        stage = self.stage
        return Undelivered(SqlMemory(stage.world.database, stage.clock, "undelivered"), stage.clock)

    async def posts(self, *places: Place | Mailbox) -> None:
        now = self.stage.clock.now()
        await self.stage.writer.submit(posts(Weekly(to=places or (Place("console", "#ops"),)), now - WEEK, now))
        await self.stage.settle()

    def told(self, on: str) -> list[str]:
        return [said for said in self.stage.announced(on=on) if "did not get to" in said]

    def refuse(self, on: str = "console") -> None:
        """Rooms that the configuration names are not found there."""
        self.stage.chats[on].by_method["room_named"] = Orders(always=Rejected(NOT_THERE))


@pytest.fixture
async def house(two_platforms: Stage) -> House:
    return House(two_platforms)


WORDS = (
    "The weekly digest did not get to console (#ops): console has no room `#ops`. "
    "Look at digest.to; digest post posts it then, and digest shows it to you now."
)


async def test_it_is_told_once_on_another_platform_and_named_until_one_is_posted(house: House) -> None:
    house.refuse()
    await house.posts()
    house.stage.clock.forward(days=1)
    await house.posts()
    assert house.told("console") == []
    (said,) = house.told("matrix")
    assert said.endswith(WORDS)
    assert house.undelivered.troubles == [WORDS]
    other = house.another()
    await other.look()
    assert other.troubles == [WORDS]
    # Somewhere else is not there.
    await house.posts(Place("matrix"))
    assert house.undelivered.troubles == [WORDS]
    house.stage.chats["console"].by_method.clear()
    house.stage.clock.forward(days=1)
    await house.posts()
    assert house.undelivered.troubles == []
    await other.look()
    assert other.troubles == []


async def test_it_is_named_for_a_week(house: House) -> None:
    house.refuse()
    await house.posts()
    house.stage.clock.forward(seconds=FOR.total_seconds() - 60)
    await house.undelivered.look()
    assert house.undelivered.troubles == [WORDS]
    house.stage.clock.forward(minutes=2)
    await house.undelivered.look()
    assert house.undelivered.troubles == []


async def test_where_incidents_are_announced_on_the_same_platform_is_the_next_best(house: House) -> None:
    house.refuse()
    house.stage.chats["matrix"].by_method["say"] = Orders(always=Rejected("the bot was banned"))
    await house.posts()
    assert len(house.told("console")) == 1
    assert house.told("matrix") == []


class Mailer(RecordingPager):
    def __init__(self) -> None:
        super().__init__()
        self.mails: list[tuple[str, str]] = []

    async def send(self, attempt: object, to: str, subject: str, document: object, language: str = "en") -> None:
        self.mails.append((to, subject))
        if to.startswith("nobody"):
            raise Rejected("550 no such user")


async def test_where_no_chat_takes_it_it_is_mailed(house: House) -> None:
    mailer, stage = Mailer(), house.stage
    boxes = Mailbox("smtp", "nobody@example.org"), Mailbox("smtp", "ops@example.org")
    stage.digests.weeklies = {"": Weekly(to=boxes)}
    stage.deliverer = stage.another_process(undelivered=house.undelivered, pagers={"smtp": mailer})
    for chat in stage.chats.values():
        chat.by_method["say"] = Orders(always=Rejected("the bot was banned"))
    await house.posts(boxes[0])
    (_, digest), told = mailer.mails
    assert digest.startswith("Week ")
    assert told == (
        "ops@example.org",
        "The weekly digest did not get to smtp (nobody@example.org): 550 no such user.",
    )


async def test_that_it_cannot_be_told_anywhere_is_told_nowhere(house: House) -> None:
    for chat in house.stage.chats.values():
        chat.orders.always = Rejected("the bot was banned")
    await house.posts()
    house.stage.clock.forward(days=1)
    await house.stage.settle()
    assert house.stage.effects("tell_undelivered") == [("tell_undelivered", "failed", 1)]
    assert len(house.undelivered.troubles) == 1


async def test_what_is_only_late_is_not_told(house: House) -> None:
    house.stage.chat.by_method["room_named"] = Orders(always=Unavailable("the server is busy"))
    await house.posts()
    assert house.undelivered.troubles == []
    assert house.stage.effects("tell_undelivered") == []
    house.stage.clock.forward(seconds=GIVE_UP_AFTER.total_seconds())
    await house.stage.settle()
    assert "the server is busy" in house.undelivered.troubles[0]


EACH = [
    TellUndelivered("say_weekly_digest", "slack", "#ops", reason="not_in_channel"),
    TellUndelivered("mail_weekly_digest", "email", "ops@example.org", "storage", "550 no such\nuser"),
    TellUndelivered("show_board", "matrix", reason="x" * 900),
    TellUndelivered("tell_coffee", "matrix"),
    TellUndelivered("ask_thumbs", "matrix", reason="M_FORBIDDEN."),
    TellUndelivered(
        "write_minutes",
        "learning",
        reason=f"learning: git says: remote: main takes {'merge ' * 3}requests only; check its hooks",
    ),
    TellUndelivered("say_handover", "slack", reason="`channel_not_found` <!channel>"),
]


def test_each_says_what_is_missing_why_which_key_to_look_at_and_what_to_do_meanwhile() -> None:
    golden("undelivered.md", "\n\n".join(sentence(told) for told in EACH) + "\n")
    assert [told.kind for told in EACH] == [*WHAT]
    assert all(undelivered(told).summary for told in EACH)


def test_of_a_long_reason_its_beginning_and_what_to_do_stay() -> None:
    reason = (
        f"learning: git says: {'a long answer ' * 40}; the repository's own rules do not let us write: check its hooks"
    )
    said = sentence(TellUndelivered("write_minutes", "learning", reason=reason))
    assert said.startswith("The coffee's minutes did not get to learning: learning: git says: a long")
    assert "do not let us write: check its hooks. Look at publishing.learning" in said
    assert len(said) < 450


def test_what_is_of_no_incident_is_told_but_for_clocks_and_for_what_tells_it() -> None:
    silent = {KINDS[one] for one in Unbound.__args__ if one.__name__.startswith("Wake")} | {"tell_undelivered"}
    assert {KINDS[one] for one in Unbound.__args__} == {*WHAT} | silent
    assert told_of(TellUndelivered("show_board", "slack"), "x") is None


async def test_the_same_failure_is_put_there_once(house: House) -> None:
    told = outgoing(EACH[0], incident=0, seq=0, place=0, key="undelivered:1")
    for _ in range(2):
        await house.stage.writer.submit(Enqueue((told,)))
    await house.stage.settle()
    assert house.stage.effects("tell_undelivered") == [("tell_undelivered", "done", 1)]
