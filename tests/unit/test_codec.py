"""What is stored, read again by a release that knows more."""

from __future__ import annotations

import json

from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.links import Guides
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


def test_what_was_written_before_there_were_links_can_be_read() -> None:
    fired = codec.load_event("alerts_fired", f'{{{AT}, "count": 1, "firing": 1}}')
    assert fired == e.AlertsFired(at=START, count=1, firing=1)
    absorbed = codec.load_event("absorbed", f'{{{AT}, "other": 8, "title": "x"}}')
    assert absorbed == e.Absorbed(at=START, other=8, title="x")
    reached = codec.load_event("post_reached_page", f'{{{AT}, "number": 1, "page": "page"}}')
    assert reached == e.PostReachedPage(at=START, number=1, page="page")
    incident = Incident(7, START, guides=Guides("https://wiki.example.org/osd"))
    stored = json.loads(codec.dump(incident))
    assert codec.load_incident(7, json.dumps(stored)) == incident
    del stored["guides"]
    assert codec.load_incident(7, json.dumps(stored)) == Incident(7, START)


def test_what_was_written_before_files_were_kept_can_be_read() -> None:
    noted = codec.load_event("noted", f'{{{AT}, "mark": "note", "text": "x", "message": "m1", "edited": false}}')
    assert isinstance(noted, e.Noted)
    assert noted.files == ()
