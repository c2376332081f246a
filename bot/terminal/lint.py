"""`klatsch pm lint FILE`: where a text file judges people, as lines or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from bot.chat.document import clean
from bot.config import Config, ConfigError
from bot.postmortem.lint import Finding, lint
from bot.status.contacts import names_of

LIMIT = 1_000_000
"""Bytes of a text; long postmortems have a tenth of it."""


class Unreadable(Exception):
    """A sentence that names the file and says what is wrong with it."""


def read(file: str) -> str:
    """The text in `file`, or of standard input for `-`. Raises Unreadable."""
    called = _called(file)
    try:
        if file == "-":
            content = sys.stdin.buffer.read(LIMIT + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(LIMIT + 1)
    except OSError as error:
        raise Unreadable(f"{called}: {error.strerror}.") from error
    if len(content) > LIMIT:
        raise Unreadable(f"{called}: more than {LIMIT:,} bytes are too much for a text; check it in parts.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Unreadable(f"{called}: this is not UTF-8 text.") from None


def lint_file(file: str, lang: str, config: Callable[[], Config | None], *, needed: bool, as_json: bool) -> bool:
    """Print a line a finding, or a list of objects; False when there is no text to read, and standard error says why.

    Whoever `config` knows is found by name too. Mistakes in it are an error (ConfigError) only where it is `needed`.
    """
    try:
        text = read(file)
    except Unreadable as error:
        print(f"klatsch: {clean(str(error))}", file=sys.stderr)
        return False
    found = lint(text, lang, _names(config, needed))
    if as_json:
        print(json.dumps([_object(file, finding) for finding in found], ensure_ascii=False, indent=2))
        return True
    for finding in found:
        place = f"{file}:{finding.line}:{finding.column}"
        print(clean(f'{place}  {finding.class_}  "{finding.words}"  {finding.ask}'))
    if not found:
        # Silence would leave open whether anything was read.
        print(f"klatsch: nothing to reword in {clean(_called(file))}.", file=sys.stderr)
    return True


def _names(config: Callable[[], Config | None], needed: bool) -> list[str]:
    try:
        known = config()
    except ConfigError:
        if needed:
            raise
        # One that just lies about may want secrets of another machine.
        print("klatsch: the configuration has mistakes, so nobody is known by name (`klatsch check`).", file=sys.stderr)
        return []
    return names_of(known.people.values()) if known else []


def _called(file: str) -> str:
    return "standard input" if file == "-" else file


def _object(file: str, finding: Finding) -> dict[str, str | int]:
    return {
        "file": file,
        "line": finding.line,
        "column": finding.column,
        "class": finding.class_,
        "words": finding.words,
        "ask": finding.ask,
    }
