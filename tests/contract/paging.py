"""What the suite of all pagers needs of each: who is paged, what arrived, and how one is made whose server speaks HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from adapters import registry
from adapters.http import Http
from bot.incident.model import Person
from bot.ports import Pager
from tests.contract.servers.http import Answer, HttpServer, Trouble

Server = TypeVar("Server", bound=HttpServer)

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
    shows_links: bool
    """Whether a page can hold addresses: nobody reads one aloud."""

    async def __aenter__(self) -> "Case": ...
    async def __aexit__(self, *_: object) -> None: ...
    def pager(self, *, token: str = SECRET, port: int | None = None, patience: float = PATIENT) -> Pager: ...
    def order(self, trouble: str) -> None: ...

    def ordered(self) -> bool:
        """Whether the server has not yet done what it was ordered."""
        ...

    def arrived(self) -> list[Arrived]: ...


def ana(**changed: Any) -> Person:
    given: dict[str, Any] = {"email": "ana@example.org", "options": OPTIONS, "ways": ("phones",), **changed}
    return Person("ana", given.pop("name", "Ana Ruiz"), **given)


class HttpCase(Generic[Server]):
    """A case whose server speaks HTTP. `type` is the pager's, `secret` what it is let in with, `yes` the least that the server says when it did it."""

    type: str
    secret = SECRET
    here: str
    server: Server
    shows_links = True

    def __init__(self) -> None:
        self.opened: list[Http] = []

    async def __aenter__(self) -> "HttpCase[Server]":
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for http in self.opened:
            await http.close()
        await self.server.__aexit__(None, None, None)

    def block(self, url: str, token: str) -> dict[str, Any]:
        """What stands in the configuration."""
        return {"url": url, "token": token}

    def pager(self, *, token: str = SECRET, port: int | None = None, patience: float = PATIENT) -> Pager:
        found = registry.provider("paging", self.type)
        config: BaseModel = found.config().model_validate(
            self.block(f"http://127.0.0.1:{port or self.server.port}", token)
        )
        self.opened.append(Http(seconds=patience, trust_env=False))
        pager: Pager = found.build()("phones", config, self.opened[-1])
        return pager

    def order(self, trouble: str) -> None:
        echo = f"{self.secret} {self.here} https://klatsch.example.org/ack/t0ken t0ken"
        orders: Mapping[str, Answer | Trouble] = {
            "refuse_for_now": Answer.of({"error": echo}, 500),
            "refuse": Answer.of({"error": echo}, 400),
            "hang": Trouble.HANG,
            "drop": Trouble.DROP,
            "drop_after_doing": Trouble.DROP_AFTER_DOING,
        }
        self.server.orders.append(orders[trouble])

    def ordered(self) -> bool:
        return bool(self.server.orders)


def links_in(text: str) -> frozenset[str]:
    """The addresses that a text shows as links."""
    return frozenset(word for word in text.split() if word.startswith(("https://", "http://")))
