"""What the configuration says of the weekly digest and of the lean coffee: for whom, where it goes, and when it comes round."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.coffee.meeting import ENDS_ITSELF
from bot.config import CoffeeSection, Config, Digest, DigestTeam, mailers
from bot.destinations import Destination, all_of
from bot.digests import EVERYBODY, Weekly, posts
from bot.incident.commands import Ask, CoffeeCommand
from bot.incident.commands.coffee import CallCoffee, OrderAgenda
from bot.incident.model import Source
from bot.incident.outgoing import Enqueue
from bot.learning.occasions import Occasion, covers
from bot.learning.occurrences import INSTANT, ByCron, Every, IsOff, Moved, Occurrences, Skipped, latest, working_days
from bot.ports import Clock, DeliveryError

log = logging.getLogger(__name__)

CHATS = {"slack": ("Slack", "/"), "matrix": ("Matrix", "!")}
"""What people call the platforms under `chat:`, and what the command begins with there."""

DaysOff = Callable[[Sequence[str]], IsOff]
"""What is off, of the names under `holidays:`."""


def weeklies(config: Config) -> dict[str, Weekly]:
    """By team; that of everybody is there too, and first, also where no digest is sent by itself."""
    digest = config.digest or Digest()
    # The service of a route whose incidents are private is nobody else's business.
    services = dict.fromkeys(route.service for route in config.routes if route.service and not route.private)
    everybody = Weekly(
        zone=digest.zone or config.zone,
        language=digest.language,
        to=_places(config, digest.to),
        off=frozenset(digest.without),
        wheel=digest.wheel or (*services, *(one.id for one in config.components if one.id not in services)),
        holidays=digest.holidays,
    )
    teams = {name: _of_team(name, team, everybody, config, drawn=digest.wheel) for name, team in config.teams.items()}
    return {EVERYBODY: everybody, **teams}


def typed(config: Config) -> tuple[tuple[str, str], ...]:
    """What a line begins with in each chat there is, as (`Slack`, `/incident`). The console's is `klatsch say`, as everywhere."""
    chats = (CHATS[name] for name in config.platforms if name in CHATS)
    return tuple((called, f"{sign}{config.chat.command}") for called, sign in chats)


def _of_team(name: str, team: DigestTeam, everybody: Weekly, config: Config, drawn: Sequence[str]) -> Weekly:
    return Weekly(
        team=name,
        zone=team.zone or everybody.zone,
        language=team.language or everybody.language,
        to=_places(config, team.to),
        services=team.services,
        schedules=team.schedules,
        off=everybody.off if team.without is None else frozenset(team.without),
        wheel=team.wheel if team.wheel is not None else (team.services or tuple(drawn) or everybody.wheel),
        holidays=everybody.holidays if team.holidays is None else team.holidays,
    )


def _places(config: Config, texts: Sequence[str]) -> tuple[Destination, ...]:
    return all_of(texts, tuple(config.platforms), mailers(config.paging))


def occasions(config: Config, weeklies: Mapping[str, Weekly], comes: Mapping[str, Occurrences]) -> list[Occasion]:
    """The digests that are sent by themselves, and when each `comes` round, by team."""
    return [_occasion(weekly, comes[team]) for team, weekly in weeklies.items()] if config.digest else []


def _occasion(weekly: Weekly, occurrences: Occurrences) -> Occasion:
    def asks(at: datetime, since: datetime | None) -> list[Enqueue]:
        return [posts(weekly, covers(occurrences, at, since), at)]

    return Occasion(f"weekly:{weekly.team}" if weekly.team else "weekly", occurrences, asks)


def when(config: Config, team: str, days_off: DaysOff) -> Occurrences:
    """When the digest of `team` comes round."""
    digest = config.digest or Digest()
    own = config.teams.get(team)
    cron = own.cron if own and own.cron else digest.cron
    zone = (own.zone if own else None) or digest.zone or config.zone
    holidays = own.holidays if own and own.holidays is not None else digest.holidays
    return Moved(ByCron(cron, zone), zone, days_off(holidays), working_days(cron))


def coffee(config: Config, days_off: DaysOff, calendar: Occurrences | None = None) -> Occurrences | None:
    """When people meet for coffee; None: nothing says so. `calendar` is what a `coffee.calendar` says: days off are its own
    business."""
    section = config.coffee
    if section is None:
        return None
    zone: ZoneInfo = section.zone or config.zone
    if section.cron is not None:
        return Skipped(ByCron(section.cron, zone), zone, days_off(section.holidays))
    if section.every is not None and section.start is not None:
        return Skipped(Every(section.every, section.start, zone), zone, days_off(section.holidays))
    return calendar


def before_coffee(met: Occurrences, section: CoffeeSection, clock: Clock) -> list[Occasion]:
    """What comes round before each coffee: it is called, and its agenda is ordered. What was missed while no bot ran is made up for
    until people would part. None is called while the one before it may be going on, or may begin late, or goes on because nobody ended
    it: where people meet every day that is later than `section` says."""

    def over(at: datetime) -> datetime:
        """When the coffee before the one `at` is, whoever ends it."""
        lasts = section.length + ENDS_ITSELF
        before = latest(met, at - section.call - lasts, at - INSTANT)
        return before + lasts if before else at - section.call

    def asked(command: Callable[[datetime], CoffeeCommand]) -> Callable[[datetime, datetime | None], Sequence[Ask]]:
        def asks(at: datetime, since: datetime | None) -> list[Ask]:
            if clock.now() >= at + section.length:
                return []
            return [Ask(command=command(at), incident=None, by="klatsch", source=Source("clock"))]

        return asks

    return [
        Occasion("coffee called", met, asked(lambda at: CallCoffee(starts_at=at)), section.call, over),
        Occasion("coffee ordered", met, asked(lambda at: OrderAgenda(starts_at=at)), section.order),
    ]


def next_of(met: Occurrences | None) -> Callable[[datetime], datetime | None]:
    """When the next one is, as far as that can be said: who asks for the board is shown it whatever is known of holidays."""

    def after(at: datetime) -> datetime | None:
        try:
            return met.after(at) if met else None
        except DeliveryError as error:
            log.warning("when the next coffee is could not be looked at: %s", error)
            return None

    return after
