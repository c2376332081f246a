"""What comes next after a command, said to the one who typed it; and the preview of what customers will read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from bot.chat.advice_opened import nearly, plays, replays
from bot.chat.document import Block, Bullets, Button, Buttons, Paragraph, Quote, Text, line
from bot.chat.marked import marked
from bot.chat.templates import and_, local
from bot.incident import commands as c
from bot.incident.model import (
    ComponentState,
    Incident,
    Kind,
    Moment,
    Paging,
    PublicPost,
    Role,
    Severity,
    Status,
)
from bot.incident.public import outweighing

VAGUE = re.compile(
    r"(?:improve|better|enhance|optimi[sz]e|monitor|monitoring|investigate|look into|consider|think about|discuss"
    r"|more|be more careful|verbessern|besser|prüfen|untersuchen|anschauen)\b",
    re.IGNORECASE,
)
"""Beginnings of follow-ups that nobody can ever tick off."""

DISTURBED = {
    ComponentState.DEGRADED: "degraded",
    ComponentState.PARTIAL_OUTAGE: "in partial outage",
    ComponentState.MAJOR_OUTAGE: "in major outage",
    ComponentState.MAINTENANCE: "under maintenance",
}

ORDER = (
    Moment.IMPACT_START,
    Moment.DETECTED,
    Moment.ACKNOWLEDGED,
    Moment.MITIGATED,
    Moment.IMPACT_END,
    Moment.RESOLVED,
)


def preview(
    incident: Incident,
    post: PublicPost,
    components: Mapping[str, str],
    masked: Sequence[str] | None = None,
    others: Sequence[Incident] = (),
    zone: str = "UTC",
) -> list[Block]:
    """A public post exactly as customers will read it, what was taken out of it (None: nobody knows any more), what it does
    not say, and how to send it. `components` gives the names customers know; `others` are incidents that may be on the
    page as well."""
    blocks: list[Block] = [
        Paragraph((*line(post.title, bold=True), Text(f" · {post.status}"))),
        Quote(line(post.text)),
    ]
    if post.components:
        states = ((components.get(id_, id_), state.replace("_", " ")) for id_, state in post.components.items())
        blocks.append(Bullets(tuple(line(f"{name}: {state}") for name, state in states)))
    if post.when:
        blocks.append(
            Paragraph(line(f"On the page it carries the time {local(post.when, zone, '%Y-%m-%d %H:%M %Z')}."))
        )
    if masked is not None:
        taken = f"Taken out for customers: {', '.join(masked)}." if masked else "Nothing was taken out for customers."
        blocks.append(Paragraph(line(f"{taken} Names of services, regions and alerts stay.")))
    ref = incident.ref
    if incident.status is Status.TRIAGE:
        blocks.append(
            Paragraph(marked(f"Nobody has accepted {ref} yet: `{ref} accept` says that somebody works on it."))
        )
    blocks += [Paragraph(line(text)) for text in _outweighed(incident, post, components, others)]
    blocks.append(Paragraph(marked(f"`{ref} publish approve` posts it, `{ref} publish discard` throws it away.")))
    blocks.append(
        Buttons(
            (
                Button("Approve", f"{incident.ref} publish approve", "primary"),
                Button("Discard", f"{incident.ref} publish discard", "danger"),
            )
        )
    )
    return blocks


def _outweighed(
    incident: Incident, post: PublicPost, components: Mapping[str, str], others: Sequence[Incident]
) -> Iterator[str]:
    """Where the page goes on showing something worse than the post says, because another incident says so."""
    for other in sorted(others, key=lambda other: other.number):
        if other.number != incident.number and (worse := outweighing(other, post)):
            yield f"{other.ref} still shows {disturbed(worse, components)}, and the page shows the worst of both."


def after_advice(
    command: c.Command,
    before: Incident | None,
    after: Incident,
    zone: str,
    components: Mapping[str, str],
    firing: Sequence[str] = (),
    untold: str = "",
) -> Iterator[str]:
    """What somebody should know or do now; code between backticks. `firing` names alerts of it that still fire, `untold`
    says why no room hears of it."""
    ended = isinstance(command, c.Resolve | c.Close | c.SetStatus) and not after.status.open
    # What did not clear in a drill is no alert: nobody waits for it to fire anew.
    if ended and after.alerts_firing and after.kind is not Kind.DRILL:
        yield _firing(after, firing)
    match command:
        case c.Open():
            yield from _opened(after, zone)
            if after.private:
                yield _hidden(after.ref, untold)
        case c.AssignRole(role=Role.LEAD, person=person) if person and after.status.open and after.paging:
            yield from _paging_goes_on(after.ref, after.paging)
        case c.Acknowledge() if not after.lead:
            yield f"Nobody leads yet: `{after.ref} take lead`."
        case c.Reopen() | c.Undo() if before and after.status.open and not before.status.open:
            yield from _awake(before, after)
        case c.SetSeverity() if after.severity in (Severity.SEV1, Severity.SEV2):
            if after.kind is Kind.REAL and after.paging is None and after.status.open:
                yield f"Nobody has been paged yet: `{after.ref} page` shows whom you can wake."
        case c.SetSeverity() if before and before.severity in (Severity.SEV1, Severity.SEV2):
            if after.kind in (Kind.REAL, Kind.RETRO) and after.status is Status.RESOLVED:
                yield f"The review that was due is not any more: `{after.ref} status review` begins one all the same."
        case c.PostUpdate() if untold:
            yield f"On the timeline only: {untold}.{' Nobody is reminded of the next one.' if after.promise else ''}"
        case c.SetMoment() | c.DescribeImpact():
            yield from _order(after, zone)
        case c.AddFollowUp(text=text):
            yield from _followup(command, after, text)
        case c.Resolve() | c.SetStatus() if after.status is Status.RESOLVED:
            if isinstance(command, c.Resolve) and command.when:
                yield from _order(after, zone)
            yield from _resolved(before, after, components)
        case c.MakePrivate():
            if before and any(room.live for room in before.rooms.values()):
                yield _moves(after)
            if after.public_posts:
                yield _stays_public(after, components)
        case c.Cancel() | c.Decline() | c.Merge() | c.Close() | c.SetStatus() if after.status.final and after.unsettled:
            yield _unsettled(after, components)


def _paging_goes_on(ref: str, paging: Paging) -> Iterator[str]:
    """Who leads has not acknowledged by that, and the next phone rings."""
    if paging.waiting and paging.next_at and not paging.last:
        yield f"Paging goes on; `{ref} ack` stops it."
    elif paging.waiting:
        yield f"Nobody has acknowledged the page yet: `{ref} ack`"


def _awake(before: Incident, after: Incident) -> Iterator[str]:
    """That work goes on wakes nobody by itself; whoever reopened it knows what it needs."""
    held = after.paging
    if after.kind is not Kind.REAL or not after.status.active or (held and (held.waiting or held.acknowledged_by)):
        return
    said = "Nobody was paged again" if before.paging else "Nobody has been paged yet"
    yield f"{said}: `{after.ref} page` shows whom you can wake."


def _opened(after: Incident, zone: str) -> Iterator[str]:
    match after.kind:
        case Kind.REAL if after.status.active and after.paging is None:
            yield f"Nobody has been paged yet: `{after.ref} page` shows whom you can wake."
        case Kind.DRILL:
            yield "Nobody is paged, nothing is published."
            yield replays(after, after.replay) if after.replay else plays(after)
        case Kind.NEARMISS:
            yield nearly(after)
        case Kind.RETRO:
            yield f"Tell what happened: `{after.ref} note TEXT at=TIME`. Then `{after.ref} close` drafts the postmortem."
        case Kind.MAINTENANCE if after.window:
            start, end = (local(at, zone, "%Y-%m-%d %H:%M %Z") for at in (after.window.start, after.window.end))
            shown = and_("".join(matcher) for matcher in after.window.matchers)
            what = (
                f"Alerts with {shown} open nothing" if shown else "Without `match=` every alert still opens something"
            )
            yield f"{what} from {start} to {end}."
        case _:
            pass


def _hidden(ref: str, untold: str) -> str:
    """Where a private one is found again, by whoever opened it too; `untold` says why it has no room."""
    if untold:
        return f"Nobody in chat finds it, for {untold}: only `klatsch say` reaches it."
    return (
        "It exists in its own room alone, into which those are invited who have to do with it. Elsewhere in chat there is "
        f"no {ref}, not for you either."
    )


def _order(after: Incident, zone: str) -> Iterator[str]:
    """Timestamps out of order are asked about, never refused: history is what people found out."""
    known = [(moment, after.moments[moment].at) for moment in ORDER if moment in after.moments]
    pairs = [*pairwise(known)]
    declared, resolved = (after.moments.get(moment) for moment in (Moment.DECLARED, Moment.RESOLVED))
    if declared and resolved and after.kind is not Kind.RETRO:
        # What was over before anybody said that it had begun is a slip of the finger more often than not.
        pairs.append(((Moment.DECLARED, declared.at), (Moment.RESOLVED, resolved.at)))
    wrong = {late: (early, first, second) for (early, first), (late, second) in pairs if second < first}
    for late, (early, first, second) in wrong.items():
        yield _before(late, second, early, first, zone)


def _before(late: Moment, second: datetime, early: Moment, first: datetime, zone: str) -> str:
    day = "%H:%M" if local(first, zone, "%F") == local(second, zone, "%F") else "%d %b %H:%M"
    names = early.replace("_", " "), late.replace("_", " ")
    return f"{names[1]} ({local(second, zone, day)}) lies before {names[0]} ({local(first, zone, day)}). Is that right?"


def _firing(after: Incident, names: Sequence[str]) -> str:
    """That it is over for us and not for the alerts: they never open again what was closed over them."""
    one = after.alerts_firing == 1
    shown = and_([*(name.replace("`", "'") for name in names[:3]), *(["more"] if len(names) > 3 else [])])
    those = f" ({shown})" if shown else ""
    still = "1 alert still fires" if one else f"{after.alerts_firing} alerts still fire"
    again = (
        "It pages again only after it clears and fires anew."
        if one
        else "They page again only after they clear and fire anew."
    )
    return f"{still}{those}. {again} Not over? `{after.ref} reopen`"


def _followup(command: c.AddFollowUp, after: Incident, text: str) -> Iterator[str]:
    # While it burns nobody polishes words.
    if not after.status.open and (VAGUE.match(text.strip()) or len(text.split()) < 3):
        yield (
            "How will you know that it is done? For example “Alert when more than 5 % of OSDs are slow” "
            "instead of “Improve monitoring”."
        )
    if command.due is None:
        lacking = ["`due=14d`"] if command.owner else ["`owner=@NAME`", "`due=14d`"]
        yield f"It has no {and_(lacking)} yet; undo it and add it again with {'it' if command.owner else 'them'}."
    elif not command.owner:
        yield f"It has no owner yet: `{after.ref} followup {len(after.followups)} @NAME` gives it to somebody."


def draft_is(after: Incident, publishers: Sequence[str]) -> str:
    """Where the postmortem's draft will lie; code between backticks. Empty when there is none. Which file it is depends on
    whether somebody edited the last one, and is known only when it is written."""
    if after.postmortem is None:
        return ""
    if after.kind is Kind.DRILL and publishers:
        return f"the facilitator's log is being written to {and_(publishers)}: `{after.ref} pm` shows it"
    writing = f"draft of the postmortem is being written to {and_(publishers)}"
    if publishers and after.postmortem.place:
        return f"a newer {writing}; what somebody edited stays as it is: `{after.ref} pm` shows what lies where"
    if publishers:
        return f"the {writing}: `{after.ref} pm` shows it"
    return f"the draft of the postmortem is written: `klatsch export {after.ref} --format md` prints it"


def disturbed(states: Mapping[str, ComponentState], names: Mapping[str, str]) -> str:
    """`Volumes (AZ 1) degraded and Compute (AZ 1) in partial outage`; `names` are by the component's id."""
    return and_(f"{names.get(id_, id_)} {DISTURBED.get(state, state)}" for id_, state in states.items())


