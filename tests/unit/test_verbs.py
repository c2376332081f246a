"""The table of verbs is whole, and what is made from it is current."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.chat.terminal import to_text
from bot.chat.document import Document, Heading
from bot.chat.manual import help_document, manual
from bot.chat.parse import parse
from bot.chat.verbs import GROUPS, NAMES, VERBS, find, nearest_verb
from tests.unit.test_parse import COMMANDS, QUESTIONS, ROOM

PROMISED = [
    "open",
    "accept",
    "decline",
    "merge",
    "status",
    "sev",
    "role",
    "take",
    "handoff",
    "note",
    "hypothesis",
    "decide",
    "impact",
    "page",
    "ack",
    "oncall",
    "task",
    "followup",
    "update",
    "publish",
    "catchup",
    "list",
    "similar",
    "timeline",
    "resolve",
    "reopen",
    "close",
    "cancel",
    "private",
    "drill",
    "retro",
    "nearmiss",
    "maint",
    "pm",
    "undo",
    "help",
    "rename",
    "moment",
    "override",
    "coffee",
    "digest",
]

HOUSE = replace(ROOM, components={"compute-az1": "Compute (AZ 1)", "volumes-az1": "Volumes (AZ 1)"})
"""With the components of the README and of the example configuration, which the examples name."""

COMMANDS_PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_every_promised_verb_is_there_and_no_other():
    assert sorted(verb.name for verb in VERBS) == sorted(PROMISED)


def test_no_two_verbs_share_a_name():
    shared = [name for name, count in Counter(name for verb in VERBS for name in verb.names).items() if count > 1]
    assert shared == []
    assert all(name == name.lower() for name in NAMES)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_example_is_understood_as_its_verb(verb):
    assert verb.examples
    for example in verb.examples:
        assert parse(example, HOUSE).verb == verb.name, example


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_has_a_row_of_lines_that_are_tried(verb):
    tried = {parse(line, ROOM).verb for line, _ in (*COMMANDS, *QUESTIONS)}
    assert verb.name in tried


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_says_in_one_line_what_it_is_for(verb):
    assert verb.group in GROUPS
    assert "\n" not in verb.help
    assert verb.help.endswith(".")
    assert verb.usage.split()[0] == verb.name
    shown = help_document(verb.name).to_plain()
    assert verb.help in shown
    assert verb.examples[0] in shown


@pytest.mark.parametrize(
    ("word", "verb"),
    [
        ("new", "open"),
        ("declare", "open"),
        ("start", "open"),
        ("severity", "sev"),
        ("todo", "followup"),
        ("event", "note"),
        ("escalate", "page"),
        ("summary", "catchup"),
        ("catch up", "catchup"),
        ("ls", "list"),
        ("?", "help"),
        ("H", "help"),
        ("st", "status"),
        ("card", "status"),
        ("title", "rename"),
        ("time", "moment"),
    ],
)
def test_an_alias_is_the_verb(word, verb):
    assert find(word).name == verb


def test_the_nearest_verb_is_named_even_by_its_alias():
    assert nearest_verb("severty") == "sev"
    assert nearest_verb("qqqqqq") == ""


def test_help_shows_first_what_is_needed_at_night():
    lines = to_text(help_document(), 60, colour=False).splitlines()
    rows = [line.removeprefix("│ • ").partition(":")[0] for line in lines if line.startswith("│ • ")]
    assert rows == ["ack", "take", "status", "note", "page", "update", "publish", "resolve", "undo"]
    # A line each: nobody scrolls at three in the morning.
    assert len(lines) == len(rows) + 3
    assert "`help all` lists every command" in lines[-2]


def test_help_all_lists_every_verb():
    headings = [block for block in help_document("all").blocks if isinstance(block, Heading)]
    assert tuple(Document("", (heading,)).to_plain() for heading in headings[1:]) == GROUPS
    shown = help_document("all").to_plain()
    assert all(f"{verb.name}: {verb.help}" in shown for verb in VERBS)
    assert parse("help all", ROOM).args == {"verb": "all"}


def test_times_are_explained_in_help_and_in_the_manual():
    shown = help_document("times").to_plain()
    assert "26.11. 23:00" in shown
    assert "help times" in help_document().to_plain()
    assert "## Times\n" in manual()


def test_the_manual_in_the_repository_is_current():
    text = COMMANDS_PAGE.read_text(encoding="utf-8")
    assert text == manual(), "docs/commands.md is old: write bot.chat.manual.manual() to it"


def test_the_manual_names_no_verb_that_is_missing():
    assert all(f"### {verb.name}\n" in manual() for verb in VERBS)
