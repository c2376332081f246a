"""Who a sentence is about: the people in it are marked, and whether they do something or are only spoken of."""

from __future__ import annotations

import re

from bot.postmortem.lint.grammar import NAME, NAME_SPOKEN_OF, ROLE, ROLE_SPOKEN_OF, Language

BEFORE = 60
"""Characters before somebody in which is looked for what makes them an object; a few words."""


def marked(sentence: str, language: Language) -> str:
    """`sentence` with a mark in place of each character of somebody."""

    def mark(found: re.Match[str]) -> str:
        start = found.start()
        object_ = language.objects.search(sentence, max(0, start - BEFORE), start)
        spoken_of = object_ is not None or bool(found.groupdict().get("spoken_of"))
        if NAME in found[0]:
            return (NAME_SPOKEN_OF if spoken_of else NAME) * len(found[0])
        return (ROLE_SPOKEN_OF if spoken_of else ROLE) * len(found[0])

    return language.people.sub(mark, sentence)
