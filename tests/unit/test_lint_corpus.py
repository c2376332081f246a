"""How good the language check is, on sentences that people labelled: see the head of the files.

Each line is a label, a bar and a sentence. The label names the classes that are to be found in it, `-` none. The rules were
made with `en.txt` and `de.txt` at hand. For those in `*_unseen.txt` no rule was made, so that they tell how it does on
other people's words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.postmortem.lint import Class, lint

CORPUS = Path(__file__).parents[1] / "fixtures" / "lint"
NAMES = ("Ana Ruiz", "Ben Weiss", "Jürgen Krämer")
ABOUT_PEOPLE = {Class.COUNTERFACTUAL, Class.HUMAN_CAUSE, Class.NAMING}
"""The classes that are there only because a person did it."""

SEEN = ("en", "de")
UNSEEN = ("en_unseen", "de_unseen")
PRECISION = 0.9
RECALL = {"en": 0.97, "de": 0.97, "en_unseen": 0.85, "de_unseen": 0.85}


def labelled(name: str) -> Iterator[tuple[set[str], str]]:
    for line in (CORPUS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            label, _, sentence = line.partition(" | ")
            yield set() if label == "-" else set(label.split(",")), sentence


def measured(name: str, classes: set[Class]) -> tuple[float, float, list[str]]:
    """Precision and recall among these classes, and the sentences in which they are not as labelled."""
    right = wrong = missed = 0
    offenders = []
    for labels, sentence in labelled(name):
        found = [finding for finding in lint(sentence, name[:2], NAMES) if finding.class_ in classes]
        extra = [f"{finding.class_} “{finding.words}”" for finding in found if finding.class_ not in labels]
        lacking = (labels & classes) - {finding.class_ for finding in found}
        right += len(labels & classes) - len(lacking)
        wrong += len(extra)
        missed += len(lacking)
        if extra or lacking:
            offenders.append(f"{sentence}\n    too many: {extra}; missing: {sorted(lacking)}")
    return right / (right + wrong), right / (right + missed), offenders


def test_the_corpus_is_large_and_its_labels_are_classes() -> None:
    rows = [row for name in (*SEEN, *UNSEEN) for row in labelled(name)]
    assert len(rows) >= 600
    assert set().union(*(labels for labels, _ in rows)) == set(Class)
    assert len({sentence for _, sentence in rows}) == len(rows)
    for lang in ("en", "de"):
        assert sum(not labels for name in (lang, f"{lang}_unseen") for labels, _ in labelled(name)) >= 100


@pytest.mark.parametrize("name", [*SEEN, *UNSEEN])
@pytest.mark.parametrize("classes", [set(Class), ABOUT_PEOPLE], ids=["all classes", "about people"])
def test_findings_are_right_and_most_of_what_is_there_is_found(name: str, classes: set[Class]) -> None:
    precision, recall, offenders = measured(name, classes)
    told = "\n".join((f"{name}: precision {precision:.3f}, recall {recall:.3f}", *offenders))
    assert precision >= PRECISION, told
    assert recall >= RECALL[name], told


@pytest.mark.parametrize("name", [*SEEN, *UNSEEN])
def test_a_sentence_is_read_alike_when_its_language_is_not_said(name: str) -> None:
    """Together they tell which language they are in, also where one alone does not."""
    sentences = [sentence for _, sentence in labelled(name) if not sentence.startswith(">")]
    text = "\n\n".join(sentences)
    told, untold = (len(lint(text, lang, NAMES)) for lang in (name[:2], ""))
    assert told >= 40
    assert abs(told - untold) <= 0.03 * told
