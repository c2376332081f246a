"""What of all that Slack tells is kept, and as what."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat.slack.events import Event, event_of
from bot.memory import MEMORY_VALUE

US = "U0BOT"
TS = "1764244800.000100"


def told(event: dict[str, Any], id_: str = "Ev1") -> Event | None:
    return event_of({"type": "event_callback", "event_id": id_, "event": event}, US, "incident")


def message(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "channel": "C1", "user": "U0ANA", "ts": TS, "text": text, "event_ts": TS, **more}


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (message("!incident status"), "status"),
        (message("!inc take lead"), "take lead"),
        (message("<@U0BOT> note osd.17 &amp; osd.18 are down"), "note osd.17 & osd.18 are down"),
        (message("<@U0BOT|klatsch>: page <@U0BEN>"), "page <@U0BEN>"),
        ({**message("<@U0BOT> status"), "type": "app_mention"}, "status"),
        (message("!incident status", subtype="thread_broadcast"), "status"),
        (message("!incident note see this", subtype="file_share", files=[]), "note see this"),
        (message("!incident"), ""),
    ],
)
def test_a_line_for_the_bot(event, line):
    found = told(event)
    assert found is not None
    assert (found.kind, found.text, found.channel, found.user) == ("line", line, "C1", "U0ANA")
    assert found.message == f"C1:{TS}"
    assert found.when == datetime.fromtimestamp(1764244800.0001, UTC)


@pytest.mark.parametrize(
    "event",
    [
        message("osd.17 is down"),
        message("ask <@U0BOT> status"),
        message("<@U0OTHER> status"),
        message("!incident status", bot_id="B1"),
        message("!incident status", subtype="bot_message"),
        message("!incident status", subtype="channel_topic"),
        message("!incident status", user=""),
        message("!incident status", channel=7),
        message("!incident status", ts=["x"]),
        {"type": "message", "subtype": "message_changed", "channel": "C1"},
        {"type": "reaction_added", "user": "U0ANA", "reaction": "star", "item": {"type": "file", "file": "F1"}},
        {"type": "pin_added", "user": "U0ANA", "channel_id": "C1", "item": {"type": "file"}},
        {"type": "tokens_revoked"},
        {},
    ],
)
def test_what_means_nothing(event):
    assert told(event) is None


def test_an_answer_in_a_thread_knows_its_thread():
    found = told(message("!incident status", thread_ts="1764244700.000100"))
    assert found is not None
    assert found.thread == "1764244700.000100"


def test_an_edit():
    newer = {"type": "message", "user": "U0ANA", "text": "osd.18 &lt;down&gt;", "ts": TS}
    event = {
        "type": "message",
        "subtype": "message_changed",
        "channel": "C1",
        "message": {**newer, "edited": {"user": "U0ANA", "ts": "1764244900.000000"}},
        "previous_message": {**newer, "text": "osd.17 down"},
        "event_ts": "1764244900.000200",
    }
    found = told(event)
    assert found is not None
    assert (found.kind, found.user, found.message, found.text) == ("edit", "U0ANA", f"C1:{TS}", "osd.18 <down>")
    assert found.at == 1764244900.0002
    same = {**event, "previous_message": newer}
    assert told(same) is None, "what a link leads to is shown, and nobody edited anything"


OURS = {"user": US, "bot_id": "B1", "text": "the board", "ts": "1.2"}


@pytest.mark.parametrize(
    "event",
    [
        {"type": "message", "channel": "C1", **OURS},
        {"type": "message", "subtype": "message_changed", "channel": "C1", "message": OURS, "previous_message": {}},
        {
            "type": "reaction_added",
            "user": US,
            "reaction": "apple",
            "item": {"type": "message", "channel": "C1", "ts": "1.2"},
        },
        {"type": "pin_added", "user": US, "channel_id": "C1", "item": {"type": "message", "message": {"ts": "1.2"}}},
    ],
    ids=["said", "edited", "reacted", "pinned"],
)
def test_what_we_did_ourselves_means_nothing(event):
    assert told({**event, "event_ts": "1.3"}) is None


def test_that_somebody_deleted_what_we_said_does():
    event = {"type": "message", "subtype": "message_deleted", "channel": "C1", "deleted_ts": "1.2", "event_ts": "1.3"}
    found = told({**event, "previous_message": OURS})
    assert found is not None
    assert (found.kind, found.message) == ("removal", "C1:1.2")


def test_a_removal_also_of_a_message_that_others_answered():
    gone = {
        "type": "message",
        "subtype": "message_deleted",
        "channel": "C1",
        "deleted_ts": TS,
        "event_ts": "1764244900.0",
    }
    tombstone = {
        "type": "message",
        "subtype": "message_changed",
        "channel": "C1",
        "message": {"subtype": "tombstone", "text": "This message was deleted.", "ts": TS},
        "previous_message": {"text": "the password is x", "ts": TS},
        "event_ts": "1764244900.0",
    }
    for event in (gone, tombstone):
        found = told(event)
        assert found is not None
        assert (found.kind, found.message, found.text) == ("removal", f"C1:{TS}", "")


@pytest.mark.parametrize(("kind", "added"), [("reaction_added", True), ("reaction_removed", False)])
def test_a_reaction(kind, added):
    item = {"type": "message", "channel": "C1", "ts": TS}
    found = told({"type": kind, "user": "U0BEN", "reaction": "eyes::skin-tone-2", "item": item, "event_ts": TS})
    assert found is not None
    assert (found.kind, found.emoji, found.added, found.user) == ("reaction", "eyes", added, "U0BEN")


@pytest.mark.parametrize(("kind", "added"), [("pin_added", True), ("pin_removed", False)])
def test_a_pin(kind, added):
    item = {"type": "message", "channel": "C1", "message": {"ts": TS, "text": "x"}}
    found = told({"type": kind, "user": "U0BEN", "channel_id": "C1", "item": item, "event_ts": TS})
    assert found is not None
    assert (found.kind, found.emoji, found.added, found.message) == ("pin", "pushpin", added, f"C1:{TS}")


KEYS = ["type", "subtype", "channel", "user", "ts", "text", "message", "item", "reaction", "edited", "event_ts"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner),
    max_leaves=12,
)
KINDS = ["message", "app_mention", "reaction_added", "reaction_removed", "pin_added", "pin_removed"]


@given(
    kind=st.sampled_from(KINDS),
    subtype=st.sampled_from([None, "message_changed", "message_deleted", "file_share"]),
    rest=st.dictionaries(st.sampled_from([*KEYS, "channel_id", "deleted_ts", "previous_message"]), JSON),
)
def test_whatever_is_sent_is_an_event_that_can_be_kept_or_none(kind, subtype, rest):
    found = told({**rest, "type": kind, "subtype": subtype})
    if found is not None:
        kept = found.dumps()
        assert Event.loads(kept) == found
        assert len(kept) < 100_000
        assert kept.encode()
        assert json.loads(kept)["channel"] == found.channel
        assert found.when.year >= 1970


@pytest.mark.parametrize("text", ["\x01" * 40_000, "\ud83d", "a\0b", '"\\\n' * 14_000])
def test_any_line_can_be_kept(text):
    found = told(message(f"!incident note x{text}"))
    assert found is not None
    assert len(found.dumps()) < MEMORY_VALUE
    assert b"\\u0000" not in found.dumps().encode()
