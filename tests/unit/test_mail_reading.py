"""Mails as they come in: which page they answer, who wrote them, and that none of them does harm."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.paging.smtp.ids import TOKENS, tokens, with_token
from adapters.paging.smtp.reading import KEPT, PARTS, Reply, Unreadable, read

TOKEN = "WzcsImFuYSJd.awmoEA.S3og5o9l0FKiuopw_I8xM3Ry-7k"
PAGE = f"<klatsch.page.{'a' * 32}-{TOKEN}@example.org>"
ROOT = f"<klatsch.incident.{'b' * 32}@example.org>"
ACK = f"<klatsch.ack-{TOKEN}@example.org>"


def reply(head: str = "", body: str = "ack", returns_to: str = "ana@example.org") -> Reply:
    """`body` may begin with headers that end in an empty line."""
    lines = f"From: ana@example.org\nIn-Reply-To: {PAGE}\n{head}{'' if head.endswith(chr(10)) or not head else chr(10)}"
    mail = f"{lines}\n{body}".replace("\n", "\r\n")
    return read(mail.encode("utf-8", "surrogateescape"), returns_to)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(PAGE, id="the page"),
        pytest.param(f"{ROOT} {ACK} {PAGE}", id="the thread"),
        pytest.param(f"{ROOT}\r\n\t{ACK}\r\n <SES.0100@eu.example.com>", id="a server gave the page another id"),
        pytest.param(f"Your message of Friday {PAGE}", id="words around it"),
        pytest.param(PAGE.replace("-W", "-\r\n W"), id="folded inside of the id"),
        pytest.param(f"{ROOT}{ACK}", id="without a space"),
    ],
)
def test_the_token_is_read_from_what_programs_make_of_an_id(value: str) -> None:
    assert tokens([value]) == (TOKEN,)


def test_an_id_written_as_encoded_words_is_read() -> None:
    words = f"=?utf-8?q?=3Cklatsch=2Eack-{TOKEN[:20].replace('.', '=2E')}?=\n =?utf-8?q?{TOKEN[20:].replace('_', '=5F')}=40x=3E?="
    mail = f"References: {words}\n\nack".replace("\n", "\r\n")
    assert read(mail.encode(), "ana@example.org").tokens == (TOKEN,)


def test_the_nearest_mail_comes_first_and_there_is_an_end() -> None:
    many = [with_token("klatsch.ack", f"t{number}", "example.org") for number in range(100)]
    found = tokens([many[3], " ".join(many)])
    assert found[:3] == ("t3", "t99", "t98")
    assert len(found) == TOKENS


@pytest.mark.parametrize(
    "id",
    [
        ROOT,
        "<klatsch.page.abc-t@x>",
        f"<klatsch.page.{'a' * 32}@x>",
        "<klatsch.ack-a b@x>",
        f"<klatsch.ack-{'x' * 401}@x>",
        "",
    ],
)
def test_other_ids_hold_none(id: str) -> None:
    assert tokens([id.replace(" ", "!")]) == ()


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("Auto-Submitted: auto-replied", "Auto-Submitted"),
        ("auto-submitted: Auto-Generated; owner-email=x", "Auto-Submitted"),
        ("Auto-Submitted: no", ""),
        ("Auto-Submitted: No (really)", "Auto-Submitted"),
        ("Precedence: bulk", "Precedence"),
        ("Precedence: Junk", "Precedence"),
        ("Precedence: list", "Precedence"),
        ("Precedence: first-class", ""),
        ("X-Autoreply: yes", "X-Autoreply"),
        ("X-Autorespond: away", "X-Autorespond"),
        ("X-Auto-Response-Suppress: All", "X-Auto-Response-Suppress"),
        ("X-Auto-Response-Suppress: None", ""),
        ("Return-Path: <>", "an empty return path"),
        ("Return-Path: <ana@example.org>", ""),
        ("Content-Type: multipart/report; report-type=delivery-status; boundary=b", "a report"),
        ("Subject: Out of Office: SEV1 INC-7", "Subject"),
        ("Subject: Automatic reply: SEV1 INC-7", "Subject"),
        ("Subject: =?utf-8?q?Automatische_Antwort=3A_SEV1?=", "Subject"),
        ("Subject: Re: SEV1 INC-7: Out of office printer burns", ""),
    ],
)
def test_what_a_machine_wrote_is_known(head: str, reason: str) -> None:
    assert reply(head).automatic == reason
    assert reply(head).said == "ack" or "multipart" in head


@pytest.mark.parametrize("returns_to", ["", "<>"])
def test_nobody_to_return_it_to_is_a_machine(returns_to: str) -> None:
    assert reply(returns_to=returns_to).automatic == "an empty return path"


PLAIN = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
MIXED = "Content-Type: multipart/mixed; boundary=b"
PICTURE = "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        pytest.param(f"{PLAIN}base64", "w5xiZXJuZWhtZQ==", id="base64"),
        pytest.param(f"{PLAIN}quoted-printable", "=C3=9Cberne=\nhme", id="quoted-printable"),
        pytest.param("Content-Type: text/plain; charset=iso-8859-1", "\udcdcbernehme", id="Latin-1"),
        pytest.param("Content-Type: text/plain; charset=no-such-thing", "\udcdcbernehme", id="a charset nobody knows"),
        pytest.param("Content-Type: text/plain; charset=punycode", "ack-x", id="an encoding that is none of texts"),
        pytest.param("", "Übernehme", id="no word of the charset"),
        pytest.param("Content-Type: text/html; charset=utf-8", "<p>&Uuml;bernehme</p>", id="HTML only"),
        pytest.param(MIXED, f"--b\n{PICTURE}--b\n\nack\n--b--", id="a picture above the text"),
        pytest.param(
            MIXED, "--b\n\n \n--b\nContent-Type: text/html\n\n<p>ack\n--b--", id="a plain form with nothing in it"
        ),
        pytest.param(
            MIXED,
            "--b\nContent-Type: multipart/related; boundary=c\n\n--c\nContent-Type: multipart/alternative; boundary=d\n\n"
            "--d\n\nack\n--d\nContent-Type: text/html\n\n<p>no\n--d--\n--c--\n--b--",
            id="parts in parts",
        ),
        pytest.param(MIXED, "--b\n\nack", id="a boundary that never comes"),
        pytest.param("Content-Type: multipart/signed; boundary=b", "preamble\n--b\n\nack\n--b--", id="signed"),
        pytest.param(
            MIXED,
            "--b\nContent-Disposition: attachment; filename=log.txt\n\nno\n--b\n\nack\n--b--",
            id="behind an attachment",
        ),
    ],
)
def test_what_was_typed_is_found(head: str, body: str) -> None:
    assert reply(head, body).said


@pytest.mark.parametrize(
    ("head", "body"),
    [
        pytest.param(MIXED, "--b\nContent-Disposition: attachment\n\nack\n--b--", id="an attached text"),
        pytest.param(MIXED, "--b\nContent-Type: message/rfc822\n\nSubject: x\n\nack\n--b--", id="a mail inside"),
        pytest.param(MIXED, "--b\n\nno\n--b\n\nack\n--b--", id="the second text"),
        pytest.param(MIXED, f"--b\n{PICTURE}--b--", id="a picture only"),
        pytest.param("Content-Type: application/pdf", "ack", id="no text"),
        pytest.param(MIXED, "ack", id="no part"),
        pytest.param(f"{PLAIN}base64", "!!!", id="base64 that is none"),
    ],
)
def test_what_is_not_said_acknowledges_nothing(head: str, body: str) -> None:
    assert reply(head, body).said == ""


def test_the_same_mail_has_the_same_event_and_no_other_mail_has() -> None:
    head = "Message-ID: <a1@phone.example.org>"
    assert reply(head).event == reply(f"Received: again\n{head}").event
    assert reply(head).event != reply("Message-ID: <a2@phone.example.org>").event
    assert reply("Subject: x").event != reply("Subject: y").event
    other = f"In-Reply-To: {ACK.replace(TOKEN, 't0ken')}\r\n{head}\r\n\r\nack"
    assert read(other.encode(), "eve@example.org").event != reply(head).event


@given(st.binary(max_size=600) | st.text("\r\n\t :;=\"?-<>@aAbBqQ*0'/.", max_size=600).map(str.encode))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_called_unreadable(tail: bytes) -> None:
    heads = (
        b"",
        b"Content-Type: ",
        b"Subject: =?",
        b"References: ",
        b"Content-Type: text/plain; charset",
        b"Message-ID: ",
    )
    for head in heads:
        try:
            assert isinstance(read(head + tail, "a@example.org"), Reply)
        except Unreadable:
            continue


def nested(depth: int, tail: bytes) -> bytes:
    head = b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(depth))
    return (head + tail * KEPT)[:KEPT]


def test_a_mail_of_a_thousand_nested_parts_is_refused_unparsed() -> None:
    with pytest.raises(Unreadable):
        read(nested(PARTS + 1, b"x\r\n"), "a@example.org")


HEAVY = {
    "lines in nested parts": nested(PARTS, b"\r\n"),
    "parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * KEPT,
    "encoded words": b"Subject: " + b"=?a?q?x" * KEPT,
    "ids": b"References: " + b"<klatsch.ack-a@" * KEPT,
    "an encoding of names": b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a-" * KEPT,
    "tags": b"Content-Type: text/html\r\n\r\n" + b"<a " * KEPT,
    "comments": b"Content-Type: text/html\r\n\r\n" + b"<!--" * KEPT,
}


@pytest.mark.parametrize("kind", HEAVY)
def test_nothing_that_fits_takes_long(kind: str) -> None:
    """Some of these took minutes once. The limit is for a machine that does other things, too."""
    began = time.process_time()
    read(HEAVY[kind][:KEPT], "a@example.org")
    assert time.process_time() - began < 5


def test_a_mail_made_by_the_standard_library_is_read() -> None:
    mail = EmailMessage()
    mail["Subject"] = "Re: Störung"
    mail["In-Reply-To"] = PAGE
    mail["References"] = f"{ROOT} {ACK} {PAGE}"
    mail.set_content("Übernehme, bin in fünf Minuten da")
    found = read(bytes(mail), "ana@example.org")
    assert (found.tokens, found.said, found.subject) == ((TOKEN,), "Übernehme, bin in fünf Minuten da", "Re: Störung")
