"""A week whose every text means harm reads like any other: the same blocks, links and lines, with those words in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from itertools import groupby
from typing import Any

import pytest

from adapters.chat.matrix import render as matrix
from adapters.chat.slack import render as slack
from adapters.html import fragment
from adapters.pictures.svg import svg
from bot.chat.document import Document, Heading, Line, Link, Paragraph, Picture, Text
from bot.coffee.weekly.digest import weekly
from bot.coffee.weekly.edition import Edition
from bot.coffee.weekly.render import edition
from bot.digests import whole
from tests.unit.test_weekly import COFFEE, END, OURS, START, around, full

EVIL = (
    "[a](javascript:alert(1))",
    "<script>alert(1)</script>",
    "<a href='javascript:x'>read</a>",
    "![x](https://evil.example.org/p)",
    "{{ digest }} {% raw %} {# x #}",
    "``` and ~~~ and `x`",
    "# a heading",
    "- [ ] a task | a | b |",
    "<!channel> <!subteam^S1> <!here>",
    "[zed](person:zed) by zed",
    "*bold* _it_ __all__ &amp; &#x3c;",
    "</svg><script>x</script>",
)
NAMES = ("@room <@U0ZED> @channel", "<@U0ANA> @ana:example.org")
"""No story has a line with one."""

SAID = frozenset(("title", "text", "impact", "reason", "summary", "name", "affected", "labels", "annotations", "new"))
"""The fields that hold what people and senders of alerts said."""


def says(value: Any, said: str, *, free: bool = False) -> Any:
    """`value` with `said` in the place of all that was said in it."""
    if isinstance(value, str):
        return said if free and value and type(value) is str else value
    if isinstance(value, tuple):
        return tuple(says(one, said, free=free) for one in value)
    if isinstance(value, Mapping):
        return {key: says(one, said, free=free) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            field.name: says(getattr(value, field.name), said, free=field.name in SAID)
            for field in fields(value)
            if field.init
        }
        return replace(value, **changed)
    return value


def made(said: str, language: str = "en") -> Edition:
    about = around(END, **COFFEE)
    return edition(weekly(says(full(START, END), said), about), about, OURS, language)


def shape(document: Document) -> list[object]:
    return [
        (type(block).__name__, [_line(line) for line in getattr(block, "items", [getattr(block, "inlines", ())])])
        for block in document.blocks
    ]


def _line(line: Line) -> list[object]:
    kinds = ((type(one).__name__, getattr(one, "url", ""), _look(one)) for one in line)
    return [kind for kind, _ in groupby(kinds)]


def _look(one: object) -> object:
    return (one.bold, one.italic, one.code) if isinstance(one, Text) else None


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_words_that_mean_harm_make_no_other_digest(evil: str, language: str) -> None:
    harmless = made("x" * len(evil), language)
    harmful = made(evil, language)
    assert [shape(one) for _, one in harmful.details] == [shape(one) for _, one in harmless.details]
    assert shape(harmful.main) == shape(harmless.main)
    assert evil in whole(harmful).to_plain()


@pytest.mark.parametrize("evil", [*EVIL, *NAMES], ids=range(len(EVIL) + len(NAMES)))
def test_on_no_platform_they_run_ring_or_lead_away(evil: str) -> None:
    for document in (found := made(evil)).main, *(detail for _, detail in found.details):
        content = matrix.message(document, {"ana": "@ana:example.org"})
        assert content["m.mentions"] == {}
        page = fragment(document, lambda picture: svg(picture.drawing, picture.alt))
        for html in (content["formatted_body"], page):
            assert not [bad for bad in ("<script", 'href="javascript', "<img", 'evil.example.org/p"') if bad in html]
        posted = json.dumps(slack.message(document, {"ana": "U0ANA"}))
        assert not [
            bad
            for bad in ("<!channel>", "<@U0ZED>", "<@U0ANA>", '"type": "user"', '"type": "broadcast"', 'javascript:x"}')
            if _rings(posted, bad)
        ]
        assert "\n" not in document.summary


def _rings(posted: str, bad: str) -> bool:
    """Words of rich text are words; only elsewhere is this markup."""
    if not bad.startswith("<"):
        return bad in posted
    return any(bad in text for text in _marked_up(json.loads(posted)))


def _marked_up(value: object) -> list[str]:
    if isinstance(value, list):
        return [text for one in value for text in _marked_up(one)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if value.get("type") == "mrkdwn" or "blocks" in value else []
    return [*own, *(text for one in value.values() for text in _marked_up(one))]


def test_the_shape_of_a_digest_is_looked_at() -> None:
    """Or the tests above would see no difference."""
    one = Document("a", (Paragraph((Text("a"), Link("b", "https://b.example.org"))),))
    assert shape(one) != shape(Document("a", (Paragraph((Text("a"), Text("b"))),)))
    assert shape(one) != shape(Document("a", (Heading((Text("a"), Link("b", "https://b.example.org"))),)))
    assert any(isinstance(block, Picture) for _, detail in made("x").details for block in detail.blocks)
