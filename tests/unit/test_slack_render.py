"""Our messages as Slack's blocks: what each block becomes, that it is what Slack takes, and that others' words do nothing in it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block as SdkBlock

from adapters.chat.inlines import MARKS
from adapters.chat.slack.markup import escaped
from adapters.chat.slack.render import LARGEST, LARGEST_VIEW, message, view_blocks, weight
from bot.chat import document as d
from bot.chat.card import card
from bot.chat.manual import help_document
from bot.chat.templates import Templates
from bot.incident.model import Incident, Moment, Paging, Person, PublicStatus, Role, Severity, Stamp, Task
from tests.golden_files import golden

HANDLES = {"ana": "U0ANA", "ben": "W0BEN", "mallory": "!channel", "small": "u0small"}
AT = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
HEBREW = "\u05e9\u05dc\u05d5\u05dd"
CUT = "… The rest was cut: it does not fit into one message."

INLINE_KEYS = {
    "text": {"type", "text", "style"},
    "link": {"type", "url", "text"},
    "user": {"type", "user_id"},
}
RICH = {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}


def check(blocks: list[dict[str, Any]], most: int = 50, room: int = LARGEST) -> None:
    """Fails where Slack would refuse `blocks`, or would read words in them as anything else
    (https://docs.slack.dev/reference/block-kit/blocks)."""
    assert 1 <= len(blocks) <= most
    assert weight(blocks) <= room
    assert json.loads(json.dumps(blocks)) == blocks
    for block in SdkBlock.parse_all(blocks):
        block.validate_json()
    actions: list[str] = []
    for block in blocks:
        match block["type"]:
            case "header":
                assert set(block) == {"type", "text"}
                plain_text(block["text"], 150)
                assert "\n" not in block["text"]["text"]
            case "divider":
                assert set(block) == {"type"}
            case "context":
                assert 1 <= len(block["elements"]) <= 10
                for element in block["elements"]:
                    plain_text(element, 2000)
            case "section":
                assert set(block) == {"type", "fields"}
                assert 1 <= len(block["fields"]) <= 10
                for field in block["fields"]:
                    cell(field)
            case "actions":
                assert set(block) == {"type", "elements"}
                assert 1 <= len(block["elements"]) <= 25
                for element in block["elements"]:
                    button(element)
                    actions.append(element["action_id"])
            case "rich_text":
                assert set(block) == {"type", "elements"}
                rich(block["elements"])
            case other:
                raise AssertionError(other)
    assert len(actions) == len(set(actions))


def plain_text(text: dict[str, Any], most: int) -> None:
    assert set(text) == {"type", "text", "emoji"}
    assert text["type"] == "plain_text"
    assert text["emoji"] is False
    assert 1 <= len(text["text"]) <= most
    inert(text["text"])


def inert(text: str) -> None:
    """Nothing in it is left for Slack to parse."""
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)


def cell(field: dict[str, Any]) -> None:
    """The name in bold, and of the value only what no version of mrkdwn could read as markup, and mentions of ours."""
    assert (field["type"], field["verbatim"], set(field)) == ("mrkdwn", True, {"type", "text", "verbatim"})
    assert len(field["text"]) <= 2000
    found = re.fullmatch(r"\*([^*\n]+)\*\n([^\n]+)", field["text"])
    assert found
    for text in (found[1], re.sub(r"<@[UW][A-Z0-9]+>", "", found[2])):
        inert(text)
        assert not set(text) & set("*_~`<>&@#|[]{}\\=;")
        assert not re.search(r":[^:\s]*:|:\D|\D:|\d\)", text)
        assert text == text.strip() or text is not found[1]


def button(element: dict[str, Any]) -> None:
    assert set(element) <= {"type", "action_id", "text", "value", "style"}
    assert element["type"] == "button"
    assert re.fullmatch(r"line:\d+", element["action_id"])
    assert element.get("style", "primary") in ("primary", "danger")
    assert 1 <= len(element["value"]) <= 2000
    plain_text(element["text"], 75)


