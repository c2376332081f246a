"""A public page with posts on it, and what it takes to visit it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from adapters.status.builtin import Config
from adapters.web.public import public_app
from bot.incident.model import ComponentState as C
from bot.incident.model import PublicPost
from bot.incident.model import PublicStatus as S

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BLOCK = {
    "title": "Example Cloud",
    "public_url": "https://status.example.org",
    "components": [
        {"id": "compute-az1", "name": "Compute", "group": "AZ 1"},
        {"id": "network-az1", "name": "Network", "group": "AZ 1"},
        {"id": "api", "name": "API"},
    ],
}
JSON_DOCUMENTS = [
    "summary",
    "status",
    "components",
    "incidents",
    "incidents/unresolved",
    "scheduled-maintenances",
    "scheduled-maintenances/active",
    "scheduled-maintenances/upcoming",
]


@dataclass(frozen=True)
class StandingClock:
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def post(status: S = S.INVESTIGATING, words: str = "We are looking.", title: str = "Slow volumes", **components: C):
    return PublicPost(title, status, words, {name.replace("_", "-"): state for name, state in components.items()})


def visitor(pages, now: datetime = NOON, **settings) -> httpx.AsyncClient:
    app = public_app("page", Config.model_validate({**BLOCK, **settings}), pages, StandingClock(now))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page")


def words_of(html: str) -> str:
    """What a reader sees of a page: its text, spaces as one."""
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<body") :]).split())


HOSTILE = "<script>alert(1)</script> \x1b[31mred\x1b[0m \x00\u202e & <b>bold</b> \ufffe"
