"""A typed line in its parts: words with the space before them, `key=value` pairs, references. No meaning yet."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bot.chat.context import Do, Question
from bot.incident.commands import Askable, PostDigest
from bot.incident.model import Refused

KEY_ALIASES = {"svc": "service", "component": "comp", "components": "comp", "severity": "sev", "assignee": "owner"}
REPEATABLE = frozenset({"comp", "match"})
PROSE_KEYS = frozenset({"reason", "title"})
"""Their values may have spaces without quotes: they go on to the next key or to the end of the line."""

_WORD = re.compile(r"(\s*)(\S+)")
# Words in quotes, which begin before a word and end behind one: 3" is a mark of inches.
_QUOTED = re.compile(r"""\s*(?:"[^"]*"|“[^”]*”|„[^“”]*[“”])(?![^\s.,;:!?)])""")
# A value is whole if it is quoted; quotes may also stand inside one, as in match=name=~"a b".
_PAIR = re.compile(r"""(\s*)([A-Za-z]+)=('[^']*'(?!\S)|(?:"[^"]*"|“[^”]*”|[^\s])*)""")
_REF = re.compile(r"(?:inc-?|#)([0-9]{1,9})[:,.;]?", re.IGNORECASE)
_QUOTES = {'"': '"', "“": "”", "„": "“", "'": "'"}


@dataclass(frozen=True, slots=True)
class Word:
    """`lead` is the white space before it, so that a text is put together again as it was typed."""

    text: str
    lead: str = " "

    @property
    def low(self) -> str:
        return self.text.lower()


@dataclass(frozen=True, slots=True)
class Typed:
    """What follows a verb. `usage` and `example` belong to the verb and are shown when something is missing."""

    verb: str
    usage: str
    example: str
    words: tuple[Word, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ref: int | None = None

    @property
    def text(self) -> str:
        return join(self.words)

    @property
    def first(self) -> str:
        """The first word in small letters; empty when there is none."""
        return self.words[0].low if self.words else ""

    def get(self, key: str) -> str:
        """The value of `key`, empty when it was not typed."""
        return self.keys.get(key, ("",))[0]

    def rest(self, start: int = 1) -> str:
        return join(self.words[start:])

    def reason(self, start: int = 0) -> str:
        """Why, as `reason=` or simply as the words from `start` on."""
        return "; ".join(part for part in (self.rest(start), self.get("reason")) if part)

    def do(self, command: Askable | PostDigest) -> Do:
        return Do(None, command, self.verb)

    def ask(self, **args: str) -> Question:
        return Question(self.verb, None, {name: value for name, value in args.items() if value})

    def missing(self, what: str, example: str = "") -> Refused:
        """The refusal of a line that lacks `what`, with an `example` of one that has it."""
        return Refused(
            f"`{self.verb}` needs {what}.", f"Usage: `{self.usage}`. For example: `{example or self.example}`"
        )


def words_of(line: str) -> list[Word]:
    return [Word(text, lead) for lead, text in _WORD.findall(line)]


def join(words: Sequence[Word]) -> str:
    """The words as they were typed; quotes around the whole are taken off."""
    return unquote("".join(word.lead + word.text for word in words).strip())


def unquote(text: str) -> str:
    """`text` without the quotes around it; with any more of them inside, they are part of what was said."""
    close = _QUOTES.get(text[:1])
    inner = text[1:-1]
    if close and len(text) > 1 and text.endswith(close) and not set(inner) & {text[0], close}:
        return inner.strip()
    return text


def shown(word: str, limit: int = 40) -> str:
    """`word` fit to be repeated in a refusal: short, and without what would end the code span it stands in."""
    word = word.replace("`", "'")
    return word if len(word) <= limit else f"{word[: limit - 1]}…"


def ref(word: str) -> int | None:
    """The 7 of `INC-7`, `inc-7` or `#7`; None for any other word."""
    match = _REF.fullmatch(word)
    return int(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class Parts:
    """A line in its parts. `others` are the `key=value` among the words whose key is none of those asked for."""

    words: list[Word]
    keys: dict[str, tuple[str, ...]]
    others: list[tuple[str, str]]


def split(line: str, keys: Collection[str]) -> Parts:
    """The words of `line` and its `key=value` pairs. Only these `keys` (and `ref`) are keys, and nothing in double quotes
    is; the rest is text."""
    words: list[Word] = []
    pairs: dict[str, tuple[str, ...]] = {}
    others: list[tuple[str, str]] = []
    place, prose, quoted = 0, "", 0
    while match := _WORD.match(line, place):
        if place >= quoted and (quotes := _QUOTED.match(line, place)):
            quoted = quotes.end()
        pair = _PAIR.match(line, place) if place >= quoted else None
        name = key_of(pair[2], keys) if pair else ""
        if pair and name:
            value = pair[3]
            _add(pairs, name, value)
            prose = name if name in PROSE_KEYS and unquote(value) == value else ""
            match = pair
        elif prose:
            pairs[prose] = (f"{pairs[prose][0]}{match[1]}{match[2]}".strip(),)
        else:
            words.append(Word(match[2], match[1]))
        if pair and not name:
            others.append((pair[2], unquote(pair[3])))
        place = match.end()
    return Parts(words, {name: tuple(unquote(value) for value in values) for name, values in pairs.items()}, others)


def key_of(name: str, keys: Collection[str]) -> str:
    """Which of the `keys` (or `ref`) `name` is, also by another name; empty for none."""
    low = name.lower()
    low = low if low in keys else KEY_ALIASES.get(low, low)
    return low if low in keys or low == "ref" else ""


def _add(pairs: dict[str, tuple[str, ...]], name: str, value: str) -> None:
    if name in pairs and name not in REPEATABLE:
        raise Refused(f"`{name}=` is there twice.", "Keep the one you mean.")
    pairs[name] = (*pairs.get(name, ()), value)
