"""Who reads the digest where nothing can be typed learns where its lines are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.chat.templates import Templates
from bot.coffee.weekly.digest import weekly
from bot.coffee.weekly.edition import Edition
from bot.coffee.weekly.render import edition
from bot.config import load
from bot.digests import documents, whole
from bot.learning.planned import typed
from tests.weeks import around, gathered, monday

START, END = monday("2026-11-16"), monday("2026-11-23")
SLACK, MATRIX = ("Slack", "/incident"), ("Matrix", "!incident")


def quiet(language: str, *chats: tuple[str, str], templates: Templates | None = None) -> Edition:
    about = around(END, typed=chats)
    return edition(weekly(gathered([], START, END), about), about, templates or Templates(), language)


@pytest.mark.parametrize(
    ("language", "chats", "said"),
    [
        (
            "en",
            (SLACK, MATRIX),
            "Where to type it: lines like nearmiss TITLE go behind /incident in Slack, behind !incident in Matrix, or behind "
            "klatsch say on the bot's machine.",
        ),
        (
            "en",
            (MATRIX,),
            "Where to type it: lines like nearmiss TITLE go behind !incident in Matrix, or behind klatsch say on the bot's "
            "machine.",
        ),
        ("en", (), "Where to type it: lines like nearmiss TITLE go behind klatsch say on the bot's machine."),
        (
            "de",
            (SLACK, MATRIX),
            "Wo man das tippt: Zeilen wie nearmiss TITEL stehen hinter /incident in Slack, hinter !incident in Matrix oder "
            "hinter klatsch say auf dem Rechner des Bots.",
        ),
        ("de", (), "Wo man das tippt: Zeilen wie nearmiss TITEL stehen hinter klatsch say auf dem Rechner des Bots."),
    ],
)
def test_it_stands_at_the_end_of_what_is_read_as_one(
    language: str, chats: tuple[tuple[str, str], ...], said: str
) -> None:
    made = quiet(language, *chats)
    assert whole(made).to_plain().splitlines()[-1] == said
    assert documents(made)[-1].to_plain() == said


def test_in_chat_it_is_not_said() -> None:
    made = quiet("en", SLACK)
    assert "Where to type" not in "\n".join(said.to_plain() for said in (made.main, *dict(made.details).values()))


def test_a_house_that_wants_none_of_it_has_none(tmp_path: Path) -> None:
    words = '{% extends "klatsch/weekly.en.md.j2" %}{% block typed %}{% endblock %}'
    (tmp_path / "weekly.en.md.j2").write_text(words, encoding="utf-8")
    assert quiet("en", SLACK, templates=Templates(str(tmp_path))).typed is None


def test_each_chat_that_is_configured_has_its_own_beginning(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("chat: {command: stoerung, matrix: {}, console: {}, slack: {}}", "utf-8")
    assert typed(load(tmp_path / "config.yaml", {})) == (("Matrix", "!stoerung"), ("Slack", "/stoerung"))
