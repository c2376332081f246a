"""A Document as text for a terminal: at any width, with and without colour, and never with a control sequence
of somebody else. What a message says is put into rich's `Text`, which reads no markup.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.constrain import Constrain
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text as Rich

from bot.chat import document as d

NARROWEST = 20
"""Columns; a narrower terminal is written to as if it had these."""

LINKABLE = re.compile(r"(?:https?|mailto):[!-~]+")
"""Addresses a terminal may be told to open: printable ASCII only, as OSC 8 wants it
(https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda, "Encodings")."""

_ASCII = str.maketrans({"│": "|", "✓": "+", "▲": "!", "✗": "x", "•": "-"})
_GAP = 2
_TWO_COLUMNS = 54


@dataclass(frozen=True, slots=True)
class Tone:
    """How a message is meant, told twice: in colour, and by the mark its first line begins with."""

    colour: str
    mark: str


_TONES = {
    "info": Tone("blue", "│"),
    "good": Tone("green", "✓"),
    "warning": Tone("yellow", "!"),
    "bad": Tone("red", "▲"),
    "refused": Tone("magenta", "✗"),
}


def tone(name: str) -> Tone:
    """The looks of a document's tone; an unknown one is shown as information."""
    return _TONES.get(name, _TONES["info"])


def render(document: d.Document, width: int) -> RenderableType:
    """`document` with its tone at the left edge, `width` columns wide (at least `NARROWEST`)."""
    width = max(width, NARROWEST)
    looks = tone(document.tone)
    bold, edge = Style(color=looks.colour, bold=True), Style(color=looks.colour)
    framed = Prefixed(body(document, width - _GAP), Rich(f"{looks.mark} ", bold), Rich("│ ", edge))
    return Constrain(framed, width)


def body(document: d.Document, width: int) -> RenderableType:
    """The blocks alone, for whoever draws a frame of their own; where they hold no word, the summary."""
    width = max(width, NARROWEST - _GAP)
    if not d.Document(summary="", blocks=document.blocks).to_plain():
        return Constrain(Rich(d.clean(document.summary), overflow="fold"), width)
    parts: list[RenderableType] = []
    before: d.Block | None = None
    for block in document.blocks:
        if before is not None and _apart(before, block):
            parts.append(Rich(""))
        parts.append(_block(block, width))
        before = block
    return Constrain(Group(*parts), width)


def to_text(document: d.Document, width: int, colour: bool, *, framed: bool = True) -> str:
    """`document` as a string of lines, none of them wider than `width` cells, without a line end after the last.

    Without colour the only control character is the line break, and no line ends in spaces. With colour it holds
    SGR and OSC 8 sequences of ours; the sixteen colours of the terminal's own palette are used. `framed`: with its tone at the left
    edge.
    """
    out = io.StringIO()
    console = Console(
        file=out,
        width=max(width, NARROWEST),
        height=25,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        legacy_windows=False,
    )
    console.print(render(document, width) if framed else body(document, width))
    text = out.getvalue().rstrip("\n")
    return text if colour else "\n".join(row.rstrip() for row in text.split("\n"))


def inline(inlines: Iterable[d.Inline], style: str = "") -> Rich:
    """One line of a document: names, addresses and code told apart without colour, too."""
    out = Rich(style=style, overflow="fold")
    for part in inlines:
        match part:
            case d.Text(text=text, bold=bold, italic=italic, code=code):
                shown = f"`{d.clean(text)}`" if code and text else d.clean(text)
                out.append(shown, Style(bold=bold or None, italic=italic or None, color="cyan" if code else None))
            case d.Link(text=text, url=url, quiet=quiet):
                _link(out, flat(text), "".join(d.clean(url).split()), quiet=quiet)
            case d.Mention(text=text):
                out.append(f"@{flat(text).removeprefix('@')}", Style(bold=True, color="cyan"))
            case d.Time(text=text):
                out.append(flat(text), Style(bold=True))
            case _:
                assert_never(part)
    return out


def flat(text: str) -> str:
    """`text` on one line, and harmless."""
    return d.clean(text).replace("\n", " ")


class Prefixed:
    """A renderable whose first line begins with one thing and whose other lines begin with another. Where a terminal
    knows ASCII only, these beginnings are put in letters it has."""

    def __init__(self, content: RenderableType, first: Rich, rest: Rich) -> None:
        self._content = content
        self._first = first
        self._rest = rest

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        taken = max(self._first.cell_len, self._rest.cell_len)
        narrower = options.update(width=max(options.max_width - taken, 4), height=None)
        prefix = self._first
        for row in console.render_lines(self._content, narrower, pad=False):
            mark = prefix.plain.translate(_ASCII) if options.ascii_only else prefix.plain
            yield Segment(mark, console.get_style(prefix.style))
            yield from row
            yield Segment.line()
            prefix = self._rest


