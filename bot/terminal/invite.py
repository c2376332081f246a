"""`klatsch invite`: the invitation to the lean coffee at a terminal, as a calendar or as the address of one."""

from __future__ import annotations

import asyncio
import sys

from bot.config import Config
from bot.for_commands import calendar_of
from bot.incident.model import Refused
from bot.main import Klatsch


async def invite(config: Config, *, link: bool) -> None:
    """Print it. Raises Refused, StoreUnavailable and Unavailable."""
    async with Klatsch(config).looking() as klatsch:
        invitation = await asyncio.to_thread(klatsch.learning.invitation)
        if invitation is None:
            raise Refused(
                "Nothing says when people meet for coffee.",
                'For example `coffee: {cron: "thu 14:00"}` in the configuration.',
            )
        if not link:
            sys.stdout.buffer.write(calendar_of(invitation))
            sys.stdout.flush()
            return
        address = await asyncio.to_thread(lambda: klatsch.signed.coffee.link())
        if not address:
            raise Refused(
                "Nobody could reach that address: the configuration says none.",
                "`http.public_url` is where people reach the bot; without it `klatsch invite > coffee.ics` makes a file.",
            )
        print(address)
