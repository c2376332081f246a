"""The shape of `digest:` and `coffee:` in config.yaml."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from bot.coffee.weekly.blocks import DigestBlock
from bot.config.kinds import AnyBlock, Block, CronText, Duration, Text, Texts, Zone, as_first_coffee, as_link
from bot.config.models import Section, of_a_turn
from bot.crons import Cron

Language = Literal["en", "de"]


class DigestTeam(Section):
    """The digest of one team: of the incidents of these `services`, and of what its `schedules` were paged for. What is None is as for
    everybody."""

    services: Texts = ()
    schedules: Texts = ()
    to: Texts
    language: Language | None = None
    cron: CronText | None = None
    zone: Zone | None = None
    holidays: Texts | None = None
    without: tuple[DigestBlock, ...] | None = None
    wheel: Texts | None = None


class Digest(Section):
    """`zone` None: the one of `chat`. `to` says where: `announce` is every platform's announce room. On `holidays` (`DE-BE`,
    `2026-12-24`) none is sent, but on the next working day, and nobody works. `without` names blocks that are left out, `wheel` the services that are drawn
    from (empty: those of routes and components)."""

    cron: CronText = Cron("0", "9", weekday="mon")
    zone: Zone | None = None
    to: Texts = ("announce",)
    language: Language = "en"
    holidays: Texts = ()
    without: tuple[DigestBlock, ...] = ()
    wheel: Texts = ()
    teams: AnyBlock = Block()


class CoffeeSection(Section):
    """The lean coffee. When it is: by `cron`, `every` so long from `start` on, or as a `calendar` says. `to` is where its board
    is shown. It is called `call` before it begins, and its agenda ordered `order` before. `minutes` are the publishers that get
    them besides the folder of the postmortems, empty: all."""

    cron: CronText | None = None
    every: Annotated[Duration, AfterValidator(of_a_turn)] | None = None
    start: Annotated[datetime, BeforeValidator(as_first_coffee)] | None = None
    calendar: AnyBlock | None = None
    zone: Zone | None = None
    holidays: Texts = ()
    to: Texts = ("announce",)
    language: Language = "en"
    link: Annotated[Text, AfterValidator(as_link)] = ""
    length: Duration = timedelta(minutes=50)
    call: Duration = timedelta(days=1)
    order: Duration = timedelta(minutes=15)
    dots: int = Field(default=3, ge=1, le=20)
    timebox: Duration = timedelta(minutes=8)
    extension: Duration = timedelta(minutes=4)
    thumbs: Duration = timedelta(seconds=45)
    chatham_house: bool = False
    minutes: Texts = ()
