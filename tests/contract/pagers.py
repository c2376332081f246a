"""Every pager that the suite of all pagers runs over."""

from collections.abc import Mapping

from adapters.http import Http
from adapters.paging import smtp
from bot.ports import Pager
from tests.contract.pagers_push import GotifyCase, PushoverCase, SignalCase, WebhookCase
from tests.contract.pagers_services import GoAlertCase, PagerDutyCase
from tests.contract.pagers_twilio import TwilioCase, TwilioVoiceCase
from tests.contract.paging import IMPATIENT as IMPATIENT
from tests.contract.paging import PATIENT, SECRET, TOPIC, Arrived, Case, HttpCase, links_in
from tests.contract.paging import ana as ana
from tests.contract.servers import smtp as smtp_server
from tests.contract.servers.ntfy import NtfyServer
from tests.contract.servers.smtp import Mail, SmtpServer


class NtfyCase(HttpCase[NtfyServer]):
    type = "ntfy"
    address_key = "people.ana.ntfy"
    secret_key = "paging.phones.token"
    marked = True
    here = TOPIC
    text_limit = 4096

    def __init__(self) -> None:
        super().__init__()
        self.server = NtfyServer(SECRET)

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
    shows_links = True

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

    def ordered(self) -> bool:
        return bool(self.server.orders)

    def arrived(self) -> list[Arrived]:
        return [_seen(mail) for mail in self.server.mails]


def _seen(mail: Mail) -> Arrived:
    text = mail.body("plain")
    return Arrived(",".join(mail.recipients), mail.message["Subject"], text, links_in(text), mail.message["Message-ID"])


CASES: Mapping[str, type[Case]] = {
    "goalert": GoAlertCase,
    "gotify": GotifyCase,
    "ntfy": NtfyCase,
    "pagerduty": PagerDutyCase,
    "pushover": PushoverCase,
    "signal": SignalCase,
    "smtp": SmtpCase,
    "twilio": TwilioCase,
    "twilio voice": TwilioVoiceCase,
    "webhook": WebhookCase,
}
"""By type; of one that has several kinds, the kind stands behind it."""

STANDING = frozenset({"goalert", "pagerduty"})
"""Where all pages about one incident are one, until that is over."""
