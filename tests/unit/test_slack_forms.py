"""Slack's modals: within its limits whatever the house is called, and back to the line that somebody could have typed."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.chat.slack.forms import Where, errors, line_of, modal, open_from_message, readable
from bot.chat.form import Kind, Option
from bot.chat.forms import FORMS
from bot.chat.parse import parse
from bot.chat.wanting import choices, wanting
from bot.incident.model import Refused
from tests.contract.servers.slack.blocks import check_view
from tests.unit.test_forms import FILLED, HERE, PAST

CHOICES = choices(HERE, past=[PAST])
WHERE = Where(channel="C0ROOM", message="1700000000.000100", room=7)
WORDS = st.text(max_size=400)
HOUSES = st.dictionaries(
    st.sampled_from(sorted(CHOICES)),
    st.lists(
        st.builds(Option, st.text(min_size=1, max_size=200), WORDS), max_size=150, unique_by=lambda option: option.value
    ),
)


def submitted(view, values):
    """`view` as Slack sends it back when `values` were filled in."""
    state = {}
    for block in view["blocks"]:
        value, kind = values.get(block["block_id"], ""), block["element"]["type"]
        answer = {"type": kind}
        match kind:
            case "plain_text_input":
                answer["value"] = value or None
            case "static_select":
                answer["selected_option"] = {"value": value} if value else None
            case "users_select":
                answer["selected_user"] = value or None
            case _:
                answer["selected_options"] = [{"value": one} for one in value.split(",") if one]
        state[block["block_id"]] = {block["element"]["action_id"]: answer}
    return {**view, "id": "V1", "state": {"values": state}}


def opened(verb, values=None, where=WHERE, house=CHOICES):
    return modal(FORMS[verb], values or {}, where, house)


@pytest.mark.parametrize("verb", sorted(FORMS))
def test_every_form_is_a_modal_with_all_its_fields(verb):
    view = opened(verb)
    check_view(view, kinds=("modal",))
    assert [block["block_id"] for block in view["blocks"]] == [field.name for field in FORMS[verb].fields]
    assert all("…" not in view[name]["text"] for name in ("title", "submit", "close"))


@given(FILLED, HOUSES)
@example(
    ("publish", {}), {"components": [Option("a", "\x00"), Option("b", "B"), Option("", "C"), Option("d" * 151, "D")]}
)
@example(("open", {}), {"policies": [Option(f"policy:{n}", "x" * 80) for n in range(90)]})
@example(("rename", {"text": "a\nb"}), {})
def test_whatever_a_house_is_called_slack_takes_the_form(filled, house):
    verb, values = filled
    check_view(modal(FORMS[verb], values, WHERE, house), kinds=("modal",))


@given(FILLED)
def test_what_was_filled_in_comes_back_as_the_line_of_the_form(filled):
    verb, values = filled
    try:
        line = FORMS[verb].line(values)
    except Refused as refused:
        with pytest.raises(Refused) as again:
            line_of(submitted(opened(verb), values))
        assert again.value.reason == refused.reason
    else:
        assert line_of(submitted(opened(verb), values)) == (line, WHERE)


def test_a_form_is_filled_in_with_what_the_line_said_already():
    wanted = wanting("publish resolved")
    view = modal(wanted.form, {**wanted.values, "comp": "volumes"}, WHERE, CHOICES)
    elements = {block["block_id"]: block["element"] for block in view["blocks"]}
    assert elements["status"]["initial_option"]["value"] == "resolved"
    assert [option["value"] for option in elements["comp"]["initial_options"]] == ["volumes"]
    assert opened("open")["blocks"][1]["element"]["initial_option"]["value"] == "sev2"
    assert opened("open", {"private": "yes"})["blocks"][2]["element"]["initial_options"]
    assert opened("task", {"owner": "U0ANA"})["blocks"][1]["element"]["initial_user"] == "U0ANA"


def test_a_choice_that_the_house_does_not_have_is_left_out_or_typed():
    assert [block["block_id"] for block in opened("publish", house={})["blocks"]] == [
        "status",
        "text",
        "state",
        "title",
    ]
    page = opened("page", house={})
    assert page["blocks"][0]["element"]["type"] == "plain_text_input"
    assert line_of(submitted(page, {"whom": "policy:network"}))[0] == "page policy:network"


def test_more_choices_than_slack_shows_are_typed():
    many = {"components": [Option(f"c{n}", f"Component {n}") for n in range(101)]}
    view = opened("impact", house=many)
    assert view["blocks"][4]["element"]["type"] == "plain_text_input"
    line, _ = line_of(submitted(view, {"text": "slow", "comp": "c1, c100"}))
    assert line == 'impact "slow" comp=c1,c100'


def test_a_line_about_a_named_incident_names_it_again():
    view = opened("note", where=Where(channel="C0ANY", incident=8))
    assert line_of(submitted(view, {"text": "x"})) == ('INC-8 note "x"', Where(channel="C0ANY", incident=8))


@pytest.mark.parametrize(
    ("metadata", "where"),
    [
        (None, Where()),
        ("", Where()),
        ("[]", Where()),
        ("{", Where()),
        ("[" * 2900, Where()),
        (json.dumps({"channel": "C0ROOM", "room": True, "incident": -1, "message": 5, "other": "x"}), Where("C0ROOM")),
        (json.dumps({"channel": "<!channel>", "permalink": "javascript:alert(1)", "incident": 10**12}), Where()),
        (json.dumps({"channel": "C0ROOM", "permalink": "x" * 3000}), Where()),
        (json.dumps({"incident": 8, "room": 7}), Where(room=7, incident=8)),
    ],
)
def test_of_what_comes_back_only_what_we_can_have_put_there_counts(metadata, where):
    view = submitted(opened("note"), {"text": "x"})
    assert line_of({**view, "private_metadata": metadata})[1] == where


@pytest.mark.parametrize("view", [{}, {"callback_id": "form:nothing"}, {"callback_id": 5}, {"callback_id": "open"}])
def test_a_view_that_is_none_of_ours_is_refused_and_closed(view):
    with pytest.raises(Refused, match="There is no form"):
        line_of(view)
    assert errors(view, "whatever") == {"response_action": "clear"}


@pytest.mark.parametrize(
    "state", [None, [], {"values": []}, {"values": {"text": {"answer": {"type": "plain_text_input", "value": 5}}}}]
)
def test_an_answer_of_another_shape_counts_as_empty(state):
    with pytest.raises(Refused, match=r"What happened: something is needed here\."):
        line_of({**opened("note"), "state": state})


@pytest.mark.parametrize(
    ("verb", "values", "field"),
    [
        ("open", {"text": "", "sev": "sev2"}, "text"),
        ("page", {"whom": "two words"}, "whom"),
        ("role", {"role": "lead", "person": "U0NOBODY"}, "person"),
        ("task", {"text": "x", "owner": "U0NOBODY"}, "owner"),
        ("note", {"text": "x", "at": "half past"}, "at"),
        ("note", {"text": "x", "at": "10m"}, "at"),
        ("moment", {"moment": "mitigated", "at": "25:99"}, "at"),
        ("followup", {"text": "x", "due": "soon"}, "due"),
        ("update", {"text": "x", "next": "0m"}, "next"),
        ("publish", {"status": "investigating", "text": "x", "comp": "volumes"}, "comp"),
        ("publish", {"status": "investigating", "text": "x", "state": "major_outage"}, "comp"),
    ],
)
def test_an_error_stands_at_the_field_that_it_is_about(verb, values, field):
    view = submitted(opened(verb), values)
    with pytest.raises(Refused) as refused:
        parse(line_of(view)[0], HERE)
    label = next(one.label for one in FORMS[verb].fields if one.name == field)
    said = f"{refused.value.reason} {refused.value.hint}"
    for sentence in (said, said.replace("`", "")):
        answer = errors(view, sentence)
        assert answer == {"response_action": "errors", "errors": {field: answer["errors"].get(field)}}
        assert answer["errors"][field]
        assert not answer["errors"][field].startswith(label)


def test_an_error_that_is_about_no_field_stands_at_the_first_and_is_not_endless():
    view = submitted(opened("note"), {"text": "x"})
    assert errors(view, "INC-7 is over.")["errors"] == {"text": "INC-7 is over."}
    assert len(errors(view, "long " * 1000)["errors"]["text"]) == 500
    assert errors(view, "")["errors"]["text"]


def test_a_word_of_a_refusal_is_no_answer_that_it_repeats():
    view = submitted(opened("handoff"), {"role": "ops", "person": "U0BEN"})
    assert errors(view, "The ops-lead, U0BENNY, is asleep: stop= it.")["errors"].keys() == {"role"}
    view = submitted(opened("moment"), {"moment": "mitigated", "at": "14:05"})
    assert errors(view, "It was 114:05, format=x.")["errors"].keys() == {"moment"}
    assert errors(view, "Nobody writes 14:05 like this.")["errors"].keys() == {"at"}
    view = submitted(opened("publish"), {"status": "resolved", "text": "over"})
    assert errors(view, "INC-7 is over.")["errors"].keys() == {"status"}


def test_an_error_never_stands_at_a_field_that_is_not_shown():
    view = submitted(opened("publish", house={}), {"status": "resolved", "text": "x", "state": "major_outage"})
    with pytest.raises(Refused) as refused:
        line_of(view)
    assert errors(view, refused.value.reason)["errors"].keys() == {"status"}


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Volumes are slow\nsince an hour", "Volumes are slow"),
        ("\n \n  Volumes are slow  ", "Volumes are slow"),
        ("", None),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("see <https://example.org/a?b=1&amp;c=2|the graph>", "see the graph"),
        ("<https://example.org/a>", "https://example.org/a"),
        ("<@U0ANA|ana> asks <@U0BEN> in <#C0OPS|ops>, <!here>", "@ana asks @U0BEN in #ops, @here"),
        ("<!subteam^S1|@oncall> sev1 at=14:05", "@oncall sev1 at=14:05"),
        ("x" * 500, "x" * 200),
        ("🔥" * 200, "🔥" * 99 + "…"),
    ],
)
def test_a_message_begins_the_form_with_its_first_line(text, title):
    view = open_from_message(text, "https://example.slack.com/archives/C0OPS/p1", WHERE, CHOICES)
    check_view(view, kinds=("modal",))
    assert view["blocks"][0]["element"].get("initial_value") == title
    _, where = line_of(submitted(view, {"text": "x", "sev": "sev2"}))
    assert where == Where("C0ROOM", "1700000000.000100", 7, permalink="https://example.slack.com/archives/C0OPS/p1")


@given(st.text(), st.text())
@example("x", f"https://example.org/{'ü' * 900}")
@example("x", f"https://example.org/{chr(34) * 900}")
def test_no_message_breaks_the_form(text, permalink):
    check_view(open_from_message(text, permalink), kinds=("modal",))
    assert isinstance(readable(text), str)


def test_people_are_chosen_from_slack_s_own():
    kinds = {
        block["element"]["type"]
        for verb, form in FORMS.items()
        for field, block in zip(form.fields, opened(verb)["blocks"], strict=True)
        if field.kind is Kind.PERSON
    }
    assert kinds == {"users_select"}
