"""The facilitator's log of a drill: what the players did, beside what the past incident did if one was replayed, and questions for the debrief.
Nobody is named, nothing is scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bot.incident import events as e
from bot.incident.model import Mark, Person, Role, Status
from bot.postmortem.facts import Facts, Line
from bot.postmortem.gather import facts
from bot.postmortem.markup import clock, section, spent, table, times
from bot.postmortem.told import told
from bot.postmortem.words import cast, escape

BY_PEOPLE = frozenset({"command", "reaction", "link"})

Test = Callable[[e.Event], bool]

STEPS: tuple[tuple[str, Test], ...] = (
    ("Somebody has it", lambda event: isinstance(event, e.PageAcknowledged)),
    (
        "The lead is taken",
        lambda event: isinstance(event, e.RoleAssigned) and event.role == Role.LEAD and bool(event.person),
    ),
    ("The first hypothesis", lambda event: isinstance(event, e.Noted) and event.mark is Mark.HYPOTHESIS),
    ("The first decision", lambda event: isinstance(event, e.Noted) and event.mark is Mark.DECISION),
    ("The first update", lambda event: isinstance(event, e.UpdatePosted) and bool(event.text)),
    ("The impact is stopped", lambda event: isinstance(event, e.StatusChanged) and event.new is Status.MONITORING),
    ("It is resolved", lambda event: isinstance(event, e.StatusChanged) and event.new is Status.RESOLVED),
)
"""What is looked for in both."""

FACILITATED = (e.ReplayBegan, e.ReplayMoved, e.ReplayPaced)
"""What the facilitator did, or the clock."""


def drill_log(
    history: Sequence[e.Recorded], then: Sequence[e.Recorded], *, people: Mapping[str, Person], zone: str
) -> str:
    """The log of a drill from its `history`, and from the history of the incident whose alerts came again (`then`; empty: none did, or nobody
    may read of it any more). Both oldest first; the same events give the same bytes. `people` are called by their roles. Times are UTC."""
    now, past = facts(history, people=people, zone=zone), facts(then, people=people, zone=zone)
    replay = _Pace(history, then)
    sections = [
        section(f"Facilitator's log of {now.ref}", _head(now, past, history, replay, zone), level=1),
        section("What came when", _steps(history, then, replay)),
        section("What came, and what was written next", _written_next(now, history, cast(history, people).mask)),
        section(*_told(now, past, history, then, replay, cast(history, people).mask)),
        section("For the debrief", _questions(history, now)),
    ]
    return "\n\n".join(sections) + "\n"


@dataclass(frozen=True, slots=True)
class _Leg:
    """From `at` on, `place` of the time of then has passed, and goes on `speed` times as fast (0: it stands still), but not beyond
    `most`: what comes behind it had not come yet."""

    at: datetime
    place: timedelta
    speed: int
    most: timedelta = timedelta.max


class _Pace:
    """Where in the time of then the drill was at an instant."""

    def __init__(self, history: Sequence[e.Recorded], then: Sequence[e.Recorded]) -> None:
        self.began: e.ReplayBegan | None = None
        self.start = history[0].recorded_at
        self.speeds: list[int] = []
        self._places = {one.seq: one.recorded_at - then[0].recorded_at for one in then}
        self._legs = [_Leg(self.start, timedelta(), 1)]
        following = 0
        for recorded in history:
            match recorded.event:
                case e.ReplayBegan() as began:
                    self.began, following = began, began.seq
                    self.speeds.append(began.speed)
                    self._go(began.at, following, (began.next_at - began.at) * began.speed)
                case e.ReplayMoved(seq=seq, next_at=due) as moved:
                    following = seq
                    self._go(moved.at, seq, (due - moved.at) * self.speeds[-1] if due else timedelta())
                case e.ReplayPaced() as paced:
                    self.speeds.append(paced.speed if paced.next_at else 0)
                    self._go(paced.at, following, paced.left)
                case _:
                    pass

    def _go(self, at: datetime, following: int, left: timedelta) -> None:
        """From `at` on: `left` of the time of then is to pass before event `following` of it (0: none is left)."""
        # What came decides where it was, not how long it should have taken: it may have been waited for.
        ended = self.began.length if self.began and self._places else None
        known = self._places.get(following) if following else ended
        if known is None:
            self._legs.append(_Leg(at, self.place(at), self.speeds[-1]))
        else:
            here = known - left
            most = max(here, known - timedelta.resolution) if following else timedelta.max
            self._legs.append(_Leg(at, here, self.speeds[-1], most))

    def place(self, at: datetime) -> timedelta:
        leg = next((leg for leg in reversed(self._legs) if leg.at <= at), self._legs[0])
        return min(leg.place + (at - leg.at) * leg.speed, leg.most)


def _head(now: Facts, past: Facts, history: Sequence[e.Recorded], pace: _Pace, zone: str) -> list[str]:
    last = history[-1].recorded_at
    began = pace.began
    blocks = [
        "> **This was a drill.** Nothing here happened to customers, nobody was paged, nothing was published. It says what happened, and not "
        f"how well. {times(history[0].recorded_at, zone)}"
    ]
    if now.title:
        blocks.append(
            f"- **Drill:** {now.ref}, “{escape(now.title.value)}”, {clock(history[0].recorded_at)}, {spent(last - pace.start)}"
        )
    if began:
        called = f", “{escape(past.title.value)}”" if past.title else ""
        blocks.append(f"- **Replayed:** INC-{began.of}{called}, whose alerts took {spent(began.length)}")
        changed = [f"{speed}x" if speed else "held" for speed in pace.speeds]
        blocks.append(f"- **Speed:** {', then '.join(changed)}")
        if not past.ref:
            blocks.append(f"> Of INC-{began.of} nothing is shown: it is private by now.")
    if now.participants:
        blocks.append(f"- **Took part:** {now.participants.value}")
    return blocks


def _steps(history: Sequence[e.Recorded], then: Sequence[e.Recorded], pace: _Pace) -> list[str]:
    """When the drill, and what it replayed, came to what both may have come to."""
    rows = [("The first look", _first_look(then), _first_look(history))]
    rows += [(name, _first(then, test), _first(history, test)) for name, test in STEPS]
    if pace.began is None:
        came = [(name, _after(now, pace.start)) for name, _, now in rows if now]
        return table(("What", "After"), came) if came else ["It came to nothing that is looked for here."]
    start = then[0].recorded_at if then else pace.start
    shown = [
        (name, _after(was, start) if was else "–", _after(now, pace.start) if now else "–")
        for name, was, now in rows
        if was or now
    ]
    if not shown:
        return ["Neither of them came to anything that is looked for here."]
    return [
        "Alerts came faster than then, people did not: the two are no race. A dash says that nobody wrote it down.",
        *table(("What", "Then, after", "In the drill, after"), shown),
    ]


def _first(history: Sequence[e.Recorded], test: Test) -> datetime | None:
    return next((one.event.at for one in told(history) if test(one.event)), None)


def _first_look(history: Sequence[e.Recorded]) -> datetime | None:
    """What anybody did first after the opening."""
    return next((one.recorded_at for one in history if one.command != 1 and _by_a_player(one)), None)


def _by_a_player(recorded: e.Recorded) -> bool:
    if recorded.source.kind not in BY_PEOPLE or not recorded.by:
        return False
    event = recorded.event
    return not isinstance(event, FACILITATED) and not (isinstance(event, e.Noted) and event.mark is Mark.INJECT)


@dataclass(frozen=True, slots=True)
class _Row:
    place: timedelta
    now: bool
    text: str


def _written_next(now: Facts, history: Sequence[e.Recorded], mask: Callable[[str], str]) -> list[str]:
    """What was put before the players, and what one of them wrote next; and when all were silent for longest."""
    start, told_ = history[0].recorded_at, told(history)
    events = {one.id: one.event for one in told_}
    said = {ref: escape(line.text) for line in now.rows for ref in line.refs}
    players = [one for one in told_ if one.command != 1 and _by_a_player(one) and one.id in said]
    if not players:
        return ["Nobody wrote anything down."]
    rows = []
    for line in now.rows:
        came = next((ref for ref in line.refs if _put_before_them(events.get(ref))), "")
        if not came:
            continue
        event = events[came]
        text = f"**Inject:** {escape(mask(event.text))}" if isinstance(event, e.Noted) else escape(line.text)
        reply = next((one for one in players if one.seq > int(came[1:])), None)
        done = said[reply.id] if reply else "–"
        rows.append((f"{_after(line.at, start)} {text}", done, _span(reply.recorded_at - line.at) if reply else "–"))
    written = [start, *(one.recorded_at for one in players), history[-1].recorded_at]
    silence, since, until = max((later - earlier, earlier, later) for earlier, later in pairwise(written))
    return [
        "What was said aloud stands nowhere, so the first words may have come sooner.",
        *table(("What came", "What was written next", "After"), rows),
        f"The longest silence: {_span(silence)}, from {_after(since, start)} to {_after(until, start)}.",
    ]


def _put_before_them(event: e.Event | None) -> bool:
    return isinstance(event, e.AlertsFired) or (isinstance(event, e.Noted) and event.mark is Mark.INJECT)


def _told(
    now: Facts,
    past: Facts,
    history: Sequence[e.Recorded],
    then: Sequence[e.Recorded],
    pace: _Pace,
    mask: Callable[[str], str],
) -> tuple[str, list[str]]:
    """All of it in time, under what it is called: that of then, where something was replayed. Each row says when it was by its own clock."""
    injects = {
        one.id: one.event.text for one in history if isinstance(one.event, e.Noted) and one.event.mark is Mark.INJECT
    }
    rows: list[_Row] = []
    for line in past.rows:
        start = then[0].recorded_at
        rows.append(_Row(line.at - start, False, f"{_after(line.at, start)} {escape(line.text)}{_until(line, start)}"))
    for line in now.rows:
        said = next((injects[ref] for ref in line.refs if ref in injects), "")
        text = f"**Inject:** {escape(mask(said))}" if said else f"{escape(line.text)}{_until(line, pace.start)}"
        rows.append(_Row(pace.place(line.at), True, f"{_after(line.at, pace.start)} {text}"))
    rows.sort(key=lambda row: (row.place, row.now))
    if pace.began is None:
        counts = "**T+** counts from the opening."
        return "What happened", [counts, *table((f"The players: {now.ref}",), ((row.text,) for row in rows))]
    left = past.ref or f"INC-{pace.began.of}"
    return "Side by side", [
        "In the order of the time of then. **T+** counts from the opening of each, by its own clock.",
        *table((f"Then: {left}", f"The players: {now.ref}"), ((_cell(row, False), _cell(row, True)) for row in rows)),
    ]


def _cell(row: _Row, now: bool) -> str:
    return row.text if row.now is now else ""


def _until(line: Line, start: datetime) -> str:
    return f" until {_after(line.until, start)}" if line.until else ""


def _after(at: datetime, start: datetime) -> str:
    """`T+4:10`, `T+1:04:10`."""
    span = at - start
    return f"**T{'-' if round(span.total_seconds()) < 0 else '+'}{_span(span)}**"


def _span(span: timedelta) -> str:
    """`4:10`, `1:04:10`."""
    hours, rest = divmod(abs(round(span.total_seconds())), 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _questions(history: Sequence[e.Recorded], now: Facts) -> Iterator[str]:
    events = [one.event for one in told(history)]
    yield "> What surprised you?"
    yield "> What was missing: a graph, a right, a telephone number, a page of the runbook?"
    yield "> At which moment did you know what it was, and what told you? What had pointed elsewhere until then?"
    if not any(test(event) for name, test in STEPS if name == "The lead is taken" for event in events):
        yield "> Nobody took the lead. Who would have, and what would have been different?"
    if not any(isinstance(event, e.Noted) and event.mark is Mark.HYPOTHESIS for event in events):
        yield "> No hypothesis was written down. Which ones were in the air?"
    if not any(isinstance(event, e.UpdatePosted) for event in events):
        yield "> No update was posted. Who would have waited for one, and for what?"
    if any(isinstance(event, e.Noted) and event.mark is Mark.INJECT for event in events):
        yield "> What did each inject change, and what would it have changed a few minutes earlier?"
    if any(isinstance(event, e.ReplayBegan) for event in events):
        yield "> What did those who were there then know that is written down nowhere?"
    noted = [one for one in now.followups if one.outcome in ("", "done")]
    for one in noted:
        yield f"- Follow-up {one.id}{f' for {one.owner}' if one.owner else ''}: “{escape(one.text)}”"
    change = "What else will you change" if noted else "What will you change"
    yield f"> {change} because of today: one thing, with an owner? `followup TEXT owner=@NAME due=14d`"
