"""The shell around the rules: load → decide → evolve → plan → record, for a whole batch in one transaction.

Rules of this file: nothing outside is touched; whatever is asked of this transaction is asked for the whole batch at
once; locks are taken in one order everywhere (alert folding, incidents by number, the counters of incidents and of overrides,
the coffee's board), so that several processes on one PostgreSQL never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from bot.alerts.folding import Folding, Group, Met, changing, covered, fold, opening, wanted
from bot.alerts.heartbeat import Look, Watch
from bot.alerts.model import Alert, AlertRow, Notification
from bot.alerts.routing import Route
from bot.batch.beats import Beats
from bot.batch.complete import Around, complete, forgetting, spoken_of, titles_of
from bot.batch.ledger import Ledger
from bot.batch.owners import Owners
from bot.batch.pot import Pot
from bot.batch.rota import Rota
from bot.coffee.board import Manner
from bot.coffee.brewed import Brewed
from bot.coffee.voters import Voter, voter
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.decide import decide
from bot.incident.life import same_title
from bot.incident.links import NO_GUIDES
from bot.incident.model import Incident, Refused, Source
from bot.incident.outgoing import Enqueue
from bot.incident.plan import Policy
from bot.oncall.escalation import Roster
from bot.oncall.overriding import Overridden
from bot.store import Settlement, Store, Transaction, Unreadable

ALERTS = "alerts"
"""By whom an event is that alerts caused."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration adds to the rules: which providers, who is on call, which alerts open what, how the coffee is held. `voter`
    makes of a person's id who votes there."""

    policy: Policy = field(default_factory=Policy)
    roster: Roster = field(default_factory=lambda: Roster({}, {}, frozenset()))
    routes: tuple[Route, ...] = ()
    manner: Manner = field(default_factory=Manner)
    voter: Voter = lambda person, ballot: voter("", person, ballot)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request. `before` None: it opened `after`. `refused`: nothing happened, and why.
    `again`: this very message was handled before. `duty` is what changed in who is on call, `coffee` what came of a word over the coffee.
    `late`: the lease of a settled effect had run out. `unrouted` are the firing alerts of a notification that no route wants. `watch` is
    what came of a look."""

    before: Incident | None = None
    after: Incident | None = None
    events: tuple[e.Recorded, ...] = ()
    refused: Refused | None = None
    duty: Overridden | None = None
    coffee: Brewed | None = None
    again: bool = False
    late: bool = False
    unrouted: tuple[Alert, ...] = ()
    watch: Watch | None = None


Request = c.Ask | Settlement | Notification | Look | Enqueue


def handle(store: Store, requests: Sequence[Request], rules: Rules) -> list[Outcome]:
    """Do `requests` in their order, in one transaction; an outcome each. Refusals are outcomes and spoil nothing.

    Raises StoreUnavailable or Conflict, and then nothing was done. Any other exception is a bug or a poisoned
    request, and nothing was done either: the caller finds it by trying one by one.
    """
    first = frozenset[int]()
    while True:
        try:
            with store.begin(alerts=any(isinstance(request, Notification | Look) for request in requests)) as tx:
                return _Batch(tx, rules, first).run(requests)
        except _OutOfOrder as begin:
            first |= begin.numbers


class _OutOfOrder(Exception):
    """The batch is about these incidents, too, and holds later ones already. Every batch locks incidents in the order of their numbers: else two
    bots could wait for each other. Nothing was written yet."""

    def __init__(self, numbers: frozenset[int]) -> None:
        super().__init__(f"{len(numbers)} incidents out of order")
        self.numbers = numbers


class _Batch:
    """One batch on its way through: the incidents as they are so far, and what is to be recorded. `first`: what else it is known to be
    about."""

    def __init__(self, tx: Transaction, rules: Rules, first: frozenset[int]) -> None:
        self._tx = tx
        self._rules = rules
        self._first = first
        self._owners = Owners(tx)
        self._beats = Beats(tx, rules.routes, lambda: self._at)
        self._rota = Rota(tx, rules.roster, lambda: self._at)
        self._ledger = Ledger(tx, rules.policy, self._owners, self._rota, lambda: self._at)
        self._pot = Pot(tx, rules.manner, rules.voter, lambda: self._at)

    @cached_property
    def _at(self) -> datetime:
        return self._tx.now()

    def run(self, requests: Sequence[Request]) -> list[Outcome]:
        notifications = [request for request in requests if isinstance(request, Notification)]
        # Behind what was sent, whose outcomes keep their places.
        notifications += self._beats.told(requests)
        folding = self._fold(notifications, spoken_of(requests), self._beside(requests))
        again = self._seen(requests)
        late = self._settle(requests)
        rows = [*folding.stray, *self._alerts(folding.groups)]
        unrouted = iter(folding.unrouted)
        outcomes: list[Outcome] = []
        for request in requests:
            match request:
                case Notification():
                    outcomes.append(Outcome(unrouted=next(unrouted)))
                case Enqueue():
                    self._ledger.queue(request.effects)
                    outcomes.append(Outcome())
                case Look():
                    outcomes.append(Outcome(watch=self._beats.watch))
                case Settlement():
                    held = (request.id, request.attempt) not in late
                    ask = request.ask if held else None
                    self._ledger.queue(request.more if held else ())
                    outcomes.append(self._ask(ask, len(outcomes)) if ask else Outcome(late=not held))
                case c.Ask():
                    repeated = bool(request.inbox) and request.inbox in again
                    if request.inbox:
                        # The same message twice in one batch is the same message twice.
                        again.add(request.inbox)
                    outcomes.append(Outcome(again=True) if repeated else self._ask(request, len(outcomes)))
        for place, poured in self._pot.pour(self._ledger.events, self._ledger.incidents):
            outcomes[place] = Outcome(refused=poured) if isinstance(poured, Refused) else Outcome(coffee=poured)
        self._record(rows)
        return outcomes

    # Loading: everything the batch needs, a statement a kind.

    def _fold(self, notifications: Sequence[Notification], asked: set[int], beside: set[int]) -> Folding:
        """What the alerts mean. Loads, and so locks, all that the batch is about at once and in one order."""
        if not notifications:
            self._ledger.incidents = self._tx.load(asked, beside=beside) if asked or beside else {}
            return Folding((), ())
        alerts = [alert for notification in notifications for alert in notification.alerts]
        cut = [(n.source, n.group) for n in notifications if n.group_resolved and n.truncated]
        known = self._tx.known_alerts(alerts, cut)
        keys = wanted(notifications, known, self._rules.routes, {})
        standing = self._tx.standing(sorted(keys))
        maintained = {w.number for w in standing.windows if any(covered(w, a.labels, self._at) for a in alerts)}
        owners = {row.incident for row in known if row.incident} | set(standing.groups.values())
        held = owners | maintained | beside | self._first
        self._ledger.incidents = self._tx.load(asked, beside=held)
        groups = dict(standing.groups)
        if late := wanted(notifications, known, self._rules.routes, self._ledger.incidents) - keys:
            groups |= self._tx.standing(sorted(late)).groups
            more = set(groups.values()) - held - asked
            if more and min(more) < max(held | asked):
                raise _OutOfOrder(frozenset(more))
            self._ledger.incidents |= self._tx.load((), beside=more)
        windows = [self._ledger.incidents[number] for number in sorted(maintained) if number in self._ledger.incidents]
        return fold(notifications, known, Met(self._rules.routes, groups, self._ledger.incidents, windows, self._at))

    def _beside(self, requests: Sequence[Request]) -> set[int]:
        """What is open by a title that somebody opens now (not asked for by time, which is asked for behind the locks), and the
        drills whose logs may tell what nobody may read any more."""
        titles, past = titles_of(requests), forgetting(requests)
        found = {number for number, title in self._tx.open_titles() if same_title(title) in titles} if titles else set()
        return found | self._tx.drills_of(past) if past else found

    def _seen(self, requests: Sequence[Request]) -> set[str]:
        keys = [request.inbox for request in requests if isinstance(request, c.Ask) and request.inbox]
        return self._tx.seen(keys) if keys else set()

    def _settle(self, requests: Sequence[Request]) -> set[tuple[int, int]]:
        settlements = [request for request in requests if isinstance(request, Settlement)]
        if not settlements:
            return set()
        return {(item.id, item.attempt) for item in settlements} - self._tx.fenced(settlements)

    # Deciding: pure functions, in the order of the requests.

    def _ask(self, ask: c.Ask, place: int) -> Outcome:
        before = self._ledger.incidents.get(ask.incident) if ask.incident else None
        try:
            if isinstance(ask.command, c.DutyCommand):
                return Outcome(duty=self._rota.ask(ask.command, ask.by))
            if isinstance(ask.command, c.CoffeeCommand):
                self._pot.hear(place, ask.command, ask.by)
                return Outcome()
            command = self._complete(ask.command, before, by=ask.by)
            decided = decide(before, command, id=ask.incident or 0, at=self._at)
        except Refused as refused:
            return Outcome(before=before, after=before, refused=refused)
        if not decided:
            return Outcome(before=before, after=before)
        # Taken only when it really opens, so that a refusal leaves no gap.
        number = ask.incident or self._tx.take_numbers(1)
        after, recorded = self._ledger.apply(before, number, decided, ask.by, ask.source)
        if after.merged_into and isinstance(command, c.Merge):
            self._absorb(after, after.merged_into, ask)
        return Outcome(before=before, after=after, events=tuple(recorded))

    def _absorb(self, gone: Incident, into: int, ask: c.Ask) -> None:
        """In the same transaction, so that no alert clears in between and is counted nowhere or for ever."""
        absorb = c.Absorb(
            other=gone.number,
            title=gone.title,
            alerts_firing=gone.alerts_firing,
            alerts_total=gone.alerts_total,
            groups=gone.groups,
            guides=NO_GUIDES if gone.private else gone.guides,
        )
        other = self._ledger.incidents[into]
        self._ledger.apply(other, into, decide(other, absorb, id=into, at=self._at), ask.by, ask.source)

    def _alerts(self, groups: Sequence[Group]) -> list[AlertRow]:
        """Tell each group's incident of its alerts, opening it if there is none; the rows to store.

        Alerts come before what people ask in the same batch: who resolves an incident resolves it with them.
        """
        new = sum(group.incident is None for group in groups)
        number = self._tx.take_numbers(new) if new else 0
        rows: list[AlertRow] = []
        for group in groups:
            if group.incident is None:
                self._open(group, number)
                owner, number = number, number + 1
            else:
                owner = group.incident
                if owner not in self._ledger.incidents:
                    raise Unreadable(f"INC-{owner} cannot be read, and alerts belong to it")
            decided = decide(self._ledger.incidents[owner], changing(group), id=owner, at=self._at)
            if decided:
                self._ledger.apply(self._ledger.incidents[owner], owner, decided, ALERTS, Source("alert"))
            rows += [AlertRow(row.alert, owner, row.moved) for row in group.rows.values()]
        return rows

    def _open(self, group: Group, number: int) -> None:
        command = self._complete(opening(group, self._at), None)
        self._ledger.apply(None, number, decide(None, command, id=number, at=self._at), ALERTS, Source("alert"))
        self._owners.held[group.key] = number
        group.fired.clear()
        group.again = 0

    def _complete(self, command: c.Command, incident: Incident | None, *, by: str = "") -> c.Command:
        rules, ledger, roster = self._rules, self._ledger, lambda: self._rota.roster
        around = Around(self._at, roster, rules.policy, ledger.incidents, ledger.history, ledger.whole, self._tx.script)
        return complete(command, incident, around, by=by)

    def _record(self, rows: Sequence[AlertRow]) -> None:
        changed = self._rota.changed or self._pot.changed or self._beats.changed
        if not (self._ledger.changed or rows or changed):
            return
        tx, held = self._tx, self._owners.to_hold(self._ledger.incidents)
        with tx.together():
            self._ledger.take_back()
            self._beats.write()
            self._rota.write()
            self._pot.write()
            self._ledger.write(self._pot.effects)
            if rows:
                tx.store_alerts(rows)
            self._owners.write(held)
