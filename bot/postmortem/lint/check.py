"""The check itself: each sentence against the rules of its language."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from bot.postmortem.lint.finding import Class, Finding
from bot.postmortem.lint.grammar import NAME, NAME_SPOKEN_OF, Language, Pattern
from bot.postmortem.lint.people import marked
from bot.postmortem.lint.prose import bare, passages
from bot.postmortem.lint.tongue import tongue

BEFORE = 120
"""Characters before some words in which is looked for what speaks against them."""

LONGEST = 1000
"""Characters of a sentence that are read at once: what is longer is no sentence, and is read in parts."""

ABOUT_PEOPLE = frozenset({Class.COUNTERFACTUAL, Class.NORMATIVE, Class.HUMAN_CAUSE, Class.SINGLE_CAUSE})
"""What is said of somebody by name in these is `Class.NAMING`: the name is the first thing to change."""

# The same in every language, and no words.
_LOUD = re.compile(r"(?:!\s?){2,}|\?!|!\?")


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    class_: Class
    ask: str


def lint(text: str, lang: str = "", names: Collection[str] = ()) -> tuple[Finding, ...]:
    """What in `text` (Markdown) judges people, in the order it stands there; findings do not overlap.

    `lang` is one of `LANGUAGES`; empty: each sentence in the language its words tell, else in that of the whole. `names`
    are people's names as they are written; a handle (`@ana`) is one anyway. Takes time in proportion to the text.
    """
    read = list(passages(text, names))
    usual = lang or tongue(" ".join(passage.text for passage in read)) or "en"
    lines = [0, *(found.end() for found in re.finditer("\n", text))]
    found = []
    for passage in read:
        language = grammar(lang or tongue(passage.text) or usual)
        for offset in range(0, len(passage.text), LONGEST):
            start = passage.start + offset
            for hit in _apart(_hits(passage.text[offset : offset + LONGEST], language)):
                line = bisect_right(lines, start + hit.start)
                column = start + hit.start - lines[line - 1] + 1
                words = bare(text[start + hit.start : start + hit.end])
                found.append(Finding(line, column, words, hit.class_, hit.ask))
    return tuple(found)


@cache
def grammar(lang: str) -> Language:
    """The rules of a language, made when it is first asked for."""
    if lang == "de":
        from bot.postmortem.lint.german import german

        return german()
    from bot.postmortem.lint.english import english

    return english()


def _hits(sentence: str, language: Language) -> Iterator[_Hit]:
    sentence = marked(sentence, language)
    for pattern in language.patterns:
        for found in pattern.words.finditer(sentence):
            if _meant(pattern, found):
                class_ = _class(pattern.class_, found[0])
                yield _Hit(found.start(), found.end(), class_, language.asks[class_])
    for found in _LOUD.finditer(sentence):
        yield _Hit(found.start(), found.end(), Class.ANIMATED, language.asks[Class.ANIMATED])


def _meant(pattern: Pattern, found: re.Match[str]) -> bool:
    """Whether the words before `found` leave it what the rule says."""
    before = found.string, max(0, found.start() - BEFORE), found.start()
    if pattern.unless and pattern.unless.search(*before):
        return False
    return pattern.behind is None or pattern.behind.search(*before) is not None


def _class(class_: Class, words: str) -> Class:
    named = NAME in words or NAME_SPOKEN_OF in words
    return Class.NAMING if named and class_ in ABOUT_PEOPLE else class_


def _apart(hits: Iterator[_Hit]) -> list[_Hit]:
    """Of hits that overlap the first, and of those that begin together the longest."""
    kept: list[_Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if not kept or hit.start >= kept[-1].end:
            kept.append(hit)
    return kept
