"""What is answered on a telephone, and told to us by Twilio: signed, once, and by nobody else."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

import adapters.paging.twilio.answers
from adapters.paging.twilio.answers import NOT_STORED, TOO_OLD, WHICH
from adapters.paging.twilio.voice import LATER, PROMPT
from adapters.web.acknowledge import AckLinks
from bot.answered import AGAIN
from bot.incident import commands as c
from bot.incident import events as e
from tests.contract.paging import SECRET
from tests.contract.telephones import ANA, ANSWERS, BEN, PUBLIC, STRANGER, TROUBLES, Town, telephones


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with telephones(tmp_path) as town:
        yield town


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Nobody waits long for a database that hangs, until this is called."""
    monkeypatch.setattr(adapters.paging.twilio.answers, "ANSWERED_WITHIN", 0.05)
    return monkeypatch.undo


async def test_the_key_1_acknowledges_and_says_so(town: Town) -> None:
    call = town.server.picked_up(await town.pages("voice"))
    assert PROMPT in call.said[0]
    await call.press("1")
    assert call.said == ["You have INC-1; nobody else is woken."]
    assert call.over
    assert town.acknowledged() == [("ana", "phones")]


async def test_another_key_says_it_again_and_1_still_acknowledges(town: Town) -> None:
    call = town.server.picked_up(await town.pages("voice"))
    for key in "290#*":
        await call.press(key)
        assert call.said == [f"SEV1 INC-1: nova API is down. {PROMPT}"]
    assert town.acknowledged() == []
    await call.press("1")
    assert town.acknowledged() == [("ana", "phones")]


async def test_nobody_who_says_nothing_acknowledges(town: Town) -> None:
    call = town.server.picked_up(await town.pages("voice"))
    call.wait()
    assert (call.said, call.over) == (["No key was pressed. Goodbye."], True)
    assert town.acknowledged() == []


async def test_who_answers_when_somebody_has_it_is_told(town: Town) -> None:
    called = town.server.picked_up(await town.pages("voice", "ben"))
    await town.stage.ask(c.Acknowledge(person="ana"), 1)
    await called.press("1")
    assert called.said == ["Ana Ruiz has INC-1 already; you need do nothing."]


async def test_a_key_that_cannot_be_stored_is_asked_for_again(town: Town, hasty: Callable[[], None]) -> None:
    call = town.server.picked_up(await town.pages("voice"))
    for trouble in TROUBLES:
        town.answers.trouble = trouble
        await call.press("1")
        assert call.said == [LATER]
    town.answers.trouble = None
    hasty()
    await call.press("1")
    assert call.said == ["You have INC-1; nobody else is woken."]


async def test_a_key_that_is_told_twice_is_taken_once(town: Town) -> None:
    call = await town.pages("voice")
    for said in ("You have INC-1; nobody else is woken.", AGAIN):
        # The same call, heard from its beginning again: what Twilio tells is the same, letter by letter.
        held = town.server.picked_up(call)
        await held.press("1")
        assert held.said == [said]
    assert len(town.acknowledged()) == 1


async def test_a_page_that_is_too_old_says_so(town: Town) -> None:
    town.links = AckLinks("another key, which is as long as that", PUBLIC)
    call = town.server.picked_up(await town.pages("voice"))
    await call.press("1")
    assert (call.said, call.over) == ([TOO_OLD], True)
    assert town.acknowledged() == []


async def test_a_reply_acknowledges_and_says_so(town: Town) -> None:
    await town.pages("sms")
    assert await town.server.reply(ANA, " Ack INC-1. ", at=ANSWERS) == "You have INC-1; nobody else is woken."
    assert town.acknowledged() == [("ana", "phones")]


async def test_a_reply_is_of_whose_number_it_is_and_of_the_incident_it_names(town: Town) -> None:
    await town.stage.open("cinder is down", page="policy:platform")
    await town.pages("sms")
    assert await town.server.reply(BEN, "ack 2", at=ANSWERS) == "You have INC-2; nobody else is woken."
    assert town.acknowledged() == []
    assert [event.person for event in town.stage.events(e.PageAcknowledged, 2)] == ["ben"]
    assert await town.server.reply(BEN, "ack 99", at=ANSWERS, sid="SM" + "f" * 32) == "There is no INC-99."


async def test_a_private_incident_is_none_to_who_was_not_paged_for_it(town: Town) -> None:
    """A number is guessed easily, and whoever has the incident is let into its room."""
    await town.stage.open("mail of the board", page="person:ana", private=True)
    await town.pages("sms")
    assert await town.server.reply(BEN, "ack 2", at=ANSWERS) == "There is no INC-2."
    assert town.stage.events(e.PageAcknowledged, 2) == []
    sid = "SM" + "f" * 32
    assert await town.server.reply(ANA, "ack 2", at=ANSWERS, sid=sid) == "You have INC-2; nobody else is woken."


async def test_a_reply_that_names_no_incident_is_told_how_to(town: Town) -> None:
    await town.pages("sms")
    for line in ("ack", "what?", "", "x" * 1600):
        assert await town.server.reply(ANA, line, at=ANSWERS) == WHICH
    assert town.acknowledged() == []


async def test_who_is_not_to_be_answered_hears_nothing(town: Town) -> None:
    await town.pages("sms")
    for sender in (STRANGER, "Klatsch", ""):
        assert await town.server.reply(sender, "ack 1", at=ANSWERS) == ""
    # Twilio has replied to this itself.
    assert await town.server.reply(ANA, "stop", at=ANSWERS, OptOutType="STOP") == ""
    assert town.acknowledged() == []


