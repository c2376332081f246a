"""The sections of a file side by side, as far as they have their shape: what `checks` compares."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from bot.config.kinds import Block, as_block
from bot.config.learning import CoffeeSection, Digest, DigestTeam
from bot.config.models import (
    Chat,
    ComponentEntry,
    Http,
    OncallSection,
    PersonEntry,
    PolicyEntry,
    Postmortem,
    RouteEntry,
    ScheduleEntry,
    Security,
    Storage,
)
from bot.config.problems import Findings, quote, suggestion, under
from bot.config.shape import entries, section
from bot.incident.model import Severity
from bot.nearest import nearest

SECTIONS = (
    "storage",
    "http",
    "chat",
    "people",
    "routes",
    "alerts",
    "oncall",
    "paging",
    "status",
    "postmortem",
    "trackers",
    "publishing",
    "digest",
    "coffee",
    "security",
)
"""The keys at the top, all of them."""

CHAT_PLATFORMS = frozenset({"slack", "matrix"})
"""Platforms people may have a handle on, also while the platform is not configured."""

M = TypeVar("M", bound=BaseModel)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_COMPONENT = re.compile(r"[a-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class Draft:
    """What has its shape, by name. `names` has every name that was written, also of what has none."""

    storage: Storage
    http: Http
    chat: Chat
    people: dict[str, PersonEntry]
    routes: dict[int, RouteEntry]
    alerts: dict[str, Block]
    schedules: dict[str, ScheduleEntry]
    policies: dict[str, PolicyEntry]
    default_policy: str
    quiet: tuple[Severity, ...]
    paging: dict[str, Block]
    status: dict[str, Block]
    components: dict[str, ComponentEntry]
    postmortem: Postmortem
    trackers: dict[str, Block]
    publishing: dict[str, Block]
    digest: Digest | None
    coffee: CoffeeSection | None
    teams: dict[str, DigestTeam]
    security: Security
    names: dict[str, frozenset[str]]

    @property
    def chat_names(self) -> frozenset[str]:
        return CHAT_PLATFORMS | frozenset(self.chat.platforms)

    @property
    def blocks(self) -> dict[str, dict[str, Block]]:
        """What belongs to the providers we have a registry for, by section and name."""
        return {
            "chat": self.chat.platforms,
            "alerts": self.alerts,
            "paging": self.paging,
            "status": self.status,
            "publishing": self.publishing,
            "calendars": self.calendars,
            "coffee": {"calendar": self.coffee.calendar} if self.coffee and self.coffee.calendar else {},
        }

    @property
    def calendars(self) -> dict[str, Block]:
        """By the name of the schedule."""
        return {name: entry.calendar for name, entry in self.schedules.items() if entry.calendar is not None}

    def target(self, page: str) -> str:
        """A step's target in full: of a bare name the schedule is meant, else the person."""
        if ":" in page:
            return page
        return f"schedule:{page}" if page in self.names["schedules"] else f"person:{page}"


def draft(tree: dict[str, Any], findings: Findings) -> Draft:
    """What `tree` says; what has no shape is in `findings` and left out, or has its defaults here."""
    for key in tree:
        if key not in SECTIONS:
            findings.error(under("", key), f"unknown key {quote(key)}", suggestion(key, SECTIONS))
    oncall = _or_default(OncallSection, tree, "oncall", findings)
    routes = tree.get("routes")
    if routes is not None and not isinstance(routes, list):
        findings.error("routes", "it is not a list", "Begin each route with a dash.")
        routes = None
    found = {n: section(RouteEntry, route, under("routes", n), findings) for n, route in enumerate(routes or ())}
    status = _blocks(tree, "status", findings)
    policies = tuple(oncall.policies)
    digest = section(Digest, tree["digest"], "digest", findings) if "digest" in tree else None
    return Draft(
        storage=_or_default(Storage, tree, "storage", findings),
        http=_or_default(Http, tree, "http", findings),
        chat=_chat(tree, findings),
        people=entries(PersonEntry, tree.get("people"), "people", findings),
        routes={n: route for n, route in found.items() if route is not None},
        alerts=_blocks(tree, "alerts", findings),
        schedules=entries(ScheduleEntry, oncall.schedules, "oncall.schedules", findings),
        policies=entries(PolicyEntry, oncall.policies, "oncall.policies", findings),
        quiet=oncall.quiet,
        default_policy=oncall.default or (policies[0] if len(policies) == 1 else ""),
        paging=_blocks(tree, "paging", findings),
        status=status,
        components=_components(status, findings),
        postmortem=_postmortem(tree, findings),
        trackers=_blocks(tree, "trackers", findings),
        publishing=_blocks(tree, "publishing", findings),
        digest=digest,
        teams=entries(DigestTeam, digest.teams if digest else None, "digest.teams", findings),
        coffee=section(CoffeeSection, tree["coffee"], "coffee", findings) if "coffee" in tree else None,
        security=_or_default(Security, tree, "security", findings),
        names={
            "people": _names(tree.get("people"), "people", findings),
            "paging": _names(tree.get("paging"), "paging", findings),
            "alerts": _names(tree.get("alerts"), "alerts", findings),
            "status": _names(tree.get("status"), "status", findings),
            "schedules": _names(oncall.schedules, "oncall.schedules", findings),
            "policies": _names(oncall.policies, "oncall.policies", findings),
            "teams": _names(digest.teams if digest else None, "digest.teams", findings),
        },
    )


