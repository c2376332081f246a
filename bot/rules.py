"""What the configuration adds to the rules."""

from __future__ import annotations

from functools import partial

from adapters.settings import DRAFTS
from bot.coffee.board import Manner, Spot
from bot.coffee.nameless import nameless
from bot.coffee.sentences import SENTENCES
from bot.config import CoffeeSection, Config, mailers
from bot.destinations import Place, all_of
from bot.handle import Rules
from bot.incident.plan import Policy
from bot.names import roster
from bot.providers import pushes, settling


def manner(config: Config) -> Manner:
    """How the lean coffee is held; also where nobody wrote anything of it, for who begins one by hand."""
    coffee = config.coffee or CoffeeSection()
    somebody, people = SENTENCES[coffee.language].somebody, tuple(config.people.values())
    rooms = all_of(coffee.to, tuple(config.platforms), mailers(config.paging))
    return Manner(
        dots=coffee.dots,
        timebox=coffee.timebox,
        extension=coffee.extension,
        thumbs=coffee.thumbs,
        length=coffee.length,
        anonymous=coffee.chatham_house,
        unnamed=partial(nameless, people=people, instead=somebody) if coffee.chatham_house else str,
        link=coffee.link,
        spots=tuple(Spot(room.platform, room.room) for room in rooms if isinstance(room, Place)),
        publishers=(DRAFTS, *(coffee.minutes or config.publishing)),
    )


def rules(config: Config) -> Rules:
    """For everything that `decide` and `plan` do not know by themselves."""
    policy = Policy(
        platforms=tuple(config.platforms),
        status_pages=tuple(config.status),
        publishers=(DRAFTS, *config.publishing),
        own=(DRAFTS,),
        people=config.reachable,
        quiet=config.quiet,
        pushes=pushes(config),
        settling=settling(config),
        archive_after=config.chat.archive_after,
        copies=config.storage.files.kept,
    )
    return Rules(policy=policy, roster=roster(config), routes=config.routes, manner=manner(config))
