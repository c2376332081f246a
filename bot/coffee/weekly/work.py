"""What the digest tells of follow-ups and open questions, of what is coming, of the load, and of the coffee. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain

from bot.coffee.board import Origin, TopicState
from bot.coffee.weekly.around import Around
from bot.coffee.weekly.seen import Seen
from bot.incident import events as e
from bot.incident.hours import Hours, works
from bot.incident.model import FollowUp, Incident, Kind, Mark
from bot.incident.text import REMOVED
from bot.oncall.load import Load, load
from bot.oncall.schedules import Schedule, shifts

WINDOWS_AHEAD = timedelta(days=14)
HANDOVERS_AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Item:
    """A follow-up. `owner` is an id, empty: nobody has it. `reason` says why it was decided against."""

    ref: str
    id: int
    text: str
    owner: str = ""
    due: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FollowUps:
    """`new`, `done` and `declined` (decided against) are of the period, `overdue` is what is now, the oldest first. `owners` of what is
    done are thanked, each once, in the order of their ids; `open` counts all that are open, `undated` those of them that no date makes late."""

    new: tuple[Item, ...]
    done: tuple[Item, ...]
    declined: tuple[Item, ...]
    overdue: tuple[Item, ...]
    owners: tuple[str, ...]
    open: int
    undated: int


@dataclass(frozen=True, slots=True)
class Question:
    """An open one and since when it is; `ref` empty: it came up in no incident."""

    ref: str
    text: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Window:
    ref: str
    title: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class HandOver:
    """The next one of a schedule, and how many `more` there are in the week."""

    schedule: str
    at: datetime
    more: int


@dataclass(frozen=True, slots=True)
class Coming:
    windows: tuple[Window, ...]
    handovers: tuple[HandOver, ...]


@dataclass(frozen=True, slots=True)
class OnCall:
    """The load of each schedule that paged somebody, and how many pages came in sleep hours in all of them. `direct` ones went to people and
    to no schedule: of a team's digest none, for whose they are nobody knows. `free` are the weekdays that are no business days in some of these."""

    loads: tuple[Load, ...]
    asleep: int
    direct: int = 0
    free: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Talked:
    """What was talked about over a coffee, and what people took along from it."""

    text: str
    takeaways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topics:
    """What may be talked about over the coffee, as (number, text, dots), most dots first; when that is (None: it is not planned) and where
    people meet (may be empty). `talked` is what came of those that ended in the period, in the order of their agendas; `minutes` are
    where those of the last one lie (may be empty)."""

    topics: tuple[tuple[int, str, int], ...]
    next: datetime | None
    meeting: str
    talked: tuple[Talked, ...] = ()
    minutes: str = ""

    @property
    def takeaways(self) -> int:
        return sum(len(one.takeaways) for one in self.talked)


def followups(seen: Seen) -> FollowUps | None:
    changed = {(one.number, item, added): one for one, item, added in _changed(seen)}
    now = seen.around.now
    owed = [(one, item) for one in seen.gathered.owing if seen.ours(one) for item in one.followups if _owed(item)]
    late = [(one, item) for one, item in owed if item.due is not None and item.due < now]

    def now_so(outcome: str, *, added: bool) -> tuple[Item, ...]:
        """Those that stand so now: what was done and taken up again is not done."""
        asked = [(one, item) for (_, item, new), one in changed.items() if new is added]
        rows = [(one, row) for one, item in asked for row in one.followups if row.id == item]
        return tuple(_item(one, row) for one, row in rows if row.outcome == outcome and row.text != REMOVED)

    done = now_so("done", added=False)
    found = FollowUps(
        new=now_so("", added=True),
        done=done,
        declined=now_so("wontdo", added=False),
        overdue=tuple(sorted((_item(*each) for each in late), key=lambda item: (item.due or now, item.ref, item.id))),
        owners=tuple(sorted({item.owner for item in done if item.owner})),
        open=len(owed),
        undated=sum(item.due is None for _, item in owed),
    )
    return found if found.new or found.done or found.declined or found.overdue else None


def _owed(item: FollowUp) -> bool:
    """Less that of which nobody may read any more what it was."""
    return not item.outcome and item.text != REMOVED


