"""Rules of dots and thumbs. A voter has so many dots over all open topics, and one thumb. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.coffee.board import Board, Coffee, Manner, Shown, Spot, Topic
from bot.coffee.brewed import Brewed, Did, Told, with_coffee, with_topics
from bot.coffee.topics import open_one, open_topics
from bot.incident.commands.coffee import GiveThumb, PutDots, TakeDots, TakeThumb
from bot.incident.model import Refused


def put_dots(board: Board, command: PutDots, manner: Manner) -> Brewed:
    topic, left = open_one(board, command.topic), dots_left(board, command.voter, manner)
    held = topic.reacted.get(command.voter, ())
    if command.reaction and command.reaction in held:
        return Brewed(board, told=Told(topic=topic))
    if (free := loose(_spot_of(board, command.reaction))) in held:
        place = held.index(free)
        now = _with(
            topic,
            command.voter,
            topic.dots.get(command.voter, 0),
            (*held[:place], command.reaction, *held[place + 1 :]),
        )
        return Brewed(with_topics(board, now), told=Told(topic=now))
    if command.count < 1:
        raise Refused("That is no number of dots.", f"For example: `coffee vote {topic.id}`")
    if command.count > left:
        fewer = f"`coffee vote {topic.id} x{left}` puts what is left. " if left else "`coffee unvote N` frees some. "
        raise Refused(_too_many(left, manner), f"{fewer}{_yours(board, command.voter)}")
    reacted = (*held, command.reaction) if command.reaction else held
    now = _with(topic, command.voter, topic.dots.get(command.voter, 0) + command.count, reacted)
    told = Told(Did.PUT, now, topic, count=command.count, left=left - command.count)
    return Brewed(with_topics(board, now), told=told)


def take_dots(board: Board, command: TakeDots, manner: Manner) -> Brewed:
    topic = open_one(board, command.topic)
    held, reacted = topic.dots.get(command.voter, 0), topic.reacted.get(command.voter, ())
    if command.reaction and command.reaction not in reacted:
        # It was refused when it was put, or its dot was taken by a line.
        return Brewed(board, told=Told(topic=topic))
    if not held:
        raise Refused(f"You have no dot on topic {topic.id}.", _yours(board, command.voter))
    if command.count is not None and command.count < 1:
        raise Refused("That is no number of dots.", f"For example: `coffee unvote {topic.id}`")
    count = 1 if command.reaction else min(held, command.count or held)
    # A line takes those first that no reaction holds.
    stay = tuple(one for one in reacted if one != command.reaction)[: held - count]
    now = _with(topic, command.voter, held - count, stay)
    board = with_topics(board, now)
    told = Told(Did.TAKEN, now, topic, count=count, left=dots_left(board, command.voter, manner))
    return Brewed(board, told=told)


def on_board(spot: str, shown: Shown) -> set[str]:
    """What reactions to that board stand on: where a message is known by its room too, theirs has both."""
    platform = Spot.read(spot).platform
    return {f"{platform}:{shown.message}", f"{platform}:{shown.room}:{shown.message}"}


def loose(spot: str) -> str:
    """In the place of a reaction to a board that is there no more: its dot stays, and the next reaction to the same topic on the board that is
    posted there instead is it."""
    return f"{spot}:"


def _spot_of(board: Board, reaction: str) -> str:
    """Whose board it stands on; empty: on none."""
    boards = board.coffee.boards if board.coffee else {}
    return next((spot for spot, shown in boards.items() if reaction in on_board(spot, shown)), "")


def _with(topic: Topic, voter: str, dots: int, reacted: tuple[str, ...]) -> Topic:
    """With so many dots of that voter, of which these reactions hold one each."""
    others = {one: held for one, held in topic.dots.items() if one != voter}
    theirs = {one: held for one, held in topic.reacted.items() if one != voter}
    return replace(
        topic,
        dots={**others, voter: dots} if dots else others,
        reacted={**theirs, voter: reacted} if reacted else theirs,
    )


def dots_left(board: Board, voter: str, manner: Manner) -> int:
    """How many more dots `voter` may put."""
    return max(0, manner.dots - sum(topic.dots.get(voter, 0) for topic in open_topics(board)))


def give_thumb(board: Board, command: GiveThumb) -> Brewed:
    coffee, topic = _asking(board)
    held = coffee.thumbs.get(command.voter)
    if held is command.up:
        return Brewed(board, told=Told(topic=topic, coffee=coffee))
    now = replace(coffee, thumbs={**coffee.thumbs, command.voter: command.up})
    return Brewed(with_coffee(board, now), told=Told(Did.THUMB, topic, coffee=now))


def take_thumb(board: Board, command: TakeThumb) -> Brewed:
    coffee, topic = _asking(board)
    if coffee.thumbs.get(command.voter) is not command.up:
        return Brewed(board, told=Told(topic=topic, coffee=coffee))
    now = replace(coffee, thumbs={voter: up for voter, up in coffee.thumbs.items() if voter != command.voter})
    return Brewed(with_coffee(board, now), told=Told(Did.NO_THUMB, topic, coffee=now))


def _asking(board: Board) -> tuple[Coffee, Topic | None]:
    coffee = board.coffee
    if coffee is None or not coffee.asking:
        raise Refused("Nobody is asked for a thumb now.", "When a topic's time is over, everybody is.")
    return coffee, board.topics.get(coffee.current)


def _too_many(left: int, manner: Manner) -> str:
    each = f"Everybody has {manner.dots} {_dots(manner.dots)}"
    return f"{each}, and {f'{left} of yours {_are(left)} left' if left else 'all of yours are put'}."


def _yours(board: Board, voter: str) -> str:
    on = [f"{topic.id} ({topic.dots[voter]})" for topic in open_topics(board) if topic.dots.get(voter)]
    return f"Yours are on: {', '.join(on)}." if on else "You have put none."


def _dots(count: int) -> str:
    return "dot" if count == 1 else "dots"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
