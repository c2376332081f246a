"""What stands behind `klatsch`, as far as argparse cannot tell: where the line of `say` begins, and whether a line came
without it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping, Sequence

VALUED = ("-c", "--config", "--as")
"""Options of `say`; a value follows."""

COMMANDS = frozenset(
    {"check", "db", "demo", "digest", "export", "invite", "pm", "replay", "say", "serve", "slack-manifest"}
)
"""What `klatsch` does; some of them are called like a verb."""

HERE = "config.yaml"
OF_THE_MACHINE = "/etc/klatsch/config.yaml"


def command_at(arguments: Sequence[str]) -> int:
    """The place of the command among `arguments`: behind the options of `klatsch` itself."""
    place = 0
    while place < len(arguments) and arguments[place].startswith("-"):
        place += 2 if arguments[place] == "--log-level" else 1
    return place


def parted(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The options among what stands behind `say`, and the words of its line.

    Options stand before the line. From its first word on everything is the line, whatever it looks like: `--force` and
    `-c` belong to the command that a note tells of. Only behind a line that is one argument options may stand too.
    """
    place = 0
    while place < len(arguments) and arguments[place].startswith("-") and arguments[place] != "--":
        place += 2 if arguments[place] in VALUED else 1
    options, words = list(arguments[:place]), list(arguments[place:])
    if words[:1] == ["--"]:
        return options, words[1:]
    if _only_options(words[1:]):
        return [*options, *words[1:]], words[:1]
    return options, words


def _only_options(arguments: Sequence[str]) -> bool:
    place = 0
    while place < len(arguments):
        if arguments[place] in VALUED:
            place += 2
        elif arguments[place].startswith(("--config=", "--as=")):
            place += 1
        else:
            return False
    return True


def line_of(words: Sequence[str], keys: Collection[str]) -> str:
    """The line that these words of a shell are. One argument is a line; of several, the value of one of the `keys` gets
    the quotes back that the shell took: `at="04:30 Uhr"`."""
    if len(words) == 1:
        return words[0]
    return " ".join(_quoted(word) if word.partition("=")[0].lower() in keys else word for word in words)


def _quoted(word: str) -> str:
    name, _, value = word.partition("=")
    return f'{name}="{value}"' if " " in value and '"' not in value else word


def instead(arguments: Sequence[str]) -> str:
    """What was meant where somebody left `say` out; empty when they did not."""
    line = arguments[command_at(arguments) :]
    if not line or line[0] in COMMANDS:
        return ""
    # Who types a command does not pay for all that can be said.
    from bot.chat.line import ref
    from bot.chat.verbs import find

    return shlex.join(["klatsch", "say", *line]) if find(line[0]) or ref(line[0]) is not None else ""


def config_file(given: str | None, environ: Mapping[str, str], exists: Callable[[str], bool]) -> str:
    """The configuration's path: the `given` one; else the one in the working directory, where there is one, that of
    `KLATSCH_CONFIG`, or that of the machine."""
    if given is not None or exists(HERE):
        return HERE if given is None else given
    if environ.get("KLATSCH_CONFIG"):
        return environ["KLATSCH_CONFIG"]
    return OF_THE_MACHINE if exists(OF_THE_MACHINE) else HERE
