"""What the rooms show of an incident: the live card, the announcement, the topic, the digest of its thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from bot.chat import drilled
from bot.chat.document import Block, Button, Buttons, Document, Paragraph, clean, line, say
from bot.chat.links import links
from bot.chat.pages import Ways, asked, stands
from bot.chat.templates import Templates
from bot.incident.events import AlertsCleared, AlertsFired, AlertsStillFiring, Event, ImpactDescribed, Noted, Recorded
from bot.incident.model import Incident, Kind, Mark, Moment, Person, Role, Severity, Status
from bot.incident.policy import SERVICE, is_service
from bot.incident.timeline import sentence, story

TASKS_SHOWN = 8
LINES_SHOWN = 30
TOPIC_LIMIT = 250
"""Slack's (https://docs.slack.dev/reference/methods/conversations.setTopic)."""

SYMBOLS = {Severity.SEV1: "🔴", Severity.SEV2: "🟠", Severity.SEV3: "🟡", Severity.SEV4: "🔵"}
EXERCISES = {Kind.DRILL: "a drill", Kind.NEARMISS: "a near miss"}
BY_PEOPLE = frozenset({"command", "reaction", "link"})
"""Sources behind which there is a person, who is named with the line."""

Who = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a digest."""

    at: datetime
    text: str
    by: str = ""


def who(people: Mapping[str, Person]) -> Who:
    """From ids to names: `ana` is Ana Ruiz, `slack:U0ANA` too if that is her handle; another `slack:U1` is
    `U1 (slack)`, `pager:rota` the service rota, a machine keeps its name, and nobody is `somebody`."""
    handles = {f"{kind}:{handle}": person for person in people.values() for kind, handle in person.handles.items()}

    def name(id_: str) -> str:
        person = people.get(id_) or handles.get(id_)
        if person:
            return person.name or person.id
        if is_service(id_):
            return clean(f"the service {id_.removeprefix(SERVICE)}")
        platform, colon, user = id_.partition(":")
        return clean(f"{user} ({platform})" if colon and user else id_) or "somebody"

    return name


def named(event: Event, components: Mapping[str, str]) -> Event:
    """`event` with the names of components instead of their ids, where people read it."""
    if not isinstance(event, ImpactDescribed):
        return event
    return replace(event, affected=tuple(components.get(id_, id_) for id_ in event.affected))


def card(
    incident: Incident,
    *,
    people: Mapping[str, Person],
    zone: str,
    now: datetime,
    templates: Templates,
    components: Mapping[str, str] | None = None,
    then: Sequence[str] = (),
    ways: Ways = lambda person: (),
) -> Document:
    """The pinned card with the buttons that fit now. `components` maps an id to a name; `then` are the ids of who is paged
    next, when that is known; `ways` says how somebody is woken for this incident. Raises TemplateError."""
    pages, more_pages = asked(incident, ways)
    open_tasks = [task for task in incident.tasks if not task.done and not task.dropped]
    document = templates.document(
        "card.md.j2",
        incident=incident,
        who=who(people),
        zone=zone,
        symbol=symbol(incident),
        exercise="" if drilled.is_drill(incident) else EXERCISES.get(incident.kind, ""),
        since=since(incident),
        clock=partial(_clock, since(incident), ZoneInfo(zone)),
        mitigated=_moment(incident, Moment.MITIGATED),
        ended=_moment(incident, Moment.IMPACT_END),
        resolved=_moment(incident, Moment.RESOLVED),
        others=[(role, incident.roles[role]) for role in Role if role is not Role.LEAD and incident.roles.get(role)],
        paging=incident.paging if incident.status.open else None,
        pages=pages,
        more_pages=more_pages,
        **stands(incident.paging),
        then=then,
        impact=impact(incident, components or {}),
        alerts=alerts(incident),
        tasks=open_tasks[:TASKS_SHOWN],
        more_tasks=max(0, len(open_tasks) - TASKS_SHOWN),
        links=links(incident),
        log=incident.kind is Kind.DRILL,
        earlier=[link for room in incident.rooms.values() for link in room.earlier],
    )
    buttons = fitting(incident, now)
    blocks: tuple[Block, ...] = (*document.blocks, Buttons(buttons)) if buttons else document.blocks
    return drilled.of(incident, Document(summary=headline(incident), blocks=blocks, tone=tone(incident)))


def fitting(incident: Incident, now: datetime) -> tuple[Button, ...]:
    """What one can do next. Each is a line that anybody could type anywhere."""
    steps: list[tuple[str, str, str]] = []
    if incident.status is Status.TRIAGE:
        steps = [("Accept", "accept", "primary"), ("Decline", "decline", "")]
    elif incident.status.active:
        clear = incident.alerts_total > 0 and not incident.alerts_firing
        if incident.paging and incident.paging.wanted:
            steps.append(("Acknowledge", "ack", "primary"))
        if not incident.lead:
            steps.append(("Take the lead", "take lead", ""))
        if incident.window is None and incident.status is not Status.MONITORING:
            steps.append(("All clear: monitor" if clear else "Monitor", "status monitoring", ""))
            steps += [] if clear else [("Resolve", "resolve", "")]
        elif incident.window is None or now >= incident.window.end:
            steps.append(("All clear: resolve" if clear else "Resolve", "resolve", "primary" if clear else ""))
    elif incident.status is Status.RESOLVED:
        steps = [("Close", "close", ""), ("Reopen", "reopen", "")]
    if incident.draft:
        steps += [
            ("Approve the public post", "publish approve", "primary"),
            ("Discard it", "publish discard", "danger"),
        ]
    return tuple(Button(text, f"{incident.ref} {line}", style) for text, line, style in steps)


def announcement(incident: Incident, *, people: Mapping[str, Person], templates: Templates, link: str = "") -> Document:
    """The one message where incidents are announced; `link` opens the room. Of a private incident only the number,
    whatever the house's own template would say."""
    if incident.private:
        return drilled.of(incident, say(f"{incident.ref} is private."))
    document = templates.document(
        "announce.md.j2",
        incident=incident,
        who=who(people),
        symbol=symbol(incident),
        exercise=EXERCISES.get(incident.kind, ""),
        link=link,
    )
    buttons = fitting(incident, incident.opened_at) if incident.status is Status.TRIAGE else ()
    blocks: tuple[Block, ...] = (*document.blocks, Buttons(buttons)) if buttons else document.blocks
    return drilled.of(incident, replace(document, blocks=blocks, tone=tone(incident)))


