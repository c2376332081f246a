"""What `klatsch check` says of the weekly digest and the coffee: when each is next and where, days off nobody knows, rooms that do not let us."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from bot.chat.templates import and_, local
from bot.destinations import Place
from bot.findings import HELD, OK, PROBLEM, Finding
from bot.learning.learning import unknown_holidays
from bot.learning.occurrences import Occurrences
from bot.main import Klatsch
from bot.offered import ProbesRooms
from bot.on_demand import place
from bot.ports import DeliveryError
from bot.store import StoreUnavailable

LOOKED_WITHIN = 20.0
"""Seconds for one room."""


async def digests(klatsch: Klatsch) -> list[Finding]:
    """When people meet for coffee next, each digest that is sent by itself, and the rooms of both. Sends nothing."""
    coffees, digest = await _coffee(klatsch), klatsch.config.digest
    if digest is None and klatsch.config.coffee is None:
        return []
    known = await asyncio.to_thread(lambda: [*_holidays(klatsch), *(_next(klatsch) if digest else ())])
    return [*coffees, *known, *await _rooms(klatsch)]


async def _coffee(klatsch: Klatsch) -> list[Finding]:
    """When the next coffee is; a calendar that says so is asked."""
    learning, section = klatsch.learning, klatsch.config.coffee
    if section is None or learning.coffee is None:
        return []
    try:
        if learning.calendar is not None:
            await learning.calendar.fetch()
        at = await asyncio.to_thread(learning.coffee.after, klatsch.clock.now())
    except (DeliveryError, StoreUnavailable) as error:
        return [Finding(PROBLEM, "coffee", f"when the next one is could not be found out: {error}")]
    zone = (section.zone or klatsch.config.zone).key
    if at is None:
        return [Finding(PROBLEM, "coffee", "no coffee is ever coming: look at when it is said to be")]
    return [Finding(OK, "coffee", f"the next one is on {local(at, zone, '%a %d %b %Y %H:%M %Z')}")]


def _holidays(klatsch: Klatsch) -> Iterator[Finding]:
    config, year = klatsch.config, klatsch.clock.now().year
    named: dict[str, Sequence[str]] = {"digest.holidays": config.digest.holidays if config.digest else ()}
    named |= {f"digest.teams.{name}.holidays": team.holidays or () for name, team in config.teams.items()}
    if config.coffee:
        named["coffee.holidays"] = config.coffee.holidays
    for about, names in named.items():
        try:
            for text in unknown_holidays(names, year):
                yield Finding(PROBLEM, about, text)
        except DeliveryError as error:
            yield Finding(PROBLEM, about, error.reason)


def _next(klatsch: Klatsch) -> Iterator[Finding]:
    learning = klatsch.learning
    for team, weekly in learning.digests.weeklies.items():
        about = f"digest.teams.{team}" if team else "digest"
        where = and_(map(place, weekly.to)) or "nowhere"
        try:
            yield Finding(OK, about, f"{_comes(learning.when[team], klatsch, weekly.zone.key)} to {where}")
        except DeliveryError as error:
            yield Finding(PROBLEM, about, f"when it is sent could not be found out: {error.reason}")


def _comes(occurrences: Occurrences, klatsch: Klatsch, zone: str) -> str:
    at = occurrences.after(klatsch.clock.now())
    return f"the next one is sent on {local(at, zone, '%a %d %b %Y %H:%M %Z')}" if at else "none is ever sent"


async def _rooms(klatsch: Klatsch) -> list[Finding]:
    """Those that are named. What is announced where is looked at with the platform itself."""
    learning = klatsch.learning
    shown = [Place(spot.platform, spot.room) for spot in learning.house.manner.spots]
    sent = [one for weekly in learning.digests.weeklies.values() for one in weekly.to if isinstance(one, Place)]
    named = dict.fromkeys(one for one in (*sent, *shown) if one.room)
    platforms = klatsch.platforms({one.platform for one in named} - HELD)
    try:
        looked = (_room(one, platforms[one.platform]) for one in named if one.platform in platforms)
        return list(await asyncio.gather(*looked))
    finally:
        for platform in platforms.values():
            await platform.aclose()


async def _room(one: Place, platform: object) -> Finding:
    about = f"chat.{one.platform}"
    if not isinstance(platform, ProbesRooms):
        return Finding(OK, about, f"{one.room}: it cannot be tried without being used")
    try:
        async with asyncio.timeout(LOOKED_WITHIN):
            await platform.probe_room(one.room)
    except DeliveryError as error:
        return Finding(PROBLEM, about, error.reason)
    except TimeoutError:
        return Finding(PROBLEM, about, f"{one.room}: no answer within {LOOKED_WITHIN:.0f} s")
    return Finding(OK, about, f"{one.room}: it is there, and lets us write")
