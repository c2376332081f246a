"""Rules of where the board is shown: a message a room, and posted anew when somebody deletes it. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.coffee.board import Board, Coffee, Shown, Spot, Topic
from bot.coffee.brewed import Brewed, Did, Told, with_coffee, with_topics
from bot.coffee.voting import loose, on_board
from bot.incident import effects as f
from bot.incident.commands.coffee import LoseBoard, RecordBoard

COMES_BACK = 3
"""Times a coffee in each room. Who deletes it once more means it, or is no person: there it stays away until the next coffee."""


def record(board: Board, command: RecordBoard) -> Brewed:
    """Also of one that is over by now: its end is shown where it was."""
    coffee = board.coffees.get(command.coffee)
    if coffee is None:
        return Brewed(board)
    now = replace(coffee, boards={**coffee.boards, command.spot: Shown(command.room, command.message)})
    return Brewed(with_coffee(board, now), told=Told(Did.KEPT, coffee=now))


def lose(board: Board, command: LoseBoard) -> Brewed:
    """Its dots stay, and who reacts to the new one as to the old has put none more."""
    coffee = board.coffee
    held = coffee.boards.get(command.spot) if coffee else None
    if coffee is None or held is None or held.message != command.message:
        return Brewed(board)
    spot, times = Spot.read(command.spot), coffee.lost.get(command.spot, 0) + 1
    boards = {one: shown for one, shown in coffee.boards.items() if one != command.spot}
    now = replace(coffee, boards=boards, lost={**coffee.lost, command.spot: times})
    loosened = (_loosened(topic, command.spot, held) for topic in board.topics.values())
    board = with_topics(with_coffee(board, now), *loosened)
    anew = () if stays_away(now, spot) else (f.ShowBoard(spot.platform, spot.room),)
    return Brewed(board, anew, Told(Did.KEPT, coffee=now))


def stays_away(coffee: Coffee, spot: Spot) -> bool:
    """It was deleted too often to be posted there once more."""
    return coffee.lost.get(str(spot), 0) > COMES_BACK


def _loosened(topic: Topic, spot: str, held: Shown) -> Topic:
    """The dots that reactions to `held` put stay, and the next reaction there holds them."""
    gone = on_board(spot, held)
    reacted = {
        voter: tuple(loose(spot) if one in gone else one for one in reactions)
        for voter, reactions in topic.reacted.items()
    }
    return replace(topic, reacted=reacted)
