"""Cases of the suite of all pagers: Twilio's text messages, and its calls."""

from typing import Any

from tests.contract.paging import PHONE, SECRET, Arrived, HttpCase, links_in
from tests.contract.servers.http import Answer
from tests.contract.servers.twilio import ACCOUNT, OURS, TwilioServer


class TwilioCase(HttpCase[TwilioServer]):
    type = "twilio"
    address_key = "people.ana.phone"
    secret_key = "paging.phones.auth_token"
    marked = False
    here = PHONE.replace(" ", "")
    text_limit = 306
    channel = "sms"

    def __init__(self) -> None:
        super().__init__()
        self.server = TwilioServer(SECRET)

    def block(self, url: str, token: str) -> dict[str, Any]:
        return {"channel": self.channel, "account_sid": ACCOUNT, "auth_token": token, "from": OURS, "url": url}

    def order(self, trouble: str) -> None:
        super().order(trouble)
        if trouble == "refuse":
            echo = f"{SECRET} {self.here} https://klatsch.example.org/ack/t0ken t0ken"
            self.server.orders[-1] = Answer.of({"code": 21212, "message": echo}, 400)

    def arrived(self) -> list[Arrived]:
        return [_read(message["To"], message["Body"]) for message in self.server.messages]


class TwilioVoiceCase(TwilioCase):
    text_limit = 400
    channel = "voice"
    shows_links = False

    def arrived(self) -> list[Arrived]:
        return [_read(call["To"], self.server.picked_up(call).said[0]) for call in self.server.calls]


def _read(to: str, text: str) -> Arrived:
    return Arrived(to, text.split("\n")[0], text, links_in(text), same="")
