"""The board of the lean coffee, as it is stored: what was written once is read by every release that comes."""

from __future__ import annotations

import json
from datetime import timedelta

from bot.coffee.board import Coffee, CoffeeStatus, Origin, Shown, Takeaway, Talked, Topic, TopicState
from bot.incident import effects as f
from storage import codec
from tests.builders import START

TOPIC = """{"id": 3, "text": "Why do OSDs flap?", "added_at": "2026-11-20T14:00:00Z", "origin": "question", "by": "ana", "incident": 7,
"event": 12, "message": "slack:1.2", "place": 2, "state": "discussed", "dots": {"0123456789abcdef": 2}, "coffee": 4,
"spent": "PT720.5S", "takeaways": [{"text": "Alert on slow ones", "by": "ben", "number": 3}], "had": 5,
"reacted": {"0123456789abcdef": ["slack:1.3"]}, "brought": "fedcba9876543210",
"earlier": {"coffee": 2, "spent": "PT60S", "takeaways": [{"text": "Buy disks", "by": "", "number": 1}]}}"""

COFFEE = """{"number": 4, "starts_at": "2026-11-20T14:00:00Z", "status": "running", "agenda": [3, 1], "current": 1,
"since": "2026-11-20T14:00:00Z", "until": "2026-11-20T14:00:00Z", "round": 2, "asking": true,
"thumbs": {"0123456789abcdef": true}, "boards": {"slack": {"room": "C1", "message": "1.3"}}, "asked": {"slack": "1.4"},
"began": "2026-11-20T14:00:00Z", "ended": null, "minutes": "", "last": 3, "version":9,"voices":5,"ballot":2,"silent":1,
"left": [3], "lost": {"slack": 2}, "closes": "2026-11-20T14:00:00Z", "unbegun": "called"}"""


def test_a_topic_is_read_as_it_was_written() -> None:
    topic = Topic(
        3,
        "Why do OSDs flap?",
        START,
        Origin.QUESTION,
        "ana",
        7,
        12,
        "slack:1.2",
        2,
        TopicState.DISCUSSED,
        {"0123456789abcdef": 2},
        4,
        timedelta(minutes=12, milliseconds=500),
        (Takeaway("Alert on slow ones", "ben", 3),),
        5,
        {"0123456789abcdef": ("slack:1.3",)},
        "fedcba9876543210",
        Talked(2, timedelta(minutes=1), (Takeaway("Buy disks", "", 1),)),
    )
    assert codec.load_topic(TOPIC) == topic
    assert codec.load_topic(codec.dump(topic)) == topic
    assert json.loads(codec.dump(topic)).keys() == json.loads(TOPIC).keys()
    least = {name: json.loads(TOPIC)[name] for name in ("id", "text", "added_at")}
    assert codec.load_topic(json.dumps(least)) == Topic(3, "Why do OSDs flap?", START)


def test_a_coffee_is_read_as_it_was_written() -> None:
    coffee = Coffee(
        4,
        START,
        CoffeeStatus.RUNNING,
        (3, 1),
        1,
        START,
        START,
        2,
        True,
        {"0123456789abcdef": True},
        {"slack": Shown("C1", "1.3")},
        {"slack": "1.4"},
        START,
        last=3,
        version=9,
        voices=5,
        ballot=2,
        silent=1,
        left=(3,),
        lost={"slack": 2},
        closes=START,
        unbegun=CoffeeStatus.CALLED,
    )
    assert codec.load_coffee(COFFEE) == coffee
    assert codec.load_coffee(codec.dump(coffee)) == coffee
    assert json.loads(codec.dump(coffee)).keys() == json.loads(COFFEE).keys()
    least = {name: json.loads(COFFEE)[name] for name in ("number", "starts_at")}
    assert codec.load_coffee(json.dumps(least)) == Coffee(4, START)


def test_what_is_to_be_done_over_coffee_is_read_as_it_was_written() -> None:
    for effect in (
        f.ShowBoard("slack"),
        f.TellCoffee("slack", "began", 4, 3, 2),
        f.AskThumbs("slack", 4, 3, 1),
        f.WriteMinutes("git", 4),
        f.WakeTimebox(4, 3, 1, START),
        f.WakeThumbs(4, 3, 1, START),
    ):
        assert codec.load_effect(f.kind_of(effect), codec.dump(effect)) == effect
