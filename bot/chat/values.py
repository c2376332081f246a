"""Names as people type them: a person, a severity, a role, a status, whom to page, a component and its state.

Each function raises Refused, naming the nearest thing it knows, for what it does not know.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence

from bot.chat import publishing
from bot.chat.context import Context
from bot.chat.line import shown, unquote
from bot.incident.model import ComponentState, Mark, Moment, Person, PublicStatus, Refused, Role, Severity, Status
from bot.nearest import nearest

ROLES = {
    **{role.value: role for role in Role},
    "commander": Role.LEAD,
    "ic": Role.LEAD,
    "communications": Role.COMMS,
    "operations": Role.OPS,
}
STATUSES = {**{status.value: status for status in Status}, "mitigated": Status.MONITORING, "fixed": Status.RESOLVED}
PUBLIC = {status.value: status for status in PublicStatus}
MOMENTS = {
    **{moment.value: moment for moment in Moment},
    "start": Moment.IMPACT_START,
    "end": Moment.IMPACT_END,
    "acked": Moment.ACKNOWLEDGED,
}
MARKS = {
    "note": Mark.NOTE,
    "key": Mark.KEY_MOMENT,
    "lucky": Mark.LUCKY,
    "question": Mark.QUESTION,
    "hypothesis": Mark.HYPOTHESIS,
    "decision": Mark.DECISION,
    "proposal": Mark.PROPOSAL,
    "coffee": Mark.COFFEE,
    "on-it": Mark.ON_IT,
}
STATES = {
    **{state.value: state for state in ComponentState},
    "ok": ComponentState.OPERATIONAL,
    "up": ComponentState.OPERATIONAL,
    "degraded": ComponentState.DEGRADED,
    "partial": ComponentState.PARTIAL_OUTAGE,
    "major": ComponentState.MAJOR_OUTAGE,
    "down": ComponentState.MAJOR_OUTAGE,
    "maintenance": ComponentState.MAINTENANCE,
}
NOBODY = frozenset({"none", "nobody", "-"})

_SEVERITY = re.compile(r"(?:sev-?|s)?([1-4])", re.IGNORECASE)
_SPELLED = re.compile(r"sev-?([1-4])[:,]?", re.IGNORECASE)
_SLIPPED = re.compile(r"(?:sev(?:erity)?|prio(?:rity)?|[ps])-?([0-9]{1,2})[:,]?", re.IGNORECASE)
_MENTION = re.compile(r"<@([^|>\s]+)(?:\|[^>]*)?>")
_MATCHER = re.compile(r"([A-Za-z_][A-Za-z0-9_.:-]*?)(=~|!~|!=|=)(.*)", re.DOTALL)
_REGEX_LIMIT = 500


def unknown(what: str, word: str, known: Sequence[str], *, mark: str = "") -> Refused:
    """The refusal of a name nobody knows: the nearest one, or else what there is."""
    near = nearest(word.removeprefix(mark), known)
    if near:
        hint = f"Did you mean `{mark}{near}`?"
    elif known:
        hint = f"There is: {_some([f'{mark}{name}' for name in known])}"
    else:
        hint = "There is none here yet."
    return Refused(f"`{shown(word)}` is no {what} I know.", hint)


def _some(names: Sequence[str]) -> str:
    return f"{', '.join(f'`{name}`' for name in names[:12])}{', …' if len(names) > 12 else ''}"


def severity(word: str) -> Severity:
    """`1`, `s1`, `sev1`, `SEV-1`."""
    match = _SEVERITY.fullmatch(word.strip())
    if not match:
        near = slipped_severity(word.strip())
        hint = f"Did you mean `sev{near[-1]}`?" if near else "`1` (the worst) to `4`, for example `sev 2`."
        raise Refused(f"`{shown(word)}` is no severity.", hint)
    return Severity(f"sev{match[1]}")


def spelled_severity(word: str) -> Severity | None:
    """`sev1` inside a title. Not `1` and not `s3`: "3 OSDs down" and "S3 gateway down" are titles."""
    match = _SPELLED.fullmatch(word)
    return Severity(f"sev{match[1]}") if match else None


def slipped_severity(word: str) -> Severity | None:
    """The severity that `sev0`, `sev9`, `P1`, `s2` or `prio1` may stand for, which are none here; None for other words.
    Not of `S3`: that is where objects are stored."""
    match = _SLIPPED.fullmatch(word)
    if match is None or spelled_severity(word) or word.lower() == "s3":
        return None
    return Severity(f"sev{min(max(int(match[1]), 1), 4)}")


def role(word: str) -> Role:
    found = ROLES.get(word.lower())
    if found is None:
        raise unknown("role", word, [held.value for held in Role])
    return found


def status(word: str) -> Status:
    found = STATUSES.get(word.lower())
    if found is None:
        raise unknown("status", word, ["investigating", "identified", "monitoring", "resolved", "review", "closed"])
    return found


def mark(word: str) -> Mark:
    found = MARKS.get(word.lower().replace("_", "-"))
    if found is None:
        raise unknown("mark", word, list(MARKS))
    return found


def moment(word: str) -> Moment:
    found = MOMENTS.get(word.lower().replace("-", "_"))
    if found is None:
        raise unknown("timestamp", word, [held.value for held in Moment])
    return found


def find_person(word: str, context: Context) -> str | None:
    """The id of the person `word` names: `me`, `@ana`, `ana`, her address, her handle on a platform, or her name if
    nobody else has it. None when it names nobody. Raises Refused when it names several."""
    text = unquote(word.strip()).rstrip(",;:")
    mentioned = _MENTION.fullmatch(text)
    text = mentioned[1] if mentioned else text
    low = text.casefold()
    bare = low.removeprefix("@")
    if low in ("me", "@me"):
        return context.by
    people = context.people.values()
    for person in people:
        handles = {handle.casefold() for handle in person.handles.values()}
        if bare == person.id.casefold() or low == person.email.casefold() != "" or handles & {low, bare}:
            return person.id
    named = [p.id for p in people if bare == p.name.casefold()] or [p.id for p in people if bare == _given(p)]
    if len(named) > 1:
        several = ", ".join(f"`@{person}`" for person in sorted(named))
        raise Refused(f"Several people are called {shown(text)}.", f"Say which one: {several}")
    if not named and low == context.by.casefold() and low:
        return context.by
    return named[0] if named else None


def person(word: str, context: Context) -> str:
    """As `find_person`; raises Refused, naming the nearest, when it names nobody."""
    found = find_person(word, context)
    if found is not None:
        return found
    names = {**{p.name: p.id for p in context.people.values()}, **{p: p for p in context.people}}
    wanted = word.strip().strip("@<>\"'")
    if near := nearest(wanted, names):
        hint = f"Did you mean `@{names[near]}`?"
    elif names:
        hint = f"There is: {_some([f'@{id_}' for id_ in context.people])}"
    else:
        hint = "People are listed under `people:` in the configuration."
    raise Refused(f"I know nobody called `{shown(word.strip())}`.", hint)


def somebody(context: Context) -> str:
    """Whom an example may name, as people type it: somebody there is, rather not who typed."""
    others = [id_ for id_ in context.people if id_ != context.by]
    return f"@{(others or [*context.people, 'NAME'])[0]}"


def named_here(example: str, context: Context) -> str:
    """An example of ours with somebody there is in place of whom it names."""
    return re.sub(r"@(\w+)", lambda name: name[0] if name[1] in context.people else somebody(context), example)


def nobody_or(word: str, context: Context) -> str:
    """A person's id, or empty for `none`."""
    return "" if word.strip().lower() in NOBODY else person(word, context)


