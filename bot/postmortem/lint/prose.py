"""What of a text is looked at: its prose, sentence by sentence, each character where it stands in the text.

Code, quotations, logs, links and comments are hidden, not cut out, so that a place in a passage is a place in the text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt

from bot.postmortem.lint.grammar import HIDDEN, NAME, ROLE_SPOKEN_OF

# What would be read as one of our marks, or as the end of a line.
_OURS = re.compile(f"[\\r\\ufeff{NAME}-{ROLE_SPOKEN_OF}{HIDDEN}]")
_COMMENT = re.compile(r"<!--(?:(?!-->)[\s\S])*(?:-->|\Z)")
_TICKS = re.compile(r"`+")
_ELSEWHERE = re.compile(
    r"<?\b(?:https?|ftp|ssh|git|file|mailto)://?[^\s<>|]+>?"
    r"|(?<=\])\([^()\s]{0,2000}\)"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"<@\w{1,64}>|(?<![\w.])@[\w.=/+-]{1,64}(?::[\w.-]{1,200})?(?<![.:-])")
# Emphasis goes around words, not into them.
_EMPHASIS = re.compile(r"\*|~|\\|(?<![^\W_])_|_(?![^\W_])")
_QUOTES = {"„": "“”", "“": "”", "«": "»", "»": "«", "‚": "‘’", "‘": "’", "'": "'", '"': '"'}
_QUOTE = re.compile("[„“”«»‚‘’'\"]")
_WORD = re.compile(r"\w[\w-]*")

_STAMP = (
    r"(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d)"
)
_LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)"
_LOG = re.compile(
    rf"\W{{0,20}}(?:{_STAMP}\S{{0,20}}\s(?:.{{0,120}}?\b(?:{_LEVEL}\b|[a-z]+=)|[\w.-]{{1,80}}\s[\w./-]{{1,60}}:"
    rf"|(?:[\w.-]{{1,80}}\s)?[\w./-]{{1,60}}\[\d+\]:)"
    rf"|[IWEF]\d{{4}}\s\d\d:\d\d:\d\d|{_LEVEL}(?:\]|:\s|\s+\[)|(?:level|ts|time|msg)=\S"
    r"|at\s[\w.$]{1,120}\(\w|Traceback \(most|File \"[^\"]{1,200}\", line \d|\[\s{0,6}\d+\.\d{6}\]\s"
    r"|[#$]\s?(?:sudo|kubectl|ceph|systemctl|openstack)\s)"
)

# A dot behind a single letter is an abbreviation: e.g., i.e., z. B.
_END = re.compile(r"(?<![.!?…])(?:(?<!\b\w)\.|[!?…])[.!?…]*(?=[\s)\]*\"”“»'’]|$)|[;|]")


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence as far as it is looked at, in small letters; `start` is its place in the text."""

    text: str
    start: int


def bare(words: str) -> str:
    """`words` of a Markdown text in one line and without its emphasis."""
    return " ".join(_EMPHASIS.sub("", words).split())


def passages(text: str, names: Collection[str] = ()) -> Iterator[Passage]:
    """The sentences of a Markdown text, in order, with `names` (and handles) marked as people."""
    # What ends a line is "\n" alone, as in an editor; the same number of characters stays.
    text = _OURS.sub(" ", text)
    text = _COMMENT.sub(_blank, text)
    known = _by_first_word(names)
    lines = _starts(text)
    for first, last in _blocks(text):
        start = lines[first]
        end = lines[last] if last < len(lines) else len(text)
        yield from _sentences(_small(_named(_plain(text[start:end]), known)), start)


def _small(block: str) -> str:
    """In small letters; the few that would become two stay as they are."""
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in block)


def _starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer("\n", text))]


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """First and last line (the last not included) of each block of prose: headings, paragraphs, items and tables."""
    # Only blocks are read: what is inside them is found here, where its places are still known.
    depth = 0
    for token in MarkdownIt("commonmark", {"html": False}).disable("inline").parse(text):
        depth += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if token.type == "inline" and token.map and not depth:
            yield token.map[0], token.map[1]


