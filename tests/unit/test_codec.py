"""What is stored, read again by a release that knows more."""

from __future__ import annotations

import json

from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.model import Incident, Room
from storage import codec
from tests.builders import START

AT = '"at": "2026-11-20T14:00:00Z"'


def test_what_was_written_before_rooms_could_be_left_can_be_read() -> None:
    opened = codec.load_event("room_opened", f'{{{AT}, "platform": "console", "room": "inc-1"}}')
    assert opened == e.RoomOpened(at=START, platform="console", room="inc-1")
    assert codec.load_event("made_private", f"{{{AT}}}") == e.MadePrivate(at=START)
    assert codec.load_effect("tell", '{"platform": "console"}') == f.Tell("console")
    incident = Incident(7, START, rooms={"console": Room("inc-7")})
    stored = json.loads(codec.dump(incident))
    del stored["responders"], stored["worked_on_since"], stored["rooms"]["console"]["exposed"]
    assert codec.load_incident(7, json.dumps(stored)) == incident


def test_what_was_written_before_files_were_kept_can_be_read() -> None:
    noted = codec.load_event("noted", f'{{{AT}, "mark": "note", "text": "x", "message": "m1", "edited": false}}')
    assert isinstance(noted, e.Noted)
    assert noted.files == ()
