"""Rules of the work on an incident: roles, lines on the timeline, tasks, follow-ups, timestamps, updates, rooms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.captured import Standing, gone, standing
from bot.incident.model import Captured, Incident, Kind, Mark, Moment, Refused
from bot.incident.past import passed
from bot.incident.text import one_line

TEXT_LIMIT = 4000
LIST_LIMIT = 500
LISTED, SHOWN = 8, 40
"""How many are shown in a refusal, and how many characters of each."""

OUTCOMES = ("", "done", "wontdo", "dropped")


def _text(text: str, what: str) -> str:
    text = text.strip()
    if not one_line(text, TEXT_LIMIT):
        raise Refused(f"{what} needs some words.")
    if len(text) > TEXT_LIMIT:
        raise Refused(f"{what} holds {TEXT_LIMIT} characters; that is {len(text)}.", "Shorten it, or link to it.")
    return text


def assign_role(incident: Incident, command: c.AssignRole, at: datetime) -> list[e.Event]:
    held = incident.roles.get(command.role, "")
    if held == command.person:
        return []
    return [e.RoleAssigned(at=at, role=command.role, person=command.person, previous=held)]


def note(incident: Incident, command: c.Note, at: datetime) -> list[e.Event]:
    if command.mark is Mark.INJECT and incident.kind is not Kind.DRILL:
        raise Refused(f"{incident.ref} is no drill: nothing is made up in it.", "`note TEXT` says what happened.")
    text = _text(command.text, "A line on the timeline")
    when = passed(command.when, at)
    if gone(command.events, command.message):
        return []
    if held := standing(command.events, command.message, Captured.LINE, command.mark):
        return _second(held, command.by, command.message, at)
    return [
        e.Noted(
            at=when,
            mark=command.mark,
            text=text,
            author=command.author,
            message=command.message,
            files=command.files,
        )
    ]


def _second(held: Standing, by: str, message: str, at: datetime) -> list[e.Event]:
    """The same reaction once more: what it made stands for `by` too."""
    return [] if by in held.people else [e.Seconded(at=at, event=held.recorded.seq, message=message)]


def retract(incident: Incident, command: c.Retract, at: datetime) -> list[e.Event]:
    """Take back what a reaction made of a message. Nothing to take back is no fault: reactions come and go."""
    held = standing(command.events, command.message, command.captured, command.mark)
    if held is None or command.by not in held.people:
        return []
    off = e.Seconded(at=at, event=held.recorded.seq, message=command.message, stands=False)
    if len(held.people) > 1:
        return [off]
    match held.recorded.event:
        case e.TaskAdded(task=task):
            now = incident.tasks[task - 1]
            # It can be opened again, and then nobody's reaction is on it.
            return [off, e.TaskChanged(at=at, task=task, dropped=True, owner=now.owner, before=now)]
        case e.FollowUpAdded(followup=followup):
            item = incident.followups[followup - 1]
            if item.outcome:
                # Done is done, whoever asked for it.
                return [off]
            return [off, e.FollowUpChanged(at=at, followup=followup, outcome="dropped", before=item)]
        case _:
            return [e.Retracted(at=at, event=held.recorded.seq, message=command.message)]


def add_task(incident: Incident, command: c.AddTask, at: datetime) -> list[e.Event]:
    if gone(command.events, command.message):
        return []
    if held := standing(command.events, command.message, Captured.TASK):
        return _second(held, command.by, command.message, at)
    if len(incident.tasks) >= LIST_LIMIT:
        raise Refused(f"{incident.ref} has {LIST_LIMIT} tasks already.", "Finish or drop some.")
    text = _text(command.text, "A task")
    number = len(incident.tasks) + 1
    return [
        e.TaskAdded(
            at=at,
            task=number,
            text=text,
            owner=command.owner,
            message=command.message,
            author=command.author,
            files=command.files,
        )
    ]


def change_task(incident: Incident, command: c.ChangeTask, at: datetime) -> list[e.Event]:
    number = command.task
    if not number and (command.done or command.dropped):
        left = [(task.id, task.text) for task in incident.tasks if not (task.done or task.dropped)]
        number = _only(incident, "task", f"task {'done' if command.done else 'drop'}", left)
    held = next((task for task in incident.tasks if task.id == number), None)
    if held is None:
        raise Refused(f"{incident.ref} has no task {number}.", "`task` lists them.")
    owner = command.owner or held.owner
    if (held.done, held.dropped, held.owner) == (command.done, command.dropped, owner):
        return []
    return [e.TaskChanged(at=at, task=held.id, done=command.done, dropped=command.dropped, owner=owner, before=held)]


def _only(incident: Incident, noun: str, line: str, left: Sequence[tuple[int, str]]) -> int:
    """The number of the only open one. Raises Refused when there is none or several: these are shown, and the `line`
    that names one."""
    if not left:
        raise Refused(f"{incident.ref} has no open {noun}.", f"`{line.split()[0]}` lists them.")
    if len(left) > 1:
        listed = ", ".join(f"{number} {_brief(text)}" for number, text in left[:LISTED])
        more = f" and {len(left) - LISTED} more" if len(left) > LISTED else ""
        raise Refused(
            f"{incident.ref} has {len(left)} open {noun}s: {listed}{more}",
            f"Say which one, for example `{line} {left[0][0]}`",
        )
    return left[0][0]


def _brief(text: str) -> str:
    return one_line(text, SHOWN).replace("`", "'")


def add_followup(incident: Incident, command: c.AddFollowUp, at: datetime) -> list[e.Event]:
    if gone(command.events, command.message):
        return []
    if held := standing(command.events, command.message, Captured.FOLLOWUP):
        return _second(held, command.by, command.message, at)
    if len(incident.followups) >= LIST_LIMIT:
        raise Refused(f"{incident.ref} has {LIST_LIMIT} follow-ups already.", "Close or drop some.")
    text = _text(command.text, "A follow-up")
    number = len(incident.followups) + 1
    return [
        e.FollowUpAdded(
            at=at,
            followup=number,
            text=text,
            owner=command.owner,
            due=command.due,
            message=command.message,
            author=command.author,
            files=command.files,
        )
    ]


def change_followup(incident: Incident, command: c.ChangeFollowUp, at: datetime) -> list[e.Event]:
    number = command.followup
    if not number and command.outcome:
        left = [(item.id, item.text) for item in incident.followups if not item.outcome]
        action = "drop" if command.outcome == "dropped" else command.outcome
        number = _only(incident, "follow-up", f"followup {action}", left)
    held = next((item for item in incident.followups if item.id == number), None)
    if held is None:
        raise Refused(f"{incident.ref} has no follow-up {number}.", "`followup` lists them.")
    if command.outcome not in OUTCOMES:
        raise Refused(f"`{command.outcome}` is not an outcome.", "done, wontdo or open.")
    if command.outcome == "wontdo" and not command.reason:
        raise Refused("`wontdo` needs a reason.", f"`followup wontdo {held.id} reason=WHY`")
    owner = command.owner or held.owner
    if (held.outcome, held.owner) == (command.outcome, owner):
        return []
    changed = e.FollowUpChanged(
        at=at, followup=held.id, outcome=command.outcome, reason=command.reason, before=held, owner=owner
    )
    return [changed]


def date_followup(incident: Incident, command: c.DateFollowUp, at: datetime) -> list[e.Event]:
    held = next((item for item in incident.followups if item.id == command.followup), None)
    if held is None:
        raise Refused(f"{incident.ref} has no follow-up {command.followup}.", "`followup` lists them.")
    if held.outcome:
        said = {"wontdo": "decided against"}.get(held.outcome, held.outcome)
        raise Refused(f"Follow-up {held.id} is {said}.", f"If it is to be done after all: `followup open {held.id}`")
    if held.due == command.due:
        return []
    return [e.FollowUpDated(at=at, followup=held.id, due=command.due, old=held.due)]


def set_moment(incident: Incident, command: c.SetMoment, at: datetime) -> list[e.Event]:
    if command.moment is Moment.IMPACT_START:
        _check_impact(incident, start=command.value)
    if command.moment is Moment.IMPACT_END:
        _check_impact(incident, end=command.value)
    return _moment(incident, command.moment, command.value, command.reason, at)


def _moment(incident: Incident, moment: Moment, value: datetime, reason: str, at: datetime) -> list[e.Event]:
    held = incident.moments.get(moment)
    value = passed(value, at)
    if held and held.at == value:
        return []
    old = held.at if held else None
    return [e.MomentSet(at=at, moment=moment, value=value, old=old, reason=reason, was=held)]


def _check_impact(incident: Incident, *, start: datetime | None = None, end: datetime | None = None) -> None:
    """What lies out of order elsewhere is asked about; of an impact that ends before it starts nothing true can be told."""
    if start is None and end is None:
        return
    held = {moment: stamp.at for moment, stamp in incident.moments.items()}
    start, end = start or held.get(Moment.IMPACT_START), end or held.get(Moment.IMPACT_END)
    if start and end and end < start:
        raise Refused(
            f"The impact cannot end ({end:%Y-%m-%d %H:%M} UTC) before it starts ({start:%Y-%m-%d %H:%M} UTC).",
            "`impact start=TIME end=TIME` sets both.",
        )


def describe_impact(incident: Incident, command: c.DescribeImpact, at: datetime) -> list[e.Event]:
    start, end = command.start, command.end
    _check_impact(incident, start=start, end=end)
    events: list[e.Event] = []
    text = command.text.strip() or incident.impact
    plane = command.plane or incident.plane
    affected = command.affected or incident.affected
    if (text, plane, affected) != (incident.impact, incident.plane, incident.affected):
        events.append(
            e.ImpactDescribed(
                at=at,
                text=text,
                plane=plane,
                affected=affected,
                previous_text=incident.impact,
                previous_plane=incident.plane,
                previous_affected=incident.affected,
            )
        )
    if start:
        events += _moment(incident, Moment.IMPACT_START, start, command.reason, at)
    if end:
        events += _moment(incident, Moment.IMPACT_END, end, command.reason, at)
    return events


def post_update(incident: Incident, command: c.PostUpdate, at: datetime) -> list[e.Event]:
    text = _text(command.text, "An update")
    next_by = command.next_at or (at + command.next_in if command.next_in else None)
    if text == incident.summary and next_by is None:
        raise Refused(
            "That is the same text as the last update.", "Say what changed, or give the next one a time: `next=30m`"
        )
    if next_by and next_by <= at:
        raise Refused("The time of the next update has passed.", "For example: `next=30m`")
    promise = next_by if incident.status.open else None
    return [
        e.UpdatePosted(at=at, text=text, next_by=promise, previous_text=incident.summary, previous_by=incident.promise)
    ]


def remind(incident: Incident, command: c.Remind, at: datetime) -> list[e.Event]:
    if incident.promise != command.promised or not incident.status.open:
        return []
    return [e.UpdateWasDue(at=at, promised=command.promised)]


def archive_rooms(incident: Incident, at: datetime) -> list[e.Event]:
    """Unless somebody works on it again."""
    if not incident.status.final or not any(room.live for room in incident.rooms.values()):
        return []
    return [e.ArchiveWasDue(at=at)]


def record_room(incident: Incident, command: c.RecordRoom, at: datetime) -> list[e.Event]:
    held = incident.rooms.get(command.platform)
    if held and held.id == command.room:
        return []
    exposed = incident.private and not command.private
    return [e.RoomOpened(at=at, platform=command.platform, room=command.room, link=command.link, exposed=exposed)]


def lose_card(incident: Incident, command: c.LoseCard, at: datetime) -> list[e.Event]:
    """Unless another one stands there by now."""
    held = incident.rooms.get(command.platform)
    if held is None or not held.card or held.card != command.message:
        return []
    return [e.CardLost(at=at, platform=command.platform)]
