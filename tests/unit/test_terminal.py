"""Documents in a terminal: golden texts, and what no text may ever do to one."""

import io
import os
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from adapters.chat.terminal import render, to_text
from bot.chat import document as d

GOLDEN = Path(__file__).parent.parent / "golden" / "terminal"
"""Rewritten with GOLDEN=rewrite; look at the difference before you commit it."""

CARD = d.Document(
    summary="INC-7 sev1 investigating: Ceph OSDs flapping in az2",
    tone="bad",
    blocks=(
        d.Heading((d.Text("INC-7 · SEV1 · investigating"),), level=1),
        d.Paragraph((d.Text("Ceph OSDs flapping in az2: volumes slow, "), d.Text("no data at risk", bold=True))),
        d.Fields(
            (
                ("Lead", (d.Mention("ana", "Ana Ruiz"),)),
                ("Comms", (d.Text("nobody: "), d.Text("take comms", code=True))),
                ("Since", (d.Time(datetime(2026, 11, 22, 2, 14, tzinfo=UTC), "02:14 UTC (12 min)"),)),
                ("Alerts", d.line("14 firing of 20")),
                ("Impact", d.line("Volumes in az2 answer in 4 to 9 s, new ones fail; the other two zones are fine")),
                ("Next update", d.line("02:45 UTC")),
            )
        ),
        d.Heading(d.line("Tasks")),
        d.Bullets(
            (
                (d.Mention("ben", "@Ben Okafor"), d.Text(" check the network between rack 3 and rack 4")),
                d.line("drain hv-17"),
            ),
            ordered=True,
        ),
        d.Heading(d.line("Last")),
        d.Bullets((d.line("02:16 Ana Ruiz acknowledged"), d.line("02:20 Hypothesis: the switch in rack 3"))),
        d.Quote(d.line("We saw this in INC-3, after the kernel update.\nIt took two hours.")),
        d.Code("$ ceph osd tree | grep down\nosd.17  down  1.00000  1.00000"),
        d.Paragraph(
            (
                d.Link("Dashboard", "https://grafana.example.org/d/ceph/overview?orgId=1&var-az=az2"),
                d.Text(", "),
                d.Link("", "https://runbooks.example.org/ceph"),
            )
        ),
        d.Divider(),
        d.Buttons(
            (
                d.Button("Resolve", "resolve", "primary"),
                d.Button("Page storage", "page storage"),
                d.Button("Cancel", "cancel", "danger"),
            )
        ),
    ),
)

REFUSED = d.say("I do not know “resolv”. Did you mean resolve? Nothing was changed.", "refused")

HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x07\x00\x08\x0c\r\t\n\x7f\x9b\u202e\u2066\u200d\u2028[]/\\`<>@:👩🏽漢"),
    ),
    max_size=60,
) | st.sampled_from(
    ["[red]x[/red]", "[/]", "[link=https://example.org]x[/link]", "\x1b]8;;https://evil.example\x1b\\x", ":warning:"]
)
INLINE = st.one_of(
    st.builds(d.Text, HOSTILE, st.booleans(), st.booleans(), st.booleans()),
    st.builds(d.Link, HOSTILE, HOSTILE),
    st.builds(d.Mention, HOSTILE, HOSTILE),
    st.builds(d.Time, st.just(datetime(2026, 11, 22, tzinfo=UTC)), HOSTILE),
)
LINE = st.lists(INLINE, max_size=4).map(tuple)
BLOCK = st.one_of(
    st.builds(d.Heading, LINE, st.integers(0, 7)),
    st.builds(d.Paragraph, LINE),
    st.builds(d.Bullets, st.lists(LINE, max_size=3).map(tuple), st.booleans()),
    st.builds(d.Fields, st.lists(st.tuples(HOSTILE, LINE), max_size=5).map(tuple)),
    st.builds(d.Code, HOSTILE),
    st.builds(d.Quote, LINE),
    st.just(d.Divider()),
    st.builds(d.Buttons, st.lists(st.builds(d.Button, HOSTILE, HOSTILE, HOSTILE), max_size=3).map(tuple)),
)
DOCUMENT = st.builds(
    d.Document, HOSTILE, st.lists(BLOCK, max_size=5).map(tuple), HOSTILE | st.sampled_from(["good", "bad"])
)

OURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;(?:id=\d+)?;[!-~]*\x1b\\")
"""The only sequences we write: SGR, and OSC 8 with a printable ASCII address."""


def controls(text: str) -> set[str]:
    return {char for char in text if unicodedata.category(char) in ("Cc", "Cs") or char in "\u202a\u202e\u2066"}


@pytest.mark.parametrize("width", [40, 100])
@pytest.mark.parametrize(("name", "document"), [("card", CARD), ("refused", REFUSED)])
def test_a_message_looks_as_it_did(name, document, width):
    shown = to_text(document, width, colour=False) + "\n"
    golden = GOLDEN / f"{name}_{width}.txt"
    if os.environ.get("GOLDEN") == "rewrite":
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")


@settings(max_examples=150, deadline=None)
@given(document=DOCUMENT, width=st.integers(1, 130))
def test_without_colour_no_control_character_but_the_line_break_comes_out(document, width):
    assert controls(to_text(document, width, colour=False)) <= {"\n"}


@settings(max_examples=150, deadline=None)
@given(document=DOCUMENT, width=st.integers(1, 130))
def test_with_colour_the_only_sequences_are_ours(document, width):
    assert controls(OURS.sub("", to_text(document, width, colour=True))) <= {"\n"}


@settings(max_examples=100, deadline=None)
@given(document=DOCUMENT, width=st.integers(20, 130))
def test_no_line_is_wider_than_the_terminal(document, width):
    assert max(cell_len(row) for row in to_text(document, width, colour=False).split("\n")) <= width


@given(text=st.text(alphabet="[]/abc redblink=#:", min_size=1, max_size=30).filter(lambda text: text.strip()))
def test_markup_is_shown_as_it_was_written(text):
    shown = to_text(d.say(text), 120, colour=False)
    assert shown == f"│ {text}".rstrip()


def test_an_address_is_shown_whole_and_only_a_plain_one_can_be_clicked():
    hostile = "https://example.org/\x1b]8;;https://evil.example\x1b\\ a\nb"
    document = d.Document("x", (d.Paragraph((d.Link("safe", "https://example.org/"), d.Link("odd", hostile))),))
    coloured = to_text(document, 120, colour=True)
    assert re.findall(r"\x1b\]8;id=\d+;([^\x1b]+)\x1b", coloured)[:2] == ["https://example.org/"] * 2
    plain = to_text(document, 120, colour=False)
    assert "safe <https://example.org/>" in plain
    assert "\x1b" not in plain


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://exämple.org", ""])
def test_an_address_a_terminal_should_not_open_is_text(url):
    shown = to_text(d.Document("x", (d.Paragraph((d.Link("here", url),)),)), 80, colour=True)
    assert "here" in shown
    assert "\x1b]8" not in shown


def test_a_quiet_address_is_not_shown_and_can_be_clicked():
    document = d.Document("x", (d.Paragraph((d.Link("e12", "https://example.org/", quiet=True), d.Text(" slow"))),))
    assert to_text(document, 80, colour=False) == "│ e12 slow"
    assert re.findall(r"\x1b\]8;id=\d+;([^\x1b]+)\x1b", to_text(document, 80, colour=True)) == ["https://example.org/"]


def test_words_that_pretend_to_be_an_address_stand_beside_the_true_one():
    link = d.Link("https://good.example", "https://evil.example")
    assert "https://good.example <https://evil.example>" in to_text(
        d.Document("x", (d.Paragraph((link,)),)), 80, colour=False
    )


@pytest.mark.parametrize(
    ("tone", "mark"),
    [("info", "│"), ("good", "✓"), ("warning", "!"), ("bad", "▲"), ("refused", "✗"), ("unheard of", "│")],
)
def test_a_tone_can_be_told_without_colour(tone, mark):
    assert to_text(d.say("words", tone), 40, colour=False) == f"{mark} words"


def test_tones_have_different_colours():
    shown = {to_text(d.say("words", tone), 40, colour=True)[:8] for tone in ("info", "good", "warning", "bad")}
    assert len(shown) == 4


@pytest.mark.parametrize(
    "blocks", [(), (d.Paragraph(()),), (d.Fields(()), d.Bullets(()))], ids=["none", "empty", "lists"]
)
def test_a_document_without_words_shows_its_summary(blocks):
    assert to_text(d.Document("Ana acknowledged", blocks), 40, colour=False) == "│ Ana acknowledged"


def test_a_path_that_fits_a_line_of_its_own_gets_one():
    path = "/var/lib/klatsch/home/postmortems/INC-1.draft-2.md"
    document = d.Document("", (d.Fields((("Owner", d.line("Ana")), ("Postmortem", d.line(path)))),))
    assert to_text(document, 60, colour=False).splitlines() == ["│ Owner       Ana", "│ Postmortem", f"│   {path}"]
    assert to_text(document, 80, colour=False).splitlines()[1] == f"│ Postmortem  {path}"


def test_buttons_say_what_to_type_and_are_never_broken_in_two():
    buttons = d.Buttons(tuple(d.Button(f"Do {n}", f"verb number {n}") for n in range(4)))
    rows = to_text(d.Document("x", (buttons,)), 56, colour=False).split("\n")
    assert rows == [
        "│ [Do 0] verb number 0   [Do 1] verb number 1",
        "│ [Do 2] verb number 2   [Do 3] verb number 3",
    ]


def test_the_environment_changes_nothing_in_a_text(monkeypatch):
    before = to_text(CARD, 80, colour=False), len(to_text(CARD, 80, colour=True))
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb"), ("FORCE_COLOR", "1"), ("COLUMNS", "33")):
        monkeypatch.setenv(name, value)
    assert to_text(CARD, 80, colour=False) == before[0]
    assert "\x1b[" in to_text(CARD, 80, colour=True)


def test_a_console_without_colour_gets_no_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    out = io.StringIO()
    Console(file=out, force_terminal=True, width=80).print(render(CARD, 80))
    assert not re.search(r"\x1b\[[0-9;]*3[1-7]", out.getvalue())
    assert "INC-7" in out.getvalue()


def test_a_dumb_terminal_gets_no_sequence_at_all(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    out = io.StringIO()
    Console(file=out, force_terminal=True, width=80).print(render(CARD, 80))
    assert controls(out.getvalue()) == {"\n"}


def test_a_terminal_that_knows_ascii_only_gets_our_marks_in_letters():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="strict")
    document = d.Document("x", (d.Paragraph(d.line("down")), d.Bullets((d.line("one"),)), d.Divider()), tone="bad")
    Console(file=stream, width=20).print(render(document, 20))
    stream.flush()
    assert raw.getvalue().decode("ascii").split("\n") == ["! down", "| - one", "| " + "-" * 18, ""]
