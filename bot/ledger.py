"""Incidents as one batch sees them, and what it makes of them: events, what is to be done because of those, and what is taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.erasing import Erasing
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.evolve import evolve
from bot.incident.model import Incident, Source
from bot.incident.outgoing import Outgoing, outgoing
from bot.incident.plan import Policy, log_anew, plan
from bot.owners import Owners
from bot.rota import Rota
from bot.store import Transaction

HISTORY_FOR_UNDO = 500
"""How far back an undo or a taken-back reaction can reach, in events of its incident."""

EVERYTHING = 1_000_000
"""The same for what must be complete: more events than any incident has."""


class Ledger:
    """`incidents` are those of the batch, by number, as they are so far. `at` is its time."""

    def __init__(self, tx: Transaction, policy: Policy, owners: Owners, rota: Rota, at: Callable[[], datetime]) -> None:
        self._tx = tx
        self._policy = policy
        self._owners = owners
        self._rota = rota
        self._at = at
        self.incidents: dict[int, Incident] = {}
        self.events: list[e.Recorded] = []
        self._touched: set[int] = set()
        self._erasing = Erasing()
        self._effects: dict[str, Outgoing] = {}
        self._cancels: list[tuple[int, f.Cancel]] = []

    @property
    def changed(self) -> bool:
        return bool(self.events or self._effects)

    def history(self, number: int, limit: int = HISTORY_FOR_UNDO) -> list[e.Recorded]:
        """The last events of an incident, oldest first, those of the batch with them."""
        stored = self._erasing.seen(self._tx.history(number, limit))
        return [*stored, *(recorded for recorded in self.events if recorded.incident == number)]

    def whole(self, number: int) -> list[e.Recorded]:
        return self.history(number, EVERYTHING)

    def apply(
        self, before: Incident | None, number: int, decided: Sequence[e.Event], by: str, source: Source
    ) -> tuple[Incident, list[e.Recorded]]:
        """Fold in what was `decided`, and plan what follows of it."""
        incident = before
        first = (before.version if before else 0) + 1
        recorded: list[e.Recorded] = []
        for event in decided:
            incident = evolve(incident, event, number=number)
            recorded.append(e.Recorded(number, incident.version, self._at(), by, source, first, event))
            for place, effect in enumerate(plan(incident, event, self._policy)):
                self._plan(effect, incident, place)
            self._plan_logs(event, incident)
            if isinstance(event, e.MergedInto):
                self._owners.merged.append((number, event.into))
            # As in `plan`: whatever a rule forgets, an exercise takes nobody's turn.
            if isinstance(event, e.PeoplePaged) and event.turn and incident.real:
                self._rota.took(event.turn)
        if incident is None:
            raise ValueError("a command without events is not applied")
        self._owners.changed(before, incident)
        self.incidents[number] = incident
        self._touched.add(number)
        self.events += recorded
        for removed in (event for event in decided if isinstance(event, e.MessageRemoved)):
            self.events = self._erasing.erase(number, removed, self.whole(number), about_to_be=self.events)
        return incident, recorded

    def queue(self, effects: Sequence[Outgoing]) -> None:
        """They are of no incident of the batch."""
        self._effects |= {one.key: one for one in effects}

    def _plan_logs(self, event: e.Event, incident: Incident) -> None:
        """Of the drills that replayed the `incident`, of which `event` says what it does."""
        if not isinstance(event, e.MadePrivate | e.MessageRemoved):
            return
        about = f"log:{incident.number}.{incident.version}"
        for drill in self.incidents.values():
            if drill.replay is None or drill.replay.of != incident.number:
                continue
            for place, effect in enumerate(log_anew(drill, event, self._policy)):
                key = f"{about}:{drill.number}.{place}"
                self._effects[key] = outgoing(effect, incident=drill.number, seq=drill.version, place=place, key=key)

    def _plan(self, effect: f.Planned, incident: Incident, place: int) -> None:
        if isinstance(effect, f.Cancel):
            self._cancels.append((incident.number, effect))
            gone = [key for key, held in self._effects.items() if held.withdrawn(incident.number, effect)]
            for key in gone:
                del self._effects[key]
            return
        new = outgoing(effect, incident=incident.number, seq=incident.version, place=place)
        slot = new.fold or new.key
        held = self._effects.get(slot)
        self._effects[slot] = replace(held, upto=new.upto) if held else new

    def take_back(self) -> None:
        """What is due no more, and what was removed. Before anything is written that takes its place."""
        for number, cancel in dict.fromkeys(self._cancels):
            self._tx.cancel(number, cancel)
        self._erasing.write(self._tx)

    def write(self, beside: Mapping[str, Outgoing]) -> None:
        """With the effects that are of no incident `beside` them."""
        effects = [*self._effects.values(), *beside.values()]
        self._tx.record([self.incidents[number] for number in self._touched], self.events, effects)
