"""Cases of the suite of all pagers: what reaches a phone, or somebody's own receiver, over HTTP."""

from typing import Any

from adapters.clock import SystemClock
from adapters.paging import gotify, pushover, signal, webhook
from bot.ports import Pager
from tests.contract.paging import PATIENT, PHONE, SECRET, USER_KEY, Arrived, HttpCase, links_in
from tests.contract.servers.gotify import GotifyServer
from tests.contract.servers.pushover import PushoverServer
from tests.contract.servers.signal import SignalServer
from tests.contract.servers.webhook import WebhookServer

BOT = "+49 40 7654321"
SIGNING = "5igning-secret-of-the-webhook"


class GotifyCase(HttpCase[GotifyServer]):
    """The secret is the person's: the token of an application says whom a message reaches, too."""

    type = "gotify"
    address_key = secret_key = "people.ana.gotify"
    marked = True
    here = SECRET
    text_limit = gotify.TEXT_BYTES

    def __init__(self) -> None:
        super().__init__()
        self.server = GotifyServer(SECRET)

    def block(self, url: str, token: str) -> dict[str, Any]:
        return {"url": url}

    def pager(self, *, token: str = SECRET, port: int | None = None, patience: float = PATIENT) -> Pager:
        if token != SECRET:
            self.server.tokens = {token}
        return super().pager(token=token, port=port, patience=patience)

    def arrived(self) -> list[Arrived]:
        return [
            Arrived(
                to=message["token"],
                title=message["title"],
                text=message["message"],
                links=links_in(message["message"]),
                same=message["extras"]["klatsch::page"]["mark"],
            )
            for message in self.server.published
        ]


class PushoverCase(HttpCase[PushoverServer]):
    type = "pushover"
    address_key = "people.ana.pushover"
    secret_key = "paging.phones.token"
    marked = False
    here = USER_KEY
    text_limit = pushover.MESSAGE_BYTES

    def __init__(self) -> None:
        super().__init__()
        self.server = PushoverServer(SECRET, USER_KEY)

    def arrived(self) -> list[Arrived]:
        return [
            Arrived(
                to=message["user"],
                title=message["title"],
                text=message["message"],
                links=links_in(f"{message['message']} {message.get('url', '')}"),
                same="",
            )
            for message in self.server.sent
        ]


class SignalCase(HttpCase[SignalServer]):
    type = "signal"
    address_key = "people.ana.phone"
    secret_key = "paging.phones.token"
    marked = False
    here = PHONE.replace(" ", "")
    text_limit = signal.TEXT_BYTES

    def __init__(self) -> None:
        super().__init__()
        self.server = SignalServer(SECRET, [BOT.replace(" ", "")], {self.here})

    def block(self, url: str, token: str) -> dict[str, Any]:
        return {"url": url, "number": BOT, "token": token}

    def arrived(self) -> list[Arrived]:
        return [self._seen(message) for message in self.server.sent]

    def _seen(self, message: dict[str, Any]) -> Arrived:
        title, _, text = message["message"].partition("\n\n")
        return Arrived(",".join(message["recipients"]), title, text, links_in(text), "")


class WebhookCase(HttpCase[WebhookServer]):
    type = "webhook"
    address_key = ""
    secret_key = "paging.phones.token"
    marked = True
    here = "ana"
    text_limit = webhook.TEXT_BYTES

    def __init__(self) -> None:
        super().__init__()
        self.server = WebhookServer(SECRET, SIGNING, SystemClock().now)

    def block(self, url: str, token: str) -> dict[str, Any]:
        return {"url": f"{url}/hooks/klatsch", "token": token, "secret": SIGNING}

    def arrived(self) -> list[Arrived]:
        return [
            Arrived(
                to=page["person"]["id"],
                title=page["headline"],
                text=f"{page['text']}\n{page['how_to_acknowledge']}",
                links=frozenset(filter(None, (page["ack_url"], page["room_url"], page["runbook_url"]))),
                same=page["mark"],
            )
            for page in self.server.taken
        ]
