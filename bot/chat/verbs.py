"""The table of verbs. Parser, help, the forms of a platform and `docs/commands.md` all come from it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.chat.context import Context, Question
from bot.chat.line import KEY_ALIASES, Typed, shown
from bot.chat.verb import Verb
from bot.chat.verbs_coffee import COFFEE
from bot.chat.verbs_life import LIFE
from bot.chat.verbs_work import WORK
from bot.incident.model import Refused
from bot.nearest import nearest

GROUPS = ("Start", "Run it", "Wake people", "Tell", "To do", "Customers", "Look up", "End", "Afterwards", "Help")
"""The order in which help shows them."""


TOPICS = frozenset({"times"})
"""What help explains beside the verbs."""


def help_(typed: Typed, context: Context) -> Question:
    """`help` alone, `help all`, or with the verb (or the alias) or the topic that is asked about."""
    if not typed.words:
        return typed.ask()
    if typed.first == "all":
        return typed.ask(verb="all")
    verb = find(typed.text) or find(typed.words[0].text)
    if verb is None and typed.first in TOPICS:
        return typed.ask(verb=typed.first)
    if verb is None:
        near = nearest_verb(typed.words[0].text)
        hint = f"Did you mean `help {near}`?" if near else "`help all` lists what I understand."
        raise Refused(f"I do not know `{shown(typed.words[0].text)}`.", hint)
    return typed.ask(verb=verb.name)


HELP = (
    Verb(
        "help",
        "Show what is needed first, every command, one of them, or how times are written.",
        "help [all|COMMAND|times]",
        help_,
        ("help", "help all", "help page", "help times"),
        aliases=("?", "h", "hilfe"),
        group="Help",
        where="anywhere",
    ),
)

VERBS: tuple[Verb, ...] = tuple(sorted((*LIFE, *WORK, *COFFEE, *HELP), key=lambda verb: GROUPS.index(verb.group)))
KEYS = frozenset({key for verb in VERBS for key in verb.keys} | {"ref", *KEY_ALIASES})
NAMES: Mapping[str, Verb] = {name: verb for verb in VERBS for name in verb.names}


def find(word: str) -> Verb | None:
    """The verb of this name or alias, in any case."""
    return NAMES.get(word.lower())


def nearest_verb(word: str) -> str:
    """The name of the verb that `word` is most like; empty when it is like none."""
    found = nearest(word, NAMES)
    return NAMES[found].name if found else ""