async def test_a_reply_that_comes_twice_is_taken_once(town: Town) -> None:
    await town.pages("sms")
    for said in ("You have INC-1; nobody else is woken.", AGAIN):
        assert await town.server.reply(ANA, "ack 1", at=ANSWERS) == said
    assert len(town.acknowledged()) == 1


async def test_a_reply_that_cannot_be_stored_is_asked_for_again(town: Town, hasty: Callable[[], None]) -> None:
    await town.pages("sms")
    for trouble in TROUBLES:
        town.answers.trouble = trouble
        assert await town.server.reply(ANA, "ack 1", at=ANSWERS) == NOT_STORED
    assert town.acknowledged() == []


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        (
            "sms",
            [
                ("undelivered", "30003", "it was not delivered (the telephone is off or out of reach)"),
                ("failed", "39999", "it could not be sent (Twilio's error 39999)"),
                ("failed", "<b>1</b>", "it could not be sent"),
                ("canceled", "", "it was cancelled at Twilio"),
            ],
        ),
        (
            "voice",
            [
                ("no-answer", "", "nobody picked up"),
                ("busy", "", "the number is busy"),
                ("failed", "", "it could not be sent"),
            ],
        ),
    ],
)
async def test_who_was_not_reached_is_told_once(channel: str, told: list[tuple[str, str, str]], town: Town) -> None:
    for status, code, _ in told:
        one = await town.pages(channel)
        assert [await town.server.ends(one, status, ErrorCode=code) for _ in range(3)] == [204] * 3
    assert town.failed() == [("ana", reason) for _, _, reason in told]


async def test_what_is_on_its_way_or_there_is_nothing_to_tell(town: Town) -> None:
    for status in ("queued", "sending", "sent", "delivered", "read", "new"):
        assert await town.server.ends(await town.pages("sms"), status) == 204
    for status in ("ringing", "in-progress", "completed"):
        assert await town.server.ends(await town.pages("voice"), status) == 204
    assert town.failed() == []


async def test_a_failure_that_cannot_be_stored_is_to_be_told_again(town: Town, hasty: Callable[[], None]) -> None:
    one = await town.pages("sms")
    for trouble in TROUBLES:
        town.answers.trouble = trouble
        assert await town.server.ends(one, "undelivered") == 503
    town.answers.trouble = None
    hasty()
    assert await town.server.ends(one, "undelivered") == 204
    assert town.failed() == [("ana", "it was not delivered")]
    assert await town.server.ends(one, "failed") == 204
    assert town.failed()[1:] == [("ana", "it could not be sent")]


async def test_a_failure_of_a_page_that_is_too_old_is_let_go(town: Town) -> None:
    town.links = AckLinks("another key, which is as long as that", PUBLIC)
    assert await town.server.ends(await town.pages("sms"), "undelivered") == 204
    assert town.failed() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Twilio-Signature": ""},
        {"X-Twilio-Signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
        {"Content-Type": "application/json"},
    ],
    ids=["no signature", "a wrong one", "said to be JSON"],
)
async def test_who_is_not_twilio_does_nothing(
    headers: dict[str, str], town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    call = await town.pages("voice")
    fields = {"CallSid": call["sid"], "CallStatus": "busy", "Digits": "1"}
    for address in (call["StatusCallback"], call["StatusCallback"].replace("/status", "/key")):
        assert (await town.server.tell(address, fields, **headers)).status_code == 403
    message = await town.pages("sms")
    fields = {"MessageSid": message["sid"], "MessageStatus": "failed", "From": ANA, "Body": "ack 1"}
    assert (await town.server.tell(ANSWERS, fields, **headers)).status_code == 403
    assert town.acknowledged() == town.failed() == []
    logged = [record for record in caplog.records if record.name == "adapters.paging.twilio.answers"]
    assert [record.levelno for record in logged] == [logging.WARNING] * 3
    assert "check paging.phones.auth_token and http.public_url" in caplog.text
    assert SECRET not in caplog.text


async def test_a_stranger_whose_address_is_no_text_is_turned_away_as_any_other(town: Town) -> None:
    app, sent = town.pager("voice").answered(town.answers, ANSWERS)["/key"], []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"Digits=1", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    asked = {
        "type": "http",
        "method": "POST",
        "path": "/paging/phones/key",
        "headers": [],
        "query_string": b"token=\xff",
    }
    await app(asked, receive, send)
    assert sent[0]["status"] == 403


async def test_what_is_signed_for_one_address_is_refused_at_another(town: Town) -> None:
    """A status that is sent as it came, to where keys are told."""
    call = await town.pages("voice")
    fields = {"CallSid": call["sid"], "Digits": "1"}
    signed = (await town.server.tell(call["StatusCallback"], fields)).request.headers["X-Twilio-Signature"]
    key = call["StatusCallback"].replace("/status", "/key")
    assert (await town.server.tell(key, fields, **{"X-Twilio-Signature": signed})).status_code == 403
    assert town.acknowledged() == []


async def test_without_an_address_or_a_token_nothing_is_listened_to(town: Town) -> None:
    key = {"api_key": "SK" + "0" * 32, "api_secret": "x"}
    assert town.pager("sms").answered(town.answers, "") == {}
    assert town.pager("sms", auth_token="", **key).answered(town.answers, ANSWERS) == {}
    assert town.pager("sms", **key).answered(town.answers, ANSWERS).keys() == {"", "/status"}
    assert town.pager("voice").answered(town.answers, ANSWERS).keys() == {"/key", "/status"}