def _resolved(before: Incident | None, after: Incident, components: Mapping[str, str]) -> Iterator[str]:
    """What is still owed, in one paragraph."""
    if before and before.status is Status.RESOLVED:
        return
    owed = [_unsettled(after, components)] if after.unsettled else []
    if tasks := sum(not (task.done or task.dropped) for task in after.tasks):
        owed.append(f"{tasks} {'task is' if tasks == 1 else 'tasks are'} still open: `{after.ref} task`.")
    owed.append(f"What is to be done later: `{after.ref} followup TEXT`. Then `{after.ref} close`.")
    yield " ".join(owed)


def _unsettled(after: Incident, components: Mapping[str, str]) -> str:
    """What customers still read, and how that ends."""
    return f"{still_read(after, components)}: `{after.ref} publish resolved TEXT`."


def still_read(incident: Incident, components: Mapping[str, str]) -> str:
    """`The status page still shows Volumes (AZ 1) degraded`, of an incident that is unsettled."""
    if incident.disturbed:
        return f"The status page still shows {disturbed(incident.disturbed, components)}"
    return f"Customers still read “{incident.public_status}”"


def _moves(after: Incident) -> str:
    """No platform makes everybody forget, and not every one makes a private room of a public one."""
    stays = "The old room is archived; its name, and what was said in it, can still be read."
    if after.status.final:
        return stays
    return (
        "It goes on in the new room: invited are you and whoever has a role, was paged, acknowledged or opened it. "
        + stays
    )


def _stays_public(after: Incident, components: Mapping[str, str]) -> str:
    """Said once, when it becomes private: what was read cannot be taken back, and what is open does not end by itself."""
    posts = "1 public post" if after.public_posts == 1 else f"{after.public_posts} public posts"
    stays = f"{posts} of it {'stays' if after.public_posts == 1 else 'stay'} on the status page: customers have read it"
    if not after.unsettled:
        return f"{stays}; nothing more of it can be published."
    return f"{stays}. {_unsettled(after, components)} Nothing else of it can be published now."
