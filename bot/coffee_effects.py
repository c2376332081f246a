"""What is done outside for the lean coffee: its board shown and kept up to date, what happens said in its thread, its minutes put where
people find them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.coffee.board import Board, Coffee, Topic
from bot.coffee.card import board_document
from bot.coffee.house import House
from bot.coffee.minutes import minutes, minutes_ref
from bot.coffee.said import IN_THE_ROOM, thumbs, told
from bot.incident import effects as f
from bot.incident.commands import coffee as k
from bot.lookups import Lookups
from bot.ports import Attempt, ChatPlatform, Clock, Publisher, Rejected
from bot.rooms import known
from bot.store import Claimed

A_DAY = 20
"""Coffees of one day that are looked back at, to call the minutes of each otherwise."""


Effect = f.ShowBoard | f.TellCoffee | f.AskThumbs | f.WriteMinutes


class CoffeeEffects:
    """Of each platform it is one room: the one that the configuration names, or else that for announcements."""

    def __init__(
        self,
        lookups: Lookups,
        clock: Clock,
        platforms: Mapping[str, ChatPlatform],
        publishers: Mapping[str, Publisher],
        house: House,
    ) -> None:
        self._lookups = lookups
        self._clock = clock
        self._platforms = platforms
        self._publishers = publishers
        self._house = house

    async def do(self, item: Claimed, effect: Effect) -> k.CoffeeCommand | None:
        """As `bot.perform.Performer.do`."""
        match effect:
            case f.ShowBoard():
                return await self._show(item, known(self._platforms, effect.platform, "chat"))
            case f.TellCoffee():
                await self._tell(item, effect, known(self._platforms, effect.platform, "chat"))
                return None
            case f.AskThumbs():
                return await self._ask(item, effect, known(self._platforms, effect.platform, "chat"))
            case f.WriteMinutes():
                return await self._write(item, effect, known(self._publishers, effect.publisher, "publishing"))

    async def _show(self, item: Claimed, platform: ChatPlatform) -> k.CoffeeCommand | None:
        """Each coffee has a board of its own; that of the last one shows its end."""
        board = await asyncio.to_thread(self._current)
        coffee = board.coffee
        if coffee is None:
            return None
        # Where people meet may have to be looked up.
        document = await asyncio.to_thread(board_document, board, self._house, self._clock.now())
        if shown := coffee.boards.get(platform.name):
            await platform.edit(Attempt(item.key, item.attempt), shown.room, shown.message, document)
            return None
        if not coffee.status.live:
            return None
        room = await self._room(platform)
        if not room:
            return None
        # By the time of another try another coffee may be called, whose board is another message.
        attempt = Attempt(f"{item.key}:{coffee.number}", item.attempt)
        message = await platform.say(attempt, room, document)
        return k.RecordBoard(platform=platform.name, message=message, room=room, coffee=coffee.number)

    async def _tell(self, item: Claimed, effect: f.TellCoffee, platform: ChatPlatform) -> None:
        coffee, topics = await asyncio.to_thread(self._meeting, effect.coffee)
        about = effect.what, coffee, topics, effect.topic, self._house, effect.before
        document = await asyncio.to_thread(told, *about)
        if document is None:
            return
        shown = coffee.boards.get(platform.name)
        room = shown.room if shown else await self._room(platform)
        if room:
            thread = shown.message if shown and effect.what not in IN_THE_ROOM else ""
            await platform.say(Attempt(item.key, item.attempt), room, document, thread=thread)

    async def _ask(self, item: Claimed, effect: f.AskThumbs, platform: ChatPlatform) -> k.CoffeeCommand | None:
        coffee, topics = await asyncio.to_thread(self._meeting, effect.coffee)
        topic = topics.get(effect.topic)
        if topic is None or not coffee.asking or (coffee.current, coffee.round) != (effect.topic, effect.round):
            # They went on meanwhile.
            return None
        shown = coffee.boards.get(platform.name)
        room = shown.room if shown else await self._room(platform)
        if not room:
            return None
        thread = shown.message if shown else ""
        message = await platform.say(Attempt(item.key, item.attempt), room, thumbs(topic, self._house), thread=thread)
        return k.RecordThumbs(
            platform=platform.name, message=message, coffee=effect.coffee, topic=effect.topic, round=effect.round
        )

    async def _write(self, item: Claimed, effect: f.WriteMinutes, publisher: Publisher) -> k.CoffeeCommand:
        ref, text = await asyncio.to_thread(self._minutes, effect.coffee)
        written = await publisher.write(Attempt(item.key, item.attempt), ref=ref, text=text)
        return k.RecordMinutes(coffee=effect.coffee, place=written.place)

    def _minutes(self, number: int) -> tuple[str, str]:
        coffee, topics = self._meeting(number)
        of_it = {id_: topic for id_, topic in topics.items() if topic.coffee == number}
        ended = coffee.ended or self._clock.now()
        stay = [topic for id_, topic in topics.items() if id_ not in of_it and topic.added_at <= ended]
        return minutes_ref(coffee, self._house.zone, self._before(coffee)), minutes(coffee, of_it, stay, self._house)

    def _before(self, coffee: Coffee) -> int:
        """How many coffees ended on the same day before it."""
        zone = ZoneInfo(self._house.zone)
        day = (coffee.began or coffee.starts_at).astimezone(zone).date()
        count = 0
        for number in range(coffee.number - 1, max(0, coffee.number - A_DAY), -1):
            found = self._lookups.coffee(number)
            if found is None or found[0].ended is None:
                continue
            if (found[0].began or found[0].starts_at).astimezone(zone).date() != day:
                break
            count += 1
        return count

    def _current(self) -> Board:
        """With the coffee that is called, else the last one."""
        board = self._lookups.board()
        coffee = board.coffee or (board.past[max(board.past)] if board.past else None)
        if coffee is None:
            return board
        _, topics = self._meeting(coffee.number)
        return replace(board, topics=topics, coffee=coffee)

    def _meeting(self, number: int) -> tuple[Coffee, Mapping[int, Topic]]:
        """The coffee, what was talked about there, and what is open. Raises Rejected."""
        found = self._lookups.coffee(number)
        if found is None:
            raise Rejected(f"coffee {number} is not in the database")
        coffee, of_it = found
        return coffee, {**self._lookups.board().topics, **{topic.id: topic for topic in of_it}}

    async def _room(self, platform: ChatPlatform) -> str:
        """Empty: it is shown nowhere there."""
        name = self._house.rooms.get(platform.name, "")
        return await platform.room_named(name) if name or platform.announce_room else ""
