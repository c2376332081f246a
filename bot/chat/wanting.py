"""Which form a line asks for, as far as it goes, and what may be chosen in it in this house."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.chat.context import Context
from bot.chat.form import Form, Kind, Option, Place
from bot.chat.forms import FORMS
from bot.chat.parse import begun
from bot.chat.values import default_target
from bot.incident.model import Incident
from bot.incident.model import Kind as IncidentKind

SHORT = 200
"""Characters of a line that may ask for a form: a longer one has its text already."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A form that a line asks for. `values` is what it says already, `incident` the one that it names."""

    form: Form
    values: Mapping[str, str]
    incident: int | None = None

    @property
    def verb(self) -> str:
        return self.form.verb


@dataclass(frozen=True, slots=True)
class Asked:
    """A form as it is asked for somewhere: what can be chosen there, by the `source` of a field, and the incident whose `room` it
    is."""

    wanted: Wanted
    choices: Mapping[str, Sequence[Option]]
    room: int | None = None


def wanting(line: str) -> Wanted | None:
    """The form of a line that lacks what its verb needs and says nothing but the first choices: `open`, `open sev1`,
    `publish investigating`, `task add`. None for a line that can be done, that shows something, or that says more."""
    incident, verb, rest = begun(line) if len(line) <= SHORT else (None, None, [])
    forms = [form for form in FORMS.values() if verb and form.verb == verb.name]
    if not forms or verb is None or (verb.where == "new" and incident is not None):
        return None
    words = [word.low for word in rest]
    form = next((form for form in forms if " ".join(words) == form.asked), None)
    if form is not None:
        return Wanted(form, {}, incident)
    form = forms[0]
    values = _chosen(form, words)
    lacking = [field for field in form.fields if field.required and field.name not in (values or {})]
    return Wanted(form, values, incident) if values and lacking else None


def _chosen(form: Form, words: Sequence[str]) -> dict[str, str] | None:
    """The choices that these words are, each of another field; None when one is none."""
    values: dict[str, str] = {}
    for word in words:
        for field in form.fields:
            known = (
                {field.name: "yes"}
                if field.kind is Kind.YES
                else {option.value: option.value for option in field.options}
            )
            if field.place is Place.WORD and field.name not in values and word in known:
                values[field.name] = known[word]
                break
        else:
            return None
    return values


def choices(
    context: Context, topics: Sequence[Option] = (), past: Iterable[Incident] = ()
) -> dict[str, tuple[Option, ...]]:
    """What can be chosen here, by the `source` of a field. The usual policy comes first; of incidents there are the open
    ones that are for whoever asks; `topics` are those of the coffee, and of the `past` there is what a drill can replay."""
    usual = default_target(context)
    targets = sorted(context.targets, key=lambda target: (target != usual, target.startswith("schedule:")))
    named = {target: Option(target, _named(target)) for target in targets}
    policies = tuple(option for target, option in named.items() if target.startswith("policy:"))
    people = tuple(Option(f"person:{id_}", person.name) for id_, person in context.people.items())
    return {
        "policies": policies,
        "targets": (*named.values(), *people),
        "components": tuple(Option(id_, name) for id_, name in context.components.items()),
        "incidents": tuple(
            Option(one.ref, f"{one.ref} {one.title}") for one in context.open if one.number != context.room
        ),
        "topics": tuple(topics),
        "past": tuple(Option(one.ref, f"{one.ref} {one.title}") for one in past if _replayable(one)),
    }


def _replayable(incident: Incident) -> bool:
    over = not incident.status.open and incident.alerts_total > 0
    return over and not incident.private and incident.kind is not IncidentKind.DRILL


def _named(target: str) -> str:
    kind, _, name = target.partition(":")
    return name if kind == "policy" else f"{name} (on call now)"
