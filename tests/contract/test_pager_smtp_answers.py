"""A page is answered by mail: by real pages, through the real listener, with the real rules behind it."""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.answering import ListensForAnswers
from bot.incident import commands as c
from bot.store import StoreUnavailable
from tests.contract.mail_house import KLATSCH, MINE, a_page, answer, house
from tests.contract.servers.smtp import SmtpServer
from tests.contract.test_pager_smtp import pager
from tests.contract.test_pagers import FIRST


@pytest.mark.parametrize("keep", [["In-Reply-To", "References"], ["In-Reply-To"], ["References"]], ids=" and ".join)
@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
async def test_a_reply_that_says_ack_acknowledges_and_nothing_is_sent_back(
    protocol: str, keep: list[str], prepared: Path
) -> None:
    async with house(prepared, protocol=protocol) as here:
        number = here.opened()
        mail = await here.paged(number)
        assert await here.bring(answer(mail, "ack", keep=keep)) == (250, "")
        assert here.acknowledged(number) == MINE
        assert len(here.sent.mails) == 1, "the page alone"


async def test_a_server_on_the_way_may_give_the_page_another_id(prepared: Path) -> None:
    """As Amazon SES does with every mail."""
    async with house(prepared) as here:
        number = here.opened()
        mail = await here.paged(number)
        mail.replace_header("Message-ID", "<0100018f.1@eu-west-1.amazonses.example.com>")
        assert await here.bring(answer(mail, "ack")) == (250, "")
        assert here.acknowledged(number) == MINE


async def test_a_colleague_who_answers_acknowledges_for_the_person_who_was_paged(prepared: Path) -> None:
    async with house(prepared) as here:
        number = here.opened()
        mail = answer(await here.paged(number), "ack, Ana is asleep")
        mail.replace_header("From", "Ben Okafor <ben@example.org>")
        assert (await here.bring(mail, sender="ben@example.org"))[0] == 250
        assert here.acknowledged(number) == MINE


async def test_the_token_is_the_same_however_often_a_page_is_tried_and_whoever_reads_the_receipt_has_none(
    prepared: Path,
) -> None:
    async with house(prepared) as here:
        page = a_page(7, ack_token=here.links.token(7, "ana", here.world.clock.now()))
        receipts = [await here.pager.trigger(replace(FIRST, number=number), page) for number in (1, 2)]
        one, other = (mail.message["Message-ID"] for mail in here.sent.mails)
        assert one == other
        assert page.ack_token in one
        assert len(set(receipts)) == 1
        assert page.ack_token not in receipts[0]
        assert one.startswith(f"<{receipts[0]}-")


async def test_what_an_answer_needs_survives_however_long_it_is(prepared: Path) -> None:
    """Headers beyond the usual length of a line are folded between ids, and never made encoded words of."""
    async with house(prepared) as here:
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
async def test_anything_but_ack_is_refused_in_words(text: str, prepared: Path) -> None:
    async with house(prepared) as here:
        number = here.opened()
        code, said = await here.bring(answer(await here.paged(number), text))
        assert code == 550
        assert said.startswith("5.7.1 Nothing was acknowledged. To acknowledge INC-1, write ack as the first line")
        assert here.acknowledged(number) == []


async def test_the_name_of_another_incident_is_a_mistake(prepared: Path) -> None:
    async with house(prepared) as here:
        number = here.opened()
        code, said = await here.bring(answer(await here.paged(number), "ack INC-8"))
        assert (code, said) == (550, "5.7.1 Nothing was acknowledged. The page that you answered is for INC-1.")
        assert here.acknowledged(number) == []


async def test_a_mail_that_is_no_reply_is_refused_in_words(prepared: Path) -> None:
    async with house(prepared) as here:
        number = here.opened()
        code, said = await here.bring(answer(await here.paged(number), "ack", keep=[]))
        assert code == 550
        assert "Reply to the mail that paged you, with ack as the first line." in said
        assert here.acknowledged(number) == []


