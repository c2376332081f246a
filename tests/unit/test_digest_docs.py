"""What docs/digest.md shows is what the digest says."""

from __future__ import annotations

import os
import re
from pathlib import Path

from bot.chat.templates import Templates
from bot.coffee.blocks import DigestBlock
from bot.coffee.digest import weekly
from bot.coffee.editions import edition
from bot.coffee.story import WORTH, Lesson
from tests.weeks import around, full, monday

PAGE = Path(__file__).parent.parent.parent / "docs" / "digest.md"
DOCS = PAGE.read_text(encoding="utf-8")
START, END = monday("2026-11-16"), monday("2026-11-23")
FOUND = full(START, END)
ABOUT = around(END, next_coffee=monday("2026-11-26"), meeting="https://meet.example.org/coffee")


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_example_is_the_digest_of_a_week() -> None:
    said = edition(weekly(FOUND, ABOUT), ABOUT, Templates(), "en").main.to_plain() + "\n"
    if os.environ.get("GOLDEN") == "rewrite":
        PAGE.write_text(DOCS.replace(block("text"), said), encoding="utf-8")
    assert block("text") == said


def test_the_template_in_it_changes_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "weekly.en.md.j2").write_text(block("jinja"), encoding="utf-8")
    templates = Templates(str(tmp_path))
    assert templates.problems() == []
    theirs = edition(weekly(FOUND, ABOUT), ABOUT, templates, "en")
    assert "- 📺 On the big screen on Thursday: compute" in theirs.main.to_plain()
    assert DigestBlock.ONCALL not in dict(theirs.details)


def test_every_block_is_in_it_in_its_order() -> None:
    assert re.findall(r"^\| `(\w+)` \|", DOCS, re.MULTILINE) == [*DigestBlock]


def test_what_counts_for_a_story_is_what_it_says() -> None:
    rows = re.findall(r"^\| .* \(`(\w+)`\) \| (\d) \| (\d) \|$", DOCS, re.MULTILINE)
    assert {Lesson(lesson): (int(worth), int(most)) for lesson, worth, most in rows} == WORTH
    assert set(WORTH) == set(Lesson)