def redirect(incident: Incident) -> Document:
    """The last word in a room that everybody reads, now that the incident is private. No template has a say in it."""
    if incident.status.final:
        said = f"{incident.ref} is private now. It is {incident.status}, and this room is closed."
    else:
        goes_on = f"{incident.ref} goes on in a private room."
        said = f"{goes_on} Whoever works on it is invited; if you should be too, ask its lead."
    return drilled.of(incident, say(said))


def left_topic(incident: Incident) -> str:
    """What stands above that room from then on."""
    text = f"{incident.ref} · {'private' if incident.status.final else 'goes on in a private room'}"
    return drilled.topic(incident, text)


def topic(incident: Incident, *, people: Mapping[str, Person], templates: Templates) -> str:
    text = drilled.topic(incident, templates.render("topic.txt.j2", incident=incident, who=who(people)))
    return text if len(text) <= TOPIC_LIMIT else f"{text[: TOPIC_LIMIT - 1]}…"


def room_name(incident: Incident, *, mark: str, templates: Templates) -> str:
    """`inc-7-volumes-slow-in-az2`; it begins with the `mark` that the room is found by."""
    return drilled.room_name(incident, templates.render("room_name.txt.j2", incident=incident, mark=mark), mark)


def digest(
    events: Sequence[Recorded],
    *,
    people: Mapping[str, Person],
    zone: str,
    templates: Templates,
    components: Mapping[str, str] | None = None,
) -> Document | None:
    """What happened, one line an event; None when there is nothing to tell."""
    names = who(people)
    told = [
        _told(replace(recorded, event=named(recorded.event, components or {})), names, ZoneInfo(zone))
        for recorded in story(events)
    ]
    if not told:
        return None
    more = max(0, len(told) - LINES_SHOWN)
    document = templates.document("digest.md.j2", lines=told[:LINES_SHOWN], more=more, zone=zone)
    return replace(document, summary=told[0].text if len(told) == 1 else f"{told[0].text} and {len(told) - 1} more")


