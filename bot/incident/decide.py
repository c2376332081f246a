"""The rules: may this be, and what then happened. One arm a command; the rules themselves are in the files named here.

    triage ── accept ──► investigating ⇄ identified ⇄ monitoring ── resolve ──► resolved ──► review ──► closed
      └ decline, merge, cancel                  └ merge, cancel                    └──── reopen ────┘

`decide` is pure: it is given the time, the number of a new incident and all that had to be looked up. It answers
with events (none: it is so already) or raises `Refused`; nothing else is ever raised on account of a command.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incident import commands as c
from bot.incident import drilling, files, life, messages, paging, public, work
from bot.incident import events as e
from bot.incident.model import Incident, Kind, Refused
from bot.incident.undo import undo


def decide(incident: Incident | None, command: c.Command, *, id: int, at: datetime) -> list[e.Event]:
    """What `command` makes happen to `incident` at `at`. `id` is the number an opened incident gets."""
    return drilling.logged(incident, _decide(incident, command, id, at), at)


def _decide(incident: Incident | None, command: c.Command, id: int, at: datetime) -> list[e.Event]:
    if isinstance(command, c.Open):
        return life.open_incident(command, at)
    if incident is None:
        raise Refused(f"There is no INC-{id}.", "`list` shows what is open, `list all` the rest.")
    match command:
        case c.FoldAlerts():
            return life.fold_alerts(incident, command, at)
        case c.StepReplay():
            return drilling.step(incident, command, at)
        case c.PaceReplay():
            return drilling.pace(incident, command, at)
        case c.Accept():
            return life.accept(incident, command, at)
        case c.Decline():
            return life.decline(incident, command, at)
        case c.Merge():
            return life.merge(incident, command, at)
        case c.Absorb():
            return life.absorb(incident, command, at)
        case c.SetStatus():
            return life.set_status(incident, command, at)
        case c.Resolve():
            return life.resolve(incident, command, at)
        case c.Reopen():
            return life.reopen(incident, command, at)
        case c.StartReview():
            return life.start_review(incident, at)
        case c.Close():
            return life.close(incident, command, at)
        case c.Cancel():
            return life.cancel(incident, command, at)
        case c.SetSeverity():
            return life.set_severity(incident, command, at)
        case c.Rename():
            return life.rename(incident, command, at)
        case c.MakePrivate():
            return life.make_private(incident, command, at)
        case c.AssignRole():
            return work.assign_role(incident, command, at)
        case c.Note():
            return work.note(incident, command, at)
        case c.Retract():
            return work.retract(incident, command, at)
        case c.EditMessage():
            return messages.edit(command, at)
        case c.RemoveMessage():
            return messages.remove(incident, command, at)
        case c.RecordFile():
            return files.record(command, at)
        case c.AddTask():
            return work.add_task(incident, command, at)
        case c.ChangeTask():
            return work.change_task(incident, command, at)
        case c.AddFollowUp():
            return work.add_followup(incident, command, at)
        case c.ChangeFollowUp():
            return work.change_followup(incident, command, at)
        case c.DateFollowUp():
            return work.date_followup(incident, command, at)
        case c.SetMoment():
            return work.set_moment(incident, command, at)
        case c.DescribeImpact():
            return work.describe_impact(incident, command, at)
        case c.PostUpdate():
            return work.post_update(incident, command, at)
        case c.Remind():
            return work.remind(incident, command, at)
        case c.Page():
            return paging.page(incident, command, at)
        case c.Escalate():
            return paging.escalate(incident, command, at)
        case c.Acknowledge():
            return paging.acknowledge(incident, command, at)
        case c.StopPaging():
            return paging.stop(incident, command.reason, at)
        case c.RecordPage():
            return paging.record_page(incident, command, at)
        case c.DraftPublicPost():
            return public.draft(incident, command, at)
        case c.ApprovePublicPost():
            return public.approve(incident, at)
        case c.DiscardPublicPost():
            return public.discard(incident, at)
        case c.RecordPost():
            return [public.reached(incident, command, at)]
        case c.RecordRoom():
            return work.record_room(incident, command, at)
        case c.ArchiveRooms():
            return work.archive_rooms(incident, at)
        case c.RecordArchive():
            return [e.RoomArchived(at=at, platform=command.platform)]
        case c.RecordCard():
            return [e.CardPosted(at=at, platform=command.platform, message=command.message)]
        case c.LoseCard():
            return work.lose_card(incident, command, at)
        case c.RecordAnnouncement():
            return [e.AnnouncementPosted(at=at, platform=command.platform, message=command.message)]
        case c.RecordFailure():
            return [e.DeliveryFailed(at=at, effect=command.effect, provider=command.provider, reason=command.reason)]
        case c.DraftPostmortem():
            return [e.PostmortemDrafted(at=at, through=incident.version)]
        case c.AssignPostmortem():
            held = incident.postmortem.owner if incident.postmortem else ""
            same = held == command.person
            return [] if same else [e.PostmortemAssigned(at=at, person=command.person, previous=held)]
        case c.RecordPostmortem():
            log = incident.kind is Kind.DRILL
            written = e.PostmortemWritten(at=at, place=command.place, edited=command.edited, copy=command.copy, log=log)
            quoted = command.removed and command.edited
            return [written, e.EditedDraftKept(at=at, place=command.edited)] if quoted else [written]
        case c.Undo():
            return undo(incident, command, at)
        case _:
            assert_never(command)
