"""Markdown to documents and back; any value as literal text."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.chat.document import (
    Bullets,
    Button,
    Buttons,
    Code,
    Divider,
    Document,
    Fields,
    Heading,
    Link,
    Mention,
    Paragraph,
    Quote,
    Text,
    Time,
    clean,
    plain,
)
from bot.chat.markdown import escape, parse_markdown, to_markdown
from bot.chat.markdown_out import code_span

AT = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
T = Text

BLOCKS = [
    ("# One", Heading((T("One"),), 1)),
    ("### Three", Heading((T("Three"),), 3)),
    ("one\ntwo", Paragraph((T("one two"),))),
    ("one\\\ntwo", Paragraph((T("one\ntwo"),))),
    ("a **b** c", Paragraph((T("a "), T("b", bold=True), T(" c")))),
    ("*a* ***b***", Paragraph((T("a", italic=True), T(" "), T("b", bold=True, italic=True)))),
    ("run `ceph -s`", Paragraph((T("run "), T("ceph -s", code=True)))),
    ("[Ana](person:ana) did", Paragraph((Mention("ana", "Ana"), T(" did")))),
    ("[U1](person:slack:U1)", Paragraph((Mention("slack:U1", "U1"),))),
    ("[14:05](time:2026-03-01T14:05:00+00:00)", Paragraph((Time(AT, "14:05"),))),
    ("[never](time:tomorrow)", Paragraph((T("never"),))),
    ("[room](https://example.org/a?b=c&d)", Paragraph((Link("room", "https://example.org/a?b=c&d"),))),
    ("[x](javascript:alert(1))", Paragraph((T("[x](javascript:alert(1))"),))),
    ("[x](../up)", Paragraph((T("x"),))),
    ("![graph](https://example.org/g.png)", Paragraph((Link("graph", "https://example.org/g.png"),))),
    ("<b>no</b>", Paragraph((T("<b>no</b>"),))),
    ("- a\n- b", Bullets(((T("a"),), (T("b"),)))),
    ("1. a\n2. b", Bullets(((T("a"),), (T("b"),)), ordered=True)),
    ("- a\n  - b", Bullets(((T("a\nb"),),))),
    (
        "- **Lead:** Ana\n- **Status:** `ok`",
        Fields((("Lead", (T("Ana"),)), ("Status", (T("ok", code=True),)))),
    ),
    ("- **Lead:** Ana\n- b", Bullets(((T("Lead:", bold=True), T(" Ana")), (T("b"),)))),
    ("> a\n> b", Quote((T("a b"),))),
    ("```\na *b*\n```", Code("a *b*")),
    ("---", Divider()),
]


@pytest.mark.parametrize(("text", "block"), BLOCKS, ids=[text for text, _ in BLOCKS])
def test_a_text_is_read_as_a_block(text, block):
    assert parse_markdown(text) == (block,)


@settings(max_examples=300)
@given(
    st.text(alphabet=st.sampled_from("ab1. )(#*_`~-+=!&<>[]\\|:;\n\t\"'/@ \xa0\x00"), min_size=1) | st.text(min_size=1)
)
@example("1. one")
@example("foo #")
@example("&amp;")
@example("![x](y)")
@example("=== ")
@example("<https://example.org>")
def test_any_value_is_one_literal_paragraph(value):
    wanted = " ".join(clean(value).split())
    blocks = parse_markdown(escape(value))
    if not wanted:
        assert blocks == ()
        return
    (block,) = blocks
    assert isinstance(block, Paragraph)
    assert all(type(inline) is Text and not inline.bold and not inline.code for inline in block.inlines)
    assert plain(block.inlines) == wanted


@given(st.text())
def test_a_value_in_a_list_or_heading_stays_in_it(value):
    (heading,) = parse_markdown(f"## x {escape(value)}")
    assert plain(heading.inlines) == " ".join(clean(f"x {value}").split())
    (bullets,) = parse_markdown(f"- x {escape(value)}\n- y")
    assert len(bullets.items) == 2


@given(st.text(alphabet="ab` ", min_size=1))
def test_any_value_is_code_whatever_backticks_are_in_it(value):
    wanted = " ".join(value.split())
    blocks = parse_markdown(code_span(value))
    assert blocks == ((Paragraph((Text(wanted, code=True),)),) if wanted else ())


@given(st.text())
@example("[" * 500)
@example("> " * 500 + "a")
@example("- " * 200 + "a")
def test_reading_never_fails(text):
    assert isinstance(parse_markdown(text), tuple)


WORDS = st.text(min_size=1, max_size=12).map(lambda text: " ".join(clean(text).split())).filter(bool)
STYLED = st.builds(Text, st.from_regex(r"[a-z]{1,6}", fullmatch=True), bold=st.booleans(), italic=st.booleans())
INLINE = st.one_of(
    st.builds(Text, WORDS),
    st.builds(Text, WORDS.filter(lambda text: "`" not in text), code=st.just(True)),
    STYLED,
    st.builds(Mention, st.from_regex(r"[a-z]{1,6}(:U[0-9]{1,3})?", fullmatch=True), WORDS),
    st.builds(Time, st.just(AT), WORDS),
    st.builds(Link, WORDS, st.just("https://example.org/x_(y)?a=*b*")),
)


@st.composite
def lines(draw):
    """Inlines with plain space between them, as templates have."""
    parts = draw(st.lists(INLINE, min_size=1, max_size=4))
    joined = []
    for part in parts:
        styled = not isinstance(part, Text) or part.bold or part.italic or part.code
        if joined and not styled and isinstance(joined[-1], Text) and joined[-1].text.startswith(" "):
            joined[-1] = Text(f"{joined[-1].text}{part.text}")
        elif styled:
            joined += [part]
        else:
            joined += [Text(f" {part.text}")] if joined else [part]
        if styled:
            joined.append(Text(" ."))
        else:
            joined[-1] = Text(f"{joined[-1].text} .")
    return tuple(joined)


def look(line):
    """A line as runs of characters with their looks, however it is cut into inlines."""
    runs = []
    for inline in line:
        if isinstance(inline, Text):
            runs += [(char, inline.bold, inline.italic, inline.code) for char in inline.text]
        else:
            runs.append(inline)
    return runs


@given(lines())
def test_what_is_written_is_read_back(inlines):
    (block,) = parse_markdown(to_markdown(Document("", (Paragraph(inlines),))))
    assert look(block.inlines) == look(inlines)


def test_every_block_is_written_and_read_back():
    blocks = tuple(block for _, block in BLOCKS if block not in (Paragraph((T("[x](javascript:alert(1))"),)),))
    separated = tuple(part for block in blocks for part in (block, Paragraph((T("between"),))))
    assert parse_markdown(to_markdown(Document("", separated))) == separated


def test_buttons_are_written_as_their_lines():
    document = Document("", (Buttons((Button("Ack", "INC-7 ack"),)),))
    assert to_markdown(document) == "- Ack: `INC-7 ack`\n"
