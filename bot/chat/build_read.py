"""From words to questions: what people look up. A question changes nothing; only `digest post` does."""

from __future__ import annotations

from bot.chat import values
from bot.chat.context import Context, Do, Question
from bot.chat.line import Typed, shown
from bot.incident.commands import PostDigest
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


def digest(typed: Typed, context: Context) -> Do | Question:
    """`digest`, or one part of it: `digest noise`. `digest post` posts it. What the team, the week and the part are called is for
    who makes it to know (`bot.on_demand`)."""
    team, week, language = typed.get("team"), typed.get("week"), typed.get("lang")
    if typed.first != "post":
        return typed.ask(team=team, week=week, lang=language, block=typed.text)
    if len(typed.words) > 1:
        raise Refused(f"`digest post` takes no `{shown(typed.rest())}`: it posts all of it.", "Write: `digest post`")
    if language:
        raise Refused(
            "`digest post` posts each digest in its own language.",
            "Is that the wrong one? It is `language` under `digest:` in the configuration.",
        )
    return typed.do(PostDigest(team=team, week=week))


def _tail(typed: Typed) -> str:
    return shown(" ".join(typed.text.split()), 60)