def _apart(before: d.Block, block: d.Block) -> bool:
    """Lines are dear at night: only what would run together is set apart."""
    if isinstance(block, d.Heading):
        return not isinstance(before, (d.Heading, d.Divider))
    return isinstance(block, d.Paragraph) and isinstance(before, d.Paragraph)


def _block(block: d.Block, width: int) -> RenderableType:
    match block:
        case d.Heading(inlines=inlines, level=level):
            return inline(inlines, "bold" if level > 1 else "bold underline")
        case d.Paragraph(inlines=inlines):
            return inline(inlines)
        case d.Quote(inlines=inlines):
            return Prefixed(inline(inlines, "italic"), Rich("> ", "dim"), Rich("> ", "dim"))
        case d.Bullets(items=items, ordered=ordered):
            return Group(*(_item(item, number, len(items), ordered) for number, item in enumerate(items, 1)))
        case d.Fields(fields=fields):
            return _fields(fields, width)
        case d.Code(text=text):
            return Prefixed(Rich(d.clean(text), "cyan", overflow="fold"), Rich("  "), Rich("  "))
        case d.Divider():
            return _Across()
        case d.Picture(alt=alt):
            return inline(d.line(alt))
        case d.Buttons(buttons=buttons):
            return _buttons(buttons, width)
        case _:
            assert_never(block)


class _Across:
    """A line from edge to edge. (rich's own `Rule`, when it has no title, is not ASCII where it has to be.)"""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment(("-" if options.ascii_only else "─") * options.max_width, Style(dim=True))
        yield Segment.line()


def _item(item: d.Line, number: int, count: int, ordered: bool) -> RenderableType:
    mark = f"{f'{number}.':>{len(str(count)) + 1}} " if ordered else "• "
    return Prefixed(inline(item), Rich(mark, "dim"), Rich(" " * len(mark)))


def _fields(fields: Sequence[tuple[str, d.Line]], width: int) -> RenderableType:
    """Up to three short facts beside each other; a long one has a row of its own."""
    names = min(max((cell_len(flat(name)) for name, _ in fields), default=0), width // 4)
    needs = [names + _GAP + inline(value).cell_len for _, value in fields]
    columns, each = _columns(needs, width)
    rows: list[RenderableType] = []
    beside: list[RenderableType] = []

    def flush() -> None:
        if beside:
            table = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
            for _ in beside:
                table.add_column(width=each)
            table.add_row(*beside)
            rows.append(table)
            beside.clear()

    for name, value in fields:
        shown = inline(value)
        label = Rich(flat(name), "dim", overflow="fold")
        label.truncate(names, overflow="ellipsis", pad=True)
        fact: RenderableType = Prefixed(shown, Rich(f"{label.plain}{' ' * _GAP}", "dim"), Rich(" " * (names + _GAP)))
        if max(map(cell_len, shown.plain.split()), default=0) > width - names - _GAP:
            # A path is not broken where a line of its own can hold it.
            fact = Group(label, Prefixed(shown, Rich(" " * _GAP), Rich(" " * _GAP)))
        if "\n" in shown.plain or names + _GAP + shown.cell_len > each:
            flush()
            rows.append(fact)
            continue
        beside.append(fact)
        if len(beside) == columns:
            flush()
    flush()
    return Group(*rows)


def _columns(needs: Sequence[int], width: int) -> tuple[int, int]:
    """How many columns, and how wide: as many as hold whatever would fit into half the width."""
    half = (width - _GAP) // 2
    short = max((need for need in needs if need <= half), default=width)
    for columns in (3, 2):
        each = (width - _GAP * (columns - 1)) // columns
        if width >= _TWO_COLUMNS and short <= each:
            return columns, each
    return 1, width


def _buttons(buttons: Sequence[d.Button], width: int) -> RenderableType:
    """`[Resolve] resolve`: what it does, and what to type for it."""
    looks = {"primary": "bold green", "danger": "bold red"}
    hints = [
        Rich.assemble((f"[{flat(button.text)}]", looks.get(button.style, "bold")), " ", (flat(button.line), "cyan"))
        for button in buttons
    ]
    return packed(hints, width, "   ")


def packed(parts: Sequence[Rich], width: int, between: str) -> Rich:
    """Things set one after the other, never broken in two while a line can hold one."""
    out, used = Rich(overflow="fold"), 0
    for part in parts:
        if used and used + len(between) + part.cell_len > width:
            out.append("\n")
            used = 0
        elif used:
            out.append(between)
            used += len(between)
        out.append_text(part)
        used += part.cell_len
    return out


def _link(out: Rich, text: str, url: str, *, quiet: bool) -> None:
    """The words and the whole address: what is not shown cannot be judged, and not every terminal can click. Of a quiet one the words
    alone, to be clicked where that can be."""
    target = Style(underline=True, color="blue", link=url if LINKABLE.fullmatch(url) else None)
    if text.strip() in ("", url):
        out.append(url, target)
        return
    out.append(text, target)
    if url and not quiet:
        out.append(" <")
        out.append(url, target)
        out.append(">")
