"""From words to commands and questions: the lean coffee's board and its meeting."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from bot.chat.context import Context, Do, Question
from bot.chat.implied import repeatable
from bot.chat.line import Typed, Word, join, shown
from bot.incident.commands import coffee as c
from bot.incident.model import Refused
from bot.nearest import nearest

MOST_VOTED = 10
"""Topics that one line may put dots on: as many as have a number to react with."""

ALSO: Mapping[str, tuple[str, ...]] = {
    "add": ("new", "suggest", "propose"),
    "vote": ("votes", "dot", "dots"),
    "unvote": ("unvotes", "undot"),
    "drop": ("remove", "delete"),
    "restore": ("undrop", "reopen"),
    "reword": ("rename", "edit"),
    "order": ("agenda", "sort"),
    "start": ("begin",),
    "next": (),
    "topic": ("discuss",),
    "up": ("yes", "+1", "👍"),
    "down": ("no", "-1", "👎"),
    "takeaway": ("takeaways", "learned", "learnt"),
    "untake": ("untakeaway", "unlearn"),
    "end": ("stop", "finish", "close"),
    "skip": ("cancel",),
    "minutes": ("protocol",),
    "link": ("links", "calendar", "ics", "invite"),
}
"""What may follow `coffee`, and what else it may be called."""

SHOW = frozenset({"board", "list", "show", "topics", "status", "all"})
HELP = frozenset({"help", "h", "", "hilfe", "how"})
UNDO = frozenset({"undo", "back", "revert", "oops"})
BETWEEN = frozenset({"and", "for", "on", "topic", "topics", "number", "und", "für"})
"""Words that people put between the numbers of topics, and that say nothing."""

CALLED = {other: name for name, others in ALSO.items() for other in (name, *others)}

_NUMBER = re.compile(r"#?([0-9]{1,6})[.:;]?")
_TIMES = re.compile(r"[x×]([0-9]{1,3})|([0-9]{1,3})[x×]", re.IGNORECASE)


def coffee(typed: Typed, context: Context) -> Do | Question:
    """Bare it shows the board. A number may stand before what is done with it: `coffee 3 drop`."""
    words = typed.words
    if not words or (len(words) == 1 and words[0].low in SHOW):
        return typed.ask()
    if len(words) > 1 and _number(words[0]) is not None and words[1].low in CALLED:
        words = (words[1], words[0], *words[2:])
    name = CALLED.get(words[0].low)
    if name is None and len(words) == 1 and words[0].low.strip("-?") in HELP:
        return Question("help", None, {"verb": typed.verb})
    if name is None:
        raise _unknown(words)
    return _BUILD[name](typed, words[1:], context)


def _unknown(words: Sequence[Word]) -> Refused:
    first = words[0].text
    whole = join(words)
    if _number(words[0]) is not None:
        return Refused(f"What about topic {shown(first)}?", f"`coffee vote {shown(first)}` puts a dot on it.")
    if words[0].low in UNDO:
        return Refused(
            "Over coffee each line has its own way back.",
            "The answer to it names it: behind `undo`, where it can be taken back. `coffee` shows the board as it is.",
        )
    near = nearest(first, CALLED) or _begun(words[0].low)
    if not near and len(words) == 1:
        return Refused(f"I do not know `coffee {shown(first)}`.", "`help coffee` says what there is.")
    meant = f"coffee {CALLED[near]} {join(words[1:])}".strip() if near else f"coffee add {whole}"
    hint = f"Did you mean `{meant}`?" if repeatable(meant) else "`coffee add TEXT` adds a topic."
    return Refused(f"I do not know `coffee {shown(first)}`.", hint)


def _begun(low: str) -> str:
    """The only one of which it is the beginning, of two letters at least; empty where there is none, or several."""
    names = {name for other, name in CALLED.items() if other.startswith(low)} if len(low) > 1 else set()
    return names.pop() if len(names) == 1 else ""


def _add(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    if len(words) > 1 and words[0].low.rstrip(":") == "topic":
        words = words[1:]
    return typed.do(c.AddTopic(text=_text(words, "some words", "coffee add Why do OSDs flap?"), by=context.by))


def _vote(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    first, *others = (c.PutDots(topic=topic, voter="", count=count) for topic, count in _dots(words, "vote").items())
    return Do(None, first, typed.verb, then=tuple(others))


def _unvote(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    said = any(_TIMES.fullmatch(word.text) for word in words)
    first, *others = (
        c.TakeDots(topic=topic, voter="", count=count if said else None)
        for topic, count in _dots(words, "unvote").items()
    )
    return Do(None, first, typed.verb, then=tuple(others))


def _drop(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    return typed.do(c.DropTopic(topic=_only(words, "drop")))


def _restore(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    return typed.do(c.RestoreTopic(topic=_only(words, "restore")))


def _reword(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    example = "coffee reword 3 Why do OSDs flap?"
    number = _number(words[0]) if words else None
    if number is None:
        raise _missing("the number of a topic", example)
    return typed.do(c.RewordTopic(topic=number, text=_text(words[1:], "its new words", example)))


def _order(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    return typed.do(_alone("order", words, c.OrderAgenda()))


def _start(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    return typed.do(_alone("start", words, c.StartCoffee()))


def _next(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    if words and words[0].low == "topic" and len(words) == 1:
        words = ()
    return typed.do(c.NextTopic(takeaway=join(words), by=context.by if words else ""))


def _topic(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    if words and _number(words[0]) is None:
        meant = f"coffee add {join(words)}"
        hint = f"Did you mean `{meant}`?" if repeatable(meant) else "`coffee add TEXT` adds one."
        raise Refused("`coffee topic` needs the number of a topic.", hint)
    return typed.do(c.TakeUpTopic(topic=_only(words, "topic")))


def _up(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    return typed.do(_alone("up", words, c.GiveThumb(voter="", up=True)))


def _down(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    return typed.do(_alone("down", words, c.GiveThumb(voter="", up=False)))


def _takeaway(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    """A topic's number stands in front as `#3`: a bare one is a word of the takeaway."""
    if len(words) == 2 and CALLED.get(words[0].low) == "drop" and _number(words[1]) is not None:
        return _untake(typed, words[1:], context)
    topic = _number(words[0]) if words and words[0].text.startswith("#") else None
    rest = words if topic is None else words[1:]
    text = _text(rest, "some words", "coffee takeaway We alert on slow OSDs, not on flapping ones")
    return typed.do(c.NoteTakeaway(text=text, by=context.by, topic=topic or 0))


