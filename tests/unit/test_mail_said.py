"""What of an answer somebody wrote themselves, and whether it acknowledges."""

from __future__ import annotations

import pytest

from adapters.paging.smtp.said import acknowledging, names_another, text_of_html

QUOTED = (
    "> SEV1 INC-7: nova API is down\n>\n> Acknowledge: https://klatsch.example.org/ack/t0ken\n> You are paged as Ana."
)
ON_FRIDAY = f"On Fri, 27 Nov 2026 at 03:04, Klatsch <klatsch@example.org> wrote:\n{QUOTED}"
AM_FREITAG = (
    "Am Fr., 27. Nov. 2026 um 03:04 Uhr schrieb Klatsch im Auftrag\nvon Betrieb <\nklatsch@example.org>:\n" + QUOTED
)


@pytest.mark.parametrize(
    "line",
    [
        *(
            "ack",
            "ACK",
            "Ack.",
            "ack!",
            "Ack, looking into it",
            "ack - on my way",
            "*ack*",
            '"ack"',
            "  ack  ",
        ),
        *("acked", "Acknowledge", "acknowledged", "Acknowledged, thanks", "ack INC-7"),
        *("quittiert", "Quittiert!", "quittiere", "übernehme", "Übernehme ich", "Ich übernehme.", "uebernehme"),
        "u\u0308bernehme",
        "\ufeffack",
        "\u200back",
        "\xa0ack",
        "ack\u00a0thanks",
    ],
)
def test_a_first_line_that_says_so_acknowledges(line: str) -> None:
    assert acknowledging(line)
    assert acknowledging(f"\n \n{line}\n\n{ON_FRIDAY}")
    assert acknowledging(f"{ON_FRIDAY}\n\n{line}\n-- \nAna")
    assert acknowledging(f"{AM_FREITAG}\n{line}")
    assert acknowledging(f"{QUOTED}\n{line}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\n",
        "no",
        "I do not ack this",
        "acknowledging is hard",
        "back in an hour",
        "acker",
        "nack",
        "what is this?\nack",
        "> ack",
        ">ack\n> acknowledge",
        "quittierung",
        "Acknowledge: https://klatsch.example.org/ack/t0ken",
        "Acknowledge (https://klatsch.example.org/ack/t0ken)",
        "x" * 500 + "\nack",
        "👍",
    ],
)
def test_anything_else_does_not(text: str) -> None:
    assert acknowledging(text) == ""
    assert acknowledging(f"{text}\n\n{ON_FRIDAY}") == ""
    assert acknowledging(f"{ON_FRIDAY}\n{text}") == ""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{QUOTED}\nack\n{QUOTED}", id="between two quotations"),
        pytest.param(f"I cannot.\nSorry.\nReally.\nBen said:\n{QUOTED}\nack", id="below words of one's own"),
        pytest.param(f"I cannot\n{QUOTED}\nack", id="below a line that names nobody"),
    ],
)
def test_what_stands_elsewhere_is_not_the_first_line(text: str) -> None:
    assert acknowledging(text) == ""


def test_the_line_is_handed_on_without_what_cannot_be_seen() -> None:
    assert acknowledging("\u200b  Ack\u200b INC-7 \r\nthanks") == "Ack INC-7"


@pytest.mark.parametrize(
    ("line", "another"),
    [
        ("ack", False),
        ("ack INC-7", False),
        ("ack inc-7 and INC-8", False),
        ("ack INC-8", True),
        ("ack INC-77", True),
        ("ack zinc-8", False),
    ],
)
def test_a_line_may_name_the_incident_and_no_other(line: str, another: bool) -> None:
    assert names_another(line, 7) is another


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param("<div dir=ltr>ack</div>", ["ack"], id="Gmail"),
        pytest.param(
            '<div dir="ltr">ack<br></div><br><div class="gmail_quote"><div>On Friday Klatsch wrote:<br></div>'
            '<blockquote style="margin:0"><div>SEV1 INC-7</div><a href="https://x/ack/t">Acknowledge</a></blockquote></div>',
            ["ack", "On Friday Klatsch wrote:", "> SEV1 INC-7", "> Acknowledge"],
            id="Gmail with its quotation",
        ),
        pytest.param(
            "<html xmlns:o='urn:x'><head><meta charset=utf-8><!--[if mso]><style>p{a>b}</style><![endif]--><style>"
            "@font-face {font-family:Calibri}</style></head><body lang=DE><p class=MsoNormal>Ack&nbsp;&ndash; bin dran"
            "<o:p></o:p></p><div id=divRplyFwdMsg><b>From:</b> Klatsch</div></body></html>",
            ["Ack – bin dran", "From: Klatsch"],
            id="Outlook",
        ),
        pytest.param("<title>ack</title><p>no", ["no"], id="a title is not seen"),
        pytest.param("<head><title>x</title><body>ack", ["ack"], id="a head without an end"),
        pytest.param("<script>ack</script><template><p>ack</template>no", ["no"], id="a script is not seen"),
        pytest.param("<!-- ack --><!-- <p>ack\n-->no", ["no"], id="a comment is not seen"),
        pytest.param("a < b &lt;p&gt; &amp;c &#x61;ck<?php x ?><!DOCTYPE y>", ["a < b <p> &c ack"], id="signs"),
        pytest.param("<blockquote>a<blockquote>b</blockquote>c</blockquote></blockquote>d", ["> a", "> b", "> c", "d"], id="quotes"),
        pytest.param("a\n  b<p>c", ["a b", "c"], id="a line break is a space"),
        pytest.param("<", ["<"], id="a beginning"),
        pytest.param("ack<div", ["ack"], id="an end that was cut off"),
    ],
)  # fmt: skip
def test_html_reads_as_it_is_seen(source: str, lines: list[str]) -> None:
    assert [line for line in text_of_html(source).splitlines() if line] == lines