def _plain(block: str) -> str:
    """`block` with everything hidden that is no prose."""
    block = "\n".join(_hide(line) if _LOG.match(line) else line for line in block.split("\n"))
    block = _quotations(_ELSEWHERE.sub(_hidden, _code(block)))
    return _EMPHASIS.sub(" ", block)


def _code(block: str) -> str:
    """Hides what stands between two equally long runs of backticks."""
    runs = [(found.start(), found.end()) for found in _TICKS.finditer(block)]
    closing: dict[int, int] = {}
    partner = [0] * len(runs)
    for place in range(len(runs) - 1, -1, -1):
        length = runs[place][1] - runs[place][0]
        partner[place] = closing.get(length, 0)
        closing[length] = place
    parts, at, place = [], 0, 0
    while place < len(runs):
        start = runs[place][0]
        if partner[place] and block[start - 1 : start] != "\\":
            end = runs[partner[place]][1]
            parts += [block[at:start], _hide(block[start:end])]
            at, place = end, partner[place]
        place += 1
    return "".join((*parts, block[at:]))


def _quotations(block: str) -> str:
    """Hides what somebody else said: a quotation that is closed in the same block."""
    marks = [(found.start(), found[0]) for found in _QUOTE.finditer(block)]
    parts, at, place = [], 0, 0
    hopeless: set[str] = set()
    while place < len(marks):
        start, mark = marks[place]
        end = _closed(block, marks, place) if mark in _QUOTES and mark not in hopeless and _opens(block, start) else 0
        if end:
            parts += [block[at:start], _hide(block[start : marks[end][0] + 1])]
            at, place = marks[end][0] + 1, end
        elif mark in _QUOTES and _opens(block, start):
            # Nothing closes it to the end of the block, and nothing will.
            hopeless.add(mark)
        place += 1
    return "".join((*parts, block[at:]))


def _opens(block: str, at: int) -> bool:
    return not block[at - 1 : at].isalnum() if at else True


def _closed(block: str, marks: Sequence[tuple[int, str]], place: int) -> int:
    """The mark that closes the one at `place`; 0 when none does."""
    closing = _QUOTES[marks[place][1]]
    for later in range(place + 1, len(marks)):
        at, mark = marks[later]
        if mark in closing and not block[at + 1 : at + 2].isalnum():
            return later
    return 0


def _by_first_word(names: Collection[str]) -> dict[str, list[str]]:
    """Names and their parts, the longest first, by the word they begin with."""
    known: dict[str, set[str]] = {}
    for name in names:
        parts = [part for part in name.split() if len(part) > 2 and part[0].isupper()]
        for words in (name.strip(), *parts):
            if first := _WORD.match(words):
                known.setdefault(first[0], set()).add(words)
    return {first: sorted(found, key=len, reverse=True) for first, found in known.items()}


def _named(block: str, known: dict[str, list[str]]) -> str:
    """`block` in which each person's name, in its own letters, is marked as one."""
    block = _HANDLE.sub(lambda found: NAME * len(found[0]), block)
    parts, at = [], 0
    for found in _WORD.finditer(block):
        start = found.start()
        for name in known.get(found[0], ()) if start >= at else ():
            end = start + len(name)
            if block.startswith(name, start) and not block[end : end + 1].isalnum():
                parts += [block[at:start], NAME * len(name)]
                at = end
                break
    return "".join((*parts, block[at:]))


def _sentences(block: str, start: int) -> Iterator[Passage]:
    at = 0
    for found in _END.finditer(block):
        yield Passage(block[at : found.end()], start + at)
        at = found.end()
    if at < len(block):
        yield Passage(block[at:], start + at)


def _hide(text: str) -> str:
    """As many characters, none of which is looked at; line breaks stay."""
    return "\n".join(HIDDEN * len(line) for line in text.split("\n"))


def _hidden(found: re.Match[str]) -> str:
    return _hide(found[0])


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])
