"""The providers' own settings: each block of the configuration, checked by the Config class of its provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from adapters import registry
from bot.config import Block, Config, ConfigError, Problem

DRAFTS = "postmortem"
"""The publisher that `postmortem.folder` stands for."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every provider's block, checked by the provider's own Config class."""

    platforms: Mapping[str, BaseModel]
    sources: Mapping[str, BaseModel]
    pagers: Mapping[str, BaseModel]
    pages: Mapping[str, BaseModel]
    publishers: Mapping[str, BaseModel]


def settings(config: Config) -> Settings:
    """Raises ConfigError with every key of every provider that is wrong."""
    problems: list[Problem] = []
    drafts = Block({"type": "folder", "folder": config.postmortem.folder})
    found = Settings(
        platforms=_checked(config, "chat", config.platforms, problems),
        sources=_checked(config, "alerts", config.alerts, problems),
        pagers=_checked(config, "paging", config.paging, problems),
        pages=_checked(config, "status", config.status, problems),
        publishers=_checked(config, "publishing", {DRAFTS: drafts, **config.publishing}, problems),
    )
    if problems:
        raise ConfigError(problems)
    return found


def _checked(
    config: Config, section: str, blocks: Mapping[str, Mapping[str, Any]], problems: list[Problem]
) -> dict[str, BaseModel]:
    checked: dict[str, BaseModel] = {}
    for name, block in blocks.items():
        kind = name if section == "chat" else str(block.get("type", name))
        try:
            model = registry.provider(section, kind).config()
        except registry.UnknownType as error:
            problems.append(Problem(str(config.file), f"{section}.{name}.type", str(error).rstrip(".")))
            continue
        try:
            checked[name] = model.model_validate(dict(block))
        except ValidationError as error:
            for wrong in error.errors(include_input=False, include_url=False):
                path = ".".join(map(str, (section, name, *wrong["loc"])))
                problems.append(Problem(str(config.file), path, _said(wrong["type"], wrong["msg"], model)))
    return checked


def _said(kind: str, message: str, model: type[BaseModel]) -> str:
    if kind == "extra_forbidden":
        return f"unknown key; this block knows {', '.join(f'`{name}`' for name in model.model_fields)}"
    return message.removeprefix("Value error, ").rstrip(".")
