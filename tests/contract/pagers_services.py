"""Cases of the suite of all pagers: services that wake people themselves, so that everybody is reached at the same place."""

from typing import Any

from adapters.paging import goalert, services
from tests.contract.paging import SECRET, Arrived, HttpCase, links_in
from tests.contract.servers.goalert import GoAlertServer
from tests.contract.servers.pagerduty import PagerDutyServer


class PagerDutyCase(HttpCase[PagerDutyServer]):
    type = "pagerduty"
    address_key = ""
    secret_key = "paging.phones.routing_key"
    marked = True
    secret = here = SECRET.ljust(32, "0")
    text_limit = services.TEXT_BYTES

    def __init__(self) -> None:
        super().__init__()
        self.server = PagerDutyServer(self.here)

    def block(self, url: str, token: str) -> dict[str, Any]:
        return {"url": url, "routing_key": token.ljust(32, "0")}

    def arrived(self) -> list[Arrived]:
        return [
            Arrived(
                to=event["routing_key"],
                title=event["payload"]["summary"],
                text="\n".join(event["payload"]["custom_details"].values()),
                links=frozenset({event.get("client_url", "")} | {link["href"] for link in event["links"]}) - {""},
                same=event["dedup_key"],
            )
            for event in self.server.events
        ]


class GoAlertCase(HttpCase[GoAlertServer]):
    type = "goalert"
    address_key = ""
    secret_key = "paging.phones.token"
    marked = True
    here = SECRET
    text_limit = goalert.DETAILS_BYTES

    def __init__(self) -> None:
        super().__init__()
        self.server = GoAlertServer(SECRET)

    def arrived(self) -> list[Arrived]:
        return [
            Arrived(self.server.token, said["summary"], said["details"], links_in(said["details"]), said["dedup"])
            for said in self.server.asked
        ]
