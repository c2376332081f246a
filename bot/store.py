"""What the product asks of the database: one transaction of the writer, and the effects that wait in the outbox."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.alerts.heartbeat import Signal
from bot.alerts.model import Alert, AlertRow, Known
from bot.coffee.board import Board, Coffee, Topic
from bot.coffee.overlooked import Lately
from bot.incident.commands import Ask
from bot.incident.effects import Cancel, Effect
from bot.incident.events import Recorded
from bot.incident.model import Incident
from bot.incident.outgoing import Outgoing
from bot.oncall.overrides import Override


class StoreUnavailable(Exception):
    """The database does not answer (gone, locked, disk full): nothing was changed; try again."""


class Unreadable(Exception):
    """An incident is stored in a way this release cannot read; the message names it. Nothing was changed."""


class Conflict(Exception):
    """Another process changed the same rows first: nothing was changed; decide again from what is there now."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An effect somebody holds a lease on. `attempt` is the fence: only who holds this number may settle it. Both times are
    of the outbox's clock."""

    id: int
    key: str
    incident: int
    lane: str
    effect: Effect
    since: int
    upto: int
    attempt: int
    first_at: datetime
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of a claimed effect: done (`state` done or failed), with the command that tells the incident. `more` is what then is to
    be done that is of none."""

    id: int
    attempt: int
    incident: int
    state: str
    reason: str = ""
    ask: Ask | None = None
    more: tuple[Outgoing, ...] = ()


@dataclass(frozen=True, slots=True)
class Retry:
    """Not done yet: look again at `after` from now."""

    id: int
    attempt: int
    after: timedelta
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What alerts meet: the open incident of each group that has one, and the open maintenance incidents, as they were
    when they were looked at: `Transaction.load` locks those that matter."""

    groups: Mapping[str, int]
    windows: tuple[Incident, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """The board of the lean coffee as it is stored, and the last ids that were given to a topic and to a coffee."""

    board: Board
    topic: int
    coffee: int


class Transaction(Protocol):
    """One transaction of the one writer. Everything is set-based: a batch costs a handful of statements."""

    def now(self) -> datetime:
        """The time this transaction happens at: the database's clock where there is one."""
        ...

    def known_alerts(self, alerts: Sequence[Alert], groups: Sequence[tuple[str, str]]) -> list[Known]:
        """What is known of these alerts by (source, fingerprint), and of all alerts in these (source, group)s."""
        ...

    def standing(self, groups: Sequence[str]) -> Standing:
        """What alerts of these groups meet."""
        ...

    def hold_groups(self, held: Mapping[str, int]) -> None:
        """Alerts of these groups belong to these incidents from now on. Raises Conflict when one is taken."""
        ...

    def free_groups(self, numbers: Sequence[int]) -> None:
        """These incidents are over: the next alert of their groups opens a new one."""
        ...

    def load(self, numbers: Collection[int], *, beside: Collection[int] = ()) -> dict[int, Incident]:
        """These incidents, and those `beside` that can be read, locked until the transaction ends, in one order everywhere.
        Raises Unreadable when it is one of `numbers`."""
        ...

    def open_titles(self) -> list[tuple[int, str]]:
        """Number and title of what is open, of the newest few hundred."""
        ...

    def history(self, number: int, limit: int) -> list[Recorded]:
        """The last `limit` events of one incident, oldest first."""
        ...

    def script(self, number: int, since: int) -> list[Recorded]:
        """What a drill replays of an incident, oldest first: its alerts from event `since` on, as many as come in one step; since 0 all
        of them, with its opening."""
        ...

    def drills_of(self, numbers: Collection[int]) -> set[int]:
        """The drills that replay one of these incidents, or did."""
        ...

    def take_numbers(self, count: int) -> int:
        """The first of `count` new incident numbers; a rolled-back transaction gives them back, so there are no gaps."""
        ...

    def seen(self, keys: Sequence[str]) -> set[str]:
        """Which of these inbound messages were handled before; the others are remembered as handled now."""
        ...

    def fenced(self, settlements: Sequence[Settlement]) -> set[tuple[int, int]]:
        """Settle these effects; answers the (id, attempt) of those whose lease still held. The others were somebody
        else's by now."""
        ...

    def overrides(self) -> list[Override]:
        """Those that stand and have not ended, by id."""
        ...

    def turns(self) -> dict[str, int]:
        """How many turns were taken, by the step whose targets take turns."""
        ...

    def take_override_ids(self, count: int) -> int:
        """The first of `count` new ids, as `take_numbers`."""
        ...

    def add_overrides(self, added: Sequence[Override]) -> None: ...

    def drop_overrides(self, ids: Sequence[int], by: str) -> None:
        """They do not stand any more."""
        ...

    def take_turns(self, taken: Mapping[str, int]) -> None:
        """So many more of each step."""
        ...

    def board(
        self,
        *,
        topics: Collection[int] = (),
        events: Collection[tuple[int, int]] = (),
        incidents: Collection[int] = (),
        last: bool = False,
    ) -> Kept:
        """The board, locked until the transaction ends, the last of all locks; beside what is on it the topics with these ids, from
        these events (incident and number), and from these incidents, whatever became of them, and with `last` those of the last coffee that
        is over."""
        ...

    def lately(self, since: datetime, topics: Collection[tuple[int, int]]) -> Lately:
        """What may be a topic, of what was recorded from `since` on, and what `topics` (incident and number of the event) came from. Behind
        `board`, whose lock keeps others from making topics of it meanwhile."""
        ...

    def keep_board(self, topics: Sequence[Topic], coffees: Sequence[Coffee]) -> None:
        """Store these; ids up to theirs are given."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """What is written inside goes out in one piece with the commit, so that a server is waited for once. Nothing is asked
        inside, and nothing comes after it."""
        ...

    def record(self, incidents: Sequence[Incident], events: Sequence[Recorded], effects: Sequence[Outgoing]) -> None:
        """Store the new state, append the events, queue the effects."""
        ...

    def erase(self, incident: int, changed: Sequence[Recorded], messages: Collection[str]) -> None:
        """Put these in the place of what is stored under their numbers: the only change that is ever made to an event. Its
        number, times, kind and people stay as they are; its facts lose what was removed, and its source the link to that. Of these
        `messages` no copy of a file stays."""
        ...

    def cancel(self, incident: int, cancel: Cancel) -> None:
        """Withdraw waiting effects of the incident that `cancel` speaks of."""
        ...

    def store_alerts(self, rows: Sequence[AlertRow]) -> None:
        """Insert or update alerts, and which incident they belong to."""
        ...

    def move_alerts(self, source: int, target: int) -> None:
        """After a merge: the alerts of `source` and its groups belong to `target`."""
        ...

    def signals(self, keys: Collection[str] | None = None) -> list[Signal]:
        """What is known of these expected signals; None: of all."""
        ...

    def keep_signals(self, signals: Sequence[Signal], gone: Collection[str] = ()) -> None:
        """Store these, and forget those with the keys `gone`."""
        ...


class Store(Protocol):
    def begin(self, *, alerts: bool = False) -> AbstractContextManager[Transaction]:
        """Commit on leaving, roll back on an exception. With `alerts`, only one process at a time has such a
        transaction, so that two copies of one alert meet. Raises StoreUnavailable or Conflict."""
        ...


class Full(Exception):
    """An incident keeps as much in copies of files as it may."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What is known of a copy without its bytes."""

    size: int
    sha256: str


class Files(Protocol):
    """Copies of files that stood in messages, by incident, message and number. Each call is one short transaction of its own, and
    may raise StoreUnavailable or Conflict: nothing was changed. Nobody else reads the bytes, so who asks for an incident or a
    list never waits for them."""

    def find(self, incident: int, message: str, number: int) -> Copy | None:
        """The copy, if there is one."""
        ...

    def keep(self, incident: int, event: int, number: int, content: bytes, most: int) -> Copy | None:
        """Keep `content` as the `number`-th file of the message that `event` was taken from, unless there is a copy already: that
        stays. None: the message was removed meanwhile, and nothing is kept. Raises Full when the incident would keep more
        than `most` bytes."""
        ...

    def content(self, incident: int, message: str, number: int) -> bytes | None:
        """The bytes; None: there is no copy."""
        ...

    def used(self, incident: int) -> int:
        """How many bytes the incident keeps."""
        ...


class Outbox(Protocol):
    """The effects that wait. Each call is one short transaction of its own."""

    def claim(self, limit: int, lease: timedelta, *, urgent: bool = False, full: Collection[str] = ()) -> list[Claimed]:
        """Take up to `limit` due effects, the first of each free lane, for `lease`; with `urgent` only such. Pages by a way that
        is `full` are left; an empty one means the clocks that make pages."""
        ...

    def renew(self, held: Sequence[Claimed], lease: timedelta) -> None:
        """Hold them longer."""
        ...

    def retry(self, retries: Sequence[Retry]) -> None:
        """Give them back for later; fenced like a settlement."""
        ...

    def release(self, held: Sequence[Claimed]) -> None:
        """Give them back at once (we are stopping)."""
        ...

    def next_due(self) -> timedelta | None:
        """How long until something can be claimed; None when nothing waits."""
        ...


class TurnLost(Exception):
    """Our turn was over before the work was: another process may have it by now."""


class Turns(Protocol):
    """What only one of the processes on a database does at a time."""

    async def during(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Wait until nobody else has the turn `name`, and do `work` while it is ours; the turn ends with the work.

        Should the turn be lost meanwhile, the work is cancelled; raises TurnLost when it has ended."""
        ...
