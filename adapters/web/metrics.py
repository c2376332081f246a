"""Numbers about ourselves, for Prometheus. They hold counts and names of configuration blocks, never content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from bot.lookups import Waiting
from bot.store import StoreUnavailable


class Metrics:
    """Its own registry, so that two in one process (tests) do not meet."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(
        self,
        outbox: Callable[[], Sequence[Waiting]],
        queue: Callable[[], int],
        now: Callable[[], datetime],
        heard: Callable[[], Mapping[str, bool]],
        alive: Callable[[], bool | None],
    ) -> None:
        self._registry = CollectorRegistry()
        self._alerts = Counter(
            "klatsch_alerts_received", "Alerts in accepted requests", ["source"], registry=self._registry
        )
        self._answers = Counter(
            "klatsch_alert_requests", "Answers to alert requests", ["source", "code"], registry=self._registry
        )
        self._registry.register(_Backlog(outbox, queue, now))
        self._registry.register(_Chat(heard))
        self._registry.register(_SignOfLife(alive))

    def alerts_received(self, source: str, count: int) -> None:
        self._alerts.labels(source).inc(count)

    def request_answered(self, source: str, code: int) -> None:
        self._answers.labels(source, str(code)).inc()

    def render(self) -> bytes:
        return generate_latest(self._registry)


class _Backlog(Collector):
    """Read when somebody asks."""

    def __init__(
        self, outbox: Callable[[], Sequence[Waiting]], queue: Callable[[], int], now: Callable[[], datetime]
    ) -> None:
        self._outbox = outbox
        self._queue = queue
        self._now = now

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        queue = GaugeMetricFamily("klatsch_inbox_waiting", "Requests that wait for the writer")
        queue.add_metric([], self._queue())
        yield queue
        up = GaugeMetricFamily("klatsch_database_up", "Whether the database answers")
        waiting = GaugeMetricFamily("klatsch_outbox_waiting", "Effects that wait, timers left out", labels=["kind"])
        oldest = GaugeMetricFamily("klatsch_outbox_oldest_seconds", "Age of the oldest of them", labels=["kind"])
        try:
            for row in self._outbox():
                waiting.add_metric([row.kind], row.count)
                oldest.add_metric([row.kind], max(0.0, (self._now() - row.oldest).total_seconds()))
            up.add_metric([], 1)
        except StoreUnavailable:
            up.add_metric([], 0)
        yield from (up, waiting, oldest)


class _Chat(Collector):
    """Read when somebody asks."""

    def __init__(self, heard: Callable[[], Mapping[str, bool]]) -> None:
        self._heard = heard

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        listening = GaugeMetricFamily(
            "klatsch_chat_listening",
            "Whether this process listens to a chat platform, without trouble; of several processes one does",
            labels=["platform"],
        )
        for platform, heard in self._heard().items():
            listening.add_metric([platform], heard)
        yield listening


class _SignOfLife(Collector):
    """Read when somebody asks."""

    def __init__(self, alive: Callable[[], bool | None]) -> None:
        self._alive = alive

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        taken = self._alive()
        if taken is not None:
            arrives = GaugeMetricFamily(
                "klatsch_heartbeat_sent", "Whether the last sign of life to http.heartbeat was taken there"
            )
            arrives.add_metric([], taken)
            yield arrives
