"""A `key=value` behind a verb that does not take it: refused where it would be lost, text where text is meant."""

from __future__ import annotations

import pytest

from bot.chat.parse import parse
from bot.chat.verbs import VERBS
from bot.incident import commands as c
from bot.incident.model import Mark, Moment, Severity, Status
from tests.unit.test_parse import ROOM, done, refused, utc

REFUSED = [
    # No text is expected.
    ("accept at=14:05", "`accept` takes no `at=`."),
    ("accept at=14:05", "`accept` takes `page=`."),
    ("accept sev=1", "`accept` takes no `sev=`."),
    ("role lead @ana reason=tired", "`role` takes no `reason=`. Usage: `role [lead"),
    ("take comms at=14:05", "`take` takes no `at=`."),
    ("handoff @ben at=now", "`handoff` takes no `at=`."),
    ("private reason=leak", "`private` takes no `reason=`."),
    ("timeline at=14:05", "`timeline` takes no `at=`."),
    ("list sev=1", "`list` takes no `sev=`. Usage: `list [all|STATUS|KIND|sev1]`"),
    ("catchup start=14:05", "`catchup` takes no `start=`."),
    ("timeline at=14:05", "`timeline` takes no `at=`."),
    ("pm draft due=14d", "`pm` takes no `due=`. Usage: `pm [draft"),
    ("pm draft due=14d", "`followup` takes it."),
    ("undo e12 at=14:05", "`undo` takes no `at=`."),
    ("help at=14:05", "`help` takes no `at=`."),
    ("task done 2 at=14:05", "`task` takes no `at=`."),
    # The title of an incident.
    ("open sev3 Volumes slow owner=@ben", "`open` takes no `owner=`."),
    ('open sev3 title="Volumes slow"', "`open` takes no `title=`."),
    ("open sev3 Volumes slow end=14:00", "`open` takes `sev=`, `service=`, `page=`, `at=`, `start=`, `another=`."),
    ("drill Rack loss page=platform", "`drill` takes no `page=`. `drill` takes `sev=`, `speed=`."),
    ("retro Volumes slow at=-2h", "`retro` takes `start=`, `end=`, `service=`, `sev=`."),
    ("maint Switches at=22:00 end=+2h", "`maint` takes no `at=`."),
    ("nearmiss Wrong rack at=14:05", "`nearmiss` takes no `at=`. Usage: `nearmiss [anonymous] TITLE`"),
    # Another text, with a value such as that key takes.
    ("update Volumes slow at=14:05", "`update` takes no `at=`. `update` takes `next=`."),
    ("update Volumes slow at=14:05", '`"at=14:05"`'),
    ("update at=14:05 Volumes slow", "`update` takes no `at=`."),
    ("update Volumes slow comp=volumes:down", "`update` takes no `comp=`."),
    ('update Volumes slow at="03.11. 23:00"', "`update` takes no `at=`."),
    ("note restarted next=30m", "`update` takes it."),
    ("note restarted start=25:00", "`note` takes no `start=`."),
    ("hypothesis the kernel mark=key", "`note` takes it."),
    ("decide drain hv-17 owner=@ben", "`decide` takes no `owner=`."),
    ("decide drain hv-17 owner=ben", "`decide` takes no `owner=`."),
    ("resolve rolled back end=14:05", "`resolve` takes `at=`, `reason=`."),
    ("status monitoring at=14:05", "`open`, `moment`, `oncall`, `override` and others take it."),
    ("status monitoring reason=fixed at=14:05", "`status` takes no `at=`."),
    ("sev 1 all of it start=13:50", "`sev` takes no `start=`."),
    ("close at=2026-11-04T14:05", "`close` takes no `at=`."),
    ("cancel opened twice due=friday", "`cancel` takes no `due=`."),
    ("merge INC-41 at=14:05", "`merge` takes no `at=`."),
    ("rename Volumes slow sev=1", "`rename` takes no `sev=`."),
    ("impact Writes fail page=platform", "`impact` takes no `page=`."),
    ("task check quorum due=14d", "`followup` takes it."),
    ("followup Alert at=14:05", "`followup` takes no `at=`."),
    ("publish investigating We look into it. start=13:50", "`publish` takes no `start=`."),
    ("publish investigating We look into it. plane=data", "`publish` takes no `plane=`."),
    ("similar OSDs match=az=az1", "`similar` takes no `match=`."),
]


