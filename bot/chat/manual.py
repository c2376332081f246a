"""Help in chat, and `docs/commands.md`: both come from the table of verbs."""

from __future__ import annotations

from bot.chat.document import Block, Bullets, Document, Heading, Line, Paragraph, Text, line
from bot.chat.markdown_out import code_span, escape
from bot.chat.marked import marked
from bot.chat.reactions import REACTIONS
from bot.chat.verb import Verb
from bot.chat.verbs import GROUPS, TOPICS, VERBS, find

WHERE = {
    "incident": "In the incident's room, or anywhere with its reference (`INC-7 {name}`).",
    "new": "Anywhere.",
    "either": "Anywhere; without words in the incident's room, or with its reference.",
    "anywhere": "Anywhere.",
}

NIGHT = {
    "ack": "You have the page: nobody else is woken.",
    "take": "You take the lead.",
    "status": "Show the incident, or set its status.",
    "note": "Put a line on the timeline.",
    "page": "Wake somebody.",
    "update": "Tell your own people how it stands.",
    "publish": "Tell customers; you see a preview first.",
    "resolve": "The impact is over.",
    "undo": "Take back your last command.",
}
"""What is needed at night, in the order of need; short enough for a line of a narrow terminal each."""

INTRO = """\
# What you can type

In Slack `/incident …` or `/inc …`, in Matrix `!incident …`, `!inc …` or a mention, in a terminal `klatsch say "…"`:
the same words everywhere, and one line is always enough. A button is a line somebody could have typed.

* Inside an incident's room the incident is implied. Elsewhere put its reference first (`INC-7 status`) or right after
  the command, or leave it out where only one can be meant. `ack` means where you are being paged, `accept` and `decline`
  what is in triage, `close`, `reopen` and `pm` what is resolved or in review; all others mean what is open, and when
  nothing is, what is resolved or in review. Drills, maintenance and near misses count only when there is nothing else.
* Free text needs no quotes. `key=value` may stand anywhere; a value with spaces is quoted (`title="Slow volumes"`),
  only `reason=` and `title=` may go on to the end of the line. A key that this command does not take, with a value such
  as others take, is refused rather than lost; in double quotes all is text (`note "the log says at=14:05"`).
* Times, lengths and dates: [below](#times), and in `help times`.
* People: `@ana`, `ana`, `ana@example.org`, a full name, `me`. In front of a text (`task @ana check disks`) only with the @.
* Word order is forgiving (`add task` is `task add`), and what is not understood is answered with the nearest command.
* Every change says how to take it back: `undo`.
* `help` shows what is needed first, `help all` all of this, `help page` one command.
"""

TIMES = (
    "A time of day, `14:05`, `4:30`, `04.30`, `0430` or `04:30 Uhr`, is the nearest that has passed, in the zone of your house; "
    "`14:05Z` is UTC. What was more than 12 hours ago needs its date. Where something is yet to come (`next=`, `maint`) "
    "it is the next one.",
    "With its date: `2026-11-26T23:00`, `26.11.2026 23:00` or `26.11. 23:00`, the nearest in any year. In quotes where there is "
    'a space: `at="26.11. 23:00"`',
    "Counted from now: `-10m` is ten minutes ago, `+2h` in two hours. At the end of a line `-10m` needs no `at=`. "
    "Only the `end=+2h` of `maint` counts from its `start=`.",
    "Lengths: `90s`, `30m`, `1h30m`, `14d`, `1w`",
    "Dates, for `due=`: `2026-12-31`, `31.12.2026`, `31.12.` (the next one), `today`, `tomorrow`, `friday` or `fri`, `heute`, "
    "`morgen`, `freitag`, or a length. A day means its end.",
)
"""How times are written, for people."""


def help_document(verb: str | None = None, prefix: str = "") -> Document:
    """What is needed at night; with `all` every command, a line each; or all about one of them or a topic. `prefix`
    (`/incident `) goes before the examples."""
    if verb in TOPICS:
        return Document("Times", (Heading(line("Times")), Bullets(tuple(marked(text) for text in TIMES))))
    found = find(verb) if verb else None
    if found:
        return _one(found, prefix)
    if verb != "all":
        return _night(prefix)
    blocks: list[Block] = [Heading(line("What you can type"))]
    for group in GROUPS:
        rows = [(Text(row.name, bold=True), *line(f": {row.help}")) for row in VERBS if row.group == group]
        blocks += [Heading(line(group), level=3), Bullets(tuple(rows))]
    more = f"`{prefix}help page` tells more about one of them, `{prefix}help times` how times are written."
    blocks.append(Paragraph(marked(more)))
    return Document(summary="What you can type", blocks=tuple(blocks))


def _night(prefix: str) -> Document:
    rows = tuple((Text(name, bold=True), Text(f": {words}")) for name, words in NIGHT.items())
    more = (
        f"`{prefix}help all` lists every command, `{prefix}help page` tells more about one of them, "
        f"`{prefix}help times` how times are written."
    )
    return Document(
        "What you need first", (Heading(line("What you need first")), Bullets(rows), Paragraph(marked(more)))
    )


def _one(verb: Verb, prefix: str) -> Document:
    examples: tuple[Line, ...] = tuple((Text(f"{prefix}{example}", code=True),) for example in verb.examples)
    blocks: list[Block] = [
        Heading(line(verb.name)),
        Paragraph(line(verb.help)),
        Paragraph((Text(f"{prefix}{verb.usage}", code=True),)),
        Bullets(examples),
        Paragraph(marked(where(verb))),
    ]
    if verb.aliases:
        blocks.append(Paragraph(line(f"Also: {', '.join(verb.aliases)}")))
    return Document(summary=f"{verb.name}: {verb.help}", blocks=tuple(blocks))


def where(verb: Verb) -> str:
    return WHERE[verb.where].format(name=verb.name)


def manual() -> str:
    """`docs/commands.md`, whole."""
    parts = [INTRO]
    for group in GROUPS:
        parts.append(f"## {group}\n")
        parts += [_section(verb) for verb in VERBS if verb.group == group]
    parts.append("## Times\n")
    parts.append("".join(f"* {text}\n" for text in TIMES))
    parts.append("## Reactions\n")
    parts.append("Put one on a message, and take it off again to take its effect back.\n")
    rows = {meaning.name: meaning for meaning in REACTIONS.values()}
    table = [f"| {meaning.emoji} | {escape(meaning.help)} | {code_span(meaning.line)} |" for meaning in rows.values()]
    parts.append("\n".join(["| Reaction | What it does | The same as a line |", "| --- | --- | --- |", *table]) + "\n")
    return "\n".join(parts)


def _section(verb: Verb) -> str:
    lines = [f"### {verb.name}", "", escape(verb.help), "", code_span(verb.usage), ""]
    lines += [f"* {code_span(example)}" for example in verb.examples]
    lines += ["", where(verb)]
    if verb.aliases:
        lines[-1] += f" Also: {', '.join(code_span(alias) for alias in verb.aliases)}."
    return "\n".join([*lines, ""])
