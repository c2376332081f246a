"""What becomes of a `key=value` behind a verb that does not take it. The rule, whole:

* A key of the verb is a key wherever it stands; a key of no verb is text (`note latency=3s`), and so is all in double quotes.
* A key of other verbs is refused where it would be lost: where no text is expected (`accept at=14:05`), and in a text when
  its value is such as the key takes (`update Volumes slow at=14:05`). With any other value it is text
  (`note it says severity=critical`). `title=` is refused where the text is the title itself.
* `ack` and `page` are never refused over it, for phones ring meanwhile: they are done, and the answer says what had no effect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.chat import times, values
from bot.chat.context import Context
from bot.chat.line import KEY_ALIASES, key_of, shown
from bot.chat.verb import Verb
from bot.incident.model import Refused

NAMED = 4
"""Verbs that a refusal names as those that take the key."""

TITLED = frozenset({"open", "drill", "retro", "maint", "nearmiss", "rename"})
"""Verbs whose text is a title."""


def stray(verb: Verb, pairs: Sequence[tuple[str, str]], context: Context, verbs: Sequence[Verb]) -> str:
    """What to say of the first of the `pairs` (none of them the verb's own) that only others of the `verbs` take; empty
    when all are text. Raises Refused where it would be lost."""
    for name, value in pairs:
        takers = [other.name for other in verbs if key_of(name, other.keys)]
        text = verb.prose_at is not None or "reason" in verb.keys
        if takers and (not text or _meant(verb, KEY_ALIASES.get(name.lower(), name.lower()), value, context)):
            pair = f"{name}={value}"
            if verb.rings:
                then = "is a part of the text" if text else "changed nothing"
                return f"`{verb.name}` takes no `{name}=`, so `{shown(pair)}` {then}."
            raise _refused(verb, name, pair, takers, text)
    return ""


def _refused(verb: Verb, name: str, pair: str, takers: Sequence[str], text: bool) -> Refused:
    own = ", ".join(f"`{key}=`" for key in verb.keys)
    others = ", ".join(f"`{taker}`" for taker in takers[:NAMED]) + (" and others" if len(takers) > NAMED else "")
    hints = [
        f"`{verb.name}` takes {own}." if own else f"Usage: `{verb.usage}`.",
        f"{others} {'takes' if len(takers) == 1 else 'take'} it.",
        f'As text, in quotes: `"{shown(pair)}"`' if text else "",
    ]
    return Refused(f"`{verb.name}` takes no `{shown(name)}=`.", " ".join(hint for hint in hints if hint))


def _meant(verb: Verb, key: str, value: str, context: Context) -> bool:
    """Whether the value is such as the key takes."""
    low = value.lower()
    match key:
        case "at" | "start" | "end" | "next" | "due":
            return times.is_time(value)
        case "owner" | "page" | "instead":
            people = {"me", *values.NOBODY, *(person.casefold() for person in context.people)}
            return value.startswith(("@", "<@")) or low in people or _target(key, low, context)
        case "sev":
            return _understood(values.severity, value)
        case "comp":
            return any(values.component(part.partition(":")[0], context) for part in value.split(","))
        case "match":
            return _understood(values.matcher, value)
        case "mark":
            return low in values.MARKS
        case "plane":
            return low in ("data", "control")
        case "another":
            return low in ("yes", "no")
        case "title":
            return verb.name in TITLED
        case _:
            return False


def _understood(read: Callable[[str], object], value: str) -> bool:
    try:
        read(value)
    except Refused:
        return False
    return True


def _target(key: str, low: str, context: Context) -> bool:
    """`page=platform`, `page=schedule:storage`: a policy or a schedule by its name."""
    return key == "page" and any(
        low in (target.lower(), target.lower().partition(":")[2]) for target in context.targets
    )
