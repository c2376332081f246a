"""The rows of a postmortem's timeline: what happened, told with roles, at the time it happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from enum import Enum
from typing import Any

from bot.incident import events as e
from bot.incident.model import Moment
from bot.incident.text import REMOVED
from bot.incident.timeline import MOMENTS, sentence
from bot.postmortem.facts import Line, Stamped
from bot.postmortem.words import ROLES, Cast, tidy, upper_first

_ELSEWHERE = (
    e.EditedDraftKept,
    e.FollowUpAdded,
    e.FollowUpChanged,
    e.MomentSet,
    e.PostmortemAssigned,
    e.PostmortemDrafted,
    e.PostmortemWritten,
    e.PublicDraftDiscarded,
    e.PublicPostDrafted,
    e.Undone,
)
"""Not what happened but what will be done about it, what was nearly said, or what was written down about it."""

_QUOTED = frozenset({"text", "title", "reason"})
_WORDS_OF_A_MACHINE = (e.PeoplePaged, e.PagingEnded, e.PageFailed, e.DeliveryFailed)
_IDS = frozenset({"person", "previous", "owner", "author", "message", "ladder"})


def rows(told: Sequence[e.Recorded], moments: Mapping[Moment, Stamped], cast: Cast) -> tuple[Line, ...]:
    """The timeline, in the order things happened. A moment somebody stated stands where it was, not where it was said;
    runs of alerts are one row."""
    lines: list[tuple[datetime, int, Line, bool]] = []
    for recorded in told:
        if not isinstance(recorded.event, _ELSEWHERE):
            noise = isinstance(recorded.event, e.AlertsFired | e.AlertsCleared)
            line = Line(recorded.event.at, _text(recorded, cast), (recorded.id,))
            lines.append((line.at, recorded.seq, line, noise))
    stated = {r.id for r in told if isinstance(r.event, e.MomentSet)}
    opened = {r.id: r.event for r in told if isinstance(r.event, e.IncidentOpened)}
    for moment, stamp in moments.items():
        if stamp.ref in stated or (stamp.ref in opened and moment is not Moment.DECLARED):
            why = f": “{cast.mask(stamp.reason)}”" if stamp.reason else ""
            lines.append((stamp.at, 0, Line(stamp.at, f"{MOMENTS[moment]}{why}", (stamp.ref,)), False))
    lines.sort(key=lambda row: (row[0], row[1]))
    return tuple(_folded([(line, noise) for _, _, line, noise in lines]))


def _folded(lines: Sequence[tuple[Line, bool]]) -> list[Line]:
    """An alert storm is a row, not a thousand: of a run of more than three rows the first and the last are told."""
    folded: list[Line] = []
    run: list[Line] = []
    for line, noise in (*lines, (None, False)):
        if line is not None and noise:
            run.append(line)
            continue
        if len(run) > 3:
            between = f"{len(run) - 2} more changes of alerts"
            run = [run[0], Line(run[1].at, between, (*run[1].refs, *run[-2].refs), run[-2].at), run[-1]]
        folded += run
        run = []
        if line is not None:
            folded.append(line)
    return folded


def _text(recorded: e.Recorded, cast: Cast) -> str:
    event = recorded.event
    if isinstance(event, e.RoleAssigned):
        return _role_passed(event, cast)
    return upper_first(tidy(sentence(_masked(event, cast), cast.name)))


def sentences(told: Iterable[e.Recorded], kinds: tuple[type[e.Event], ...], cast: Cast) -> tuple[Line, ...]:
    """The events of these kinds, as the timeline tells them."""
    return tuple(Line(r.event.at, _text(r, cast), (r.id,)) for r in told if isinstance(r.event, kinds))


def _role_passed(event: e.RoleAssigned, cast: Cast) -> str:
    """Who took a role; who is called by it anyway is not named a second time."""
    if not event.person:
        return f"The role of {event.role} was given up"
    name = cast.name(event.person)
    if event.previous:
        return f"The role of {event.role} passed from {cast.name(event.previous)} to {name}"
    if name.endswith(ROLES[event.role]):
        return f"The role of {event.role} was taken"
    return f"{upper_first(name)} took the role of {event.role}"


def _masked(event: e.Event, cast: Cast) -> e.Event:
    """`event` with all free text masked, and in quotation marks where a person wrote it. Ids stay: `sentence` asks for
    names."""
    changed: dict[str, Any] = {}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.name in _IDS or isinstance(value, Enum) or not value:
            continue
        if isinstance(value, str):
            text = cast.mask(value)
            quoted = field.name in _QUOTED and value != REMOVED and not isinstance(event, _WORDS_OF_A_MACHINE)
            changed[field.name] = f"“{text}”" if quoted else text
    match event:
        case e.PeoplePaged(reason="opened"):
            changed["reason"] = ""
        case e.Noted() | e.TaskAdded() | e.FollowUpAdded():
            changed["files"] = tuple(replace(file, name=f"“{cast.mask(file.name)}”") for file in event.files)
        case e.TitleChanged():
            changed["new"] = f"“{cast.mask(event.new)}”"
        case e.AlertsFired() | e.AlertsCleared() | e.AlertsLeft() | e.AlertsStillFiring():
            changed["samples"] = tuple(
                e.AlertFact(s.fingerprint, cast.mask(s.name), cast.mask(s.summary)) for s in event.samples
            )
        case e.ImpactDescribed():
            changed["affected"] = tuple(cast.mask(name) for name in event.affected)
        case e.PublicPostDrafted() | e.PublicPostPublished():
            changed["post"] = replace(event.post, text=f"“{cast.mask(event.post.text)}”")
        case _:
            pass
    return replace(event, **changed)
