"""Everything that effects are done with: each adapter built, and what the configuration adds to that."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.http import Http
from adapters.settings import DRAFTS, Settings
from bot.coffee.house import House
from bot.config import Config
from bot.copies import Limits
from bot.hearing import answer_urls
from bot.perform import Providers
from bot.ports import ChatPlatform
from bot.providers import pagers, publishers, status_pages
from bot.signed import Signed
from bot.status.model import PublicPages


def equipment(
    config: Config,
    checked: Settings,
    http: Http,
    platforms: Mapping[str, ChatPlatform],
    pages: PublicPages,
    signed: Signed,
    house: House,
) -> Providers:
    """`signed` has its key already: nothing is asked of the database."""
    built = pagers(checked, http)
    return Providers(
        platforms=platforms,
        pagers=built,
        status_pages=status_pages(checked, pages),
        publishers=publishers(checked, http),
        own=frozenset({DRAFTS}),
        people=config.reachable,
        copies=Limits(config.storage.files.largest, config.storage.files.per_incident),
        ack_link=signed.links.link,
        ack_token=signed.links.token,
        answer_urls=answer_urls(built, config.http.public_url),
        house=house,
    )
