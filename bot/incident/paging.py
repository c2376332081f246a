"""Rules of waking people: climb the ladder until somebody answers, and ask nobody twice at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Incident, Kind, Paging, Refused

NOBODY_ACKNOWLEDGED = "nobody acknowledged"
"""The usual reason to ask the next one, or to say that there is none."""

NOT_REACHED = "no page got through"
"""The other one: there is nothing to wait for."""


def climb(rung: c.Rung, at: datetime, *, reason: str, beside: bool = False, unreached: bool = False) -> list[e.Event]:
    """Ask the people of `rung`; a rung without people means the ladder has nobody to ask. `beside`: a ladder is being
    climbed, and what nobody answers is its to escalate. `unreached`: those who were asked before got no page."""
    if not rung.people:
        return [e.PagingEnded(at=at, ladder=rung.ladder, exhausted=True, reason="nobody is on call")]
    return [
        e.PeoplePaged(
            at=at,
            ladder=rung.ladder,
            step=rung.step,
            round=rung.round,
            people=rung.people,
            next_at=at + rung.wait if rung.wait and not beside else None,
            last=rung.last and not beside,
            reason=reason,
            beside=beside,
            targets=rung.targets,
            turn=rung.turn,
            unreached=unreached,
        )
    ]


def page(incident: Incident, command: c.Page, at: datetime) -> list[e.Event]:
    if incident.kind is not Kind.REAL:
        raise Refused(f"A {incident.kind} pages nobody.", "Say it in the room instead.")
    if not incident.status.open:
        raise Refused(f"{incident.ref} is {incident.status}; nobody is woken for it.", "`reopen` it first.")
    rung = command.rung
    if rung is None or not rung.people:
        raise Refused(f"Nobody is on call for {command.target}.", "`oncall` shows who is; `page @NAME` asks somebody.")
    held = incident.paging
    if held and held.waiting and set(rung.people) <= set(held.people):
        return []
    if held and held.waiting and held.next_at is not None and not held.last:
        new = tuple(person for person in rung.people if person not in held.people)
        return climb(replace(rung, people=new), at, reason=command.text, beside=True)
    return climb(rung, at, reason=command.text)


def escalate(incident: Incident, command: c.Escalate, at: datetime) -> list[e.Event]:
    """The next rung, unless somebody answered meanwhile or the clock speaks of a rung that is not the next, or of one that
    was begun anew since."""
    held = incident.paging
    if held is None or not held.waiting or not incident.status.open or held.ladder != command.ladder:
        return []
    if (command.round, command.step) <= (held.round, held.step):
        return []
    if command.due is not None and command.due != held.next_at:
        return []
    return _go_on(held, command.rung, at, reason=NOBODY_ACKNOWLEDGED)


def acknowledge(incident: Incident, command: c.Acknowledge, at: datetime) -> list[e.Event]:
    if command.by_number and incident.private and command.person not in incident.insiders:
        # Whoever has it is let into its room, and a number is easily guessed.
        raise Refused(f"There is no {incident.ref}.", "`list` shows what is open, `list all` the rest.")
    if not incident.status.open:
        raise Refused(f"{incident.ref} is already {incident.status}.", "There is nothing left to acknowledge.")
    held = incident.paging
    if held and held.acknowledged_by:
        return []
    return [e.PageAcknowledged(at=at, person=command.person, via=command.via)]


def paged_after(held: Paging) -> tuple[str, ...]:
    """Who was paged last, when somebody has it who had been asked before them: the answer came too late for them to sleep."""
    by = held.acknowledged_by
    return held.people if by in held.asked and by not in held.people else ()


def take_back(incident: Incident, event: e.PeoplePaged, at: datetime) -> list[e.Event]:
    """Undo of a page: what it began ends; a ladder that was climbed before goes on."""
    held = incident.paging
    if held is None or not held.waiting:
        return []
    if event.beside:
        return [e.PageTakenBack(at=at, people=event.people)]
    return stop(incident, "taken back", at)


def stop(incident: Incident, reason: str, at: datetime) -> list[e.Event]:
    """Nobody is woken for something that is over."""
    held = incident.paging
    if held is None or not held.waiting:
        return []
    return [e.PagingEnded(at=at, ladder=held.ladder, exhausted=False, reason=reason)]


def record_page(incident: Incident, command: c.RecordPage, at: datetime) -> list[e.Event]:
    """A page that failed on every way does not wait for the clock: the next rung is asked at once."""
    if not command.failed:
        return [e.PageSent(at=at, person=command.person, way=command.way, receipt=command.receipt)]
    failed = e.PageFailed(at=at, person=command.person, way=command.way, reason=command.failed)
    held = incident.paging
    current = held and (held.ladder, held.round, held.step) == (command.ladder, command.round, command.step)
    if not (command.nobody_left and held and held.waiting and current):
        return [failed]
    return [failed, *_go_on(held.did_not(command.person, command.way), command.rung, at, reason=NOT_REACHED)]


def _go_on(held: Paging, rung: c.Rung | None, at: datetime, *, reason: str) -> list[e.Event]:
    """Ask whoever comes next, or say that nobody does; and when it is not as the policy said, why."""
    left = bool(rung and rung.people)
    if rung and rung.gone:
        if left:
            then = f"so paging goes on with {rung.ladder}"
        elif rung.ladder:
            then = f"and {rung.ladder}, which took over, has nobody else to page"
        else:
            then = "so nobody else was paged"
        reason = f"{reason}; the policy {rung.gone} is not configured any more, {then}"
    if rung is None or not left:
        return [e.PagingEnded(at=at, ladder=held.ladder, exhausted=True, reason=reason)]
    return climb(rung, at, reason=reason, unreached=not held.reached())
