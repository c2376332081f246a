"""The picture of a room: what is on it at any size, and what replaces it where there is no terminal."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from adapters.chat.console import Change, Message, Room
from adapters.chat.console.frame import Frame
from adapters.chat.console.live import LiveScreen
from bot.chat import document as d
from tests.unit.test_terminal import CARD, DOCUMENT, HOSTILE, controls

AT = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)


def said(number: int, by: str, document: d.Document, **more: object) -> Message:
    return Message(f"m{number}", by, document, AT + timedelta(minutes=number), **more)


ROOM = Room(
    id="inc-7",
    name="inc-7-ceph",
    topic="INC-7 SEV1 Ceph OSDs flapping in az2",
    people={"ana": "Ana Ruiz", "ben": "Ben Okafor"},
    messages=(
        said(0, "", CARD),
        said(1, "", d.Document("2 news", (d.Bullets((d.line("paged Ana"), d.line("3 alerts fired"))),)), thread="m0"),
        said(2, "ben", d.say("the switch in rack 3 is flapping"), reactions=(("📌", "ana"), ("📌", "ben"))),
        said(3, "ana", d.say("resolv")),
        said(4, "", d.say("I do not know “resolv”.", "refused"), thread="m3"),
    ),
    pinned=("m0",),
)


def picture(room: Room | None, width: int, height: int, *, whole: bool = False, step: str = "3/9 paging Ana…") -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, color_system=None, force_terminal=False)
    console.print(Frame(room, step=step, note="page: http://127.0.0.1:8081", zone=UTC, whole=whole), end="")
    return out.getvalue()


@pytest.mark.parametrize(("width", "height"), [(40, 20), (80, 24), (120, 40)])
def test_header_card_news_and_step_are_all_in_the_window(width, height):
    rows = picture(ROOM, width, height).splitlines()
    assert len(rows) == height
    assert max(map(cell_len, rows)) <= width
    assert rows[0].startswith("#inc-7-ceph")
    assert rows[1].startswith("INC-7 SEV1")
    assert "pinned" in rows[2]
    assert "INC-7 · SEV1 · investigating" in rows[3]
    assert any("I do not know" in row for row in rows[4:-2]), "what was said last is never cut away"
    assert rows[-2:] == ["▸ 3/9 paging Ana…", "· page: http://127.0.0.1:8081"]


def test_a_message_shows_when_who_and_what():
    shown = picture(ROOM, 80, 60)
    assert "02:16 Ben Okafor  the switch in rack 3 is flapping 📌 2" in shown
    assert "02:15 ↳ klatsch\n  │ • paged Ana\n" in shown
    assert "02:18 ↳ klatsch  ✗ I do not know “resolv”." in shown


def test_the_card_is_in_its_panel_alone_and_says_how_much_is_cut_and_what_shows_it():
    shown = picture(ROOM, 80, 24)
    assert shown.count("INC-7 · SEV1 · investigating") == 1
    assert re.search(r"… \d+ more lines: `status` shows them", shown)
    assert "more lines" not in picture(ROOM, 80, 60)


LONG = replace(ROOM, messages=(*ROOM.messages, said(5, "", d.Document("", (d.Bullets((d.line("news"),) * 30),)))))


def test_a_long_message_is_cut_while_the_picture_lives_and_whole_at_the_end():
    assert "… 20 more lines, shown at the end" in picture(LONG, 80, 60)
    whole = picture(LONG, 80, 60, whole=True)
    assert "more lines" not in whole
    assert whole.count("• news") == 30


def test_private_and_archived_are_said_in_words():
    assert "(private) (archived)" in picture(replace(ROOM, private=True, archived=True), 80, 24).splitlines()[0]


def test_times_are_those_of_the_zone_and_name_it():
    out = io.StringIO()
    frame = Frame(ROOM, step="", note="", zone=ZoneInfo("Europe/Berlin"))
    Console(file=out, width=100, height=40, color_system=None).print(frame)
    assert "03:16 Ben Okafor" in out.getvalue()
    assert "times in CET" in out.getvalue().splitlines()[0]


def test_the_whole_picture_is_as_long_as_it_has_to_be():
    shown = picture(ROOM, 80, 10, whole=True)
    assert "[Resolve] resolve" in shown
    assert "paged Ana" in shown
    assert "\n\n\n" not in shown


def test_before_there_is_a_room_there_is_the_step():
    assert picture(None, 80, 5).splitlines()[-2:] == ["▸ 3/9 paging Ana…", "· page: http://127.0.0.1:8081"]


@settings(max_examples=60, deadline=None)
@given(
    documents=st.lists(DOCUMENT, min_size=1, max_size=6),
    words=HOSTILE,
    width=st.integers(20, 120),
    height=st.integers(1, 50),
)
def test_a_picture_never_fails_never_overflows_and_never_passes_controls_on(documents, words, width, height):
    messages = tuple(said(n, words if n % 2 else "", document) for n, document in enumerate(documents))
    room = Room("inc-7", words, words, True, people={words: words}, messages=messages, pinned=("m0",))
    shown = picture(room, width, height, step=words)
    assert controls(shown) <= {"\n"}
    assert max((cell_len(row) for row in shown.split("\n")), default=0) <= width
    assert shown.count("\n") <= max(height, 2), "the step and the note are there in any window"


def story(screen: LiveScreen) -> None:
    empty = replace(ROOM, messages=(), pinned=(), people={})
    screen.changed(Change("open", empty))
    screen.step("1/2 paging Ana…")
    screen.changed(Change("say", ROOM, ROOM.messages[0]))
    for summary in ("14 alerts firing", "14 alerts firing", "all clear"):
        screen.changed(Change("edit", ROOM, replace(ROOM.messages[0], document=d.say(summary))))
    screen.changed(Change("join", ROOM, words="Ana Ruiz"))
    screen.changed(Change("topic", ROOM, words="INC-7 resolved"))
    screen.changed(Change("say", ROOM, ROOM.messages[4]))
    screen.changed(Change("react", ROOM, ROOM.messages[2], "ben", "📌"))
    screen.changed(Change("archive", ROOM))
    screen.note("the status page: http://127.0.0.1:8081")


def test_where_there_is_no_terminal_each_change_is_one_more_line():
    out = io.StringIO()
    with LiveScreen(stream=out) as screen:
        assert screen.plain
        story(screen)
    assert controls(out.getvalue()) == {"\n"}
    rows = out.getvalue().splitlines()
    assert rows[:3] == [
        "── inc-7-ceph: INC-7 SEV1 Ceph OSDs flapping in az2",
        "▸ 1/2 paging Ana…",
        "02:14 inc-7 klatsch",
    ]
    assert rows[-8:] == [
        "inc-7: now 14 alerts firing",
        "inc-7: now all clear",
        "inc-7: Ana Ruiz came in",
        "inc-7: topic is now INC-7 resolved",
        "02:18 inc-7 ↳ klatsch  ✗ I do not know “resolv”.",
        "inc-7: 📌 put on by Ben Okafor: the switch in rack 3 is flapping",
        "inc-7: archived, nobody writes here any more",
        "· the status page: http://127.0.0.1:8081",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("term", "asked", "plain"), [("xterm", False, False), ("dumb", False, True), ("xterm", True, True)]
)
def test_a_terminal_gets_the_picture_unless_it_is_dumb_or_plain_lines_are_wanted(monkeypatch, term, asked, plain):
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = Terminal()
    with LiveScreen(stream=out, plain=asked) as screen:
        assert screen.plain is plain
        story(screen)
    assert ("\x1b[?1049h" in out.getvalue()) is not plain
    assert out.getvalue().count("\x1b[?1049h") == out.getvalue().count("\x1b[?1049l")


def test_after_the_picture_the_room_stays_on_the_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    out = Terminal()
    with LiveScreen(stream=out) as screen:
        story(screen)
    after = out.getvalue().split("\x1b[?1049l")[1]
    assert "#inc-7-ceph" in after
    assert "the switch in rack 3" in after


def test_a_room_gives_its_place_to_the_next_incident_and_not_to_an_announcement(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with LiveScreen(stream=out) as screen:
        screen.changed(Change("open", Room("incidents", "incidents")))
        screen.changed(Change("open", ROOM))
        screen.changed(Change("say", Room("incidents", "incidents"), ROOM.messages[3]))
    assert "#inc-7-ceph" in out.getvalue().split("\x1b[?1049l")[1]


def test_once_its_room_is_archived_what_is_announced_is_seen_and_both_stay_on_the_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    out = Terminal()
    with LiveScreen(stream=out) as screen:
        screen.changed(Change("open", Room("incidents", "incidents")))
        screen.changed(Change("archive", replace(ROOM, archived=True)))
        for _ in range(2):
            screen.changed(Change("say", Room("incidents", "incidents", topic="Week 47"), ROOM.messages[3]))
    after = out.getvalue().split("\x1b[?1049l")[1]
    assert after.index("#inc-7-ceph") < after.index("#incidents")
    assert after.count("Week 47") == 1


def test_a_terminal_in_an_old_encoding_shows_question_marks_and_goes_on():
    raw = io.BytesIO()
    with LiveScreen(stream=io.TextIOWrapper(raw, encoding="ascii", write_through=True)) as screen:
        screen.note("Zoë is paged")
    assert raw.getvalue().endswith(b"Zo? is paged\n")
