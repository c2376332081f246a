"""What is said elsewhere of the weekly digest, the coffee and hand-overs when they could not be posted."""

from __future__ import annotations

from bot.chat.document import Document, Paragraph, Text, clean, plain
from bot.chat.marked import marked
from bot.incident.effects import TellUndelivered
from bot.incident.text import one_line

REASON = 300
"""Characters of a reason that are shown; some servers answer with a page."""

REMEDY = 120
"""As many of them are its end: our adapters say last what to do."""

WHAT = {
    "say_weekly_digest": "The weekly digest",
    "mail_weekly_digest": "The weekly digest",
    "show_board": "The coffee's board",
    "tell_coffee": "What happens at the coffee",
    "ask_thumbs": "The question whether to go on",
    "write_minutes": "The coffee's minutes",
    "say_handover": "A hand-over",
}
"""By the kind of what was to be done."""


def undelivered(told: TellUndelivered) -> Document:
    what, why = said(told)
    whole = (Text(f"{what}:", bold=True), Text(f" {why} "), *marked(advice(told)))
    return Document(clean(f"{what}: {why}"), (Paragraph(whole),), tone="warning")


def sentence(told: TellUndelivered) -> str:
    """The same in one line."""
    what, why = said(told)
    return plain((Text(f"{what}: {why} "), *marked(advice(told))))


def said(told: TellUndelivered) -> tuple[str, str]:
    """What did not reach where, and why."""
    of = f" of {clean(told.team)}" if told.team else ""
    where = f"{told.provider} ({told.place})" if told.place else told.provider
    return f"{WHAT[told.kind]}{of} did not get to {clean(where)}", f"{_why(told.reason).rstrip('.')}."


def _why(reason: str) -> str:
    """What is too long for a line lacks its middle, from word to word where there are any."""
    line = one_line(reason, len(reason))
    if len(line) > REASON:
        before, after = line[: REASON - REMEDY - 3], line[-REMEDY:]
        line = f"{before.rpartition(' ')[0] or before} … {after.partition(' ')[2] or after}"
    return line or "nobody says why"


def advice(told: TellUndelivered) -> str:
    """Which key to look at, and how to have it all the same; with code between backticks."""
    match told.kind:
        case "say_weekly_digest" | "mail_weekly_digest":
            key = f"digest.teams.{told.team}.to" if told.team else "digest.to"
            post = f"digest post {told.team}".strip()
            keys = f"`{key}` and `paging.{told.provider}`" if told.kind == "mail_weekly_digest" else f"`{key}`"
            return f"Look at {keys}; `{post}` posts it then, and `{post.replace(' post', '', 1)}` shows it to you now."
        case "write_minutes":
            # The folder of the drafts is no block of that section.
            key = "postmortem.folder" if told.provider == "postmortem" else f"publishing.{told.provider}"
            return f"Look at `{key}`; `coffee minutes` shows them."
        case "say_handover":
            return f"Look at `chat.{told.provider}`; `oncall` says who is on call."
        case _:
            return "Look at `coffee.to`; `coffee` shows the board to you."
