"""`klatsch slack-manifest`: what Klatsch is in Slack, as JSON for Slack's own pages."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from bot.config import Config, ConfigError
from bot.providers import slack_manifest


def print_manifest(config: Callable[[], Config | None], *, needed: bool) -> None:
    """For the configuration, if there is one: one makes the app before there are tokens to configure. Mistakes in it are an
    error (ConfigError) only where it is `needed`. Raises Refused when Slack could not reach the bot."""
    try:
        known = config()
    except ConfigError:
        if needed:
            raise
        print(
            "klatsch: the configuration has mistakes (`klatsch check`), so this is the usual manifest, for Socket Mode and "
            "/incident.",
            file=sys.stderr,
        )
        known = None
    print(json.dumps(slack_manifest(known), ensure_ascii=False, indent=2))
