"""What only mail promises, beside the suite of all pagers."""

import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.paging.smtp import Config, Smtp, build
from adapters.paging.smtp.ids import tokens
from adapters.web.acknowledge import AckLinks
from bot.ports import Attempt, DeliveryError, Rejected, Unavailable
from tests.clock import START
from tests.contract.pagers import IMPATIENT, SECRET, ana
from tests.contract.servers.smtp import DROP_AFTER_DOING, QUEUED, SmtpServer
from tests.contract.stage import Stage
from tests.contract.test_pagers import ACK, FIRST, ROOM, page
from tests.servers import absent


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with SmtpServer() as server:
        yield server


def pager(server: SmtpServer, **block: Any) -> Smtp:
    given = {"host": "127.0.0.1", "port": server.port, "from": "klatsch@example.org", "timeout": 30, **block}
    made = build("email", Config.model_validate(given), None)
    assert isinstance(made, Smtp)
    return made


async def test_the_headers_say_what_it_is_and_that_a_machine_wrote_it(server: SmtpServer) -> None:
    receipt = await pager(server).trigger(FIRST, page())

    (mail,) = server.mails
    message = mail.message
    assert (mail.sender, mail.recipients) == ("klatsch@example.org", ("ana@example.org",))
    assert message["Subject"] == "SEV1 INC-7: nova API is down"
    assert message["From"] == "Klatsch <klatsch@example.org>"
    assert message["To"] == "Ana Ruiz <ana@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Klatsch-Incident"] == "INC-7"
    assert message["Message-ID"] == f"<{receipt}@example.org>"
    assert message["Date"].datetime.tzinfo is not None


async def test_all_mails_of_an_incident_are_one_thread(server: SmtpServer) -> None:
    for attempt, ref in [(FIRST, "INC-7"), (Attempt("7.30.1"), "INC-7"), (Attempt("8.1.0"), "INC-8")]:
        await pager(server).trigger(attempt, page(ref=ref))

    first, second, other = (mail.message for mail in server.mails)
    assert first["References"] == first["In-Reply-To"] == second["References"] == second["In-Reply-To"]
    assert first["References"] != other["References"]
    assert len({message["Message-ID"] for message in (first, second, other)}) == 3


async def test_both_forms_say_the_same_and_markup_is_text(server: SmtpServer) -> None:
    await pager(server).trigger(FIRST, page(text="<b>down</b> & out", title="<i>nova</i>", person=ana(name="<u>Ana")))

    plain, html = server.mails[0].body("plain"), server.mails[0].body("html")
    assert "SEV1 INC-7: <i>nova</i>\n\n<b>down</b> & out\n\n" in plain
    assert f"Acknowledge: {ACK}\n\nRoom: {ROOM}\n\nYou are paged as <u>Ana (ana)." in plain
    assert "&lt;b&gt;down&lt;/b&gt; &amp; out" in html
    assert f'<a href="{ACK}">Acknowledge</a>' in html
    assert "SEV1 INC-7: &lt;i&gt;nova&lt;/i&gt;" in html
    assert "paged as &lt;u&gt;Ana (ana)" in html
    assert not any(tag in html for tag in ("<b>", "<i>", "<u>"))


async def test_a_title_adds_no_header_and_no_recipient(server: SmtpServer) -> None:
    evil = "x\r\nBcc: eve@example.org\nX-Evil: 1\r\n.\r\nRCPT TO:<eve@example.org>\u2028Cc: eve"
    await pager(server).trigger(FIRST, page(title=evil, ref=f"INC-7{evil}", severity=f"sev1{evil}"))

    (mail,) = server.mails
    assert mail.recipients == ("ana@example.org",)
    assert set(mail.message.keys()) == {
        *("Subject", "From", "To", "Date", "Message-ID", "In-Reply-To", "References"),
        *("Auto-Submitted", "X-Klatsch-Incident", "MIME-Version", "Content-Type"),
        *("X-Peer", "X-MailFrom", "X-RcptTo") * ("X-Peer" in mail.message),
    }


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("421 4.3.2 closing", Unavailable),
        ("450 4.2.0 greylisted", Unavailable),
        ("451 4.3.0 later", Unavailable),
        ("452 4.2.2 full", Unavailable),
        ("550 5.1.1 no such user", Rejected),
        ("552 5.2.2 over quota", Rejected),
        ("554 5.7.1 no", Rejected),
    ],
)
async def test_every_reply_has_its_verdict(reply: str, expected: type[DeliveryError], server: SmtpServer) -> None:
    server.orders.append(reply)
    with pytest.raises(expected) as caught:
        await pager(server).trigger(FIRST, page())
    assert caught.value.reason.startswith(f"email: the mail server answered {reply[:3]}: {reply[4:]}")
    assert server.mails == []


