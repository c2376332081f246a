"""The providers' own settings: each block of the configuration, checked by the Config class of its provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from adapters import registry
from bot.config import Around, Block, Config, ConfigError, Findings, folder_of
from bot.config.problems import quote, suggestion, under
from bot.config.shape import section
from bot.nearest import nearest

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
    calendars: Mapping[str, BaseModel]
    meetings: Mapping[str, BaseModel]


def settings(config: Config) -> Settings:
    """Raises ConfigError with every key of every provider that is wrong."""
    findings = Findings(str(config.file))
    found = examine(config.blocks, Around(folder_of(config.file), str(config.zone)), findings)
    if problems := findings.all({}):
        raise ConfigError(problems)
    drafts = registry.provider("publishing", "folder").config().model_validate({"folder": config.postmortem.folder})
    return Settings(
        platforms=found["chat"],
        sources=found["alerts"],
        pagers=found["paging"],
        pages=found["status"],
        publishers={DRAFTS: drafts, **found["publishing"]},
        calendars=found["calendars"],
        meetings=found["coffee"],
    )


def examine(
    blocks: Mapping[str, Mapping[str, Block]], around: Around, findings: Findings
) -> dict[str, dict[str, BaseModel]]:
    """The blocks of each section as their providers' Config; what is wrong with them is in `findings`, unless it says
    so already."""
    mine = Findings(findings.file)
    found: dict[str, dict[str, BaseModel]] = {}
    for key, entries in blocks.items():
        checked = {name: _checked(key, name, block, around, mine) for name, block in entries.items()}
        found[key] = {name: model for name, model in checked.items() if model is not None}
    _check_publishers(blocks.get("publishing", {}), mine)
    _check_pages(found.get("status", {}), mine)
    _check_answers(found.get("paging", {}), mine)
    if around.shared:
        _check_keys(found.get("chat", {}), mine)
    findings.add_unsaid(mine)
    return found


def _checked(key: str, name: str, block: Block, around: Around, findings: Findings) -> BaseModel | None:
    path = f"{under('oncall.schedules', name)}.calendar" if key == "calendars" else under(key, name)
    kind = name if key == "chat" else str(block.get("type", name))
    try:
        model = registry.provider(key, kind).config()
    except registry.UnknownType as error:
        slip = next((given for given in block if given != "type" and nearest(given, ["type"])), "")
        if slip and kind == name:
            findings.error(under(path, slip), f"unknown key {quote(slip)}", suggestion(slip, ["type"]))
        else:
            findings.error(under(path, "type"), str(error).rstrip("."))
        return None
    return section(model, block, path, findings, around)


def _check_publishers(blocks: Mapping[str, Block], findings: Findings) -> None:
    if DRAFTS in blocks:
        findings.error(
            under("publishing", DRAFTS), "`postmortem.folder` has this name already", "Give the entry another name."
        )


def _check_pages(pages: Mapping[str, BaseModel], findings: Findings) -> None:
    """Two pages on one address: customers would see one of them. With the machines' listener a page may share."""
    if len(pages) < 2:
        return
    # Only the page that we serve ourselves listens.
    from adapters.status.builtin import Config as OwnPage

    held: dict[tuple[str, int], str] = {}
    for name, page in pages.items():
        if isinstance(page, OwnPage) and (other := held.setdefault(page.bound, name)) != name:
            findings.error(
                under(under("status", name), "listen"),
                f"{quote(under('status', other))} listens on {quote(page.listen)} too, so one of the two is never seen",
                "Give each page its own address.",
            )


def _check_answers(pagers: Mapping[str, BaseModel], findings: Findings) -> None:
    """Where people answer at the provider, and we would not hear it."""
    for name, pager in pagers.items():
        if getattr(pager, "webhook_secret", None) == ():
            findings.warning(
                under(under("paging", name), "webhook_secret"),
                "without it nobody hears who acknowledges there, and the next step is paged although somebody has it",
                "Make a webhook as docs/paging.md says, and put its secret here.",
            )


def _check_keys(platforms: Mapping[str, BaseModel], findings: Findings) -> None:
    """What one process has for itself, where several may serve."""
    for name, platform in platforms.items():
        if getattr(platform, "encryption", "off") != "off":
            findings.warning(
                under(under("chat", name), "encryption"),
                "its keys lie in files that one process uses, and several may serve this database",
                "Run one bot; a second one says nothing in encrypted rooms while the first one lives.",
            )