def questions(seen: Seen) -> tuple[Question, ...] | None:
    """Lines of the period that ask, whatever became of what they were asked in, and what is asked over the coffee: a question that is
    answered is taken back there."""
    found = {
        (incident.number, line.seq): Question(incident.ref, line.text, line.at)
        for incident, line in seen.marked(Mark.QUESTION)
    }
    for topic in seen.gathered.board.topics.values():
        if topic.origin is Origin.QUESTION and topic.state is TopicState.OPEN and topic.text != REMOVED:
            ref = f"INC-{topic.incident}" if topic.incident else ""
            found.setdefault((topic.incident, topic.event), Question(ref, topic.text, topic.added_at))
    return tuple(sorted(found.values(), key=lambda one: (one.since, one.ref))) or None


def on_call(seen: Seen) -> OnCall | None:
    gathered, around = seen.gathered, seen.around
    loads = [
        load(schedule, gathered.paged, gathered.start, gathered.end, _free(schedule, around))
        for name, schedule in around.roster.schedules.items()
        if not around.team or name in around.schedules
    ]
    found = tuple(one for one in loads if one.pages)
    past = sum(not any(target.startswith("schedule:") for target in one.targets) for one in gathered.paged)
    direct = 0 if around.team else past
    off = {day for one in found for day in _free(around.roster.schedules[one.schedule], around)}
    asleep = sum(one.hours[Hours.SLEEP] for one in found)
    return OnCall(found, asleep, direct, tuple(day for day in sorted(off) if works(day))) if found or direct else None


def _free(schedule: Schedule, around: Around) -> frozenset[date]:
    """A day is off where the digest is read; who is on call elsewhere may have to work."""
    return around.free if schedule.zone.key == around.zone.key else frozenset()


def coming(seen: Seen) -> Coming | None:
    now = seen.around.now
    windows = [
        Window(one.ref, one.title, one.window.start, one.window.end)
        for one in seen.incidents.values()
        if one.kind is Kind.MAINTENANCE and one.window and one.status.open
        if one.window.end > now and one.window.start < now + WINDOWS_AHEAD
    ]
    found = Coming(
        tuple(sorted(windows, key=lambda one: (one.start, one.ref))),
        tuple(sorted(_handovers(seen), key=lambda one: (one.at, one.schedule))),
    )
    return found if found.windows or found.handovers else None


def topics(seen: Seen) -> Topics | None:
    topics = seen.gathered.board.topics.values()
    listed = [topic for topic in topics if topic.state is TopicState.OPEN and topic.text != REMOVED]
    ordered = sorted(listed, key=lambda topic: (-topic.votes, topic.id))
    talked, held = _talked(seen), seen.gathered.held()
    found = Topics(
        tuple((one.id, one.text, one.votes) for one in ordered),
        seen.around.next_coffee,
        seen.around.meeting,
        talked,
        held[-1].minutes if talked else "",
    )
    return found if found.topics or found.next or found.talked else None


def _talked(seen: Seen) -> tuple[Talked, ...]:
    """Less what was removed since. What is on the board again was talked about all the same."""
    places = {(one.number, id_): place for one in seen.gathered.held() for place, id_ in enumerate(one.agenda)}
    found = [
        (topic.coffee, places[topic.coffee, topic.id], topic)
        for topic in seen.gathered.board.topics.values()
        if (topic.coffee, topic.id) in places and topic.text != REMOVED
    ]
    ordered = (topic for *_, topic in sorted(found, key=lambda one: one[:2]))
    return tuple(Talked(topic.text, tuple(said.text for said in topic.takeaways)) for topic in ordered)


def _changed(seen: Seen) -> Iterator[tuple[Incident, int, bool]]:
    """The follow-ups that were added (True) or changed in the period, those of exercises too: what a drill showed is to be done."""
    added = ((one, event.followup, True) for one, event in seen.happened(e.FollowUpAdded))
    changed = (
        (one, event.followup, False)
        for one, event in seen.happened(e.FollowUpChanged)
        # Who has it may change long after it was done.
        if event.before is None or event.before.outcome != event.outcome
    )
    yield from (row for row in chain(added, changed) if seen.ours(row[0]))


def _item(incident: Incident, row: FollowUp) -> Item:
    return Item(incident.ref, row.id, row.text, row.owner, row.due, row.reason)


def _handovers(seen: Seen) -> Iterator[HandOver]:
    now, around = seen.around.now, seen.around
    for name, schedule in around.roster.schedules.items():
        if around.team and name not in around.schedules:
            continue
        # The one of this very moment is told: digest and hand-over like to share their hour.
        _, *changes = shifts(schedule, now - timedelta.resolution, now + HANDOVERS_AHEAD)
        if changes:
            yield HandOver(name, changes[0].start, len(changes) - 1)
