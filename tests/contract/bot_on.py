"""The bot on a real chat platform: what is said and done there is heard, what is to be done there is delivered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.chat.templates import Templates
from bot.coffee.house import House
from bot.converse import Conversation
from bot.deliver import Deliverer
from bot.digests import Digests
from bot.duty import Duty
from bot.inbox import Writer
from bot.perform import Performer, Providers
from bot.questions import Answers, Names
from bot.words import Wording
from storage.weeks import SqlWeeks
from tests.contract.chat_harness import Harness
from tests.contract.chat_people import People
from tests.world import PEOPLE, ROSTER, World


@asynccontextmanager
async def bot_on(chat: Harness, people: People, world: World, house: House | None = None) -> AsyncIterator[Deliverer]:
    """With the rules of `world`, which are to know the platform; whoever waits for something drains the deliverer."""
    house = house or House()
    writer = Writer(world.store, world.rules)
    running = asyncio.create_task(writer.run())
    words = Wording(Templates(None), PEOPLE, "UTC", {})
    names = Names(people=PEOPLE, duty=Duty(ROSTER), rooms=True, house=house)
    answers = Answers(world.lookups, world.clock, names, words)
    async with people.listening(Conversation(writer, world.lookups, world.clock, names, answers)):
        providers = Providers(platforms={chat.platform.name: chat.platform}, house=house)
        digests = Digests(SqlWeeks(world.database), world.clock, words, {}, people=PEOPLE, duty=Duty(ROSTER))
        performer = Performer(world.lookups, world.files, world.clock, providers, words, writer.submit, digests)
        deliverer = Deliverer(world.outbox, writer, world.lookups, performer)
        try:
            yield deliverer
        finally:
            await deliverer.finish()
            writer.stop()
            await running
