"""What a command has to have looked up before the rules see it (docs/decisions/0010-handle-completes-commands.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.life import same_title, twin
from bot.incident.model import Incident, Kind, Person, Refused
from bot.incident.policy import Policy
from bot.incident.undo import choose
from bot.oncall.escalation import Roster, following, target
from bot.store import Settlement


@dataclass(frozen=True, slots=True)
class Around:
    """What there is beside the incident: who can be asked (looked up when `rota` is called), the other incidents of the batch, and an incident's recorded
    events, the oldest first: the last few hundred, or the `whole` of them; of a past one the opening and the alerts from
    an event on, as far as a drill needs them at a time (`script`)."""

    at: datetime
    rota: Callable[[], Roster]
    policy: Policy
    incidents: Mapping[int, Incident]
    history: Callable[[int], Sequence[e.Recorded]]
    whole: Callable[[int], Sequence[e.Recorded]]
    script: Callable[[int, int], Sequence[e.Recorded]]


def spoken_of(requests: Sequence[object]) -> set[int]:
    """The incidents that people, timers and deliveries speak of."""
    numbers = set()
    for request in requests:
        ask = request.ask if isinstance(request, Settlement) else request if isinstance(request, c.Ask) else None
        if ask and ask.incident:
            numbers.add(ask.incident)
        match ask.command if ask else None:
            case c.Merge(into=other) | c.Open(replays=other) | c.StepReplay(of=other) if other:
                numbers.add(other)
            case _:
                pass
    return numbers


def titles_of(requests: Sequence[object]) -> set[str]:
    """By what titles somebody opens incidents, as `same_title` has them."""
    opens = [ask.command for ask in requests if isinstance(ask, c.Ask) and isinstance(ask.command, c.Open)]
    return {same_title(command.title) for command in opens}


def forgetting(requests: Sequence[object]) -> set[int]:
    """The incidents of which something may be read no more from now on, or not by everybody."""
    asks = (request for request in requests if isinstance(request, c.Ask))
    return {ask.incident for ask in asks if ask.incident and isinstance(ask.command, c.MakePrivate | c.RemoveMessage)}


def complete(command: c.Command, incident: Incident | None, around: Around, *, by: str = "") -> c.Command:
    """`command` of `by` with everything filled in. Raises Refused when it names what is not there."""
    match command:
        case c.Open(page=page):
            command = replayed(command, around) if command.replays else command
            return replace(
                command,
                opener=by,
                twin=twin(command, around.incidents.values(), around.at),
                rung=target(around.rota(), page, around.at) if page else None,
            )
        case c.StepReplay(of=of, seq=seq):
            other = around.incidents.get(of)
            # It may have become private meanwhile.
            script = () if other is None or other.private else around.script(of, seq)
            return replace(command, script=tuple(script))
        case c.MakePrivate():
            return replace(command, person=by)
        case c.Accept(page=page) if page:
            return replace(command, rung=target(around.rota(), page, around.at))
        case c.Page(target=page) if page:
            rung = target(around.rota(), page, around.at)
            _check_reachable(rung.people, around.policy.people)
            return replace(command, rung=rung)
        case c.Escalate(ladder=ladder, step=step, round=round):
            return replace(command, rung=_following(ladder, step, round, incident, around))
        case c.RecordPage() if command.failed and incident is not None:
            return _after_failure(command, incident, around)
        case c.Merge(into=into):
            _check_absorbing(incident, around.incidents.get(into), into)
            return command
        case c.Undo() if incident is not None:
            return replace(command, events=choose(around.history(incident.number), command.by, command.event))
        case c.Note() | c.AddTask() | c.AddFollowUp() | c.Retract() if command.message and incident is not None:
            return replace(command, by=by, events=tuple(around.history(incident.number)))
        case c.EditMessage() | c.RecordFile() if incident is not None:
            return replace(command, events=tuple(around.whole(incident.number)))
        case c.RemoveMessage() if incident is not None:
            return replace(command, by=by, events=tuple(around.whole(incident.number)))
        case _:
            return command


def replayed(command: c.Open, around: Around) -> c.Open:
    """`command` with what it replays, and what that one was called when it was opened. Raises Refused when there is nothing to replay."""
    of = around.incidents.get(command.replays)
    if of is None or of.private:
        raise Refused(f"There is no INC-{command.replays}.", "`list` shows what is open, `list all` the rest.")
    if of.kind is Kind.DRILL:
        again = f"`drill INC-{of.replay.of}` replays what it replayed." if of.replay else "`list all` shows the others."
        raise Refused(f"{of.ref} is a drill itself.", again)
    if of.status.open:
        raise Refused(f"{of.ref} is still {of.status}.", "What is over can be replayed.")
    script = tuple(around.script(of.number, 0))
    if not of.alerts_total or not script:
        raise Refused(
            f"{of.ref} had no alerts, so there is nothing to replay.",
            "`drill TITLE` opens an exercise in which you tell what happens: `drill inject TEXT`",
        )
    # As it was called and how bad it seemed when it was opened: what people found out later, the players are to find out.
    opened = next((one.event for one in script if isinstance(one.event, e.IncidentOpened)), None)
    severity = opened.severity if opened and command.as_then else command.severity
    title = command.title or (opened.title if opened else of.title)
    return replace(command, script=script, title=title, severity=severity)


def _check_reachable(asked: Sequence[str], people: Mapping[str, Person]) -> None:
    """Whoever says "paged" must have somebody to page: a policy's people are looked at by `klatsch check`."""
    if asked and not any(people[person].ways for person in asked if person in people):
        first = asked[0]
        name = people[first].name if first in people else first
        raise Refused(
            f"{name} cannot be paged: nothing says how.",
            f"Whoever runs Klatsch writes `page: [WAY]` under `people.{first}`; meanwhile `page @SOMEBODY` asks another.",
        )


