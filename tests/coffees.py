"""A coffee for tests: its board before, in and after the meeting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.coffee.board import Board, Coffee, CoffeeStatus, Manner, Origin, Takeaway, Topic, TopicState
from bot.coffee.house import House
from tests.world import PEOPLE

STARTS = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)
ADDED = STARTS - timedelta(days=3)

OSDS = Topic(1, "Why do OSDs flap after a reboot?", ADDED, by="ana", place=1, dots={"v1": 2, "v2": 1, "v3": 1})
RUNBOOKS = Topic(
    2, "Who reads runbooks, @ben?", ADDED, Origin.REACTION, "ben", message="console:9", place=2, dots={"v1": 1}
)
NEARLY = Topic(4, "Nearly drained the wrong rack", ADDED, Origin.NEARMISS, incident=9, event=1, place=3, dots={"v2": 2})
OPEN = Topic(7, "Why did *nobody* see the alert?", ADDED, Origin.QUESTION, "cleo", incident=7, event=12)
TOPICS = {topic.id: topic for topic in (OSDS, RUNBOOKS, NEARLY, OPEN)}

CALLED = Coffee(3, STARTS)
ORDERED = replace(CALLED, status=CoffeeStatus.ORDERED, agenda=(1, 4, 2, 7))
RUNNING = replace(
    ORDERED,
    status=CoffeeStatus.RUNNING,
    current=4,
    since=STARTS + timedelta(minutes=14),
    until=STARTS + timedelta(minutes=22),
    round=1,
    began=STARTS + timedelta(minutes=2),
)
OVER = replace(RUNNING, status=CoffeeStatus.OVER, current=0, until=None, ended=STARTS + timedelta(minutes=48), voices=3)

SAID = (Takeaway("We alert on slow OSDs, not on flapping ones", "ben"), Takeaway("Ben Okafor writes it down"))
DISCUSSED = replace(OSDS, state=TopicState.DISCUSSED, coffee=3, spent=timedelta(minutes=12), takeaways=SAID)
NEXT = replace(NEARLY, state=TopicState.DISCUSSED, coffee=3, spent=timedelta(minutes=8, seconds=10))

BEFORE = Board(TOPICS, CALLED)
MEETING = Board({**TOPICS, 1: DISCUSSED}, RUNNING)
AFTER = Board({**TOPICS, 1: DISCUSSED, 4: NEXT}, OVER)


def house(language: str = "en", **manner: object) -> House:
    """Berlin's, where people meet by video."""
    held = Manner(**{"link": "https://meet.example.org/coffee", **manner})
    return House(held, language, "Europe/Berlin", PEOPLE, next=lambda at: STARTS if at < STARTS else None)
