"""What timelines say and the board has not heard of: the release before ours keeps ☕, ❓ and near misses, and makes no topics of them. Pure.

It may have run until yesterday, or write beside us while bots are upgraded one after the other. So before people vote, and before they meet, what
stands on timelines since the last coffee is looked through once more, by its key: nothing comes up twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.coffee.board import Board
from bot.coffee.topics import open_topics
from bot.incident import events as e
from bot.incident.commands import coffee as c
from bot.incident.messages import as_edited
from bot.incident.model import Incident, Source, Status
from bot.incident.text import REMOVED

LOOKED_BACK = timedelta(weeks=5)
"""At most. What nobody talked about for longer is no news."""

ASKED_FOR_BY = c.CallCoffee | c.OrderAgenda | c.StartCoffee
"""What people see the whole board after."""


@dataclass(frozen=True, slots=True)
class Lately:
    """`unheard` are marked lines and near misses that are no topic (incident and number of the event). `recorded` are these and those
    that topics came from, in their order, with what edits or takes back such; `incidents` are theirs, private ones with them."""

    unheard: frozenset[tuple[int, int]] = frozenset()
    recorded: tuple[e.Recorded, ...] = ()
    incidents: Mapping[int, Incident] = field(default_factory=dict)


def since(board: Board, at: datetime) -> datetime:
    """From when on there may be something that no coffee had a chance to talk about."""
    met = [one.began for one in board.past.values() if one.began is not None]
    return max([*met, at - LOOKED_BACK])


def overlooked(board: Board, lately: Lately, at: datetime) -> list[e.Recorded]:
    """What `board` is to hear (`bot.coffee.sources.brought`), each as it reads now; it has all topics of the incidents with something
    unheard."""
    return [*_gone(board, lately, at), *_new(board, lately)]


def _gone(board: Board, lately: Lately, at: datetime) -> list[e.Recorded]:
    """Nobody may read it any more, and the board was not told."""
    texts = {(one.incident, one.seq): one.event.text for one in lately.recorded if isinstance(one.event, e.Noted)}
    found: list[e.Recorded] = []
    for topic in open_topics(board):
        incident = lately.incidents.get(topic.incident)
        if incident is None or topic.text == REMOVED:
            continue
        if incident.private:
            found.append(_said(topic.incident, e.MadePrivate(at=at), at))
        elif texts.get((topic.incident, topic.event)) == REMOVED:
            removed = e.MessageRemoved(at=at, message=topic.message, events=(topic.event,))
            found.append(_said(topic.incident, removed, at))
    return found


def _said(number: int, event: e.Event, at: datetime) -> e.Recorded:
    return e.Recorded(number, 0, at, "", Source(""), 0, event)


def _new(board: Board, lately: Lately) -> list[e.Recorded]:
    taken = {(one.incident, one.event.event) for one in lately.recorded if isinstance(one.event, e.Retracted)}
    # Whoever marks a message twice brings up one topic, also when that one was talked about by now.
    messages = {topic.message for topic in board.topics.values()} - {""}
    found: list[e.Recorded] = []
    for number, incident in lately.incidents.items():
        if incident.private:
            continue
        for one in as_edited([one for one in lately.recorded if one.incident == number]):
            if (number, one.seq) not in lately.unheard - taken:
                continue
            match one.event:
                case e.Noted(text=text, message=message) if text != REMOVED and message not in messages:
                    found.append(one)
                case e.IncidentOpened() if incident.status is not Status.CANCELLED:
                    found.append(replace(one, event=replace(one.event, title=incident.title)))
                case _:
                    pass
    return sorted(found, key=lambda one: (one.recorded_at, one.incident, one.seq))
