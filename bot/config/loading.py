"""`load`: one file, checked whole, as the values the rest of the bot works with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.alerts.routing import Route
from bot.config.around import Around, folder_of
from bot.config.checks import check
from bot.config.draft import Draft, draft
from bot.config.kinds import Block
from bot.config.learning import CoffeeSection, Digest, DigestTeam
from bot.config.models import (
    Chat,
    Http,
    Postmortem,
    RotationEntry,
    Security,
    Storage,
)
from bot.config.problems import ConfigError, Findings, Problem
from bot.config.reading import Resolver, read
from bot.incident.model import Person, Severity
from bot.incident.policy import SERVICE
from bot.oncall.escalation import DEFAULT_WAIT, UTC, Ladder, Roster, Step
from bot.oncall.rotations import Layer, Rotation
from bot.oncall.schedules import Schedule
from bot.status.model import Component
from bot.status.redact import Redaction

Examine = Callable[[Mapping[str, Mapping[str, Block]], Around, Findings], object]
"""Looks at the providers' blocks, by section and name, and puts what is wrong with them into the findings."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Config:
    """A configuration without errors; `warnings` is what is still worth saying.

    The blocks of `alerts`, `paging`, `status`, `trackers`, `publishing`, `calendars` and `platforms` are for the providers' own
    Config classes: plain values with the environment and secrets' files put in. Each has a `type`, which is the name
    of the entry when nobody wrote one; only a chat platform's block has none, its name is the type. `calendars` has the
    names of their schedules.

    The database's and the drafts' paths are absolute: relative ones are counted from the file's own folder.
    """

    file: Path
    storage: Storage
    http: Http
    chat: Chat
    platforms: Mapping[str, Block]
    people: Mapping[str, Person]
    alerts: Mapping[str, Block]
    routes: tuple[Route, ...]
    roster: Roster
    default_ladder: str
    quiet: frozenset[Severity]
    calendars: Mapping[str, Block]
    paging: Mapping[str, Block]
    status: Mapping[str, Block]
    components: tuple[Component, ...]
    postmortem: Postmortem
    trackers: Mapping[str, Block]
    publishing: Mapping[str, Block]
    digest: Digest | None
    teams: Mapping[str, DigestTeam]
    coffee: CoffeeSection | None
    security: Security
    redact: Redaction
    warnings: tuple[Problem, ...]

    @property
    def reachable(self) -> Mapping[str, Person]:
        """Whom pages may go to: the people, and each pager as a service that is paged as a whole."""
        services = {f"{SERVICE}{name}": Person(f"{SERVICE}{name}", name, ways=(name,)) for name in self.paging}
        return {**self.people, **services}

    @property
    def zone(self) -> ZoneInfo:
        """The zone times are shown in where nobody said another."""
        return self.chat.zone

    @property
    def blocks(self) -> Mapping[str, Mapping[str, Block]]:
        """What belongs to the providers, by section and name."""
        return {
            "chat": self.platforms,
            "alerts": self.alerts,
            "paging": self.paging,
            "status": self.status,
            "publishing": self.publishing,
            "calendars": self.calendars,
            "coffee": {"calendar": self.coffee.calendar} if self.coffee and self.coffee.calendar else {},
        }

    def __repr__(self) -> str:
        return f"Config({str(self.file)!r})"


def load(path: Path, environ: Mapping[str, str], examine: Examine | None = None) -> Config:
    """The configuration in `path`, with `${NAME}` from `environ` and `*_file` from files put in. With `examine` what is
    wrong in the providers' blocks is said together with all else.

    Raises ConfigError with everything that is wrong. Neither it nor a repr of what comes back shows a secret.
    """
    findings = Findings(str(path))
    resolver = Resolver(environ, folder_of(path), findings)
    written = draft(resolver.resolve(read(path, findings)), findings)
    check(written, findings)
    shared = not written.storage.url.get_secret_value().startswith("sqlite")
    around = Around(folder_of(path), str(written.chat.zone), shared)
    if examine is not None:
        examine(written.blocks, around, findings)
    problems = findings.all(resolver.hidden)
    if any(problem.severity == "error" for problem in problems):
        raise ConfigError(problems)
    return _config(path, written, around, tuple(problems))


