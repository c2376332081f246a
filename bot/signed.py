"""Addresses that carry their own right: signed with the installation's key, which may come from the database."""

from __future__ import annotations

from functools import cached_property

from adapters.web.acknowledge import AckLinks
from adapters.web.calendars import CalendarLinks
from adapters.web.coffee import CoffeeLinks
from adapters.web.digests import DigestLinks
from bot.config import Config
from bot.sealed import seal
from storage.engine import Database
from storage.settings import signing_key


class Signed:
    """Each of them is made by who asks first, in a thread: the database may be asked."""

    def __init__(self, config: Config, database: Database) -> None:
        self._config = config
        self._database = database

    @cached_property
    def secret(self) -> str:
        """What signs links, and by which nobody can be told who votes."""
        key = self._config.security.signing_key
        return key.get_secret_value() if key else signing_key(self._database)

    def sealed(self, text: str) -> str:
        """`bot.sealed.seal` with our key."""
        return seal(self.secret, text)

    @cached_property
    def links(self) -> AckLinks:
        return AckLinks(self.secret, self._config.http.public_url)

    @cached_property
    def calendars(self) -> CalendarLinks:
        return CalendarLinks(self.secret, lambda: self.links.base)

    @cached_property
    def digests(self) -> DigestLinks:
        return DigestLinks(self.secret, lambda: self.links.base)

    @cached_property
    def coffee(self) -> CoffeeLinks:
        return CoffeeLinks(self.secret, lambda: self.links.base)
