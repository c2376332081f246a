"""Documents by mail: both forms say the same, pictures travel inside, nothing of a text becomes a header or markup."""

from collections.abc import AsyncIterator
from email.headerregistry import Address
from email.message import MIMEPart

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from adapters.paging.smtp import Config, Smtp, build
from adapters.paging.smtp.config import ADDRESS
from bot.chat import document as d
from bot.chat.drawing import Bar, Dot, Drawing, Label, Tone
from bot.offered import SendsMail
from bot.ports import Attempt, Rejected, Unavailable
from tests.contract.servers.smtp import SmtpServer
from tests.until import PATIENCE

DRAWING = Drawing(200, 60, (Dot(20, 20, 5), Bar(40, 10, 30, 20, Tone.BAD), Label(30, 50, "Zürich")))
EVIL = '<script>x</script> & "q"'
DOCUMENT = d.Document(
    summary="Week 48",
    blocks=(
        d.Heading(d.line("Week 48")),
        d.Paragraph((d.Text(EVIL, bold=True), d.Link("INC-7", "https://chat.example.org/a?b=1&c=2"))),
        d.Paragraph((d.Link("run", "javascript:alert(1)"),)),
        d.Picture("durations", f"Three {EVIL}", DRAWING),
        d.Bullets((d.line("one"), d.line("two"))),
        d.Code("for: 10m\nseverity: <none>"),
    ),
)


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with SmtpServer() as server:
        yield server


def mailer(server: SmtpServer) -> Smtp:
    given = {"host": "127.0.0.1", "port": server.port, "from": "Klatsch <klatsch@example.org>", "timeout": PATIENCE}
    made = build("email", Config.model_validate(given), None)
    assert isinstance(made, Smtp)
    assert isinstance(made, SendsMail)
    return made


async def test_both_forms_say_the_same_and_markup_is_text(server: SmtpServer) -> None:
    await mailer(server).send(Attempt("weekly:1"), "ops@example.org", "Week 48", DOCUMENT)
    (mail,) = server.mails
    plain, html = mail.body("plain"), mail.body("html")
    assert mail.recipients == ("ops@example.org",)
    for said in ("Week 48", "one", "two", "for: 10m"):
        assert said in plain
        assert said in html
    assert f"Three {EVIL}" in " ".join(plain.split())
    assert "https://chat.example.org/a?b=1&c=2" in plain
    assert '<a href="https://chat.example.org/a?b=1&amp;c=2" rel="noreferrer">INC-7</a>' in html
    assert "<script" not in html
    assert "javascript:" not in html
    assert "severity: &lt;none&gt;" in html


async def test_whoever_has_it_read_to_them_hears_it_in_its_language_and_under_its_title(server: SmtpServer) -> None:
    await mailer(server).send(Attempt("weekly:1"), "ops@example.org", f"KW 48 {EVIL}", DOCUMENT, "de")
    await mailer(server).send(Attempt("weekly:2"), "ops@example.org", "Week 48", DOCUMENT)
    german, english = (mail.body("html") for mail in server.mails)
    assert german.startswith('<!doctype html>\n<html lang="de">')
    assert "<title>KW 48 &lt;script&gt;x&lt;/script&gt; &amp; &quot;q&quot;</title>" in german
    assert '<html lang="en">' in english


async def test_a_picture_lies_in_the_mail_and_is_said_in_words_too(server: SmtpServer) -> None:
    await mailer(server).send(Attempt("weekly:1"), "ops@example.org", "Week 48", DOCUMENT)
    (mail,) = server.mails
    (picture,) = [part for part in mail.message.walk() if part.get_content_type() == "image/png"]
    assert isinstance(picture, MIMEPart)
    name = str(picture["Content-ID"]).strip("<>")
    assert f'src="cid:{name}"' in mail.body("html")
    assert 'alt="Three &lt;script&gt;' in mail.body("html")
    assert picture.get_filename() == "durations.png"
    assert picture.get_content().startswith(b"\x89PNG")


async def test_the_same_key_is_the_same_mail_and_another_address_another(server: SmtpServer) -> None:
    for key, to in (
        ("a", "ops@example.org"),
        ("a", "ops@example.org"),
        ("b", "ops@example.org"),
        ("a", "x@example.org"),
    ):
        await mailer(server).send(Attempt(key), to, "Week 48", DOCUMENT)
    first, again, other, elsewhere = (mail.message["Message-ID"] for mail in server.mails)
    assert first == again
    assert len({first, other, elsewhere}) == 3


async def test_a_subject_adds_no_header(server: SmtpServer) -> None:
    await mailer(server).send(Attempt("a"), "ops@example.org", "Week\r\nBcc: eve@example.org\r\n\r\nx", DOCUMENT)
    (mail,) = server.mails
    assert mail.recipients == ("ops@example.org",)
    assert mail.message["Bcc"] is None
    assert mail.message["Subject"] == "Week Bcc: eve@example.org x"


@pytest.mark.parametrize(
    "to",
    [
        *("", "ops", "a@b@c", "ops@example.org\nRCPT TO:<x@y>", "a@example.org, b@example.org"),
        # No header takes them.
        *("ops..x@example.org", ".ops@example.org", "ops.@example.org", "ops@example..org", "ops@.org", "ops@org."),
        *("=?utf-8?q?x?=@example.org", "ops@a:b", "ops@[x"),
    ],
)
async def test_what_is_no_address_gets_nothing(server: SmtpServer, to: str) -> None:
    with pytest.raises(Rejected, match="is no mail address"):
        await mailer(server).send(Attempt("a"), to, "Week 48", DOCUMENT)
    assert server.mails == []


LOCAL = st.lists(st.text("az09=?'_-{|", max_size=6), min_size=1, max_size=3).map(".".join)
DOMAIN = st.lists(st.text("az09-", max_size=6), min_size=1, max_size=3).map(".".join)


@given(st.builds("{}@{}".format, LOCAL, DOMAIN | DOMAIN.map("[{}]".format)))
def test_each_address_that_is_one_stands_in_a_header(to: str) -> None:
    event("an address" if ADDRESS.fullmatch(to) else "none")
    assert not ADDRESS.fullmatch(to) or Address(addr_spec=to).addr_spec == to


async def test_a_server_that_refuses_for_now_is_asked_again_and_one_for_good_is_not(server: SmtpServer) -> None:
    server.orders += ["451 later", "550 no such user"]
    with pytest.raises(Unavailable, match="451"):
        await mailer(server).send(Attempt("a"), "ops@example.org", "Week 48", DOCUMENT)
    with pytest.raises(Rejected, match="550") as refused:
        await mailer(server).send(Attempt("a"), "ops@example.org", "Week 48", DOCUMENT)
    assert "people." not in refused.value.reason
    await mailer(server).send(Attempt("a"), "ops@example.org", "Week 48", DOCUMENT)
    assert len(server.mails) == 1
