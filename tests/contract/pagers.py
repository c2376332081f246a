"""What the suite of all pagers needs of each: a server, the pager that talks to it, and what arrived there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from adapters.http import Http
from adapters.paging import ntfy, smtp
from bot.incident.model import Person
from bot.ports import Pager
from tests.contract.servers import smtp as smtp_server
from tests.contract.servers.http import Answer, Trouble
from tests.contract.servers.ntfy import NtfyServer
from tests.contract.servers.smtp import Mail, SmtpServer

SECRET = "tk_AgQdq7mVBoFD37zQVN29"
TOPIC = "ana-on-call-x7Gq"
USER_KEY = "uAnaRuizK3yAtPush0verXyZ123456"
PHONE = "+49 30 1234567"
OPTIONS = {"ntfy": TOPIC, "gotify": SECRET, "pushover": USER_KEY, "phone": PHONE}
"""How Ana is reached, by all ways."""
PATIENT = 10.0
IMPATIENT = 0.2
"""How many seconds a pager waits for an answer; little only where a test knows that none comes."""


@dataclass(frozen=True)
class Arrived:
    """One page as the person sees it. `same` is equal for two pages that are shown as one, or known as one; empty where nothing of
    the kind can be said."""

    to: str
    title: str
    text: str
    links: frozenset[str]
    same: str


class Case(Protocol):
    """One kind of pager. `order` says what its server does next: refuse_for_now, refuse, hang, drop, drop_after_doing."""

    address_key: str
    """What is missing when the person cannot be reached, `people.ana.…`; empty: everybody is reached at the same place."""
    secret_key: str
    """Where the secret stands, or how that begins."""
    marked: bool
    """Whether what arrives says which page it is."""
    here: str
    """Where the person is reached."""
    text_limit: int
    """Bytes of text that get through."""

    async def __aenter__(self) -> "Case": ...
    async def __aexit__(self, *_: object) -> None: ...
    def pager(self, *, token: str = SECRET, port: int | None = None, patience: float = PATIENT) -> Pager: ...
    def order(self, trouble: str) -> None: ...
    def arrived(self) -> list[Arrived]: ...


def ana(**changed: Any) -> Person:
    given: dict[str, Any] = {"email": "ana@example.org", "options": OPTIONS, "ways": ("phones",), **changed}
    return Person("ana", given.pop("name", "Ana Ruiz"), **given)


class NtfyCase:
    address_key = "people.ana.ntfy"
    secret_key = "paging.phones.token"
    marked = True
    here = TOPIC
    text_limit = 4096

    def __init__(self) -> None:
        self.server = NtfyServer(SECRET)
        self.opened: list[Http] = []

    async def __aenter__(self) -> "NtfyCase":
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for http in self.opened:
            await http.close()
        await self.server.__aexit__(None, None, None)

    def pager(self, *, token: str = SECRET, port: int | None = None, patience: float = PATIENT) -> Pager:
        config = ntfy.Config.model_validate(
            {"type": "ntfy", "url": f"http://127.0.0.1:{port or self.server.port}", "token": token}
        )
        self.opened.append(Http(seconds=patience, trust_env=False))
        return ntfy.build("phones", config, self.opened[-1])

    def order(self, trouble: str) -> None:
        echo = f"{SECRET} {TOPIC} https://klatsch.example.org/ack/t0ken t0ken"
        orders: Mapping[str, Answer | Trouble] = {
            "refuse_for_now": Answer.of({"error": echo}, 500),
            "refuse": Answer.of({"error": echo}, 400),
            "hang": Trouble.HANG,
            "drop": Trouble.DROP,
            "drop_after_doing": Trouble.DROP_AFTER_DOING,
        }
        self.server.orders.append(orders[trouble])

    def arrived(self) -> list[Arrived]:
        return [
            Arrived(
                to=message["topic"],
                title=message["title"],
                text=message["message"],
                links=frozenset({message.get("click", "")} | {a["url"] for a in message.get("actions", [])}) - {""},
                same=message["sequence_id"],
            )
            for message in self.server.published
        ]


class SmtpCase:
    address_key = "people.ana.email"
    secret_key = "paging.phones.user"
    marked = True
    here = "ana@example.org"
    text_limit = smtp.TEXT_BYTES

    def __init__(self) -> None:
        self.server = SmtpServer("klatsch", SECRET)
        self.http = Http(trust_env=False)

    async def __aenter__(self) -> "SmtpCase":
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()
        await self.server.__aexit__(None, None, None)

    def pager(self, *, token: str = SECRET, port: int | None = None, patience: float = PATIENT) -> Pager:
        config = smtp.Config.model_validate(
            {
                "type": "smtp",
                "host": "127.0.0.1",
                "port": port or self.server.port,
                "from": "Klatsch <klatsch@example.org>",
                "user": "klatsch",
                "password": token,
                "timeout": patience,
            }
        )
        return smtp.build("phones", config, self.http)

    def order(self, trouble: str) -> None:
        orders = {
            "refuse_for_now": f"451 4.3.0 later, {SECRET} https://klatsch.example.org/ack/t0ken",
            "refuse": f"550 5.1.1 nobody here, {SECRET} t0ken",
            "hang": smtp_server.HANG,
            "drop": smtp_server.DROP,
            "drop_after_doing": smtp_server.DROP_AFTER_DOING,
        }
        self.server.orders.append(orders[trouble])

    def arrived(self) -> list[Arrived]:
        return [_seen(mail) for mail in self.server.mails]


def _seen(mail: Mail) -> Arrived:
    text = mail.body("plain")
    links = frozenset(word for word in text.split() if word.startswith("http"))
    return Arrived(",".join(mail.recipients), mail.message["Subject"], text, links, mail.message["Message-ID"])


CASES: Mapping[str, type[Case]] = {"ntfy": NtfyCase, "smtp": SmtpCase}
