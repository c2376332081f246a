"""`klatsch digest`: the weekly digest at a terminal, and posted from there."""

from __future__ import annotations

import asyncio
import re

from bot.config import Config
from bot.database import missing
from bot.incident.commands import PostDigest
from bot.incident.model import Refused
from bot.main import Klatsch
from bot.on_demand import editions, posting
from bot.terminal.say import printed, send

_KEY = re.compile(r"`(team|week)=(`?)")


async def digest(config: Config, asked: dict[str, str], *, post: bool) -> int:
    """Print the digest that is `asked` for (`team`, `week`, `lang`), its message and its details; with `post`, put it into the outbox
    too. Raises Refused and StoreUnavailable."""
    try:
        return await _digest(config, asked, post=post)
    except Refused as refused:
        raise Refused(refused.reason, as_options(refused.hint)) from refused


def as_options(hint: str) -> str:
    """What is said to somebody who typed a line, for whoever typed options: `--week=2026-W47`."""
    return _KEY.sub(lambda key: f"`--{key[1]}{key[2] or '='}", hint)


async def _digest(config: Config, asked: dict[str, str], *, post: bool) -> int:
    if asked.get("lang") and post:
        raise Refused(
            "A digest is posted in the language that `digest:` in the configuration says.",
            "Add --dry-run to read it in another one.",
        )
    klatsch = Klatsch(config)
    if missing(klatsch.database):
        raise Refused(
            f"There is no database yet: {klatsch.database.file} does not exist.",
            "`klatsch serve` makes it; or is `storage.url` another one?",
        )
    async with klatsch.working():
        digests, now = klatsch.learning.digests, klatsch.clock.now()
        for document in await asyncio.to_thread(editions, digests, asked, now):
            printed(document)
            print()
        if post:
            command = PostDigest(team=asked.get("team", ""), week=asked.get("week", ""))
            posts, said = posting(digests, command, now)
            await klatsch.writer.submit(posts)
            printed(said)
            await send(klatsch)
    return 0
