"""A small world for tests of the shell: a real database, a clock you push forward, rules with two people on call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from bot.alerts.routing import Route
from bot.handle import Outcome, Request, Rules, handle
from bot.incident import commands as c
from bot.incident.model import Incident, Person, Severity, Source
from bot.incident.plan import Policy
from bot.oncall.escalation import Ladder, Roster, Step
from storage import migrate
from storage.engine import Database
from storage.files import SqlFiles
from storage.lookups import SqlLookups
from storage.outbox import SqlOutbox
from storage.store import SqlStore
from tests.clock import FakeClock

ANA = Person("ana", "Ana Ruiz", "ana@example.org", ways=("ntfy", "email"), options={"ntfy": "ana-pages"})
BEN = Person("ben", "Ben Okafor", "ben@example.org", ways=("email",))
PEOPLE = {"ana": ANA, "ben": BEN}
LADDER = Ladder(
    "platform", (Step(("person:ana",), timedelta(minutes=5)), Step(("person:ben",), timedelta(minutes=5))), 2
)
ROSTER = Roster({}, {"platform": LADDER}, frozenset(PEOPLE))
ROUTES = (
    Route({"severity": "critical"}, {}, "active", Severity.SEV1, ("region", "az"), "compute", "platform"),
    Route({"severity": "warning"}, {}, "triage", Severity.SEV3, ("alertname",)),
)
POLICY = Policy(("console",), ("page",), ("folder",), PEOPLE, copies=True)
RULES = Rules(POLICY, ROSTER, ROUTES)


def an_ask(command: c.Command, incident: int | None = None, *, by: str = "ana", inbox: str = "") -> c.Ask:
    return c.Ask(command=command, incident=incident, by=by, source=Source("command", "test"), inbox=inbox)


@dataclass
class World:
    """The shell without adapters: what is asked is done, what is queued can be looked at."""

    database: Database
    clock: FakeClock = field(default_factory=FakeClock)
    rules: Rules = RULES

    def __post_init__(self) -> None:
        migrate.upgrade(self.database)
        self.store = SqlStore(self.database, self.clock)
        self.outbox = SqlOutbox(self.database, self.clock)
        self.lookups = SqlLookups(self.database)
        self.files = SqlFiles(self.database, self.clock)

    def do(self, *requests: Request) -> list[Outcome]:
        return handle(self.store, requests, self.rules)

    def ask(self, command: c.Command, incident: int | None = None, **envelope: str) -> Outcome:
        return self.do(an_ask(command, incident, **envelope))[0]

    def opened(self, title: str = "Volumes slow", **command: object) -> Incident:
        outcome = self.ask(c.Open(title=title, **command))
        assert outcome.after is not None
        return outcome.after

    def close(self) -> None:
        self.database.close()
