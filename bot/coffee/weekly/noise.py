"""The noise ledger: which rules fired for nothing anybody had to do, how often and at what hour. Pure.

It is about rules and never about who declined: a rule that cries wolf is the finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.coffee.weekly.gathered import Fired
from bot.coffee.weekly.seen import Seen
from bot.incident.hours import Hours, hours_of

RULES_SHOWN = 5
REFS_SHOWN = 10
LABELS_SHOWN = 12
TEXT_SHOWN = 200
"""Letters of a label or an annotation."""


@dataclass(frozen=True, slots=True)
class Noisy:
    """A rule: how often it asked for attention in vain (`times`), in which hours, how many alerts that were, and how often somebody
    was `paged`. `refs` are the newest of these, `more` how many others there are; `labels` and `summary` are those of one alert."""

    rule: str
    source: str
    times: int
    hours: Mapping[Hours, int]
    alerts: int
    paged: int
    refs: tuple[str, ...]
    more: int
    labels: tuple[tuple[str, str], ...]
    summary: str
    link: str


@dataclass(frozen=True, slots=True)
class Noise:
    """`times` counts what was declined or cleared by itself, of all rules; `rules` are the few that did so most often, `others` how
    many more there are."""

    times: int
    rules: tuple[Noisy, ...]
    others: int


def noise(seen: Seen) -> Noise | None:
    by_rule: dict[tuple[str, str], dict[int, Fired]] = {}
    for fired in seen.gathered.noise:
        by_rule.setdefault((fired.name, fired.source), {})[fired.incident] = fired
    if not by_rule:
        return None
    # By the name, where two are as noisy: the same on every platform.
    ordered = sorted(by_rule.items(), key=lambda one: (-len(one[1]), one[0]))
    rules = tuple(_noisy(seen, name, source, found) for (name, source), found in ordered[:RULES_SHOWN])
    times = len({fired.incident for fired in seen.gathered.noise})
    return Noise(times, rules, len(ordered) - len(rules))


def _noisy(seen: Seen, rule: str, source: str, found: Mapping[int, Fired]) -> Noisy:
    incidents = [seen.incidents[number] for number in sorted(found, reverse=True)]
    hours = dict.fromkeys(Hours, 0)
    for incident in incidents:
        hours[hours_of(incident.opened_at, seen.around.zone)] += 1
    newest = found[incidents[0].number]
    return Noisy(
        rule=rule,
        source=source,
        times=len(incidents),
        hours=hours,
        alerts=sum(fired.count for fired in found.values()),
        paged=sum(bool(incident.paging and incident.paging.asked) for incident in incidents),
        refs=tuple(incident.ref for incident in incidents[:REFS_SHOWN]),
        more=max(0, len(incidents) - REFS_SHOWN),
        labels=tuple((name, value[:TEXT_SHOWN]) for name, value in sorted(newest.labels.items())[:LABELS_SHOWN]),
        summary=(newest.annotations.get("summary") or newest.annotations.get("description") or "")[:TEXT_SHOWN],
        link=newest.link,
    )
