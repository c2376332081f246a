"""The language check finds where people are judged, asks instead, and leaves machines and other people's words alone."""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import pairwise

import pytest

from bot.postmortem.draft import draft
from bot.postmortem.lint import LANGUAGES, Class, lint
from bot.postmortem.lint.check import LONGEST, grammar
from tests.builders import PEOPLE
from tests.stories import COMPONENTS, drill, volumes_slow

NAMES = ("Ana Ruiz", "Ben Weiss")

FOUND = [
    ("We should have drained hv-17 first.", "counterfactual", "We should have drained"),
    ("The on-call engineer failed to notice it.", "counterfactual", "The on-call engineer failed to notice"),
    (
        "The storage team, who had the page, ignored it.",
        "counterfactual",
        "The storage team, who had the page, ignored",
    ),
    ("The engineer restarted mon2 and forgot to wait.", "human_cause", "The engineer restarted mon2 and forgot to"),
    ("It was human error.", "human_cause", "human error"),
    ("There was insufficient monitoring.", "normative", "insufficient monitoring"),
    ("Ana missed the page.", "naming", "Ana missed the"),
    ("Ben Weiss should have called.", "naming", "Ben Weiss should have called"),
    ("It was a mistake by @ben.", "naming", "mistake by @ben"),
    ("The root cause was a full disk.", "single_cause", "The root cause"),
    ("All monitors were down!!", "animated", "!!"),
    ("Remind everyone to drain nodes.", "prescriptive", "Remind everyone"),
    ("It was clear that the pool would run full.", "hindsight", "It was clear that"),
    ("Wir hätten den Host leeren müssen.", "counterfactual", "Wir hätten den Host leeren müssen"),
    ("Um 14:05 hat der Kollege die Meldung übersehen.", "counterfactual", "hat der Kollege die Meldung übersehen"),
    ("Der Administrator vergaß das Flag.", "human_cause", "Der Administrator vergaß"),
    ("Die Kommunikation war schlecht.", "normative", "Kommunikation war schlecht"),
    ("Das war ein Fehler von Ana.", "naming", "Fehler von Ana"),
    ("Der Grund war eine falsche Route.", "single_cause", "Der Grund war"),
    ("Für alle war es eine Katastrophe.", "animated", "Katastrophe"),
    ("Die Mitarbeiter werden nachgeschult.", "prescriptive", "nachgeschult"),
    ("Der Ausfall war vermeidbar.", "hindsight", "war vermeidbar"),
]


@pytest.mark.parametrize(("text", "class_", "words"), FOUND, ids=[text for text, _, _ in FOUND])
def test_what_judges_is_found_and_a_question_is_asked(text: str, class_: str, words: str) -> None:
    (finding,) = lint(text, names=NAMES)
    assert (finding.class_, finding.words) == (class_, words)
    assert finding.ask.endswith(("?", "."))


SUBJECTS = [
    ("The engineer failed to start the agent.", "osd.12 failed to start."),
    ("The operator failed to check the disk.", "The Rook operator failed to check the disk."),
    ("The team ignored the warning.", "The client ignored the warning."),
    ("The team missed the update.", "The NIC team missed the update."),
    ("Ana failed to answer.", "The page to Ana failed to arrive."),
    ("The engineer failed to join.", "The engineer's laptop failed to join."),
    ("The team failed to build the image.", "The team's pipeline failed to build the image."),
    ("The engineers restarted osd.12 and failed to wait.", "The engineers restarted osd.12 and it failed to join."),
    ("Remind the lead of the update.", "The bot will remind the lead of the update."),
    ("The responders did not notice it.", "Users did not notice it."),
    ("We would have seen it.", "Customers would have seen it."),
    ("Der Kollege hat den Taint nicht beachtet.", "Der Scheduler hat den Taint nicht beachtet."),
    ("Die Kollegin hat die Meldung nicht gelesen.", "Die Kunden haben die Meldung nicht gelesen."),
    ("Das Team ignorierte die Meldung.", "Der Client ignorierte die Meldung."),
    ("Der Kollege startete nicht und übersah die Meldung.", "Der Start des Kollegen hat die Meldung nicht erkannt."),
]


@pytest.mark.parametrize(("people", "machine"), SUBJECTS, ids=[machine for _, machine in SUBJECTS])
def test_the_same_verb_is_found_of_people_and_not_of_machines_and_customers(people: str, machine: str) -> None:
    assert lint(people, names=NAMES)
    assert lint(machine, names=NAMES) == ()


NOT_OURS = [
    "The ticket said “you should have told us” and no more.",
    "The ticket said “you should have told us!! It was a disaster”.",
    "Im Ticket stand: „Das war schlampig“.",
    "Un client: « It was a disaster ».",
    "'It was a disaster', a customer said.",
    '"It was a disaster", a customer said, and the engineer\'s page went out.',
    "The alert is called `human error` or ``a `disaster` too``.",
    "    human error, indented",
    "```\nThe engineer forgot it.\n```",
    "~~~text\nhuman error",
    "> Why did the engineer forget it?\nand nobody checked",
    "- an item\n  > human error",
    "<!-- human error -->",
    "See https://wiki.example.org/human-error/should-have-been-seen now.",
    "See [the page](https://wiki.example.org/disaster).",
    "2026-11-20 22:05:01 ERROR the engineer forgot it",
    "2026-11-20T22:05:01.123Z nova-api[812]: the engineer forgot it",
    "Nov 20 22:05:01 hv-17 kubelet[812]: human error",
    "E1120 22:05:01.123456 1 controller.go:114] human error",
    "level=error msg=disaster",
    "$ kubectl drain hv-17 --reason disaster",
    "Write to human-error@disaster.example.org.",
]


