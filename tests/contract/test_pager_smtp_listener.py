"""The address where answers by mail come in: what it takes, how much of it, and from whom."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
import uvloop
from pydantic import ValidationError

from adapters.paging.smtp import Config
from adapters.paging.smtp.intake import Intake
from adapters.paging.smtp.listening import _Session
from tests.contract.mail_house import KLATSCH, MINE, answer, house
from tests.until import PATIENCE, until


def reply_in(mail: EmailMessage, body: str) -> bytes:
    head = f"From: ana@example.org\r\nIn-Reply-To: {mail['Message-ID']}\r\n"
    return f"{head}{body}".replace("\r\n", "\n").replace("\n", "\r\n").encode("latin-1")


async def test_lines_may_be_long(prepared: Path) -> None:
    async with house(prepared) as here:
        number = here.opened()
        long = f"Content-Type: text/html\n\n<p style='{'x' * 5000}'>\n<p>ack {'y' * 5000}"
        assert await here.bring(reply_in(await here.paged(number), long)) == (250, "")
        assert here.acknowledged(number) == MINE


async def test_a_dot_alone_ends_a_mail_and_one_behind_a_long_line_does_not() -> None:
    """However the network cuts it: https://www.rfc-editor.org/rfc/rfc5321#section-4.5.2."""
    session, reader = _Session(cast(Intake, None), "example.org"), asyncio.StreamReader(limit=1001)
    session._reader = reader
    receiving = asyncio.create_task(session._received())
    for piece in (b"y" * 5000 + b".", b"\r\n..\r\n", b"..x\r\n", b".\r\nQUIT\r\n"):
        await asyncio.sleep(0)
        reader.feed_data(piece)
        await asyncio.sleep(0)
    assert await receiving == (b"y" * 5000 + b".\r\n.\r\n.x\r\n", 5012)
    assert await reader.readline() == b"QUIT\r\n"


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
async def test_a_mail_that_is_too_large_is_refused_and_the_next_one_is_taken(protocol: str, prepared: Path) -> None:
    async with house(prepared, protocol=protocol, max_size="100kB") as here:
        number = here.opened()
        mail = await here.paged(number)
        filled = reply_in(mail, "\nack\n" + "x" * 78 + "\n" * 50_000)
        code, said = await here.bring(filled)
        assert code == 552
        assert "100 kB" in said
        assert here.acknowledged(number) == []
        assert (await here.bring(filled[:90_000]))[0] == 250
        assert here.acknowledged(number) == MINE


async def test_a_mail_that_no_program_makes_is_refused(prepared: Path) -> None:
    async with house(prepared) as here:
        parts = "".join(f"Content-Type: multipart/mixed; boundary={n}\n\n--{n}\n" for n in range(200))
        code, said = await here.bring(reply_in(await here.paged(7), parts))
        assert (code, said[:35]) == (550, "5.6.0 This mail cannot be read. Not")


async def test_only_what_is_for_us_is_taken_and_not_for_everybody_at_once(prepared: Path) -> None:
    async with house(prepared) as here:
        mail = answer(await here.paged(here.opened()), "ack")
        code, said = await here.bring(mail, to=["ben@example.org"])
        assert (code, said[:6]) == (550, "5.1.1 ")
        assert f"Answers to pages are sent to {KLATSCH}." in said
        code, said = await here.bring(mail, to=["klatsch@example.org"] * 10 + ["KLATSCH+x@mail.internal"])
        assert code == 250, "who has room gets it, and the rest comes again"


async def test_lmtp_answers_for_each_recipient(prepared: Path) -> None:
    async with house(prepared, protocol="lmtp") as here:
        number = here.opened()
        mail = answer(await here.paged(number), "ack")
        talk = [
            b"LHLO mail.example.org\r\n",
            b"MAIL FROM:<ana@example.org>\r\n",
            b"RCPT TO:<klatsch@example.org>\r\nRCPT TO:<Klatsch+ack@example.org>\r\nDATA\r\n",
            bytes(mail).replace(b"\n", b"\r\n") + b".\r\nQUIT\r\n",
        ]
        said = await spoken(here.port, b"".join(talk))
        assert [line[:4] for line in said][-4:] == ["354 ", "250 ", "250 ", "221 "]
        assert here.acknowledged(number) == MINE


async def spoken(port: int, talk: bytes) -> list[str]:
    """All lines that the listener says until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(talk)
    async with asyncio.timeout(PATIENCE):
        said = await reader.read()
    writer.close()
    return said.decode().splitlines()


@pytest.mark.parametrize(
    ("talk", "last"),
    [
        (b"DATA\r\nQUIT\r\n", "503"),
        (b"HELO x\r\nMAIL FROM:<a@b.example>\r\nDATA\r\nQUIT\r\n", "503"),
        (b"HELO x\r\nMAIL FROM:<a@b.example> SIZE=99999999999\r\nQUIT\r\n", "501"),
        (b"EHLO x\r\nMAIL FROM:<a@b.example> SIZE=99999999999\r\nQUIT\r\n", "250"),
        (b"EHLO x\r\nAUTH PLAIN AGEAYg==\r\nQUIT\r\n", "538"),
        (b"\xff\xfe\r\nQUIT\r\n", "500"),
        (b"x" * 100_000 + b"\r\nQUIT\r\n", "500"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 10, "502"),
        (b"NOOP\r\n" * 101, "421"),
    ],
    ids=["no mail", "no recipient", "size", "size again", "login", "bytes", "a long line", "HTTP", "for ever"],
)
async def test_who_speaks_something_else_is_answered_and_harmless(talk: bytes, last: str, prepared: Path) -> None:
    async with house(prepared) as here:
        said = [line for line in await spoken(here.port, talk) if not line.startswith("221")]
        assert said[-1].startswith(last)


async def test_who_is_not_allowed_is_sent_away(prepared: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with house(prepared, allow=["192.0.2.0/24"]) as here:
        (said,) = await spoken(here.port, b"")
        assert said.startswith("554 5.7.1 ")
        assert "email: 127.0.0.1 was sent away; paging.email.answers.allow does not name it" in caplog.text


async def let_in(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    """None where there is no place yet: who looked whether anybody listens may still be on the way out."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    if (await reader.readline()).startswith(b"220 example.org Klatsch"):
        return reader, writer
    writer.close()
    return None