def _after_failure(command: c.RecordPage, incident: Incident, around: Around) -> c.RecordPage:
    held = incident.paging
    if held is None:
        return command
    failed = {*held.failed, f"{command.person}:{command.way}"}
    severity, policy = incident.severity, around.policy
    ways = {f"{person}:{way.name}" for person in held.people for way in policy.ways(person, severity)}
    if not ways <= failed:
        return command
    if not command.ladder:
        # Whoever told us knows no steps: what it tells of is the last page there was.
        command = replace(command, ladder=held.ladder, step=held.step, round=held.round)
    rung = _following(command.ladder, command.step + 1, command.round, incident, around)
    return replace(command, nobody_left=True, rung=rung)


def _following(ladder: str, step: int, round: int, incident: Incident | None, around: Around) -> c.Rung:
    held = incident.paging if incident else None
    asked = {*held.asked, *held.people} if held else set()
    return following(around.rota(), ladder, step=step, round=round, asked=asked, at=around.at)


def _check_absorbing(incident: Incident | None, other: Incident | None, into: int) -> None:
    if other is None:
        raise Refused(f"There is no INC-{into}.", "`list` shows what is open, `list all` the rest.")
    if other.kind is Kind.DRILL:
        raise Refused(
            f"{other.ref} is a drill, and nothing real is a part of it.", "Merge into an incident somebody works on."
        )
    if not other.status.open:
        raise Refused(f"{other.ref} is {other.status}.", "Merge into an incident somebody works on.")
    if incident and incident.private and not other.private:
        raise Refused(
            f"{incident.ref} is private and {other.ref} is not: what it is called would be told there.",
            f"`{other.ref} private` first, or end this one with `{incident.ref} cancel reason=WHY`.",
        )
    if incident and other.private and not incident.private:
        raise Refused(
            f"{other.ref} is private and {incident.ref} is not: everybody would read that there is another one.",
            f"`{incident.ref} private` first, or end this one with `{incident.ref} cancel reason=WHY`.",
        )
