"""Templates: every value escaped, none missing, ours replaceable one by one."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.document import Bullets, Document, Fields, Link, Mention, Paragraph, Text, Time, clean, plain
from bot.chat.templates import PACKAGED, TemplateError, Templates, and_, slug

AT = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
NASTY = "# **x** [y](https://evil.example) `z` <b> \x1b[31m\n- a"


def templates(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return Templates(str(tmp_path))


def test_every_value_is_literal(tmp_path):
    document = templates(tmp_path, t_md_j2="{{ a }}\n\n- {{ a }}\n- {{ b }}\n").document("t.md.j2", a=NASTY, b=7)
    wanted = " ".join(clean(NASTY).split())
    assert document.blocks == (Paragraph((Text(wanted),)), Bullets(((Text(wanted),), (Text("7"),))))
    assert document.summary == wanted


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    return templates(tmp_path_factory.mktemp("fields"), t_md_j2="- **A:** {{ a }}\n- **B:** b\n")


@given(value=st.text())
def test_a_value_inside_a_field_stays_there(fields, value):
    (block,) = fields.document("t.md.j2", a=value).blocks
    assert isinstance(block, Fields)
    assert [name for name, _ in block.fields] == ["A", "B"]
    assert plain(block.fields[0][1]) == " ".join(clean(value).split())


def test_filters_make_code_mentions_times_and_links(tmp_path):
    text = (
        "{{ a | code }} {{ p | mention(who) }} {{ at | time('Europe/Berlin') }} {{ 'room' | link(url) }} {{ m | raw }}"
    )
    document = templates(tmp_path, t_md_j2=text).document(
        "t.md.j2", a="x`y", p="ana", who={"ana": "Ana *"}.get, at=AT, url="https://example.org/a b)", m="**b**"
    )
    (paragraph,) = document.blocks
    assert [inline for inline in paragraph.inlines if inline != Text(" ")] == [
        Text("x`y", code=True),
        Mention("ana", "Ana *"),
        Time(AT, "15:05"),
        Link("room", "https://example.org/a%20b)"),
        Text("b", bold=True),
    ]


def test_a_text_template_has_no_markdown(tmp_path):
    text = "{{ a }} {{ a | code }} {{ p | mention(who) }} {{ at | time('Europe/Berlin') }}"
    rendered = templates(tmp_path, t_txt_j2=text).render(
        "t.txt.j2", a="*x*\x1b\n", p="ana", who={"ana": "A_B"}.get, at=AT
    )
    assert rendered == "*x* *x* A_B 15:05"


BROKEN = [
    ("one\n{{ nothing }}\n", "line 2: 'nothing' is undefined"),
    ("one\n{{ incident.shape }}\n", "line 2"),
    ("one\n\n{% if %}\n", "line 3"),
    ("{{ 1 / 0 }}", "line 1: division by zero"),
    ("{{ a | shout }}", "No filter named 'shout'"),
    ("{{ a | time('Nowhere/City') }}", "line 1"),
]


@pytest.mark.parametrize(("text", "words"), BROKEN, ids=[text for text, _ in BROKEN])
def test_an_error_names_the_file_and_the_line(tmp_path, text, words):
    broken = templates(tmp_path, t_md_j2=text)
    with pytest.raises(TemplateError) as caught:
        broken.render("t.md.j2", incident=object(), a=AT)
    assert str(tmp_path / "t.md.j2") in str(caught.value)
    assert words in str(caught.value)


def test_a_template_that_is_not_there_is_named():
    with pytest.raises(TemplateError, match=r"no template nothing\.md\.j2"):
        Templates().render("nothing.md.j2")


def test_a_folder_replaces_single_templates(tmp_path):
    own = Templates(str(tmp_path))
    (tmp_path / "room_name.txt.j2").write_text("war-{{ incident }}")
    assert own.render("room_name.txt.j2", incident=7) == "war-7"
    assert own.render("page.txt.j2", **PAGE, text="x").startswith("SEV1 INC-7: t")


@pytest.mark.parametrize("broken", ["{{ nothing_we_know }}", "{% for %}", "{{ incident.title() }}", "{{ 1 // 0 }}"])
def test_a_broken_template_of_the_house_gives_way_to_ours(tmp_path, caplog, broken):
    facts = {**PAGE, "text": "look at the switches"}
    (tmp_path / "page.txt.j2").write_text(broken)
    with pytest.raises(TemplateError, match=r"page\.txt\.j2, line 1"):
        Templates(str(tmp_path)).render("page.txt.j2", **facts)
    rendered = Templates(str(tmp_path), instead=Templates()).render("page.txt.j2", **facts)
    assert rendered == Templates().render("page.txt.j2", **facts)
    assert "look at the switches" in rendered
    assert f"{tmp_path}/page.txt.j2, line 1" in caplog.text


INCIDENT = {"severity": "sev1", "ref": "INC-7", "title": "t", "impact": "", "alerts_firing": 0, "service": ""}
PAGE = {
    "incident": type("I", (), INCIDENT),
    **dict.fromkeys(("why", "description", "where", "since", "next_at", "last", "runbook"), ""),
}


def test_the_check_names_what_is_wrong_with_a_folder(tmp_path):
    (tmp_path / "crad.md.j2").write_text("x")
    (tmp_path / "topic.txt.j2").write_text("a\n{% for %}")
    (tmp_path / "page.txt.j2").write_bytes(b"\xff")
    found = "\n".join(Templates(str(tmp_path)).problems())
    assert "crad.md.j2 overrides nothing. Did you mean card.md.j2?" in found
    assert "topic.txt.j2, line 2" in found
    assert "page.txt.j2 is not UTF-8" in found
    assert Templates(str(tmp_path / "none")).problems() == [f"{tmp_path / 'none'} is not a folder."]


def test_our_own_templates_have_no_problem():
    assert Templates().problems() == []
    assert Templates(str(PACKAGED)).problems() == []


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Volumes slow in AZ2!", "volumes-slow-in-az2"),
        ("Größe Łódź", "grosse-lodz"),
        ("日本", ""),
        ("x" * 99, "x" * 60),
    ],
)
def test_a_slug_fits_a_rooms_name(text, made):
    assert slug(text) == made


def test_names_are_joined_as_people_do():
    assert [and_([]), and_("a"), and_("ab"), and_("abc")] == ["", "a", "a and b", "a, b and c"]


def test_an_empty_template_is_an_empty_document(tmp_path):
    assert templates(tmp_path, t_md_j2="\n").document("t.md.j2") == Document(summary="")
