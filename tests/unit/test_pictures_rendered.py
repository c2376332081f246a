"""Pictures as each platform writes them, and in words where they are not shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from slack_sdk.models.blocks import Block as SdkBlock

from adapters.chat import pictures
from adapters.chat.console.documents import cut, decode
from adapters.chat.console.rooms import Message, Room, State, apply, say
from adapters.chat.matrix import render as matrix
from adapters.chat.slack.render import LARGEST, message, view_blocks, weight
from adapters.chat.terminal import to_text
from bot.chat import document as d
from bot.chat.drawing import Align, Bar, Dot, Drawing, Label, Rule, Tone

AT = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
DRAWING = Drawing(
    60,
    20,
    (
        Dot(10, 10, 4, hollow=True),
        Bar(0, 0, 5.5, 2, Tone.QUIET),
        Rule(0, 19, 60, 19),
        Label(3, 12, "1 h", align=Align.END),
    ),
)


def picture(number: int = 1, alt: str = "") -> d.Picture:
    return d.Picture(f"picture {number}", alt or f"Picture {number}", DRAWING)


def blocks(document: d.Document, *files: str) -> list[dict[str, Any]]:
    found = message(document, {}, files=files)["blocks"]
    assert weight(found) <= LARGEST
    for block in SdkBlock.parse_all(found):
        block.validate_json()
    return found


def test_slack_shows_files_in_the_order_of_their_pictures_and_words_where_there_is_none():
    words = d.Paragraph(d.line("between"))
    first, second, third = blocks(d.Document("all", (picture(1), words, picture(2), picture(3))), "F1", "", "F3")
    assert first == {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "Picture 1"}
    assert [one["elements"][-1]["text"] for one in second["elements"]] == ["between", "Picture 2"]
    assert third["slack_file"] == {"id": "F3"}


def test_slack_shows_words_where_nothing_was_uploaded():
    (block,) = blocks(d.Document("one", (picture(),)))
    assert block["type"] == "rich_text"
    (viewed,) = view_blocks(d.Document("one", (picture(),)), {})
    assert viewed == block


def test_long_words_of_a_picture_are_cut_and_never_empty():
    (long,) = blocks(d.Document("one", (picture(alt="x " * 5_000),)), "F1")
    assert len(long["alt_text"]) == 2_000
    assert long["alt_text"].endswith("…")
    (empty,) = blocks(d.Document("one", (picture(alt="\x00"),)), "F1")
    assert empty["alt_text"] == "picture-1.png"


def test_of_more_pictures_than_a_message_has_room_for_the_first_are_kept():
    many = d.Document("many", tuple(picture(number, "y" * 2_000) for number in range(9)))
    found = blocks(many, *(f"F{number}" for number in range(9)))
    assert [block["slack_file"]["id"] for block in found[:-1]] == [f"F{n}" for n in range(len(found) - 1)]
    assert "The rest was cut" in str(found[-1])


def test_matrix_and_the_terminal_write_the_words():
    document = d.Document("one", (d.Paragraph(d.line("before")), picture(alt="<b> & 7 incidents")))
    content = matrix.message(document, {})
    assert content["body"] == "before\n<b> & 7 incidents"
    assert "&lt;b&gt; &amp; 7 incidents" in content["formatted_body"]
    assert to_text(document, 60, False).splitlines()[-1].endswith("<b> & 7 incidents")


def test_what_is_uploaded_is_no_block_any_more_and_all_else_is():
    several = tuple(picture(number) for number in range(1, 8))
    words = d.Paragraph(d.line("between"))
    document = d.Document("all", (*several[:3], words, *several[3:]))
    assert pictures.shown(document) == several[:5]
    assert pictures.without(document) == d.Document("all", (words, *several[5:]))
    same = d.Document("twice", (picture(), picture()))
    assert len(pictures.shown(same)) == 2
    assert pictures.without(same).blocks == ()


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("on-call load", "on-call-load.png"),
        ("../../etc/passwd", "etc-passwd.png"),
        ("Größe\n", "gr-e.png"),
        ("", "picture.png"),
        ("x" * 500, f"{'x' * 60}.png"),
    ],
)
def test_a_file_is_called_so_that_every_system_takes_it(name, file):
    assert pictures.file_name(d.Picture(name, "words", DRAWING)) == file


def test_the_console_keeps_what_is_drawn_as_it_was():
    document = d.Document("one", (picture(),))
    said = json.loads(json.dumps(say("inc-7", Message("1", "", document, AT))))
    # The release before reads the words, and nothing that it does not know.
    assert decode(said["document"]) == d.Document("one", (d.Paragraph((d.Text("Picture 1"),)),))
    empty = State(rooms={"inc-7": Room("inc-7", "inc-7")})
    (message,) = apply(empty, said).rooms["inc-7"].messages
    kept = message.document
    assert kept == document
    (block,) = kept.blocks
    assert [type(shape) for shape in block.drawing.shapes] == [Dot, Bar, Rule, Label]
    assert block.drawing.shapes[1].tone is Tone.QUIET
    assert block.drawing.shapes[3].align is Align.END
    assert cut(document) is document
