"""A document as HTML for mail and pages: every block is there, and what strangers wrote stays words."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.documents_html import html, image, inline
from bot.chat import document as d
from bot.chat.drawing import Dot, Drawing

AT = datetime(2026, 11, 27, 9, 5, tzinfo=UTC)
PICTURE = d.Picture("durations", 'Time to detect: "n = 3"', Drawing(360, 40, (Dot(20, 20, 3.5),)))
HOSTILE = "</p><script>alert(1)</script><img src=x onerror=alert(2)> \" ' & \x00\x1b[31m\u202e"
TAGS = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code", "hr", "br"),
    *("strong", "em", "a", "time", "img"),
}


class Read(HTMLParser):
    """What a reader of HTML finds: the tags in their order, their attributes, and the words."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("br", "hr", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def attached(picture: d.Picture) -> str:
    return image(picture, f"cid:{picture.name}")


def shown(*blocks: d.Block, tone: str = "info", prefix: str = "") -> str:
    return html(d.Document("summary", blocks, tone), attached, prefix).rstrip("\n")


@pytest.mark.parametrize(
    ("block", "written"),
    [
        (d.Heading(d.line("Week 48")), "<h2>Week 48</h2>"),
        (d.Heading(d.line("Week 48"), level=9), "<h6>Week 48</h6>"),
        (d.Paragraph((d.Text("one\ntwo & "), d.Text("three", bold=True))), "<p>one<br>\ntwo &amp; <strong>three</strong></p>"),
        (d.Paragraph((d.Text("a", italic=True, code=True),)), "<p><em><code>a</code></em></p>"),
        (d.Quote(d.line("slow")), "<blockquote>slow</blockquote>"),
        (d.Bullets((d.line("a"), d.line("b"))), "<ul><li>a</li>\n<li>b</li></ul>"),
        (d.Bullets((d.line("a"),), ordered=True), "<ol><li>a</li></ol>"),
        (d.Fields((("Impact", d.line("none")), ("Sev", d.line("2")))), "<p><strong>Impact:</strong> none<br>\n<strong>Sev:</strong> 2</p>"),
        (d.Code("a < b\nc"), "<pre><code>a &lt; b\nc</code></pre>"),
        (d.Divider(), "<hr>"),
        (d.Buttons((d.Button("Add", "coffee add"),)), "<p>Add: <code>!inc coffee add</code></p>"),
        (d.Paragraph((d.Text("coffee add", code=True),)), "<p><code>coffee add</code></p>"),
        (d.Paragraph((d.Link("INC-7", "https://example.org/?a=1&b"),)), '<p><a href="https://example.org/?a=1&amp;b" rel="noreferrer">INC-7</a></p>'),
        (d.Paragraph((d.Link("here", "javascript:alert(1)"),)), "<p>here</p>"),
        (d.Paragraph((d.Mention("ana", "Ana"),)), "<p><strong>Ana</strong></p>"),
        (d.Paragraph((d.Time(AT, "10:05"),)), '<p><time datetime="2026-11-27T09:05:00+00:00">10:05</time></p>'),
        (
            PICTURE,
            '<p><img src="cid:durations" alt="Time to detect: &quot;n = 3&quot;" width="360" height="40" style="max-width:100%;height:auto"></p>',
        ),
    ],
)  # fmt: skip
def test_each_block_is_shown(block: d.Block, written: str) -> None:
    assert shown(block, prefix="!inc") == written


def test_lines_to_type_begin_as_they_have_to_be_typed() -> None:
    assert (
        shown(d.Paragraph((d.Text("note hello", code=True),)), prefix="!inc") == "<p><code>!inc note hello</code></p>"
    )
    assert shown(d.Paragraph((d.Text("note hello", code=True),))) == "<p><code>note hello</code></p>"


@pytest.mark.parametrize(
    "block", [d.Paragraph(()), d.Heading(d.line(" ")), d.Bullets(()), d.Fields(()), d.Code(""), d.Buttons(())]
)
def test_what_says_nothing_is_left_out_and_the_summary_stands_for_nothing(block: d.Block) -> None:
    assert shown(block, d.Divider()) == "<hr>"
    assert shown(block) == "<p>summary</p>"


def test_the_first_words_say_how_it_is_meant() -> None:
    blocks = (d.Divider(), d.Quote(d.line("q")), d.Heading(d.line("a")), d.Paragraph(d.line("b")))
    assert shown(*blocks, tone="bad") == "<hr>\n<blockquote>q</blockquote>\n<h2>▲ a</h2>\n<p>b</p>"
    assert shown(tone="good") == "<p>✓ summary</p>"


def test_a_picture_stands_in_the_page_itself_where_that_may_be() -> None:
    written = html(d.Document("", (PICTURE,)), inline)
    assert written.startswith("<p><svg xmlns=")
    assert written.endswith("</svg></p>\n")
    assert '<title>Time to detect: "n = 3"</title>' in written


def everywhere(text: str) -> d.Document:
    """`text` in every place that words may stand in."""
    words: d.Line = (
        d.Text(text, bold=True, code=True),
        d.Link(text, f"https://example.org/{text}"),
        d.Link(text, text),
        d.Mention(text, text),
        d.Time(AT, text),
    )
    return d.Document(
        text,
        (
            d.Heading(words),
            d.Paragraph(words),
            d.Quote(words),
            d.Bullets((words, words)),
            d.Fields(((text, words),)),
            d.Code(text),
            d.Picture(text, text, PICTURE.drawing),
            d.Buttons((d.Button(text, text),)),
        ),
    )


@given(st.one_of(st.text(), st.sampled_from([HOSTILE, "<!--", "]]>", "&lt;", "'\"><x"])), st.sampled_from(["", "!inc"]))
def test_words_of_strangers_begin_nothing(text: str, prefix: str) -> None:
    found = Read(html(everywhere(text), attached, prefix))
    assert found.open == []
    assert {*found.tags} <= TAGS
    assert {name for name, _ in found.attributes} <= {
        "href",
        "rel",
        "datetime",
        "src",
        "alt",
        "width",
        "height",
        "style",
    }
    addresses = [value or "" for name, value in found.attributes if name in ("href", "src")]
    assert all(address.lower().startswith(("https://", "http://", "mailto:", "cid:")) for address in addresses)
    assert not {"\x00", "\x1b", "\u202e"} & {*found.words}


def test_hostile_words_are_read_as_they_were_written() -> None:
    assert Read(html(d.say("<b>&amp;</b>"), attached)).words.strip() == "<b>&amp;</b>"


def test_words_from_right_to_left_keep_their_neighbours_in_order() -> None:
    line = (d.Text("INC-7: "), d.Text("שלום"), d.Text(" 12"))
    assert shown(d.Paragraph(line)) == "<p>INC-7: \u2068שלום\u2069 12</p>"
