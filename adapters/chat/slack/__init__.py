"""Slack: channels of a workspace, with its own client and framework."""

from collections.abc import Mapping

from adapters.chat.slack.config import Config
from bot.incident.model import Person
from bot.memory import Memory
from bot.ports import ChatPlatform, Clock

__all__ = ["Config", "build"]


def build(
    name: str, config: Config, *, clock: Clock, people: Mapping[str, Person], memory: Memory, command: str = "incident"
) -> ChatPlatform:
    """The platform of the block `name`, to which people speak with `/` and the `command`. Nothing is asked of Slack before it
    is needed."""
    # Whoever only reads the configuration need not pay for Slack's packages.
    from adapters.chat.slack.platform import SlackPlatform

    return SlackPlatform(name, config, people, memory, clock, command)
