"""A page is answered by mail: by real pages, through the real listener, with the real rules behind it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import shutil
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from bot.answering import ListensForAnswers
from bot.incident import commands as c
from bot.store import StoreUnavailable
from storage.engine import Database
from tests.contract.mail_house import ANSWERS, KLATSCH, a_page, answer, house
from tests.contract.servers.smtp import SmtpServer
from tests.contract.test_pager_smtp import pager
from tests.contract.test_pagers import FIRST
from tests.world import World

MINE = [("ana", ANSWERS)]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with nothing in it."""
    file = tmp_path_factory.mktemp("migrated") / "klatsch.db"
    World(Database(f"sqlite:///{file}")).close()
    return file


@pytest.fixture
def folder(migrated: Path, tmp_path: Path) -> Path:
    shutil.copy(migrated, tmp_path)
    return tmp_path


@pytest.mark.parametrize("keep", [["In-Reply-To", "References"], ["In-Reply-To"], ["References"]], ids=" and ".join)
@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
async def test_a_reply_that_says_ack_acknowledges_and_nothing_is_sent_back(
    protocol: str, keep: list[str], folder: Path
) -> None:
    async with house(folder, protocol=protocol) as here:
        number = here.opened()
        mail = await here.paged(number)
        assert await here.bring(answer(mail, "ack", keep=keep)) == (250, "")
        assert here.acknowledged(number) == MINE
        assert len(here.sent.mails) == 1, "the page alone"


async def test_a_server_on_the_way_may_give_the_page_another_id(folder: Path) -> None:
    """As Amazon SES does with every mail."""
    async with house(folder) as here:
        number = here.opened()
        mail = await here.paged(number)
        mail.replace_header("Message-ID", "<0100018f.1@eu-west-1.amazonses.example.com>")
        assert await here.bring(answer(mail, "ack")) == (250, "")
        assert here.acknowledged(number) == MINE


async def test_a_colleague_who_answers_acknowledges_for_the_person_who_was_paged(folder: Path) -> None:
    async with house(folder) as here:
        number = here.opened()
        mail = answer(await here.paged(number), "ack, Ana is asleep")
        mail.replace_header("From", "Ben Okafor <ben@example.org>")
        assert (await here.bring(mail, sender="ben@example.org"))[0] == 250
        assert here.acknowledged(number) == MINE


async def test_the_token_is_the_same_however_often_a_page_is_tried_and_whoever_reads_the_receipt_has_none(
    folder: Path,
) -> None:
    async with house(folder) as here:
        page = a_page(7, ack_token=here.links.token(7, "ana", here.world.clock.now()))
        receipts = [await here.pager.trigger(replace(FIRST, number=number), page) for number in (1, 2)]
        one, other = (mail.message["Message-ID"] for mail in here.sent.mails)
        assert one == other
        assert page.ack_token in one
        assert len(set(receipts)) == 1
        assert page.ack_token not in receipts[0]
        assert one.startswith(f"<{receipts[0]}-")


async def test_what_an_answer_needs_survives_however_long_it_is(folder: Path) -> None:
    """Headers beyond the usual length of a line are folded between ids, and never made encoded words of."""
    async with house(folder) as here:
        token = here.links.token(7, "".join(chr(97 + n * 7 % 26) for n in range(60)), here.world.clock.now())
        await here.pager.trigger(FIRST, a_page(7, ack_token=token))
        head = here.sent.mails[0].raw.partition(b"\r\n\r\n")[0].decode()
        unfolded = head.replace("\r\n ", " ")
        assert len(re.findall(rf"<klatsch\.(?:ack|page\.\w+)-{re.escape(token)}@example\.org>", unfolded)) == 2
        assert max(map(len, head.split("\r\n"))) < 998
        assert "=?" not in head


async def test_the_page_says_that_it_can_be_answered_and_holds_no_token_where_it_cannot() -> None:
    async with SmtpServer() as server:
        mute = pager(server)
        await mute.trigger(FIRST, a_page(7, ack_token="s1gned"))
        assert "s1gned" not in server.mails[0].raw.decode()
        assert "answer this mail" not in server.mails[0].body("plain")
        assert not isinstance(mute, ListensForAnswers)

        answerable = pager(server, answers={})
        await answerable.trigger(FIRST, a_page(7, ack_token="s1gned"))
        for form in ("plain", "html"):
            assert "Or answer this mail, with" in server.mails[1].body(form)
        assert isinstance(answerable, ListensForAnswers)


@pytest.mark.parametrize("text", ["who are you?", "", "I am asleep\nack", "I do not ack"])
async def test_anything_but_ack_is_refused_in_words(text: str, folder: Path) -> None:
    async with house(folder) as here:
        number = here.opened()
        code, said = await here.bring(answer(await here.paged(number), text))
        assert code == 550
        assert said.startswith("5.7.1 Nothing was acknowledged. To acknowledge INC-1, write ack as the first line")
        assert here.acknowledged(number) == []


