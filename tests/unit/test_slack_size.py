"""What is too long for Slack, and what is too odd."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat.slack.render import LARGEST, LARGEST_VIEW, message, view_blocks, weight
from bot.chat import document as d
from bot.chat.manual import help_document
from tests.unit.slack_blocks import CUT, check, inert, shown

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
"""The documents are meant to be large; only where one fails would anybody read it."""

HANDLES = {"ana": "U0ANA", "ben": "W0BEN", "mallory": "!channel", "small": "u0small"}
AT = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)


def written(*blocks: d.Block) -> list[dict[str, Any]]:
    content = message(d.Document("the summary", blocks), HANDLES)
    check(content["blocks"])
    return list(content["blocks"])


def test_what_does_not_fit_is_cut_at_the_end_and_says_so() -> None:
    blocks = written(*(d.Paragraph(d.line(f"{n} " + "ä" * 500)) for n in range(40)))
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
    blocks = written(
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
