"""What is pasted to make a rule quieter, for the tool whose rule it is and for the reason why it was noise. Pure.

What Prometheus and Alertmanager accept: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ and
https://prometheus.io/docs/alerting/latest/configuration/. What is written into them is the rule's own name and expression, untouched; where
they are not known whole there is nothing to paste. Nothing here silences: a silence ends, and the noise is back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from bot.durations import format_duration
from bot.incident.hours import BUSINESS, Hours
from bot.status.secrets import mask_secrets

WAITS = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 15, 30, 60, 120))
"""What a rule may be asked to wait: the first that is longer than it ever lasted. What lasts longer than all of them is no blip, and to
wait for it would hide what is real."""

BRIDGED = timedelta(minutes=15)
"""So long a rule that comes and goes is asked to fire on: how long its gaps were is not known, and what is longer is no gap."""

EXPRESSION = 1000
"""Letters of an expression that are shown; of a longer one nothing is, for half of one is none."""

NAME = 100
"""Letters of a rule's name; of a longer one there is nothing to paste."""

LINK = 4096
"""A link of so many letters may have been cut off, and its expression with it."""


_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


class Reason(StrEnum):
    """Why nobody had to act: it came and went, it was over before anybody did, it came when nobody works, or somebody looked and said so."""

    FLAPS = "flaps"
    CLEARS = "clears"
    AFTER_HOURS = "after_hours"
    DECLINED = "declined"


class Tool(StrEnum):
    """Whose configuration it goes into; `KLATSCH` is ours, its `routes:`."""

    PROMETHEUS = "prometheus"
    ALERTMANAGER = "alertmanager"
    KLATSCH = "klatsch"


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a rule: how often it asked in vain (`times`), in which `hours`, of these how often it `cleared` by itself and somebody was
    `paged`, how many alerts fired `again` while somebody was still asked, and how long one lasted at the longest (None: not known)."""

    name: str
    link: str
    labels: Mapping[str, str]
    times: int
    hours: Mapping[Hours, int]
    cleared: int
    paged: int
    again: int
    longest: timedelta | None
    zone: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """`text` is YAML for `tool`. `wait` is how long a rule waits by it, or fires on; None: it is no rule."""

    reason: Reason
    tool: Tool
    text: str
    wait: timedelta | None = None


def remedy(heard: Heard) -> Remedy | None:
    """None: nothing that would help can be said whole."""
    if len(heard.name) > NAME:
        return None
    reason, wait = _why(heard), _wait(heard.longest)
    expression = expression_of(heard.link)
    named = heard.labels.get("alertname") == heard.name
    if expression and reason is Reason.FLAPS:
        return Remedy(reason, Tool.PROMETHEUS, _rule(heard.name, expression, "keep_firing_for", BRIDGED), BRIDGED)
    if expression and wait and reason is Reason.CLEARS:
        return Remedy(reason, Tool.PROMETHEUS, _rule(heard.name, expression, "for", wait), wait)
    if expression and named and reason is Reason.AFTER_HOURS:
        return Remedy(reason, Tool.ALERTMANAGER, _in_hours(heard.name, heard.zone))
    if expression and named and reason is Reason.DECLINED:
        return Remedy(reason, Tool.ALERTMANAGER, _ticket(heard.name))
    if heard.paged and named:
        return Remedy(reason, Tool.KLATSCH, _unpaged(heard.name))
    return None


def expression_of(link: str) -> str:
    """What the rule asks Prometheus, by the link that its alerts carry (`generatorURL`); empty: not known, not whole, or with what looks like
    a secret in it."""
    if len(link) >= LINK:
        return ""
    try:
        found = parse_qs(urlsplit(link).query).get("g0.expr", [""])[0].strip()
    except ValueError:
        return ""
    return found if len(found) <= EXPRESSION and not secret(found) else ""


def secret(text: str) -> bool:
    """Whether a password or a token seems to stand in it: what is pasted into an issue is read by many."""
    return mask_secrets(text, lambda found: "") != text


def _why(heard: Heard) -> Reason:
    """What most of it was; the first of these that is true."""
    if heard.again >= heard.times:
        return Reason.FLAPS
    if heard.cleared * 2 > heard.times:
        return Reason.CLEARS
    if heard.paged and heard.hours[Hours.BUSINESS] * 2 < heard.times:
        return Reason.AFTER_HOURS
    return Reason.DECLINED


def _wait(longest: timedelta | None) -> timedelta | None:
    return None if longest is None else next((wait for wait in WAITS if wait > longest), None)


def _rule(name: str, expression: str, key: str, wait: timedelta) -> str:
    return f"""groups:
  - name: noise
    rules:
      - alert: {_scalar(name)}
        expr: {_scalar(expression)}
        {key}: {format_duration(wait)}"""


def _in_hours(name: str, zone: str) -> str:
    start, end = (f"{at:%H:%M}" for at in BUSINESS)
    return f"""time_intervals:
  - name: business-hours
    time_intervals:
      - weekdays: ['monday:friday']
        times: [{{start_time: '{start}', end_time: '{end}'}}]
        location: {_scalar(zone)}
route:
  routes:
    - matchers: [{_scalar(_matcher(name))}]
      receiver: on-call
      active_time_intervals: [business-hours]"""


def _ticket(name: str) -> str:
    return f"""route:
  routes:
    - matchers: [{_scalar(_matcher(name))}]
      receiver: tickets"""


def _unpaged(name: str) -> str:
    return f"""routes:
  - match: {{alertname: {_scalar(name)}}}
    open: triage
    severity: sev4"""


def _matcher(name: str) -> str:
    """As Alertmanager reads one: the value between quotes, with Go's escapes for what is special between them."""
    value = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'alertname="{value}"'


def _scalar(text: str) -> str:
    """A text in YAML: between single quotes, where an expression's own quotes stay as they are; what cannot stand there, between double
    ones (https://yaml.org/spec/1.2.2/#57-escaped-characters)."""
    if text.isprintable():
        quoted = text.replace("'", "''")
        return f"'{quoted}'"
    escaped = (_ESCAPED.get(one) or (one if one.isprintable() else f"\\U{ord(one):08x}") for one in text)
    return f'"{"".join(escaped)}"'
