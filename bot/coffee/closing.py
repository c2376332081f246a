"""Rules of how a meeting ends: its minutes are written, dots are gone, and what was not talked about stays on the board. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.coffee.board import Board, Coffee, CoffeeStatus, Manner, Talked, TopicState
from bot.coffee.brewed import Brewed, Did, Told, with_coffee, with_topics
from bot.coffee.meeting import done, ends_itself, running, told_of
from bot.coffee.topics import of_meeting, open_topics, ordered, without
from bot.incident import effects as f
from bot.incident.commands.coffee import SkipCoffee
from bot.incident.model import Refused
from bot.incident.text import REMOVED, web_link

BY_MISTAKE = timedelta(minutes=2)
"""Who ends a meeting so soon, with nothing taken along, had begun it by mistake; and who begins one so soon after another had ended that
one by mistake."""


def end(board: Board, manner: Manner, *, at: datetime) -> Brewed:
    if board.coffee is None:
        raise Refused("No coffee is going on.", "`coffee` shows the board.")
    if board.coffee.status is not CoffeeStatus.RUNNING:
        raise Refused("The coffee has not begun.", "`coffee skip` says that it does not take place.")
    soon = timedelta() <= at - (board.coffee.began or at) < BY_MISTAKE
    taken = any(topic.takeaways for topic in board.topics.values() if of_meeting(topic, board.coffee))
    if soon and not taken and board.coffee.unbegun is not CoffeeStatus.OVER:
        return _not_begun(board, board.coffee, manner)
    return close(board, manner, at)


def _not_begun(board: Board, coffee: Coffee, manner: Manner) -> Brewed:
    """As it was before, but for what somebody removed or dropped meanwhile."""
    coffee = replace(coffee, status=coffee.unbegun, began=None, current=0, last=0, since=None, until=None, round=0)
    if coffee.status is CoffeeStatus.CALLED:
        coffee = replace(coffee, agenda=())
    coffee, clock = ends_itself(replace(coffee, asking=False, thumbs={}, asked={}), coffee.starts_at, manner)
    board = with_coffee(board, coffee)
    for topic in board.topics.values():
        if not of_meeting(topic, coffee):
            continue
        was = topic.earlier or Talked(0, timedelta())
        back = replace(topic, coffee=was.coffee, spent=was.spent, takeaways=was.takeaways, earlier=None)
        stays = topic.state is not TopicState.DROPPED and topic.text != REMOVED
        board = with_topics(board, replace(back, state=TopicState.OPEN)) if stays else without(board, back)
    waits = clock if coffee.status.live else ()
    return Brewed(board, waits, Told(Did.NOT_BEGUN, coffee=coffee))


def resumed(board: Board, manner: Manner, *, at: datetime) -> Brewed | None:
    """The meeting that has just been ended goes on, with the topic that somebody names; None: there is none. Its dots are gone, its agenda is
    not: what came up since stands behind it, what was dropped does not."""
    last = None if board.coffee else board.past.get(max(board.past, default=0))
    if last is None or last.ended is None or not timedelta() <= at - last.ended < BY_MISTAKE:
        return None
    past = {number: one for number, one in board.past.items() if number != last.number}
    stay = [id_ for id_ in last.agenda if id_ in board.topics and board.topics[id_].state is not TopicState.DROPPED]
    since = [topic.id for topic in ordered(open_topics(board)) if topic.id not in stay]
    coffee = replace(last, status=CoffeeStatus.RUNNING, ended=None, agenda=(*stay, *since), silent=0)
    coffee, clock = ends_itself(replace(coffee, unbegun=CoffeeStatus.OVER), at, manner)
    # Whoever put one since did so for the next coffee, as somebody else.
    again = [replace(topic, dots={}, reacted={}) for topic in board.topics.values() if topic.state is TopicState.OPEN]
    board = with_topics(replace(board, coffee=coffee, past=past), *again)
    return Brewed(board, clock, Told(Did.RESUMED, board.topics.get(coffee.last), coffee=coffee))


def met(board: Board) -> Coffee:
    """The meeting that people are in, or were in last: things come to mind later. Raises Refused."""
    over = [coffee for coffee in board.past.values() if coffee.ended]
    if (board.coffee is None or board.coffee.status is not CoffeeStatus.RUNNING) and over:
        return max(over, key=lambda coffee: coffee.number)
    return running(board)


def written(board: Board, coffee: Coffee, manner: Manner, told: Told) -> Brewed:
    """What people take along of `coffee` is otherwise, and so are its minutes where they are written already."""
    if coffee.status is CoffeeStatus.RUNNING:
        return Brewed(board, told=told)
    # Whatever is done outside is counted as a change of a meeting.
    board = with_coffee(board, replace(coffee, version=coffee.version + 1))
    return Brewed(board, tuple(f.WriteMinutes(name, coffee.number) for name in manner.publishers), told)


def close(board: Board, manner: Manner, at: datetime) -> Brewed:
    """People part; they met until now. Who has dots for the next coffee has as many as everybody."""
    board = done(board, at)
    coffee = running(board)
    voices = {voter for topic in board.topics.values() for voter in topic.dots}
    coffee = replace(coffee, status=CoffeeStatus.OVER, ended=at, voices=max(coffee.voices, len(voices)))
    # Who voted for what is nobody's business any more; how many did is for the minutes.
    kept = {
        id_: replace(topic, dots={}, reacted={}, brought="", earlier=None)
        if topic.state is TopicState.OPEN
        else replace(topic, dots={}, reacted={}, brought="", earlier=None, had=topic.votes, place=0)
        for id_, topic in board.topics.items()
    }
    board = with_coffee(replace(board, topics=kept), coffee)
    talked = any(of_meeting(topic, coffee) for topic in kept.values())
    minutes = tuple(f.WriteMinutes(name, coffee.number) for name in manner.publishers) if talked else ()
    return Brewed(board, (*told_of(manner, "over", coffee), *minutes), Told(Did.OVER, coffee=coffee))


def skip(board: Board, command: SkipCoffee, manner: Manner) -> Brewed:
    coffee = board.coffee
    if command.starts_at is not None and (coffee is None or coffee.starts_at != command.starts_at):
        return Brewed(board)
    if coffee is None:
        raise Refused("No coffee is called.", "Once the next one is, `coffee skip` says that it does not take place.")
    if coffee.status is CoffeeStatus.RUNNING:
        raise Refused("The coffee is going on.", "`coffee end` ends it.")
    coffee = replace(coffee, status=CoffeeStatus.SKIPPED)
    return Brewed(with_coffee(board, coffee), told_of(manner, "skipped", coffee), Told(Did.SKIPPED, coffee=coffee))


def record_minutes(board: Board, number: int, place: str) -> Brewed:
    """People are sent to the first place that can be opened, wherever else they lie."""
    coffee = board.past.get(number)
    if coffee is None or (coffee.minutes and (web_link(coffee.minutes) or not web_link(place))):
        return Brewed(board)
    coffee = replace(coffee, minutes=place)
    return Brewed(with_coffee(board, coffee), told=Told(Did.KEPT, coffee=coffee))