def rich(elements: list[dict[str, Any]]) -> None:
    assert elements
    for element in elements:
        assert element["type"] in RICH
        assert element["elements"]
        if element["type"] == "rich_text_list":
            assert set(element) == {"type", "elements", "style"}
            assert element["style"] in ("bullet", "ordered")
            assert {item["type"] for item in element["elements"]} == {"rich_text_section"}
            rich(element["elements"])
            continue
        assert set(element) == {"type", "elements"}
        for inline in element["elements"]:
            assert set(inline) <= INLINE_KEYS[inline["type"]]
            assert inline.get("text", "x") != ""
            assert all(inline.get("style", {"bold": True}).values())
            assert set(inline.get("style", {"bold": True})) <= {"bold", "italic", "code"}
            assert re.fullmatch(r"[UW][A-Z0-9]+", inline.get("user_id", "U1"))
            assert re.match(r"https?://.|mailto:.", inline.get("url", "https://x"), re.IGNORECASE)
            assert element["type"] != "rich_text_preformatted" or inline["type"] == "text"


def said(*blocks: d.Block, tone: str = "info", handles: dict[str, str] | None = None) -> list[dict[str, Any]]:
    content = message(d.Document("the summary", blocks, tone), HANDLES if handles is None else handles)
    assert content["text"] == "the summary"
    check(content["blocks"])
    return content["blocks"]


def inside(*blocks: d.Block, **more: Any) -> list[dict[str, Any]]:
    """What is in the one rich text that `blocks` become."""
    (block,) = said(*blocks, **more)
    assert block["type"] == "rich_text"
    return block["elements"]


def shown(blocks: list[dict[str, Any]]) -> str:
    """All words in blocks, as Slack shows them."""
    texts: list[str] = []

    def walk(part: Any, *, literal: bool = False) -> None:
        if isinstance(part, list):
            for one in part:
                walk(one, literal=literal)
        elif isinstance(part, dict):
            literal = literal or part.get("type") == "rich_text"
            for key, one in part.items():
                if key == "text" and isinstance(one, str):
                    texts.append(
                        one if literal else one.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
                    )
                elif key in ("text", "elements", "fields"):
                    walk(one, literal=literal)

    walk(blocks)
    return "".join(texts)


