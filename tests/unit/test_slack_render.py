"""Our messages as Slack's blocks: what each block becomes, that it is what Slack takes, and that others' words do nothing in it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.chat.inlines import MARKS
from adapters.chat.slack.markup import escaped
from adapters.chat.slack.render import message
from bot.chat import document as d
from bot.chat.card import card
from bot.chat.templates import Templates
from bot.incident.model import Incident, Moment, Paging, Person, PublicStatus, Role, Severity, Stamp, Task
from bot.incident.policy import Way
from tests.golden_files import golden
from tests.unit.slack_blocks import check, grid, inert, section, shown, text

HANDLES = {"ana": "U0ANA", "ben": "W0BEN", "mallory": "!channel", "small": "u0small"}
AT = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
HEBREW = "\u05e9\u05dc\u05d5\u05dd"


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
    assert said(BEFORE, d.Divider())[-1] == {"type": "divider"}


def test_a_message_without_a_word_in_its_blocks_says_its_summary() -> None:
    assert inside(d.Divider()) == [section(text("the summary"))]


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
    ways = (Way("ntfy"), Way("email", timedelta(minutes=2)))
    document = card(
        incident, people=people, zone="Europe/Berlin", now=now, templates=Templates(), ways=lambda person: ways
    )
    content = message(document, {"ana": "U0ANA"})
    check(content["blocks"])
    golden("slack/card.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def test_a_mention_of_somebody_unknown_to_slack_says_their_name() -> None:
    document = replace(d.say("x"), blocks=(d.Paragraph((d.Mention("ana", ""), d.Mention("dan", ""))),))
    (block,) = message(document, {"ana": "U0ANA"})["blocks"]
    assert block["elements"] == [section({"type": "user", "user_id": "U0ANA"}, text("dan"))]
