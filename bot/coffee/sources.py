"""Topics that nobody typed: ☕ and ❓ lines of timelines, and near misses. They follow what becomes of what they come from. Pure.

Nothing of a private incident is ever on the board, and what was there goes when it becomes private, with what people took along from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.coffee.board import Board, Manner, Origin, Topic, TopicState
from bot.coffee.brewed import Brewed, finished, with_topics
from bot.coffee.topics import SHORTEST, added, current, without
from bot.coffee.voters import Voter
from bot.coffee.voting import put_dots, take_dots
from bot.incident import events as e
from bot.incident.commands.coffee import TOPIC_LIMIT, PutDots, TakeDots
from bot.incident.model import Incident, Kind, Mark, Refused, Status
from bot.incident.text import REMOVED, one_line

ORIGINS = {Mark.COFFEE: Origin.REACTION, Mark.QUESTION: Origin.QUESTION}
"""The lines of a timeline that are topics."""

_READ = 10_000
"""Characters of a line that are looked at."""

BIRTH = 1
"""The number of the event that opens an incident."""


def wanted(recorded: Sequence[e.Recorded], incidents: Mapping[int, Incident]) -> tuple[set[tuple[int, int]], set[int]]:
    """The events (incident and number) whose topics `recorded` may be about, and the incidents that became private in it. Empty for
    what has nothing to do with the board, as nearly all has."""
    events: set[tuple[int, int]] = set()
    private: set[int] = set()
    for one in recorded:
        if isinstance(one.event, e.MadePrivate):
            private.add(one.incident)
        for seq in _about(one, incidents[one.incident]):
            events.add((one.incident, seq))
    return events, private


def _is_topic(mark: Mark, incident: Incident) -> bool:
    """What is asked in a drill is a part of it; what somebody gives a ☕ there is to be talked about."""
    return mark in ORIGINS and (mark is Mark.COFFEE or incident.kind is not Kind.DRILL)


def _about(one: e.Recorded, incident: Incident) -> tuple[int, ...]:
    match one.event:
        case e.Noted(mark=mark) if _is_topic(mark, incident):
            return (one.seq,)
        case e.IncidentOpened() | e.TitleChanged() if incident.kind is Kind.NEARMISS:
            return (BIRTH,)
        case e.StatusChanged(new=Status.CANCELLED) if incident.kind is Kind.NEARMISS:
            # It was none.
            return (BIRTH,)
        case e.Seconded(event=seq) | e.Retracted(event=seq):
            return (seq,)
        case e.MessageEdited(events=events) | e.MessageRemoved(events=events):
            return events
        case _:
            return ()


def brought(
    board: Board,
    recorded: Sequence[e.Recorded],
    incidents: Mapping[int, Incident],
    manner: Manner,
    *,
    at: datetime,
    first_topic: int,
    voter: Voter,
) -> Brewed:
    """What `recorded` makes of `board`, which has all topics that are `wanted`. Ids of new ones count from `first_topic`. What the
    board has no room for, or has already, is left out: it stands on its timeline."""
    now = board
    for one in recorded:
        if isinstance(one.event, e.MadePrivate):
            secret = [topic for topic in now.topics.values() if _tells_of(topic, one.incident)]
            now = _vanished(now, [_untold(topic) for topic in secret])
        elif not incidents[one.incident].private:
            id_ = max((first_topic, *(id_ + 1 for id_ in now.topics)))
            now = _followed(now, one, incidents[one.incident], manner, at=at, id_=id_, voter=voter)
    return finished(board, Brewed(now), manner)


def _followed(
    board: Board, one: e.Recorded, incident: Incident, manner: Manner, *, at: datetime, id_: int, voter: Voter
) -> Board:
    found = _from(board, one.incident, _about(one, incident))
    match one.event:
        case e.Noted(mark=mark, text=text, message=message) if _is_topic(mark, incident):
            return _new(
                board, Topic(id_, _line(text, manner), at, ORIGINS[mark], one.by, one.incident, one.seq, message)
            )
        case e.IncidentOpened(title=title) if incident.kind is Kind.NEARMISS:
            return _new(board, Topic(id_, _line(title, manner), at, Origin.NEARMISS, one.by, one.incident, one.seq))
        case e.TitleChanged(new=text) | e.MessageEdited(text=text):
            return with_topics(board, *(replace(topic, text=_line(text, manner) or topic.text) for topic in found))
        case e.Seconded(stands=stands) if found:
            return _dot(board, found[0], voter(one.by, board.ballot), manner, put=stands)
        case e.Retracted() if found:
            board = _dot(board, found[0], voter(one.by, board.ballot), manner, put=False)
            topic = board.topics[found[0].id]
            # Others want to talk about it.
            return board if topic.votes else _gone(board, topic)
        case e.StatusChanged() if found:
            return _gone(board, found[0])
        case e.MessageRemoved():
            return _vanished(board, found)
        case _:
            return board


def _tells_of(topic: Topic, incident: int) -> bool:
    """It came up there, or somebody reacted to what names it elsewhere: the announcement, a digest. What was typed is people's own."""
    if topic.incident or not topic.message:
        return topic.incident == incident
    return bool(re.search(rf"(?<![A-Za-z0-9])INC-{incident}(?![0-9])", topic.text, re.IGNORECASE))


def _from(board: Board, incident: int, events: Sequence[int]) -> list[Topic]:
    return [topic for topic in board.topics.values() if topic.incident == incident and topic.event in events]


def _new(board: Board, topic: Topic) -> Board:
    """Who takes a reaction off and puts it on again, or marks a message as both, brings up one topic."""
    known = any(one.message == topic.message and one.state is TopicState.OPEN for one in board.topics.values())
    if len(topic.text) < SHORTEST or (topic.message and known) or _from(board, topic.incident, (topic.event,)):
        return board
    try:
        return added(board, topic)
    except Refused:
        return board


def _dot(board: Board, topic: Topic, voter: str, manner: Manner, *, put: bool) -> Board:
    """As far as the voter has any; what put none takes none."""
    reaction = f"{topic.incident}:{topic.event}"
    try:
        if put:
            return put_dots(board, PutDots(topic=topic.id, voter=voter, reaction=reaction), manner).board
        return take_dots(board, TakeDots(topic=topic.id, voter=voter, reaction=reaction), manner).board
    except Refused:
        return board


def _gone(board: Board, topic: Topic) -> Board:
    """What people talk about, or did, stays."""
    stays = topic.state is not TopicState.OPEN or current(board) == topic.id
    return board if stays else without(board, topic)


def _vanished(board: Board, topics: Sequence[Topic]) -> Board:
    """Nobody may read it any more, wherever it stands."""
    for topic in topics:
        unread = replace(topic, text=REMOVED, message="")
        board = _gone(with_topics(board, unread), unread)
    return board


def _untold(topic: Topic) -> Topic:
    """Without what people took along of it, now and before."""
    return replace(topic, takeaways=(), earlier=replace(topic.earlier, takeaways=()) if topic.earlier else None)


def _line(text: str, manner: Manner) -> str:
    line = one_line(manner.unnamed(text[:_READ]), TOPIC_LIMIT + 1)
    return line if len(line) <= TOPIC_LIMIT else f"{line[: TOPIC_LIMIT - 1].rstrip()}…"
