"""A picture in a message is shown on every chat platform, once, and never costs the message."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bot.chat import document as d
from bot.chat.drawing import Dot, Drawing
from bot.ports import Attempt
from tests.contract.chat_harness import HARNESSES, Harness
from tests.contract.chat_people import people_of

ALT = "Time to acknowledge: 7 incidents, the median 4 min, from 1 to 30 min"
DRAWING = Drawing(60, 20, (Dot(10, 10, 4), Dot(40, 10, 4)))
PICTURE = d.Picture("time to acknowledge", ALT, DRAWING)
DOCUMENT = d.Document("How long it took", (d.Paragraph(d.line("How long it took")), PICTURE))


@pytest.fixture(params=sorted(HARNESSES))
async def chat(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    async with HARNESSES[request.param](tmp_path, request.getfixturevalue) as harness:
        yield harness


@pytest.fixture
async def room(chat: Harness) -> str:
    opened = await chat.platform.open_room(
        Attempt("open"), mark="inc-7", name="inc-7-ceph", topic="INC-7 SEV1 Ceph", private=False
    )
    return opened.id


async def test_a_picture_is_shown_beside_the_words_of_its_message(chat, room):
    message = await chat.platform.say(Attempt("7.1"), room, DOCUMENT)
    said = {one.id: one for one in await chat.messages(room)}
    assert "How long it took" in said[message].text
    (shown,) = await people_of(chat).pictures(room)
    assert (shown.alt, shown.thread) == (ALT, "")
    if shown.content is not None:
        assert Image.open(BytesIO(shown.content)).size == (120, 40)


async def test_a_picture_stands_in_the_thread_of_its_message(chat, room):
    root = await chat.platform.say(Attempt("7.1"), room, d.say("Week 48"))
    await chat.platform.say(Attempt("7.2"), room, DOCUMENT, thread=root)
    assert {one.thread for one in await chat.messages(room)} == {"", root}
    assert [shown.thread for shown in await people_of(chat).pictures(room)] == [root]


@pytest.mark.parametrize("thread", [False, True])
async def test_a_message_that_is_tried_again_shows_its_picture_once(chat, room, thread):
    root = await chat.platform.say(Attempt("7.1"), room, d.say("Week 48")) if thread else ""
    message = await chat.platform.say(Attempt("7.2"), room, DOCUMENT, thread=root)
    before = await chat.messages(room)
    await chat.restart()
    assert await chat.platform.say(Attempt("7.2", number=2), room, DOCUMENT, thread=root) == message
    assert await chat.messages(room) == before
    assert len(await people_of(chat).pictures(room)) == 1


async def test_a_message_of_nothing_but_pictures_shows_them_in_their_order(chat, room):
    pictures = tuple(d.Picture(f"picture {number}", f"Picture {number}", DRAWING) for number in (1, 2))
    message = await chat.platform.say(Attempt("7.1"), room, d.Document("Two pictures", pictures))
    assert message in [one.id for one in await chat.messages(room)]
    assert [shown.alt for shown in await people_of(chat).pictures(room)] == ["Picture 1", "Picture 2"]


async def test_of_a_picture_that_cannot_be_drawn_the_words_are_said(chat, room):
    broken = d.Picture("broken", "What it would have shown", Drawing(-1, -1, ()))
    await chat.platform.say(Attempt("7.1"), room, d.Document("both", (*DOCUMENT.blocks, broken)))
    said = "\n".join(one.text for one in await chat.messages(room))
    assert "How long it took" in said
    assert "What it would have shown" in said
    # The console's journal keeps what it cannot draw.
    assert [shown.alt for shown in await people_of(chat).pictures(room) if shown.content] in ([], [ALT])


async def test_of_many_pictures_the_first_are_shown_and_the_words_of_all(chat, room):
    pictures = tuple(d.Picture(f"picture {number}", f"Picture {number}", DRAWING) for number in range(1, 8))
    await chat.platform.say(Attempt("7.1"), room, d.Document("Many", pictures))
    shown = [one.alt for one in await people_of(chat).pictures(room)]
    said = "\n".join(one.text for one in await chat.messages(room))
    assert all(picture.alt in said for picture in pictures[5:])
    assert shown[:5] == [picture.alt for picture in pictures[:5]]
    assert {picture.alt for picture in pictures} <= {*shown, *said.split("\n")}


async def test_an_edited_message_says_the_words_of_its_picture(chat, room):
    message = await chat.platform.say(Attempt("7.1"), room, d.say("How long it took"))
    await chat.platform.edit(Attempt("7.2"), room, message, DOCUMENT)
    (seen,) = await chat.messages(room)
    assert ALT in seen.text