@pytest.mark.parametrize(("line", "words"), REFUSED, ids=[line for line, _ in REFUSED])
def test_a_key_of_other_verbs_is_refused_where_it_would_be_lost(line: str, words: str) -> None:
    assert words in refused(line)


def note(text: str) -> c.Note:
    return c.Note(mark=Mark.NOTE, text=text)


TEXT = [
    # No verb knows the key.
    ("open sev3 nova exits reason=oom service=x", c.Open(title="nova exits reason=oom", service="x", severity=Severity.SEV3)),
    ("note latency=3s", note("latency=3s")),
    ("resolve set timeout=30s", c.Resolve(summary="set timeout=30s")),
    # The value is not such as the key takes.
    ("note it says severity=critical service=nova page=7", note("it says severity=critical service=nova page=7")),
    ("note reads start=0 end=512 next=sda", note("reads start=0 end=512 next=sda")),
    ("update owner=ceph on all files", c.PostUpdate(text="owner=ceph on all files")),
    ("close reason=set plane=green", c.Close(reason="set plane=green")),
    ("task set match=any", c.AddTask(text="set match=any")),
    ("hypothesis title=x is empty", c.Note(mark=Mark.HYPOTHESIS, text="title=x is empty")),
    # In double quotes everything is text, and the keys beside it are keys.
    ('update "Volumes slow at=14:05"', c.PostUpdate(text="Volumes slow at=14:05")),
    ('update Volumes slow "at=14:05"', c.PostUpdate(text='Volumes slow "at=14:05"')),
    ("update „Volumes slow at=14:05“", c.PostUpdate(text="Volumes slow at=14:05")),
    ('note "it says at=10" at=14:05', c.Note(mark=Mark.NOTE, text="it says at=10", when=utc("2026-11-04T13:05"))),
    ('note "mark=key" and "at=10".', note('"mark=key" and "at=10".')),
    ('close reason=it says "at=14:05" now', c.Close(reason='it says "at=14:05" now')),
    # A mark of inches begins nothing.
    ('note a 3" disk at=14:05 and a 5" one', c.Note(mark=Mark.NOTE, text='a 3" disk and a 5" one', when=utc("2026-11-04T13:05"))),
]  # fmt: skip


@pytest.mark.parametrize(("line", "command"), TEXT, ids=[line for line, _ in TEXT])
def test_what_is_text_stays_text(line: str, command: object) -> None:
    assert done(line) == command


def test_a_key_of_its_own_is_a_key_wherever_it_stands() -> None:
    assert done("resolve fixed at=14:05") == c.Resolve(summary="fixed", when=utc("2026-11-04T13:05"))
    assert done("moment mitigated at=14:05") == c.SetMoment(moment=Moment.MITIGATED, value=utc("2026-11-04T13:05"))
    assert done("status monitoring reason=a b") == c.SetStatus(status=Status.MONITORING, reason="a b")
    # What is no time there is asked about, as before.
    assert "not a time I understand" in refused("note at=10 the disk")


@pytest.mark.parametrize(
    ("line", "command", "aside"),
    [
        ("ack at=14:05", c.Acknowledge(person="ana"), "`ack` takes no `at=`, so `at=14:05` changed nothing."),
        ("at=14:05 ack", c.Acknowledge(person="ana"), "`ack` takes no `at=`, so `at=14:05` changed nothing."),
        ("ack x=1 ok", c.Acknowledge(person="ana"), ""),
        (
            "page platform disks full at=14:05",
            c.Page(target="policy:platform", text="disks full at=14:05"),
            "`page` takes no `at=`, so `at=14:05` is a part of the text.",
        ),
        ("page platform severity=critical", c.Page(target="policy:platform", text="severity=critical"), ""),
    ],
)
def test_whom_the_phones_wait_for_is_never_refused_over_a_key(line: str, command: object, aside: str) -> None:
    answer = parse(line, ROOM)
    assert (answer.command, answer.aside) == (command, aside)  # type: ignore[union-attr]


def test_no_key_of_another_verb_is_swallowed_in_a_line_without_text() -> None:
    values = {"at": "14:05", "start": "14:05", "end": "14:05", "next": "30m", "due": "14d", "owner": "@ben"}
    for verb in VERBS:
        for key, value in values.items():
            if key in verb.keys or verb.rings:
                continue
            assert f"takes no `{key}=`" in refused(f"{verb.example} {key}={value}"), verb.name
