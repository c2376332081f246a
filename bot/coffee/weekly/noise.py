"""The noise ledger: which rules fired for nothing anybody had to do, how often and at what hour. Pure.

It is about rules and never about who declined: a rule that cries wolf is the finding.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import starmap
from urllib.parse import unquote_plus, urlsplit

from bot.coffee.weekly.gathered import Fired
from bot.coffee.weekly.remedy import NAME, Heard, Remedy, remedy, secret
from bot.coffee.weekly.seen import Seen, hangs
from bot.incident.hours import Hours, hours_of
from bot.incident.model import Incident, Status
from bot.status.secrets import mask_secrets

RULES_SHOWN = 5
REFS_SHOWN = 10
LABELS_SHOWN = 12
TEXT_SHOWN = 200
"""Letters of a label or an annotation."""

ROOM = 3500
"""Characters, in JSON, of what all the rules shown bring along, each the same share. So all of it fits into one message of Slack's, which are
measured so, and no text to copy is cut."""

MASK = "•••"
"""Stands for what looks like a secret."""


@dataclass(frozen=True, slots=True)
class Noisy:
    """A rule: how often it asked for attention in vain (`times`), in which hours, how many alerts that were, how often somebody was
    `paged`, and how often it `cleared` by itself before anybody did anything. `longest` is how long one of its alerts fired at the longest
    (None: not known), `sure` whether that is known of all of them, `again` how many fired once more while somebody was still asked. `refs` are the newest of these, `more` how many others there
    are; `labels` and `summary` are those of one alert. `remedy` is what to paste to make it quieter (None: nothing is known that would)."""

    rule: str
    source: str
    times: int
    hours: Mapping[Hours, int]
    alerts: int
    paged: int
    cleared: int
    again: int
    longest: timedelta | None
    sure: bool
    refs: tuple[str, ...]
    more: int
    labels: tuple[tuple[str, str], ...]
    summary: str
    link: str
    remedy: Remedy | None


@dataclass(frozen=True, slots=True)
class Noise:
    """`times` counts what was declined or cleared by itself, of all rules; `rules` are the few that did so most often, `others` how
    many more there are. `waiting` ones are in triage still, and so may be some of the weeks before: nobody has said that they were nothing."""

    times: int
    rules: tuple[Noisy, ...]
    others: int
    waiting: int


def noise(seen: Seen) -> Noise | None:
    by_rule: dict[tuple[str, str], dict[int, Fired]] = {}
    for fired in seen.gathered.noise:
        by_rule.setdefault((fired.name, fired.source), {})[fired.incident] = fired
    # By the name, where two are as noisy: the same on every platform.
    ordered = sorted(by_rule.items(), key=lambda one: (-len(one[1]), one[0]))
    shown = ordered[:RULES_SHOWN]
    rules = tuple(_noisy(seen, name, source, found, ROOM // len(shown)) for (name, source), found in shown)
    asked = {fired.incident for fired in seen.gathered.noise}
    waiting = sum(
        hangs(one) or (one.status is Status.TRIAGE and one.number in asked) for one in seen.incidents.values()
    )
    return Noise(len(asked), rules, len(ordered) - len(rules), waiting) if asked or waiting else None


def _noisy(seen: Seen, rule: str, source: str, found: Mapping[int, Fired], room: int) -> Noisy:
    incidents = [seen.incidents[number] for number in sorted(found, reverse=True)]
    hours = dict.fromkeys(Hours, 0)
    for incident in incidents:
        hours[hours_of(incident.opened_at, seen.around.zone, seen.around.free)] += 1
    newest = found[incidents[0].number]
    paged = sum(bool(incident.paging and incident.paging.asked) for incident in incidents)
    cleared = sum(_cleared(incident, found[incident.number]) for incident in incidents)
    # Where several rules asked at once, nobody knows which of them came back.
    asking = Counter(fired.incident for fired in seen.gathered.noise)
    again = sum(fired.again for number, fired in found.items() if asking[number] == 1)
    longest = max((fired.lasted for fired in found.values() if fired.lasted is not None), default=None)
    heard = Heard(
        name=rule,
        link=newest.link,
        labels=newest.labels,
        times=len(incidents),
        hours=hours,
        cleared=cleared,
        paged=paged,
        again=again,
        longest=longest,
        zone=seen.around.zone.key,
    )
    pasted, link, labels = _brought(heard, room)
    return Noisy(
        rule=rule[:NAME],
        source=source,
        times=len(incidents),
        hours=hours,
        alerts=sum(fired.count for fired in found.values()),
        paged=paged,
        cleared=cleared,
        again=again,
        longest=longest,
        sure=all(_measured(fired) for fired in found.values()),
        refs=tuple(incident.ref for incident in incidents[:REFS_SHOWN]),
        more=max(0, len(incidents) - REFS_SHOWN),
        labels=labels,
        summary=_masked(newest.annotations.get("summary") or newest.annotations.get("description") or ""),
        link=link,
        remedy=pasted,
    )


def _brought(heard: Heard, room: int) -> tuple[Remedy | None, str, tuple[tuple[str, str], ...]]:
    """What is to be pasted, where the rule is defined, and its labels: of each as much as there is room for."""
    pasted = remedy(heard)
    if pasted and _size(pasted.text) > room:
        pasted = None
    room -= _size(pasted.text) if pasted else 0
    link = _address(heard.link)
    # One that was cut off has no room either (`LINK`).
    if _size(link) > room:
        link = ""
    room -= _size(link)
    labels = []
    for name, value in starmap(_label, sorted(heard.labels.items())[:LABELS_SHOWN]):
        if (size := _size(name + value)) <= room:
            labels.append((name, value))
            room -= size
    return pasted, link, tuple(labels)


def _size(text: str) -> int:
    return len(json.dumps(text))


def _measured(fired: Fired) -> bool:
    """Whether it is known how long each of its alerts fired each time."""
    return fired.lasted is not None and fired.over is not None and not fired.again


def _label(name: str, value: str) -> tuple[str, str]:
    return name[:TEXT_SHOWN], MASK if secret(f"{name}={value}") else value[:TEXT_SHOWN]


def _masked(text: str) -> str:
    return mask_secrets(text, lambda found: MASK)[:TEXT_SHOWN]


def _address(link: str) -> str:
    """The link, where it lets nobody in."""
    try:
        lets_in = "@" in urlsplit(link).netloc
    except ValueError:
        return ""
    return "" if lets_in or secret(unquote_plus(link)) else link


def _cleared(incident: Incident, fired: Fired) -> bool:
    """Whether its alerts were over before anybody declined it. In triage and noise they are."""
    if incident.status is Status.TRIAGE:
        return True
    return fired.over is not None and incident.ended is not None and fired.over <= incident.ended
