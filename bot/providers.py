"""What the configuration names, built: an adapter for each block, found in the registry by its type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from adapters import registry
from adapters.http import Http
from adapters.settings import Settings, examine
from bot.alerts.source import AlertSource
from bot.calendars import CalendarSource, MeetingSource
from bot.config import Config, load
from bot.incident.model import Refused
from bot.memory import Memory
from bot.oncall.escalation import Roster
from bot.ports import ChatPlatform, Clock, Pager, Publisher, StatusPage
from bot.status.model import PublicPages


def configured(path: Path, environ: Mapping[str, str]) -> Config:
    """The configuration in `path`, the providers' blocks looked at too. Raises ConfigError with all that is wrong."""
    return load(path, environ, examine)


def alert_sources(checked: Settings) -> dict[str, AlertSource]:
    """What understands the messages of each entry under `alerts:`."""
    return {name: _built("alerts", name, block) for name, block in checked.sources.items()}


def pagers(checked: Settings, http: Http) -> dict[str, Pager]:
    """A pager for each entry under `paging:`."""
    return {name: _built("paging", name, block, http) for name, block in checked.pagers.items()}


def calendars(checked: Settings, http: Http, roster: Roster) -> dict[str, CalendarSource]:
    """What tells the shifts of each schedule that has a `calendar`."""
    return {
        name: _built("calendars", name, block, http, roster.schedules[name].zone)
        for name, block in checked.calendars.items()
    }


def meetings(checked: Settings, http: Http, config: Config) -> MeetingSource | None:
    """What tells when people meet for coffee, where a `coffee.calendar` says so."""
    block = checked.meetings.get("calendar")
    if block is None or config.coffee is None:
        return None
    source: MeetingSource = _built("coffee", "calendar", block, http, config.coffee.zone or config.zone)
    return source


def pushes(config: Config) -> frozenset[str]:
    """The entries under `paging:` whose pages lie on a phone until it is looked at."""
    return frozenset(name for name, block in config.paging.items() if _pager(block).medium == "push")


def settling(config: Config) -> frozenset[str]:
    """The entries under `paging:` that want to hear that somebody has it, and that it is over."""
    return frozenset(name for name, block in config.paging.items() if _pager(block).settles)


def _pager(block: Mapping[str, Any]) -> registry.Provider[Pager]:
    return registry.provider("paging", str(block["type"]))


def publishers(checked: Settings, http: Http) -> dict[str, Publisher]:
    """A publisher for each entry under `publishing:`, and the one for drafts."""
    return {name: _built("publishing", name, block, http) for name, block in checked.publishers.items()}


def status_pages(checked: Settings, kept: PublicPages) -> dict[str, StatusPage]:
    """A status page for each entry under `status:`; our own keep their posts in `kept`."""
    return {name: _built("status", name, block, kept) for name, block in checked.pages.items()}


def platforms(
    checked: Settings, clock: Clock, config: Config, memory: Callable[[str], Memory]
) -> dict[str, ChatPlatform]:
    """A chat platform for each entry under `chat:`, each with a memory of its own. It begins nothing before it is told to
    listen."""
    command, people = config.chat.command, config.people
    return {
        name: registry.provider("chat", name).build()(
            name, block, clock=clock, people=people, memory=memory(name), command=command
        )
        for name, block in checked.platforms.items()
    }


def _built(section: str, name: str, block: BaseModel, *given: object) -> Any:
    """The adapter; that it fills the section's port is what the registry promises."""
    return registry.provider(section, str(getattr(block, "type", name))).build()(name, block, *given)


def slack_manifest(config: Config | None) -> dict[str, Any]:
    """The manifest of the Slack app that fits this configuration; without one the usual. Raises Refused when Slack could not
    reach the bot."""
    from adapters.chat.slack.manifest import domains_of, manifest

    if config is None:
        return manifest("incident", "socket")
    block: Mapping[str, Any] = config.platforms.get("slack", {})
    pages = [str(page.get("public_url", "")) for page in config.status.values()]
    domains = domains_of((*(f"https://{domain}" for domain in block.get("unfurl", ())), *pages))
    if block.get("mode") != "http":
        return manifest(config.chat.command, "socket", "", domains)
    if not config.http.public_url:
        raise Refused(
            "`chat.slack.mode` is `http`, but nothing says where Slack reaches the bot.",
            "Set `http.public_url`, or `mode: socket`, which needs no address.",
        )
    return manifest(config.chat.command, "http", f"{config.http.public_url}/slack/events", domains)