def _config(path: Path, written: Draft, around: Around, warnings: tuple[Problem, ...]) -> Config:
    redact, templates = written.security.redact, written.chat.templates
    return Config(
        file=path,
        storage=written.storage.model_copy(update={"url": around.database(written.storage.url)}),
        http=written.http,
        chat=written.chat.model_copy(update={"templates": templates and str(around.folder / templates)}),
        platforms=written.chat.platforms,
        people=_people(written),
        alerts=written.alerts,
        routes=tuple(
            Route(
                match=route.match,
                match_re=route.match_re,
                open=route.open,
                severity=route.severity,
                group_by=route.group_by,
                service=route.service,
                page="" if route.page == "none" else route.page,
                private=route.private,
                heartbeat=route.heartbeat,
            )
            for route in written.routes.values()
        ),
        roster=_roster(written),
        default_ladder=written.default_policy,
        quiet=frozenset(written.quiet),
        calendars=written.calendars,
        paging=written.paging,
        status=written.status,
        components=tuple(
            Component(component.id, component.name or component.id, component.group)
            for component in written.components.values()
        ),
        postmortem=written.postmortem.model_copy(update={"folder": str(around.folder / written.postmortem.folder)}),
        trackers=written.trackers,
        publishing=written.publishing,
        digest=written.digest,
        teams=written.teams,
        coffee=written.coffee,
        security=written.security,
        redact=Redaction(**{name: tuple(getattr(redact, name)) for name in type(redact).model_fields}),
        warnings=warnings,
    )


def _people(written: Draft) -> dict[str, Person]:
    """A key of somebody's entry is a handle when a chat platform has that name, else an option of a pager."""
    platforms = written.chat_names
    return {
        id: Person(
            id=id,
            name=entry.name or id,
            email=entry.email,
            ways=tuple(name for name, _ in entry.page),
            waits={name: after for name, after in entry.page if after},
            handles=Block({key: value for key, value in entry.extra.items() if key in platforms}),
            options=Block({key: value for key, value in entry.extra.items() if key not in platforms}),
        )
        for id, entry in written.people.items()
    }


def _roster(written: Draft) -> Roster:
    schedules = {
        name: Schedule(
            name,
            entry.zone or written.chat.zone,
            _rotation(entry.rotation) if entry.rotation else None,
            layers=tuple(Layer(_rotation(layer.rotation), layer.hours, layer.name) for layer in entry.layers),
        )
        for name, entry in written.schedules.items()
    }
    ladders = {
        name: Ladder(name, tuple(_steps(name, written)), entry.repeat) for name, entry in written.policies.items()
    }
    return Roster(schedules, ladders, frozenset({*written.people, *_services(written)}))


def _steps(name: str, written: Draft) -> Iterator[Step]:
    """Those of the policy, with those of the policies it goes on with in their place; none goes round in a circle."""
    entry = written.policies[name]
    for number, step in enumerate(entry.steps):
        targets = tuple(written.target(page) for page in step.page)
        if targets[0].startswith("policy:"):
            yield from _steps(targets[0].removeprefix("policy:"), written)
        else:
            turn = f"{name}:{number}" if step.pick == "one" else ""
            zone = (entry.zone or written.chat.zone) if step.hours else UTC
            yield Step(targets, step.wait or DEFAULT_WAIT, turn, step.hours, zone)


def _services(written: Draft) -> list[str]:
    return [f"{SERVICE}{name}" for name in written.paging]


def _rotation(entry: RotationEntry) -> Rotation:
    # The same people are the same turn, in whatever order they are written.
    turns = [sorted(set(turn)) for turn in entry.people]
    return Rotation(tuple(turn[0] if len(turn) == 1 else tuple(turn) for turn in turns), entry.every, entry.start)
