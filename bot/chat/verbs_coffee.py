"""The row of the table of verbs for the lean coffee."""

from __future__ import annotations

from bot.chat import build_coffee
from bot.chat.verb import Verb

COFFEE: tuple[Verb, ...] = (
    Verb(
        "coffee",
        "The lean coffee: show its board, bring up topics, put dots on them, and hold the meeting.",
        "coffee [N | add TEXT | vote N [xDOTS] [N …] | unvote N | reword N TEXT | drop N | restore N | order | skip | start | "
        "topic N | up | down | takeaway [#N] TEXT | untake [N] | next [TAKEAWAY] | end | minutes [N] | link]",
        build_coffee.coffee,
        (
            "coffee",
            "coffee add Why do OSDs flap after a reboot?",
            "coffee 3",
            "coffee vote 3",
            "coffee vote 3 x2 5",
            "coffee unvote 3",
            "coffee start",
            "coffee up",
            "coffee takeaway We alert on slow OSDs instead",
            "coffee untake 2",
            "coffee next",
            "coffee end",
            "coffee minutes",
        ),
        aliases=("kaffee",),
        group="Afterwards",
        where="anywhere",
        prose_at=1,
        swaps=(
            "add",
            "vote",
            "unvote",
            "drop",
            "restore",
            "reword",
            "order",
            "start",
            "next",
            "topic",
            "takeaway",
            "untake",
            "end",
            "close",
            "skip",
            "cancel",
            "list",
        ),
        numbers=True,
    ),
)
