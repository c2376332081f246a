"""Which language a text is in, by the small words that every sentence has."""

from __future__ import annotations

import re

# Words that both have (`was`, `war`, `in`, `an`, `so`, `also`, `man`, `will`) tell nothing.
_ENGLISH = re.compile(
    r"\b(?:the|of|and|to|that|is|it|we|for|with|on|by|this|have|been|should|were|be|not|no|as|are|from|but|at|our|they"
    r"|had|who)\b"
)
_GERMAN = re.compile(
    r"\b(?:der|das|und|nicht|ist|wurden?|wir|de[mns]|eine?|eine[nr]|auf|mit|für|von|zu|im|sich|dass|hätten?|hatten?|haben"
    r"|wird|sind|auch|nach|bei|aus|als|es|noch|wenn|wie|oder|vom|zum|zur|keine?|durch|nur|über|müssen|können|wäre|ich"
    r"|niemand|beim|die|hat|soll|werden|schon|mehr|dieser?)\b"
)


def tongue(text: str) -> str:
    """`en` or `de`, of a text in small letters; empty when nothing tells."""
    english, german = len(_ENGLISH.findall(text)), len(_GERMAN.findall(text))
    if english == german:
        return ""
    return "en" if english > german else "de"
