"""The screen of a terminal: a live picture of one room, or plain lines."""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack
from datetime import UTC, tzinfo
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from adapters.chat.console.frame import Frame, message_lines
from adapters.chat.console.rooms import Change, Room
from adapters.chat.terminal import flat

_A_SECOND = 8
"""Pictures; enough to look alive, and little enough for ssh."""


_ENOUGH = 40


class LiveScreen:
    """The room that changed last, as it lives; to be used with `with`.

    On a terminal it takes the whole window and gives it back at the end with the room printed below. Where that
    cannot be (no terminal, TERM=dumb) or is not wanted (`plain`), each change is one more line. What is
    said where incidents are announced is shown until the first room of an incident opens, and again once that is
    archived. Times are those of `zone`.
    """

    def __init__(
        self, *, stream: TextIO | None = None, plain: bool = False, zone: tzinfo = UTC, announce: str = "incidents"
    ) -> None:
        stream = stream or sys.stdout
        if hasattr(stream, "reconfigure"):
            # A terminal in an old encoding shows "?" and does not end the incident.
            stream.reconfigure(errors="replace")
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=False)
        if self._console.is_dumb_terminal:
            # rich takes 80 columns for granted there.
            self._console.width = shutil.get_terminal_size().columns
        self._zone = zone
        self._announce = announce
        self._room: Room | None = None
        self._over: Room | None = None
        self._step = ""
        self._note = ""
        self._told: dict[str, str] = {}
        self._exits = ExitStack()
        self._plain = plain or not self._console.is_terminal or self._console.is_dumb_terminal
        self._live: Live | None = None

    @property
    def plain(self) -> bool:
        return self._plain

    def __enter__(self) -> LiveScreen:
        if not self._plain:
            live = Live(
                console=self._console,
                screen=True,
                get_renderable=self._frame,
                refresh_per_second=_A_SECOND,
                vertical_overflow="crop",
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live = self._exits.enter_context(live)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()
        if self._live is not None:
            self._live = None
            if self._over is not None:
                self._console.print(Frame(self._over, step="", note="", zone=self._zone, whole=True), Text())
            self._console.print(self._frame(whole=True))

    def changed(self, change: Change) -> None:
        if change.room.id != self._announce:
            self._room, self._over = change.room, None
        elif self._room is None or self._room.id == self._announce:
            self._room = change.room
        elif self._room.archived:
            self._room, self._over = change.room, self._room
        if self._plain:
            self._tell(change)

    def step(self, text: str) -> None:
        self._step = text
        if self._plain:
            self._line(f"▸ {text}", "bold cyan")

    def note(self, text: str) -> None:
        self._note = text
        if self._plain:
            self._line(f"· {text}", "dim")

    def _frame(self, *, whole: bool = False) -> Frame:
        return Frame(self._room, step=self._step, note=self._note, zone=self._zone, whole=whole)

    def _tell(self, change: Change) -> None:
        room, message = change.room, change.message
        match change.kind:
            case "open":
                private = " (private)" if room.private else ""
                self._line(f"── {room.name}{private}: {room.topic}", "bold")
            case "say" if message:
                self._told[room.id] = message.document.summary
                self._console.print(message_lines(message, room, self._console.width, self._zone, where=room.id))
            case "edit" if message:
                # The card is edited again and again; only its news is a line.
                if self._told.get(room.id) != message.document.summary:
                    self._told[room.id] = message.document.summary
                    self._line(f"{room.id}: now {message.document.summary}")
            case "join":
                self._line(f"{room.id}: {change.words} came in", "dim")
            case "topic":
                self._line(f"{room.id}: topic is now {change.words}", "dim")
            case "links":
                self._line(f"{room.id}: links are now {change.words or 'none'}", "dim")
            case "archive":
                self._line(f"{room.id}: archived, nobody writes here any more", "dim")
            case "react" | "unreact" if message:
                did = "put on" if change.kind == "react" else "taken off"
                who = room.people.get(change.by, change.by)
                self._line(f"{room.id}: {change.words} {did} by {who}: {_begin(message.document.summary)}", "dim")

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(Text(flat(text), style, overflow="fold"))


def _begin(text: str) -> str:
    """Enough to know which message is meant."""
    return text if len(text) <= _ENOUGH else f"{text[: _ENOUGH - 1]}…"
