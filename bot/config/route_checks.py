"""Routes that cannot do what somebody wrote them for: they come too late, contradict themselves or lead nowhere."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.config.draft import Draft
from bot.config.models import RouteEntry
from bot.config.problems import Findings, quote, suggestion, under
from bot.durations import format_duration

_NOT_OURS = ("=~", "!~", "!=")
"""Operators of a matcher as Alertmanager writes it, which people put before the value."""

_ALL_LABELS = "..."
"""https://prometheus.io/docs/alerting/latest/configuration/#route, `group_by`."""

SHORTEST_HEARTBEAT = timedelta(minutes=1)

_PLAIN = re.compile(r"\^?(\((?:\?:)?)?([^\\.^$*+?{}\[\]()]*)(?(1)\))\$?")
"""A regular expression that is nothing but words with `|` between them."""


def check_routes(draft: Draft, findings: Findings) -> None:
    """An alert takes the first route that matches it, so the order is part of what they mean."""
    policies = draft.names["policies"]
    for n, route in draft.routes.items():
        path = under("routes", n)
        if route.page not in ("", "none") and route.page not in policies:
            findings.error(
                under(path, "page"),
                f"there is no policy {quote(route.page)}",
                suggestion(route.page, policies, "Write it under `oncall.policies`."),
            )
        _check_conditions(route, path, findings)
        _check_groups(route, path, findings)
        _check_private(route, path, findings)
        _check_heartbeat(route, path, findings)
    # A route whose conditions are not all readable is compared with none.
    readable = {n: route for n, route in draft.routes.items() if not findings.wrong(f"{under('routes', n)}.match")}
    for n in readable:
        _check_order(n, readable, findings)


def _check_conditions(route: RouteEntry, path: str, findings: Findings) -> None:
    for key, conditions in (("match", route.match), ("match_re", route.match_re)):
        for label, value in conditions.items():
            if value.startswith(_NOT_OURS):
                findings.error(
                    under(under(path, key), label),
                    f"{quote(value)} is compared as it stands, and no alert says that",
                    f"Write {quote(f'match_re: {{{label}: {value[2:]}}}')} for a regular expression."
                    if value.startswith("=~")
                    else "A route cannot say `not`: put one for those others before it.",
                )
    for label, regex in route.match_re.items():
        where = under(under(path, "match_re"), label)
        try:
            pattern = re.compile(regex)
        except (re.error, OverflowError, RecursionError) as error:
            findings.error(
                where,
                f"{quote(regex)} is not a regular expression ({_reason(error)})",
                "It must match the whole value.",
            )
            continue
        exact = route.match.get(label)
        if exact is not None and not pattern.fullmatch(exact):
            findings.error(
                where,
                f"no alert matches: {quote(label)} is to be {quote(exact)} and to match {quote(regex)}",
                "Keep one of the two.",
            )


def _check_groups(route: RouteEntry, path: str, findings: Findings) -> None:
    for n, label in enumerate(route.group_by):
        if label == _ALL_LABELS:
            findings.error(
                under(under(path, "group_by"), n),
                f"{quote(label)} is no label; Alertmanager means all of them by it, in which hardly two alerts agree",
                "Name those that alerts of one incident share, like `[alertname, region]`.",
            )


def _check_private(route: RouteEntry, path: str, findings: Findings) -> None:
    """What is private exists in its room alone, and into that come those who have to do with it."""
    if route.private and route.open == "triage":
        findings.warning(
            under(path, "private"),
            "nobody in chat will see it: in triage an incident has no room, and a private one exists in its room alone",
            "Add `open: active`, and `page` with a policy.",
        )
    elif route.private and route.page in ("", "none"):
        findings.warning(
            under(path, "private"),
            "nobody is invited into its room: those who are paged would be",
            "Add `page` with a policy.",
        )


def _check_heartbeat(route: RouteEntry, path: str, findings: Findings) -> None:
    if route.heartbeat is None:
        return
    where = under(path, "heartbeat")
    if not route.match and not route.match_re:
        findings.error(
            where,
            "the route has no conditions, so every alert would be a sign of life and open nothing",
            "Say which alert is expected, like `match: {alertname: Watchdog}`.",
        )
    if route.heartbeat < SHORTEST_HEARTBEAT:
        findings.warning(
            where,
            f"{format_duration(route.heartbeat)} of silence mean little: a message that is sent again takes longer",
            "Make it three times as long as what its sender repeats it after (Alertmanager: `repeat_interval`).",
        )


def _check_order(n: int, routes: dict[int, RouteEntry], findings: Findings) -> None:
    route = routes[n]
    for m, earlier in routes.items():
        if m >= n:
            return
        path = under("routes", n)
        if (earlier.match, earlier.match_re) == (route.match, route.match_re):
            findings.error(
                path, f"{quote(under('routes', m))} has the same conditions", "Only the first is ever taken: keep one."
            )
            return
        if _covers(earlier, route):
            findings.error(
                path,
                f"it is never taken: {quote(under('routes', m))} matches all it matches",
                "Move it before that one, or give that one a further condition.",
            )
            return


def _covers(earlier: RouteEntry, later: RouteEntry) -> bool:
    """Whether every condition of `earlier` certainly holds where those of `later` do. Of two regular expressions that is
    known when they are the same text, or when the later one only names values."""
    exact = all(_values(later, label) == {value} for label, value in earlier.match.items())
    return exact and all(
        later.match_re.get(label) == regex
        or ((values := _values(later, label)) is not None and all(re.fullmatch(regex, value) for value in values))
        for label, regex in earlier.match_re.items()
    )


def _values(route: RouteEntry, label: str) -> set[str] | None:
    """All the values of `label` that the route can take; None when they cannot be told one by one."""
    if label in route.match:
        return {route.match[label]}
    plain = _PLAIN.fullmatch(route.match_re[label]) if label in route.match_re else None
    return set(plain[2].split("|")) if plain else None


def _reason(error: Exception) -> str:
    """What the compiler says, without the piece of the text it quotes."""
    return re.split(r"['\"]", str(error))[0].strip()
