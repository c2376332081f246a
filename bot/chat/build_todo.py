"""From words to commands: what is to be done now (tasks) and afterwards (follow-ups)."""

from __future__ import annotations

from bot.chat import times, values
from bot.chat.context import Context, Do, Question
from bot.chat.line import Typed, Word, join, shown
from bot.incident import commands as c
from bot.incident.model import Refused

DONE = frozenset({"done", "finish", "finished", "complete", "completed"})
DROP = frozenset({"drop", "dropped", "delete", "remove"})
AGAIN = frozenset({"open", "reopen", "undone"})
GIVE = frozenset({"assign", "give"})
WONTDO = frozenset({"wontdo", "wont", "won't", "wontfix"})
ACTIONS = DONE | DROP | AGAIN | GIVE | WONTDO
NEVER = frozenset({"none", "never", "no", "nie"})
SHOW = frozenset({"list", "show", "all"})


def task(typed: Typed, context: Context) -> Do | Question:
    if not typed.words or (typed.first in SHOW and len(typed.words) == 1):
        return typed.ask()
    found = _numbered(typed, context)
    if found:
        number, action, rest = found
        owner = _given(typed, number, rest if action in GIVE else None, context)
        if action in GIVE:
            return typed.do(c.ChangeTask(task=number, owner=owner))
        if rest:
            raise Refused(f"`task {action} {number}` takes no more words.", "`note` puts the rest on the timeline.")
        return typed.do(c.ChangeTask(task=number, done=action in DONE, dropped=action in DROP | WONTDO, owner=owner))
    owner, words = _owned(typed, context)
    if not words:
        raise typed.missing("some words")
    return typed.do(c.AddTask(text=join(words), owner=owner))


def followup(typed: Typed, context: Context) -> Do | Question:
    if not typed.words or (typed.first in SHOW and len(typed.words) == 1):
        return typed.ask()
    if dated := _dated(typed):
        number, text = dated
        return typed.do(
            c.DateFollowUp(followup=number, due=None if text.lower() in NEVER else times.due(text, context))
        )
    found = _numbered(typed, context)
    if found:
        number, action, rest = found
        if typed.get("due"):
            then = f"Its date takes a line of its own: `followup {number} due={shown(typed.get('due'))}`"
            raise Refused(f"Follow-up {number} keeps its date.", then)
        owner = _given(typed, number, rest if action in GIVE else None, context)
        if action in GIVE:
            return typed.do(c.ChangeFollowUp(followup=number, outcome="", owner=owner))
        reason = "; ".join(part for part in (join(rest), typed.get("reason")) if part)
        outcome = "done" if action in DONE else "wontdo" if action in WONTDO else "dropped" if action in DROP else ""
        return typed.do(c.ChangeFollowUp(followup=number, outcome=outcome, reason=reason, owner=owner))
    owner, words = _owned(typed, context)
    if not words:
        raise typed.missing("some words")
    due = times.due(typed.get("due"), context) if typed.get("due") else None
    return typed.do(c.AddFollowUp(text=join(words), owner=owner, due=due))


def _dated(typed: Typed) -> tuple[int, str] | None:
    """`due 2 friday`, `2 due friday`, `2 due=friday` as number and date. "due 2 weeks after the move" is a text."""
    words, said = typed.words, typed.get("due")
    if said and len(words) == 1 and not typed.get("owner"):
        number = _number(words[0])
        return (number, said) if number else None
    if said or len(words) != 3:
        return None
    first, second, text = words
    if first.low == "due" and (number := _number(second)):
        return number, text.text
    if second.low == "due" and (number := _number(first)):
        return number, text.text
    return None


def _numbered(typed: Typed, context: Context) -> tuple[int, str, tuple[Word, ...]] | None:
    """`done 2`, `2 done`, `2 @ben`, `2 ben` as number, action and what follows; 0 for `done` alone: the only open one.

    None for a text that happens to have a number: "drop 2 old tables", "3 OSDs to check", "assign 2 people".
    """
    words = typed.words
    if len(words) == 1 and words[0].low in DONE | DROP | WONTDO:
        return 0, words[0].low, ()
    if len(words) == 1 and words[0].low in AGAIN | GIVE:
        raise typed.missing("a number", f"{typed.verb} {words[0].low} 2")
    if words[0].low in GIVE and values.find_person(typed.rest(1), context) is not None:
        raise typed.missing("a number", f"{typed.verb} 2 {typed.rest(1)}")
    if words[0].low in ACTIONS and len(words) > 1 and (number := _number(words[1])):
        action, rest = words[0].low, words[2:]
        plain = action in DONE | WONTDO and action not in ("finish", "complete")
        if not rest or plain or (action in GIVE and values.find_person(join(rest), context) is not None):
            return number, action, rest
        return None
    if number := _number(words[0]):
        if len(words) > 1 and words[1].low in ACTIONS:
            return number, words[1].low, words[2:]
        if len(words) == 1 and not typed.get("owner"):
            raise typed.missing(f"what became of {number}", f"{typed.verb} done {number}")
        if len(words) == 1 or _mention(words[1]) or values.find_person(typed.rest(1), context) is not None:
            return number, "give", words[1:]
    return None


def _given(typed: Typed, number: int, rest: tuple[Word, ...] | None, context: Context) -> str:
    """To whom number `number` goes, by `owner=` or by the `rest` of the line; empty where it goes to nobody else. Raises
    Refused when there should be somebody (`rest` is not None) and nobody is named."""
    who = typed.get("owner") or join(rest or ())
    if not who and rest is not None:
        raise typed.missing("a person", f"{typed.verb} {number} {values.somebody(context)}")
    return values.person(who, context) if who else ""


def _mention(word: Word) -> bool:
    return word.text.startswith(("@", "<@"))


def _number(word: Word) -> int:
    digits = word.text.removeprefix("#").rstrip(":,.")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 6 else 0


def _owned(typed: Typed, context: Context) -> tuple[str, tuple[Word, ...]]:
    """Who is to do it, from `owner=` or from a mention in front, and the words that say what.

    A name in front without its @ is asked about: taken for a word, nobody would do it, and it may well be one."""
    words = typed.words[1:] if typed.first == "add" else typed.words
    if typed.get("owner"):
        return values.nobody_or(typed.get("owner"), context), words
    if words and _mention(words[0]):
        return values.person(words[0].text, context), words[1:]
    if words and values.find_person(words[0].text, context) is not None:
        name, text = shown(words[0].text), shown(join(words), 60)
        what = shown(join(words[1:]), 60) or "TEXT"
        raise Refused(
            f"Is `{name}` to do it? Then: `{typed.verb} @{name} {what}`",
            f"If it is a word of the text: `{typed.verb} {text} owner=none`",
        )
    return "", words
