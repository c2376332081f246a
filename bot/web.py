"""What is served over HTTP, put together: the machines' listener, and each status page at its own address or at that one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from starlette.applications import Starlette

from adapters.settings import Settings
from adapters.web.acknowledge import AckPages
from adapters.web.calendars import Calendars
from adapters.web.coffee import CoffeeCalendar
from adapters.web.digests import DigestPages
from adapters.web.machines import Health, machines_app
from adapters.web.serving import Listener
from bot.coffee.invitation import Invitation
from bot.config import Config
from bot.duty import Duty
from bot.hearing import Hearing
from bot.inbox import Writer
from bot.listeners import own_pages
from bot.lookups import Lookups
from bot.ports import Clock, Inbox
from bot.providers import alert_sources
from bot.signed import Signed
from bot.status.model import PublicPages
from bot.vital import Vital

if TYPE_CHECKING:
    from adapters.status.builtin import Config as OwnPage


class Web:
    """`troubles` are what a person should look at, a sentence each."""

    def __init__(
        self,
        config: Config,
        settings: Settings,
        lookups: Lookups,
        writer: Writer,
        clock: Clock,
        duty: Duty,
        pages: PublicPages,
        troubles: Callable[[], list[str]],
    ) -> None:
        self._config = config
        self._settings = settings
        self._lookups = lookups
        self._writer = writer
        self._clock = clock
        self._duty = duty
        self._pages = pages
        self._troubles = troubles

    def apps(
        self,
        listeners: Sequence[Listener],
        inbox: Inbox,
        hearing: Hearing,
        vital: Vital,
        signed: Signed,
        digests: DigestPages,
        invitation: Callable[[], Invitation | None],
    ) -> list[Starlette]:
        """What each listener serves: the first is the machines', and a page's that shares its address. `invitation` is that to the
        lean coffee."""
        links = signed.links
        people = self._config.people
        publics = {page.bound: (name, page) for name, page in own_pages(self._settings).items()}
        own, *others = [(listener.host, listener.port) for listener in listeners]
        shared = publics.pop(own, None)
        machines = machines_app(
            alert_sources(self._settings),
            inbox,
            AckPages(
                links,
                self._lookups,
                self._writer,
                self._config.reachable,
                self._duty,
                self._config.paging,
                str(self._config.zone),
            ),
            vital.metrics(self._clock.now, lambda: hearing.heard),
            Health(vital.ready.problems, lambda: [*hearing.unheard, *vital.troubles, *self._troubles()]),
            Calendars(signed.calendars, self._duty, people, self._clock),
            CoffeeCalendar(signed.coffee, invitation),
            digests,
            mounted=hearing.mounted,
            public=self._public(*shared) if shared else None,
        )
        if not self._config.http.public_url:
            links.at(listeners[0].url)
        return [machines, *(self._public(*publics[place]) for place in others)]

    def _public(self, name: str, page: OwnPage) -> Starlette:
        from adapters.web.public import public_app

        return public_app(name, page, self._pages, self._clock)
