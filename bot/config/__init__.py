"""The bot's own settings: `load` reads config.yaml, says everything that is wrong with it, and hands out domain values."""

from bot.config.around import Around, Place, folder_of, zone_or_default
from bot.config.kinds import Block, Listen
from bot.config.learning import CoffeeSection, Digest, DigestTeam
from bot.config.learning_checks import mailers
from bot.config.loading import Config, load
from bot.config.models import Chat, Http, Postmortem, Security, Storage
from bot.config.problems import ConfigError, Findings, Problem

__all__ = [
    "Around",
    "Block",
    "Chat",
    "CoffeeSection",
    "Config",
    "ConfigError",
    "Digest",
    "DigestTeam",
    "Findings",
    "Http",
    "Listen",
    "Place",
    "Postmortem",
    "Problem",
    "Security",
    "Storage",
    "folder_of",
    "load",
    "mailers",
    "zone_or_default",
]
