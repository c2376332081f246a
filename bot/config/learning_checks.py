"""What is checked of the weekly digest: that it goes somewhere, on days that there are, and is about something there is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from bot.config.draft import Draft
from bot.config.kinds import Block
from bot.config.problems import Findings, quote, suggestion, under
from bot.crons import Cron
from bot.destinations import Mailbox, Nowhere, destinations
from bot.nearest import nearest

MAILS = "smtp"
"""The type of a block under `paging:` that mails what wakes nobody too."""

REGION = re.compile(r"[A-Z]{2,3}(-\S{1,40})?")


def mailers(paging: Mapping[str, Block]) -> tuple[str, ...]:
    """The blocks under `paging:` that send mail."""
    return tuple(name for name, block in paging.items() if block["type"] == MAILS)


def check_digest(draft: Draft, findings: Findings) -> None:
    digest = draft.digest
    if digest is None:
        return
    check_destinations(digest.to, "digest.to", draft, findings)
    check_cron(digest.cron, "digest.cron", findings)
    check_holidays(digest.holidays, "digest.holidays", findings)
    _check_wheel(digest.wheel, "digest.wheel", draft, findings)
    for name, team in draft.teams.items():
        path = under("digest.teams", name)
        check_destinations(team.to, f"{path}.to", draft, findings)
        if team.cron is not None:
            check_cron(team.cron, f"{path}.cron", findings)
        check_holidays(team.holidays or (), f"{path}.holidays", findings)
        _check_wheel(team.wheel or (), f"{path}.wheel", draft, findings)
        _check_services(team.services, f"{path}.services", draft, findings)
        _check_schedules(team.schedules, f"{path}.schedules", draft, findings)
        if not (team.services or team.schedules or findings.wrong(path)):
            findings.error(
                path,
                "it has neither services nor schedules, so nothing is the team's",
                "Name some of them, or leave the team out: `digest` itself is of everybody.",
            )


def check_destinations(
    texts: Sequence[str], path: str, draft: Draft, findings: Findings, *, rooms: bool = False
) -> None:
    """Each leads somewhere. Of the coffee's board too, which is shown in `rooms` alone."""
    if not texts:
        say = (
            "Say where, like `announce` or `#ops`."
            if rooms
            else "Say where, like `announce`, `#ops` or `ops@example.org`."
        )
        findings.error(path, "it is empty", say)
    for n, text in enumerate(texts):
        try:
            found = destinations(text, tuple(draft.chat.platforms), mailers(draft.paging))
            if rooms and any(isinstance(one, Mailbox) for one in found):
                findings.error(
                    under(path, n),
                    f"{quote(text)}: nobody can vote in a mail",
                    "Name a room of a chat platform, like `announce` or `#ops`.",
                )
            if not found:
                findings.warning(
                    under(path, n),
                    "no chat platform is configured, so nobody reads it there",
                    "Configure one under `chat:`."
                    if rooms
                    else "Configure one under `chat:`, or write a mail address.",
                )
        except Nowhere as nowhere:
            findings.error(under(path, n), f"{quote(text)}: {nowhere.message}", nowhere.remedy)


def check_holidays(names: Sequence[str], path: str, findings: Findings) -> None:
    """Each looks like a date or a country. Which countries there are is seen by `klatsch check`: that takes a library."""
    for n, name in enumerate(names):
        if not REGION.fullmatch(name) and not _is_date(name):
            country, dash, part = name.partition("-")
            meant = f"{country.upper()}{dash}{part.upper()}"
            remedy = (
                f"Did you mean {quote(meant)}?"
                if REGION.fullmatch(meant)
                else "Write it like `DE`, `DE-BE` or `2026-12-24`."
            )
            findings.error(under(path, n), f"{quote(name)} is neither a country, nor a part of one, nor a date", remedy)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def check_cron(cron: Cron, path: str, findings: Findings) -> None:
    """It comes round once a day at most. Of the coffee too."""
    if not (cron.minute.isdecimal() and cron.hour.isdecimal()):
        findings.error(path, "it comes more than once a day", "Write one time, like `mon 09:00` or `mon-fri 09:00`.")


def _check_services(services: Sequence[str], path: str, draft: Draft, findings: Findings) -> None:
    """People may also type `service=`, so that one nobody knows is no error."""
    known = known_services(draft)
    for n, service in enumerate(services):
        if service not in known:
            findings.warning(
                under(path, n),
                f"no route has the service {quote(service)}, and it is no component",
                suggestion(service, known, "Write `service:` at the routes of its alerts."),
            )


def _check_wheel(services: Sequence[str], path: str, draft: Draft, findings: Findings) -> None:
    """Whatever has a dashboard may be drawn; what looks like a slip is said."""
    known = known_services(draft)
    for n, service in enumerate(services):
        if service not in known and (near := nearest(service, known)):
            findings.warning(under(path, n), f"there is no service {quote(service)}", f"Did you mean {quote(near)}?")


def known_services(draft: Draft) -> frozenset[str]:
    """What incidents are about: the services of routes, and the components."""
    return frozenset({route.service for route in draft.routes.values() if route.service} | draft.components.keys())


def _check_schedules(schedules: Sequence[str], path: str, draft: Draft, findings: Findings) -> None:
    for n, schedule in enumerate(schedules):
        if schedule not in draft.names["schedules"]:
            findings.error(
                under(path, n),
                f"there is no schedule {quote(schedule)}",
                suggestion(schedule, draft.names["schedules"], "Write it under `oncall.schedules`."),
            )
