"""The postmortem's draft: Markdown in which each sentence cites its events, and what no event tells is a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.incident.events import Recorded
from bot.incident.model import ComponentState, Kind, Moment, Person
from bot.incident.spans import minutes
from bot.postmortem.facts import Facts, Line
from bot.postmortem.gather import facts
from bot.postmortem.markup import (
    COMMS,
    LEAD,
    ON_CALL,
    ask,
    cite,
    clock,
    count,
    fact,
    opened,
    quote,
    section,
    spent,
    table,
    times,
)
from bot.postmortem.review import (
    action_items,
    contributing_factors,
    customer_message,
    evidence,
    learnings,
    mitigators,
    recovery,
    reflections,
    response,
)
from bot.postmortem.words import escape


def draft(
    history: Sequence[Recorded], *, people: Mapping[str, Person], zone: str, components: Mapping[str, str]
) -> str:
    """The draft of one incident from `history` (oldest first): the same events give the same bytes.

    `people` are called by their roles, also where somebody's text names them. Times are UTC; `zone` is the IANA zone
    whose nights count as sleep (empty: UTC; an unknown one raises `zoneinfo.ZoneInfoNotFoundError`). `components` gives
    the names of components by id. For a draft as of `PostmortemDrafted.through`, pass only the events up to it.
    """
    known = facts(history, people=people, zone=zone)
    sections = [
        head(known, zone),
        section("Summary", summary(known, components)),
        section("Impact", impact(known, components)),
        section("Background", background(known)),
        section("Detection", detection(known)),
        section("Timeline", timeline(known)),
        section("Contributing factors", contributing_factors(known)),
        section("Mitigators", mitigators(known)),
        section("Response and recovery", recovery(known)),
        section("What went well, what was hard, where we got lucky", reflections(known)),
        section("How the response went", response(known)),
        section("Learnings and open questions", learnings(known)),
        section("Action items", action_items(known)),
        section("Customer message", customer_message(known, components)),
        section("Supporting evidence", evidence(known)),
    ]
    return opened("\n\n".join(sections) + "\n", known.messages)


def head(known: Facts, zone: str) -> str:
    name = f"{known.ref}: {escape(known.title.value)}" if known.title else known.ref or "An incident"
    blocks = [
        "> This is a draft. Each sentence cites its events. What they do not tell is asked below: answer it, or leave it "
        f"open. {times(known.opened.value if known.opened else None, zone)}"
    ]
    if known.kind and known.kind.value is Kind.DRILL:
        blocks.append(f"> **This was a drill.** Nothing here happened to customers. {cite(known.kind.refs)}")
    if known.kind and known.kind.value is Kind.NEARMISS:
        blocks.append(f"> **This was a near miss.** {cite(known.kind.refs)}")
    if known.private and known.private.value:
        blocks.append(f"> **Private.** For those who worked on it, and nobody else. {cite(known.private.refs)}")
    return section(f"Postmortem of {name}", [*blocks, *_header(known)], level=1)


def _header(known: Facts) -> list[str]:
    lines: list[str] = []
    if known.title:
        lines.append(fact(f"**Title:** {quote(known.title.value)}", known.title.refs))
    if known.opened:
        lines.append(fact(f"**Date:** opened {clock(known.opened.value)}", known.opened.refs))
    if known.severity:
        severity, refs = f"**Severity:** {known.severity.value}", known.severity.refs
        if known.worst and known.worst.value < known.severity.value:
            severity, refs = f"{severity}, at worst {known.worst.value}", (*refs, *known.worst.refs)
        lines.append(fact(severity, refs))
    if known.status:
        lines.append(fact(f"**Status:** {known.status.value}", known.status.refs))
    if known.private and not known.private.value:
        lines.append(fact("**Audience:** everybody in the organisation", known.private.refs))
    if known.owner:
        lines.append(fact(f"**Owner of this document:** {known.owner.value}", known.owner.refs))
    if not known.title or not known.severity:
        lines.append(ask(LEAD, "What is this incident called, when was it opened, and how severe was it?"))
    if not known.owner:
        lines.append(ask(LEAD, "Which one person owns this document?", "pm assign @…"))
    return lines


def summary(known: Facts, components: Mapping[str, str]) -> list[str]:
    lines: list[str] = []
    if known.title and known.opened:
        lines.append(
            fact(
                f"{quote(known.title.value)} was opened at {clock(known.opened.value)}",
                (*known.title.refs, *known.opened.refs),
            )
        )
    if known.impact:
        lines.append(fact(f"The impact in the words of the responders: {quote(known.impact.value)}", known.impact.refs))
    lines += _disturbed(known, components)
    if known.gaps.impact:
        lines.append(fact(f"The impact lasted {_lasted(known)}", known.gaps.impact.refs))
    if known.resolution:
        how = f": {quote(known.resolution.text)}" if known.resolution.text else ""
        lines.append(fact(f"It was resolved at {clock(known.resolution.at)}{how}", known.resolution.refs))
    else:
        lines.append(ask(LEAD, "How did it end, and when?", "resolve …"))
    lines.append(
        ask(
            LEAD,
            "For a reader outside the team, in two or three sentences: what did users notice, for how long, "
            "and which conditions contributed?",
        )
    )
    return lines


def _lasted(known: Facts) -> str:
    start, end = known.moments[Moment.IMPACT_START].at, known.moments[Moment.IMPACT_END].at
    return f"{minutes(start, end)}, from {clock(start)} to {clock(end)}"


def _disturbed(known: Facts, components: Mapping[str, str]) -> list[str]:
    """ "Outage" is said of a component only where customers were told so; everything else is a degradation."""
    lines = []
    for name, state in known.components.items():
        if state.value in (ComponentState.OPERATIONAL, ComponentState.MAINTENANCE):
            continue
        what = "a major outage" if state.value is ComponentState.MAJOR_OUTAGE else "a degradation"
        shown = escape(components.get(name, name))
        lines.append(fact(f"{shown} had {what} ({state.value.replace('_', ' ')})", state.refs))
    return lines


def impact(known: Facts, components: Mapping[str, str]) -> list[str]:
    lines: list[str] = []
    start, end = known.moments.get(Moment.IMPACT_START), known.moments.get(Moment.IMPACT_END)
    if start:
        lines.append(fact(f"The impact began at {clock(start.at)}", (start.ref,)))
    if end:
        lines.append(fact(f"The impact ended at {clock(end.at)}", (end.ref,)))
    if known.impact:
        lines.append(fact(f"Described as {quote(known.impact.value)}", known.impact.refs))
    if known.plane:
        lines.append(fact(f"Concerned the {escape(known.plane.value)} plane", known.plane.refs))
    if known.affected:
        names = ", ".join(escape(components.get(name, name)) for name in known.affected.value)
        lines.append(fact(f"Affected: {names}", known.affected.refs))
    lines += _disturbed(known, components)
    lines += _on_people(known)
    if not start:
        lines.append(ask(LEAD, "When did the impact begin?", "impact start=14:05"))
    if not end:
        lines.append(ask(LEAD, "When did the impact end?", "impact end=15:20"))
    if not known.impact:
        lines.append(ask(LEAD, "What could users not do, or only slowly?", "impact Volumes slow in az2"))
    if not known.plane:
        lines.append(ask(LEAD, "Was it the control plane, the data plane, or both?", "impact plane=data"))
    lines.append(ask(LEAD, "How many users, requests or resources were affected, and where is that number from?"))
    lines.append(ask(COMMS, "How many tickets or questions came from customers?"))
    return lines


def _on_people(known: Facts) -> list[str]:
    lines = []
    if known.participants:
        people = "1 person" if known.participants.value == 1 else f"{known.participants.value} people"
        lines.append(fact(f"{people} took part in the response", known.participants.refs))
    by_hour: dict[str, list[str]] = {}
    for page in known.paging.asked:
        by_hour.setdefault(page.hour.value, []).append(page.ref)
    for hour, refs in sorted(by_hour.items()):
        lines.append(fact(f"Paging in {hour} hours: {count(len(refs), 'time')}", refs))
    return lines


def background(known: Facts) -> list[str]:
    lines = []
    if known.service:
        lines.append(fact(f"It was opened for the service {quote(known.service.value)}", known.service.refs))
    else:
        lines.append(ask(LEAD, "Which service is this about?"))
    lines.append(
        ask(
            LEAD,
            "What does a reader outside the team need to know about it: what it does, who uses it, "
            "which terms appear below?",
        )
    )
    return lines


def detection(known: Facts) -> list[str]:
    lines: list[str] = []
    alerts, moments = known.alerts, known.moments
    if alerts.first:
        lines.append(fact(f"The first alert fired at {clock(alerts.first.value)}", alerts.first.refs))
    if alerts.fired:
        lines.append(fact(f"{count(alerts.fired.value, 'alert')} fired in all", alerts.fired.refs))
    if alerts.cleared:
        lines.append(fact(f"{count(alerts.cleared.value, 'alert')} cleared", alerts.cleared.refs))
    if alerts.firing and alerts.firing.value:
        lines.append(fact(f"{alerts.firing.value} still firing at the last report", alerts.firing.refs))
    if detected := moments.get(Moment.DETECTED):
        lines.append(
            fact(f"It was noticed at {clock(detected.at)} (known from: {escape(detected.source)})", (detected.ref,))
        )
    if declared := moments.get(Moment.DECLARED):
        lines.append(fact(f"It was declared at {clock(declared.at)} (by: {escape(declared.source)})", (declared.ref,)))
    start = moments.get(Moment.IMPACT_START)
    if known.gaps.detection:
        gap = known.gaps.detection
        lines.append(fact(f"From the start of the impact until it was noticed: {spent(gap.value)}", gap.refs))
    elif start and alerts.first and alerts.first.value >= start.at:
        lines.append(
            fact(
                f"From the start of the impact to the first alert: {minutes(start.at, alerts.first.value)}",
                (start.ref, *alerts.first.refs),
            )
        )
    if not detected and not alerts.first:
        lines.append(ask(ON_CALL, "When was it first noticed, and by what: an alert, a customer, a colleague?"))
    if not start:
        lines.append(ask(LEAD, "How long had the impact gone unnoticed?", "impact start=14:05"))
    lines.append(ask(ON_CALL, "What was visible at that moment, and where?"))
    return lines


def timeline(known: Facts) -> list[str]:
    if not known.rows:
        return [ask(LEAD, "What happened, in the order it happened?", "note TEXT at=14:05")]
    return table(
        ("Time (UTC)", "What happened", "Evidence"),
        ((f"{clock(row.at)[:-4]}", f"{escape(row.text)}{_until(row)}", cite(row.refs)) for row in known.rows),
    )


def _until(row: Line) -> str:
    return f" until {row.until:%H:%M} UTC" if row.until else ""
