"""Our messages as Matrix events: what is too long is cut, says so, and fits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chat.matrix.render import LARGEST, LARGEST_SEALED, edit, in_thread, message, reply
from adapters.chat.matrix.sheet import Sheet
from bot.chat import document as d
from tests.unit.test_matrix_render import DOCUMENT, HANDLES, Read, said, weight

CUT = "… The rest was cut: it does not fit into one message."

MEGABYTE = 1_000_000
LONG = {
    "letters": d.Paragraph((d.Text("a" * MEGABYTE),)),
    "what HTML escapes": d.Paragraph((d.Text("<&>" * (MEGABYTE // 3), bold=True),)),
    "what JSON escapes": d.Code('"\\\n' * (MEGABYTE // 3)),
    "lines of a quote": d.Quote((d.Text("\n" * MEGABYTE + "x"),)),
    "emoji": d.Paragraph((d.Text("👩🏽‍🚒" * (MEGABYTE // 4)),)),
    "right to left": d.Paragraph((d.Text("a"), d.Text("שלום\n" * (MEGABYTE // 5)), d.Link("x", "https://a.org"))),
    "no letters": d.Code("\ud800\x00" * (MEGABYTE // 2) + "a" * MEGABYTE),
    "a heading": d.Heading((d.Text("ä" * MEGABYTE),)),
    "bullets": d.Bullets((d.line("x"),) * 100_000),
    "empty bullets": d.Bullets(((),) * 100_000, ordered=True),
    "a bullet": d.Bullets(((d.Text("x" * MEGABYTE, code=True),),)),
    "fields": d.Fields((("name", d.line("value")),) * 100_000),
    "a field": d.Fields((("n" * MEGABYTE, ()),)),
    "buttons": d.Buttons((d.Button("Resolve", "resolve"),) * 100_000),
    "a button": d.Buttons((d.Button("Resolve", "r" * MEGABYTE),)),
    "an address": d.Paragraph((d.Text("a"), d.Link("x", "https://a.org/" + "a" * MEGABYTE))),
    "a link": d.Paragraph((d.Link("x" * MEGABYTE, "https://a.org/"),)),
    "mentions": d.Paragraph(tuple(d.Mention(f"p{number}", "P") for number in range(10_000))),
    "dividers": None,
}
MANY = {f"p{number}": f"@person-{number}:example.org" for number in range(10_000)}


@pytest.mark.parametrize("kind", sorted(LONG))
def test_what_is_too_long_is_cut_and_says_so(kind):
    block = LONG[kind]
    document = d.Document("s" * MEGABYTE, (block,) if block else (d.Divider(),) * 100_000)
    content = message(document, MANY)
    changed = edit(document, MANY, "$" + "x" * 254)
    assert changed["m.new_content"] == content
    for shown in (content, changed):
        assert shown["body"].endswith(CUT)
        assert shown["body"].count(CUT) == 1
        assert Read(shown["formatted_body"]).text.endswith(CUT)
        assert len(set(shown["m.mentions"].get("user_ids", []))) == shown["formatted_body"].count("matrix.to") * (
            shown is content
        )
    for whole in (in_thread(content, "$" + "x" * 254), reply(content, "$" + "x" * 254), changed):
        assert weight(whole) <= LARGEST == 60_000


@pytest.mark.parametrize("kind", sorted(LONG))
def test_where_there_is_less_room_it_is_cut_to_that(kind):
    block = LONG[kind]
    document = d.Document("s" * MEGABYTE, (block,) if block else (d.Divider(),) * 100_000)
    content = message(document, MANY, room=LARGEST_SEALED)
    for whole in (in_thread(content, "$" + "x" * 254), edit(document, MANY, "$" + "x" * 254, room=LARGEST_SEALED)):
        assert weight(whole) <= LARGEST_SEALED


def test_as_much_is_kept_as_there_is_room_for():
    content = message(d.Document("", (d.Code("a" * MEGABYTE),)), {})
    assert 52_500 < weight(content) < 53_500
    assert weight(edit(d.Document("", (d.Code("a" * MEGABYTE),)), {}, "$1")) > 59_000


@pytest.mark.parametrize("more", range(12))
def test_what_just_fits_is_not_cut(more):
    """Of one message a letter longer than the other, the longer one is cut, and no message is longer than the limit."""
    lengths = [message(d.Document("", (d.Code("<" * size),)), {}) for size in range(9_000 + more, 11_000, 12)]
    cut = [CUT in content["body"] for content in lengths]
    assert cut == sorted(cut)
    assert {True, False} == set(cut)
    assert all(content["body"].rstrip("<") == "" for content in lengths if CUT not in content["body"])


def test_half_a_command_or_half_an_address_is_never_shown():
    for size in range(52_000, 53_100, 7):
        code = d.Code("a" * (size // 2))
        buttons = said(code, d.Buttons((d.Button("Resolve", "INC-7 resolve now"),)))[0]
        assert "INC-7" not in buttons or "`!incident INC-7 resolve now`" in buttons
        body, html = said(code, d.Paragraph((d.Link("there", "https://example.org/a/b"),)))
        assert "https:" not in body or "<https://example.org/a/b>" in body
        assert [href for href, _ in Read(html).links] in ([], ["https://example.org/a/b"])


@settings(max_examples=100, deadline=None)
@given(document=DOCUMENT, times=st.integers(1, 3_000))
def test_however_long_a_document_is_its_event_fits(document, times):
    longer = d.Document(document.summary, (document.blocks * times)[:3_000], document.tone)
    for content in (in_thread(message(longer, HANDLES), "$" + "x" * 254), edit(longer, HANDLES, "$" + "x" * 254)):
        assert weight(content) <= LARGEST
        Read(content["formatted_body"])


@pytest.mark.parametrize("text", ["<" * 100, "a\n" * 100, '"\\' * 100, "👩🏽‍🚒" * 100, "ä<" * 100])
def test_of_a_text_the_last_letter_that_fits_is_kept(text):
    for room in range(2, 150):
        sheet, wider = Sheet(room), Sheet(room * 10)
        sheet.text(text, margin="> ")
        assert sheet.full
        size = weight([sheet.body, sheet.html]) - weight(["", ""])
        kept = len(sheet.body.replace("\n> ", "\n"))
        wider.text(text[: kept + 1], margin="> ")
        assert size <= room < weight([wider.body, wider.html]) - weight(["", ""])


def test_nothing_comes_after_what_did_not_fit():
    sheet = Sheet(20)
    with sheet.inside("<p>", "</p>") as opened:
        assert opened
        assert not sheet.put("a" * 10, "a" * 10)
        assert not sheet.put("a", "a")
        assert not sheet.take(1)
        sheet.text("a")
        with sheet.inside("<b>", "</b>") as within:
            assert not within
    assert (sheet.body, sheet.html) == ("", "<p></p>")
