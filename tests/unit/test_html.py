"""Documents as HTML: every block, every word escaped, nothing that runs or loads."""

import re

from hypothesis import given
from hypothesis import strategies as st

from adapters.html import fragment
from bot.chat import document as d
from bot.chat.drawing import Drawing
from tests.clock import START

PICTURE = d.Picture("p", "a picture", Drawing(10, 10, ()))


def html(*blocks: d.Block) -> str:
    return fragment(d.Document("a summary", blocks), lambda picture: f"<img alt={picture.name}>")


def test_each_block_has_its_element() -> None:
    shown = html(
        d.Heading(d.line("Title"), level=1),
        d.Heading(d.line("Part")),
        d.Paragraph((d.Text("a"), d.Text("b", bold=True), d.Text("c", italic=True, code=True))),
        d.Quote(d.line("said")),
        d.Bullets((d.line("x"), d.line("y")), ordered=True),
        d.Fields((("Lead", d.line("Ana")),)),
        d.Code("a\nb"),
        d.Divider(),
        PICTURE,
        d.Buttons((d.Button("Vote", "coffee vote 3"),)),
    )
    assert shown.split("\n") == [
        "<h1>Title</h1>",
        "<h2>Part</h2>",
        "<p>a<strong>b</strong><em><code>c</code></em></p>",
        "<blockquote><p>said</p></blockquote>",
        "<ol><li>x</li>",
        "<li>y</li></ol>",
        "<dl><dt>Lead</dt><dd>Ana</dd></dl>",
        "<pre><code>a",
        "b</code></pre>",
        "<hr>",
        "<img alt=p>",
        "<ul><li>Vote: <code>coffee vote 3</code></li></ul>",
    ]


def test_inlines_lead_only_where_people_may_be_led() -> None:
    shown = html(
        d.Paragraph(
            (
                d.Link("web", "https://example.org/?a=1&b=2"),
                d.Link("script", "javascript:x"),
                d.Link("data", "data:text/html,x"),
                d.Mention("ana", "Ana <Ruiz>"),
                d.Time(START, "14:05"),
            )
        )
    )
    assert '<a href="https://example.org/?a=1&amp;b=2" rel="noreferrer">web</a>script' in shown
    assert "javascript" not in shown
    assert "data:" not in shown
    assert "Ana &lt;Ruiz&gt;" in shown
    assert f'<time datetime="{START.isoformat()}">14:05</time>' in shown


def test_without_blocks_the_summary_stands() -> None:
    assert html() == html(d.Paragraph(()), d.Bullets(()), d.Code("")) == "<p>a summary</p>"


@given(st.text(max_size=200))
def test_whatever_a_text_holds_it_opens_no_element(text: str) -> None:
    line = (d.Text(text), d.Link(text, text), d.Mention("x", text), d.Time(START, text))
    blocks = (
        d.Paragraph(line),
        d.Bullets((line,)),
        d.Fields(((text, line),)),
        d.Code(text),
        d.Buttons((d.Button(text, text),)),
    )
    tags = set(re.findall(r"<\s*/?\s*([A-Za-z!][A-Za-z0-9]*)", html(*blocks)))
    assert tags <= {"p", "ul", "li", "dl", "dt", "dd", "pre", "code", "a", "time", "br"}
