"""Our messages as Matrix events: what each block becomes, and that others' words do nothing in them."""

import json
import re
import unicodedata
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chat.inlines import MARKS
from adapters.chat.matrix.render import LARGEST, edit, in_thread, message, reply
from adapters.chat.terminal import tone
from bot.chat import document as d

HANDLES = {"ana": "@ana:example.org", "ben": "@Ben_O'K/1:example.org", "caro": "@caro&<b>:[2001:db8::1]:8448"}
AT = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
TAGS = ("h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "hr", "br")
ALLOWED: dict[str, set[str]] = {tag: set() for tag in TAGS} | {"a": {"href"}}
"""The tags we use and their attributes, all of them in what Matrix suggests clients to show
(https://spec.matrix.org/latest/client-server-api/#mroommessage-msgtypes)."""


class Read(HTMLParser):
    """What a client makes of the HTML; fails where a tag is not allowed or not closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[tuple[str, str]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        assert {name for name, _ in attrs} <= ALLOWED[tag]
        if tag in ("br", "hr"):
            self.text += "\n"
            return
        self._open.append(tag)
        assert len(self._open) < 100
        if tag == "a":
            self.links.append((dict(attrs)["href"], ""))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if "a" in self._open:
            href, text = self.links[-1]
            self.links[-1] = (href, text + data)

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def weight(content: Any) -> int:
    return len(json.dumps(content, ensure_ascii=False).encode("utf-8"))


def said(*blocks: d.Block, tone: str = "info", handles: dict[str, str] | None = None) -> tuple[str, str]:
    content = message(d.Document("the summary", blocks, tone), HANDLES if handles is None else handles)
    return content["body"], content["formatted_body"]


TEXT = d.Paragraph(d.line("before"))

BLOCKS = {
    "heading": (d.Heading(d.line("seen")), "seen", "<h4>seen</h4>"),
    "largest heading": (d.Heading(d.line("seen"), level=0), "seen", "<h3>seen</h3>"),
    "smallest heading": (d.Heading(d.line("seen"), level=9), "seen", "<h6>seen</h6>"),
    "looks": (
        d.Paragraph((d.Text("a", bold=True), d.Text("b", italic=True), d.Text("c", code=True), d.Text("d", True, True, True))),
        "ab`c``d`",
        "<strong>a</strong><em>b</em><code>c</code><strong><em><code>d</code></em></strong>",
    ),
    "lines": (d.Paragraph(d.line("one\ntwo")), "one\ntwo", "one<br>two"),
    "bullets": (d.Bullets((d.line("one\nmore"), d.line("two"))), "- one\n  more\n- two", "<ul><li>one<br>more</li><li>two</li></ul>"),
    "numbers": (d.Bullets((d.line("one"), d.line("two")), ordered=True), "1. one\n2. two", "<ol><li>one</li><li>two</li></ol>"),
    "fields": (
        d.Fields((("Lead", (d.Mention("nobody", "Dan"),)), ("Since", (d.Time(AT, "02:14 UTC"),)))),
        "Lead: Dan\nSince: 02:14 UTC",
        "<p><strong>Lead:</strong> Dan<br><strong>Since:</strong> 02:14 UTC</p>",
    ),
    "code": (d.Code("a\n  <b>"), "a\n  <b>", "<pre><code>a\n  &lt;b&gt;</code></pre>"),
    "quote": (d.Quote(d.line("one\ntwo")), "> one\n> two", "<blockquote>one<br>two</blockquote>"),
    "divider": (d.Divider(), "---", "<hr>"),
    "buttons": (
        d.Buttons((d.Button("Resolve", "INC-7 resolve", "primary"), d.Button("", "INC-7 cancel", "danger"))),
        "Resolve: `!incident INC-7 resolve`\n`!incident INC-7 cancel`",
        "<p>Resolve: <code>!incident INC-7 resolve</code><br><code>!incident INC-7 cancel</code></p>",
    ),
    "time": (d.Paragraph((d.Text("at "), d.Time(AT, "02:14 UTC"))), "at 02:14 UTC", "at 02:14 UTC"),
    "tab": (d.Paragraph(d.line("a\tb\r\nc")), "a    b\nc", "a    b<br>c"),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(BLOCKS))
def test_a_block_reads_well_as_text_and_as_html(kind):
    block, body, html = BLOCKS[kind]
    assert said(block) == (body, html)
    Read(html)


def test_blocks_follow_each_other_and_only_what_would_run_together_is_set_apart():
    blocks = (
        d.Heading(d.line("INC-7")),
        TEXT,
        TEXT,
        d.Bullets((d.line("a"),)),
        d.Paragraph(()),
        TEXT,
        d.Heading(d.line("Tasks")),
    )
    body, html = said(*blocks)
    assert body == "INC-7\nbefore\n\nbefore\n- a\nbefore\n\nTasks"
    assert html == "<h4>INC-7</h4><p>before</p><p>before</p><ul><li>a</li></ul><p>before</p><h4>Tasks</h4>"  # fmt: skip


def test_a_message_is_a_notice_with_html():
    content = message(d.say("osd.17 is down"), HANDLES)
    assert content == {
        "msgtype": "m.notice",
        "body": "osd.17 is down",
        "format": "org.matrix.custom.html",
        "formatted_body": "osd.17 is down",
        "m.mentions": {},
    }


@pytest.mark.parametrize(
    "blocks",
    [
        (),
        (d.Paragraph(()),),
        (d.Bullets(()), d.Fields(()), d.Buttons(()), d.Code("\x00")),
        (d.Paragraph(d.line(" \n")),),
    ],
)
def test_a_document_whose_blocks_say_nothing_says_its_summary(blocks):
    body, html = said(*blocks)
    assert (body, Read(html).text) == ("the summary", "the summary")


def test_a_line_to_type_begins_with_the_prefix_that_was_given():
    document = d.Document("", (d.Buttons((d.Button("Resolve", "resolve"),)),))
    for content in (message(document, {}, "!inc"), edit(document, {}, "$1", "!inc")["m.new_content"]):
        assert content["body"] == "Resolve: `!inc resolve`"
        assert content["formatted_body"] == "<p>Resolve: <code>!inc resolve</code></p>"


@pytest.mark.parametrize("name", ["good", "warning", "bad", "refused"])
def test_a_tone_has_the_sign_it_has_in_a_terminal(name):
    assert MARKS[name] == tone(name).mark
    assert said(TEXT, tone=name) == (f"{MARKS[name]} before", f"{MARKS[name]} before")
    assert said(d.Heading(d.line("a")), TEXT, tone=name)[1] == f"<h4>{MARKS[name]} a</h4><p>before</p>"
    assert said(d.Divider(), TEXT, tone=name)[1] == "<hr><p>before</p>"


def test_no_sign_stands_before_another_one():
    assert said(d.Heading(d.line("🔴 INC-7")), tone="bad")[0] == "🔴 INC-7"


@pytest.mark.parametrize("name", ["info", "", "unheard-of"])
def test_information_has_no_sign(name):
    assert said(TEXT, tone=name)[0] == "before"


def test_who_is_known_is_mentioned_once_and_can_be_clicked():
    line = (
        d.Mention("ana", "Ana Ruiz"),
        d.Text(" and "),
        d.Mention("dan", "Dan"),
        d.Text(" and "),
        d.Mention("ana", ""),
    )
    content = message(d.Document("", (d.Paragraph(line),)), HANDLES)
    assert content["body"] == "Ana Ruiz and Dan and ana"
    assert Read(content["formatted_body"]).links == [
        ("https://matrix.to/#/@ana:example.org", "Ana Ruiz"),
        ("https://matrix.to/#/@ana:example.org", "ana"),
    ]
    assert content["m.mentions"] == {"user_ids": ["@ana:example.org"]}


@pytest.mark.parametrize(
    ("handle", "href"),
    [
        ("@ben/x=1'\"?#:example.org", "https://matrix.to/#/@ben%2Fx%3D1%27%22%3F%23:example.org"),
        ("@ä<b>&:[2001:db8::1]:8448", "https://matrix.to/#/@%C3%A4%3Cb%3E%26:%5B2001:db8::1%5D:8448"),
    ],
)
def test_a_matrix_id_is_written_so_that_it_ends_no_link(handle, href):
    content = message(d.Document("", (d.Paragraph((d.Mention("x", "X"),)),)), {"x": handle})
    assert Read(content["formatted_body"]).links == [(href, "X")]
    assert content["m.mentions"] == {"user_ids": [handle]}


@pytest.mark.parametrize(
    "handle",
    [
        "",
        "ana",
        "@ana",
        "ana:example.org",
        "@a b:example.org",
        "@a:\x00x",
        "@\ud800:x",
        "@a:b\n",
        "@" + "a" * 250 + ":b.org",
    ],
)
def test_what_is_no_matrix_id_is_not_mentioned(handle):
    content = message(d.Document("", (d.Paragraph((d.Mention("x", "X"),)),)), {"x": handle})
    assert (content["formatted_body"], content["m.mentions"]) == ("X", {})


@pytest.mark.parametrize(
    ("link", "body", "html"),
    [
        (d.Link("docs", "https://a.org/?a=1&b=2"), "docs <https://a.org/?a=1&b=2>", '<a href="https://a.org/?a=1&amp;b=2">docs</a>'),
        (d.Link("", "http://a.org"), "http://a.org", '<a href="http://a.org">http://a.org</a>'),
        (d.Link("mail", "mailto:a@b.org"), "mail <mailto:a@b.org>", '<a href="mailto:a@b.org">mail</a>'),
        (d.Link("room", "https://matrix.to/#/%23a:b.org"), "room <https://matrix.to/#/%23a:b.org>", '<a href="https://matrix.to/#/%23a:b.org">room</a>'),
        (d.Link("x", 'https://a.org/"><b>'), "x <https://a.org/%22%3E%3Cb%3E>", '<a href="https://a.org/%22%3E%3Cb%3E">x</a>'),
        (d.Link("ü", "https://ü.org/\u202e"), "ü <https://%C3%BC.org/>", '<a href="https://%C3%BC.org/">ü</a>'),
        (d.Link("https://ü.org", "https://ü.org"), "https://ü.org", '<a href="https://%C3%BC.org">https://ü.org</a>'),
        (d.Link("no\nwhere", ""), "no where", "no where"),
        (d.Link("x", "javascript:alert(1)"), "x <javascript:alert(1)>", "x &lt;javascript:alert(1)&gt;"),
        (d.Link("x", "java\nscript:alert(1)"), "x <javascript:alert(1)>", "x &lt;javascript:alert(1)&gt;"),
        (d.Link("x", "data:text/html,<b>"), "x <data:text/html,%3Cb%3E>", "x &lt;data:text/html,%3Cb%3E&gt;"),
        (d.Link("x", "//a.org"), "x <//a.org>", "x &lt;//a.org&gt;"),
        (d.Link("x", "/etc"), "x </etc>", "x &lt;/etc&gt;"),
        (d.Link("x", "https:"), "x <https:>", "x &lt;https:&gt;"),
        (d.Link("e12", "https://a.org", quiet=True), "e12", '<a href="https://a.org">e12</a>'),
        (d.Link("e12", "javascript:alert(1)", quiet=True), "e12", "e12"),
    ],
)  # fmt: skip
def test_only_addresses_of_the_web_and_of_mail_are_linked_and_all_are_shown_as_text(link, body, html):
    assert said(d.Paragraph((link,))) == (body, html)
    Read(html)


INJECTIONS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="https://matrix.to/#/@ana:example.org">Ana</a>',
    '"><b>',
    "</code></pre><h1>",
    "<!-- x",
    "&lt;b&gt; &#64;room &amp",
    "@room @ana:example.org Ana",
    "`**[x](javascript:alert(1))",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_others_words_are_shown_as_they_are_and_do_nothing(text):
    line = (d.Text(text),)
    for block in (
        d.Heading(line),
        d.Paragraph((d.Text(text, bold=True, code=True), d.Time(AT, text), d.Mention(text, text))),
        d.Bullets((line,)),
        d.Fields(((text, line),)),
        d.Code(text),
        d.Quote(line),
        d.Buttons((d.Button(text, text, text),)),
    ):
        content = message(d.Document(text, (block,), text), HANDLES)
        read = Read(content["formatted_body"])
        assert text in read.text
        assert text in content["body"]
        assert read.links == []
        assert content["m.mentions"] == {}
    assert Read(said(d.Paragraph((d.Link(text, "https://a.org"),)))[1]).links == [("https://a.org", text)]


def test_an_edit_replaces_the_whole_message_and_notifies_nobody():
    document = d.Document("", (d.Paragraph((d.Mention("ana", "Ana"), d.Text(" leads"))),))
    content = edit(document, HANDLES, "$card")
    assert content["m.new_content"] == message(document, HANDLES)
    assert content["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$card"}
    assert content["body"] == "* Ana leads"
    assert content["formatted_body"] == f"* {message(document, HANDLES)['formatted_body']}"
    assert (content["msgtype"], content["format"]) == ("m.notice", "org.matrix.custom.html")
    assert content["m.mentions"] == {}


def test_an_answer_in_a_thread_is_an_answer_where_there_are_no_threads():
    content = message(d.say("acknowledged"), {})
    threaded = in_thread(content, "$card")
    assert threaded.pop("m.relates_to") == {
        "rel_type": "m.thread",
        "event_id": "$card",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$card"},
    }
    assert threaded == content


def test_an_answer_names_what_it_answers():
    content = message(d.say("done"), {})
    answer = reply(content, "$asked")
    assert answer.pop("m.relates_to") == {"m.in_reply_to": {"event_id": "$asked"}}
    assert answer == content
    assert "m.relates_to" not in content


HEBREW = "שלום עולם"


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ((d.Text(HEBREW),), HEBREW),
        ((d.Text("שלום "), d.Text("עולם", bold=True)), HEBREW),
        ((d.Text("INC-7", bold=True), d.Text(f" · {HEBREW} 3 · "), d.Text("2 alerts")), f"INC-7 · \u2068{HEBREW} 3\u2069 · 2 alerts"),
        ((d.Text("a "), d.Text("שלום "), d.Text("עולם", bold=True), d.Text(" b")), f"a \u2068{HEBREW}\u2069 b"),
        ((d.Text("a "), d.Text("שלום\nעולם")), "a \u2068שלום\u2069\n\u2068עולם\u2069"),
        ((d.Text("a "), d.Text(HEBREW, code=True)), f"a `{HEBREW}`"),
        ((d.Mention("ana", "אנה"), d.Text(" leads")), "\u2068אנה\u2069 leads"),
        ((d.Text("a "), d.Text("\u202eevil\u2066\u2069\u202c")), "a evil"),
        ((d.Text("a "), d.Text("b\u200f 1"), d.Text(" c")), "a \u2068b\u200f 1\u2069 c"),
        ((d.Link(HEBREW, "https://a.org"),), f"\u2068{HEBREW}\u2069 <https://a.org>"),
    ],
)  # fmt: skip
def test_what_is_written_from_right_to_left_changes_no_order_around_it(line, body):
    shown, html = said(d.Paragraph(line))
    assert shown == body
    assert Read(html).text.replace("\u2068", "").replace("\u2069", "") in re.sub("[\u2068\u2069`]", "", body)
    assert html.count("\u2068") == html.count("\u2069") == body.count("\u2068")


def test_the_name_of_a_field_and_the_words_of_a_button_stand_beside_something():
    assert said(d.Fields(((HEBREW, d.line(HEBREW)),)))[0] == f"\u2068{HEBREW}\u2069: \u2068{HEBREW}\u2069"
    assert said(d.Buttons((d.Button(HEBREW, "resolve"),)))[0] == f"\u2068{HEBREW}\u2069: `!incident resolve`"
    assert said(d.Paragraph(d.line(HEBREW)), tone="good")[0] == f"✓ \u2068{HEBREW}\u2069"


HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(
            "\x00\x1b\x7f\x9b\r\t\n\ud800\u202e\u2066\u2068\u2069\u200f\u200d\u2028\ufeff\uffff<>&\"'\\@:👩🏽漢שع"
        ),
    ),
    max_size=60,
) | st.sampled_from(INJECTIONS)
ADDRESS = HOSTILE | st.builds(
    "{}{}".format, st.sampled_from(["https://", "http://a.", "mailto:", "HTTPS://x/"]), HOSTILE
)
INLINE = st.one_of(
    st.builds(d.Text, HOSTILE, st.booleans(), st.booleans(), st.booleans()),
    st.builds(d.Link, HOSTILE, ADDRESS),
    st.builds(d.Mention, HOSTILE | st.sampled_from(["ana", "ben", "caro"]), HOSTILE),
    st.builds(d.Time, st.just(AT), HOSTILE),
)
LINE = st.lists(INLINE, max_size=4).map(tuple)
BLOCK = st.one_of(
    st.builds(d.Heading, LINE, st.integers(-1, 9)),
    st.builds(d.Paragraph, LINE),
    st.builds(d.Bullets, st.lists(LINE, max_size=3).map(tuple), st.booleans()),
    st.builds(d.Fields, st.lists(st.tuples(HOSTILE, LINE), max_size=4).map(tuple)),
    st.builds(d.Code, HOSTILE),
    st.builds(d.Quote, LINE),
    st.just(d.Divider()),
    st.builds(d.Buttons, st.lists(st.builds(d.Button, HOSTILE, HOSTILE, HOSTILE), max_size=3).map(tuple)),
)
DOCUMENT = st.builds(
    d.Document, HOSTILE, st.lists(BLOCK, max_size=5).map(tuple), HOSTILE | st.sampled_from(["good", "bad"])
)


def spoken(document: d.Document) -> list[str]:
    """Every text in a document that somebody should read."""
    texts: list[str] = []
    for block in document.blocks:
        match block:
            case d.Heading() | d.Paragraph() | d.Quote():
                texts += [part.text for part in block.inlines]
            case d.Bullets():
                texts += [part.text for item in block.items for part in item]
            case d.Fields():
                texts += [name for name, _ in block.fields]
                texts += [part.text for _, value in block.fields for part in value]
            case d.Code():
                texts.append(block.text)
            case d.Buttons():
                texts += [text for button in block.buttons for text in (button.text, button.line)]
            case d.Divider():
                pass
    return texts


def bare(text: str) -> str:
    """Letters and signs alone: without space, our isolates and what a line begins with."""
    return "".join(char for char in text if not char.isspace() and char not in "\u2068\u2069>")


@settings(max_examples=400, deadline=None)
@given(document=DOCUMENT)
def test_any_document_becomes_an_event_in_which_nothing_is_lost_and_nothing_is_live(document):
    content = message(document, HANDLES)
    changed = edit(document, HANDLES, "$" + "x" * 43)
    read = Read(content["formatted_body"])
    Read(changed["formatted_body"])
    assert weight(content) < weight(changed) <= LARGEST
    assert json.loads(json.dumps(changed)) == changed
    shown = content["body"] + read.text
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cs") and char != "\n"]
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067")
    assert shown.count("\u2068") == shown.count("\u2069")
    assert "The rest was cut" not in content["body"]
    for text in spoken(document):
        assert bare(d.clean(text)) in bare(content["body"])
        assert bare(d.clean(text)) in bare(read.text)
    assert all(re.match(r"https?://|mailto:", href, re.IGNORECASE) for href, _ in read.links)
    assert set(content["m.mentions"].get("user_ids", [])) <= set(HANDLES.values())


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("INC-1 undo", "`!incident INC-1 undo`"),
        ("help all", "`!incident help all`"),
        ("publish investigating TEXT title=TITLE", "`!incident publish investigating TEXT title=TITLE`"),
        ("investigating", "`investigating`"),
        ("klatsch serve", "`klatsch serve`"),
        ("people.ana.page", "`people.ana.page`"),
        ("INC-1", "`INC-1`"),
        ("undone", "`undone`"),
    ],
)
def test_a_line_for_the_bot_is_shown_as_it_has_to_be_typed(code: str, shown: str) -> None:
    document = d.Document("s", (d.Paragraph((d.Text("undo: "), d.Text(code, code=True))),))
    content = message(document, {})
    assert content["body"] == f"undo: {shown}"
    assert f"<code>{shown.strip('`')}</code>" in content["formatted_body"]