async def test_the_name_of_another_incident_is_a_mistake(folder: Path) -> None:
    async with house(folder) as here:
        number = here.opened()
        code, said = await here.bring(answer(await here.paged(number), "ack INC-8"))
        assert (code, said) == (550, "5.7.1 Nothing was acknowledged. The page that you answered is for INC-1.")
        assert here.acknowledged(number) == []


async def test_a_mail_that_is_no_reply_is_refused_in_words(folder: Path) -> None:
    async with house(folder) as here:
        number = here.opened()
        code, said = await here.bring(answer(await here.paged(number), "ack", keep=[]))
        assert code == 550
        assert "Reply to the mail that paged you, with ack as the first line." in said
        assert here.acknowledged(number) == []


@pytest.mark.parametrize("trick", ["cut", "forged", "old"])
async def test_a_token_that_is_none_of_ours_is_refused_in_words(trick: str, folder: Path) -> None:
    async with house(folder) as here:
        number = here.opened()
        mail = await here.paged(number, age=timedelta(days=8) if trick == "old" else timedelta())
        id = str(mail["Message-ID"])
        forged = {"cut": id[:60] + "@example.org>", "forged": id.replace("-W", "-X"), "old": id}[trick]
        reply = answer(mail, "ack", keep=[])
        reply["In-Reply-To"] = forged
        code, said = await here.bring(reply)
        assert code == 550
        assert "older than a week, or not from this Klatsch. Nothing was acknowledged." in said
        assert here.acknowledged(number) == []


async def test_a_forged_id_in_front_does_not_hide_the_real_one(folder: Path) -> None:
    async with house(folder) as here:
        number = here.opened()
        reply = answer(await here.paged(number), "ack", keep=["References"])
        reply["In-Reply-To"] = "<klatsch.ack-WzcsImV2ZSJd.awmoEA.xxxx@example.org>"
        assert (await here.bring(reply))[0] == 250
        assert here.acknowledged(number) == MINE