@pytest.mark.parametrize("trick", ["cut", "forged", "old"])
async def test_a_token_that_is_none_of_ours_is_refused_in_words(trick: str, prepared: Path) -> None:
    async with house(prepared) as here:
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


async def test_a_forged_id_in_front_does_not_hide_the_real_one(prepared: Path) -> None:
    async with house(prepared) as here:
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
    name: str, value: str, prepared: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Also one about an incident that somebody else has: an answer to it would be answered."""
    caplog.set_level(logging.INFO)
    async with house(prepared) as here:
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


async def test_whoever_comes_after_somebody_else_is_told_so_once_in_the_same_thread(prepared: Path) -> None:
    async with house(prepared) as here:
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


async def test_whoever_answers_when_it_is_over_is_told_so(prepared: Path) -> None:
    async with house(prepared) as here:
        number = here.opened()
        mail = await here.paged(number)
        here.world.ask(c.Resolve(), number)
        assert await here.bring(answer(mail, "ack")) == (250, "")
        (told,) = here.sent.mails[1:]
        assert told.body("plain") == "INC-1 is already resolved.\n"


async def test_whoever_has_it_when_others_were_woken_is_told_who(prepared: Path) -> None:
    async with house(prepared) as here:
        number = here.opened()
        mail = await here.paged(number)
        here.ben_is_woken(number)
        assert await here.bring(answer(mail, "ack")) == (250, "")
        assert here.acknowledged(number) == MINE
        (told,) = here.sent.mails[1:]
        assert "Ben Okafor was paged" in told.body("plain")


async def test_twice_is_once_and_whoever_has_it_already_hears_nothing(prepared: Path) -> None:
    async with house(prepared) as here:
        number = here.opened()
        mail = await here.paged(number)
        reply = answer(mail, "ack")
        for again in (reply, reply, answer(mail, "acknowledged, really")):
            assert await here.bring(again) == (250, "")
        assert here.acknowledged(number) == MINE
        assert len(here.sent.mails) == 1


async def test_an_answer_that_cannot_be_said_is_logged_and_the_mail_is_taken(
    prepared: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(prepared) as here:
        number = here.opened()
        mail = await here.paged(number)
        here.ben_answers(number)
        here.sent.orders.append("550 5.1.1 nobody here")
        assert await here.bring(answer(mail, "ack")) == (250, "")
        assert "whoever answered too late could not be told so: email: the mail server answered 550" in caplog.text
        assert await here.bring(answer(mail, "ack"), sender='"ana ruiz"@example.org') == (250, "")
        assert "return path is no mail address" in caplog.text


async def test_a_mail_waits_at_its_server_while_the_database_is_away(prepared: Path) -> None:
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

    async with house(prepared, store=away) as here:
        number = here.opened()
        reply = answer(await here.paged(number), "ack")
        code, said = await here.bring(reply)
        assert (code, said[:6]) == (451, "4.3.0 ")
        assert here.acknowledged(number) == []
        stores[0].errors.clear()
        assert await here.bring(reply) == (250, "")
        assert here.acknowledged(number) == MINE


async def test_no_token_is_in_a_log(prepared: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with house(prepared) as here:
        number = here.opened()
        mail = await here.paged(number)
        for text in ("no", "ack", "ack again"):
            await here.bring(answer(mail, text))
        token = str(mail["Message-ID"]).partition("-")[2].partition("@")[0]
        assert len(token) > 40
        assert token not in caplog.text


async def test_through_another_server_in_between(prepared: Path) -> None:
    """It writes its lines on top, as each server does."""
    async with house(prepared, protocol="lmtp") as here, SmtpServer() as relay:
        number = here.opened()
        reply = answer(await here.paged(number), "Übernehme", keep=["References"])
        reply.add_attachment(b"\0" * 300_000, maintype="image", subtype="png", filename="graph.png")
        await pager(relay)._send(reply, KLATSCH)
        (passed,) = relay.mails
        received = b"Return-Path: <ana@example.org>\r\nReceived: from phone by mail.example.org; Fri, 27 Nov 2026\r\n"
        assert await here.bring(received + passed.raw) == (250, "")
        assert here.acknowledged(number) == MINE
