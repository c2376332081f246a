"""What docs/digest.md shows is what the digest says."""

from __future__ import annotations

import os
import re
from pathlib import Path

from bot.chat.templates import Templates
from bot.coffee.weekly.blocks import DigestBlock
from bot.coffee.weekly.digest import weekly
from bot.coffee.weekly.render import edition
from bot.coffee.weekly.story import WORTH, Lesson
from bot.config import load
from bot.destinations import Place, destinations
from bot.learning.planned import weeklies
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


ROUND_IT = """
http: {public_url: "https://klatsch.example.org"}
chat: {slack: {}, matrix: {}, console: {}}
people: {ana: {page: [email]}}
paging: {email: {type: smtp}}
routes: [{match: {team: storage}, service: volumes}]
oncall: {schedules: {storage: {rotation: {people: [ana], start: 2026-11-02T09:00}}}}
"""


def test_the_configuration_in_it_is_one(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(ROUND_IT + block("yaml"), encoding="utf-8")
    config = load(tmp_path / "config.yaml", {})
    assert config.warnings == ()
    planned = weeklies(config)
    assert planned["storage"].to == (Place("slack", "#storage"),)
    assert [str(place) for place in planned[""].to] == ["slack:", "matrix:", "console:", "email:ops@example.org"]


def test_each_place_in_it_is_one() -> None:
    rows = re.findall(r"^\| (?:that|the|a|by) .* \| (`.*`) \|$", DOCS, re.MULTILINE)
    places = [place for row in rows for place in re.findall(r"`([^`]+)`", row)]
    assert len(places) == 11
    assert all(destinations(place, ("slack", "matrix", "console"), ("email",)) for place in places)


def test_every_block_is_in_it_in_its_order() -> None:
    assert re.findall(r"^\| `(\w+)` \|", DOCS, re.MULTILINE) == [*DigestBlock]


def test_what_counts_for_a_story_is_what_it_says() -> None:
    rows = re.findall(r"^\| .* \(`(\w+)`\) \| (\d) \| (\d) \|$", DOCS, re.MULTILINE)
    assert {Lesson(lesson): (int(worth), int(most)) for lesson, worth, most in rows} == WORTH
    assert set(WORTH) == set(Lesson)