async def test_too_many_at_once_come_later(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.paging.smtp.listening.CONNECTIONS", 2)
    async with house(prepared) as here:
        inside = [await until(lambda: let_in(here.port), "a place") for _ in range(2)]
        assert (await spoken(here.port, b""))[0].startswith("421 4.3.2 ")
        inside[0][1].write(b"QUIT\r\n")
        await inside[0][0].read()
        assert (await spoken(here.port, b"QUIT\r\n"))[0].startswith("220 ")
        for _, writer in inside:
            writer.close()


async def test_who_says_nothing_is_hung_up_on(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.paging.smtp.listening.IDLE", 0.1)
    async with house(prepared) as here:
        assert len(await spoken(here.port, b"")) == 1
        begun = b"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<klatsch@x>\r\nDATA\r\nx"

        async def in_the_middle_of_a_mail() -> bool:
            """On a machine that is busy it may come earlier."""
            return len(await spoken(here.port, begun)) == 5

        await until(in_the_middle_of_a_mail, "the end in the middle of a mail")


async def test_whoever_hangs_up_in_the_middle_of_a_mail_has_said_nothing(prepared: Path) -> None:
    async with house(prepared) as here:
        number = here.opened()
        mail = bytes(answer(await here.paged(number), "ack")).replace(b"\n", b"\r\n")
        _, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(b"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<klatsch@x>\r\nDATA\r\n" + mail)
        await writer.drain()
        assert isinstance(writer.transport, asyncio.Transport)
        writer.transport.abort()
        assert await here.bring(b"Subject: the next one\r\n\r\nack") != (250, "")
        assert here.acknowledged(number) == []


async def test_an_address_that_is_taken_is_named(prepared: Path) -> None:
    async with house(prepared) as here:
        with pytest.raises(
            Exception, match=rf"email: cannot listen on 127\.0\.0\.1:{here.port} .*`paging\.email\.answers"
        ):
            await here.pager.listen(None)


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_listening_ends_at_once_and_can_be_begun_again(run: Callable[..., None], prepared: Path) -> None:
    async def ends_and_begins() -> None:
        async with house(prepared) as here:
            reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
            assert await reader.readline()
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()
        async with house(prepared, port=here.port) as again:
            number = again.opened()
            assert await again.bring(answer(await again.paged(number), "ack")) == (250, "")
            assert again.acknowledged(number) == MINE

    run(ends_and_begins())


async def test_a_mail_that_we_fail_at_comes_again(
    prepared: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug of ours is no reason to lose an answer."""
    async with house(prepared) as here:
        number = here.opened()
        reply = answer(await here.paged(number), "ack")
        with monkeypatch.context() as broken:
            broken.setattr("adapters.paging.smtp.intake.names_another", None)
            code, said = await here.bring(reply)
        assert (code, said) == (451, "4.3.0 Klatsch failed at this. Nothing was acknowledged; try again.")
        assert "email: an answer by mail failed\nTraceback" in caplog.text
        assert await here.bring(reply) == (250, "")
        assert here.acknowledged(number) == MINE


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"listen": "2525"}, "is not host:port"),
        ({"protocol": "imap"}, "'smtp' or 'lmtp'"),
        ({"max_size": "big"}, "is not usable: a size looks like 10MB"),
        ({"max_size": "1GB"}, "less than or equal to 50000000"),
        ({"max_size": "10"}, "greater than or equal to 1000"),
        ({"allow": []}, "at least 1 item"),
        ({"allow": ["mail.example.org"]}, "is no network; write for example 192.0.2.0/24"),
        ({"allow": ["192.0.2.7/24"]}, "is no network"),
        ({"allow": "192.0.2.7"}, "valid tuple"),
        ({"address": "klatsch@example.org"}, "address"),
    ],
)
def test_a_wrong_block_is_refused_in_words(answers: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"from": KLATSCH, "answers": answers})
    assert sentence in str(caught.value)


def test_by_default_only_this_machine_may_bring_answers() -> None:
    answers = Config.model_validate({"from": KLATSCH, "answers": {}}).answers
    assert answers is not None
    assert (str(answers.listen.host), answers.listen.port, answers.protocol) == ("127.0.0.1", 2525, "smtp")
    assert [str(network) for network in answers.allow] == ["127.0.0.0/8", "::1/128"]