@pytest.mark.parametrize(
    ("name", "value"),
    [("Auto-Submitted", "auto-replied"), ("Precedence", "bulk"), ("X-Auto-Response-Suppress", "All"), ("", "<>")],
    ids=["RFC 3834", "Precedence", "Exchange", "an empty return path"],
)
async def test_an_automatic_mail_is_taken_and_does_nothing(
    name: str, value: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Also one about an incident that somebody else has: an answer to it would be answered."""
    caplog.set_level(logging.INFO)
    async with house(folder) as here:
        number = here.opened()
        reply = answer(await here.paged(number), "ack")
        if name:
            reply[name] = value
        sender = "ana@example.org" if name else ""
        assert await here.bring(reply, sender=sender) == (250, "")
        assert here.acknowledged(number) == []
        here.ben_answers(number)
        assert await here.bring(reply, sender=sender) == (250, "")
        assert len(here.sent.mails) == 1
        assert f"email: an automatic mail was dropped: {name or 'an empty return path'}" in caplog.text


async def test_whoever_comes_after_somebody_else_is_told_so_once_in_the_same_thread(folder: Path) -> None:
    async with house(folder) as here:
        number = here.opened()
        reply = answer(await here.paged(number), "ack")
        here.ben_answers(number)
        for _ in range(2):
            assert await here.bring(reply, sender="ana.ruiz@phone.example.org") == (250, "")

        (told,) = here.sent.mails[1:]
        message = told.message
        assert told.recipients == ("ana.ruiz@phone.example.org",)
        assert told.body("plain") == "Ben Okafor has INC-1 already; you need do nothing.\n"
        assert message["Auto-Submitted"] == "auto-replied"
        assert message["In-Reply-To"] == reply["Message-ID"]
        assert str(message["References"]).split() == [*str(reply["References"]).split(), str(reply["Message-ID"])]
        assert message["Subject"] == "Re: SEV1 INC-1: nova API is down"
        assert here.acknowledged(number) == [("ben", "link")]


async def test_whoever_answers_when_it_is_over_is_told_so(folder: Path) -> None:
    async with house(folder) as here:
        number = here.opened()
        mail = await here.paged(number)
        here.world.ask(c.Resolve(), number)
        assert await here.bring(answer(mail, "ack")) == (250, "")
        (told,) = here.sent.mails[1:]
        assert told.body("plain") == "INC-1 is already resolved.\n"


async def test_whoever_has_it_when_others_were_woken_is_told_who(folder: Path) -> None:
    async with house(folder) as here:
        number = here.opened()
        mail = await here.paged(number)
        here.ben_is_woken(number)
        assert await here.bring(answer(mail, "ack")) == (250, "")
        assert here.acknowledged(number) == MINE
        (told,) = here.sent.mails[1:]
        assert "Ben Okafor was paged" in told.body("plain")


async def test_twice_is_once_and_whoever_has_it_already_hears_nothing(folder: Path) -> None:
    async with house(folder) as here:
        number = here.opened()
        mail = await here.paged(number)
        reply = answer(mail, "ack")
        for again in (reply, reply, answer(mail, "acknowledged, really")):
            assert await here.bring(again) == (250, "")
        assert here.acknowledged(number) == MINE
        assert len(here.sent.mails) == 1


async def test_an_answer_that_cannot_be_said_is_logged_and_the_mail_is_taken(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(folder) as here:
        number = here.opened()
        mail = await here.paged(number)
        here.ben_answers(number)
        here.sent.orders.append("550 5.1.1 nobody here")
        assert await here.bring(answer(mail, "ack")) == (250, "")
        assert "whoever answered too late could not be told so: email: the mail server answered 550" in caplog.text
        assert await here.bring(answer(mail, "ack"), sender='"ana ruiz"@example.org') == (250, "")
        assert "return path is no mail address" in caplog.text


async def test_a_mail_waits_at_its_server_while_the_database_is_away(folder: Path) -> None:
    class Away:
        def __init__(self, world) -> None:
            self._begin = world.store.begin
            self.errors = [StoreUnavailable("gone")] * 20

        @contextmanager
        def begin(self, **given):
            if self.errors:
                raise self.errors.pop()
            with self._begin(**given) as tx:
                yield tx

    stores: list[Away] = []

    def away(world) -> Away:
        stores.append(Away(world))
        return stores[-1]

    async with house(folder, store=away) as here:
        number = here.opened()
        reply = answer(await here.paged(number), "ack")
        code, said = await here.bring(reply)
        assert (code, said[:6]) == (451, "4.3.0 ")
        assert here.acknowledged(number) == []
        stores[0].errors.clear()
        assert await here.bring(reply) == (250, "")
        assert here.acknowledged(number) == MINE


async def test_no_token_is_in_a_log(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with house(folder) as here:
        number = here.opened()
        mail = await here.paged(number)
        for text in ("no", "ack", "ack again"):
            await here.bring(answer(mail, text))
        token = str(mail["Message-ID"]).partition("-")[2].partition("@")[0]
        assert len(token) > 40
        assert token not in caplog.text


async def test_through_another_server_in_between(folder: Path) -> None:
    """It writes its lines on top, as each server does."""
    async with house(folder, protocol="lmtp") as here, SmtpServer() as relay:
        number = here.opened()
        reply = answer(await here.paged(number), "Übernehme", keep=["References"])
        reply.add_attachment(b"\0" * 300_000, maintype="image", subtype="png", filename="graph.png")
        await pager(relay)._send(reply, KLATSCH)
        (passed,) = relay.mails
        received = b"Return-Path: <ana@example.org>\r\nReceived: from phone by mail.example.org; Fri, 27 Nov 2026\r\n"
        assert await here.bring(received + passed.raw) == (250, "")
        assert here.acknowledged(number) == MINE


def reply_in(mail: EmailMessage, body: str) -> bytes:
    head = f"From: ana@example.org\r\nIn-Reply-To: {mail['Message-ID']}\r\n"
    return f"{head}{body}".replace("\r\n", "\n").replace("\n", "\r\n").encode("latin-1")


async def test_lines_may_be_long_and_a_dot_may_begin_them(folder: Path) -> None:
    async with house(folder) as here:
        number = here.opened()
        mail = await here.paged(number)
        long = f"Content-Type: text/html\n\n<p style='{'x' * 5000}'>\n.\n..\n<p>ack {'y' * 5000}"
        code, _ = await here.bring(reply_in(mail, long.replace("\n.\n..\n", "\n")))
        assert code == 250
        assert here.acknowledged(number) == MINE
        assert (await here.bring(reply_in(mail, f"\n.\n..\n.{'z' * 3000}\n")))[0] == 550


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
async def test_a_mail_that_is_too_large_is_refused_and_the_next_one_is_taken(protocol: str, folder: Path) -> None:
    async with house(folder, protocol=protocol, max_size="100kB") as here:
        number = here.opened()
        mail = await here.paged(number)
        filled = reply_in(mail, "\nack\n" + "x" * 78 + "\n" * 50_000)
        code, said = await here.bring(filled)
        assert code == 552
        assert "100 kB" in said
        assert here.acknowledged(number) == []
        assert (await here.bring(filled[:90_000]))[0] == 250
        assert here.acknowledged(number) == MINE


async def test_a_mail_that_no_program_makes_is_refused(folder: Path) -> None:
    async with house(folder) as here:
        parts = "".join(f"Content-Type: multipart/mixed; boundary={n}\n\n--{n}\n" for n in range(200))
        code, said = await here.bring(reply_in(await here.paged(7), parts))
        assert (code, said[:35]) == (550, "5.6.0 This mail cannot be read. Not")


async def test_only_what_is_for_us_is_taken_and_not_for_everybody_at_once(folder: Path) -> None:
    async with house(folder) as here:
        mail = answer(await here.paged(here.opened()), "ack")
        code, said = await here.bring(mail, to=["ben@example.org"])
        assert (code, said[:6]) == (550, "5.1.1 ")
        assert f"Answers to pages are sent to {KLATSCH}." in said
        code, said = await here.bring(mail, to=["klatsch@example.org"] * 10 + ["KLATSCH+x@mail.internal"])
        assert code == 250, "who has room gets it, and the rest comes again"


async def test_lmtp_answers_for_each_recipient(folder: Path) -> None:
    async with house(folder, protocol="lmtp") as here:
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
    async with asyncio.timeout(20):
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
async def test_who_speaks_something_else_is_answered_and_harmless(talk: bytes, last: str, folder: Path) -> None:
    async with house(folder) as here:
        said = [line for line in await spoken(here.port, talk) if not line.startswith("221")]
        assert said[-1].startswith(last)


async def test_who_is_not_allowed_is_sent_away(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with house(folder, allow=["192.0.2.0/24"]) as here:
        (said,) = await spoken(here.port, b"")
        assert said.startswith("554 5.7.1 ")
        assert "email: 127.0.0.1 was sent away; paging.email.answers.allow does not name it" in caplog.text


async def test_too_many_at_once_come_later(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.paging.smtp.listening.CONNECTIONS", 2)
    async with house(folder) as here:
        inside = [await asyncio.open_connection("127.0.0.1", here.port) for _ in range(2)]
        for reader, _ in inside:
            assert (await reader.readline()).startswith(b"220 example.org Klatsch")
        assert (await spoken(here.port, b""))[0].startswith("421 4.3.2 ")
        inside[0][1].write(b"QUIT\r\n")
        await inside[0][0].read()
        assert (await spoken(here.port, b"QUIT\r\n"))[0].startswith("220 ")
        for _, writer in inside:
            writer.close()


async def test_who_says_nothing_is_hung_up_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.paging.smtp.listening.IDLE", 0.1)
    async with house(folder) as here:
        assert len(await spoken(here.port, b"")) == 1
        assert (
            len(await spoken(here.port, b"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<klatsch@x>\r\nDATA\r\nx")) == 5
        )


async def test_whoever_hangs_up_in_the_middle_of_a_mail_has_said_nothing(folder: Path) -> None:
    async with house(folder) as here:
        number = here.opened()
        mail = bytes(answer(await here.paged(number), "ack")).replace(b"\n", b"\r\n")
        _, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(b"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<klatsch@x>\r\nDATA\r\n" + mail)
        await writer.drain()
        assert isinstance(writer.transport, asyncio.Transport)
        writer.transport.abort()
        assert await here.bring(b"Subject: the next one\r\n\r\nack") != (250, "")
        assert here.acknowledged(number) == []


async def test_an_address_that_is_taken_is_named(folder: Path) -> None:
    async with house(folder) as here:
        with pytest.raises(
            Exception, match=rf"email: cannot listen on 127\.0\.0\.1:{here.port} .*`paging\.email\.answers"
        ):
            await here.pager.listen(None)


async def test_listening_ends_at_once_and_can_be_begun_again(folder: Path) -> None:
    async with house(folder) as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        assert await reader.readline()
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    async with house(folder, port=here.port) as again:
        number = again.opened()
        assert await again.bring(answer(await again.paged(number), "ack")) == (250, "")


async def test_a_mail_that_the_library_chokes_on_comes_again(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A bug of ours is no reason to lose an answer."""
    async with house(folder) as here:
        reply = answer(await here.paged(here.opened()), "ack")
        here.world.database.close()
        here.world.store.begin = None
        assert (await here.bring(reply))[0] == 451


def test_a_reply_as_the_standard_library_makes_it_is_what_a_mail_program_sends() -> None:
    page = message_from_bytes(
        b"Message-ID: <p@x>\r\nReferences: <r@x>\r\nSubject: s\r\nFrom: k@x\r\n\r\nSEV1\r\n", policy=default
    )
    made = bytes(answer(page, "ack"))
    assert b"In-Reply-To: <p@x>\nReferences: <r@x> <p@x>\n" in made
    assert b"\nack\n\nOn Friday Klatsch <klatsch@example.org> wrote:\n> SEV1\n" in made
