"""Channels of every kind, as tests of what the fake Slack refuses need them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.contract.servers.slack import File, SlackServer


@asynccontextmanager
async def staged() -> AsyncIterator[SlackServer]:
    """Channels: #ours (the bot and ana), #theirs (ana, public), #secret (ana, private), #old (archived, was ours)."""
    async with SlackServer() as slack:
        ana = slack.person("ana")
        for name in ("ours", "old"):
            channel = slack.new_channel(name, creator=slack.bot_user, members=[slack.bot_user, ana.id])
            slack.post(channel, ana.id, "from ana")
        slack.archive(slack.channel("#old"), ana.id)
        await ana.creates("theirs")
        await ana.creates("secret", private=True)
        slack.person("gone", deleted=True)
        slack.person("stranger", team="T0STRANGE1")
        slack.join(slack.channel("#general"), slack.bot_user)
        for id, where in [("F0GONE", "#ours"), ("F0SECRET", "#secret")]:
            found = File(id, "x.txt", b"", "text/plain", ana.id, "", [slack.channel(where).id], deleted="GONE" in id)
            slack.files[id] = found
        yield slack


def named(slack: SlackServer, value: Any) -> Any:
    """`#name` is the id of that channel; `said` and `joined` the timestamps of ana's message in #ours, and of the first."""
    if value in ("said", "joined"):
        return slack.channel("#ours").messages[-1 if value == "said" else 0].ts
    return slack.channel(value).id if isinstance(value, str) and value.startswith("#") else value
