"""Routes that cannot do what somebody wrote them for: they come too late, contradict themselves or lead nowhere."""

from __future__ import annotations

import re

from bot.config.draft import Draft
from bot.config.models import RouteEntry
from bot.config.problems import Findings, quote, suggestion, under


def check_routes(draft: Draft, findings: Findings) -> None:
    """An alert takes the first route that matches it, so the order is part of what they mean."""
    policies = draft.names["policies"]
    # A route whose conditions are not all readable is compared with none.
    readable = {n: route for n, route in draft.routes.items() if not findings.wrong(f"{under('routes', n)}.match")}
    for n, route in draft.routes.items():
        path = under("routes", n)
        if route.page not in ("", "none") and route.page not in policies:
            findings.error(
                under(path, "page"),
                f"there is no policy {quote(route.page)}",
                suggestion(route.page, policies, "Write it under `oncall.policies`."),
            )
        _check_conditions(route, path, findings)
        if n in readable:
            _check_order(n, readable, findings)


def _check_conditions(route: RouteEntry, path: str, findings: Findings) -> None:
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
        if earlier.heartbeat is None and _covers(earlier, route):
            findings.error(
                path,
                f"it is never taken: {quote(under('routes', m))} matches all it matches",
                "Move it before that one, or give that one a further condition.",
            )
            return


def _covers(earlier: RouteEntry, later: RouteEntry) -> bool:
    """Every condition of `earlier` is one of `later`. Regular expressions only count when they are the same text."""
    return earlier.match.items() <= later.match.items() and earlier.match_re.items() <= later.match_re.items()


def _reason(error: Exception) -> str:
    """What the compiler says, without the piece of the text it quotes."""
    return re.split(r"['\"]", str(error))[0].strip()