def proposal(incident: Incident, events: Sequence[Recorded]) -> tuple[Block, ...]:
    """What to do when the last alert has just cleared, or fires on although it is over. It is said, never done."""
    if incident.still_firing and any(isinstance(recorded.event, AlertsStillFiring) for recorded in events):
        reopen = Button("Reopen", f"{incident.ref} reopen")
        return (
            Paragraph(line("An alert that never cleared pages nobody again. Not over? Reopen it.")),
            Buttons((reopen,)),
        )
    cleared = any(isinstance(recorded.event, AlertsCleared) and not recorded.event.firing for recorded in events)
    if not cleared or incident.alerts_firing or not incident.status.open:
        return ()
    if incident.status is Status.TRIAGE:
        steps = (
            Button("Decline", f"{incident.ref} decline cleared by itself"),
            Button("Accept", f"{incident.ref} accept"),
        )
    else:
        steps = (
            Button("Monitor", f"{incident.ref} status monitoring"),
            Button("Resolve", f"{incident.ref} resolve", "primary"),
        )
    return (Paragraph(line("All alerts have cleared. It stays open until somebody ends it.")), Buttons(steps))


def _told(recorded: Recorded, names: Who, zone: ZoneInfo) -> Told:
    text = sentence(recorded.event, names, zone)
    author = recorded.event.author if isinstance(recorded.event, Noted) else ""
    named = recorded.by and recorded.source.kind in BY_PEOPLE and not _of_nobody(recorded.event)
    by = names(author or recorded.by) if named else ""
    return Told(recorded.event.at, text, "" if by and by in text else by)


def _of_nobody(event: Event) -> bool:
    """Alerts that came with the opening of a drill, and its reports, look like what they stand for: they say not who made them come."""
    return isinstance(event, AlertsFired | AlertsCleared) or (isinstance(event, Noted) and event.mark is Mark.INJECT)


def symbol(incident: Incident) -> str:
    if incident.status.open:
        return SYMBOLS[incident.severity]
    return "🟢" if incident.status in (Status.RESOLVED, Status.REVIEW, Status.CLOSED) else "⚪"


def tone(incident: Incident) -> str:
    if not incident.status.open:
        return "good" if incident.status in (Status.RESOLVED, Status.REVIEW, Status.CLOSED) else "info"
    if incident.severity in (Severity.SEV1, Severity.SEV2) and incident.status.active and incident.real:
        return "bad"
    return "warning"


def headline(incident: Incident) -> str:
    """The incident in one line."""
    return clean(f"{incident.ref} · {incident.severity.upper()} · {incident.status} · {incident.title}")


def since(incident: Incident) -> datetime:
    """When the impact began, or else when it was declared."""
    for moment in (Moment.IMPACT_START, Moment.DECLARED):
        if moment in incident.moments:
            return incident.moments[moment].at
    return incident.opened_at


def impact(incident: Incident, components: Mapping[str, str]) -> str:
    affected = ", ".join(components.get(id_, id_) for id_ in incident.affected)
    parts = (incident.impact, f"{incident.plane} plane" if incident.plane else "", affected)
    return "; ".join(part for part in parts if part)


def alerts(incident: Incident) -> str:
    """How many there are and what they do; empty when there are none."""
    firing, total = incident.alerts_firing, incident.alerts_total
    if not total:
        return ""
    if not firing:
        return "1, cleared" if total == 1 else f"{total}, all cleared"
    return f"{firing} firing" if firing == total else f"{firing} of {total} firing"


def _clock(day: datetime, zone: ZoneInfo, at: datetime) -> str:
    """How `at` is shown beside `day`: with its date where that is another one."""
    return "%H:%M" if at.astimezone(zone).date() == day.astimezone(zone).date() else "%d %b %H:%M"


def _moment(incident: Incident, moment: Moment) -> datetime | None:
    stamp = incident.moments.get(moment)
    return stamp.at if stamp else None
