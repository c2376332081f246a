"""What a configuration means to who reads and writes lines: names, who is on call, what is masked, and how things are said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.chat.templates import Templates
from bot.config import Config
from bot.duty import Duty
from bot.incident.policy import Policy
from bot.oncall.escalation import Roster
from bot.questions import Names
from bot.status.contacts import contacts_of
from bot.status.redact import Redaction
from bot.words import Wording


def roster(config: Config) -> Roster:
    """Who can be paged, and the policy that is meant when nobody named one."""
    return replace(config.roster, default=config.default_ladder)


def component_names(config: Config) -> dict[str, str]:
    """What customers call each component, with its group where that tells it from its namesakes."""
    return {c.id: f"{c.name} ({c.group})" if c.group else c.name for c in config.components}


def wording(config: Config, templates: Templates, duty: Duty, policy: Policy) -> Wording:
    """How things are said with these templates."""
    return Wording(templates, config.people, str(config.zone), component_names(config), duty, policy)


def redaction(config: Config) -> Redaction:
    """What a house knows about itself and how its people are reached, and what stands on its status page anyway."""
    public = tuple(name for c in config.components for name in (c.id, c.name, c.group))
    return replace(config.redact, public=public, contacts=contacts_of(config.people.values()))


def names(config: Config, duty: Duty, policy: Policy, public_addresses: Callable[[str], Sequence[str]]) -> Names:
    """What means something in a line. `duty` knows who is on call, `public_addresses` where customers will read of an incident."""
    return Names(
        people=config.people,
        components=component_names(config),
        duty=duty,
        zone=str(config.zone),
        default_ladder=config.default_ladder,
        redact=redaction(config),
        publishers=(config.postmortem.folder, *config.publishing),
        own=(config.postmortem.folder,),
        rooms=bool(config.platforms),
        status_pages=bool(config.status),
        public_addresses=public_addresses,
        policy=policy,
    )
