"""What is wrong with a configuration, said so that somebody can put it right. No secret is ever in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.nearest import nearest

_LONGEST_QUOTE = 80
_PLAIN_KEY = re.compile(r"[\w-]+")
_QUOTED = re.compile(r"`([^`]*)`")


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` is where: `people.ana.page[0]`, empty for the whole file. `severity` is `error` or `warning`."""

    file: str
    path: str
    message: str
    remedy: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        where = f"{self.file}: {self.path}" if self.path else self.file
        mark = "warning: " if self.severity == "warning" else ""
        return f"{where}: {mark}{self.message}.{' ' + self.remedy if self.remedy else ''}"


class ConfigError(Exception):
    """The configuration cannot be used. `problems` is all of it, the warnings too."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def under(path: str, key: object) -> str:
    """The path of `key` in `path`: `people` and `ana` are `people.ana`, `page` and 0 are `page[0]`."""
    if isinstance(key, int) and not isinstance(key, bool):
        return f"{path}[{key}]"
    text = str(key)
    if not _PLAIN_KEY.fullmatch(text):
        return f"{path}[{json.dumps(text[:_LONGEST_QUOTE])}]"
    return f"{path}.{text}" if path else text


def quote(value: object) -> str:
    """A value as a message shows it. `Findings` hides what is secret in it, so it is not cut short here."""
    return f"`{_printable(str(value))}`"


def suggestion(word: object, known: Iterable[str], otherwise: str = "") -> str:
    """A remedy for a name nobody knows: the nearest one, else all there are, else `otherwise`."""
    names = sorted(known)
    if near := nearest(str(word), names):
        return f"Did you mean {quote(near)}?"
    if names:
        more = f" and {len(names) - 12} more" if len(names) > 12 else ""
        return f"Known: {', '.join(quote(name) for name in names[:12])}{more}."
    return otherwise


class Findings:
    """The problems of one file, as they are found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._problems: list[Problem] = []
        self._broken: list[str] = []

    def error(self, path: str, message: str, remedy: str = "") -> None:
        self._add(Problem(self.file, path, message, remedy))

    def warning(self, path: str, message: str, remedy: str = "") -> None:
        self._add(Problem(self.file, path, message, remedy, "warning"))

    def wrong(self, path: str) -> bool:
        """Whether something at `path`, or at a place that begins like it, is wrong: what stands there is incomplete."""
        return any(problem.path.startswith(path) for problem in self._problems)

    def add_unsaid(self, others: Findings) -> None:
        """What `others` found too, but where nothing is said yet at the same place or inside it."""
        places = [problem.path for problem in self._problems if problem.severity == "error"]
        for problem in others._problems:
            inside = (f"{problem.path}.", f"{problem.path}[")
            if not any(place == problem.path or place.startswith(inside) for place in places):
                self._add(problem)

    def unreadable(self, *paths: str) -> None:
        """What stands at `paths` could not be read, which is said already: it does not matter what it means."""
        self._broken += paths

    def all(self, hidden: Mapping[str, str]) -> list[Problem]:
        """Everything found, errors first; `hidden` maps a secret value to what is shown in its place."""
        secrets = sorted(
            ((_printable(value), shown) for value, shown in hidden.items()), key=lambda pair: -len(pair[0])
        )
        problems = [
            replace(problem, message=_hide(problem.message, secrets), remedy=_hide(problem.remedy, secrets))
            for problem in self._problems
        ]
        return sorted(problems, key=lambda problem: problem.severity)

    def _add(self, problem: Problem) -> None:
        if not any(
            problem.path == broken or problem.path.startswith((f"{broken}.", f"{broken}[")) for broken in self._broken
        ):
            self._problems.append(problem)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text.replace("`", "'"))


def _hide(text: str, secrets: list[tuple[str, str]]) -> str:
    """Only what is quoted can hold a secret. Very short ones are hidden when they are all of it."""

    def cleaned(match: re.Match[str]) -> str:
        inner = match[1]
        for secret, shown in secrets:
            if secret == inner or (len(secret) >= 4 and secret in inner):
                inner = inner.replace(secret, shown)
        return f"`{inner if len(inner) <= _LONGEST_QUOTE else inner[:_LONGEST_QUOTE] + '…'}`"

    return _QUOTED.sub(cleaned, text)
