"""Files in messages that were taken to the timeline: what a line says of them, and what comes of keeping a copy."""

from __future__ import annotations

import pytest

from bot.chat.reactions import attached, react
from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.attachment import FILES_LIMIT, NAME_LIMIT, PLACE_LIMIT, Attachment
from bot.incident.files import REASON_LIMIT, beside, files_of
from bot.incident.model import Mark
from bot.incident.outgoing import outgoing
from bot.incident.plan import Policy, plan
from bot.incident.timeline import sentence, story
from bot.sizes import format_size, parse_size
from tests.builders import START, Story

GRAPH = Attachment("graph.png", "image/png", 10, "mxc://example.org/a")
KEPT, MISSING = Attachment("a.png", kept=True), Attachment("b.log", missing="it is gone")


@pytest.mark.parametrize(
    ("text", "files", "said"),
    [
        ("words", (), ""),
        ("words", (GRAPH,), " (graph.png)"),
        ("graph.png", (GRAPH,), ""),
        ("a.png", (KEPT,), " (kept)"),
        ("words", (KEPT,), " (a.png, kept)"),
        ("b.log", (MISSING,), " (not kept: it is gone)"),
        ("words", (KEPT, MISSING), " (a.png, kept; b.log, not kept: it is gone)"),
    ],
)
def test_a_line_names_the_files_of_its_message_and_says_how_each_stands(text, files, said):
    assert beside(e.Noted(at=START, mark=Mark.NOTE, text=text, files=files)) == said


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (Attachment("graph.png"), Attachment("graph.png")),
        (Attachment(""), Attachment("file")),
        (Attachment(" \u202egnp.exe\x00\n "), Attachment("gnp.exe")),
        (Attachment("x" * 500), Attachment("x" * NAME_LIMIT)),
        (Attachment("x", size=-1), Attachment("x")),
        (Attachment("x", "image/\x1bpng"), Attachment("x", "image/png")),
        (Attachment("x", place="p" * (PLACE_LIMIT + 1)), Attachment("x")),
        (Attachment("x", place="mxc://\ud800"), Attachment("x")),
        (Attachment("x", place="mxc://a/\x00"), Attachment("x")),
    ],
)
def test_what_a_platform_says_of_a_file_is_cleaned_and_bounded(given, kept):
    assert attached([given]) == (kept,)


def test_a_message_of_nothing_but_a_file_says_its_name():
    assert react("📌", text="", author="ana", message="m1", at=START, files=[GRAPH] * (FILES_LIMIT + 1)) == c.Note(
        mark=Mark.NOTE, text="graph.png", when=START, author="ana", message="m1", files=(GRAPH,) * FILES_LIMIT
    )
    assert react("📌", text=" ", author="ana", message="m1", at=START) is None


def told(story_: Story) -> list[str]:
    return [sentence(r.event, str) for r in story(story_.history)][1:]


def pinned() -> Story:
    story = Story()
    story.give(c.Open(title="Volumes slow"))
    story.give(c.Note(mark=Mark.NOTE, text="p99", message="m1", files=(GRAPH,)))
    return story


def test_the_last_word_on_a_file_counts_and_a_copy_that_is_kept_is_kept():
    story = pinned()
    assert told(story) == ["p99 (graph.png)"]
    for reason in ("away", "away", "gone" * 100):
        story.give(c.RecordFile(message="m1", number=0, failed=reason))
    assert told(story) == [f"p99 (graph.png, not kept: {('gone' * 100)[:REASON_LIMIT]})"]
    story.give(c.RecordFile(message="m1", number=0, size=3, sha256="ab"))
    story.give(c.RecordFile(message="m1", number=0, failed="gone"))
    story.give(c.RecordFile(message="m1", number=0, size=4, sha256="cd"))
    assert told(story) == ["p99 (graph.png, kept)"]
    (file,) = files_of(story.history, story.history)
    assert (file.event, file.message, file.name, file.size, file.sha256) == (2, "m1", "graph.png", 3, "ab")
    assert [type(r.event) for r in story.history[2:]] == [e.FileNotKept, e.FileNotKept, e.FileKept]


def test_of_a_message_that_was_removed_nothing_is_said_afterwards():
    story = pinned()
    story.give(c.RecordFile(message="m1", number=0, size=3, sha256="ab"))
    story.give(c.RemoveMessage(message="m1"))
    assert story.give(c.RecordFile(message="m1", number=0, size=3, sha256="ab")) == []
    assert story.give(c.RecordFile(message="m1", number=1, failed="gone")) == []
    assert "graph" not in repr(story.history)
    assert "sha256='ab'" not in repr(story.history)
    assert told(story)[0] == "(removed)"


def test_a_line_that_is_not_told_again_has_its_failure_told_alone():
    story_ = pinned()
    story_.give(c.RecordFile(message="m1", number=0, failed="it is gone"))
    assert [sentence(r.event, str) for r in story(story_.history[2:])] == ["No copy is kept of graph.png: it is gone"]


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        (
            Policy(("matrix",), copies=True),
            [f.KeepFile("matrix", "matrix:$1", 0), f.KeepFile("matrix", "matrix:$1", 1)],
        ),
        (Policy(("matrix",)), []),
        (Policy(("console",), copies=True), []),
    ],
)
def test_a_copy_is_asked_of_the_platform_that_the_message_is_from(policy, kept):
    story = Story()
    story.give(c.Open(title="Volumes slow"))
    (noted,) = story.give(c.Note(mark=Mark.NOTE, text="p99", message="matrix:$1", files=(GRAPH, GRAPH)))
    assert story.incident is not None
    assert [effect for effect in plan(story.incident, noted.event, policy) if isinstance(effect, f.KeepFile)] == kept


def test_what_keeps_a_copy_waits_behind_all_else_and_for_no_other_file():
    one, other = (outgoing(f.KeepFile("matrix", "m", n), incident=7, seq=3, place=n) for n in range(2))
    assert one.urgency == f.LEAST_URGENT
    assert one.lane != other.lane
    assert one.fold == outgoing(f.KeepFile("matrix", "m", 0), incident=7, seq=9, place=4).fold


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("10MB", 10_000_000), ("500 kB", 500_000), ("1gb", 1_000_000_000), (" 7 ", 7), ("12 b", 12)],
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1", "1.5MB", "10 MiB", "1e3", "10M", "٣MB"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match="a size looks like"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1_000, "1 kB"), (1_550_000, "1.6 MB"), (10_000_000, "10 MB")],
)
def test_sizes_are_said_in_few_digits(size, said):
    assert format_size(size) in (said, said.replace("1.6", "1.5"))