def _untake(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    if not words or words[0].low in ("last", "latest"):
        return typed.do(c.DropTakeaway())
    return typed.do(c.DropTakeaway(takeaway=_only(words, "untake", "the number of a takeaway")))


def _end(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    return typed.do(_alone("end", words, c.EndCoffee()))


def _skip(typed: Typed, words: Sequence[Word], context: Context) -> Do:
    return typed.do(_alone("skip", words, c.SkipCoffee()))


def _minutes(typed: Typed, words: Sequence[Word], context: Context) -> Question:
    if not words or words[0].low in ("last", "latest"):
        return typed.ask(minutes="last")
    return typed.ask(minutes=str(_only(words, "minutes", "the number of a coffee")))


def _link(typed: Typed, words: Sequence[Word], context: Context) -> Question:
    return typed.ask(link="yes")


Build = Callable[[Typed, Sequence[Word], Context], Do | Question]
_BUILD: Mapping[str, Build] = {
    "add": _add,
    "vote": _vote,
    "unvote": _unvote,
    "drop": _drop,
    "restore": _restore,
    "reword": _reword,
    "order": _order,
    "start": _start,
    "next": _next,
    "topic": _topic,
    "up": _up,
    "down": _down,
    "takeaway": _takeaway,
    "untake": _untake,
    "end": _end,
    "skip": _skip,
    "minutes": _minutes,
    "link": _link,
}


def _alone(name: str, words: Sequence[Word], command: c.CoffeeCommand) -> c.CoffeeCommand:
    rest = [word for word in words if word.low not in ("coffee", "now", "please")]
    if rest:
        raise Refused(f"`coffee {name}` takes no more words.", f"Leave out `{shown(join(rest))}`.")
    return command


def _text(words: Sequence[Word], what: str, example: str) -> str:
    text = join(words)
    if not text:
        raise _missing(what, example)
    return text


def _missing(what: str, example: str) -> Refused:
    """Without all that may follow `coffee`: who came so far wants to know what comes next."""
    return Refused(f"`{' '.join(example.split()[:2])}` needs {what}.", f"For example: `{example}`")


def _only(words: Sequence[Word], name: str, what: str = "the number of a topic") -> int:
    numbers = [number for word in words if (number := _number(word)) is not None]
    if not numbers:
        raise _missing(what, f"coffee {name} 3")
    if len(numbers) > 1 or any(_number(word) is None and word.low not in BETWEEN for word in words):
        raise Refused(f"`coffee {name}` takes one number.", f"For example: `coffee {name} {numbers[0]}`")
    return numbers[0]


def _dots(words: Sequence[Word], name: str) -> Counter[int]:
    """How many dots for which topic: `3`, `3 5`, `3,5`, `3 3`, `3 x2`, `3 2x`."""
    found: Counter[int] = Counter()
    last: int | None = None
    for part in (part for word in words for part in word.text.split(",") if part):
        times = _TIMES.fullmatch(part)
        if times and last is not None:
            found[last] += int(times[1] or times[2]) - 1
            if found[last] < 1:
                raise Refused(f"`{shown(part)}` is no number of dots.", f"For example: `coffee {name} {last} x2`")
            last = None
        elif number := _NUMBER.fullmatch(part):
            last = int(number[1])
            found[last] += 1
        elif part.lower() not in BETWEEN:
            raise Refused(f"`{shown(part)}` is no number of a topic.", "`coffee` shows them with their numbers.")
    if not found:
        raise _missing("the number of a topic", f"coffee {name} 3")
    if len(found) > MOST_VOTED:
        raise Refused(f"{len(found)} topics are too many for one line.", f"Up to {MOST_VOTED} go into one.")
    return found


def _number(word: Word) -> int | None:
    found = _NUMBER.fullmatch(word.text)
    return int(found[1]) if found else None
