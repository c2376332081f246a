"""Questions, answered: what is looked up for each, and handed to the words. Nothing here changes anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from bot import rostered
from bot.chat import answers, standing
from bot.chat.context import Context, Question
from bot.chat.document import Document
from bot.chat.manual import help_document
from bot.chat.rereading import Asked, rereading_document
from bot.chat.unsent import unsent, waits_for_an_answer
from bot.coffee.house import House
from bot.digests import Digests
from bot.durations import parse_duration
from bot.duty import Duty, overridden
from bot.incident.commands import PostDigest
from bot.incident.model import Incident, Kind, Person, Refused
from bot.incident.outgoing import Enqueue
from bot.incident.plan import has_room
from bot.incident.policy import Policy
from bot.lookups import Lookups
from bot.on_demand import looked_at, posting
from bot.oncall.escalation import Roster, next_people
from bot.oncall.load import load
from bot.ports import Clock
from bot.sealed import seal
from bot.status.contacts import names_of
from bot.status.redact import Redaction

OPEN_LOOKED_THROUGH = 2000
"""Open incidents that `list` looks through; a storm opens hundreds in triage."""

LOOKED_THROUGH = 500
"""Past incidents that `similar` and `list all` look through."""

ON_THE_PAGE = 200
"""Newest incidents that are asked whether they stand on the status page too, when a post is previewed."""

DRAFTED_FROM = 100_000
"""Events of one incident from which `pm lint` reads, as its draft would: more than any incident has had."""

SIMILAR = 5
SHORT_WORDS = frozenset({
    "the", "and", "for", "with", "from", "that", "this", "are", "was", "not", "has", "have", "but", "out", "its", "into",
    "der", "die", "das", "und",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """The names that mean something in a line, from the configuration. `rooms`: incidents get one; `status_pages`:
    there is one at least; `public_addresses`: where customers will read of an incident, as far as that is known before; `calendar_link`: the address of a schedule's calendar, or of somebody's shifts in
    it, `digest_link` that of a team's digest as a page; `policy`: how people are woken; `sealed`: an id in a form that leads to nobody;
    `house`: how the coffee is held."""

    people: Mapping[str, Person] = field(default_factory=dict)
    components: Mapping[str, str] = field(default_factory=dict)
    duty: Duty = field(default_factory=lambda: Duty(Roster()))
    zone: str = "UTC"
    default_ladder: str = ""
    redact: Redaction = field(default_factory=Redaction)
    publishers: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    rooms: bool = False
    status_pages: bool = False
    public_addresses: Callable[[str], Sequence[str]] = lambda ref: ()
    calendar_link: Callable[[str, str], str] = lambda schedule, person: ""
    digest_link: Callable[[str], str] = lambda team: ""
    policy: Policy = field(default_factory=Policy)
    sealed: Callable[[str], str] = lambda text: seal("", text)
    house: House = field(default_factory=House)

    @property
    def roster(self) -> Roster:
        """Who can be paged and who is on call, as it is known now."""
        return self.duty.roster


Sees = Callable[[Incident], bool]
"""Whether an incident exists for whoever asks."""


class Cards(Protocol):
    """How an incident's card looks, and what its room is called (`bot.words`)."""

    def card(self, incident: Incident, now: datetime) -> Document: ...

    def room_name(self, incident: Incident, platform: str) -> str: ...