def text(words: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": words} | ({"style": style} if style else {})


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": [*elements]}


def grid(*cells: str) -> dict[str, Any]:
    return {"type": "section", "fields": [{"type": "mrkdwn", "text": cell, "verbatim": True} for cell in cells]}


BEFORE = d.Paragraph(d.line("before"))

RICH_BLOCKS = {
    "looks": (
        d.Paragraph((d.Text("a", bold=True), d.Text("b", italic=True), d.Text("c", code=True), d.Text("d", True, True, True))),
        section(text("a", bold=True), text("b", italic=True), text("c", code=True), text("d", bold=True, italic=True, code=True)),
    ),
    "alike": (d.Paragraph((d.Text("a"), d.Time(AT, "02:14 UTC"), d.Mention("dan", "Dan"))), section(text("a02:14 UTCDan"))),
    "two commands": (
        d.Paragraph((d.Text("x", code=True), d.Text("y", code=True))),
        section(text("x", code=True), text("y", code=True)),
    ),
    "lines": (d.Paragraph(d.line("one\ntwo")), section(text("one\ntwo"))),
    "bullets": (
        d.Bullets((d.line("one\nmore"), ())),
        {"type": "rich_text_list", "elements": [section(text("one\nmore")), section(text(" "))], "style": "bullet"},
    ),
    "numbers": (
        d.Bullets((d.line("one"), d.line("two")), ordered=True),
        {"type": "rich_text_list", "elements": [section(text("one")), section(text("two"))], "style": "ordered"},
    ),
    "code": (d.Code("a\n  <b> & *c*"), {"type": "rich_text_preformatted", "elements": [text("a\n  <b> & *c*")]}),
    "quote": (d.Quote(d.line("one\ntwo")), {"type": "rich_text_quote", "elements": [text("one\ntwo")]}),
    "link": (
        d.Paragraph((d.Link("a|b>", "https://a.org/x|y>"), d.Link("", "mailto:a@b.org"))),
        section(
            {"type": "link", "url": "https://a.org/x%7Cy%3E", "text": "a|b>"}, {"type": "link", "url": "mailto:a@b.org"}
        ),
    ),
    "link to elsewhere": (
        d.Paragraph((d.Link("x", "javascript:alert(1)"),)),
        section(text("x <javascript:alert(1)>")),
    ),
    "smaller heading": (d.Heading(d.line("seen"), level=3), section(text("seen", bold=True))),
    "heading with a name": (
        d.Heading((d.Text("for "), d.Mention("ana", "Ana"))),
        section(text("for ", bold=True), {"type": "user", "user_id": "U0ANA"}),
    ),
    "heading with a line to type": (
        d.Heading((d.Text("undo", code=True),)),
        section(text("/incident undo", bold=True, code=True)),
    ),
    "one field": (
        d.Fields((("Lead", (d.Mention("ana", "Ana"),)),)),
        section(text("Lead: ", bold=True), {"type": "user", "user_id": "U0ANA"}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(RICH_BLOCKS))
def test_words_are_rich_text_in_which_no_sign_means_anything(kind: str) -> None:
    block, element = RICH_BLOCKS[kind]
    assert inside(block) == [element]


def test_what_has_no_words_is_a_block_of_its_own() -> None:
    assert said(d.Divider()) == [{"type": "divider"}]


def test_the_title_of_a_message_is_its_header_and_what_follows_shares_one_block() -> None:
    blocks = (d.Heading(d.line("INC-7 & <b>")), BEFORE, BEFORE, d.Bullets((d.line("a"),)), d.Heading(d.line("Tasks")))
    header, rest = said(*blocks)
    assert header == {"type": "header", "text": {"type": "plain_text", "text": "INC-7 &amp; &lt;b&gt;", "emoji": False}}
    assert rest["elements"] == [
        section(text("before")),
        section(text("\n"), text("before")),
        {"type": "rich_text_list", "elements": [section(text("a"))], "style": "bullet"},
        section(text("\n"), text("Tasks", bold=True)),
    ]


def test_a_title_that_no_header_holds_is_bold_and_whole() -> None:
    title = "&" * 31
    assert inside(d.Heading(d.line(title))) == [section(text(title, bold=True))]


def test_buttons_are_lines_that_come_back_when_they_are_pressed() -> None:
    buttons = (
        d.Button("Resolve", "INC-7 resolve", "primary"),
        d.Button("", "INC-7 cancel", "danger"),
        d.Button("a&b" * 40, "a\nb <c>", "unheard-of"),
    )
    (actions,) = said(d.Buttons(buttons))
    first, second, third = actions["elements"]
    assert first == {
        "type": "button",
        "action_id": "line:0",
        "text": {"type": "plain_text", "text": "Resolve", "emoji": False},
        "value": "INC-7 resolve",
        "style": "primary",
    }
    assert (second["text"]["text"], second["value"], second["style"]) == ("INC-7 cancel", "INC-7 cancel", "danger")
    assert (third["value"], third["action_id"], third.keys() & {"style"}) == ("a b <c>", "line:2", set())
    assert third["text"]["text"].startswith("a&amp;b")
    assert third["text"]["text"].endswith("…")


def test_a_button_whose_line_is_too_long_to_come_back_is_left_out() -> None:
    longest, longer = "note " + "x" * 1995, "note " + "x" * 1996
    (actions,) = said(d.Buttons((d.Button("a", longer), d.Button("b", longest), d.Button("c", " "))))
    assert [element["value"] for element in actions["elements"]] == [longest]
    assert inside(d.Buttons((d.Button("a", longer),))) == [section(text("the summary"))]


def test_more_buttons_than_a_row_holds_are_two_rows() -> None:
    rows = said(
        d.Buttons(tuple(d.Button(str(n), f"undo e{n}") for n in range(26))), d.Buttons((d.Button("x", "undo"),))
    )
    assert [len(row["elements"]) for row in rows] == [25, 1, 1]


def test_short_fields_stand_side_by_side_and_others_have_a_row_each() -> None:
    fields = (
        ("Status", d.line("investigating")),
        ("Since", (d.Time(AT, "22 Nov 02:14 UTC"), d.Text(", mitigated"))),
        ("Lead", (d.Mention("ana", "Ana"), d.Text(" and "), d.Mention("dan", "Dan"))),
        ("Impact", d.line("Volumes in az2 answer in 4 to 9 s, new ones fail")),
        ("Service", d.line("block-storage")),
    )
    first, second = said(d.Fields(fields))
    assert first == grid("*Status*\ninvestigating", "*Since*\n22 Nov 02:14 UTC, mitigated", "*Lead*\n<@U0ANA> and Dan")
    assert second["elements"] == [
        section(text("Impact: ", bold=True), text("Volumes in az2 answer in 4 to 9 s, new ones fail")),
        section(text("Service: ", bold=True), text("block-storage")),
    ]


def test_a_section_holds_ten_fields() -> None:
    blocks = said(d.Fields(tuple((f"Name {n}", d.line("x")) for n in range(12))))
    assert [len(block["fields"]) for block in blocks] == [10, 2]


@pytest.mark.parametrize(
    "value",
    [
        "*bold*",
        "a_b_c",
        "~gone~",
        "`code`",
        ":fire:",
        "1:100:2",
        "14:30:05",
        "> quoted",
        "<!channel>",
        "<@U0ANA>",
        "a & b",
        "@here",
        "#general",
        "https://a.org",
        ":)",
        "8)",
        ";)",
        "=)",
        "two\nlines",
        HEBREW,
        "🔥",
        " ",
        "x" * 33,
    ],
)
def test_what_markup_could_misread_never_gets_into_markup(value: str) -> None:
    (block,) = said(d.Fields((("A", d.line(value)), ("B", d.line(value)))))
    assert [row["elements"][-1]["text"].strip("\u2068\u2069") for row in block["elements"]] == [value, value]
    if "\n" not in value:
        assert inside(d.Fields(((value, d.line("x")), (value, d.line("y")))))


@pytest.mark.parametrize("inline", [d.Text("x", bold=True), d.Text("x", code=True), d.Link("x", "https://a.org")])
def test_what_has_looks_of_its_own_does_not_get_into_markup(inline: d.Inline) -> None:
    assert inside(d.Fields((("A", (inline,)), ("B", (inline,)))))


@pytest.mark.parametrize(
    "words",
    [
        "<!channel> <!here> <!everyone>",
        "<@U0ANA> @ana @here",
        "<https://evil.org|click>",
        "https://evil.org example.org",
        "&lt;!channel&gt; &amp;",
        "*a* _b_ ~c~ `d` :fire: :+1::skin-tone-2:",
        "> quoted\n> more\n```\ncode\n```",
        "<!date^1^{date}|now> <#C1|x> <!subteam^S1>",
    ],
)
def test_nothing_that_came_from_outside_does_anything(words: str) -> None:
    everywhere = (
        d.Heading(d.line(words)),
        d.Paragraph(d.line(words)),
        d.Bullets((d.line(words),)),
        d.Fields(((words, d.line(words)), (words, (d.Mention("x", words), d.Time(AT, words))))),
        d.Quote(d.line(words)),
        d.Code(words),
        d.Buttons((d.Button(words, "undo"),)),
    )
    content = message(d.Document(words, everywhere), HANDLES)
    check(content["blocks"])
    inert(content["text"])
    assert '"type": "user"' not in json.dumps(content)
    assert '"type": "link"' not in json.dumps(content)
    assert shown(content["blocks"]).replace("\n", " ").count(words.replace("\n", " ")) >= 8


@pytest.mark.parametrize("name", ["good", "warning", "bad", "refused"])
def test_a_tone_has_the_sign_it_has_in_a_terminal(name: str) -> None:
    assert inside(BEFORE, tone=name) == [section(text(f"{MARKS[name]} before"))]
    assert said(d.Heading(d.line("a")), BEFORE, tone=name)[0]["text"]["text"] == f"{MARKS[name]} a"
    assert said(d.Heading(d.line("🔴 INC-7")), tone=name)[0]["text"]["text"] == "🔴 INC-7"


@pytest.mark.parametrize("handle", ["!channel", "u0ana", "", "U0ANA>", "U0\nANA", "@U0ANA", "S0TEAM", "U" + "A" * 40])
def test_what_is_no_slack_id_is_not_mentioned(handle: str) -> None:
    line = (d.Mention("x", "Xaver"),)
    assert inside(d.Paragraph(line), handles={"x": handle}) == [section(text("Xaver"))]
    assert said(d.Fields((("A", line), ("B", line))), handles={"x": handle}) == [grid("*A*\nXaver", "*B*\nXaver")]


@pytest.mark.parametrize(
    "blocks",
    [
        (),
        (d.Paragraph(()),),
        (d.Bullets(()), d.Fields(()), d.Buttons(()), d.Code("\x00")),
        (d.Paragraph(d.line(" \n")),),
        (d.Heading(()),),
    ],
)
def test_a_document_whose_blocks_say_nothing_says_its_summary(blocks: tuple[d.Block, ...]) -> None:
    assert inside(*blocks) == [section(text("the summary"))]


@pytest.mark.parametrize("summary", ["", " ", "\x00", "\n"])
def test_even_nothing_is_something_that_slack_takes(summary: str) -> None:
    content = message(d.Document(summary), {})
    assert content == {"text": "…", "blocks": [{"type": "rich_text", "elements": [section(text("…"))]}]}


@pytest.mark.parametrize(
    ("code", "typed"),
    [
        ("INC-1 undo", "/incident INC-1 undo"),
        ("help all", "/incident help all"),
        ("investigating", "investigating"),
        ("klatsch serve", "klatsch serve"),
        ("INC-1", "INC-1"),
        ("undone", "undone"),
    ],
)
def test_a_line_for_the_bot_is_shown_as_it_has_to_be_typed(code: str, typed: str) -> None:
    assert inside(d.Paragraph((d.Text(code, code=True),))) == [section(text(typed, code=True))]
    assert message(d.Document("", (d.Paragraph((d.Text("undo", code=True),)),)), {}, "/inc")["blocks"][0] == {
        "type": "rich_text",
        "elements": [section(text("/inc undo", code=True))],
    }


def test_the_text_is_the_summary_on_one_line_and_rings_nobody() -> None:
    assert message(d.Document("a\n<!channel> & <b>"), {})["text"] == "a &lt;!channel&gt; &amp; &lt;b&gt;"
    long = message(d.Document("&" * 5000), {})["text"]
    assert len(long) <= 4000
    assert re.fullmatch(r"(&amp;)+…", long)


@pytest.mark.parametrize("most", range(1, 12))
def test_a_cut_never_goes_through_an_escaped_sign(most: int) -> None:
    assert re.fullmatch(r"(?:(?:&lt;|a)*…|a<|a&lt;a)", escaped("a<a", most))
    assert len(escaped("a<a", most)) <= most


def test_what_is_written_from_right_to_left_changes_no_order_around_it() -> None:
    line = (d.Text("by "), d.Text(HEBREW), d.Text(" at "), d.Mention("ana", HEBREW), d.Text("!"))
    assert inside(d.Paragraph(line)) == [
        section(text(f"by \u2068{HEBREW}\u2069 at "), {"type": "user", "user_id": "U0ANA"}, text("!"))
    ]
    assert inside(d.Fields(((HEBREW, d.line(HEBREW)),))) == [
        section(text(f"\u2068{HEBREW}\u2069: ", bold=True), text(f"\u2068{HEBREW}\u2069"))
    ]


def test_what_does_not_fit_is_cut_at_the_end_and_says_so() -> None:
    blocks = said(*(d.Paragraph(d.line(f"{n} " + "ä" * 500)) for n in range(40)))
    assert blocks[-1]["elements"][0]["text"] == CUT
    assert shown(blocks).startswith("0 ää")
    # Most of the room is used.
    assert weight(blocks) > LARGEST - 100


def test_too_many_blocks_are_cut_to_what_there_may_be() -> None:
    document = d.Document("s", tuple(block for n in range(120) for block in (d.Divider(), d.Paragraph(d.line(str(n))))))
    for most in (2, 50, 100):
        blocks = view_blocks(document, {}, most=most)
        check(blocks, most, LARGEST_VIEW)
        assert len(blocks) == most
        assert blocks[-1]["elements"][0]["text"] == CUT
    assert len(message(document, {})["blocks"]) == 50


@pytest.mark.parametrize("before", range(0, 400, 7))
def test_a_line_to_type_and_a_button_are_there_whole_or_not_at_all(before: int) -> None:
    filler = d.Paragraph(d.line("x" * (LARGEST - 520 + before)))
    line = d.Paragraph((d.Text("type "), d.Text("INC-7 page @ana reason=disk", code=True)))
    blocks = said(
        filler,
        line,
        d.Quote(d.line("before")),
        d.Buttons((d.Button("Resolve", "INC-7 resolve"), d.Button("Close", "close"))),
    )
    words = shown(blocks)
    assert words.count("/") == words.count("/incident INC-7 page @ana reason=disk")
    # Nothing is left out before something that is shown.
    assert [part for part in ("/incident", "before", "Resolve", "Close", CUT) if part in words] in (
        ["/incident", "before", "Resolve", "Close"],
        ["/incident", "before", "Resolve", CUT],
        ["/incident", "before", CUT],
        ["/incident", CUT],
        [CUT],
    )


@pytest.mark.parametrize("verb", [None, "all", "publish"])
def test_the_help_is_never_cut(verb: str | None) -> None:
    content = message(help_document(verb), {})
    check(content["blocks"])
    assert CUT not in shown(content["blocks"])


def test_the_card_reads_well() -> None:
    """The golden file is for a person: what a phone shows at three in the morning."""
    now = AT + timedelta(minutes=40)
    incident = Incident(
        7,
        AT,
        title="Volumes slow in az2",
        severity=Severity.SEV1,
        service="block-storage",
        roles={Role.LEAD: "ana", Role.COMMS: "ben"},
        moments={Moment.DECLARED: Stamp(AT, "command")},
        alerts_firing=2,
        alerts_total=5,
        paging=Paging("policy:platform", 0, 0, ("ana", "ben"), AT, now + timedelta(minutes=5)),
        impact="Writes take 20 s",
        affected=("volumes",),
        summary="Rolling back <the> *kernel*",
        promise=now + timedelta(minutes=30),
        public_status=PublicStatus.INVESTIGATING,
        public_title="Slow volumes",
        tasks=(Task(1, "check the quorum", "ben"), Task(3, "call them")),
    )
    people = {"ana": Person("ana", "Ana Ruiz", handles={"slack": "U0ANA"}), "ben": Person("ben", "Ben Okoro")}
    document = card(incident, people=people, zone="Europe/Berlin", now=now, templates=Templates())
    content = message(document, {"ana": "U0ANA"})
    check(content["blocks"])
    golden("slack/card.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n")


HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("\x00\x1b\r\t\n\ud800\u202e\u2066\u2068\u2069\u200f\u200d\u2028<>&\"'\\@:!#|*_~`👩漢שع"),
    ),
    max_size=60,
) | st.sampled_from(
    ["<!channel>", "<@U0ANA>", "&lt;", ":fire:", "*a*", "02:14", "INC-1 undo", "x" * 13_000, "& " * 3_000]
)
INLINE = st.one_of(
    st.builds(d.Text, HOSTILE, st.booleans(), st.booleans(), st.booleans()),
    st.builds(
        d.Link, HOSTILE, HOSTILE | st.builds("{}{}".format, st.sampled_from(["https://", "mailto:", "HTTPS://x/"]), HOSTILE)
    ),
    st.builds(d.Mention, HOSTILE | st.sampled_from([*HANDLES]), HOSTILE),
    st.builds(d.Time, st.just(AT), HOSTILE),
)  # fmt: skip
LINE = st.lists(INLINE, max_size=4).map(tuple)
BLOCK = st.one_of(
    st.builds(d.Heading, LINE, st.integers(-1, 9)),
    st.builds(d.Paragraph, LINE),
    st.builds(d.Bullets, st.lists(LINE, max_size=3).map(tuple), st.booleans()),
    st.builds(d.Fields, st.lists(st.tuples(HOSTILE, LINE), max_size=14).map(tuple)),
    st.builds(d.Code, HOSTILE),
    st.builds(d.Quote, LINE),
    st.just(d.Divider()),
    st.builds(d.Buttons, st.lists(st.builds(d.Button, HOSTILE, HOSTILE, HOSTILE), max_size=3).map(tuple)),
)
DOCUMENT = st.builds(
    d.Document,
    HOSTILE,
    st.lists(BLOCK, max_size=6).map(tuple) | st.builds(lambda block: (block,) * 70, BLOCK),
    HOSTILE | st.sampled_from(["good", "bad"]),
)


@given(document=DOCUMENT, most=st.integers(2, 100))
def test_any_document_becomes_what_slack_takes_and_nothing_in_it_is_live(document: d.Document, most: int) -> None:
    content = message(document, HANDLES)
    check(content["blocks"])
    assert 1 <= len(content["text"]) <= 4000
    inert(content["text"])
    check(view_blocks(document, HANDLES, most=most), most, LARGEST_VIEW)
    assert not set(shown(content["blocks"])) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\x00\x1b\r\t")


@given(blocks=st.lists(BLOCK, max_size=5).map(tuple))
def test_a_message_with_room_loses_no_word(blocks: tuple[d.Block, ...]) -> None:
    document = d.Document("s", blocks)
    words = shown(view_blocks(document, {}))
    if CUT in words:
        return
    bare = re.sub(r"[\s\u2068\u2069]", "", words)
    for block in blocks:
        if isinstance(block, d.Paragraph | d.Quote):
            for inline in block.inlines:
                if isinstance(inline, d.Text):
                    assert re.sub(r"\s", "", d.clean(inline.text)) in bare


def test_a_mention_of_somebody_unknown_to_slack_says_their_name() -> None:
    document = replace(d.say("x"), blocks=(d.Paragraph((d.Mention("ana", ""), d.Mention("dan", ""))),))
    (block,) = message(document, {"ana": "U0ANA"})["blocks"]
    assert block["elements"] == [section({"type": "user", "user_id": "U0ANA"}, text("dan"))]
