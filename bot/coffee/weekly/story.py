"""The one story of the week worth reading: chosen for what was learnt, and not for how bad it was. Pure.

The rule is the table `WORTH`: what people marked as a lesson counts, severity, length and pages do not. So a near miss that
somebody thought about wins over an outage that nobody did.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.coffee.weekly.seen import COUNTED, NOT_ONE, TELLING, Line, Seen
from bot.incident import events as e
from bot.incident.model import Incident, Kind, Mark
from bot.postmortem.words import cast, tidy


class Lesson(StrEnum):
    """What people leave behind that others can learn from."""

    KEY_MOMENTS = "key_moments"
    LUCK = "luck"
    QUESTIONS = "questions"
    FOLLOWUPS = "followups"
    POSTMORTEM = "postmortem"
    NEAR_MISS = "near_miss"


WORTH: Mapping[Lesson, tuple[int, int]] = {
    Lesson.NEAR_MISS: (3, 1),
    Lesson.LUCK: (3, 2),
    Lesson.KEY_MOMENTS: (2, 3),
    Lesson.QUESTIONS: (2, 2),
    Lesson.POSTMORTEM: (2, 1),
    Lesson.FOLLOWUPS: (1, 3),
}
"""How much one of each counts, and how many of them do: twenty key moments are no better a story than three."""

MARKS = {Mark.KEY_MOMENT: Lesson.KEY_MOMENTS, Mark.LUCKY: Lesson.LUCK, Mark.QUESTION: Lesson.QUESTIONS}


@dataclass(frozen=True, slots=True)
class Story:
    """`lines` are one or two of its own, as (mark, text), and `why` says how many of each lesson it has, the weightiest first. No text
    in it names a person: a line that does is not taken, and a title that does is empty."""

    ref: str
    title: str
    near_miss: bool
    lines: tuple[tuple[Mark, str], ...]
    why: tuple[tuple[Lesson, int], ...]
    place: str = ""


def story(seen: Seen) -> Story | None:
    """None: nobody left a lesson. Of two that are worth the same it is the newer one."""
    weighed = [(_worth(lessons), number, lessons) for number, lessons in _lessons(seen).items()]
    if not weighed:
        return None
    _, number, lessons = max(weighed, key=lambda each: each[:2])
    return _told(seen, seen.incidents[number], lessons)


def _lessons(seen: Seen) -> dict[int, Counter[Lesson]]:
    """By incident."""
    found: dict[int, Counter[Lesson]] = defaultdict(Counter)
    for number, lines in seen.notes.items():
        found[number].update(MARKS[line.mark] for line in lines)
    for incident, added in seen.happened(e.FollowUpAdded):
        if any(item.id == added.followup and item.outcome != "dropped" for item in incident.followups):
            found[incident.number][Lesson.FOLLOWUPS] += 1
    for number in _written(seen):
        found[number][Lesson.POSTMORTEM] = 1
    for incident, opened in seen.happened(e.IncidentOpened):
        if opened.kind is Kind.NEARMISS:
            found[incident.number][Lesson.NEAR_MISS] = 1
    return {number: lessons for number, lessons in found.items() if _teaches(seen.incidents[number])}


def _written(seen: Seen) -> set[int]:
    """Whose postmortem people worked on: it was edited, or closed out of a review. That it was drafted is nobody's lesson."""
    reviewed = {number for number, in_review in seen.closings().items() if in_review}
    return reviewed | {incident.number for incident, event in seen.happened(e.PostmortemWritten) if event.edited}


def _teaches(incident: Incident) -> bool:
    return incident.kind in (*COUNTED, Kind.NEARMISS) and incident.status not in NOT_ONE


def _worth(lessons: Mapping[Lesson, int]) -> int:
    return sum(WORTH[lesson][0] * min(count, WORTH[lesson][1]) for lesson, count in lessons.items())


def _told(seen: Seen, incident: Incident, lessons: Mapping[Lesson, int]) -> Story:
    events = seen.gathered.events[incident.number]
    names = cast(events, seen.around.people)

    def nobody(text: str) -> bool:
        return names.mask(text) == tidy(text)

    lines = [line for line in seen.notes.get(incident.number, ()) if nobody(line.text)]
    return Story(
        ref=incident.ref,
        title=incident.title if nobody(incident.title) else "",
        near_miss=incident.kind is Kind.NEARMISS,
        lines=tuple((line.mark, line.text) for line in _best(lines)),
        why=tuple((lesson, lessons[lesson]) for lesson in WORTH if lesson in lessons),
        place=incident.postmortem.place if incident.postmortem else "",
    )


def _best(lines: Sequence[Line]) -> list[Line]:
    """The first line each of the two marks that are told first."""
    firsts = [next((line for line in lines if line.mark is mark), None) for mark in TELLING]
    return [line for line in firsts if line is not None][:2]
