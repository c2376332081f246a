"""Pictures on a homeserver that takes no files, or that keeps them for strangers to read."""

from __future__ import annotations

import pytest

from adapters.chat.matrix import media
from bot.chat import document as d
from bot.ports import Attempt, Unavailable
from tests.contract.chat_harness import EncryptedHarness, MatrixHarness, encrypted
from tests.contract.chat_people import people_of
from tests.contract.heard import opened
from tests.contract.test_chat_pictures import ALT, DOCUMENT, PICTURE
from tests.servers.grudging import Grudging, grudging

UPLOAD = "/_matrix/media/v3/upload"
AWAY = (502, {"error": "no answer from the media repository"})
TOO_LARGE = (413, {"errcode": "M_TOO_LARGE", "error": "Upload request body is too large"})


def without_uploads(between: Grudging, answer: tuple[int, dict[str, str]]) -> None:
    between.instead = lambda path: answer if path == UPLOAD else None


async def test_where_no_files_are_taken_the_words_are_said_in_their_place(matrix: MatrixHarness):
    room = await opened(matrix)
    root = await matrix.platform.say(Attempt("root"), room, d.say("Week 48"))
    async with grudging(matrix.homeserver.url, every=0) as between:
        without_uploads(between, TOO_LARGE)
        await matrix.restart(homeserver=between.url)
        await matrix.platform.say(Attempt("7.1"), room, DOCUMENT, thread=root)
        before = await matrix.messages(room)
        await matrix.restart(homeserver=between.url)
        await matrix.platform.say(Attempt("7.1", number=2), room, DOCUMENT, thread=root)
        assert between.refused == [f"POST {UPLOAD}"]
        await matrix.platform.aclose()
    assert [(seen.text, seen.thread) for seen in before] == [
        ("Week 48", ""),
        ("How long it took", root),
        (ALT, root),
    ]
    assert await matrix.messages(room) == before


async def test_a_homeserver_whose_files_are_away_is_waited_for_and_not_for_ever(matrix: MatrixHarness):
    room = await opened(matrix)
    async with grudging(matrix.homeserver.url, every=0) as between:
        without_uploads(between, AWAY)
        await matrix.restart(homeserver=between.url)
        for number in (1, 2):
            with pytest.raises(Unavailable):
                await matrix.platform.say(Attempt("7.1", number), room, DOCUMENT)
        # The words that go before it are there from the first try on.
        assert [seen.text for seen in await matrix.messages(room)] == ["How long it took"]
        await matrix.platform.say(Attempt("7.1", 3), room, DOCUMENT)
        await matrix.platform.aclose()
    assert [seen.text for seen in await matrix.messages(room)] == ["How long it took", ALT]


async def test_a_picture_that_was_only_late_is_shown(matrix: MatrixHarness):
    room = await opened(matrix)
    async with grudging(matrix.homeserver.url, every=0) as between:
        without_uploads(between, AWAY)
        await matrix.restart(homeserver=between.url)
        with pytest.raises(Unavailable):
            await matrix.platform.say(Attempt("7.1"), room, DOCUMENT)
        between.instead = lambda path: None
        await matrix.platform.say(Attempt("7.1", 2), room, DOCUMENT)
        await matrix.platform.aclose()
    assert [shown.alt for shown in await people_of(matrix).pictures(room)] == [ALT]


async def test_what_a_picture_says_of_itself_is_what_clients_show(matrix: MatrixHarness):
    room = await opened(matrix)
    await matrix.platform.say(Attempt("7.1"), room, DOCUMENT)
    (content,) = [one["content"] for one in await matrix.bot.messages(room) if one["content"]["msgtype"] == "m.image"]
    assert content["filename"] == "time-to-acknowledge.png"
    assert content["info"] | {"size": 0} == {"mimetype": "image/png", "size": 0, "w": 120, "h": 40}
    (attached,) = media.attached(content)
    assert (await matrix.platform.fetch(attached.place, 100_000)).startswith(b"\x89PNG")


async def test_in_an_encrypted_room_nobody_on_the_way_sees_the_picture(synapse_server, tmp_path):
    async with encrypted(tmp_path, lambda name: synapse_server) as chat:
        assert isinstance(chat, EncryptedHarness)
        ref = await chat.platform.open_room(Attempt("open"), mark="inc-7", name="inc-7", topic="INC-7", private=False)
        # Of its own: other rooms on this homeserver are open.
        canary = f"canary {chat.user_id}"
        picture = d.Picture("canary", canary, PICTURE.drawing)
        await chat.platform.say(Attempt("7.1"), ref.id, d.Document("a picture", (picture,)))
        (content,) = [
            event.source["content"]
            for event in await chat._watch.events(ref.id)
            if event.source["content"].get("msgtype") == "m.image"
        ]
        assert "url" not in content
        stored = await chat.platform.fetch(content["file"]["url"], 100_000)
        assert len(stored) == content["info"]["size"]
        assert b"PNG" not in stored
        (shown,) = await people_of(chat).pictures(ref.id)
        assert shown.content is not None
        assert shown.content.startswith(b"\x89PNG")
        assert shown.alt == canary
        assert not chat.homeserver.holds(canary)
