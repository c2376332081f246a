"""What the configuration adds to the rules."""

from __future__ import annotations

from adapters.settings import DRAFTS
from bot.config import Config
from bot.handle import Rules
from bot.incident.plan import Policy
from bot.names import roster
from bot.providers import pushes, settling


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
    return Rules(policy=policy, roster=roster(config), routes=config.routes)
