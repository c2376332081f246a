"""The dead man's switch: alerts that are expected, and what it means that one has stopped coming. Pure.

A route with `heartbeat` expects its alerts. What agrees in its sender and in the labels of the route's `group_by` is one *signal*,
known from the first time it fires. Rules of this file:

* A signal that was not heard for the route's length is silent: an alert of our own fires, with the signal's labels. When it is
  heard again, that alert is resolved. What both do to incidents is what any alert does (`bot.alerts.folding`).
* That somebody says the expected alert is over is no sign of life.
* A route on which nothing was ever heard is a signal too, until something is: nobody may have wired it.
* Nobody heard anything while nobody listened: whatever is due after a break in listening is due a whole length after it.
* What no route or no sender in the configuration can make heard again is forgotten, and its own alert is over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from bot.alerts.model import SILENCE, Alert, Notification, bounded_key
from bot.alerts.routing import Route, route_for
from bot.durations import format_duration
from bot.incident.links import DASHBOARDS, RUNBOOKS, is_web
from bot.incident.text import one_line

MOST = 500
"""Signals of one sender. More is a label in `group_by` that has too many values; what is beyond is not watched."""

BREAK = timedelta(seconds=10)
"""Between two looks, from which on nobody listened: the bot or its machine stood still, the database was away, or its clock
jumped. An alert that waits for so long for us was turned away."""

REPEAT = timedelta(minutes=1)
"""After which what is silent is told again, as senders do: the maintenance that it belonged to may be over."""

LABELS = 8_000
"""Characters of a signal's labels that are kept; of more only those that its route names."""

NAME, PLACE = 80, 40
"""Characters of a label's value in a sentence."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that is expected. `route` is the key of its route. `source` empty: nothing was heard on the route so far, which is
    known since `heard_at`. `silent_at`: when the silence began that was told and is not over."""

    key: str
    route: str
    source: str
    heard_at: datetime
    silent_at: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watch:
    """How long somebody has listened without a break: `since`, to the `last` look. What is silent was `told` then. `full` are the
    senders with as many signals as there may be."""

    since: datetime
    last: datetime
    told: datetime
    full: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Look:
    """Look for silence. `watch` is what came of the last look of whoever asks, None at their first one; `senders` are those
    that may send alerts."""

    senders: frozenset[str]
    watch: Watch | None = None


@dataclass(slots=True)
class Signs:
    """What is known of all signals in question, while something of it changes. `keep` and `forget` are what to store, `alerts` what
    to fold."""

    known: dict[str, Signal]
    keep: dict[str, Signal] = field(default_factory=dict)
    forget: set[str] = field(default_factory=set)
    alerts: list[Alert] = field(default_factory=list)

    def _keep(self, signal: Signal) -> None:
        self.known[signal.key] = self.keep[signal.key] = signal
        self.forget.discard(signal.key)

    def _forget(self, signal: Signal, route: Route | None, at: datetime, news: str) -> None:
        self._end(signal, route, at, news)
        del self.known[signal.key]
        self.keep.pop(signal.key, None)
        self.forget.add(signal.key)

    def _end(self, signal: Signal, route: Route | None, at: datetime, news: str) -> None:
        if signal.silent_at is not None:
            self.alerts.append(_over(signal, route, at, news))

    def hear(self, fresh: Sequence[Signal], routes: Mapping[str, Route]) -> None:
        """These were heard."""
        counts = Counter(signal.source for signal in self.known.values())
        for signal in fresh:
            route, before = routes[signal.route], self.known.get(signal.key)
            if before is None and counts[signal.source] >= MOST:
                continue
            if before is None:
                counts[signal.source] += 1
            else:
                self._end(before, route, signal.heard_at, "is heard again")
            self._keep(signal)
            if never := self.known.get(signal.route):
                self._forget(never, route, signal.heard_at, "is heard")

    def look(self, look: Look, routes: Mapping[str, Route], among: Sequence[Route], at: datetime) -> Watch:
        """What is silent at `at` is told. `routes` are those that expect something, by their keys, `among` all of them."""
        if look.watch is None:
            for signal in [*self.known.values()]:
                if not _may_come(signal, routes.get(signal.route), look.senders, among):
                    self._forget(signal, routes.get(signal.route), at, "is not expected any more")
        for key in routes.keys() - {signal.route for signal in self.known.values()}:
            self._keep(Signal(key, key, "", at, labels=_named(routes[key])))
        watch = _looked(look.watch, at)
        again = at - watch.told >= REPEAT
        # A release that knows other routes may share the database.
        for known, route in [(s, routes[s.route]) for s in self.known.values() if s.route in routes]:
            assert route.heartbeat is not None
            signal = known
            if known.heard_at > at:
                # The clock was set back since: heard by now, and not for as long as it went back.
                signal = replace(known, heard_at=at)
                self._keep(signal)
            due = max(signal.heard_at, watch.since) + route.heartbeat
            if signal.silent_at is None and due <= at:
                self._keep(replace(signal, silent_at=due))
                self.alerts.append(_silent(self.known[signal.key], route, due))
            elif signal.silent_at is not None and again:
                self.alerts.append(_silent(signal, route, signal.silent_at))
        counts = Counter(signal.source for signal in self.known.values() if signal.source)
        full = frozenset(source for source, count in counts.items() if count >= MOST)
        return replace(watch, told=at if again else watch.told, full=full)


