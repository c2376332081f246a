"""What a line means to whoever typed it where they did: the command or the question it is, or the form it asks for.

A private incident exists for those alone who are in its room.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from bot.chat.context import Context, Do, Question
from bot.chat.drilled import is_drill
from bot.chat.form import Option
from bot.chat.parse import parse
from bot.chat.wanting import Asked, choices, wanting
from bot.coffee.board import TopicState
from bot.coffee.card import in_order
from bot.incident import commands as c
from bot.incident.commands import coffee as k
from bot.incident.model import Incident, Kind, Refused
from bot.lookups import Lookups
from bot.ports import Clock, Said
from bot.questions import Names
from bot.status.contacts import names_of
from bot.status.recognise import places_of
from bot.status.redact import mask

LABELLED = 20
"""Open incidents whose alert labels are looked through for what customers need not read."""

MEANT = 200
"""Open incidents among which the one that is meant is looked for: in a storm the one that pages is not the newest."""

TERMINAL = "terminal"
"""The platform of `klatsch say`."""


OPENED = {
    Kind.NEARMISS: "a near miss",
    Kind.DRILL: "a drill",
    Kind.RETRO: "a write-up of the past",
    Kind.MAINTENANCE: "maintenance",
}
"""What is told to everybody by its title, and can wait until it is typed elsewhere."""

PRIVATE_TOO = frozenset({"drill", "retro", "maint"})
"""Verbs that take `private` before the title."""


class Understanding:
    def __init__(self, lookups: Lookups, clock: Clock, names: Names) -> None:
        self._lookups = lookups
        self._clock = clock
        self._names = names

    def _check_seen(self, parsed: Do | Question, said: Said, context: Context) -> None:
        """Whether there is what the line is about, for whoever typed it there. Raises Refused."""
        into = _other(parsed.command) if isinstance(parsed, Do) else None
        if said.confined and isinstance(parsed, Do) and context.room and parsed.incident not in (None, context.room):
            raise Refused(
                f"This is the room of INC-{context.room}, and nothing is done here to INC-{parsed.incident}.",
                "Say it in its own room, or where incidents are announced.",
            )
        seen = {incident.number for incident in context.open}
        for number in (parsed.incident, into):
            if number is None or number in seen:
                continue
            incident = self._lookups.incident(number)
            if incident is not None and seen_in(said.platform, said.room, incident):
                continue
            if number == context.room:
                raise Refused(
                    f"INC-{number} is private by now, and this is not its room.",
                    "Whoever works on it is invited to that; if you should be too, ask its lead.",
                )
            raise Refused(f"There is no INC-{number}.", "`list` shows what is open, `list all` the rest.")

    def _check_real(self, parsed: Do | Question, context: Context) -> None:
        """Whether what begins something real was not typed where people play: it would wake somebody, silence alerts, or be told as if it
        had happened. Raises Refused."""
        if not isinstance(parsed, Do) or context.room is None:
            return
        command = parsed.command
        real = isinstance(command, c.Open) and command.kind is not Kind.DRILL
        if not real and not isinstance(command, c.DutyCommand | c.PostDigest):
            return
        here = self._lookups.incident(context.room)
        if is_drill(here):
            raise Refused(
                f"This is the room of a drill, INC-{context.room}, and `{parsed.verb}` is for what is real.",
                "If it is real, type it in another room. If it is a part of the drill: `drill inject TEXT` or `note TEXT`.",
            )

    def _check_told(self, parsed: Do | Question, said: Said, context: Context) -> None:
        """Whether words for everybody were typed where not everybody reads: nothing of a private incident becomes a topic, a near miss or the
        title of something that is not urgent, and who talks there may not have thought of that. Raises Refused."""
        if not (isinstance(parsed, Do) and said.room and context.room):
            return
        everybodys = told_at_the_coffee(parsed.command) or told_of_itself(parsed.command)
        if not everybodys:
            return
        here = self._lookups.incident(context.room)
        if here is not None and here.private and seen_in(said.platform, said.room, here):
            hint = "Type it in another room, or to the bot alone, in words that everybody may read."
            if parsed.verb in PRIVATE_TOO:
                hint += f" To keep it as private as this one: `{parsed.verb} private TITLE`"
            raise Refused(f"INC-{context.room} is private, and {everybodys} is everybody's.", hint)

    def lacks(self, said: Said, by: str) -> Asked | None:
        """The form that the line asks for; None: it lacks nothing. Raises Refused or StoreUnavailable."""
        wanted = wanting(said.line)
        if wanted is None:
            return None
        context = self._context(said, by)
        topics = self._topics() if wanted.form.key == "coffee vote" else ()
        past = self._lookups.recent(MEANT) if wanted.form.key == "drill" else ()
        return Asked(wanted, choices(context, topics, past), context.room)

    def _topics(self) -> list[Option]:
        """What dots can be put on."""
        board = self._lookups.board()
        open_ones = [topic for topic in in_order(board) if topic.state is TopicState.OPEN]
        return [Option(str(topic.id), f"#{topic.id} {topic.text}") for topic in open_ones]

    def of(self, said: Said, by: str) -> tuple[Context, Do | Question]:
        """The command or the question that the line is. Raises Refused or StoreUnavailable."""
        context = self._context(said, by)
        parsed = parse(said.line, context)
        self._check_seen(parsed, said, context)
        self._check_real(parsed, context)
        self._check_told(parsed, said, context)
        if said.platform == TERMINAL and isinstance(parsed, Question) and parsed.verb == "oncall":
            # Nobody reads along, and who asks here may have nothing else left.
            parsed = replace(parsed, args={**parsed.args, "contacts": "yes"})
        return context, parsed

    def _context(self, said: Said, by: str) -> Context:
        room = self._lookups.in_room(said.platform, said.room) if said.room else said.about
        sees = partial(seen_in, said.platform, said.room)
        here = [incident for incident in self._lookups.open_incidents(MEANT) if sees(incident)]
        numbers = [incident.number for incident in here]
        # In a room nothing has to be implied.
        unclosed = [] if room is not None else [incident for incident in self._lookups.unclosed() if sees(incident)]
        names = self._names
        targets = [f"policy:{name}" for name in names.roster.ladders]
        targets += [f"schedule:{name}" for name in names.roster.schedules]
        return Context(
            by=by,
            at=self._clock.now(),
            room=room,
            people=names.people,
            components=names.components,
            targets=targets,
            open=here,
            unclosed=unclosed,
            zone=names.zone,
            default_ladder=names.default_ladder,
            status_pages=names.status_pages,
            redact=lambda text: self._masked(text, numbers if room is None else [room, *numbers]),
        )

    def _masked(self, text: str, incidents: list[int]) -> tuple[str, tuple[str, ...]]:
        """A text for customers, without our people's names and without what our alerts' labels call things."""
        people = names_of(self._names.people.values())
        labels, places = set[str](), set[str]()
        for number in dict.fromkeys(incidents[:LABELLED]):
            for alert in self._lookups.alerts(number, 200):
                labels.update(alert.labels.values())
                places.update(places_of(alert.labels))
        known = replace(self._names.redact, public=(*self._names.redact.public, *sorted(places)))
        return mask(text, known, people, sorted(labels))


def _other(command: object) -> int | None:
    """The second incident that a command speaks of."""
    match command:
        case c.Merge(into=other) | c.Open(replays=other):
            return other or None
        case _:
            return None


def told_at_the_coffee(command: object) -> str:
    """`the coffee` when it has words that everybody will read on the board or in the minutes, else nothing."""
    match command:
        case k.AddTopic() | k.RewordTopic() | k.NoteTakeaway():
            return "the coffee"
        case k.NextTopic(takeaway=takeaway) if takeaway:
            return "the coffee"
        case _:
            return ""


def told_of_itself(command: object) -> str:
    """What everybody will read under the title that it has, else nothing. What is real may wake somebody and waits for no second line: that
    it is announced is what it is opened for."""
    match command:
        case c.Open(private=False, kind=kind, title=title) if title:
            return OPENED.get(kind, "")
        case _:
            return ""


def seen_in(platform: str, room: str, incident: Incident) -> bool:
    """A private incident exists in the room where it is worked on, and for who can read the database anyway."""
    held = incident.rooms.get(platform)
    return not incident.private or platform == TERMINAL or (held is not None and held.live and held.id == room)
