"""What is checked of who is on call: schedules that have somebody, and people who can be woken."""

from __future__ import annotations

from bot.config.draft import Draft
from bot.config.models import RotationEntry
from bot.config.problems import Findings, quote, suggestion, under


def check_schedules(draft: Draft, findings: Findings) -> None:
    for name, schedule in draft.schedules.items():
        path = under("oncall.schedules", name)
        if schedule.rotation and schedule.layers:
            findings.error(
                f"{path}.layers", "there is a `rotation` beside them", "Make it the first layer: the lowest one."
            )
        if schedule.rotation:
            _check_rotation(schedule.rotation, f"{path}.rotation", draft, findings)
        for n, layer in enumerate(schedule.layers):
            _check_rotation(layer.rotation, under(f"{path}.layers", n) + ".rotation", draft, findings)
        if schedule.calendar is not None and "type" not in schedule.calendar:
            findings.error(f"{path}.calendar.type", "it is missing", "Add `type: …`.")
        # What could not be read is said already, and may be what there is.
        if not (schedule.rotation or schedule.layers or schedule.calendar is not None or findings.wrong(f"{path}.")):
            findings.error(path, "it has nobody", "Give it a `rotation`, `layers` or a `calendar`.")


def _check_rotation(rotation: RotationEntry, path: str, draft: Draft, findings: Findings) -> None:
    people = f"{path}.people"
    if not rotation.people:
        findings.error(people, "nobody takes turns", "Name at least one person.")
    for n, turn in enumerate(rotation.people):
        if not turn:
            findings.error(under(people, n), "nobody takes this turn", "Name at least one person.")
        for place, person in enumerate(turn):
            where = under(people, n)
            check_person(person, where if len(turn) == 1 else under(where, place), draft, findings)


def check_person(id: str, path: str, draft: Draft, findings: Findings) -> None:
    """They exist, and can be woken."""
    known = draft.names["people"]
    if id not in known:
        findings.error(path, f"there is no person {quote(id)}", suggestion(id, known, "Write them under `people:`."))
        return
    person = draft.people.get(id)
    if person is None or person.page or findings.wrong(under(under("people", id), "page")):
        return
    if draft.names["paging"]:
        ways = ", ".join(sorted(draft.names["paging"]))
        findings.error(
            path,
            f"{quote(id)} is on call but cannot be paged",
            f"Write {quote(f'page: [{ways}]')}, or some of it, at {quote(under('people', id))}.",
        )
    else:
        findings.warning(
            path,
            f"{quote(id)} is on call but there is no pager",
            "Configure one under `paging:`, or they only read it in chat.",
        )