def _or_default(model: type[M], tree: dict[str, Any], key: str, findings: Findings) -> M:
    return section(model, tree.get(key), key, findings) or model()


def _names(block: object, path: str, findings: Findings) -> frozenset[str]:
    """Names are typed, stand in addresses and in `person:NAME`: letters, digits, dot, dash and underscore."""
    names = frozenset(block) if isinstance(block, dict) else frozenset()
    for name in names:
        if not _NAME.fullmatch(name):
            findings.error(
                under(path, name),
                f"{quote(name)} cannot be a name",
                "Use letters, digits, dots, dashes and underscores.",
            )
    return names


def _blocks(tree: dict[str, Any], key: str, findings: Findings) -> dict[str, Block]:
    """A section of providers; the name of an entry is its type when it has none."""
    written = tree.get(key)
    if written is None:
        return {}
    if not isinstance(written, dict):
        findings.error(key, "it is not a block of `key: value` lines", "Give each entry a name.")
        return {}
    found: dict[str, Block] = {}
    for name, block in written.items():
        if block is not None and not isinstance(block, dict):
            findings.error(
                under(key, name),
                "it is not a block of `key: value` lines",
                "Indent the entry's settings under its name.",
            )
            continue
        kind = (block or {}).get("type", name)
        if not isinstance(kind, str) or not kind:
            findings.error(under(f"{key}.{name}", "type"), "it is not the name of a provider")
        found[name] = as_block({"type": name} | (block or {}))
    return found


def _chat(tree: dict[str, Any], findings: Findings) -> Chat:
    chat = _or_default(Chat, tree, "chat", findings)
    for key, value in chat.extra.items():
        if value is not None and not isinstance(value, dict):
            known = {"command", "zone"} | CHAT_PLATFORMS
            findings.error(under("chat", key), f"unknown key {quote(key)}", suggestion(key, known))
    return chat


def _postmortem(tree: dict[str, Any], findings: Findings) -> Postmortem:
    """Its writers know more keys than we do, but one that looks like ours is a slip."""
    postmortem = _or_default(Postmortem, tree, "postmortem", findings)
    for key in postmortem.extra:
        if nearest(key, Postmortem.model_fields):
            findings.error(
                under("postmortem", key), f"unknown key {quote(key)}", suggestion(key, Postmortem.model_fields)
            )
    return postmortem


def _components(status: dict[str, Block], findings: Findings) -> dict[str, ComponentEntry]:
    """The components of every page together: a list declares them; a mapping names a provider's id for each."""
    declared: dict[str, ComponentEntry] = {}
    for name, block in status.items():
        listed = block.get("components")
        path = f"status.{name}.components"
        if isinstance(listed, list):
            own = [
                (under(under(path, n), "id"), section(ComponentEntry, item, under(path, n), findings))
                for n, item in enumerate(listed)
            ]
            _add(declared, own, findings)
        elif listed is not None and not isinstance(listed, dict):
            findings.error(path, "it is not a list", "Write `[{id: compute, name: Compute}]`.")
    mapped = [
        (name, id) for name, block in status.items() if isinstance(ids := block.get("components"), dict) for id in ids
    ]
    known = dict(declared)
    for name, id in mapped:
        path = under(f"status.{name}.components", id)
        if known and id not in known:
            findings.error(path, f"no status page has a component {quote(id)}", suggestion(id, known))
        elif not known:
            _add(declared, [(path, ComponentEntry(id=id))] if id not in declared else [], findings)
    return declared


def _add(
    declared: dict[str, ComponentEntry], own: Iterable[tuple[str, ComponentEntry | None]], findings: Findings
) -> None:
    """Put one page's components, each with where its id stands, to the others; the same one on two pages is one."""
    here: set[str] = set()
    for path, component in own:
        if component is None:
            continue
        if not _COMPONENT.fullmatch(component.id):
            findings.error(
                path, f"the id {quote(component.id)} cannot be typed", "Use small letters, digits and dashes."
            )
        if component.id in here:
            findings.error(path, f"the component {quote(component.id)} is there already", "Give each its own id.")
        here.add(component.id)
        declared.setdefault(component.id, component)
