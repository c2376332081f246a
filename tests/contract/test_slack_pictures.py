"""Pictures in Slack: uploaded once, shared with nobody, waited for while they are new; and what becomes of a message without them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.chat.slack import pictures
from bot.chat import document as d
from bot.ports import Attempt, Rejected, Unavailable
from tests.contract.servers.slack import ALL_SCOPES, Answer, Channel, Message, Trouble
from tests.contract.servers.slack.uploads import UPLOAD
from tests.contract.slack_harness import SlackHarness
from tests.contract.slack_listening import a_room
from tests.contract.test_chat_pictures import ALT, DOCUMENT

COMPLETE = "files.completeUploadExternal"
URL = "files.getUploadURLExternal"


def said(room: Channel) -> Message:
    (message,) = [one for one in room.messages if one.by_bot and not one.subtype]
    return message


def kinds(room: Channel) -> list[str]:
    return [block["type"] for block in said(room).blocks]


async def test_a_file_of_its_own_is_uploaded_and_shown_in_a_block(slack: SlackHarness):
    room = await a_room(slack)
    await slack.platform.say(Attempt("7.3"), room.id, DOCUMENT)
    (file,) = slack.slack.files.values()
    assert (file.name, file.channels, file.content[:4]) == ("time-to-acknowledge.png", [], b"\x89PNG")
    (block,) = [one for one in said(room).blocks if one["type"] == "image"]
    assert block["slack_file"] == {"id": file.id}
    assert block["alt_text"] == ALT
    assert [call.args["alt_txt"] for call in slack.slack.calls_of(URL)] == [ALT]
    # Nothing is left of it in the database.
    assert await slack.memory().recall_all(pictures.PICTURE, 10) == {}


async def test_a_file_that_is_not_ready_yet_is_waited_for_and_not_uploaded_again(slack: SlackHarness):
    room = await a_room(slack)
    slack.slack.uploads.settling = 2
    for number in (1, 2):
        with pytest.raises(Unavailable, match="slack: a picture is not ready yet") as later:
            await slack.platform.say(Attempt("7.3", number), room.id, DOCUMENT)
        assert later.value.retry_after == timedelta(seconds=2)
        # Another process knows of it too.
        await slack.restart()
    await slack.platform.say(Attempt("7.3", 3), room.id, DOCUMENT)
    assert "image" in kinds(room)
    assert len(slack.slack.files) == len(slack.slack.calls_of(COMPLETE)) == 1


async def test_a_file_that_never_gets_ready_is_told_in_words(slack: SlackHarness, monkeypatch, caplog):
    monkeypatch.setattr(pictures, "SETTLES", timedelta(0))
    room = await a_room(slack)
    slack.slack.uploads.settling = 100
    message = await slack.platform.say(Attempt("7.3"), room.id, DOCUMENT)
    assert said(room).ts == message
    assert "image" not in kinds(room)
    assert "How long it took" in said(room).shown
    assert ALT in said(room).shown
    assert "pictures are told in words alone" in caplog.text
    assert await slack.memory().recall_all(pictures.PICTURE, 10) == {}


@pytest.mark.parametrize(
    ("method", "trouble"),
    [
        (URL, "file_uploads_disabled"),
        (URL, "storage_limit_reached"),
        (UPLOAD, Answer(400, b"400 - Bad Request")),
        (COMPLETE, "file_type_not_allowed"),
    ],
)
async def test_a_picture_that_is_refused_costs_no_message(slack: SlackHarness, caplog, method, trouble):
    room = await a_room(slack)
    slack.slack.order(method, trouble)
    await slack.platform.say(Attempt("7.3"), room.id, DOCUMENT)
    assert "image" not in kinds(room)
    assert ALT in said(room).shown
    assert "slack: time-to-acknowledge.png is told in words alone: " in caplog.text
    assert "secret-of" not in caplog.text


async def test_an_app_that_may_upload_nothing_says_the_words_and_what_it_lacks(slack: SlackHarness, caplog):
    room = await a_room(slack)
    slack.slack.scopes = ALL_SCOPES - {"files:write"}
    await slack.platform.say(Attempt("7.3"), room.id, DOCUMENT)
    assert ALT in said(room).shown
    assert "the app needs the scope files:write" in caplog.text
    with pytest.raises(Rejected, match="no scope `files:write`, so it cannot show the pictures of its own messages"):
        await slack.platform.probe()


@pytest.mark.parametrize("trouble", [Trouble.DROP, Trouble.DROP_AFTER_DOING, Answer(503), Answer(429)])
@pytest.mark.parametrize("method", [URL, UPLOAD, COMPLETE])
async def test_trouble_that_passes_only_delays_it(slack: SlackHarness, method, trouble):
    room = await a_room(slack)
    slack.slack.order(method, trouble)
    with pytest.raises(Unavailable):
        await slack.platform.say(Attempt("7.3"), room.id, DOCUMENT)
    await slack.restart()
    await slack.platform.say(Attempt("7.3", 2), room.id, DOCUMENT)
    assert "image" in kinds(room)


async def test_trouble_that_stays_costs_no_message(slack: SlackHarness):
    """A proxy may let us reach Slack and not where it takes files."""
    room = await a_room(slack)
    slack.slack.order(UPLOAD, Answer(503), times=3)
    for number in (1, 2):
        with pytest.raises(Unavailable):
            await slack.platform.say(Attempt("7.3", number), room.id, DOCUMENT)
    await slack.platform.say(Attempt("7.3", 3), room.id, DOCUMENT)
    assert ALT in said(room).shown


async def test_a_file_goes_nowhere_but_to_slack(slack: SlackHarness):
    room = await a_room(slack)
    address = "https://files.slack.com.example.org/upload/v1/x"
    slack.slack.order(URL, Answer.of({"ok": True, "upload_url": address, "file_id": "F1"}))
    with pytest.raises(Unavailable, match="answered without an address of Slack's"):
        await slack.platform.say(Attempt("7.3"), room.id, DOCUMENT)
    assert slack.slack.calls_of(COMPLETE) == []


async def test_a_message_that_is_refused_for_something_else_is_refused(slack: SlackHarness):
    room = await a_room(slack)
    slack.slack.order("chat.postMessage", "restricted_action")
    with pytest.raises(Rejected, match="restricted_action"):
        await slack.platform.say(Attempt("7.3"), room.id, DOCUMENT)
    slack.slack.order("chat.postMessage", "invalid_blocks")
    with pytest.raises(Rejected, match="invalid_blocks"):
        await slack.platform.say(Attempt("7.4"), room.id, d.say("no picture"))