def _given(person: Person) -> str:
    return person.name.casefold().partition(" ")[0]


def find_target(word: str, context: Context) -> str:
    """What to page: `policy:NAME`, `schedule:NAME` or `person:ID`; a bare name is a policy before it is a schedule.
    Empty when `word` names nothing of these. Raises Refused for what clearly was to be a name and is none."""
    word = word.rstrip(":,")
    low = word.lower()
    for target in context.targets:
        if low == target.lower():
            return target
    for kind in ("policy:", "schedule:"):
        if found := next((t for t in context.targets if t.lower() == f"{kind}{low}"), ""):
            return found
    if low.startswith(("policy:", "schedule:")):
        raise unknown("policy or schedule", word, list(context.targets))
    if low.startswith(("person:", "@", "<@")):
        return f"person:{person(word.partition(':')[2] if low.startswith('person:') else word, context)}"
    if low in ("me", *(known.casefold() for known in context.people)):
        return f"person:{person(word, context)}"
    return ""


def target(word: str, context: Context, before: str = "") -> str:
    """As `find_target`, and somebody's name will do; raises Refused when it names nothing."""
    found = find_target(word, context)
    if not found and (known := find_person(word, context)) in context.people:
        found = f"person:{known}"
    if not found:
        raise unknown_target(word, context, before)
    return found


