"""What a verb is: its names, its words of help, the shape of what follows it, and the function that understands that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.chat.context import Context, Do, Question
from bot.chat.line import Typed

Build = Callable[[Typed, Context], Do | Question]


@dataclass(frozen=True, slots=True)
class Verb:
    """One row of the table that parser, help, forms and `docs/commands.md` come from.

    `where` is "incident" (of the room, or named, or the only open one), "new" (opens one),
    "either" (an incident, or words instead) or "anywhere" (needs none).
    `keys` are its `key=` names. `prose_at` is the number of words after which free text begins, in which `INC-5` is
    just a word; None: it takes no free text. `swaps` are words that may also stand before the verb (`done task 2`).
    `own_refs`: references after the verb are its arguments. `numbers`: `#2` is its argument and no incident.
    `rings`: phones ring by it or stop to, so that nothing said besides may hold it up.
    """

    name: str
    help: str
    usage: str
    build: Build
    examples: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    group: str = ""
    where: str = "incident"
    keys: tuple[str, ...] = ()
    prose_at: int | None = None
    swaps: tuple[str, ...] = ()
    own_refs: bool = False
    numbers: bool = False
    rings: bool = False

    @property
    def example(self) -> str:
        """One that says more than the verb, where there is one."""
        return next((example for example in self.examples if " " in example), self.examples[0])

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)
