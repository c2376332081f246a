"""From an alert that was accepted to the room that the person who is paged sees; beside it, a room that is simply made."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.bench.beside import Beside, in_turn
from tests.bench.matrix_bare import BareRooms
from tests.bench.matrix_town import Bot, Town

INCIDENTS = 6
"""In a round; as many of either."""


@dataclass(slots=True)
class Opened:
    """Seconds until the person was invited, and until she, who joins at once, saw the card."""

    invited: Beside = field(default_factory=Beside)
    card: Beside = field(default_factory=Beside)


@dataclass(frozen=True, slots=True)
class Found:
    room: str
    invited: float
    card: float


async def found(town: Town, mark: str, begun: float) -> Found:
    """Raises DidNotCome when she hears of no room, or sees no card in it."""
    invitation = await town.ear.hear("invite", mark)
    await town.ana.join(invitation.room)
    card = await town.ear.hear("first", invitation.room)
    return Found(invitation.room, invitation.at - begun, card.at - begun)


async def bare_rooms(town: Town, room: str) -> BareRooms:
    """Rooms like `room`, which the bot made."""
    card = (await town.ear.hear("first", room)).event["content"]
    announcement = (await town.ear.hear("first", town.announce)).event["content"]
    state = await town.ana.ask("GET", "rooms", room, "state")
    return BareRooms(town.bare, town.announce, town.ana.user_id, state, card, announcement)


async def round_of_rooms(bot: Bot, bare: BareRooms, opened: Opened) -> None:
    for turn in range(INCIDENTS):
        for which, begin in in_turn(turn, bot.fire, bare.begin):
            seen = await found(bot.town, *await begin())
            opened.invited.add(which, seen.invited)
            opened.card.add(which, seen.card)
            # What follows a card by seconds is no part of what is measured next.
            await bot.quiet()
            await bare.finished()