async def test_any_yes_to_a_mail_is_a_page_that_went_out(server: SmtpServer) -> None:
    server.orders.append(f"{QUEUED}251 2.1.5 will be forwarded")
    assert await pager(server).trigger(FIRST, page())
    assert len(server.mails) == 1


async def test_a_no_to_a_mail_is_a_no(server: SmtpServer) -> None:
    server.orders.append(f"{QUEUED}452 4.3.1 the disk is full")
    with pytest.raises(Unavailable, match="answered 452"):
        await pager(server).trigger(FIRST, page())


async def test_a_refused_recipient_names_the_key_to_check(server: SmtpServer) -> None:
    server.orders.append("550 5.1.1 no such user")
    with pytest.raises(Rejected, match=r"\(check people\.ana\.email\)"):
        await pager(server).trigger(FIRST, page())


async def test_a_refused_login_names_the_block() -> None:
    async with SmtpServer("klatsch", SECRET) as closed:
        with pytest.raises(Rejected, match=r"answered 535.*check paging\.email\.user and paging\.email\.password"):
            await pager(closed, user="klatsch", password="wr0ng").trigger(FIRST, page())
        await pager(closed, user="klatsch", password=SECRET).trigger(FIRST, page())
        assert len(closed.mails) == 1


@pytest.mark.parametrize("block", [{"tls": "starttls"}, {"user": "klatsch", "password": SECRET, "tls": "starttls"}])
async def test_a_server_without_starttls_gets_no_mail(block: dict[str, str], server: SmtpServer) -> None:
    with pytest.raises(Rejected, match=r"check paging\.email\.tls"):
        await pager(server, **block).trigger(FIRST, page())
    assert server.mails == []
    assert server.logins == []


async def test_a_server_that_speaks_no_tls_gets_no_mail(server: SmtpServer) -> None:
    with pytest.raises(Unavailable):
        await pager(server, tls="tls", timeout=IMPATIENT).trigger(FIRST, page())
    assert server.mails == []


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody signed but itself, with its key."""
    if shutil.which("openssl") is None:
        absent("the program openssl is not here")
    file = tmp_path_factory.mktemp("certificate") / "both.pem"
    options = "-x509 -days 2 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=127.0.0.1"
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", *options.split(), *names, "-keyout", str(file), "-out", "/dev/stdout"]
    made = subprocess.run(command, capture_output=True, check=True)
    file.write_bytes(file.read_bytes() + made.stdout)
    return file


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_mail_travels_encrypted_to_a_server_that_can_be_trusted(
    tls: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with SmtpServer("klatsch", SECRET, tls=context, starttls=tls == "starttls") as server:
        mailer = pager(server, tls=tls, user="klatsch", password=SECRET)
        with pytest.raises(Unavailable, match="certificate"):
            await mailer.trigger(FIRST, page())
        assert server.logins == [], "no password goes to a stranger"

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        await mailer.trigger(FIRST, page())
        assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ({"from": "nobody"}, "must be a mail address"),
        ({"from": "a@example.org\r\nBcc: 5ecret@example.org"}, "must be a mail address"),
        ({"host": "mail host"}, "must be a host name"),
        ({"port": 0}, "greater than or equal to 1"),
        ({"tls": "maybe"}, "'none', 'starttls' or 'tls'"),
        ({"user": "klatsch"}, "`user` and `password` go together"),
        ({"host": "mail.example.org", "user": "klatsch", "password": "5ecret"}, "would travel in the clear"),
        ({"timeout": 0}, "greater than 0"),
        ({"passwort": "5ecret"}, "passwort"),
    ],
)
def test_a_wrong_block_is_refused_and_its_values_are_not_shown(block: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"from": "klatsch@example.org", **block})
    assert sentence in str(caught.value)
    assert "5ecret" not in str(caught.value)


def test_the_block_of_the_example_is_enough() -> None:
    block = {"type": "smtp", "host": "localhost", "port": 25, "from": "klatsch@example.org"}
    assert Config.model_validate(block).port == 25


async def test_a_mail_that_is_tried_again_is_the_same_mail_with_the_same_token(stage: Stage) -> None:
    links = AckLinks("k" * 32, "")
    async with SmtpServer() as server:
        server.orders.append(DROP_AFTER_DOING)
        block = {"host": "127.0.0.1", "port": server.port, "from": "klatsch@example.org", "answers": {}}
        mailer = build("email", Config.model_validate(block), None)
        deliverer = stage.another_process(pagers={"email": mailer}, ack_token=links.token)
        await stage.open(page="person:ben")
        await stage.settle(deliverer=deliverer)
        stage.clock.forward(minutes=2)
        await stage.settle(deliverer=deliverer)
        first, again = (mail.message["Message-ID"] for mail in server.mails)
    assert first == again
    assert tokens([first]) == (links.token(1, "ben", START),)
    assert links.token(1, "ben", START) not in "\n".join(stage.timeline())
