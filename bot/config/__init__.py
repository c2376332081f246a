"""The bot's own settings: `load` reads config.yaml, says everything that is wrong with it, and hands out domain values."""

from bot.config.loading import Config, load
from bot.config.models import Block, Chat, Digest, Http, Listen, Postmortem, Security, Storage
from bot.config.problems import ConfigError, Problem

__all__ = [
    "Block",
    "Chat",
    "Config",
    "ConfigError",
    "Digest",
    "Http",
    "Listen",
    "Postmortem",
    "Problem",
    "Security",
    "Storage",
    "load",
]
