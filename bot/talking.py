"""Who answers what people say, put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.coffee.house import House
from bot.config import Config
from bot.converse import Conversation
from bot.digests import Digests
from bot.duty import Duty
from bot.inbox import Writer
from bot.incident.policy import Policy
from bot.lookups import Lookups
from bot.names import names
from bot.ports import Clock
from bot.questions import Answers
from bot.signed import Signed
from bot.words import Wording


def conversation(
    config: Config,
    policy: Policy,
    writer: Writer,
    lookups: Lookups,
    clock: Clock,
    duty: Duty,
    words: Wording,
    digests: Digests,
    house: House,
    signed: Signed,
    public_addresses: Callable[[str], Sequence[str]],
) -> Conversation:
    """`public_addresses` knows where customers will read of an incident. Nothing is asked of the database, and no key made, before somebody says something."""
    known = replace(
        names(config, duty, policy, public_addresses),
        calendar_link=lambda schedule, person: signed.calendars.link(schedule, person),
        digest_link=lambda team: signed.digests.link(team),
        sealed=signed.sealed,
        house=house,
    )
    return Conversation(writer, lookups, clock, known, Answers(lookups, clock, known, words, digests))
