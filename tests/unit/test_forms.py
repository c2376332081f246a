"""Forms: what is filled in is what the line means, and a form opens only where a line lacks something."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.chat.document import clean
from bot.chat.form import Kind, Option, Place
from bot.chat.forms import FORMS
from bot.chat.parse import Question, parse
from bot.chat.values import MARKS
from bot.chat.verbs import NAMES
from bot.chat.wanting import choices, wanting
from bot.incident.model import ComponentState, Incident, Refused, Status
from bot.incident.model import Kind as IncidentKind
from tests.unit.test_parse import ELSEWHERE, NOW, ROOM

HERE = replace(ROOM, open=(*ROOM.open, Incident(8, NOW, title="Switch down")))
ALL = sorted(FORMS)

AWKWARD = st.sampled_from(
    [
        "sev1",
        "SEV-2:",
        "private",
        "anonymous",
        "incident",
        "P1",
        "INC-5",
        "#7",
        "-10m",
        "at=14:05",
        "sev=1",
        "owner=me",
        "page=none",
        "reason=why",
        "title=x",
        "comp=volumes",
        "next=30m",
        "ref=INC-5",
        "latency=3s",
        "@ben",
        "ben",
        "me",
        "none",
        "done",
        "2",
        "add",
        "list",
        "approve",
        "to",
        "into",
        "note",
        "drill",
        "platform",
        "policy:platform",
        "<@U0ANA>",
        '"',
        '"quoted"',
        "“",
        "”",
        "„",
        "'",
        "'x'",
        "`",
        "\n",
        "\t",
        "\\",
        "=",
        "ü",
        "\u2028",
        "\u200d",
        "\x00",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.one_of(AWKWARD, st.text(max_size=4)), max_size=6).map(" ".join),
    st.lists(AWKWARD, max_size=4).map("".join),
)
TIMES = st.sampled_from(
    ["14:05", "-10m", "2026-11-04T09:00", "04.11. 09:00", "14.05 Uhr", "30m", "friday", "nonsense", '"']
)
PAST = Incident(3, NOW, title="OSDs down", status=Status.CLOSED, alerts_total=4)
KNOWN = choices(HERE, [Option("3", "Why do OSDs flap?"), Option("5", "Who reads the runbook?")], [PAST])


def answers(field):
    """Anything that may come out of a field, whoever filled it in."""
    sure = [option.value for option in (*field.options, *KNOWN.get(field.source, ()))]
    match field.kind:
        case Kind.CHOICE:
            found = st.one_of(st.sampled_from(sure), TEXTS)
        case Kind.SEVERAL:
            found = st.lists(st.sampled_from(sure), unique=True).map(",".join)
        case Kind.PERSON:
            found = st.sampled_from(["U0ANA", "U0NOBODY", "a b", "U1>"])
        case Kind.YES:
            found = st.just("yes")
        case Kind.TIME:
            found = TIMES
        case _:
            found = TEXTS
    return found if field.required else st.one_of(st.just(""), found)


FILLED = st.sampled_from(ALL).flatmap(
    lambda verb: st.tuples(
        st.just(verb), st.fixed_dictionaries({field.name: answers(field) for field in FORMS[verb].fields})
    )
)


def said(text):
    """A text as it comes back: without what nobody sees, and with one kind of quotes."""
    text = clean(text).strip()
    return text.replace("“", '"').replace("”", '"') if '"' in text else text


PLACES = {
    "open": {"text": "title", "sev": "severity", "private": "private", "service": "service", "page": "page"},
    "drill": {"of": "replays", "text": "title", "sev": "severity"},
    "maint": {"text": "title"},
    "retro": {"text": "title", "sev": "severity", "service": "service"},
    "nearmiss": {"text": "title"},
    "status": {"status": "status", "reason": "reason"},
    "sev": {"sev": "severity", "reason": "reason"},
    "role": {"role": "role", "person": "person"},
    "handoff": {"role": "role", "person": "person"},
    "merge": {"into": "into", "reason": "reason"},
    "rename": {"text": "title"},
    "moment": {"moment": "moment", "reason": "reason"},
    "page": {"whom": "target", "text": "text"},
    "resolve": {"text": "summary"},
    "note": {"text": "text", "mark": "mark"},
    "hypothesis": {"text": "text"},
    "decide": {"text": "text"},
    "impact": {"text": "text", "plane": "plane", "comp": "affected"},
    "update": {"text": "text"},
    "task": {"text": "text", "owner": "owner"},
    "followup": {"text": "text", "owner": "owner"},
    "publish": {"status": "status", "text": "text", "comp": "components", "title": "title"},
    "coffee add": {"text": "text"},
    "coffee vote": {},
}
"""Where the answer to each field is in the command; times are compared by the lines of `test_times_…`."""


def expected(verb, name, values):
    value = said(values.get(name, ""))
    match verb, name:
        case _, "private":
            return value == "yes"
        case "open", "page" if not value:
            return "policy:platform" if values["sev"] in ("sev1", "sev2") else ""
        case _, "page":
            return "" if value == "none" else value
        case _, "owner" | "person":
            return {"U0ANA": "ana", "": ""}[value]
        case "drill", "sev":
            return value or "sev2"
        case "drill", "of" if not value:
            return 0
        case _, "into" | "of":
            return int(value.lower().lstrip("#inc-").rstrip(":,.;"))
        case "note", "mark":
            return MARKS[value or "note"]
        case "impact", "comp":
            return tuple(filter(None, value.split(",")))
        case "publish", "comp":
            states = values["state"] or "operational"
            return {id_: ComponentState(states) for id_ in filter(None, value.split(","))}
        case _:
            return value


UNSURE = {
    verb
    for verb, form in FORMS.items()
    if any(field.source or field.name == "match" or field.kind in (Kind.PERSON, Kind.TIME) for field in form.fields)
}


@given(FILLED)
@example(("open", {"text": "sev1 private at=14:05 INC-5", "sev": "sev3", "private": "", "service": "", "page": "none"}))
@example(("open", {"text": "private keys", "sev": "sev1", "private": "", "service": "", "page": "none"}))
@example(("note", {"text": 'it said "at=14:05"', "at": "", "mark": ""}))
@example(("note", {"text": '"both “kinds” of"', "at": "", "mark": ""}))
@example(("note", {"text": "-10m", "at": "", "mark": ""}))
@example(("task", {"text": "ben", "owner": ""}))
@example(("task", {"text": "done 2", "owner": "U0ANA"}))
@example(("page", {"whom": "person:ben", "text": "ben"}))
@example(("page", {"whom": "0", "text": "0"}))
@example(("page", {"whom": "INC-5", "text": "x"}))
@example(("merge", {"into": "INC-8", "reason": "as INC-5 was"}))
@example(("publish", {"status": "resolved", "text": "title=x", "comp": "volumes", "state": "", "title": "a=b"}))
def test_what_is_filled_in_is_what_the_line_means_or_the_refusal_names_it(filled):
    verb, values = filled
    form = FORMS[verb]
    labels = tuple(f"{field.label}: " for field in form.fields)
    try:
        line = form.line(values)
    except Refused as refused:
        assert refused.reason.startswith(labels)
        return
    try:
        answer = parse(line, HERE)
    except Refused as refused:
        # Of what no form can know: a name that is none here, a time, a component without its state.
        assert verb in UNSURE, (line, refused.reason)
        return
    assert not isinstance(answer, Question), line
    assert answer.verb == form.verb
    assert answer.incident == (None if NAMES[form.verb].where in ("new", "anywhere") else 7)
    if verb == "coffee vote":
        assert [(dots.topic, dots.count) for dots in (answer.command, *answer.then)] == [
            (int(number), 1) for number in values["topics"].split(",")
        ]
        return
    for name, place in PLACES[verb].items():
        assert getattr(answer.command, place) == expected(verb, name, values), (line, name)
    if verb == "nearmiss":
        assert answer.anonymous == (values["anonymous"] == "yes")


@pytest.mark.parametrize("verb", ALL)
def test_a_form_belongs_to_a_verb_and_fills_what_that_takes(verb):
    form = FORMS[verb]
    row = NAMES[form.verb]
    assert form.verb == row.name
    assert len({field.name for field in form.fields}) == len(form.fields)
    assert [field.name for field in form.fields if field.place is Place.KEY and field.name not in row.keys] == []
    assert [field for field in form.fields if field.place is Place.TEXT and row.prose_at is None] == []
    assert {field.source for field in form.fields} - {""} <= set(choices(HERE))
    assert {field.state for field in form.fields} - {""} <= {field.name for field in form.fields}
    assert len([field for field in form.fields if field.place is Place.TEXT]) <= 1
    assert form.title
    assert form.submit


@pytest.mark.parametrize(
    ("line", "verb", "values"),
    [
        ("open", "open", {}),
        ("/incident open", "open", {}),
        ("new", "open", {}),
        ("open sev1", "open", {"sev": "sev1"}),
        ("open private SEV3", "open", {"private": "yes", "sev": "sev3"}),
        ("drill", "drill", {}),
        ("nearmiss anonymous", "nearmiss", {"anonymous": "yes"}),
        ("note", "note", {}),
        ("hypothesis", "hypothesis", {}),
        ("decide", "decide", {}),
        ("update", "update", {}),
        ("impact", "impact", {}),
        ("sev", "sev", {}),
        ("merge", "merge", {}),
        ("rename", "rename", {}),
        ("moment", "moment", {}),
        ("moment mitigated", "moment", {"moment": "mitigated"}),
        ("handoff", "handoff", {}),
        ("handoff comms", "handoff", {"role": "comms"}),
        ("role lead", "role", {"role": "lead"}),
        ("task add", "task", {}),
        ("add task", "task", {}),
        ("followup add", "followup", {}),
        ("publish investigating", "publish", {"status": "investigating"}),
        ("status to", "status", {}),
        ("retro", "retro", {}),
        ("maint", "maint", {}),
        ("coffee add", "coffee add", {}),
        ("add coffee", "coffee add", {}),
        ("coffee vote", "coffee vote", {}),
    ],
)
def test_a_line_that_lacks_something_asks_for_its_form(line, verb, values):
    wanted = wanting(line)
    assert wanted is not None
    assert (wanted.form.key, wanted.values, wanted.incident) == (verb, values, None)
    with pytest.raises(Refused):
        parse(line, HERE)


def test_the_form_of_a_drill_offers_what_can_be_replayed():
    over = PAST
    others = (
        replace(over, number=4, private=True),
        replace(over, number=5, kind=IncidentKind.DRILL),
        replace(over, number=6, alerts_total=0),
        replace(over, number=7, status=Status.INVESTIGATING),
    )
    assert choices(HERE, past=(over, *others))["past"] == (Option("INC-3", "INC-3 OSDs down"),)
    line = FORMS["drill"].line({"of": "INC-3", "speed": "20x"})
    with pytest.raises(Refused, match="only together with “Past incident”"):
        FORMS["drill"].line({"speed": "20x"})
    command = parse(line, HERE).command
    assert (command.replays, command.speed, command.as_then, command.title) == (3, 20, True, "")


def test_page_alone_asks_whom():
    assert wanting("page").verb == "page"


def test_a_form_for_an_incident_that_was_named_is_about_that_one():
    wanted = wanting("INC-8 note")
    assert wanted.incident == 8
    assert parse(wanted.form.line({"text": "vendor called"}, wanted.incident), ELSEWHERE).incident == 8


@pytest.mark.parametrize(
    "line",
    [
        "",
        "help",
        "list",
        "ack",
        "take",
        "resolve",
        "close",
        "task",
        "followup",
        "publish",
        "publish approve",
        "role",
        "status",
        "status monitoring",
        "sev 1",
        "page platform",
        "open Volumes slow",
        "open sev1 Volumes slow",
        "note it is back",
        "INC-7",
        "INC-7 open",
        "oepn",
        "note " + "x" * 300,
    ],
)
def test_a_line_that_can_be_done_or_shows_something_asks_for_no_form(line):
    assert wanting(line) is None


@pytest.mark.parametrize(
    ("verb", "values", "line"),
    [
        ("open", {"text": "Volumes slow", "sev": "sev2"}, 'open sev2 "Volumes slow"'),
        (
            "open",
            {"text": "Keys leaked", "sev": "sev1", "private": "yes", "service": "key store", "page": "policy:platform"},
            'open sev1 private "Keys leaked" service="key store" page=policy:platform',
        ),
        ("note", {"text": 'it says "no"', "at": "-10m"}, 'note “it says "no"” at=-10m'),
        ("task", {"text": "check the quorum"}, 'task "check the quorum" owner=none'),
        (
            "followup",
            {"text": "add a test", "owner": "U0ANA", "due": "14d"},
            'followup "add a test" owner=<@U0ANA> due=14d',
        ),
        ("role", {"role": "lead", "person": "U0ANA"}, "role lead <@U0ANA>"),
        ("resolve", {}, "resolve"),
        (
            "publish",
            {"status": "investigating", "text": "We look into it.", "comp": "a,b", "state": "degraded_performance"},
            'publish investigating "We look into it." comp=a:degraded_performance,b:degraded_performance',
        ),
    ],
)
def test_the_line_is_one_that_somebody_could_have_typed(verb, values, line):
    assert FORMS[verb].line(values) == line


@pytest.mark.parametrize(
    ("verb", "values", "reason"),
    [
        ("open", {"text": " \x00", "sev": "sev2"}, "Title: something is needed here."),
        ("open", {"text": "x" * 201, "sev": "sev2"}, "Title: 201 characters are too many."),
        ("open", {"text": "x", "sev": "sev0"}, "Severity: `sev0` is no choice."),
        ("role", {"role": "lead", "person": "a b"}, "Who: `a b` is nobody's handle."),
        ("page", {"whom": "two words"}, "Whom: `two words` is not one word."),
        ("page", {"whom": "platform", "text": "x"}, "Whom: `platform` may be anybody."),
        ("page", {"whom": "INC-5"}, "Whom: `INC-5` is an incident."),
        ("merge", {"into": "that"}, "Belongs to: `that` names no incident."),
        (
            "publish",
            {"status": "resolved", "text": "x", "state": "major_outage"},
            "Components: say which, or give no state.",
        ),
    ],
)
def test_what_cannot_stand_in_a_line_is_refused_by_the_field_s_name(verb, values, reason):
    with pytest.raises(Refused) as refused:
        FORMS[verb].line(values)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("verb", "values", "name", "value"),
    [
        ("note", {"text": "x", "at": "-10m"}, "when", NOW - timedelta(minutes=10)),
        ("note", {"text": "x", "at": "14.05 Uhr"}, "when", datetime(2026, 11, 4, 13, 5, tzinfo=UTC)),
        ("resolve", {"text": "x", "at": "-1h"}, "when", NOW - timedelta(hours=1)),
        ("moment", {"moment": "mitigated", "at": "-5m"}, "value", NOW - timedelta(minutes=5)),
        ("impact", {"text": "x", "start": "-20m", "end": "-5m"}, "start", NOW - timedelta(minutes=20)),
        ("impact", {"text": "x", "start": "-20m", "end": "-5m"}, "end", NOW - timedelta(minutes=5)),
        ("update", {"text": "x", "next": "30m"}, "next_in", timedelta(minutes=30)),
        ("followup", {"text": "x", "due": "14d"}, "due", NOW + timedelta(days=14)),
        ("retro", {"text": "x", "sev": "sev2", "start": "-3h", "end": "-2h"}, "impact_start", NOW - timedelta(hours=3)),
        ("retro", {"text": "x", "sev": "sev2", "start": "-3h", "end": "-2h"}, "impact_end", NOW - timedelta(hours=2)),
    ],
)
def test_times_are_those_of_the_line(verb, values, name, value):
    assert getattr(parse(FORMS[verb].line(values), HERE).command, name) == value


def test_planned_maintenance_has_its_window_and_its_alerts():
    values = {"text": "Switch upgrade", "start": "22:00", "end": "+2h", "match": 'az=~"az1|az 2"'}
    window = parse(FORMS["maint"].line(values), HERE).command.window
    assert (window.end - window.start, window.matchers) == (timedelta(hours=2), (("az", "=~", "az1|az 2"),))


def test_what_can_be_chosen_is_what_the_house_has_the_usual_policy_first():
    house = choices(replace(HERE, default_ladder="network"))
    found = {source: [option.value for option in options] for source, options in house.items()}
    assert found == {
        "policies": ["policy:network", "policy:platform"],
        "targets": [
            "policy:network",
            "policy:platform",
            "schedule:platform",
            "schedule:storage",
            "person:ana",
            "person:ben",
            "person:cho",
            "person:kim",
        ],
        "components": ["compute-az1", "volumes"],
        "incidents": ["INC-5", "INC-8"],
        "topics": [],
        "past": [],
    }