class Answers:
    """Reads the database: call it from a thread."""

    def __init__(
        self, lookups: Lookups, clock: Clock, names: Names, cards: Cards, digests: Digests | None = None
    ) -> None:
        self._lookups = lookups
        self._digests = digests
        self._clock = clock
        self._names = names
        self._cards = cards

    def answer(self, question: Question, context: Context, sees: Sees) -> Document:
        """Raises Refused when it asks for what is not there, or is not there for whom `sees` says; StoreUnavailable."""
        match question.verb:
            case "help":
                return help_document(question.args.get("verb"))
            case "list":
                return self._list(question.args.get("which", "open"), context, sees)
            case "oncall":
                return self._on_call(question.args, context)
            case "override":
                return rostered.standing(self._roster(), people=self._names.people, zone=self._names.zone)
            case "similar":
                return self._similar(question, sees)
            case "digest" if self._digests is not None:
                return looked_at(self._digests, question.args, self._clock.now(), self._names.digest_link)
            case _:
                return self._about(question, context, self._incident(question.incident, sees))

    def posting(self, command: PostDigest, typed: datetime | None) -> tuple[Enqueue, Document]:
        """As `bot.on_demand.posting`."""
        if self._digests is None:
            raise Refused("There is no digest here.")
        return posting(self._digests, command, self._clock.now(), typed)

    def room(self, before: Incident | None, after: Incident) -> str:
        """The name of the room that opens now; empty when none does, or when it is there already."""
        begins = has_room(after) and not (before and has_room(before))
        # From a room that everybody reads it moves into a private one.
        moves = before and any(room.live for room in before.rooms.values()) and not after.status.final
        if not self._names.rooms or not (begins or moves) or any(room.live for room in after.rooms.values()):
            return ""
        return self._cards.room_name(after, next(iter(after.rooms), ""))

    def untold(self, incident: Incident) -> str:
        """Why nobody in chat hears what is said of it; empty when its room does."""
        if not self._names.rooms:
            return "no chat is connected"
        heard = has_room(incident) or any(room.live for room in incident.rooms.values())
        return "" if heard else f"{incident.ref} has no room"

    def addresses(self, incident: Incident) -> list[str]:
        """Where customers read of it: as each page said when it was posted, else as the configuration knows."""
        return [*(incident.public_links.values() or self._names.public_addresses(incident.ref))]

    def others(self, incident: Incident) -> list[Incident]:
        """What customers still read of beside it; also what is private, for on the page it is not."""
        return [
            other for other in self._lookups.recent(ON_THE_PAGE) if other.number != incident.number and other.unsettled
        ]

    def _about(self, question: Question, context: Context, incident: Incident) -> Document:
        people, zone, now = self._names.people, self._names.zone, self._clock.now()
        components, then = self._names.components, next_people(self._names.roster, incident.paging)
        ways = partial(self._names.policy.ways, severity=incident.severity)
        match question.verb:
            case "status":
                return self._with_unsent(incident, self._cards.card(incident, now))
            case "timeline":
                history = self._lookups.history(incident.number)
                return answers.timeline_document(incident, history, people=people, zone=zone, components=components)
            case "catchup":
                history = self._lookups.history(incident.number)
                caught_up = answers.catchup_document(
                    incident, history, people=people, zone=zone, now=now, components=components, then=then
                )
                return self._with_unsent(incident, caught_up)
            case "task":
                return standing.tasks_document(incident, people=people)
            case "followup":
                return standing.followups_document(incident, people=people, now=now)
            case "role":
                return standing.roles_document(incident, people=people)
            case "publish":
                others, addresses = self.others(incident), self.addresses(incident)
                return standing.public_document(
                    incident, components=components, others=others, addresses=addresses, zone=zone
                )
            case "pm" if question.args.get("step") == "lint":
                return self._reread(incident)
            case "pm":
                return standing.postmortem_document(incident, people=people)
            case "page":
                paging = standing.paging_document(
                    incident, context.targets, people=people, zone=zone, now=now, then=then, ways=ways
                )
                return self._with_unsent(incident, paging)
            case _:
                raise Refused(f"`{question.verb}` has no answer here.", "See `help`.")

    def _with_unsent(self, incident: Incident, answer: Document) -> Document:
        """And which pages have not gone out: nobody waits for who was not reached. The card in the room cannot say it, for
        tries are no events."""
        if not waits_for_an_answer(incident):
            return answer
        pages, now = self._lookups.pages(incident.number), self._clock.now()
        blocks = unsent(incident, pages, people=self._names.people, zone=self._names.zone, now=now)
        return replace(answer, blocks=(*answer.blocks, *blocks))

    def _reread(self, incident: Incident) -> Document:
        # Few ask for it, and long after the start.
        from bot.postmortem.gather import facts
        from bot.postmortem.reread import reread

        people = self._names.people
        history = self._lookups.history(incident.number, limit=DRAFTED_FROM)
        found = reread(facts(history, people=people), incident.draft, names_of(people.values()))
        return rereading_document(incident.ref, [Asked(one.where, one.finding.words, one.finding.ask) for one in found])

    def _incident(self, number: int | None, sees: Sees) -> Incident:
        incident = self._lookups.incident(number) if number else None
        if incident is None or not sees(incident):
            raise Refused(
                f"There is no INC-{number}." if number else "Which incident?",
                "`list` shows what is open, `list all` the rest.",
            )
        return incident

    def _list(self, which: str, context: Context, sees: Sees) -> Document:
        found = self._lookups.open_incidents(OPEN_LOOKED_THROUGH)
        if which == "open":
            # The worst first: in a storm only so many are shown.
            found.sort(key=lambda incident: (not incident.real, incident.severity, -incident.number))
        else:
            # An open one may be older than all that are looked through.
            known = {incident.number: incident for incident in (*found, *self._lookups.recent(LOOKED_THROUGH))}
            found = [
                known[number]
                for number in sorted(known, reverse=True)
                if which == "all" or which in (known[number].status, known[number].kind, known[number].severity)
            ]
        shown = self._listed([incident for incident in found if sees(incident)], which)
        if which != "open":
            return shown
        # Outside a room they were looked for already, because one of them might have been meant.
        over = context.unclosed
        if context.room is not None:
            over = [incident for incident in self._lookups.unclosed() if sees(incident)]
        if not over:
            return shown
        return replace(shown, blocks=(*shown.blocks, *self._listed(over, "over, to be closed").blocks))

    def _listed(self, incidents: Sequence[Incident], which: str) -> Document:
        names, now = self._names, self._clock.now()
        return answers.list_document(incidents, people=names.people, zone=names.zone, now=now, which=which)

    def _on_call(self, asked: Mapping[str, str], context: Context) -> Document:
        if asked.get("load"):
            return self._load(asked["load"])
        if asked.get("links"):
            schedules = [name for name in self._names.roster.schedules if asked.get("schedule", name) == name]
            link = self._names.calendar_link
            mine = {name: link(name, context.by) for name in schedules if context.by in self._names.people}
            return rostered.links_document({name: link(name, "") for name in schedules}, mine)
        return rostered.on_call(self._roster(), asked, self._clock.now(), self._names.people)

    def _load(self, length: str) -> Document:
        now, roster = self._clock.now(), self._roster()
        start = now - parse_duration(length)
        paged = self._lookups.paged(start, now)
        loads = [load(schedule, paged, start, now) for schedule in roster.schedules.values()]
        return rostered.load_document(loads, length)

    def _roster(self) -> Roster:
        """As it is in this moment, whatever another process has said."""
        return overridden(self._names.roster, self._lookups.overrides(self._clock.now()))

    def _similar(self, question: Question, sees: Sees) -> Document:
        about, words, own = question.args.get("text", ""), frozenset[str](), None
        if not about:
            own = self._incident(question.incident, sees)
            about = own.ref
            words = _words(own)
        words = words or frozenset(_split(question.args.get("text", "")))
        # A drill says what another one said before it.
        known = [incident for incident in self._lookups.recent(LOOKED_THROUGH) if incident.kind is not Kind.DRILL]
        candidates = [incident for incident in known if sees(incident)]
        ranked = _ranked(words, own, candidates)
        return answers.similar_document(ranked, zone=self._names.zone, about=about)


def _ranked(words: frozenset[str], own: Incident | None, candidates: Sequence[Incident]) -> list[tuple[Incident, str]]:
    """The most alike first: shared words weigh by how rare they are, the same group of alerts above all."""
    known = {incident.number: _words(incident) for incident in candidates}
    rows = []
    for incident in candidates:
        if own is not None and incident.number == own.number:
            continue
        shared = words & known[incident.number]
        weight = sum(1 / sum(word in other for other in known.values()) for word in shared)
        why = f"shares {', '.join(sorted(shared)[:4])}" if shared else ""
        if own is not None and own.group and incident.group == own.group:
            weight, why = weight + 10, "the same alerts"
        if weight:
            rows.append((weight, incident, why))
    rows.sort(key=lambda row: (-row[0], -row[1].number))
    return [(incident, why) for _, incident, why in rows[:SIMILAR]]


def _words(incident: Incident) -> frozenset[str]:
    texts = (incident.title, incident.summary, incident.impact, incident.service, *incident.affected)
    return frozenset(word for text in texts for word in _split(text))


def _split(text: str) -> list[str]:
    return [word for word in re.findall(r"[\w-]{3,}", text.lower()) if word not in SHORT_WORDS]
