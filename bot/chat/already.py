"""Why a command changed nothing: it was so already."""

from __future__ import annotations

from bot.chat.card import Who
from bot.chat.templates import and_, local
from bot.incident import commands as c
from bot.incident.model import Incident


def already(command: c.Command, incident: Incident, names: Who, zone: str) -> str:
    """Said to the one who typed; code between backticks."""
    ref = incident.ref
    match command:
        case c.Acknowledge() if incident.paging and incident.paging.acknowledged_by:
            return f"{names(incident.paging.acknowledged_by)} has it already."
        case c.Page() if incident.paging:
            people = incident.paging.people
            were = f"{and_(map(names, people))} {'was' if len(people) == 1 else 'were'}"
            at = local(incident.paging.since, zone)
            return f"{were} paged at {at}, nobody has answered yet. `{ref} ack` stops the paging."
        case c.AssignRole(role=role, person=person):
            return f"{names(person)} is {role} of {ref} already." if person else f"Nobody is {role} of {ref}."
        case c.SetSeverity(severity=severity):
            return f"{ref} is already {severity}."
        case c.Rename():
            return f"{ref} is called that already."
        case c.MakePrivate():
            return f"{ref} is already private."
        case c.Merge(into=into):
            return f"{ref} is merged into INC-{into} already."
        case c.ChangeTask(task=task):
            state = "dropped" if command.dropped else "done" if command.done else "open, with that owner"
            return f"Task {task} of {ref} is {state} already."
        case c.ChangeFollowUp(followup=followup, outcome=outcome):
            state = outcome or ("open, with that owner" if command.owner else "open")
            return f"Follow-up {followup} of {ref} is {state} already."
        case c.DateFollowUp(followup=followup, due=due):
            said = f"due {due:%Y-%m-%d}" if due else "due at no time"
            return f"Follow-up {followup} of {ref} is {said} already."
        case c.DiscardPublicPost():
            return f"{ref} has no preview to discard."
        case c.SetMoment() | c.DescribeImpact():
            return f"{ref} says so already."
        case c.AssignPostmortem(person=person):
            return f"The postmortem of {ref} is with {names(person)} already." if person else "It has no owner."
        case _:
            return f"{ref} is already {incident.status}."
