"""How a language's rules are written down, and what becomes of them.

A *phrase* is one line: a regular expression in small letters in which a space is any white space and a word in capitals
stands for what the vocabulary says of it; what begins with `(?: ` there brings its own space. It matches whole words only.
People are marked in a sentence before the phrases are looked for (`people.py`), so that a phrase says `WHO` and not who
that can be.

Every gap in a phrase is bounded, and a sentence is too: time is in proportion to the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.postmortem.lint.finding import Class

HIDDEN = "\ufffc"
"""Stands for each character that is not looked at: a thing, and never a person."""

# Each stands for a character of somebody: called by their name or not, who does something or is only spoken of.
NAME, ROLE, NAME_SPOKEN_OF, ROLE_SPOKEN_OF = "\ue000", "\ue001", "\ue002", "\ue003"

PEOPLE: Mapping[str, str] = {
    "WHO": f"[{NAME}{ROLE}]++",
    "WHOM": f"[{NAME}-{ROLE_SPOKEN_OF}]++",
    "WORD": r"[\w'’-]{1,30}",
    "ANY": r"[^\s,;:]{1,40}",
}
"""Of every vocabulary: somebody who does it; anybody; a word; a word or somebody, and no end of a clause."""

_CAPITALS = re.compile(r"( ?)\b([A-Z]{3,})\b")


@dataclass(frozen=True, slots=True)
class Rule:
    """Phrases that mean `class_`, one a line, but not where `unless` matches what stands before them in the sentence. With
    `behind` only where that does."""

    class_: Class
    phrases: str
    unless: str = ""
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rule as it is looked for."""

    class_: Class
    words: re.Pattern[str]
    unless: re.Pattern[str] | None
    behind: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Language:
    """`people` finds who may be meant, in a group `spoken_of` where the form tells that they do nothing here; behind
    `objects` nobody does anything either. `asks` has a question for each class."""

    people: re.Pattern[str]
    objects: re.Pattern[str]
    patterns: tuple[Pattern, ...]
    asks: Mapping[Class, str]


def spelled(phrase: str, vocabulary: Mapping[str, str]) -> str:
    """The regular expression that a phrase stands for."""

    def known(found: re.Match[str]) -> str:
        space, meaning = found[1], vocabulary[found[2]]
        own = meaning.startswith(("(?: ", "(?="))
        return f"{'' if own else space}(?:{spelled(meaning, vocabulary)})"

    return _CAPITALS.sub(known, phrase).replace(" ", r"\s+")


def whole(phrases: str, vocabulary: Mapping[str, str]) -> re.Pattern[str]:
    """Any of the phrases, as whole words."""
    lines = [line.strip() for line in phrases.strip().splitlines()]
    return re.compile(
        rf"(?<![\w{NAME}-{ROLE_SPOKEN_OF}])(?:{'|'.join(spelled(line, vocabulary) for line in lines)})(?!\w)"
    )


def before(phrase: str, vocabulary: Mapping[str, str]) -> re.Pattern[str]:
    """The phrase at the end of what stands before something."""
    return re.compile(rf"(?:{spelled(phrase, vocabulary)})\s*\Z")


def language(
    who: str, objects: str, rules: Sequence[Rule], asks: Mapping[Class, str], vocabulary: Mapping[str, str]
) -> Language:
    """`who` are phrases that mean people, `objects` is one behind which they are only spoken of."""
    return Language(
        people=whole(who, vocabulary),
        objects=before(rf"\b(?:{objects})", vocabulary),
        patterns=tuple(
            Pattern(
                rule.class_,
                whole(rule.phrases, vocabulary),
                before(rule.unless, vocabulary) if rule.unless else None,
                before(rule.behind, vocabulary) if rule.behind else None,
            )
            for rule in rules
        ),
        asks=asks,
    )
