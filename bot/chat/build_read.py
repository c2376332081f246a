"""From words to questions: what people look up. A question changes nothing."""

from __future__ import annotations

from bot.chat import values
from bot.chat.context import Context, Question
from bot.chat.line import Typed, shown
from bot.incident.model import Kind, Refused, Severity, Status

LISTS = ("open", "all", *(status.value for status in Status), *(kind.value for kind in Kind))


def list_(typed: Typed, context: Context) -> Question:
    """`list`, `list all`, `list closed`, `list drill`, `list sev1`."""
    if not typed.words or typed.first in ("incidents", "incident"):
        return typed.ask()
    spelled = values.spelled_severity(typed.words[0].text)
    which = spelled.value if spelled else typed.first
    if which.endswith("s") and which[:-1] in LISTS:
        which = which[:-1]
    if which not in LISTS and not spelled:
        raise values.unknown("list", typed.words[0].text, [*LISTS, *(severity.value for severity in Severity)])
    return typed.ask(which=which)


def timeline(typed: Typed, context: Context) -> Question:
    if typed.words:
        raise Refused("`timeline` shows what happened and takes no words.", f"To add a line: `note {_tail(typed)}`")
    return typed.ask()


def catchup(typed: Typed, context: Context) -> Question:
    return typed.ask()


def similar(typed: Typed, context: Context) -> Question:
    """With words: what is like them. Without: what is like this incident."""
    return typed.ask(text=typed.text)


def _tail(typed: Typed) -> str:
    return shown(" ".join(typed.text.split()), 60)