@pytest.mark.parametrize("text", NOT_OURS)
def test_quotations_code_logs_and_addresses_are_not_looked_at(text: str) -> None:
    assert lint(text, names=NAMES) == ()


@pytest.mark.parametrize("story", [volumes_slow, drill])
def test_a_fresh_draft_judges_nobody(story) -> None:  # type: ignore[no-untyped-def]
    text = draft(story(), people=PEOPLE, zone="", components=COMPONENTS)
    assert lint(text, names=[person.name for person in PEOPLE.values()]) == ()
    assert len(lint(f"{text}\nThe engineer forgot it.")) == 1


def test_a_place_is_a_line_and_a_column_of_the_text() -> None:
    text = "\ufeff# Tïtle\r\n\r\n* one\r\n* 😀 **the** engineer\r\n  forgot it, and it was a _disaster_.\r\n"
    places = [(finding.line, finding.column, finding.words) for finding in lint(text)]
    assert places == [(4, 7, "the engineer forgot"), (5, 28, "disaster")]


def test_each_sentence_is_read_in_its_own_language_unless_one_is_given() -> None:
    text = "The engineer forgot it.\n\nDer Kollege hat es vergessen."
    assert [finding.words for finding in lint(text)] == ["The engineer forgot", "Der Kollege hat es vergessen"]
    assert [finding.words for finding in lint(text, "en")] == ["The engineer forgot"]
    assert [finding.words for finding in lint(text, "de")] == ["Der Kollege hat es vergessen"]


def test_without_names_a_name_is_a_word_and_part_of_another_word_is_none() -> None:
    assert lint("Ana overlooked it.") == ()
    assert lint("Anabel overlooked it.", names=NAMES) == ()
    assert lint("ANA overlooked it.", names=NAMES) == ()
    assert [finding.class_ for finding in lint("Ana overlooked it.", names=["", " ", "Ana Ruiz"])] == [Class.NAMING]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_class_has_a_question_in_every_language(lang: str) -> None:
    assert set(grammar(lang).asks) == set(Class)


def test_findings_do_not_overlap() -> None:
    text = "If only we had tested it, the engineer would obviously not have forgotten the disaster!!"
    places = [(finding.column, finding.column + len(finding.words)) for finding in lint(text)]
    assert len(places) > 2
    assert all(end <= start for (_, end), (start, _) in pairwise(places))


NASTY = [
    ("en", "one word", "a" * 200_000),
    ("en", "one sentence", "the engineer and " * 12_000),
    ("en", "people", "the on-call engineer who did it restarted " * 5_000),
    ("en", "conditions", "if we had had " * 15_000),
    ("en", "should", "should have had " * 13_000),
    ("en", "spaces", "should" + " " * 200_000 + "have been"),
    ("de", "hätte", "hätte der Kollege nicht " * 9_000),
    ("de", "weil", "weil das Team es nicht " * 9_000),
    ("de", "one compound", "netzwerk-" * 22_000 + "team"),
    ("de", "names", "Ana Ruiz " * 23_000),
    ("en", "quotes", " \"a „b 'c" * 23_000),
    ("en", "backticks", "`a ``b " * 30_000),
    ("en", "stars", "*a _b " * 34_000),
    ("en", "dots", "." * 200_000 + "a"),
    ("en", "handles", "@a:b." * 40_000),
    ("en", "links", "[a](" * 50_000),
    ("en", "comments", "<!-- " * 40_000),
    ("en", "blockquotes", "> - " * 50_000),
    ("en", "items", "- a word\n" * 23_000),
    ("en", "dates", "2026-11-20 22:05:01 " * 10_000),
]


@pytest.mark.parametrize(
    ("lang", "text"), [(lang, text) for lang, _, text in NASTY], ids=[name for _, name, _ in NASTY]
)
def test_time_grows_with_the_text_and_no_faster(lang: str, text: str) -> None:
    """Four times the text takes about four times as long; squared it would be sixteen."""
    grammar(lang)
    # Whoever shares the core slows us, and may do so during the longer of the two alone; but not three times.
    assert any(_in_step(text, lang) for _ in range(3))


def _in_step(text: str, lang: str) -> bool:
    short, long = (_spent(text[-length:], lang) for length in (50_000, 200_000))
    return long < 10 * max(short, 0.05)


def _spent(text: str, lang: str) -> float:
    """Seconds of this process alone, so that it does not matter what else the machine does."""
    begun = time.process_time()
    lint(text, lang, NAMES)
    return time.process_time() - begun


def test_a_sentence_is_read_to_its_end_however_long_it_is() -> None:
    text = f"{'word ' * LONGEST}and the engineer forgot it"
    assert len(lint(text, "en")) == 1


def test_who_does_not_ask_for_it_does_not_pay_for_it() -> None:
    """Nothing that the bot or another command imports at its start brings the rules with it."""
    script = "import sys, bot.main, bot.cli, bot.terminal.say; print([m for m in sys.modules if m.startswith('bot.postmortem.lint')])"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