def expecting(routes: Sequence[Route]) -> dict[str, Route]:
    """The routes that expect something, by their keys."""
    return {route.key: route for route in routes if route.heartbeat is not None}


def heard(notifications: Sequence[Notification], routes: Sequence[Route], at: datetime) -> list[Signal]:
    """The signals in these notifications, each once."""
    some = [route for route in routes if route.heartbeat is not None]
    found: dict[str, Signal] = {}
    for notification in notifications:
        for alert in notification.alerts:
            if not alert.firing or not any(route.matches(alert.labels) for route in some):
                continue
            route = route_for(alert.labels, routes)
            if route is not None and route.heartbeat is not None:
                key = bounded_key(f"{alert.source}:{route.group(alert.labels)}")
                if key not in found:
                    kept = _kept(alert.labels, route)
                    found[key] = Signal(key, route.key, alert.source, at, None, kept, _guides(alert.annotations))
    return [*found.values()]


def overdue(signal: Signal, route: Route, at: datetime) -> bool:
    """Whether it was not heard for the route's length, whoever listened."""
    return route.heartbeat is not None and signal.heard_at + route.heartbeat <= at


def named(signal: Signal, route: Route | None) -> str:
    """What people call it: `Watchdog (one, az1) from prometheus`."""
    by = route.group_by if route else ()
    values = [one_line(signal.labels.get(label, ""), PLACE) for label in by if label != "alertname"]
    places = ", ".join(value for value in values if value)
    name = one_line(signal.labels.get("alertname", ""), NAME) or "expected alert"
    return f"{name}{f' ({places})' if places else ''}{f' from {signal.source}' if signal.source else ''}"


def _looked(watch: Watch | None, at: datetime) -> Watch:
    if watch is None or abs(at - watch.last) > BREAK:
        return Watch(at, at, at)
    return replace(watch, last=at)


def _may_come(signal: Signal, route: Route | None, senders: Collection[str], among: Sequence[Route]) -> bool:
    """Whether the configuration lets it be heard again."""
    if route is None or not signal.source:
        return route is not None
    return signal.source in senders and route_for(signal.labels, among) == route


def _silent(signal: Signal, route: Route, since: datetime) -> Alert:
    assert route.heartbeat is not None
    length = format_duration(route.heartbeat)
    # The day only where it is another one.
    last = signal.heard_at.strftime("%H:%M UTC" if signal.heard_at.date() == since.date() else "%d %b %H:%M UTC")
    name = named(signal, route)
    summary = (
        f"No {name} for {length} (last heard {last})"
        if signal.source
        else f"{name} was never heard, and is expected every {length} (since {last})"
    )
    return _alert(signal, since, None, summary)


def _over(signal: Signal, route: Route | None, at: datetime, news: str) -> Alert:
    assert signal.silent_at is not None
    return _alert(signal, signal.silent_at, max(at, signal.silent_at), f"{named(signal, route)} {news}")


def _alert(signal: Signal, since: datetime, ends: datetime | None, summary: str) -> Alert:
    return Alert(
        source=SILENCE,
        fingerprint=sha256(signal.key.encode(errors="replace")).hexdigest()[:16],
        firing=ends is None,
        starts_at=since,
        ends_at=ends,
        labels=signal.labels,
        annotations={**signal.annotations, "summary": summary},
        group=signal.route,
    )


def _named(route: Route) -> dict[str, str]:
    """The labels of what was never heard: those that the route demands, and a name in any case."""
    return {"alertname": one_line(route.key, NAME), **route.match}


def _kept(labels: Mapping[str, str], route: Route) -> Mapping[str, str]:
    if sum(len(name) + len(value) for name, value in labels.items()) <= LABELS:
        return labels
    wanted = {"alertname", "service", *route.match, *route.match_re, *route.group_by}
    return {name: value for name, value in labels.items() if name in wanted}


def _guides(annotations: Mapping[str, str]) -> dict[str, str]:
    return dict(_addresses(annotations))


def _addresses(annotations: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in (*RUNBOOKS, *DASHBOARDS):
        if is_web(annotations.get(name, "")):
            yield name, annotations[name]
