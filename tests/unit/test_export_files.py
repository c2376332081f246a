"""Kept files beside an exported page: safe names, and nothing shown that is no picture."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.export import Exported, to_html, to_json, to_markdown
from bot.export.files import path_of
from bot.incident import commands as c
from bot.incident.attachment import Attachment
from bot.incident.events import Recorded
from bot.incident.evolve import replay
from bot.incident.files import ShownFile
from bot.incident.model import Mark
from bot.postmortem.draft import draft
from tests.builders import PEOPLE, Story, step
from tests.commands import NASTY
from tests.unit.test_export import faults

PNG, GIF, JPEG = b"\x89PNG\r\n\x1a\n....", b"GIF89a<script>alert(1)</script>", b"\xff\xd8\xff\xe0...."
WEBP, WAVE = b"RIFF\x04\x00\x00\x00WEBPVP8 ", b"RIFF\x04\x00\x00\x00WAVEfmt "
PAGE, SVG = b"<!doctype html><script>alert(1)</script>", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
SUM = "ab" * 32


def lying(name: str, number: int = 0) -> ShownFile:
    return ShownFile(12, "m1", number, name, 1, SUM)


@pytest.mark.parametrize(
    ("name", "content", "path"),
    [
        ("graph.png", PNG, "e12-graph.png"),
        ("graph.jpeg", JPEG, "e12-graph.jpg"),
        ("graph.html", GIF, "e12-graph.gif"),
        ("graph", WEBP, "e12-graph.webp"),
        ("sound.wav", WAVE, "e12-sound.wav"),
        ("sound.webp", WAVE, "e12-sound.webp.bin"),
        ("graph.png", PAGE, "e12-graph.png.bin"),
        ("graph.html", PAGE, "e12-graph.html.bin"),
        ("graph.HTM", PAGE, "e12-graph.HTM.bin"),
        ("graph.svg", SVG, "e12-graph.svg.bin"),
        ("graph.png", SVG, "e12-graph.png.bin"),
        ("syslog", b"", "e12-syslog.bin"),
        ("api.LOG", b"x", "e12-api.log"),
        ("trace.tar.gz", b"x", "e12-trace.tar.gz"),
        ("../../../etc/passwd", b"x", "e12-etc-passwd.bin"),
        ("..\\..\\boot.ini", b"x", "e12-boot.ini"),
        (".bashrc", b"x", "e12-bashrc.bin"),
        ("a\x00b\n.txt", b"x", "e12-a-b.txt"),
        ("Überblick über Ä.txt", b"x", "e12-Uberblick-uber-A.txt"),
        ("日本", b"x", "e12-file.bin"),
        ("日本.png", PNG, "e12-png.png"),
        ("x" * 300 + ".txt", b"x", f"e12-{'x' * 60}.txt"),
        ("](javascript:alert(1))", b"x", "e12-javascript-alert-1.bin"),
        ("a..b....txt", b"x", "e12-a.b.txt"),
        ("CON", b"x", "e12-CON.bin"),
    ],
)
def test_a_file_has_a_name_that_leads_nowhere_and_runs_nothing(name, content, path):
    assert path_of(lying(name), content) == f"files/{path}"


@given(name=st.text(max_size=80) | NASTY, content=st.sampled_from([PNG, PAGE, SVG, b""]), number=st.integers(0, 3))
def test_whatever_a_file_is_called(name, content, number):
    path = path_of(lying(name, number), content)
    assert re.fullmatch(r"files/e12-[A-Za-z0-9][A-Za-z0-9._-]{0,80}", path)
    assert ".." not in path
    assert path.endswith(".png") == (content == PNG)


def test_two_files_of_a_message_never_lie_at_one_place():
    assert path_of(lying("a.png"), PNG) != path_of(lying("a.png", 1), PNG)


def shown(*names: str, kept: bool = True) -> list[Recorded]:
    story = Story()
    story.give(c.Open(title="Volumes slow"))
    files = tuple(Attachment(name) for name in names)
    noted = c.Note(mark=Mark.HYPOTHESIS, text="p99", message="m1", author="ana", files=files)
    story.give(step(noted, source="reaction", ref="m1"))
    for number in range(len(names)):
        came = c.RecordFile(message="m1", number=number, size=2_000, sha256=SUM if kept else "")
        story.give(came if kept else c.RecordFile(message="m1", number=number, failed="it is gone"))
    return list(story.history)


def exported(history: Sequence[Recorded], **paths: str) -> Exported:
    incident = replay(7, [recorded.event for recorded in history])
    assert incident is not None
    return Exported(incident, history, paths={("m1", int(number[1:])): path for number, path in paths.items()})


def test_the_json_says_what_is_kept_where_and_the_public_copy_of_none():
    copy = exported(shown("a.png", "b.log"), n0="files/e2-a.png")
    value = to_json(copy, people=PEOPLE)
    assert faults(value) == []
    row = {"event": "e2", "name": "a.png", "kept": True, "size": 2_000, "sha256": SUM, "reason": ""}
    assert value["files"] == [
        {**row, "path": "files/e2-a.png"},
        {**row, "name": "b.log", "path": ""},
    ]
    public = to_json(copy, people=PEOPLE, public=True)
    assert (public["files"], faults(public)) == ([], [])
    for write in (to_markdown, to_html):
        text = write(copy, people=PEOPLE, public=True)
        assert not [word for word in ("a.png", "b.log", "Files", "<img") if word in text]


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\x00\n", "\ud800"])
def test_a_file_whose_name_cannot_be_read_is_called_one(name):
    copy = exported(shown(name), n0="files/e2-file.bin")
    value = to_json(copy, people=PEOPLE)
    assert (value["files"][0]["name"], faults(value)) == ("file", [])
    assert "[file](files/e2-file.bin)" in to_markdown(copy, people=PEOPLE)


def test_a_page_shows_pictures_links_the_rest_and_says_what_is_not_beside_it():
    page = to_html(
        exported(shown("a.png", "b.log", "c.log"), n0="files/e2-a.png", n1="files/e2-2-b.log"), people=PEOPLE
    )
    assert re.findall(r"<img [^>]+>", page) == ['<img src="files/e2-a.png" alt="a.png" />']
    assert re.findall(r'href="(files/[^"]+)"', page) == ["files/e2-a.png", "files/e2-2-b.log"]
    assert "<code>klatsch export INC-7 --to FOLDER</code> writes the files too." in page
    gone = to_html(exported(shown("a.png", kept=False)), people=PEOPLE)
    assert "a.png, not kept: it is gone [e2]" in gone
    assert "--to FOLDER" not in gone


@pytest.mark.parametrize(
    "name",
    ["](https://example.org)![x](//example.org/x.png", '"><img src=x onerror=alert(1)>', "`x` | **y**\n# z", "[e99]"],
)
def test_a_name_is_no_markup(name):
    copy = exported(shown(name, name), n0="files/e2-x.png")
    page = to_html(copy, people=PEOPLE)
    assert len(re.findall("<img ", page)) == 1
    assert re.findall(r'(?:src|href)="([^"]+)"', page) == ["files/e2-x.png", "files/e2-x.png"]
    assert "<strong>y" not in page
    assert "<h1>z" not in page


def test_the_draft_cites_each_kept_file_and_calls_nobody_by_name():
    text = draft(shown("graph of Ana Ruiz.png"), people=PEOPLE, zone="", components={})
    assert "- File: “graph of" in text
    assert "(`klatsch export INC-7 --to FOLDER` writes it) [e2]" in text
    assert "Ana Ruiz" not in text
    assert "kept" in next(line for line in text.splitlines() if "p99" in line and line.startswith("|"))
    assert "- File:" not in draft(shown("a.png", kept=False), people=PEOPLE, zone="", components={})
