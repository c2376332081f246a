"""Which providers there are: a line each. Nothing is imported before it is configured.

A provider's module has `Config`, a pydantic model of its block, and `build`:

    paging, publishing    build(name, config, http)
    alerts                build(name, config)
    calendars             build(name, config, http, zone)

`name` is the block's own name, of a calendar that of its schedule, whose `zone` it is given; status pages and chat platforms say in their modules what they are built from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

from bot.alerts.source import AlertSource
from bot.calendars import CalendarSource, MeetingSource
from bot.chat.document import clean
from bot.nearest import nearest
from bot.ports import ChatPlatform, Pager, Publisher, StatusPage

Port = TypeVar("Port", covariant=True)


@dataclass(frozen=True, slots=True)
class Provider(Generic[Port]):
    """One way to fill a port; `module` is imported when `config` or `build` is asked for. Of a pager, `medium` is how it
    reaches people: push, mail, sms, voice, or service, where others wake them (a block that has a `channel` says it
    itself); `settles`: it is `bot.answering.Settles`."""

    module: str
    medium: str = ""
    settles: bool = False

    def config(self) -> type[BaseModel]:
        """The model that checks the provider's block."""
        config: type[BaseModel] = import_module(self.module).Config
        return config

    def build(self) -> Callable[..., Port]:
        """What makes the adapter."""
        build: Callable[..., Port] = import_module(self.module).build
        return build


PAGERS: Final[Mapping[str, Provider[Pager]]] = {
    "goalert": Provider("adapters.paging.goalert", medium="service", settles=True),
    "gotify": Provider("adapters.paging.gotify", medium="push"),
    "ntfy": Provider("adapters.paging.ntfy", medium="push"),
    "pagerduty": Provider("adapters.paging.pagerduty", medium="service", settles=True),
    "pushover": Provider("adapters.paging.pushover", medium="push", settles=True),
    "signal": Provider("adapters.paging.signal", medium="sms"),
    "smtp": Provider("adapters.paging.smtp", medium="mail"),
    "twilio": Provider("adapters.paging.twilio", medium="sms"),
    "webhook": Provider("adapters.paging.webhook", medium="service", settles=True),
}

ALERT_SOURCES: Final[Mapping[str, Provider[AlertSource]]] = {
    "alertmanager": Provider("adapters.alerts.alertmanager"),
}

STATUS_PAGES: Final[Mapping[str, Provider[StatusPage]]] = {
    "builtin": Provider("adapters.status.builtin"),
}

PUBLISHERS: Final[Mapping[str, Provider[Publisher]]] = {
    "folder": Provider("adapters.publishing.folder"),
    "git": Provider("adapters.publishing.git"),
}

CALENDARS: Final[Mapping[str, Provider[CalendarSource]]] = {
    "ics": Provider("adapters.oncall.ics"),
    "pagerduty": Provider("adapters.oncall.pagerduty"),
    "goalert": Provider("adapters.oncall.goalert"),
}

MEETINGS: Final[Mapping[str, Provider[MeetingSource]]] = {
    "ics": Provider("adapters.oncall.meetings"),
}

CHAT_PLATFORMS: Final[Mapping[str, Provider[ChatPlatform]]] = {
    "matrix": Provider("adapters.chat.matrix"),
    "slack": Provider("adapters.chat.slack"),
    "console": Provider("adapters.chat.console"),
}

SECTIONS: Final[Mapping[str, Mapping[str, Provider[Any]]]] = {
    "paging": PAGERS,
    "alerts": ALERT_SOURCES,
    "status": STATUS_PAGES,
    "publishing": PUBLISHERS,
    "chat": CHAT_PLATFORMS,
    "calendars": CALENDARS,
    "coffee": MEETINGS,
}
"""By the key of the configuration file; the calendars stand each in its schedule, and that of the coffee in `coffee`."""


class UnknownType(ValueError):
    """A block names a type that no provider has; the message says which types there are."""


def provider(section: str, type: str) -> Provider[Any]:
    """The provider `type` of a section of the configuration (`paging`, `alerts`, …). Raises UnknownType."""
    known = SECTIONS.get(section, {})
    if type in known:
        return known[type]
    shown = " ".join(clean(type).split())[:60]
    near = nearest(type, known)
    guess = f"; did you mean `{near}`?" if near else "."
    raise UnknownType(
        f"{section}: no provider has the type `{shown}`{guess} Known: {', '.join(sorted(known)) or 'none'}."
    )
