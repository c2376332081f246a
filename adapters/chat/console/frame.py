"""One picture of a room: what it is about on top, the card, the newest lines, and what is being done at the bottom."""

from __future__ import annotations

from datetime import tzinfo

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.segment import Segment
from rich.text import Text

from adapters.chat import terminal
from adapters.chat.console.rooms import Message, Room
from adapters.chat.terminal import Prefixed, flat
from bot.chat.document import Document, Paragraph

BOT = "klatsch"
_LONGEST = 12
"""Lines of one message in the picture; at the end it is shown whole."""

_READ = 200
"""Messages looked at for the picture; no window is higher."""

Lines = list[list[Segment]]


class Frame:
    """As high as the window, or, when `whole`, as high as the card and the last messages need.

    The card gives way to what was said last, and both are cut before the header and the step are.
    """

    def __init__(self, room: Room | None, *, step: str, note: str, zone: tzinfo, whole: bool = False) -> None:
        self._room = room
        self._step = flat(step)
        self._note = flat(note)
        self._zone = zone
        self._whole = whole

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max(options.max_width, terminal.NARROWEST)
        height = options.height or console.height
        plain = options.update(width=width, height=None)
        foot = console.render_lines(self._foot(), plain, pad=False) if self._step or self._note else []
        if self._room is None:
            above: Lines = []
        elif self._whole:
            above = self._above(console, plain, self._room, 10_000)
        else:
            left = max(height - len(foot), 0)
            above = self._above(console, plain, self._room, left)[:left]
        blank = 0 if self._whole else height - len(foot) - len(above)
        yield from _flow([*above, *([[]] * max(blank, 0)), *foot])

    def _above(self, console: Console, options: ConsoleOptions, room: Room, height: int) -> Lines:
        head = console.render_lines(self._head(room), options, pad=False)
        said: Lines = []
        enough = height - len(head)
        for message in reversed(room.messages[-_READ:]):
            if message.id in room.pinned[:1]:
                continue
            shown = message_lines(message, room, options.max_width, self._zone)
            lines = console.render_lines(shown, options, pad=False)
            said = (lines if self._whole else _shortened(lines, _LONGEST, ", shown at the end")) + said
            if len(said) >= enough:
                break
        card = self._card(console, options, room, max(enough - min(len(said), max(enough // 3, 4)), 0))
        left = enough - len(card)
        return [*head, *card, *(said[-left:] if left > 0 else [])]

    def _head(self, room: Room) -> RenderableType:
        about = Text(f"#{flat(room.name)}", "bold", no_wrap=True, overflow="ellipsis")
        for true, word in ((room.private, "private"), (room.archived, "archived")):
            if true:
                about.append(f" ({word})", "bold yellow")
        names = ", ".join(flat(name) for name in room.people.values())
        # The words in the room name a zone, so the clock beside them has to.
        zone = room.messages[-1].at.astimezone(self._zone).tzname() if room.messages else None
        for extra in (names, f"times in {zone}" if zone else ""):
            about.append(f" · {extra}" if extra else "", "not bold dim")
        topic = Text(flat(room.topic), "dim", no_wrap=True, overflow="ellipsis")
        return Group(about, topic) if room.topic else about

    def _card(self, console: Console, options: ConsoleOptions, room: Room, height: int) -> Lines:
        card = room.card
        if card is None or height < 4:
            return []
        inner = options.max_width - 4
        lines = console.render_lines(
            terminal.body(card.document, inner), options.update(width=inner, height=None), pad=False
        )
        panel = Panel(
            _Cut(_shortened(lines, height - 2, ": `status` shows them")),
            title=Text("pinned", "dim"),
            title_align="left",
            border_style=terminal.tone(card.document.tone).colour,
            width=options.max_width,
        )
        return console.render_lines(panel, options, pad=False)

    def _foot(self) -> RenderableType:
        rows = [
            Text(mark + text, style, no_wrap=True, overflow="ellipsis")
            for mark, text, style in (("▸ ", self._step, "bold cyan"), ("· ", self._note, "dim"))
            if text
        ]
        return Group(*rows)


def message_lines(message: Message, room: Room, width: int, zone: tzinfo, *, where: str = "") -> RenderableType:
    """A message as one reads it in a room: when, who, what; an answer is set in. `where` names the room."""
    looks = terminal.tone(message.document.tone)
    who = flat(room.people.get(message.by, message.by)) if message.by else BOT
    head = Text(overflow="fold")
    head.append(f"{message.at.astimezone(zone):%H:%M} ", "dim")
    if where:
        head.append(f"{flat(where)} ", "dim")
    head.append(f"{'↳ ' if message.thread else ''}{who}", f"bold {looks.colour}" if not message.by else "bold cyan")
    tail = Text("", "dim")
    if message.edited:
        tail.append(" (edited)")
    for emoji in dict.fromkeys(emoji for emoji, _ in message.reactions):
        count = sum(1 for known, _ in message.reactions if known == emoji)
        tail.append(f" {flat(emoji)}" + (f" {count}" if count > 1 else ""))
    line = _only_line(message.document)
    if line is not None:
        mark = f"{looks.mark} " if message.document.tone != "info" else ""
        said = Text.assemble(head, "  ", (mark, f"bold {looks.colour}"), terminal.inline(line.inlines), tail)
        return _hanging(said, width)
    inset = "  " if message.thread else ""
    rest = terminal.render(message.document, width - len(inset))
    return Group(_hanging(head + tail, width), Prefixed(rest, Text(inset), Text(inset)))


def _hanging(text: Text, width: int) -> RenderableType:
    """Later lines are set in under the first, past the time where there is room for it."""
    return Prefixed(text, Text(), Text(" " * (6 if width >= 60 else 2)))


class _Cut:
    """Lines that were rendered already."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        return _flow(self._lines)


def _flow(lines: Lines) -> RenderResult:
    for line in lines:
        yield from line
        yield Segment.line()


def _only_line(document: Document) -> Paragraph | None:
    """A message that is nothing but one paragraph stands beside its author."""
    match document.blocks:
        case (Paragraph() as only,):
            return only
    return None


def _shortened(lines: Lines, longest: int, rest: str) -> Lines:
    """At most so many lines; the last one says how many are missing, and where the `rest` is."""
    if len(lines) <= longest:
        return lines
    kept = lines[: longest - 1]
    if kept and not kept[-1]:
        kept.pop()
    more = len(lines) - len(kept)
    return [*kept, [Segment(f"… {more} more lines{rest}")]]
