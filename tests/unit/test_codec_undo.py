"""What an older release stored of a change can be read, although it kept less of what had been before."""

import pytest

from bot.incident import events as e
from storage import codec

AT = '"at":"2026-11-20T14:00:00Z"'
OLD = [
    ("status_changed", f'{{{AT},"old":"resolved","new":"investigating","reopened":true}}'),
    ("task_changed", f'{{{AT},"task":1,"done":true,"owner":"ben"}}'),
    ("follow_up_changed", f'{{{AT},"followup":1,"outcome":"done"}}'),
    ("follow_up_changed", f'{{{AT},"followup":1,"outcome":"wontdo","reason":"no","before":{{"id":1,"text":"x"}}}}'),
    ("moment_set", f'{{{AT},"moment":"detected","value":"2026-11-20T13:50:00Z"}}'),
    ("public_draft_discarded", f"{{{AT}}}"),
    ("public_post_drafted", f'{{{AT},"post":{{"title":"x","status":"resolved","text":"y"}}}}'),
]


@pytest.mark.parametrize(("kind", "body"), OLD, ids=[f"{kind}-{place}" for place, (kind, _) in enumerate(OLD)])
def test_what_was_stored_before_can_be_read(kind: str, body: str) -> None:
    event = codec.load_event(kind, body)
    assert e.kind_of(event) == kind
    assert codec.load_event(kind, codec.dump(event)) == event
