"""What a batch hears of the alerts that are expected, and finds silent: loaded, decided by `bot.alerts.heartbeat`, stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.alerts.heartbeat import Look, Signal, Signs, Watch, expecting, heard
from bot.alerts.model import SILENCE, Notification
from bot.alerts.routing import Route
from bot.store import Transaction


class Beats:
    """One batch's, at the time `at`. Costs nothing where no route expects anything; else two statements, and only in a batch with a
    signal in it."""

    def __init__(self, tx: Transaction, routes: Sequence[Route], at: Callable[[], datetime]) -> None:
        self._tx = tx
        self._routes = routes
        self._at = at
        self._signs = Signs({})
        self.watch: Watch | None = None
        """What came of a look, when the batch has one."""

    def told(self, requests: Sequence[object]) -> list[Notification]:
        """Our own alerts: of what is silent, and of what is heard again. What came in the same batch was heard before the look.
        Asked inside the folding lock, so that no two processes tell the same."""
        routes = expecting(self._routes)
        looks = [request for request in requests if isinstance(request, Look)]
        sent = [request for request in requests if isinstance(request, Notification)] if routes else []
        fresh = heard(sent, self._routes, self._at()) if sent else []
        if not (fresh or looks):
            return []
        signs = self._signs = Signs(
            self._known([*{key for signal in fresh for key in (signal.key, signal.route)}], looks)
        )
        if any(signal.key not in signs.known for signal in fresh):
            # A new one: whether it is one too many shows only the sight of all.
            signs.known = self._known((), looks)
        signs.hear(fresh, routes)
        for look in looks:
            self.watch = signs.look(look, routes, self._routes, self._at())
        return [Notification(SILENCE, tuple(signs.alerts))] if signs.alerts else []

    def _known(self, keys: Sequence[str], looks: Sequence[Look]) -> dict[str, Signal]:
        return {signal.key: signal for signal in self._tx.signals(None if looks or not keys else keys)}

    @property
    def changed(self) -> bool:
        return bool(self._signs.keep or self._signs.forget)

    def write(self) -> None:
        self._tx.keep_signals([*self._signs.keep.values()], sorted(self._signs.forget))