def unknown_target(word: str, context: Context, before: str = "") -> Refused:
    """The refusal of what is no target. The nearest one is shown with what stands `before` it in a line."""
    near = near_target(word, context)
    known = [*context.targets, *(f"@{id_}" for id_ in context.people)]
    if near:
        hint = f"Did you mean `{f'{before} {near}'.strip()}`?"
    elif known:
        hint = f"There is: {_some(known)}"
    else:
        hint = "Whom to page stands under `oncall:` and `people:` in the configuration."
    return Refused(f"I know no policy, schedule or person `{shown(word)}`.", hint)


def near_target(word: str, context: Context) -> str:
    """What can be paged that `word` may be a slip of, or is the name of, as people type it; empty when there is none."""
    people = context.people.values()
    names = {name: f"@{person.id}" for person in people for name in (person.id, person.name, _given(person))}
    names |= {target.partition(":")[2]: target.partition(":")[2] for target in context.targets}
    near = nearest(word.removeprefix("@").rstrip(":,"), names)
    return names[near] if near else ""


def default_target(context: Context) -> str:
    """The policy that serious incidents page, as a target; empty when there is none."""
    ladder = context.default_ladder
    return ladder if not ladder or ":" in ladder else f"policy:{ladder}"


def component(word: str, context: Context) -> str | None:
    """The id of a component, by its id or by the name customers know; None when there is no such component."""
    low = word.casefold()
    for id_ in context.components:
        if low == id_.casefold():
            return id_
    named = [id_ for id_, name in context.components.items() if low == name.casefold()]
    return named[0] if len(named) == 1 else None


def components(values: Sequence[str], context: Context, default: ComponentState | None) -> Mapping[str, ComponentState]:
    """`compute-az1:partial_outage,volumes:degraded` as states; without one a component has the `default`."""
    found: dict[str, ComponentState] = {}
    for item in (part.strip() for value in values for part in value.split(",")):
        if not item:
            continue
        name, state = item, ""
        id_ = component(item, context)
        if id_ is None and ":" in item:
            name, _, state = item.rpartition(":")
            id_ = component(name, context)
        if id_ is None:
            raise not_one_of("component", name, context.components, publishing.component_ids(context.components))
        found[id_] = _state(state, default, id_)
    return found


def _state(word: str, default: ComponentState | None, id_: str) -> ComponentState:
    if not word:
        if default is None:
            example = f"Write: `comp={id_}:{publishing.STATES[0]}`"
            raise Refused(f"`comp={id_}` says no state.", f"{example}\n{publishing.states()}")
        return default
    found = STATES.get(word.lower().replace("-", "_"))
    if found is None:
        raise not_one_of("state of a component", word, STATES, publishing.states())
    return found


def not_one_of(what: str, word: str, known: Iterable[str], choice: str) -> Refused:
    """The refusal of what is none of a few words that are all shown as the `choice`."""
    near = nearest(word, known)
    return Refused(f"`{shown(word)}` is no {what}.{f' Did you mean `{near}`?' if near else ''}", choice)


def matcher(text: str) -> tuple[str, str, str]:
    """`az=az1`, `host=~hv-.*`, `team!=db`, `host!~test-.*` as (label, operator, value)."""
    match = _MATCHER.fullmatch(text.strip())
    if not match:
        raise Refused(f"`{shown(text)}` matches no alert.", "For example: `match=az=az1` or `match=host=~hv-1.*`")
    label, operator, value = match[1], match[2], unquote(match[3])
    if operator in ("=~", "!~"):
        _check_regex(value)
    return label, operator, value


def _check_regex(value: str) -> None:
    if len(value) > _REGEX_LIMIT:
        raise Refused(f"A regular expression of {len(value)} characters is too long.", f"Up to {_REGEX_LIMIT}.")
    try:
        with warnings.catch_warnings():
            # What Python warns about today means something else tomorrow.
            warnings.simplefilter("error")
            re.compile(value)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise Refused(
            f"`{shown(value)}` is not a regular expression: {error}.", "For example: `match=host=~hv-1.*`"
        ) from error
