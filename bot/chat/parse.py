"""One typed line to one command or question. Whatever the line, nothing but `Refused` is ever raised.

    command := [prefix] [ref] verb [args] [key=value …]

Inside a room its incident is implied; elsewhere see `bot.chat.implied`. Word order is forgiving: `add task` is
`task add`. A reference counts before the verb, right after it, and where no free text can hold it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.chat import times
from bot.chat.build_life import ANONYMOUS
from bot.chat.context import Context, Do, Question
from bot.chat.document import clean
from bot.chat.implied import among, implied, repeatable, which
from bot.chat.line import Typed, Word, join, ref, shown, split, words_of
from bot.chat.strays import stray
from bot.chat.values import ROLES, STATUSES, named_here, somebody, spelled_severity
from bot.chat.verb import Verb
from bot.chat.verbs import VERBS, find, nearest_verb
from bot.incident.commands import Open
from bot.incident.model import Refused

__all__ = ["Context", "Do", "Question", "parse"]

LINE_LIMIT = 8000
PREFIXES = frozenset({"/incident", "/inc", "!incident", "!inc"})
FILLERS = frozenset(
    {"add", "assign", "change", "create", "get", "make", "please", "post", "send", "set", "show", "write"}
)
"""Before a verb these mean nothing of their own: `set sev 1`, `add note …`, `show timeline`."""

AFTERWARDS = frozenset({"End", "Afterwards", "Help"})
"""Groups of verbs that are hardly a reason to open an incident."""

WHILE_OPEN = frozenset({"accept", "ack", "cancel", "decline", "merge", "page", "resolve"})
"""Verbs that mean nothing to an incident that is over."""

MYSELF = frozenset({"@me", "owner=me", "owner=@me"})
HANDING = frozenset({"role", "handoff", "pm"})
"""Verbs in which `me` is a person and never just a word."""

LISTED = frozenset({"task", "followup", "role", "timeline", "oncall"})
AFTER_OPEN = frozenset({"drill", "retro", "nearmiss"})
AFTER_NEW = AFTER_OPEN | {"task", "followup"}


def parse(line: str, context: Context) -> Do | Question:
    """What `line` asks for. Raises Refused, with what to do instead, when that is not clear."""
    if len(line) > LINE_LIMIT:
        raise Refused(
            f"That line has {len(line)} characters.", f"A command has up to {LINE_LIMIT}; link to long texts."
        )
    address, words = _begun(line)
    if not words:
        return Question("help") if address is None else Question("status", address)
    verb, rest = _verb(words)
    if verb is None:
        raise _unknown(rest, context)
    parts = split("".join(word.lead + word.text for word in rest), verb.keys)
    args, keys, aside = parts.words, parts.keys, stray(verb, parts.others, context, VERBS)
    address = address if address is not None else _named(keys.pop("ref", ()))
    if address is None:
        address, args = _address(verb, args, context)
    if "at" in verb.keys and "at" not in keys and args and times.is_ago(args[-1].text):
        # As it is said to a colleague: `note failed over mon2 -10m`.
        keys["at"] = (args.pop().text,)
    typed = Typed(verb.name, verb.usage, named_here(verb.example, context), tuple(args), keys, address)
    whole = "".join(word.lead + word.text for word in words).strip()
    answer = verb.build(typed, context)
    if aside and isinstance(answer, Do):
        answer = replace(answer, aside=aside)
    return _placed(verb, answer, typed, whole, context)


def takes_on(line: str) -> bool:
    """Whether who types `line` takes something on: a page, a role, or what is given to `me`."""
    _, verb, rest = begun(line)
    if verb is None:
        return False
    said = {word.low for word in rest}
    return verb.name in ("ack", "take") or bool(said & MYSELF) or (verb.name in HANDING and "me" in said)


def nameless(line: str) -> bool:
    """Whether who types `line` asks not to be known, or may have meant to: a slip in the verb tells no name either."""
    _, verb, rest = begun(line)
    return (verb is None or verb.name == "nearmiss") and any(word.low in ANONYMOUS for word in rest[:4])


def begun(line: str) -> tuple[int | None, Verb | None, list[Word]]:
    """The incident in front of `line`, its verb, and the words that are not it."""
    address, words = _begun(line)
    verb, rest = _verb(words) if words else (None, [])
    return address, verb, rest


def _begun(line: str) -> tuple[int | None, list[Word]]:
    """The reference in front, and the words behind it."""
    words = words_of(clean(line).strip())
    while words and words[0].low in PREFIXES:
        words.pop(0)
    address = ref(words[0].text) if words else None
    return address, words if address is None else words[1:]


def _verb(words: Sequence[Word]) -> tuple[Verb | None, list[Word]]:
    """The verb and all the words that are not it; without one, the words from where it should be. `key=value` may
    stand before it."""
    start = 0
    while start < len(words) - 1 and "=" in words[start].text:
        start += 1
    before, words = list(words[:start]), words[start:]
    first, second = words[0], words[1] if len(words) > 1 else None
    if second and (pair := find(f"{first.low} {second.low}")):
        return pair, [*before, *words[2:]]
    verb, other = find(first.low), find(second.low) if second else None
    if other and first.low in other.swaps:
        return other, [*before, first, *words[2:]]
    if other and (first.low in FILLERS or (verb and _gives_way(verb, first, other, words))):
        return other, [*before, *words[2:]]
    return (verb, [*before, *words[1:]]) if verb else (None, list(words))


def _gives_way(verb: Verb, first: Word, other: Verb, words: Sequence[Word]) -> bool:
    """Whether the first verb only introduces the second: `list tasks`, `start drill …`, `new task …`."""
    if verb.name == "list":
        return other.name in LISTED and len(words) == 2
    if verb.name == "open":
        return other.name in (AFTER_NEW if first.low == "new" else AFTER_OPEN)
    return False


def _unknown(words: Sequence[Word], context: Context) -> Refused:
    first, low = words[0], words[0].low
    spelled = spelled_severity(first.text)
    # `end` is hardly that of a coffee while something is on fire.
    about = [verb for verb in VERBS if not (context.open and verb.where == "anywhere")]
    swapped = next((verb for verb in about if low in verb.swaps), None)
    if low in ROLES:
        hint = f"Did you mean `role {low} {shown(join(words[1:3]) or somebody(context))}`?"
    elif low in STATUSES:
        hint = f"Did you mean `status {low}`?"
    elif spelled:
        hint = f"`open {spelled} TITLE` opens an incident, `sev {spelled[-1]}` changes the severity of one."
    elif swapped:
        hint = f"Did you mean `{swapped.name} {low}`?"
    elif near := nearest_verb(first.text):
        meant = f"{near} {join(words[1:])}".strip()
        hint = f"Did you mean `{meant if repeatable(meant) else near}`?"
    else:
        hint = "`help all` lists what I understand."
    return Refused(f"I do not know `{shown(first.text)}`.", hint)


def _named(values: Sequence[str]) -> int | None:
    """The incident of `ref=`."""
    if not values:
        return None
    found = ref(values[0])
    found = ref(f"#{values[0]}") if found is None else found
    if found is None:
        raise Refused(f"`{shown(values[0])}` names no incident.", "For example: `ref=INC-7`")
    return found


def _address(verb: Verb, words: list[Word], context: Context) -> tuple[int | None, list[Word]]:
    """The reference among the words after the verb, and the other words.

    It is right after the verb; or anywhere if the verb takes no free text; or all that follows the verb's own
    arguments; or, where no room implies an incident, the last word. Else it is a part of the text: `note like INC-5`.
    """
    if verb.own_refs or verb.where in ("new", "anywhere"):
        return None, words
    places = [n for n, word in enumerate(words) if _is_ref(verb, word)]
    last = len(words) - 1
    for place in places:
        alone = place == 0 or verb.prose_at is None
        if alone or (place == last and (context.room is None or last == verb.prose_at)):
            return ref(words[place].text), words[:place] + words[place + 1 :]
    return None, words


def _is_ref(verb: Verb, word: Word) -> bool:
    return ref(word.text) is not None and not (verb.numbers and word.text.startswith("#"))


def _placed(verb: Verb, answer: Do | Question, typed: Typed, whole: str, context: Context) -> Do | Question:
    """`answer` with the incident it is about. `whole` is the line as it was typed."""
    replays = isinstance(answer, Do) and isinstance(answer.command, Open) and answer.command.replays
    if verb.where == "new" and typed.ref is not None and answer.incident is None and not replays:
        raise Refused(
            f"`{verb.name}` makes a new incident, so it takes no reference.", f"Did you mean `INC-{typed.ref} reopen`?"
        )
    if verb.where in ("new", "anywhere") or answer.incident is not None:
        return answer
    known = typed.ref if typed.ref is not None else context.room
    if known is None and verb.where == "either" and typed.words:
        return answer
    return replace(answer, incident=known if known is not None else _implied(verb, whole, context))


def _implied(verb: Verb, whole: str, context: Context) -> int:
    found = among(verb.name, context.by, context.open, context.unclosed)
    if one := implied(found):
        return one.number
    if found:
        raise which(found, whole)
    begin = "" if verb.group in AFTERWARDS else "`open TITLE` opens one. "
    line = whole if repeatable(whole) else verb.name
    then = "" if verb.name in WHILE_OPEN else f"For one that is over: `INC-7 {line}`, with its own number. "
    raise Refused("No incident is open.", f"{begin}{then}`list all` shows the past ones.")
